"""Claims kept by a server: a folder of theirs, in it one folder each, with ``claim.toml``, its zone files,
``claim.sources`` (documents) and perhaps ``tracks``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nofly.errors import InputError
from nofly.proof.claiming.claim_file import MOST_BYTES, parse
from nofly.proof.claims import ClaimFile
from nofly.run.claiming.checking import read_claim
from nofly.run.files.atomic import write_whole

FILE, TRACKS = "claim.toml", "tracks"
MOST_CLAIMS, MOST_ZONE_FILES = 500, 20
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ZONE_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(geojson|json|txt|air|openair|kml|kmz)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A claim that is kept; ``wrong`` says what is the matter with a file that cannot be read."""

    name: str
    claim: ClaimFile | None
    wrong: str = ""


def kept_claims(folder: Path) -> list[Kept]:
    """Return the claims in a folder by name, the first :data:`MOST_CLAIMS`."""
    if not folder.is_dir():
        return []
    names = sorted(p.name for p in folder.iterdir() if _NAME.fullmatch(p.name) and (p / FILE).is_file())
    found = []
    for name in names[:MOST_CLAIMS]:
        try:
            found.append(Kept(name, read_claim(folder / name / FILE)))
        except InputError as error:
            found.append(Kept(name, None, error.message))
    return found


def claim_path(folder: Path, name: str, *, there: bool = True) -> Path:
    """Return the claim file of a name. Raises InputError where the name is none, or nothing is there and
    something has to be."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a claim", expected="a to z, 0 to 9 and -, at most 64 characters"
        )
    path = folder / name / FILE
    if there and not path.is_file():
        raise InputError(f"there is no claim {name!r}")
    return path


def keep_claim(folder: Path, name: str, data: bytes) -> ClaimFile:
    """Keep a claim file, in place of one of that name, and return it. Raises InputError where it cannot be
    read or names zone files elsewhere, OSError where it cannot be kept."""
    path = claim_path(folder, name, there=False)
    if len(data) > MOST_BYTES:
        raise InputError("too large", source=FILE, expected=f"{MOST_BYTES:,} bytes at most")
    try:
        claim = parse(data.decode("utf-8"), FILE)
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", source=FILE, expected="TOML in UTF-8") from error
    for k, file in enumerate(claim.zones):
        _require_zone_file(file, f"zones.files[{k}]")
    if not path.is_file() and folder.is_dir() and sum(1 for _ in folder.iterdir()) >= MOST_CLAIMS:
        raise InputError("too many claims", source=str(folder), expected=f"{MOST_CLAIMS} at most")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
    return claim


def keep_zones(folder: Path, name: str, file: str, data: bytes) -> None:
    """Keep a zone file beside a claim, in place of one of that name. Raises InputError for a name that is
    none, where there is no claim or there are too many, OSError where it cannot be kept."""
    _require_zone_file(file, "file")
    beside = claim_path(folder, name).parent
    others = [p for p in beside.iterdir() if _ZONE_FILE.fullmatch(p.name) and p.name != file]
    if len(others) >= MOST_ZONE_FILES:
        raise InputError("too many zone files", source=name, expected=f"{MOST_ZONE_FILES} at most")
    write_whole(beside / file, data)


def require_beside(claim: ClaimFile, folder: Path) -> None:
    """Raise InputError for a zone file that does not lie in the folder of the claim."""
    inside = folder.resolve()
    for k, file in enumerate(claim.zones):
        if inside not in (folder / file).resolve().parents:
            raise InputError(
                f"{file!r} is not beside the claim", source=claim.source, locator=f"zones.files[{k}]",
                expected="a file in its folder",
            )  # fmt: skip


def _require_zone_file(file: str, where: str) -> None:
    if not _ZONE_FILE.fullmatch(file):
        raise InputError(
            f"{file!r} is no name of a zone file", locator=where,
            expected="a plain name with .geojson, .json, .txt, .air, .openair, .kml or .kmz",
        )  # fmt: skip
