"""What the reports of live traffic say round stays.

It is what :class:`nofly.run.judging.witnesses.Tracks` says of recorded traffic, without keeping the reports.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.happenings import Happened
from nofly.incidents.states import Event
from nofly.run.judging.preparing import Taken
from nofly.run.judging.witnesses import LATER_S, TOLD, Seen, sentences_of, states_error
from nofly.run.live.latest import Before, Latest
from nofly.run.live.packing import Table, as_positions, as_table
from nofly.run.live.sent import Sent
from nofly.schema import Coded, Positions
from nofly.units import US_PER_S

_BEGINS = (Event.ENTER, Event.DOUBT)
_ENDS = (Event.LEAVE, Event.LOSE, Event.END_ZONE)
_FEW = 16
"""Targets whose reports are found by comparing; more by what is noted of each."""
_NOTHING = (None,) * len(TOLD)


@dataclass(slots=True)
class Account:
    """What was counted of one stay so far. ``settled`` is the number of the target's report up to which."""

    entry_us: int
    settled: int
    told: tuple[dict[str, int], ...] = field(default_factory=lambda: tuple({} for _ in TOLD))
    marks: dict[int, int] = field(default_factory=dict)
    stated: bool | None = None
    """Whether a report in it states its own error; None where there is none."""
    stated_before: bool = False
    exit_us: int | None = None
    else_told: list[str | None] = field(default_factory=lambda: [None] * len(TOLD))
    """What was sent last before, or first after."""
    first: Positions | None = None

    def seen(self) -> Seen:
        """Return what is known."""
        callsign, squawk, category = (
            min(name for name, n in count.items() if n == max(count.values())) if count else other
            for count, other in zip(self.told, self.else_told, strict=True)
        )
        sentences: dict[str, int] = {}
        for marks, n in self.marks.items():
            for sentence in sentences_of(marks):
                sentences[sentence] = sentences.get(sentence, 0) + n
        stated = self.stated_before if self.stated is None else self.stated
        return Seen(callsign, squawk, category, sentences, stated)


class Heard:
    """What each target sends, and an account of every stay that goes on or ended a short while ago.

    A target's texts are looked at row by row only where something about them changes during a stay: a fleet
    that keeps its callsigns costs a few array operations a batch.
    """

    def __init__(self, latest: Latest) -> None:
        """``latest`` is the last report of each target, which takes a batch before this does."""
        self._latest = latest
        self._count = np.zeros(0, np.int64)
        """How many reports were counted, while there was something to count them for."""
        self._told: list[NDArray[Any]] = [np.zeros(0, object) for _ in TOLD]
        self._walked = np.zeros(0, np.bool_)
        """False, but for the targets that are gone through one by one while they are."""
        self._words: dict[str, tuple[list[str], NDArray[Any]]] = {}
        """Of each text column the values that were met last, and they as an array that ends with None."""
        self._batch: Sent | None = None
        """What was sent in the batch in hand."""
        self._going: dict[int, dict[int, Account]] = {}
        self._ended: dict[int, list[tuple[int, Account]]] = {}
        self.recognised: list[tuple[int, int, int]] = []
        """Target, zone and time of each report in the batch in hand that said something else of who it is
        than was known in a stay that goes on."""

    def grow(self, targets: int) -> None:
        """Make room for so many targets."""
        more = targets - len(self._count)
        if more <= 0:
            return
        more = max(more, len(self._count) // 2)
        for name in ("_count", "_walked"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros(more, column.dtype)]))
        self._told = [np.concatenate([texts, np.full(more, None, object)]) for texts in self._told]

    def step(self, taken: Taken | None, before: Before | None, happened: Iterable[Happened]) -> None:
        """Take a batch (None: there is none), what its targets had said before, and what happened in it."""
        events: dict[int, list[Happened]] = {}
        for one in happened:
            if one.happening.event in _BEGINS or one.happening.event in _ENDS:
                events.setdefault(one.target, []).append(one)
        self._batch = None
        self.recognised = []
        if taken is None or before is None or not len(taken.positions):
            for number, many in events.items():
                self._rest(number, many)
            return
        positions, target = taken.positions, taken.target
        texts = [positions.texts.get(name) for name in TOLD]
        sent = [
            None if text is None else self._as_objects(name, text)
            for name, text in zip(TOLD, texts, strict=True)
        ]
        self._batch = Sent.of(target, positions.time_us, before.time_us, sent, self._told)
        stated = states_error(positions)
        busy = before.followed
        rows = self._to_walk(taken, busy, stated[busy] != before.stated[busy], sent, events)
        if len(rows):
            walked = np.zeros(len(target), np.bool_)
            walked[rows] = True
            busy = busy[~walked[busy]]
            self._walk(taken, before, rows, sent, stated, events)
        for number in events.keys() - {*target[rows].tolist()}:
            self._rest(number, events[number])
        np.add.at(self._count, target[busy], 1)
        self._batch.put(self._told)

    def _as_objects(self, name: str, text: Coded) -> NDArray[Any]:
        values, words = self._words.get(name, (None, None))
        if values is not text.values or words is None or len(words) != len(text.values) + 1:
            words = np.array([*text.values, None], object)
            self._words[name] = text.values, words
        return words[text.codes]

    def begin(self, target: int, seen: Seen) -> None:
        """Take up what a target had sent before its first report."""
        for told, name in zip(self._told, TOLD, strict=True):
            told[target] = getattr(seen, name)

    def began(self, target: int, zone: int, entry_us: int, first: Positions) -> None:
        """Say which report was the first of a stay, where that came before the batch in which it began."""
        going = self._going.get(target, {}).get(zone)
        account = going if going and going.entry_us == entry_us else self.account(target, zone, entry_us)
        if account is not None:
            account.first = first

    def account(self, target: int, zone: int, entry_us: int) -> Account | None:
        """Return the account of a stay that ended."""
        for number, account in self._ended.get(target, ()):
            if number == zone and account.entry_us == entry_us:
                return account
        return None

    def going(self, target: int, zone: int) -> Seen | None:
        """Return what is known of a stay that goes on."""
        account = self._going.get(target, {}).get(zone)
        if account is None:
            return None
        copy = replace(account, told=tuple(map(dict, account.told)))
        self._settle(target, copy, int(self._count[target]))
        return copy.seen()

    def now(self, target: int) -> Seen:
        """Return what a target sent last."""
        callsign, squawk, category = (told[target] for told in self._told)
        return Seen(callsign, squawk, category, stated_errors=bool(self._latest.stated[target]))

    def at(self, target: int, time_us: int) -> Seen:
        """Return what a target had sent when what happened at a time of the batch in hand became known: with
        its first report from then on."""
        texts = None if self._batch is None else self._batch.at(target, time_us, self._told)
        if texts is None:
            return self.now(target)
        callsign, squawk, category = texts
        return Seen(callsign, squawk, category, stated_errors=bool(self._latest.stated[target]))

    def forget(self, target: int, zone: int, entry_us: int) -> None:
        """Drop the account of a stay that ended."""
        left = [
            (number, account)
            for number, account in self._ended.get(target, ())
            if number != zone or account.entry_us != entry_us
        ]
        if left:
            self._ended[target] = left
        else:
            self._ended.pop(target, None)
        self._note(target)

    def save(self) -> dict[str, Any]:
        """Return the state for :func:`nofly.run.live.packing.pack`."""
        return {
            "count": self._count,
            "told": [column.tolist() for column in self._told],
            "going": [[t, z, _saved(a)] for t, of in self._going.items() for z, a in of.items()],
            "ended": [[t, z, _saved(a)] for t, of in self._ended.items() for z, a in of],
        }  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that :meth:`save` returned."""
        self._count = state["count"]
        self._walked = np.zeros(len(self._count), np.bool_)
        self._told = [np.array([*texts, None], object)[:-1] for texts in state["told"]]
        for target, zone, account in state["going"]:
            self._going.setdefault(target, {})[zone] = _loaded(account)
        for target, zone, account in state["ended"]:
            self._ended.setdefault(target, []).append((zone, _loaded(account)))

    def _to_walk(
        self, taken: Taken, busy: NDArray[np.int64], turned: NDArray[np.bool_],
        sent: list[NDArray[Any] | None], events: dict[int, list[Happened]],
    ) -> NDArray[np.int64]:  # fmt: skip
        """Return the rows of the targets that have to be gone through one by one, by target and time: of the
        ``busy`` rows those of targets that have news. ``turned`` is where one of these states its
        error and the one before did not, or the other way round."""
        target = taken.target
        who = target[busy]
        news = (taken.marks[busy] != 0) | turned
        for texts, told in zip(sent, self._told, strict=True):
            if texts is not None:
                new = texts[busy]
                news |= (new != told[who]) & (new != np.array(None))
        walked = np.concatenate([who[news], np.array([*events], np.int32)])
        if not len(walked):
            return walked.astype(np.int64)
        if len(walked) <= _FEW:
            mine = target == walked[0]
            for one in walked[1:].tolist():
                mine |= target == one
            rows = np.flatnonzero(mine)
        else:
            self._walked[walked] = True
            rows = np.flatnonzero(self._walked[target])
            self._walked[walked] = False
        return rows[np.argsort(target[rows], kind="stable")]

    def _walk(
        self, taken: Taken, before: Before, rows: NDArray[np.int64], sent: list[NDArray[Any] | None],
        stated: NDArray[np.bool_], events: dict[int, list[Happened]],
    ) -> None:  # fmt: skip
        numbers = taken.target[rows].tolist()
        times = taken.positions.time_us[rows].tolist()
        said = list(zip(*(column[rows].tolist() for column in before[:3]), strict=True))
        marks, states = taken.marks[rows].tolist(), stated[rows].tolist()
        none = [None] * len(rows)
        columns = (none if column is None else column[rows].tolist() for column in sent)
        texts = list(zip(*columns, strict=True))
        last = -1
        pending: list[Happened] = []
        for k, target in enumerate(numbers):
            if target != last:
                self._rest(last, pending)
                pending = _in_turn(events.get(target, ()))
                last = target
            time_us = times[k]
            while pending and _before(pending[0], time_us):
                self._turn(pending.pop(0), said[k], taken.positions, int(rows[k]))
            self._one(target, time_us, marks[k], states[k], texts[k])
        self._rest(last, pending)

    def _rest(self, target: int, pending: list[Happened]) -> None:
        for one in pending:
            latest = self._latest
            said = int(latest.time_us[target]), int(latest.mark[target]), int(latest.stated[target])
            self._turn(one, said)
        if target >= 0:
            self._note(target)

    def _one(
        self, target: int, time_us: int, marks: int, stated: bool, texts: tuple[str | None, ...]
    ) -> None:
        """Take one report."""
        going = self._going.get(target, {})
        count = int(self._count[target])
        if texts != _NOTHING and any(
            new is not None and new != told[target] for new, told in zip(texts, self._told, strict=True)
        ):
            for zone, account in going.items():
                self._settle(target, account, count)
                self.recognised.append((target, zone, time_us))
            for k, new in enumerate(texts):
                if new is None:
                    continue
                self._told[k][target] = new
                for _, account in self._ended.get(target, ()):
                    assert account.exit_us is not None
                    missing = not account.told[k] and account.else_told[k] is None
                    if missing and time_us <= account.exit_us + LATER_S * US_PER_S:
                        account.else_told[k] = new
        for account in going.values():
            account.marks[marks] = account.marks.get(marks, 0) + 1
            account.stated = bool(account.stated) or stated
        self._count[target] = count + 1

    def _turn(
        self, one: Happened, said: tuple[int, int, int], positions: Positions | None = None, row: int = 0
    ) -> None:
        """Begin or end an account; ``said`` is of the target's last report before its time, marks and whether
        it stated its error, ``row`` among ``positions`` the first after, where there is one."""
        last_us, mark, stated = said
        target, happening = one.target, one.happening
        going, count = self._going.setdefault(target, {}), int(self._count[target])
        if happening.event in _BEGINS and one.zone not in going:
            first = None if positions is None else _alone(positions, row)
            account = Account(happening.time_us, count, first=first)
            account.stated_before = bool(stated)
            account.else_told = [column[target] for column in self._told]
            if happening.time_us <= last_us:
                # The report before lies on the border, or just behind: it is of the stay.
                account.settled, account.stated = count - 1, account.stated_before
                account.marks[mark] = 1
            going[one.zone] = account
        elif happening.event in _ENDS and one.zone in going:
            account = going.pop(one.zone)
            self._settle(target, account, count)
            account.exit_us = happening.time_us
            self._ended.setdefault(target, []).append((one.zone, account))
        if not going:
            del self._going[target]

    def _settle(self, target: int, account: Account, count: int) -> None:
        """Count the reports since the account was settled, for the texts that held."""
        if count > account.settled:
            for counts, texts in zip(account.told, self._told, strict=True):
                text = texts[target]
                if text is not None:
                    counts[text] = counts.get(text, 0) + count - account.settled
        account.settled = count

    def _note(self, target: int) -> None:
        lacking = any(
            not count and other is None
            for _, account in self._ended.get(target, ())
            for count, other in zip(account.told, account.else_told, strict=True)
        )
        # A stay goes on, or one ended and has no text yet.
        self._latest.follow(target, target in self._going or lacking)


def _alone(positions: Positions, row: int) -> Positions:
    """Return one report, without the texts of the batch that it came in."""

    def text(coded: Coded) -> Coded:
        value = coded.at(row)
        code, values = (-1, []) if value is None else (0, [value])
        return Coded(np.array([code], np.int32), values)

    here = slice(row, row + 1)
    return Positions(
        positions.time_us[here].copy(), text(positions.target), positions.lat_deg[here].copy(),
        positions.lon_deg[here].copy(),
        {name: column[here].copy() for name, column in positions.columns.items()},
        {name: text(coded) for name, coded in positions.texts.items()},
    )  # fmt: skip


def _in_turn(events: Iterable[Happened]) -> list[Happened]:
    """Return what happened to a target by time; of one instant stays begin before others end, but for those
    of one zone: they stay in their order."""
    ended: set[tuple[int, int]] = set()
    keyed = []
    for one in events:
        at = one.zone, one.happening.time_us
        if one.happening.event in _ENDS:
            ended.add(at)
        keyed.append((one.happening.time_us, at in ended, one))
    return [one for *_, one in sorted(keyed, key=lambda row: row[:2])]


def _before(one: Happened, time_us: int) -> bool:
    """Return whether something happened before a report is counted: an entry at its very instant has it in
    the stay, and so has an exit."""
    begins = one.happening.event in _BEGINS
    return one.happening.time_us <= time_us if begins else one.happening.time_us < time_us


def _saved(account: Account) -> list[Any]:
    first = account.first
    row = None if first is None or not len(first) else as_table(first)
    told, marks = list(account.told), list(account.marks.items())
    return [account.entry_us, account.settled, told, marks, account.stated, account.stated_before,
            account.exit_us, account.else_told, row]  # fmt: skip


def _loaded(saved: list[Any]) -> Account:
    entry_us, settled, told, marks, stated, before, exit_us, else_told, row = saved
    first = None if row is None else as_positions(Table(*row))
    return Account(entry_us, settled, tuple(told), dict(marks), stated, before, exit_us, else_told, first)
