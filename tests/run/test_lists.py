"""List files: what is on them, and what is said of lines that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError, Severity, UnresolvedError
from nofly.run.files.lists import MAX_FINDINGS, Lists, parse_list, read_list

PLAIN = """# rescue\r
4B1804  HB-JBC  coordination\r
4b18ff,REGA7
\t0x3c6444 # with a prefix

ae0000-afffff  US military
callsign:rega*
callsign:DRF1
"""

TABLE = """\ufeff# exported
Registration;ICAO24;Callsign;Comment
HB-JBC;4b1804;SWR1;"a; b"
;;REGA*;
;; ;nobody
D-ABCD;3C64;;
"""


def test_plain_lines() -> None:
    found = parse_list(PLAIN, "rescue")
    assert (found.records, found.rejected, found.findings) == (6, 0, ())
    for address in ("4b1804", "4B18FF", "3c6444", "ae0000", "aef00f", "afffff"):
        assert found.holds(address, None)
    for address in ("4b1805", "adffff", "b00000", "~4b1804", "000000"):
        assert not found.holds(address, None)
    assert found.holds(None, "REGA12 ")
    assert found.holds("4b0000", "DRF1")
    assert not found.holds(None, "DRF12")
    assert not found.holds(None, "  ")
    assert not found.holds(None, None)


def test_a_table_with_a_head() -> None:
    found = parse_list(TABLE, "rescue", "rescue.csv")
    assert found.holds("4b1804", None)
    assert not found.holds(None, "SWR1"), "the callsign beside an address is a remark"
    assert found.holds(None, "REGA1")
    assert (found.records, found.rejected) == (4, 2)
    assert [f.locator for f in found.findings] == ["line 5", "line 6"]
    assert all(f.severity is Severity.REJECTED and f.source == "rescue.csv" for f in found.findings)
    assert "'3C64' is not an ICAO address" in found.findings[1].message


def test_ranges_that_overlap() -> None:
    found = parse_list("100000-1000ff\n100080-1001ff\n100010\n300000-300001\n", "x")
    assert found.ranges == (("100000", "1001ff"), ("300000", "300001"))
    assert found.holds("1001ff", None)
    assert not found.holds("100200", None)


@pytest.mark.parametrize(
    "bad", ["4b18", "callsign:", "callsign:*", "callsign:[a-z]", "4b18ff-4b1800", "x" * 9000]
)
def test_a_bad_line_is_a_finding_and_the_rest_is_read(bad: str) -> None:
    found = parse_list(f"4b1804\n{bad}\n", "x")
    assert (found.records, found.rejected) == (2, 1)
    assert found.findings[0].locator == "line 2"
    assert len(found.findings[0].message) < 200
    assert found.holds("4b1804", None)


def test_very_many_bad_lines_are_counted() -> None:
    found = parse_list("4b1804\n" + "zz\n" * (MAX_FINDINGS + 50), "x")
    assert len(found.findings) == MAX_FINDINGS + 1
    assert sum(f.count for f in found.findings) == found.rejected == MAX_FINDINGS + 50


def test_a_list_without_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the list is empty"):
        parse_list("# nothing\n", "x")
    with pytest.raises(InputError, match="no entry can be read"):
        parse_list("hello\n", "x")
    with pytest.raises(InputError, match=r"gone\.txt: cannot read the list"):
        read_list(tmp_path / "gone.txt")
    (tmp_path / "latin.txt").write_bytes(b"4b1804\n4b1805 caf\xe9\n")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read_list(tmp_path / "latin.txt")


def test_a_list_is_called_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "medical.txt").write_text("4b1804\n")
    assert read_list(tmp_path / "medical.txt").name == "medical"
    assert read_list(tmp_path / "medical.txt", "rescue").name == "rescue"


def test_names_of_the_lists_an_aircraft_is_on() -> None:
    lists = Lists((parse_list("4b1804\n", "medical"), parse_list("4b0000-4b7fff\n", "swiss")))
    assert lists.names_for("4b1804", None) == {"medical", "swiss"}
    assert lists.names_for("4b1805", "REGA1") == {"swiss"}
    assert lists.names_for(None, None) == frozenset()
    lists.require(["swiss"])
    with pytest.raises(UnresolvedError, match=r"'state', which was not supplied; there are: medical, swiss"):
        lists.require(["swiss", "state"])
    with pytest.raises(InputError, match="two lists are called 'x'"):
        Lists((parse_list("4b1804\n", "x"), parse_list("4b1804\n", "x")))


def test_the_example_list_reads_whole() -> None:
    path = Path(__file__).parents[2] / "docs" / "examples" / "military-blocks.txt"
    found = read_list(path)
    assert found.rejected == 0
    assert found.holds("ae1234", None)
    assert not found.holds("a835af", None)


@given(st.text(max_size=300))
def test_any_text_reads_or_is_refused(text: str) -> None:
    try:
        found = parse_list("4b1804\n" + text, "x")
    except InputError:
        raise AssertionError("a list with a good entry is never refused") from None
    accepted = len(found.addresses) + len(found.ranges) + len(found.callsigns) + len(found.patterns)
    assert accepted <= found.records - found.rejected
    assert sum(f.count for f in found.findings) == found.rejected
