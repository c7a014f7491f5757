"""Packages of recorded traffic: every finding is found again from the package alone."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.errors import InputError
from nofly.feeds.options import ArchiveOptions, Column
from nofly.incidents.record import Certainty, Status
from nofly.proof.coverage import Coverage
from nofly.proof.covering.sightings import hashed
from nofly.proof.package import MANIFEST, Making, Part, Role, made, opened
from nofly.proof.packing.canonical import canonical, parsed
from nofly.proof.packing.container import packed
from nofly.proof.packing.steps import Outcome
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.run.outputs.coverage_told import stays_covered
from nofly.run.proving import aids, finding, recorded, reports
from nofly.run.proving.verify import Trust, Verified, verify
from nofly.schema import concatenate
from tests.run.proving.cases import (
    KEY,
    OTHER,
    START_S,
    checked,
    one_each,
    small,
    track_file,
    wanted,
    zone_file,
)


def differing(found: Verified) -> list[str]:
    """Return what differs or was not checked."""
    return [
        f"{s.outcome} {s.subject} {s.place} {s.message}"
        for s in found.steps
        if s.outcome in (Outcome.DIFFERS, Outcome.UNCHECKED)
    ]


def remade(files: dict[str, bytes], **changed: Any) -> bytes:
    """Return a package with other files, under a manifest that fits them: what its maker could write."""
    manifest = parsed(files[MANIFEST], MANIFEST)
    names = {name.replace("/", "__").replace(".", "_").replace("-", "_"): name for name in manifest["files"]}
    given = {names[key]: data for key, data in changed.items()}
    parts = {
        name: Part(given.get(name, files[name]), Role(told["role"]))
        for name, told in manifest["files"].items()
        if given.get(name, b"") is not None
    }
    return packed(made("recorded", parts, manifest["configuration"], Making("0.1.0")))


def test_a_package_is_found_again(tmp_path: Path) -> None:
    files = small(tmp_path, KEY)
    found = verify(packed(files))
    assert differing(found) == []
    assert found.exit_code == 0
    subjects = [s.subject for s in found.steps if s.outcome is Outcome.AGREES]
    assert {"container", "files", "custody", "zones", "reports", "finding", "working copy"} <= set(subjects)
    assert {name.split("/")[0] for name in files} == {
        "aids", "coverage.json", "custody.jsonl", "finding.json", "law.json", "manifest.json", "raw",
        "replay.czml", "replay.kml", "report.html", "signatures", "tracks.parquet", "zones",
    }  # fmt: skip


def test_raw_files_and_zone_files_are_in_it_as_they_were(tmp_path: Path) -> None:
    files = small(tmp_path)
    assert files["raw/0001-t.csv"] == (tmp_path / "t.csv").read_bytes()
    assert files["zones/source/01-z.geojson"] == (tmp_path / "z.geojson").read_bytes()
    told = parsed(files[reports.INDEX], "")
    (entry,) = told["files"]
    assert entry["sha256"] == hashlib.sha256((tmp_path / "t.csv").read_bytes()).hexdigest()
    assert str(tmp_path).encode() not in b"".join(files.values())


def test_large_sources_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    for files in one_each(result, inputs, wanted(most_raw_bytes=10)):
        assert not any(name.startswith("raw/0") for name in files)
        found = verify(packed(files))
        assert found.exit_code == 3
        (said,) = differing(found)
        assert "too large" in said
        assert b"Not in this package: t.csv" in files["report.html"]


def test_all_stays_in_one_package(tmp_path: Path) -> None:
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    stays = list(result.infringements)
    assert len(stays) > 1
    (files,) = recorded.packages(result, [stays], inputs, wanted())
    assert differing(verify(packed(files))) == []
    assert len(parsed(files[finding.FILE], "")["infringements"]) == len(stays)


def test_several_files_and_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "tracks"
    (folder / "day 1").mkdir(parents=True)
    lines = Path(track_file(tmp_path / "t.csv")).read_text().splitlines()
    for number, part in enumerate((lines[1:80], lines[80:150], lines[150:])):
        text = "\n".join([lines[0], *part]) + "\n"
        (folder / "day 1" / f"part {number}.csv").write_text(text)
    (folder / "far.csv").write_text(f"{lines[0]}\n1533115440,abcdef,X,10,10,100,30\n")
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(folder)])
    assert len(result.infringements) == 2
    own = ["day 1/part 0.csv", "day 1/part 1.csv", "day 1/part 2.csv"]
    for covered, expected in ((True, [*own, "far.csv"]), (False, own)):
        for files in one_each(result, inputs, wanted(coverage=covered)):
            assert differing(verify(packed(files))) == []
            names = [entry["name"] for entry in parsed(files[reports.INDEX], "")["files"]]
            assert sorted(names) == expected


def test_how_files_were_read_is_kept(tmp_path: Path) -> None:
    lines = ["when;who;y;x;level"]
    for k in range(61):
        lines.append(f"2018-08-01 11:{k // 6:02d}:{k % 6}0;4ca7b3;{46.2005 + 0.01 * k:.4f};8.5;10000")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    how = ArchiveOptions(
        columns={
            "when": Column("time", "iso"), "who": Column("icao24"), "y": Column("lat_deg", "deg"),
            "x": Column("lon_deg", "deg"), "level": Column("alt_amsl_m", "ft"),
        },
        time_zone="Europe/Zurich",
    )  # fmt: skip
    zones = [zone_file(tmp_path / "z.geojson", lower="GND", upper="12000 ft AMSL")]
    result, inputs = checked(zones, [str(tmp_path / "t.csv")], how)
    assert [stay.height_datum for stay in result.infringements] == ["AMSL"]
    for files in one_each(result, inputs, wanted()):
        assert differing(verify(packed(files))) == []


METAR = "LSZH 010920Z 24005KT CAVOK 28/14 Q1003 NOSIG=\nLSZH 010950Z 24005KT CAVOK 28/14 Q1001 NOSIG=\n"


@pytest.mark.parametrize("qnh", ["1003", "metar"])
def test_the_qnh_that_was_used_is_kept(tmp_path: Path, qnh: str) -> None:
    (tmp_path / "metar.txt").write_text(METAR)
    given = (str(tmp_path / "metar.txt") if qnh == "metar" else qnh,)
    zones = [zone_file(tmp_path / "z.geojson", lower="GND", upper="9600 ft AMSL")]
    result, inputs = checked(zones, [track_file(tmp_path / "t.csv")], qnh=given)
    kept = list(result.infringements)
    assert kept
    assert {stay.height_datum for stay in kept} == {"AMSL"}
    for files in one_each(result, inputs, wanted()):
        assert differing(verify(packed(files))) == []
        told = parsed(files[aids.FILE], "")
        told["qnh"] = {"constant_hpa": 1040.0}
        assert any(
            "finding" in said for said in differing(verify(remade(files, aids__aids_json=canonical(told))))
        )


def test_the_part_of_the_terrain_that_was_used_is_kept(tmp_path: Path) -> None:
    posts = np.full((1201, 1201), 1500, ">i2") + np.arange(1201, dtype=">i2")[:, None]
    tile = tmp_path / "N46E008.hgt"
    tile.write_bytes(posts.astype(">i2").tobytes())
    zones = [zone_file(tmp_path / "z.geojson", lower="GND", upper="3000 ft AGL")]
    result, inputs = checked(zones, [track_file(tmp_path / "t.csv")], terrain=(str(tile),), qnh=("1013",))
    assert result.infringements[0].certainty is not Certainty.UNDETERMINED
    files = one_each(result, inputs, wanted())[0]
    assert len(files["aids/terrain/01.i2"]) < 100_000
    tile.unlink()
    assert differing(verify(packed(files))) == []
    lower = (np.frombuffer(files["aids/terrain/01.i2"], "<i2") - 900).astype("<i2").tobytes()
    assert verify(remade(files, aids__terrain__01_i2=lower)).exit_code == 1


def test_lists_that_a_rule_names_are_kept(tmp_path: Path) -> None:
    (tmp_path / "rescue.txt").write_text("# ours\n4ca7b3 the helicopter\n")
    rule = {"exempt": [{"who": [{"kind": "list", "values": ["rescue"]}], "reason": "rescue"}]}
    zones = [zone_file(tmp_path / "z.geojson", rule=rule)]
    result, inputs = checked(
        zones, [track_file(tmp_path / "t.csv")], lists={"rescue": str(tmp_path / "rescue.txt")}
    )
    stay = next(s for s in result.infringements if s.icao24 == "4ca7b3")
    assert stay.status is Status.EXEMPT
    (files,) = recorded.packages(result, [[stay]], inputs, wanted())
    assert differing(verify(packed(files))) == []
    other = remade(files, law__lists__01_rescue_txt=b"4b1804\n")
    assert any("whose SHA-256 is given" in said for said in differing(verify(other)))
    told = parsed(files["law.json"], "")
    told["lists"][0]["sha256"] = hashlib.sha256(b"4b1804\n").hexdigest()
    other = remade(files, law__lists__01_rescue_txt=b"4b1804\n", law_json=canonical(told))
    assert any("status differs" in said for said in differing(verify(other)))


def test_what_its_maker_changed_is_found_by_finding_it_again(tmp_path: Path) -> None:
    """Hashes agree in all of these: only the raw bytes contradict them."""
    files = small(tmp_path)
    told = parsed(files[finding.FILE], "")
    row = told["infringements"][0]
    for name, value in {
        "certainty": "probable", "duration_s": 600.0, "depth_m": 1.0,
        "entry_time": "2018-08-01T09:24:00.000000Z",
        "status": "exempt", "callsign": "BAW1", "reports": 3, "height_m": 5.0, "reasons": [],
    }.items():  # fmt: skip
        changed = {**told, "infringements": [{**row, name: value}]}
        said = verify(remade(files, finding_json=canonical(changed)))
        assert said.exit_code == 1
        steps = [s for s in said.steps if s.subject == "finding" and s.outcome is Outcome.DIFFERS]
        assert steps
        assert steps[0].old is not None
        assert steps[0].new is not None
    for name in ("gaps", "positions", "screening_marks"):
        said = verify(remade(files, finding_json=canonical({**told, name: {"x": 1}})))
        assert any(name in one for one in differing(said))
    words = {row["id"]: ["It was not there."]}
    said = verify(remade(files, finding_json=canonical({**told, "sentences": words})))
    assert any("sentence" in one for one in differing(said))


def test_what_its_maker_says_of_the_law_and_of_the_readers_is_compared(tmp_path: Path) -> None:
    files = small(tmp_path)
    told = parsed(files["law.json"], "")
    (zone,) = told["zones"]
    for name, value in {
        "words": ["Anybody may enter."], "schedule": "never", "active_during_the_stays": [], "edition": 7,
        "verdicts": [], "restriction": "CONDITIONAL", "more": 1,
    }.items():  # fmt: skip
        law = {**told, "zones": [{**zone, name: value}]}
        said = differing(verify(remade(files, law_json=canonical(law))))
        assert any(f"law.json: LS-R7, {name}" in one for one in said), name
    for law in ({**told, "zones": []}, {**told, "zones": [zone, zone]}):
        assert any("law.json" in one for one in differing(verify(remade(files, law_json=canonical(law)))))
    found = parsed(files[finding.FILE], "")
    for name, value in {
        "findings": [{"message": "x"}],
        "method": {**found["method"], "time_err_s": 9.0},
    }.items():
        said = differing(verify(remade(files, finding_json=canonical({**found, name: value}))))
        assert any("finding" in one and "report" not in one for one in said), name
    index = parsed(files[reports.INDEX], "")
    index["files"][0]["sha256"] = "0" * 64
    said = differing(verify(remade(files, raw__index_json=canonical(index))))
    assert any("raw/0001-t.csv" in one and "another SHA-256" in one for one in said)


def test_every_number_has_its_error_and_it_is_found_again(tmp_path: Path) -> None:
    files = small(tmp_path)
    told = parsed(files[finding.FILE], "")
    (row,) = told["infringements"]
    errors = told["errors"][row["id"]]
    assert errors == {
        "entry_time_err_s": 1.0, "exit_time_err_s": 1.0, "entry_position_err_m": 30.0,
        "exit_position_err_m": 30.0, "height_err_m": None,
    }  # fmt: skip
    assert {row["depth_err_m"], *(row[f"duration_{end}_s"] for end in ("low", "high"))}.isdisjoint({None})
    for name, value in {"entry_position_err_m": 3.0, "exit_time_err_s": None, "height_err_m": 9.0}.items():
        changed = {**told, "errors": {row["id"]: {**errors, name: value}}}
        said = differing(verify(remade(files, finding_json=canonical(changed))))
        assert any(name in one for one in said), name
    for changed in ({**told, "errors": {}}, {**told, "errors": {"x": errors}}):
        assert verify(remade(files, finding_json=canonical(changed))).exit_code == 1
    assert b"\xc2\xb1 30 m" in files["report.html"]
    zones = [zone_file(tmp_path / "h.geojson", lower="GND", upper="9600 ft AMSL")]
    result, inputs = checked(zones, [track_file(tmp_path / "t.csv")], qnh=("1003",))
    for one in one_each(result, inputs, wanted()):
        said_of = parsed(one[finding.FILE], "")["errors"].values()
        assert all(errors["height_err_m"] > 0 for errors in said_of)


def test_the_stations_that_reports_are_from_stand_in_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = Path(track_file(path)).read_text().splitlines()
    told = [f"{line},roof-{k % 2}" for k, line in enumerate(lines[1:])]
    path.write_text("\n".join([f"{lines[0]},station", *told]) + "\n")
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(path)])
    files = one_each(result, inputs, wanted())[0]
    manifest = parsed(files[MANIFEST], MANIFEST)
    found = manifest["configuration"]["stations"]
    assert found
    assert set(found) <= {"roof-0", "roof-1"}
    parts = {name: Part(files[name], Role(one["role"])) for name, one in manifest["files"].items()}
    configuration = {**manifest["configuration"], "stations": ["elsewhere"]}
    said = differing(verify(packed(made("recorded", parts, configuration, Making("0.1.0")))))
    assert any("stations are others" in one for one in said)


def test_other_raw_reports_do_not_give_the_finding(tmp_path: Path) -> None:
    files = small(tmp_path)
    raw = files["raw/0001-t.csv"].replace(b"4b1804,REGA7,46.4", b"4b1804,REGA7,47.4")
    said = differing(verify(remade(files, raw__0001_t_csv=raw)))
    assert any("tracks.parquet" in one and "source files do not give" in one for one in said)
    assert any("finding.json" in one for one in said)


def test_another_zone_file_does_not_give_the_edition(tmp_path: Path) -> None:
    files = small(tmp_path)
    data = files["zones/source/01-z.geojson"].replace(b"8.4", b"8.3")
    said = differing(verify(remade(files, zones__source__01_z_geojson=data)))
    assert any("zones/source/01-z.geojson" in one for one in said)


def test_a_report_that_says_something_else_is_found(tmp_path: Path) -> None:
    files = small(tmp_path)
    page = files["report.html"].replace(b"confirmed", b"probable")
    assert any("report.html" in said for said in differing(verify(remade(files, report_html=page))))
    other = remade(files, replay_czml=files["replay.czml"].replace(b"8.5", b"8.6"))
    assert any("replay.czml" in said for said in differing(verify(other)))


def test_what_could_have_been_seen_is_told_anew_from_all_the_sources(tmp_path: Path) -> None:
    """Of a folder the file without the aircraft is in the package too: it says what could have been seen."""
    tracks = tmp_path / "tracks"
    tracks.mkdir()
    track_file(tracks / "a.csv")
    rows = (tracks / "a.csv").read_text().replace("4ca7b3", "3d0001").replace("4b1804", "3d0002")
    (tracks / "b.csv").write_text(rows.replace(",8.", ",9."))
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(tracks)], coverage=True)
    files = one_each(result, inputs, wanted())[0]
    # A check that told of no coverage comes to the same package.
    without, _ = checked([zone_file(tmp_path / "z.geojson")], [str(tracks)])
    assert one_each(without, inputs, wanted())[0] == files
    assert {"raw/0001-a.csv", "raw/0002-b.csv"} <= files.keys()
    assert not any(name.startswith("coverage/") for name in files)
    statement = parsed(files["coverage.json"], "")
    assert statement == parsed(canonical(stays_covered(result, result.infringements[:1]) or {}), "")
    assert escape(statement["sentences"][0]).encode() in files["report.html"]
    found = verify(packed(files))
    assert found.exit_code == 0
    assert [s.outcome for s in found.steps if s.subject == "coverage"] == [Outcome.AGREES]
    for changed in ({**statement, "verdict": "seen"}, {**statement, "numbers": {}}, {"verdict": "x"}):
        said = differing(verify(remade(files, coverage_json=canonical(changed))))
        assert any("coverage.json the source files give another statement" in one for one in said)
    bands = deepcopy(statement)
    bands["numbers"]["statements"][0]["numbers"]["bands"][1]["by_verdict"]["seen"] += 1
    steps = verify(remade(files, coverage_json=canonical(bands))).steps
    (step,) = (s for s in steps if s.subject == "coverage")
    assert step.message.endswith(": numbers.statements[0].numbers.bands[1].by_verdict.seen")
    assert int(step.old or 0) == int(step.new or 0) + 1


@pytest.mark.parametrize("others", [True, False])
def test_what_could_have_been_seen_is_told_anew_from_the_table_of_sightings(
    tmp_path: Path, others: bool
) -> None:
    """Where the sources are too large; with the others kept out there is no table that tells of them."""
    result, inputs = checked(
        [zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")], coverage=True
    )
    files = one_each(result, inputs, wanted(most_raw_bytes=0, only_targets=not others))[0]
    found = verify(packed(files))
    steps = [(s.outcome, s.place) for s in found.steps if s.subject == "coverage"]
    assert found.exit_code == 3
    if not others:
        assert steps == [(Outcome.UNCHECKED, "coverage.json")]
        return
    table = "coverage/sightings.json"
    assert steps == [(Outcome.AGREES, "coverage.json"), (Outcome.NOTE, table)]
    assert found.summary.endswith(
        " What could have been seen rests on a table of sightings that nothing in it shows to be true."
    )
    told = parsed(files[table], table)
    less = Coverage.from_json(told["coverage"])
    assert result.tracks is not None
    less.take(result.tracks)
    changed = canonical({**told, "coverage": less.as_json()})
    said = differing(verify(remade(files, coverage__sightings_json=changed)))
    assert any("another statement" in one for one in said)


def test_several_statements_stand_apart_in_the_report(tmp_path: Path) -> None:
    """On the zone, and on the time before reports began inside: each under its own verdict, nothing lost."""
    lines = Path(track_file(tmp_path / "t.csv")).read_text().splitlines()
    (tmp_path / "t.csv").write_text("\n".join([lines[0], *lines[101:]]) + "\n")
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(tmp_path / "t.csv")])
    files = one_each(result, inputs, wanted())[0]
    statement = parsed(files["coverage.json"], "")
    assert len(statement["numbers"]["statements"]) == 2
    page = files["report.html"].decode()
    assert "<h2>What could have been seen</h2>" in page
    for one in statement["numbers"]["statements"]:
        assert f"<h3>{escape(one['sentences'][0])}</h3>" in page
    assert all(page.count(f">{escape(sentence)}<") == 1 for sentence in statement["sentences"])
    assert verify(packed(files)).exit_code == 0


def test_traffic_without_heights_says_that_coverage_has_nothing_to_go_by(tmp_path: Path) -> None:
    lines = Path(track_file(tmp_path / "t.csv")).read_text().splitlines()
    (tmp_path / "t.csv").write_text("\n".join(line.rsplit(",", 2)[0] for line in lines) + "\n")
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(tmp_path / "t.csv")])
    files = one_each(result, inputs, wanted())[0]
    statement = parsed(files["coverage.json"], "")
    assert statement["verdict"] == "unknown"
    assert "None of 244 reports tells a height, so nothing is known of any band." in statement["sentences"]
    assert verify(packed(files)).exit_code == 0


def test_the_table_of_sightings_names_nobody(tmp_path: Path) -> None:
    """Whoever tries all addresses finds none of them in it."""
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    files = one_each(result, inputs, wanted(most_raw_bytes=0))[0]
    rows = Coverage.from_json(parsed(files["coverage/sightings.json"], "")["coverage"]).rows()
    assert set(rows["aircraft"].tolist()) == {1, 2, 3, 4}
    for name in ("4ca7b3", "4b1804", "3c0000", "3c0001"):
        assert hashed(f"icao24:{name}") not in rows["aircraft"]


@pytest.mark.parametrize("covered", [True, False])
def test_a_package_without_what_could_have_been_seen_says_so(
    tmp_path: Path, covered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not wanted, and where it cannot be told."""
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    monkeypatch.setattr(recorded, "covered", partial(_too_much, error=InputError("too many cells")))
    files = one_each(result, inputs, wanted(coverage=covered))[0]
    assert not any(name.startswith("coverage") for name in files)
    assert b"This package holds no statement of coverage" in files["report.html"]
    assert (b"which cannot be told: too many cells" in files["report.html"]) is covered
    found = verify(packed(files))
    assert found.exit_code == 0
    assert [s.outcome for s in found.steps if s.subject == "coverage"] == [Outcome.NOTE]


def _too_much(batches: Iterable[Any], *_: Any, error: InputError, **__: Any) -> Coverage:
    next(iter(batches))
    raise error


def test_what_a_reader_says_while_coverage_is_told_is_no_lack_of_coverage(tmp_path: Path) -> None:
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])

    def given() -> Iterator[TrackBatch]:
        yield from read_batches(inputs.tracks, inputs.reading)
        raise InputError("the file ends in the middle")

    with pytest.raises(InputError, match="ends in the middle"):
        one_each(result, replace(inputs, tracks=(), given=given), wanted())


def test_tracks_that_change_meanwhile_are_an_error(tmp_path: Path) -> None:
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    text = (tmp_path / "t.csv").read_text().replace(",8.5,", ",8.9,")
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match="not found again"):
        one_each(result, inputs, wanted())


def test_who_signed_and_who_had_to(tmp_path: Path) -> None:
    data = packed(small(tmp_path, KEY))
    known = {KEY.public.id: "the authority"}
    assert verify(data, Trust(known, frozenset(known), signed=True)).exit_code == 0
    other = {OTHER.public.id: "somebody"}
    assert verify(data, Trust(other, signed=True)).exit_code == 1
    assert verify(data, Trust(other, frozenset(other))).exit_code == 1
    unsigned = packed(small(tmp_path))
    assert verify(unsigned).exit_code == 0
    assert verify(unsigned, Trust(signed=True)).exit_code == 1
    assert any(s.message.startswith("UNSIGNED") for s in verify(unsigned).steps)


_PROGRAM = """
import sys
import time
now_s = float(sys.argv[3])
time.time, time.time_ns = lambda: now_s, lambda: int(now_s * 1e9)
from pathlib import Path
from nofly.proof.packing.container import packed
from nofly.schema import concatenate
from tests.run.proving.cases import KEY, small
Path(sys.argv[2]).write_bytes(packed(small(Path(sys.argv[1]), KEY)))
"""


@pytest.mark.thorough
def test_another_directory_locale_time_zone_and_day_give_the_same_bytes(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    out = []
    for number, (zone, locale) in enumerate((("Asia/Kolkata", "C"), ("America/St_Johns", "de_DE.UTF-8"))):
        folder = tmp_path / f"some where {number}"
        folder.mkdir()
        environment = {
            **os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(number), "HOME": str(folder),
            "PYTHONPATH": f"{root / 'src'}:{root}", "MPLCONFIGDIR": str(folder),
        }  # fmt: skip
        day = str(START_S + 86_400 * 365 * 20 * number)
        args = [sys.executable, "-c", _PROGRAM, str(folder), str(folder / "out.zip"), day]
        subprocess.run(args, cwd=folder, env=environment, check=True, timeout=300)
        out.append((folder / "out.zip").read_bytes())
    assert out[0] == out[1]
    assert out[0] == packed(small(tmp_path, KEY))
    assert verify(out[0]).exit_code == 0


PARIS = ("traffic/paris-2021-10-07-42ac.json.gz", "zones-openair/LF-P25_LF-R35A.openair.txt")
SWISS = ("traffic/switzerland.json.gz", "zones-openair/Switzerland.txt")


@pytest.mark.thorough
@pytest.mark.parametrize("qnh", [(), ("1019",)], ids=["no QNH", "QNH"])
@pytest.mark.parametrize(("track", "zones"), [PARIS, SWISS], ids=["Paris", "Switzerland"])
def test_every_stay_of_real_traffic_is_found_again(
    shared: Path, track: str, zones: str, qnh: tuple[str, ...]
) -> None:
    result, inputs = checked([str(shared / zones)], [str(shared / track)], qnh=qnh)
    assert result.infringements
    stays = list(result.infringements)
    for stay, files in zip(
        stays, recorded.packages(result, [[stay] for stay in stays], inputs, wanted(KEY)), strict=True
    ):
        package = opened(packed(files))
        found = recorded.found_again(package)
        assert found.stays == (stay,)
        assert differing(verify(packed(files))) == []
    (files,) = recorded.packages(result, [stays], inputs, wanted(KEY))
    assert differing(verify(packed(files))) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"restriction": "KEEP_IN"},
        {"lower": "GND", "upper": "9000 ft AMSL"},
        {"lower": "FL98", "upper": "FL99"},
        {"lower": "GND", "upper": "3000 ft AGL"},
        {"schedule": {"windows": [{"start": "2018-08-01T09:28:00Z", "end": "2018-08-01T09:29:30Z"}]}},
        {"valid_from": "2018-08-01T09:28:00Z"},
    ],
    ids=["keep in", "height unknown", "at the edge", "no terrain", "activated meanwhile", "new edition"],
)  # fmt: skip
def test_zones_of_all_kinds(tmp_path: Path, properties: dict[str, Any]) -> None:
    zones = [zone_file(tmp_path / "z.geojson", **properties)]
    result, inputs = checked(zones, [track_file(tmp_path / "t.csv", others=0)])
    assert result.infringements
    for files in one_each(result, inputs, wanted()):
        assert differing(verify(packed(files))) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name",
    [
        "modes/full_flight_short.jsonl.gz", "traffic/border_control.json.gz",
        "traffic/inflight_refuelling.json.gz", "traffic/noisy_time_issue.json.gz",
        "traffic/readsb-trace_full_ac671b.json", "traffic/noisy_ground.json.gz",
    ],
)  # fmt: skip
def test_real_traffic_of_other_formats(shared: Path, tmp_path: Path, name: str) -> None:
    """Somewhere on the way of one aircraft of it a zone is put."""
    positions = concatenate([batch.positions for batch in read_batches([str(shared / name)])])
    middle = len(positions) // 2
    lat, lon = float(positions.lat_deg[middle]), float(positions.lon_deg[middle])
    ring = [[lon + x, lat + y] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    zone = {"type": "Feature", "properties": {"id": "HERE", "restriction": "PROHIBITED"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    (tmp_path / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    result, inputs = checked([str(tmp_path / "z.geojson")], [str(shared / name)])
    assert result.infringements
    stays = list(result.infringements)[:40]
    (files,) = recorded.packages(result, [stays], inputs, wanted())
    assert differing(verify(packed(files))) == []


def test_the_package_is_what_was_checked(tmp_path: Path) -> None:
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    for stay, files in zip(result.infringements, one_each(result, inputs, wanted()), strict=True):
        again = recorded.found_again(opened(packed(files)))
        assert again.stays == (stay,)
        assert json.loads(files[finding.FILE])["infringements"][0]["id"] == stay.id


def test_the_order_of_dates_is_kept(tmp_path: Path) -> None:
    """2 March or 3 February: read the other way round, the flight is of another day."""
    text = Path(track_file(tmp_path / "t.csv", others=0)).read_text().splitlines()
    lines = [text[0]]
    for row in text[1:]:
        time, rest = row.split(",", 1)
        second = int(time) - START_S
        lines.append(f"02/03/2018 11:{second // 60:02d}:{second % 60:02d},{rest}")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    for order, day in (("dmy", "2018-03-02"), ("mdy", "2018-02-03")):
        how = ArchiveOptions(date_order=order)
        result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(tmp_path / "t.csv")], how)
        files = one_each(result, inputs, wanted())[0]
        assert differing(verify(packed(files))) == []
        assert json.loads(files[finding.FILE])["infringements"][0]["entry_time"].startswith(day)
