"""Forward years (跨年支出): what a purchase will need of a year that has no budget yet.

A forward obligation moves no money. Once that year's line is approved it is converted, whole or not
at all: the line's money is reserved for the purchase, and the signed contract commits it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, scoped
from core.budget import RESERVE_PAIRS, BudgetLine, reserve_moves
from core.db import db
from core.errors import Conflict, Refusal, RuleBroken
from core.formats import yuan
from core.ledger import EntryKind, post
from core.parties import require_organisation
from core.plugins import tell
from core.years.models import CANCELLED, CONVERTED, OPEN, ForwardObligation

if TYPE_CHECKING:
    from core.purchases import Purchase

FORWARD = "forward_obligation"
CONVERTED_KIND = "forward.converted"
PAGE = 50

ENTRY_KINDS = [
    EntryKind(CONVERTED_KIND, "跨年支出落实预算", RESERVE_PAIRS, "政府购买服务管理办法第二十四条")
]


def of_plan(purchase_id: int, fiscal_year: int | str) -> str:
    """Return the name under which a plan's own obligation of a year is known."""
    return f"purchase:{purchase_id}/{fiscal_year}"


def add(
    actor: Actor,
    *,
    source: str,
    purchase_id: int,
    organisation_id: int,
    name: str,
    fiscal_year: int,
    amount_fen: int,
) -> ForwardObligation:
    """Record what a purchase will need of a later fiscal year, in fen; posts nothing.

    For a component's own act. `source` is the component's name for it; the same again changes the
    amount while it is open, else STATE_CHANGED.
    """
    found: ForwardObligation | None = db.session.scalar(
        db.select(ForwardObligation).filter_by(source=source).with_for_update()
    )
    if found is not None:
        _refuse_unless_open(found)
        found.amount_fen, found.fiscal_year = amount_fen, fiscal_year
        db.session.flush()
        return found
    organisation = require_organisation(organisation_id)
    made = ForwardObligation(
        source=source,
        purchase_id=purchase_id,
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        name=name,
        fiscal_year=fiscal_year,
        amount_fen=amount_fen,
        state=OPEN,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    states.begin(FORWARD, made)
    return made


def cancel(source: str) -> None:
    """Drop an open forward obligation, because its purchase ended; for a component's own act."""
    query = db.select(ForwardObligation).filter_by(source=source).with_for_update()
    found = db.session.scalars(query).one()
    _refuse_unless_open(found)
    states.change(FORWARD, found, to=CANCELLED, allowed={OPEN})


def take_over(
    actor: Actor,
    *,
    purchase: Purchase,
    source: str,
    fiscal_year: int,
    amount_fen: int,
    name: str,
) -> ForwardObligation:
    """Let a component's own obligation of a year stand in place of so much (fen) of the plan's.

    For a component's own act; taken over again, the own one grows. Refuses FORWARD_EXCEEDS_PLAN
    when the plan has too little left of that year, STATE_CHANGED when the own one was converted.
    """
    planned = of_plan(purchase.id, fiscal_year)
    rows = _locked(planned, source)
    plan, own = rows.get(planned), rows.get(source)
    if own is not None and own.state == CONVERTED:
        _refuse_unless_open(own)
    left = plan.amount_fen if plan is not None and plan.state == OPEN else 0
    if plan is None or amount_fen > left:
        raise RuleBroken(
            "FORWARD_EXCEEDS_PLAN",
            _(
                "“%(name)s” %(year)s 年度需要 %(needed)s 元，购买计划该年度只剩 %(planned)s 元。"
                "请调整各年度的金额，或另行备案计划。",
                name=name,
                year=fiscal_year,
                needed=yuan(amount_fen),
                planned=yuan(left),
            ),
            basis="政府购买服务管理办法第二十四条",
            fiscal_year=fiscal_year,
            required_fen=amount_fen,
            planned_fen=left,
        )
    _lower(plan, amount_fen)
    if own is not None:
        _raise(own, amount_fen)
        return own
    return add(
        actor,
        source=source,
        purchase_id=purchase.id,
        organisation_id=purchase.organisation_id,
        name=name,
        fiscal_year=fiscal_year,
        amount_fen=amount_fen,
    )


def hand_back(source: str, amount_fen: int) -> None:
    """Give so much (fen) of an own open obligation back to the plan's of that year.

    For a component's own act while its plan is carried out. What the plan still had of that year
    may have been converted meanwhile; then the own one is lowered alone. Refuses STATE_CHANGED when
    the own one is no longer open.
    """
    known = db.session.scalars(db.select(ForwardObligation).filter_by(source=source)).one()
    planned = of_plan(known.purchase_id, known.fiscal_year)
    rows = _locked(planned, source)
    plan, own = rows.get(planned), rows[source]
    _refuse_unless_open(own)
    _lower(own, amount_fen)
    if plan is not None and plan.state != CONVERTED:
        _raise(plan, amount_fen)


def convert(actor: Actor, *, id: int, line_id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Reserve a forward obligation on the line of its year, whole or not at all.

    Refuses BUDGET_INSUFFICIENT when the line is short, LINE_MISMATCH for a line of another year or
    purchaser, YEAR_CLOSED, STATE_CHANGED.
    """
    found = fetch(ForwardObligation, id, actor, "forward.convert")
    line = fetch(BudgetLine, line_id, actor, "forward.convert")
    _refuse_unless_open(found)
    if (line.fiscal_year, line.organisation_id) != (found.fiscal_year, found.organisation_id):
        raise RuleBroken(
            "LINE_MISMATCH",
            _(
                "这笔支出属于 %(year)s 年度，须用同一单位 %(year)s 年度的指标，"
                "所选指标“%(code)s”是 %(other)s 年度的或其他单位的。",
                year=found.fiscal_year,
                code=line.code,
                other=line.fiscal_year,
            ),
            basis="预算法第六十三条",
            line_id=line.id,
        )
    moves = reserve_moves(found.purchase_id, {line.id: found.amount_fen})
    try:
        journal_id = post(CONVERTED_KIND, f"forward:{found.id}/converted", moves, note=found.name)
    except Refusal as refusal:
        if refusal.code != "BUDGET_INSUFFICIENT":
            raise
        raise RuleBroken(
            "BUDGET_INSUFFICIENT",
            _(
                "指标“%(code)s”可用 %(available)s 元，不够落实“%(name)s”的 %(needed)s 元。"
                "跨年支出须整笔落实，请先办理指标调整。",
                code=line.code,
                name=found.name,
                available=yuan(refusal.facts["available_fen"]),
                needed=yuan(found.amount_fen),
            ),
            basis=refusal.basis,
            **refusal.facts,
        ) from refusal
    states.change(
        FORWARD,
        found,
        to=CONVERTED,
        allowed={OPEN},
        line_id=line.id,
        journal_id=journal_id,
    )
    audit.about(FORWARD, found.id, found.name)
    tell("forward_converted", source=found.source, line_id=line.id)
    return _said(found)


def listed(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return forward obligations, newest first."""
    query = scoped(ForwardObligation, actor, "forward.view").order_by(ForwardObligation.id.desc())
    if before is not None:
        query = query.where(ForwardObligation.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    return {
        "items": [_said(row) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def _locked(*sources: str) -> dict[str, ForwardObligation]:
    """Return obligations by source, fresh and locked in the order of their numbers."""
    query = (
        db.select(ForwardObligation)
        .where(ForwardObligation.source.in_(sources))
        .order_by(ForwardObligation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.source: row for row in db.session.scalars(query)}


def _lower(row: ForwardObligation, amount_fen: int) -> None:
    """Take from an open obligation; one of nothing is cancelled."""
    if amount_fen == row.amount_fen:
        states.change(FORWARD, row, to=CANCELLED, allowed={OPEN})
        return
    row.amount_fen -= amount_fen
    db.session.flush()


def _raise(row: ForwardObligation, amount_fen: int) -> None:
    """Add to an obligation; one that had been given away whole stands again."""
    if row.state == CANCELLED:
        states.change(FORWARD, row, to=OPEN, allowed={CANCELLED}, amount_fen=amount_fen)
        return
    row.amount_fen += amount_fen
    db.session.flush()


def _refuse_unless_open(found: ForwardObligation) -> None:
    if found.state != OPEN:
        words = {CONVERTED: _("已落实预算"), CANCELLED: _("已取消")}
        raise Conflict(
            "STATE_CHANGED",
            _("“%(name)s”%(what)s，不能再办理。", name=found.name, what=words[found.state]),
            state=found.state,
        )


def _said(found: ForwardObligation) -> dict[str, Any]:
    return {
        "id": found.id,
        "source": found.source,
        "purchase_id": found.purchase_id,
        "organisation_id": found.organisation_id,
        "name": found.name,
        "fiscal_year": found.fiscal_year,
        "amount_fen": found.amount_fen,
        "state": found.state,
        "line_id": found.line_id,
        "journal_id": found.journal_id,
    }
