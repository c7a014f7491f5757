"""What a report says of its own accuracy, as a 95 % error in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.units import M_PER_NM

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EPU_M = (
    np.nan, 10 * M_PER_NM, 4 * M_PER_NM, 2 * M_PER_NM, 1 * M_PER_NM, 0.5 * M_PER_NM,
    0.3 * M_PER_NM, 0.1 * M_PER_NM, 0.05 * M_PER_NM, 30.0, 10.0, 3.0,
)  # fmt: skip
"""Bound of the estimated position uncertainty (95 %, horizontal radius) for NACp 0 to 11.

RTCA DO-260B / EUROCAE ED-102A § 2.2.3.2.7.2.7 (NACp). NACp 0 means unknown.
"""

_BY_CODE = np.array([*EPU_M, np.nan])


def epu_m(nac_p: ArrayLike) -> NDArray[np.float64]:
    """Return the 95 % horizontal error bound in metres for NACp codes; NaN for 0, -1 and codes above 11."""
    codes = np.asarray(nac_p)
    known = (codes >= 0) & (codes < len(EPU_M))
    found: NDArray[Any] = _BY_CODE[np.where(known, codes, -1)]
    return found


DEFAULT_POS_ERR_M = {
    "adsb": 0.1 * M_PER_NM,
    "tisb": 0.3 * M_PER_NM,
    "mlat": 500.0,
    "ssr": 0.3 * M_PER_NM,
    "psr": 0.3 * M_PER_NM,
    "system-track": 0.3 * M_PER_NM,
    "remote-id": 30.0,
    "flarm": 30.0,
}
"""95 % horizontal error taken where a report says nothing of its own, by source.

ADS-B: NACp 7, the least that EASA CS-ACNS (subpart D, section 4) accepts. The others are nofly's choice, no
standard's: rather too large than too small, so that nothing is confirmed by an error that nobody stated.
"""


def default_pos_err_m(source: str | None) -> float:
    """Return the 95 % position error to take for a source; an unnamed source is taken for ADS-B."""
    return DEFAULT_POS_ERR_M.get(source or "adsb", DEFAULT_POS_ERR_M["adsb"])
