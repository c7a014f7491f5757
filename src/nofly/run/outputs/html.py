"""An HTML page that stands alone: no script, no outside file, nothing in it that a name could become."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape

from nofly import __version__
from nofly.incidents.record import Infringement, Side
from nofly.run.outputs.coverage_told import zone_statements
from nofly.run.outputs.explain import sentences
from nofly.run.outputs.table import HEAD, cells, counted, finding_lines, nobody, summary
from nofly.run.outputs.text import clock, printable, zone_words
from nofly.run.result import CheckResult
from nofly.zones.model import Limit, Zone

MOST_EXPLAINED = 50
MOST_GAPS = 50
MOST_COVERED = 50
MOST_IN_NOTEBOOK = 30
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 78rem; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: anywhere }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums;
  overflow-wrap: break-word }
th, td { padding: .25rem .5rem; text-align: left; border-bottom: 1px solid #8884; white-space: nowrap }
td:nth-child(2), .seen td { white-space: normal } .stays :is(th, td):nth-child(n + 9) { text-align: right }
.wide { overflow-x: auto } img { max-width: 100%; height: auto; background: #fff } a { color: inherit }
.infringement { border-left: 4px solid #d55e00 } .exempt { border-left: 4px double #009e73 }
.cleared { border-left: 4px dashed #0072b2 } .suspect { border-left: 4px dotted #a49 }
section.stay { padding-left: .8rem; margin: 1rem 0 } section.stay p { margin: .15rem 0 }
section.stay p:first-child { font-weight: 600 } small { opacity: .75 }
.narrow { display: none }
@media (max-width: 80rem) { th, td { white-space: normal } }
@media (max-width: 44rem) { .narrow { display: block } .wide img { max-width: none; width: 56rem } }
@media (max-width: 60rem) {
  thead { display: none } table, tbody, tr { display: block }
  tr { margin: .6rem 0; padding-left: .3rem; border-bottom: 1px solid #8884 }
  td, .stays td:nth-child(n) { display: grid; grid-template-columns: 7rem 1fr; border: 0; padding: 0 .4rem;
    text-align: left; white-space: normal }
  td::before { content: attr(data-label); opacity: .65; font-size: 11px; text-transform: uppercase }
}
"""
_READ = (
    "<p><b>Confirmed</b>: at least one report lies inside by more than its own 95 % error, in place and in "
    "height. <b>Probable</b>: the best estimate lies inside. <b>Undetermined</b>: it cannot be told, which "
    "is neither an all-clear nor an accusation. Stays that are <b>exempt</b>, <b>cleared</b> or "
    "<b>suspect</b> (the reports themselves are not to be trusted) are on record and do not count as "
    "infringements.</p>"
)
_READ_OUTSIDE = (
    "<p>A zone that must not be left is infringed by being <b>outside</b> of it: what is said of inside is "
    "then said of outside, and depth is the largest distance from the zone.</p>"
)


def write(result: CheckResult) -> bytes:
    """Return the page: summary, picture, table, each stay in sentences, zones, gaps and findings."""
    from nofly.run.outputs.picture import encoded, figure

    image = base64.b64encode(encoded(figure(result, headed=False))).decode()
    stays = result.infringements
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>nofly check</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; ',
        "style-src 'unsafe-inline'\">",
        f"<style>{_STYLE}</style></head><body><h1>nofly check</h1>",
        f"<p>{escape(summary(result))}</p>",
        '<div class="wide"><img alt="Map and vertical profile of the stays" ',
        f'src="data:image/png;base64,{image}"></div>',
        '<small class="narrow">The picture is wider than this screen: move it sideways.</small>',
        f'<div class="wide">{_table(result, stays)}</div>',
        "<h2>How to read the certainty</h2>",
        _READ,
        _READ_OUTSIDE if any(stay.side is Side.OUTSIDE for stay in stays) else "",
        "<h2>Each stay</h2>" if stays else "",
        *(_section(result, stay) for stay in stays[:MOST_EXPLAINED]),
        f"<p>{len(stays) - MOST_EXPLAINED} more are in the table.</p>" if len(stays) > MOST_EXPLAINED else "",
        _zones(result),
        _coverage(result),
        _gaps(result),
        _findings(result),
        f"<p><small>nofly {escape(__version__)}. Times are UTC, places WGS 84; depths are measured on the "
        "ellipsoid.</small></p></body></html>\n",
    ]
    return "".join(parts).encode()


def fragment(result: CheckResult) -> str:
    """Return the summary and the table as HTML for a notebook."""
    more = len(result.infringements) - MOST_IN_NOTEBOOK
    rest = f"<p>and {more} more</p>" if more > 0 else ""
    return f"<p>{escape(summary(result))}</p>{_table(result, result.infringements[:MOST_IN_NOTEBOOK])}{rest}"


def _table(result: CheckResult, stays: Sequence[Infringement]) -> str:
    if not stays:
        return f"<p>{escape(nobody(result))}</p>"
    rows = [_row(HEAD, cells(stay), f' class="{stay.status.value}"') for stay in stays]
    return _rows(HEAD, rows, "stays")


def _row(head: Sequence[str], row: Sequence[str], attributes: str = "") -> str:
    """Return a row of a table; each cell holds the name of its column for screens too narrow for a table."""
    told = zip(head, row, strict=True)
    return (
        f"<tr{attributes}>"
        + "".join(f'<td data-label="{escape(name)}">{escape(printable(cell))}</td>' for name, cell in told)
        + "</tr>"
    )


def _rows(head: Sequence[str], rows: Sequence[str], kind: str) -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f'<table class="{kind}"><thead><tr>{names}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _section(result: CheckResult, stay: Infringement) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in sentences(result, stay).splitlines())
    return f'<section class="stay {stay.status.value}" id="{escape(printable(stay.id))}">{lines}</section>'


def _zones(result: CheckResult) -> str:
    """Return the zones that were entered; the others by number."""
    from nofly.run.outputs.geojson import entered

    inside = entered(result)
    head = ("zone", "restriction", "floor", "ceiling", "edition", "stays", "hash")
    rows = [_row(head, _zone_cells(result, zone)) for zone in inside]
    others = f"<p>{len(result.zones) - len(inside)} other zones were checked, without a stay.</p>"
    if not rows:
        return f"<h2>Zones</h2>{others}"
    return f'<h2>Zones</h2><div class="wide">{_rows(head, rows, "zones")}</div>{others}'


def _zone_cells(result: CheckResult, zone: Zone) -> tuple[str, ...]:
    def texts(limits: list[Limit | None], none: str) -> str:
        return ", ".join(dict.fromkeys(limit.text if limit else none for limit in limits))

    outcomes = Counter((s.status, s.certainty) for s in result.infringements if s.zone_id == zone.id)
    return (
        zone_words(zone.id, zone.name), zone.restriction.value,
        texts([v.lower for v in zone.volumes], "ground"), texts([v.upper for v in zone.volumes], "unlimited"),
        str(zone.edition), f"{outcomes.total()}: {', '.join(counted(outcomes))}", zone.zone_hash[:16],
    )  # fmt: skip


def _coverage(result: CheckResult) -> str:
    """Return what could have been seen of each zone, those that were entered first."""
    statements = zone_statements(result)
    if not statements:
        return ""
    from nofly.proof.covering.coverage_words import TRANSPONDERS, zone_sentence

    hashes = {stay.zone_hash for stay in result.infringements}
    told = list(zip(result.zones, statements, strict=True))
    told.sort(key=lambda pair: pair[1].numbers["zone_hash"] not in hashes)
    head = ("zone", "verdict", "in words")
    rows = [
        _row(head, (zone_words(zone.id, zone.name), said.verdict.value, zone_sentence(said)))
        for zone, said in told[:MOST_COVERED]
    ]
    more = f"<p>{len(told) - MOST_COVERED} more zones: in JSON.</p>" if len(told) > MOST_COVERED else ""
    table = f'<div class="wide">{_rows(head, rows, "seen")}</div>'
    return f"<h2>What could have been seen</h2>{table}{more}<p>{escape(TRANSPONDERS)}</p>"


def _gaps(result: CheckResult) -> str:
    if not result.gaps:
        return ""
    lines = "".join(
        f"<li>{escape(printable(g.target_id))}: from {clock(g.start_us)} to {clock(g.end_us)}</li>"
        for g in result.gaps[:MOST_GAPS]
    )
    more = len(result.gaps) - MOST_GAPS
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    head = "<h2>Not judged: times of silence</h2><p>Not seen, and nothing is said of these times:</p>"
    return f"{head}<ul>{lines}{rest}</ul>"


def _findings(result: CheckResult) -> str:
    if not result.findings:
        return ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in finding_lines(result.findings, 3))
    return f"<h2>Findings in the input</h2><ul>{lines}</ul>"
