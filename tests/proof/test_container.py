"""The ZIP of a package: the same bytes for the same files, and every byte accounted for."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.proof.packing.container import MOST_FILES, PackageError, fit_name, packed, safe_name, unpacked

FILES = {
    "manifest.json": b"{}\n",
    "raw/a.bin": bytes(range(256)),
    "raw/empty": b"",
    "report.html": b"<p>" * 9,
}
NAMES = st.from_regex(r"\A[a-z]{1,3}(/[a-z]{1,3})?\Z").filter(fit_name)


@given(st.dictionaries(NAMES, st.binary(max_size=60), min_size=1, max_size=6))
def test_what_goes_in_comes_out_whatever_the_order(files: dict[str, bytes]) -> None:
    data = packed(files)
    assert packed(dict(reversed(files.items()))) == data
    found = unpacked(data)
    assert found.files == files
    assert not found.faults


def test_other_tools_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(FILES))) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == FILES


def test_every_flipped_bit_of_the_zip_is_named() -> None:
    data = packed(FILES)
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            try:
                faults = unpacked(bytes(changed)).faults
            except PackageError:
                continue
            assert faults, (at, bit)


@pytest.mark.parametrize("name", ["raw/a.bin", "manifest.json", "report.html"])
def test_a_changed_content_is_named_by_its_file(name: str) -> None:
    data = packed(FILES)
    at = data.index(FILES[name])
    changed = bytearray(data)
    changed[at + 1] ^= 64
    (fault,) = unpacked(bytes(changed)).faults
    assert fault.place == name


def test_a_damaged_header_is_named_and_the_files_are_still_read() -> None:
    data = bytearray(packed(FILES))
    data[14] ^= 1
    found = unpacked(bytes(data))
    assert found.files == FILES
    assert [fault.place for fault in found.faults] == ["ZIP header of manifest.json"]
    data = bytearray(packed(FILES))
    data[-5] ^= 1
    found = unpacked(bytes(data))
    assert found.files == FILES
    assert [fault.place for fault in found.faults] == ["end of the ZIP"]


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_a_truncated_package_is_refused_or_named(cut: int) -> None:
    try:
        assert unpacked(packed(FILES)[:-cut]).faults
    except PackageError:
        return


def test_bytes_before_between_and_after_are_found() -> None:
    data = packed(FILES)
    assert unpacked(data + b"x").faults
    with pytest.raises(PackageError):
        unpacked(b"x" + data)
    at = data.index(b"PK\x03\x04", 10)
    assert unpacked(data[:at] + b"\0" * 4 + data[at:]).faults


def _zip(*entries: tuple[zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as writing:
        for info, content in entries:
            writing.writestr(info, content, method)
    return out.getvalue()


def test_a_symlink_is_not_as_written() -> None:
    info = zipfile.ZipInfo("manifest.json", (1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o120777 << 16
    assert [f.place for f in unpacked(_zip((info, b"/etc/passwd"))).faults]


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/../../b", "a\\b", "C:x", "a//b", ".ssh/x", "a/.", "ä", "a\0b", ""]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    assert not fit_name(name)
    with pytest.raises(PackageError):
        packed({name: b""})
    if "\0" not in name:
        with pytest.raises(PackageError):
            unpacked(_zip((zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), b"x")))


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = _zip((zipfile.ZipInfo("manifest.json"), bytes(50 << 20)), method=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    with pytest.raises(PackageError, match="deflated"):
        unpacked(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_two_files_of_one_name_are_refused() -> None:
    entry = packed({"a": b"1"})
    local, central = entry[: entry.index(b"PK\x01\x02")], entry[entry.index(b"PK\x01\x02") : -22]
    second = central[:42] + struct.pack("<I", len(local)) + central[46:]
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(central), 2 * len(local), 0)
    with pytest.raises(PackageError, match="twice"):
        unpacked(local + local + central + second + end)


def test_a_million_files_are_refused_in_bounded_memory() -> None:
    one = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0x21, 0, 0, 0, 7, 0)
    data = b"".join(one + b"%07d" % k for k in range(1_000_000))
    tracemalloc.start()
    with pytest.raises(PackageError, match=f"{MOST_FILES:,} files"):
        unpacked(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_directory_that_says_a_million_files_is_refused() -> None:
    data = packed(FILES)
    end = bytearray(data[-22:])
    end[8:12] = b"\xff\xff\xff\xff"
    found = unpacked(data[:-22] + bytes(end))
    assert [fault.place for fault in found.faults] == ["end of the ZIP"]


def test_names_of_people_become_names_of_a_package() -> None:
    for name in ("../../x.gz", "tracks 2022 (1).json.gz", "ÄÖ.csv", "", "." * 300, "a" * 300 + ".json.gz"):
        assert fit_name(f"raw/0001-{safe_name(name)}")
    assert safe_name("a" * 300 + ".json.gz").endswith(".json.gz")
