"""Money paid before the service (预付款): never more than can be earned, owed back if it is not.

An advance is earned by the acceptances of its year. While some of it is not, as much of the year's
money must stay uncharged: nothing of it is paid twice, withheld or cut away.
"""

from __future__ import annotations

from flask_babel import gettext as _

from core.db import db
from core.errors import RuleBroken
from core.formats import yuan
from core.ledger import balance
from plugins.contract_outsourcing.models import ContractYear, Milestone
from plugins.contract_outsourcing.service import postings

BASIS = "民法典第五百零九条"


def left_fen(contract_id: int, fiscal_year: int) -> int | None:
    """Return what of a year's money nobody was paid or owes (fen); None while it has no budget."""
    year = db.session.get(ContractYear, (contract_id, fiscal_year))
    if year is None:
        return 0
    return balance("pool.uncharged", pool_id=year.pool_id) if year.committed else None


def standing_fen(pool_id: int, provider_id: int) -> int:
    """Return what was paid in advance and stands against no acceptance yet, in fen."""
    return balance(postings.PREPAID, pool_id=pool_id, party_id=provider_id)


def refuse_large(milestone: Milestone) -> None:
    """Refuse ADVANCE_TOO_LARGE when less than an advance is left to earn of its year."""
    left = left_fen(milestone.contract_id, milestone.fiscal_year)
    if left is not None and milestone.amount_fen > left:
        raise RuleBroken(
            "ADVANCE_TOO_LARGE",
            _(
                "预付款 %(amount)s 元，本年度只剩 %(left)s 元还没有验收，不能再预付。"
                "请按验收付款，不再办理这笔预付款。",
                amount=yuan(milestone.amount_fen),
                left=yuan(left),
            ),
            basis=BASIS,
            amount_fen=milestone.amount_fen,
            left_fen=left,
        )


def refuse_cut(contract_id: int, fiscal_year: int, amount_fen: int) -> None:
    """Refuse ADVANCE_NOT_EARNED when a change would cancel (fen) what was paid in advance."""
    left = left_fen(contract_id, fiscal_year)
    if left is not None and amount_fen > left:
        raise RuleBroken(
            "ADVANCE_NOT_EARNED",
            _(
                "%(year)s 年度的预付款还没有抵扣完，最多还能减少 %(left)s 元，"
                "不能减少 %(amount)s 元。",
                year=fiscal_year,
                left=yuan(left),
                amount=yuan(amount_fen),
            ),
            basis=BASIS,
            left_fen=left,
        )
