"""``nofly.toml``: what nofly is told once instead of every time.

::

    [check]
    zones = ["zones/*.geojson"]    # files, patterns
    max_gap_s = 120                # longer without a report is a gap: nothing is said of it
    qnh = 1013.25                  # hPa, or files of CSV or METAR text
    qnh_stations = "stations.csv"  # station, lat, lon of the METARs
    terrain = ["srtm"]             # folders and files
    threads = 2
    strict = false                 # stop at the first bad record

    [positions]
    format = "csv"                 # of all track files; else told from their first bytes
    altitude_datum = "std"         # of heights that come without one: std, amsl, hae, agl
    time_zone = "UTC"              # of times that come without one
    date_order = "dmy"             # of dates with slashes: dmy or mdy; else a number above 12 tells
    start = "2026-05-02T12:00:00Z" # when a raw Beast recording begins
    beast_clock = "12mhz"          # of a raw Beast recording: 12mhz or gps
    receiver = "47.45,8.55"        # where raw Mode S was received

    [positions.columns]            # column of the file = "our column:unit"
    "Altitude (feet)" = "alt_std_m:ft"

    [lists]                        # lists that exemptions name: files, one address a line
    military = "military.txt"

    [watch]                        # of live traffic; zones, heights and gaps are those of [check]
    state = "nofly-state"          # folder of the record, the journal, positions and raw captures
    tick_s = 0.25
    hold_s = 2.0                   # a feed that brings nothing for so long is not waited for
    reentry_s = 60                 # an entry so soon after an exit continues the incident
    close_s = 300                  # so long after an exit the incident is closed
    metrics = "127.0.0.1:9107"     # where /metrics and /healthz are served; "" nowhere
    capture_bytes = 20_000_000_000 # of raw bytes kept, 0 none
    capture_days = 30
    archive_days = 365

    [web]                          # of nofly serve
    bind = "127.0.0.1:8080"        # beyond loopback only with TLS, or behind a trusted proxy
    certificate = "cert.pem"       # and key = "key.pem": TLS
    trusted_proxies = "10.0.0.0/8" # networks whose X-Forwarded-For is believed
    insecure = false               # true: beyond loopback without either
    tiles = ""                     # raster tiles under the map: https://host/{z}/{x}/{y}.png
    tiles_attribution = ""
    style = ""                     # or a MapLibre style, by its address or in a file
    style_origins = []             # where its tiles, fonts and pictures are from
    embed_origins = []             # whose pages may show embed.html in a frame
    evidence_key = "station"       # of nofly keys: it signs packages that are taken along, and acts
    evidence_keys = "keys"         # where it is
    evidence_passphrase = "env:NOFLY_KEY_PASSPHRASE"

    [web.oidc]                     # logins by a provider, beside those with a password here
    issuer = "https://login.example/realms/nofly"
    client_id = "nofly"
    client_secret = "env:NOFLY_OIDC_SECRET"
    role_claim = "groups"
    roles = { nofly-operators = "operator" }

    [prediction]                   # warnings; enabled = false for none
    look_ahead_s = 120
    hits = 2                       # of the last ...
    of = 3                         # ... looks

    [[feeds]]
    name = "roof"
    url = "beast+tcp://127.0.0.1:30005"

    [[alerts]]
    name = "log"
    kind = "log"

    [[inhibitions]]                # warnings of these are recorded and nobody is told
    who = "tower"
    why = "training until noon"
    zone = "LS-R7"                 # and target, box, circle, from, until

    [register]                     # acts on zones and requests, of all parties
    url = "register.sqlite"        # a file, or env:NAME of a variable with postgresql://USER@HOST/NAME
    party = "Examplia"             # whose acts are recorded here

Names of files are relative to the file that names them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from nofly.errors import ConfigError, InputError
from nofly.feeds.options import Column

_RELATIVE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\+file:(?!/)(?=[^?])")
"""Of the URL of a feed, all before the name of a file that is relative."""


@dataclass(frozen=True, slots=True)
class CheckConfig:
    """The table ``[check]``. None is not said."""

    zones: tuple[str, ...] = ()
    max_gap_s: float | None = None
    qnh: tuple[str, ...] = ()
    qnh_stations: str | None = None
    terrain: tuple[str, ...] = ()
    threads: int | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class PositionsConfig:
    """The table ``[positions]``. None is not said."""

    format: str | None = None
    altitude_datum: str | None = None
    time_zone: str | None = None
    date_order: str | None = None
    start: str | None = None
    beast_clock: str | None = None
    receiver: str | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """The table ``[watch]``."""

    state: str = "nofly-state"
    tick_s: float = 0.25
    hold_s: float = 2.0
    reentry_s: float = 60.0
    close_s: float = 300.0
    snapshot_s: float = 30.0
    metrics: str = "127.0.0.1:9107"
    capture_bytes: int = 20_000_000_000
    capture_days: float = 30.0
    archive_days: float = 365.0


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The table ``[web]``."""

    bind: str = "127.0.0.1:8080"
    certificate: str = ""
    key: str = ""
    trusted_proxies: str = ""
    insecure: bool = False
    tiles: str = ""
    tiles_attribution: str = ""
    style: str = ""
    evidence_key: str = ""
    evidence_keys: str = ""
    evidence_passphrase: str = ""
    style_origins: tuple[str, ...] = ()
    embed_origins: tuple[str, ...] = ()
    claims: str = ""
    ledger: str = ""
    oidc: Mapping[str, Any] = field(default_factory=dict)
    """The table as it stands there; whoever logs in by it checks it."""


@dataclass(frozen=True, slots=True)
class RegisterConfig:
    """The table ``[register]``; an empty text is not said."""

    url: str = ""
    """A path, which is SQLite; a URL; or ``env:NAME`` of a variable that holds one."""
    party: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """A whole ``nofly.toml``."""

    check: CheckConfig = CheckConfig()
    positions: PositionsConfig = PositionsConfig()
    lists: Mapping[str, str] = field(default_factory=dict)
    """Name of a list → its file."""
    watch: WatchConfig = WatchConfig()
    web: WebConfig = WebConfig()
    prediction: Mapping[str, Any] = field(default_factory=dict)
    """The table as it stands there; whoever predicts checks it."""
    feeds: tuple[Mapping[str, Any], ...] = ()
    alerts: tuple[Mapping[str, Any], ...] = ()
    inhibitions: tuple[Mapping[str, Any], ...] = ()
    register: RegisterConfig = RegisterConfig()
    source: str = field(default="", compare=False)
    """The file it is from, for whoever finds something wrong in it later."""

    def wrong(self, error: InputError) -> ConfigError:
        """Return an error in what the file says, with the file's name."""
        where = ", ".join(part for part in (self.source, error.source) if part)
        return ConfigError(error.message, source=where, locator=error.locator, expected=error.expected)


TABLES = tuple(f.name for f in fields(Config) if f.name != "source")
"""Tables that a file may have."""


def parse(text: str, source: str = "nofly.toml") -> Config:
    """Return the configuration; unknown keys, wrong types and bad TOML raise ConfigError saying where."""
    import tomllib

    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"no valid TOML: {error}", source=source) from error
    reader = _Reader(source)
    reader.known(given, "", TABLES)
    check = reader.table(given, "", "check")
    positions = reader.table(given, "", "positions")
    lists = reader.table(given, "", "lists")
    reader.known(check, "check", [f.name for f in fields(CheckConfig)])
    reader.known(positions, "positions", [f.name for f in fields(PositionsConfig)])
    columns = reader.table(positions, "positions", "columns")
    return Config(
        CheckConfig(
            zones=reader.files(check, "check", "zones"),
            max_gap_s=reader.one(check, "check", "max_gap_s", (int, float), "a number of seconds"),
            qnh=reader.files(check, "check", "qnh"),
            qnh_stations=next(iter(reader.files(check, "check", "qnh_stations")), None),
            terrain=reader.files(check, "check", "terrain"),
            threads=reader.one(check, "check", "threads", (int,), "a whole number"),
            strict=reader.one(check, "check", "strict", (bool,), "true or false"),
        ),
        PositionsConfig(
            format=reader.one(positions, "positions", "format", (str,), "a text"),
            altitude_datum=reader.one(positions, "positions", "altitude_datum", (str,), "a text"),
            time_zone=reader.one(positions, "positions", "time_zone", (str,), "a text"),
            date_order=reader.one(positions, "positions", "date_order", (str,), "dmy or mdy"),
            start=reader.one(positions, "positions", "start", (str,), "a time"),
            beast_clock=reader.one(positions, "positions", "beast_clock", (str,), "a text"),
            receiver=reader.one(positions, "positions", "receiver", (str,), "latitude,longitude as a text"),
            columns={
                name: column(reader.one(columns, "positions.columns", name, (str,), "a text") or "", source)
                for name in columns
            },
        ),
        {name: next(iter(reader.files(lists, "lists", name)), "") for name in lists},
        reader.watch(given),
        reader.web(given),
        reader.table(given, "", "prediction"),
        feeds=reader.placed(given, "feeds"),
        alerts=reader.placed(given, "alerts"),
        inhibitions=reader.tables(given, "inhibitions"),
        register=reader.register(given),
        source=source,
    )


def column(text: str, source: str) -> Column:
    """Return ``our column:unit`` (the unit may be missing) as a Column."""
    name, _, unit = text.partition(":")
    if not name.strip():
        expected = "our column:unit, as alt_std_m:ft"
        raise ConfigError(f"column mapped to {text!r}", source=source, expected=expected)
    return Column(name.strip(), unit.strip())


_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a text"), "bool": ((bool,), "true or false"), "int": ((int, float), "a number"),
    "float": ((int, float), "a number"),
}  # fmt: skip


class _Reader:
    """Takes values out of parsed TOML and says where one is wrong."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._folder = PurePath(source).parent

    def known(self, given: Mapping[str, Any], table: str, names: Sequence[str]) -> None:
        """Raise ConfigError for a key that is none of the names."""
        for key in given:
            if key not in names:
                from difflib import get_close_matches

                near = get_close_matches(key, names, 1)
                expected = f"perhaps {near[0]}" if near else f"one of {', '.join(names)}"
                raise self._wrong("unknown key", table, key, expected)

    def table(self, given: Mapping[str, Any], table: str, key: str) -> dict[str, Any]:
        """Return a table, empty where it is not there."""
        value = given.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong("no table", table, key, f"[{_path(table, key)}]")
        return value

    def tables(self, given: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
        """Return a list of tables, empty where it is not there."""
        value = given.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self._wrong("no list of tables", "", key, f"[[{key}]]")
        return tuple(value)

    def placed(self, given: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
        """Return a list of tables in which names of files are from the configuration's folder, that of a feed
        in its URL too."""
        return tuple(
            {name: self._placed(name, v) if isinstance(v, str) else v for name, v in table.items()}
            for table in self.tables(given, key)
        )

    def _placed(self, name: str, value: str) -> str:
        if name in ("file", "ca_file"):
            return str(self._folder / value) if value else value
        found = _RELATIVE.match(value) if name == "url" else None
        if found is None or self._folder == PurePath():
            return value
        return f"{found[0]}{quote(f'{self._folder}/')}{value[found.end() :]}"

    def watch(self, given: Mapping[str, Any]) -> WatchConfig:
        """Return ``[watch]``, with the defaults for what is not there."""
        values = self._values(given, "watch", WatchConfig)
        if "state" in values:
            values["state"] = str(self._folder / values["state"])
        return WatchConfig(**values)

    def register(self, given: Mapping[str, Any]) -> RegisterConfig:
        """Return ``[register]``; a path is from the configuration's folder."""
        values = self._values(given, "register", RegisterConfig)
        url = values.get("url", "")
        if url and "://" not in url and not url.startswith("env:"):
            values["url"] = str(self._folder / url)
        return RegisterConfig(**values)

    def web(self, given: Mapping[str, Any]) -> WebConfig:
        """Return ``[web]``, with the defaults for what is not there."""
        values = self._values(given, "web", WebConfig)
        for name in ("certificate", "key", "claims", "ledger", "evidence_keys"):
            if values.get(name):
                values[name] = str(self._folder / values[name])
        table = self.table(given, "", "web")
        for name in ("style_origins", "embed_origins"):
            values[name] = self.texts(table, "web", name)
        style = values.get("style", "")
        if style and not style.startswith(("http://", "https://")):
            values["style"] = str(self._folder / style)
        oidc = self.table(table, "web", "oidc")
        placed = {name: self._placed(name, v) if isinstance(v, str) else v for name, v in oidc.items()}
        return WebConfig(**values, oidc=placed)

    def _values(self, given: Mapping[str, Any], name: str, kind: type[Any]) -> dict[str, Any]:
        """Return what stands in a table of texts, flags and numbers from 0 on."""
        table = self.table(given, "", name)
        self.known(table, name, [f.name for f in fields(kind)])
        values: dict[str, Any] = {}
        for f in fields(kind):
            if str(f.type) not in _KINDS:
                continue
            kinds, expected = _KINDS[str(f.type)]
            value = self.one(table, name, f.name, kinds, expected)
            if value is None:
                continue
            if not isinstance(value, str) and not 0 <= value < float("inf"):
                raise self._wrong(f"{value!r}", name, f.name, "a number from 0 on")
            values[f.name] = int(value) if f.type == "int" else float(value) if f.type == "float" else value
        return values

    def one(
        self, given: Mapping[str, Any], table: str, key: str, kinds: tuple[type, ...], expected: str
    ) -> Any:
        """Return one value of the given types, None where it is not there. True is no number."""
        value = given.get(key)
        if value is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))):
            return value
        raise self._wrong(f"{value!r}", table, key, expected)

    def texts(self, given: Mapping[str, Any], table: str, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where it is not there."""
        value = given.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(f"{value!r}", table, key, "a list of texts")
        return tuple(value)

    def files(self, given: Mapping[str, Any], table: str, key: str) -> tuple[str, ...]:
        """Return one name or a list of them, from the configuration's folder; a number as its text."""
        value = given.get(key, [])
        out = []
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bool) or not isinstance(item, str | int | float):
                raise self._wrong(f"{item!r}", table, key, "names of files")
            out.append(str(self._folder / item) if isinstance(item, str) else str(item))
        return tuple(out)

    def _wrong(self, message: str, table: str, key: str, expected: str) -> ConfigError:
        return ConfigError(message, source=self._source, locator=_path(table, key), expected=expected)


def _path(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key
