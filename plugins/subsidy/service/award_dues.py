"""What of awards is due on a day: scores, the end of a notice, signatures, checks, duties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from core import clock
from core.access import Actor, visible
from core.db import db
from core.deadlines import DueItem
from core.deadlines.calendar import MOST
from plugins.subsidy.models import (
    Application,
    AwardResult,
    GrantBreach,
    ResultObjection,
    Scheme,
    ScoringRound,
    SubsidyClaim,
    SubsidyGrant,
)
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import grants as g
from plugins.subsidy.models import results as m
from plugins.subsidy.service import duties, grants, objecting, results
from plugins.subsidy.service.result_queries import MINE

SOON = timedelta(days=30)


def to_conclude(actor: Actor) -> list[DueItem]:
    """Return the notices that end, to who concludes the round on the day after."""
    if not actor.may(results.SETTLE):
        return []
    rows = db.session.execute(
        _newest(
            db.select(ScoringRound, Scheme.name).join(Scheme, Scheme.id == ScoringRound.scheme_id),
            visible(ScoringRound, actor, results.SETTLE),
            ScoringRound.state == m.PUBLICISED,
        ).order_by(ScoringRound.id)
    )
    return [
        DueItem(
            row.notice_until + timedelta(days=1),
            _("公示期满，确定奖励金额"),
            f"{name} {row.year}",
            row.organisation_id,
            _("公示到 %(day)s", day=row.notice_until),
            endpoint="subsidy_rounds.show",
            values={"id": row.id},
        )
        for row, name in rows
    ]


def to_decide(actor: Actor) -> list[DueItem]:
    """Return the objections that wait for a decision."""
    if not actor.may(objecting.DECIDE):
        return []
    rows = db.session.scalars(
        _newest(
            db.select(ResultObjection),
            visible(ResultObjection, actor, objecting.DECIDE),
            ResultObjection.state == m.RAISED,
        ).order_by(ResultObjection.id)
    )
    return [
        DueItem(
            clock.day_of(row.raised_at),
            _("处理评审结果的异议"),
            str(row.id),
            row.organisation_id,
            _("收到之日起办理"),
            endpoint="subsidy_scoring.show",
            values={"id": row.result_id},
        )
        for row in rows
    ]


def to_sign(actor: Actor) -> list[DueItem]:
    """Return the agreements that wait for the beneficiary's signature."""
    if not (actor.may(MINE) and actor.may(grants.SIGN)):
        return []
    rows = db.session.execute(
        _newest(
            db.select(AwardResult, Application.number, ScoringRound.concluded_on)
            .join(ScoringRound, ScoringRound.id == AwardResult.round_id)
            .join(Application, Application.id == AwardResult.application_id),
            visible(AwardResult, actor, grants.SIGN),
            ScoringRound.state == m.CONCLUDED,
            AwardResult.final_fen > 0,
            Application.state == a.ELIGIBLE,
        ).order_by(AwardResult.id)
    )
    return [
        DueItem(
            concluded_on,
            _("签订补贴协议"),
            number,
            row.applicant_id,
            _("奖励金额已确定"),
            endpoint="subsidy_results.show",
            values={"id": row.id},
        )
        for row, number, concluded_on in rows
    ]


def to_check(actor: Actor) -> list[DueItem]:
    """Return the instalments whose check is due within a month."""
    if not actor.may(grants.CHECK):
        return []
    rows = db.session.execute(
        _newest(
            db.select(SubsidyClaim, SubsidyGrant.id).join(
                SubsidyGrant, SubsidyGrant.id == SubsidyClaim.grant_id
            ),
            visible(SubsidyGrant, actor, grants.CHECK),
            SubsidyGrant.state == g.SIGNED,
            SubsidyClaim.state == c.SUBMITTED,
            SubsidyClaim.due_on <= clock.today() + SOON,
        ).order_by(SubsidyClaim.due_on, SubsidyClaim.id)
    )
    return [
        DueItem(
            row.due_on,
            _("核查履约，办理下一期"),
            row.number,
            row.organisation_id,
            _("补贴协议"),
            endpoint="subsidy_grants.show",
            values={"id": grant},
        )
        for row, grant in rows
    ]


def to_decide_breach(actor: Actor) -> list[DueItem]:
    """Return the broken duties that may be decided, from the day on which they can be."""
    if not actor.may(duties.DECIDE):
        return []
    rows = db.session.execute(
        _newest(
            db.select(GrantBreach, SubsidyGrant).join(
                SubsidyGrant, SubsidyGrant.id == GrantBreach.grant_id
            ),
            visible(SubsidyGrant, actor, duties.DECIDE),
            GrantBreach.state == g.PROPOSED,
        ).order_by(GrantBreach.id)
    )
    return [
        DueItem(
            clock.day_of(row.stated_at) if row.stated_at else row.state_by + timedelta(days=1),
            _("决定是否未履约"),
            grant.number,
            grant.organisation_id,
            _("陈述申辩已结束"),
            endpoint="subsidy_grants.show",
            values={"id": grant.id},
        )
        for row, grant in rows
    ]


def duty_ends(actor: Actor) -> list[DueItem]:
    """Return the duties that end within a month, after which an agreement can be closed."""
    if not actor.may(grants.CHECK):
        return []
    rows = db.session.scalars(
        _newest(
            db.select(SubsidyGrant),
            visible(SubsidyGrant, actor, grants.CHECK),
            SubsidyGrant.state == g.SIGNED,
        ).order_by(SubsidyGrant.id)
    )
    found = [(row, grants.duty_end(row)) for row in rows]
    return [
        DueItem(
            ends,
            _("履约期满，办结补贴协议"),
            row.number,
            row.organisation_id,
            _("补贴协议"),
            endpoint="subsidy_grants.show",
            values={"id": row.id},
        )
        for row, ends in found
        if ends is not None and ends <= clock.today() + SOON
    ]


PARTS: list[Callable[[Actor], list[DueItem]]] = [
    to_conclude,
    to_decide,
    to_sign,
    to_check,
    to_decide_breach,
    duty_ends,
]


def _newest(query: Any, *conditions: ColumnElement[bool]) -> Any:
    return query.where(*conditions).limit(MOST)
