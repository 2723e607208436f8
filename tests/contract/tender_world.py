"""A county that procures: a filed contract plan, a tender in any state, its people."""

from __future__ import annotations

import itertools
from typing import Any

from core import clock
from core.access import Actor, Grant
from core.plugins import registry
from plugins.contract_outsourcing.demo.procuring import SHEET
from tests import factories
from tests.factories import COUNTY, County, do

PLANNED, WRITTEN = "2026-02-02T09:00", "2026-02-09T09:00"
PUBLISHED, CLOSES = "2026-02-10T09:00", "2026-03-03T09:30"
CEILING = 900_000
_serial = itertools.count(1)


def make_plan(
    county: County, *, amount_fen: int = 1_000_000, line: int | None = None, **changes: Any
) -> int:
    """File a contract plan for office services and return its number.

    It reserves `amount_fen` on a line: the one given, the county's, or a new one where it needs
    more than the county's was given.
    """
    with clock.frozen(PLANNED):
        if line is None:
            fits = amount_fen <= 3_000_000
            code = f"TND{next(_serial)}"
            line = (
                county.line
                if fits
                else factories.make_line(county, code=code, amount_fen=amount_fen)
            )
        fields = factories.PLAN | {
            "name": "机关物业服务",
            "beneficiary": "government",
            "form": "contract",
            "form_reason": "标准明确，竞争择优。",
            "standard_is_clear": True,
            "recipients_choose": False,
        }
        number = do(
            "purchase.create",
            county.actor("purchaser_clerk"),
            organisation_id=county.purchaser,
            catalogue_item_id=factories.catalogue_item(county, "E01"),
            funding=[{"line_id": line, "amount_fen": amount_fen}],
            **fields | changes,
        )["id"]
        do("purchase.submit", county.actor("purchaser_clerk"), id=number)
        do("purchase.agree", county.actor("purchaser_approver"), id=number)
        do("purchase.file", county.actor("finance_budget"), id=number)
    return int(number)


def written(**changes: Any) -> dict[str, Any]:
    """Return the fields of a whole open tender but its plan, changed as asked."""
    return {
        "name": "机关物业服务采购",
        "method": "open_tender",
        "ceiling_fen": CEILING,
        "bid_bond_fen": 10_000,
        "project": "机关大楼物业服务一年",
        "service": "保洁、安保、绿化，每日巡查。",
        "conditions": ["具备独立承担民事责任的能力", "近三年无重大违法记录"],
        "evaluation": "每季度按服务标准考核，满意度 90% 以上为合格。",
        "sheet": SHEET,
        "closes_at": CLOSES,
    } | changes


def make_tender(county: County, purchase_id: int | None = None, **changes: Any) -> int:
    """Write a tender as the clerk, for a plan made for it if none is given; return its number."""
    plan = purchase_id or make_plan(county)
    with clock.frozen(WRITTEN):
        clerk = county.actor("purchaser_clerk")
        return int(do("tender.create", clerk, purchase_id=plan, **written(**changes))["id"])


def submit_tender(county: County, purchase_id: int | None = None, **changes: Any) -> int:
    """Write a tender, hand it to the approver, and return its number."""
    number = make_tender(county, purchase_id, **changes)
    with clock.frozen(WRITTEN):
        do("tender.submit", county.actor("purchaser_clerk"), id=number)
    return number


def hold_keys(county: County, number: int) -> None:
    """Let the three holders take over their parts of a tender's key."""
    if "tender.hold_key" not in registry().acts:
        return
    for part, role in (
        ("officer", "purchaser_clerk"),
        ("supervisor", "supervisor"),
        ("finance", "finance_maker"),
    ):
        actor = county.actor(role)
        do("tender.hold_key", actor, id=number, part=part, passphrase=factories.PASSWORD)


def publish_tender(county: County, purchase_id: int | None = None, **changes: Any) -> int:
    """Bring a tender as far as its notice and return its number; bidding closes at CLOSES."""
    number = submit_tender(county, purchase_id, **changes)
    with clock.frozen(PUBLISHED):
        hold_keys(county, number)
        do("tender.publish", county.actor("purchaser_approver"), id=number)
    return number


def make_providers(count: int, **organisation: Any) -> list[int]:
    """Register providers and return their numbers."""
    with clock.frozen(PLANNED):
        return [factories.make_organisation("provider", **organisation) for _one in range(count)]


def manager_of(county: County, provider_id: int) -> Actor:
    """Return somebody who answers for a provider: the county's manager under another hat."""
    grant = Grant("provider_manager", provider_id, COUNTY)
    return Actor(county.users["provider_manager"], "负责人", (grant,))


def make_agency(county: County) -> tuple[int, Actor]:
    """Register a procurement agency; return its number and its agent."""
    with clock.frozen(PLANNED):
        number = factories.make_organisation("agency", name="华信采购代理", prefix="91")
        user = factories.make_user("procurement_agent", number)
    return number, Actor(user, "代理", (Grant("procurement_agent", number, COUNTY),))
