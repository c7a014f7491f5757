"""How things look: told apart by shape and line as well as by colour.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), which the colour-blind can tell apart.
"""

from __future__ import annotations

from nofly.incidents.record import Certainty, Status
from nofly.zones.model import Restriction

INK = "#222222"
FAINT = "#8a8a8a"
PAPER = "#ffffff"
FLIGHT = "#5a5a5a"

STATUS_COLOUR = {
    Status.INFRINGEMENT: "#d55e00",
    Status.EXEMPT: "#009e73",
    Status.CLEARED: "#0072b2",
    Status.SUSPECT: "#aa4499",
}
STATUS_MARK = {Status.INFRINGEMENT: "^", Status.EXEMPT: "s", Status.CLEARED: "o", Status.SUSPECT: "X"}
CERTAINTY_LINE = {
    Certainty.CONFIRMED: "solid",
    Certainty.PROBABLE: (0, (5, 1.5)),
    Certainty.UNDETERMINED: (0, (1.2, 1.2)),
}
ZONE_COLOUR = {
    Restriction.PROHIBITED: "#cc3311",
    Restriction.REQ_AUTHORISATION: "#e69f00",
    Restriction.CONDITIONAL: "#b8a800",
    Restriction.NO_RESTRICTION: "#009e73",
    Restriction.KEEP_IN: "#0072b2",
}
ZONE_HATCH = {
    Restriction.PROHIBITED: "///",
    Restriction.REQ_AUTHORISATION: "\\\\\\",
    Restriction.CONDITIONAL: "..",
    Restriction.NO_RESTRICTION: "",
    Restriction.KEEP_IN: "xx",
}
RESTRICTION_WORDS = {
    Restriction.PROHIBITED: "prohibited",
    Restriction.REQ_AUTHORISATION: "authorisation required",
    Restriction.CONDITIONAL: "conditional",
    Restriction.NO_RESTRICTION: "no restriction",
    Restriction.KEEP_IN: "not to be left",
}
