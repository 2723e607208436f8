"""Changes of a signed contract: six kinds, each within its limits, in force once both signed.

A supplement adds at most a tenth of the original in all; it is judged when it is proposed, when it
is approved and, under the contract's lock, when it comes into force.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import day, yuan
from core.ledger import Move, post
from core.purchases import require_drawing
from plugins.contract_outsourcing.models import Amendment, Contract, Milestone, Tender
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules.splitting import BP
from plugins.contract_outsourcing.service import (
    advances,
    limits,
    papers,
    postings,
    signing,
    steps,
    years,
)

AMENDMENT = "amendment"
LIVE = (c.PROPOSED, c.APPROVED, c.IN_FORCE)
DOWN = (c.PRICE_DOWN, c.VOLUME_DOWN)


def amend(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    kind: str,
    words: str,
    reason: str,
    amount_fen: int,
    fiscal_year: int | None,
    changes: dict[str, Any],
) -> dict[str, Any]:
    """Propose a change of a contract that is performed.

    Refuses AMENDMENT_CHANGES_MONEY, and by kind SUPPLEMENT_OVER_10PCT then BUDGET_INSUFFICIENT,
    CONTRACT_TERM_EXCEEDED, MILESTONE_NOT_OPEN, ADVANCE_NOT_EARNED.
    """
    contract = fetch(Contract, id, actor, "contract.make")
    steps.contract.require(contract, "contract.amend")
    _refuse_money(contract, kind, amount_fen)
    kept = _changes(contract, kind, changes)
    if kind in DOWN:
        amount_fen = -sum(cut["amount_fen"] for cut in kept["cuts"])
    if kind == c.SUPPLEMENT:
        fiscal_year = fiscal_year or clock.today().year
    row = Amendment(
        contract_id=contract.id,
        number=_next_number(contract.id),
        kind=kind,
        words=words,
        reason=reason,
        amount_fen=amount_fen,
        fiscal_year=fiscal_year if kind == c.SUPPLEMENT else None,
        changes=kept,
        state=c.PROPOSED,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    _judge(contract, row)
    db.session.add(row)
    db.session.flush()
    states.begin(AMENDMENT, row)
    return about(contract, row)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a proposed change for the purchaser; its text is then fixed for signing."""
    contract, row = _fetched(actor, id, "contract.agree")
    steps.contract.require(contract, "contract.amend")
    four_eyes(actor, row.made_by, what=_("合同变更"))
    _judge(contract, row)
    states.change(
        AMENDMENT,
        row,
        to=c.APPROVED,
        allowed=[c.PROPOSED],
        approved_by=actor.user_id,
        approved_at=clock.now(),
        text_hash=papers.hash_of(papers.amendment_document(contract, row)),
    )
    return about(contract, row)


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decline a change that is not in force: the purchaser's approver, or the provider."""
    contract, row = _fetched(actor, id, signing.SIGN)
    states.change(AMENDMENT, row, to=c.DECLINED, allowed=[c.PROPOSED, c.APPROVED])
    return about(contract, row, reason)


def sign(actor: Actor, *, id: int, text_hash: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Sign an approved change; the last signature puts it in force with its money.

    Refuses what signing a contract refuses, and what the change's kind forbids.
    """
    contract, row = _fetched(actor, id, signing.SIGN)
    steps.contract.require(contract, "contract.amend")
    if row.state != c.APPROVED:
        raise Conflict(
            "STATE_CHANGED", _("这项合同变更还没有复核，或已经处理完，不能签署。"), state=row.state
        )
    signing.refuse_hindered(contract)
    signing.put_signature(
        actor, contract, AMENDMENT, row.id, given=text_hash, stored=row.text_hash or ""
    )
    missing = signing.unsigned(contract, AMENDMENT, row.id)
    if not missing:
        _put_in_force(actor, contract, row)
    return about(contract, row) | {"missing": missing}


def about(contract: Contract, row: Amendment, detail: str | None = None) -> dict[str, Any]:
    """Tell the trail which contract was to change, and return what acts answer."""
    audit.about("contract", contract.id, detail or f"{contract.number}-{row.number}")
    return {
        "id": row.id,
        "contract_id": contract.id,
        "number": row.number,
        "kind": row.kind,
        "amount_fen": row.amount_fen,
        "state": row.state,
        "text_hash": row.text_hash,
    }


# --- what each kind may do ---------------------------------------------------------------------


def _judge(contract: Contract, row: Amendment) -> None:
    if row.kind == c.SUPPLEMENT:
        _refuse_over_tenth(contract, row)
        years.require_room(contract, row.fiscal_year or 0, row.amount_fen)
    elif row.kind == c.EXTENSION:
        method = db.session.get_one(Tender, contract.tender_id).method
        limits.refuse_too_long(contract, date.fromisoformat(row.changes["ends_on"]), method)
    elif row.kind in DOWN:
        _cut_milestones(contract, row.changes["cuts"])


def _refuse_over_tenth(contract: Contract, row: Amendment) -> None:
    figure = rulepack.cited(
        "contract.supplement_bp", on=clock.today(), division_code=contract.division_code
    )
    most = contract.value_fen * int(figure.value) // BP
    query = db.select(db.func.coalesce(db.func.sum(Amendment.amount_fen), 0)).where(
        Amendment.contract_id == contract.id,
        Amendment.kind == c.SUPPLEMENT,
        Amendment.state.in_(LIVE),
    )
    if row.id is not None:
        query = query.where(Amendment.id != row.id)
    earlier = int(db.session.scalar(query) or 0)
    if earlier + row.amount_fen > most:
        raise RuleBroken(
            "SUPPLEMENT_OVER_10PCT",
            _(
                "补充合同合计 %(total)s 元（此前 %(earlier)s 元，本次 %(own)s 元），"
                "超过原合同 %(value)s 元的 10%% 即 %(most)s 元。超过部分请另行采购。",
                total=yuan(earlier + row.amount_fen),
                earlier=yuan(earlier),
                own=yuan(row.amount_fen),
                value=yuan(contract.value_fen),
                most=yuan(most),
            ),
            basis=figure.citation,
            value_fen=contract.value_fen,
            earlier_fen=earlier,
            asked_fen=row.amount_fen,
            most_fen=most,
        )


def _refuse_money(contract: Contract, kind: str, amount_fen: int) -> None:
    if kind == c.SUPPLEMENT and contract.kind == c.FRAMEWORK:
        raise RuleBroken(
            "AMENDMENT_CHANGES_MONEY",
            _("框架协议按订单付款，没有补充合同。请在最高限额内下单，超过限额的另行采购。"),
            basis="政府采购框架协议采购方式管理暂行办法",
        )
    if kind == c.SUPPLEMENT and not amount_fen:
        raise InvalidInput(_("请填写补充金额。"), errors={"amount_fen": [_("请填写")]})
    if kind != c.SUPPLEMENT and amount_fen:
        raise RuleBroken(
            "AMENDMENT_CHANGES_MONEY",
            _(
                "只有补充合同可以增加金额；这类变更不能增加 %(amount)s 元。",
                amount=yuan(amount_fen),
            ),
            basis="政府采购法第四十九条",
            amount_fen=amount_fen,
        )


def _changes(contract: Contract, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a kind of change sets, ready to be stored; refuse what is missing."""

    def need(name: str) -> Any:
        if not given.get(name):
            raise InvalidInput(_("请填写变更的内容。"), errors={"changes": {name: [_("请填写")]}})
        return given[name]

    if kind == c.SUPPLEMENT:
        due_on = given.get("due_on")
        return {
            "milestone": need("milestone"),
            "due_on": due_on.isoformat() if due_on else None,
        }
    if kind in DOWN:
        return {"cuts": need("cuts")}
    if kind == c.EXTENSION:
        ends_on = need("ends_on")
        if ends_on <= contract.ends_on:
            raise InvalidInput(
                _("延长后的终止日须晚于 %(ends)s。", ends=day(contract.ends_on)),
                errors={"changes": {"ends_on": [_("须晚于现在的终止日")]}},
            )
        # What was signed before must remain readable after it.
        return {
            "ends_on": ends_on.isoformat(),
            "ends_on_before": contract.ends_on.isoformat(),
            "due_dates": [
                {"milestone_id": one["milestone_id"], "due_on": one["due_on"].isoformat()}
                for one in given.get("due_dates") or ()
            ],
        }
    if kind == c.LEGAL_CHANGE:
        return {"parts": {name: text for name, text in need("parts").items() if text}}
    return {}


def _open_milestones(contract: Contract, numbers: list[int]) -> dict[int, Milestone]:
    rows = db.session.scalars(
        db.select(Milestone)
        .where(Milestone.contract_id == contract.id, Milestone.id.in_(numbers))
        .with_for_update()
    )
    found = {row.id: row for row in rows}
    if len(found) < len(set(numbers)):
        raise NotFound("NOT_FOUND", _("节点不属于这份合同，请核对编号。"))
    for row in found.values():
        if row.state not in {p.SCHEDULED, p.REFUSED} or row.kind in {p.ADVANCE, p.ORDER}:
            raise RuleBroken(
                "MILESTONE_NOT_OPEN",
                _("节点“%(name)s”已经交付或不能变更，请选择还没有交付的节点。", name=row.name),
                milestone_id=row.id,
            )
    return found


def _cut_milestones(contract: Contract, cuts: list[dict[str, int]]) -> dict[int, Milestone]:
    numbers = [cut["milestone_id"] for cut in cuts]
    if len(set(numbers)) < len(numbers):
        raise InvalidInput(
            _("同一节点列了两次。"), errors={"changes": {"cuts": [_("同一节点列了两次")]}}
        )
    found = _open_milestones(contract, numbers)
    for cut in cuts:
        row = found[cut["milestone_id"]]
        if cut["amount_fen"] > row.amount_fen:
            raise RuleBroken(
                "MILESTONE_NOT_OPEN",
                _(
                    "节点“%(name)s”只有 %(amount)s 元，不能减少 %(cut)s 元。请改为不超过节点金额。",
                    name=row.name,
                    amount=yuan(row.amount_fen),
                    cut=yuan(cut["amount_fen"]),
                ),
                milestone_id=row.id,
                amount_fen=row.amount_fen,
            )
    for year, fen in _lost(found, cuts).items():
        advances.refuse_cut(contract.id, year, fen)
    return found


def _lost(milestones: dict[int, Milestone], cuts: list[dict[str, int]]) -> dict[int, int]:
    """Return what cuts take off (fen) by fiscal year."""
    lost: dict[int, int] = {}
    for cut in cuts:
        year = milestones[cut["milestone_id"]].fiscal_year
        lost[year] = lost.get(year, 0) + cut["amount_fen"]
    return dict(sorted(lost.items()))


# --- in force ----------------------------------------------------------------------------------


def _put_in_force(actor: Actor, contract: Contract, row: Amendment) -> None:
    _judge(contract, row)
    moves: list[Move] = []
    if row.kind == c.SUPPLEMENT:
        moves = _supplement(actor, contract, row)
    elif row.kind in DOWN:
        moves = _cut(actor, contract, row)
    elif row.kind == c.EXTENSION:
        _extend(contract, row)
    journal_id = None
    if moves:
        source = f"amendment:{row.id}/in_force"
        journal_id = post(postings.AMENDED, source, moves, note=contract.number)
    states.change(
        AMENDMENT,
        row,
        to=c.IN_FORCE,
        allowed=[c.APPROVED],
        in_force_at=clock.now(),
        journal_id=journal_id,
    )


def _supplement(actor: Actor, contract: Contract, row: Amendment) -> list[Move]:
    require_drawing(contract.purchase_id)
    assert row.fiscal_year is not None  # noqa: S101 - set when it was proposed
    moves = years.raise_year(actor, contract, row.fiscal_year, row.amount_fen)
    due_on = row.changes.get("due_on")
    signing.add_milestone(
        contract,
        amendment_id=row.id,
        sequence=_next_sequence(contract.id),
        name=row.changes["milestone"],
        kind=p.SUPPLEMENT,
        fiscal_year=row.fiscal_year,
        amount_fen=row.amount_fen,
        due_on=date.fromisoformat(due_on) if due_on else None,
    )
    return moves


def _cut(actor: Actor, contract: Contract, row: Amendment) -> list[Move]:
    found = _cut_milestones(contract, row.changes["cuts"])
    for cut in row.changes["cuts"]:
        milestone, fen = found[cut["milestone_id"]], cut["amount_fen"]
        if fen == milestone.amount_fen:
            steps.milestone.take(milestone, "milestone.cancel")
        else:
            milestone.amount_fen -= fen
    db.session.flush()
    return [
        move
        for year, fen in _lost(found, row.changes["cuts"]).items()
        for move in years.cancel_part(actor, contract, year, fen)
    ]


def _extend(contract: Contract, row: Amendment) -> None:
    contract.ends_on = date.fromisoformat(row.changes["ends_on"])
    dates = {
        one["milestone_id"]: date.fromisoformat(one["due_on"])
        for one in row.changes.get("due_dates") or ()
    }
    for number, milestone in _open_milestones(contract, list(dates)).items():
        milestone.due_on = dates[number]
    db.session.flush()


# --- parts -------------------------------------------------------------------------------------


def _fetched(actor: Actor, number: int, permission: str) -> tuple[Contract, Amendment]:
    """Return a change with its contract, which is locked first as in every act on it."""
    contract_id = db.session.scalar(db.select(Amendment.contract_id).where(Amendment.id == number))
    contract = fetch(Contract, contract_id or 0, actor, permission)
    row = db.session.get_one(Amendment, number, with_for_update=True, populate_existing=True)
    return contract, row


def _next_number(contract_id: int) -> int:
    query = db.select(db.func.max(Amendment.number)).where(Amendment.contract_id == contract_id)
    return int(db.session.scalar(query) or 0) + 1


def _next_sequence(contract_id: int) -> int:
    query = db.select(db.func.max(Milestone.sequence)).where(Milestone.contract_id == contract_id)
    return int(db.session.scalar(query) or 0) + 1
