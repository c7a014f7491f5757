"""Feeds every reader with mutated samples, guided by coverage: nothing but InputError may come out, and of
the decoders of live feeds nothing at all.

Finds the readers by itself, so a new plugin is fuzzed without an edit. Needs atheris, which `make check-long`
sets up. Each reader has a process of its own, bounded in time and memory; an input that breaks one is kept in
build/fuzz.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = (ROOT / "tests", ROOT / "src/nofly", ROOT / "examples", ROOT.parent / "shared/data")
WORK = ROOT / "build/fuzz"
ZONES, ARCHIVES, DECODERS = "nofly.formats", "nofly.feeds.archives", "nofly.feeds.decoders"
LIVE = ROOT / "tests/data/live"
NOW_US = 1_780_000_000_000_000
MOST_BYTES = 1 << 16
LIMITS = (
    "-timeout=10",
    "-rss_limit_mb=3072",
    f"-max_len={MOST_BYTES}",
    "-print_final_stats=1",
    "-verbosity=0",
)

sys.path.insert(0, str(ROOT / "src"))


def zone_target(plugin: ModuleType) -> Callable[[bytes], None]:
    """Return what reads one input as a zone file and checks that no record went missing."""
    from nofly.errors import InputError, Severity

    def target(data: bytes) -> None:
        plugin.sniff(data)
        try:
            zones, findings, records = plugin.read(data, "fuzz")
        except InputError:
            return
        rejected = sum(f.count for f in findings if f.severity is Severity.REJECTED)
        if len(zones) + rejected != records:
            raise AssertionError(f"{len(zones)} zones + {rejected} rejected are not {records} records")

    return target


def archive_target(plugin: ModuleType) -> Callable[[bytes], None]:
    """Return what reads one input as an archive and checks every batch."""
    from nofly.errors import InputError
    from nofly.feeds.options import ArchiveOptions

    options = ArchiveOptions(max_bytes=1 << 26, max_document_bytes=1 << 24)

    def target(data: bytes) -> None:
        plugin.sniff(data)
        try:
            for positions, _ in plugin.read(io.BytesIO(data), "fuzz", options):
                positions.check("fuzz")
        except InputError:
            return

    return target


def decoder_target(plugin: ModuleType) -> Callable[[bytes], None]:
    """Return what feeds one input to a new decoder, cut in two, and checks that no record went missing."""
    from nofly.errors import Severity
    from nofly.feeds.faults import NOT_ROWS

    name = plugin.__name__.rpartition(".")[2]
    told = json.loads((LIVE / name / "samples.json").read_text(encoding="utf-8"))
    options = next(iter(told.values())).get("options", {})

    def target(data: bytes) -> None:
        decoder = plugin.decoder(options, "fuzz")
        half = len(data) // 2 if plugin.FRAMING == "stream" else len(data)
        rows = refused = 0
        for part in (data[:half], data[half:], None):
            if part is None:
                positions, findings = decoder.finish(NOW_US)
            elif part or plugin.FRAMING == "stream":
                positions, findings = decoder.feed(part, NOW_US)
            else:
                continue
            positions.check("fuzz")
            rows += len(positions)
            refused += sum(f.count for f in findings if f.severity is Severity.REJECTED or f.code in NOT_ROWS)
        if rows + refused != decoder.records:
            raise AssertionError(f"{rows} rows + {refused} refused are not {decoder.records} records")

    return target


TARGETS = {ZONES: zone_target, ARCHIVES: archive_target, DECODERS: decoder_target}


def fuzz_one(kind: str, name: str, arguments: list[str]) -> None:
    """Fuzz one reader in this process; does not return."""
    import atheris

    from nofly import plugins

    with atheris.instrument_imports(include=["nofly"]):
        plugin = plugins.load(kind, name)
    target = TARGETS[kind](plugin)
    target(b"")
    atheris.Setup([sys.argv[0], *arguments], target)
    atheris.Fuzz()


def seeds(extensions: tuple[str, ...], folder: Path) -> int:
    """Fill a folder with small samples of a reader's extensions; return how many there are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    count = 0
    for root in SAMPLES:
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            packed = path.suffix == ".gz"
            suffix = Path(path.stem).suffix if packed else path.suffix
            if suffix.lower() in extensions and path.is_file() and count < 200:
                with gzip.open(path) if packed else path.open("rb") as file:
                    (folder / f"{count:03d}").write_bytes(file.read(MOST_BYTES))
                count += 1
    return count


def live_seeds(name: str, framing: str, folder: Path) -> int:
    """Fill a folder with a decoder's samples, whole or message by message; return how many there are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pieces: list[bytes] = []
    for path in json.loads((LIVE / name / "samples.json").read_text(encoding="utf-8")):
        data = (ROOT / "tests/data" / path).read_bytes()
        lines = data.splitlines()
        pieces += (
            [data] if framing == "stream"
            else [bytes.fromhex(line.decode()) for line in lines] if framing == "datagram" else lines
        )  # fmt: skip
    for count, piece in enumerate(pieces[:200]):
        (folder / f"{count:03d}").write_bytes(piece[:MOST_BYTES])
    return len(pieces[:200])


def fuzz_all(total_s: int, only: list[str]) -> list[str]:
    """Fuzz every reader for a time; return the names of those that broke."""
    from nofly import plugins

    broken = []
    readers = [(kind, name) for kind in TARGETS for name in plugins.names(kind)]
    for kind, name in readers:
        if only and name not in only:
            continue
        plugin, corpus = plugins.load(kind, name), WORK / kind.rpartition(".")[2] / name
        if kind == DECODERS:
            count = live_seeds(name, plugin.FRAMING, corpus)
        else:
            count = seeds(tuple(e.lower() for e in plugin.EXTENSIONS), corpus)
        print(f"fuzzing {kind}.{name} for {total_s} s from {count} samples", flush=True)
        command = [sys.executable, __file__, "--reader", f"{kind}:{name}", str(corpus), *LIMITS]
        command += [f"-max_total_time={total_s}", f"-artifact_prefix={corpus}-"]
        if subprocess.run(command, check=False, env={**os.environ, "NOFLY_PURE": "1"}).returncode:
            broken.append(f"{kind}.{name}")
    return broken


def main() -> int:
    """Return 0 if no reader broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="time for each reader")
    parser.add_argument("--reader", help=argparse.SUPPRESS)
    parser.add_argument("only", nargs="*", help="names of readers; none is all")
    options, rest = parser.parse_known_args()
    if options.reader:
        fuzz_one(*options.reader.split(":"), [*options.only, *rest])
    broken = fuzz_all(options.seconds, options.only)
    print(f"broken: {', '.join(broken)}" if broken else "no reader broke")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
