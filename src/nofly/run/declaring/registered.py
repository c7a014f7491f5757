"""What is put in force or withdrawn here, as an act in the register of the team too.

The record of the watch says what this watch judges by; the register, what is law between all who share it.
Proposals and what became of them are nobody's law, and stay here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from nofly.config import RegisterConfig
from nofly.errors import ConfigError, InputError
from nofly.proof.packing.signing import SigningKey
from nofly.run.declaring.acts import ACTIVATED, WITHDRAWN
from nofly.run.registering.changing import Chosen, put_span
from nofly.run.registering.importing import bring
from nofly.run.registering.opening import open_register
from nofly.run.registering.signing import Keys
from nofly.zones.acts import ZONE, Act
from nofly.zones.edition_acts import Said
from nofly.zones.editions import WITHDRAW, Law
from nofly.zones.reading import zone_from


class TeamRegister(NamedTuple):
    """The register that acts go into, and whose they are."""

    url: str
    party: str
    key: SigningKey | None = None
    """What signs the acts that are done here."""
    keys: Keys = MappingProxyType({})
    """By which signatures of acts are told, besides that key and those that requests list."""

    def enter(self, body: Mapping[str, Any]) -> Act | None:
        """Enter an act that is about to be recorded here; return it as the register has it, None where it is
        nobody's law, or there already, as after a failure between the two. Raises StoreError where the
        register cannot be written, InputError where the act cannot be entered."""
        if body["kind"] not in (ACTIVATED, WITHDRAWN):
            return None
        said = Said(self.party, str(body["who"]), int(body["time_us"]), str(body["why"]))
        zone_id = str(body["zone_id"])
        with open_register(self.url, create=True, read_only=False) as register:
            if body["kind"] == ACTIVATED:
                done = bring(register, [zone_from(str(body["zone"]))], said, Chosen(), key=self.key)
                if done.findings:
                    raise InputError(done.findings[0].message, source="the register")
                return next(row.act for row in done.rows if row.zone_id == zone_id)
            life = Law(register.acts(ZONE, zone_id)).lives.get(zone_id)
            if life is None or life.beyond(said.said_us) is None:
                return None
            return put_span(register, WITHDRAW, zone_id, said, Chosen(), self.key)


def team_register(
    config: RegisterConfig, key: SigningKey | None = None, keys: Keys | None = None
) -> TeamRegister | None:
    """Return the register that a configuration names, with the ``key`` that signs what is done here and the
    ``keys`` that are known; None where it names none. Raises ConfigError where it does not say whose acts go
    into it."""
    if not config.url:
        return None
    if not config.party:
        raise ConfigError("whose acts go into the register is not said", locator="register.party",
                          expected="the name of the party")  # fmt: skip
    return TeamRegister(config.url, config.party, key, keys or MappingProxyType({}))
