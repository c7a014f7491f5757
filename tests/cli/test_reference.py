"""The reference page names every option, format and column, and its configuration is valid."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nofly import config
from nofly.cli import VERBS, check, demo, zones
from nofly.run.outputs import FORMATS
from nofly.run.outputs.columns import COLUMNS

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/cli.md").read_text(encoding="utf-8")


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield f"nofly zones {name}"
                yield from _options(sub)
        yield from (o for o in action.option_strings if o not in ("-h", "--help"))


@pytest.mark.parametrize("verb", [check, zones, demo], ids=lambda v: v.__name__)
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


def test_the_configuration_on_the_page_is_valid_and_whole() -> None:
    text = PAGE[PAGE.index("```toml") + 7 : PAGE.rindex("```")]
    read = config.parse(text)
    assert read.check.max_gap_s == 120
    assert read.positions.columns["Altitude (feet)"].unit == "ft"
    for key in (*config.CheckConfig.__slots__, *config.PositionsConfig.__slots__):
        assert re.search(rf"\b{key}\b", text), key
