"""The constants of the compiled scan are those of its Python source."""

from __future__ import annotations

import re
from pathlib import Path

from nofly.kernel import layout


def test_the_compiled_scan_reads_the_same_numbers() -> None:
    text = Path(layout.__file__).with_name("layout.pxd").read_text()
    compiled = {name: int(value) for name, value in re.findall(r"^    (\w+) = (\d+)$", text, re.M)}
    source = {name: value for name, value in vars(layout).items() if name.isupper()}
    assert compiled == source
