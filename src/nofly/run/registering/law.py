"""The law of a register, for traffic to be judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from nofly.errors import Finding, InputError, Severity
from nofly.store.chain import Head, Stored
from nofly.store.register import Register
from nofly.zones.editions import Edition, Law
from nofly.zones.model import Zone


class Registered(NamedTuple):
    """The zones that were ever law, each edition over each span of it, and what cannot be told of them; the
    register's records and head that this was told from, and as known when (None: all)."""

    zones: list[Zone]
    findings: list[Finding]
    stored: list[Stored]
    head: Head
    known_us: int | None


def registered(register: Register, known_us: int | None = None) -> Registered:
    """Return the law of all times, as known at ``known_us``. An act that cannot be understood is a rejected
    record. Raises StoreError where the register cannot be read."""
    stored, head = register.records()
    law = Law(register.acts_of(stored), known_us)
    held, findings = readable(law.over())
    findings = [replace(one, source=register.name) for one in (*law.findings, *findings)]
    return Registered([zone for _, zone in held], findings, stored, head, known_us)


def readable(editions: Iterable[Edition]) -> tuple[list[tuple[Edition, Zone]], list[Finding]]:
    """Return the editions whose zones can be read, with these, and a finding for each other one."""
    held, findings = [], []
    for one in editions:
        try:
            held.append((one, one.zone))
        except InputError as error:
            findings.append(
                Finding("edition-unreadable", Severity.REJECTED, error.message, locator=error.locator)
            )  # fmt: skip
    return held, findings
