"""On pages: functions handed over, associations cut loose, incubators, sources, duties moved."""

from __future__ import annotations

import pytest

from core import clock
from tests import factories
from tests.catalogue_office import Office

BATH = {"item_code": "A0703", "name": "助浴", "posts": 6, "document": "望编发〔2026〕1号"}


@pytest.fixture
def handed(world):
    """Return a function of a published catalogue of functions handed over."""
    with world.app.app_context():
        office = Office(world.county)
        fields = {"division_code": factories.COUNTY, "year": 2026, "kind": "hand_over"}
        number = factories.do("catalogue.adopt", office.budget, name="转移职能目录", **fields)["id"]
        office.put(number, "T1", name="行业标准", upper_code="A07")
        office.assess(number, "T1", trade_can=True)
        with clock.frozen("2026-07-01T09:00"):
            days = {"from_on": "2026-07-01", "to_on": "2026-07-10"}
            factories.do("catalogue.open_comment", office.budget, id=number, **days)
        with clock.frozen("2026-07-12T09:00"):
            valid = {"consultation": "已征求意见", "valid_from": "2026-08-01"}
            factories.do("catalogue.submit", office.budget, id=number, **valid)
            factories.do("catalogue.publish", office.approver, id=number, document="1号")
        (item,) = factories.do("catalogue.get", office.budget, id=number)["items"]
    return item["id"]


def test_the_staffing_office_confirms_a_hand_over_and_a_plan_names_it(world, office, handed):
    page = office("staffing_office").open("/handovers/")
    terms = {"organisation_id": str(world.county.purchaser), "catalogue_item_id": str(handed)}
    wrong = page.send("/handovers/", from_on="2026-09-01", document="望编发〔2026〕3号", **terms)
    assert wrong.status == 422
    assert "二者选一" in wrong.text
    done = wrong.send("/handovers/", to_kind="social_organisation")
    assert "已确认职能转移" in done.text
    assert "社会组织" in done.text
    with world.app.app_context():
        fields = {"starts_on": "2026-10-01", "handover_id": 1, "emergency_reason": "疫情"}
        plan = factories.do(
            "purchase.create",
            world.county.actor("purchaser_clerk"),
            organisation_id=world.county.purchaser,
            catalogue_item_id=factories.catalogue_item(world.county, "A01"),
            funding=[{"line_id": world.county.line, "amount_fen": 80_000}],
            **factories.PLAN | fields,
        )["id"]
    clerk = office("purchaser_clerk")
    assert "T1 行业标准" in clerk.open(f"/purchases/{plan}/edit").text
    saved = clerk.open(f"/purchases/{plan}/edit").send(f"/purchases/{plan}/edit")
    assert "已保存修改" in saved.text
    shown = clerk.open(f"/purchases/{plan}/edit")
    assert 'value="1" selected>T1 行业标准' in shown.html
    assert "确认职能转移…" not in office("auditor").open("/handovers/?year=2026").text


def test_an_association_is_tied_and_cut_loose(world, office):
    address = f"/parties/{world.county.provider}"
    page = office("staffing_office").open(address)
    unit = str(world.county.purchaser)
    tied = page.send(f"{address}/ties", authority_id=unit, document="章程")
    assert "已登记主管单位" in tied.text
    assert "还没有脱钩" in tied.text
    wrong = tied.send(f"{address}/ties/cut", cut_authority_id=unit, document="望民〔2026〕1号")
    assert wrong.status == 422
    cut = wrong.send(f"{address}/ties/cut", decoupled_on="2026-08-01")
    assert "已登记脱钩" in cut.text
    assert "自 2026-08-01 起" in cut.text
    assert "脱钩…" not in office("purchaser_clerk").open(address).text


def test_incubators_are_registered_with_whom_they_foster(world, office):
    clerk = office("purchaser_clerk")
    page = clerk.open("/incubators/")
    made = page.send(
        "/incubators/",
        name="区孵化基地",
        division_code=factories.COUNTY,
        since_on="2014-05-01",
        document="望民〔2014〕3号",
    )
    assert "已登记孵化基地" in made.text
    wrong = made.send("/incubators/providers", id="1", provider_id=str(world.county.provider))
    assert wrong.status == 422
    done = wrong.send("/incubators/providers", from_on="2015-01-01")
    assert "已登记培育的承接主体" in done.text
    auditor = office("auditor").open("/incubators/")
    assert "望城区育才学校" in auditor.text
    assert "登记孵化基地…" not in auditor.text


def test_a_line_says_where_its_money_comes_from(world, office):
    page = office("finance_budget").open("/budget/new")
    made = page.send(
        "/budget/new",
        fiscal_year="2026",
        code="LOT",
        name="福彩",
        organisation_id=str(world.county.purchaser),
        function_code="229",
        economic_code="30227",
        source="lottery",
        document="望财预〔2026〕5号",
        amount_fen="1600",
    )
    assert "彩票公益金" in made.text
    told = office("auditor").open("/budget/sources?year=2026")
    assert "彩票公益金" in told.text
    assert "1,600.00" in told.text


def test_a_duty_is_proposed_to_be_bought_and_moved_with_its_money(world, office):
    with world.app.app_context():
        other = factories.make_organisation("purchaser", name="望城区民政局")
        wages = factories.make_line(world.county, code="WAGE", amount_fen=500_000)
    terms = BATH | {"organisation_id": world.county.purchaser, "from_on": "2025-01-01"}
    made = world.act("duty.record", "staffing_office", line_id=wages, posts_needed=8, **terms)
    target = world.act(
        "budget.appropriate",
        "finance_budget",
        code="CARE",
        name="养老",
        fiscal_year=2026,
        organisation_id=other,
        function_code="208",
        economic_code="30101",
        document="1号",
        amount_fen=100,
    )["id"]
    clerk = office("purchaser_clerk")
    address = f"/duties/{made['id']}/propose"
    assert address in clerk.open("/duties/").html
    wrong = clerk.open(address).send(address, need="")
    assert wrong.status == 422
    done = wrong.send(address, need="缺两个岗位")
    assert "已建议购买" in done.text
    address = f"/duties/{made['id']}/move"
    budget = office("finance_budget")
    assert address in budget.open("/duties/").html
    fields = {"organisation_id": str(other), "from_on": "2026-10-01", "document": "2号"}
    alone = budget.open(address).send(address, **fields)
    assert alone.status == 409 or "DUTY_WITHOUT_MONEY" in alone.text
    moved = alone.send(address, to_line_id=str(target))
    assert "经费调剂已提出" in moved.text
    assert "5,000.00" in budget.open("/virement/").text


def test_a_new_institution_gives_its_reason_on_the_page(world, office):
    legal = {"legal_kind": "institution", "institution_class": "public_two"}
    with world.app.app_context():
        home = factories.make_organisation("purchaser", prefix="12", name="助浴中心", **legal)
        factories.make_organisation("provider", tags=["A07"])
    page = office("staffing_office").open("/duties/new")
    fields = {name: str(value) for name, value in BATH.items()} | {"from_on": "2026-10-01"}
    refused = page.send("/duties/new", organisation_id=str(home), **fields)
    assert "CAPABLE_PROVIDERS_EXIST" in refused.text
    assert "1 家" in refused.text
    done = refused.send("/duties/new", institution_reason="山区没有网点")
    assert "已登记职责事项" in done.text
