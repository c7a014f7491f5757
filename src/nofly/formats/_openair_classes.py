"""What an OpenAir class (AC) and type (AY) forbid, in the four words zones are judged by.

OpenAir names an airspace; it does not say what entering it means. The table is nofly's reading of ICAO
Annex 2 (prohibited, restricted and danger areas), of Annex 11 appendix 4 (classes A to G: the clearance
needed), and of the types of Naviter OpenAir 2.1.0 § AY and of openAIP's exports.

=================  =====================================================================================
PROHIBITED         P
REQ_AUTHORISATION  R, TRA, TSA, TFR, OFR; classes A B C D; CTR TMA CTA UTA LTA AWY without a class
CONDITIONAL        Q (danger), ALERT, WARNING, MTA, MTR, ADIZ, ATZ, MATZ, HTZ, RMZ, TMZ, TIZ, TIA, GP, ASRA,
                   PROTECTED, N, CUSTOM; class E; UNC or no class at all, where nothing is known
NO_RESTRICTION     classes F and G; FIR, UIR, FIS, ACCSEC, VFRSEC, VFRR, GSEC, W, TRZ, TRAFR
=================  =====================================================================================

A word in neither list is read as PROHIBITED, with a warning: a zone somebody drew is not to be overlooked.
"""

from __future__ import annotations

from nofly.zones.model import Restriction

_WORDS = {
    Restriction.PROHIBITED: "P",
    Restriction.REQ_AUTHORISATION: "R TRA TSA TFR OFR CTR TMA CTA UTA LTA AWY MCTR A B C D",
    Restriction.CONDITIONAL: "Q ALERT WARNING MTA MTR ADIZ ATZ MATZ HTZ RMZ TMZ TIZ TIA GP ASRA PROTECTED N "
    "CUSTOM UNC E",
    Restriction.NO_RESTRICTION: "F G FIR UIR FIS ACCSEC VFRSEC VFRR GSEC W TRZ TRAFR",
}
_TABLE = {word: restriction for restriction, words in _WORDS.items() for word in words.split()}
_ICAO = frozenset("ABCDEFG")
_BY_CLASS = frozenset({"CTR", "TMA", "CTA", "UTA", "LTA", "AWY", "MCTR", "FIR", "UIR", "ATZ", "UNC"})
"""Types whose meaning is that of their ICAO class, where one is given."""
_SPELLINGS = {
    "PROHIBITED": "P", "RESTRICTED": "R", "DANGER": "Q", "RESERVED": "TRA", "SEGREGATED": "TSA",
    "UNCLASSIFIED": "UNC", "NONE": "UNC", "OTHER": "UNC", "UKN": "UNC", "UNKNOWN": "UNC", "": "UNC",
    "OVERFLIGHT_RESTRICTION": "OFR", "AERIAL_SPORTING_RECREATIONAL": "ASRA", "GLIDING_SECTOR": "GSEC",
    "GLIDING": "GSEC", "WAVE": "W", "ACC_SECTOR": "ACCSEC", "VFR_SECTOR": "VFRSEC",
    "FIS_SECTOR": "FIS", "NOTAM": "N", "TRP": "TRZ", "MRT": "MTR",
}  # fmt: skip
GLIDERS_ONLY = "Prohibited to gliders"
"""The message of a zone of class GP."""


def kind_of(airspace_class: str, airspace_type: str) -> str:
    """Return the zone's kind: the type, or without one the class, as published but in capitals."""
    if _spelt(airspace_type) == "UNC":
        return airspace_class.upper()
    return airspace_type.upper()


def restriction_of(airspace_class: str, airspace_type: str) -> Restriction | None:
    """Return what class and type forbid by the table above, or None where neither word is known."""
    short_class, short_type = _spelt(airspace_class), _spelt(airspace_type)
    if short_type in _BY_CLASS and short_class in _TABLE and short_class != "UNC":
        return _TABLE[short_class]
    if short_type == "UNC":
        return _TABLE.get(short_class)
    return _TABLE.get(short_type)


def words_for(kind: str, restriction: Restriction) -> tuple[str, str] | None:
    """Return an (AC, AY) pair which reads back as this kind and restriction, or None where there is none."""
    word = kind.upper()
    if word in _ICAO and restriction_of(word, "") is restriction:
        return word, ""
    for airspace_class in ("UNC", *sorted(_ICAO)):
        if kind_of(airspace_class, word) == word and restriction_of(airspace_class, word) is restriction:
            return airspace_class, word
    return None


def _spelt(word: str) -> str:
    return _SPELLINGS.get(word.upper(), word.upper())
