"""A place's own part of the negative list: entries it adds, phrases it clears, each by two."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.catalogue import negative
from core.catalogue.drafting import own_division
from core.catalogue.models import (
    ASKED,
    CONFIRMED,
    REJECTED,
    NegativeClearance,
    NegativeEntry,
)
from core.db import db
from core.errors import InvalidInput

ASK, CONFIRM = "negative.ask", "negative.confirm"
ENTRY, CLEARANCE = "negative_entry", "negative_clearance"


def add_entry(
    actor: Actor,
    *,
    division_code: str,
    text: str,
    reason: str,
    basis: str,
    words: list[str],
    from_on: date,
    to_on: date | None = None,
) -> dict[str, Any]:
    """Add an entry of a place's own, to be confirmed by another person."""
    if from_on < clock.today():
        raise InvalidInput(
            _("负面清单不能追溯以前，请从今天或以后的日子起算。"),
            errors={"from_on": ["不能早于今天"]},
        )
    if to_on is not None and to_on < from_on:
        raise InvalidInput(_("截止日不能早于开始日。"), errors={"to_on": ["不能早于开始日"]})
    row = NegativeEntry(
        division_code=own_division(actor, division_code, ASK).code,
        text=text,
        reason=reason,
        basis=basis,
        words="\n".join(dict.fromkeys(words)),
        from_on=from_on,
        to_on=to_on,
        state=ASKED,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    return _asked(ENTRY, row)


def ask_clearance(
    actor: Actor, *, division_code: str, entry: str, phrase: str, reason: str, document: str
) -> dict[str, Any]:
    """Ask that a phrase which only sounds like a negative entry be cleared, in writing."""
    division = own_division(actor, division_code, ASK)
    found = {one.code: one for one in negative.entries(clock.today(), division.code)}
    if entry not in found:
        raise InvalidInput(
            _("负面清单里没有编号为“%(entry)s”的条目。", entry=entry), errors={"entry": [entry]}
        )
    if not any(word in phrase for word in found[entry].words):
        raise InvalidInput(
            _(
                "“%(phrase)s”没有触及“%(entry)s”，不需要放行。",
                phrase=phrase,
                entry=found[entry].text,
            ),
            errors={"phrase": [phrase]},
        )
    if phrase in found[entry].words:
        raise InvalidInput(
            _("不能放行清单用语本身，请写出事项的完整措辞。"), errors={"phrase": [phrase]}
        )
    row = NegativeClearance(
        division_code=division.code,
        entry=entry,
        phrase=phrase,
        reason=reason,
        document=document,
        state=ASKED,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    return _asked(CLEARANCE, row)


def decide_entry(actor: Actor, *, id: int, agree: bool) -> dict[str, Any]:  # noqa: A002 - the field
    """Confirm or reject an entry that another person asked for."""
    return _decide(actor, ENTRY, fetch(NegativeEntry, id, actor, CONFIRM), agree=agree)


def decide_clearance(actor: Actor, *, id: int, agree: bool) -> dict[str, Any]:  # noqa: A002 - the field
    """Confirm or reject a clearance that another person asked for."""
    return _decide(actor, CLEARANCE, fetch(NegativeClearance, id, actor, CONFIRM), agree=agree)


def _asked(object_type: str, row: Any) -> dict[str, Any]:
    db.session.add(row)
    db.session.flush()
    states.begin(object_type, row)
    audit.about(object_type, row.id)
    return {"id": row.id, "state": row.state}


def _decide(actor: Actor, object_type: str, row: Any, *, agree: bool) -> dict[str, Any]:
    four_eyes(actor, row.made_by, what=_("负面清单"))
    states.change(
        object_type,
        row,
        to=CONFIRMED if agree else REJECTED,
        allowed=[ASKED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
    )
    audit.about(object_type, row.id)
    return {"id": row.id, "state": row.state}
