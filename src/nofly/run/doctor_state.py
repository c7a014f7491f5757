"""Whether what a watch writes to and tells is there: the state folder, the record, the channels, the port."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from nofly.config import RegisterConfig
from nofly.errors import NoflyError
from nofly.run.alerting.plans import AlertPlan
from nofly.run.display.watch_metrics import served_at
from nofly.run.doctor import Check, Well, told
from nofly.run.outputs.text import many, printable
from nofly.run.watch_plan import WatchPlan
from nofly.store.sqlite import Store

LEAST_FREE_BYTES = 100_000_000
CONNECT_S = 5.0


def watched_now(state: Path) -> bool | None:
    """Return whether a process has the journal of a state folder; None where that cannot be told."""
    try:
        inode = (state / "journal" / "lock").stat().st_ino
    except OSError:
        return False
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    return any(line.split()[1] == "FLOCK" and f":{inode} " in line for line in locks.splitlines())


def state(plan: WatchPlan) -> Iterator[Check]:
    """Yield whether the state folder can be written and has room, and whether the record is whole."""
    folder = plan.state
    name = printable(str(folder))
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"nofly")
            file.flush()
        there = "can be written" if folder.exists() else f"is made at the start, in {printable(str(place))}"
        yield Check("state", name, Well.OK, there)
    except OSError as error:
        yield Check("state", name, Well.FAULT, f"cannot be written: {told(error)}")
    yield _room(plan, place)
    if watched_now(folder):
        yield Check("state", name, Well.OK, "a watch is at work on it: what it listens to, nobody else can")
    yield _record(folder)


def _room(plan: WatchPlan, place: Path) -> Check:
    free = shutil.disk_usage(place).free
    limits = plan.capture
    used = 0
    for path in (plan.state / "capture").rglob("*"):
        with suppress(OSError):
            used += path.stat().st_size
    said = f"{free / 1e9:,.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Check("state", "room", Well.FAULT, said)
    if limits is not None and free + used < limits.keep_bytes:
        more = f"raw captures may grow to {limits.keep_bytes / 1e9:,.1f} GB (capture_bytes)"
        return Check("state", "room", Well.WARNING, f"{said}, {more}")
    return Check("state", "room", Well.OK, said)


def _record(folder: Path) -> Check:
    path = folder / "record.sqlite"
    if not path.exists():
        return Check("state", "record", Well.OK, "none yet")
    try:
        with Store(path, create=False, read_only=True) as store:
            findings, head = store.verify(), store.head()
    except NoflyError as error:
        return Check("state", "record", Well.FAULT, f"cannot be read: {told(error)}")
    if findings:
        first = printable(str(findings[0]))
        return Check("state", "record", Well.FAULT, f"{len(findings):,} faults, the first: {first}")
    return Check("state", "record", Well.OK, f"{head.sequence:,} records, each as it was written")


def register(config: RegisterConfig, now_us: int) -> Iterator[Check]:
    """Yield whether the register can be read and is whole, and how much is law now; nothing where none is
    configured."""
    if not config.url:
        return
    from nofly.plugins.secrets import is_reference
    from nofly.run.declaring.registered import team_register
    from nofly.run.registering.opening import open_register
    from nofly.zones.editions import Law

    name = "register"
    try:
        team_register(config)
        if "://" not in config.url and not is_reference(config.url) and not Path(config.url).exists():
            yield Check("register", printable(config.url), Well.OK, "none yet: the first act makes it")
            return
        with open_register(config.url) as law:
            name = printable(law.name)
            findings, acts = law.verify(), law.acts()
    except NoflyError as error:
        yield Check("register", name, Well.FAULT, told(error))
        return
    if findings:
        first = printable(str(findings[0]))
        yield Check("register", name, Well.FAULT, f"{len(findings):,} faults, the first: {first}")
        return
    held = many(len(Law(acts).at(now_us)), "zone")
    said = f"{many(len(acts), 'act')}, each as it was recorded; {held} in force now"
    yield Check("register", name, Well.OK, said)


def pages(plan: WatchPlan) -> Check:
    """Return whether /metrics and /healthz can be served."""
    address = plan.watch.metrics
    try:
        place = served_at(address)
    except NoflyError as error:
        return Check("metrics", printable(address), Well.FAULT, told(error))
    if place is None:
        return Check("metrics", "none", Well.OK, "served nowhere")
    host, port = place
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family):
            return Check("metrics", address, Well.OK, "the port is free")
    except (OSError, OverflowError) as error:
        if watched_now(plan.state):
            return Check("metrics", address, Well.OK, "taken, while a watch is at work on the state folder")
        return Check("metrics", address, Well.FAULT, f"cannot be served there: {told(error)}")


async def alerts(plan: WatchPlan, clock_us: Callable[[], int]) -> list[Check]:
    """Return whether each channel can be, and can be reached where that can be told without telling."""
    return list(await asyncio.gather(*(_alert(one, clock_us) for one in plan.alerts)))


async def _alert(plan: AlertPlan, clock_us: Callable[[], int]) -> Check:
    name = f"{plan.name}, {plan.kind}"
    try:
        channel = plan.module.channel(plan.own, f"alert {plan.name!r}", clock_us)
    except Exception as error:  # whatever keeps a channel from being made, the watch would not start
        return Check("alerts", name, Well.FAULT, told(error))
    try:
        async with asyncio.timeout(CONNECT_S):
            said = await channel.reach()
    except TimeoutError:
        return Check("alerts", name, Well.FAULT, f"no answer in {CONNECT_S:.0f} s")
    except Exception as error:  # so is one that cannot be reached, whatever it raises
        return Check("alerts", name, Well.FAULT, f"not reached: {told(error)}")
    finally:
        with suppress(Exception):
            await channel.aclose()
    return Check(
        "alerts", name, Well.OK, printable(said or "whether it is reached cannot be told without alerting")
    )
