"""Procurement as it stands after the opening, and after the award: rows put in place by hand.

What leads there (tender, bids, opening) is walked by other tests; these begin where it ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core import access, audit, clock, purchases, states
from core.access import Actor, Grant
from core.db import db, transaction
from plugins.contract_outsourcing.models import Award, Bid, BidOpening, BidPrice, Tender
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service.steps import TENDER
from tests import factories
from tests.factories import COUNTY, County

PLANNED = "2026-02-02T09:00"
OPENED = "2026-03-03T09:30"
_serial = itertools.count(1)

SHEET: dict[str, Any] = {
    "evaluation": "comprehensive",
    "price_weight_bp": 3000,
    "small_firm_deduction_bp": 1000,
    "indicators": [
        {"code": "plan", "name": "服务方案", "points": 40, "standard": "按需求逐项响应"},
        {"code": "team", "name": "人员配备", "points": 30, "standard": "持证人数"},
    ],
    "ties": "technical",
}
CONDITIONS = ["具备独立承担民事责任的能力", "近三年无重大违法记录"]


@contextmanager
def acting(action: str = "test.contract") -> Iterator[Actor]:
    """Open a writing act of the system, recorded in the trail as every act is."""
    act = audit.Acting(action, None, "系统")
    with transaction(), audit.acting(act):
        yield access.system()
        row = audit.entry(act, outcome=audit.ACCEPTED, status=200)
        db.session.execute(db.insert(audit.AuditEntry).values(row))


def manager_of(county: County, provider_id: int) -> Actor:
    """Return somebody who answers for a provider: the county's manager under another hat."""
    return Actor(
        county.users["provider_manager"],
        "负责人",
        (Grant("provider_manager", provider_id, COUNTY),),
    )


def under_way(county: County, *, amount_fen: int, line: int | None = None, **plan: Any) -> int:
    """File a plan for a contract, let it be under way, and return its number.

    It reserves `amount_fen` on a line: the one given, the county's, or a new one where it needs
    more than the county's has. Office services, so that no consultation is due.
    """
    with clock.frozen(PLANNED):
        if line is None:
            enough = amount_fen <= 3_000_000
            code = f"CON{next(_serial)}"
            line = (
                county.line
                if enough
                else factories.make_line(county, code=code, amount_fen=amount_fen)
            )
        clerk = county.actor("purchaser_clerk")
        fields = factories.PLAN | {
            "name": "机关物业服务",
            "beneficiary": "government",
            "form": "contract",
            "form_reason": "标准明确，竞争择优。",
            "standard_is_clear": True,
            "recipients_choose": False,
            "is_open_tender": True,
            "funding": [{"line_id": line, "amount_fen": amount_fen}],
        }
        number = factories.do(
            "purchase.create",
            clerk,
            organisation_id=county.purchaser,
            catalogue_item_id=factories.catalogue_item(county, "E01"),
            **fields | plan,
        )["id"]
        factories.do("purchase.submit", clerk, id=number)
        factories.do("purchase.agree", county.actor("purchaser_approver"), id=number)
        factories.do("purchase.file", county.actor("finance_budget"), id=number)
        with acting():
            purchases.start(db.session.get_one(purchases.Purchase, number))
    return int(number)


def tender(
    county: County, *, state: str = t.OPENED, purchase_id: int | None = None, **values: Any
) -> int:
    """Put a tender in place, in a state, and return its number; its plan is made if not given."""
    ceiling_fen = values.get("ceiling_fen", 1_000_000)
    if purchase_id is None:
        purchase_id = under_way(county, amount_fen=ceiling_fen)
    with clock.frozen(OPENED), acting():
        row = Tender(
            **{
                "number": f"CG2026-{next(_serial):04d}",
                "name": "机关物业服务",
                "purchase_id": purchase_id,
                "organisation_id": county.purchaser,
                "division_code": COUNTY,
                "method": "open_tender",
                "ceiling_fen": ceiling_fen,
                "content": {"conditions": CONDITIONS},
                "sheet": SHEET,
                "closes_at": clock.now(),
                "state": state,
                "made_by": county.users["purchaser_clerk"],
                "made_at": clock.now(),
                "agreed_by": county.users["purchaser_approver"],
                "agreed_at": clock.now(),
                "published_at": clock.now(),
                "opened_at": clock.now(),
            }
            | values
        )
        db.session.add(row)
        db.session.flush()
        states.begin(TENDER, row)
        return int(row.id)


def bid(
    tender_id: int,
    provider_id: int,
    price_fen: int | None,
    *,
    small_firm: bool = False,
    unit_prices: dict[str, int] | None = None,
) -> int:
    """Put an opened bid of a provider in place and return its number; no price: still sealed."""
    with clock.frozen(OPENED), acting():
        serial = next(_serial)
        row = Bid(
            tender_id=tender_id,
            receipt=f"{serial:064x}",
            bidder_index=f"bidder-{serial}",
            technical=b"sealed",
            price=b"sealed",
            received_at=clock.now(),
            state=b.OPENED,
            provider_id=provider_id,
        )
        db.session.add(row)
        db.session.flush()
        db.session.add(
            BidOpening(
                bid_id=row.id,
                tender_id=tender_id,
                provider_id=provider_id,
                answers={"plan": "按需求逐项响应。"},
                small_firm=small_firm,
                opened_at=clock.now(),
            )
        )
        if price_fen is not None:
            db.session.add(
                BidPrice(
                    bid_id=row.id,
                    price_fen=price_fen,
                    unit_prices=unit_prices,
                    opened_at=clock.now(),
                )
            )
        db.session.flush()
        return int(row.id)


@dataclass(frozen=True)
class Awarded:
    """A published award with what it rests on, by number."""

    id: int
    tender_id: int
    purchase_id: int
    provider_id: int
    amount_fen: int


def published_award(
    county: County,
    provider_id: int,
    amount_fen: int,
    *,
    at: str = "2026-03-10T10:00",
    purchase_id: int | None = None,
    tender_id: int | None = None,
    small_firm: bool = False,
    unit_prices: dict[str, int] | None = None,
    place: int = 1,
    **values: Any,
) -> Awarded:
    """Put an award in place, published at an instant, under a tender and a plan.

    `values` are columns of the tender (`method`, `ceiling_fen` ...). A second award of the same
    tender (a framework's) is given its `tender_id`.
    """
    if tender_id is None:
        # The plan needs what the tender may cost at most.
        values = {"ceiling_fen": amount_fen, "purchase_id": purchase_id} | values
        tender_id = tender(county, state=t.AWARDED, **values)
    with clock.frozen(at), acting():
        row = db.session.get_one(Tender, tender_id)
        row.evaluated_at = row.decided_at = row.awarded_at = clock.now()
        award = Award(
            tender_id=tender_id,
            provider_id=provider_id,
            organisation_id=row.organisation_id,
            division_code=row.division_code,
            amount_fen=amount_fen,
            unit_prices=unit_prices,
            small_firm=small_firm,
            place=place,
            state=a.PUBLISHED,
            decided_by=county.users["purchaser_approver"],
            decided_at=clock.now(),
            published_at=clock.now(),
        )
        db.session.add(award)
        db.session.flush()
        return Awarded(int(award.id), tender_id, row.purchase_id, provider_id, amount_fen)
