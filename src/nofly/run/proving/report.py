"""The report of a package: one page that stands alone, on a screen and on paper, without a script."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from nofly import __version__
from nofly.incidents.record import Certainty, Infringement, Side, Status
from nofly.proof.package import Part, Role
from nofly.run.judging.preparing import TIME_ERR_S
from nofly.run.outputs.explain import sentences, zone_of
from nofly.run.outputs.text import (
    aircraft,
    clock,
    depth,
    duration,
    height,
    place,
    printable,
    side_and_zone,
    zone_label,
)
from nofly.run.proving.report_rows import rows_table
from nofly.run.proving.report_style import STYLE
from nofly.run.result import CheckResult
from nofly.units import feet

MOST_STAYS = 20
"""Stays with a section of their own; the others are in finding.json."""
MOST_FILES = 60
_WORDS = {
    Certainty.CONFIRMED: "confirmed", Certainty.PROBABLE: "probable",
    Certainty.UNDETERMINED: "undetermined",
}  # fmt: skip
_LIMITS = (
    "The reports are what the aircraft itself, or a radar, said of its place and height. That the sender was "
    "the aircraft it named is not shown by them.",
    "Why it was there, who flew it, and whether it had a permission that is not on record here.",
    "Anything in the times of silence, and anything about aircraft that send nothing.",
    "That no report was left out before the files reached nofly: the source files are named with their "
    "SHA-256, so that whoever recorded them can compare.",
)


def write(
    result: CheckResult, stays: Sequence[Infringement], evidence: Mapping[str, Part], drawn: bool = True
) -> bytes:
    """Return the page about some stays of a result, with pictures where ``drawn``; ``evidence`` are the
    evidentiary files by name."""
    told = _told(evidence)
    errors = told["finding.json"].get("errors", {})
    parts = [
        _head(stays),
        "<main>",
        _so_far(told["finding.json"]),
        *(_stay(result, stay, len(stays) > 1, drawn, errors.get(stay.id, {})) for stay in stays[:MOST_STAYS]),
        _more(stays),
        _law(result, stays, told),
        _coverage(told.get("coverage.json")),
        _silence(result),
        _limits(told),
        _check(evidence),
        *(_reports(result, stay, len(stays) > 1) for stay in stays[:MOST_STAYS]),
        f"</main><footer>nofly {escape(__version__)}. Times are UTC, places WGS 84, lengths on the "
        "ellipsoid, errors 95 %.</footer></body></html>\n",
    ]
    return "".join(parts).encode()


def _told(evidence: Mapping[str, Part]) -> dict[str, Any]:
    """Return the JSON among the evidence."""
    from nofly.proof.packing.canonical import parsed

    wanted = ("coverage.json", "finding.json", "zones/editions.json", "raw/index.json", "law.json")
    return {name: parsed(evidence[name].data, name) for name in wanted if name in evidence}


def _head(stays: Sequence[Infringement]) -> str:
    one = stays[0] if len(stays) == 1 else None
    title = f"{aircraft(one)} {side_and_zone(one)}" if one else f"{len(stays)} stays"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>Evidence: {escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'\"><style>{STYLE}</style></head><body>"
        f"<header><p>nofly · evidence</p><h1>{escape(title)}</h1></header>"
    )


def _so_far(found: Mapping[str, Any]) -> str:
    """Return what a reader has to know first of an incident that is open."""
    words = str(found["so_far"]["words"]) if "so_far" in found else ""
    return f'<p class="verdict"><b class="tag">open</b> {escape(printable(words))}</p>' if words else ""


def _stay(
    result: CheckResult, stay: Infringement, several: bool, drawn: bool, errors: Mapping[str, float | None]
) -> str:
    lines = sentences(result, stay).splitlines()
    heading = f"<h2>{escape(aircraft(stay))} {escape(side_and_zone(stay))}</h2>" if several else ""
    tag = _WORDS[stay.certainty] if stay.status is Status.INFRINGEMENT else stay.status.value
    body = "".join(f"<p>{escape(line)}</p>" for line in lines[1:])
    return (
        f'<section class="stay {stay.status.value} {stay.certainty.value}">{heading}'
        f'<p class="verdict"><b class="tag">{escape(tag)}</b> {escape(lines[0])}</p>'
        f"{_picture(result, stay, drawn)}<h3>What is known</h3>{_numbers(result, stay, errors)}"
        f'<h3>In words</h3><div class="words">{body}</div></section>'
    )


def _reports(result: CheckResult, stay: Infringement, several: bool) -> str:
    whose = f" of {aircraft(stay)} {side_and_zone(stay)}" if several else ""
    return f"<section><h2>The reports{escape(whose)}</h2>{rows_table(result, stay)}</section>"


def _picture(result: CheckResult, stay: Infringement, drawn: bool) -> str:
    from nofly.run.outputs.picture import encoded, figure

    image = ""
    if drawn:
        alone = replace(result, infringements=(stay,))
        image = base64.b64encode(encoded(figure(alone, headed=False), dpi=160)).decode()
    return f'<img alt="Map and vertical profile" src="data:image/png;base64,{image}">'


def _numbers(result: CheckResult, stay: Infringement, errors: Mapping[str, float | None]) -> str:
    """Return each number with its error."""
    outside = stay.side is Side.OUTSIDE
    low, high = duration(stay.duration_low_s), duration(stay.duration_high_s)
    zone = zone_of(result, stay)
    rows = [
        ("Aircraft", f"{aircraft(stay)}, target {printable(stay.target_id)}"),
        ("Zone", f"{zone_label(stay)}, edition {stay.zone_edition}"),
        ("From", f"{clock(stay.entry_time_us, tenths=True)} ± {TIME_ERR_S:g} s ({stay.cause.value})"),
        ("To", f"{clock(stay.exit_time_us, tenths=True)} ± {TIME_ERR_S:g} s ({stay.exit_cause.value})"),
        *_places(stay, errors),
        ("For", f"{duration(stay.duration_s)} (95 %: {low} to {high})"),
        ("Farthest outside" if outside else "Deepest", depth(stay.depth_m, stay.depth_err_m)),
        ("Height at entry", height(stay.height_m, stay.height_datum) + _err(errors.get("height_err_m"))),
        ("Above the floor", _margin(stay.lower_margin_m)),
        ("Below the ceiling", _margin(stay.upper_margin_m)),
        ("Reports", f"{stay.reports:,}; longest gap {duration(stay.longest_gap_s)}"),
        ("Status", f"{stay.status.value}, {stay.certainty.value}"),
    ]
    if zone is not None:
        rows.append(("Law", f"edition {zone.edition}, hash {zone.zone_hash}"))
    cells = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows if b)
    return f'<table class="facts"><tbody>{cells}</tbody></table>'


def _places(stay: Infringement, errors: Mapping[str, float | None]) -> list[tuple[str, str]]:
    """Return where it entered and left, where the errors of that are told."""
    ends = (("entry", "In at", stay.entry_lat_deg, stay.entry_lon_deg),
            ("exit", "Out at", stay.exit_lat_deg, stay.exit_lon_deg))  # fmt: skip
    return [
        (label, f"{place(lat_deg, lon_deg)}{_err(errors[f'{end}_position_err_m'])}")
        for end, label, lat_deg, lon_deg in ends if f"{end}_position_err_m" in errors
    ]  # fmt: skip


def _err(err_m: float | None) -> str:
    return "" if err_m is None else f" ± {err_m:,.0f} m"


def _margin(margin_m: float | None) -> str:
    return "" if margin_m is None else f"at most {feet(margin_m):,.0f} ft ({margin_m:,.0f} m)"


def _more(stays: Sequence[Infringement]) -> str:
    more = len(stays) - MOST_STAYS
    return f"<p>{more} more stays are in finding.json.</p>" if more > 0 else ""


def _law(result: CheckResult, stays: Sequence[Infringement], told: Mapping[str, Any]) -> str:
    sources = {one["hash"]: one["source"] for one in told["zones/editions.json"]["editions"]}
    hashes = {stay.zone_hash for stay in stays}
    parts = []
    for zone in told["law.json"]["zones"]:
        if zone["zone_hash"] not in hashes:
            continue
        source = sources.get(zone["zone_hash"], {})
        words = [*zone["words"], _source(source)]
        reasons = [reason for verdict in zone["verdicts"] for reason in verdict["reasons"]]
        judged = dict.fromkeys(f"considered: {reason}" for reason in reasons)
        parts.append(_list([*words, *judged]))
    others = sum(zone["zone_hash"] not in hashes for zone in told["law.json"]["zones"])
    rest = f"<p>{others} other editions of these zones are in zones/editions.json.</p>" if others else ""
    return f"<section><h2>The law at that moment</h2>{''.join(parts)}{rest}</section>"


def _source(source: Mapping[str, Any]) -> str:
    """Return where an edition is from, in words."""
    if "register" in source:
        return f"law of a register, replayed from its acts: {source['register']}"
    return f"source file: {source.get('name') or 'none'}, SHA-256 {source['sha256']}"


def _coverage(told: Any) -> str:
    if not told:
        return (
            "<section><h2>What could have been seen</h2><p>This package holds no statement of coverage: of "
            "what was not received, nothing follows.</p></section>"
        )
    verdict, words = str(told.get("verdict", "")), [str(line) for line in told.get("sentences", ())]
    statements = told["numbers"].get("statements", ())
    if len(statements) < 2:
        return f"<section><h2>What could have been seen: {escape(verdict)}</h2>{_list(words)}</section>"
    parts, said = [], Counter(line for one in statements for line in one["sentences"])
    for one in statements:
        first, *rest = (str(line) for line in one["sentences"])
        own = _list(line for line in rest if said[line] == 1)
        parts.append(f"<h3>{escape(printable(first))}</h3>{own}")
    # What holds of all of them, and what is said of none alone.
    parts.append(_list(line for line in words if said[line] != 1))
    return f"<section><h2>What could have been seen</h2>{''.join(parts)}</section>"


def _silence(result: CheckResult) -> str:
    if not result.gaps:
        return ""
    gap_s = float(getattr(result.options, "max_gap_s", 120.0))
    lines = [f"{g.target_id}: from {clock(g.start_us)} to {clock(g.end_us)}" for g in result.gaps[:50]]
    if len(result.gaps) > 50:
        lines.append(f"and {len(result.gaps) - 50} more")
    return (
        f"<section><h2>Times of silence</h2><p>Longer than {gap_s:g} s between two reports, or after a jump: "
        f"not judged, and nothing is said of them.</p>{_list(lines)}</section>"
    )


def _limits(told: Mapping[str, Any]) -> str:
    left_out = [f"Not in this package: {text}" for text in told["finding.json"]["left_out"]]
    said = [f"{f['source']}: {f['message']} [{f['code']}]" for f in told["finding.json"]["findings"][:20]]
    read = f"<h3>What the readers remarked</h3>{_list(said)}" if said else ""
    return f"<section><h2>What this does not show</h2>{_list([*_LIMITS, *left_out])}{read}</section>"


def _check(evidence: Mapping[str, Part]) -> str:
    """Return how to check the package, and what is in it."""
    import hashlib

    files = [name for name, part in sorted(evidence.items()) if part.role is Role.EVIDENTIARY]
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{len(evidence[name].data):,}</td>"
        f"<td><code>{hashlib.sha256(evidence[name].data).hexdigest()}</code></td></tr>"
        for name in files[:MOST_FILES]
    )
    return (
        "<section><h2>How to check this without us</h2><p>Anyone with the package and nofly, which is free "
        "software, finds all this again from the raw files, without a network:</p>"
        "<pre>nofly verify case.nofly.zip</pre><p>The hashes and signatures can be checked with other tools: "
        "the package is a plain ZIP, <code>manifest.json</code> names every file with its SHA-256, and "
        "<code>signatures/</code> holds Ed25519 signatures of it:</p>"
        "<pre>openssl pkeyutl -verify -pubin -inkey signatures/ID.pub -rawin \\\n"
        "  -in manifest.json -sigfile signatures/ID.sig</pre>"
        '<table class="files"><thead><tr><th>evidentiary file</th><th>bytes</th><th>SHA-256</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(printable(line))}</li>' for line in lines)}</ul>"
