"""Archives: one module a format, files of recorded traffic to batches of positions."""

MARKS = {
    "aircraft_json": (b'"aircraft"', b'"ac"'),
    "beast_binary": (b"\x1a",),
    "csv_table": (b",", b";", b"\t"),
    "modes_jsonl": (b'"frame"',),
    "parquet": (b"PAR1",),
    "readsb_trace": (b'"trace"',),
    "sbs": (b"MSG,", b"MLAT,", b"SEL,", b"ID,", b"AIR,", b"STA,", b"CLK,"),
    "traffic_json": (b"{",),
}
"""See :mod:`nofly.plugins`."""
