"""``python -m nofly`` is ``nofly``."""

from __future__ import annotations

import sys

from nofly.cli import main

if __name__ == "__main__":
    sys.exit(main())
