"""Values out of parsed TOML, each checked; every error says which file, which key, and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from nofly.errors import InputError
from nofly.units import US_PER_S

MOST_TEXT = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Table:
    """One table of a claim file, and where it stands."""

    def __init__(self, given: Any, source: str, path: str) -> None:
        self.source, self.path = source, path
        if not isinstance(given, Mapping):
            raise InputError("no table", source=source, locator=path, expected=f"[{path}]")
        self.given: Mapping[str, Any] = given

    def known(self, names: Iterable[str]) -> None:
        """Raise InputError for a key that is none of the names."""
        allowed = list(names)
        for key in self.given:
            if key not in allowed:
                near = get_close_matches(key, allowed, 1)
                expected = f"perhaps {near[0]}" if near else f"one of {', '.join(allowed)}"
                raise self.wrong("unknown key", key, expected)

    def wrong(self, message: str, key: str, expected: str = "") -> InputError:
        """Return an error in the value of a key."""
        where = f"{self.path}.{key}" if self.path else key
        return InputError(message, source=self.source, locator=where, expected=expected)

    def text(self, key: str, *, required: bool = False) -> str:
        """Return a text, empty where it is not there."""
        value = self.given.get(key)
        if value is None:
            if required:
                raise self.wrong("missing", key, "a text")
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            raise self.wrong(f"{value!r}", key, "a text")
        if len(value) > MOST_TEXT:
            raise self.wrong("too long", key, f"{MOST_TEXT} characters at most")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return one text or a list of them."""
        value = self.given.get(key, [])
        listed = value if isinstance(value, list) else [value]
        for one in listed:
            if not isinstance(one, str) or len(one) > MOST_TEXT:
                raise self.wrong(f"{str(one)[:80]!r}", key, "a text or a list of texts")
        return tuple(listed)

    def word(self, key: str, words: Sequence[str], default: str) -> str:
        """Return one of some words."""
        value = self.given.get(key, default)
        if value not in words:
            near = get_close_matches(str(value), words, 1)
            expected = f"perhaps {near[0]}" if near else f"one of {', '.join(w for w in words if w)}"
            raise self.wrong(f"{value!r}", key, expected)
        return str(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.given.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(f"{value!r}", key, "true or false")
        return value

    def moment_us(self, key: str) -> int | None:
        """Return a date and time with its zone as UTC microseconds, None where it is not there."""
        value = self.given.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.wrong(f"{value!s}", key, "a date and time with its zone, as 2015-11-24T07:24:05Z")
        apart = value - _EPOCH
        return (apart.days * 86_400 + apart.seconds) * US_PER_S + apart.microseconds

    def tables(self, key: str) -> list[Table]:
        """Return a list of tables, empty where it is not there."""
        value = self.given.get(key, [])
        where = f"{self.path}.{key}" if self.path else key
        if not isinstance(value, list):
            raise self.wrong("no list of tables", key, f"[[{where}]]")
        return [Table(one, self.source, f"{where}[{k}]") for k, one in enumerate(value)]

    def table(self, key: str) -> Table:
        """Return a table, empty where it is not there."""
        return Table(self.given.get(key, {}), self.source, f"{self.path}.{key}" if self.path else key)
