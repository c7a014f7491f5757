"""Text in English that knows what it is made of, so that a page can say it in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

_HOLE = re.compile(r"\{(\w+)\}")
Words: TypeAlias = dict[str, Any]
"""``say``: a sentence with holes; ``values``: what fills each, a text or again words."""


class Sentence(str):
    """A text in English: a sentence, and what fills the holes in it. Only a page asks for these; as a text it
    is like any other, but ``str()`` of it is what encoders take."""

    __slots__ = ("frame", "values")
    frame: str
    """The sentence with its holes."""
    values: Mapping[str, str]

    @property
    def words(self) -> Words:
        """What it is made of. Numbers, names and codes are texts; words are sentences of their own."""
        return {"say": self.frame, "values": {name: made_of(value) for name, value in self.values.items()}}


def say(frame: str, /, **values: str) -> Sentence:
    """Return a sentence with its holes filled: ``say("at {place}", place="46.8 N")``."""
    made = Sentence(_HOLE.sub(lambda hole: values[hole[1]], frame))
    made.frame, made.values = frame, values
    return made


def joined(between: str, parts: Sequence[str]) -> Sentence:
    """Return texts with something between each two of them."""
    return say(
        between.join(f"{{p{k}}}" for k in range(len(parts))), **{f"p{k}": p for k, p in enumerate(parts)}
    )


def made_of(text: str) -> str | Words:
    """Return the words of a text, or the text where it is no sentence."""
    return text.words if isinstance(text, Sentence) else str(text)


def taken_apart(value: Any) -> tuple[Any, dict[str, Words]]:
    """Return plain values with each sentence as a text that any encoder takes, and the words of the sentences
    by these."""
    words: dict[str, Words] = {}

    def plain(one: Any) -> Any:
        if isinstance(one, Sentence):
            words[str(one)] = one.words
            return str(one)
        if isinstance(one, Mapping):
            return {name: plain(part) for name, part in one.items()}
        return [plain(part) for part in one] if isinstance(one, list | tuple) else one

    return plain(value), words
