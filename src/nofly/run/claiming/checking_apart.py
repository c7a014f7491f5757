"""A claim that is kept, checked in a process of its own, within bounds of memory and time: what strangers
wrote is read there, thousands of paths are tried, and whoever serves pages goes on serving."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nofly.errors import InputError, NoflyError
from nofly.run.apart import DRAWING, Bounds, answer_of, bound
from nofly.zones.model import Zone, canonical_json
from nofly.zones.sentence import Words, taken_apart

BOUNDS = Bounds()
EXCERPT_CHARACTERS = 4_000


class CheckedApart(msgspec.Struct):
    """The sheet as plain values (:mod:`nofly.run.claiming.json`), the zones in their canonical form, of each
    document its beginning where it is a text or a page, and the sheet as a page that stands alone.
    ``watched``: its tracks are those of the watch; ``whole`` false: there were more than were looked at.
    ``words``: what the sentences of the sheet are made of, by the sentence."""

    sheet: dict[str, Any] = {}
    zones: list[str] = []
    excerpts: dict[str, str] = {}
    page: str = ""
    watched: bool = False
    whole: bool = True
    error: tuple[str, str, str] | None = None
    words: dict[str, Words] = {}


def checked_apart(
    path: Path, state: Path, known: Sequence[Zone], qnh_hpa: float | None = None
) -> CheckedApart:
    """Return the claim of a file checked; ``known`` are zones that it may name besides its own, ``state`` the
    folder of a watch, whose positions are its tracks where it has none of its own, ``qnh_hpa`` the QNH by
    which pressure heights are told as heights above the sea.

    Raises InputError where it cannot be, or not within the bounds.
    """
    given = msgspec.json.encode([canonical_json(zone) for zone in known])
    module = "nofly.run.claiming.checking_apart"
    qnh = "" if qnh_hpa is None else f"{qnh_hpa:g}"
    arguments: list[str | Path] = [path.absolute(), state.absolute(), qnh]
    said = answer_of(module, arguments, given, CheckedApart, BOUNDS, knows=DRAWING)
    if said is None:
        raise InputError(
            "the claim could not be checked within bounds",
            expected=f"one that takes {BOUNDS.words}; nofly claim check has none",
        )
    if said.error is not None:
        message, locator, expected = said.error
        raise InputError(message, locator=locator, expected=expected)
    return said


def _checked(path: Path, state: Path, known: list[Zone], qnh: str) -> CheckedApart:
    from nofly.run.check import CheckOptions
    from nofly.run.claiming.checking import check_claim, read_claim
    from nofly.run.claiming.html import write
    from nofly.run.claiming.json import document
    from nofly.run.claiming.kept import TRACKS, require_beside
    from nofly.run.claiming.watched import Watched
    from nofly.run.files.trackfiles import TrackBatch, read_batches

    claim = read_claim(path)
    require_beside(claim, path.parent)
    own = path.parent / TRACKS
    seen = Watched(state, claim)

    def again() -> Iterator[TrackBatch]:
        return read_batches([own]) if own.is_dir() else seen.batches()

    tracks = own.is_dir() or seen.any()
    claimed = check_claim(
        path, known=known, batches=again() if tracks else None, again=again if tracks else None,
        options=CheckOptions(qnh=(qnh,) if qnh else ()),
    )  # fmt: skip
    watched = tracks and not own.is_dir()
    sheet, words = taken_apart(document(claimed))
    return CheckedApart(
        sheet, [canonical_json(zone) for zone in claimed.zones], _excerpts(claimed.attachments),
        write(claimed).decode(), watched, not watched or seen.whole, words=words,
    )  # fmt: skip


def _excerpts(attachments: Sequence[Any]) -> dict[str, str]:
    from nofly.run.claiming.attachments import document as bytes_of
    from nofly.run.outputs.text import printable

    found = {}
    for one in attachments:
        if one.sound and one.kind in ("text", "html"):
            text = bytes_of(one, 4 * EXCERPT_CHARACTERS).decode("utf-8", "replace")[:EXCERPT_CHARACTERS]
            found[one.sha256] = "\n".join(map(printable, text.splitlines()))
    return found


def _main(path: str, state: str, qnh: str) -> None:
    from nofly.zones.reading import zone_from

    bound(BOUNDS)
    known = [zone_from(text) for text in msgspec.json.decode(sys.stdin.buffer.read(), type=list[str])]
    try:
        said = _checked(Path(path), Path(state), known, qnh)
    except InputError as error:
        said = CheckedApart(error=(error.message, error.locator, error.expected))
    except NoflyError as error:
        said = CheckedApart(error=(str(error), "", ""))
    except (MemoryError, RecursionError):
        said = CheckedApart(error=("the claim needs too much memory", "", ""))
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    _main(*sys.argv[1:4])
