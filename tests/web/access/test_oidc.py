"""Logging in by a provider that runs: who comes in, as what, and what no answer of it gets past."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from nofly.errors import ConfigError
from nofly.web.access.oidc import browser_secret
from nofly.web.access.oidc.fetching import MOST_BYTES, Fetcher
from nofly.web.access.oidc.provider import Provider
from nofly.web.access.oidc.settings import oidc_settings
from nofly.web.access.provided import LONGEST_LOGIN_S, name_of
from nofly.web.access.rights import Role
from nofly.web.access.throttle import FREE_OF_ADDRESS
from tests.web.access.doors import PASSWORD, WHO, House
from tests.web.access.identity_provider import (
    CLIENT,
    KEY,
    SECRET,
    STRANGER,
    IdentityProvider,
    identity_provider,
)

START, CALLBACK = f"{WHO}/provider", f"{WHO}/provider/callback"
NAME = "oidc:248289761001"
ROLES = {"readers": "viewer", "operators": "operator", "roots": "administrator"}


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    with identity_provider() as found:
        yield found


@pytest.fixture
def home(here: House, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a server that trusts the provider."""
    trusting(here, idp, monkeypatch)
    return here


def trusting(
    house: House, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch, most_s: float = 20.0, **more: Any
) -> None:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    settings = oidc_settings({
        "issuer": idp.issuer, "client_id": CLIENT, "client_secret": "env:OIDC_SECRET", "roles": ROLES, **more,
    })  # fmt: skip
    assert settings is not None
    provider = Provider(settings, Fetcher(most_s=most_s), time.time, lambda: house.now_s)
    house.app._app.state.served.provider = provider


def at_provider(address: str) -> str:
    """Return where a browser that is sent to the provider is sent back to."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", f"{parts.path}?{parts.query}")
    found = connection.getresponse().getheader("Location")
    connection.close()
    assert found is not None
    return found


def went(browser: TestClient, back: str = "/") -> Any:
    """Return the answer to a browser that went the whole way."""
    sent = browser.get(START, params={"back": back})
    assert sent.status_code == HTTPStatus.SEE_OTHER, sent.text
    if "login.html" in sent.headers["location"]:
        return sent
    return browser.get(at_provider(sent.headers["location"]))


def refused(answer: Any) -> str:
    """Return by which word an answer refuses; nobody is logged in by it."""
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert not any(c.startswith("nofly=") for c in answer.headers.get_list("set-cookie"))
    parts = urlsplit(answer.headers["location"])
    assert (parts.netloc, parts.path) == ("", "/login.html")
    return parse_qs(parts.query)["refused"][0]


def test_the_whole_way_in(home: House, idp: IdentityProvider) -> None:
    browser = home.browser()
    assert browser.get(f"{WHO}/ways").json() == {"provider": "127.0.0.1"}
    answer = went(browser, "/zones.html?zone=a")
    assert answer.headers["location"] == "/zones.html?zone=a"
    assert answer.headers["cache-control"] == "no-store"
    assert "nofly-oidc" not in browser.cookies
    told = browser.get(WHO).json()
    assert (told["name"], told["role"], told["via"]) == (NAME, "operator", "login")
    assert browser.get("/api/v1/status").status_code == 200
    assert idp.forms[0]["redirect_uri"] == "http://nofly.example" + CALLBACK
    assert SECRET not in json.dumps(idp.forms)
    made, logged_in = home.acts()[-2:]
    assert (made["kind"], made["incident"], made["role"]) == (
        "access-user-made",
        f"access:{NAME}",
        "operator",
    )
    assert (logged_in["kind"], logged_in["issuer"]) == ("access-logged-in", idp.issuer)
    assert logged_in["subject"] == "248289761001"
    browser.headers["X-CSRF-Token"] = told["csrf"]
    assert browser.delete(WHO).status_code == 204
    assert home.logged_in("viewer").get(WHO).json()["name"] == "viewer"


def test_a_role_is_that_of_the_last_login(home: House, idp: IdentityProvider) -> None:
    browser = home.browser()
    for groups, role in (
        (["x", "readers"], "viewer"),
        ("roots", "administrator"),
        (["readers", "operators"], "operator"),
    ):
        idp.claims = {"groups": groups}
        went(browser)
        assert browser.get(WHO).json()["role"] == role
    kinds = [act["kind"] for act in home.acts() if act["incident"] == f"access:{NAME}"]
    assert kinds.count("access-user-changed") == 2


@pytest.mark.parametrize(
    "claims",
    [{"groups": None}, {"groups": []}, {"groups": ["x"]}, {"groups": "Operators"},
     {"groups": {"operators": 1}}, {"groups": [["operators"]]}, {"groups": [None, 1]}],
)  # fmt: skip
def test_who_has_no_role_is_refused(home: House, idp: IdentityProvider, claims: dict[str, Any]) -> None:
    idp.claims = claims
    assert refused(went(home.browser())) == "role"
    assert home.access.store.user(NAME) is None
    assert home.acts()[-1]["kind"] == "access-not-logged-in"
    assert "by the provider" in home.acts()[-1]["why"]


def test_who_is_disabled_here_stays_out(home: House) -> None:
    browser, root = home.browser(), home.logged_in("administrator")
    went(browser)
    change = {"disabled": True, "why": "left"}
    assert root.patch(f"/api/v1/users/{NAME}", json=change).status_code == 200
    assert browser.get("/api/v1/status").status_code == 401
    assert refused(went(browser)) == "not-logged-in"
    assert browser.get("/api/v1/status").status_code == 401


def hs256(idp: IdentityProvider) -> None:
    """Sign with the public key as if it were a secret."""
    now_s = int(time.time())
    claims = {
        "iss": idp.issuer, "aud": CLIENT, "sub": "1", "iat": now_s, "exp": now_s + 60, "groups": ["roots"]
    }  # fmt: skip
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims))
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(KEY.as_pem(private=False), signed, hashlib.sha256).digest()
    idp.token = (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def claims(**values: Any) -> Callable[[IdentityProvider], None]:
    return lambda idp: idp.claims.update(values)


def said(**values: Any) -> Callable[[IdentityProvider], None]:
    return lambda idp: [setattr(idp, name, value) for name, value in values.items()] and None


def answers(path: str, body: bytes) -> Callable[[IdentityProvider], None]:
    return lambda idp: idp.answers.update({f"/realm/{path}": body})


NOW = int(time.time())
HUGE = b'{"id_token": "' + b"x" * MOST_BYTES + b'"}'
DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(claims(iss="https://evil.example"), id="another issuer"),
        pytest.param(claims(iss=None), id="no issuer"),
        pytest.param(claims(aud="another"), id="another audience"),
        pytest.param(claims(aud=None), id="no audience"),
        pytest.param(claims(aud=[]), id="an empty audience"),
        pytest.param(claims(aud=[CLIENT, "another"]), id="two audiences and no azp"),
        pytest.param(claims(aud=[CLIENT, "another"], azp="another"), id="another azp"),
        pytest.param(claims(azp="another"), id="one audience, another azp"),
        pytest.param(claims(exp=NOW - 120), id="expired"),
        pytest.param(claims(exp=None), id="no exp"),
        pytest.param(claims(exp="9999999999"), id="exp a text"),
        pytest.param(claims(exp=float("inf")), id="exp infinite"),
        pytest.param(claims(exp=True), id="exp true"),
        pytest.param(claims(iat=NOW - 3600, exp=NOW + 3600), id="an old one"),
        pytest.param(claims(iat=NOW + 3600, exp=NOW + 7200), id="of the future"),
        pytest.param(claims(nbf=NOW + 3600), id="not yet"),
        pytest.param(claims(nonce="x"), id="another nonce"),
        pytest.param(claims(nonce=None), id="no nonce"),
        pytest.param(claims(nonce=["x"]), id="nonce a list"),
        pytest.param(claims(sub=None), id="nobody"),
        pytest.param(claims(sub=""), id="an empty sub"),
        pytest.param(claims(sub="x" * 256), id="a long sub"),
        pytest.param(claims(sub=7), id="sub a number"),
        pytest.param(said(header={"alg": "none"}), id="alg none"),
        pytest.param(said(key=STRANGER), id="another's key of the same kid"),
        pytest.param(said(header={"kid": "two"}), id="an unknown kid"),
        pytest.param(said(header={"crit": ["x"], "x": 1}), id="crit"),
        pytest.param(said(token="a.b"), id="no token"),
        pytest.param(said(token="a.b.c"), id="no JSON"),
        pytest.param(said(token="." * 5000), id="dots"),
        pytest.param(said(token=""), id="empty"),
        pytest.param(hs256, id="HS256 with the public key"),
        pytest.param(answers("token", b"{}"), id="nothing"),
        pytest.param(answers("token", b"[]"), id="a list"),
        pytest.param(answers("token", b"\xff"), id="no text"),
        pytest.param(answers("token", HUGE), id="huge"),
        pytest.param(answers("token", DEEP), id="deep"),
        pytest.param(answers("token", b'{"id_token": 1}'), id="a number"),
    ],
)
def test_a_token_that_does_not_hold(
    home: House, idp: IdentityProvider, lie: Callable[[IdentityProvider], None]
) -> None:
    lie(idp)
    browser = home.browser()
    assert refused(went(browser)) == "failed"
    assert browser.get(WHO).status_code == 401
    assert home.access.store.user(NAME) is None
    assert home.acts()[-1]["kind"] == "access-not-logged-in"


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(said(discovery={"issuer": "https://evil.example"}), id="another issuer"),
        pytest.param(said(discovery={"authorization_endpoint": "javascript:alert(1)"}), id="a script"),
        pytest.param(said(discovery={"authorization_endpoint": "http://evil.example/"}), id="no https"),
        pytest.param(said(discovery={"token_endpoint": "https://u:p@evil.example/"}), id="a password"),
        pytest.param(said(discovery={"token_endpoint": "https://x:99999/"}), id="no port"),
        pytest.param(said(discovery={"token_endpoint": "file:///etc/passwd"}), id="a file"),
        pytest.param(said(discovery={"token_endpoint": None}), id="none"),
        pytest.param(said(discovery={"jwks_uri": "https://169.254.169.254/keys"}), id="metadata"),
        pytest.param(said(discovery={"jwks_uri": "https://10.0.0.1/keys"}), id="a network of its own"),
        pytest.param(said(redirect="http://127.0.0.1:1/"), id="a redirect"),
        pytest.param(answers("keys", b'{"keys": []}'), id="no keys"),
        pytest.param(answers("keys", b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "one"}]}'), id="secrets"),
        pytest.param(answers("keys", b'{"keys": [1, {"kty": []}, {"kty": "RSA", "n": 1}]}'), id="no key"),
        pytest.param(answers("keys", HUGE), id="huge keys"),
        pytest.param(answers(".well-known/openid-configuration", HUGE), id="huge"),
        pytest.param(answers(".well-known/openid-configuration", DEEP), id="deep"),
        pytest.param(answers(".well-known/openid-configuration", b"<html>"), id="a page"),
    ],
)
def test_a_provider_that_is_none(
    home: House, idp: IdentityProvider, lie: Callable[[IdentityProvider], None]
) -> None:
    lie(idp)
    assert refused(went(home.browser())) == "unreachable"
    asked = len(idp.asked)
    assert refused(went(home.browser())) == "unreachable"
    assert len(idp.asked) == asked


def test_one_that_drips_is_given_up(
    here: House, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting(here, idp, monkeypatch, most_s=0.3)
    idp.slow_s = 0.05
    assert refused(went(here.browser())) == "unreachable"


def test_one_that_is_not_there(here: House, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(here, IdentityProvider(port=1), monkeypatch)
    assert refused(went(here.browser())) == "unreachable"
    assert here.logged_in("viewer").get("/api/v1/status").status_code == 200


def test_new_keys_are_fetched_when_one_is_unknown(home: House, idp: IdentityProvider) -> None:
    browser = home.browser()
    went(browser)
    new = type(KEY).generate_key(2048, {"kid": "new", "use": "sig"})
    idp.keys, idp.key, idp.header = [KEY, new], new, {"kid": "new"}
    assert refused(went(home.browser())) == "failed"
    home.now_s += 11
    assert went(home.browser()).headers["location"] == "/"


def test_an_answer_fits_the_browser_that_asked_and_no_other(home: House) -> None:
    victim, attacker = home.browser(), home.browser()
    sent = attacker.get(START).headers["location"]
    answer = at_provider(sent)
    assert refused(victim.get(answer)) == "expired"
    victim.get(START)
    assert refused(victim.get(answer)) == "expired"
    assert victim.get(WHO).status_code == 401
    assert attacker.get(answer).headers["location"] == "/"
    assert refused(attacker.get(answer)) == "expired"


def test_a_code_for_another_login_is_refused(home: House, idp: IdentityProvider) -> None:
    """Injected: the state is right, the code is another's. PKCE and the nonce hold it off."""
    attacker, victim = home.browser(), home.browser()
    code = parse_qs(urlsplit(at_provider(attacker.get(START).headers["location"])).query)["code"][0]
    state = parse_qs(urlsplit(victim.get(START).headers["location"]).query)["state"][0]
    assert refused(victim.get(CALLBACK, params={"code": code, "state": state})) == "failed"


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": "x", "code": "x"}, {"error": "x"}])
def test_nobody_comes_back_who_was_not_sent(
    home: House, query: Mapping[str, str], idp: IdentityProvider
) -> None:
    assert refused(home.browser().get(CALLBACK, params=query)) == "expired"
    assert idp.asked == []


def test_what_the_provider_refuses(home: House, idp: IdentityProvider) -> None:
    idp.refuses = "access_denied<script>"
    answer = went(home.browser())
    assert refused(answer) == "refused"
    assert "script" not in answer.headers["location"]


def test_one_that_names_itself_must_be_the_one(home: House, idp: IdentityProvider) -> None:
    idp.names_itself = True
    browser = home.browser()
    assert went(browser).headers["location"] == "/"
    answer = at_provider(browser.get(START).headers["location"])
    assert refused(browser.get(answer.partition("&iss=")[0])) == "failed"
    answer = at_provider(browser.get(START).headers["location"])
    assert refused(browser.get(answer.partition("&iss=")[0] + "&iss=https://evil.example")) == "failed"


def test_no_login_is_fixed(home: House) -> None:
    browser = home.logged_in("viewer")
    before = browser.cookies["nofly"]
    went(browser)
    assert browser.cookies["nofly"] != before
    assert home.browser().get("/api/v1/status", headers={"Cookie": f"nofly={before}"}).status_code == 401
    assert browser.get(WHO).json()["name"] == NAME


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_begins_no_login(home: House, site: str) -> None:
    assert home.browser().get(START, headers={"Sec-Fetch-Site": site}).status_code == 403


@pytest.mark.parametrize("tls", [False, True])
def test_the_cookie_has_its_flags(home: House, tls: bool) -> None:
    (cookie,) = home.browser(tls=tls).get(START).headers.get_list("set-cookie")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=600"} <= flags
    assert ("secure" in flags) == tls == cookie.startswith("__Host-")


def test_a_login_that_began_ends(home: House) -> None:
    login = browser_secret.begun("/x", 1000.0)
    assert browser_secret.read(login.cookie, 1599.0) == login
    for cookie, now_s in ((login.cookie, 1601.0), (login.cookie, 999.0), ("", 1000.0), ("a.b.c", 1000.0),
                          ("x" + login.cookie, 1000.0), ("x" * 43 + ".1000.!", 1000.0)):  # fmt: skip
        found = browser_secret.read(cookie, now_s)
        assert found is None or found.back == "/"
    words = {login.state, login.nonce, login.verifier, login.challenge, login.secret}
    assert len(words) == 5


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "", "/\n", "/" * 2, "/é",
     "/" + "x" * 2000],
)  # fmt: skip
def test_another_site_is_no_way_back(home: House, back: str) -> None:
    assert went(home.browser(), back).headers["location"] == "/"


def test_a_login_lasts_a_shift_and_its_tokens_a_week(home: House) -> None:
    browser = home.browser()
    went(browser)
    browser.headers["X-CSRF-Token"] = browser.get(WHO).json()["csrf"]
    wanted = {"name": "ci", "scopes": ["read"]}
    too_long = browser.post("/api/v1/tokens", json={**wanted, "expires": home.in_hours(24 * 8)})
    assert too_long.status_code == 400
    good = browser.post("/api/v1/tokens", json={**wanted, "expires": home.in_hours(24 * 6)})
    assert good.status_code == 201
    for _ in range(2):
        home.now_s += LONGEST_LOGIN_S / 2 - 1
        assert browser.get("/api/v1/status").status_code == 200
    home.now_s += 2
    assert browser.get("/api/v1/status").status_code == 401


def test_a_user_of_the_provider_has_no_password(home: House) -> None:
    browser, root = home.browser(), home.logged_in("administrator")
    went(browser)
    for password in ("", PASSWORD, "x"):
        answer = home.browser().post(WHO, json={"name": NAME, "password": password})
        assert answer.status_code == 401
    answer = root.post(f"/api/v1/users/{NAME}/password", json={"why": "asked"})
    assert (answer.status_code, answer.json()["error"]["kind"]) == (409, "provided")
    new = {"name": NAME, "role": "administrator", "why": "x"}
    assert root.post("/api/v1/users", json=new).status_code == 422


def test_after_many_failures_one_must_wait(home: House, idp: IdentityProvider) -> None:
    idp.token = "a.b.c"
    words = [refused(went(home.browser())) for _ in range(FREE_OF_ADDRESS + 1)]
    assert words == ["failed"] * FREE_OF_ADDRESS + ["too-many-logins"]
    recorded = [act for act in home.acts() if act["kind"] == "access-not-logged-in"]
    assert [act["failures"] for act in recorded] == [1, 10]
    assert all(act["incident"] == "access:nobody" for act in recorded)


def test_without_a_provider_there_is_none(here: House) -> None:
    assert here.browser().get(f"{WHO}/ways").json() == {"provider": None}
    assert here.browser().get(START).status_code == 404
    assert here.browser().get(CALLBACK).status_code == 404


@pytest.mark.parametrize(
    ("claims", "claim", "name"),
    [
        ({"sub": "a-1"}, "sub", "oidc:a-1"),
        ({"sub": "A-1"}, "sub", "oidc:A-1"),
        ({"sub": "auth0|5f7c"}, "sub", "oidc:auth0|5f7c"),
        ({"email": "a@b.c"}, "email", None),
        ({"email": "a@b.c", "email_verified": "true"}, "email", None),
        ({"email": "a@b.c", "email_verified": True}, "email", "oidc:a@b.c"),
        ({"sub": 1}, "sub", None),
        ({"sub": ""}, "sub", None),
        ({}, "sub", None),
    ],
)
def test_names(claims: dict[str, Any], claim: str, name: str | None) -> None:
    assert name_of(claims, claim) == name


@pytest.mark.parametrize("sub", ["a/b", "x" * 60, "<b>", "é", "sha256~" + "0" * 32, "\ud800"])
def test_what_does_not_do_as_a_name_is_hashed(sub: str) -> None:
    name = name_of({"sub": sub}, "sub")
    assert name is not None
    assert name.startswith("oidc:sha256~")
    assert len(name) <= 64
    assert name != f"oidc:{sub}"


GOOD = {"issuer": "https://idp.example", "client_id": "x", "roles": {"a": "viewer"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://idp.example"}, {"issuer": "https://idp.example?x"}, {"issuer": "idp.example"},
        {"issuer": "https://u:p@idp.example"}, {"issuer": ""}, {"issuer": "https://idp.example:x"},
        {"client_secret": "open"}, {"client_secret": "env:NOT_SET_ANYWHERE"}, {"roles": {}}, {"roles": None},
        {"roles": {"a": "root"}}, {"roles": ["a"]}, {"scope": "profile"}, {"rolls": "x"}, {"client_id": 7},
    ],
)  # fmt: skip
def test_what_cannot_be_configured(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        oidc_settings({**GOOD, **wrong})


def test_a_configuration(tmp_path: Path) -> None:
    from nofly.config import parse

    text = (
        '[web.oidc]\nissuer = "https://idp.example"\nclient_id = "x"\n'
        'roles = { a = "viewer", b = "authority" }\n'
    )
    settings = oidc_settings(parse(text).web.oidc)
    assert settings is not None
    assert settings.role_of({"groups": ["a", "b"]}) is Role.AUTHORITY
    assert settings.role_of({"groups": ["c"]}) is None
    assert settings.shown == "idp.example"
    assert oidc_settings({}) is None
