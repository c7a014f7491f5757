"""Which decoders go over which transports."""

from __future__ import annotations

import pytest

from nofly.errors import ConfigError
from nofly.feeds.decoding import DATAGRAM, DOCUMENT, STREAM
from nofly.feeds.receiving import finish_each


def test_a_stream_in_whole_messages_is_finished_after_each() -> None:
    assert finish_each(STREAM, whole=True)
    assert not finish_each(STREAM, whole=False)
    assert not finish_each(DATAGRAM, whole=True)


@pytest.mark.parametrize("framing", [DATAGRAM, DOCUMENT])
def test_messages_cannot_be_told_in_a_stream(framing: str) -> None:
    with pytest.raises(ConfigError, match=framing):
        finish_each(framing, whole=False)
