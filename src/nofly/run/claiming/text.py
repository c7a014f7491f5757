"""The claim sheet as text."""

from __future__ import annotations

import textwrap

from nofly.proof.claiming import wording
from nofly.proof.claiming.families import Family
from nofly.proof.claiming.sheet import Answer, Entry
from nofly.proof.claiming.verdicts import Verdict
from nofly.run.claiming.checking import Claimed
from nofly.run.claiming.words import MEANING, document_line, sides, stated, summary, worded
from nofly.run.outputs.text import printable

MOST_KINDS = 3
"""Kinds of paths that the text shows; JSON and HTML have more."""
_COLUMNS = 100


def write(claimed: Claimed) -> str:
    """Return the sheet: all sides, statement by statement, each with its verdict and what led to it."""
    claim = claimed.claim
    lines = [printable(claim.title), printable(claim.question), "", f"{summary(claimed)}.", ""]
    lines += _wrapped(f"Zone: {claim.boundary_note}", "") if claim.boundary_note else []
    lines += [line for note in claim.notes for line in _wrapped(note, "")]
    for side, entries in sides(claimed):
        lines += ["", f"== {printable(side)} " + "=" * max(3, _COLUMNS - 5 - len(side))]
        for entry in entries:
            lines += ["", *_entry(entry)]
            lines += [
                f"  document: {document_line(d)}"
                for d in claimed.attachments
                if d.statement == entry.statement.id
            ]
    rest = [d for d in claimed.attachments if d.statement not in {e.statement.id for e in claimed.entries}]
    lines += [f"document: {document_line(one)}" for one in rest]
    used = dict.fromkeys(entry.verdict for entry in claimed.entries)
    lines += ["", *(f"{verdict.value}: {MEANING[verdict]}" for verdict in used)]
    return "\n".join(line for k, line in enumerate(lines) if line or (k and lines[k - 1])) + "\n"


def _entry(entry: Entry) -> list[str]:
    statement = entry.statement
    lines = [f"[{printable(statement.id)}] {printable(statement.who)}: {entry.verdict.value.upper()}"]
    lines += _wrapped(worded(statement), "  ")
    lines += [f"  {name}: {text}" for name, text in stated(entry)]
    for answer in entry.answers:
        lines += _answer(answer, named=len(entry.answers) > 1)
    lines += [line for note in entry.notes for line in _wrapped(f"note: {note}", "  ")]
    for name, told in (("offered", statement.evidence_offered), ("withheld", statement.evidence_withheld)):
        lines += [line for text in told for line in _wrapped(f"evidence {name}: {text}", "  ")]
    lines += [
        f"  source: {' '.join(printable(p) for p in (c.title, c.published, c.url) if p)}"
        for c in statement.cited
    ]
    return lines


def _answer(answer: Answer, *, named: bool) -> list[str]:
    lines = [f"  - read as {printable(answer.reading.name)}: {answer.verdict.value}"] if named else []
    for point in answer.points:
        lines += _wrapped(f"{point.what}: {point.verdict.value}. {' '.join(point.reasons)}", "    ")
    if answer.fit is not None:
        fits = "self-inconsistent" if answer.fit.verdict is Verdict.SELF_INCONSISTENT else "fit"
        lines += _wrapped(f"its own numbers: {fits}. {' '.join(answer.fit.reasons)}", "    ")
        for family in answer.fit.families[:MOST_KINDS]:
            lines.append(f"      {family.name}: {_ranges(family)}")
    return lines


def _ranges(family: Family) -> str:
    return (
        f"{wording.speed(family.speed_mps)}, {wording.length(family.length_m)} long, "
        f"{wording.length(family.depth_m)} deep"
    )


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        printable(text), _COLUMNS, initial_indent=indent, subsequent_indent=f"{indent}  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
