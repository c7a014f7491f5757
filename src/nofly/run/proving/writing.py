"""Packages of a check written to disk: each infringement into one of its own, or all stays into one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nofly import __version__
from nofly.errors import ConfigError
from nofly.incidents.record import Infringement, Status
from nofly.proof.package import Making
from nofly.proof.packing.container import packed, safe_name
from nofly.proof.packing.custody import Act
from nofly.run.at import instant
from nofly.run.files.atomic import write_whole
from nofly.run.outputs.text import iso_time
from nofly.run.proving import ENDING, recorded
from nofly.run.result import CheckResult
from nofly.store.keys import own_folder, signing_key


@dataclass(frozen=True, slots=True)
class Signing:
    """Who makes packages, when (ISO 8601), and the name or file of the key that signs them."""

    key: str | Path | None = None
    passphrase: bytes | None = None
    made_by: str = ""
    made_at: str | None = None


def evidence(
    result: CheckResult, path: str | Path, signing: Signing, coverage: bool = True
) -> list[Path]:  # fmt: skip
    """Write packages of what :func:`nofly.check` found; see :meth:`nofly.CheckResult.evidence`."""
    if result.inputs is None:
        raise ConfigError("what this result was made of is not known", expected="a result of nofly.check")
    refuse_place(str(path))
    keys = []
    if signing.key is not None:
        keys.append(signing_key(own_folder(), str(signing.key), lambda: signing.passphrase or b""))
    at = None if signing.made_at is None else iso_time(instant(signing.made_at))
    making = Making(__version__, Act("made", signing.made_by, at), keys)
    wanted = recorded.Wanted(making, coverage=coverage)
    return write_packages(result, result.inputs, str(path), wanted)


def refuse_place(path: str) -> None:
    """Raise ConfigError for a place that no package can be written to: it has to be a folder, which need not
    be there, or a ``.zip`` in one that is."""
    place = Path(path)
    if _is_one(path):
        if not place.absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=path)
        if place.is_dir():
            raise ConfigError("a folder is called so", source=path)
    elif place.exists() and not place.is_dir():
        raise ConfigError("not a folder", source=path, expected="a folder, or FILE.zip")


def write_packages(
    result: CheckResult, inputs: recorded.Inputs, path: str, wanted: recorded.Wanted
) -> list[Path]:
    """Write into a folder one package an infringement, or all stays into a ``.zip``; return what was written,
    each whole or not at all. Raises as :func:`nofly.run.proving.recorded.packages`."""
    stays = list(result.infringements)
    if not _is_one(path):
        stays = [stay for stay in stays if stay.status is Status.INFRINGEMENT]
    if not stays:
        return []
    groups: list[list[Infringement]] = [stays] if _is_one(path) else [[stay] for stay in stays]
    places = [Path(path)] if _is_one(path) else [Path(path, _name(stay)) for stay in stays]
    places[0].parent.mkdir(parents=True, exist_ok=True)
    for files, place in zip(recorded.packages(result, groups, inputs, wanted), places, strict=True):
        write_whole(place, packed(files))
    return places


def _is_one(path: str) -> bool:
    return path.lower().endswith(".zip")


def _name(stay: Infringement) -> str:
    """Return the file of a stay: aircraft, zone and id."""
    who, zone = safe_name(stay.icao24 or stay.target_id), safe_name(stay.zone_id)
    return f"{who[:40]}-{zone[:60]}-{stay.id}{ENDING}"
