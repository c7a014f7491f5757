"""The database of a register: SQLite in a file, or PostgreSQL; how it is opened, its tables, whose turn it is
to write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from nofly.errors import ConfigError, StoreError

APPLICATION_ID = 0x6E6F6672
"""``nofr`` in ASCII: by it SQLite's header says that the file is a register."""
VERSION_TABLE = "nofly_version"
HEAD = "0001"
"""The last step of the migrations; a register of any other is brought up to date, or refused as newer."""
GUARDS = ("nofly_act_in_order", "nofly_act_no_update", "nofly_act_no_delete")
_LOCK = 0x6E6F666C72
"""Whoever holds this advisory lock of PostgreSQL writes."""
_WRITING = "nofly_writing"

ACT = sa.Table(
    "nofly_act", sa.MetaData(),
    sa.Column("sequence", sa.BigInteger, primary_key=True), sa.Column("recorded_us", sa.BigInteger),
    sa.Column("kind", sa.Text), sa.Column("label", sa.Text), sa.Column("body", sa.Text),
    sa.Column("identity", sa.Text), sa.Column("hash", sa.Text), sa.Column("previous", sa.Text),
)  # fmt: skip


class NoRegisterError(StoreError):
    """There is no register where one was to be read."""


class Database:
    """An open database. Threads may share it; each reads and writes by a connection of its own."""

    def __init__(self, url: str, *, create: bool, read_only: bool, busy_s: float) -> None:
        """Open it, its tables made or brought up to date unless ``read_only``. Raises ConfigError for a URL
        that is none, StoreError where it is missing and not ``create``, cannot be reached, is no register or
        one of a newer version."""
        self._busy_s = busy_s
        self.url = _url(url)
        self.name = str(self.url.database) if self.sqlite else self.url.render_as_string(hide_password=True)
        self.engine = self._sqlite(create, read_only) if self.sqlite else self._postgresql()
        try:
            with self.told("opening the register"):
                self._bring_up_to_date(create, read_only)
        except BaseException:
            self.engine.dispose()
            raise

    @property
    def sqlite(self) -> bool:
        """Whether it is SQLite, else PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def told(self, doing: str) -> Iterator[None]:
        """Raise StoreError for whatever the database raises inside."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            # What SQLAlchemy says of an error quotes the statement; what the driver says is the reason.
            why = " ".join(str(getattr(error, "orig", None) or error).split())
            raise StoreError(f"{self.name}: {doing} failed: {why}") from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See the register as it is now, whatever others append meanwhile."""
        with self.engine.connect() as connection, connection.begin():
            if not self.sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Do all of what is inside, or nothing of it; only one process at a time is inside. What was done is
        on the disk at the end."""
        with self.engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
            if not self.sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{round(self._busy_s * 1000)}ms'")
                connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            yield connection

    def now_us(self, connection: sa.Connection) -> int | None:
        """Return the clock that all writers share: the server's; None where there is no server."""
        if self.sqlite:
            return None
        sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        return int(connection.exec_driver_sql(sql).scalar_one())

    def guards(self, connection: sa.Connection) -> set[str]:
        """Return the names of the guards against changes that are there."""
        sql = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'nofly_act'"
            if self.sqlite
            else "SELECT tgname FROM pg_trigger WHERE tgrelid = 'nofly_act'::regclass AND tgenabled <> 'D'"
        )
        return {name for (name,) in connection.exec_driver_sql(sql)}

    def damage(self, connection: sa.Connection) -> list[str]:
        """Return what SQLite finds wrong with its file."""
        if not self.sqlite:
            return []
        return [text for (text,) in connection.exec_driver_sql("PRAGMA quick_check") if text != "ok"]

    def _sqlite(self, create: bool, read_only: bool) -> sa.Engine:
        path = Path(self.name)
        if (read_only or not create) and not path.is_file():
            raise NoRegisterError(f"{path}: there is no register")
        mode = "ro" if read_only else "rwc" if create else "rw"

        def opened() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=self._busy_s,
                isolation_level=None, check_same_thread=False,
            )  # fmt: skip
            connection.execute("PRAGMA synchronous = FULL")
            return connection

        engine = sa.create_engine("sqlite://", creator=opened, poolclass=sa.QueuePool)

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            writes = connection.get_execution_options().get(_WRITING)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _postgresql(self) -> sa.Engine:
        try:
            return sa.create_engine(
                self.url.set(drivername="postgresql+psycopg"), pool_pre_ping=True,
                connect_args={"connect_timeout": max(2, round(self._busy_s)), "application_name": "nofly"},
            )  # fmt: skip
        except ImportError as error:
            raise StoreError(
                f"{self.name}: PostgreSQL needs a driver: pip install 'nofly[postgres]'"
            ) from error

    def _bring_up_to_date(self, create: bool, read_only: bool) -> None:
        with self.reading() as connection:
            version = self._version(connection)
        if version == HEAD:
            return
        if version is None and not create:
            raise NoRegisterError(f"{self.name}: there is no register")
        if read_only:
            raise StoreError(f"{self.name}: of another version ({version}, known is {HEAD})")
        if self.sqlite:
            with self.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]
        with self.writing() as connection:
            if self._version(connection) != HEAD:
                self._migrate(connection)

    def _version(self, connection: sa.Connection) -> str | None:
        """Return the version of the tables, None where there are none. Raises StoreError where this is no
        register, or one of a version that is not known."""
        tables = set(sa.inspect(connection).get_table_names())
        if self.sqlite:
            whose = int(connection.exec_driver_sql("PRAGMA application_id").scalar_one())
            if (tables or whose) and whose != APPLICATION_ID:
                raise StoreError(f"{self.name}: this is no register of nofly")
        if VERSION_TABLE not in tables:
            return None
        sql = f"SELECT version_num FROM {VERSION_TABLE}"
        version = str(connection.exec_driver_sql(sql).scalar_one_or_none())
        if version > HEAD:
            raise StoreError(
                f"{self.name}: a newer nofly made this register (version {version}, known is {HEAD})"
            )
        return version

    def _migrate(self, connection: sa.Connection) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "nofly.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if self.sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def _url(text: str) -> sa.URL:
    """Return a URL; a path is one of SQLite. Raises ConfigError, in which no password stands."""
    expected = "a path, sqlite:///PATH or postgresql://USER@HOST/NAME"
    if "://" not in text:
        if not text.strip() or "\0" in text:
            raise ConfigError("no register is named", expected=expected)
        return sa.URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigError("the URL of the register cannot be read", expected=expected) from None
    kind = url.get_backend_name()
    if kind == "postgres":
        url = url.set(drivername="postgresql")
    elif kind not in ("sqlite", "postgresql"):
        raise ConfigError(f"a register in {kind!r}", expected=expected)
    if kind == "sqlite" and not url.database:
        raise ConfigError("a register in no file", expected=expected)
    return url
