"""Who entered LF-R35A and LF-P25 near Paris on 7 October 2021, and can whoever is accused check it alone?"""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

from nofly.cli import main
from nofly.run.demo import QNH_HPA, demo_files

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "paris-2021-evidence")
folder.mkdir(parents=True, exist_ok=True)
with demo_files() as (zones, tracks):
    main([
        "check", "--zones", str(zones), str(tracks[0]), "--qnh", str(QNH_HPA), "--quiet", "--evidence",
        str(folder), "--made-by", "example", "--made-at", "2021-10-08T08:00:00Z", "--format", "table",
    ])  # fmt: skip

# From here on it is the other side: nothing but the package, no network.
for case in sorted(folder.glob("*.nofly.zip")):
    code = main(["verify", str(case)])
    print(f"{case.name}: {'all agrees' if code == 0 else f'exit code {code}'}")
    with ZipFile(case) as package:
        report = case.with_suffix("").with_suffix(".html")
        report.write_bytes(package.read("report.html"))
