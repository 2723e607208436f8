"""The demo county's own rules: it pays sooner than the law demands, and drafts next year's days."""

from __future__ import annotations

from core.demo.world import World

PAYS_WITHIN = 20  # days; the law allows 30


def declare(world: World, division_code: str) -> None:
    """Record a local payment term by two persons; leave next year's calendar as a draft."""
    at, year = world.before(58, "10:00"), world.before(58, "10:00").year
    figure = world.do(
        "budget",
        "rulepack.propose",
        at=at,
        code="payment.days",
        number=PAYS_WITHIN,
        division_code=division_code,
        from_on=world.month(2).isoformat(),
        law="望城区政府购买服务资金支付办法（演示）",
        article=f"望财购〔{year}〕6号第五条",
    )
    world.do("budget", "rulepack.submit", at=at, id=figure["id"])
    world.do("approver", "rulepack.approve", at=world.before(57, "09:30"), id=figure["id"])
    following = world.today.year + 1
    world.do(
        "budget",
        "calendar.propose",
        at=world.before(56, "15:00"),
        year=following,
        document="待国务院办公厅通知（演示草稿）",
        days=[{"day": f"{following}-01-01", "kind": "rest", "name": "元旦"}],
    )
