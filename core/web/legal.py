"""What a page shows of an organisation's legal kind: the verdict today, the history, the form."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict

from core import clock
from core.access import Actor, User
from core.db import db
from core.parties import Organisation
from core.purchasers import (
    CLASSES,
    FLAGS,
    KINDS,
    RULE_SETS,
    Verdict,
    judge,
    kinds_of,
    may_provide,
)
from core.purchasers.judging import described, why
from core.purchasers.kinds import ALWAYS

RECORD = "party.record_kind"
CHOICE = ("legal_kind", "institution_class")


def shown(organisation: Organisation) -> dict[str, Any]:
    """Return what the organisation's page says of who it legally is and what follows from it."""
    today = clock.today()
    rows = kinds_of(organisation.id)
    people = _people({row.recorded_by for row in rows})
    current = next((row for row in rows if row.from_on <= today), None)
    return {
        "current": described(current) if current else None,
        "flags": [str(name) for flag, name in FLAGS.items() if current and getattr(current, flag)],
        "buying": _told(judge(organisation.id, on=today)),
        "providing": _told(may_provide(organisation.id, on=today)),
        "law": str(RULE_SETS[judge(organisation.id, on=today).rule_set]),
        "history": [
            {
                "described": described(row),
                "flags": "、".join(str(name) for flag, name in FLAGS.items() if getattr(row, flag)),
                "from_on": None if row.from_on == ALWAYS else row.from_on,
                "document": row.document,
                "credit_code": row.credit_code,
                "recorded_by": people.get(row.recorded_by or 0, _("系统")),
                "recorded_at": row.recorded_at,
            }
            for row in rows
        ],
    }


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen in the form of a legal kind."""
    return {
        "legal_kinds": [(code, str(name)) for code, name in KINDS.items()],
        "classes": [(code, str(name)) for code, name in CLASSES.items()],
        "flags": [(code, str(name)) for code, name in FLAGS.items()],
    }


def typed(form: ImmutableMultiDict[str, str]) -> dict[str, Any]:
    """Return the kind, class and flags that were typed, as the acts want them."""
    flags = set(form.getlist("flags"))
    return {name: form.get(name) for name in CHOICE} | {flag: flag in flags for flag in FLAGS}


def may_record(actor: Actor) -> bool:
    """Tell whether a person may say what an organisation legally is."""
    return actor.may(RECORD)


def _people(numbers: set[int | None]) -> dict[int, str]:
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(numbers - {None})))
    return {row.id: row.name for row in rows}


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "may": verdict.may,
        "outcome": verdict.outcome,
        "why": why(verdict),
        "article": verdict.article,
    }
