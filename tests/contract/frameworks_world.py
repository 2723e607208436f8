"""SP-7's framework for community meals, in force: two suppliers, a ceiling, residents to serve."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.access import Actor
from core.db import db, transaction
from core.ledger import balance
from core.parties import Resident
from plugins.contract_outsourcing.service import postings
from tests.contract import awards_world, contract_world
from tests.factories import County, do, make_line, make_organisation, make_residents

CEILING = 30_000_000
LINE = 40_000_000
MEAL = {
    "code": "meal",
    "name": "助餐",
    "unit": "餐",
    "bands": [
        {"up_to": 10_000, "unit_fen": 1180},
        {"up_to": 20_000, "unit_fen": 1130},
        {"up_to": None, "unit_fen": 1090},
    ],
}


@dataclass
class Framework:
    """A framework in force: its plan, its line, the suppliers' contracts and managers."""

    county: County
    purchase: int
    line: int
    contracts: list[int]
    providers: list[int]
    managers: list[Actor]
    numbers: list[str] = field(default_factory=list)

    def order(self, at: str, supplier: int, period: str, quantity: int) -> Any:
        """Place an order of meals as the purchaser's clerk and return what was answered."""
        with clock.frozen(at):
            return do(
                "order.place",
                self.county.actor("purchaser_clerk"),
                contract_id=self.contracts[supplier],
                service="meal",
                period=period,
                quantity=quantity,
            )

    def deliver(self, at: str, supplier: int, period: str, meals: int) -> Any:
        """Hand in a sheet of this many distinct meals of a month: lunches, then dinners.

        Each supplier serves residents of its own, so that none of their meals meet.
        """
        with clock.frozen(at):
            return do(
                "delivery.import", self.managers[supplier], **self.sheet(supplier, period, meals)
            )

    def sheet(self, supplier: int, period: str, meals: int) -> dict[str, Any]:
        """Return the fields of a sheet of a month with this many distinct meals."""
        last = 28
        half = len(self.numbers) // len(self.contracts)
        mine = self.numbers[supplier * half : (supplier + 1) * half]
        lines = ["居民身份证号,餐次,日期"]
        for sitting in ("午餐", "晚餐"):
            for number in mine:
                days = min(meals, last)
                if days:
                    lines.append(f"{number},{sitting},1-{days}")
                    meals -= days
        assert not meals, "not enough residents"
        return {
            "contract_id": self.contracts[supplier],
            "service": "meal",
            "period": period,
            "filename": "签到表.csv",
            "content": coded("\n".join(lines)),
        }

    def claim(self, at: str, order: int, quantity: int, **fields: Any) -> Any:
        """Claim a quantity for an order and return what was answered."""
        with clock.frozen(at):
            return do("order.claim", self.manager_of(order), id=order, quantity=quantity, **fields)

    def settle(self, at: str, order: int) -> Any:
        """Settle an order as the purchaser's approver and return what was answered."""
        with clock.frozen(at):
            return do("order.settle", self.county.actor("purchaser_approver"), id=order)

    def manager_of(self, order: int) -> Actor:
        """Return the manager of the supplier that has an order."""
        shown = do("order.show", self.county.actor("purchaser_clerk"), id=order)
        return self.managers[self.contracts.index(shown["contract_id"])]

    def ceiling(self) -> dict[str, int]:
        """Return the framework's ceiling, used and free, in fen."""
        with transaction(readonly=True):
            return {
                name: balance(kind, purchase_id=self.purchase)
                for name, kind in (("used", postings.CEILING_USED), ("free", postings.CEILING_FREE))
            }


def coded(text: str) -> str:
    """Return a text as an uploaded file's content."""
    return base64.b64encode(text.encode()).decode()


def make_framework(county: County, *, residents: int = 0, ceiling_fen: int = CEILING) -> Framework:
    """Put SP-7's framework in force with two suppliers, and make residents to be served."""
    line = make_line(county, code="MEAL", amount_fen=LINE)
    purchase = awards_world.under_way(county, amount_fen=ceiling_fen, line=line)
    contracts, providers, managers = [], [], []
    tender_id = None
    for place, name in enumerate(("助餐一号", "助餐二号"), start=1):
        with clock.frozen("2026-02-03T09:00"):
            provider = make_organisation("provider", name=name)
        award = awards_world.published_award(
            county,
            provider,
            ceiling_fen,
            purchase_id=purchase,
            tender_id=tender_id,
            place=place,
            **({} if tender_id else {"method": "framework"}),
        )
        tender_id = award.tender_id
        contracts.append(_contract(county, award, line, ceiling_fen))
        providers.append(provider)
        managers.append(awards_world.manager_of(county, provider))
    made = Framework(county, purchase, line, contracts, providers, managers)
    if residents:
        with clock.frozen("2026-03-11T09:00"):
            ids = make_residents(county, residents)
        made.numbers = id_numbers(ids)
    return made


def id_numbers(resident_ids: list[int]) -> list[str]:
    """Return residents' ID numbers, in the order of their own numbers."""
    with transaction(readonly=True):
        rows = db.session.scalars(
            db.select(Resident).where(Resident.id.in_(resident_ids)).order_by(Resident.id)
        )
        return [row.id_number for row in rows]


def _contract(county: County, award: awards_world.Awarded, line: int, ceiling_fen: int) -> int:
    terms = {
        "unit_prices": [MEAL],
        "ceiling_fen": ceiling_fen,
        "overclaim_tolerance_ppm": 20_000,
        "funding": [{"line_id": line}],
    }
    approver = county.actor("purchaser_approver")
    with clock.frozen("2026-03-10T11:00"):
        drafted = do(
            "contract.draft",
            county.actor("purchaser_clerk"),
            award_id=award.id,
            name="社区助餐框架协议",
            parts=contract_world.PARTS,
            terms=terms,
            starts_on="2026-03-10",
            ends_on="2027-03-09",
            value_fen=0,
        )
        agreed = do("contract.agree", approver, id=drafted["id"])
        signed = {"id": drafted["id"], "text_hash": agreed["text_hash"]}
        do("contract.sign", awards_world.manager_of(county, award.provider_id), **signed)
        do("contract.sign", approver, **signed)
    return int(drafted["id"])
