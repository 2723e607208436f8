"""What a provider owes the treasury under a contract: recorded, received, never netted.

Whatever comes in goes to the treasury whole; what the provider is paid stays as it is
(收支两条线).
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock
from core.access import Actor, fetch
from core.db import db, guarded
from core.errors import RuleBroken
from core.formats import yuan
from core.ledger import Move, Owner, post
from plugins.contract_outsourcing.models import Contract, ContractYear, ProviderIncome
from plugins.contract_outsourcing.models.contracts import FRAMEWORK, OWING
from plugins.contract_outsourcing.service import postings, years

BANK, NETTING = "bank", "netting"


def record(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    amount_fen: int,
    reason: str,
) -> dict[str, Any]:
    """Record what the provider owes the treasury (fen): a share of fees, damages."""
    contract = fetch(Contract, id, actor, "contract.make")
    return _said(owe(actor, contract, amount_fen, reason))


def owe(actor: Actor, contract: Contract, amount_fen: int, reason: str) -> ProviderIncome:
    """Post a provider's debt to the treasury and return its row. Refuses NOT_IN_FORCE."""
    pool_id = db.session.scalars(
        db.select(ContractYear.pool_id)
        .where(ContractYear.contract_id == contract.id)
        .order_by((ContractYear.fiscal_year <= clock.today().year).desc())
        .order_by(ContractYear.fiscal_year.desc())
    ).first()
    if pool_id is None and contract.kind == FRAMEWORK and contract.state in OWING:
        # Its orders open a framework's years; it may be owed something before the first.
        pool_id = years.budgeted_pool(actor, contract, clock.today().year).id
    if pool_id is None:
        raise RuleBroken(
            "NOT_IN_FORCE",
            _(
                "合同 %(number)s 还没有生效，不能登记收入。请在双方签署后登记。",
                number=contract.number,
            ),
        )
    row = ProviderIncome(
        contract_id=contract.id,
        pool_id=pool_id,
        amount_fen=amount_fen,
        reason=reason,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    owed = Owner(postings.RECEIVABLE, pool_id=pool_id, party_id=contract.provider_id)
    move = Move(owed, Owner(postings.INCOME, pool_id=pool_id), amount_fen)
    post(postings.INCOME_DUE, f"income:{row.id}/due", [move], note=reason)
    audit.about("contract", contract.id, reason)
    return row


def receive(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    amount_fen: int,
    way: str,
    bank_reference: str | None,
) -> dict[str, Any]:
    """Book what the provider paid to the treasury (fen); parts are allowed.

    Refuses NETTING_NOT_ALLOWED when it is to be taken off what the provider is paid, and
    AMOUNT_EXCEEDS_BALANCE.
    """
    contract_id = db.session.scalar(
        db.select(ProviderIncome.contract_id).where(ProviderIncome.id == id)
    )
    contract = fetch(Contract, contract_id or 0, actor, "contract.receive")
    if way == NETTING:
        raise RuleBroken(
            "NETTING_NOT_ALLOWED",
            _("收入和支出分开：承接主体应缴的款项须全额缴入国库，不能从应付款中抵扣。"),
            basis="预算法第五十六条",
        )
    row = db.session.get_one(ProviderIncome, id, with_for_update=True)
    taken = guarded(
        update(ProviderIncome)
        .where(ProviderIncome.id == row.id)
        .where(ProviderIncome.received_fen + amount_fen <= ProviderIncome.amount_fen)
        .values(received_fen=ProviderIncome.received_fen + amount_fen)
    )
    if taken != 1:
        rest = row.amount_fen - row.received_fen
        raise RuleBroken(
            "AMOUNT_EXCEEDS_BALANCE",
            _(
                "本次收到 %(amount)s 元，只剩 %(rest)s 元应缴。请核对金额。",
                amount=yuan(amount_fen),
                rest=yuan(rest),
            ),
            open_fen=rest,
        )
    db.session.refresh(row)
    owed = Owner(postings.RECEIVABLE, pool_id=row.pool_id, party_id=contract.provider_id)
    move = Move(Owner(postings.REMITTED, pool_id=row.pool_id), owed, amount_fen)
    source = f"income:{row.id}/received:{audit.current().act}"
    post(postings.INCOME_RECEIVED, source, [move], note=bank_reference)
    audit.about("contract", contract.id, bank_reference or row.reason)
    return _said(row)


def _said(row: ProviderIncome) -> dict[str, Any]:
    return {
        "id": row.id,
        "contract_id": row.contract_id,
        "amount_fen": row.amount_fen,
        "received_fen": row.received_fen,
    }
