"""Recorded traffic brought to a watch as a receiver brings it: bytes in chunks, by a clock of its own."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nofly.errors import FeedError
from nofly.feeds.receiving import Chunk
from nofly.run.watch import Watch
from nofly.run.watch_plan import WatchPlan
from tests.feeds.decoders.mode_s import airborne, squitter
from tests.feeds.decoders.test_beast import encode

US = 1_000_000


@dataclass(frozen=True)
class Said:
    """Bytes that come at a time; ``closes`` says that the connection breaks after them."""

    time_us: int
    data: bytes
    closes: bool = False


@dataclass
class Air:
    """The clock of a run, and what each feed brings; ``held`` says of a number of chunks whether the next has
    to wait."""

    feeds: dict[str, Sequence[Said]]
    now_us: int = 0
    held: Callable[[int], bool] = lambda _: False
    at: dict[str, int] = field(default_factory=dict)
    _order: list[tuple[int, str]] = field(default_factory=list)
    _taken: int = 0

    def __post_init__(self) -> None:
        self._order = sorted((one.time_us, name) for name, said in self.feeds.items() for one in said)
        self.now_us = self._order[0][0]

    def clock(self) -> int:
        return self.now_us

    def steady_s(self) -> float:
        return self.now_us / 1e6

    async def receive(self, name: str) -> AsyncGenerator[Chunk, None]:
        """Give what one feed brings, each when its turn among all has come; then end."""
        opened = True
        said = self.feeds[name]
        while self.at.get(name, 0) < len(said):
            one = said[self.at.get(name, 0)]
            while self._order[self._taken] != (one.time_us, name):
                await asyncio.sleep(0)
            self.now_us = max(self.now_us, one.time_us)
            self.at[name] = self.at.get(name, 0) + 1
            yield Chunk(one.data, self.now_us, opened)
            self._taken += 1
            while self.held(self._taken):
                await asyncio.sleep(0.001)
            opened = False
            if one.closes:
                raise FeedError("closed")


def run_live(plan: WatchPlan, air: Air, stop_after: int | None = None) -> Watch:
    """Run a watch on what the air brings, to its end or until so many ticks."""
    watch = Watch(plan, air.clock, air.steady_s)
    stop = asyncio.Event()
    ticks = itertools.count(1)

    def tick(_: Any) -> None:
        if next(ticks) == stop_after:
            stop.set()

    watch.on_tick = tick
    with ExitStack() as ends:
        for feed in plan.feeds:
            given: Callable[..., Any] = _receiver(air, {f.url.address: f.name for f in plan.feeds})
            ends.enter_context(patch.object(feed.transport, "receive", given))
        ends.enter_context(patch("nofly.run.feeding.connections.BACKOFF", _no_wait()))
        asyncio.run(watch.run(stop))
    return watch


def _receiver(air: Air, names: dict[str, str]) -> Callable[..., AsyncGenerator[Chunk, None]]:
    return lambda url, _options, _clock: air.receive(names[url])


def _no_wait() -> Any:
    from nofly.feeds.reconnection import Backoff

    return Backoff(0.001, 0.002)


def paris(shared: Path) -> list[dict[str, Any]]:
    """Return the recorded traffic round Paris, in order of time, times in microseconds."""
    with gzip.open(shared / "traffic/paris-2021-10-07-42ac.json.gz", "rt") as file:
        rows = [row for row in json.load(file) if row["latitude"] is not None]
    for row in rows:
        row["time_us"] = round(datetime.fromisoformat(row["timestamp"] + "+00:00").timestamp() * US)
    return sorted(rows, key=lambda row: (row["time_us"], row["icao24"]))


def swiss(shared: Path) -> list[dict[str, Any]]:
    """Return the recorded traffic over Switzerland as :func:`paris` does."""
    with gzip.open(shared / "traffic/switzerland.json.gz", "rt") as file:
        rows = [row for row in json.load(file) if row["latitude"] is not None]
    for row in rows:
        row["time_us"] = row["timestamp"] * 1000
    return sorted(rows, key=lambda row: (row["time_us"], row["icao24"]))


def flight(shared: Path, frames: slice) -> list[tuple[int, bytes]]:
    """Return frames of a recorded flight, with the times at which they were received."""
    return [(round(row["timestamp"] * US), bytes.fromhex(row["frame"])) for row in _flight(shared, frames)]


def flown(shared: Path, frames: slice) -> list[tuple[float, float]]:
    """Return the places in the frames of the recorded flight."""
    places = [(row.get("latitude"), row.get("longitude")) for row in _flight(shared, frames)]
    return [(lat, lon) for lat, lon in places if lat is not None and lon is not None]


def _flight(shared: Path, frames: slice) -> list[dict[str, Any]]:
    with gzip.open(shared / "modes/full_flight_short.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in itertools.islice(lines, frames.start, frames.stop)]


def as_beast(frames: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    for time_us, message in frames:
        clock = time_us * 12 % (1 << 48)
        yield time_us, encode(3 if len(message) == 14 else 2, clock, 100, message)


def as_squitters(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield the positions of rows as extended squitters, odd and even in turn, sent on as they were made."""
    odd: dict[str, bool] = {}
    for row in rows:
        name = row["icao24"]
        odd[name] = not odd.get(name, False)
        feet = row["altitude"]
        code = 0 if feet is None else _altitude(round(feet))
        content = airborne(row["latitude"], row["longitude"], odd[name], code)
        yield row["time_us"], squitter(content, int(name, 16))


def _altitude(feet: int) -> int:
    """Return a 12 bit altitude in steps of 25 ft, the Q bit set (Annex 10 vol. IV § 3.1.2.6.5.4)."""
    steps = (feet + 1000) // 25
    return (steps & 0x7F0) << 1 | 1 << 4 | steps & 0xF


def as_avr(frames: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    for time_us, message in frames:
        yield time_us, f"*{message.hex()};\n".encode()


def as_sbs(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield rows as SBS-1: a position each, callsign and speed now and then."""
    for number, row in enumerate(rows):
        when = datetime.fromtimestamp(row["time_us"] / US).astimezone().strftime("%Y/%m/%d,%H:%M:%S.000")
        head = f"1,1,{row['icao24'].upper()},1,{when},{when}"
        altitude = "" if row["altitude"] is None else f"{row['altitude']:.0f}"
        lines = [f"MSG,3,{head},,{altitude},,,{row['latitude']:.5f},{row['longitude']:.5f},,,0,0,0,0"]
        if number % 7 == 0:
            lines.append(f"MSG,1,{head},{row['callsign'] or ''},,,,,,,,,,,")
        if number % 5 == 0 and row["groundspeed"] is not None:
            lines.append(f"MSG,4,{head},,,{row['groundspeed']:.1f},{row['track'] or 0:.1f},,,0,,,,,")
        yield row["time_us"], ("\r\n".join(lines) + "\r\n").encode()


def as_lines(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield rows as the JSON lines of nofly's own, which tell their time."""
    for row in rows:
        told = {
            "time_us": row["time_us"], "target_id": f"icao24:{row['icao24']}", "callsign": row["callsign"],
            "lat_deg": row["latitude"], "lon_deg": row["longitude"],
            "alt_std_m": None if row["altitude"] is None else row["altitude"] * 0.3048,
        }  # fmt: skip
        yield row["time_us"], json.dumps({k: v for k, v in told.items() if v is not None}).encode() + b"\n"


def as_documents(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield rows as bodies of aircraft.json, one a second, each aircraft as it was heard last."""
    known: dict[str, dict[str, Any]] = {}
    for time_us, some in itertools.groupby(rows, lambda row: row["time_us"]):
        for row in some:
            known[row["icao24"]] = row
        now_s = time_us / US + 0.25
        aircraft = [
            {
                "hex": name, "flight": row["callsign"], "alt_baro": row["altitude"],
                "lat": row["latitude"], "lon": row["longitude"], "gs": row["groundspeed"],
                "track": row["track"], "seen_pos": round(now_s - row["time_us"] / US, 3),
            }
            for name, row in known.items() if now_s - row["time_us"] / US < 60.0
        ]  # fmt: skip
        body = {"now": now_s, "messages": 1, "aircraft": [_told(one) for one in aircraft]}
        yield time_us + US // 4, json.dumps(body).encode()


def _told(one: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in one.items() if v is not None}


def in_chunks(told: Iterable[tuple[int, bytes]], every_us: int, cut: bool = True) -> list[Said]:
    """Return what is told in chunks of a time; a stream is ``cut`` in the midst of records too."""
    out: list[Said] = []
    rest = b""
    for tick, some in itertools.groupby(told, lambda one: one[0] // every_us):
        data = rest + b"".join(data for _, data in some)
        keep = len(data) % 11 if cut else 0
        data, rest = (data[: len(data) - keep], data[len(data) - keep :]) if keep < len(data) else (data, b"")
        out.append(Said((tick + 1) * every_us, data))
    if rest:
        out.append(Said(out[-1].time_us + every_us, rest))
    return out
