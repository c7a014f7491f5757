"""A zone as it is published: in the formats that others read, and as the text of NOTAMs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from nofly import plugins
from nofly.errors import InputError
from nofly.run.deciding.notam import Heading, notams
from nofly.run.files.atomic import write_whole
from nofly.run.files.zonewriting import KIND
from nofly.zones.decisions import Procedure
from nofly.zones.model import Authority, Zone

FILES = {
    "geojson": "zone.geojson", "ed269": "zone.ed269.json", "ed318": "zone.ed318.json",
    "openair": "zone.openair", "kml": "zone.kml",
}  # fmt: skip
"""Format → the file it is written to."""
NOTAM_FILE = "notam.txt"


@dataclass(frozen=True, slots=True)
class Publication:
    """What a zone becomes: file → bytes, and for the others why they cannot say it."""

    files: dict[str, bytes]
    unsaid: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write the files, each whole or not at all. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            write_whole(folder / name, data)


def publication(one: Procedure, heading: Heading | None) -> Publication:
    """Return how the zone of a request that is law is published; the NOTAM where its heading is given.

    Where the zone names nobody to ask, the authority that decided is named. Raises InputError where the
    request is no law, or the heading is none.
    """
    zone = one.law
    if zone is None:
        raise InputError(
            f"request {one.request.id!r} is {one.phase.value}: it is no law",
            expected="one that was promulgated",
        )
    if not zone.authorities:
        zone = replace(zone, authorities=(Authority(name=one.request.authority, purpose="INFORMATION"),))
    files: dict[str, bytes] = {}
    unsaid: dict[str, str] = {}
    for name, file in FILES.items():
        try:
            files[file] = plugins.load(KIND, name).write([zone])
        except InputError as error:
            unsaid[file] = str(error)
    if heading is not None:
        _put_notam(zone, heading, files, unsaid)
    return Publication(files, unsaid)


def _put_notam(zone: Zone, heading: Heading, files: dict[str, bytes], unsaid: dict[str, str]) -> None:
    try:
        files[NOTAM_FILE] = "\n".join(notams(zone, heading)).encode("ascii")
    except InputError as error:
        unsaid[NOTAM_FILE] = str(error)
