"""Nobody has the server reach for an address over the web: no route takes one, none in a file is reached."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.conftest import application
from tests.web.test_claims import CLAIM

INWARDS = "http://169.254.169.254/latest/meta-data"
SHOWN = {("/api/v1/claims/{name}/documents", "url")}
"""Where a document that is attached was found: kept as text."""
KML = f"""<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<NetworkLink><Link><href>{INWARDS}</href></Link></NetworkLink>
<Style id="a"><IconStyle><Icon><href>{INWARDS}</href></Icon></IconStyle></Style>
<Placemark><styleUrl>{INWARDS}#a</styleUrl><name>Z</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
8,47 9,47 9,48 8,47</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""


def named(part: Any, document: dict[str, Any]) -> set[str]:
    """Return the names of all that a body may hold."""
    if isinstance(part, list):
        return {name for one in part for name in named(one, document)}
    if not isinstance(part, dict):
        return set()
    found = set(part.get("properties", {}))
    if (place := part.get("$ref")) is not None:
        part = document["components"]["schemas"][place.rpartition("/")[2]]
        found |= set(part.get("properties", {}))
    return found | {name for one in part.values() for name in named(one, document)}


def test_no_route_takes_an_address(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    taken = set()
    for path, methods in document["paths"].items():
        for route in methods.values():
            names = {one["name"] for one in route.get("parameters", [])}
            taken |= {(path, name) for name in names | named(route.get("requestBody"), document)}
    assert len(taken) > 50
    words = ("url", "uri", "href", "host", "webhook", "feed", "address", "callback", "endpoint", "server")
    assert {(path, name) for path, name in taken if any(word in name.lower() for word in words)} == SHOWN


def test_no_address_of_a_file_is_reached(
    watched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copytree(watched, tmp_path / "state"))
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda *_: pytest.fail("reached"))
    with application(own) as client:
        kml = client.post("/api/v1/zones/preview?name=a.kml", content=KML.replace(INWARDS, url))
        assert kml.json().get("zones"), kml.text
        feature = {
            "type": "Feature", "properties": {"id": "A", "url": url, "name": url, "upper": "FL100"},
            "geometry": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 47]]]},
        }  # fmt: skip
        read = client.post(
            "/api/v1/zones/preview", content=json.dumps({**feature, "$schema": url, "$ref": url})
        )
        assert read.json().get("zones"), read.text
        linked = {**feature, "crs": {"type": "link", "properties": {"href": url}}}
        assert client.post("/api/v1/zones/preview", content=json.dumps(linked)).status_code == 400
        assert client.put("/api/v1/claims/one", content=CLAIM).status_code == 200
        asked = {"file": "a.html", "captured": "2026-01-01T00:00:00Z", "url": url}
        page = f'<img src="{url}"><script src="{url}"></script>'
        kept = client.post("/api/v1/claims/one/documents", params=asked, content=page)
        assert kept.status_code == 200, kept.text
        assert client.get("/api/v1/claims/one").status_code == 200
    with pytest.raises(TimeoutError):
        listening.accept()
    listening.close()
