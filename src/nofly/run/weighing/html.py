"""What was weighed, as an HTML page that stands alone: no script, no outside file.

Names of zones, aircraft and airports are text here: they are escaped.
"""

from __future__ import annotations

import base64
from html import escape

from nofly import __version__
from nofly.run.outputs.picture import encoded
from nofly.run.outputs.text import clock, printable, zone_words
from nofly.run.weighing.bars import by_hour, spread_bar
from nofly.run.weighing.picture import COLOURS, figure
from nofly.run.weighing.weigh import Weighed
from nofly.run.weighing.words import Table, headline, tables
from nofly.whatif.effect import Outcome

_STYLE = """
:root { color-scheme: light dark; --ink: #222; --faint: #777; --line: #8884; --fill: #8882 }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --faint: #aaa } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: anywhere }
h1 { margin: 0 0 .2rem; font-size: 1.6rem } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem;
  border-bottom: 2px solid var(--line); padding-bottom: .2rem }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .7rem;
  margin: 1rem 0 }
.figure { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .7rem }
.figure b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums }
.figure span { font-size: .8rem; color: var(--faint) }
.scroll { overflow-x: auto } .pair { display: grid; gap: 0 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 38rem), 1fr)) }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; width: 100% }
th, td { padding: .2rem .4rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap }
th { font-size: 11px; color: var(--faint) } td.n, th.n { text-align: right }
td:first-child { white-space: normal; min-width: 9.5rem }
.note { font-size: 13px; color: var(--faint); margin: .3rem 0 }
img, svg { max-width: 100%; height: auto; display: block }
img { background: #fff; border: 1px solid var(--line) }
svg text { fill: var(--ink); font: 11px system-ui, sans-serif } .key i { display: inline-block; width: .8em;
  height: .8em; border-radius: 2px; margin: 0 .3em 0 1em; vertical-align: -.05em }
.key i:first-child { margin-left: 0 } ul { padding-left: 1.2rem }
@media print { h2, .pair > section { break-inside: avoid } }
"""


def write(weighed: Weighed) -> bytes:
    """Return the page."""
    title = "What if: " + ", ".join(zone_words(zone.id, zone.name) for zone in weighed.zones[:6])
    shown = tables(weighed)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{_text(title)}</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; ',
        "style-src 'unsafe-inline'\">",
        f"<style>{_STYLE}</style></head><body><h1>{_text(title)}</h1>", _instead(weighed),
        _figures(weighed), *(f"<p>{_text(sentence)}</p>" for sentence in headline(weighed)),
        _listed([note.text for note in weighed.notes]), _map(weighed), _chart(weighed),
        *_tables(shown), *(section.html() for section in weighed.sections.values()),
        f'<p class="note">nofly {escape(__version__)}. Counts are of what was received, and of nothing else. '
        "Times are UTC, places WGS 84.</p></body></html>\n",
    ]  # fmt: skip
    return "".join(parts).encode()


def _text(text: str) -> str:
    return escape(printable(text))


def _instead(weighed: Weighed) -> str:
    if not weighed.instead_of:
        return ""
    old = ", ".join(zone_words(zone.id, zone.name) for zone in weighed.instead_of[:6])
    return f"<p>instead of: {_text(old)}</p>"


def _figures(weighed: Weighed) -> str:
    effect = weighed.effect
    known = {
        "flights inside": len(effect.inside),
        "would have been infringements": effect.count(Outcome.INFRINGEMENT),
        "exempt or cleared": effect.count(Outcome.EXEMPT) + effect.count(Outcome.CLEARED),
        "cannot be told": effect.count(Outcome.UNDETERMINED),
    }
    if not weighed.pairs:
        known["operators"] = sum(share.name is not None for share in effect.operators())
        known["states of registry"] = sum(share.name is not None for share in effect.states())
    if weighed.given is not None:
        known["warnings"] = weighed.given
    cards = "".join(
        f'<div class="figure"><b>{count:,}</b><span>{name}</span></div>' for name, count in known.items()
    )
    return f'<div class="figures">{cards}</div>'


def _listed(notes: list[str]) -> str:
    if not notes:
        return ""
    return f'<ul class="note">{"".join(f"<li>{_text(note)}</li>" for note in notes)}</ul>'


def _map(weighed: Weighed) -> str:
    image = base64.b64encode(encoded(figure(weighed), dpi=110)).decode()
    alt = "Map of the zones and of the ways flown inside them"
    return f'<h2>Map</h2><img alt="{alt}" src="data:image/png;base64,{image}">'


def _chart(weighed: Weighed) -> str:
    if weighed.pairs or not weighed.effect.hits:
        return ""
    effect = weighed.effect
    used = [outcome for outcome in Outcome if effect.count(outcome)]
    key = "".join(f'<i style="background:{COLOURS[o]}"></i>{o.value}' for o in used)
    first, last = (clock(at_us)[:13] for at_us in effect.span_us)
    return (
        f'<h2>Flights inside, hour by hour</h2><p class="key">{key}</p>{by_hour(effect)}'
        f'<p class="note">{first} h to {last} h UTC. A flight counts in every hour in which it was '
        "inside. Grey: nothing was heard at all.</p>"
        + (f"<h2>Time inside, flight by flight</h2>{spread_bar(effect)}" if effect.inside else "")
    )


def _tables(shown: list[Table]) -> list[str]:
    """Return the tables: narrow ones two abreast."""
    parts = []
    narrow: list[Table] = []
    for table in [*shown, None]:
        if table is not None and len(table.head) <= 6:
            narrow.append(table)
            continue
        if narrow:
            parts.append(f'<div class="pair">{"".join(_table(one) for one in narrow)}</div>')
            narrow = []
        if table is not None:
            parts.append(_table(table))
    return parts


def _table(table: Table) -> str:
    def cells(row: tuple[str, ...], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if k in table.right else ''}>{_text(cell)}</{tag}>"
            for k, cell in enumerate(row)
        )

    head = f"<thead><tr>{cells(table.head, 'th')}</tr></thead>"
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    note = f'<p class="note">{_text(table.note)}</p>' if table.note else ""
    return (
        f'<section><h2>{_text(table.title)}</h2><div class="scroll"><table>{head}<tbody>{body}</tbody>'
        f"</table></div>{note}</section>"
    )
