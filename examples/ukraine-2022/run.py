"""The request of March 2022 from beginning to end: on record, weighed, and told on one page.

Run it as ``python examples/ukraine-2022/run.py [FOLDER]``. Every step is a command of nofly, printed
as it is run; the page, ``report.html``, holds all of their answers and no script.
"""

from __future__ import annotations

import argparse
import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

import _report as report

from nofly.cli import main as nofly
from nofly.run.weighing.ledger import weigh_ledger
from nofly.store.register import Register
from nofly.zones.editions import law_at

HERE = Path(__file__).resolve().parent
MOMENTS = ("2022-02-23T12:00:00Z", "2022-03-04T12:00:00Z")
"""Before the closure, and on the day of the decision."""


class Steps:
    """Runs commands one after the other and remembers them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.register = folder / "law.sqlite"
        self.commands: list[str] = []

    def run(self, *words: str, allowed: tuple[int, ...] = (0,)) -> None:
        """Run one command; SystemExit where it does not end as it should."""
        self.commands.append("nofly " + shlex.join(self._short(word) for word in words))
        print(f"$ {self.commands[-1]}", flush=True)
        code = nofly(list(words))
        if code not in allowed:
            raise SystemExit(f"it ended with {code}")

    def json(self, *words: str, name: str, allowed: tuple[int, ...] = (0,)) -> Any:
        """Run one command that writes JSON and return what it wrote."""
        path = self.folder / name
        self.run(*words, "-o", str(path), allowed=allowed)
        return json.loads(path.read_text(encoding="utf-8"))

    def _short(self, word: str) -> str:
        return word.replace(f"{HERE}/", "").replace(f"{self.folder}/", "")


def options(given: dict[str, Any], *names: str) -> list[str]:
    """Return ``--name value`` of those that are given."""
    return [word for name in names if name in given for word in (f"--{name}", str(given[name]))]


def decide(steps: Steps, acts: dict[str, Any]) -> dict[str, Any]:
    """Put the request, the positions and the decision on record; return the sheet."""
    asked, register = acts["request"], ("--register", str(steps.register))
    steps.run(
        "request", "new", asked["id"], *register, "--zone", str(HERE / "proposed.geojson"), "--parties",
        str(HERE / "members.txt"), "--clock", "stated",
        *options(asked, "asker", "purpose", "why", "instead", "authority", "rule", "from", "said", "source",
                 "language"),
    )  # fmt: skip
    for position in acts["position"]:
        told = options(position, "party", "stand", "statement", "date", "source", "language", "said")
        steps.run("request", "position", asked["id"], *register, *told)
    told = options(acts["decision"], "outcome", "reason", "said")
    steps.run("request", "decide", asked["id"], *register, *told)
    sheet: dict[str, Any] = steps.json("request", "show", asked["id"], *register, name="request.json")
    sheet["decision"]["source"] = acts["decision"]["source"]
    return sheet


def standing(steps: Steps, given: dict[str, Any], kind: str, areas: str, zone: str) -> str:
    """Write a standing rule as a zone; return the path of its file."""
    path = str(steps.folder / f"{kind}-{zone}.geojson")
    steps.run(
        "request", "standing", kind, "--zone", str(HERE / f"{areas}.geojson"), "--zone-id", zone, "-o", path,
        *options({**given, "reason": given["why"]}, "party", "reason", "spacing", "look-ahead"),
    )  # fmt: skip
    return path


def declare(steps: Steps, acts: dict[str, Any]) -> dict[str, list[Any]]:
    """Put what was really in force on record; return the law as of each moment."""
    out = standing(steps, acts["stay-out"], "stay-out", "proposed", "UA-SKY")
    border = [
        standing(steps, acts["border"], "border", "eastern-firs", fir) for fir in acts["border"]["firs"]
    ]
    files = {"closure": [str(HERE / "closure.geojson")], "stay-out": [out], "border": border}
    for name, zones in files.items():
        given = options(acts[name], "party", "why", "from")
        steps.run("zones", "declare", *zones, "--register", str(steps.register), *given)
    with Register(str(steps.register)) as register:
        known = list(register.acts())
    return {moment: law_at(known, report.instant_us(moment)) for moment in MOMENTS}


def main(folder: Path) -> Path:
    """Run all steps; return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = Steps(folder.resolve())
    steps.register.unlink(missing_ok=True)
    acts = tomllib.loads((HERE / "acts.toml").read_text(encoding="utf-8"))
    proposed = str(HERE / "proposed.geojson")
    pairs, level = acts["detours"]["pairs"], acts["detours"]["level"]
    sheet = decide(steps, acts)
    law = declare(steps, acts)
    effect = steps.json(
        "whatif", proposed, "--pairs", ",".join(pairs), "--level", level, "--depart", "2022-03-04T12:00:00Z",
        name="whatif.json",
    )  # fmt: skip
    countries = str(HERE / "also-closed.geojson")
    asked = {
        "alone": (pairs, (proposed,)), "beside": (pairs, (proposed, countries)),
        "published": ([one["pair"] for one in acts["published"]], (countries,)),
    }  # fmt: skip
    detours = {
        name: steps.json(
            "detour", *these, "--zones", *zones, "--level", level, "--plot",
            str(folder.resolve() / f"{name}.png"), "-f", "json", name=f"{name}.json",
        )
        for name, (these, zones) in asked.items()
    }  # fmt: skip
    claims = steps.json("claim", "check", str(HERE / "claim.toml"), name="claims.json", allowed=(3,))
    steps.run("ledger", str(HERE / "ledger.toml"), "-o", str(folder.resolve() / "ledger.json"))
    ledger = weigh_ledger(HERE / "ledger.toml")
    page = report.page(
        report.Found(
            sheet,
            law,
            effect,
            detours,
            acts,
            claims,
            ledger,
            {name: folder / f"{name}.png" for name in detours},
            steps.commands,
        )
    )
    path = folder / "report.html"
    path.write_bytes(page)
    print(f"wrote {path}")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The case of March 2022, on one page.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("ukraine-2022-report"), help="where it is written"
    )
    main(parser.parse_args().folder)
