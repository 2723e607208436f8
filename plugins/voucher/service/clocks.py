"""The legal clock of a statement: paid within the days the law gives, from when it is agreed."""

from __future__ import annotations

from collections.abc import Iterable

from core import audit, clock, deadlines
from core.db import db
from core.deadlines import DeadlineKind
from core.parties import Organisation
from plugins.voucher.models import Programme, SettlementPeriod, Statement

PAYMENT, OBJECT = "voucher.payment", "voucher_statement"
KINDS = [
    DeadlineKind(
        PAYMENT,
        "对账单付款",
        "payment.days",
        "days",
        "保障中小企业款项支付条例第九条、第十条",
    )
]


def start_paying(statement_ids: Iterable[int]) -> None:
    """Start the clock of statements that both sides have agreed on: the purchaser's, from today."""
    today = clock.day_of(audit.current().at)
    rows = db.session.execute(
        db.select(Statement, SettlementPeriod.sequence, Programme.name, Organisation.name)
        .join(SettlementPeriod, SettlementPeriod.id == Statement.period_id)
        .join(Programme, Programme.id == Statement.programme_id)
        .join(Organisation, Organisation.id == Statement.provider_id)
        .where(Statement.id.in_(statement_ids))
        .order_by(Statement.id)
    )
    for statement, sequence, programme, provider in rows.all():
        deadlines.start(
            PAYMENT,
            OBJECT,
            statement.id,
            from_on=today,
            organisation_id=statement.organisation_id,
            division_code=statement.division_code,
            what=f"{programme} 第{sequence}期对账单 {provider}",
        )


def stop_paying(statement_id: int) -> None:
    """Stop the clock of a statement of which nothing is owed any more."""
    deadlines.stop(PAYMENT, OBJECT, statement_id)
