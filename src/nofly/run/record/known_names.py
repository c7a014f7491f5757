"""Which channels a watch tells its alerts on and which feeds it has, for those who speak of one beside it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from nofly.store.sqlite import Store

CHANNELS, FEEDS = "channels", "feeds"


def note_names(store: Store, channels: Iterable[str], feeds: Iterable[str] = ()) -> None:
    """Keep the names in the store. Raises StoreError where it cannot be written."""
    named = {CHANNELS: list(channels), FEEDS: list(feeds)}
    store.append([], keep={name: msgspec.json.encode(names) for name, names in named.items()})


def known_names(store: Store, of: str) -> list[str] | None:
    """Return the names of the channels or the feeds of the watch that ran last; None where none has said
    them."""
    found = store.kept(of)
    try:
        return None if found is None else msgspec.json.decode(found, type=list[str])
    except msgspec.MsgspecError:
        return None
