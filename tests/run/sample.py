"""A result made by hand: every status, every certainty, hostile names, the antimeridian."""

from __future__ import annotations

from typing import Any

import numpy as np

from nofly.errors import Finding, Severity
from nofly.incidents.record import Cause, Certainty, Infringement, Status
from nofly.run.result import CheckResult, Gap
from nofly.schema import Coded, Positions, concatenate
from nofly.zones.model import Circle, Datum, Limit, Polygon, Restriction, Volume, Zone

START_US = 1_533_115_445_000_000
"""2018-08-01 09:24:05 Z."""

SQUARE = Zone(
    "LS-R7",
    "GRIMSEL",
    (
        Volume(
            Polygon(((46.5, 8.0), (46.5, 8.4), (46.8, 8.4), (46.8, 8.0))),
            Limit(3048.0, Datum.STD, "FL100"),
            Limit(6096.0, Datum.STD, "FL200"),
        ),
    ),
    kind="R",
    edition=3,
)
ROUND = Zone(
    "LS-P1",
    "<b>BERN</b> \x1b[31m& $x$",
    (Volume(Circle((46.95, 7.45), 5000.0), None, Limit(1066.8, Datum.AMSL, "3500ft AMSL")),),
    Restriction.REQ_AUTHORISATION,
)
PACIFIC = Zone(
    "NZ-1",
    "DATELINE",
    (Volume(Polygon(((-20.0, 179.0), (-20.0, -179.0), (-18.0, -179.0), (-18.0, 179.0)))),),
)


def stay(zone: Zone, target: str, start_us: int, seconds: float, **changes: Any) -> Infringement:
    values: dict[str, Any] = {
        "id": f"{abs(hash((zone.id, target, start_us))):016x}"[:16],
        "zone_id": zone.id,
        "zone_name": zone.name,
        "zone_hash": zone.zone_hash,
        "zone_edition": zone.edition,
        "target_id": f"icao24:{target}",
        "icao24": target,
        "callsign": "SWR123",
        "status": Status.INFRINGEMENT,
        "certainty": Certainty.CONFIRMED,
        "cause": Cause.MOVED,
        "exit_cause": Cause.MOVED,
        "entry_time_us": start_us,
        "exit_time_us": start_us + int(seconds * 1e6),
        "entry_lat_deg": 46.5,
        "entry_lon_deg": 8.2,
        "exit_lat_deg": 46.52,
        "exit_lon_deg": 8.2,
        "duration_s": seconds,
        "duration_low_s": seconds - 8,
        "duration_high_s": seconds + 7,
        "depth_m": 1389.0,
        "depth_err_m": 370.4,
        "lower_margin_m": 1000.0,
        "upper_margin_m": 305.0,
        "height_m": 5791.2,
        "height_datum": "STD",
        "reports": 3,
        "longest_gap_s": 6.0,
    }
    return Infringement(**{**values, **changes})


def track(
    target: str, start_us: int, points: list[tuple[float, float]], step_s: float, alt_m: float
) -> Positions:
    n = len(points)
    lat, lon = np.array(points).T
    alt = alt_m + 30.0 * np.sin(np.arange(n) / 4.0)
    return Positions(
        start_us + (np.arange(n) * step_s * 1e6).astype(np.int64),
        Coded.from_list([f"icao24:{target}"] * n),
        lat,
        lon,
        {"alt_std_m": alt, "alt_err_m": np.full(n, 45.0), "pos_err_m": np.full(n, 93.0)},
    )


def sample() -> CheckResult:
    north = [(46.40 + 0.0012 * k, 8.2 + 0.0002 * k) for k in range(300)]
    bern = [(46.88 + 0.0006 * k, 7.36 + 0.0010 * k) for k in range(200)]
    east = [(-19.0, ((178.0 + 0.02 * k + 180.0) % 360.0) - 180.0) for k in range(160)]
    tracks = concatenate(
        [
            track("4ca7b3", START_US - 50_000_000, north, 0.6, 5791.2),
            track("4b1800", START_US, bern, 2.0, 900.0),
            track("c81e1a", START_US + 3_600_000_000, east, 10.0, 10668.0),
        ]
    )
    stays = (
        stay(SQUARE, "4ca7b3", START_US, 150, id="00000000000000a1", exit_lat_deg=46.76, exit_lon_deg=8.26),
        stay(
            ROUND,
            "4b1800",
            START_US + 70_000_000,
            224,
            id="00000000000000b2",
            callsign=None,
            certainty=Certainty.UNDETERMINED,
            lower_margin_m=None,
            upper_margin_m=None,
            height_m=900.0,
            entry_lat_deg=46.909,
            entry_lon_deg=7.41,
            exit_lat_deg=46.98,
            exit_lon_deg=7.507,
            reasons=("the ceiling 3500ft AMSL cannot be compared with a pressure altitude without QNH",),
        ),
        stay(
            PACIFIC,
            "c81e1a",
            START_US + 4_100_000_000,
            1000,
            id="00000000000000c3",
            callsign="=HYPERLINK(1)",
            status=Status.EXEMPT,
            entry_lat_deg=-19.0,
            entry_lon_deg=179.0,
            exit_lat_deg=-19.0,
            exit_lon_deg=-179.0,
            depth_m=105_000.0,
            depth_err_m=93.0,
            height_m=10668.0,
            reasons=("exempt: state aircraft (list military)",),
        ),
        stay(
            SQUARE,
            "abcdef",
            START_US + 9_000_000_000,
            1800,
            id="00000000000000d4",
            status=Status.SUSPECT,
            certainty=Certainty.PROBABLE,
            cause=Cause.DATA_RESUMED,
            exit_cause=Cause.DATA_LOST,
            callsign="SPOOF\x07",
            findings=("position jumped 80 NM in 5 s",),
            depth_m=None,
            depth_err_m=None,
            height_m=None,
            height_datum=None,
            lower_margin_m=None,
            upper_margin_m=None,
        ),
    )
    return CheckResult(
        zones=(SQUARE, ROUND, PACIFIC),
        report_count=660,
        target_count=3,
        span_us=(START_US - 50_000_000, START_US + 9_000_000_000),
        findings=tuple(
            Finding("altitude-datum", Severity.WARNING, "no datum given, 1013.25 taken", "a.csv", f"line {k}")
            for k in range(9)
        ),
        infringements=stays,
        tracks=tracks,
        gaps=(Gap("icao24:4ca7b3", START_US + 10**9, START_US + 2 * 10**9),),
    )
