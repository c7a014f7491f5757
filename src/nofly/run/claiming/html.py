"""The claim sheet as an HTML page that stands alone: no script, no outside file, both sides side by side.

Whatever a claim or a document says is text here: it is escaped, and only pictures whose first bytes say PNG
or JPEG, of bounded size, are shown as pictures.
"""

from __future__ import annotations

import base64
from html import escape

from nofly import __version__
from nofly.proof.claiming import wording
from nofly.proof.claiming.sheet import Answer, Entry
from nofly.proof.claiming.verdicts import Verdict
from nofly.run.claiming.attachments import MOST_PIXELS, Attachment, document, picture_px
from nofly.run.claiming.checking import Claimed
from nofly.run.claiming.flown import flown
from nofly.run.claiming.picture import COLOURS, drawn, paths_of
from nofly.run.claiming.words import MEANING, document_line, sides, stated, summary, worded
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.table import finding_lines
from nofly.run.outputs.text import printable
from nofly.units import MPS_PER_KMH

MOST_SHOWN_CHARACTERS = 4_000
MOST_PICTURE_BYTES = 2 * 1024 * 1024
MOST_PICTURES = 12
_CLASS = {
    Verdict.SUPPORTED: "supported", Verdict.CONTRADICTED: "contradicted", Verdict.NOT_SHOWN: "notshown",
    Verdict.NOT_CHECKABLE: "notcheckable", Verdict.SELF_INCONSISTENT: "inconsistent",
}  # fmt: skip
_MARK = {
    Verdict.SUPPORTED: "✓", Verdict.CONTRADICTED: "✗", Verdict.NOT_SHOWN: "○", Verdict.NOT_CHECKABLE: "?",
    Verdict.SELF_INCONSISTENT: "≠",
}  # fmt: skip
_FOOT = (
    "Every statement went through the same code, whoever made it. Times are UTC, places WGS 84. Depth is the "
    "largest distance inside the lateral boundary. Ranges after a number are what the statement allows as it "
    "is written."
)
_SEEN = "The thick black line is where it was seen; it is broken where two reports are too far apart."
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 96rem; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: anywhere }
h1 { margin-bottom: 0 } h2 { border-bottom: 2px solid #8888; padding-bottom: .2rem }
.question { font-size: 1.15rem; margin-top: .2rem }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.2rem;
  align-items: start }
.statement { border: 1px solid #8886; border-radius: 6px; padding: .8rem; margin: 0 0 1.2rem }
.statement h3 { margin: 0 0 .4rem; font-size: 1rem } blockquote { margin: .5rem 0; padding-left: .7rem;
  border-left: 3px solid #8888; font-style: italic }
.verdict { display: inline-block; font-weight: 700; color: #fff; padding: .15rem .6rem; border-radius: 4px }
.supported { background: #00735a } .contradicted { background: #b34700 } .notshown { background: #005a8f }
.notcheckable { background: #333; outline: 2px solid #888 } .inconsistent { background: #8a3580 }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; margin: .4rem 0 }
th, td { padding: .15rem .5rem; text-align: left; border-bottom: 1px solid #8884; vertical-align: top }
img { max-width: 100%; height: auto; background: #fff; border: 1px solid #8884 }
pre { white-space: pre-wrap; font-size: 12px; max-height: 16rem; overflow: auto; border: 1px solid #8884;
  padding: .5rem } small { opacity: .8 } .reading { margin: .6rem 0 } .reading h4 { margin: .3rem 0 }
.point { margin: .25rem 0 } .changed { color: #b34700; font-weight: 700 } ul { padding-left: 1.2rem }
.key { display: inline-block; width: 1.4em; text-align: center; color: #fff; border-radius: 3px;
  font-weight: 700 }
@media print { .statement { break-inside: avoid } }
"""


def write(claimed: Claimed) -> bytes:
    """Return the page."""
    claim = claimed.claim
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{_text(claim.title)}</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; ',
        "style-src 'unsafe-inline'\">",
        f"<style>{_STYLE}</style></head><body><h1>{_text(claim.title)}</h1>",
        f'<p class="question">{_text(claim.question)}</p><p>{_text(summary(claimed))}.</p>',
        _overview(claimed),
        *(f"<p>{_text(note)}</p>" for note in claim.notes),
        f"<p><b>The zone:</b> {_text(claim.boundary_note)}</p>" if claim.boundary_note else "",
        '<h2>What each side says</h2><div class="sides">',
        *(_side(claimed, side, entries) for side, entries in sides(claimed)),
        "</div>", _documents(claimed), _meanings(claimed), _findings(claimed),
        f"<p><small>nofly {escape(__version__)}. {_FOOT}</small></p></body></html>\n",
    ]  # fmt: skip
    return "".join(parts).encode()


def _text(text: str) -> str:
    return escape(printable(text))


def _badge(verdict: Verdict) -> str:
    return f'<span class="verdict {_CLASS[verdict]}">{_MARK[verdict]} {verdict.value}</span>'


def _overview(claimed: Claimed) -> str:
    rows = "".join(
        f"<tr><td>{_text(e.statement.side or e.statement.who)}</td>"
        f'<td><a href="#{_anchor(e)}">{_text(e.statement.who)}</a></td><td>{_badge(e.verdict)}</td></tr>'
        for _, entries in sides(claimed) for e in entries
    )  # fmt: skip
    return _table(("side", "statement", "verdict"), rows)


def _table(head: tuple[str, ...], rows: str) -> str:
    names = "".join(f"<th>{name}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"


def _anchor(entry: Entry) -> str:
    return escape(f"s-{printable(entry.statement.id)}")


def _side(claimed: Claimed, side: str, entries: list[Entry]) -> str:
    cards = "".join(_card(claimed, entry) for entry in entries)
    return f'<section class="side"><h3>{_text(side)}</h3>{cards}</section>'


def _card(claimed: Claimed, entry: Entry) -> str:
    statement = entry.statement
    language = f' lang="{escape(statement.language)}"' if statement.language else ""
    rows = "".join(f"<tr><th>{_text(name)}</th><td>{_text(text)}</td></tr>" for name, text in stated(entry))
    several = len(entry.answers) > 1
    parts = [
        f'<article class="statement" id="{_anchor(entry)}"><h3>{_text(statement.who)}</h3>',
        _badge(entry.verdict), f"<blockquote{language}>{_text(worded(statement))}</blockquote>",
        f"<table><tbody>{rows}</tbody></table>",
        *(_answer(answer, several) for answer in entry.answers),
        _map(claimed, entry), *(f"<p><small>{_text(note)}</small></p>" for note in entry.notes),
        _listed("Evidence offered", statement.evidence_offered),
        _listed("Evidence withheld", statement.evidence_withheld), _items(entry), _sources(claimed, entry),
        "</article>",
    ]  # fmt: skip
    return "".join(parts)


def _answer(answer: Answer, several: bool) -> str:
    head = f"<h4>Read as {_text(answer.reading.name)}: {answer.verdict.value}</h4>" if several else ""
    points = [
        f'<p class="point"><b>{_text(p.what)}: {p.verdict.value}.</b> {_text(" ".join(p.reasons))}</p>'
        for p in answer.points
    ]
    if answer.fit is not None:
        fits = "do not fit one flight" if answer.fit.verdict is Verdict.SELF_INCONSISTENT else "fit"
        reasons = "".join(f"<li>{_text(reason)}</li>" for reason in answer.fit.reasons)
        points.append(f'<p class="point"><b>Its own numbers {fits}.</b></p><ul>{reasons}</ul>')
    return f'<div class="reading">{head}{"".join(points)}</div>'


def _map(claimed: Claimed, entry: Entry) -> str:
    families = paths_of(entry)
    way = flown(entry)
    if entry.zone is None or not (families or way or entry.statement.closest_to is not None):
        return ""
    around = [e for e in claimed.entries if e.zone is entry.zone]
    places = [
        (float(lat), float(lon)) for volume in entry.zone.volumes for polygon in outlines(volume.footprint)
        for lat, lon in polygon[0]
    ]  # fmt: skip
    image = drawn(entry, places, around)
    shown = (
        ""
        if image is None
        else _image(image, "png", "Map of the zone and an example of each kind of path that fits")
    )
    name = entry.best.reading.name
    caption = f"<p><small>Read as {_text(name)}:</small></p>" if name else ""
    seen = f"<p><small>{_SEEN}</small></p>" if way else ""
    return f"{caption}{shown}{seen}{_families(entry)}"


def _families(entry: Entry) -> str:
    families = paths_of(entry)
    if not families:
        return ""
    rows = "".join(
        f'<tr><td><span class="key" style="background:{COLOURS[k % len(COLOURS)]}">{k + 1}</span></td>'
        f"<td>{_text(f.name)}</td><td>{_text(wording.span(f.speed_mps, 'km/h', MPS_PER_KMH))}</td>"
        f"<td>{_text(wording.span(f.length_m, 'km', 1000.0))}</td>"
        f"<td>{_text(wording.span(f.depth_m, 'km', 1000.0))}</td></tr>"
        for k, f in enumerate(families)
    )
    fit = entry.best.fit
    tried, kinds = (fit.tried, fit.kinds) if fit else (0, 0)
    some = f" {len(families)} of {kinds} kinds are shown." if kinds > len(families) else ""
    head = ("", "kinds of paths that fit", "speed", "way inside", "depth")
    return (
        f"{_table(head, rows)}<p><small>{tried:,} paths were tried.{some} The map shows one of each, entry "
        "filled, exit hollow. The ranges are those of the paths found. That a path fits does not show that "
        "it was flown.</small></p>"
    )


def _image(data: bytes, kind: str, alt: str) -> str:
    return f'<img alt="{_text(alt)}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'


def _listed(name: str, told: tuple[str, ...]) -> str:
    if not told:
        return ""
    return f'<p class="point"><b>{name}:</b></p><ul>{"".join(f"<li>{_text(t)}</li>" for t in told)}</ul>'


def _items(entry: Entry) -> str:
    items = entry.statement.items
    if not items:
        return ""
    rows = "".join(
        f"<tr><td>{_text(i.label)}</td><td>{_text(i.evidence) or 'none given'}</td>"
        f"<td>{_text(i.url)}</td></tr>"
        for i in items
    )
    return _table(("item", "evidence", "source"), rows)


def _sources(claimed: Claimed, entry: Entry) -> str:
    kept = {one.sha256: one for one in claimed.attachments}
    lines = []
    for cited in entry.statement.cited:
        told = ", ".join(_text(part) for part in (cited.title, cited.published, cited.url) if part)
        if cited.sha256:
            state = "kept below" if cited.sha256 in kept else "its bytes are not kept here"
            when = _text(cited.captured) or "at no stated time"
            told += f" <small>(SHA-256 {cited.sha256[:16]}…, captured {when}; {state})</small>"
        lines.append(f"<li>{told}</li>")
    return f'<p class="point"><b>Sources:</b></p><ul>{"".join(lines)}</ul>' if lines else ""


def _documents(claimed: Claimed) -> str:
    if not claimed.attachments:
        return ""
    pictures = 0
    shown = []
    for one in claimed.attachments:
        changed = "" if one.sound else ' class="changed"'
        of = f" — of statement {_text(one.statement)}" if one.statement else ""
        url = f"<br><small>{_text(one.url)}</small>" if one.url else ""
        body = ""
        if one.sound and (one.kind not in ("png", "jpeg") or pictures < MOST_PICTURES):
            body = _document(one)
            pictures += "<img" in body
        shown.append(f"<div><p{changed}>{_text(document_line(one))}{of}{url}</p>{body}</div>")
    return f"<h2>Documents kept with the claim</h2>{''.join(shown)}"


def _document(one: Attachment) -> str:
    """Return a picture as a picture, a text or a page as its escaped characters, nothing of anything else."""
    if one.kind in ("png", "jpeg"):
        data = document(one, MOST_PICTURE_BYTES + 1)
        size = picture_px(data)
        if size is None or len(data) > MOST_PICTURE_BYTES or size[0] * size[1] > MOST_PIXELS:
            return "<p><small>Too large to be shown here.</small></p>"
        return _image(data, one.kind, one.name)
    if one.kind in ("html", "text"):
        text = document(one, 4 * MOST_SHOWN_CHARACTERS).decode("utf-8", "replace")
        cut = text[:MOST_SHOWN_CHARACTERS]
        more = "\n…" if len(cut) < one.bytes else ""
        lines = "\n".join(printable(line) for line in cut.splitlines())
        return f"<pre>{escape(lines)}{more}</pre>"
    return ""


def _meanings(claimed: Claimed) -> str:
    used = dict.fromkeys(entry.verdict for entry in claimed.entries)
    lines = "".join(f"<p>{_badge(verdict)} {_text(MEANING[verdict])}</p>" for verdict in used)
    return f"<h2>How to read the verdicts</h2>{lines}"


def _findings(claimed: Claimed) -> str:
    if not claimed.findings:
        return ""
    lines = "".join(f"<li>{_text(line)}</li>" for line in finding_lines(claimed.findings, 3))
    return f"<h2>Findings in the input</h2><ul>{lines}</ul>"
