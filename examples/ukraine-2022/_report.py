"""The page of the case: what was asked, said, decided, in force, and what the zone would have touched."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from nofly import __version__
from nofly.run.weighing.ledger import LedgerTable
from nofly.run.weighing.ledger_html import linked
from nofly.units import iso_time
from nofly.zones.editions import Edition
from nofly.zones.predicates import describe_all

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: break-word }
h1 { line-height: 1.2; margin: .5rem 0 } h2 { margin-top: 2.4rem; border-bottom: 2px solid #8888;
  padding-bottom: .2rem } h3 { margin-bottom: .3rem }
.short { border-left: 4px solid #0072b2; padding: .1rem 1rem; font-size: 1.05rem }
nav { font-size: .9rem; columns: 15rem } nav ol { margin: 0; padding-left: 1.4rem }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #8884 }
.number { text-align: right; white-space: nowrap } td { overflow-wrap: anywhere; min-width: 4.5rem }
td a { white-space: nowrap }
#law td:last-child { width: 55% }
img { max-width: 100%; height: auto; background: #fff; border: 1px solid #8884 }
.stand { font-weight: 700 } .verdict { display: inline-block; font-weight: 700; border: 2px solid;
  border-radius: 4px; padding: 0 .5rem } small, .note { font-size: .82rem; opacity: .85 }
pre { white-space: pre-wrap; font-size: .75rem; border: 1px solid #8884; padding: .6rem }
@media (max-width: 40rem) { body { font-size: 15px } thead { display: none }
  tr { display: block; border-bottom: 1px solid #8886; padding: .4rem 0 }
  td { display: block; border: 0; padding: .05rem 0; text-align: left !important }
  td[data-name]::before { content: attr(data-name) ": "; opacity: .7 }
  td:first-child { font-weight: 600 } td:first-child::before { content: none } }
@media print { h2 { break-after: avoid } tr { break-inside: avoid } }
"""
_NUMERIC = re.compile(r"[\d.,]+( to [\d.,]+)? (km|min|%)")
PARTS = (
    ("asked", "What was asked"), ("said", "What the parties said, and what was decided"),
    ("law", "What was really in force"), ("touched", "What the zone would have touched"),
    ("round", "What going round would have cost"), ("exposed", "What enforcing it would have exposed"),
    ("claims", "What cannot be checked"), ("limits", "What this page does not know"),
    ("again", "How to make this page again"),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Everything the page is made of."""

    sheet: dict[str, Any]
    law: dict[str, list[Edition]]
    effect: dict[str, Any]
    detours: dict[str, dict[str, Any]]
    """Round the zone ``alone``, ``beside`` what else was closed to many, and of ``published`` pairs."""
    acts: dict[str, Any]
    claims: dict[str, Any]
    ledger: LedgerTable
    pictures: dict[str, Path]
    commands: list[str]


def instant_us(text: str) -> int:
    """Return an ISO 8601 instant in UTC microseconds."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


def page(found: Found) -> bytes:
    """Return the page: HTML that stands alone, without a script."""
    bodies = (
        _asked(found), _said(found), _law(found), _touched(found), _round(found), found.ledger.html(),
        _claims(found), _limits(), _again(found),
    )  # fmt: skip
    contents = "".join(f'<li><a href="#{name}">{_text(title)}</a></li>' for name, title in PARTS)
    sections = "".join(
        f'<section id="{name}"><h2>{k}. {_text(title)}</h2>{body}</section>'
        for k, ((name, title), body) in enumerate(zip(PARTS, bodies, strict=True), 1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A no-fly zone over '
        "Ukraine?</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<style>{STYLE}</style></head><body><h1>A no-fly zone over Ukraine? The request of March 2022</h1>"
        f'{_short(found)}<nav aria-label="Parts"><ol>{contents}</ol></nav>{sections}'
        f"<p><small>nofly {escape(__version__)}. Times are UTC, places WGS 84. Statements are paraphrased."
        "</small></p></body></html>\n"
    ).encode()


def _short(found: Found) -> str:
    sheet = found.sheet
    most, more = (
        max(100.0 * pair["extra_m"] / pair["direct_m"] for pair in found.detours[name]["pairs"])
        for name in ("alone", "beside")
    )
    shared = next(r.range for r in found.ledger.weighed.shared if r.quantity.name == "shared:NATO:Russia")
    needed = next(r.range for r in found.ledger.weighed.patrol if r.quantity.name == "aircraft_needed")
    return (
        '<div class="short"><p>Ukraine asked NATO to close the sky over its territory. The '
        f"{len(sheet['parties'])} members decide together or not at all; on 4 March 2022 the request was "
        f"<b>{_text(sheet['decision']['outcome'])}</b>, because enforcing the zone could have widened the "
        "war. "
        "NATO kept its own aircraft out and watched its own border; Ukraine's airspace was in fact closed, "
        "by "
        "Ukraine itself.</p><p>Had the zone existed: civil flights would have had to go round it (from "
        f"next to nothing to {most:.0f} % further on three routes, up to {more:.0f} % with Russia and "
        "Belarus closed as well); aircraft of NATO and Russia would have shared the "
        f"sky for {shared.low_value:.0f} to {shared.high_value:.0f} hours a day; a standing patrol would "
        "have "
        f"taken {needed.low_value:,.0f} to {needed.high_value:,.0f} aircraft, by assumptions that you can "
        "change. What another state would have done about it nobody can compute, and this page does not.</p>"
        "</div>"
    )


def _asked(found: Found) -> str:
    sheet = found.sheet
    rows = [
        ("Who asks", sheet["asked_by"]), ("What", f"a no-fly zone: {sheet['zone']['name']}"),
        ("Where", "the flight information regions Kyiv (UKBV), L'viv (UKLV), Odesa (UKOV), Dnipro (UKDV) and "
                  "Simferopol' (UKFV), from the ground without an upper limit"),
        ("Why", sheet["why"]), ("Purpose, in one of six words", sheet["purpose"]),
        ("If not that, then", sheet["instead"]), ("Source", sheet["source"]),
    ]  # fmt: skip
    return _table(("", ""), rows)


def _said(found: Found) -> str:
    sheet = found.sheet
    rows = [
        (p["party"], p["stand"], p["statement"], "; ".join(filter(None, (p["date"], p["source"]))))
        for p in sheet["positions"]
    ]
    decision = sheet["decision"]
    silent = ", ".join(sheet["no_position"])
    return (
        f"<p>Rule: <b>{_text(sheet['rule']['kind'])}</b> of {len(sheet['parties'])} members. One against is "
        f"enough.</p>{_table(('member', 'position', 'what was said', 'when, where'), rows)}"
        f'<p class="note">No position of their own on record here: {_text(silent)}.</p>'
        f'<p>Decision: <span class="verdict">{_text(decision["outcome"])}</span>, '
        f"{_text(decision['at'].replace('T', ' ').replace('Z', ' UTC'))}. By the rule: "
        f"{_text(sheet['tally']['why'])}.</p><p>Reason: {_text(decision['reason'])} "
        f"<small>({linked(decision['source'])})</small></p>"
        "<p>A rejected request is law of nothing. It stays on record, and what it would have done can "
        "still be "
        "weighed: that is what parts 4 to 6 do.</p>"
    )


def _law(found: Found) -> str:
    out = []
    for moment, editions in found.law.items():
        told = moment.replace("T", " ").replace(":00Z", " UTC")
        out.append(f"<h3>At {_text(told)}</h3>")
        if not editions:
            out.append("<p>Nothing of what is on record here was in force.</p>")
            continue
        ordered = sorted(editions, key=lambda one: one.act.sequence)
        rows = [(one.zone.id, one.zone.name, _law_words(one)) for one in ordered]
        out.append(_table(("zone", "name", "what it says"), _same(rows)))
    return (
        "<p>Three rules were in force on the day of the decision, and none of them is the zone asked for. "
        "<b>Ukraine's closure</b> keeps everybody out but those it exempts. <b>NATO's keep-out</b> addresses "
        "only NATO's own aircraft. <b>The border watch</b> warns before aircraft come near the allied "
        "side.</p>" + "".join(out)
    )


def _law_words(one: Edition) -> str:
    rule = one.zone.rule
    addressed = describe_all(rule.applies_to) if rule and rule.applies_to else "everybody"
    addressed = addressed.replace("not aircraft", "all but aircraft")
    exempt = "; ".join(f"{e.reason} ({e.source})" for e in rule.exempt) if rule else ""
    if rule and rule.look_ahead_s and rule.spacing_lateral_m:
        ahead_min, near_nm = rule.look_ahead_s / 60.0, rule.spacing_lateral_m / 1852.0
        addressed += f", warned {ahead_min:g} minutes ahead and within {near_nm:g} NM"
    since = "always" if one.from_us is None else iso_time(one.from_us)[:10]
    return f"{one.zone.message} Addressed: {addressed}. Exempt: {exempt or 'nobody'}. Since {since}."


def _same(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Join rows that say the same."""
    joined: dict[str, list[tuple[str, str]]] = {}
    for name, title, message in rows:
        joined.setdefault(message, []).append((name, title))
    return [
        (", ".join(n for n, _ in named), ", ".join(t for _, t in named), message)
        for message, named in joined.items()
    ]


def _touched(found: Found) -> str:
    effect = found.effect["effect"]
    hours, km = effect["inside_s"]["total"] / 3600.0, effect["inside_m"]["total"] / 1000.0
    return (
        "<p>No archive of positions is shipped with this example, so great-circle flights between three "
        "pairs "
        f"of airports stand in for traffic, one each. {effect['flights_inside']} of "
        f"{found.effect['traffic']['flights']} would have been inside the zone, {hours:.1f} hours and "
        f"{km:,.0f} "
        "km in all; with no exemption known, all of them infringements. With an archive of your own: "
        "<code>nofly whatif proposed.geojson --traffic ARCHIVE</code>.</p>"
    )


def _round(found: Found) -> str:
    alone, beside = (_ways(found, name) for name in ("alone", "beside"))
    return (
        f"<h3>The zone alone</h3>{alone}"
        '<p class="note">Shortest ways on the ellipsoid that stay outside the zone, without wind, airways or '
        "other closures: what was flown is longer. They lead through Belarus and Russia.</p>"
        "<h3>With Belarus and Russia closed as well, as they soon were to many airlines</h3>"
        f'{beside}<p class="note">Both closures together, counted from the direct way. The countries are '
        "drawn roughly, by their land alone.</p>"
        f"<h3>Beside what was published</h3>{_published(found)}"
    )


def _published(found: Found) -> str:
    """Return the computed figures beside those that were published, each difference explained."""
    given = {one["pair"]: one for one in found.acts["published"]}
    rows, longer = [], []
    for pair in found.detours["published"]["pairs"]:
        one = given[f"{pair['from']}-{pair['to']}"]
        told = one.get("told", "not known")
        rows.append((_route(found, pair), f"{pair['extra_m'] / 1000.0:,.0f} km", told, one["why"]))
        if "further_km" in one:
            flown_m = pair["direct_m"] + 1000.0 * one["further_km"]
            longer.append(100.0 * (pair["length_m"] / flown_m - 1.0))
    head = ("route", "computed", "published, flown", "why they may differ (our reading)")
    return (
        "<p>How much further flights went once Russian airspace was closed to them was published "
        f"({_text(found.acts['detours']['source'])}). Beside it stands the least way round the land of "
        "Russia, Belarus and Ukraine, in still air and without airways: it may be shorter than what was "
        "flown, and should not be more than 5 % longer. The most by which a whole way is longer is "
        f"{max(longer):.1f} %.</p>"
        f"{_table(head, rows)}{_image(found.pictures['published'])}"
    )


def _route(found: Found, pair: dict[str, Any]) -> str:
    names = found.acts["airports"]
    return f"{names[pair['from']]}–{names[pair['to']]} ({pair['from']}–{pair['to']})"


def _ways(found: Found, name: str) -> str:
    rows = [
        (
            _route(found, pair), f"{pair['direct_m'] / 1000.0:,.0f} km",
            f"{pair['extra_m'] / 1000.0:,.1f} km", f"{100.0 * pair['extra_m'] / pair['direct_m']:.2f} %",
            _span([seconds / 60.0 for seconds in pair["time_s"]], 0, "min"),
            _span([100.0 * share for share in pair["fuel_share"]], 1, "%"),
        )
        for pair in found.detours[name]["pairs"]
    ]  # fmt: skip
    head = ("route", "direct", "further", "share", "longer", "more fuel and CO₂")
    return f"{_table(head, rows)}{_image(found.pictures[name])}"


def _image(picture: Path) -> str:
    image = base64.b64encode(picture.read_bytes()).decode()
    alt = "Map of what is closed, the direct ways and the ways round"
    return f'<p><img alt="{alt}" src="data:image/png;base64,{image}"></p>'


def _span(ends: list[float], digits: int, unit: str) -> str:
    low, high = (f"{end:.{digits}f}" for end in ends)
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def _claims(found: Found) -> str:
    out = [f"<p>{_text(note)}</p>" for note in found.claims.get("notes", ())]
    for one in found.claims["statements"]:
        sources = "; ".join(
            ", ".join(str(part) for part in (c.get("title"), c.get("published"), c.get("url")) if part)
            for c in one.get("sources", ())
        )
        out.append(
            f"<h3>{_text(one['side'])}</h3><p>{_text(one['who'])}</p><blockquote>{_text(one['says'])}"
            f'</blockquote><p><span class="verdict">{_text(one["verdict"])}</span></p>'
            f'<p class="note">{linked(sources)}</p>'
        )
    return "".join(out)


def _limits() -> str:
    told = (
        "No tracks of military aircraft: whether anybody was inside on that day is not said here.",
        "The outlines are flight information regions of April 2015, no borders; the hour at which Ukraine's "
        "closure began is not in the sources used, so the day stands.",
        "Positions are those that were reported; members that spoke only in the room are not here.",
        "The inputs of part 6 are assumptions where no source stands beside them. Read the ranges, not the "
        "numbers between.",
        "Nothing here says what Russia, or anybody, would have done. There is no score.",
    )
    return f"<ul>{''.join(f'<li>{_text(one)}</li>' for one in told)}</ul>"


def _again(found: Found) -> str:
    acts = "".join(
        f"<li>{a['act']}: {_text(a['party'])}, {_text(a['kind'])}, <code>{_text(a['hash'][:16])}</code></li>"
        for a in found.sheet["acts"]
    )
    commands = "\n".join(f"$ {one}" for one in found.commands)
    return (
        "<p><code>python examples/ukraine-2022/run.py</code> runs these commands and writes this page:</p>"
        f"<pre>{_text(commands)}</pre><p>The acts on the request, each holding the hash of the one "
        "before:</p>"
        f"<ul>{acts}</ul>"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    numeric = [all(_NUMERIC.fullmatch(row[k]) for row in rows) for k in range(len(head))]
    names = "".join(
        f"<th{' class=number' * right}>{_text(name)}</th>" for name, right in zip(head, numeric, strict=True)
    )
    body = "".join(
        f"<tr>{''.join(_cell(*one) for one in zip(head, row, numeric, strict=True))}</tr>" for row in rows
    )
    top = f"<thead><tr>{names}</tr></thead>" if any(head) else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"


def _cell(name: str, cell: str, numeric: bool) -> str:
    kind = ' class="number"' if numeric else ""
    named = f' data-name="{_text(name)}"' if name else ""
    return f"<td{kind}{named}>{linked(cell)}</td>"


def _text(text: object) -> str:
    return escape(str(text))
