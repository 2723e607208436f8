"""Whether the books balance, asked after every test; what was reckoned before is not reckoned anew.

A check tells by nothing but what it reads, and most tests leave behind most of what others left.
So what a check reads is kept as a tree: a statement, and by its answer the next one. A database
that answers as an earlier one, whose books were in order, has its books in order, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import event

from core.db import db, transaction
from core.ledger import Check
from core.plugins import ask
from core.seal import seal_pending

# A check whose answers are new this much more often than known is better run at once.
PATIENCE = 10


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


def books() -> list[Any]:
    """Return what is wrong with the books: every check of every plugin, and the chain."""
    sealed = 1
    while sealed:
        with transaction():
            sealed = seal_pending()
    # Kept with the app, for its plugins have a say in what must hold.
    readings: dict[Any, Reading] = current_app.extensions.setdefault("tests.books", {})
    checks: list[Check] = ask("integrity_checks")
    # Where a plugin made for a test wrote the check, that may hang on the test.
    lasting = [check for check in checks if "." not in check.run.__qualname__]
    kept = {check: readings.setdefault(check.run, Reading()) for check in lasting}
    with transaction(readonly=True):
        known = {check for check, reading in kept.items() if reading.is_known()}
    findings: list[Any] = []
    for check in checks:
        if check not in known:
            findings += _run(check, kept.get(check))
    return findings


def _run(check: Check, reading: Reading | None) -> list[Any]:
    """Run a check where nothing is remembered; learn what it reads if it finds nothing."""
    from plugins.voucher.service import known  # noqa: PLC0415 - after the models are loaded

    known.forget()
    with current_app.app_context(), transaction(readonly=True):
        if reading is None or reading.strange > PATIENCE:
            return check.run()
        with _overheard() as asked:
            findings = check.run()
        if not findings:
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
