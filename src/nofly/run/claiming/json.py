"""The claim sheet as JSON: what the text says, with every number."""

from __future__ import annotations

import json
import math
from typing import Any

from nofly import __version__
from nofly.proof.claiming.families import Family
from nofly.proof.claiming.sheet import Answer, Entry
from nofly.run.claiming.checking import Claimed
from nofly.run.claiming.flown import flown
from nofly.run.outputs.text import iso_time

FORMAT = "nofly-claim-sheet/1"


def write(claimed: Claimed) -> bytes:
    """Return the sheet. Keys say their units; what is open or unknown is null."""
    text = json.dumps(document(claimed), indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def document(claimed: Claimed) -> dict[str, Any]:
    """Return the sheet as plain values."""
    claim = claimed.claim
    return {
        "format": FORMAT, "created_by": f"nofly {__version__}", "title": claim.title,
        "question": claim.question, "boundary_err_m": claim.boundary_err_m,
        "boundary_note": claim.boundary_note, "notes": list(claim.notes),
        "reports": None if claimed.result is None else claimed.result.report_count,
        "qnh": [] if claimed.result is None else list(claimed.result.options.qnh),
        "zones": [
            {"id": z.id, "name": z.name, "hash": z.zone_hash, "edition": z.edition} for z in claimed.zones
        ],
        "statements": [_entry(entry) for entry in claimed.entries],
        "documents": [
            {"sha256": d.sha256, "name": d.name, "kind": d.kind, "bytes": d.bytes, "captured": d.captured,
             "statement": d.statement, "url": d.url, "sound": d.sound}
            for d in claimed.attachments
        ],
        "findings": [
            {"code": f.code, "severity": f.severity.value, "message": f.message, "source": f.source,
             "locator": f.locator, "count": f.count} for f in claimed.findings
        ],
    }  # fmt: skip


def _entry(entry: Entry) -> dict[str, Any]:
    statement, about = entry.statement, entry.statement.about
    return {
        "id": statement.id, "who": statement.who, "side": statement.side, "says": statement.says,
        "language": statement.language, "wording": statement.wording, "verdict": entry.verdict.value,
        "about": {"party": about.party, "address": about.address, "callsign": about.callsign,
                  "type": about.type, "class": about.type_class, "transponder": about.transponder},
        "zone": statement.zone_id, "inside": statement.inside.value,
        "time": None if statement.time_us is None else iso_time(statement.time_us),
        "time_err_s": statement.time_err_s,
        "closest_to": None if statement.closest_to is None else list(statement.closest_to),
        "closest_name": statement.closest_name,
        "readings": [_answer(answer) for answer in entry.answers], "notes": list(entry.notes),
        "items": [{"label": i.label, "evidence": i.evidence, "url": i.url} for i in statement.items],
        "sources": [{"url": c.url, "title": c.title, "published": c.published, "sha256": c.sha256,
                     "captured": c.captured} for c in statement.cited],
        "evidence_offered": list(statement.evidence_offered),
        "evidence_withheld": list(statement.evidence_withheld),
        "flown": [[[round(lat, 6), round(lon, 6)] for lat, lon in piece] for piece in flown(entry)],
    }  # fmt: skip


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "name": answer.reading.name, "verdict": answer.verdict.value,
        "stated": {
            name: {"text": s.text, "low": _open(s.low_value), "high": _open(s.high_value), "datum": s.datum}
            for name, s in answer.reading.quantities.items()
        },
        "points": [
            {"what": p.what, "verdict": p.verdict.value, "reasons": list(p.reasons),
             "numbers": dict(p.numbers)}
            for p in answer.points
        ],
        "own_numbers": None if answer.fit is None else {
            "verdict": answer.fit.verdict.value, "reasons": list(answer.fit.reasons),
            "numbers": dict(answer.fit.numbers), "paths": [_family(f) for f in answer.fit.families],
        },
    }  # fmt: skip


def _family(family: Family) -> dict[str, Any]:
    return {
        "kind": family.name, "count": family.count, "speed_mps": _range(family.speed_mps),
        "length_m": _range(family.length_m), "depth_m": _range(family.depth_m),
        "duration_s": _range(family.duration_s),
        "example": {
            "speed_mps": _range(family.example_speed_mps), "length_m": round(family.example_length_m, 1),
            "depth_m": round(family.example_depth_m, 1),
            "places": [[round(lat, 6), round(lon, 6)] for lat, lon in family.places],
        },
    }  # fmt: skip


def _range(some: tuple[float, float]) -> list[float | None]:
    return [_open(value) for value in some]


def _open(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
