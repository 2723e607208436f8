"""Duties with their posts and money, the same thing funded twice, appropriations converted."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor, Grant
from core.budget import reserved, rooms
from core.db import transaction
from core.duties import double_funding, require_cleared
from core.errors import RuleBroken
from tests import factories

pytestmark = pytest.mark.one_engine

BATH = {"item_code": "A0703", "name": "助浴", "document": "望编发〔2026〕1号"}


@pytest.fixture
def office(app, county):
    """Return the county's people about duties, on a working day."""
    with clock.frozen(factories.TODAY), app.app_context():
        yield Office(county)


class Office:
    """Somebody of each desk that has to do with duties."""

    def __init__(self, county):
        self.county, self.unit = county, county.purchaser
        self.staffing = county.actor("staffing_office")
        self.clerk = county.actor("purchaser_clerk")
        self.budget = county.actor("finance_budget")
        self.wages = self.line("WAGE", 500_000)

    def line(self, code, amount_fen, **fields):
        terms = {
            "code": code,
            "name": code,
            "fiscal_year": 2026,
            "organisation_id": self.unit,
            "function_code": "208",
            "economic_code": "30101",
            "document": "望财预〔2026〕1号",
            "amount_fen": amount_fen,
        }
        return factories.do("budget.appropriate", **(terms | fields))["id"]

    def duty(self, **fields):
        terms = {"organisation_id": self.unit, "posts": 6, "from_on": "2025-01-01"} | BATH
        return factories.do("duty.record", self.staffing, **(terms | fields))["id"]

    def found(self, item="A0703", year=2026):
        with transaction(readonly=True):
            return [(one.posts, one.staff_fen) for one in double_funding(self.unit, item, year)]

    def refusal(self, item="A0703", year=2026, **options):
        with transaction(readonly=True):
            try:
                require_cleared(self.unit, item, year, **options)
            except RuleBroken as refusal:
                return refusal
            return None

    def check(self, item="A0703", actor=None):
        fields = {"organisation_id": self.unit, "item_code": item, "fiscal_year": 2026}
        return factories.do("duty.check_double_funding", actor or self.clerk, **fields)["warnings"]

    def clear(self, number, actor=None):
        fields = {"id": number, "reason": "岗位只做监管，不直接服务"}
        return factories.attempt("duty.clear_double_funding", actor or self.budget, **fields)


# --- the same thing funded twice ---------------------------------------------------------------


@pytest.mark.requirement("R000-20", "R002-09", "R003-16")
def test_what_a_unit_is_paid_to_do_itself_is_not_bought_until_finance_cleared_it(office):
    office.duty(line_id=office.wages)
    refusal = office.refusal()
    assert refusal.code == "DOUBLE_FUNDING"
    assert "6 个岗位" in refusal.message
    assert "5,000.00 元" in refusal.message
    assert "第三条" in refusal.basis
    (warning,) = office.check()
    assert office.refusal().code == "DOUBLE_FUNDING"
    assert not office.clear(warning["id"]).refused
    assert office.refusal() is None


def test_the_figures_are_those_of_the_ledger(office):
    office.duty(line_id=office.wages)
    more = {"id": office.wages, "amount_fen": 20_000, "document": "望财预〔2026〕2号"}
    factories.do("budget.adjust", office.budget, **more)
    with transaction(readonly=True):
        approved = rooms(office.wages)["approved"]
    assert office.found() == [(6, approved)] == [(6, 520_000)]


@pytest.mark.parametrize(
    ("item", "year", "found"),
    [
        ("A0703", 2026, True),
        ("a0703", 2026, True),
        ("A07", 2026, True),
        ("A070301", 2026, True),
        ("A0704", 2026, False),
        ("A0703", 2024, False),
    ],
)
def test_an_item_is_a_duty_when_one_code_begins_with_the_other(office, item, year, found):
    office.duty()
    assert bool(office.found(item, year)) == found


def test_a_duty_without_posts_and_money_funds_nothing_twice(office):
    office.duty(posts=0)
    assert office.found() == []
    office.duty(posts=0, staff_fen=100)
    assert office.found() == [(0, 100)]


def test_a_duty_that_was_handed_over_stands_in_no_later_year(office):
    number = office.duty()
    ended = {"id": number, "to_on": "2026-03-31", "document": "望编发〔2026〕2号"}
    factories.do("duty.end", office.staffing, **ended)
    assert (office.found(year=2026), office.found(year=2027)) == ([(6, 0)], [])
    again = factories.attempt("duty.end", office.staffing, **ended)
    assert again.body["code"] == "DUTY_ENDED"


def test_who_raised_a_warning_does_not_clear_it(office):
    office.duty()
    (warning,) = office.check(actor=office.budget)
    assert office.clear(warning["id"]).body["code"] == "FOUR_EYES_REQUIRED"
    other = office.county.actor("finance_approver")
    assert not office.clear(warning["id"], other).refused
    assert office.clear(warning["id"], other).body["code"] == "STATE_CHANGED"


def test_a_clearing_by_the_plans_own_maker_does_not_count(office):
    office.duty()
    (warning,) = office.check()
    office.clear(warning["id"])
    assert office.refusal(maker_id=office.budget.user_id).code == "FOUR_EYES_REQUIRED"
    assert office.refusal(maker_id=office.clerk.user_id) is None


def test_a_purchaser_does_not_clear_its_own_warning(office):
    office.duty()
    (warning,) = office.check()
    assert office.clear(warning["id"], office.clerk).body["code"] == "ROLE_NOT_ALLOWED"


def test_checking_again_raises_no_second_warning(office):
    office.duty()
    first, second = office.check(), office.check()
    assert first == second
    assert len(factories.do("duty.warnings", office.budget)["items"]) == 1


def test_the_wage_line_is_the_units_own(office):
    other = factories.make_organisation("purchaser")
    line = office.line("OTHER", 100, organisation_id=other)
    terms = {"organisation_id": office.unit, "posts": 1, "from_on": "2026-01-01"} | BATH
    answer = factories.attempt("duty.record", office.staffing, line_id=line, **terms)
    assert answer.body["code"] == "LINE_MISMATCH"


def test_duties_are_seen_within_ones_own_reach_only(office):
    office.duty()
    (warning,) = office.check()
    stranger = Actor(office.budget.user_id, "街道", (Grant("finance_budget", None, "430112001"),))
    for name in ("duty.list", "duty.warnings"):
        assert factories.do(name, stranger)["items"] == []
        assert len(factories.do(name, office.clerk)["items"]) == 1
    assert office.clear(warning["id"], stranger).body["code"] == "NOT_FOUND"


@pytest.mark.requirement("R000-31")
def test_a_contract_for_people_is_refused_and_posts_may_only_fall_or_stay(office):
    office.duty()
    item = factories.catalogue_item(office.county, "A07")
    plan = {"organisation_id": office.unit, "catalogue_item_id": item}
    plan |= {"funding": [{"line_id": office.county.line, "amount_fen": 1}]}
    plan |= factories.PLAN | {"name": "养老护理劳务派遣", "starts_on": "2026-10-01"}
    refused = factories.attempt("purchase.create", office.clerk, **plan)
    assert refused.body["code"] == "NEGATIVE_LIST_HIT"
    assert refused.body["basis"] == "政府购买服务管理办法第十条第五项"
    assert posts(office) == (6, 6, False)
    office.duty(posts=1, from_on="2026-05-01", item_code="A0704")
    assert posts(office) == (6, 7, True)


def test_publicly_paid_posts_are_set_beside_those_of_last_year(office):
    office.duty()
    assert posts(office) == (6, 6, False)
    office.duty(posts=2, from_on="2026-05-01")
    assert posts(office) == (6, 8, True)


def posts(office):
    (row,) = factories.do("duty.posts", office.budget)["items"]
    return row["posts_before"], row["posts"], row["rises"]


# --- conversion --------------------------------------------------------------------------------


def convert(office, amount_fen=300_000, **fields):
    terms = {"from_line_id": office.wages, "amount_fen": amount_fen, "posts_not_created": 4}
    terms |= {"document": "望财预〔2026〕6号"}
    return factories.attempt("conversion.record", office.budget, **(terms | fields))


@pytest.mark.requirement("R000-35")
@pytest.mark.requirement("R000-86", "R001-03", in_part=True)
def test_an_ended_appropriation_is_set_beside_its_purchase_and_the_ledger(office):
    number = convert(office).body["id"]
    plan = factories.file_plan(office.county, office.county.line, amount_fen=250_000)
    factories.do("conversion.link", office.budget, id=number, purchase_id=plan)
    found = factories.do("conversion.list", office.clerk)
    (row,) = found["items"]
    assert (row["purchase_id"], row["posts_not_created"], row["amount_fen"]) == (plan, 4, 300_000)
    assert row["funded_twice"]
    with transaction(readonly=True):
        held = sum(reserved(plan).values())
    assert row["bought_fen"] == held == 250_000
    assert found["total"] == {"amount_fen": 300_000, "posts_not_created": 4, "bought_fen": held}

    cut = {"id": office.wages, "amount_fen": -300_000, "document": "望财预〔2026〕6号"}
    factories.do("budget.adjust", office.budget, **cut)
    (row,) = factories.do("conversion.list", office.clerk)["items"]
    with transaction(readonly=True):
        approved = rooms(office.wages)["approved"]
    assert (row["approved_fen"], row["lowered_fen"]) == (approved, 300_000) == (200_000, 300_000)
    assert not row["funded_twice"]


@pytest.mark.requirement("R003-16")
def test_no_more_is_converted_than_there_was(office):
    assert not convert(office, 400_000).refused
    answer = convert(office, 100_001)
    assert answer.body["code"] == "CONVERSION_EXCEEDS_LINE"
    assert "4,000.00" in answer.body["detail"]
    assert not convert(office, 100_000).refused


def test_a_conversion_keeps_its_purchase(office):
    number = convert(office, purchase_id=3).body["id"]
    link = {"id": number, "purchase_id": 4}
    answer = factories.attempt("conversion.link", office.budget, **link)
    assert answer.body["code"] == "STATE_CHANGED"
