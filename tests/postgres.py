"""PostgreSQL for the tests: a cluster in a temporary folder, on a port of its own, gone afterwards.

``initdb`` refuses to run as root; as root the cluster is that of Debian's user ``postgres``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))


def missing() -> str:
    """Return why there can be no PostgreSQL here; empty where it can."""
    if not FOLDERS:
        return "no PostgreSQL in /usr/lib/postgresql"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed: pip install 'nofly[postgres]'"
    return ""


@contextmanager
def cluster() -> Iterator[str]:
    """Yield the URL of a database in a new cluster."""
    programs, port = FOLDERS[0], _free_port()
    root = os.getuid() == 0
    as_postgres = ["runuser", "-u", "postgres", "--"] if root else []
    # Directly below /tmp: the path of a socket may have 107 bytes, and postgres must be able to walk to it.
    folder = Path(tempfile.mkdtemp(prefix="nofly-pg-", dir="/tmp"))
    try:
        if root:
            shutil.chown(folder, "postgres", "postgres")
        data, log = str(folder / "data"), str(folder / "log")
        made = ("-A", "trust", "-U", "nofly", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        _run([*as_postgres, f"{programs}/initdb", "-D", data, *made], folder)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off"
        control = [*as_postgres, f"{programs}/pg_ctl", "-D", data, "-w"]
        _run([*control, "-l", log, "-o", options, "start"], folder)
        try:
            yield f"postgresql://nofly@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(cluster_url: str) -> str:
    """Make a database in a cluster; return its URL."""
    import psycopg

    name = f"register_{secrets.token_hex(6)}"
    with psycopg.connect(cluster_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{cluster_url.rpartition('/')[0]}/{name}"


def _run(command: list[str], folder: Path) -> None:
    # No pipes: the server would hold them open for as long as it runs.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False
        )
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{command}: {said.read().decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
