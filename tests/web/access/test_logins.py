"""Logging in and out: cookies, CSRF, foreign pages, fixation, passwords, the first start."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST

from nofly.errors import InputError
from nofly.web.access.asking import AccessControl
from nofly.web.access.logins import IDLE_S, LONGEST_S, MOST_OF_USER
from nofly.web.access.passwords import Passwords
from nofly.web.access.rights import Role
from tests.web.access.doors import PASSWORD, T0, WHO, House

STATUS = "/api/v1/status"
NEW = "another quiet evening swan"


def test_to_log_in_and_out(here: House) -> None:
    browser = here.browser()
    assert browser.get(STATUS).status_code == 401
    answer = browser.post(WHO, json={"name": "Operator", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["name"], told["role"], told["via"]) == ("operator", "operator", "login")
    assert told["rights"] == ["read", "say"]
    assert browser.get(WHO).json() | {"expires": None} == told
    assert browser.get(STATUS).status_code == 200
    before = browser.cookies["nofly"]
    assert browser.delete(WHO, headers={"X-CSRF-Token": told["csrf"]}).status_code == 204
    assert not browser.cookies
    assert browser.get(STATUS).status_code == 401
    assert here.browser().get(STATUS, headers={"Cookie": f"nofly={before}"}).status_code == 401


@pytest.mark.parametrize("name", ["viewer", "nobody", "", "\x00", "VIEWER", "x" * 64])
def test_a_wrong_password_and_a_wrong_name_are_answered_alike(here: House, name: str) -> None:
    answer = here.browser().post(WHO, json={"name": name, "password": "wrong"})
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert (error["kind"], error["message"]) == ("not-logged-in", "wrong name or password")
    assert "set-cookie" not in answer.headers


def test_a_disabled_user_is_out_at_once(here: House) -> None:
    browser, token = here.logged_in("viewer"), here.token("viewer", "read")
    root = here.logged_in("administrator")
    assert root.patch("/api/v1/users/viewer", json={"disabled": True, "why": "left"}).status_code == 200
    assert browser.get(STATUS).status_code == 401
    assert here.browser().get(STATUS, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    answer = here.browser().post(WHO, json={"name": "viewer", "password": PASSWORD})
    assert answer.json()["error"]["kind"] == "not-logged-in"
    assert root.patch("/api/v1/users/viewer", json={"disabled": False, "why": "back"}).status_code == 200
    assert browser.get(STATUS).status_code == 401
    assert here.logged_in("viewer").get(STATUS).status_code == 200


@pytest.mark.parametrize("tls", [False, True])
def test_cookies_have_their_flags(here: House, tls: bool) -> None:
    browser = here.browser(tls=tls)
    answers = [browser.post(WHO, json={"name": "viewer", "password": PASSWORD})]
    root = here.logged_in("administrator")
    path = root.post("/api/v1/links", json={"name": "press", "why": "asked"}).json()["path"]
    answers.append(browser.post(f"{WHO}/link", json={"link": path.partition("=")[2]}))
    for answer, name in zip(answers, ("nofly", "nofly-link"), strict=True):
        (cookie,) = answer.headers.get_list("set-cookie")
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= flags
        assert ("secure" in flags) == tls
        assert not any(flag.startswith("domain") for flag in flags)
        assert cookie.startswith(f"__Host-{name}=" if tls else f"{name}=")


def test_a_cookie_without_its_prefix_counts_for_nothing_under_tls(here: House) -> None:
    plain = here.logged_in("viewer").cookies["nofly"]
    secure = here.browser(tls=True)
    assert secure.get(STATUS, headers={"Cookie": f"nofly={plain}"}).status_code == 401
    assert secure.get(STATUS, headers={"Cookie": f"__Host-nofly={plain}"}).status_code == 200


def test_whatever_changes_something_needs_the_csrf_token(here: House) -> None:
    root, other = here.logged_in("administrator"), here.logged_in("viewer")
    good = root.headers.pop("X-CSRF-Token")
    new = {"name": "anna", "role": "viewer", "why": "new"}
    wrongs: tuple[str | bytes, ...] = ("", good[:-1], good + "0", other.headers["X-CSRF-Token"], b"\xc3\xa4")
    for headers in ({}, *({"X-CSRF-Token": wrong} for wrong in wrongs)):
        answer = root.post("/api/v1/users", json=new, headers=headers)
        assert (answer.status_code, answer.json()["error"]["kind"]) == (403, "csrf")
    assert here.access.store.user("anna") is None
    assert root.post("/api/v1/users", json=new, headers={"X-CSRF-Token": good}).status_code == 201


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://nofly.example",
        "http://nofly.example:8080",
        "http://nofly.example.evil.example",
        "",
        "http://nofly.example/x",
        "http://[",
        "x",
    ],
)
def test_another_page_changes_nothing(here: House, origin: str) -> None:
    root = here.logged_in("administrator")
    new = {"name": "anna", "role": "viewer", "why": "new"}
    answer = root.post("/api/v1/users", json=new, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (403, "foreign-origin")
    login = {"name": "viewer", "password": PASSWORD}
    assert here.browser().post(WHO, json=login, headers={"Origin": origin}).status_code == 403
    assert (
        here.browser().post(f"{WHO}/link", json={"link": "x"}, headers={"Origin": origin}).status_code == 403
    )
    # What it gets to read its browser keeps from it.
    assert root.get(STATUS, headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize("origin", ["http://nofly.example", "http://NOFLY.example:80"])
def test_our_own_page_changes_something(here: House, origin: str) -> None:
    root = here.logged_in("administrator")
    new = {"name": "anna", "role": "viewer", "why": "new"}
    assert root.post("/api/v1/users", json=new, headers={"Origin": origin}).status_code == 201


def test_an_id_that_was_planted_is_not_taken_up(here: House) -> None:
    browser = here.browser()
    browser.cookies.set("nofly", "planted")
    assert browser.post(WHO, json={"name": "viewer", "password": PASSWORD}).status_code == 200
    made = here.logged_in("viewer")
    first = made.cookies["nofly"]
    assert first != "planted"
    assert here.browser().get(STATUS, headers={"Cookie": "nofly=planted"}).status_code == 401
    made.post(WHO, json={"name": "operator", "password": PASSWORD})
    assert made.cookies["nofly"] != first
    assert here.browser().get(STATUS, headers={"Cookie": f"nofly={first}"}).status_code == 401


def test_a_new_password_ends_all_logins(here: House) -> None:
    one, other = here.logged_in("viewer"), here.logged_in("viewer")
    before = one.cookies["nofly"]
    answer = one.post(f"{WHO}/password", json={"current": PASSWORD, "new": NEW})
    assert answer.status_code == 200
    assert one.cookies["nofly"] != before
    assert one.get(STATUS).status_code == 200
    assert answer.json()["csrf"] == one.get(WHO).json()["csrf"]
    for old in (other, here.browser()):
        assert old.get(STATUS, headers={"Cookie": f"nofly={before}"}).status_code == 401
    assert other.get(STATUS).status_code == 401
    assert here.browser().post(WHO, json={"name": "viewer", "password": PASSWORD}).status_code == 401
    assert here.browser().post(WHO, json={"name": "viewer", "password": NEW}).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "status"),
    [("wrong", NEW, 401), (PASSWORD, "qvzj", 400), (PASSWORD, PASSWORD, 400), (PASSWORD, "a" * 40, 400),
     (PASSWORD, "viewer and noflyer", 400), (PASSWORD, "x" * 257, 422)],
)  # fmt: skip
def test_a_password_that_may_not_be(here: House, current: str, new: str, status: int) -> None:
    browser = here.logged_in("viewer")
    answer = browser.post(f"{WHO}/password", json={"current": current, "new": new})
    assert answer.status_code == status, answer.text
    assert new not in answer.text
    assert here.logged_in("viewer").get(STATUS).status_code == 200


def test_a_token_and_a_link_change_no_password(here: House) -> None:
    headers = {"Authorization": f"Bearer {here.token('viewer', 'read')}"}
    body = {"current": PASSWORD, "new": NEW}
    assert here.browser().post(f"{WHO}/password", json=body, headers=headers).status_code == 403


def test_a_login_ends_when_it_is_idle_and_after_a_week(here: House) -> None:
    idle, busy = here.logged_in("viewer"), here.logged_in("viewer")
    for _ in range(LONGEST_S // (IDLE_S - 60)):
        assert busy.get(STATUS).status_code == 200
        here.now_s += IDLE_S - 60
    assert idle.get(STATUS).status_code == 401
    assert busy.get(STATUS).status_code == 200
    here.now_s = LONGEST_S
    assert busy.get(STATUS).status_code == 401


def test_a_user_has_so_many_logins_and_no_more(here: House) -> None:
    browsers = []
    for _ in range(MOST_OF_USER + 1):
        here.now_s += 1
        browsers.append(here.logged_in("viewer"))
    assert [browser.get(STATUS).status_code for browser in browsers] == [401] + [200] * MOST_OF_USER


def test_after_some_failures_one_must_wait(here: House) -> None:
    browser = here.browser()
    answers = [browser.post(WHO, json={"name": "viewer", "password": f"wrong {n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    right = {"name": "viewer", "password": PASSWORD}
    refused = here.browser(address="198.51.100.7").post(WHO, json=right)
    assert (refused.status_code, refused.json()["error"]["kind"]) == (429, "too-many-logins")
    here.now_s += int(refused.headers["retry-after"])
    assert browser.post(WHO, json=right).status_code == 200
    assert here.browser().post(WHO, json={"name": "operator", "password": PASSWORD}).status_code == 200


def test_who_is_logged_in_cannot_guess_the_password_either(here: House) -> None:
    browser = here.logged_in("viewer")
    body = {"current": "wrong", "new": NEW}
    answers = [browser.post(f"{WHO}/password", json=body).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_the_role_is_that_of_now(here: House) -> None:
    browser, root = here.logged_in("administrator"), here.logged_in("administrator")
    here.user("second", Role.ADMINISTRATOR)
    token = {"Authorization": f"Bearer {here.token('administrator', 'read', 'administer')}"}
    assert here.browser().get("/api/v1/users", headers=token).status_code == 200
    change = {"role": "viewer", "why": "other work"}
    assert root.patch("/api/v1/users/administrator", json=change).status_code == 200
    assert browser.get("/api/v1/users").status_code == 403
    assert here.browser().get("/api/v1/users", headers=token).status_code == 403
    assert here.browser().get(STATUS, headers=token).status_code == 200


def test_a_lost_administrator_is_made_anew_on_the_machine(here: House) -> None:
    before = here.logged_in("administrator")
    change = {"disabled": True, "why": "left"}
    here.user("second", Role.ADMINISTRATOR)
    assert here.logged_in("second").patch("/api/v1/users/administrator", json=change).status_code == 200
    for name, act in (("administrator", "access-password-reset"), ("new", "access-user-made")):
        password = here.access.users.rescue(name)
        told = here.browser().post(WHO, json={"name": name, "password": password}).json()
        assert (told["role"], told["must_change_password"]) == ("administrator", True)
        made = here.acts()[-2]
        assert (made["kind"], made["incident"], made["who"]) == (act, f"access:{name}", "nofly")
    assert before.get(STATUS).status_code == 401
    assert here.browser().post(WHO, json={"name": "administrator", "password": PASSWORD}).status_code == 401
    for wrong in ("oidc:x", "", "A b", "x" * 65):
        with pytest.raises(InputError):
            here.access.users.rescue(wrong)


def test_the_first_start(tmp_path: Path) -> None:
    house = House(tmp_path)
    password = house.access.first_password()
    assert password is not None
    assert house.access.first_password() is None
    again = AccessControl(tmp_path, lambda: T0, lambda: 0.0, Passwords(CHEAPEST))
    assert again.first_password() is None
    again.close()
    assert [act["kind"] for act in house.acts()] == ["access-user-made"]
    browser = house.browser()
    told = browser.post(WHO, json={"name": "admin", "password": password}).json()
    assert told["must_change_password"] is True
    assert told["rights"] == []
    browser.headers["X-CSRF-Token"] = told["csrf"]
    for answer in (
        browser.get(STATUS), browser.get("/api/v1/users"), browser.get("/api/v1/tokens"),
        browser.post("/api/v1/users", json={"name": "anna", "role": "viewer", "why": "x"}),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["error"]["kind"]) == (403, "password-must-change")
    assert browser.get(WHO).json()["must_change_password"] is True
    same = browser.post(f"{WHO}/password", json={"current": password, "new": password})
    assert same.status_code == 400
    answer = browser.post(f"{WHO}/password", json={"current": password, "new": NEW})
    assert answer.json()["rights"] == ["read", "say", "decide", "administer"]
    browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    assert browser.get("/api/v1/users").status_code == 200
    assert house.browser().post(WHO, json={"name": "admin", "password": password}).status_code == 401
    house.access.close()
