"""What a claim sheet says, in words that the text, the HTML page and the command line share."""

from __future__ import annotations

from nofly.proof.claiming.quantities import Span
from nofly.proof.claiming.sheet import Entry
from nofly.proof.claiming.verdicts import Verdict
from nofly.proof.claims import Statement
from nofly.run.claiming.attachments import Attachment
from nofly.run.claiming.checking import Claimed
from nofly.run.outputs.text import clock, duration, many, printable
from nofly.units import US_PER_S

MEANING = {
    Verdict.SUPPORTED: "What is stated agrees with what was measured, within the errors of both.",
    Verdict.CONTRADICTED: "What was measured excludes what is stated, by more than the errors of both.",
    Verdict.NOT_SHOWN: "Nothing excludes it, and nothing shows it.",
    Verdict.NOT_CHECKABLE: "This data could not show it, whether it is true or not. That is no verdict for "
    "either side.",
    Verdict.SELF_INCONSISTENT: "Its own numbers cannot all be true of one flight.",
}


def summary(claimed: Claimed) -> str:
    """Return one sentence: how many statements came to which verdict."""
    counts = {v: sum(entry.verdict is v for entry in claimed.entries) for v in Verdict}
    told = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)
    data = "no tracks were given" if claimed.result is None else many(claimed.result.report_count, "report")
    qnh = ", ".join(claimed.result.options.qnh) if claimed.result else ""
    by = f", QNH {printable(qnh)}" if qnh else ""
    return f"{many(len(claimed.entries), 'statement')}: {told} ({data}{by})"


def worded(statement: Statement) -> str:
    """Return what a statement says: in quotation marks, or as a paraphrase where it is one."""
    return f"{statement.says} (paraphrase)" if statement.wording == "paraphrase" else f"“{statement.says}”"


def whom(statement: Statement) -> str:
    """Return whom a statement is about."""
    about = statement.about
    parts = [about.party, about.type, about.address, about.callsign]
    told = " ".join(printable(part) for part in parts if part) or "any aircraft"
    off = ", transponder off" if about.transponder == "off" else ""
    return f"{told}{off}"


def when(statement: Statement) -> str:
    """Return the time that is stated; empty where there is none."""
    if statement.time_us is None:
        return ""
    tenths = statement.time_us % US_PER_S != 0
    told = clock(statement.time_us, tenths=tenths)
    if statement.time_err_s:
        told += f" ± {duration(statement.time_err_s)}"
    return told if statement.until_us is None else f"{told} to {clock(statement.until_us)}"


def stated(entry: Entry) -> list[tuple[str, str]]:
    """Return what a statement states, as (name, text): the quantities of its best reading as they were
    written."""
    statement, quantities = entry.statement, entry.best.reading.quantities
    rows = [("about", whom(statement))]
    if statement.zone_id:
        inside = "" if statement.inside == "unsaid" else f"{statement.inside} inside "
        rows.append(("zone", f"{inside}{printable(statement.zone_id)}"))
    if told := when(statement):
        rows.append(("time", told))
    rows += [(name.replace("_", " "), _written(span)) for name, span in quantities.items()]
    if statement.closest_to is not None:
        name = printable(statement.closest_name) or "{}, {}".format(*statement.closest_to)
        rows.append(("closest to", name))
    if not statement.left:
        rows.append(("at the end", "still inside"))
    return rows


def _written(span: Span) -> str:
    datum = (
        f" {span.datum}"
        if span.datum and span.datum not in span.text and not span.text.startswith("FL")
        else ""
    )
    return printable(span.text) + datum


def document_line(one: Attachment) -> str:
    """Return one document in a line: name, kind, size, hash, when it was captured, whether it is sound."""
    sound = "" if one.sound else " — NOT THE BYTES THAT WERE CAPTURED"
    captured = (
        f", captured {printable(one.captured)}" if one.captured else ", nothing says when it was captured"
    )
    size = f"{one.kind}, {one.bytes:,} bytes"
    return f"{printable(one.name)} ({size}, SHA-256 {one.sha256[:16]}…{captured}){sound}"


def sides(claimed: Claimed) -> list[tuple[str, list[Entry]]]:
    """Return the statements by the side they speak for, in order of first appearance."""
    found: dict[str, list[Entry]] = {}
    for entry in claimed.entries:
        found.setdefault(entry.statement.side or entry.statement.who, []).append(entry)
    return list(found.items())
