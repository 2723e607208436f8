"""Figures of the register for rehearsals: a contract by number, forward years by year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from core.db import db
from core.errors import NotFound
from core.ledger import Figure, balance, balances
from plugins.contract_outsourcing.models import Contract, ContractYear
from plugins.contract_outsourcing.service import postings, years


def contract_number(text: Any) -> int:
    """Return the number of the contract that is called so, or of one given by its number."""
    called = Contract.number == str(text)
    if str(text).isdecimal():
        called = db.or_(called, Contract.id == int(text))
    found: int | None = db.session.scalars(db.select(Contract.id).where(called)).first()
    if found is None:
        raise NotFound("NOT_FOUND", _("没有编号为“%(code)s”的合同。", code=text))
    return found


def _of(kind: str) -> Callable[[Any], int]:
    def run(owner: Any) -> int:
        found = balances(kind, by="pool_id")
        return sum(found.get(pool, 0) for pool in years.pools_of(contract_number(owner)))

    return run


def _due(year: Any) -> int:
    found = balances(postings.FORWARD_DUE, by="pool_id")
    pools = db.session.scalars(
        db.select(ContractYear.pool_id).where(ContractYear.fiscal_year == int(year))
    )
    return sum(found.get(pool, 0) for pool in pools)


FIGURES = [
    Figure("con.contract", "合同金额", _of(postings.VALUE)),
    Figure("con.unpaid", "合同未付", _of(postings.UNPAID)),
    Figure("con.paid", "合同已付", _of(postings.PAID)),
    Figure("con.deducted", "合同扣减", _of(postings.DEDUCTED)),
    Figure("con.cancelled", "合同取消", _of(postings.CANCELLED)),
    Figure("con.forward", "跨年支出责任", lambda _owner: balance(postings.FORWARD)),
    Figure("con.forward_due", "以后年度待落实", _due),
]
