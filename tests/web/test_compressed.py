"""Answers are compressed for whoever takes that: once, and only where it is worth it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

import pytest
from fastapi.testclient import TestClient

from nofly.web.app import STATIC

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


def raw(client: TestClient, path: str, headers: Mapping[str, str]) -> tuple[Mapping[str, str], bytes]:
    """Return headers and body of an answer as they are sent."""
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, path
        return answer.headers, b"".join(answer.iter_raw())


def incident(client: TestClient) -> str:
    found = client.get("/api/v1/incidents", params={"limit": 1}).json()["incidents"]
    return str(found[0]["id"])


LARGE = ["/api/v1/zones", "/api/v1/incidents?limit=1000", "/api/v1/openapi.json", "/", "/page/dom.mjs",
         "/data/land.json", "/data/ground.bin"]  # fmt: skip


@pytest.mark.parametrize("path", LARGE)
def test_an_answer_is_compressed_once(client: TestClient, path: str) -> None:
    told, whole = raw(client, path, PLAIN)
    assert "content-encoding" not in told
    headers, sent = raw(client, path, GZIP)
    assert headers["content-encoding"] == "gzip"
    assert "accept-encoding" in headers["vary"].lower()
    assert int(headers["content-length"]) == len(sent) < len(whole)
    unpacking = zlib.decompressobj(31)
    assert unpacking.decompress(sent) == whole
    assert (unpacking.eof, unpacking.unused_data) == (True, b"")


def test_an_export_is_compressed(client: TestClient) -> None:
    path = f"/api/v1/incidents/{incident(client)}/export?format=geojson"
    headers, sent = raw(client, path, GZIP)
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == raw(client, path, PLAIN)[1]


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/status/none", "/icon.svg"])
def test_a_small_answer_is_not_compressed(client: TestClient, path: str) -> None:
    with client.stream("GET", path, headers=GZIP) as answer:
        sent = b"".join(answer.iter_raw())
        assert len(sent) < 1024
        assert "content-encoding" not in answer.headers


def test_what_is_packed_is_not_packed_again(client: TestClient) -> None:
    one = incident(client)
    for path, begins in (
        (f"/api/v1/incidents/{one}/picture", b"\x89PNG"), (f"/api/v1/incidents/{one}/evidence", b"PK"),
    ):  # fmt: skip
        headers, sent = raw(client, path, GZIP)
        assert "content-encoding" not in headers, path
        assert sent.startswith(begins)
        assert len(sent) > 1024


def test_a_file_that_is_there_already_costs_nothing(client: TestClient) -> None:
    first = client.get("/page/dom.mjs", headers=GZIP)
    again = client.get("/page/dom.mjs", headers={**GZIP, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.content == (STATIC / "page/dom.mjs").read_bytes()
