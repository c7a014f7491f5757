"""The image is built and runs as compose.yaml has it; the unit runs under systemd.

They take minutes: ``make check-long`` runs them. The image's base is here a Debian with its Python, as no
registry of images is asked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.containers import (
    as_beast,
    bind,
    capabilities,
    configure,
    container,
    debian,
    declare,
    flight,
    healthy,
    need,
    run,
    until,
)

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ("ca-certificates", "python3", "python3-dev", "python3-pip", "python3-venv")
pytestmark = pytest.mark.big


def test_the_image_is_built_and_watches(tmp_path: Path) -> None:
    need("debootstrap", "buildah", "runc", "capsh")
    store = ("--root", tmp_path / "images", "--runroot", tmp_path / "run", "--storage-driver", "vfs")

    def buildah(verb: str, *words: str | Path) -> str:
        return run("buildah", *store, verb, *words).strip()

    base = buildah("from", "scratch")
    buildah("add", "-q", base, debian(tmp_path / "debian", "trixie", PYTHON), "/")
    buildah("config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", base)
    buildah("commit", "-q", base, "docker.io/library/python:3.13-slim")
    # As Docker writes it: the other format knows no health check.
    buildah(
        "build", "--pull=never", "--isolation", "chroot", "--format", "docker",
        "-f", ROOT / "packaging/Dockerfile", "-t", "nofly", ROOT,
    )  # fmt: skip
    made = json.loads(buildah("inspect", "--type", "image", "nofly"))["Docker"]["config"]
    root = buildah("mount", buildah("from", "--pull=never", "localhost/nofly"))
    state, zones, hosts = tmp_path / "state", declare(tmp_path / "zones"), tmp_path / "hosts"
    state.mkdir()
    run("chown", "10001:10001", state)
    hosts.write_text("127.0.0.1 localhost\n127.0.0.2 readsb\n")

    def as_composed(spec: dict[str, Any]) -> None:
        process = spec["process"]
        process["user"] = {"uid": 10001, "gid": 10001}
        process["args"] = [*made["Entrypoint"], *made["Cmd"]]
        process["env"], process["cwd"] = made["Env"], made["WorkingDir"]
        process["capabilities"] = {kind: [] for kind in process["capabilities"]}
        process["noNewPrivileges"] = True
        spec["root"] = {"path": root, "readonly": True}
        spec["mounts"] += [
            bind("/etc/nofly", ROOT / "packaging/nofly"), bind("/zones", zones), bind("/etc/hosts", hosts),
            bind("/var/lib/nofly", state, write=True),
        ]  # fmt: skip
        spec["linux"]["resources"] = {"memory": {"limit": 2 << 30}, "pids": {"limit": 128}}

    with (
        flight(as_beast, ("127.0.0.2", 30005)),
        container(tmp_path / "bundle", "nofly-image", as_composed) as one,
    ):
        until(healthy, "the watch in the container does not say that it is well")
        until(lambda: " entered " in one.log, "no entry was told")
        assert made["Healthcheck"]["Test"][0] == "CMD"
        # As often as Docker asks: a machine that is busy may answer late once.
        until(lambda: _answers(one, *made["Healthcheck"]["Test"][1:]), "the health check says it is not well")
        assert one.does("python", "-c", "import nofly.kernel; print(nofly.kernel.compiled())") == "True\n"
        assert one.stops(made["StopSignal"].removeprefix("SIG")) == 0
    _is_whole(run("chroot", root, "/opt/nofly/bin/nofly", "--version"), state)


def test_the_unit_runs_under_systemd(tmp_path: Path) -> None:
    need("debootstrap", "runc", "capsh", "systemd-analyze")
    root = debian(
        tmp_path / "debian",
        "bookworm",
        (*PYTHON, "gcc", "libc6-dev", "procps", "systemd", "systemd-sysv", "dbus"),
    )
    _install(root)
    run("systemd-analyze", f"--root={root}", "verify", "nofly-watch.service")
    with flight() as port:
        configure(root, port)

        def booted(spec: dict[str, Any]) -> None:
            process, mine = spec["process"], capabilities()
            process["args"], process["env"] = (
                ["/lib/systemd/systemd"],
                ["PATH=/usr/sbin:/usr/bin", "container=runc"],
            )
            process["capabilities"] = dict.fromkeys(process["capabilities"], mine)
            process["noNewPrivileges"] = False
            spec["root"] = {"path": str(root), "readonly": False}
            for name in ("maskedPaths", "readonlyPaths", "seccomp"):
                spec["linux"].pop(name, None)
            spec["linux"]["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
            groups = next(m for m in spec["mounts"] if m["destination"] == "/sys/fs/cgroup")
            groups["options"] = ["rw", "nosuid", "noexec", "nodev"]
            spec["mounts"] += [
                {"destination": at, "type": "tmpfs", "source": "tmpfs"} for at in ("/run", "/tmp")
            ]

        with container(tmp_path / "bundle", "nofly-unit", booted) as one:
            until(lambda: _answers(one, "systemctl", "is-system-running", "--wait"), "systemd does not start")
            one.does("systemctl", "enable", "--now", "nofly-watch")
            until(healthy, "the unit's watch does not say that it is well")
            first = one.does("systemctl", "show", "-p", "MainPID", "--value", "nofly-watch").strip()
            held = one.does("cat", f"/proc/{first}/status")
            assert "CapEff:\t0000000000000000" in held
            assert "NoNewPrivs:\t1" in held
            assert "Seccomp:\t2" in held
            assert "Uid:\t0" not in held
            one.does("systemctl", "reload", "nofly-watch")
            one.does("kill", "-9", first)
            until(lambda: not healthy(), "it was not killed")
            until(healthy, "it was not started again")
            assert one.does("systemctl", "show", "-p", "NRestarts", "--value", "nofly-watch").strip() == "1"
            one.does("systemctl", "stop", "nofly-watch")
            assert "entered Z1" in one.does("journalctl", "-u", "nofly-watch", "--no-pager")
            one.does("/opt/nofly/bin/nofly", "incidents", "verify", "--state", "/var/lib/nofly")


def _install(root: Path) -> None:
    """Follow docs/how-to/run-as-a-service.md, in a folder with the files that git has."""
    source = root / "src"
    source.mkdir()
    run("sh", "-c", f"git -C '{ROOT}' ls-files -z | tar -C '{ROOT}' --null -T - -c | tar -x -C '{source}'")
    page = (ROOT / "docs/how-to/run-as-a-service.md").read_text(encoding="utf-8")
    steps = page.partition("## With systemd")[2].partition("```\n")[2].partition("```")[0]
    done = steps.partition("systemctl daemon-reload")[0]
    assert "pip install" in done
    run("mount", "-t", "proc", "proc", root / "proc")
    try:
        run("chroot", root, "sh", "-ec", f"cd /src\n{done}")
    finally:
        run("umount", root / "proc")


def _answers(one: Any, *words: str) -> bool:
    try:
        one.does(*words)
    except AssertionError:
        return False
    return True


def _is_whole(version: str, state: Path) -> None:
    from nofly.cli import main

    assert version.startswith("nofly ")
    assert main(["incidents", "verify", "--state", str(state)]) == 0
