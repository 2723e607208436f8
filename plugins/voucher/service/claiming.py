"""What providers may be paid: a confirmed statement's claims, and when nothing of it is left.

A statement yields one claim per pool: what was locked, less its objected lines, less the lines
reversed since. An objection that was dismissed yields claims of its own, in a later batch. Both
follow from rows that stand, so a claim asked for again is the same; a line in a claim that a live
payment holds can no longer be reversed, and `core.settlement` never changes such a claim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    exists,
    func,
    or_,
    union,
    union_all,
)

from core import audit, clock, states
from core.db import built_once, db
from core.settlement import Claim, is_taken
from core.settlement.claims import taken
from core.settlement.models import PAID as PAYMENT_PAID
from core.settlement.models import ClawbackReceipt, Payment, PaymentClaim, PaymentItem
from plugins.voucher.models import (
    Objection,
    Programme,
    Redemption,
    Reversal,
    SettlementPeriod,
    Statement,
    StatementPool,
)
from plugins.voucher.service import clocks, lapsing
from plugins.voucher.service.corrections import at_lock, corrections
from plugins.voucher.service.corrections import worth as worth_of
from plugins.voucher.service.membership import (
    EFFECTIVE_STATES,
    LINE_STATES,
    REVERSED,
    VOIDED,
    belongs,
    period_of,
    spans,
)
from plugins.voucher.service.programmes import terms_in_force

COMPONENT = "voucher"
OPEN, CONFIRMED, PAID = "open", "confirmed", "paid"  # a statement
RAISED, DISMISSED, UPHELD = "open", "dismissed", "upheld"  # an objection
APPROVED = "approved"  # a reversal
YEAR_END = 12
CHUNK = 500  # names asked for in one statement


@dataclass(frozen=True)
class Standing:
    """How far a redemption has come towards payment.

    `statement` None: no statement holds it yet. `held`: a live payment holds its claim, and the
    bank's answer is awaited. `paid`: the bank has confirmed the payment.
    """

    statement: Statement | None
    held: bool = False
    paid: bool = False


def claims(until: datetime) -> list[Claim]:
    """Return what statements agreed up to an instant claim: the answer to `settlement_claims`.

    While an act is under way the statements stay locked until it ends, so that no line of a claim
    is reversed while a batch takes it.
    """
    day = min(clock.day_of(until), clock.today())
    agreed = and_(
        or_(
            and_(Statement.state == CONFIRMED, Statement.confirmed_at <= until),
            and_(Statement.state == OPEN, Statement.confirm_by < day),
        ),
        SettlementPeriod.locked_at <= until,
    )
    if not audit.under_way():
        return _worth_paying(_claims(agreed), day)
    query = (
        db.select(Statement.id)
        .join(SettlementPeriod, SettlementPeriod.id == Statement.period_id)
        .where(agreed)
        .order_by(Statement.id)
        .with_for_update(of=Statement)
    )
    locked = set(db.session.scalars(query))
    # One that was agreed between the two statements was not locked and waits for the next batch.
    found = [claim for claim in _claims(agreed) if claim.evidence["statement_id"] in locked]
    return _worth_paying(found, day)


def _worth_paying(found: list[Claim], day: date) -> list[Claim]:
    """Leave out what a payee is owed below a programme's minimum; in December nothing waits."""
    numbers = {claim.evidence["statement_id"] for claim in found}
    programme_of = dict(
        db.session.execute(
            db.select(Statement.id, Statement.programme_id).where(Statement.id.in_(numbers))
        ).all()
    )
    least = {
        number: terms_in_force(db.session.get_one(Programme, number))[1].minimum_fen
        for number in set(programme_of.values())
    }
    if not any(least.values()) or day.month == YEAR_END:
        return found
    owed: dict[tuple[int, int], int] = defaultdict(int)
    gone = taken((claim.component, claim.source) for claim in found)
    for claim in found:
        name = (programme_of[claim.evidence["statement_id"]], claim.payee_id)
        if (claim.component, claim.source) not in gone:
            owed[name] += claim.amount_fen
    return [
        claim
        for claim in found
        if owed[name := (programme_of[claim.evidence["statement_id"]], claim.payee_id)]
        >= least[name[0]]
    ]


def every_claim() -> list[Claim]:
    """Return what all statements claim, agreed or not, paid or not."""
    return _claims()


def on_claim_settled(claim: Claim) -> None:
    """Hear that the bank has confirmed a claim: the statement may be finished, its pool closed."""
    if claim.component != COMPONENT:
        return
    statement = db.session.get(
        Statement, claim.evidence["statement_id"], with_for_update=True, populate_existing=True
    )
    assert statement is not None  # noqa: S101 - the claim came from it
    if statement.state == OPEN:
        # Nobody objected in time, which is how the claim came to be paid.
        confirm_silently(statement)
    finish(statement)
    unfinished = (
        db.select(Statement.id)
        .join(StatementPool, StatementPool.statement_id == Statement.id)
        .where(StatementPool.pool_id == claim.pool_id, Statement.state != PAID)
    )
    if db.session.scalars(unfinished.limit(1)).first() is None:
        lapsing.close_if_paid(claim.pool_id)


def finish(statement: Statement) -> None:
    """Call a confirmed statement paid when nothing of it is owed or disputed any more."""
    if statement.state != CONFIRMED:
        return
    disputed = db.select(Objection.id).filter_by(statement_id=statement.id, state=RAISED)
    if db.session.scalars(disputed.limit(1)).first() is not None:
        return
    sources = {claim.source for claim in _claims(Statement.id == statement.id)}
    if not sources - paid_sources(sources):
        states.change("statement", statement, to=PAID, allowed={CONFIRMED})
        clocks.stop_paying(statement.id)


def confirm_silently(statement: Statement) -> None:
    """Count a statement as confirmed, because the days for objections have passed."""
    states.change(
        "statement", statement, to=CONFIRMED, allowed={OPEN}, confirmed_at=audit.current().at
    )
    clocks.start_paying([statement.id])


def standing(redemption: Redemption, pool_ids: Collection[int]) -> Standing:
    """Return how far a redemption drawn from these pools has come; its statement stays locked.

    A redemption of several pools is paid when all its claims are, held from the first that is.
    """
    period = period_of(redemption)
    if period is None:
        return Standing(None)
    statement = db.session.scalars(
        db.select(Statement)
        .filter_by(period_id=period.id, provider_id=redemption.provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    sources = _sources_of(redemption, statement, pool_ids)
    if not sources:
        return Standing(statement)
    held = any(is_taken(COMPONENT, source) for source in sources)
    return Standing(statement, held=held, paid=held and paid_sources(sources) == sources)


def _sources_of(
    redemption: Redemption, statement: Statement, pool_ids: Collection[int]
) -> set[str]:
    """Return the claims that pay a redemption, none where its objection is open or was upheld."""
    objection = db.session.scalar(db.select(Objection).filter_by(redemption_id=redemption.id))
    if objection is None:
        payee = redemption.payee_id if redemption.payee_id != redemption.provider_id else None
        return {_source(statement.id, pool_id, payee) for pool_id in pool_ids}
    if objection.state == DISMISSED:
        return {_objection_source(objection.id, pool_id) for pool_id in pool_ids}
    return set()


def paid_journal(redemption: Redemption, pool_id: int) -> int | None:
    """Return the first journal by which a pool paid a redemption, None where it has not."""
    period = period_of(redemption)
    if period is None:
        return None
    query = db.select(Statement).filter_by(period_id=period.id, provider_id=redemption.provider_id)
    sources = _sources_of(redemption, db.session.scalars(query).one(), [pool_id])
    claims_of = (PaymentClaim.component == COMPONENT) & PaymentClaim.source.in_(sorted(sources))
    paid = (
        db.select(func.min(PaymentItem.result_journal_id))
        .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .where(claims_of, Payment.state == PAYMENT_PAID)
    )
    off = (
        db.select(func.min(ClawbackReceipt.journal_id))
        .join(PaymentClaim, PaymentClaim.id == ClawbackReceipt.claim_id)
        .where(claims_of)
    )
    found = [number for number in map(db.session.scalar, (paid, off)) if number is not None]
    return min(found, default=None)


def paid_sources(sources: Collection[str]) -> set[str]:
    """Return which of these claims the bank has confirmed, or were set off entirely."""
    wanted, found = sorted(sources), set()
    for start in range(0, len(wanted), CHUNK):
        named = PaymentClaim.source.in_(wanted[start : start + CHUNK])
        own = db.select(PaymentClaim.source).where(PaymentClaim.component == COMPONENT, named)
        paid = (
            own.join(PaymentItem, and_(PaymentItem.claim_id == PaymentClaim.id, PaymentItem.live))
            .join(Payment, Payment.id == PaymentItem.payment_id)
            .where(Payment.state == PAYMENT_PAID)
        )
        set_off = own.where(PaymentClaim.set_off_fen == PaymentClaim.amount_fen)
        found |= {*db.session.scalars(paid), *db.session.scalars(set_off)}
    return found


def reversed_lines() -> Subquery:
    """Return the lines reversed whole between lock and payment: statement_id, redemption_id."""
    span = spans()
    return (
        db.select(Statement.id.label("statement_id"), Redemption.id.label("redemption_id"))
        .select_from(Reversal)
        .join(Redemption, Redemption.id == Reversal.redemption_id)
        .join(span, belongs(span))
        .join(
            Statement,
            and_(
                Statement.period_id == span.c.id,
                Statement.provider_id == Redemption.provider_id,
            ),
        )
        # An order that was declined before leaves its row.
        .where(Reversal.effect == REVERSED, Reversal.state == APPROVED, ~Reversal.is_partial)
        .subquery()
    )


def unpayable() -> Subquery:
    """Return what statements' own claims leave out, per statement and pool (and payee), in fen.

    Every objected line, whatever became of the objection, every line reversed since, and what was
    corrected since of the other lines.
    """
    rows = left_out().subquery()
    return (
        db.select(
            rows.c.statement_id,
            rows.c.pool_id,
            func.sum(rows.c.amount_fen).label("amount_fen"),
        )
        .group_by(rows.c.statement_id, rows.c.pool_id)
        .subquery()
    )


def left_out(*, objected: bool = True) -> CompoundSelect[Any]:
    """Return what was taken off statements since their lock, objected lines or not.

    Rows of statement_id, redemption_id, pool_id, amount_fen, to be summed.
    """
    since, worth = reversed_lines(), at_lock()
    taken_off = [db.select(since.c.statement_id, since.c.redemption_id)]
    if objected:
        taken_off.append(db.select(Objection.statement_id, Objection.redemption_id))
    whole = union(*taken_off).subquery()
    lines = db.select(
        whole.c.statement_id, whole.c.redemption_id, worth.c.pool_id, worth.c.amount_fen
    ).join(worth, worth.c.redemption_id == whole.c.redemption_id)
    less, span = corrections(REVERSED).subquery(), spans()
    known = db.select(whole.c.redemption_id)
    parts = (
        db.select(Statement.id, less.c.redemption_id, less.c.pool_id, less.c.amount_fen)
        .select_from(less)
        .join(Redemption, Redemption.id == less.c.redemption_id)
        .join(span, belongs(span))
        .join(
            Statement,
            and_(
                Statement.period_id == span.c.id,
                Statement.provider_id == Redemption.provider_id,
            ),
        )
        .where(less.c.redemption_id.not_in(known))
    )
    return union_all(lines, parts)


def _claims(*conditions: ColumnElement[bool]) -> list[Claim]:
    return [*_of_statements(*conditions), *_of_residents(*conditions), *_of_objections(*conditions)]


@built_once
def _statements_owing() -> Select[Any]:
    less = unpayable()
    amount = StatementPool.amount_fen - func.coalesce(less.c.amount_fen, 0)
    return (
        db.select(Statement, SettlementPeriod.sequence, Programme.name)
        .add_columns(StatementPool.pool_id, amount)
        .join(StatementPool, StatementPool.statement_id == Statement.id)
        .join(SettlementPeriod, SettlementPeriod.id == Statement.period_id)
        .join(Programme, Programme.id == Statement.programme_id)
        .outerjoin(
            less,
            and_(less.c.statement_id == Statement.id, less.c.pool_id == StatementPool.pool_id),
        )
        .where(amount > 0, ~_pays_residents())
        .order_by(Statement.id, StatementPool.pool_id)
    )


def _of_statements(*conditions: ColumnElement[bool]) -> list[Claim]:
    rows = db.session.execute(_statements_owing().where(*conditions))
    return [
        Claim(
            COMPONENT,
            _source(statement.id, pool_id),
            statement.provider_id,
            pool_id,
            int(fen),
            f"{name} 第{sequence}期对账单",
            {"statement_id": statement.id, "period": sequence},
        )
        for statement, sequence, name, pool_id, fen in rows
    ]


@built_once
def _residents_owed() -> Select[Any]:
    span, worth, out = spans(), at_lock(), left_out().subquery()
    less = (
        db.select(
            out.c.redemption_id, out.c.pool_id, func.sum(out.c.amount_fen).label("amount_fen")
        )
        .group_by(out.c.redemption_id, out.c.pool_id)
        .subquery()
    )
    line = (
        db.select(
            worth.c.redemption_id, worth.c.pool_id, func.sum(worth.c.amount_fen).label("amount_fen")
        )
        .group_by(worth.c.redemption_id, worth.c.pool_id)
        .subquery()
    )
    amount = func.sum(line.c.amount_fen - func.coalesce(less.c.amount_fen, 0))
    return (
        db.select(Statement.id, Statement.provider_id, SettlementPeriod.sequence, Programme.name)
        .add_columns(Redemption.payee_id, line.c.pool_id, amount)
        .select_from(Statement)
        .join(SettlementPeriod, SettlementPeriod.id == Statement.period_id)
        .join(Programme, Programme.id == Statement.programme_id)
        .join(span, span.c.id == Statement.period_id)
        .join(
            Redemption,
            and_(belongs(span), Redemption.provider_id == Statement.provider_id),
        )
        .join(line, line.c.redemption_id == Redemption.id)
        .outerjoin(
            less,
            and_(less.c.redemption_id == Redemption.id, less.c.pool_id == line.c.pool_id),
        )
        .where(_pays_residents(), Redemption.state.in_(LINE_STATES))
        .group_by(Statement.id, SettlementPeriod.sequence, Programme.name)
        .group_by(Redemption.payee_id, line.c.pool_id)
        .having(amount > 0)
        .order_by(Statement.id, line.c.pool_id, Redemption.payee_id)
    )


def _of_residents(*conditions: ColumnElement[bool]) -> list[Claim]:
    """Return the claims of statements that owe holders themselves, payee by payee.

    The provider may be one of them: vouchers keep the terms under which they were issued.
    """
    rows = db.session.execute(_residents_owed().where(*conditions))
    return [
        Claim(
            COMPONENT,
            _source(statement_id, pool_id, None if payee_id == provider_id else payee_id),
            payee_id,
            pool_id,
            int(fen),
            f"{name} 第{sequence}期对账单",
            {"statement_id": statement_id, "period": sequence},
        )
        for statement_id, provider_id, sequence, name, payee_id, pool_id, fen in rows
    ]


def _pays_residents() -> ColumnElement[bool]:
    """Return the condition of statements that owe a holder for any of their lines."""
    span = spans()
    own = (
        db.select(Redemption.id)
        .join(span, belongs(span))
        .where(span.c.id == Statement.period_id, Redemption.provider_id == Statement.provider_id)
        .where(Redemption.payee_id != Redemption.provider_id)
    )
    return exists(own)


@built_once
def _objected_owing() -> Select[Any]:
    worth = worth_of(VOIDED, REVERSED)
    amount = func.sum(worth.c.amount_fen)
    return (
        db.select(Objection.id, Redemption.id, Redemption.receipt, Statement.id)
        .add_columns(Redemption.payee_id, SettlementPeriod.sequence, Programme.name)
        .add_columns(worth.c.pool_id, amount)
        .join(Statement, Statement.id == Objection.statement_id)
        .join(SettlementPeriod, SettlementPeriod.id == Statement.period_id)
        .join(Programme, Programme.id == Statement.programme_id)
        .join(Redemption, Redemption.id == Objection.redemption_id)
        .join(worth, worth.c.redemption_id == Redemption.id)
        .where(Objection.state == DISMISSED)
        .where(Redemption.state.in_(EFFECTIVE_STATES))
        .group_by(Objection.id, Redemption.id, Redemption.receipt, Statement.id)
        .group_by(Redemption.payee_id, SettlementPeriod.sequence, Programme.name, worth.c.pool_id)
        .having(amount > 0)
        .order_by(Objection.id, worth.c.pool_id)
    )


def _of_objections(*conditions: ColumnElement[bool]) -> list[Claim]:
    rows = db.session.execute(_objected_owing().where(*conditions))
    return [
        Claim(
            COMPONENT,
            _objection_source(objection_id, pool_id),
            payee_id,
            pool_id,
            int(fen),
            f"{name} 第{sequence}期对账单异议行 {receipt}",
            {
                "statement_id": statement_id,
                "period": sequence,
                "objection_id": objection_id,
                "redemption_id": redemption_id,
            },
        )
        for (
            objection_id,
            redemption_id,
            receipt,
            statement_id,
            payee_id,
            sequence,
            name,
            pool_id,
            fen,
        ) in rows
    ]


def _source(statement_id: int, pool_id: int, payee_id: int | None = None) -> str:
    own = f"statement:{statement_id}/pool:{pool_id}"
    return own if payee_id is None else f"{own}/payee:{payee_id}"


def _objection_source(objection_id: int, pool_id: int) -> str:
    return f"objection:{objection_id}/pool:{pool_id}"
