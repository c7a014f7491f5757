"""The sentences say what the record says, in a pilot's words."""

from __future__ import annotations

import dataclasses

import pytest

from nofly.errors import ConfigError, UnresolvedError
from nofly.incidents.judge import DID_NOT_FLY, PARTLY, RESTRICTS_NOTHING
from nofly.incidents.record import Cause, Certainty, Side, Status
from nofly.run.at import instant
from nofly.run.outputs.explain import explain, headline, sentences
from nofly.run.outputs.table import cells
from nofly.run.result import CheckResult
from nofly.zones.model import Restriction


def test_the_first_sentence(result: CheckResult) -> None:
    stay = dataclasses.replace(
        result.infringements[0], duration_s=17.0, duration_low_s=9.0, duration_high_s=24.0, zone_name="LS-R7"
    )
    assert headline(result, stay) == (
        "4ca7b3 (SWR123) was inside LS-R7 for 17 s (95 %: 9–24 s), at most 0.75 ± 0.20 NM deep, FL190, "
        "from 2018-08-01 09:24:05 Z; exempt: none; longest gap 6 s; law: edition 3 in force."
    )


def test_what_does_not_count_says_so_first(result: CheckResult) -> None:
    for status in (Status.EXEMPT, Status.CLEARED, Status.SUSPECT):
        stay = dataclasses.replace(result.infringements[0], status=status)
        assert headline(result, stay).startswith("Does not count, ")
        assert "exempt: none" not in headline(result, stay)


@pytest.mark.parametrize(
    ("reason", "said"),
    [(DID_NOT_FLY, "the aircraft did not fly"), (RESTRICTS_NOTHING, "the zone restricts nothing")],
)
def test_whoever_is_on_the_ground_is_not_said_to_be_exempt_by_a_rule(
    result: CheckResult, reason: str, said: str
) -> None:
    told = (reason, "The zone applies to everybody.")
    stay = dataclasses.replace(result.infringements[0], status=Status.EXEMPT, reasons=told)
    assert headline(result, stay).startswith(f"Does not count, {said}: ")


def test_undetermined_is_neither_accusation_nor_all_clear(result: CheckResult) -> None:
    text = sentences(result, result.infringements[1])
    assert text.startswith("It cannot be told whether 4b1800 was inside")
    assert "not an all-clear and not an accusation" in text
    assert "without QNH" in text


def test_every_cause_and_certainty_has_words(result: CheckResult) -> None:
    for entry in Cause:
        for leave in Cause:
            for certainty in Certainty:
                stay = dataclasses.replace(
                    result.infringements[0], cause=entry, exit_cause=leave, certainty=certainty
                )
                text = sentences(result, stay)
                assert "{" not in text
                assert all(line[0].isupper() or line[0].isdigit() for line in text.splitlines())


def test_an_absence_from_a_keep_in_zone(result: CheckResult) -> None:
    zone = dataclasses.replace(result.zones[0], restriction=Restriction.KEEP_IN)
    turned = dataclasses.replace(result, zones=(zone, *result.zones[1:]))
    away = dataclasses.replace(
        result.infringements[0], side=Side.OUTSIDE, lower_margin_m=3000.0, upper_margin_m=-152.4
    )
    text = sentences(turned, away)
    assert "was outside LS-R7 GRIMSEL, which it must not leave, for" in text
    assert "at most 0.75 ± 0.20 NM beyond its boundary and 500 ft above the ceiling, FL190" in text
    assert "crossed the boundary outwards at 46°30.00′ N" in text
    assert "It was at most 500 ft above the ceiling (FL200)." in text
    assert "lies outside by more than its own 95 % error, in place or in height" in text
    assert "3 reports outside" in text
    assert "inside" not in text
    within = sentences(turned, dataclasses.replace(away, upper_margin_m=10.0))
    assert "above the floor and below the ceiling all the time" in within


def test_every_cause_of_an_absence_has_words(result: CheckResult) -> None:
    for entry in Cause:
        for leave in Cause:
            for certainty in Certainty:
                away = dataclasses.replace(
                    result.infringements[0],
                    cause=entry, exit_cause=leave, certainty=certainty, side=Side.OUTSIDE,
                )  # fmt: skip
                text = sentences(result, away)
                assert "{" not in text
                assert "inside" not in text
                assert all(line[0].isupper() or line[0].isdigit() for line in text.splitlines())


def test_a_stay_is_found_by_the_first_digits_of_its_id(result: CheckResult) -> None:
    assert explain(result, "00000000000000a1").startswith("4ca7b3")
    assert explain(result, "all").count("judged by edition") == 4
    with pytest.raises(UnresolvedError, match="more than one"):
        explain(result, "0000")
    with pytest.raises(UnresolvedError, match="no stay"):
        explain(result, "ffff")
    with pytest.raises(UnresolvedError):
        explain(result, "")


def test_nobody_inside(nobody: CheckResult) -> None:
    assert explain(nobody, "all") == "Nobody was inside a zone."
    kept = tuple(dataclasses.replace(z, restriction=Restriction.KEEP_IN) for z in nobody.zones)
    all_kept = dataclasses.replace(nobody, zones=kept)
    assert explain(all_kept, "all") == "Nobody left a zone that must not be left."
    mixed = explain(dataclasses.replace(nobody, zones=(*kept[:1], *nobody.zones)), "all")
    assert mixed == "Nobody was inside a zone, nor left a zone that must not be left."
    unseen = dataclasses.replace(nobody, report_count=0)
    assert explain(unseen, "all") == "No reports: nothing can be said."


def test_at_keeps_the_stays_that_hold_the_instant(result: CheckResult) -> None:
    first = result.infringements[0]
    assert [s.id for s in result.at("2018-08-01T09:24:05Z").infringements] == [first.id]
    assert first.id not in [s.id for s in result.at("2018-08-01T11:26:35+02:00").infringements]
    later = result.at("2019-01-01T00:00:00Z")
    assert later.exit_code == 3
    assert later.findings[-1].code == "no-reports-then"
    assert len(result.at("2018-08-01T09:50:00Z").gaps) == 1


def test_an_instant_needs_a_zone() -> None:
    assert instant("1970-01-01T00:00:01.5Z") == 1_500_000
    assert instant("1970-01-01T01:00:00+01:00") == 0
    for text in ("2022-03-04T12:00:00", "noon", "2022-13-01T00:00:00Z", ""):
        with pytest.raises(ConfigError):
            instant(text)


@pytest.mark.parametrize(
    "text",
    ["2021-10-07", " 2021-10-07Z", "20211007", "2021-10-07z", "2021-10-07+02:00", "2021-10-07T12",
     "2021-W40-4", "2021-W40-4Z", "2021-10-07T12:00:00"],
)  # fmt: skip
def test_what_is_expected_instead_of_a_time_is_one(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        instant(text)
    instant(refused.value.expected.split()[0])


@pytest.mark.parametrize("text", ["2021-10-07", "2021-10-07Z", "20211007", "2021-10-07+00:00"])
def test_a_day_begins_at_midnight(text: str) -> None:
    assert instant(text, day=True) == instant("2021-10-07T00:00:00Z")
    assert instant("2021-10-07+02:00", day=True) == instant("2021-10-06T22:00:00Z")
    for wrong in ("2021-13-07", "2021-02-29Z", "2021-10", "2021-10-07T12:00:00", "٢٠٢١-10-07"):
        with pytest.raises(ConfigError):
            instant(wrong, day=True)


def test_a_zone_without_limits_holds_at_any_height(result: CheckResult) -> None:
    volumes = tuple(dataclasses.replace(v, lower=None, upper=None) for v in result.zones[0].volumes)
    unlimited = dataclasses.replace(result, zones=(dataclasses.replace(result.zones[0], volumes=volumes),))
    stay = dataclasses.replace(
        result.infringements[0], height_m=None, height_datum=None, lower_margin_m=None, upper_margin_m=None
    )
    text = sentences(unlimited, stay)
    assert "The zone has neither floor nor ceiling: it holds at any height." in text
    assert "not known" not in text
    assert "height" not in headline(unlimited, stay)


def test_the_table_says_of_an_exact_height_what_the_sentences_say(result: CheckResult) -> None:
    stay = dataclasses.replace(
        result.infringements[0], height_m=None, height_datum=None, lower_margin_m=None, upper_margin_m=None
    )
    assert stay.certainty is Certainty.CONFIRMED
    assert cells(stay)[-1] == "within limits"
    assert "height within the limits" in headline(result, stay)
    doubtful = dataclasses.replace(stay, certainty=Certainty.UNDETERMINED)
    assert cells(doubtful)[-1] == "unknown"
    assert "inside, by place alone, entry" in sentences(result, doubtful)


def test_a_height_unknown_for_a_part_of_the_time_is_not_called_within_the_limits(result: CheckResult) -> None:
    stay = dataclasses.replace(
        result.infringements[0], height_m=None, height_datum=None, lower_margin_m=None, upper_margin_m=None,
        reasons=(PARTLY, "height above ground not known: between 0 and 29,032 ft"),
    )  # fmt: skip
    text = sentences(result, stay)
    assert "height unknown" in headline(result, stay)
    assert "any that it can have had" not in text
    assert "for a part of the time any lay within the limits (from FL100 to FL200)" in text
    assert cells(stay)[-1] == "unknown"


def test_what_is_suspect_is_not_said_to_lie_within_its_error(result: CheckResult) -> None:
    stay = dataclasses.replace(
        result.infringements[0], status=Status.SUSPECT, certainty=Certainty.PROBABLE, depth_m=5556.0
    )
    text = sentences(result, stay)
    assert "Probable at most: reports that are not to be trusted confirm nothing" in text
    assert "no report does so" not in text


def test_the_law_says_until_when_it_was_in_force(result: CheckResult) -> None:
    first = dataclasses.replace(result.zones[0], valid_from_us=None, valid_to_us=1_533_200_000_000_000)
    text = sentences(dataclasses.replace(result, zones=(first,)), result.infringements[0])
    assert ", in force until 2018-08-02 08:53:20 Z)" in text


def test_the_first_sentence_does_not_deny_what_cannot_be_told(result: CheckResult) -> None:
    reasons = (
        "Perhaps exempt: rescue: names callsign SWR*; its callsign is not known, so it cannot be told.",
    )
    stay = dataclasses.replace(result.infringements[0], reasons=reasons)
    assert "; exempt: perhaps, see below;" in headline(result, stay)
