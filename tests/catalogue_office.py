"""Finance of a county at work on its catalogue, for the tests of the catalogue."""

from __future__ import annotations

from datetime import date

from core import clock
from core.catalogue import require_buyable
from core.db import db, transaction
from core.errors import RuleBroken
from core.parties import Organisation
from tests.factories import COUNTY, attempt, do

PROVINCE, CITY, TOWN = "430000", "430100", "430112001"
ON = date(2026, 9, 1)
NAME = "2026年政府购买服务指导性目录"
GOOD = {
    **dict.fromkeys(("society_can", "market_can", "trade_can"), False),
    **dict.fromkeys(("market_suitable", "capacity_exists", "is_public", "for_benefit"), True),
    **{
        f"{name}_why": "见调研报告"
        for name in ("market_suitable", "capacity_exists", "is_public", "for_benefit")
    },
    **dict.fromkeys(("not_duty", "direct_only", "unfit"), False),
    **dict.fromkeys(("score_function", "score_cost", "score_quality"), 8),
    "priorities": ["livelihood", "public"],
}
ITEM = {"name": "社区助餐", "category": "A", "nature": "public", "content": "为老人送餐"}


class Office:
    """Finance of the county at work on its catalogue."""

    def __init__(self, county):
        self.county = county
        self.budget = county.actor("finance_budget")
        self.approver = county.actor("finance_approver")
        self.clerk = county.actor("purchaser_clerk")

    def draft(self, codes=("A07", "E01"), **fields):
        """Begin a draft and return its number."""
        given = {"division_code": COUNTY, "year": 2026, "name": NAME, "codes": list(codes)}
        return do("catalogue.adopt", self.budget, **(given | fields))["id"]

    def put(self, number, code="A07-1", **changes):
        """Try to put an item and return the answer."""
        fields = ITEM | {"levels": ["county"], "upper_code": "A07"} | changes
        return attempt("catalogue.put_item", self.budget, catalogue_id=number, code=code, **fields)

    def assess(self, number, code="A07-1", **changes):
        """Try to judge an item and return the answer."""
        return attempt(
            "catalogue.assess_item",
            self.budget,
            catalogue_id=number,
            code=code,
            **(GOOD | changes),
        )

    def ask(self, number):
        """Put a draft to the public for ten days from 1 September."""
        do(
            "catalogue.open_comment",
            self.budget,
            id=number,
            from_on="2026-09-01",
            to_on="2026-09-10",
        )

    def submit(self, number, **changes):
        """Try to submit after the ten days and return the answer."""
        fields = {"consultation": "已征求意见", "valid_from": "2026-10-01"} | changes
        with clock.frozen("2026-09-11T09:00"):
            return attempt("catalogue.submit", self.budget, id=number, **fields)

    def publish(self, number, who=None):
        """Try to publish and return the answer."""
        with clock.frozen("2026-09-12T09:00"):
            return attempt(
                "catalogue.publish", who or self.approver, id=number, document="望财购〔2026〕1号"
            )

    def buyable(self, item_id, *, on=ON, organisation=None, **words):
        """Return the item's code, or the refusal, of a purchase by the education office."""
        with transaction(readonly=True):
            buyer = db.session.get_one(Organisation, organisation or self.county.purchaser)
            try:
                return require_buyable(item_id, organisation=buyer, on=on, **words).code
            except RuleBroken as refusal:
                return refusal


def refused(answer, code):
    """Return a refused answer's body, whose code is as expected and whose article is named."""
    assert answer.body.get("code") == code, answer.body
    return answer.body


def broken(refusal, code):
    """Return a refusal of that code that names its article."""
    assert isinstance(refusal, RuleBroken), refusal
    assert refusal.code == code
    assert refusal.basis
    return refusal
