"""Functions handed over, what was bought of them, and what stands in no statistics."""

from __future__ import annotations

import pytest

from core import clock
from core.budget import reserved
from core.db import transaction
from tests import factories
from tests.catalogue_office import COUNTY, Office
from tests.purchase_world import make_hospital

pytestmark = pytest.mark.one_engine


@pytest.fixture
def office(app, county):
    """Return finance of a county on 1 September 2026."""
    with app.app_context(), clock.frozen(factories.TODAY):
        yield Office(county)


@pytest.fixture
def listed(office):
    """Return the items of a published catalogue of functions handed over, by code."""
    fields = {"year": 2026, "name": "转移职能目录", "kind": "hand_over"}
    number = factories.do("catalogue.adopt", office.budget, division_code=COUNTY, **fields)["id"]
    for code in ("T1", "T2"):
        office.put(number, code, name=f"行业标准{code}", upper_code="A07")
        office.assess(number, code, trade_can=True)
    office.ask(number)
    office.submit(number)
    office.publish(number)
    found = factories.do("catalogue.get", office.budget, id=number)["items"]
    return {one["code"]: one["id"] for one in found}


def confirm(office, item, **changes):
    """Try to confirm a hand-over from 1 October and return the answer."""
    fields = {"organisation_id": office.county.purchaser, "catalogue_item_id": item}
    fields |= {"from_on": "2026-10-01", "document": "望编发〔2026〕3号"}
    fields |= {"to_kind": "social_organisation"}
    staffing = office.county.actor("staffing_office")
    return factories.attempt("handover.confirm", staffing, **fields | changes)


def plan(office, **changes):
    """Try to write an emergency plan from 1 October and return the answer."""
    county = office.county
    money = [{"line_id": county.line, "amount_fen": 80_000}]
    fields = factories.PLAN | {"starts_on": "2026-10-01", "emergency_reason": "疫情"}
    fields |= {"organisation_id": county.purchaser, "funding": money}
    fields |= {"catalogue_item_id": factories.catalogue_item(county, "A01")}
    return factories.attempt("purchase.create", office.clerk, **fields | changes)


def file(office, number):
    """Bring a plan from its draft to finance's file."""
    factories.do("purchase.submit", office.clerk, id=number)
    factories.do("purchase.agree", office.county.actor("purchaser_approver"), id=number)
    factories.do("purchase.file", office.budget, id=number)


@pytest.mark.requirement("R001-22", "R001-28", "R001-29")
def test_a_hand_over_is_confirmed_and_what_is_bought_of_it_is_the_ledgers_figure(office, listed):
    first = confirm(office, listed["T1"]).body["id"]
    named = {"to_kind": None, "to_organisation_id": office.county.provider}
    assert not confirm(office, listed["T2"], from_on="2027-01-01", **named).refused
    number = plan(office, handover_id=first).body["id"]
    assert factories.do("purchase.show", office.clerk, id=number)["handover_id"] == first
    file(office, number)
    told = factories.do("handover.list", office.budget)
    assert told["years"] == [{"year": 2027, "functions": 1}, {"year": 2026, "functions": 1}]
    with transaction(readonly=True):
        held = sum(reserved(number).values())
    later, row = told["items"]
    assert (row["bought_fen"], row["paid_fen"]) == (held, 0) == (80_000, 0)
    assert told["total"] == {"bought_fen": held, "paid_fen": 0}
    assert [one["id"] for one in row["purchases"]] == [number]
    assert (row["to"], later["to"]) == ("社会组织", "望城区育才学校")
    only = factories.do("handover.list", office.budget, year=2027)
    assert [one["item_code"] for one in only["items"]] == ["T2"]


def test_what_no_catalogue_lists_is_not_confirmed_nor_twice(office, listed):
    bought = factories.catalogue_item(office.county, "A01")
    for item, day in ((bought, "2026-10-01"), (listed["T1"], "2026-09-30")):
        assert confirm(office, item, from_on=day).body["code"] == "HANDOVER_NOT_LISTED"
    assert not confirm(office, listed["T1"]).refused
    assert confirm(office, listed["T1"]).body["code"] == "HANDOVER_CONFIRMED"
    both = confirm(office, listed["T2"], to_organisation_id=office.county.provider)
    assert both.body["code"] == "INVALID_INPUT"
    organ = {"to_kind": None, "to_organisation_id": office.county.purchaser}
    assert confirm(office, listed["T2"], **organ).body["code"] == "INVALID_INPUT"


def test_a_plan_follows_from_its_own_units_hand_over_in_effect(office, listed):
    other = factories.make_organisation("purchaser", name="望城区民政局")
    foreign = confirm(office, listed["T1"], organisation_id=other).body["id"]
    late = confirm(office, listed["T2"], from_on="2026-11-01").body["id"]
    for number in (foreign, late, 999):
        assert plan(office, handover_id=number).body["code"] == "HANDOVER_MISMATCH"


# --- by analogy --------------------------------------------------------------------------------


@pytest.mark.requirement("R000-19")
def test_what_is_done_by_analogy_needs_a_line_is_marked_and_stands_in_no_statistics(app, county):
    with app.app_context():
        with clock.frozen("2015-01-04T09:00"):
            hospital = make_hospital()
            draft = {"division_code": COUNTY, "year": 2015, "name": "目录", "codes": ["A07"]}
            catalogue = {"id": factories.do("catalogue.adopt", **draft)["id"]}
            days = {"from_on": "2015-01-04", "to_on": "2015-01-14"}
            factories.do("catalogue.open_comment", **catalogue, **days)
        with clock.frozen("2015-01-15T09:00"):
            valid = {"valid_from": "2015-02-01", "consultation": "已征求意见"}
            factories.do("catalogue.submit", **catalogue, **valid)
            factories.do("catalogue.publish", document="1号", **catalogue)
            (item,) = factories.do("catalogue.get", **catalogue)["items"]
        with clock.frozen("2015-03-02T09:00"):
            fields = factories.PLAN | {"emergency_reason": "疫情", "by_analogy": True}
            fields |= {"starts_on": "2015-04-01", "ends_on": "2015-12-31"}
            fields |= {"organisation_id": hospital, "catalogue_item_id": item["id"]}
            assert factories.attempt("purchase.create", **fields).body["code"] == "BUDGET_MISSING"
            line = {"code": "HOS", "name": "医院", "fiscal_year": 2015, "economic_code": "302"}
            line |= {"organisation_id": hospital, "function_code": "210", "amount_fen": 90_000}
            number = factories.do("budget.appropriate", document="1号", **line)["id"]
            fields["funding"] = [{"line_id": number, "amount_fen": 70_000}]
            without = factories.attempt("purchase.create", **fields | {"by_analogy": False})
            assert without.body["code"] == "PURCHASER_NOT_ELIGIBLE"
            plan = factories.do("purchase.create", **fields)["id"]
            for step in ("submit", "agree", "file"):
                factories.do(f"purchase.{step}", id=plan)
            assert factories.do("purchase.show", id=plan)["by_analogy"]
            with transaction(readonly=True):
                assert sum(reserved(plan).values()) == 70_000
            told = factories.do("purchase.statistics", year=2015)
    assert (told["items"], told["by_analogy"], told["total"]["bought_fen"]) == ([], 1, 0)


def test_who_may_buy_does_not_leave_the_statistics_by_a_mark(office):
    number = plan(office, by_analogy=True).body["id"]
    assert not factories.do("purchase.show", office.clerk, id=number)["by_analogy"]
    file(office, number)
    told = factories.do("purchase.statistics", office.budget, year=2026)
    assert (len(told["items"]), told["by_analogy"]) == (1, 0)
