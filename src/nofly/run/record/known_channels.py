"""Which channels a watch tells its alerts on, for those who speak of one beside it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from nofly.store.sqlite import Store

_NAME = "channels"


def note_channels(store: Store, names: Iterable[str]) -> None:
    """Keep the names in the store. Raises StoreError where it cannot be written."""
    store.append([], keep={_NAME: msgspec.json.encode(list(names))})


def known_channels(store: Store) -> list[str] | None:
    """Return the names of the channels of the watch that ran last; None where none has said them."""
    found = store.kept(_NAME)
    try:
        return None if found is None else msgspec.json.decode(found, type=list[str])
    except msgspec.MsgspecError:
        return None
