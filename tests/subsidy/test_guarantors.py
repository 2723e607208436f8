"""Guarantors: companies with a licence, never the government; named by one, approved by another."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor
from tests import factories
from tests.factories import attempt, do
from tests.subsidy import guarantee_world as world

pytestmark = pytest.mark.one_engine


@pytest.fixture
def office(app, county):
    """Return the county on the day on which its guarantors are named."""
    with app.app_context(), clock.frozen(world.NAMED):
        yield county


def named(county, organisation, **changes):
    fields = {"organisation_id": organisation, "licence_no": "湘融担001"} | world.FIGURES | changes
    return attempt("guarantor.name", county.actor("finance_maker"), **fields)


def test_a_company_is_named_by_one_person_and_approved_by_another(office):
    number = world.name_guarantor(office, world.make_company(office))
    found = do("guarantor.show", office.actor("auditor"), id=number)
    assert (found["state_name"], found["net_assets_fen"]) == ("可以担保", 5_000_000_000)
    rooms = {one["limit"]: one["left_fen"] for one in found["room"]}
    assert rooms == {"single": 500_000_000, "group": 750_000_000, "multiple": 50_000_000_000}
    assert do("guarantor.list", office.actor("guarantor"))["items"][0]["id"] == number


@pytest.mark.requirement("R000-48", in_part=True)
@pytest.mark.parametrize("kind", ["purchaser", "finance"])
def test_a_county_office_is_refused_as_guarantor_with_the_budget_law(office, kind):
    answer = named(office, factories.make_organisation(kind))
    assert answer.body["code"] == "GUARANTOR_NOT_ALLOWED"
    assert "预算法第三十五条" in answer.body["basis"]


@pytest.mark.parametrize(
    ("prefix", "legal", "basis"),
    [
        # Whatever it calls itself, and whatever licence it shows.
        ("12", {"legal_kind": "institution", "institution_class": "public_two"}, "预算法"),
        ("52", {}, "融资担保公司监督管理条例"),
    ],
)
def test_an_institution_or_a_society_is_no_guarantor_either(office, prefix, legal, basis):
    company = factories.make_organisation(
        "provider", name="望城融资担保基金", prefix=prefix, **legal
    )
    answer = named(office, company)
    assert (answer.body["code"], answer.body["basis"][: len(basis)]) == (
        "GUARANTOR_NOT_ALLOWED",
        basis,
    )


def test_a_licence_that_has_run_out_is_none(office):
    answer = named(office, world.make_company(office), licence_until="2026-01-04")
    assert (answer.body["code"], "许可证" in answer.body["detail"]) == (
        "GUARANTOR_NOT_ALLOWED",
        True,
    )


def test_a_company_is_named_once_and_figures_are_not_of_tomorrow(office):
    company = world.make_company(office)
    assert named(office, company, as_of="2026-01-06").body["errors"].keys() == {"as_of"}
    world.name_guarantor(office, company)
    assert named(office, company).body["code"] == "GUARANTOR_EXISTS"


def test_new_figures_are_a_new_row_and_count_once_another_approved_them(office):
    number = world.name_guarantor(office, world.make_company(office))
    maker, approver = office.actor("finance_maker"), office.actor("finance_approver")
    assert attempt("guarantor.approve", approver, id=number).body["code"] == "STATE_CHANGED"
    figures = world.FIGURES | {"as_of": "2026-01-01", "net_assets_fen": 2_000_000_000}
    do("guarantor.report", maker, id=number, **figures)
    assert do("guarantor.show", maker, id=number)["net_assets_fen"] == 5_000_000_000
    do("guarantor.approve", approver, id=number)
    found = do("guarantor.show", maker, id=number)
    assert found["net_assets_fen"] == 2_000_000_000
    assert [one["net_assets_fen"] for one in found["figures"]] == [2_000_000_000, 5_000_000_000]


def test_mainly_small_and_rural_business_raises_the_multiple(office):
    number = world.name_guarantor(office, world.make_company(office), small_rural_bp=8_000)
    rooms = do("guarantor.show", office.actor("auditor"), id=number)["room"]
    assert next(one["most_fen"] for one in rooms if one["limit"] == "multiple") == 75_000_000_000


def test_a_guarantor_that_ended_may_be_named_again(office):
    company = world.make_company(office)
    number = world.name_guarantor(office, company)
    do("guarantor.end", office.actor("finance_approver"), id=number, reason="许可证被收回")
    assert named(office, company).status == 200


def test_who_named_a_guarantor_does_not_approve_it(office):
    number = named(office, world.make_company(office)).body["id"]
    maker = office.actor("finance_maker")
    both = Actor(maker.user_id, maker.name, office.actor("finance_approver").grants)
    assert attempt("guarantor.approve", both, id=number).body["code"] == "FOUR_EYES_REQUIRED"
