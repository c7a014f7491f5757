"""The words of an alert, and templates."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nofly import plugins
from nofly.alerts import Notice, Urgency
from nofly.errors import ConfigError
from nofly.run.alerting.plans import KIND, KINDS, TOLD_BY_DEFAULT, TellOptions, plan_alert
from nofly.run.alerting.words import NAMES, Template, folded, notice_of
from nofly.run.outputs.text import printable
from nofly.store.chain import GENESIS, Head, chained
from tests.alerts.notices import HOSTILE
from tests.alerts.zones import PARIS
from tests.house.tree import ROOT

TIME_US = 1_633_612_940_500_000
FULL = {
    "kind": "entered", "incident": "0123456789abcdef", "time_us": TIME_US, "phase": "infringing",
    "zone_hash": PARIS.zone_hash, "target_id": "icao24:3b7b94", "callsign": "FMY8055", "lat_deg": 48.8566,
    "lon_deg": 2.3522, "height_m": 609.6, "height_datum": "STD", "certainty": "confirmed", "depth_m": 1852.0,
    "warning": "fedcba9876543210", "cause": "moved",
}  # fmt: skip


def made(**body: Any) -> Notice:
    (record,) = chained(Head(0, GENESIS), [body])
    return notice_of("k", record, {PARIS.zone_hash: PARIS}.get)


def test_everything_that_is_known_is_said() -> None:
    notice = made(**FULL)
    assert notice.text == (
        "FMY8055 (icao24:3b7b94) entered LF-P25 Paris, at 48°51.40′ N 002°21.13′ E, 2,000 ft on 1013 hPa, "
        "1.00 NM deep, confirmed, 2021-10-07 13:22:20.5 Z."
    )
    assert notice.title == "entered: FMY8055 / LF-P25 Paris"
    assert (notice.urgency, notice.active, notice.thread) == (Urgency.ALARM, True, "fedcba9876543210")
    assert (notice.zone_id, notice.zone_name, notice.height_words) == (
        "LF-P25",
        "Paris",
        "2,000 ft on 1013 hPa",
    )


def test_what_is_not_known_is_none_and_not_said() -> None:
    notice = made(kind="entered", incident="i", time_us=0)
    assert notice.text == "A target may have entered (it cannot be told) a zone, 1970-01-01 00:00:00.0 Z."
    assert all(v is None for n, v in notice.plain().items() if n not in {
        "key", "sequence", "record_hash", "kind", "incident", "time_us", "urgency", "title", "text", "folded",
        "time",
    })  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "phase", "urgency", "active", "words"),
    [
        ("predicted", "predicted", "warning", True, "is expected to enter Z"),
        ("predicted", "exited", "warning", True, "is expected to enter Z"),
        ("unpredicted", "clear", "information", False, "is no longer expected"),
        ("entered", "undetermined", "warning", True, "may have entered (it cannot be told) Z"),
        ("determined", "infringing", "alarm", True, "is inside Z"),
        ("doubted", "undetermined", "warning", True, "cannot be told any more whether"),
        ("lost", "lost-inside", "warning", True, "was lost"),
        ("found-outside", "exited", "information", False, "was found outside Z"),
        ("exited", "exited", "information", False, "has left Z"),
        ("re-entered", "infringing", "alarm", True, "entered Z again"),
        ("closed", "closed", "information", False, "is closed"),
        ("closed", "predicted", "information", True, "is closed"),
        ("acknowledged", "infringing", "information", True, "cknowledged: T and Z, said by me, because"),
        ("{x.__class__}", None, "information", None, "(x.__class__): T and Z"),
    ],
)
def test_each_kind(kind: str, phase: str | None, urgency: str, active: bool | None, words: str) -> None:
    body = {"kind": kind, "incident": "i", "time_us": 0, "target_id": "T", "zone_id": "Z"}
    who = {"who": "me", "why": "because"} if kind == "acknowledged" else {}
    notice = made(**body, **who, **({"phase": phase} if phase else {}))
    assert (notice.urgency.value, notice.active) == (urgency, active)
    assert words in notice.text


@pytest.mark.parametrize(
    ("kind", "phase", "words"),
    [
        ("predicted", "predicted", "T is expected to leave Z"),
        ("unpredicted", "clear", "T is no longer expected to leave Z"),
        ("entered", "infringing", "T left Z"),
        ("entered", "undetermined", "T may have left (it cannot be told) Z"),
        ("re-entered", "infringing", "T left Z again"),
        ("determined", "infringing", "T is outside Z"),
        ("lost", "lost-inside", "T was lost, last heard not inside Z"),
        ("exited", "exited", "T is back in Z"),
        ("closed", "closed", "The incident of T and Z is closed"),
    ],
)
def test_of_a_zone_that_must_not_be_left(kind: str, phase: str, words: str) -> None:
    body = {"kind": kind, "incident": "i", "time_us": 0, "target_id": "T", "zone_id": "Z", "phase": phase}
    assert made(**body, side="outside", cause="moved").text.startswith(words)


def test_who_is_outside_as_the_hours_end_is_not_back() -> None:
    body = {"kind": "exited", "incident": "i", "time_us": 0, "target_id": "T", "zone_id": "Z"}
    ended = made(**body, phase="exited", side="outside", cause="zone-deactivated").text
    assert ended.startswith("Z holds no longer for T, which was outside")


def test_a_name_at_the_beginning_stays_as_it_is() -> None:
    text = made(kind="entered", incident="i", time_us=0, target_id="icao24:3b7b94", phase="infringing").text
    assert text.startswith("icao24:3b7b94 entered")


def test_a_prediction_says_when() -> None:
    body = {"kind": "predicted", "incident": "w", "time_us": TIME_US, "phase": "predicted"}
    assert (
        "enter a zone at 2021-10-07 13:23:50.5 Z"
        in made(**body, predicted_entry_us=TIME_US + 90_000_000).text
    )


def test_a_feed_says_since_when() -> None:
    silent = {"kind": "feed-silent", "incident": "feed:roof", "time_us": TIME_US}
    assert made(**silent).text.startswith(
        "Feed roof is silent: not monitored through it since 2021-10-07 13:22:20.5"
    )
    assert "since 2021-10-07 13:22:10.5 Z" in made(**silent, since_us=TIME_US - 10_000_000).text
    assert made(**silent).title == "feed-silent: roof"
    assert "brings positions again" in made(**{**silent, "kind": "feed-alive"}).text


def test_hostile_words_are_one_printable_line() -> None:
    notice = made(
        **{**FULL, **dict.fromkeys(("callsign", "why", "who", "zone_name", "squawk"), HOSTILE * 50)}
    )
    for value in notice.plain().values():
        assert not isinstance(value, str) or (value.isprintable() and len(value) < 3000)
    assert len(notice.callsign or "") <= 300


@given(
    st.dictionaries(
        st.sampled_from([*FULL, "predicted_entry_us", "since_us", "until_us", "zone_id", "zone_name", "why"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20) | st.lists(st.integers(), max_size=2),
    ),
    st.sampled_from(KINDS), st.integers(-(2**63), 2**63 - 1),
)  # fmt: skip
@example({"lat_deg": 0, "lon_deg": 3e304}, "predicted", 0)
def test_whatever_stands_in_a_record_can_be_told(body: dict[str, Any], kind: str, time_us: int) -> None:
    notice = made(**{**body, "kind": kind, "incident": "i", "time_us": time_us})
    assert printable(notice.text) == notice.text
    for name in NAMES:
        assert Template(f"{{{name}}}").render(notice)


def test_folding_says_how_many() -> None:
    assert folded(made(**FULL), 0) == made(**FULL)
    assert folded(made(**FULL), 1).text.endswith("stands for 1 older notice of this incident too.")
    assert folded(made(**FULL), 3).text.endswith("stands for 3 older notices of this incident too.")


def test_a_template() -> None:
    one = Template("{urgency}! {{{callsign}}} in {zone_id} at {place}, {height}, {depth}; {why}")
    assert one.render(made(**FULL)) == (
        "alarm! {FMY8055} in LF-P25 at 48°51.40′ N 002°21.13′ E, 2,000 ft on 1013 hPa, 1.00 NM; not known"
    )


def test_a_value_is_never_read_as_a_template() -> None:
    notice = made(**{**FULL, "callsign": "{zone_id}{{%s$x"})
    assert Template("{callsign}").render(notice) == "{zone_id}{{%s$x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{callsig}", "callsign"), ("{callsign.__class__}", "for a brace"), ("{callsign[0]}", "for a brace"),
        ("{callsign!r}", "for a brace"), ("{callsign:>9}", "for a brace"), ("{}", "one of"),
        ("{", "for a brace"), ("a } b", "for a brace"), ("{__class__}", "one of"),
        ("x" * 2001, "at most 2000"),
    ],
)  # fmt: skip
def test_templates_that_cannot_be(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        Template(text, "alert 'x', template")


@pytest.mark.parametrize(
    ("name", "kind", "options", "expected"),
    [
        ("Ops!", "log", {}, "a-z"),
        ("ops", "log", {"fil": "x"}, "expected file"),
        ("ops", "log", {"file": 7}, "option file"),
        ("ops", "log", {"tell": ["enterd"]}, "expected entered"),
        ("ops", "log", {"statuses": ["guilty"]}, "statuses"),
        ("ops", "log", {"template": "{x}"}, "template"),
        ("ops", "log", {"per_minute": -1}, "per_minute"),
        ("ops", "log", {"burst": 0}, "burst"),
        ("ops", "log", {"attempts": 0}, "attempts"),
        ("ops", "log", {"try_s": 0.0}, "try_s"),
        ("ops", "webhook", {"url": "https://x/", "secret": 7}, "option secret"),
        ("ops", "webhook", {"url": "https://x/", "secret": "hunter2"}, "env:NAME"),
    ],
)
def test_a_plan_that_cannot_be(name: str, kind: str, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected) as caught:
        plan_alert(name, kind, options)
    assert "hunter2" not in str(caught.value)
    assert name in str(caught.value)


def test_a_channel_that_is_not_there() -> None:
    from nofly.errors import PluginError

    with pytest.raises(PluginError, match="asterix_cat004"):
        plan_alert("ops", "pigeon", {})


def test_plans() -> None:
    log = plan_alert("ops", "log", {"tell": ["closed"], "per_minute": 5})
    assert (log.tells, log.per_minute, log.stateful) == (("closed",), 5, False)
    radar = plan_alert("apw", "asterix-cat004", {"host": "127.0.0.1"})
    assert (radar.kind, radar.tells, radar.per_minute, radar.stateful) == (
        "asterix_cat004", (*TOLD_BY_DEFAULT, "closed"), None, True,
    )  # fmt: skip
    assert plan_alert("h", "webhook", {"url": "https://x/hunter2"}).per_minute == 60
    assert "hunter2" not in repr(plan_alert("h", "webhook", {"url": "https://x/hunter2"}))
    assert plan_alert("h", "webhook", {"url": "https://x/", "per_minute": 0}).per_minute is None


def test_the_page_names_every_option_kind_and_word() -> None:
    page = (ROOT / "docs/reference/alerts.md").read_text(encoding="utf-8")
    shared = [field.name for field in fields(TellOptions)]
    own = [f.name for name in plugins.names(KIND) for f in fields(plugins.load(KIND, name).OPTIONS)]
    for word in (*NAMES, *KINDS, *shared, *own, *plugins.names(KIND)):
        assert f"`{word}`" in page or f"`{word} = " in page, word


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"cause": "zone-activated"},
            "FMY8055 (icao24:3b7b94) was inside LF-P25 Paris when it became active",
        ),
        ({"cause": "zone-changed"}, "FMY8055 (icao24:3b7b94) was inside LF-P25 Paris when it was changed"),
        ({"cause": "data-resumed"}, "FMY8055 (icao24:3b7b94) was found inside LF-P25 Paris"),
        (
            {"cause": "zone-activated", "phase": "undetermined"},
            "FMY8055 (icao24:3b7b94) may have been (it cannot be told) inside LF-P25 Paris when it became "
            "active",
        ),
        (
            {"kind": "exited", "cause": "zone-deactivated"},
            "LF-P25 Paris holds no longer for FMY8055 (icao24:3b7b94), which was not outside",
        ),
        ({"kind": "exited", "cause": "data-lost"}, "FMY8055 (icao24:3b7b94) has left LF-P25 Paris"),
    ],
)
def test_where_it_was_not_the_aircraft_that_moved_it_is_said(body: dict[str, Any], said: str) -> None:
    assert made(**{**FULL, **body}).text.startswith(said)
