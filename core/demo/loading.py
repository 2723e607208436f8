"""When the demo county is loaded: into an empty database, once, going on where it was stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import current_app
from flask_babel import gettext as _

from core import access, clock
from core.audit import AuditEntry
from core.db import db, transaction
from core.demo import county
from core.demo.world import KEYS, World
from core.plugins import tell

BEGAN, WHOLE = f"{KEYS}began:", f"{KEYS}whole"


class NotEmptyError(RuntimeError):
    """The database holds something other than the demo, which may not be mixed with it."""


def load(say: Callable[[str], None], *, one_in: int | None = None) -> bool:
    """Build the county up to now; return False when it is there already.

    A load that was interrupted goes on where it stopped, as of the moment and in the size in which
    it had begun. `say` hears of the progress; `one_in`: see World, None as HUIGOU_DEMO says.
    Raises NotEmptyError.
    """
    with transaction(readonly=True):
        keys = _keys()
        if WHOLE in keys:
            return False
        began = next((key for key in keys if key.startswith(BEGAN)), None)
        if began is None and db.session.scalar(db.select(AuditEntry.id).limit(1)) is not None:
            message = _(
                "数据库里已有业务数据，不能再装入演示数据。请用 DATABASE_URL 指向一个空库。"
            )
            raise NotEmptyError(message)
    started = time.monotonic()
    world = _world(began, say, one_in or int(current_app.config["DEMO"]) or 1)
    # The first act's request key keeps moment and size for a second attempt.
    begun = f"{world.began.isoformat()}/{world.one_in}"
    county.build(world, key=f"{BEGAN.removeprefix(KEYS)}{begun}")
    tell("load_demo", world=world)
    county.finish(world, key=WHOLE.removeprefix(KEYS))
    seconds = time.monotonic() - started
    say(_("演示县已装好：%(n)s 笔业务，用时 %(s)s 秒", n=world.acts, s=f"{seconds:.1f}"))
    return True


def _keys() -> list[str]:
    """Return the request keys of the load's first and last act, those that are there."""
    scope = access.system("演示").scope
    marks = AuditEntry.request_key.startswith(BEGAN) | (AuditEntry.request_key == WHOLE)
    query = db.select(AuditEntry.request_key).where(AuditEntry.scope == scope, marks)
    return [key for key in db.session.scalars(query) if key is not None]


def _world(began: str | None, say: Callable[[str], None], one_in: int) -> World:
    if began is not None:
        moment, _slash, size = began.removeprefix(BEGAN).partition("/")
        return World(datetime.fromisoformat(moment), say, one_in=int(size))
    # Whole minutes: nobody writes a receipt at 11:32:07.318245.
    moment_now = clock.now().astimezone(UTC).replace(second=0, microsecond=0)
    return World(moment_now, say, one_in=one_in)
