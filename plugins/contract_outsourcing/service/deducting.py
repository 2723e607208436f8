"""What is taken off a milestone: proposed with its arithmetic, the provider heard, then decided."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack, states, workdays
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RuleBroken
from core.fields import FEN_MAX
from core.formats import day, yuan
from plugins.contract_outsourcing.models import Contract, Deduction, Milestone
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules import deductions as rules
from plugins.contract_outsourcing.service import steps
from plugins.contract_outsourcing.service.milestones import contract_of, terms_of, value_fen
from plugins.contract_outsourcing.service.opinions import handlers

DEDUCTION = "deduction"
LIABILITY = "民法典第五百七十七条、第五百八十五条"
# Kept with the contract, whoever's language they are proposed in.
LATE_CLAUSE, TAIL_CLAUSE = "逾期交付", "绩效尾款"
LIVE = (p.PROPOSED, p.STATED, p.DECIDED)
OPEN = (p.PROPOSED, p.STATED)


def propose(
    actor: Actor,
    *,
    milestone_id: int,
    kind: str,
    evidence: str,
    clause: str | None = None,
    units: int | None = None,
) -> dict[str, Any]:
    """Propose to take something off a delivered milestone; what, the contract's clause reckons.

    `kind` late: the days follow from the two dates. `kind` quality: `clause` is its code and
    `units` how many were missed. Refuses NOT_LATE, DEDUCTION_NOT_AGREED where the contract has no
    such clause and for an advance, DEDUCTION_EXISTS, DEDUCTION_CAP_REACHED, FOUR_EYES_REQUIRED.
    """
    milestone = fetch(Milestone, milestone_id, actor, "deduction.propose")
    steps.milestone.require(milestone, "deduction.propose")
    contract = contract_of(milestone)
    four_eyes(actor, *handlers(contract), what=_("扣减"))
    if milestone.kind == p.ADVANCE:
        # Nothing is performed for it: what is missing comes off the parts that it was paid for.
        raise _not_agreed(milestone, LATE_CLAUSE if kind == p.LATE else clause or "")
    reckoned = (
        _late(milestone, contract)
        if kind == p.LATE
        else _quality(milestone, contract, clause or "", units)
    )
    term = rulepack.number(
        "deduction.statement_working_days",
        on=clock.today(),
        division_code=contract.division_code,
    )
    row = Deduction(
        milestone_id=milestone.id,
        kind=kind,
        evidence=evidence,
        state=p.PROPOSED,
        proposed_by=actor.user_id,
        proposed_at=clock.now(),
        statement_until=workdays.after(clock.today(), term).on,
        **reckoned,
    )
    db.session.add(row)
    db.session.flush()
    states.begin(DEDUCTION, row)
    audit.about(DEDUCTION, row.id, contract.number)
    return said(row)


def state(actor: Actor, *, id: int, words: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Say as the provider what there is to say to a proposed deduction, until its term is over."""
    row, _milestone = _fetched(actor, id, "deduction.state")
    if row.state == p.PROPOSED and clock.today() > row.statement_until:
        raise RuleBroken(
            "STATEMENT_LATE",
            _("陈述申辩的期限已于 %(day)s 届满。", day=day(row.statement_until)),
            basis=LIABILITY,
            statement_until=row.statement_until.isoformat(),
        )
    states.change(
        DEDUCTION,
        row,
        to=p.STATED,
        allowed={p.PROPOSED},
        statement=words,
        stated_by=actor.user_id,
        stated_at=clock.now(),
    )
    audit.about(DEDUCTION, row.id)
    return said(row)


def decide(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decide a deduction once the provider was heard or its term is over; never who proposed it.

    Refuses STATEMENT_PENDING, FOUR_EYES_REQUIRED.
    """
    row, milestone = _fetched(actor, id, "deduction.decide")
    require_heard(row)
    four_eyes(actor, row.proposed_by, contract_of(milestone).made_by, what=_("扣减"))
    end(actor, row, p.DECIDED, reason)
    return said(row)


def drop(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give a deduction up before its milestone is accepted; a decided one only who may decide.

    Refuses ROLE_NOT_ALLOWED.
    """
    row, _milestone = _fetched(actor, id, "deduction.drop")
    if row.state == p.DECIDED and not actor.may("deduction.decide"):
        raise NotPermitted(
            "ROLE_NOT_ALLOWED", _("扣减已经决定，只有“购买主体复核”岗位可以撤回。请与其联系。")
        )
    end(actor, row, p.DROPPED, reason)
    return said(row)


# --- for acceptance ----------------------------------------------------------------------------


def require_heard(row: Deduction) -> None:
    """Refuse STATEMENT_PENDING while the provider may still answer a proposed deduction."""
    if row.state == p.PROPOSED and clock.today() <= row.statement_until:
        raise RuleBroken(
            "STATEMENT_PENDING",
            _(
                "承接主体还可以在 %(day)s 之前（含当日）陈述申辩，现在不能决定扣减 %(amount)s 元。"
                "请等其陈述或期限届满。",
                day=day(row.statement_until),
                amount=yuan(row.capped_fen),
            ),
            basis=LIABILITY,
            statement_until=row.statement_until.isoformat(),
        )


def decided_fen(milestone: Milestone) -> int:
    """Return what is taken off a milestone; refuse DEDUCTION_PENDING while one is not decided."""
    rows = of(milestone.id)
    waiting = [row for row in rows if row.state in OPEN]
    if waiting:
        raise RuleBroken(
            "DEDUCTION_PENDING",
            _(
                "“%(name)s”还有 %(count)s 项扣减没有决定（共 %(amount)s 元），不能确认应付金额。"
                "请先决定或撤回扣减；其他节点照常验收付款。",
                name=milestone.name,
                count=len(waiting),
                amount=yuan(sum(row.capped_fen for row in waiting)),
            ),
            basis="保障中小企业款项支付条例第十五条",
            deduction_ids=[row.id for row in waiting],
        )
    return sum(row.capped_fen for row in rows if row.state == p.DECIDED)


def by_score(actor: Actor, milestone: Milestone, amount_fen: int, evidence: str) -> None:
    """Write down what a tail loses by its score; the contract's tiers decide, nobody else."""
    row = Deduction(
        milestone_id=milestone.id,
        kind=p.SCORE,
        clause=TAIL_CLAUSE,
        units=1,
        amount_fen=amount_fen,
        capped_fen=amount_fen,
        evidence=evidence,
        state=p.DECIDED,
        proposed_by=None,
        proposed_at=clock.now(),
        statement_until=clock.today(),
        decided_by=actor.user_id,
        decided_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(DEDUCTION, row)


def drop_late(actor: Actor, milestone: Milestone, reason: str) -> None:
    """Give up what was reckoned from a day of delivery that no longer counts."""
    for row in of(milestone.id):
        if row.kind == p.LATE and row.state in LIVE:
            end(actor, row, p.DROPPED, reason)


def end(actor: Actor, row: Deduction, to: str, reason: str) -> None:
    """End a live deduction: decided where it is open, or dropped."""
    allowed = set(OPEN) if to == p.DECIDED else set(LIVE)
    states.change(
        DEDUCTION,
        row,
        to=to,
        allowed=allowed,
        decided_by=actor.user_id,
        decided_at=clock.now(),
        reason=reason,
    )
    audit.about(DEDUCTION, row.id, reason)


def of(milestone_id: int) -> list[Deduction]:
    """Return a milestone's deductions, oldest first."""
    query = db.select(Deduction).filter_by(milestone_id=milestone_id).order_by(Deduction.id)
    return list(db.session.scalars(query))


def state_name(state: str) -> str:
    """Return the word for a deduction's state."""
    return {
        p.PROPOSED: _("待承接主体陈述"),
        p.STATED: _("已陈述，待决定"),
        p.DECIDED: _("已决定"),
        p.DROPPED: _("已撤回"),
    }[state]


def said(row: Deduction) -> dict[str, Any]:
    """Return a deduction as JSON."""
    return {
        "id": row.id,
        "milestone_id": row.milestone_id,
        "kind": row.kind,
        "clause": row.clause,
        "units": row.units,
        "unit_fen": row.unit_fen,
        "amount_fen": row.amount_fen,
        "capped_fen": row.capped_fen,
        "state": row.state,
        "statement_until": row.statement_until.isoformat(),
    }


# --- parts -------------------------------------------------------------------------------------


def _late(milestone: Milestone, contract: Contract) -> dict[str, Any]:
    terms = terms_of(contract)
    if terms.late is None or milestone.due_on is None:
        raise _not_agreed(milestone, LATE_CLAUSE)
    assert milestone.delivered_on is not None  # noqa: S101 - its state says so
    days = rules.late_days(milestone.due_on, milestone.delivered_on)
    if not days:
        raise RuleBroken(
            "NOT_LATE",
            _(
                "“%(name)s”约定 %(due)s 前交付，%(delivered)s 已交付，没有逾期。",
                name=milestone.name,
                due=day(milestone.due_on),
                delivered=day(milestone.delivered_on),
            ),
            basis=LIABILITY,
        )
    if any(row.kind == p.LATE and row.state in LIVE for row in of(milestone.id)):
        raise Conflict("DEDUCTION_EXISTS", _("这个节点的逾期扣减已经提出，不能重复扣。"))
    amount = rules.late(milestone.amount_fen, days, terms.late.ppm_per_day)
    found = _capped(milestone, contract, amount, p.LATE, terms.late.cap_bp)
    return found | {"units": days, "clause": LATE_CLAUSE}


def _quality(
    milestone: Milestone, contract: Contract, code: str, units: int | None
) -> dict[str, Any]:
    agreed = {clause.code: clause for clause in terms_of(contract).quality}
    clause = agreed.get(code)
    if clause is None:
        raise _not_agreed(milestone, code)
    if units is None:
        raise InvalidInput(_("请填写未达标的数量。"), errors={"units": [_("请填写")]})
    amount = rules.quality(units, clause.unit_fen)
    found = _capped(milestone, contract, amount, p.QUALITY, None)
    return found | {"units": units, "unit_fen": clause.unit_fen, "clause": clause.name}


def _capped(
    milestone: Milestone, contract: Contract, amount_fen: int, kind: str, kind_bp: int | None
) -> dict[str, Any]:
    """Return the amounts after the cap of the kind, of all deductions, and of the milestone."""
    # Two proposals under one cap wait for each other here.
    db.session.execute(db.select(Contract.id).where(Contract.id == contract.id).with_for_update())
    live = list(
        db.session.scalars(
            db.select(Deduction)
            .join(Milestone, Milestone.id == Deduction.milestone_id)
            .where(
                Milestone.contract_id == contract.id,
                Deduction.state.in_(LIVE),
                Deduction.kind != p.SCORE,
            )
        )
    )
    value = value_fen(contract.id)
    caps = (
        (rules.cap(value, kind_bp), [row for row in live if row.kind == kind]),
        (rules.cap(value, terms_of(contract).deduction_cap_bp), live),
        (milestone.amount_fen, [row for row in live if row.milestone_id == milestone.id]),
    )
    capped = min(
        rules.capped(amount_fen, most_fen=most, earlier_fen=[row.capped_fen for row in rows])
        for most, rows in caps
    )
    if capped <= 0:
        raise RuleBroken(
            "DEDUCTION_CAP_REACHED",
            _(
                "按条款应扣 %(amount)s 元，但扣减已达上限，不能再扣。损失更大的，请依法另行主张。",
                amount=yuan(amount_fen),
            ),
            basis=LIABILITY,
            amount_fen=amount_fen,
        )
    # Units times their price may be beyond any sum of money; what is taken off never is.
    return {"amount_fen": min(amount_fen, FEN_MAX), "capped_fen": capped}


def _not_agreed(milestone: Milestone, what: str) -> RuleBroken:
    return RuleBroken(
        "DEDUCTION_NOT_AGREED",
        _(
            "合同没有对“%(name)s”约定“%(what)s”的扣减，不能扣。请按合同的违约条款办理。",
            name=milestone.name,
            what=what,
        ),
        basis=LIABILITY,
    )


def _fetched(actor: Actor, number: int, permission: str) -> tuple[Deduction, Milestone]:
    """Return a deduction whose milestone an actor may see, before the milestone is accepted."""
    row = db.session.get(Deduction, number)
    if row is None:
        raise NotFound("NOT_FOUND", _("没有找到这项扣减，请核对编号。"))
    milestone = fetch(Milestone, row.milestone_id, actor, permission)
    steps.milestone.require(milestone, "deduction.propose")
    db.session.refresh(row)
    return row, milestone
