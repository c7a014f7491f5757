"""The tables, as Markdown, from what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

NAMES = {"big10": "big10", "mixed1000": "mixed1000", "small20000": "small20000", "firs": "FIRs, recorded"}
CONTESTS = (
    ("shapely whole", "shapely, vectorised: intervals with entry and exit, height, validity", "**≥ 25**"),
    ("pymeos whole", "PyMEOS: the same", "–"),
    ("sedonadb join", "SedonaDB: which report is in which zone", "**≥ 8**"),
    ("sedonadb pairs", "SedonaDB: … and height and validity", "≥ 8"),
    ("shapely join", "shapely: which report is in which zone", "–"),
    ("shapely pairs", "shapely: … and height and validity", "–"),
    ("geopandas join", "geopandas `sjoin`: which report is in which zone", "–"),
    ("geopandas pairs", "geopandas: … and height and validity", "–"),
    ("duckdb join", "DuckDB spatial: which report is in which zone", "–"),
    ("duckdb pairs", "DuckDB spatial: … and height and validity", "–"),
)
SPEEDS = (
    ("whole", "intervals, by target", (120, 20, 35)),
    ("whole by time", "intervals, time order", (80, 14, 28)),
    ("kernel", "changes alone, by target", None),
    ("kernel by time", "changes alone, time order", None),
    ("stays", "stays with depth, margins, causes, by target", None),
    ("stays by time", "stays with depth, margins, causes, time order", None),
)


def page(found: dict[str, Any]) -> str:
    """Return the whole report."""
    machine = found["machine"]
    parts = [
        "# Benchmark results", "",
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; load {machine['load_at_start']:.1f} before, "
        f"{machine['load_at_end']:.1f} after; {found['took_s'] / 60:.0f} minutes; "
        f"medians of {found['rounds']} rounds. What is measured, and how: "
        "[README.md](README.md). Written by `make bench`.", "",
        *_workloads(found), *_peers(found), *_speeds(found), *_live(found), *_web(found), *_detours(found),
        *_what_if(found), *_others(found),
        *_agreement(found), *_versions(found),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def _done(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: w for name, w in found["workloads"].items() if "costs" in w}


def _workloads(found: dict[str, Any]) -> list[str]:
    rows = []
    for name, w in found["workloads"].items():
        if "missing" in w:
            rows.append([NAMES[name], f"not measured: {w['missing']}", "", "", ""])
        else:
            rows.append(
                [NAMES[name], f"{w['zones']:,}", f"{w['edges']:,}", f"{w['reports']:,}", w["fingerprint"]]
            )
    return ["## Workloads", "", *_table(["workload", "zones", "edges", "reports", "fingerprint"], rows)]


def _peers(found: dict[str, Any]) -> list[str]:
    done = _done(found)
    rows = []
    for label, text, reach in CONTESTS:
        if any(label in w["costs"] or _failed(w, label) for w in done.values()):
            rows.append([text, *(_ratio(w, label) for w in done.values()), reach])
    rows.append(
        [
            "nofly, whole job, µs a report",
            *(f"{w['costs']['nofly whole'] * 1e6:.3f}" for w in done.values()),
            "",
        ]
    )
    notes = [
        f"A sample of the reports, its cost taken per report: {', '.join(said)}.\n"
        for said in [_samples(done)]
        if said
    ]
    notes += [
        f"- {NAMES[name]}: {label}: {error}"
        for name, w in done.items()
        for label, error in w["errors"].items()
    ]
    return [
        "## Beside the peers", "",
        "CPU time a report over that of nofly's whole job (intervals with entry and exit, height, validity; "
        "by target): how many times as much a peer takes.", "",
        *_table(["peer and job", *(NAMES[name] for name in done), "to reach"], rows), *notes, "",
    ]  # fmt: skip


def _failed(w: dict[str, Any], label: str) -> bool:
    return label in w["errors"] or label.split()[0] in w["errors"]


def _times(costs: dict[str, float], one: str, other: str) -> str:
    return f"{costs[one] / costs[other]:,.0f}×" if one in costs and other in costs else "–"


def _ratio(w: dict[str, Any], label: str) -> str:
    if label in w["costs"]:
        ratio = w["costs"][label] / w["costs"]["nofly whole"]
        return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"
    return "not available" if _failed(w, label) else "–"


def _samples(done: dict[str, dict[str, Any]]) -> list[str]:
    for w in done.values():
        return [f"{name} {reports:,}" for name, reports in w["sample"].items() if reports < w["reports"]]
    return []


def _speeds(found: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    beside = {
        name: (w["reports"], {label.removeprefix("nofly "): cost for label, cost in w["costs"].items()})
        for name, w in _done(found).items()
    }
    groups = [("## nofly alone", beside)]
    if found["large"]:
        groups.append(
            ("## nofly alone, long", {n: (w["reports"], w["costs"]) for n, w in found["large"].items()})
        )
    for title, group in groups:
        rows = []
        for job, text, reach in SPEEDS:
            if any(job in costs for _, costs in group.values()):
                cells = [f"{1e-6 / costs[job]:.3g}" if job in costs else "–" for _, costs in group.values()]
                rows.append([text, *cells, " / ".join(map(str, reach)) if reach else ""])
        if (
            any("shapely whole" in costs and "whole" in costs for _, costs in group.values())
            and "long" in title
        ):
            ratios = [_times(costs, "shapely whole", "whole") for _, costs in group.values()]
            rows.append(
                ["shapely, vectorised, on a tenth of the aircraft: times as much", *ratios, "**≥ 25**"]
            )
        head = [f"{NAMES[name]}, {_millions(reports)}" for name, (reports, _) in group.items()]
        lines += [
            title,
            "",
            "Million reports a CPU-second, one core.",
            "",
            *_table(["", *head, "to reach"], rows),
        ]
    return lines


def _millions(reports: int) -> str:
    return f"{reports / 1e6:.3g} M"


def _detours(found: dict[str, Any]) -> list[str]:
    if "detours" not in found:
        return []
    it = found["detours"]
    return [
        "## Ways round zones", "",
        f"{it['pairs']:,} pairs of places round {it['zones']} zones of mixed1000, from zones to ways flown "
        f"through the kernel: {it['cpu_s']:.1f} s of CPU time ({it['outcomes']['round']:,} round, "
        f"{it['outcomes']['clear']:,} clear, {it['outcomes']['no-way']:,} without a way).", "",
    ]  # fmt: skip


def _what_if(found: dict[str, Any]) -> list[str]:
    if "what_if" not in found:
        return []
    it, lines = found["what_if"], ["## What one zone would touch", ""]
    if "error" in it:
        return [*lines, f"not measured: {it['error']}", ""]
    cpu_s, rows = it["cpu_s"], []
    for job, text, reach in (
        ("check", "check", ""), ("what-if", "what-if without warnings", "≤ 20 %"),
        ("what-if, warnings", "what-if with warnings", "≤ 20 %"),
    ):  # fmt: skip
        more = "" if job == "check" else f"{100.0 * (cpu_s[job] / cpu_s['check'] - 1.0):+.0f} %"
        rows.append([text, f"{it['counts'][job]:,}", f"{cpu_s[job]:.2f}", more, reach])
    head = [f"big10's first zone, {_millions(it['reports'])} reports", "stays, flights, warnings",
            "CPU s, one thread", "more than the check", "to reach"]  # fmt: skip
    return [*lines, *_table(head, rows)]


def _live(found: dict[str, Any]) -> list[str]:
    if "live" not in found:
        return []
    live, rows = found["live"], []
    for name, what in (
        ("ticks of many", "500,000 aircraft at 2 Hz"),
        ("ticks", "12,000 aircraft, 6 s of them in each tick"),
        ("ticks with prediction", "the same with prediction"),
    ):
        tick = live[name]
        rows += [
            [f"a million reports/s in ticks of 10 ms, 1,000 zones; {what}: CPU ms a tick, median and p99",
             f"{tick['p50_ms']:.1f}, {tick['p99_ms']:.1f}", "p99 ≤ 5"],
            ["… records a tick", f"{tick['records']:.0f}", ""],
            ["… of one core, %", f"{tick['core'] * 100:.0f}", "≤ 30"],
        ]  # fmt: skip
    second, socket = live["second"], live["socket to record"]
    parts = ", ".join(f"{name} {part * 100:.1f}" for name, part in second["parts"].items())
    rows += [
        ["12,000 aircraft at 1 Hz, SBS-1 to record, of one core, %", f"{second['core'] * 100:.0f}", "< 15"],
        ["… by step, %", parts, ""],
        [f"socket to recorded transition, ms, p99 (median), tick {socket['tick_ms']:.0f} ms",
         f"{socket['p99_ms']:.0f} ({socket['p50_ms']:.0f})", f"≤ {socket['tick_ms'] + 20:.0f}"],
    ]  # fmt: skip
    return ["## Live", "", *_table(["", "measured", "to reach"], rows)]


def _web(found: dict[str, Any]) -> list[str]:
    if "web" not in found:
        return []
    it, rows = found["web"], []
    reaches = {"tick ms, p99": "unharmed"}
    for name in ("tick ms, median", "tick ms, p99", "tick ms, most", "% of a core"):
        alone, looked_at = (
            " / ".join(f"{one[name]:g}" for one in it[of]) for of in ("alone", "looked at")
        )  # fmt: skip
        rows.append([f"{name}: alone", alone, ""])
        rows.append([f"… beside {it['clients']} clients", looked_at, reaches.get(name, "")])
    frames = [one["frames a second, least and median"] for one in it["looked at"]]
    least, median = min(one[0] for one in frames), np.median([one[1] for one in frames])
    rows.append(["frames a second: slowest client, median", f"{least:g}, {median:g}", "1"])
    rows += _page_rows(found["page"])
    head = [f"`nofly serve`, {it['aircraft']:,} aircraft at 1 Hz", "measured", "to reach"]
    return ["## On the web", "", *_table(head, rows)]


def _page_rows(it: dict[str, Any]) -> list[list[str]]:
    if "missing" in it:
        return [["the map page in a browser", f"not measured: {it['missing']}", ""]]
    wide, high = it["size"]
    rows = []
    for aircraft, drawn in it["drawn ms"].items():
        first, *later = drawn
        rows.append([
            f"address to drawn map, {aircraft} aircraft, empty cache, {it['browser']}, {wide} × {high}, ms: "
            "median (least, most; the first after the server's start)",
            f"{np.median(later):.0f} ({min(later)}, {max(later)}; {first})", "≤ 2,000",
        ])  # fmt: skip
    for name, told in it["pictures a second"].items():
        said = f"{told['mean']} (longest {told['longest ms']} ms)"
        rows.append([f"pictures a second while the map moves, no graphics card: {name}", said, ""])
    return [*rows, ["… load of the machine at its end", f"{it['load']:.1f}", ""]]


def _others(found: dict[str, Any]) -> list[str]:
    rows = []
    if "by_count" in found:
        cost = found["by_count"]
        rows.append(["compile 20,000 zones, CPU s", f"{cost['compile']:.2f}", "≤ 1"])
        rows.append(["times of activity of 20,000 zones, CPU s", f"{cost['activity']:.2f}", ""])
        counts = [
            f"{job.split()[0]}: {cost[job] / cost['20 zones']:.1f}×" for job in cost if job.endswith(" zones")
        ]
        rows.append(["cost by number of zones, time order", ", ".join(counts), "20,000: ≤ 10×"])
    for name, large in found["large"].items():
        end = large["end_to_end"]
        if "error" in end:
            rows.append([f"zstd Parquet to infringements, {NAMES[name]}", end["error"], ""])
            continue
        decode = end["decode"].get("cpu_s", np.nan)
        rows += [
            [f"zstd Parquet to infringements, {NAMES[name]}, {_millions(end['reports'])}, M/s (wall)",
             f"{end['reports'] / end['wall_s'] / 1e6:.2f}", "≥ 12"],
            [f"… CPU s (reading alone {decode:.1f}), infringements",
             f"{end['cpu_s']:.1f}, {end['count']:,}", ""],
            [f"… most memory, {NAMES[name]}, MiB", f"{end['peak_mib']:,.0f}", "< 1,024"],
        ]  # fmt: skip
    for name, run in found["commandline"].items():
        reach = "≤ 0.2" if "help" in name else "≤ 0.5"
        failed = "" if run["exit_code"] in (0, 1, 3) else f" (failed: exit code {run['exit_code']})"
        rows.append([f"`{name}`, wall s, cold", f"{run['wall_s']:.2f}{failed}", reach])
    return ["## Other figures", "", *_table(["", "measured", "to reach"], rows)]


def _agreement(found: dict[str, Any]) -> list[str]:
    rows, lines = [], []
    for name, w in _done(found).items():
        for peer, a in w["agreement"].items():
            rows.append([
                f"{NAMES[name]}, {peer}", f"{a['ours']:,}", f"{a['theirs']:,}",
                f"{a['ours_only']:,} + {a['theirs_only']:,}", f"{a['longest_only_ms']:.3g} ms",
                f"{a['greatest_ms']:.3g} ms", f"{a['over_1_ms']:,}",
            ])  # fmt: skip
        for label, count in w["counts"].items():
            if label.endswith(" pairs") and count is not None:
                ours = w["counts"][f"{label} of nofly"]
                same = "the same" if ours == count else f"**not** nofly's {ours:,}"
                lines.append(
                    f"- {NAMES[name]}, {label.split()[0]}: {count:,} pairs of report and zone, {same}"
                )
    head = ["workload, peer", "nofly's intervals", "peer's", "unmatched (nofly's + peer's)",
            "longest of them", "greatest difference of the others", "over 1 ms"]  # fmt: skip
    return ["## The same answers", "", *_table(head, rows), *lines, ""]


def _versions(found: dict[str, Any]) -> list[str]:
    said = {text for w in _done(found).values() for text in w["versions"].values() if text}
    return ["## Versions", "", *(f"- {text}" for text in sorted(said))]
