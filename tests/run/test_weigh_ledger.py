"""weigh_ledger: files, zones and traffic to a table; and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from nofly.errors import InputError
from nofly.run.files.zonefiles import read_zones
from nofly.run.weighing.area import area_km2
from nofly.run.weighing.ledger import weigh_ledger

ZONES = """{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Polygon",
"coordinates": [[[8, 46], [9, 46], [9, 47], [8, 47], [8, 46]]]}, "properties": {"id": "Z", "name": "Z",
"restriction": "PROHIBITED", "lower": "GND", "upper": "UNL", "edges": "GEODESIC",
"rule": {"exempt": [{"who": [{"kind": "state", "values": ["CHE"]}], "reason": "own"}]}}}]}"""
LEDGER: dict[str, Any] = {
    "format": "nofly-ledger/1",
    "title": "A zone",
    "party": [
        {"name": "North", "who": [{"kind": "state", "values": ["CHE"]}], "hours_a_day": [6, 12, 18],
         "aircraft": 2},
        {"name": "South", "who": [{"kind": "callsign", "values": ["DLH*"]}],
         "hours_a_day": {"low": 2, "likely": 4, "high": 8, "source": "given"}, "aircraft": [1, 2, 3]},
    ],
    "enforcement": {"level": "warn", "by": "North", "over": ["Z-land"],
                    "consent": [{"party": "Z-land", "answer": "yes", "source": "a letter"}]},
    "patrol": {"stations": 3, "aircraft_per_station": 8, "cycle_h": 1, "on_station_h": 1,
               "readiness": [0.4, 0.5, 0.8]},
}  # fmt: skip


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    path = tmp_path / "zones.geojson"
    path.write_text(ZONES, encoding="utf-8")
    return path


def flights(tmp_path: Path, rows: list[tuple[str, str, str, float]]) -> Path:
    """Reports a minute apart, from hour to hour, inside the zone: address, callsign, hours, height."""
    lines = ["time,icao24,callsign,lat,lon,altitude"]
    for icao24, callsign, hours, height_ft in rows:
        first, last = (int(part) for part in hours.split("-"))
        for minute in range(first, last + 1):
            clock = f"2024-05-01T{minute // 60:02d}:{minute % 60:02d}:00Z"
            lat = 46.3 + 0.4 * (minute - first) / max(1, last - first)
            lines.append(f"{clock},{icao24},{callsign},{lat:.5f},8.5,{height_ft:.0f}")
    path = tmp_path / "flights.csv"
    head, *body = lines
    path.write_text("\n".join([head, *sorted(body)]) + "\n", encoding="utf-8")
    return path


def test_given_hours_and_patrols_come_out_as_ranges() -> None:
    table = weigh_ledger(LEDGER)
    told = table.as_json()
    shared = {one["name"]: one for one in told["shared"]}
    assert [shared["shared:North:South"][end] for end in ("low", "likely", "high")] == [0, 2, 8]
    assert [shared["pairs:North:South"][end] for end in ("low", "likely", "high")] == [0, 8, 48]
    patrol = {one["name"]: one for one in told["patrol"]}
    assert [patrol["aircraft_needed"][end] for end in ("low", "likely", "high")] == [30, 48, 60]
    assert [one["input"] for one in patrol["aircraft_needed"]["sensitivity"]] == ["readiness"]
    assert [act["act"] for act in told["enforcement"]["acts"]] == ["identify", "warn"]
    assert {one["party"]: one["answer"] for one in told["enforcement"]["acts"][0]["consents"]} == {
        "North": "not said", "Z-land": "yes",
    }  # fmt: skip
    assert {one["name"]: one["source"] for one in told["inputs"]}["hours:South"] == "given"
    assert "no number for escalation" in told["no_score"]


def test_every_way_to_tell_it_says_that_there_is_no_score_and_holds_no_script() -> None:
    table = weigh_ledger(LEDGER)
    for told in (table.text(), table.html(), table.page().decode()):
        assert "There is no number for escalation here" in told
        assert "100,420" in told
        assert "<script" not in told
    assert table.html().count("<svg") == 3
    assert "default-src &" not in table.page().decode()


def test_names_cannot_break_the_page() -> None:
    given = copy.deepcopy(LEDGER)
    given["party"][0]["name"] = "<b>\x1b[31m"
    page = weigh_ledger(given).page().decode()
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "&lt;b&gt;" in page


def test_traffic_tells_whose_aircraft_shared_the_zone(tmp_path: Path, zones: Path) -> None:
    # 4b… is Swiss. Between 10:20 and 10:30 both are inside; one without a callsign may be the other's.
    traffic = flights(
        tmp_path,
        [("4b1801", "SWR1", "600-630", 30_000.0), ("3c6501", "DLH2", "620-640", 30_000.0),
         ("3c6502", "", "600-610", 30_000.0), ("3c6503", "BAW3", "600-630", 30_000.0)],
    )  # fmt: skip
    table = weigh_ledger(LEDGER, read_zones([str(zones)]).zones, [traffic])
    (pair,) = table.weighed.recorded
    low_h, likely_h, high_h = pair.shared_h.ends
    assert likely_h == pytest.approx(10 / 60, abs=1e-6)
    assert low_h == pytest.approx(likely_h)
    assert high_h == pytest.approx(20 / 60, abs=1e-6)
    assert pair.by_hour_h[10] == pytest.approx(likely_h)
    assert "may have been more" in table.text()
    swapped = {**LEDGER, "party": LEDGER["party"][::-1]}
    (other,) = weigh_ledger(swapped, read_zones([str(zones)]).zones, [traffic]).weighed.recorded
    assert (other.shared_h, other.pair_h, other.by_hour_h) == (pair.shared_h, pair.pair_h, pair.by_hour_h)


def test_the_zones_of_the_file_give_the_area(tmp_path: Path, zones: Path) -> None:
    given = copy.deepcopy(LEDGER)
    del given["patrol"]["stations"]
    given["patrol"]["area_per_station_km2"] = [1_000, 4_000, 10_000]
    law = read_zones([str(zones)]).zones
    table = weigh_ledger(given, law)
    found = {one["name"]: one for one in table.as_json()["inputs"]}["area_km2"]
    assert found["low"] == found["high"] == pytest.approx(area_km2(law))
    # One degree by one degree at 46.5° N: 111.2 km by 76.7 km.
    assert area_km2(law) == pytest.approx(111.17 * 76.7, rel=0.002)
    assert "footprints of Z" in found["source"]
    assert area_km2([*law, *law]) == area_km2(law)


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"weapons": 1}, "weapons", "nothing about weapons or engagement"),
        ({"patrol": {"missiles_per_aircraft": 4}}, "patrol.missiles_per_aircraft", "refused are aim,"),
        ({"party": [{"name": "A", "engagement_range_km": 3}]}, "party[0].engagement_range_km", "weapons"),
        ({"escalation_risk": 0.3}, "escalation_risk", "prints no number for escalation"),
        ({"sharing": {"probability": 0.3}}, "sharing.probability", "no count says what another state"),
        ({"enforcement": {"level": "shoot down"}}, "enforcement.level", "nothing about weapons"),
        ({"enforcement": {"level": "engage"}}, "enforcement.level", "nothing about weapons"),
        ({"enforcement": {"level": "patrol"}}, "enforcement.level", "identify, warn, escort, intercept"),
        ({"patrol": {"readines": 1}}, "patrol.readines", "perhaps readiness"),
        ({"patrol": {"readiness": 1.2}}, "patrol.readiness", "from 0 to 1"),
        ({"patrol": {"readiness": [0.5, 0.4, 0.6]}}, "patrol.readiness", "low ≤ likely ≤ high"),
        ({"patrol": {"readiness": [0.5, 0.6]}}, "patrol.readiness", "[low, likely, high]"),
        ({"patrol": {"readiness": 0}}, "patrol.readiness", "from 0 to 1"),
        ({"patrol": {"on_station_h": float("nan")}}, "patrol.on_station_h", "a number"),
        ({"patrol": {"cycle_h": 1, "on_station_h": 2}}, "patrol.cycle_h", "a longer time"),
        ({"patrol": {"stations": 1, "area_per_station_km2": 2}}, "area_per_station_km2", "one of the two"),
        ({"party": [{"name": "A", "hours_a_day": 25}]}, "party[0].hours_a_day", "from 0 to 24"),
        ({"party": [{"name": "A"}, {"name": "A"}]}, "party[1].name", "each party once"),
        ({"party": [{"name": "A", "who": [{"kind": "state", "values": ["Swiss"]}]}]}, "who[0]", "three"),
        ({"precedent": [{"name": "x", "counted": "y", "count": 3}]}, "precedent[0].source", "a text"),
        ({"format": "nofly-ledger/2"}, "format", "nofly-ledger/1"),
        ({"title": ""}, "title", "a text"),
    ],
)  # fmt: skip
def test_what_cannot_be_weighed_is_refused_with_a_sentence(
    change: dict[str, Any], where: str, said: str
) -> None:
    with pytest.raises(InputError) as error:
        weigh_ledger({**LEDGER, **change})
    assert where in str(error.value)
    assert said in str(error.value)


def test_traffic_without_zones_or_parties_is_refused(tmp_path: Path, zones: Path) -> None:
    with pytest.raises(InputError, match="without a zone"):
        weigh_ledger(LEDGER, None, ["flights.csv"])
    with pytest.raises(InputError, match="no two parties"):
        weigh_ledger({**LEDGER, "party": []}, read_zones([str(zones)]).zones, ["flights.csv"])


@pytest.mark.parametrize("data", [b"\xff", b"x = ", b"[" * 10_000, b"a." * 9_000 + b"b = 1", b""])
def test_what_is_no_ledger_file_raises_an_input_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "ledger.toml"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"ledger\.toml"):
        weigh_ledger(path)
