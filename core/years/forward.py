"""Forward years (跨年支出): what a purchase will need of a year that has no budget yet.

A forward obligation moves no money. Once that year's line is approved it is converted, whole or not
at all: the line's money is reserved for the purchase, and the signed contract commits it.
"""

from __future__ import annotations

from typing import Any

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

FORWARD = "forward_obligation"
CONVERTED_KIND = "forward.converted"
PAGE = 50

ENTRY_KINDS = [
    EntryKind(CONVERTED_KIND, "跨年支出落实预算", RESERVE_PAIRS, "政府购买服务管理办法第二十四条")
]


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
