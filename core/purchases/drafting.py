"""A plan while it is written: made, revised, demands grouped into it, taken back."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput
from core.parties import own_organisation, require_organisation
from core.purchases import forms, gates, rules, steps, telling
from core.purchases.asked import GROUPED, OPEN, Demand
from core.purchases.models import (
    DRAFT,
    Purchase,
    PurchaseCosignature,
    PurchaseForward,
    PurchaseFunding,
    PurchaseIndicator,
)
from core.purchases.steps import PURCHASE

PLAN = "purchase.plan"
_COLUMNS = (
    "name",
    "catalogue_item_id",
    "by_analogy",
    "nature",
    "beneficiary",
    "origin",
    "stage",
    "need",
    "standard",
    "quantity",
    "unit",
    "goal",
    "starts_on",
    "ends_on",
    "form",
    "form_reason",
    "is_open_tender",
    "split_approval",
    "envelope",
    "fund_purpose",
    "emergency_reason",
    "handover_id",
)
_TRAITS = ("standard_is_clear", "recipients_choose", "to_producers")
_CONTENT = (
    "contributions",
    "comparison",
    "conversion",
    "hard_conditions",
    "preferred_conditions",
    "no_add",
    "reforms",
    "groups",
)


def create(
    actor: Actor, *, organisation_id: int, demand_ids: list[int], **plan: Any
) -> dict[str, Any]:
    """Write a plan as a draft, with the orders it answers.

    Refused at once is what cannot be mended: see `rules.refuse_at_first_step`.
    """
    organisation = own_organisation(actor, organisation_id, PLAN)
    purchase = Purchase(
        # Replaced below: the row's own number is part of it.
        number=audit.current().act,
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        state=DRAFT,
        made_by=actor.user_id,
        made_at=clock.now(),
        catalogue_category="",
        fiscal_year=plan["starts_on"].year,
        content={},
    )
    _write(purchase, plan)
    rules.refuse_at_first_step(purchase)
    db.session.add(purchase)
    db.session.flush()
    purchase.number = f"GM{purchase.fiscal_year}{purchase.id:06d}"
    db.session.flush()
    states.begin(PURCHASE, purchase)
    gates.warn_of_double_funding(actor, purchase)
    _group(actor, purchase, demand_ids)
    return _about(purchase)


def revise(actor: Actor, *, id: int, **plan: Any) -> dict[str, Any]:  # noqa: A002 - the field
    """Replace a draft's content; refused like a new one."""
    purchase = fetch(Purchase, id, actor, PLAN)
    steps.require(purchase, "purchase.revise")
    # An unknown line would break a reference before it could be refused in words.
    with db.session.no_autoflush:
        _write(purchase, plan)
        purchase.made_by = actor.user_id
        # What finance found of the former content is not true of this one.
        purchase.countersigned_by = purchase.countersigned_at = None
        rules.refuse_at_first_step(purchase)
    db.session.flush()
    gates.warn_of_double_funding(actor, purchase)
    return _about(purchase)


def recall(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take a plan back to change it, out of consultation or before it was agreed."""
    purchase = fetch(Purchase, id, actor, PLAN)
    steps.take(purchase, "purchase.recall", submitted_by=None, **_unsigned(purchase))
    return _about(purchase, reason)


def group_demands(actor: Actor, *, id: int, demand_ids: list[int]) -> dict[str, Any]:  # noqa: A002 - the field
    """Group orders into a draft; each belongs to one plan. Refuses DEMAND_TAKEN."""
    purchase = fetch(Purchase, id, actor, PLAN)
    steps.require(purchase, "purchase.group_demands")
    _group(actor, purchase, demand_ids)
    return _about(purchase) | {"demand_ids": demand_ids}


def release_demand(actor: Actor, *, id: int, demand_id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take an order out of a draft, so that another plan may answer it."""
    purchase = fetch(Purchase, id, actor, PLAN)
    steps.require(purchase, "purchase.group_demands")
    demand = fetch(Demand, demand_id, actor, PLAN)
    if demand.purchase_id != purchase.id:
        raise InvalidInput(
            _("第 %(id)s 号需求不在这个计划里，请刷新后查看。", id=demand.id),
            errors={"demand_id": [_("不在这个计划里")]},
        )
    states.change("demand", demand, to=OPEN, allowed=[GROUPED], purchase_id=None)
    telling.tell(demand, telling.RELEASED, reason)
    return _about(purchase, reason)


def _group(actor: Actor, purchase: Purchase, demand_ids: list[int]) -> None:
    # In order of their numbers, so that two clerks who group the same ones cannot wait in a ring.
    for number in sorted(set(demand_ids)):
        demand = fetch(Demand, number, actor, PLAN)
        telling.refuse_taken(demand)
        states.change("demand", demand, to=GROUPED, allowed=[OPEN], purchase_id=purchase.id)
        telling.tell(demand, telling.PLANNED, purchase.name)


def _write(purchase: Purchase, plan: dict[str, Any]) -> None:
    """Set a plan's content from what was loaded."""
    if plan["ends_on"] < plan["starts_on"]:
        raise InvalidInput(
            _("服务期的截止日早于起始日，请改正。"), errors={"ends_on": [_("不能早于起始日")]}
        )
    for name in _COLUMNS:
        setattr(purchase, name, plan[name])
    purchase.fiscal_year = purchase.starts_on.year
    if purchase.form:
        forms.known(purchase.form)
    content = {name: plan[name] for name in _CONTENT}
    if conversion := content["conversion"]:
        content["conversion"] = conversion | {"ends_on": conversion["ends_on"].isoformat()}
    purchase.content = content | {"traits": {name: plan[name] for name in _TRAITS}}
    _write_parts(purchase, plan)


def _write_parts(purchase: Purchase, plan: dict[str, Any]) -> None:
    _refuse_twice("funding", [row["line_id"] for row in plan["funding"]])
    _refuse_twice("forward", [row["fiscal_year"] for row in plan["forward"]])
    _refuse_twice("cosigner_ids", plan["cosigner_ids"])
    _refuse_cosigners(purchase, plan["cosigner_ids"])
    # The old parts go first: a key may not stand twice even for a moment.
    for parts in (purchase.funding, purchase.forward, purchase.indicators, purchase.cosignatures):
        parts.clear()
    if purchase.id is not None:
        db.session.flush()
    purchase.funding = [PurchaseFunding(**row) for row in plan["funding"]]
    purchase.forward = [PurchaseForward(**row) for row in plan["forward"]]
    purchase.indicators = [
        PurchaseIndicator(position=position, **row)
        for position, row in enumerate(plan["indicators"])
    ]
    purchase.cosignatures = [
        PurchaseCosignature(organisation_id=number) for number in plan["cosigner_ids"]
    ]


def _refuse_cosigners(purchase: Purchase, organisation_ids: list[int]) -> None:
    for number in organisation_ids:
        own = number == purchase.organisation_id
        if own or require_organisation(number).kind != "purchaser":
            raise InvalidInput(
                _("会签单位须是其他购买主体，请改选。"),
                errors={"cosigner_ids": [_("须是其他购买主体")]},
            )


def _refuse_twice(name: str, keys: list[int]) -> None:
    if len(keys) != len(set(keys)):
        raise InvalidInput(_("同一项填了两次，请合并成一项。"), errors={name: [_("填了两次")]})


def _unsigned(purchase: Purchase) -> dict[str, Any]:
    """Take back the other departments' signatures: they signed what is about to change."""
    for row in purchase.cosignatures:
        row.signed_by = row.signed_at = row.remark = None
    return {"countersigned_by": None, "countersigned_at": None}


def _about(purchase: Purchase, detail: str | None = None) -> dict[str, Any]:
    audit.about(PURCHASE, purchase.id, detail)
    return {"id": purchase.id, "number": purchase.number, "state": purchase.state}
