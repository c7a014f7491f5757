"""The page of requests: sheet, positions, deadline, and the history of the zone, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nofly.run.deciding.acting import ask, clock_us, do
from nofly.run.registering.signing import Hand
from nofly.store.register import Register
from nofly.zones.decision_bodies import Request
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind
from nofly.zones.model import Circle, Volume, Zone
from tests.cli.live import Feed
from tests.web.browser.conftest import Seen
from tests.web.browser.served import HOSTILE_ZONE, Server, square
from tests.web.browser.test_looks import CROWDED, OUTSIDE, SIZES, violations

ZONE = Zone("SKY/1", HOSTILE_ZONE, (Volume(Circle((48.0, 31.0), 9_000.0)),))
HOUR_US = 3_600_000_000
SAME_WORDS = """async () => {
  const { MORE_EN: en } = await import("/requests/words_en.mjs");
  const { MORE_UK: uk } = await import("/requests/words_uk.mjs");
  const holes = text => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
  return [Object.keys(en).filter(key => !(key in uk) || holes(en[key]) !== holes(uk[key])),
    Object.keys(uk).filter(key => !(key in en))];
}"""


PARTIES = ("Canada", "France", "Türkiye")


def asked(
    register: Register, name: str, kind: RuleKind, deadline_us: int | None, parties: tuple[str, ...] = PARTIES
) -> None:
    request = Request(
        name, "Ukraine", ZONE, Purpose.PREVENT, "bombs fall", parties, "NATO", DecisionRule(kind),
        deadline_us=deadline_us,
    )  # fmt: skip
    ask(register, request, Hand("a", clock_us()))


@pytest.fixture
def decided(tmp_path: Path, feed: Feed) -> Iterator[Server]:
    """Give a server with a register: a silence that runs, and a zone that is law."""
    with Register(str(tmp_path / "law.sqlite")) as register:
        asked(register, "a/silence", RuleKind.SILENCE, clock_us() + 2 * HOUR_US + HOUR_US // 2)
        body = {
            "stand": "support",
            "statement": HOSTILE_ZONE,
            "source": "https://example.org/1",
            "language": "fr",
        }
        do(register, "a/silence", "position", body, Hand("f", clock_us(), "France"))
        do(register, "a/silence", "position", {"stand": "abstain"}, Hand("f", clock_us(), "France"))
        asked(register, "b-law", RuleKind.SINGLE, None)
        do(register, "b-law", "decide", {"outcome": "approved", "reason": "agreed"}, Hand("n", clock_us()))
        do(register, "b-law", "promulgate", {"valid_from_us": 4_077_000_000_000_000}, Hand("n", clock_us()))
    config = '[register]\nurl = "law.sqlite"\nparty = "NATO"\n'
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}", config)
    server.begin()
    server.log_in()
    yield server
    server.end()


def test_a_sheet_its_deadline_and_the_history_of_its_zone(decided: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(decided, "requests.html")
    assert page.text_content("#name") == "a/silence"
    assert page.text_content("#state") == "silence procedure: who says nothing agrees"
    assert ": in 2:29:" in page.text_content("#deadline")
    rows = page.locator("#positions tbody tr")
    assert rows.count() == 2
    assert "support (changed later)" in rows.nth(0).text_content()
    assert "abstain" in rows.nth(1).text_content()
    assert "Canada, Türkiye" in page.text_content("#positions")
    assert page.locator("#positions a").get_attribute("href") == "https://example.org/1"
    assert HOSTILE_ZONE in page.text_content("#facts")
    assert page.locator("#sheet img").count() == 0

    page.click("#list button:has-text('b-law')")
    look.until("document.querySelector('#name').textContent === 'b-law'")
    assert "id=b-law" in page.url
    assert page.text_content("#state") == "promulgated: law over its span"
    look.until("document.querySelector('#history').textContent.includes('Edition 1')")
    assert "request b-law: agreed" in page.text_content("#history")


def test_the_party_of_the_server_acts(decided: Server, seen: Callable[..., Seen], tmp_path: Path) -> None:
    """It takes a position, decides by it, makes law and suspends it; what may not be is said in the form."""
    law = str(tmp_path / "law.sqlite")
    with Register(law) as register:
        asked(register, "c-vote", RuleKind.UNANIMITY, None, ("Canada", "NATO"))
        body = {"stand": "conditional", "conditions": [HOSTILE_ZONE]}
        do(register, "c-vote", "position", body, Hand("c", clock_us(), "Canada"))
    look = seen()
    page = look.open(decided, "requests.html?id=c-vote&lang=en")

    def buttons() -> list[str]:
        return page.locator("#acts button").all_text_contents()

    def act(name: str, state: str, **fields: str) -> None:
        page.click(f"#acts button:has-text('{name}')")
        for field, value in fields.items():
            control = page.locator(f"#act-fields [name={field}]")
            if field in ("stand", "outcome"):
                control.select_option(value)
            elif field == "taken":
                control.check()
            else:
                control.fill(value)
        page.click("#act-form [type=submit]")
        look.until("!document.querySelector('#act').open")
        look.until(f"document.querySelector('#state').textContent === {state!r}")

    assert buttons() == ["Take a position", "Decide", "Set a deadline"]
    page.click("#acts button:has-text('Decide')")
    assert "c-vote, for NATO." in page.text_content("#act-what")
    assert page.locator("#act img").count() == 0
    page.click("#act-form [type=submit]")
    assert page.evaluate("document.querySelector('#act [name=reason]').matches(':invalid')")
    page.locator("#act [name=reason]").fill("we agree")
    page.click("#act-form [type=submit]")
    look.until("document.querySelector('#act-error').textContent")
    assert "Not recorded: it cannot be approved by unanimity" in page.text_content("#act-error")
    page.click("#act-cancel")
    # What the server refused is in the console too.
    assert [fault for fault in look.faults if "400 (Bad Request)" not in fault] == []
    look.faults.clear()

    act("Take a position", "open: positions are taken", stand="support", statement="so do we")
    look.until("document.querySelectorAll('#positions tbody tr').length === 2")
    act("Decide", "approved, not law yet", outcome="approved", taken="", reason="all agree")
    assert buttons() == ["Make law", "Revoke"]
    assert page.text_content("#tally") == "2 of 2 parties have taken one (nobody against)"
    times = {"valid_from": "2099-01-01T00:00", "valid_until": "2099-02-01T00:00"}
    act("Make law", "promulgated: law over its span", **times, reason="as decided")
    assert buttons() == ["Suspend", "Renew", "Revoke"]
    act("Suspend", "suspended", reason="a pause")
    with Register(law, read_only=True) as register:
        assert register.verify() == []
        acts = [one for one in register.acts("request", "c-vote") if one.party == "NATO"]
    assert {one.by for one in acts} == {"admin"}
    assert acts[1].body == {"outcome": "approved", "reason": "all agree", "conditions": [HOSTILE_ZONE]}
    assert acts[2].body["valid_from_us"] == 4_070_908_800_000_000


def test_in_ukrainian_dark_and_narrow(decided: Server, seen: Callable[..., Seen]) -> None:
    look = seen(width=360, scheme="dark")
    page = look.open(decided, "requests.html?id=b-law&lang=uk")
    assert page.text_content("#title") == "Запити"
    assert page.text_content("#state") == "оприлюднено: чинне на свій строк"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SAME_WORDS) == [[], []]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(
    decided: Server, seen: Callable[..., Seen], pictures: Path, scheme: str
) -> None:
    look = seen(scheme=scheme)
    page = look.open(decided, "requests.html?id=b-law")
    look.until("document.querySelector('#history').textContent.includes('Edition 1')")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=pictures / f"{width}.png", full_page=True)
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate(CROWDED) == [], width
    assert violations(page) == []


def test_without_a_register_the_page_says_so(swiss: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(swiss, "./?tab=zones")
    page.locator("#to-requests").click()
    page.wait_for_url("**/requests.html*")
    look.until("document.querySelector('#banner p')?.textContent")
    assert "No register is served" in page.text_content("#banner")
