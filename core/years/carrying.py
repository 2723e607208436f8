"""Carry-over (结转) into the next fiscal year: of an open pool, or of a line's unspent money.

A pool keeps its number: step by step of its cascade, what is encumbered and accrued leaves the old
line, whose approval is cut, and stands on the new one, whose approval is raised; what had been
paid stays with the old line. The cascade goes on over the same totals, so no fen changes its step.
Unspent money goes to a line of its own and may go on once: unused for two years it is surplus.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import ROOM_PAIRS, BudgetLine, Pool, lock_pool
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.fiscal import PoolCarry, refuse_closed_year
from core.formats import yuan
from core.ledger import EntryKind, Move, Owner, balance, balances, gated_balance, post
from core.settlement.models import IN_TRANSIT, PENDING, Payment, PaymentClaim, PaymentItem
from core.years.closing import refuse_running
from core.years.models import APPROVED, DECLINED, PROPOSED, CarryOver

CARRY = "carry_over"
CARRIED = "budget.carried"
SUFFIX = "结转"
PAGE = 50
_APPROVED_LINE, _AVAILABLE = "line.approved", "line.available"

ENTRY_KINDS = [
    EntryKind(
        CARRIED,
        "结转下年",
        (*ROOM_PAIRS, (_AVAILABLE, _APPROVED_LINE), (_APPROVED_LINE, _AVAILABLE)),
        "预算法第四十二条",
    )
]


def propose(
    actor: Actor,
    *,
    document: str,
    pool_id: int | None = None,
    line_id: int | None = None,
    amount_fen: int | None = None,
    codes: list[str] | None = None,
) -> dict[str, Any]:
    """Propose to carry an open pool, or unspent money of a line, into the next fiscal year.

    `codes` name the next year's lines, one for each line of the pool; they are made where they are
    missing. Left out: the old code for a pool, a code of its own for unspent money. Posts nothing.
    Refuses CARRY_OVER_EXPIRED, NOTHING_TO_CARRY, LINE_MISMATCH, STATE_CHANGED when proposed.
    """
    if (pool_id is None) == (line_id is None):
        raise InvalidInput(
            _("请选择结转一个额度池，或一条指标的未用资金，二者只选其一。"),
            errors={"pool_id": [_("二者只选其一")]},
        )
    if pool_id is not None:
        owner = fetch(Pool, pool_id, actor, "budget.carry_over")
        lines = _lines(owner)
        amount, default = _held(owner), [line.code for line in lines]
    else:
        owner = fetch(BudgetLine, line_id, actor, "budget.carry_over")
        _refuse_expired(owner)
        free = gated_balance(Owner(_AVAILABLE, line_id=owner.id))
        lines, amount = [owner], free if amount_fen is None else amount_fen
        default = [f"{owner.code}-{SUFFIX}"]
        _refuse_more(amount, free)
    _refuse_nothing(amount)
    _refuse_proposed(pool_id, line_id)
    carry = CarryOver(
        pool_id=pool_id,
        line_id=line_id,
        organisation_id=owner.organisation_id,
        division_code=owner.division_code,
        from_year=lines[0].fiscal_year,
        codes=_checked_codes(codes or default, lines, fresh=pool_id is None),
        amount_fen=amount,
        document=document,
        state=PROPOSED,
        proposed_by=actor.user_id,
        proposed_at=clock.now(),
    )
    db.session.add(carry)
    db.session.flush()
    states.begin(CARRY, carry)
    audit.about(CARRY, carry.id, document)
    return _said(carry)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Carry over what another person proposed, once the old fiscal year is over.

    Refuses FOUR_EYES_REQUIRED, YEAR_NOT_OVER, YEAR_CLOSED, PAYMENT_UNDER_WAY while the bank has
    not answered for money of the pool, LINE_MISMATCH, BUDGET_INSUFFICIENT, CARRY_OVER_EXPIRED.
    """
    carry = fetch(CarryOver, id, actor, "budget.approve_carry_over")
    four_eyes(actor, carry.proposed_by, what=_("结转"))
    _refuse_decided(carry)
    refuse_running(carry.from_year)
    states.change(
        CARRY,
        carry,
        to=APPROVED,
        allowed={PROPOSED},
        approved_by=actor.user_id,
        approved_at=clock.now(),
    )
    carry.journal_id = _carry_pool(carry) if carry.pool_id is not None else _carry_line(carry)
    db.session.flush()
    audit.about(CARRY, carry.id, carry.document)
    return _said(carry)


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a proposed carry-over back; it may be proposed again."""
    carry = fetch(CarryOver, id, actor, "budget.approve_carry_over")
    _refuse_decided(carry)
    states.change(CARRY, carry, to=DECLINED, allowed={PROPOSED})
    audit.about(CARRY, carry.id, reason)
    return _said(carry)


def listed(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return carry-overs, newest first, and the lines whose money is surplus (结余)."""
    query = scoped(CarryOver, actor, "year.view").order_by(CarryOver.id.desc())
    if before is not None:
        query = query.where(CarryOver.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = _names(rows)
    return {
        "items": [_said(row) | {"name": names[row.id], "document": row.document} for row in rows],
        "surplus": surplus(actor),
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def surplus(actor: Actor) -> list[dict[str, Any]]:
    """Return the lines whose carried money was not used in its second year either, in fen."""
    query = scoped(BudgetLine, actor, "year.view").where(
        BudgetLine.carried_from_id.is_not(None), BudgetLine.fiscal_year < clock.today().year
    )
    free = balances(_AVAILABLE, by="line_id")
    return [
        {
            "line_id": line.id,
            "code": line.code,
            "name": line.name,
            "fiscal_year": line.fiscal_year,
            "available_fen": fen,
        }
        for line in db.session.scalars(query.order_by(BudgetLine.fiscal_year, BudgetLine.code))
        if (fen := free.get(line.id, 0))
    ]


def is_carried_money(line: BudgetLine) -> bool:
    """Tell whether a line holds money that was carried over, unused for a year already."""
    return line.carried_from_id is not None


# --- carrying ----------------------------------------------------------------------------------


def _carry_pool(carry: CarryOver) -> int:
    pool = lock_pool(carry.pool_id or 0)
    lines = _lines(pool)
    if lines[0].fiscal_year != carry.from_year:
        raise Conflict("STATE_CHANGED", _("这个额度池已经结转，不能再办理。请刷新后查看。"))
    _refuse_under_way(pool)
    _refuse_nothing(_held(pool))
    moves: list[Move] = []
    steps: list[dict[str, int]] = []
    for share, line, code in zip(pool.shares, lines, carry.codes, strict=True):
        new = _target(line, code, carry.document)
        owners = {"line_id": line.id, "pool_id": pool.id}
        encumbered = balance("line.encumbered", **owners)
        accrued = balance("line.accrued", **owners)
        moves += _step_moves(pool.id, line.id, new.id, encumbered, accrued)
        steps.append(
            {
                "position": share.position,
                "from_line_id": line.id,
                "to_line_id": new.id,
                "encumbered_fen": encumbered,
                "accrued_fen": accrued,
                "paid_fen": balance("line.disbursed", **owners),
            }
        )
    carry.amount_fen = sum(step["encumbered_fen"] + step["accrued_fen"] for step in steps)
    journal_id = post(CARRIED, f"carry_over:{carry.id}", moves, note=carry.document)
    for share, step in zip(pool.shares, steps, strict=True):
        share.line_id = step["to_line_id"]
        db.session.add(PoolCarry(carry_id=carry.id, pool_id=pool.id, journal_id=journal_id, **step))
    db.session.flush()
    return journal_id


def _step_moves(pool_id: int, old: int, new: int, encumbered: int, accrued: int) -> list[Move]:
    """Return the moves of one step of the cascade: off the old line, onto the new one."""
    whole = encumbered + accrued
    moves = [
        Move(
            Owner(_AVAILABLE, line_id=old),
            Owner(_APPROVED_LINE, line_id=old),
            whole,
        ),
        Move(Owner(_APPROVED_LINE, line_id=new), Owner(_AVAILABLE, line_id=new), whole),
    ]
    for room, fen in (("line.encumbered", encumbered), ("line.accrued", accrued)):
        left = Owner(room, line_id=old, pool_id=pool_id)
        reached = Owner(room, line_id=new, pool_id=pool_id)
        moves += [
            Move(left, Owner(_AVAILABLE, line_id=old), fen),
            Move(Owner(_AVAILABLE, line_id=new), reached, fen),
        ]
    return moves


def _carry_line(carry: CarryOver) -> int:
    line = db.session.get_one(BudgetLine, carry.line_id, with_for_update=True)
    _refuse_expired(line)
    new = _target(line, carry.codes[0], carry.document, fresh=True)
    old_available, new_available = (Owner(_AVAILABLE, line_id=one.id) for one in (line, new))
    moves = [
        Move(old_available, Owner(_APPROVED_LINE, line_id=line.id), carry.amount_fen),
        Move(Owner(_APPROVED_LINE, line_id=new.id), new_available, carry.amount_fen),
    ]
    return post(CARRIED, f"carry_over:{carry.id}", moves, note=carry.document)


def _target(line: BudgetLine, code: str, document: str, *, fresh: bool = False) -> BudgetLine:
    """Return the next year's line of a code, made with the old line's purpose where missing."""
    year = line.fiscal_year + 1
    found: BudgetLine | None = db.session.scalar(
        db.select(BudgetLine).filter_by(fiscal_year=year, code=code)
    )
    if found is not None:
        _refuse_other_purpose(line, found, fresh=fresh)
        return found
    refuse_closed_year(year, line.division_code)
    made = BudgetLine(
        code=code,
        name=line.name,
        fiscal_year=year,
        organisation_id=line.organisation_id,
        division_code=line.division_code,
        function_code=line.function_code,
        economic_code=line.economic_code,
        document=document,
        source=line.source,
        carried_from_id=line.id,
    )
    db.session.add(made)
    db.session.flush()
    return made


# --- refusing ----------------------------------------------------------------------------------


def _checked_codes(codes: list[str], lines: list[BudgetLine], *, fresh: bool) -> list[str]:
    if len(codes) != len(lines) or len(set(codes)) != len(codes):
        raise InvalidInput(
            _("须为 %(n)s 条指标各填一个不同的下年编号。", n=len(lines)),
            errors={"codes": [_("个数不符或重复")]},
        )
    for line, code in zip(lines, codes, strict=True):
        year = line.fiscal_year + 1
        found = db.session.scalar(db.select(BudgetLine).filter_by(fiscal_year=year, code=code))
        if found is not None:
            _refuse_other_purpose(line, found, fresh=fresh)
    return codes


def _refuse_other_purpose(line: BudgetLine, new: BudgetLine, *, fresh: bool) -> None:
    same = (
        new.organisation_id == line.organisation_id
        and new.function_code == line.function_code
        and new.source == line.source
        and not fresh
    )
    if not same:
        raise RuleBroken(
            "LINE_MISMATCH",
            _(
                "结转资金须用于原单位、原用途：下年指标“%(code)s”的单位或功能科目与原指标不同，"
                "或已有其他资金。请填写同一用途的指标，或一个新的编号。",
                code=new.code,
            ),
            basis="预算法第六十三条",
            line_id=new.id,
        )


def _refuse_expired(line: BudgetLine) -> None:
    if is_carried_money(line):
        raise RuleBroken(
            "CARRY_OVER_EXPIRED",
            _(
                "指标“%(code)s”的资金是上年结转来的，连续两年未用完，应作为结余资金收回，"
                "不能再结转。请交财政部门统筹。",
                code=line.code,
            ),
            basis="预算法第四十二条",
            line_id=line.id,
            available_fen=gated_balance(Owner(_AVAILABLE, line_id=line.id)),
        )


def _refuse_more(amount_fen: int, free_fen: int) -> None:
    if amount_fen > free_fen:
        raise RuleBroken(
            "BUDGET_INSUFFICIENT",
            _(
                "结转 %(amount)s 元超过指标可用的 %(free)s 元。请减少金额。",
                amount=yuan(amount_fen),
                free=yuan(free_fen),
            ),
            basis="预算法第十三条",
            required_fen=amount_fen,
            available_fen=free_fen,
        )


def _refuse_nothing(amount_fen: int) -> None:
    if not amount_fen:
        raise RuleBroken("NOTHING_TO_CARRY", _("没有承诺、应付或可用的钱，不需要结转。"))


def _refuse_proposed(pool_id: int | None, line_id: int | None) -> None:
    query = db.select(CarryOver.id).filter_by(pool_id=pool_id, line_id=line_id, state=PROPOSED)
    earlier = db.session.scalar(query)
    if earlier is not None:
        raise Conflict(
            "STATE_CHANGED",
            _("已有第 %(id)s 号结转申请待复核，请先办理那一笔。", id=earlier),
            carry_over_id=earlier,
        )


def _refuse_decided(carry: CarryOver) -> None:
    if carry.state != PROPOSED:
        words = {APPROVED: _("已批准"), DECLINED: _("已退回")}
        raise Conflict(
            "STATE_CHANGED",
            _(
                "第 %(id)s 号结转%(what)s，不能再办理。",
                id=carry.id,
                what=words[carry.state],
            ),
            state=carry.state,
        )


def _refuse_under_way(pool: Pool) -> None:
    """Refuse while a payment of the pool's money waits for the bank: its year is not known yet."""
    query = (
        db.select(db.func.count(), db.func.coalesce(db.func.sum(PaymentItem.amount_fen), 0))
        .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .where(PaymentClaim.pool_id == pool.id, PaymentItem.live)
        .where(Payment.state.in_((PENDING, IN_TRANSIT)))
    )
    count, fen = db.session.execute(query).one()
    if count:
        raise RuleBroken(
            "PAYMENT_UNDER_WAY",
            _(
                "额度池“%(name)s”有 %(count)s 笔款项共 %(fen)s 元在支付批次里，"
                "还没有银行结果，不能结转。请等银行结果，或先作废批次。",
                name=pool.name,
                count=count,
                fen=yuan(int(fen)),
            ),
            amount_fen=int(fen),
        )


def _lines(pool: Pool) -> list[BudgetLine]:
    """Return a pool's lines in the order of its shares; refuse a pool that has none."""
    lines = [db.session.get_one(BudgetLine, share.line_id) for share in pool.shares]
    if not lines:
        raise RuleBroken("BUDGET_MISSING", _("这个额度池还没有预算指标，不能结转。请先落实预算。"))
    return lines


def _held(pool: Pool) -> int:
    """Return what a pool holds of its lines and has not paid, in fen."""
    rooms = ("line.encumbered", "line.accrued")
    return sum(balance(room, pool_id=pool.id) for room in rooms)


def _names(carries: list[CarryOver]) -> dict[int, str]:
    """Return what each carries over: a pool by its name, a line by its code."""
    found = db.session.execute(
        db.select(CarryOver.id, db.func.coalesce(Pool.name, BudgetLine.code))
        .outerjoin(Pool, Pool.id == CarryOver.pool_id)
        .outerjoin(BudgetLine, BudgetLine.id == CarryOver.line_id)
        .where(CarryOver.id.in_([carry.id for carry in carries]))
    )
    return {number: str(name) for number, name in found}


def _said(carry: CarryOver) -> dict[str, Any]:
    return {
        "id": carry.id,
        "state": carry.state,
        "pool_id": carry.pool_id,
        "line_id": carry.line_id,
        "from_year": carry.from_year,
        "codes": carry.codes,
        "amount_fen": carry.amount_fen,
        "journal_id": carry.journal_id,
    }
