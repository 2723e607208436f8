"""Whether the books balance, asked after every test; what was reckoned before is not reckoned anew.

A check tells by nothing but what it reads, and most tests leave behind most of what others left.
So what a check reads is kept as a tree: a statement, and by its answer the next one. A database
that answers as an earlier one, whose books were in order, has its books in order, too. And where
nothing was written to the tables that a check reads since it found nothing, it is not asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

from flask import current_app
from sqlalchemy import Engine, event

from core.db import Direct, db, transaction
from core.ledger import Check
from core.plugins import ask
from core.seal import seal_pending

# A check whose answers are new this much more often than known is better run at once.
PATIENCE = 10
SEALED_AT_ONCE = 1_000
# What only looks, or ends what others did; everything else writes.
LOOKS = re.compile(
    r"\s*(?:SELECT|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|PRAGMA|SHOW|SET)\b", re.IGNORECASE
)
WRITES = re.compile(r"\s*(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
# Written to by what changes no single table's rows; and by whatever writes at all.
SCHEMA, ANYTHING = "(schema)", "(anything)"


@dataclass
class Step:
    """A statement of a check; after each answer came another, or (None) the books in order."""

    statement: str
    parameters: Any
    after: dict[bytes, Step | None] = field(default_factory=dict)


@dataclass
class Reading:
    """What a check has read so far, and how much oftener that was new than known."""

    first: Step | None = None
    strange: int = 0
    tables: set[str] = field(default_factory=set)  # every word of what it ever asked is among them
    stages: set[str] = field(default_factory=set)  # databases, as begun, that are in order

    def is_known(self) -> bool:
        """Ask the database what the check would ask; tell whether every answer led on before."""
        step = self.first if self.strange <= PATIENCE else None
        found = step is not None
        while step is not None:
            answer = _answer(step.statement, step.parameters)
            if answer not in step.after:
                self.strange += 1
                return False
            step = step.after[answer]
        self.strange -= found and self.strange > 0
        return found

    def learn(self, asked: list[tuple[str, Any]]) -> None:
        """Keep what a check asked that found nothing wrong, with the answers."""
        answers = [_answer(*one) for one in asked]
        following: list[Step | None] = []
        step = self.first
        for (statement, parameters), answer in zip(asked, answers, strict=True):
            if step is None:
                step = Step(statement, parameters)
            elif (step.statement, repr(step.parameters)) != (statement, repr(parameters)):
                # It tells by something else than what it reads: never again from memory.
                self.first, self.strange = None, 10 * PATIENCE
                return
            following.append(step)
            step = step.after.get(answer)
        if not following:
            return
        self.first = following[0]
        for step, answer, after in zip(following, answers, [*following[1:], None], strict=True):
            step.after[answer] = after


@dataclass
class History:
    """What was written to a database since it was begun as a copy of a stage, in turns."""

    stage: str
    turn: int = 0
    written: dict[str, int] = field(default_factory=dict)
    in_order: dict[int, int] = field(default_factory=dict)

    def note(self, statement: str) -> None:
        """Take note of a statement before it is run."""
        table = _written(statement)
        if table is not None:
            self.turn += 1
            self.written[table] = self.written[ANYTHING] = self.turn

    def spares(self, reading: Reading) -> bool:
        """Tell whether the check found nothing, and nothing it reads was written since."""
        since = self.in_order.get(id(reading), 0 if self.stage in reading.stages else None)
        return since is not None and self._is_untouched(reading, since)

    def found_nothing(self, reading: Reading) -> None:
        """Remember that the check finds nothing now."""
        self.in_order[id(reading)] = self.turn
        if self._is_untouched(reading, 0):
            reading.stages.add(self.stage)

    def _is_untouched(self, reading: Reading, since: int) -> bool:
        asked = reading.tables
        return bool(asked) and not any(
            turn > since and (table in asked or table == SCHEMA)
            for table, turn in self.written.items()
        )


# By the database's name. One that nobody began is asked everything.
_histories: dict[str, History] = {}


def begin(database: str, stage: str) -> None:
    """Tell that a database is from now on a copy of a stage."""
    _histories[database] = History(stage)


@cache
def _written(statement: str) -> str | None:
    """Return the table that a statement writes to; None where it only looks."""
    if LOOKS.match(statement):
        return None
    found = WRITES.match(statement)
    return found.group(1) if found else SCHEMA


@cache
def words(statement: str) -> frozenset[str]:
    """Return a statement's words, of which some are the tables it reads."""
    words = frozenset(re.findall(r"\w+", statement))
    # A view may read any table.
    return words | {ANYTHING} if any(word.startswith("hv_") for word in words) else words


@event.listens_for(Engine, "before_cursor_execute")
def _note(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    history = _histories.get(connection.engine.url.database)
    if history is not None:
        history.note(statement)


def _noted(run: Any) -> Any:
    """Let a driver's connection of the till note what it writes."""

    @wraps(run)
    def noting(self: Direct, statement: str, *more: Any) -> Any:
        history = _histories.get(db.engine.url.database)
        if history is not None:
            history.note(statement)
        return run(self, statement, *more)

    return noting


for _name in ("rows", "run", "run_many"):
    setattr(Direct, _name, _noted(getattr(Direct, _name)))


def books() -> list[Any]:
    """Return what is wrong with the books: every check of every plugin, and the chain."""
    history = _histories.get(db.engine.url.database)
    sealed = SEALED_AT_ONCE if history is None or history.turn else 0
    while sealed >= SEALED_AT_ONCE:
        with transaction():
            sealed = seal_pending(SEALED_AT_ONCE)
    return wrong()


def wrong() -> list[Any]:
    """Return what any check of any plugin finds wrong."""
    # Kept with the app, for its plugins have a say in what must hold.
    readings: dict[Any, Reading] = current_app.extensions.setdefault("tests.books", {})
    history = _histories.get(db.engine.url.database) or History("")
    checks: list[Check] = ask("integrity_checks")
    # Where a plugin made for a test wrote the check, that may hang on the test.
    lasting = [check for check in checks if "." not in check.run.__qualname__]
    kept = {check: readings.setdefault(check.run, Reading()) for check in lasting}
    asked = {check: one for check, one in kept.items() if not history.spares(one)}
    with transaction(readonly=True):
        known = {check for check, reading in asked.items() if reading.is_known()}
    findings: list[Any] = []
    for check in checks:
        if check in kept and check not in asked:
            continue
        found = [] if check in known else _run(check, kept.get(check))
        findings += found
        if check in kept and not found:
            history.found_nothing(kept[check])
    return findings


def _run(check: Check, reading: Reading | None) -> list[Any]:
    """Run a check where nothing is remembered; learn what it reads if it finds nothing."""
    from plugins.voucher.service import known  # noqa: PLC0415 - after the models are loaded

    known.forget()
    with current_app.app_context(), transaction(readonly=True):
        if reading is None:
            return check.run()
        with _overheard() as asked:
            findings = check.run()
        reading.tables.update(*(words(statement) for statement, _parameters in asked))
        if not findings and reading.strange <= PATIENCE:
            reading.learn(asked)
    return findings


@contextmanager
def _overheard() -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements of the block with their parameters."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)


def _answer(statement: str, parameters: Any) -> bytes:
    """Return a digest of what the driver answers."""
    cursor = db.session.connection().connection.cursor()
    try:
        rows = cursor.execute(statement, parameters).fetchall()
    finally:
        cursor.close()
    return hashlib.blake2b(repr(rows).encode(), digest_size=16).digest()
