"""What of subsidies is due on a day though no legal clock runs for it: each list a small function.

The office's claims wait from the day on which they came in or were computed; a recovery is decided
once its hearing is over, and until then the party may state its case.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import true

from core import clock
from core.access import Actor, visible
from core.db import db
from core.deadlines import DueItem
from core.deadlines.calendar import MOST
from plugins.subsidy.models import SubsidyClaim, SubsidyRecovery
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.service import award_dues
from plugins.subsidy.service.claims import APPROVE, CHECK
from plugins.subsidy.service.recovering import DECIDE, STATE


def due_items(actor: Actor) -> list[DueItem]:
    """Return what is due for a person, soonest first, at most `MOST`."""
    found = [item for part in PARTS for item in part(actor)]
    return sorted(found, key=lambda one: one.on)[:MOST]


def to_check(actor: Actor) -> list[DueItem]:
    """Return the claims that wait to be checked and computed."""
    return _claims(actor, CHECK, c.SUBMITTED, _("核验补贴申报"))


def to_approve(actor: Actor) -> list[DueItem]:
    """Return the claims that wait to be approved."""
    return _claims(actor, APPROVE, c.COMPUTED, _("批准补贴申报"))


def to_decide(actor: Actor) -> list[DueItem]:
    """Return the recoveries to decide, from the day on which they can be."""
    if not actor.may(DECIDE):
        return []
    return [
        DueItem(
            clock.day_of(row.stated_at) if row.stated_at else row.state_by + timedelta(1),
            _("决定追回补贴"),
            row.number,
            row.organisation_id,
            _("陈述申辩已结束"),
            endpoint="subsidy_recoveries.show",
            values={"id": row.id},
        )
        for row in _recoveries(actor, DECIDE, r.PROPOSED, r.STATED)
    ]


def to_state(actor: Actor) -> list[DueItem]:
    """Return until when who has to give something back may state a case."""
    if not actor.may(STATE):
        return []
    return [
        DueItem(
            row.state_by,
            _("陈述申辩"),
            row.number,
            row.organisation_id,
            _("行政处罚法第四十五条"),
            endpoint="subsidy_own.recovery",
            values={"id": row.id},
        )
        for row in _recoveries(actor, STATE, r.PROPOSED)
        if row.state_by >= clock.today()
    ]


# Whatever else of subsidies is due without a clock adds its function here.
PARTS: list[Callable[[Actor], list[DueItem]]] = [
    to_check,
    to_approve,
    to_decide,
    to_state,
    *award_dues.PARTS,
]


def _claims(actor: Actor, permission: str, state: str, name: str) -> list[DueItem]:
    if not actor.may(permission):
        return []
    # An instalment is checked on its agreement, from its own day on.
    alone = SubsidyClaim.grant_id.is_(None) if state == c.SUBMITTED else true()
    rows = db.session.scalars(
        db.select(SubsidyClaim)
        .where(visible(SubsidyClaim, actor, permission), SubsidyClaim.state == state, alone)
        .order_by(SubsidyClaim.made_at, SubsidyClaim.id)
        .limit(MOST)
    )
    return [
        DueItem(
            clock.day_of(row.computed_at or row.made_at),
            name,
            row.number,
            row.organisation_id,
            _("收到之日起办理"),
            endpoint="subsidy_claims.show",
            values={"id": row.id},
        )
        for row in rows
    ]


def _recoveries(actor: Actor, permission: str, *states: str) -> list[SubsidyRecovery]:
    query = (
        db.select(SubsidyRecovery)
        .where(visible(SubsidyRecovery, actor, permission), SubsidyRecovery.state.in_(states))
        .order_by(SubsidyRecovery.state_by, SubsidyRecovery.id)
        .limit(MOST)
    )
    return list(db.session.scalars(query))
