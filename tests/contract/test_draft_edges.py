"""Drafts that no contract can be: backwards in time, with milestones or prices of no award."""

from __future__ import annotations

import pytest

from core import clock
from tests import factories
from tests.contract import awards_world, contract_world
from tests.factories import attempt, do

pytestmark = pytest.mark.one_engine

BANDS = [{"up_to": 1, "unit_fen": 1000}, {"up_to": None, "unit_fen": 100_000}]
PRICE = {"code": "meal", "name": "助餐", "unit": "餐", "bands": BANDS}


@pytest.fixture
def framework(app, county):
    """Return the award of a framework in which a meal was offered at 10 yuan."""
    with app.app_context():
        yield awards_world.published_award(
            county,
            county.provider,
            1_000_000,
            method="framework",
            unit_prices={"meal": 1000},
            at=contract_world.AWARDED,
        )


def drafted(county, award, operation_id="contract.draft", **changes):
    with clock.frozen(contract_world.DRAFTED):
        asked = contract_world.fields(award.id, **changes)
        if operation_id == "contract.revise":
            del asked["award_id"]
        return attempt(operation_id, county.actor("purchaser_clerk"), **asked)


def test_a_contract_does_not_end_before_it_begins(app, county):
    with app.app_context():
        plan = contract_world.plan(county, line=contract_world.line_of(county))
        award = contract_world.award(county, purchase_id=plan)
        answer = drafted(county, award, starts_on="2026-03-01", ends_on="2026-02-28")
        assert (answer.body["code"], list(answer.body["errors"])) == ("INVALID_INPUT", ["ends_on"])
        good = contract_world.draft(county, award)
        answer = drafted(county, award, "contract.revise", id=good["id"], ends_on="2026-02-28")
        assert (answer.body["code"], list(answer.body["errors"])) == ("INVALID_INPUT", ["ends_on"])


def test_a_framework_has_no_milestones(county, framework):
    advance = contract_world.part("A", "预付款", 3000, 2026, "2026-03-10", kind="advance")
    flat = [{"up_to": None, "unit_fen": 1000}]
    terms = {
        "unit_prices": [PRICE | {"bands": flat}],
        "ceiling_fen": 1_000_000,
        "milestones": [advance],
    }
    answer = drafted(county, framework, terms=terms, value_fen=0)
    assert answer.body["code"] == "FRAMEWORK_HAS_MILESTONES"


def test_no_band_of_a_unit_price_is_dearer_than_the_award(county, framework):
    terms = {"unit_prices": [PRICE], "ceiling_fen": 1_000_000}
    answer = drafted(county, framework, terms=terms, value_fen=0)
    assert answer.body["code"] == "CONTRACT_OVER_AWARD"
    assert answer.body["facts"] == {"value_fen": 100_000, "award_fen": 1000}


def test_a_public_service_is_not_accepted_without_those_it_is_for(app, county):
    with app.app_context():
        plan = factories.file_plan(
            county,
            contract_world.line_of(county, 100_000_000),
            amount_fen=100_000_000,
            form="contract",
            form_reason="标准明确，竞争择优。",
            standard_is_clear=True,
            recipients_choose=False,
        )
        award = contract_world.award(county, purchase_id=plan, at="2026-04-21T10:00")
        clerk = county.actor("purchaser_clerk")
        with clock.frozen("2026-04-22T10:00"):
            terms = contract_world.terms(recipients_min=0)
            answer = attempt(
                "contract.draft", clerk, **contract_world.fields(award.id, terms=terms)
            )
            do("contract.draft", clerk, **contract_world.fields(award.id))
    assert (answer.status, answer.body["code"]) == (422, "RECIPIENTS_TOO_FEW")
    assert answer.body["facts"] == {"least": 1}
    assert "合同约定 0 份意见，至少 1 份" in answer.body["detail"]
