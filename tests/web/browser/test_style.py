"""A map of another server under ours: its style where it can be had, and ours, saying so, where it cannot."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.live import Feed, until
from tests.web.browser.conftest import Seen
from tests.web.browser.other_server import OtherServer, other_server
from tests.web.browser.served import Server, square

AT = "?lat=50&lon=14.1&zoom=8"
PURPLE = (128, 0, 128)


def png(red: int, green: int, blue: int, width: int = 256) -> bytes:
    """Return a picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((red, green, blue)) * width
    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * width)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture
def other() -> Iterator[OtherServer]:
    with other_server() as found:
        yield found


def style(tiles: str) -> dict[str, Any]:
    return {
        "version": 8,
        "sources": {"pictures": {"type": "raster", "tiles": [tiles], "tileSize": 256, "maxzoom": 2}},
        "layers": [
            {"id": "ground", "type": "background", "paint": {"background-color": "#00ff00"}},
            {"id": "pictures", "type": "raster", "source": "pictures"},
        ],
    }


def tiles(other: OtherServer) -> None:
    for z in range(3):
        for x in range(2**z):
            for y in range(2**z):
                other.served[f"/{z}/{x}/{y}.png"] = ("image/png", png(*PURPLE))


def opened(server: Server, seen: Callable[..., Seen]) -> tuple[Seen, Any]:
    server.begin()
    server.log_in()
    look = seen()
    return look, look.open(server, AT)


def colour(page: Any) -> tuple[int, ...]:
    """Return the colour of the map at a place where nothing of ours is."""
    import io

    from matplotlib.image import imread

    picture = imread(io.BytesIO(page.screenshot(clip={"x": 60, "y": 300, "width": 4, "height": 4})))
    return tuple(round(float(value) * 255) for value in picture[1, 1, :3])


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 12


@pytest.mark.parametrize("where", ["address", "file"])
def test_a_style_lies_under_the_map(
    tmp_path: Path, feed: Feed, seen: Callable[..., Seen], other: OtherServer, where: str
) -> None:
    tiles(other)
    if where == "address":
        # Half an address: it is of the server that the style is of.
        other.served["/style.json"] = ("application/json", json.dumps(style("{z}/{x}/{y}.png")).encode())
        config = f'[web]\nstyle = "{other.url}/style.json"\n'
    else:
        (tmp_path / "style.json").write_text(json.dumps(style(f"{other.url}/{{z}}/{{x}}/{{y}}.png")))
        config = f'[web]\nstyle = "style.json"\nstyle_origins = ["{other.url}"]\n'
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}", config)
    _, page = opened(server, seen)
    until(lambda: near(colour(page), PURPLE), "the style")
    page.screenshot(path=tmp_path / "style.png")
    assert page.locator("#map-note").is_hidden()
    page.keyboard.press("d")
    until(lambda: page.evaluate("document.documentElement.dataset.theme === 'dark'"), "dark")
    page.goto("about:blank")
    server.end()


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        pytest.param(None, 1, id="not there"),
        pytest.param(b"<html>", 0, id="a page"),
        pytest.param(b'{"version": 7}', 0, id="another version"),
        pytest.param(
            b'{"version": 8, "sources": {"a": {"type": "x"}}, "layers": [{"id": "a"}]}', 0, id="wrong"
        ),
        pytest.param(json.dumps(style("{z}/{x}/{y}.jpg")).encode(), 1, id="no tiles"),
        pytest.param(json.dumps(style("https://elsewhere.example/{z}/{x}/{y}")).encode(), 1, id="elsewhere"),
    ],
)
def test_where_it_cannot_be_had_ours_is_shown_and_it_says_so(
    tmp_path: Path, feed: Feed, seen: Callable[..., Seen], other: OtherServer, body: bytes | None, faults: int
) -> None:
    if body is not None:
        other.served["/style.json"] = ("application/json", body)
    config = f'[web]\nstyle = "{other.url}/style.json"\n'
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}", config)
    look, page = opened(server, seen)
    until(lambda: page.locator("#map-note").is_visible(), "that it cannot be had")
    assert "is configured cannot be had" in page.locator("#map-note").inner_text()
    page.wait_for_timeout(500)
    assert not near(colour(page), (0, 255, 0))
    page.screenshot(path=tmp_path / "failed.png")
    # The browser says itself what it could not get.
    assert bool(look.faults) >= bool(faults)
    look.faults.clear()
    page.goto("about:blank")
    server.end()
