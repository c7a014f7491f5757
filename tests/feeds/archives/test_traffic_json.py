from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds import json_records
from nofly.feeds.archives import traffic_json
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate

T0 = 1_633_608_000_000_000


def read(data: bytes | str | object, **options: object) -> tuple[Positions, list[Finding]]:
    text = data if isinstance(data, str | bytes) else json.dumps(data)
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    batches = list(traffic_json.read(file, "x", ArchiveOptions(**options)))  # type: ignore[arg-type]
    return concatenate([p for p, _ in batches]), [f for _, found in batches for f in found]


def row(**more: object) -> dict[str, object]:
    return {
        "timestamp": T0 // 1000,
        "icao24": "4ca7b3",
        "latitude": 47.0,
        "longitude": 8.0,
        "altitude": 1000.0,
        **more,
    }


def rejected(findings: list[Finding]) -> int:
    return sum(f.count for f in findings if f.severity is Severity.REJECTED)


@pytest.mark.parametrize(
    ("name", "rows", "lost", "aircraft"),
    [
        ("switzerland", 139_098, 0, 842),
        ("paris-2021-10-07-42ac", 61_443, 0, 42),
        ("border_control", 1_465, 0, None),
        ("inflight_refuelling", 10_396, 1, None),
        ("noisy_ground", 924, 0, 1),
        ("noisy_landing", 848, 0, 1),
        ("noisy_time_issue", 8_294, 0, 1),
    ],
)
def test_every_real_file_reads_whole(
    shared: Path, name: str, rows: int, lost: int, aircraft: int | None
) -> None:
    data = gzip.decompress((shared / "traffic" / f"{name}.json.gz").read_bytes())
    positions, findings = read(data)
    positions.check()
    assert (len(positions), rejected(findings)) == (rows, lost)
    assert aircraft in (None, len(set(positions.target.codes.tolist())))
    plain = json.loads(data)
    if isinstance(plain, list):
        kept = [r for r in plain if r["latitude"] is not None]
        assert positions.lat_deg.tolist() == [r["latitude"] for r in kept]
        feet = positions.columns["alt_std_m"] / 0.3048
        assert np.allclose(feet, np.array([r["altitude"] for r in kept], float), equal_nan=True)


def test_times_as_text_are_utc_unless_told() -> None:
    positions, findings = read([row(timestamp="2021-10-07T12:00:00.000")])
    assert positions.time_us.tolist() == [T0]
    assert "time-zone-assumed" in [f.code for f in findings]
    positions, findings = read([row(timestamp="2021-10-07T15:00:00")], time_zone="Europe/Kyiv")
    assert positions.time_us.tolist() == [T0]
    assert "time-zone-assumed" not in [f.code for f in findings]


def test_times_of_every_kind_in_one_file() -> None:
    times = [T0 // 1000, "2021-10-07T14:00:00+02:00", None, True, "soon", str(T0 // 1000), 10**400]
    positions, findings = read([row(timestamp=t) for t in times])
    assert positions.time_us.tolist() == [T0] * 3
    assert rejected(findings) == 4


def test_a_height_of_zero_on_the_ground_is_kept_and_none_is_unknown() -> None:
    positions, _ = read([row(altitude=0, onground=True), row(altitude=None, onground=None)])
    assert positions.columns["alt_std_m"][0] == 0
    assert np.isnan(positions.columns["alt_std_m"][1])
    assert positions.columns["on_ground"].tolist() == [1, -1]


def test_a_squawk_that_was_a_number() -> None:
    positions, _ = read([row(squawk=33.0)])
    assert positions.texts["squawk"].at(0) == "0033"


def test_keys_that_come_late_are_read() -> None:
    positions, _ = read([row()] * 500 + [row(callsign="SWR1")])
    assert positions.texts["callsign"].at(500) == "SWR1"


@pytest.mark.parametrize("orient", ["columns", "list"])
def test_pandas_default_is_columns(orient: str) -> None:
    rows = [row(), row(latitude=None), row(latitude=48.0)]
    columns = {
        k: {str(i): r[k] for i, r in enumerate(rows)} if orient == "columns" else [r[k] for r in rows]
        for k in row()
    }
    text = json.dumps(columns)
    assert traffic_json.sniff(text.encode()) > 50
    positions, findings = read(text)
    assert positions.lat_deg.tolist() == [47.0, 48.0]
    assert rejected(findings) == 1


TRICKY = st.sampled_from(["},{", '"},{"', "\\", '\\"', "}\n{", "[", "]", "ü", "", "},\n {"])


@settings(max_examples=60, deadline=None)
@given(
    notes=st.lists(TRICKY, min_size=1, max_size=40),
    form=st.sampled_from(["list", "pretty", "lines", "joined"]),
)
def test_where_a_block_is_cut_changes_nothing(notes: list[str], form: str) -> None:
    rows = [row(timestamp=T0 // 1000 + i, note=n, more={"a": [{"b": n}, {}]}) for i, n in enumerate(notes)]
    text = {
        "list": json.dumps(rows, separators=(",", ":")), "pretty": json.dumps(rows, indent=1),
        "lines": "\n".join(map(json.dumps, rows)), "joined": "".join(json.dumps(r, indent=1) for r in rows),
    }[form]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_records, "BLOCK_BYTES", 300)
        patch.setattr(json_records, "_READ_BYTES", 100)
        patch.setattr(traffic_json, "_HEAD_BYTES", 400)
        positions, findings = read(text, max_line_bytes=2000)
    assert positions.time_us.tolist() == [T0 + 1000 * i for i in range(len(rows))]
    assert rejected(findings) == 0


def test_one_bad_object_costs_itself_alone() -> None:
    good = json.dumps(row())
    for bad in ('{"timestamp":1,}', '{"latitude":{}}', '{"latitude": [1', "{'a':1}"):
        if bad.endswith("1"):
            continue
        positions, findings = read(f"[{good},{bad},{good}]")
        assert len(positions) == 2
        assert rejected(findings) == 1


def test_nan_is_not_json_but_null() -> None:
    positions, findings = read("[" + json.dumps(row(altitude=float("nan"))) + "]")
    assert np.isnan(positions.columns.get("alt_std_m", np.array([np.nan]))).all()
    assert rejected(findings) == 0
    assert len(positions) == 1


def test_numbers_as_text_are_read() -> None:
    positions, _ = read([row(latitude="47.5", altitude="100")])
    assert positions.lat_deg.tolist() == [47.5]


def test_a_list_cut_off_says_so() -> None:
    text = json.dumps([row(), row()])
    whole, findings = read(text[:-1])
    assert len(whole) == 2
    assert "file-truncated" in [f.code for f in findings]
    part, findings = read(text[:-20])
    assert (len(part), rejected(findings)) == (1, 1)


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b'{"a":' * 100_000, b"", b"[]", b"[1,2]", b'["a"]', b"\xff", b'"']
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        read(data)


def test_an_object_without_end_is_refused() -> None:
    good = json.dumps(row())
    with pytest.raises(DecodeError, match=r"does not end|bytes"):
        read(f'[{good},{{"note":"' + "x" * (12 << 20), max_line_bytes=1000)


def test_a_table_in_column_order_has_a_limit() -> None:
    text = json.dumps({k: {"0": v} for k, v in row().items()})
    with pytest.raises(DecodeError, match="held whole"):
        read(text, max_document_bytes=50)
