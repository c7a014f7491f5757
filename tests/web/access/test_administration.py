"""Users, tokens and links as they are made, changed and revoked; and the record of it."""

from __future__ import annotations

import pytest

from nofly.cli import main
from nofly.errors import StoreError
from nofly.run.record.acts import Act
from nofly.store.sqlite import Store
from nofly.web.access.rights import Right, Role
from tests.web.access.doors import PASSWORD, WHO, House

USERS, TOKENS, LINKS = "/api/v1/users", "/api/v1/tokens", "/api/v1/links"


def test_a_user_is_made_and_starts_with_a_one_time_password(here: House) -> None:
    root = here.logged_in("administrator")
    new = {"name": "anna", "role": "operator", "why": "night shift"}
    answer = root.post(USERS, json=new)
    assert answer.status_code == 201
    assert root.post(USERS, json=new).json()["error"]["kind"] == "exists"
    login = {"name": "anna", "password": answer.json()["password"]}
    assert here.browser().post(WHO, json=login).json()["must_change_password"] is True
    listed = root.get(USERS).json()["users"]
    assert [user["name"] for user in listed] == ["administrator", "anna", "authority", "operator", "viewer"]


@pytest.mark.parametrize("name", ["", "Anna", "a b", "-x", "a" * 65, "access:x", "a\n", "ä", "../x"])
def test_a_name_that_cannot_be(here: House, name: str) -> None:
    root = here.logged_in("administrator")
    assert root.post(USERS, json={"name": name, "role": "viewer", "why": "x"}).status_code == 422


def test_no_act_of_an_administrator_without_a_reason(here: House) -> None:
    root = here.logged_in("administrator")
    for why in ({}, {"why": ""}, {"why": None}):
        assert root.post(USERS, json={"name": "anna", "role": "viewer", **why}).status_code == 422
        assert root.patch(f"{USERS}/viewer", json={"role": "operator", **why}).status_code == 422
        assert root.post(LINKS, json={"name": "press", **why}).status_code == 422


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"disabled": True}])
def test_the_last_administrator_stays(here: House, change: dict[str, object]) -> None:
    root = here.logged_in("administrator")
    asked = {**change, "why": "x"}
    answer = root.patch(f"{USERS}/administrator", json=asked)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (409, "last-administrator")
    here.user("second", Role.ADMINISTRATOR)
    assert root.patch(f"{USERS}/second", json={"disabled": True, "why": "x"}).status_code == 200
    assert root.patch(f"{USERS}/administrator", json=asked).status_code == 409
    assert root.patch(f"{USERS}/second", json={"disabled": False, "why": "x"}).status_code == 200
    assert root.patch(f"{USERS}/administrator", json=asked).status_code == 200


def test_a_password_that_was_reset_ends_all_logins_and_binds_tokens(here: House) -> None:
    browser, root = here.logged_in("viewer"), here.logged_in("administrator")
    token = {"Authorization": f"Bearer {here.token('viewer', 'read')}"}
    answer = root.post(f"{USERS}/viewer/password", json={"why": "forgotten"})
    assert browser.get(WHO).status_code == 401
    assert here.browser().post(WHO, json={"name": "viewer", "password": PASSWORD}).status_code == 401
    assert here.browser().get("/api/v1/status", headers=token).status_code == 403
    login = {"name": "viewer", "password": answer.json()["password"]}
    assert here.browser().post(WHO, json=login).status_code == 200


@pytest.mark.parametrize("path", [f"{USERS}/nobody/password", f"{TOKENS}/nothing", f"{LINKS}/nothing"])
def test_what_is_not_there(here: House, path: str) -> None:
    root = here.logged_in("administrator")
    answer = root.post(path, json={"why": "x"}) if path.startswith(USERS) else root.delete(path)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("scopes", "hours", "status"),
    [(["read"], 1, 201), (["read", "say"], 1, 201), (["read", "decide"], 1, 400), (["administer"], 1, 400),
     (["fly"], 1, 422), ([], 1, 422), (["read"], 0, 400), (["read"], -1, 400), (["read"], 366 * 24 + 1, 400)],
)  # fmt: skip
def test_a_token_never_may_more_than_its_owner(
    here: House, scopes: list[str], hours: int, status: int
) -> None:
    browser = here.logged_in("operator")
    answer = browser.post(TOKENS, json={"name": "ci", "scopes": scopes, "expires": here.in_hours(hours)})
    assert answer.status_code == status, answer.text


def test_a_token_needs_an_end_with_its_zone(here: House) -> None:
    browser = here.logged_in("operator")
    for expires in ({}, {"expires": None}, {"expires": "2026-09-21T15:00:00"}, {"expires": "never"}):
        answer = browser.post(TOKENS, json={"name": "ci", "scopes": ["read"], **expires})
        assert answer.status_code == 422


def test_a_token_makes_no_token_and_needs_no_csrf(here: House) -> None:
    asked = here.browser()
    asked.headers["Authorization"] = f"Bearer {here.token('administrator', *Right)}"
    wanted = {"name": "more", "scopes": ["read"], "expires": here.in_hours(1)}
    assert asked.post(TOKENS, json=wanted).status_code == 403
    assert asked.post(USERS, json={"name": "anna", "role": "viewer", "why": "x"}).status_code == 201
    told = asked.get(WHO).json()
    assert (told["via"], told["csrf"], told["rights"]) == ("token", None, [*Right])


def test_tokens_are_ones_own(here: House) -> None:
    here.token("viewer", "read")
    viewer, operator, root = (here.logged_in(name) for name in ("viewer", "operator", "administrator"))
    (token,) = viewer.get(TOKENS).json()["tokens"]
    assert token["last_used"] is None
    assert operator.get(TOKENS).json()["tokens"] == []
    assert operator.get(f"{TOKENS}?everybody=true").status_code == 403
    assert operator.delete(f"{TOKENS}/{token['id']}").status_code == 404
    assert root.get(f"{TOKENS}?everybody=true").json()["tokens"] == [token]
    assert root.delete(f"{TOKENS}/{token['id']}").status_code == 204
    assert viewer.get(TOKENS).json()["tokens"] == []


def test_when_a_token_was_last_used_is_known(here: House) -> None:
    token = {"Authorization": f"Bearer {here.token('viewer', 'read')}"}
    here.now_s += 600
    assert here.browser().get("/api/v1/status", headers=token).status_code == 200
    (told,) = here.logged_in("viewer").get(TOKENS).json()["tokens"]
    assert told["last_used"] == here.in_hours(0)


def test_a_public_link_has_a_delay_and_an_end(here: House) -> None:
    root = here.logged_in("administrator")
    new = {"name": "press", "why": "asked", "delay_s": 900, "expires": here.in_hours(1)}
    made = root.post(LINKS, json=new).json()
    assert made["path"].startswith("/#link=")
    browser = here.browser()
    told = browser.post(f"{WHO}/link", json={"link": made["path"].partition("=")[2]}).json()
    assert (told["via"], told["name"], told["delay_s"]) == ("link", "link press", 900.0)
    assert browser.get(WHO).json() == told
    here.now_s += 3600
    assert browser.get(WHO).status_code == 401
    past = {**new, "expires": here.in_hours(0)}
    assert root.post(LINKS, json=past).status_code == 400


def test_all_that_is_done_is_on_record(here: House, capsys: pytest.CaptureFixture[str]) -> None:
    root = here.logged_in("administrator", address="198.51.100.7")
    root.post(USERS, json={"name": "anna", "role": "operator", "why": "night shift"})
    root.patch(f"{USERS}/anna", json={"role": "authority", "why": "promoted"})
    root.patch(f"{USERS}/anna", json={"disabled": True, "why": "left"})
    root.post(f"{USERS}/viewer/password", json={"why": "forgotten"})
    wanted = {"name": "ci", "scopes": ["read"], "expires": here.in_hours(1), "why": "reports"}
    token = root.post(TOKENS, json=wanted).json()
    root.delete(f"{TOKENS}/{token['id']}?why=done")
    link = root.post(LINKS, json={"name": "press", "why": "asked"}).json()
    root.delete(f"{LINKS}/{link['id']}?why=enough")
    here.browser().post(WHO, json={"name": "anna", "password": "wrong"})
    here.browser().post(WHO, json={"name": "none such", "password": "wrong"})
    new = {"current": PASSWORD, "new": "another quiet evening swan"}
    root.headers["X-CSRF-Token"] = root.post(f"{WHO}/password", json=new).json()["csrf"]
    assert root.delete(WHO).status_code == 204
    told = [(a["kind"], a["incident"], a["who"], a["why"]) for a in here.acts()]
    who = "administrator"
    assert told == [
        (Act.LOGGED_IN, f"access:{who}", who, "logged in"),
        (Act.USER_MADE, "access:anna", who, "night shift"),
        (Act.USER_CHANGED, "access:anna", who, "promoted"),
        (Act.USER_CHANGED, "access:anna", who, "left"),
        (Act.PASSWORD_RESET, "access:viewer", who, "forgotten"),
        (Act.TOKEN_MADE, f"access:{who}", who, "reports"),
        (Act.TOKEN_REVOKED, f"access:{who}", who, "done"),
        (Act.LINK_MADE, f"access:link:{link['id']}", who, "asked"),
        (Act.LINK_REVOKED, f"access:link:{link['id']}", who, "enough"),
        (Act.NOT_LOGGED_IN, "access:anna", "anna", "wrong name or password"),
        (Act.NOT_LOGGED_IN, "access:nobody", "nobody", "wrong name or password"),
        (Act.PASSWORD_CHANGED, f"access:{who}", who, "a password of one's own"),
        (Act.LOGGED_OUT, f"access:{who}", who, "logged out"),
    ]
    assert here.acts()[0]["address"] == "198.51.100.7"
    assert main(["incidents", "verify", "--state", str(here.folder)]) == 0
    assert main(["incidents", "list", "--all", "--state", str(here.folder)]) == 0
    assert "access" not in capsys.readouterr().out.partition("No such incident")[2]


def test_failed_logins_do_not_fill_the_disk(here: House) -> None:
    for number in range(300):
        here.now_s += 61
        browser = here.browser(address=f"192.0.2.{number % 250}")
        browser.post(WHO, json={"name": "viewer" if number % 2 else f"guess {number}", "password": "wrong"})
    told = [(act["incident"], act["failures"]) for act in here.acts()]
    assert sorted(told) == sorted((f"access:{n}", k) for n in ("viewer", "nobody") for k in (1, 10, 100))
    here.now_s += 61
    here.logged_in("viewer")
    assert here.acts()[-1]["failures_before"] == 150


def test_what_cannot_be_recorded_is_not_done(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    root = here.logged_in("administrator")

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Store, "append", full)
    for answer in (
        root.post(USERS, json={"name": "anna", "role": "viewer", "why": "x"}),
        root.patch(f"{USERS}/viewer", json={"role": "administrator", "why": "x"}),
        root.post(LINKS, json={"name": "press", "why": "x"}),
        here.browser().post(WHO, json={"name": "viewer", "password": PASSWORD}),
    ):
        assert (answer.status_code, answer.json()["error"]["kind"]) == (503, "store")
    assert here.access.store.user("anna") is None
    assert here.access.store.links() == []
    viewer = here.access.store.user("viewer")
    assert viewer is not None
    assert viewer.role == "viewer"
