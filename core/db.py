"""The database handle and the one place where a transaction begins and ends."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, lru_cache, wraps
from typing import Any, TypeVar, TypeVarTuple, cast
from weakref import WeakKeyDictionary

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, Update, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from core.errors import Overlapped, Unavailable

# Every generated name fits 63 characters, so that PostgreSQL and SQLite agree on it.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=MetaData(naming_convention=NAMING), session_options={"autoflush": True})

# SQLite gives row numbers by itself only to a column declared INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Fen = BigInteger

Given = TypeVarTuple("Given")
Built = TypeVar("Built")

BUSY_SECONDS = 10
RETRY_SENTENCE = "系统正忙或数据库暂时无法连接，结果未知。请稍后用同一笔请求重试，不会重复入账。"


class Instant(TypeDecorator[datetime]):
    """A UTC instant; SQLite, which has no time zones, stores it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: they would mean something else on each engine."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature is SQLAlchemy's
        """Give every stored instant its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def init_app(app: Flask) -> None:
    """Bind the handle to an app and prepare its engine."""
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def prepare(engine: Engine) -> None:
    """Take transaction control from the SQLite driver and set what durable money needs."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        _set_up_sqlite(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred writer would fail with "locked" when its first read is out of date.
        reading = connection.get_execution_options().get("huigou_readonly", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _set_up_sqlite(connection: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL: what was acknowledged survives a power cut.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Without it, INSERT OR REPLACE would slip past the triggers that keep tables append-only.
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


@contextmanager
def transaction(*, readonly: bool = False) -> Iterator[None]:
    """Run a block in one database transaction: commit when it ends, roll back when it raises.

    `readonly` is enforced by the database itself on both engines. There is no nesting: a caller
    that finds a transaction open has made a mistake.
    Raises Unavailable when the database cannot be reached or stays locked.
    """
    session = db.session()
    if session.in_transaction():
        message = "a transaction is already open"
        raise RuntimeError(message)
    options: dict[str, Any] = {"huigou_readonly": readonly}
    if db.engine.dialect.name == "postgresql":
        options = {"postgresql_readonly": readonly}
    with _in_turn(waits=not readonly):
        try:
            session.connection(execution_options=options)
            yield
            session.commit()
        except OperationalError as error:
            session.rollback()
            if isinstance(error.orig, psycopg.errors.DeadlockDetected):
                raise Overlapped("RETRY_LATER", RETRY_SENTENCE) from error
            if _is_outage(error.orig):
                raise Unavailable("RETRY_LATER", RETRY_SENTENCE) from error
            raise
        except BaseException:
            session.rollback()
            raise
        finally:
            # A closed session forgets everything, so no row outlives its transaction.
            db.session.remove()


@contextmanager
def _in_turn(*, waits: bool) -> Iterator[None]:
    """Let this process's writers into SQLite one after the other.

    SQLite itself makes a second writer sleep and look again, ever longer and in no order. On
    PostgreSQL, and for who does not write, this does nothing.
    """
    if not waits or is_postgresql():
        yield
        return
    lock = _writing.setdefault(db.engine, threading.Lock())
    if not lock.acquire(timeout=BUSY_SECONDS):
        raise Unavailable("RETRY_LATER", RETRY_SENTENCE)
    try:
        yield
    finally:
        lock.release()


def _is_outage(error: BaseException | None) -> bool:
    """Tell whether a database error leaves the outcome unknown, rather than showing a mistake."""
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("database is locked", "disk I/O", "database or disk is full"))
    return isinstance(error, psycopg.OperationalError)


def is_postgresql() -> bool:
    """Tell whether the app runs on PostgreSQL."""
    return bool(db.engine.dialect.name == "postgresql")


def built_once(build: Callable[[*Given], Built]) -> Callable[[*Given], Built]:
    """Keep the statements that a function builds from its arguments and nothing else.

    To build one takes several times what the database takes to answer it. Some are said otherwise
    on each kind of database, so each kind has its own.
    """

    @cache
    def kept(_dialect: str, *given: *Given) -> Built:
        return build(*given)

    @wraps(build)
    def built(*given: *Given) -> Built:
        return kept(db.engine.dialect.name, *given)

    return built


def lost_the_race(error: DBAPIError) -> bool:
    """Tell whether an integrity error is a unique key that somebody else took first."""
    state = getattr(error.orig, "sqlstate", None)
    return state == "23505" or "UNIQUE constraint failed" in str(error.orig)


@contextmanager
def savepoint() -> Iterator[None]:
    """Undo the block alone when it raises; the transaction around it goes on."""
    with db.session.begin_nested():
        yield


def guarded(statement: Update) -> int:
    """Run a guarded UPDATE and return how many rows still met its condition."""
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def insert_once(table: Any, row: dict[str, Any]) -> bool:
    """Insert a row unless a unique key of it is taken; tell whether it was inserted."""
    dialect = postgresql if is_postgresql() else sqlite
    statement = dialect.insert(table).values(row).on_conflict_do_nothing()
    # PostgreSQL reports no row count for this statement; RETURNING tells on both engines.
    key = next(iter(table.primary_key))
    return db.session.execute(statement.returning(key)).first() is not None


class Direct:
    """A plain driver connection for the till's path, where the ORM would cost more than the act.

    Statements are written once, with `:name` parameters, for both drivers.
    """

    def __init__(self, connection: Any, *, named: bool) -> None:
        """Wrap a driver connection; `named` when the driver reads `:name` itself."""
        self._connection, self._named = connection, named

    def at(self, moment: datetime) -> Any:
        """Return an instant as the driver stores it."""
        if not self._named:
            return moment
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    def day(self, day: date) -> Any:
        """Return a date as the driver stores it."""
        return day.isoformat() if self._named else day

    def rows(self, statement: str, parameters: dict[str, Any]) -> list[Any]:
        """Run a statement and return its rows."""
        text = statement if self._named else _psycopg_text(statement)
        found: list[Any] = self._connection.execute(text, parameters).fetchall()
        return found

    def run(self, statement: str, parameters: dict[str, Any]) -> int:
        """Run a statement without rows; return how many it changed."""
        text = statement if self._named else _psycopg_text(statement)
        count: int = self._connection.execute(text, parameters).rowcount
        return count

    def run_many(self, statement: str, rows: list[dict[str, Any]]) -> None:
        """Run a statement once per row."""
        cursor = self._connection.cursor()
        cursor.executemany(statement if self._named else _psycopg_text(statement), rows)


@lru_cache(maxsize=64)
def _psycopg_text(statement: str) -> str:
    return re.sub(r"(?<![:\w]):(\w+)", r"%(\1)s", statement.replace("%", "%%"))


@contextmanager
def direct(*, whole: bool) -> Iterator[Direct]:
    """Give this thread's driver connection.

    `whole` makes the block one transaction. Without it every statement is one of its own on
    PostgreSQL (one round trip, no BEGIN); SQLite always runs the block as one. Raises Unavailable
    when the outcome is unknown.
    """
    on_postgresql = is_postgresql()
    connection = _driver_connection(on_postgresql=on_postgresql)
    whole = whole or not on_postgresql
    with _in_turn(waits=whole):
        try:
            if whole:
                connection.execute("BEGIN" if on_postgresql else "BEGIN IMMEDIATE")
            yield Direct(connection, named=not on_postgresql)
            if whole:
                connection.execute("COMMIT")
        except BaseException as error:
            _abandon(connection, whole=whole)
            if _is_outage(error):
                raise Unavailable("RETRY_LATER", RETRY_SENTENCE) from error
            raise


def _driver_connection(*, on_postgresql: bool) -> Any:
    """Return this thread's own connection to the app's database, opened at its first use."""
    engine = db.engine
    kept: _Connections = _per_thread.__dict__.setdefault("connections", _Connections())
    connection = kept.get(engine)
    if connection is None or (on_postgresql and connection.closed):
        if on_postgresql:
            target = engine.url.set(drivername="postgresql")
            connection = psycopg.connect(
                target.render_as_string(hide_password=False), autocommit=True
            )
            connection.execute(_FEW_ROWS)
        else:
            connection = sqlite3.connect(engine.url.database or "", isolation_level=None)
            _set_up_sqlite(connection)
        kept[engine] = connection
    return connection


def _abandon(connection: Any, *, whole: bool) -> None:
    """Roll back what is open; a connection that cannot even do that is dropped."""
    try:
        if whole:
            connection.execute("ROLLBACK")
    except (psycopg.Error, sqlite3.Error):
        _per_thread.__dict__["connections"].pop(db.engine, None)
        connection.close()


def forget_connections() -> None:
    """Close this thread's driver connections (tests drop databases)."""
    _per_thread.__dict__.pop("connections", _Connections()).close()


class _Connections(dict[Engine, Any]):
    """A thread's driver connections, closed when the thread ends."""

    def close(self) -> None:
        while self:
            self.popitem()[1].close()

    def __del__(self) -> None:
        self.close()


# What goes this way reads and writes few rows, each by its key. The planner, not knowing how many
# lines a call brings, would read small tables whole, and still do so long after they have grown.
_FEW_ROWS = """
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off;
SET jit = off; SET plan_cache_mode = force_generic_plan
"""

_per_thread = threading.local()
# By engine, forgotten with it.
_writing: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
