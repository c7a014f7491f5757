from __future__ import annotations

import pytest

from nofly.errors import ConfigError, SchemaError
from nofly.feeds.columns import convention, plan
from nofly.feeds.options import ArchiveOptions, Column

OPENSKY = [
    "time",
    "icao24",
    "lat",
    "lon",
    "velocity",
    "heading",
    "vertrate",
    "callsign",
    "onground",
    "squawk",
    "baroaltitude",
    "geoaltitude",
    "lastposupdate",
]
TRAFFIC = [
    "timestamp",
    "icao24",
    "callsign",
    "latitude",
    "longitude",
    "altitude",
    "groundspeed",
    "track",
    "vertical_rate",
]


def factors(names: list[str], **options: object) -> dict[str, tuple[str, float]]:
    found = plan(names, ArchiveOptions(**options), "x").readings  # type: ignore[arg-type]
    return {ours: (reading.name, reading.factor) for ours, reading in found.items()}


def codes(names: list[str], **options: object) -> list[str]:
    return [f.code for f in plan(names, ArchiveOptions(**options), "x").findings]  # type: ignore[arg-type]


def test_opensky_is_in_metres() -> None:
    found = factors(OPENSKY)
    assert convention(OPENSKY) == "opensky"
    assert found["alt_std_m"] == ("baroaltitude", 1.0)
    assert found["alt_hae_m"] == ("geoaltitude", 1.0)
    assert found["gs_mps"] == ("velocity", 1.0)
    assert found["vrate_mps"] == ("vertrate", 1.0)
    assert found["position_time"][0] == "lastposupdate"
    assert codes(OPENSKY) == []


def test_traffic_is_in_feet_and_says_so() -> None:
    found = factors(TRAFFIC)
    assert found["alt_std_m"] == ("altitude", 0.3048)
    assert found["gs_mps"] == ("groundspeed", 1852 / 3600)
    assert found["vrate_mps"] == ("vertical_rate", 0.3048 / 60)
    assert codes(TRAFFIC) == ["altitude-datum-assumed", "units-assumed"]
    assert codes(TRAFFIC, altitude_datum="std") == ["units-assumed"]


def test_readsb_words() -> None:
    found = factors(
        [
            "now",
            "hex",
            "lat",
            "lon",
            "alt_baro",
            "alt_geom",
            "gs",
            "track",
            "baro_rate",
            "flight",
            "nac_p",
            "rc",
        ][1:]
        + ["time"]
    )
    assert found["alt_std_m"] == ("alt_baro", 0.3048)
    assert found["icao24"][0] == "hex"
    assert {"nac_p", "rc_m", "callsign"} <= set(found)


def test_the_datum_of_a_plain_altitude_is_the_one_told() -> None:
    assert "alt_amsl_m" in factors(TRAFFIC, altitude_datum="amsl")
    assert factors(["time", "lat", "lon", "alt_m"])["alt_std_m"] == ("alt_m", 1.0)


def test_units_at_the_end_of_a_name() -> None:
    found = factors(["Time", "Lat", "Long", "alt_msl_ft", "speed_kmh", "heading", "vertical_rate_mps"])
    assert found["alt_amsl_m"] == ("alt_msl_ft", 0.3048)
    assert found["gs_mps"] == ("speed_kmh", 1 / 3.6)
    assert found["vrate_mps"] == ("vertical_rate_mps", 1.0)
    assert codes(["Time", "Lat", "Long", "alt_msl_ft", "speed_kmh"]) == []


def test_units_nobody_tells_are_assumed_aloud() -> None:
    assert codes(["time", "lat", "lon", "altitude", "speed", "note"]) == [
        "altitude-datum-assumed", "units-assumed", "columns-ignored",
    ]  # fmt: skip


DRONE = ["time", "target_id", "lat", "lon"]


@pytest.mark.parametrize(
    ("names", "ours", "factor"),
    [
        ([*DRONE, "height", "uas_id"], "alt_std_m", 1.0),
        ([*DRONE, "Height", "Geodetic Altitude"], "alt_std_m", 1.0),
        ([*DRONE, "alt", "OSD.yaw"], "alt_std_m", 1.0),
        (["TimeUS", "NSats", "GCrs", "Lat", "Lng", "Alt"], "alt_std_m", 1.0),
        ([*DRONE, "alt_msl", "takeoff_altitude (m)"], "alt_amsl_m", 1.0),
        ([*DRONE, "alt_msl", "height_above_takeoff(feet)"], "alt_amsl_m", 0.3048),
        ([*DRONE, "altitude", "height_agl_m"], "alt_std_m", 1.0),
        ([*DRONE, "ellipsoid_height"], "alt_hae_m", 1.0),
        (["time", "lat", "lon", "geoaltitude"], "alt_hae_m", 1.0),
        ([*DRONE, "altitude", "speed_kmh"], "alt_std_m", 0.3048),
        (["time", "hex", "lat", "lon", "alt_baro", "height_m"], "alt_std_m", 0.3048),
        ([*TRAFFIC, "takeoff_elevation_m"], "alt_std_m", 0.3048),
    ],
)
def test_what_else_a_table_holds_tells_the_unit_of_its_heights(
    names: list[str], ours: str, factor: float
) -> None:
    assert factors(names)[ours][1] == factor
    assert "height-unit-unknown" not in codes(names)


@pytest.mark.parametrize("name", ["height", "alt_msl", "elevation", "height_agl", "gnss_altitude"])
def test_a_height_whose_unit_nothing_tells_is_unknown(name: str) -> None:
    names = ["time", "hex", "lat", "lon", "gs", name]
    found = plan(names, ArchiveOptions(), "x")
    assert not {"alt_std_m", "alt_amsl_m", "alt_agl_m", "alt_hae_m"} & set(found.readings)
    (said,) = [f for f in found.findings if f.code == "height-unit-unknown"]
    assert f"{name}_m or {name}_ft" in said.message
    contradictory = [*names, "top_height_ft", "low_height_m"]
    assert "height-unit-unknown" in codes(contradictory)
    assert "alt_std_m" in factors([*names, "altitude"])
    mapped = factors(names, columns={name: Column("alt_agl_m", "m")})
    assert mapped["alt_agl_m"] == (name, 1.0)


def test_a_unit_that_another_column_tells_is_said_to_be_assumed() -> None:
    found = plan([*DRONE, "height", "top_height_m"], ArchiveOptions(altitude_datum="agl"), "x")
    (said,) = [f.message for f in found.findings if f.code == "units-assumed"]
    assert said == "units are not stated; assumed: height in m (as top_height_m is)"


def test_speeds_in_the_logs_of_drones_are_in_metres_a_second() -> None:
    found = plan([*DRONE, "height", "speed", "vertical_speed", "uas_id"], ArchiveOptions(), "x")
    assert (found.readings["gs_mps"].factor, found.readings["vrate_mps"].factor) == (1.0, 1.0)
    (said,) = [f.message for f in found.findings if f.code == "units-assumed"]
    assert "speed in m/s (as in Remote ID)" in said
    assert factors([*DRONE, "speed", "top_height_m"])["gs_mps"] == ("speed", 1852 / 3600)


def test_a_mapping_goes_before_a_name() -> None:
    columns = {"altitude": Column("alt_hae_m", "m"), "x": Column("callsign")}
    found = factors([*TRAFFIC, "x"], columns=columns)
    assert found["alt_hae_m"] == ("altitude", 1.0)
    assert found["callsign"] == ("x", 1.0)


def test_a_named_datum_goes_before_a_plain_altitude() -> None:
    assert factors([*TRAFFIC, "baroaltitude"])["alt_std_m"][0] == "baroaltitude"
    assert factors(["baroaltitude", *TRAFFIC])["alt_std_m"][0] == "baroaltitude"


def test_a_table_without_place_is_refused() -> None:
    with pytest.raises(SchemaError, match="lat_deg, lon_deg"):
        plan(["time", "a"], ArchiveOptions(), "x")


def test_a_mapping_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="'nope'"):
        plan(TRAFFIC, ArchiveOptions(columns={"nope": Column("callsign")}), "x")


@pytest.mark.parametrize(
    "options",
    [
        {"altitude_datum": "qfe"},
        {"time_zone": "Europe/Nowhere"},
        {"columns": {"a": Column("b")}},
        {"columns": {"a": Column("alt_std_m", "kt")}},
        {"batch_rows": 0},
        {"columns": {"a": Column("callsign", "m")}},
        {"time_zone": "../../etc/passwd"},
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ArchiveOptions(**options)  # type: ignore[arg-type]
