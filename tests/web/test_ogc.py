"""OGC API – Features: what a client of the standard asks for, it gets."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient


def test_a_client_finds_its_way_from_the_landing_page(client: TestClient) -> None:
    links = {link["rel"]: link["href"] for link in client.get("/ogc").json()["links"]}
    assert "3.1" in client.get(links["service-desc"]).json()["openapi"]
    assert any(name.endswith("conf/core") for name in client.get(links["conformance"]).json()["conformsTo"])
    for one in client.get(links["data"]).json()["collections"]:
        items = next(link["href"] for link in one["links"] if link["rel"] == "items")
        answer = client.get(items)
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.json()["type"] == "FeatureCollection"


def test_pages_join_to_the_whole(client: TestClient) -> None:
    whole = client.get("/ogc/collections/incidents/items").json()
    found: list[Any] = []
    href = "/ogc/collections/incidents/items?limit=4"
    while href:
        page = client.get(href).json()
        found += page["features"]
        href = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert found == whole["features"]
    assert whole["numberMatched"] == len(found) > 4


def test_a_box_and_a_time_choose(client: TestClient) -> None:
    items = "/ogc/collections/zones/items"
    swiss = {f["properties"]["id"] for f in client.get(f"{items}?bbox=7,46,8,47").json()["features"]}
    assert "LS-X" in swiss
    assert not any(name.startswith("LF-P") for name in swiss)
    assert client.get(f"{items}?bbox=170,-50,-170,-40").json()["features"] == []
    items = "/ogc/collections/incidents/items"
    assert client.get(f"{items}?datetime=2019-01-01T00:00:00Z/..").json()["numberMatched"] == 0
    some = client.get(f"{items}?datetime=2018-08-01T12:20:00Z/2018-08-01T12:25:00Z").json()["numberMatched"]
    assert 0 < some <= client.get(items).json()["numberMatched"]


def test_one_feature(client: TestClient) -> None:
    first = client.get("/ogc/collections/zones/items?limit=1").json()["features"][0]
    found = client.get(f"/ogc/collections/zones/items/{first['id']}").json()
    assert {name: found[name] for name in first} == first


@pytest.mark.parametrize(
    "path",
    ["nothing", "nothing/items", "zones/items/nothing", "zones/items?bbox=1,2,3", "zones/items?limit=0",
     "incidents/items?datetime=never"],
)  # fmt: skip
def test_what_is_not_there_is_told(client: TestClient, path: str) -> None:
    answer = client.get(f"/ogc/collections/{path}")
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["message"]
