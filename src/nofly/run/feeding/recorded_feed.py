"""One captured feed, given again to the decoder that it had, as it was given live."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nofly import plugins
from nofly.errors import Finding, Severity
from nofly.feeds.decoding import Decoded, Decoder
from nofly.feeds.receiving import Chunk
from nofly.run.feeding.plans import DECODERS
from nofly.schema import Coded, Positions, concatenate
from nofly.store.capture_reading import Captured


class RecordedFeed:
    """A captured feed's decoder, as it was. Of each entry in order: :meth:`before`, then :meth:`chunk`, then
    :meth:`after`; :meth:`fed` does all of it at once."""

    def __init__(self, first: Captured) -> None:
        """Raises PluginError where the decoder is not there, ConfigError for options that it has not."""
        header = self.header = first.header
        plugin = plugins.load(DECODERS, header.decoder)
        self.decoder: Decoder | None = plugin.decoder(header.options, header.feed)
        self.framing = str(plugin.FRAMING)
        self._base = self._next = first.offset
        """Offset of the first byte that the decoder is fed (later than it was where segments are deleted),
        and of the next."""
        self.received_us = first.received_us
        self._open = False

    def fed(self, entry: Captured) -> Iterator[Decoded]:
        """Yield what an entry gives; nothing once the decoder has raised, which live was its end too."""
        yield from self.before(entry)
        chunk = self.chunk(entry)
        if chunk is not None and self.decoder is not None:
            try:
                positions, findings = self.decoder.feed(chunk.data, chunk.received_us)
            except Exception as error:
                yield self.ended(error)
            else:
                yield self.placed(positions), findings
        yield from self.after(entry)

    def before(self, entry: Captured) -> Iterator[Decoded]:
        """Yield what is left of what came before an entry that does not continue it."""
        missing = entry.offset - self._next
        if entry.closed or missing or (entry.opened and self._open):
            yield self.finish(entry.received_us)
        self._base, self._next = self._base + missing, entry.offset + len(entry.data)
        self.received_us = entry.received_us

    def chunk(self, entry: Captured) -> Chunk | None:
        """Return what the decoder is to be fed of an entry; None for nothing."""
        if entry.closed or self.decoder is None:
            return None
        self._open = True
        return Chunk(entry.data, entry.received_us, entry.opened, entry.lost)

    def after(self, entry: Captured) -> Iterator[Decoded]:
        """Yield what is left once an entry has been fed, where each is whole in itself."""
        if self.header.finish_each and not entry.closed:
            yield self.finish(entry.received_us)

    def finish(self, received_us: int) -> Decoded:
        """Return what is left at the end of a connection."""
        self._open = False
        if self.decoder is None:
            return concatenate([]), []
        try:
            positions, findings = self.decoder.finish(received_us)
        except Exception as error:
            return self.ended(error)
        return self.placed(positions), findings

    def ended(self, error: Exception) -> Decoded:
        """Return what is said of a decoder that raised; it is fed no more."""
        self.decoder = None
        message = f"the decoder {self.header.decoder} failed: {type(error).__name__}: {str(error)[:200]}"
        where = f"byte {self._next}"
        return concatenate([]), [
            Finding("decoder-failed", Severity.WARNING, message, self.header.feed, where)
        ]

    def placed(self, positions: Positions) -> Positions:
        """Return rows with ``raw`` as in the capture, and the feed's name as their station."""
        raw = positions.column("raw")
        if raw is not None:
            positions.columns["raw"] = np.where(raw < 0, raw, raw + self._base)
        if "station" not in positions.texts and len(positions):
            positions.texts["station"] = Coded(np.zeros(len(positions), np.int32), [self.header.feed])
        return positions
