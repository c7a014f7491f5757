"""A ledger as HTML: a fragment for a page of several parts, and a page that stands alone, no script."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from nofly import __version__
from nofly.run.outputs.text import printable
from nofly.run.weighing.ledger_words import Section, sections
from nofly.run.weighing.tornado import svg

if TYPE_CHECKING:
    from nofly.run.weighing.ledger import LedgerTable

STYLE = """
.ledger .wide { overflow-x: auto }
.ledger table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; width: 100% }
.ledger th, .ledger td { padding: .2rem .5rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid #8884 }
.ledger th, .ledger td { overflow-wrap: normal } .ledger td:last-child { overflow-wrap: anywhere }
.ledger .number { text-align: right; white-space: nowrap } .ledger details { margin: .6rem 0 }
.ledger .tornadoes { display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)) }
.ledger figure { margin: 0 } .ledger figcaption { font-weight: 600 } .ledger svg { width: 100%; height: auto }
.ledger .noscore { border: 2px solid currentColor; border-radius: 6px; padding: .2rem .9rem }
@media (max-width: 40rem) { .ledger td, .ledger th { padding: .15rem .3rem } .ledger table { font-size: 12px }
  .ledger .cards thead { display: none } .ledger .cards tr { display: block; border-bottom: 1px solid #8886;
  padding: .4rem 0 } .ledger .cards td { display: block; border: 0; text-align: left; white-space: normal;
  padding: .05rem 0 } .ledger .cards td[data-name]::before { content: attr(data-name) ": "; opacity: .75 }
  .ledger .cards td:first-child { font-weight: 600 } .ledger .cards td:first-child::before { content: none } }
"""
_PAGE_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 1.5rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2, h3 { border-bottom: 2px solid #8888; padding-bottom: .2rem }
"""
_FEW_COLUMNS = 4
_NUMBER = re.compile(r"(over )?-?[\d.,]+|not published|")
_ADDRESS = re.compile(r"(https?://[^\s;,)<>\"']+)")


def page(table: LedgerTable) -> bytes:
    """Return the page."""
    ledger = table.weighed.ledger
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{_text(ledger.title)}</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ',
        "style-src 'unsafe-inline'\">",
        f"<style>{_PAGE_STYLE}</style></head><body><h1>{_text(ledger.title)}</h1>",
        fragment(table), f"<p><small>nofly {escape(__version__)}.</small></p></body></html>\n",
    ]  # fmt: skip
    return "".join(parts).encode()


def fragment(table: LedgerTable) -> str:
    """Return the ledger as one element, its style in it."""
    ledger = table.weighed.ledger
    said = "".join(f"<p>{_text(one)}</p>" for one in (ledger.question, *ledger.notes) if one)
    body = "".join(_section(table, section) for section in sections(table))
    return f'<div class="ledger"><style>{STYLE}</style>{said}{body}</div>'


def _section(table: LedgerTable, section: Section) -> str:
    told = "".join(f"<p>{_text(one)}</p>" for one in section.before)
    drawn = "".join(
        f"<figure><figcaption>{_text(result.quantity.label)}</figcaption>"
        f"{svg(result, table.weighed.inputs)}</figure>"
        for result in section.drawn
    )
    if drawn:
        drawn = f'<div class="tornadoes">{drawn}</div>'
    after = "".join(f"<li>{linked(one)}</li>" for one in section.after)
    after = f"<ul>{after}</ul>" if after else ""
    kind = ' class="noscore"' if not section.rows and not section.drawn else ""
    rows = _table(section)
    if drawn:
        rest = f"{drawn}{after}<details><summary>The same as a table</summary>{rows}</details>"
    else:
        rest = f"{rows}{after}"
    return f"<section{kind}><h3>{_text(section.title)}</h3>{told}{rest}</section>"


def _table(section: Section) -> str:
    if not section.rows:
        return ""
    names = section.head
    columns = zip(*section.rows, strict=True)
    kinds = [' class="number"' if all(map(_NUMBER.fullmatch, cells)) else "" for cells in columns]
    head = "".join(f"<th{kind}>{_text(name)}</th>" for name, kind in zip(names, kinds, strict=True))
    rows = "".join(
        f"<tr>{''.join(_cell(n, c, kind) for n, c, kind in zip(names, row, kinds, strict=True))}</tr>"
        for row in section.rows
    )
    cards = ' class="cards"' if len(names) > _FEW_COLUMNS else ""
    return (
        f'<div class="wide"><table{cards}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _cell(name: str, cell: str, kind: str) -> str:
    named = f' data-name="{_text(name)}"' if cell else ""
    return f"<td{kind}{named}>{linked(cell)}</td>"


def linked(text: str) -> str:
    """Return text as HTML, its web addresses as links that show the host."""
    parts = _ADDRESS.split(text)
    return "".join(
        f'<a rel="noreferrer" href="{_text(part)}">{_text(part.split("/")[2])}</a>' if k % 2 else _text(part)
        for k, part in enumerate(parts)
    )


def _text(text: str) -> str:
    return escape(printable(text))
