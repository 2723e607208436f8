"""The database schema: one history of revisions per component, applied together or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, TypeDecorator, func, inspect, select

from core.db import Id, Instant, db, is_postgresql
from core.plugins import components as loaded
from core.plugins import folder

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
VIEWS, VIEW_PREFIX = "views.sql", "hv_"
VERSION_TABLE = "alembic_version_"
# Any number will do, as long as nobody else takes the same lock: "schema" in ASCII.
UPGRADE_LOCK = 0x736368656D61
OPEN_PERIOD, OPEN_LINE = "journal_open_period", "transfer_open_line"


@dataclass(frozen=True)
class Component:
    """A component as the schema sees it: its name, its revisions, and the SQL of its views."""

    name: str
    versions: Path
    views: Path

    @property
    def version_table(self) -> str:
        """Return the table that says how far this component's revisions were applied."""
        return f"{VERSION_TABLE}{self.name}"


class NothingToReviseError(RuntimeError):
    """Models and revisions agree: there is nothing to write a revision about."""


def components() -> list[Component]:
    """Return the components that may have tables: the core, then the plugins by name."""
    found = [Component("core", MIGRATIONS / "versions", MIGRATIONS / VIEWS)]
    for name, plugin in sorted(loaded().items()):
        home = folder(plugin)
        if name != "core" and home is not None:
            own = home / "migrations"
            found.append(Component(name, own, own / VIEWS))
    return found


def upgrade() -> None:
    """Bring the database to what the code expects: every component, in one transaction.

    A failure anywhere leaves the database as it was. Several processes may try at once; one does
    it and the others find it done. Tables of plugins that are away stay as they are; their views
    stand aside until the plugin is back.
    """
    with _whole() as connection:
        _upgrade(connection)


def revise(component: str, message: str) -> Path:
    """Write the revision that brings a component's tables to its models, and return its file.

    The database itself stays as it is. A table that no model knows is never dropped. Raises
    NothingToReviseError when there is nothing to do, KeyError for an unknown component.
    """
    chosen = {one.name: one for one in components()}[component]
    chosen.versions.mkdir(exist_ok=True)
    with _whole(keep=False) as connection:
        _upgrade(connection)
        config = _config(connection, chosen)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        written = command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=f"{component}_{number:04d}",
            process_revision_directives=_leave_out_empty,
        )
    if not isinstance(written, Script):
        message = f"the models of {component} and its revisions agree"
        raise NothingToReviseError(message)
    return Path(written.path)


def away() -> set[str]:
    """Return the components that have tables in the database and are not loaded.

    Runs inside the caller's transaction.
    """
    tables = inspect(db.session.connection()).get_table_names()
    known = {one.removeprefix(VERSION_TABLE) for one in tables if one.startswith(VERSION_TABLE)}
    return known - set(loaded())


def is_current() -> bool:
    """Tell whether every revision and view of the code stands in the database.

    Runs inside the caller's transaction.
    """
    return _is_current(db.session.connection())


def check() -> list[str]:
    """Return where the database differs from revisions and models; nothing when all agree.

    Runs inside the caller's transaction.
    """
    connection = db.session.connection()
    differences: list[str] = []
    for component in components():
        applied, newest = _applied(connection, component), _newest(connection, component)
        if applied != newest:
            differences.append(f"{component.name}: is at {applied or {}}, not at {newest or {}}")
        context = MigrationContext.configure(connection, opts=_options(connection, component))
        told = (_told(item) for item in compare_metadata(context, db.metadata))
        differences += [f"{component.name}: {line}" for lines in told for line in lines]
    differences += _check_differences(connection)
    wrong = _wrong_views(connection)
    return [*differences, *(f"view {name} is not the one written" for name in wrong)]


# --- for use in revisions ----------------------------------------------------------------------


def append_only(table: str) -> None:
    """Make the database refuse UPDATE, DELETE and TRUNCATE on a table, whoever asks.

    For use in revisions. A batch operation on SQLite rebuilds the table without its triggers:
    after one, say this again (`flask audit` would tell).
    """
    if is_postgresql():
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME"
            " USING ERRCODE = 'restrict_violation'; END $$"
        )
    for event, name in append_only_triggers(table).items():
        if is_postgresql():
            each = "STATEMENT" if event == "TRUNCATE" else "ROW"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
            # Also where a replica or a restore runs with ordinary triggers switched off.
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'table {table} is append-only'); END"
            )


def append_only_triggers(table: str) -> dict[str, str]:
    """Return the triggers that make a table append-only, by what each refuses."""
    if is_postgresql():
        return {"UPDATE OR DELETE": f"{table}_append_only", "TRUNCATE": f"{table}_no_truncate"}
    return {"UPDATE": f"{table}_append_only", "DELETE": f"{table}_no_delete"}


def refuse_closed_periods() -> None:
    """Make the database refuse a journal in an accounting period that is not open.

    For use in revisions. `core.ledger` refuses first, with a sentence; this also holds for what
    does not come that way.
    """
    if is_postgresql():
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN IF EXISTS (SELECT 1 FROM accounting_period WHERE state <> 'open'"
            " AND month = to_char(NEW.business_date, 'YYYY-MM')) THEN"
            " RAISE EXCEPTION 'the accounting period of % is not open', NEW.business_date"
            " USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER journal_open_period BEFORE INSERT ON journal"
            " FOR EACH ROW EXECUTE FUNCTION refuse_closed_period()"
        )
        op.execute("ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_open_period")
        return
    op.execute(
        "CREATE TRIGGER journal_open_period BEFORE INSERT ON journal"
        " WHEN EXISTS (SELECT 1 FROM accounting_period WHERE state <> 'open'"
        " AND month = substr(NEW.business_date, 1, 7))"
        " BEGIN SELECT RAISE(ABORT, 'the accounting period is not open'); END"
    )


def refuse_closed_lines() -> None:
    """Make the database refuse a transfer that touches a line of a closed fiscal year.

    For use in revisions; as `refuse_closed_periods`.
    """
    touched = (
        "SELECT 1 FROM account JOIN closed_line ON closed_line.line_id = account.line_id"
        " WHERE account.id IN (NEW.debit_id, NEW.credit_id)"
    )
    if is_postgresql():
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_closed_line() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN IF EXISTS ({touched}) THEN"
            " RAISE EXCEPTION 'the fiscal year of the line is closed'"
            " USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {OPEN_LINE} BEFORE INSERT ON transfer"
            " FOR EACH ROW EXECUTE FUNCTION refuse_closed_line()"
        )
        op.execute(f"ALTER TABLE transfer ENABLE ALWAYS TRIGGER {OPEN_LINE}")
        return
    op.execute(
        f"CREATE TRIGGER {OPEN_LINE} BEFORE INSERT ON transfer WHEN EXISTS ({touched})"
        " BEGIN SELECT RAISE(ABORT, 'the fiscal year of the line is closed'); END"
    )


def standing_triggers() -> set[str]:
    """Return the triggers that nobody can pass by; runs inside the caller's transaction."""
    query = (
        "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgenabled = 'A' AND pg_table_is_visible(c.oid)"
        if is_postgresql()
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    return set(db.session.connection().exec_driver_sql(query).scalars())


# --- upgrading ---------------------------------------------------------------------------------


@contextmanager
def _whole(*, keep: bool = True) -> Iterator[Connection]:
    """Give a connection in one transaction of its own, alone with the schema.

    The only transaction outside `core.db`: SQLite must stop enforcing foreign keys before it
    begins, because a table that others refer to is rebuilt by dropping it.
    """
    with db.engine.connect() as connection:
        _enforce_foreign_keys(connection, "OFF")
        try:
            with connection.begin() as transaction:
                if is_postgresql():
                    connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
                yield connection
                if not keep:
                    transaction.rollback()
        finally:
            _enforce_foreign_keys(connection, "ON")


def _enforce_foreign_keys(connection: Connection, state: Literal["ON", "OFF"]) -> None:
    if not is_postgresql():
        # Past SQLAlchemy, which would begin a transaction, where SQLite ignores the pragma.
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 - just connected
        raw.execute(f"PRAGMA foreign_keys = {state}")


def _refuse_orphans(connection: Connection) -> None:
    if not is_postgresql():
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if orphans:
            message = f"the upgrade would leave rows without their parent: {orphans[:5]}"
            raise RuntimeError(message)


def _upgrade(connection: Connection) -> None:
    if _is_current(connection):
        return
    views = _written_views()
    # Neither engine lets a table change under a view, so the views stand aside meanwhile, those
    # of plugins that are away included. What is newer may rest on what is older.
    for name in reversed(_standing_views(connection)):
        if name in views or name.startswith(VIEW_PREFIX):
            connection.exec_driver_sql(f"DROP VIEW {name}")
    for component in components():
        if component.versions.exists():
            command.upgrade(_config(connection, component), "head")
    _refuse_orphans(connection)
    for name, sql in views.items():
        connection.exec_driver_sql(sql)
        if is_postgresql():
            connection.exec_driver_sql(f"COMMENT ON VIEW {name} IS '{_mark(sql)}'")


def _is_current(connection: Connection) -> bool:
    return not _wrong_views(connection) and all(
        _applied(connection, component) == _newest(connection, component)
        for component in components()
    )


def _applied(connection: Connection, component: Component) -> set[str]:
    context = MigrationContext.configure(connection, opts=_options(connection, component))
    return set(context.get_current_heads())


def _newest(connection: Connection, component: Component) -> set[str]:
    if not component.versions.exists():
        return set()
    return set(ScriptDirectory.from_config(_config(connection, component)).get_heads())


def _config(connection: Connection, component: Component) -> Config:
    config = Config(attributes={"options": _options(connection, component)})
    settings = {
        "path_separator": "newline",
        "script_location": str(MIGRATIONS),
        "version_locations": str(component.versions),
        "file_template": "%(rev)s_%(slug)s",
    }
    for name, value in settings.items():
        config.set_main_option(name, value.replace("%", "%%"))
    return config


def _options(connection: Connection, component: Component) -> dict[str, Any]:
    """Return what Alembic has to know, for upgrading, for revising and for checking alike."""
    owners = _owners()

    def standing(name: str | None, kind: str, _parents: object) -> bool:
        # A table that no model knows is not ours to drop.
        return kind != "table" or owners.get(str(name)) == component.name

    def wanted(item: Any, *_described: object) -> bool:
        return owners.get(getattr(item, "table", item).name) == component.name

    return {
        "connection": connection,
        "target_metadata": db.metadata,
        "version_table": component.version_table,
        "include_name": standing,
        "include_object": wanted,
        "render_as_batch": True,
        "render_item": _render,
        # Alembic thinks that SQLite cannot; it can, once the driver leaves transactions to us.
        "transactional_ddl": True,
    }


def _owners() -> dict[str, str | None]:
    """Return whose each table is: its model's component, else that of the longest prefix."""
    mappers = db.Model.registry.mappers  # type: ignore[attr-defined] # Flask-SQLAlchemy's base
    modules = {str(one.local_table.name): one.class_.__module__ for one in mappers}
    plugins = [component.name for component in components()]
    return {
        table: "core"
        if modules.get(table, "").startswith("core.")
        else max((name for name in plugins if table.startswith(f"{name}_")), key=len, default=None)
        for table in db.metadata.tables
    }


def _render(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write a column's plain type into a revision, so that the revision outlives our classes."""
    if item is Id:
        context.imports.add('\nID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")')
        return "ID"
    if kind == "type" and isinstance(item, TypeDecorator):
        return "sa.DateTime(timezone=True)" if isinstance(item, Instant) else "sa.Text()"
    return False


def _leave_out_empty(
    _context: object, _revision: object, directives: list[MigrationScript]
) -> None:
    upgrades = directives[0].upgrade_ops
    if upgrades is None or upgrades.is_empty():
        directives[:] = []


# --- views -------------------------------------------------------------------------------------


def _written_views() -> dict[str, str]:
    """Return the views of all components as they are written, by name, in order of creation."""
    found: dict[str, str] = {}
    for component in components():
        if component.views.exists():
            lines = component.views.read_text(encoding="utf-8").splitlines()
            code = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
            for statement in filter(None, map(str.strip, code.split(";"))):
                found[statement.removeprefix("CREATE VIEW ").split()[0]] = statement
    return found


def _standing_views(connection: Connection) -> dict[str, str | None]:
    """Return the marks of the views that stand in the database, by name, the oldest first."""
    if is_postgresql():
        rows = connection.exec_driver_sql(
            "SELECT relname, obj_description(oid, 'pg_class') AS mark FROM pg_class"
            " WHERE relkind = 'v' AND pg_table_is_visible(oid) ORDER BY oid"
        )
        return {row.relname: row.mark for row in rows}
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid"
    )
    return {name: _mark(sql) for name, sql in rows}


def _wrong_views(connection: Connection) -> list[str]:
    standing = _standing_views(connection)
    return [name for name, sql in _written_views().items() if standing.get(name) != _mark(sql)]


def _mark(sql: str) -> str:
    """Return by what a view is recognised as the one written."""
    return f"huigou {hashlib.sha256(sql.encode()).hexdigest()}"


# --- checking ----------------------------------------------------------------------------------


def _told(difference: list[Any] | tuple[Any, ...]) -> list[str]:
    """Return Alembic's tuples as lines: `add_column seal.form`."""
    if isinstance(difference, list):
        return [line for part in difference for line in _told(part)]
    verb, *rest = difference
    words = []
    for part in rest:
        table = getattr(part, "table", None)
        name = getattr(part, "name", None)
        words.append(f"{table.name}.{name}" if table is not None else str(name or part))
    return [" ".join([verb, *(word for word in words if word != "None")])]


def _check_differences(connection: Connection) -> list[str]:
    """Return the CHECK constraints that differ; Alembic does not compare them."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    owners, differences = _owners(), []
    for table in db.metadata.sorted_tables:
        owner = owners[table.name]
        if owner is None or table.name not in present:
            continue
        written = {
            str(one.name): str(one.sqltext)
            for one in table.constraints
            if isinstance(one, CheckConstraint)
        }
        standing = {
            str(one["name"]): one["sqltext"] for one in inspector.get_check_constraints(table.name)
        }
        # PostgreSQL rewrites the conditions it stores, SQLite keeps them as they were given.
        if is_postgresql():
            written, standing = dict.fromkeys(written, ""), dict.fromkeys(standing, "")
        differences += [
            f"{owner}: check {name} differs" for name, _sql in written.items() ^ standing.items()
        ]
    return sorted(set(differences))
