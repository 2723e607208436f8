"""A change of condition (情况变化): what it does to vouchers, by each programme's rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, exists, func, or_

from core import audit, clock
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import commit_moves, lock_pool
from core.db import db
from core.errors import Conflict, RuleBroken
from core.facts import ResidentFact
from core.formats import yuan
from core.ledger import post
from core.purchases import require_drawing
from core.settlement import approve_clawback, cancel_clawback, order_clawback
from core.work import due_from
from plugins.voucher.models import Lot, LotMove, Recovery, Redemption, Voucher
from plugins.voucher.rules import Period, allotment_period, effective_day, first_grant
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.service.claiming import standing
from plugins.voucher.service.corrections import UNPAID, worth
from plugins.voucher.service.deciding import INCOME, Predicates, fact_of, keep_decisions
from plugins.voucher.service.granting import OPEN, RECOVERED, commitment, withheld_of
from plugins.voucher.service.lives import (
    REVOKED,
    cancel_lots,
    cancel_part,
    end_from,
    has_ended,
    revoke_voucher,
    rules_of,
    suspend_between,
)
from plugins.voucher.service.membership import CAPTURED

COMPONENT = "voucher"
CASH, ORDERED, WAIVED = "cash", "ordered", "waived"
HOSPITAL, DEATH = "hospital", "death"


def on_resident_changed(resident_id: int, what: str, from_on: date) -> None:
    """Apply a change of a resident's condition to her vouchers: the core's event."""
    query = (
        db.select(Voucher)
        .where(Voucher.resident_id == resident_id, Voucher.state != REVOKED)
        .order_by(Voucher.id)
        .with_for_update()
    )
    for voucher in db.session.scalars(query).all():
        rules = rules_of(voucher)
        if what == DEATH:
            _died(voucher, rules)
        elif what == HOSPITAL:
            _went_to_hospital(voucher, rules, from_on)
        else:
            _judge_again(voucher, rules, from_on)
    db.session.flush()


def _died(voucher: Voucher, rules: Rules) -> None:
    if rules.on_change["death"] == "revoke":
        revoke_voucher(voucher)


def _went_to_hospital(voucher: Voucher, rules: Rules, from_on: date) -> None:
    """Suspend a voucher for the days of a stay, open-ended where its last day is not known."""
    if rules.on_change["hospital"] != "suspend":
        return
    stay = db.session.scalars(
        db.select(ResidentFact)
        .filter_by(resident_id=voucher.resident_id, code=HOSPITAL)
        .where(ResidentFact.from_on <= from_on)
        .order_by(ResidentFact.from_on.desc(), ResidentFact.id.desc())
    ).first()
    if stay is not None:
        last = None if stay.to_on is None else max(stay.from_on, stay.to_on)
        suspend_between(voucher, stay.from_on, last)


# --- what was known ahead ------------------------------------------------------------------------


def day_began() -> None:
    """Do what was known ahead of these days, and what ran out: the hook of a new business day."""
    first, today = due_from(), clock.today()
    ended = db.select(Voucher).where(Voucher.ended_on.between(first, today))
    for voucher in db.session.scalars(ended.order_by(Voucher.id).with_for_update()).all():
        cancel_lots(voucher)
    changed: dict[int, set[date]] = defaultdict(set)
    for resident_id, day in _changes(_earliest(first, today), today):
        changed[resident_id].add(day)
    for resident_id, days in sorted(changed.items()):
        living = db.select(Voucher).where(
            Voucher.resident_id == resident_id, Voucher.state != REVOKED
        )
        for voucher in db.session.scalars(living.order_by(Voucher.id).with_for_update()).all():
            rules = rules_of(voucher)
            for day in sorted(days):
                if any(first <= one <= today for one in _later_days(rules, day)):
                    _judge_again(voucher, rules, day, since=first)


def _later_days(rules: Rules, changed_on: date) -> Iterator[date]:
    """Yield the days on which a change counts, where renewing does not see to it."""
    period = Period("", changed_on, changed_on)
    for name in ("eligibility", "amounts"):
        if rules.on_change[name] != "next_period":
            yield effective_day(rules.on_change[name], changed_on, period)


def _earliest(first: date, today: date) -> date:
    """Return the first day of which a change may count only now: a week's or a month's is late."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    if any(day.day == 1 for day in days):
        return (first - timedelta(days=first.day)).replace(day=1)
    return first - timedelta(days=7) if any(day.weekday() == 0 for day in days) else first


def _changes(first: date, last: date) -> Iterator[tuple[int, date]]:
    """Yield the residents of whom something else is known since a day of these, and the day."""
    begun = db.select(ResidentFact.resident_id, ResidentFact.from_on)
    begun = begun.where(ResidentFact.from_on.between(first, last))
    over = db.select(ResidentFact.resident_id, ResidentFact.to_on)
    eve = timedelta(days=1)
    over = over.where(ResidentFact.to_on.between(first - eve, last - eve))
    own = exists().where(Voucher.resident_id == ResidentFact.resident_id)
    for query, later in ((begun, timedelta(0)), (over, eve)):
        rows = query.where(ResidentFact.code != HOSPITAL, own).distinct()
        for resident_id, day in db.session.execute(rows):
            yield int(resident_id), day + later


# --- eligibility and amounts ---------------------------------------------------------------------


def _judge_again(
    voucher: Voucher, rules: Rules, changed_on: date, *, since: date = date.min
) -> None:
    """End a condition that is no longer fulfilled, or bring granted periods to the new amounts.

    What counts from a later day waits for it; what counted before `since` was done then.
    """
    predicates, today = Predicates(rules), clock.today()
    on = max(changed_on, today)
    judged = predicates.judge([voucher.resident_id], on)[voucher.resident_id]
    if not judged.is_eligible:
        keep_decisions(
            voucher.programme_id, voucher.terms_id, [judged], on, {voucher.resident_id: voucher.id}
        )
    if rules.on_change["amounts"] == "at_once" and changed_on <= today:
        voucher.income_fen = fact_of(judged, INCOME, on)
    for allotment in rules.allotments.values():
        period = allotment_period(rules, allotment, changed_on)
        rule = rules.on_change["amounts" if judged.is_eligible else "eligibility"]
        day = effective_day(rule, changed_on, period)
        if since <= day <= today:
            _bring_to(voucher, rules, predicates, allotment.code, day)
    if not judged.is_eligible and rules.on_change["eligibility"] == "at_once":
        end_from(voucher, changed_on)


def _bring_to(
    voucher: Voucher, rules: Rules, predicates: Predicates, allotment: str, day: date
) -> None:
    """Bring the lots of periods that a change reaches to what the holder is entitled to now.

    A period is reached when it ends on the effective day or later. More is granted while uses may
    still be entered; less is cancelled, and what was used beyond it since that day is overpaid.
    """
    chosen = rules.allotments[allotment]
    query = (
        db.select(Lot)
        .where(Lot.voucher_id == voucher.id, Lot.allotment == allotment)
        .order_by(Lot.id)
        .with_for_update()
    )
    for lot in db.session.scalars(query.execution_options(populate_existing=True)).all():
        period = allotment_period(rules, chosen, lot.valid_from)
        if period.last < day:
            continue
        on = max(period.first, day)
        judged = predicates.judge([voucher.resident_id], on)[voucher.resident_id]
        wanted = 0
        if judged.is_eligible:
            wanted = predicates.entitled(chosen, voucher.class_code, judged, on)
        # Who came while the period ran got her part of it; what was withheld stays withheld.
        issued_on = clock.day_of(voucher.issued_at)
        wanted = first_grant(chosen, period, issued_on, wanted)
        wanted = max(0, wanted - withheld_of(lot))
        more = wanted - (lot.granted - _reduced(lot))
        if more > 0:
            _forgive(lot, max(0, lot.redeemed - wanted))
            if lot.entry_through >= clock.today() and not has_ended(voucher):
                _grant_more(voucher, rules, lot, more)
        elif more < 0:
            _take_back(voucher, rules, lot, wanted, day)


def _reduced(lot: Lot) -> int:
    """Return by how much changes of condition have reduced a lot already."""
    query = db.select(func.coalesce(func.sum(LotMove.quantity), 0)).where(
        LotMove.lot_id == lot.id,
        LotMove.from_state == "available",
        LotMove.to_state == "cancelled",
        LotMove.redemption_id.is_(None),
    )
    return int(db.session.scalar(query) or 0)


def _overpaid_before(lot: Lot) -> int:
    query = db.select(func.coalesce(func.sum(Recovery.quantity), 0)).where(
        Recovery.lot_id == lot.id, Recovery.state != WAIVED
    )
    return int(db.session.scalar(query) or 0)


def _forgive(lot: Lot, beyond: int) -> None:
    """Take back what was called overpaid and is not yet recovered, down to what is still beyond."""
    query = db.select(Recovery).filter_by(lot_id=lot.id, state=OPEN).order_by(Recovery.id.desc())
    over = _overpaid_before(lot) - beyond
    for recovery in db.session.scalars(query.with_for_update()).all():
        less = min(over, recovery.quantity - recovery.recovered)
        if less <= 0:
            continue
        over -= less
        left = recovery.quantity - less
        if not left:
            recovery.state = WAIVED
            continue
        recovery.amount_fen = recovery.amount_fen * left // recovery.quantity
        recovery.quantity = left
        if recovery.recovered == left:
            recovery.state = RECOVERED
    db.session.flush()


def _used_since(lot: Lot, day: date) -> int:
    """Return what uses of services since a day took of a lot, less what of them was taken back."""
    net = case((LotMove.to_state == "redeemed", LotMove.quantity), else_=-LotMove.quantity)
    query = (
        db.select(func.coalesce(func.sum(net), 0))
        .join(Redemption, Redemption.id == LotMove.redemption_id)
        .where(LotMove.lot_id == lot.id, Redemption.service_on >= day)
        .where(or_(LotMove.to_state == "redeemed", LotMove.from_state == "redeemed"))
    )
    return int(db.session.scalar(query) or 0)


def _grant_more(voucher: Voucher, rules: Rules, lot: Lot, quantity: int) -> None:
    """Raise a running lot: a commitment of its own, refused where the line is short."""
    pool = lock_pool(lot.pool_id)
    require_drawing(pool.purchase_id)
    fen = commitment(rules, voucher.class_code, quantity)
    source = f"voucher.issue:{audit.current().act}/lot:{lot.id}"
    journal_id = post("voucher.issued", source, commit_moves(pool, fen)) if fen else None
    lot.granted += quantity
    lot.committed_fen += fen
    db.session.flush()
    db.session.add(
        LotMove(
            lot_id=lot.id,
            journal_id=journal_id,
            from_state="issued",
            to_state="available",
            quantity=quantity,
            amount_fen=fen,
            act=audit.current().act,
        )
    )


def _take_back(voucher: Voucher, rules: Rules, lot: Lot, wanted: int, day: date) -> None:
    """Cancel what is unused of a reduction; what was used beyond it since the day is overpaid."""
    unused = min(lot.available, lot.granted - _reduced(lot) - wanted)
    if unused > 0:
        cancel_part(lot, unused)
    beyond = min(lot.redeemed - wanted, _used_since(lot, day)) - _overpaid_before(lot)
    if beyond > 0:
        _overpaid(voucher, rules, lot, beyond)


def _overpaid(voucher: Voucher, rules: Rules, lot: Lot, quantity: int) -> None:
    act = audit.current()
    recovery = Recovery(
        voucher_id=voucher.id,
        lot_id=lot.id,
        organisation_id=voucher.organisation_id,
        division_code=voucher.division_code,
        quantity=quantity,
        amount_fen=lot.charged_fen * quantity // lot.redeemed,
        how=rules.recovery,
        state=OPEN,
        reason=_("情况变化后多用的额度"),
        found_at=act.at,
        found_by=act.actor_id,
    )
    db.session.add(recovery)
    db.session.flush()


# --- recovering in cash --------------------------------------------------------------------------


def recover_in_cash(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Order what is left of an overpayment back in cash; a second person approves.

    Refuses NOT_PAID_YET while the bank has not paid as much of the lot's uses.
    """
    recovery = fetch(Recovery, id, actor, "recovery.order")
    _refuse_unless(recovery, OPEN)
    voucher = db.session.get_one(Voucher, recovery.voucher_id)
    left = recovery.quantity - recovery.recovered
    amount = recovery.amount_fen * left // recovery.quantity
    lot = db.session.get_one(Lot, recovery.lot_id)
    _refuse_unpaid(lot, amount)
    clawback = order_clawback(
        actor,
        component=COMPONENT,
        source=f"recovery:{recovery.id}/pool:{lot.pool_id}",
        pool_id=lot.pool_id,
        party_id=voucher.resident_id,
        amount_fen=amount,
        reason=reason,
    )
    recovery.how, recovery.state, recovery.clawback_id = CASH, ORDERED, clawback.id
    db.session.flush()
    audit.about("recovery", recovery.id, reason)
    return _said(recovery)


def approve_recovery(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve that an overpayment is claimed in cash; never by who ordered it."""
    recovery = fetch(Recovery, id, actor, "recovery.approve")
    _refuse_unless(recovery, ORDERED)
    assert recovery.clawback_id is not None  # noqa: S101 - it was ordered with one
    approve_clawback(actor, id=recovery.clawback_id)
    recovery.state = CASH
    db.session.flush()
    audit.about("recovery", recovery.id)
    return _said(recovery)


def waive(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Waive what is left of an overpayment, with a reason; never by who found it."""
    recovery = fetch(Recovery, id, actor, "recovery.approve")
    four_eyes(actor, recovery.found_by, what=_("豁免多付额度"))
    if recovery.state == ORDERED and recovery.clawback_id is not None:
        cancel_clawback(id=recovery.clawback_id)
    else:
        _refuse_unless(recovery, OPEN)
    recovery.state = WAIVED
    db.session.flush()
    audit.about("recovery", recovery.id, reason)
    return _said(recovery)


def recoveries(actor: Actor, *, limit: int = 100) -> dict[str, Any]:
    """Return the overpayments a person may see, newest first."""
    rows = db.session.scalars(
        scoped(Recovery, actor, "voucher.view").order_by(Recovery.id.desc()).limit(limit)
    )
    return {"items": [_said(row) for row in rows]}


def _refuse_unpaid(lot: Lot, amount_fen: int) -> None:
    """Refuse to collect what nobody has paid yet: no room would hold it."""
    rows = worth(*UNPAID)
    uses = db.session.execute(
        db.select(Redemption, func.sum(rows.c.amount_fen))
        .join(rows, rows.c.redemption_id == Redemption.id)
        .where(rows.c.lot_id == lot.id, Redemption.state == CAPTURED)
        .group_by(Redemption.id)
        .order_by(Redemption.id)
    )
    paid = sum(int(fen) for use, fen in uses.all() if standing(use, [lot.pool_id]).paid)
    if paid < amount_fen:
        raise RuleBroken(
            "NOT_PAID_YET",
            _(
                "这笔额度的核销已付 %(paid)s 元，不足要追回的 %(amount)s 元。"
                "请等付款完成后再以现金追回；还没有付款的，可办理冲正。",
                paid=yuan(paid),
                amount=yuan(amount_fen),
            ),
            paid_fen=paid,
            amount_fen=amount_fen,
        )


def _refuse_unless(recovery: Recovery, state: str) -> None:
    if recovery.state != state:
        raise Conflict(
            "STATE_CHANGED",
            _("这笔多付额度已在办理或已了结，不能办理本步骤。请刷新后查看最新状态。"),
            state=recovery.state,
        )


def _said(recovery: Recovery) -> dict[str, Any]:
    return {
        "id": recovery.id,
        "voucher_id": recovery.voucher_id,
        "lot_id": recovery.lot_id,
        "quantity": recovery.quantity,
        "recovered": recovery.recovered,
        "amount_fen": recovery.amount_fen,
        "how": recovery.how,
        "state": recovery.state,
        "clawback_id": recovery.clawback_id,
    }
