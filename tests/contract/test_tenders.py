"""Tenders while they are written: the method justified, the ceiling within, conditions fair."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db, transaction
from core.purchases import Purchase
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.models import tenders as t
from tests import factories
from tests.contract import tender_world as world
from tests.factories import attempt, do
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine

LARGE = 200_000_000
TEST = {"able_providers": 1, "is_comparable": False, "words": "只有一家能做。"}


@pytest.fixture
def office(app, county):
    """Return the county on the day on which its tenders are written."""
    with app.app_context(), clock.frozen(world.WRITTEN):
        yield county


@pytest.fixture
def plan(app, office, database_kept):
    """A filed plan, on the day on which its tenders are written."""
    return database_kept.with_county(app, office, "a plan", lambda: world.make_plan(office))


def refused(operation_id, actor, **fields):
    """Perform an act that is refused and return the refusal."""
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def create(county, plan, **changes):
    """Try to write a tender and return its refusal."""
    fields = world.written(**changes)
    return refused("tender.create", county.actor("purchaser_clerk"), purchase_id=plan, **fields)


def code(county, plan, **changes):
    return create(county, plan, **changes)["code"]


# --- the method --------------------------------------------------------------------------------


@pytest.mark.requirement("R000-54", "R002-39")
@pytest.mark.parametrize(
    "method",
    ["single_source", "entrustment", "franchise", "strategic", "invited_tender", "negotiation"],
)
def test_a_method_that_needs_a_reason_is_refused_without_one(office, method, plan):
    refusal = create(office, plan, method=method)
    assert refusal["code"] == "METHOD_NOT_JUSTIFIED"
    assert refusal["facts"]["reasons"]


def test_a_reason_is_one_of_the_methods_own_with_words(office, plan):
    wrong = {"method": "single_source", "sheet": None, "reason_code": "standard_goods"}
    assert code(office, plan, method_reason="就这一家", **wrong) == "METHOD_NOT_JUSTIFIED"
    right = wrong | {"reason_code": "only_source"}
    assert code(office, plan, **right) == "METHOD_NOT_JUSTIFIED"
    clerk, fields = office.actor("purchaser_clerk"), world.written(**right, method_reason="独家")
    do("tender.create", clerk, purchase_id=plan, **fields)


@pytest.mark.requirement("R002-06")
@pytest.mark.requirement("R000-53", "R000-54")
def test_without_competition_only_after_the_test_has_failed(office, plan):
    fields = {"method": "entrustment", "sheet": None, "reason_code": "no_competition"}
    fields |= {"method_reason": "只有区妇幼有资质。"}
    assert code(office, plan, **fields) == "METHOD_NOT_JUSTIFIED"
    passed = {"able_providers": 3, "is_comparable": True, "words": "三家都能做。"}
    refusal = create(office, plan, **fields, competition=passed)
    assert refusal["code"] == "METHOD_NOT_JUSTIFIED"
    assert "具备竞争条件" in refusal["detail"]
    world.make_tender(office, plan, **fields, competition=TEST)


def test_above_the_limit_another_method_than_open_tender_needs_an_approval(office):
    plan = world.make_plan(office, amount_fen=LARGE)
    refusal = create(office, plan, method="consultation")
    assert refusal["code"] == "METHOD_NOT_JUSTIFIED"
    assert refusal["facts"]["limit_fen"] == LARGE
    world.make_tender(office, plan, method="consultation", method_approval="长财采〔2026〕5号")


def test_below_the_limit_it_needs_none(office):
    world.make_tender(office, world.make_plan(office, amount_fen=LARGE - 1), method="consultation")


def test_a_plan_filed_as_open_tender_is_tendered_openly(office):
    plan = world.make_plan(office, is_open_tender=True)
    assert code(office, plan, method="consultation") == "METHOD_NOT_JUSTIFIED"
    world.make_tender(office, plan)


@pytest.mark.requirement("R003-27")
def test_the_emergency_path_needs_a_plan_that_says_why(office, plan):
    fields = {"method": "emergency", "sheet": None, "closes_at": None}
    fields |= {"reason_code": "emergency", "method_reason": "暴雨后须立即消杀。"}
    assert code(office, plan, **fields) == "METHOD_NOT_JUSTIFIED"
    urgent = world.make_plan(office, emergency_reason="暴雨后疫情风险")
    number = world.submit_tender(office, urgent, **fields, provider_id=office.provider)
    refusal = refused("tender.publicise", office.actor("purchaser_approver"), id=number)
    assert refusal["code"] == "PUBLICITY_NOT_WANTED"


def test_a_method_nobody_knows_is_refused_in_words(office, plan):
    assert "method" in create(office, plan, method="lottery")["errors"]


# --- plan and money ----------------------------------------------------------------------------


def test_a_tender_needs_a_filed_plan(office):
    with clock.frozen(world.PLANNED):
        clerk = office.actor("purchaser_clerk")
        draft = do(
            "purchase.create",
            clerk,
            organisation_id=office.purchaser,
            catalogue_item_id=factories.catalogue_item(office, "E01"),
            funding=[{"line_id": office.line, "amount_fen": 1}],
            **factories.PLAN | {"form": "contract", "beneficiary": "government"},
        )["id"]
    assert code(office, draft) == "PLAN_NOT_FILED"


def test_a_ceiling_stays_within_what_the_plan_has_left(office, plan):
    refusal = create(office, plan, ceiling_fen=1_000_001)
    assert refusal["code"] == "CEILING_OVER_PLAN"
    assert refusal["facts"] == {"ceiling_fen": 1_000_001, "room_fen": 1_000_000}
    first = world.make_tender(office, plan, ceiling_fen=600_000)
    assert create(office, plan, ceiling_fen=400_001)["facts"]["room_fen"] == 400_000
    do("tender.cancel", office.actor("purchaser_clerk"), id=first, reason="改为整体采购")
    world.make_tender(office, plan, ceiling_fen=1_000_000)


def test_of_two_tenders_written_at_once_the_plan_pays_one(app, office, plan):
    clerk, fields = office.actor("purchaser_clerk"), world.written(ceiling_fen=600_000)

    def write():
        with app.app_context(), clock.frozen(world.WRITTEN):
            return attempt("tender.create", clerk, purchase_id=plan, **fields)

    answers = together(write, write)
    assert sorted(answer.refused for answer in answers) == [False, True]
    assert [a.body["code"] for a in answers if a.refused] == ["CEILING_OVER_PLAN"]


def test_a_bid_bond_is_at_most_two_percent_rounded_down(office, plan):
    refusal = create(office, plan, ceiling_fen=98_001, bid_bond_fen=1_961)
    assert refusal["code"] == "BID_BOND_OVER_LIMIT"
    assert refusal["facts"]["limit_fen"] == 1_960
    world.make_tender(office, plan, ceiling_fen=98_001, bid_bond_fen=1_960)


def test_the_ceiling_is_never_left_out(office, plan):
    assert "ceiling_fen" in create(office, plan, ceiling_fen=None)["errors"]


# --- conditions and sheet ----------------------------------------------------------------------


@pytest.mark.requirement("R000-34", "R000-40")
def test_neither_conditions_nor_points_may_discriminate(office, plan):
    refusal = create(office, plan, conditions=["注册资本 500 万元以上"])
    assert refusal["code"] == "DISCRIMINATORY_CONDITION"
    assert refusal["facts"]["grounds"] == ["size"]
    sheet = world.SHEET | {
        "indicators": [
            *world.SHEET["indicators"][:1],
            world.SHEET["indicators"][1] | {"standard": "注册地在望城区的得满分"},
        ]
    }
    assert code(office, plan, sheet=sheet) == "DISCRIMINATORY_CONDITION"


def test_a_sheet_that_is_not_whole_is_refused(office, plan):
    first, second = world.SHEET["indicators"]
    for changes, wanted in (
        ({"indicators": [first]}, "SHEET_WEIGHTS_NOT_100"),
        ({"price_weight_bp": 900}, "SHEET_WEIGHTS_NOT_100"),
        ({"indicators": [first, second | {"levels": []}]}, "INDICATOR_NOT_QUANTIFIED"),
        ({"small_firm_deduction_bp": 500}, "SMALL_FIRM_DEDUCTION_OUT_OF_BOUNDS"),
    ):
        assert code(office, plan, sheet=world.SHEET | changes) == wanted


def test_a_consultation_bounds_the_price_on_both_sides(office, plan):
    first, second = world.SHEET["indicators"]
    lighter = [
        first,
        second
        | {"points": 20, "levels": [{"points": 20, "words": "好"}, {"points": 0, "words": "差"}]},
    ]
    heavy = world.SHEET | {"price_weight_bp": 4000, "indicators": lighter}
    assert code(office, plan, method="consultation", sheet=heavy) == "PRICE_WEIGHT_OUT_OF_BOUNDS"
    world.make_tender(office, plan, sheet=heavy)


def test_only_a_framework_says_how_many_it_admits(office, plan):
    clerk = office.actor("purchaser_clerk")
    sheet = world.SHEET | {"admitted": 4}
    number = world.make_tender(office, plan, ceiling_fen=9_000, bid_bond_fen=0, sheet=sheet)
    assert "admitted" not in do("tender.show", clerk, id=number)["sheet"]
    for most in (4, None):
        sheet = world.SHEET | {"admitted": most}
        fields = {"method": "framework", "sheet": sheet, "bid_bond_fen": 0, "ceiling_fen": 9_000}
        number = world.make_tender(office, plan, **fields)
        assert do("tender.show", clerk, id=number)["sheet"]["admitted"] == most
    assert "sheet" in create(office, plan, sheet={"admitted": 0})["errors"]


def test_an_inquiry_has_no_sheet(office, plan):
    fields = {"method": "inquiry", "reason_code": "standard_goods", "method_reason": "标准品"}
    assert code(office, plan, **fields) == "SHEET_NOT_WANTED"


# --- submitting --------------------------------------------------------------------------------


@pytest.mark.requirement("R002-37")
def test_a_notice_carries_its_four_things(office):
    number = world.make_tender(
        office, project=None, service=None, conditions=[], evaluation=None, sheet=None
    )
    refusal = refused("tender.submit", office.actor("purchaser_clerk"), id=number)
    assert refusal["code"] == "NOTICE_FIELD_MISSING"
    assert refusal["facts"]["missing"] == [
        "project",
        "service",
        "conditions",
        "evaluation",
        "indicators",
    ]


MEAL = {"code": "meal", "name": "助餐", "unit": "餐"}


def framework(office, *services):
    sheet = world.SHEET | {"admitted": None}
    fields = {"method": "framework", "sheet": sheet, "bid_bond_fen": 0}
    return world.make_tender(office, **fields, priced_services=list(services))


def test_a_framework_names_the_services_that_it_pays_by_the_unit(office):
    clerk = office.actor("purchaser_clerk")
    refusal = refused("tender.submit", clerk, id=framework(office))
    assert refusal["facts"]["missing"] == ["priced_services"]
    number = framework(office, MEAL)
    do("tender.submit", clerk, id=number)
    assert do("tender.show", clerk, id=number)["priced_services"] == [MEAL]


def test_a_service_is_priced_once_and_only_in_a_framework(office, plan):
    again = {"priced_services": [MEAL, MEAL | {"code": "meal2"}], "method": "framework"}
    assert "助餐" in create(office, plan, **again)["errors"]["priced_services"][0]
    number = world.make_tender(office, plan, priced_services=[MEAL])
    shown = do("tender.show", office.actor("purchaser_clerk"), id=number)
    assert shown["priced_services"] == []


def test_a_direct_method_names_its_provider(office):
    fields = {"method": "single_source", "reason_code": "only_source", "method_reason": "独家"}
    number = world.make_tender(office, **fields, sheet=None, closes_at=None)
    refusal = refused("tender.submit", office.actor("purchaser_clerk"), id=number)
    assert refusal["facts"]["missing"] == ["provider_id"]


def test_a_draft_is_revised_submitted_sent_back_and_revised(office):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    number = world.make_tender(office)
    do("tender.revise", clerk, id=number, **world.written(name="物业与绿化"))
    do("tender.submit", clerk, id=number)
    assert refused("tender.revise", clerk, id=number, **world.written())["code"] == "STATE_CHANGED"
    do("tender.send_back", approver, id=number, reason="请补充考核标准")
    shown = do("tender.show", clerk, id=number)
    assert (shown["state"], shown["sent_back_reason"]) == ("draft", "请补充考核标准")
    assert shown["name"] == "物业与绿化"


def test_an_agency_does_what_the_clerk_may_for_its_own_tenders(office, plan):
    agency, agent = world.make_agency(office)
    own = world.make_tender(office, agency_id=agency)
    other = world.make_tender(office, plan)
    do("tender.revise", agent, id=own, **world.written(agency_id=agency))
    do("tender.submit", agent, id=own)
    assert refused("tender.submit", agent, id=other)["code"] == "NOT_FOUND"
    assert [row["id"] for row in do("tender.list", agent)["items"]] == [own]
    approve = refused("tender.publish", agent, id=own)
    assert approve["code"] == "ROLE_NOT_ALLOWED"


def test_a_party_of_the_wrong_kind_is_refused_in_words(office, plan):
    assert "agency_id" in create(office, plan, agency_id=office.provider)["errors"]
    assert "provider_id" in create(office, plan, provider_id=office.purchaser)["errors"]


# --- the end -----------------------------------------------------------------------------------


def fail(number):
    """Let a tender fail, as an opening with too few bids does."""
    with transaction():
        tender = db.session.get_one(Tender, number)
        tender.state, tender.failed_code = t.FAILED, "TOO_FEW_BIDS"


def test_cancelling_leaves_the_plan_its_money_and_once_public_takes_the_approver(office, plan):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    number = world.publish_tender(office, plan)
    assert refused("tender.cancel", clerk, id=number, reason="不办")["code"] == "ROLE_NOT_ALLOWED"
    do("tender.cancel", approver, id=number, reason="需求有重大变化")
    with transaction(readonly=True):
        assert db.session.get_one(Purchase, plan).state == "under_way"
    world.publish_tender(office, plan)


def test_a_failed_tender_is_repeated_once_and_linked(office):
    clerk = office.actor("purchaser_clerk")
    number = world.publish_tender(office)
    assert refused("tender.rerun", clerk, id=number)["code"] == "STATE_CHANGED"
    fail(number)
    again = do("tender.rerun", clerk, id=number)["id"]
    shown = do("tender.show", clerk, id=again)
    assert (shown["rerun_of_id"], shown["state"], shown["closes_at"]) == (number, "draft", None)
    assert do("tender.show", clerk, id=number)["rerun_id"] == again
    assert refused("tender.rerun", clerk, id=number)["code"] == "STATE_CHANGED"


def test_another_method_after_a_failure_needs_an_approval(office):
    clerk = office.actor("purchaser_clerk")
    plan = world.make_plan(office, is_open_tender=True)
    number = world.publish_tender(office, plan)
    fail(number)
    change = {"method": "negotiation", "reason_code": "retender_failed", "method_reason": "流标"}
    assert refused("tender.rerun", clerk, id=number, **change)["code"] == "METHOD_NOT_JUSTIFIED"
    again = do("tender.rerun", clerk, id=number, **change, method_approval="长财采〔2026〕9号")
    shown = do("tender.show", clerk, id=again["id"])
    assert shown["method"] == "negotiation"
    assert shown["sheet"]["indicators"] == []


def test_two_plans_below_the_limit_that_together_pass_it_are_splitting(office):
    """Neither is tendered openly; that they use the contract form is what makes them count."""
    line = factories.make_line(office, code="SPLIT", amount_fen=400_000_000)
    half = {"amount_fen": 120_000_000, "line": line, "is_open_tender": False}
    world.make_plan(office, **half)
    fields = factories.PLAN | {"name": "机关物业服务二期", "beneficiary": "government"}
    again = refused(
        "purchase.create",
        office.actor("purchaser_clerk"),
        organisation_id=office.purchaser,
        catalogue_item_id=factories.catalogue_item(office, "E01"),
        funding=[{"line_id": line, "amount_fen": 120_000_000}],
        **fields
        | {
            "form": "contract",
            "form_reason": "标准明确，竞争择优。",
            "standard_is_clear": True,
            "recipients_choose": False,
        },
    )
    assert again["code"] == "SPLIT_TO_AVOID_TENDER"
    assert again["facts"]["earlier_fen"] == 120_000_000
    assert "第二十八条" in again["basis"]
