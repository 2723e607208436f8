"""Receivables that a provider wants confirmed for its financing, within thirty days."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, deadlines, states
from core.access import Actor, fetch
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan
from plugins.contract_outsourcing.models import Contract, Receivable
from plugins.contract_outsourcing.models.contracts import (
    ASKED,
    CONFIRMED,
    OWING,
    REFUSED,
)
from plugins.contract_outsourcing.service import contract_clocks, postings, years

RECEIVABLE = "receivable"


def ask(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    amount_fen: int,
    financier: str,
) -> dict[str, Any]:
    """Ask the purchaser to confirm what it owes or will owe (fen) to a financier.

    Refuses AMOUNT_EXCEEDS_BALANCE above what is unpaid and not confirmed already, NOT_IN_FORCE.
    """
    contract = fetch(Contract, id, actor, "contract.subcontract")
    if contract.state not in OWING:
        raise RuleBroken(
            "NOT_IN_FORCE",
            _(
                "合同 %(number)s 没有生效或已结清，没有应付款可以确认。"
                "请在合同生效后、结清前申请。",
                number=contract.number,
            ),
        )
    _refuse_over(contract, amount_fen)
    row = Receivable(
        contract_id=contract.id,
        amount_fen=amount_fen,
        financier=financier,
        state=ASKED,
        asked_by=actor.user_id,
        asked_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(RECEIVABLE, row)
    deadlines.start(
        contract_clocks.CONFIRM,
        RECEIVABLE,
        row.id,
        from_on=clock.today(),
        organisation_id=contract.organisation_id,
        division_code=contract.division_code,
        what=f"{contract.number} {contract.name}",
    )
    return _about(contract, row)


def confirm(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    confirmed: bool,
    reason: str | None,
) -> dict[str, Any]:
    """Confirm a receivable, or refuse it with a reason; either way the clock stops."""
    contract_id = db.session.scalar(db.select(Receivable.contract_id).where(Receivable.id == id))
    contract = fetch(Contract, contract_id or 0, actor, "contract.agree")
    row = db.session.get_one(Receivable, id, with_for_update=True)
    if confirmed:
        _refuse_over(contract, row.amount_fen, but=row.id)
    elif not reason:
        raise RuleBroken("REASON_MISSING", _("不予确认的，请写明理由。"))
    states.change(
        RECEIVABLE,
        row,
        to=CONFIRMED if confirmed else REFUSED,
        allowed=[ASKED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
        reason=reason,
    )
    deadlines.stop(contract_clocks.CONFIRM, RECEIVABLE, row.id)
    return _about(contract, row)


def _refuse_over(contract: Contract, amount_fen: int, but: int = 0) -> None:
    unpaid = postings.registered(years.pools_of(contract.id))["unpaid"]
    earlier = int(
        db.session.scalar(
            db.select(db.func.coalesce(db.func.sum(Receivable.amount_fen), 0)).where(
                Receivable.contract_id == contract.id,
                Receivable.state == CONFIRMED,
                Receivable.id != but,
            )
        )
        or 0
    )
    if amount_fen > unpaid - earlier:
        raise RuleBroken(
            "AMOUNT_EXCEEDS_BALANCE",
            _(
                "申请确认 %(amount)s 元；合同未付 %(unpaid)s 元，此前已确认 %(earlier)s 元。",
                amount=yuan(amount_fen),
                unpaid=yuan(unpaid),
                earlier=yuan(earlier),
            ),
            basis="保障中小企业款项支付条例第十六条",
            unpaid_fen=unpaid,
            confirmed_fen=earlier,
        )


def _about(contract: Contract, row: Receivable) -> dict[str, Any]:
    audit.about("contract", contract.id, row.financier)
    return {
        "id": row.id,
        "contract_id": contract.id,
        "amount_fen": row.amount_fen,
        "state": row.state,
    }
