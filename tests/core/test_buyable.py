"""Who may buy what on which day: level, the catalogue above, functions handed over."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock
from core.catalogue import items_on, require_buyable
from core.db import db, transaction
from core.errors import RuleBroken
from core.parties import Organisation
from tests import factories
from tests.catalogue_office import CITY, COUNTY, NAME, ON, PROVINCE, TOWN, Office, broken, refused
from tests.factories import attempt, do, make_catalogue

pytestmark = pytest.mark.one_engine


@pytest.fixture
def office(app, county):
    """Return finance of a county on 1 September 2026."""
    with app.app_context(), clock.frozen(factories.TODAY):
        yield Office(county)


@pytest.fixture
def above(office):
    """Return a function that publishes the catalogue of the province, from which counties take."""

    def made(**changes):
        fields = {"division_code": PROVINCE, "codes": ["A07", "B03"]} | changes
        with clock.frozen("2026-01-02T09:00"):
            draft = do("catalogue.adopt", year=2026, name="湖南省目录", **fields)
            asked = {"from_on": "2026-01-02", "to_on": "2026-01-08"}
            do("catalogue.open_comment", id=draft["id"], **asked)
        with clock.frozen("2026-01-09T09:00"):
            valid = {"valid_from": "2026-01-10", "consultation": "已征求意见"}
            do("catalogue.submit", id=draft["id"], **valid)
            do("catalogue.publish", id=draft["id"], document="湘财购〔2026〕1号")
        return draft["id"]

    return made


def township_office():
    """Register an office of the township as purchaser and return its number."""
    return do(
        "party.add_organisation",
        credit_code=factories.credit_code("11"),
        name="高塘岭街道办事处",
        kind="purchaser",
        division_code=TOWN,
        tags=[],
    )["id"]


def test_an_item_of_the_catalogue_in_force_may_be_bought(office):
    items = make_catalogue(office.county, codes=["A07", "E01"])
    assert office.buyable(items["A07"], name="居家养老", content="上门照料") == "A07"


def test_a_service_outside_the_catalogue_in_force_is_refused_with_the_article(office):
    items = make_catalogue(office.county, codes=["A07"])
    early = broken(office.buyable(items["A07"], on=date(2026, 1, 31)), "SERVICE_NOT_COVERED")
    assert early.basis == "政府购买服务管理办法第十一条"
    assert "2026-01-31" in early.message
    broken(office.buyable(9999), "SERVICE_NOT_COVERED")
    draft = office.draft(["A01"], batch=2)
    number = do("catalogue.get", office.budget, id=draft)["items"][0]["id"]
    broken(office.buyable(number), "SERVICE_NOT_COVERED")


@pytest.mark.requirement("R000-28")
def test_a_project_keeps_its_version_until_the_item_falls_out_of_the_catalogue(office):
    items = make_catalogue(office.county, codes=["A01", "A07"])
    number = do("catalogue.revise", office.budget, id=items[""], year=2027, name="2027年目录")["id"]
    do("catalogue.drop_item", office.budget, catalogue_id=number, code="A01")
    office.ask(number)
    office.submit(number)
    office.publish(number)
    later = date(2026, 10, 1)
    assert office.buyable(items["A07"], on=later) == "A07"
    broken(office.buyable(items["A01"], on=later), "SERVICE_NOT_COVERED")
    assert office.buyable(items["A01"]) == "A01"


@pytest.mark.requirement("R004-06", "R004-03")
def test_each_item_names_the_levels_that_may_buy_it(office):
    items = make_catalogue(office.county, codes=["A07", "E02"])
    town = township_office()
    assert office.buyable(items["A07"], organisation=town) == "A07"
    refusal = broken(office.buyable(items["E02"], organisation=town), "PURCHASER_LEVEL_MISMATCH")
    assert refusal.basis == "政府购买服务管理办法第二条"
    assert "县级" in refusal.message
    with transaction(readonly=True):
        assert [item.code for item in items_on(TOWN, ON)] == ["A07"]
        assert [item.code for item in items_on(TOWN, ON, any_level=True)] == ["A07", "E02"]


def test_a_catalogue_does_not_speak_for_the_levels_above(office):
    number = office.draft()
    body = refused(office.put(number, levels=["city"]), "CATALOGUE_LEVEL_FORBIDDEN")
    assert body["basis"] == "政府购买服务管理办法第十一条"


@pytest.mark.requirement("R004-15")
def test_a_countys_item_stands_under_one_of_the_catalogue_above(office, above):
    above()
    number = office.draft(["A07"])
    office.put(number, "A01-1", name="课后托管", upper_code="A01")
    office.assess(number, "A01-1")
    office.ask(number)
    body = refused(office.submit(number), "CATALOGUE_NOT_IN_UPPER")
    assert body["basis"] == "政府购买服务管理办法第十一条"
    assert "湖南省目录" in body["detail"]
    with clock.frozen("2026-09-11T09:00"):
        office.put(number, "A01-1", name="助餐", upper_code="A07")
    assert not office.submit(number).refused


def test_without_a_catalogue_above_the_general_one_takes_its_place(office):
    number = office.draft(["A07"])
    office.put(number, "X1", upper_code="Z99")
    office.assess(number, "X1")
    office.ask(number)
    assert "通用指导性目录" in refused(office.submit(number), "CATALOGUE_NOT_IN_UPPER")["detail"]


def test_an_item_that_the_catalogue_above_dropped_can_no_longer_be_planned(office, above):
    first = above()
    with clock.frozen("2026-02-02T09:00"):
        items = make_catalogue_later(office)
    with clock.frozen("2026-06-01T09:00"):
        draft = do("catalogue.revise", id=first, year=2026, name="湖南省目录（调整）")["id"]
        do("catalogue.drop_item", catalogue_id=draft, code="A07", reason="调整")
        asked = {"from_on": "2026-06-01", "to_on": "2026-06-10"}
        do("catalogue.open_comment", id=draft, **asked)
    with clock.frozen("2026-06-11T09:00"):
        valid = {"valid_from": "2026-07-01", "consultation": "已征求意见"}
        do("catalogue.submit", id=draft, **valid)
        do("catalogue.publish", id=draft, document="湘财购〔2026〕8号")
    assert office.buyable(items["A07"], on=date(2026, 6, 30)) == "A07"
    broken(office.buyable(items["A07"]), "CATALOGUE_NOT_IN_UPPER")


def make_catalogue_later(office):
    """Publish the county's catalogue in February, after the province's."""
    number = office.draft(["A07", "B03"])
    asked = {"from_on": "2026-02-02", "to_on": "2026-02-10"}
    do("catalogue.open_comment", office.budget, id=number, **asked)
    with clock.frozen("2026-02-11T09:00"):
        valid = {"valid_from": "2026-03-01", "consultation": "已征求意见"}
        do("catalogue.submit", office.budget, id=number, **valid)
        do("catalogue.publish", office.approver, id=number, document="望财购〔2026〕1号")
        items = do("catalogue.get", office.budget, id=number)["items"]
    return {item["code"]: item["id"] for item in items}


@pytest.mark.requirement("R003-22")
def test_where_the_province_keeps_the_pen_a_county_only_selects(office, above):
    above(lower_may="select")
    number = office.draft(["A07"])
    body = refused(office.put(number), "CATALOGUE_LEVEL_FORBIDDEN")
    assert body["basis"] == "政府购买服务管理办法第十一条"
    assert (
        do("catalogue.select_items", office.budget, catalogue_id=number, codes=["B03"])["items"]
        == 2
    )
    missing = attempt("catalogue.select_items", office.budget, catalogue_id=number, codes=["A01"])
    assert missing.body["code"] == "INVALID_INPUT"
    office.ask(number)
    assert not office.submit(number).refused


@pytest.mark.requirement("R003-22")
def test_a_county_does_not_make_the_citys_catalogue(office):
    answer = attempt("catalogue.adopt", office.budget, division_code=CITY, year=2026, name=NAME)
    assert refused(answer, "CATALOGUE_LEVEL_FORBIDDEN")["basis"]


@pytest.mark.requirement("R004-06")
def test_a_county_never_lets_more_levels_buy_than_the_catalogue_above(office, above):
    above(codes=["A07", "E02"])
    number = office.draft(["A07"])
    office.put(number, "E02", name="课题研究", upper_code=None, levels=["county", "township"])
    office.assess(number, "E02")
    office.ask(number)
    body = refused(office.submit(number), "PURCHASER_LEVEL_MISMATCH")
    assert body["basis"] == "政府购买服务管理办法第二条"
    assert "乡镇级" in body["detail"]


@pytest.mark.requirement("R001-12")
def test_what_is_handed_over_is_not_bought_as_well(office):
    handed = do(
        "catalogue.adopt",
        office.budget,
        division_code=COUNTY,
        year=2026,
        name="转移职能目录",
        kind="hand_over",
    )["id"]
    office.put(handed, "A07", name="养老服务")
    office.assess(handed, "A07", trade_can=True)
    office.ask(handed)
    office.submit(handed)
    assert office.publish(handed).body["state"] == "published"
    number = office.draft(["A07"])
    office.ask(number)
    body = refused(office.submit(number), "CATALOGUE_OVERLAP")
    assert body["basis"] == "政府购买服务管理办法第十一条"


@pytest.mark.requirement("R001-12", "R001-13")
@pytest.mark.parametrize(("kind", "answers"), [("buy", {"trade_can": True}), ("hand_over", {})])
def test_an_item_judged_otherwise_belongs_in_the_other_catalogue(office, kind, answers):
    number = office.draft([], kind=kind)
    office.put(number)
    office.assess(number, **answers)
    office.ask(number)
    assert refused(office.submit(number), "CATALOGUE_KIND_MISMATCH")["basis"]


def test_the_functions_handed_over_are_counted_by_year(office):
    handed = do(
        "catalogue.adopt",
        office.budget,
        division_code=COUNTY,
        year=2026,
        name="转移职能目录",
        kind="hand_over",
    )["id"]
    for code in ("T1", "T2"):
        office.put(handed, code, name=f"行业标准{code}")
        office.assess(handed, code, trade_can=True)
    office.ask(handed)
    office.submit(handed)
    office.publish(handed)
    told = do("catalogue.handed_over", office.budget, division_code=COUNTY)
    assert told["years"] == [{"year": 2026, "functions": 2}]


@pytest.mark.requirement("R000-29")
def test_what_people_live_by_comes_first(office):
    make_catalogue(office.county, codes=["A03", "A07", "E01"])
    with transaction(readonly=True):
        codes = [item.code for item in items_on(COUNTY, ON)]
    assert codes[0] == "A07"


def test_an_unpublished_place_has_nothing_to_buy(office):
    with transaction(readonly=True):
        assert items_on(COUNTY, ON) == []
        buyer = db.session.get_one(Organisation, office.county.purchaser)
        with pytest.raises(RuleBroken, match="不在望城区"):
            require_buyable(1, organisation=buyer, on=ON)
