"""The rules of ICAO for the text of a NOTAM, as a reader of others' messages would check them: written from
Annex 10 II, Annex 15 and Doc 8126, and knowing nothing of the writer."""

from __future__ import annotations

import re

Q_LINE = re.compile(
    r"Q\) ?(?P<fir>[A-Z]{4})/(?P<code>Q[A-Z]{4})/(?P<traffic>IV|I|V|K) ?/(?P<purpose>[NBOMK]{1,3}) ?"
    r"/(?P<scope> ?[AEWK]{1,2}) ?/(?P<lower>[0-9]{3})/(?P<upper>[0-9]{3})"
    r"/(?P<lat>[0-9]{4}[NS])(?P<lon>[0-9]{5}[EW])(?P<radius>[0-9]{3})(?=\s|$)"
)
TIME = re.compile(r"[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9]")
HEIGHT = re.compile(r"SFC|GND|UNL|FL[0-9]{3}|[0-9]+(FT|M) ?(AMSL|AGL)")


def items(message: str) -> dict[str, str]:
    """Return the items of a message by letter; ``""`` is what comes before Q."""
    text = message.strip().removeprefix("(")
    text = text.removesuffix(")") if message.strip().startswith("(") else text
    parts = re.split(r"(?:^|(?<=[\s]))([QABCDEFG])\) ?", text)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def faults(message: str) -> list[str]:
    """Return what of a message is not as ICAO has it."""
    found = []
    if len(message.rstrip("\n")) > 1800:
        found.append("more than 1,800 characters")
    found += [f"a line of {len(line)}" for line in message.split("\n") if len(line) > 69]
    found += [f"the character {c!r}" for c in sorted(set(re.sub(r"[A-Z0-9 \n\-?:().,'=/+]", "", message)))]
    said = items(message)
    if not re.match(r"[A-Z][0-9]{4}/[0-9]{2} NOTAM(N|[RC] [A-Z][0-9]{4}/[0-9]{2})\s*$", said[""]):
        found.append("the number and kind")
    line = Q_LINE.search(message)
    if line is None:
        return [*found, "the Q line"]
    if int(line["lower"]) > int(line["upper"]):
        found.append("the levels of the Q line")
    if int(line["lat"][:2]) * 60 + int(line["lat"][2:4]) > 5400 or int(line["lat"][2:4]) > 59:
        found.append("the latitude of the Q line")
    if int(line["lon"][:3]) * 60 + int(line["lon"][3:5]) > 10800 or int(line["lon"][3:5]) > 59:
        found.append("the longitude of the Q line")
    firs = re.sub(r" PART [0-9]+ OF [0-9]+\s*$", "", said["A"]).split()
    if not 1 <= len(firs) <= 7 or not all(re.fullmatch("[A-Z]{4}", fir) for fir in firs):
        found.append("item A")
    if not TIME.fullmatch(said["B"].strip()):
        found.append("item B")
    end = said["C"].split()
    if not (
        end == ["PERM"]
        or (TIME.fullmatch(end[0]) and end[1:] in ([], ["EST"]) and end[0] > said["B"].strip())
    ):
        found.append("item C")
    if len(said.get("D", "")) > 200:
        found.append("item D")
    if not said["E"].strip():
        found.append("item E")
    for letter in "FG":
        if letter in said and not HEIGHT.fullmatch(said[letter].strip()):
            found.append(f"item {letter}")
    return found
