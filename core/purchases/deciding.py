"""A plan from its submission to its end: agreed by a second person, filed, cancelled, closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import reserve_moves, reserved, unreserve_moves
from core.db import db
from core.errors import NotFound, NotPermitted, RuleBroken
from core.ledger import post
from core.purchases import books, clocks, forms, gates, rules, steps, telling
from core.purchases.asked import GROUPED, OPEN
from core.purchases.drawing import unused
from core.purchases.models import FILED, READY, SUBMITTED, UNDER_WAY, Purchase
from core.purchases.steps import PURCHASE

AGREE = "purchase.agree"


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand a complete plan to the unit's approver.

    Refuses what creating refuses, then DOUBLE_FUNDING, PLAN_FIELD_MISSING, NO_ADD_NOT_CONFIRMED
    and CONSULTATION_NOT_FINISHED.
    """
    purchase = fetch(Purchase, id, actor, "purchase.plan")
    steps.require(purchase, "purchase.submit")
    _judge(purchase)
    steps.take(purchase, "purchase.submit", submitted_by=actor.user_id, sent_back_reason=None)
    return _about(purchase)


def agree(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Agree to a submitted plan for the unit; never by who wrote or submitted it."""
    purchase = fetch(Purchase, id, actor, AGREE)
    steps.require(purchase, AGREE)
    four_eyes(actor, purchase.made_by, purchase.submitted_by, what=_("购买计划"))
    steps.take(purchase, AGREE, agreed_by=actor.user_id, agreed_at=clock.now())
    clocks.start_filing(purchase)
    return _about(purchase)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a plan back to its maker with a reason: the unit's approver, or finance once agreed."""
    purchase = fetch(Purchase, id, actor, "purchase.send_back")
    steps.require(purchase, "purchase.send_back")
    side = "purchaser_approver" if purchase.state == SUBMITTED else "finance_budget"
    _require_role(actor, "purchase.send_back", side, purchase)
    for row in purchase.cosignatures:
        row.signed_by = row.signed_at = row.remark = None
    steps.take(
        purchase,
        "purchase.send_back",
        sent_back_reason=reason,
        agreed_by=None,
        agreed_at=None,
        countersigned_by=None,
        countersigned_at=None,
    )
    clocks.stop_filing(purchase)
    telling.tell_all(purchase, telling.SENT_BACK, reason)
    return _about(purchase, reason)


def file(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """File an agreed plan with finance (备案) and reserve its money on its lines.

    Refuses what submitting refuses, COSIGNATURE_MISSING, CONDITIONS_NOT_COUNTERSIGNED, and
    BUDGET_INSUFFICIENT when a line has not enough left.
    """
    purchase = fetch(Purchase, id, actor, "purchase.file")
    steps.require(purchase, "purchase.file")
    four_eyes(actor, purchase.made_by, purchase.submitted_by, purchase.agreed_by, what=_("备案"))
    _judge(purchase)
    _refuse_unsigned(purchase)
    amounts = {row.line_id: row.amount_fen for row in purchase.funding}
    moves = reserve_moves(purchase.id, amounts)
    post(books.FILED, f"purchase:{purchase.id}/filed:{audit.current().act}", moves)
    # Once more under the lines' locks, which put plans filed at the same time in an order.
    rules.refuse_splitting(purchase)
    number = f"备〔{purchase.fiscal_year}〕{purchase.id}号"
    steps.take(
        purchase,
        "purchase.file",
        filed_by=actor.user_id,
        filed_at=clock.now(),
        filed_number=number,
    )
    clocks.stop_filing(purchase)
    gates.oblige(actor, purchase)
    telling.tell_all(purchase, telling.FILED, purchase.name)
    return _about(purchase, number) | {"filed_number": number, "reserved_fen": purchase.budget_fen}


def cancel(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give a plan up: its money goes back to the lines, its orders wait again.

    Once filed only the unit's approver may.
    """
    purchase = fetch(Purchase, id, actor, "purchase.cancel")
    steps.require(purchase, "purchase.cancel")
    if purchase.state == FILED:
        _require_role(actor, "purchase.cancel", "purchaser_approver", purchase)
    _give_back(purchase)
    for demand in telling.answered(purchase):
        states.change("demand", demand, to=OPEN, allowed=[GROUPED], purchase_id=None)
        telling.tell(demand, telling.RELEASED, reason)
    steps.take(purchase, "purchase.cancel", end_reason=reason)
    clocks.stop_filing(purchase)
    return _about(purchase, reason)


def close(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Close a plan that was carried out; what is still reserved goes back to its lines."""
    purchase = fetch(Purchase, id, actor, AGREE)
    steps.require(purchase, "purchase.close")
    four_eyes(actor, purchase.made_by, what=_("办结"))
    _give_back(purchase)
    steps.take(purchase, "purchase.close", end_reason=reason)
    telling.tell_all(purchase, telling.FINISHED, purchase.name)
    return _about(purchase, reason)


def give_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give back what a plan that goes on has not used of years that are over, so that they close.

    What it needs of a later year is reserved on that year's line. Refuses NOTHING_RESERVED.
    """
    purchase = fetch(Purchase, id, actor, "purchase.give_back")
    steps.require(purchase, "purchase.give_back")
    left = unused(purchase)
    if not left:
        raise RuleBroken(
            "NOTHING_RESERVED",
            _("购买计划 %(number)s 没有以前年度的预留，不需要退回。", number=purchase.number),
        )
    moves = unreserve_moves(purchase.id, left)
    post(books.RELEASED, f"purchase:{purchase.id}/released:{audit.current().act}", moves)
    return _about(purchase, reason) | {"released_fen": sum(left.values())}


# --- for the forms' plugins --------------------------------------------------------------------


def require_filed(purchase_id: int, *, form: str, organisation_id: int) -> Purchase:
    """Return a filed plan of a purchaser in a form; refuse PLAN_NOT_FILED otherwise.

    What a plugin is about to do draws on the plan's reservation. Inside an act the row is locked.
    """
    query = db.select(Purchase).where(Purchase.id == purchase_id)
    if audit.under_way():
        query = query.with_for_update(of=Purchase)
    purchase: Purchase | None = db.session.scalar(query)
    if purchase is None or purchase.organisation_id != organisation_id:
        raise NotFound("NOT_FOUND", _("没有找到这个购买计划，或它不属于这个购买主体。"))
    basis = "政府采购法第三十三条、政府采购法实施条例第二十九条"
    if purchase.state not in READY:
        raise RuleBroken(
            "PLAN_NOT_FILED",
            _(
                "购买计划 %(number)s 现在是“%(state)s”，还没有在财政部门备案，不能实施。"
                "请先完成备案。",
                number=purchase.number,
                state=str(steps.STATE_NAMES[purchase.state]),
            ),
            basis=basis,
            state=purchase.state,
        )
    if purchase.form != form:
        raise RuleBroken(
            "PLAN_NOT_FILED",
            _(
                "购买计划 %(number)s 备案的方式是“%(filed)s”，不能用“%(form)s”实施。"
                "请按备案的方式办理，或另行备案。",
                number=purchase.number,
                filed=forms.name_of(purchase.form),
                form=forms.name_of(form),
            ),
            basis=basis,
            form=purchase.form,
        )
    return purchase


def start(purchase: Purchase) -> None:
    """Hear from a form's plugin that a filed plan is being carried out; a second time, nothing."""
    if purchase.state == UNDER_WAY:
        return
    steps.take(purchase, "purchase.start")
    clocks.start_report(purchase)
    telling.tell_all(purchase, telling.STARTED, purchase.name)


# --- parts -------------------------------------------------------------------------------------


def _judge(purchase: Purchase) -> None:
    rules.refuse_at_first_step(purchase)
    gates.refuse_double_funding(purchase)
    rules.refuse_incomplete(purchase)
    rules.refuse_unconsulted(purchase)


def _refuse_unsigned(purchase: Purchase) -> None:
    waiting = [row for row in purchase.cosignatures if row.signed_at is None]
    if waiting:
        raise RuleBroken(
            "COSIGNATURE_MISSING",
            _(
                "还有 %(count)s 个单位没有会签，不能备案。请等会签齐全，或由购买主体调整会签单位。",
                count=len(waiting),
            ),
            organisation_ids=[row.organisation_id for row in waiting],
        )
    content = purchase.content
    has_conditions = content.get("hard_conditions") or content.get("preferred_conditions")
    if has_conditions and purchase.countersigned_at is None:
        raise RuleBroken(
            "CONDITIONS_NOT_COUNTERSIGNED",
            _("承接主体的具体条件由购买主体会同财政部门确定，还没有财政会签，不能备案。"),
            basis="政府采购法第二十二条",
        )


def _give_back(purchase: Purchase) -> None:
    """Return what is still reserved for a plan to its lines; no later year owes it anything."""
    gates.release_obligations(purchase)
    left = {line: fen for line, fen in reserved(purchase.id).items() if fen}
    if left:
        moves = unreserve_moves(purchase.id, left)
        post(books.RELEASED, f"purchase:{purchase.id}/released:{audit.current().act}", moves)


def _require_role(actor: Actor, permission: str, role: str, purchase: Purchase) -> None:
    """Refuse who does not hold a role for this plan; one held elsewhere does not count."""
    only = replace(actor, grants=tuple(g for g in actor.grants if g.role in {role, "system"}))
    found = scoped(Purchase, only, permission).with_only_columns(Purchase.id)
    if db.session.scalar(found.where(Purchase.id == purchase.id)) is not None:
        return
    names = {"purchaser_approver": _("购买主体复核"), "finance_budget": _("财政预算")}
    raise NotPermitted(
        "ROLE_NOT_ALLOWED",
        _("计划现在这一步须由“%(role)s”岗位办理，请交由相应人员。", role=names[role]),
    )


def _about(purchase: Purchase, detail: str | None = None) -> dict[str, Any]:
    audit.about(PURCHASE, purchase.id, detail)
    return {"id": purchase.id, "number": purchase.number, "state": purchase.state}
