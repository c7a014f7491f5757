"""The law of a register, for traffic to be judged by."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from nofly.errors import Finding, InputError, Severity
from nofly.store.register import Register
from nofly.zones.acts import ZONE
from nofly.zones.editions import Law
from nofly.zones.model import Zone


class Registered(NamedTuple):
    """The zones that were ever law, each edition over each span of it, and what cannot be told of them."""

    zones: list[Zone]
    findings: list[Finding]


def registered(register: Register, known_us: int | None = None) -> Registered:
    """Return the law of all times, as known at ``known_us``. An act that cannot be understood is a rejected
    record. Raises StoreError where the register cannot be read."""
    law = Law(register.acts(ZONE, known_us=known_us))
    zones, findings = [], list(law.findings)
    for one in law.over():
        try:
            zones.append(one.zone)
        except InputError as error:
            findings.append(
                Finding("act-not-understood", Severity.REJECTED, error.message, locator=error.locator)
            )  # fmt: skip
    return Registered(zones, [replace(one, source=register.name) for one in findings])
