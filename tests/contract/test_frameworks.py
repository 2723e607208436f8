"""Orders under a framework: SP-7 from its first order on, to the fen, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from core import Huigou, clock
from core.budget import rooms
from core.db import db, transaction
from core.ledger import balance
from plugins.contract_outsourcing.models import (
    Contract,
    ContractYear,
    Deduction,
    Delivery,
    Exclusion,
    Milestone,
    Order,
)
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import postings
from tests.conftest import Database
from tests.contract import contract_world
from tests.contract.awards_world import acting, manager_of, published_award
from tests.contract.frameworks_world import CEILING, MEAL, Framework, coded, make_framework
from tests.factories import County, attempt, do, make_organisation
from tests.settlement_world import together

APRIL, MAY, JUNE = "2026-04", "2026-05", "2026-06"
PLACED = "2026-03-31T09:00"


def refused(at: str, operation_id: str, actor: Any, **fields: Any) -> dict[str, Any]:
    """Perform an act that is refused and return the problem."""
    with clock.frozen(at):
        answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def register(framework: Framework, supplier: int) -> dict[str, int]:
    """Return where the money of a supplier's orders is, fen by name."""
    with transaction(readonly=True):
        query = db.select(ContractYear.pool_id).filter_by(contract_id=framework.contracts[supplier])
        found = postings.registered(list(db.session.scalars(query)))
    return {name: fen for name, fen in found.items() if fen}


def verify(order: int, quantity: int) -> None:
    """Let residents have confirmed this many meals of an order, without a sheet for each."""
    row = db.session.get_one(Order, order)
    month = date.fromisoformat(f"{row.period}-01")
    contract = db.session.get_one(Contract, row.contract_id)
    db.session.execute(
        db.insert(Delivery),
        [
            {
                "contract_id": row.contract_id,
                "purchase_id": contract.purchase_id,
                # No such residents: only how many distinct confirmations there are is counted.
                "resident_id": 10**9 + contract.id * 10**5 + number // 28,
                "service": row.service,
                "served_on": month.replace(day=1 + number % 28),
                "sitting": "lunch",
                "way": "sheet",
                "recorded_at": clock.now(),
            }
            for number in range(quantity)
        ],
    )


def finish(framework: Framework, order: int, day: str, claimed: int, verified: int) -> Any:
    """Let a month's order be delivered, claimed and settled on a day; return the settlement."""
    with clock.frozen(f"{day}T08:00"), acting():
        verify(order, verified)
    framework.claim(f"{day}T09:00", order, claimed, statement="同意按约定扣减。")
    return framework.settle(f"{day}T10:00", order)


@pytest.fixture
def town(app: Huigou, county: County) -> Iterator[County]:
    """The county, with the app at hand."""
    with app.app_context():
        yield county


@pytest.fixture
def framework(app: Huigou, town: County, database_kept: Database) -> Framework:
    """SP-7's framework in force."""
    return database_kept.with_county(app, town, "framework", lambda: make_framework(town))


def test_the_scenario_comes_to_its_figures_to_the_fen(framework: Framework) -> None:
    clerk = framework.county.actor("purchaser_clerk")
    april = [framework.order(PLACED, 0, APRIL, 8200), framework.order(PLACED, 1, APRIL, 3000)]
    assert [one["amount_fen"] for one in april] == [9_676_000, 3_540_000]

    settled = finish(framework, april[0]["id"], "2026-05-06", 8200, 8180)
    assert (settled["payable_fen"], settled["deducted_fen"]) == (9_652_400, 23_600)
    settled = finish(framework, april[1]["id"], "2026-05-06", 3000, 3000)
    assert (settled["payable_fen"], settled["deducted_fen"]) == (3_540_000, 0)

    may = [
        framework.order("2026-05-07T09:00", 0, MAY, 9500),
        framework.order("2026-05-07T09:00", 1, MAY, 2600),
    ]
    assert [one["amount_fen"] for one in may] == [10_826_000, 3_068_000]
    settled = finish(framework, may[0]["id"], "2026-06-05", 9500, 9120)
    assert settled["bands"] == [[1820, 1180], [7300, 1130]]
    assert (settled["gross_fen"], settled["penalty_fen"]) == (10_396_600, 448_400)
    assert (settled["payable_fen"], settled["deducted_fen"]) == (9_948_200, 877_800)
    settled = finish(framework, may[1]["id"], "2026-06-05", 2500, 2510)
    assert (settled["payable_fen"], settled["deducted_fen"]) == (2_950_000, 118_000)

    asked = {"contract_id": framework.contracts[0], "service": "meal"}
    problem = refused("2026-06-10T09:00", "order.place", clerk, period=JUNE, quantity=6000, **asked)
    assert problem["code"] == "FRAMEWORK_CEILING"
    assert problem["facts"] == {
        "ceiling_left_fen": 3_909_400,
        "required_fen": 6_648_000,
        "largest_quantity": 3487,
    }
    assert "3,487 餐" in problem["detail"]

    june = framework.order("2026-06-10T10:00", 0, JUNE, 3487)
    assert (june["amount_fen"], june["ceiling_left_fen"]) == (3_908_830, 570)
    settled = finish(framework, june["id"], "2026-07-06", 3497, 3600)
    assert settled["bands"] == [[2700, 1130], [787, 1090]]
    assert (settled["payable_fen"], settled["deducted_fen"]) == (3_908_830, 0)

    problem = refused(
        "2026-07-10T09:00", "order.place", clerk, period="2026-07", quantity=1, **asked
    )
    assert problem["code"] == "FRAMEWORK_CEILING"
    assert problem["facts"] == {
        "ceiling_left_fen": 570,
        "required_fen": 1180,
        "largest_quantity": 0,
    }

    assert register(framework, 0) == {
        "value": 24_410_830,
        "unpaid": 23_509_430,
        "deducted": 901_400,
    }
    assert register(framework, 1) == {"value": 6_608_000, "unpaid": 6_490_000, "deducted": 118_000}
    assert framework.ceiling() == {"used": 29_999_430, "free": 570}
    with transaction(readonly=True):
        found = rooms(framework.line)
        assert balance("fin.expense") == 29_999_430
    assert (found["available"] + found["reserved"], found["accrued"]) == (10_000_570, 29_999_430)


def test_the_report_of_bands_says_what_was_paid_in_each(framework: Framework) -> None:
    """M1 in the second quarter: 10,000, 10,000 and 787."""
    orders = ((APRIL, 8200, "2026-03-31", "2026-05-06"), (MAY, 9120, "2026-05-07", "2026-06-05"))
    for period, quantity, placed, day in orders:
        order = framework.order(f"{placed}T09:00", 0, period, quantity)
        finish(framework, order["id"], day, quantity, 8180 if period == APRIL else quantity)
    june = framework.order("2026-06-10T09:00", 0, JUNE, 3487)
    finish(framework, june["id"], "2026-07-06", 3497, 3600)
    with clock.frozen("2026-07-07T09:00"):
        found = do("framework.bands", framework.county.actor("auditor"), id=framework.contracts[0])[
            "items"
        ]
    assert [(row["quarter"], row["quantity"], row["fen"]) for row in found] == [
        ("2026Q2", 10_000, 11_800_000),
        ("2026Q2", 10_000, 11_300_000),
        ("2026Q2", 787, 857_830),
    ]
    assert {row["provider"] for row in found} == {"助餐一号"}


# --- placing ----------------------------------------------------------------------------------


def test_the_next_order_waits_for_the_settlement_of_the_last(framework: Framework) -> None:
    framework.order(PLACED, 0, APRIL, 100)
    asked = {"contract_id": framework.contracts[0], "service": "meal", "quantity": 1}
    clerk = framework.county.actor("purchaser_clerk")
    assert refused(PLACED, "order.place", clerk, period=MAY, **asked)["code"] == "ORDER_UNSETTLED"
    framework.order(PLACED, 1, MAY, 100)


def test_an_excluded_provider_gets_no_order_while_it_is_excluded(framework: Framework) -> None:
    county = framework.county
    with clock.frozen("2026-06-08T09:00"), acting():
        db.session.add(
            Exclusion(
                provider_id=framework.providers[1],
                organisation_id=county.purchaser,
                division_code="430112",
                reason="季度评分 58 分，不满 60 分。",
                from_on=date(2026, 6, 8),
                to_on=date(2026, 12, 7),
                made_at=clock.now(),
            )
        )
    asked = {"contract_id": framework.contracts[1], "service": "meal", "quantity": 1}
    clerk = county.actor("purchaser_clerk")
    problem = refused("2026-06-09T09:00", "order.place", clerk, period=JUNE, **asked)
    assert problem["code"] == "PROVIDER_SUSPENDED"
    assert problem["facts"]["since"] == "2026-06-08"
    framework.order("2026-06-09T09:00", 0, JUNE, 1)
    framework.order("2026-12-08T09:00", 1, "2026-12", 1)


def test_orders_are_for_months_of_the_contract_that_are_not_over(framework: Framework) -> None:
    clerk = framework.county.actor("purchaser_clerk")
    asked = {"contract_id": framework.contracts[0], "quantity": 1}

    def code(period: str, service: str = "meal") -> str:
        found = refused(
            "2026-05-01T09:00", "order.place", clerk, period=period, service=service, **asked
        )
        return str(found["code"])

    assert code(APRIL) == "PERIOD_OVER"
    assert code("2027-04") == "PERIOD_OUTSIDE_CONTRACT"
    assert code("2027-02") == "BUDGET_MISSING"
    assert code("2026-13") == code(MAY, "bath") == "INVALID_INPUT"


def test_a_suspended_contract_takes_no_order(framework: Framework) -> None:
    with clock.frozen(PLACED), acting():
        db.session.get_one(Contract, framework.contracts[0]).state = c.SUSPENDED
    problem = refused(
        PLACED,
        "order.place",
        framework.county.actor("purchaser_clerk"),
        contract_id=framework.contracts[0],
        service="meal",
        period=APRIL,
        quantity=1,
    )
    assert problem["code"] == "STATE_CHANGED"


def test_an_order_that_the_line_cannot_carry_is_refused(town: County) -> None:
    """The plan reserves less than the ceiling; the line has little more."""
    framework = make_framework(town, ceiling_fen=50_000)
    with clock.frozen(PLACED), acting():
        # The ceiling is raised beyond the money.
        from core.ledger import Move, Owner, post  # noqa: PLC0415 - only here

        owners = [
            Owner(kind, purchase_id=framework.purchase)
            for kind in (postings.CEILING, postings.CEILING_FREE)
        ]
        post(postings.SIGNED, "raised", [Move(owners[0], owners[1], 10**9)])
    problem = refused(
        PLACED,
        "order.place",
        town.actor("purchaser_clerk"),
        contract_id=framework.contracts[0],
        service="meal",
        period=APRIL,
        quantity=40_000,
    )
    assert problem["code"] == "BUDGET_INSUFFICIENT"
    assert framework.ceiling()["used"] == 0


def test_two_orders_at_once_never_exceed_the_ceiling(app: Huigou, town: County) -> None:
    framework = make_framework(town, ceiling_fen=1_180 * 10)
    clerk = town.actor("purchaser_clerk")

    def order(contract_id: int) -> Any:
        with app.app_context():
            return attempt(
                "order.place",
                clerk,
                contract_id=contract_id,
                service="meal",
                period=APRIL,
                quantity=6,
            )

    with clock.frozen(PLACED):
        answers = together(*(lambda one=one: order(one) for one in framework.contracts))
    codes = sorted(answer.body.get("code", "placed") for answer in answers)
    assert codes == ["FRAMEWORK_CEILING", "placed"]
    assert framework.ceiling() == {"used": 7_080, "free": 4_720}


def test_a_quote_says_what_an_order_costs_and_the_largest_that_fits(framework: Framework) -> None:
    with clock.frozen(PLACED):
        found = do(
            "order.quote",
            framework.county.actor("purchaser_clerk"),
            contract_id=framework.contracts[0],
            service="meal",
            period=APRIL,
            quantity=20_001,
        )
    assert found["bands"] == [[10_000, 1180], [10_000, 1130], [1, 1090]]
    assert found["required_fen"] == 11_800_000 + 11_300_000 + 1_090
    assert found["largest_quantity"] == 20_000 + 6_900_000 // 1090


def test_a_cancelled_order_frees_its_money_and_its_ceiling(framework: Framework) -> None:
    clerk = framework.county.actor("purchaser_clerk")
    order = framework.order(PLACED, 0, APRIL, 100)
    with clock.frozen(PLACED):
        freed = do("order.cancel", clerk, id=order["id"], reason="食堂停业装修")
    assert freed["freed_fen"] == 118_000
    assert framework.ceiling() == {"used": 0, "free": 30_000_000}
    assert register(framework, 0) == {"value": 118_000, "cancelled": 118_000}
    again = framework.order(PLACED, 0, APRIL, 50)
    with clock.frozen("2026-04-02T12:00"), acting():
        verify(again["id"], 1)
    problem = refused("2026-04-03T09:00", "order.cancel", clerk, id=again["id"], reason="不要了")
    assert problem["code"] == "ORDER_DELIVERED"


# --- claiming and settling --------------------------------------------------------------------


def test_a_month_is_claimed_after_it_is_over_by_its_own_provider(framework: Framework) -> None:
    order = framework.order(PLACED, 0, APRIL, 100)["id"]
    own, other = framework.managers
    asked = {"id": order, "quantity": 100}
    assert refused("2026-04-30T23:00", "order.claim", own, **asked)["code"] == "PERIOD_NOT_OVER"
    assert refused("2026-05-01T01:00", "order.claim", other, **asked)["code"] == "NOT_FOUND"


def test_an_overclaim_waits_until_the_provider_was_heard(framework: Framework) -> None:
    order = framework.order(PLACED, 0, APRIL, 200)["id"]
    with clock.frozen("2026-05-06T08:00"), acting():
        verify(order, 100)
    claimed = framework.claim("2026-05-06T09:00", order, 110)
    assert (claimed["excess"], claimed["penalty_fen"]) == (10, 11_800)
    approver = framework.county.actor("purchaser_approver")
    problem = refused("2026-05-06T10:00", "order.settle", approver, id=order)
    assert problem["code"] == "STATEMENT_PENDING"
    assert problem["facts"]["statement_until"] == "2026-05-09"  # a Saturday that is worked
    settled = framework.settle("2026-05-12T09:00", order)
    assert settled["payable_fen"] == 100 * 1180 - 11_800
    with transaction(readonly=True):
        one = db.session.scalars(db.select(Deduction)).one()
        assert (one.kind, one.units, one.capped_fen, one.state) == (
            p.OVERCLAIM,
            10,
            11_800,
            p.DECIDED,
        )


def test_a_claim_that_was_sent_back_is_made_anew_without_its_deduction(
    framework: Framework,
) -> None:
    order = framework.order(PLACED, 0, APRIL, 200)["id"]
    with clock.frozen("2026-05-06T08:00"), acting():
        verify(order, 100)
    framework.claim("2026-05-06T09:00", order, 1000)
    approver = framework.county.actor("purchaser_approver")
    with clock.frozen("2026-05-06T10:00"):
        do("order.send_back", approver, id=order, reason="多打了一个零")
    claimed = framework.claim("2026-05-06T11:00", order, 100)
    assert claimed["penalty_fen"] == 0
    settled = framework.settle("2026-05-06T12:00", order)
    assert (settled["payable_fen"], settled["penalty_fen"]) == (118_000, 0)


def test_nothing_delivered_is_nothing_owed(framework: Framework) -> None:
    order = framework.order(PLACED, 0, APRIL, 200)["id"]
    framework.claim("2026-05-06T09:00", order, 0)
    settled = framework.settle("2026-05-06T10:00", order)
    assert (settled["payable_fen"], settled["deducted_fen"]) == (0, 236_000)
    with transaction(readonly=True):
        assert db.session.get_one(Milestone, order).state == p.PAID
    assert framework.ceiling() == {"used": 0, "free": 30_000_000}
    framework.order("2026-05-07T09:00", 0, MAY, 1)


def test_who_placed_an_order_does_not_settle_it(framework: Framework) -> None:
    order = framework.order(PLACED, 0, APRIL, 200)["id"]
    framework.claim("2026-05-06T09:00", order, 0)
    with clock.frozen("2026-05-06T09:30"), acting():
        row = db.session.get_one(Order, order)
        row.placed_by = framework.county.users["purchaser_approver"]
    approver = framework.county.actor("purchaser_approver")
    problem = refused("2026-05-06T10:00", "order.settle", approver, id=order)
    assert problem["code"] == "FOUR_EYES_REQUIRED"


def test_a_framework_shows_its_ceiling_and_each_supplier_sees_its_own(
    framework: Framework,
) -> None:
    for supplier in (0, 1):
        framework.order(PLACED, supplier, APRIL, 100)
    with clock.frozen(PLACED):
        seen = do("framework.show", framework.county.actor("auditor"), id=framework.contracts[0])
        own = do("framework.show", framework.managers[0], id=framework.contracts[0])
        listed = do("framework.list", framework.managers[0])["items"]
    assert (seen["ceiling_fen"], seen["used_fen"], seen["free_fen"]) == (
        30_000_000,
        236_000,
        29_764_000,
    )
    assert len(seen["suppliers"]) == len(seen["orders"]) == 2
    assert [one["provider"] for one in own["suppliers"]] == ["助餐一号"]
    assert [one["provider"] for one in own["orders"]] == ["助餐一号"]
    assert [one["id"] for one in listed] == [framework.contracts[0]]


def test_a_sheet_is_no_text(framework: Framework) -> None:
    framework.order(PLACED, 0, APRIL, 100)
    fields = framework.sheet(0, APRIL, 0) | {"content": coded("身份证号,餐次\n")}
    problem = refused("2026-04-30T09:00", "delivery.import", framework.managers[0], **fields)
    assert problem["code"] == "FILE_COLUMNS_WRONG"


def test_the_contracts_of_a_framework_name_one_ceiling(framework: Framework) -> None:
    county = framework.county
    with transaction(readonly=True):
        tender_id = db.session.get_one(Contract, framework.contracts[0]).tender_id
    with clock.frozen("2026-02-03T09:00"):
        third = make_organisation("provider", name="助餐三号")
    award = published_award(county, third, CEILING, tender_id=tender_id, place=3)
    terms = {
        "unit_prices": [MEAL],
        "ceiling_fen": CEILING - 1,
        "funding": [{"line_id": framework.line}],
    }
    term = {"starts_on": "2026-03-10", "ends_on": "2027-03-09", "value_fen": 0}
    approver = county.actor("purchaser_approver")
    with clock.frozen("2026-03-11T09:00"):
        fields = contract_world.fields(award.id, terms=terms, **term)
        drafted = do("contract.draft", county.actor("purchaser_clerk"), **fields)
        agreed = do("contract.agree", approver, id=drafted["id"])
        asked = {"id": drafted["id"], "text_hash": agreed["text_hash"]}
        do("contract.sign", manager_of(county, third), **asked)
        answer = attempt("contract.sign", approver, **asked)
    assert (answer.status, answer.body["code"]) == (409, "CEILING_DIFFERS")
    assert answer.body["facts"] == {"ceiling_fen": CEILING}
    for words in ("300,000.00 元", "299,999.99 元", "重新起草"):
        assert words in answer.body["detail"]


def test_an_order_is_claimed_by_its_quantity_not_delivered_as_a_milestone(
    framework: Framework,
) -> None:
    order = framework.order(PLACED, 0, APRIL, 100)["id"]
    said = {"id": order, "delivered_on": "2026-03-31", "words": "完成"}
    answer = refused(PLACED, "milestone.deliver", framework.managers[0], **said)
    assert (answer["status"], answer["code"]) == (422, "MILESTONE_IS_ORDER")
    assert "请在订单页申报" in answer["detail"]


def test_nothing_is_ordered_under_a_contract_without_unit_prices(town: County) -> None:
    contract = contract_world.agreed(town)
    contract_world.sign(town, contract)
    asked = {"contract_id": contract["id"], "service": "meal", "period": APRIL, "quantity": 1}
    answer = refused(PLACED, "order.place", town.actor("purchaser_clerk"), **asked)
    assert (answer["status"], answer["code"]) == (422, "NOT_A_FRAMEWORK")
    assert contract["number"] in answer["detail"]


def test_a_framework_is_owed_damages_before_its_first_order(framework: Framework) -> None:
    clerk = framework.county.actor("purchaser_clerk")
    fields = {"id": framework.contracts[0], "amount_fen": 50_000, "reason": "违约金"}
    with clock.frozen(PLACED):
        number = do("income.record", clerk, **fields)["id"]
        maker = framework.county.actor("finance_maker")
        do("income.receive", maker, id=number, amount_fen=50_000, bank_reference="R1")
    assert framework.order(PLACED, 0, APRIL, 100)["amount_fen"] == 118_000
