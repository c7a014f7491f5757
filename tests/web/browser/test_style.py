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

AT = "?lat=50&lon=14.1&zoom=8&veil=off"
"""Without the veil: it lies over the colours that are looked at."""
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


def test_the_veil_is_seen_without_a_graphics_card(swiss: Server, seen: Callable[..., Seen]) -> None:
    """There it has no dots: they take longer than all else together."""
    look = seen()
    page = look.page
    for theme in ("light", "dark"):
        look.open(swiss, f"?lat=50&lon=3&zoom=7&theme={theme}&veil=off")
        bare = colour(page)
        look.open(swiss, f"?lat=50&lon=3&zoom=7&theme={theme}")
        until(lambda before=bare: not near(colour(page), before), "the veil")
        assert sum(colour(page)) < sum(bare), theme


# A letter of one colour, as fonts of a map are served: a filled square of a signed distance.
LETTER_PX, BORDER_PX = 16, 3


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def told(number: int, value: int | bytes) -> bytes:
    """Return a field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def letters(font: str) -> bytes:
    """Return a font in which every letter of ASCII is a square."""
    edge = LETTER_PX + 2 * BORDER_PX
    inside = [BORDER_PX <= k < BORDER_PX + LETTER_PX for k in range(edge)]
    bitmap = bytes(255 if inside[x] and inside[y] else 0 for y in range(edge) for x in range(edge))
    stack = told(1, font.encode()) + told(2, b"0-255")
    for code in range(32, 127):
        glyph = told(1, code) + told(2, bitmap) + told(3, LETTER_PX) + told(4, LETTER_PX)
        stack += told(3, glyph + told(5, 0) + told(6, 1) + told(7, LETTER_PX + 2))
    return told(1, stack)


def test_a_style_has_letters_and_signs_of_its_own(
    tmp_path: Path, feed: Feed, seen: Callable[..., Seen], other: OtherServer
) -> None:
    signs = {"dot": {"x": 0, "y": 0, "width": 16, "height": 16, "pixelRatio": 1}}
    for size in ("", "@2x"):
        other.served[f"/sprite{size}.json"] = ("application/json", json.dumps(signs).encode())
        other.served[f"/sprite{size}.png"] = ("image/png", png(255, 0, 0, 16))
    other.served["/fonts/Squares/0-255.pbf"] = ("application/x-protobuf", letters("Squares"))
    here = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [13.7, 50]}}
    there = {**here, "geometry": {"type": "Point", "coordinates": [13.7, 50.15]}}
    placed = {"icon-allow-overlap": True, "text-allow-overlap": True, "icon-ignore-placement": True}
    other.served["/style.json"] = ("application/json", json.dumps({
        "version": 8, "sprite": f"{other.url}/sprite", "glyphs": "fonts/{fontstack}/{range}.pbf",
        "sources": {"sign": {"type": "geojson", "data": here}, "word": {"type": "geojson", "data": there}},
        "layers": [
            {"id": "ground", "type": "background", "paint": {"background-color": "#ffffff"}},
            {"id": "sign", "type": "symbol", "source": "sign",
             "layout": {"icon-image": "dot", "icon-size": 2, **placed}},
            {"id": "word", "type": "symbol", "source": "word", "paint": {"text-color": "#0000ff"},
             "layout": {"text-field": "XXXX", "text-font": ["Squares"], "text-size": 32, **placed}},
        ],
    }).encode())  # fmt: skip
    config = f'[web]\nstyle = "{other.url}/style.json"\n'
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}", config)
    look, page = opened(server, seen)
    look.open(server, "?lat=50.05&lon=13.8&zoom=9&veil=off")
    until(lambda: {"/sprite.png", "/fonts/Squares/0-255.pbf"} <= set(other.asked), "letters and signs")
    until(lambda: {(255, 0, 0), (0, 0, 255)} <= inks(page), "they are drawn")
    page.screenshot(path=tmp_path / "letters.png")
    assert page.locator("#map-note").is_hidden()
    page.goto("about:blank")
    server.end()


def inks(page: Any) -> set[tuple[int, ...]]:
    """Return the colours of the map."""
    import io

    import numpy as np
    from matplotlib.image import imread

    box = page.locator("#map").bounding_box()
    picture = imread(io.BytesIO(page.screenshot(clip=box)))[..., :3]
    return {tuple(map(int, one)) for one in np.unique((picture * 255).round().reshape(-1, 3), axis=0)}


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
