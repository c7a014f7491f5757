"""What zones and air policing of the past took: counts with the time they were counted in, and their sources.

They are counts of sorties, flights, aircraft and money as published. Northern and Southern Watch, Deny Flight
and Unified Protector were carried out, the others proposed or routine.
"""

from __future__ import annotations

from dataclasses import dataclass

from nofly.whatif.patrol import LEAST_FACTOR_OF_AREA
from nofly.whatif.ranges import Range


@dataclass(frozen=True, slots=True)
class Precedent:
    """One published count."""

    id: str
    name: str
    when: str
    counted: str
    count: float | None
    """None where no count was published, only what ``counted`` says."""
    source: str
    at_least: bool = False
    """Whether the source says "over" or "more than"."""
    days: int | None = None
    area_km2: float | None = None
    caveat: str = ""

    @property
    def a_day_count(self) -> float | None:
        """The count a day; None where it or the days are not known."""
        return None if self.count is None or not self.days else self.count / self.days

    @property
    def a_day_on_1000_km2_count(self) -> float | None:
        """The count a day for every 1,000 km²; None where something of it is not known."""
        daily = self.a_day_count
        return None if daily is None or not self.area_km2 else daily / self.area_km2 * 1000.0


BOSNIA_KM2, LIBYA_KM2 = 51_000.0, 1_760_000.0
_BOSNIA = "hina.hr/OTS/6075352; Hansard, 2 December 1992; cybercomm.nl/~stp/balkan/un_denyflt.html"
_NATO = "RFE/RL, AVweb, Defense News, Atlantic Council"
_WATCH = "airandspaceforces.com/article/0203legacy; Washington Times, 27 August 2002"
_DENY_FLIGHT = "atlanticcouncil.org natosource (EUCOM)"

PRECEDENTS = (
    Precedent(
        "ban-1992", "Ban over Bosnia (UNSCR 781)", "9 Oct – 26 Nov 1992",
        "flights against the ban, mostly helicopters, exempt ones left out", 204, _BOSNIA, days=49,
        area_km2=BOSNIA_KM2, caveat="monitored, not enforced; whether they were military could not be told",
    ),
    Precedent(
        "deny-flight", "Deny Flight, Bosnia (UNSCR 816)", "12 Apr 1993 – 20 Dec 1995",
        "sorties of every kind", 100_420, _DENY_FLIGHT, days=983, area_km2=BOSNIA_KM2, caveat="12 nations",
    ),
    Precedent(
        "deny-flight-patrols", "Deny Flight, the patrols of the zone alone", "12 Apr 1993 – 20 Dec 1995",
        "patrol sorties", 23_000, f"{_DENY_FLIGHT}; the breakdown is secondary", at_least=True, days=983,
        area_km2=BOSNIA_KM2, caveat="kept two to four aircraft up",
    ),
    Precedent(
        "watch-flights", "Northern and Southern Watch, two thirds of Iraq", "Dec 1998 – about 2000",
        "Iraqi flights in the southern zone", 150, _WATCH, at_least=True,
        caveat="the end of the time is not given: no rate",
    ),
    Precedent(
        "watch-cost", "Northern and Southern Watch, two thirds of Iraq", "1991 – Feb 2003",
        "US dollars, about a thousand million a year", 12e9, _WATCH,
    ),
    Precedent(
        "unified-protector", "Unified Protector, Libya (UNSCR 1973)", "31 Mar – 31 Oct 2011",
        "sorties of every kind", 26_500, "Xinhua, 1 November 2011; trend.az", days=215, area_km2=LIBYA_KM2,
        caveat="zone and other tasks together",
    ),
    Precedent(
        "syria-2013", "Proposal for Syria (Gen. Dempsey's letter)", "July 2013",
        "hundreds of aircraft; US dollars to start 500 million, then up to a thousand million a month", None,
        "thehill.com, Bloomberg, 22 July 2013", caveat="an estimate, never carried out",
    ),
    Precedent(
        "csis-2025", "Proposal for air policing over Ukraine (CSIS)", "2025",
        "fighters: 24 ready at 3 bases, half of all ready", 48, "dailywrap.net quoting CSIS",
        caveat="an estimate, never carried out",
    ),
    *(
        Precedent(
            f"nato-scrambles-{year}", "NATO air policing", str(year), what, count, _NATO, at_least=over,
            days=366 if year % 4 == 0 else 365, caveat="very few entered allied airspace",
        )
        for year, what, count, over in (
            (2014, "scrambles, 85 % for Russian aircraft", 500, True), (2020, "scrambles", 350, False),
            (2021, "scrambles, 290 for Russian aircraft", 370, False), (2022, "scrambles", 570, False),
            (2023, "scrambles", 300, True), (2024, "scrambles", 400, True),
        )
    ),
    Precedent(
        "norad-2006", "NORAD, flight restrictions in the USA", "2006", "interceptions", 245,
        "USA Today, 2 January 2009", days=365,
    ),
    Precedent(
        "norad-2008", "NORAD, flight restrictions in the USA", "2008", "interceptions", 123,
        "USA Today, 2 January 2009", days=366,
    ),
    Precedent(
        "uk-2024", "Civil infringements, United Kingdom", "2024", "reported infringements", 1_158,
        "airspacesafety.com/statistics", days=366,
    ),
)  # fmt: skip

_LOW, _LIKELY, _HIGH = "unified-protector", "deny-flight-patrols", "deny-flight"


def sorties_by_area(area_km2: Range) -> Range:
    """Return the sorties a day that an area would have taken at the rates of Libya (low), of the patrols over
    Bosnia (likely) and of all sorties over Bosnia (high): :data:`LEAST_FACTOR_OF_AREA` apart and more."""
    rates = {p.id: p.a_day_on_1000_km2_count or 0.0 for p in PRECEDENTS}
    low, likely, high = rates[_LOW], rates[_LIKELY], rates[_HIGH]
    found = Range(
        area_km2.low_value * low / 1000.0, area_km2.likely_value * likely / 1000.0,
        area_km2.high_value * high / 1000.0,
    )  # fmt: skip
    return found.at_least_wide(LEAST_FACTOR_OF_AREA)
