"""Claim files against tracks: what the reports show, what they exclude, what they cannot see."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from nofly.errors import InputError
from nofly.feeds.options import ArchiveOptions
from nofly.proof.claiming.verdicts import Verdict
from nofly.run.api import batches_of, write_zones
from nofly.run.claiming import html, text
from nofly.run.claiming import json as sheet_json
from nofly.run.claiming.attachments import attach, attached, folder_of, picture_px, sniff
from nofly.run.claiming.checking import Claimed, check_claim
from nofly.schema import Coded, Positions
from tests.proof.turning_flights import ADDRESS, START_US, flown, star

ZONE = star(50.0, 10.0, [20_000.0] * 12)
THROUGH = flown(ZONE, (50.0, 9.5), 90.0, 200.0, 0.0, 400)
BESIDE = flown(ZONE, (50.5, 9.5), 90.0, 200.0, 0.0, 400)
TIME = "2023-11-14T22:15:00Z"
"""100 s after START_US."""


def with_callsign(positions: Positions, callsign: str, heights_m: float | None = None) -> Positions:
    n = len(positions)
    columns = dict(positions.columns)
    if heights_m is not None:
        columns["alt_std_m"] = np.full(n, heights_m)
    text_column = Coded(np.zeros(n, np.int32), [callsign])
    return Positions(
        positions.time_us, positions.target, positions.lat_deg, positions.lon_deg, columns,
        {"callsign": text_column},
    )  # fmt: skip


def checked(folder: Path, body: str, positions: Positions | None = None, head: str = "") -> Claimed:
    write_zones([ZONE], folder / "zones.geojson")
    path = folder / "claim.toml"
    path.write_text(
        f'format = "nofly-claims/1"\ntitle = "T"\n[zones]\nfiles = ["zones.geojson"]\n{head}\n[[statement]]\n'
        f'who = "A"\nsays = "B"\nzone = "Z"\n{body}\n', encoding="utf-8",
    )  # fmt: skip
    batches = None if positions is None else batches_of(positions, ArchiveOptions())
    return check_claim(path, batches=batches)


def verdict(claimed: Claimed) -> Verdict:
    return claimed.entries[0].verdict


ABOUT = f'about = {{ address = "{ADDRESS}" }}\n'
AT = f'time = "{TIME}"\ntime_error = "300 s"\n'


@pytest.mark.parametrize(
    ("inside", "flight", "expected"),
    [
        ("ever", THROUGH, Verdict.SUPPORTED),
        ("never", THROUGH, Verdict.CONTRADICTED),
        ("always", THROUGH, Verdict.CONTRADICTED),
        ("ever", BESIDE, Verdict.CONTRADICTED),
        ("never", BESIDE, Verdict.SUPPORTED),
        ("always", BESIDE, Verdict.CONTRADICTED),
    ],
)
def test_ever_always_never(tmp_path: Path, inside: str, flight: object, expected: Verdict) -> None:
    claimed = checked(tmp_path, f'{ABOUT}inside = "{inside}"', flight.positions)  # type: ignore[attr-defined]
    assert verdict(claimed) is expected, claimed.entries[0].answers


def test_always_inside_is_supported_by_one_stay_that_lasts(tmp_path: Path) -> None:
    body = f'{ABOUT}inside = "always"\ntime = "2023-11-14T22:15:40Z"\nuntil = "2023-11-14T22:15:50Z"'
    assert verdict(checked(tmp_path, body, THROUGH.positions)) is Verdict.SUPPORTED


def test_a_time_with_a_duration_is_that_of_the_entry(tmp_path: Path) -> None:
    for time, expected in (("22:14:39", Verdict.SUPPORTED), ("22:15:39", Verdict.CONTRADICTED)):
        body = f'{ABOUT}inside = "ever"\ntime = "2023-11-14T{time}Z"\ntime_error = "2 s"\nduration = "200 s"'
        assert verdict(checked(tmp_path, body, THROUGH.positions)) is expected
    body = f'{ABOUT}inside = "ever"\ntime = "2023-11-14T22:15:39Z"'
    assert verdict(checked(tmp_path, body, THROUGH.positions)) is Verdict.SUPPORTED


def test_a_callsign_names_an_aircraft(tmp_path: Path) -> None:
    body = 'about = { callsign = "abc1 " }\ninside = "ever"'
    assert verdict(checked(tmp_path, body, with_callsign(THROUGH.positions, "ABC1"))) is Verdict.SUPPORTED


def test_an_aircraft_that_was_not_received_is_not_checkable(tmp_path: Path) -> None:
    for inside in ("ever", "never"):
        body = f'about = {{ address = "abcdef" }}\ninside = "{inside}"'
        claimed = checked(tmp_path, body, THROUGH.positions)
        assert verdict(claimed) is Verdict.NOT_CHECKABLE
        assert claimed.exit_code == 3


def test_what_sends_nothing_is_not_checkable_for_either_side(tmp_path: Path) -> None:
    for inside in ("ever", "never"):
        for positions in (None, BESIDE.positions):
            body = f'about = {{ party = "P", transponder = "off" }}\ninside = "{inside}"\nduration = "12 min"'
            claimed = checked(tmp_path, body, positions)
            assert verdict(claimed) is Verdict.NOT_CHECKABLE
            assert "transponder off" in claimed.entries[0].best.points[0].reasons[0]


def test_a_party_that_tracks_cannot_tell_is_not_checkable(tmp_path: Path) -> None:
    claimed = checked(tmp_path, 'about = { party = "Ruritania" }\ninside = "ever"', THROUGH.positions)
    assert verdict(claimed) is Verdict.NOT_CHECKABLE
    assert "name its address or callsign" in claimed.entries[0].best.points[0].reasons[0]


def test_a_gap_in_which_it_could_have_been_inside_leaves_both_open(tmp_path: Path) -> None:
    rows = np.flatnonzero(
        (BESIDE.positions.time_us < START_US + 50e6) | (BESIDE.positions.time_us > START_US + 390e6)
    )
    for inside in ("ever", "never"):
        body = f'{ABOUT}{AT}inside = "{inside}"'
        claimed = checked(tmp_path, body, BESIDE.positions.take(rows))
        assert verdict(claimed) is Verdict.NOT_SHOWN
        assert "was not seen for" in claimed.entries[0].best.points[0].reasons[0]


def test_a_gap_too_short_to_reach_the_zone_excludes_it(tmp_path: Path) -> None:
    far = flown(ZONE, (53.0, 9.5), 90.0, 200.0, 0.0, 600)
    rows = np.flatnonzero(
        (far.positions.time_us < START_US + 100e6) | (far.positions.time_us > START_US + 300e6)
    )
    body = (
        f'about = {{ address = "{ADDRESS}", class = "large-jet" }}\ntime = "2023-11-14T22:15:00Z"\n'
        'until = "2023-11-14T22:20:00Z"\ninside = "ever"'
    )
    assert verdict(checked(tmp_path, body, far.positions.take(rows))) is Verdict.CONTRADICTED


def test_within_the_error_of_the_boundary_nothing_is_sure(tmp_path: Path) -> None:
    body = f'{ABOUT}inside = "ever"'
    claimed = checked(tmp_path, body, THROUGH.positions, 'boundary_error = "30 km"')
    assert verdict(claimed) is Verdict.NOT_SHOWN
    claimed = checked(tmp_path, body, BESIDE.positions, 'boundary_error = "60 km"')
    assert verdict(claimed) is Verdict.NOT_SHOWN


def test_numbers_are_compared_with_what_was_measured(tmp_path: Path) -> None:
    positions = with_callsign(THROUGH.positions, "ABC1", 5_800.0)
    good = (
        'duration = "193 ± 10 s"\nlength = "38.7 ± 2 km"\ndepth = "19.3 ± 1 km"\nspeed = "720 ± 20 km/h"\n'
        'altitude = "19000 ft STD"\ntrack = "90 ± 3°"\nclosest = "< 1 km"\nclosest_to = [50.0, 10.0]\n'
    )
    claimed = checked(tmp_path, f'{ABOUT}inside = "ever"\n{good}', positions)
    told = {p.what: p.verdict for p in claimed.entries[0].best.points}
    assert set(told) == {
        "ever inside",
        "duration",
        "length",
        "depth",
        "speed",
        "altitude",
        "track",
        "closest",
    }
    assert set(told.values()) == {Verdict.SUPPORTED}, claimed.entries[0].best.points
    assert claimed.exit_code == 0
    for wrong in (
        'duration = "60 s"', 'length = "12 km"', 'depth = "3 km"', 'speed = "400 km/h"', 'track = "180 ± 5°"',
        'altitude = "9000 ft STD"', 'closest = "> 9 km"\nclosest_to = [50.0, 10.0]',
    ):  # fmt: skip
        claimed = checked(tmp_path, f'{ABOUT}inside = "ever"\n{wrong}', positions)
        assert verdict(claimed) is Verdict.CONTRADICTED, wrong
        assert claimed.exit_code == 1


def test_a_height_without_datum_is_not_compared(tmp_path: Path) -> None:
    positions = with_callsign(THROUGH.positions, "ABC1", 5_800.0)
    claimed = checked(tmp_path, f'{ABOUT}inside = "ever"\naltitude = "9000 ft"', positions)
    point = next(p for p in claimed.entries[0].best.points if p.what == "altitude")
    assert point.verdict is Verdict.NOT_CHECKABLE


def test_a_count_keeps_each_item_with_its_evidence(tmp_path: Path) -> None:
    body = (
        'count = 3\n[[statement.item]]\nlabel = "one"\nevidence = "debris"\n'
        '[[statement.item]]\nlabel = "two"\n'
    )
    claimed = checked(tmp_path, body)
    (point,) = (p for p in claimed.entries[0].best.points if p.what == "items")
    assert point.numbers == {"items": 2, "items_with_evidence": 1}
    assert "one" in html.write(claimed).decode()
    over = checked(tmp_path, body.replace("count = 3", "count = 1"))
    assert verdict(over) is Verdict.SELF_INCONSISTENT


def test_a_count_of_anybody_is_compared_with_those_received(tmp_path: Path) -> None:
    for count, expected in ((1, Verdict.SUPPORTED), (0, Verdict.CONTRADICTED), (5, Verdict.NOT_SHOWN)):
        claimed = checked(tmp_path, f"count = {count}", THROUGH.positions)
        point = next(p for p in claimed.entries[0].best.points if p.what == "count")
        assert point.verdict is expected


def test_a_zone_that_no_file_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no zone 'Y'"):
        checked(
            tmp_path,
            'zone = "Y"'.replace("zone", "id", 1) + '\n[[statement]]\nwho = "C"\nsays = "D"\nzone = "Y"',
        )


def png(wide: int = 2, high: int = 2) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\x00" + b"\x80\x00\x00" * 2 for _ in range(2))
    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


HOSTILE = "<!doctype html><html><script>alert(1)</script><img src=x onerror=alert(2)>\u202e</html>"


def attached_to(folder: Path, name: str, data: bytes) -> Path:
    checked(folder, 'id = "s"')
    document = folder / name
    document.write_bytes(data)
    attach(
        folder / "claim.toml", document, captured="2025-09-20T10:00:00Z", statement="s", url="https://x.org"
    )
    return folder / "claim.toml"


def test_documents_are_kept_by_hash_and_shown_escaped(tmp_path: Path) -> None:
    attached_to(tmp_path, "page.html", HOSTILE.encode())
    attached_to(tmp_path, "map.png", png())
    attached_to(tmp_path, "letter.pdf", b"%PDF-1.4 x")
    attached_to(tmp_path, "<b>.png", b"\x89PNG not a picture <script>")
    claimed = checked(tmp_path, 'id = "s"')
    assert {one.kind for one in claimed.attachments} == {"html", "png", "pdf", "bytes"}
    assert all(one.captured == "2025-09-20T10:00:00Z" and one.sound for one in claimed.attachments)
    page = html.write(claimed).decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("data:image/png") == 1
    assert "<b>.png" not in page
    names = {p.name for p in folder_of(tmp_path / "claim.toml").iterdir()}
    assert all(re.fullmatch(r"[0-9a-f]{64}(\.json)?", name) for name in names)


def test_a_document_that_was_changed_is_found_and_named(tmp_path: Path) -> None:
    path = attached_to(tmp_path, "note.txt", b"what was said")
    (kept,) = (p for p in folder_of(path).iterdir() if not p.suffix)
    for changed in (b"what was sAid", b"", b"what was said "):
        kept.write_bytes(changed)
        claimed = checked(tmp_path, 'id = "s"')
        assert [f.code for f in claimed.findings if f.code.startswith("document")] == ["document-changed"]
        assert kept.name in next(f.source for f in claimed.findings if f.code == "document-changed")
        assert claimed.exit_code == 1
        assert "NOT THE BYTES" in text.write(claimed)
        assert "NOT THE BYTES" in html.write(claimed).decode()


def test_documents_that_are_none_are_named(tmp_path: Path) -> None:
    path = attached_to(tmp_path, "note.txt", b"what was said")
    folder = folder_of(path)
    (folder / "run.sh").write_text("x")
    (folder / ("0" * 64 + ".json")).write_text("{}")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    name = hashlib.sha256(b"secret").hexdigest()
    (folder / name).symlink_to(secret)
    found, said = attached(path)
    assert sorted(f.code for f in said) == [
        "document-missing", "document-not-read", "document-record-missing", "document-unknown",
    ]  # fmt: skip
    assert not next(one for one in found if one.sha256 == name).sound


def test_a_document_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nofly.run.claiming.attachments.MOST_BYTES", 10)
    with pytest.raises(InputError, match="too large"):
        attached_to(tmp_path, "note.txt", b"what was said")


def test_a_picture_that_says_it_is_huge_is_not_shown(tmp_path: Path) -> None:
    attached_to(tmp_path, "bomb.png", png(60_000, 60_000))
    page = html.write(checked(tmp_path, 'id = "s"')).decode()
    assert "data:image" not in page
    assert "Too large to be shown" in page


def test_kinds_are_told_by_the_first_bytes() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x07\x00\x09\x01\x01\x11\x00"
    assert picture_px(jpeg) == (9, 7)
    assert sniff(jpeg) == "jpeg"
    assert sniff(b"plain \xc3\xa9") == "text"
    assert sniff(b"\x00\x01") == "bytes"
    assert sniff(b"\xff\xd8\xff\xff" * 3000) == "bytes"


def test_words_of_a_claim_cannot_steer_page_or_terminal(tmp_path: Path) -> None:
    claimed = checked(tmp_path, 'side = "<script>x</script>\\u001b[2J"\nduration = "17 s"\nlength = "1 km"')
    page, told = html.write(claimed).decode(), text.write(claimed)
    assert "<script" not in page
    assert "\x1b" not in page + told


def test_both_sides_stand_in_one_page_and_one_document(tmp_path: Path) -> None:
    body = (
        f'side = "North"\n{ABOUT}inside = "ever"\n[[statement]]\nwho = "C"\nside = "South"\nsays = "no"\n'
        f'zone = "Z"\n{ABOUT}inside = "never"'
    )
    claimed = checked(tmp_path, body, THROUGH.positions)
    assert [e.verdict for e in claimed.entries] == [Verdict.SUPPORTED, Verdict.CONTRADICTED]
    page = html.write(claimed).decode()
    assert page.count('class="side"') == 2
    document = json.loads(sheet_json.write(claimed))
    assert [s["verdict"] for s in document["statements"]] == ["supported", "contradicted"]
    assert document["format"] == "nofly-claim-sheet/1"
