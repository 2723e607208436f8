"""How a plan of the demo county comes to be filed: written, put to the public, agreed, filed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from core.demo.world import World

CONFIRMED = ["institutions", "posts", "staff", "money"]


def plan(
    world: World, office: str, clerk: str, approver: str, *, days: int, **content: Any
) -> dict[str, Any]:
    """Have a plan filed so many days before the first full month, and return its answer."""
    number = consulted(world, office, clerk, on=world.before(days + 10, "10:00"), **content)
    world.do(clerk, "purchase.submit", at=world.before(days, "09:00"), id=number)
    world.do(approver, "purchase.agree", at=world.before(days, "14:00"), id=number)
    return world.do("budget", "purchase.file", at=world.before(days, "16:00"), id=number)


def leave(world: World) -> None:
    """Leave a plan open for comment, so that somebody may say something of it now."""
    consulted(
        world,
        "education",
        "edu-clerk",
        on=world.at(world.today - timedelta(3), "10:00"),
        item="A12",
        name="乡村书屋周末阅读",
        need="村里孩子周末没有地方看书，书屋常常关门。",
        standard="每个周末开放两天，每天不少于六小时，有人带读。",
        quantity=16,
        goal="每个乡镇至少一间书屋周末开门。",
        money={"EDU": 800_000},
        # Whoever reads the comments decides how it is bought.
        form=None,
        form_reason=None,
    )


def consulted(world: World, office: str, clerk: str, *, on: datetime, **content: Any) -> int:
    """Write a plan and put it to the public; return its number."""
    fields = whole(world, office, **content)
    number: int = world.do(clerk, "purchase.create", at=on, **fields)["id"]
    world.do(clerk, "purchase.consult", at=on, id=number)
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
    """Return a whole plan for people who choose for themselves; `money` is fen by line code.

    It answers what people ordered of its item, unless `demand_ids` says otherwise.
    """
    first = world.month(2)
    if "demand_ids" not in more:
        more["demand_ids"] = world.demands.pop(item, [])
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
            {"kind": kind, "name": name, "unit": unit, "target": target, "weight": weight}
            for kind, name, unit, target, weight in (
                ("quantity", "享受人数", "人", quantity, 40),
                ("quality", "服务合格率", "%", 95, 30),
                ("effect", "满意度", "%", 90, 30),
            )
        ],
        # The lines are of the year in which the first full month lies.
        "starts_on": first.isoformat(),
        "ends_on": date(first.year, 12, 31).isoformat(),
        "recipients_choose": True,
        "form": "voucher",
        "form_reason": "服务好不好由用的人最清楚，由他们自己选。",
        "funding": [
            {"line_id": world.lines[code], "amount_fen": fen} for code, fen in money.items()
        ],
        "no_add": CONFIRMED,
    } | more
