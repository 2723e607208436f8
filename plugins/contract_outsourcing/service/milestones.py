"""What a milestone belongs to, and its delivery by the provider."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import audit, clock
from core.access import Actor, fetch
from core.budget import Pool, lock_pool
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import yuan
from plugins.contract_outsourcing.models import Contract, ContractYear, Milestone, Tender
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules.terms import Terms, read_terms
from plugins.contract_outsourcing.service import evidence, steps

LAW = "政府采购法第四十一条、政府采购法实施条例第四十五条"


def deliver(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    delivered_on: date,
    words: str,
    links: list[str] | None = None,
    files: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Say that a milestone was delivered on a day, with the evidence; after a refusal once more.

    Refuses CONTRACT_NOT_PERFORMING, a day to come or before the contract was signed,
    MILESTONE_IS_ORDER, EARLIER_MILESTONE_OPEN, and the files that `evidence.keep` refuses.
    """
    milestone = fetch(Milestone, id, actor, "milestone.deliver")
    steps.milestone.require(milestone, "milestone.deliver")
    contract = contract_of(milestone)
    _refuse_idle(contract)
    refuse_order(milestone)
    _refuse_unlikely(contract, delivered_on)
    _refuse_out_of_turn(milestone)
    steps.milestone.take(
        milestone,
        "milestone.deliver",
        delivered_on=delivered_on,
        submitted_at=clock.now(),
        submitted_by=actor.user_id,
        evidence={"words": words, "links": links or []},
    )
    evidence.keep(actor, milestone, files or ())
    audit.about(steps.MILESTONE, milestone.id, contract.number)
    return said(milestone)


# --- for the other verbs -----------------------------------------------------------------------


def contract_of(milestone: Milestone) -> Contract:
    """Return a milestone's contract."""
    found: Contract = db.session.get_one(Contract, milestone.contract_id)
    return found


def terms_of(contract: Contract) -> Terms:
    """Return a contract's terms."""
    return read_terms(contract.terms)


def locked_pool(milestone: Milestone) -> Pool:
    """Return the pool of a milestone's year, locked; refuse BUDGET_MISSING while it has no line."""
    year = db.session.get_one(ContractYear, (milestone.contract_id, milestone.fiscal_year))
    if year.amount_fen and not year.committed:
        raise RuleBroken(
            "BUDGET_MISSING",
            _(
                "“%(name)s”由 %(year)s 年预算支付，这一年的预算还没有落实，不能确认应付。"
                "请先由财政部门下达指标并落实跨年支出。",
                name=milestone.name,
                year=milestone.fiscal_year,
            ),
            basis="预算法第十三条",
            fiscal_year=milestone.fiscal_year,
        )
    return lock_pool(year.pool_id)


def value_fen(contract_id: int) -> int:
    """Return what a contract costs with all its changes: its milestones, advances left out."""
    total = db.session.scalar(
        db.select(func.coalesce(func.sum(Milestone.amount_fen), 0)).where(
            Milestone.contract_id == contract_id,
            Milestone.kind != p.ADVANCE,
            Milestone.state != p.CANCELLED,
        )
    )
    return int(total or 0)


def refuse_not_owing(contract: Contract) -> None:
    """Refuse CONTRACT_NOT_PERFORMING under a contract under which nothing is accepted or paid."""
    if contract.state not in c.OWING:
        raise _idle(contract)


def refuse_order(milestone: Milestone) -> None:
    """Refuse MILESTONE_IS_ORDER: orders are claimed and settled by what residents confirmed."""
    if milestone.kind == p.ORDER:
        raise RuleBroken(
            "MILESTONE_IS_ORDER",
            _("“%(name)s”是按数量结算的订单，请在订单页申报和核定。", name=milestone.name),
        )


def project_of(contract: Contract) -> Tender:
    """Return the procurement that led to a contract."""
    found: Tender = db.session.get_one(Tender, contract.tender_id)
    return found


def said(milestone: Milestone) -> dict[str, Any]:
    """Return a milestone as JSON."""
    days = ("due_on", "delivered_on", "accepted_on", "pay_by", "paid_on")
    return {
        "id": milestone.id,
        "contract_id": milestone.contract_id,
        "name": milestone.name,
        "kind": milestone.kind,
        "fiscal_year": milestone.fiscal_year,
        "state": milestone.state,
        "state_name": str(steps.milestone.names[milestone.state]),
        **{
            name: getattr(milestone, name)
            for name in ("amount_fen", "payable_fen", "deducted_fen", "advance_fen")
        },
        **{name: day.isoformat() if (day := getattr(milestone, name)) else None for name in days},
    }


# --- parts -------------------------------------------------------------------------------------


def _refuse_idle(contract: Contract) -> None:
    if contract.state == c.SUSPENDED or contract.state not in c.OWING:
        raise _idle(contract)


def _idle(contract: Contract) -> RuleBroken:
    return RuleBroken(
        "CONTRACT_NOT_PERFORMING",
        _(
            "合同 %(number)s 现在是“%(state)s”，不能办理交付和验收。请与购买主体联系。",
            number=contract.number,
            state=str(steps.contract.names[contract.state]),
        ),
        basis="民法典第五百零九条",
        state=contract.state,
    )


def _refuse_unlikely(contract: Contract, delivered_on: date) -> None:
    signed_on = clock.day_of(contract.signed_at) if contract.signed_at else contract.starts_on
    first = min(signed_on, contract.starts_on)
    if delivered_on > clock.today():
        raise InvalidInput(
            _("交付日期 %(day)s 还没有到，请在交付之后申报。", day=delivered_on),
            errors={"delivered_on": [_("不能晚于今天")]},
        )
    if delivered_on < first:
        raise InvalidInput(
            _("交付日期 %(day)s 早于合同开始的 %(first)s，请核对。", day=delivered_on, first=first),
            errors={"delivered_on": [_("不能早于合同开始之日")]},
        )


def _refuse_out_of_turn(milestone: Milestone) -> None:
    """Parts of the value are delivered in order, and the tail when all the rest is accepted."""
    if milestone.kind not in {p.SHARE, p.TAIL}:
        return
    rest = db.select(Milestone).where(
        Milestone.contract_id == milestone.contract_id,
        Milestone.id != milestone.id,
    )
    earlier = Milestone.sequence < milestone.sequence
    if milestone.kind == p.TAIL:
        over = {p.ACCEPTED, p.PAID, p.CANCELLED}
        # A supplement stands after the tail, but what it adds is part of what the tail judges.
        rest = rest.where(earlier | (Milestone.kind == p.SUPPLEMENT))
        rest = rest.where(Milestone.kind != p.ADVANCE, Milestone.state.not_in(over))
    else:
        rest = rest.where(earlier, Milestone.kind == p.SHARE)
        rest = rest.where(Milestone.state.in_({p.SCHEDULED, p.REFUSED}))
    open_ones = list(db.session.scalars(rest.order_by(Milestone.sequence)))
    if open_ones:
        raise RuleBroken(
            "EARLIER_MILESTONE_OPEN",
            _(
                "前面的“%(names)s”还没有完成，不能先交付“%(name)s”（%(amount)s 元）。"
                "请按合同约定的顺序办理。",
                names="、".join(one.name for one in open_ones),
                name=milestone.name,
                amount=yuan(milestone.amount_fen),
            ),
            basis="民法典第五百零九条",
            milestone_ids=[one.id for one in open_ones],
        )
