"""The voucher's stations of a yuan: voucher, redemption, statement; and what anybody may know."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import distinct, func, or_

from core.access import Actor, scoped
from core.budget import Pool, pool_totals
from core.db import db
from core.disclosure import PublicSum
from core.parties import Organisation
from core.purchases import Purchase
from core.settlement.models import Clawback, PaymentClaim
from core.trace import BANK, BUDGET, MOST, Place, Step, claim_place, clawback_place, pool_place
from plugins.voucher.models import (
    Admission,
    Lot,
    LotMove,
    Objection,
    Programme,
    Redemption,
    Reversal,
    SettlementPeriod,
    Statement,
    Voucher,
)
from plugins.voucher.service.claiming import COMPONENT
from plugins.voucher.service.membership import EFFECTIVE_STATES, LINE_STATES, member_of, period_of

VOUCHER, REDEMPTION, STATEMENT = "voucher", "redemption", "statement"
PERIOD = "settlement_period"


def found(text: str, actor: Actor) -> list[Place]:
    """Return the vouchers, redemptions and statements a text names, as far as in view.

    A voucher's number, a receipt's number, `voucher:7`, or the source of one of our journals.
    """
    vouchers = scoped(Voucher, actor, "voucher.view").where(
        or_(Voucher.number == text, Voucher.id == _number(text, "voucher", "voucher.revoke"))
    )
    redemptions = scoped(Redemption, actor, "redemption.view").where(
        or_(
            Redemption.receipt == text,
            Redemption.id == _number(text, "redemption", "voucher.redeem"),
        )
    )
    statements = scoped(Statement, actor, "statement.view").where(
        Statement.id == _number(text, "statement")
    )
    periods = scoped(SettlementPeriod, actor, "statement.view").where(
        SettlementPeriod.id == _number(text, PERIOD)
    )
    return [
        *map(_voucher, _some(vouchers)),
        *map(_redemption, _some(redemptions)),
        *map(_statement, _some(statements)),
        *map(_period, _some(periods)),
        *map(pool_place, _issued(text, actor)),
    ]


def steps(place: Place) -> list[Step]:
    """Return the voucher's stations next to a place, its own, a pool or a claim."""
    around = {
        "pool": _after_pool,
        VOUCHER: _around_voucher,
        REDEMPTION: _around_redemption,
        STATEMENT: _around_statement,
        PERIOD: _around_period,
        "claim": _before_claim,
        "clawback": _before_clawback,
    }
    return around[place.kind](int(place.key)) if place.kind in around else []


def public_sums() -> list[PublicSum]:
    """Return what each approved programme did: who used it, and its pools' money.

    What an institution does by analogy (借鉴方式) is no purchase and stands in no statistics.
    """
    programmes = db.session.execute(
        db.select(Programme, Organisation.name)
        .join(Organisation, Organisation.id == Programme.organisation_id)
        .outerjoin(Purchase, Purchase.id == Programme.purchase_id)
        .where(Programme.state.in_(("approved", "closed")))
        .where(or_(Purchase.id.is_(None), ~Purchase.by_analogy))
        .order_by(Programme.id)
    )
    return [_public(programme, purchaser) for programme, purchaser in programmes]


# --- places ------------------------------------------------------------------------------------


def _voucher(row: Voucher) -> Place:
    granted = db.session.scalar(
        db.select(func.sum(Lot.committed_fen)).where(Lot.voucher_id == row.id)
    )
    journals = db.session.scalars(
        db.select(LotMove.journal_id)
        .distinct()
        .join(Lot, Lot.id == LotMove.lot_id)
        .where(Lot.voucher_id == row.id, LotMove.redemption_id.is_(None))
        .where(LotMove.journal_id.is_not(None))
        .order_by(LotMove.journal_id)
    )
    return Place(
        VOUCHER,
        str(row.id),
        _("凭单 %(number)s", number=row.number),
        db.session.get_one(Programme, row.programme_id).name,
        int(granted or 0),
        row.issued_at,
        tuple(journals),
        "voucher_staff.vouchers.show",
        {"number": row.id},
        "voucher.view",
    )


def _redemption(row: Redemption) -> Place:
    undone = db.session.scalars(
        db.select(Reversal.journal_id)
        .where(Reversal.redemption_id == row.id, Reversal.journal_id.is_not(None))
        .order_by(Reversal.id)
    )
    words = {
        "captured": _("已核销"),
        "voided": _("已撤销"),
        "reversed": _("已冲正"),
        "clawed_back": _("已追回"),
    }
    provider = db.session.get_one(Organisation, row.provider_id).name
    return Place(
        REDEMPTION,
        str(row.id),
        _("核销 %(receipt)s", receipt=row.receipt),
        f"{provider} · {words[row.state]}",
        row.amount_fen,
        row.service_on,
        (row.journal_id, *undone),
        "voucher_staff.redemptions.show",
        {"number": row.id},
        "programme.view",
    )


def _statement(row: Statement) -> Place:
    period = db.session.get_one(SettlementPeriod, row.period_id)
    return Place(
        STATEMENT,
        str(row.id),
        _("第 %(sequence)s 期对账单", sequence=period.sequence),
        db.session.get_one(Organisation, row.provider_id).name,
        row.gross_fen,
        period.locked_at,
        endpoint="voucher_staff.statements.show",
        values={"number": row.id},
        permission="programme.view",
    )


def _period(row: SettlementPeriod) -> Place:
    return Place(
        PERIOD,
        str(row.id),
        _("第 %(sequence)s 结算期", sequence=row.sequence),
        db.session.get_one(Programme, row.programme_id).name,
        at=row.locked_at,
        endpoint="voucher_staff.statements.period",
        values={"number": row.id},
        permission="programme.view",
    )


# --- what lies next to them --------------------------------------------------------------------


def _after_pool(number: int) -> list[Step]:
    vouchers = db.select(Voucher).join(Lot, Lot.voucher_id == Voucher.id)
    return _each(BANK, _voucher, vouchers.where(Lot.pool_id == number).order_by(Voucher.id))


def _around_voucher(number: int) -> list[Step]:
    pools = db.select(Pool).join(Lot, Lot.pool_id == Pool.id).where(Lot.voucher_id == number)
    uses = db.select(Redemption).where(Redemption.voucher_id == number).order_by(Redemption.id)
    return [*_each(BUDGET, pool_place, pools), *_each(BANK, _redemption, uses)]


def _around_redemption(number: int) -> list[Step]:
    row = db.session.get_one(Redemption, number)
    vouchers = db.select(Voucher).where(Voucher.id == row.voucher_id)
    undone = db.select(Clawback).join(Reversal, Reversal.clawback_id == Clawback.id)
    around = [
        *_each(BUDGET, _voucher, vouchers),
        *_each(BANK, clawback_place, undone.where(Reversal.redemption_id == number)),
    ]
    period = period_of(row) if row.state in LINE_STATES else None
    if period is None:
        return around
    statements = db.select(Statement).filter_by(period_id=period.id, provider_id=row.provider_id)
    return [*around, *_each(BANK, _statement, statements)]


def _around_statement(number: int) -> list[Step]:
    row = db.session.get_one(Statement, number)
    lines = (
        db.select(Redemption)
        .where(member_of(db.session.get_one(SettlementPeriod, row.period_id)))
        .where(Redemption.provider_id == row.provider_id, Redemption.state.in_(LINE_STATES))
        .order_by(Redemption.id)
    )
    objections = db.session.scalars(db.select(Objection.id).filter_by(statement_id=number))
    sources = [f"statement:{number}/", *(f"objection:{one}/" for one in objections)]
    claims = db.select(PaymentClaim).where(
        PaymentClaim.component == COMPONENT,
        or_(*(PaymentClaim.source.startswith(source) for source in sources)),
    )
    return [*_each(BUDGET, _redemption, lines), *_each(BANK, claim_place, claims)]


def _around_period(number: int) -> list[Step]:
    statements = db.select(Statement).filter_by(period_id=number).order_by(Statement.id)
    return _each(BANK, _statement, statements)


def _before_claim(number: int) -> list[Step]:
    claim = db.session.get_one(PaymentClaim, number)
    if claim.component != COMPONENT:
        return []
    evidence = claim.as_claim(claim.amount_fen).evidence
    if "redemption_id" in evidence:
        lines = db.select(Redemption).where(Redemption.id == evidence["redemption_id"])
        return _each(BUDGET, _redemption, lines)
    statements = db.select(Statement).where(Statement.id == evidence["statement_id"])
    return _each(BUDGET, _statement, statements)


def _before_clawback(number: int) -> list[Step]:
    reversals = db.select(Reversal.redemption_id).where(Reversal.clawback_id == number)
    return _each(BUDGET, _redemption, db.select(Redemption).where(Redemption.id.in_(reversals)))


def _issued(text: str, actor: Actor) -> list[Pool]:
    """Return the pools of the issue behind a journal's source."""
    act = text.removeprefix("voucher.issue:")
    if act == text:
        return []
    pools = (
        scoped(Pool, actor, "budget.view")
        .join(Lot, Lot.pool_id == Pool.id)
        .join(LotMove, LotMove.lot_id == Lot.id)
        .where(LotMove.act == act, LotMove.from_state == "issued")
    )
    return _some(pools.distinct())


def _number(text: str, *kinds: str) -> int:
    """Return the number in `voucher:7` or `settlement_period:4/pool:8`, 0 for anything else."""
    named = re.match(r"([a-z_.]+):(\d{1,18})(?:[/:]|$)", text)
    return int(named[2]) if named and named[1] in kinds else 0


def _each(toward: str, make: Any, query: Any) -> list[Step]:
    return [Step(toward, make(row)) for row in _some(query)]


def _some(query: Any) -> list[Any]:
    # One more than is shown, so that the walk knows when it was cut.
    return list(db.session.scalars(query.limit(MOST + 1)).unique())


# --- for the public ----------------------------------------------------------------------------


def _public(programme: Programme, purchaser: str) -> PublicSum:
    users = (
        db.select(func.count(distinct(Voucher.resident_id)))
        .join(Redemption, Redemption.voucher_id == Voucher.id)
        .where(Voucher.programme_id == programme.id, Redemption.state.in_(EFFECTIVE_STATES))
    )
    providers = db.select(func.count()).where(
        Admission.programme_id == programme.id, Admission.state == "admitted"
    )
    pools = db.session.scalars(
        db.select(Lot.pool_id)
        .distinct()
        .join(Voucher, Voucher.id == Lot.voucher_id)
        .where(Voucher.programme_id == programme.id)
    )
    totals = [pool_totals(number) for number in pools]
    return PublicSum(
        programme.name,
        purchaser,
        int(db.session.scalar(providers) or 0),
        int(db.session.scalar(users) or 0),
        sum(one["charged"] for one in totals),
        sum(one["paid"] for one in totals),
    )
