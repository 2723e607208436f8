"""What somebody with the database's own password can do: change history behind the triggers."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import func, select, text

from core.db import db, is_postgresql

ALWAYS = (
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE t.tgenabled = 'A'"
)


def tamper(*statements):
    """Run statements as the owner of the database could, with the triggers out of the way."""
    connection = db.session.connection()
    with _unguarded(connection):
        for statement in statements:
            connection.execute(statement)


def newest(table):
    """Return the number of a table's newest row, for use in a statement."""
    return select(func.max(table.c.id)).scalar_subquery()


def take_away(table, trigger):
    """Remove a trigger, or switch it off where that is possible."""
    db.session.execute(
        text(
            f"ALTER TABLE {table} DISABLE TRIGGER {trigger}"
            if is_postgresql()
            else f"DROP TRIGGER {trigger}"
        )
    )


@contextmanager
def _unguarded(connection):
    if is_postgresql():
        triggers = connection.execute(text(ALWAYS)).all()
        for table, name in triggers:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {name}"))
        yield
        for table, name in triggers:
            connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"))
        return
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    triggers = connection.execute(text(query)).all()
    for name, _sql in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)
