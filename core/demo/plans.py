"""How a plan of the demo county comes to be filed: written, put to the public, agreed, filed."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.demo.world import World

CONFIRMED = ["institutions", "posts", "staff", "money"]


def plan(
    world: World, office: str, clerk: str, approver: str, *, days: int, **content: Any
) -> dict[str, Any]:
    """Have a plan filed so many days before the first full month, and return its answer."""
    number = draft(world, office, clerk, at_days=days + 10, **content)
    world.do(clerk, "purchase.submit", at=world.before(days, "09:00"), id=number)
    world.do(approver, "purchase.agree", at=world.before(days, "14:00"), id=number)
    return world.do("budget", "purchase.file", at=world.before(days, "16:00"), id=number)


def draft(world: World, office: str, clerk: str, *, at_days: int, **content: Any) -> int:
    """Write a plan and put it to the public; return its number."""
    at = world.before(at_days, "10:00")
    number: int = world.do(clerk, "purchase.create", at=at, **whole(world, office, **content))["id"]
    world.do(clerk, "purchase.consult", at=world.before(at_days, "11:00"), id=number)
    return number


def whole(
    world: World,
    office: str,
    *,
    item: str,
    name: str,
    need: str,
    standard: str,
    quantity: int,
    goal: str,
    money: dict[str, int],
    **more: Any,
) -> dict[str, Any]:
    """Return a whole plan for people who choose for themselves; `money` is fen by line code."""
    first = world.month(2)
    return {
        "organisation_id": world.organisations[office],
        "name": name,
        "catalogue_item_id": world.items[item],
        "nature": "public",
        "beneficiary": "public",
        "need": need,
        "standard": standard,
        "quantity": quantity,
        "unit": "人",
        "goal": goal,
        "indicators": [
            {
                "kind": "quantity",
                "name": "享受人数",
                "unit": "人",
                "target": quantity,
                "weight": 40,
            },
            {"kind": "quality", "name": "服务合格率", "unit": "%", "target": 95, "weight": 30},
            {"kind": "effect", "name": "满意度", "unit": "%", "target": 90, "weight": 30},
        ],
        "starts_on": first.isoformat(),
        "ends_on": date(first.year, 12, 31).isoformat(),
        "recipients_choose": True,
        "form": "voucher",
        "form_reason": "服务好不好由用的人最清楚，由他们自己选。",
        "funding": [
            {"line_id": world.lines[code], "amount_fen": fen} for code, fen in money.items()
        ],
        "no_add": CONFIRMED,
        "demand_ids": world.demands.pop(item, []),
    } | more
