"""The verbs of virement: proposed, approved in one journal or declined; and increases refused."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _

from core import audit, budget, clock, states
from core.access import Actor, fetch, four_eyes
from core.budget import BudgetLine
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import yuan
from core.ledger import Move, Owner, gated_balance, post
from core.virement.models import (
    APPROVED,
    DECLINED,
    LAW,
    PROPOSED,
    SOURCES,
    TRANSFERRED,
    LineTransfer,
)

PROPOSE, DECIDE = "budget.transfer", "budget.approve_transfer"
TRANSFER = "line_transfer"
# Buying instead of producing changes how money is spent, not how much of it there is.
PURCHASE_AS_REASON = re.compile(r"购买[^，。；]{0,6}服务")


def adjust(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    amount_fen: int,
    document: str,
    reason: str | None = None,
) -> dict[str, Any]:
    """Raise (+) or cut (-) a line; that services are to be bought is no reason for more money.

    Refuses PURCHASE_IS_NO_REASON; otherwise as `core.budget.adjust`.
    """
    if amount_fen > 0 and reason and PURCHASE_AS_REASON.search(reason):
        raise RuleBroken(
            "PURCHASE_IS_NO_REASON",
            _(
                "不能以“实施政府购买服务”为由增加预算支出 %(amount)s 元。"
                "请通过调整支出结构解决：用“指标调剂”从其他指标调入，总额不变。",
                amount=yuan(amount_fen),
            ),
            basis="四川省乡镇政府购买服务工作方案（2021）",
            line_id=id,
            amount_fen=amount_fen,
        )
    return budget.adjust(actor, id=id, amount_fen=amount_fen, document=document)


def propose(
    actor: Actor,
    *,
    from_line_id: int,
    to_line_id: int,
    amount_fen: int,
    document: str,
    reason: str,
) -> dict[str, Any]:
    """Propose to move available money (fen) between two lines of one fiscal year.

    Posts nothing. Refuses FISCAL_YEAR_MISMATCH, FISCAL_YEAR_PASSED, FUND_SOURCE_MISMATCH, and
    BUDGET_INSUFFICIENT when the source line has less to give even now.
    """
    if from_line_id == to_line_id:
        raise InvalidInput(
            _("调出和调入不能是同一条指标。"), errors={"to_line_id": [_("与调出指标相同")]}
        )
    source, target = _both(from_line_id, to_line_id, actor, PROPOSE)
    _refuse_other_years(source, target)
    _refuse_other_source(source, target)
    _refuse_short(source, amount_fen)
    row = LineTransfer(
        from_line_id=source.id,
        to_line_id=target.id,
        fiscal_year=source.fiscal_year,
        division_code=source.division_code,
        amount_fen=amount_fen,
        document=document,
        reason=reason,
        state=PROPOSED,
        proposed_by=actor.user_id,
        proposed_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(TRANSFER, row)
    audit.about(TRANSFER, row.id, document)
    return {"id": row.id, "state": row.state, "amount_fen": amount_fen}


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a virement and post it: one line lowered, the other raised, in one journal.

    Whoever approves answers for both lines, and neither is closed meanwhile. Refuses
    FOUR_EYES_REQUIRED, STATE_CHANGED, and BUDGET_INSUFFICIENT when the source line's available
    money no longer covers it; then nothing is posted.
    """
    row = fetch(LineTransfer, id, actor, DECIDE)
    four_eyes(actor, row.proposed_by, what=_("指标调剂"))
    source, target = _both(row.from_line_id, row.to_line_id, actor, DECIDE)
    _refuse_other_years(source, target)
    states.change(
        TRANSFER,
        row,
        to=APPROVED,
        allowed=[PROPOSED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
    )
    row.journal_id = post(
        TRANSFERRED,
        f"budget.transfer:{row.id}",
        [
            Move(_room("available", source), _room("approved", source), row.amount_fen),
            Move(_room("approved", target), _room("available", target), row.amount_fen),
        ],
        note=row.document,
    )
    audit.about(TRANSFER, row.id, row.document)
    return {"id": row.id, "state": row.state, "journal_id": row.journal_id}


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decline a proposed virement with a reason; nothing was moved and nothing is."""
    row = fetch(LineTransfer, id, actor, DECIDE)
    four_eyes(actor, row.proposed_by, what=_("指标调剂"))
    states.change(
        TRANSFER,
        row,
        to=DECLINED,
        allowed=[PROPOSED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
        decline_reason=reason,
    )
    audit.about(TRANSFER, row.id, reason)
    return {"id": row.id, "state": row.state}


def _refuse_other_years(source: BudgetLine, target: BudgetLine) -> None:
    if source.fiscal_year != target.fiscal_year:
        raise RuleBroken(
            "FISCAL_YEAR_MISMATCH",
            _(
                "调出指标属于 %(one)s 年，调入指标属于 %(other)s 年，不同年度的指标不能调剂。"
                "请选同一年度的指标；跨年度请办理结转。",
                one=source.fiscal_year,
                other=target.fiscal_year,
            ),
            basis=LAW,
            from_year=source.fiscal_year,
            to_year=target.fiscal_year,
        )
    if source.fiscal_year < clock.today().year:
        raise RuleBroken(
            "FISCAL_YEAR_PASSED",
            _("%(year)s 预算年度已经结束，该年指标不能再调剂。", year=source.fiscal_year),
            basis=LAW,
        )


def _refuse_other_source(source: BudgetLine, target: BudgetLine) -> None:
    if source.source == target.source:
        return
    raise RuleBroken(
        "FUND_SOURCE_MISMATCH",
        _(
            "调出指标是“%(one)s”的钱，调入指标是“%(other)s”的钱，不同来源的资金分别管理，"
            "不能调剂。请选同一来源的指标。",
            one=SOURCES[source.source],
            other=SOURCES[target.source],
        ),
        basis="预算法第五条、第六十三条",
        from_source=source.source,
        to_source=target.source,
    )


def _refuse_short(source: BudgetLine, amount_fen: int) -> None:
    available = gated_balance(_room("available", source))
    if amount_fen > available:
        raise RuleBroken(
            "BUDGET_INSUFFICIENT",
            _(
                "指标 %(code)s 可用 %(available)s 元，不足以调出 %(amount)s 元，差 %(short)s 元。"
                "请减少调剂金额，或先释放该指标的预留和承诺。",
                code=source.code,
                available=yuan(available),
                amount=yuan(amount_fen),
                short=yuan(amount_fen - available),
            ),
            basis="预算法第十三条",
            line_id=source.id,
            required_fen=amount_fen,
            available_fen=available,
        )


def _both(
    source_id: int, target_id: int, actor: Actor, permission: str
) -> tuple[BudgetLine, BudgetLine]:
    """Return two lines of an actor's, locked in the order of their numbers, so in no ring."""
    lines = {n: fetch(BudgetLine, n, actor, permission) for n in sorted({source_id, target_id})}
    return lines[source_id], lines[target_id]


def _room(name: str, line: BudgetLine) -> Owner:
    return Owner(f"line.{name}", line_id=line.id)
