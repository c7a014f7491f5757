"""No secret is in a log, in an error, or on the disk."""

from __future__ import annotations

import logging
import stat

import pytest

from nofly.web.access.random_ids import csrf_of, new_id, new_password, new_token
from tests.web.access.doors import PASSWORD, WHO, House


def test_secrets_are_nowhere(here: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = here.logged_in("administrator")
    token = here.token("operator", "read")
    link = browser.post("/api/v1/links", json={"name": "p", "why": "asked"}).json()["path"].partition("=")[2]
    made = browser.post("/api/v1/users", json={"name": "anna", "role": "viewer", "why": "new"}).json()
    reset = browser.post("/api/v1/users/viewer/password", json={"why": "forgotten"}).json()
    wrong = "a password in the wrong field"
    for name in (wrong, "viewer"):
        here.browser().post(WHO, json={"name": name, "password": wrong})
    here.browser().post(f"{WHO}/link", json={"link": link})
    asked = here.browser()
    for headers in ({"Authorization": f"Bearer {token}"}, {"X-Nofly-Link": link}):
        for path in ("/api/v1/status", "/api/v1/users", "/api/v1/nothing", "/api/v1/incidents/xyz"):
            asked.get(path, headers=headers)
    login_id = browser.cookies["nofly"]
    secrets = [
        token, link, made["password"], reset["password"], PASSWORD, wrong, login_id, csrf_of(login_id),
    ]  # fmt: skip
    here.access.close()
    stored = b"".join(path.read_bytes() for path in here.folder.iterdir() if path.is_file())
    for secret in secrets:
        assert secret not in caplog.text
        assert secret.encode() not in stored


def test_a_list_shows_no_secret(here: House) -> None:
    root, token = here.logged_in("administrator"), here.token("viewer", "read")
    link = root.post("/api/v1/links", json={"name": "p", "why": "asked"}).json()["path"].partition("=")[2]
    for path in ("/api/v1/tokens?everybody=true", "/api/v1/links", "/api/v1/users"):
        answer = root.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert token not in answer.text
        assert link not in answer.text
        assert "argon2" not in answer.text


def test_nobody_else_reads_the_file(here: House) -> None:
    for path in here.folder.glob("access.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_what_is_made_is_never_the_same() -> None:
    for make in (new_id, new_token, new_password):
        assert len({make() for _ in range(100)}) == 100
