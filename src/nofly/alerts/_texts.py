"""Texts of others, made harmless where a channel has no escape of its own."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def one_line(text: str, longest: int = 2000) -> str:
    """Return a text that is one line and steers no terminal: what is not printable becomes its escape."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def xml_text(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold (section 2.2, production 2) and without characters that
    turn the direction of writing; ``&``, ``<`` and quotes are still to be escaped."""
    return _NOT_XML.sub("�", _INVISIBLE.sub("", one_line(text)))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
