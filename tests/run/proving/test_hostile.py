"""Packages that were made to do harm: refused or found out, in bounded time and memory, nothing written."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.proof.covering.sightings import ROW, bands, cells, keys
from nofly.proof.package import MANIFEST, Making, Part, Role, made
from nofly.proof.packing import custody
from nofly.proof.packing.canonical import canonical, parsed
from nofly.proof.packing.container import PackageError, packed
from nofly.proof.packing.custody import Act
from nofly.run.proving import recorded
from nofly.run.proving.sighted import MOST_HOURS, TABLE
from nofly.run.proving.verify import verify
from tests.run.proving.cases import checked, track_file, wanted, zone_file

JSON = (
    "finding.json", "law.json", "aids/aids.json", "raw/index.json", "zones/editions.json", "coverage.json",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def covered(folder: Path, **more: Any) -> dict[str, bytes]:
    """Return a package that says what could have been seen."""
    zones, tracks = [zone_file(folder / "z.geojson")], [track_file(folder / "t.csv")]
    result, inputs = checked(zones, tracks, coverage=True)
    (one,) = recorded.packages(result, [result.infringements[:1]], inputs, wanted(**more))
    return one


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return covered(tmp_path_factory.mktemp("small"))


@pytest.fixture(autouse=True)
def nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a package holds, verifying it writes nothing."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.iterdir())


def sealed(files: dict[str, bytes], changed: dict[str, bytes | None]) -> bytes:
    """Return a package with other files and a manifest that fits them."""
    manifest = parsed(files[MANIFEST], MANIFEST)
    parts = {
        name: Part(data, Role.EVIDENTIARY)
        for name, data in {**{n: files[n] for n in manifest["files"]}, **changed}.items()
        if data is not None
    }
    return packed(made("recorded", parts, manifest["configuration"], Making("0.1.0")))


def never_agrees(data: bytes) -> None:
    """Verify what cannot be whole: it is refused, or something differs or could not be checked."""
    try:
        assert verify(data).exit_code in (1, 3)
    except InputError:
        return


@pytest.mark.parametrize("name", [*JSON, "tracks.parquet", "raw/0001-t.csv", "zones/source/01-z.geojson"])
@pytest.mark.parametrize(
    "data",
    [
        None, b"", b"{}", b"[]", b"null", b"1", b"{", b"\xff" * 99, b"[" * 100_000, b'{"a":' * 2000,
        b'{"infringements":[1],"files":[1],"targets":[1],"editions":[1],"zones":[1],"lists":[1]}',
        b'{"infringements":{},"files":{},"targets":{},"editions":{},"zones":{},"lists":{}}',
        b"PAR1" + bytes(100) + b"PAR1", gzip.compress(bytes(1000)),
    ],
)  # fmt: skip
def test_any_file_may_be_anything(files: dict[str, bytes], name: str, data: bytes | None) -> None:
    if (name, data) == ("coverage.json", None):
        # Its maker need not say what could have been seen; that he does not is said.
        found = verify(sealed(files, {name: data})).steps
        assert any("it does not say what could have been seen" in step.message for step in found)
        return
    never_agrees(sealed(files, {name: data}))


@pytest.mark.parametrize("name", JSON)
@settings(max_examples=15)
@given(data=st.data())
def test_any_value_of_any_json_may_be_anything(
    files: dict[str, bytes], name: str, data: st.DataObject
) -> None:
    """The verdict is none of these tests' business: that there is one is."""
    told = parsed(files[name], name)
    at: Any = told
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            at[key] = data.draw(VALUES)
            break
        at = at[key]
    try:
        verify(sealed(files, {name: canonical(told)}))
    except InputError:
        return


@pytest.fixture(scope="module")
def tabled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return a package without its sources, with a table of sightings."""
    return covered(tmp_path_factory.mktemp("tabled"), most_raw_bytes=0)


def of_table(files: dict[str, bytes], table: Any) -> list[str]:
    """Return the outcomes of what could have been seen with another table."""
    try:
        steps = verify(sealed(files, {TABLE: canonical(table)})).steps
    except InputError:
        return []
    return [step.outcome.value for step in steps if step.subject in ("coverage", "finding")]


@pytest.mark.parametrize("name", ["format", "cell_deg", "level", "heights", "stations", "rows", "table"])
@pytest.mark.parametrize("value", [None, -1, 1 << 70, "x", [], {}, [1], {"a": 1}, "A" * 96, True])
def test_a_table_of_sightings_may_be_anything(tabled: dict[str, bytes], name: str, value: Any) -> None:
    told = parsed(tabled[TABLE], TABLE)
    assert "differs" in of_table(tabled, {**told, "coverage": {**told["coverage"], name: value}})


@pytest.mark.parametrize("value", [[], [1], [2, 1], [0, 1 << 70], "x", {}, [0.5, 1.5], [True, True], 5])
def test_a_time_that_was_looked_at_may_be_anything(tabled: dict[str, bytes], value: Any) -> None:
    assert "differs" in of_table(tabled, {**parsed(tabled[TABLE], TABLE), "looked_us": value})


def test_a_table_of_a_hundred_thousand_hours_is_not_told_anew(tabled: dict[str, bytes]) -> None:
    n = 100_000
    told = parsed(tabled[TABLE], TABLE)
    rows = np.repeat(np.frombuffer(base64.b64decode(told["coverage"]["table"]), ROW)[:1], n)
    rows["key"] = keys(np.zeros(n, np.int64), np.arange(n), cells(rows["key"]), bands(rows["key"]))
    table = base64.b64encode(rows.tobytes()).decode()
    said = {**told, "coverage": {**told["coverage"], "rows": n, "table": table}}
    steps = verify(sealed(tabled, {TABLE: canonical(said)})).steps
    assert any(f"of 100,000 hours it is not told anew (at most {MOST_HOURS:,})" in s.message for s in steps)


def test_a_configuration_may_be_anything(files: dict[str, bytes]) -> None:
    manifest = parsed(files[MANIFEST], MANIFEST)
    parts = {name: Part(files[name]) for name in manifest["files"]}
    for checking in (None, {}, {"max_gap_s": -1, "screening": True}, {"max_gap_s": 1e300, "screening": 1}):
        configuration = {**manifest["configuration"], "checking": checking}
        never_agrees(packed(made("recorded", parts, configuration, Making("0"))))
    for name, value in {
        "columns": [1], "time_zone": "../../etc/passwd", "receiver": [1], "start_us": "x",
        "beast_clock": 5, "altitude_datum": {},
    }.items():  # fmt: skip
        reading = {**manifest["configuration"]["reading"], name: value}
        configuration = {**manifest["configuration"], "reading": reading}
        never_agrees(packed(made("recorded", parts, configuration, Making("0"))))


@pytest.mark.parametrize(
    "footprint",
    [
        {"type": "circle", "centre": [8.5, 46.5], "radius_m": 1e300},
        {"type": "circle", "centre": [8.5, 1e300], "radius_m": 1.0},
        {"type": "circle", "centre": ["a", "b"], "radius_m": 1.0},
        {"type": "circle", "centre": [46.5, 8.5], "radius_m": -5.0},
        {"type": "polygon", "exterior": [], "holes": [], "edge_kind": "GEODESIC"},
        {"type": "polygon", "exterior": [[46.0, 8.0]], "holes": [], "edge_kind": "PLANAR"},
        {"type": "corridor", "path": [], "half_width_m": 1.0, "edge_kind": "GEODESIC"},
        {"type": "arc"},
        {"type": "zone"},
    ],
)
def test_a_zone_that_no_reader_would_give(files: dict[str, bytes], footprint: dict[str, Any]) -> None:
    told = parsed(files["zones/editions.json"], "")
    told["editions"][0]["zone"]["volumes"][0]["footprint"] = footprint
    told["editions"][0]["source"]["file"] = None
    never_agrees(sealed(files, {"zones/editions.json": canonical(told)}))


@pytest.mark.thorough
def test_source_files_that_are_bombs(files: dict[str, bytes]) -> None:
    index = parsed(files["raw/index.json"], "")
    index["files"][0] = {**index["files"][0], "file": "raw/bomb.json.gz", "format": None}
    line = b'{"icao24":"4ca7b3","timestamp":1533115440,"latitude":46.5,"longitude":8.5},'
    for content in (bytes(300 << 20), b"[" + line * 4_000_000):
        bomb = gzip.compress(content, 9)
        del content
        told = {"raw/0001-t.csv": None, "raw/bomb.json.gz": bomb, "raw/index.json": canonical(index)}
        never_agrees(sealed(files, told))
    kmz = io.BytesIO()
    with zipfile.ZipFile(kmz, "w", zipfile.ZIP_DEFLATED) as writing:
        writing.writestr("doc.kml", bytes(600 << 20))
    never_agrees(sealed(files, {"zones/source/01-z.geojson": kmz.getvalue()}))


def test_an_xml_bomb_for_a_zone_file(files: dict[str, bytes]) -> None:
    entities = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a0 "x">{entities}]>'
    kml = f"{head}<kml><Document>&a11;</Document></kml>"
    told = parsed(files["zones/editions.json"], "")
    told["editions"][0]["source"]["format"] = "kml"
    changed = {"zones/source/01-z.geojson": kml.encode(), "zones/editions.json": canonical(told)}
    never_agrees(sealed(files, changed))


def test_a_table_of_thirty_million_rows(files: dict[str, bytes]) -> None:
    """Run lengths make millions of equal rows of a few bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, out = 3_000_000, io.BytesIO()
    table = pa.table({
        "time": pa.array([1] * n).cast(pa.timestamp("us", "UTC")), "target_id": pa.array(["a"] * n),
        "lat_deg": pa.array([46.5] * n), "lon_deg": pa.array([8.5] * n),
    })  # fmt: skip
    with pq.ParquetWriter(out, table.schema, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(table, row_group_size=n)
    assert len(out.getvalue()) < 1 << 20
    steps = verify(sealed(files, {"tracks.parquet": out.getvalue()})).steps
    assert any("more than 5,000,000 rows" in step.message for step in steps)


def test_names_in_an_index_lead_nowhere(files: dict[str, bytes]) -> None:
    index = parsed(files["raw/index.json"], "")
    for name in ("/etc/passwd", "../../etc/passwd", MANIFEST, "", 5, ["x"], "file:///etc/passwd", "-"):
        index["files"][0] = {**index["files"][0], "file": name}
        never_agrees(sealed(files, {"raw/index.json": canonical(index)}))
        editions = parsed(files["zones/editions.json"], "")
        editions["editions"][0]["source"]["file"] = name
        never_agrees(sealed(files, {"zones/editions.json": canonical(editions)}))


def test_a_file_of_the_folder_one_stands_in_is_not_read_instead(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    place = tmp_path / "tracks.parquet"
    place.write_bytes(b"PAR1 not this")
    try:
        assert verify(packed(files)).exit_code == 0
    finally:
        os.unlink(place)


def test_what_is_no_package_is_refused() -> None:
    for data in (
        b"",
        b"PK",
        b"PK\x05\x06" + bytes(18),
        os.urandom(1000),
        b"%PDF-1.4",
        json.dumps({}).encode(),
    ):
        with pytest.raises(PackageError):
            verify(data)


def test_the_chain_is_read_for_all_signatures_at_once(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of signatures, each of an act: read for each, a long chain would take hours."""
    acts = custody.first_entry(Act("made"), "0" * 64)
    lines = [acts]
    for number in range(2, 401):
        entry = parsed(lines[-1], "") | {"entry": number, "previous": "0" * 64}
        lines.append(canonical(entry))
    many = {f"signatures/{k:016x}.sig": bytes(64) for k in range(400)}
    many |= {f"timestamps/{k}.tsr": b"x" for k in range(400)}
    reads, read = [], custody.read

    def counted(chain: bytes) -> Any:
        reads.append(len(chain))
        return read(chain)

    monkeypatch.setattr(custody, "read", counted)
    never_agrees(packed({**files, **many, custody.FILE: b"".join(lines)}))
    assert 0 < len(reads) < 10
