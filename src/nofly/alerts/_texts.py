"""Texts of others, made harmless where a channel has no escape of its own."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def one_line(text: str, longest: int = 2000) -> str:
    """Return a text that is one line and steers no terminal: what is not printable becomes its escape, but
    for spaces of other widths and the joiners of Persian, Indic and emoji."""
    shown = text if text.isprintable() else "".join(map(_visible, text))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def xml_text(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold (section 2.2, production 2) and without characters that
    turn the direction of writing; ``&``, ``<`` and quotes are still to be escaped."""
    return _NOT_XML.sub("�", _INVISIBLE.sub("", one_line(text)))


def _visible(character: str) -> str:
    if character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
