"""The front of the command line: help, errors, exit codes, pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nofly
from nofly.cli import VERBS, main
from nofly.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SQUARE = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "Z1"},
"geometry": {"type": "Polygon", "coordinates": [[[8, 46], [9, 46], [9, 47], [8, 47], [8, 46]]]}}]}"""


def _run(*args: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "nofly", *args], capture_output=True, env=env, timeout=60, **options
    )


def test_help_names_every_verb_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, nofly.cli\n"
        "try: nofly.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'matplotlib', 'pyproj', 'rich', 'msgspec'} & set(sys.modules)\n"
        "print(heavy, file=sys.stderr)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True, timeout=60)
    assert done.stderr.decode().strip() == "set()"
    for verb in VERBS:
        assert verb in done.stdout.decode()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as done:
        main([verb, "--help"])
    assert done.value.code == 0
    assert f"nofly {verb}" in capsys.readouterr().out


def test_version_and_unknown_verbs(capsys: Any) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert nofly.__version__ in capsys.readouterr().out
    assert main(["chek"]) == 2
    assert "did you mean 'check'" in capsys.readouterr().err
    assert main([]) == 2


def test_an_error_is_one_line_and_exit_2() -> None:
    done = _run("zones", "list", "/does/not/exist.geojson")
    assert done.returncode == 2
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("nofly: /does/not/exist.geojson")


def test_an_error_cannot_steer_the_terminal(tmp_path: Path) -> None:
    bad = tmp_path / "a\x1b[31m\nb.geojson"
    bad.write_text("{")
    done = _run("zones", "validate", str(bad))
    assert done.returncode == 2
    assert b"\x1b" not in done.stderr + done.stdout
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt, 130), (ConfigError("x"), 2), (OSError(5, "broken"), 2)]
)
def test_exit_codes_of_what_goes_wrong(error: Any, code: int, monkeypatch: Any, capsys: Any) -> None:
    import nofly.cli.zones

    def fail(_: list[str]) -> int:
        raise error

    monkeypatch.setattr(nofly.cli.zones, "run", fail)
    assert main(["zones"]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    path = tmp_path / "many.geojson"
    feature = SQUARE[SQUARE.index("{", 5) : -2]
    path.write_text(SQUARE.replace(feature, ",\n".join(feature.replace("Z1", f"Z{k}") for k in range(3000))))
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "nofly", "zones", "list", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait(60) == 0


def test_public_names_are_few_lazy_and_there() -> None:
    assert len(nofly.__all__) <= 20
    for name in nofly.__all__:
        assert getattr(nofly, name) is not None
    assert set(nofly.__all__) <= set(dir(nofly))
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        nofly.chekc  # noqa: B018
