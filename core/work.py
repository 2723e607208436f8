"""The work nobody asks for: sealing what was committed, and what falls due on a new day."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import date, timedelta
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from core import access, audit, clock, seal
from core.access import Actor, Permission
from core.acts import Act, perform
from core.db import db, is_postgresql, transaction
from core.errors import Unavailable
from core.fields import schema
from core.plugins import tell

SEAL_SECONDS = 3
# After a refused new day (a closed period, say) somebody has to act first.
RETRY_SECONDS = 600
# Any number will do, as long as nobody else takes the same lock: "work" in ASCII.
JOB_LOCK = 0x776F726B
BEGIN_DAY = "work.begin_day"
LONGEST_GAP = 31  # days without work that are made up for


def begin_day(actor: Actor) -> dict[str, Any]:  # noqa: ARG001 - every verb hears who acts
    """Do what falls due today, in every component; a second time on the same day, nothing."""
    if is_postgresql():
        # SQLite has one writer anyway.
        db.session.execute(select(func.pg_advisory_xact_lock(JOB_LOCK)))
    day = clock.today()
    done = _is_begun(day)
    if not done:
        tell("day_began")
    # At the end: what was done meanwhile spoke of other things.
    audit.about("day", day.isoformat())
    return {"day": day.isoformat(), "repeated": done}


def due_from() -> date:
    """Return the first day whose work may not have been done yet, a month back at most."""
    day = clock.today()
    for _day in range(LONGEST_GAP):
        if _is_begun(day - timedelta(days=1)):
            break
        day -= timedelta(days=1)
    return day


def _is_begun(day: date) -> bool:
    begun = (
        db.select(audit.AuditEntry.id)
        .where(audit.AuditEntry.object_type == "day")
        .where(audit.AuditEntry.object_id == day.isoformat())
        .where(audit.AuditEntry.action == BEGIN_DAY)
        .where(audit.AuditEntry.outcome == audit.ACCEPTED)
    )
    return db.session.scalar(begun.limit(1)) is not None


# Nobody's role carries it: the system's own work, which an administrator may neither do nor stop.
PERMISSIONS = [Permission("work.run", "后台作业", ())]
ACTS = [
    Act(
        BEGIN_DAY,
        "开始新的业务日",
        "/work/days",
        "work.run",
        schema("BeginDay"),
        begin_day,
        object_type="day",
    )
]


class Worker:
    """The background work of one process: small steps, each in a transaction of its own."""

    def __init__(self) -> None:
        self._begun: date | None = None
        self._wait_until = 0.0

    def step(self) -> None:
        """Seal what waits, on a new day thoroughly, and begin the day."""
        is_new_day = self._begun != clock.today() and time.monotonic() >= self._wait_until
        sealed = -1
        while sealed:
            with transaction():
                sealed = seal.seal_pending(thorough=is_new_day)
        if is_new_day:
            self._begin()

    def _begin(self) -> None:
        day = clock.today()
        answer = perform(BEGIN_DAY, {}, actor=access.system("后台作业"))
        if answer.refused:
            current_app.logger.error("new day %s: %s", day, answer.body["detail"])
            self._wait_until = time.monotonic() + RETRY_SECONDS
            return
        self._begun = day


def run(app: Flask, stop: threading.Event) -> None:
    """Work until told to stop, or until the process that started this one is gone."""
    worker, parent = Worker(), os.getppid()
    while not stop.is_set() and os.getppid() == parent:
        with app.app_context():
            try:
                worker.step()
            except Unavailable as refusal:
                # The database may be away for a while; the work is not lost by waiting.
                app.logger.warning("background work waits: %s", refusal.message)
        stop.wait(SEAL_SECONDS)


@click.command("work", help="后台作业：每隔几秒封存新记录，每天办理到期事项。")
@click.option("--once", is_flag=True, help="只做一遍就结束（定时任务用）。")
@with_appcontext
def work_command(*, once: bool) -> None:
    """Do the background work, until interrupted unless once."""
    if once:
        Worker().step()
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_signal: stop.set())
    run(current_app._get_current_object(), stop)  # type: ignore[attr-defined] # noqa: SLF001 - Flask's documented way to the app itself
