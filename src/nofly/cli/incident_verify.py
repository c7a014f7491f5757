"""What ``nofly incidents verify`` says: of a watch's record, or of records that were exported."""

from __future__ import annotations

from collections.abc import Sequence

from nofly.cli.streams import note_findings, say_text
from nofly.run.outputs.text import many
from nofly.store.chain import Head
from nofly.store.sqlite import Store

_MOST_GAPS = 20


def verify_store(store: Store, heads: Sequence[Head]) -> int:
    """Say whether a record is as it was written and holds the heads; return the exit code."""
    findings = store.verify(heads)
    head = store.head()
    note_findings(tuple(findings))
    if findings:
        say_text(f"The record is not as it was written: {many(len(findings), 'finding')}.")
        return 1
    say_text(f"{many(head.sequence, 'record')}, each as it was written. Keep this head elsewhere:")
    say_text(f"{head.sequence}:{head.hash}")
    return 0


def verify_export(path: str, heads: Sequence[Head]) -> int:
    """Say whether exported records are as they were written, and what they leave open; return the exit
    code."""
    from nofly.run.record.incident_proof import proof_of

    found = proof_of(path, heads)
    note_findings(tuple(found.findings))
    said = f"{many(found.records, 'record')} and {many(found.links, 'link')} to the one before checked"
    if found.findings:
        say_text(f"{said}: the export is not as it was written: {many(len(found.findings), 'finding')}.")
        return 1
    say_text(f"{said}, each as it was written.")
    if found.withheld:
        hashes = ", and that its hash is right cannot be checked" if found.unproved else ""
        say_text(
            f"Of {many(found.withheld, 'record')} more the body is withheld: what it says is not in the "
            f"export{hashes}."
        )
    if found.missing:
        shown = [str(a) if a == b else f"{a} to {b}" for a, b in found.missing[:_MOST_GAPS]]
        more = "" if len(found.missing) <= _MOST_GAPS else f" and {len(found.missing) - _MOST_GAPS} gaps more"
        say_text(f"Not in the export, so nothing is said of them: {', '.join(shown)}{more}.")
    if found.between:
        say_text(
            f"Followed over {many(found.between, 'record')} more, of which the hash of the body alone is in "
            "the export. The head reached, to compare with one that was kept elsewhere:"
        )
    else:
        say_text("The last of them, to compare with a head that was kept elsewhere:")
    say_text(f"{found.reaches.sequence}:{found.reaches.hash}")
    return 0
