"""Acts on statements, and what lapses."""

from __future__ import annotations

from core.acts import Act
from plugins.voucher import schemas
from plugins.voucher.service import lapsing, settling, statements

ACTS = [
    Act(
        "statement.list",
        "列出对账单",
        "/voucher/statements",
        "statement.view",
        schemas.STATEMENTS,
        statements.statements,
        method="GET",
        reads=True,
    ),
    Act(
        "statement.get",
        "查看一份对账单",
        "/voucher/statement",
        "statement.view",
        schemas.STATEMENT,
        statements.statement,
        method="GET",
        reads=True,
    ),
    Act(
        "statement.lines",
        "列出对账单的核销",
        "/voucher/statement/lines",
        "statement.view",
        schemas.STATEMENT_LINES,
        statements.lines,
        method="GET",
        reads=True,
    ),
    Act(
        "statement.lock",
        "锁定结算期",
        "/voucher/statements/lock",
        "statement.lock",
        schemas.LOCK,
        settling.lock,
        object_type="settlement_period",
    ),
    Act(
        "statement.confirm",
        "确认对账单",
        "/voucher/statements/confirm",
        "statement.confirm",
        schemas.BY_ID,
        settling.confirm,
        object_type="statement",
    ),
    Act(
        "statement.object",
        "对一行提出异议",
        "/voucher/statements/object",
        "statement.confirm",
        schemas.OBJECT,
        settling.object_line,
        object_type="statement",
    ),
    Act(
        "statement.resolve",
        "处理异议",
        "/voucher/statements/resolve",
        "statement.resolve",
        schemas.RESOLVE,
        settling.resolve,
        object_type="objection",
    ),
    Act(
        "voucher.lapse",
        "到期处理",
        "/voucher/lapse",
        "voucher.lapse",
        schemas.LAPSE,
        lapsing.lapse,
        object_type="pool",
    ),
]
