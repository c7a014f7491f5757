"""The unit, the image and the compose file say what they have to, and fit nofly as it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from nofly import config
from nofly.cli import serve
from nofly.cli.watch import parser as watch_parser
from nofly.run.watch_plan import plan_watch

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging"
UNIT = FOLDER / "nofly-watch.service"
DOCKERFILE = FOLDER / "Dockerfile"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
WITH_PAGE = yaml.safe_load((FOLDER / "compose.serve.yaml").read_text(encoding="utf-8"))["services"]["nofly"]


class _Unit(RawConfigParser):
    """Keys as they stand; of a key that stands twice, all values."""

    def __init__(self) -> None:
        super().__init__(strict=False, interpolation=None, comment_prefixes=("#",), delimiters=("=",))

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _unit() -> _Unit:
    unit = _Unit()
    unit.read(UNIT, encoding="utf-8")
    return unit


def _instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
    return [(word.upper(), rest) for word, _, rest in (line.partition(" ") for line in lines)]


def _last_stage() -> list[tuple[str, str]]:
    said = _instructions()
    return said[max(k for k, (word, _) in enumerate(said) if word == "FROM") :]


# The unit


def test_the_unit_is_locked_down_and_comes_back() -> None:
    unit = _unit()
    assert unit.sections() == ["Unit", "Service", "Install"]
    service = unit["Service"]
    for key in ("DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices"):
        assert service[key] == "yes", key
    assert service["ProtectSystem"] == "strict"
    assert service["Restart"] == "on-failure"
    assert service["StateDirectory"] == "nofly"
    assert service["CapabilityBoundingSet"] == ""
    assert service["ExecReload"] == "kill -HUP $MAINPID"
    assert service["RestartForceExitStatus"] == "SIGHUP"
    assert float(service["TimeoutStopSec"]) > 5 + 10, "the channels are drained, the state is written"


def test_the_unit_calls_nofly_as_it_can_be_called() -> None:
    program, verb, *arguments = _unit()["Service"]["ExecStart"].split()
    assert (program, verb) == ("/opt/nofly/bin/nofly", "watch")
    args = watch_parser().parse_args(arguments)
    assert (args.config, args.state) == ("/etc/nofly/nofly.toml", "%S/nofly")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8").replace("/opt/nofly/bin/nofly", os.path.realpath(sys.executable))
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert not said
    if "Failed to" not in done.stderr:
        assert done.returncode == 0, done.stderr


# The image


def test_the_image_is_built_of_pinned_things_for_any_processor() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    bases = [rest for word, rest in _instructions() if word == "FROM"]
    assert len(bases) == 2
    assert all(re.match(r"python:3\.\d+-slim\b", base) for base in bases)
    steps = "\n".join(rest for word, rest in _instructions() if word == "RUN")
    assert "--require-hashes -r requirements.txt" in steps
    assert "NOFLY_REQUIRE_COMPILED=1" in steps
    named = r"amd64|arm64|x86|aarch|armv|TARGETARCH"
    assert not re.search(named, "\n".join(rest for _, rest in _instructions()))
    assert "linux/amd64,linux/arm64" in text


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    said = dict(_last_stage())
    assert said["USER"] == "nofly"
    words = [word for word, _ in _last_stage()]
    assert words.index("USER") > max(k for k, word in enumerate(words) if word in ("RUN", "COPY"))
    assert not {"ADD", "SHELL"} & {word for word, _ in _instructions()}
    port = config.WatchConfig().metrics.rpartition(":")[2]
    assert said["EXPOSE"] == port
    assert f"127.0.0.1:{port}/healthz" in said["HEALTHCHECK"]
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(said["ENTRYPOINT"]) == ["nofly"]
    verb, *arguments = json.loads(said["CMD"])
    args = watch_parser().parse_args(arguments)
    assert (verb, args.config, args.state) == ("watch", "/etc/nofly/nofly.toml", said["VOLUME"])


def test_the_health_check_is_python_that_fails_where_nobody_answers() -> None:
    check = dict(_last_stage())["HEALTHCHECK"]
    program, *arguments = json.loads(check[check.index("[") :])
    assert program == "python"
    arguments = [text.replace(":9107/", ":9/") for text in arguments]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, timeout=60)
    assert done.returncode == 1


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert kept[0] == "**"
    for word, rest in _instructions():
        if word == "COPY" and not rest.startswith("--from="):
            for name in rest.split()[:-1]:
                assert (ROOT / name).exists(), name
                assert f"!{name}" in kept, name


def test_what_the_image_installs_is_what_the_project_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["mqtt"], *extras["notify"], *extras["terrain"], "setuptools"]
    text = (FOLDER / "requirements.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))
    names = {re.split(r"[<>=!; ]", need)[0].lower().replace("_", "-") for need in wanted}
    assert names <= pinned.keys(), "run make constraints"
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & pinned.keys()
    everything = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not [f"{n}=={v}" for n, v in pinned.items() if f"{n}=={v}" not in everything]


# The compose file


def test_the_container_is_locked_down_beside_a_receiver() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    assert set(services) == {"readsb", "nofly"}
    nofly = services["nofly"]
    assert nofly["read_only"] is True
    assert nofly["cap_drop"] == ["ALL"]
    assert nofly["security_opt"] == ["no-new-privileges:true"]
    assert nofly["depends_on"] == ["readsb"]
    assert nofly["build"] == {"context": "..", "dockerfile": "packaging/Dockerfile"}
    assert "privileged" not in services["readsb"]
    places = {volume.rsplit(":", 2 if volume.endswith(":ro") else 1)[1] for volume in nofly["volumes"]}
    assert places == {"/etc/nofly", "/zones", dict(_last_stage())["VOLUME"]}
    assert "state" in COMPOSE["volumes"]


@pytest.mark.parametrize("names", [["compose.yaml"], ["compose.yaml", "compose.serve.yaml"]])
def test_compose_finds_nothing_wrong_with_its_files(names: list[str]) -> None:
    compose = _compose()
    if compose is None:
        pytest.skip("no docker compose here")
    files = [word for name in names for word in ("-f", str(FOLDER / name))]
    given = {"READSB_LAT": "47.45", "READSB_LON": "8.55", "NOFLY_ZONES": "/srv/zones"}
    said = json.loads(_said([*compose, *files, "config", "--format", "json"], given))["services"]["nofly"]
    assert said["build"]["context"] == str(ROOT)
    assert said["command"] == (WITH_PAGE["command"] if names[1:] else None)
    assert {(port["host_ip"], port["target"]) for port in said["ports"]} == {
        ("127.0.0.1", 9107), *([("127.0.0.1", 8443)] if names[1:] else []),
    }  # fmt: skip
    for name in ("READSB_LAT", "READSB_LON", "NOFLY_ZONES"):
        lacking = {key: value for key, value in given.items() if key != name}
        assert name in _said([*compose, *files, "config", "-q"], lacking, fails=True)


def _compose() -> list[str] | None:
    """Return how Docker's compose is called here."""
    for words in (["docker-compose"], ["docker", "compose"]):
        if shutil.which(words[0]):
            done = subprocess.run([*words, "config", "--help"], capture_output=True, text=True, timeout=60)
            # The first generation, in Python, knows neither this option nor today's files.
            if done.returncode == 0 and "--format" in done.stdout:
                return words
    return None


def _said(words: list[str], env: dict[str, str], *, fails: bool = False) -> str:
    done = subprocess.run(
        words, env={"PATH": os.environ["PATH"], **env}, capture_output=True, text=True, timeout=60
    )
    assert bool(done.returncode) == fails, done.stderr
    return done.stderr if fails else done.stdout


def test_no_port_is_open_to_the_world() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_containers_configuration_watches_the_receiver(tmp_path: Path) -> None:
    place = FOLDER / "nofly/nofly.toml"
    zones = tmp_path / "zones"
    zones.mkdir()
    shutil.copy(ROOT / "examples/data/stadium.geojson", zones)
    text = place.read_text(encoding="utf-8").replace('"/zones/*"', f'"{zones}/*"')
    assert str(zones) in text
    plan = plan_watch(config.parse(text, str(place)), [], 0)
    assert [str(feed.url) for feed in plan.feeds] == ["beast+tcp://readsb:30005"]
    assert COMPOSE["services"]["readsb"]["hostname"] == "readsb"
    assert (
        plan.watch.metrics.rpartition(":")[2] == COMPOSE["services"]["nofly"]["ports"][0].rpartition(":")[2]
    )


def test_the_page_is_served_by_the_same_unit_and_the_same_container() -> None:
    unit = (FOLDER / "nofly-serve.conf").read_text().splitlines()
    starts = [line.partition("=")[2] for line in unit if line.startswith("ExecStart=")]
    assert starts[0] == "", "what the unit starts is taken away first"
    served = starts[1].partition("/bin/nofly ")[2].replace("%S", "/var/lib").split()
    for command in (served, WITH_PAGE["command"]):
        assert command[0] == "serve"
        found = serve.parser().parse_args(command[1:])
        assert (found.config, found.state) == ("/etc/nofly/nofly.toml", "/var/lib/nofly")
    assert WITH_PAGE["ports"] == ["127.0.0.1:8443:8443"]
