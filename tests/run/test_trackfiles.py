from __future__ import annotations

import contextlib
import gzip
import json
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import DecodeError, InputError, PluginError, SchemaError
from nofly.feeds.options import ArchiveOptions
from nofly.run.files import trackbytes
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.schema import Positions, concatenate
from nofly.store.capture import Capture

TRACKS = Path(__file__).parents[1] / "data" / "tracks"
SWISS = TRACKS / "traffic_json" / "switzerland.json"
PARQUET = TRACKS / "parquet" / "nofly.parquet"


def positions(batches: list[TrackBatch]) -> Positions:
    return concatenate([b.positions for b in batches])


def packed(data: bytes, how: str) -> bytes:
    return {
        "": data, "gz": gzip.compress(data), "zst": zstandard.compress(data),
        "gz twice": gzip.compress(data[:5000]) + gzip.compress(data[5000:]) + b"\0" * 20,
        "zst twice": zstandard.compress(data[:5000]) + zstandard.compress(data[5000:]),
    }[how]  # fmt: skip


@pytest.mark.parametrize("how", ["", "gz", "zst", "gz twice", "zst twice"])
@pytest.mark.parametrize("path", [SWISS, PARQUET], ids=lambda p: p.name)
def test_packing_is_told_by_the_bytes_and_changes_nothing(tmp_path: Path, how: str, path: Path) -> None:
    plain = positions(list(read_batches(path)))
    file = tmp_path / "tracks"
    file.write_bytes(packed(path.read_bytes(), how))
    batches = list(read_batches(str(file)))
    assert positions(batches).to_arrow().equals(plain.to_arrow())
    assert batches[-1].bytes_total == file.stat().st_size
    assert batches[-1].bytes_read <= batches[-1].bytes_total
    assert batches[-1].path == str(file)


def test_a_table_on_disk_is_counted_as_it_is_read(tmp_path: Path) -> None:
    """Arrow reads it by itself: nofly sees none of its bytes pass."""
    whole = list(read_batches(PARQUET, ArchiveOptions(batch_rows=20)))
    read = [batch.bytes_read for batch in whole]
    assert len(read) > 2
    assert read == sorted(read)
    assert read[-1] == whole[-1].bytes_total


@pytest.mark.parametrize("path", [SWISS, PARQUET], ids=lambda p: p.name)
@pytest.mark.parametrize("how", ["", "gz"])
def test_stdin_may_be_a_pipe(monkeypatch: pytest.MonkeyPatch, path: Path, how: str) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            data = packed(path.read_bytes(), how)
            for start in range(0, len(data), 1000):
                pipe.write(data[start : start + 1000])

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=pipe))
        batches = list(read_batches("-"))
    writer.join()
    assert len(positions(batches)) == 60
    assert (batches[0].path, batches[0].bytes_total) == ("stdin", 0)


@pytest.mark.parametrize("how", ["gz", "zst"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_packed_file_cut_or_broken_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, how: str, data: st.DataObject
) -> None:
    content = bytearray(packed(SWISS.read_bytes(), how))
    cut = data.draw(st.integers(1, len(content)))
    place = data.draw(st.integers(0, cut - 1))
    content[place] ^= data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / f"cut.{how}"
    file.write_bytes(content[:cut])
    with contextlib.suppress(InputError):
        assert len(positions(list(read_batches(file)))) <= 60


@pytest.mark.parametrize("how", ["gz", "zst"])
@pytest.mark.parametrize("keep", [0.3, 0.999])
def test_a_packed_file_that_ends_too_early_is_refused(tmp_path: Path, how: str, keep: float) -> None:
    content = packed(SWISS.read_bytes(), how)
    (tmp_path / "x").write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DecodeError, match="too early"):
        list(read_batches(tmp_path / "x"))


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_a_bomb_is_refused(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackbytes, "_FREE_BYTES", 1 << 20)
    (tmp_path / "x").write_bytes(packed(SWISS.read_bytes()[:-1] + b" " * (32 << 20), how))
    with pytest.raises(DecodeError, match="times its size"):
        list(read_batches(tmp_path / "x"))
    with pytest.raises(DecodeError, match="more than 1000 bytes"):
        list(read_batches(tmp_path / "x", ArchiveOptions(max_bytes=1000)))


@pytest.mark.parametrize(
    ("head", "name"), [(b"BZh91AY", "bzip2"), (b"PK\x03\x04", "zip"), (b"\xfd7zXZ\x00", "xz")]
)
def test_a_packing_that_is_not_read_is_named(tmp_path: Path, head: bytes, name: str) -> None:
    (tmp_path / "x").write_bytes(head + b"0" * 100)
    with pytest.raises(DecodeError, match=name):
        list(read_batches(tmp_path / "x"))


def test_a_folder_is_read_in_order_and_what_is_no_track_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.json").write_bytes(SWISS.read_bytes())
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(SWISS.read_bytes()))
    (tmp_path / "c.parquet").write_bytes(PARQUET.read_bytes()[:-9])
    (tmp_path / "readme").write_text("words")
    (tmp_path / ".hidden").write_bytes(SWISS.read_bytes())
    batches = list(read_batches(tmp_path))
    read = [(Path(b.path).name, len(b.positions)) for b in batches]
    assert read == [("a.json.gz", 60), ("c.parquet", 0), ("readme", 0), ("1.json", 60)]
    assert [f.code for b in batches for f in b.findings].count("file-not-read") == 2


def test_several_paths_are_read_in_their_order() -> None:
    names = [Path(b.path).name for b in read_batches([SWISS, PARQUET])]
    assert names == ["switzerland.json", "nofly.parquet"]


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", "empty"), (b"hello\n", "not a format"), (b"\x00\x01\x02", "not a format"), (b"[]", "not a format"),
     (b"PAR1 or not", "broken Parquet"), (b"a,b,c\n1,2,3\n", "no column is known")],
)  # fmt: skip
def test_what_is_no_track_file_is_refused_by_name(tmp_path: Path, content: bytes, error: str) -> None:
    (tmp_path / "x.dat").write_bytes(content)
    with pytest.raises((DecodeError, SchemaError), match=error) as caught:
        list(read_batches(tmp_path / "x.dat"))
    assert caught.value.source == str(tmp_path / "x.dat")


def test_a_file_or_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="cannot be opened"):
        list(read_batches(tmp_path / "nowhere"))
    with pytest.raises(DecodeError, match="no file"):
        list(read_batches(tmp_path))


def test_a_format_can_be_told() -> None:
    assert len(positions(list(read_batches(SWISS, ArchiveOptions(format="traffic_json"))))) == 60
    with pytest.raises(InputError):
        list(read_batches(SWISS, ArchiveOptions(format="parquet")))
    with pytest.raises(PluginError, match="nonesuch"):
        list(read_batches(SWISS, ArchiveOptions(format="nonesuch")))


def test_reading_can_stop_at_any_time(tmp_path: Path) -> None:
    rows = json.loads(SWISS.read_text()) * 2000
    (tmp_path / "x.gz").write_bytes(gzip.compress(json.dumps(rows).encode(), 1))
    before = threading.active_count()
    batches = read_batches(tmp_path / "x.gz")
    next(iter(batches))
    batches.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_json_is_read_without_pyarrow() -> None:
    import subprocess

    code = (
        "import sys; from nofly.run.files.trackfiles import read_batches; "
        f"list(read_batches({str(SWISS)!r})); sys.exit('pyarrow' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_every_real_file_reads(shared: Path) -> None:
    counted = {
        Path(path).name: sum(len(b.positions) for b in read_batches(path))
        for path in sorted((shared / "traffic").glob("*.json*")) if path.name != "paris-expected.json"
    }  # fmt: skip
    assert counted["readsb-trace_full_ac671b.json"] == 2500
    assert counted["switzerland.json.gz"] == 139_098
    assert len(counted) == 8


@pytest.mark.parametrize("decoder", ["sbs", "jsonl"])
@pytest.mark.parametrize("ended", [True, False], ids=["whole", "being written"])
def test_a_raw_capture_is_no_track_file(tmp_path: Path, decoder: str, ended: bool) -> None:
    """Its bytes hold the feed's own, which a reader of these would take for traffic."""
    content = (TRACKS / "sbs" / "border.sbs").read_bytes() if decoder == "sbs" else b'{"time_us": 1}\n'
    capture = Capture(tmp_path / "capture")
    capture.begin("roof", decoder, {}, finish_each=False)
    capture.write("roof", content, 1_700_000_000_000_000, opened=True)
    capture.close() if ended else capture.flush()
    (segment,) = (tmp_path / "capture").rglob("*.nfcap.zst")
    unpacked = tmp_path / "unpacked"
    with segment.open("rb") as file, unpacked.open("wb") as plain:
        plain.write(zstandard.ZstdDecompressor().decompressobj().decompress(file.read()))
    for path in (segment, segment.parent, tmp_path / "capture", unpacked):
        for how in (ArchiveOptions(), ArchiveOptions(format="sbs")):
            with pytest.raises(DecodeError, match=r"raw capture.*nofly replay") as refused:
                list(read_batches(path, how))
            assert refused.value.source == str(path)


def test_a_raw_capture_beside_track_files_is_a_finding(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.begin("roof", "jsonl", {}, finish_each=False)
    capture.write("roof", b"{}\n", 1_700_000_000_000_000)
    capture.close()
    (tmp_path / "swiss.json").write_bytes(SWISS.read_bytes())
    batches = list(read_batches(tmp_path))
    assert positions(batches).to_arrow().equals(positions(list(read_batches(SWISS))).to_arrow())
    (finding,) = [f for b in batches for f in b.findings if f.code == "file-not-read"]
    assert "raw capture" in finding.message
