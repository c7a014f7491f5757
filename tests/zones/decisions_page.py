"""Writes docs/reference/decisions.md from the table of states."""

from __future__ import annotations

import sys

from nofly.zones.decision_states import DERIVED, Phase, diagram, refused, rows
from tests.house.tree import ROOT

PAGE = ROOT / "docs/reference/decisions.md"


def page() -> str:
    """Return the page."""
    made = ", ".join(event.value for event in DERIVED)
    return f"""# The states of a request, and the rules of decision

A request for a zone is in one of {len(Phase)} states. One table says what each act does to each state; the
diagram and the tables below are drawn from it by `make docs`. See [decide on a zone](../how-to/decide.md).

```mermaid
{diagram()}
```

- Times are half open: a position counts before the deadline, not at it; a zone is law until its end.
- A position counts while the request is open or in silence. Later it is *late*: kept, and without effect.
- A party has one position, its last that counts. The earlier ones are history.
- The acts {made} are made of the others and of time.
- Positions are for the listed parties, withdrawing is for who asked; all else is for the authority.
- A party that is listed with a key has to sign its acts (Ed25519, over the canonical JSON of what it says);
  for the others the account stands that made the act. Every act is in the hash chain of the register.
- By the clock `register` an act is of the time at which the register recorded it: no party can say that it
  spoke earlier. By the clock `stated`, for the past put on record, it is of the time it says, which is not
  before the last act and not to come.
- What is not in the table is refused. In a register that was written otherwise, such an act is kept, and has
  no effect.
- A rejected request never becomes law. Its zone stays readable (`nofly request show ID -o zone.geojson`).

## Rules

| rule | approved where | rejected where |
| --- | --- | --- |
| `single-authority` | the authority says so, positions or not | the authority says so |
| `simple-majority` | quorum, and more support than oppose | quorum, and not more support than oppose |
| `qualified-majority` | quorum, and at least the share of all parties support | quorum, and fewer support |
| `unanimity` | every party supports or abstains | a party opposes, or not all agreed by the deadline |
| `silence` | nobody broke the silence before the deadline | somebody did |

- The quorum is how many parties have taken a position, whichever; without a number, more than half of them.
- *Reserve* and *abstain* are in no majority. *Abstain* is not in the way of unanimity; *reserve* is.
- *Conditional* counts as support where the decision takes up all of its conditions, word for word; else it
  counts as *reserve* does.
- *Oppose*, *reserve* and *conditional* break a silence. A change of mind does not mend it: the authority
  begins a new silence by another deadline, or rejects.
- Where a rule by vote has a deadline, nothing is decided before it. After it without a quorum, nothing can be
  decided: the authority sets another deadline.

## What follows from what

{rows()}

## What each state refuses

{refused()}
"""


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
