"""Writes docs/reference/incident-states.md from the table of states."""

from __future__ import annotations

import sys

from nofly.incidents.states import DERIVED, Phase, diagram, quiet, rows
from tests.house.tree import ROOT

PAGE = ROOT / "docs/reference/incident-states.md"


def page() -> str:
    """Return the page."""
    made = ", ".join(event.value for event in DERIVED)
    return f"""# The states of an incident

One target and one edition of one zone are a *case*. A case is in one of {len(Phase)} states. One table says
what each event does to each state and what is recorded of it; the diagram and the tables below are drawn from
it by `make docs`.

```mermaid
{diagram()}
```

- An incident begins with an entry and has the name that a recorded check gives that stay. An entry (or doubt)
  within `reentry_s` of the last time not outside continues the incident; its stays keep the check's names.
- An incident ends when `close_s` have passed since it was last not outside.
- A warning has a name of its own; the record of the entry names it.
- The events {made} are made of the others and of time.
- Where more becomes known of who is inside, and the rules say another thing of it than was told (a callsign
  that comes late exempts), that is recorded (`recognised`) and leaves the state as it was.
- The state follows the facts alone. `acknowledged`, `muted`, `exempted` and `cleared` are recorded beside it
  with who and why, and never move it.
- An event that comes late has its effect, after a record (`amended`) that says it came late. An event that
  does not fit the state is recorded (`contradicted`) and leaves it as it was.

## What follows from what

{rows()}

## What is no news, and what cannot be

{quiet()}
"""


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
