"""Packages of what a watch recorded: verified from their bytes alone, and what was changed is named."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.errors import InputError
from nofly.proof.package import Making, Part, Role, made, opened
from nofly.proof.packing.container import packed, unpacked
from nofly.proof.packing.signing import SigningKey
from nofly.proof.packing.steps import Outcome
from nofly.run.files.zonefiles import read_zones
from nofly.run.outputs.text import iso_time
from nofly.run.proving import live
from nofly.run.proving.live_case import Difference, LiveCase, live_case
from nofly.run.proving.verify import Trust, verify
from nofly.run.record.incident_log import Log
from nofly.run.record.links import with_links
from nofly.store.chain import GENESIS, Head, chained
from nofly.store.sqlite import Store
from nofly.zones.model import Zone
from tests.run.proving.cases import checked
from tests.run.proving.live_runs import US, Air, as_lines, in_chunks, paris, run_live, swiss
from tests.run.proving.test_live_case import (
    Brought,
    beast_many,
    brought_lines,
    lines,
    log_of,
    only,
    recorded,
    rings,
    sbs_many,
    through,
)
from tests.run.watches import START_US, plan_of

GEOJSON = """{"type": "FeatureCollection", "features": [{"type": "Feature",
"properties": {"id": "R1", "name": "RING"}, "geometry": {"type": "Polygon", "coordinates":
[[[13.95, 49.95], [14.05, 49.95], [14.05, 50.05], [13.95, 50.05], [13.95, 49.95]]]}}]}"""


def zones_in(folder: Path) -> tuple[Path, list[Zone]]:
    path = folder / "ring.geojson"
    path.write_text(GEOJSON)
    return path, list(read_zones([str(path)]).zones)


def packed_case(state: Path, case: LiveCase, path: Path | None = None) -> bytes:
    making = Making("test", keys=(SigningKey(b"k" * 32),))
    sources = read_zones([str(path)]) if path else None
    return packed(live.package(case, making, sources))


def differing(data: bytes, heads: Sequence[Head] = ()) -> list[str]:
    steps = verify(data, Trust(heads=heads)).steps
    return [f"{s.subject}: {s.message} {s.place}" for s in steps if s.outcome is Outcome.DIFFERS]


def one_case(tmp_path: Path, **watch: object) -> tuple[Path, LiveCase, Path]:
    path, law = zones_in(tmp_path)
    state = tmp_path / "state"
    log = recorded(brought_lines(through(range(0, 600, 5))), law, state, **watch)
    return state, only(state, log), path


def test_a_package_of_a_live_run_is_found_again_from_its_bytes(tmp_path: Path) -> None:
    state, case, path = one_case(tmp_path)
    data = packed_case(state, case, path)
    found = verify(data)
    outcomes = {step.outcome for step in found.steps}
    assert outcomes <= {Outcome.AGREES, Outcome.NOTE}, [
        s for s in found.steps if s.outcome is Outcome.DIFFERS
    ]
    assert found.exit_code == 0
    assert {step.subject for step in found.steps} >= {"reports", "record", "finding", "zones", "working copy"}
    again = live_case(state, log_of(state), case.incident.id)
    assert packed_case(state, again, path) == data


@pytest.mark.thorough
@pytest.mark.parametrize("run", [beast_many, sbs_many])
def test_packages_of_recorded_traffic_are_found_again(
    run: Callable[[Path], Brought], shared: Path, tmp_path: Path
) -> None:
    brought = run(shared)
    log: Log = recorded(brought, rings(brought.places, 1, 2), tmp_path)
    names = [name for name, one in log.incidents.items() if one.stays][:3]
    assert names
    for name in names:
        found = verify(packed_case(tmp_path, live_case(tmp_path, log, name)))
        assert not [s for s in found.steps if s.outcome is Outcome.DIFFERS]
        assert [s.subject for s in found.steps if s.outcome is Outcome.UNCHECKED] == ["zones"]


@pytest.mark.parametrize("name", ["raw/0001.bin", "raw/0001.csv", "tracks.parquet", "record/records.json"])
def test_evidence_that_was_changed_and_listed_anew_is_found_out(name: str, tmp_path: Path) -> None:
    """Whoever holds a key can make a manifest that fits what he changed; the finding does not fit it."""
    state, case, path = one_case(tmp_path)
    files = dict(unpacked(packed_case(state, case, path)).files)
    was = files[name]
    middle = len(was) // 2
    forged = {
        "raw/0001.bin": was.replace(b"50.0,", b"50.1,"), "raw/0001.csv": was.replace(b",opened,", b",,"),
        "tracks.parquet": was[:middle] + bytes([was[middle] ^ 1]) + was[middle + 1 :],
        "record/records.json": was.replace(b"confirmed", b"probable"),
    }[name]  # fmt: skip
    assert forged != was
    assert differing(packed({**files, name: forged}))
    package = opened(packed(files))
    parts = {
        one: Part(forged if one == name else files[one], Role(told["role"]))
        for one, told in package.listed.items()
    }
    anew = packed(made("live", parts, package.manifest["configuration"], Making("test")))
    said = differing(anew)
    # That a connection was opened changes nothing here: what came is the same.
    assert bool(said) is (name != "raw/0001.csv")


def test_what_is_not_kept_is_not_checked_and_says_so(tmp_path: Path) -> None:
    state, case, path = one_case(tmp_path, capture_bytes=0)
    assert case.pieces == []
    assert case.differences == []
    found = verify(packed_case(state, case, path))
    assert found.exit_code == 3
    (step,) = (s for s in found.steps if s.outcome is Outcome.UNCHECKED)
    assert "no raw bytes are in the package" in step.message


def test_what_retention_took_is_named_and_nothing_else_passes_for_it(tmp_path: Path) -> None:
    state, case, path = one_case(tmp_path)
    stay = next(iter(case.incident.verdicts))
    told = dict(case.incident.verdicts[stay])
    case.incident.verdicts[stay] = {**told, "callsign": "POLICE1"}
    declared = replace(case, differences=[Difference(stay, "callsign", "POLICE1", None)])
    said = differing(packed_case(state, declared, path))
    assert [one.split(":")[0] for one in said] == ["record"]
    lied = replace(case, differences=[Difference(stay, "callsign", "POLICE1", "OTHER")])
    assert any(
        one.startswith("finding: callsign differs") for one in differing(packed_case(state, lied, path))
    )


def while_inside(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Return the state of a watch as it was while somebody was inside and as it was in the end, and the zone
    file."""
    path, law = zones_in(tmp_path)
    state, then = tmp_path / "state", tmp_path / "then"

    def held(count: int) -> bool:
        if count == 66 and not then.is_dir():
            if not any(one.open and not one.verdicts for one in log_of(state).incidents.values()):
                return next(tries) < 5_000
            shutil.copytree(state, then, ignore=shutil.ignore_patterns("engine*"))
        return False

    tries = itertools.count()

    plan = plan_of(state, law, [("in", "jsonl+tcp://127.0.0.1:9?lateness_s=0")], capture_bytes=1 << 30)
    run_live(plan, Air({"in": through(range(0, 600, 5))}, held=held))
    return then, state, path


def test_an_incident_that_is_open_is_told_as_it_stands(tmp_path: Path) -> None:
    then, state, path = while_inside(tmp_path)
    log = log_of(then)
    case = only(then, log)
    assert case.incident.open
    assert case.incident.verdicts == {}
    data = packed_case(then, case, path)
    found = verify(data)
    assert found.exit_code == 0
    (said,) = (s for s in found.steps if "This incident is open" in s.message)
    assert said.outcome is Outcome.NOTE
    assert b"This incident is open" in opened(data).data("report.html")
    # Much later, and nothing more was received: the same.
    later = live_case(then, log, case.incident.id, now_us=START_US + 10_000 * US)
    assert later.so_far == case.so_far
    whole = packed_case(state, only(state, log_of(state)), path)
    assert b"This incident is open" not in opened(whole).data("report.html")
    (stay,) = case.so_far.values()
    (over,) = only(state, log_of(state)).incident.verdicts.values()
    assert (stay["entry_time"], stay["id"]) == (over["entry_time"], over["id"])
    assert stay["duration_s"] < over["duration_s"]


def test_what_is_told_of_an_open_incident_is_found_again_or_named(tmp_path: Path) -> None:
    then, state, path = while_inside(tmp_path)
    case = only(then, log_of(then))
    (stay,) = case.so_far
    lied = replace(case, so_far={stay: {**case.so_far[stay], "depth_m": 5.0}})
    assert any(one.startswith("finding: depth_m differs") for one in differing(packed_case(then, lied, path)))
    # A stay that the record has a verdict on cannot be told as open, nor one that did not begin by it.
    over = only(state, log_of(state))
    hidden = replace(over, so_far=dict(over.incident.verdicts), incident=replace(over.incident, verdicts={}))
    assert any(one.startswith("record: ") for one in differing(packed_case(state, hidden, path)))
    unbegun = replace(case, records=[replace(r, kind="noted") for r in case.records])
    with pytest.raises(InputError, match="none can be"):
        packed_case(then, replace(unbegun, so_far={}), path)


def several(tmp_path: Path) -> tuple[Path, Log, list[str], Head]:
    """Return a state in which two fly through one after the other, the log, the two incidents, and the head
    that was published between them."""
    path, law = zones_in(tmp_path)
    state = tmp_path / "state"
    first = recorded(brought_lines(through(range(0, 600, 5))), law, state)
    with Store(state / "record.sqlite", read_only=True) as store:
        published = store.head()
    later = lines(
        "icao24:4b0002", range(2_000, 2_600, 5), lambda s: 14.0 + (s - 2_300) * 0.001, alt_std_m=900.0
    )
    log = recorded(brought_lines(later), law, state)
    (one,) = first.incidents
    (other,) = log.incidents.keys() - {one}
    return path, log, [one, other], published


def test_records_lead_to_a_head_that_was_published_and_tell_nothing_of_others(tmp_path: Path) -> None:
    path, log, (one, other), published = several(tmp_path)
    state = tmp_path / "state"
    with Store(state / "record.sqlite", read_only=True) as store:
        records = list(store.read())
    data = packed_case(state, live_case(state, log, one), path)
    own = [r for r in records if r.incident == one]
    for record in records[own[0].sequence - 1 :]:
        assert not differing(data, [record.head])
        assert differing(data, [Head(record.sequence, "0" * 64)])
    text = opened(data).data(live.RECORDS)
    assert other.encode() not in text
    assert b"4b0002" not in text
    early = packed_case(state, live_case(state, log, one, head=published), path)
    assert not differing(early, [published])
    assert differing(early, [records[-1].head])
    # The second incident is not under the head that was published before it.
    with pytest.raises(InputError, match="no record"):
        live_case(state, log, other, head=published)
    assert differing(packed_case(state, live_case(state, log, other), path), [published])


def test_a_record_that_was_made_anew_is_not_under_the_head_that_was_published(tmp_path: Path) -> None:
    """Whoever has the store can make a whole chain anew, and a package of it; the head is another."""
    path, log, (one, _), published = several(tmp_path)
    state = tmp_path / "state"
    with Store(state / "record.sqlite", read_only=True) as store:
        bodies = [record.content for record in store.read()]
    case = live_case(state, log, one)
    whole = chained(Head(0, GENESIS), [{**body, "depth_m": 1.0} for body in bodies])
    rows, links = with_links(whole, lambda record: record.incident == one)
    forged = packed_case(state, replace(case, records=rows, links=links, head=whole[-1].head), path)
    assert not differing(forged)
    assert differing(forged, [published])


def test_the_command_links_to_a_published_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _, (one, other), published = several(tmp_path)
    state = ["--state", str(tmp_path / "state")]
    assert main(["incidents", "verify", *state]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    head, out = f"{published.sequence}:{published.hash}", str(tmp_path / "case.nofly.zip")
    export = ["incidents", "export", one, *state, "--zones", str(path), "-o", out]
    assert main(export) == 0
    assert main(["verify", out, "--record-head", head, "--record-head", last]) == 0
    assert capsys.readouterr().out.count("under the head that was kept elsewhere") == 2
    assert main(["verify", out, "--record-head", f"1:{'0' * 64}"]) == 1
    assert main([*export, "--head", head]) == 0
    assert main(["verify", out, "--record-head", head, "-q"]) == 0
    assert main(["verify", out, "--record-head", last, "-q"]) == 1
    assert main([*export, "--head", f"1:{'0' * 64}"]) == 2
    assert main(["incidents", "export", other, *state, "-o", out, "--head", head]) == 2


def test_the_command_exports_and_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, case, path = one_case(tmp_path)
    out = tmp_path / "case.nofly.zip"
    arguments = ["incidents", "export", case.incident.id[:6], "--state", str(state), "-o", str(out)]
    assert main([*arguments, "--zones", str(path), "--made-by", "the office"]) == 0
    assert main(["verify", str(out)]) == 0
    said = capsys.readouterr().out
    assert "found again" in said
    assert "not checked" not in said
    assert said.splitlines()[-1] == (
        "All agrees. Nothing in it shows who made it. What could have been seen rests on a table of "
        "sightings that nothing in it shows to be true."
    )
    assert main([*arguments, "--zones", str(path), "--no-coverage"]) == 0
    assert not any(name.startswith("coverage") for name in opened(out.read_bytes()).files)
    capsys.readouterr()
    assert main(["verify", str(out)]) == 0
    assert capsys.readouterr().out.endswith("All agrees. Nothing in it shows who made it.\n")
    assert main([*arguments[:-1], str(tmp_path / "again.nofly.zip"), "--records"]) == 2


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("traffic", "zones", "least"),
    [(paris, "LF-P25_LF-R35A.openair.txt", 2), (swiss, "Switzerland.txt", 10)],
    ids=["Paris", "Switzerland"],
)
def test_an_export_brought_live_is_what_its_check_says_and_every_package_is_found_again(
    traffic: Callable[[Path], list[dict[str, Any]]], zones: str, least: int, shared: Path, tmp_path: Path
) -> None:
    """Recorded traffic brought to a watch as bytes: its infringements are those of the recorded check, and of
    each the package verifies."""
    law, rows = str(shared / "zones-openair" / zones), traffic(shared)
    brought = Brought({"in": "jsonl+stdin:"}, {"in": in_chunks(as_lines(rows), 3 * US)}, [])
    log = recorded(brought, read_zones([law]).zones, tmp_path)
    names = [name for name, one in log.incidents.items() if one.stays]
    live = {
        (row["target_id"], row["zone_id"], row["entry_time"], row["exit_time"])
        for name in names for row in log.incidents[name].verdicts.values()
    }  # fmt: skip
    (tmp_path / "rows.jsonl").write_bytes(b"".join(line for _, line in as_lines(rows)))
    result, _ = checked([law], [str(tmp_path / "rows.jsonl")])
    assert live == {
        (s.target_id, s.zone_id, iso_time(s.entry_time_us), iso_time(s.exit_time_us))
        for s in result.infringements
    }
    assert len(names) >= least
    for name in names:
        case = live_case(tmp_path, log, name)
        assert case.differences == []
        found = verify(packed_case(tmp_path, case))
        assert not [s for s in found.steps if s.outcome is Outcome.DIFFERS]
        again = [s for s in found.steps if s.subject == "finding" and s.message.startswith("found again")]
        assert len(again) == len(case.incident.verdicts)
