"""Debts that law creates (late interest, a judgment): owed at once, budget or not (待落实预算).

A debt is expense and payable in a pool of its own, outside any contract's value, from the day it is
recorded by two persons. Until budget is found it stands on the list of what awaits budget; then its
line is encumbered and accrued together, and it is claimed and paid like everything else.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import COMMIT_PAIRS, PPM, BudgetLine, Pool, PoolShare, lock_pool
from core.db import db
from core.errors import Conflict, NotFound, RuleBroken
from core.formats import yuan_text
from core.ledger import EntryKind, Move, Owner, post
from core.parties import Organisation
from core.settlement import Claim
from core.settlement.books import EXPENSE, PAYABLE, owed
from core.settlement.claims import payee_names
from core.years.models import AWAITING, DECLINED, FUNDED, PAID, RECORDED, LegalDebt

DEBT = "legal_debt"
# As pools and claims are called, whoever's language it is in which they are made.
KINDS = {"late_interest": "逾期付款利息", "judgment": "判决、裁决或调解", "other": "其他法定债务"}
RECOGNISED, FUNDED_KIND = "debt.recognised", "debt.funded"
PAGE = 50

ENTRY_KINDS = [
    EntryKind(
        RECOGNISED,
        "法定债务确认",
        (("pool.committed", "pool.charged"), (EXPENSE, PAYABLE)),
        "政府会计准则——基本准则",
    ),
    EntryKind(FUNDED_KIND, "法定债务落实预算", COMMIT_PAIRS, "预算法第十三条"),
]


def record(
    actor: Actor,
    *,
    kind: str,
    organisation_id: int,
    party_id: int,
    amount_fen: int,
    document: str,
    reason: str,
) -> dict[str, Any]:
    """Record a debt of a purchaser under the document that makes it due; posts nothing yet.

    The same document is recorded once: STATE_CHANGED. Refuses an unknown purchaser or creditor.
    """
    purchaser = fetch(Organisation, organisation_id, actor, "debt.record")
    creditor = db.session.get(Organisation, party_id)
    if creditor is None:
        raise NotFound("NOT_FOUND", _("没有这个收款单位，请先登记单位。"))
    earlier = db.session.scalar(
        db.select(LegalDebt).filter_by(organisation_id=purchaser.id, document=document)
    )
    if earlier is not None:
        raise Conflict(
            "STATE_CHANGED",
            _(
                "文书 %(document)s 已登记为第 %(id)s 号债务，不能重复登记。",
                document=document,
                id=earlier.id,
            ),
            debt_id=earlier.id,
        )
    debt = LegalDebt(
        kind=kind,
        organisation_id=purchaser.id,
        division_code=purchaser.division_code,
        party_id=creditor.id,
        amount_fen=amount_fen,
        document=document,
        reason=reason,
        state=RECORDED,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(debt)
    db.session.flush()
    states.begin(DEBT, debt)
    audit.about(DEBT, debt.id, document)
    return _said(debt)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Recognise a recorded debt: expense and payable at once, in a pool without a line.

    Refuses FOUR_EYES_REQUIRED, STATE_CHANGED.
    """
    debt = fetch(LegalDebt, id, actor, "debt.approve")
    four_eyes(actor, debt.recorded_by, what=_("法定债务"))
    pool = Pool(
        component=DEBT,
        source=f"debt:{debt.id}",
        name=f"{KINDS[debt.kind]} {debt.document}",
        organisation_id=debt.organisation_id,
        division_code=debt.division_code,
        opened_on=clock.today(),
        shares=[],
    )
    db.session.add(pool)
    db.session.flush()
    states.change(
        DEBT,
        debt,
        to=AWAITING,
        allowed={RECORDED},
        pool_id=pool.id,
        approved_by=actor.user_id,
        approved_at=clock.now(),
    )
    moves = [
        Move(
            Owner("pool.committed", pool_id=pool.id),
            Owner("pool.charged", pool_id=pool.id),
            debt.amount_fen,
        ),
        Move(
            Owner(EXPENSE, pool_id=pool.id),
            owed(PAYABLE, pool_id=pool.id, party_id=debt.party_id),
            debt.amount_fen,
        ),
    ]
    journal_id = post(RECOGNISED, f"debt:{debt.id}/recognised", moves, note=debt.document)
    audit.about(DEBT, debt.id, debt.document)
    return _said(debt) | {"journal_id": journal_id}


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a recorded debt back; nothing was posted."""
    debt = fetch(LegalDebt, id, actor, "debt.approve")
    states.change(DEBT, debt, to=DECLINED, allowed={RECORDED})
    audit.about(DEBT, debt.id, reason)
    return _said(debt)


def fund(actor: Actor, *, id: int, line_id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Find budget for a debt: its line is encumbered and accrued together, so that it can be paid.

    Refuses LINE_MISMATCH for another purchaser's line, BUDGET_INSUFFICIENT, YEAR_CLOSED,
    STATE_CHANGED.
    """
    debt = fetch(LegalDebt, id, actor, "debt.fund")
    line = fetch(BudgetLine, line_id, actor, "debt.fund")
    if line.organisation_id != debt.organisation_id:
        raise RuleBroken(
            "LINE_MISMATCH",
            _(
                "指标“%(code)s”是其他单位的，不能用来偿还这笔 %(amount)s 的债务。"
                "请选择债务单位自己的指标。",
                code=line.code,
                amount=yuan_text(debt.amount_fen),
            ),
            basis="预算法第六十三条",
            line_id=line.id,
        )
    states.change(
        DEBT,
        debt,
        to=FUNDED,
        allowed={AWAITING},
        line_id=line.id,
        funded_by=actor.user_id,
        funded_at=clock.now(),
    )
    pool = lock_pool(debt.pool_id or 0)
    db.session.add(PoolShare(pool_id=pool.id, position=0, line_id=line.id, share_ppm=PPM))
    owners = {"line_id": line.id, "pool_id": pool.id}
    encumbered, accrued = (Owner(f"line.{room}", **owners) for room in ("encumbered", "accrued"))
    available = Owner("line.available", line_id=line.id)
    moves = [
        Move(available, encumbered, debt.amount_fen),
        Move(encumbered, accrued, debt.amount_fen),
    ]
    journal_id = post(FUNDED_KIND, f"debt:{debt.id}/funded", moves, note=debt.document)
    db.session.flush()
    audit.about(DEBT, debt.id, debt.document)
    return _said(debt) | {"journal_id": journal_id}


def listed(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return debts, newest first, and the sum of those that await budget."""
    query = scoped(LegalDebt, actor, "debt.view").order_by(LegalDebt.id.desc())
    if before is not None:
        query = query.where(LegalDebt.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = payee_names(number for row in rows for number in (row.party_id, row.organisation_id))
    seen = scoped(LegalDebt, actor, "debt.view").where(LegalDebt.state == AWAITING).subquery()
    awaiting = db.session.scalar(db.select(db.func.coalesce(db.func.sum(seen.c.amount_fen), 0)))
    return {
        "items": [
            _said(row) | {"party": names[row.party_id], "organisation": names[row.organisation_id]}
            for row in rows
        ],
        "awaiting_fen": int(awaiting or 0),
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def kind_name(kind: str) -> str:
    """Return the word for a kind of debt."""
    return {
        "late_interest": _("逾期付款利息"),
        "judgment": _("判决、裁决或调解"),
        "other": _("其他法定债务"),
    }[kind]


def claims() -> list[Claim]:
    """Return the funded debts as claims, in the order of their numbers."""
    query = db.select(LegalDebt).where(LegalDebt.state == FUNDED).order_by(LegalDebt.id)
    if audit.under_way():
        query = query.with_for_update()
    return [
        Claim(
            DEBT,
            f"debt:{debt.id}",
            debt.party_id,
            debt.pool_id or 0,
            debt.amount_fen,
            f"{KINDS[debt.kind]} {debt.document}",
            {"debt_id": debt.id},
        )
        for debt in db.session.scalars(query)
    ]


def on_claim_settled(claim: Claim) -> None:
    """Hear that a debt was paid: it is done with, and its pool closed."""
    debt = db.session.get_one(LegalDebt, claim.evidence["debt_id"], with_for_update=True)
    states.change(DEBT, debt, to=PAID, allowed={FUNDED})
    lock_pool(debt.pool_id or 0).closed_on = clock.today()
    db.session.flush()


def _said(debt: LegalDebt) -> dict[str, Any]:
    return {
        "id": debt.id,
        "kind": debt.kind,
        "kind_name": kind_name(debt.kind),
        "state": debt.state,
        "organisation_id": debt.organisation_id,
        "party_id": debt.party_id,
        "amount_fen": debt.amount_fen,
        "document": debt.document,
        "reason": debt.reason,
        "pool_id": debt.pool_id,
        "line_id": debt.line_id,
    }
