"""The reference page names every option, format and column."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nofly.cli import (
    VERBS,
    archive,
    check,
    claim,
    coverage,
    demo,
    detour,
    doctor,
    incidents,
    keys,
    ledger,
    replay,
    request,
    sign,
    verify,
    watch,
    whatif,
    zones,
)
from nofly.run.outputs import FORMATS
from nofly.run.outputs.columns import COLUMNS

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/cli.md").read_text(encoding="utf-8")


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield f"{parser.prog} {name}"
                yield from _options(sub)
        yield from (o for o in action.option_strings if o not in ("-h", "--help"))


@pytest.mark.parametrize(
    "verb",
    [
        check,
        watch,
        doctor,
        incidents,
        replay,
        archive,
        coverage,
        zones,
        verify,
        sign,
        keys,
        claim,
        ledger,
        request,
        whatif,
        demo,
        detour,
    ],
    ids=lambda v: v.__name__,
)
def test_every_option_is_on_the_page(verb: object) -> None:
    missing = [
        o for o in _options(verb.parser()) if not re.search(rf"(?<![\w-]){re.escape(o)}(?![\w-])", PAGE)
    ]  # type: ignore[attr-defined]
    assert not missing


def test_every_verb_format_and_column_is_on_the_page() -> None:
    for name in (
        *(f"## nofly {v}" for v in VERBS),
        *(f"`{f}`" for f in FORMATS),
        *(f"`{n}`" for n, _ in COLUMNS),
    ):
        assert name in PAGE
