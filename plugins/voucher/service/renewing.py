"""Renewing (续发): what a new period grants to those who still fulfil the condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, func, or_, true

from core import audit, clock, states
from core.access import Actor, fetch
from core.db import db, savepoint
from core.errors import Refusal, RuleBroken
from plugins.voucher.models import Decision, Lot, Programme, Terms, Voucher
from plugins.voucher.rules import Allotment, Period, allotment_period, opening, read_terms
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.service.deciding import INCOME, Judged, Predicates, fact_of, keep_decisions
from plugins.voucher.service.granting import Grant, Holder, grant_of, withhold, write_grants
from plugins.voucher.service.issuing import excluded, issue_to, lock_residents
from plugins.voucher.service.lives import ACTIVE, REVOKED, SUSPENDED
from plugins.voucher.service.programmes import APPROVED, terms_in_force


def renew(actor: Actor, *, programme_id: int) -> dict[str, Any]:
    """Grant the running periods to every holder who has not got them yet; safe to repeat.

    Who is not eligible on the period's first day gets nothing, and the decision is kept; asked
    again, she is judged again.
    All or nobody: refuses BUDGET_INSUFFICIENT when the lines cannot cover all of it.
    """
    programme = fetch(Programme, programme_id, actor, "voucher.issue")
    if programme.state != APPROVED:
        raise RuleBroken("PLAN_NOT_FILED", _("项目还没有批准，不能发放。请先提交复核。"))
    done = _renew(programme, again=True)
    audit.about("programme", programme.id)
    return {"programme_id": programme.id, **done}


def day_began() -> None:
    """Renew what began lately: the hook of a new business day.

    A programme whose lines fall short is left for the office, which is told on its start page.
    """
    approved = db.select(Programme).filter_by(state=APPROVED).order_by(Programme.id)
    for programme in db.session.scalars(approved).all():
        if not waiting(programme):
            continue
        # A clerk may be about to do the same.
        db.session.refresh(programme, with_for_update=True)
        try:
            with savepoint():
                _renew(programme, again=False)
        except Refusal as refusal:
            audit.about("programme", programme.id, refusal.message)


def waiting(programme: Programme) -> int:
    """Return how many vouchers have not got a period that runs, and were not refused it."""
    rules = terms_in_force(programme)[1]
    former = _former_holders(programme, rules, again=False)
    return len(former) + sum(
        len(_lacking(programme, terms, old, allotment, period, again=False))
        for terms, old in _versions(programme)
        for allotment, period in _due(old)
    )


def _renew(programme: Programme, *, again: bool) -> dict[str, Any]:
    issued = _issue_again(programme, again=again)
    said = [
        _renew_version(programme, terms, old, again=again) for terms, old in _versions(programme)
    ]
    pools = [pool for one in (issued, *said) for pool in one["pools"]]
    return {
        "renewed": sum(one["renewed"] for one in (issued, *said)),
        "refused": sum(one["refused"] for one in (issued, *said)),
        "amount_fen": sum(pool["committed_fen"] for pool in pools),
        "pools": pools,
        "vouchers": issued["vouchers"],
    }


def _versions(programme: Programme) -> list[tuple[Terms, Rules]]:
    """Return the versions of the terms under which vouchers last and are granted again."""
    used = db.select(Voucher.terms_id).where(Voucher.programme_id == programme.id)
    rows = db.session.scalars(db.select(Terms).where(Terms.id.in_(used)).order_by(Terms.id))
    versions = [(row, read_terms(row.document)) for row in rows]
    return [(row, rules) for row, rules in versions if rules.renewal == "lot"]


def _renew_version(
    programme: Programme, terms: Terms, rules: Rules, *, again: bool
) -> dict[str, Any]:
    """Grant the running periods of one version of the terms."""
    source = f"voucher.issue:{audit.current().act}"
    predicates, pools, renewed, left_out = Predicates(rules), [], 0, 0
    for allotment, period in _due(rules):
        vouchers = _lacking(programme, terms, rules, allotment, period, again=again)
        on = _judged_on(rules, allotment, period)
        judged = predicates.judge([voucher.resident_id for voucher in vouchers], on)
        eligible = [one for one in vouchers if judged[one.resident_id].is_eligible]
        for voucher in eligible:
            # As at the issue: what the family bears rests on the income of the period's first day.
            voucher.income_fen = fact_of(judged[voucher.resident_id], INCOME, on)
        grants = _grants(rules, predicates, allotment, period, eligible, judged=judged, on=on)
        holders = {one.id: Holder(one.resident_id, one.class_code) for one in eligible}
        grants = withhold(programme, rules, grants, holders)
        refused = [one for one in vouchers if not judged[one.resident_id].is_eligible]
        keep_decisions(
            programme.id,
            terms.id,
            [judged[one.resident_id] for one in refused],
            on,
            {one.resident_id: one.id for one in refused},
        )
        pools += write_grants(programme, terms, rules, grants, source=source)
        renewed, left_out = renewed + len(grants), left_out + len(refused)
    return {"renewed": renewed, "refused": left_out, "pools": pools}


def _grants(
    rules: Rules,
    predicates: Predicates,
    allotment: Allotment,
    period: Period,
    vouchers: Sequence[Voucher],
    *,
    judged: dict[int, Judged],
    on: date,
) -> list[Grant]:
    found = [
        grant_of(
            rules,
            allotment,
            voucher.class_code,
            voucher_id=voucher.id,
            period=period,
            quantity=predicates.entitled(
                allotment, voucher.class_code, judged[voucher.resident_id], on
            ),
        )
        for voucher in vouchers
    ]
    return [grant for grant in found if grant is not None]


def _due(rules: Rules) -> list[tuple[Allotment, Period]]:
    """Return the allotments that come again, each with the period that runs today."""
    if not _runs(rules):
        return []
    today = clock.today()
    due = [
        (allotment, allotment_period(rules, allotment, today))
        for allotment in rules.allotments.values()
        if allotment.period != "once"
    ]
    return [(allotment, period) for allotment, period in due if opening(allotment, period) <= today]


def _runs(rules: Rules) -> bool:
    return rules.valid_from <= clock.today() <= rules.valid_through


def _lacking(
    programme: Programme,
    terms: Terms,
    rules: Rules,
    allotment: Allotment,
    period: Period,
    *,
    again: bool,
) -> list[Voucher]:
    """Return the living vouchers issued before a period that have no lot of it yet.

    A holder who came while it ran got what was due when she came. Unless `again`, those who were
    refused for the period are left out.
    """
    has = exists().where(
        Lot.voucher_id == Voucher.id, Lot.allotment == allotment.code, Lot.period == period.code
    )
    # Whom a programme had before its own first day got nothing of the period yet.
    first = max(period.first, rules.valid_from)
    began = datetime.combine(first, time.min, tzinfo=clock.ZONE)
    query = db.select(Voucher).where(
        Voucher.programme_id == programme.id,
        Voucher.terms_id == terms.id,
        Voucher.state != REVOKED,
        or_(Voucher.ended_on.is_(None), Voucher.ended_on > period.first),
        Voucher.issued_at < began,
        ~has,
    )
    if not again:
        on = _judged_on(rules, allotment, period)
        query = query.where(~_refused(on, on))
    if not rules.suspension_grants:
        query = query.where(_not_suspended(period.first))
    if audit.under_way():
        query = query.with_for_update(of=Voucher)
    return list(db.session.scalars(query.order_by(Voucher.id)))


def _judged_on(rules: Rules, allotment: Allotment, period: Period) -> date:
    return max(opening(allotment, period), rules.valid_from)


def _refused(first: date, last: date) -> ColumnElement[bool]:
    """Return the condition of vouchers whose holders were not eligible on a day of these."""
    return exists().where(
        Decision.voucher_id == Voucher.id,
        Decision.is_eligible.is_(False),
        Decision.judged_on.between(first, last),
    )


def _not_suspended(day: date) -> ColumnElement[bool]:
    suspended = and_(
        Voucher.suspended_from <= day,
        or_(Voucher.suspended_through.is_(None), Voucher.suspended_through >= day),
    )
    return and_(Voucher.state == ACTIVE, suspended.is_not(true()))


# --- a new voucher each period -------------------------------------------------------------------


def _issue_again(programme: Programme, *, again: bool) -> dict[str, Any]:
    """Issue this period's vouchers to those who held an earlier one and are eligible."""
    terms, rules = terms_in_force(programme)
    former = _former_holders(programme, rules, again=again)
    lock_residents([voucher.resident_id for voucher in former])
    judged, classes, refused = _sorted(programme, rules, former)
    keep_decisions(
        programme.id,
        terms.id,
        refused,
        clock.today(),
        {voucher.resident_id: voucher.id for voucher in former},
    )
    vouchers, pools = [], []
    if classes:
        vouchers, pools = issue_to(programme, terms, rules, judged, classes)
    _carry_over(former, {one["resident_id"]: one["id"] for one in vouchers})
    return {
        "renewed": len(vouchers),
        "refused": len(refused),
        "pools": pools,
        "vouchers": vouchers,
    }


def _sorted(
    programme: Programme, rules: Rules, former: Sequence[Voucher]
) -> tuple[dict[int, Judged], dict[int, str], list[Judged]]:
    """Return the judged, the class of who gets a voucher again, and who does not, with reasons.

    She stays in her class while it is for her, else gets the first that is.
    """
    people, today, predicates = (
        [one.resident_id for one in former],
        clock.today(),
        Predicates(rules),
    )
    judged = predicates.judge(people, today)
    other = excluded(programme, rules, people) if people else {}
    classes, refused = {}, []
    for voucher in former:
        one, reasons = judged[voucher.resident_id], judged[voucher.resident_id].reasons
        code: str | None = voucher.class_code
        if code not in rules.classes or predicates.refused_class(one, code, today):
            code = predicates.class_of(one, today)
        if code is None:
            reasons = (*reasons, _("不属于任何一类凭单的发放对象。"))
        if name := other.get(voucher.resident_id):
            reasons = (*reasons, _("正在享受“%(other)s”，与本项目不能同时享受。", other=name))
        if code is None or not one.is_eligible or name:
            refused.append(replace(one, is_eligible=False, reasons=reasons))
        else:
            classes[voucher.resident_id] = code
    return judged, classes, refused


def _carry_over(former: Sequence[Voucher], numbers: dict[int, int]) -> None:
    """Let a suspension that goes on, and an end that is known, hold for the next voucher too."""
    for voucher in former:
        number = numbers.get(voucher.resident_id)
        last = voucher.suspended_through
        is_suspended = voucher.suspended_from and (last is None or last >= clock.today())
        if number is None or not (is_suspended or voucher.ended_on or voucher.state == SUSPENDED):
            continue
        following = db.session.get_one(Voucher, number)
        following.ended_on = voucher.ended_on
        if is_suspended or voucher.state == SUSPENDED:
            following.suspended_from, following.suspended_through = voucher.suspended_from, last
        if voucher.state == SUSPENDED:
            states.change("voucher", following, to=SUSPENDED, allowed={ACTIVE})
    db.session.flush()


def _former_holders(programme: Programme, rules: Rules, *, again: bool) -> list[Voucher]:
    """Return each holder's latest voucher, where it is not revoked, ended or of this period."""
    allotment, today = next(iter(rules.allotments.values())), clock.today()
    period = allotment_period(rules, allotment, today)
    if rules.renewal != "voucher" or not _runs(rules) or today < opening(allotment, period):
        return []
    latest = (
        db.select(func.max(Voucher.id))
        .where(Voucher.programme_id == programme.id, Voucher.period.is_not(None))
        .group_by(Voucher.resident_id)
    )
    query = db.select(Voucher).where(
        Voucher.id.in_(latest),
        Voucher.period != period.code,
        Voucher.state != REVOKED,
        or_(Voucher.ended_on.is_(None), Voucher.ended_on > today),
    )
    if not again:
        query = query.where(~_refused(period.first, today))
    if not rules.suspension_grants:
        query = query.where(_not_suspended(period.first))
    return list(db.session.scalars(query.order_by(Voucher.id)))
