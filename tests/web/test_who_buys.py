"""Who buys, on pages: legal kinds, duties and double funding, conversions, virement, reports."""

from __future__ import annotations

import re

import pytest

from tests import factories

BATH = {"item_code": "A0703", "name": "助浴", "posts": "6", "document": "望编发〔2026〕1号"}
MOVE = {"amount_fen": "1,000.50", "document": "望财预〔2026〕8号", "reason": "需求变化"}


@pytest.fixture
def second(world):
    """A second line to move money to."""
    return world.act(
        "budget.appropriate",
        "finance_budget",
        code="CARE2",
        name="养老",
        fiscal_year=2026,
        organisation_id=world.county.purchaser,
        function_code="208",
        economic_code="30227",
        document="望财预〔2026〕1号",
        amount_fen=100_000,
    )["id"]


# --- legal kinds -------------------------------------------------------------------------------


def test_an_organisations_page_says_whether_it_may_buy_and_why(world, office):
    page = office("auditor").open(f"/parties/{world.county.purchaser}")
    assert "可以购买" in page.text
    assert "财政部令第102号）第五条" in page.text
    assert not [form for form in page.forms if form.action.endswith("/kinds")]


@pytest.mark.requirement("R000-17", "R002-56")
def test_the_staffing_office_records_a_hospital_and_the_page_says_that_it_may_not_buy(
    world, office
):
    with world.app.app_context():
        hospital = factories.make_organisation("purchaser", prefix="12", name="区人民医院")
    address = f"/parties/{hospital}"
    page = office("staffing_office").open(address)
    assert "还没有登记" in page.text
    wrong = page.send(f"{address}/kinds", legal_kind="institution", from_on="2026-01-01")
    assert wrong.status == 422
    assert "请填写" in wrong.text
    done = wrong.send(
        f"{address}/kinds",
        institution_class="public_one",
        flags="budget_funded",
        document="望编发〔2026〕5号",
    )
    assert "已登记法定类别" in done.text
    assert "不可以购买" in done.text
    assert "财政部令第102号）第八条" in done.text
    assert "望编发〔2026〕5号" in done.text
    assert "经费由财政负担" in done.text


def test_an_administrator_registers_a_unit_with_its_legal_kind(world, office):
    page = office("administrator").open("/parties/new")
    made = page.send(
        "/parties/new",
        credit_code=factories.credit_code("13"),
        name="区总工会",
        kind="purchaser",
        division_code=factories.COUNTY,
        legal_kind="mass_organisation",
        flags="administrative_staffing",
        legal_document="三定规定",
    )
    assert "已登记单位" in made.text
    assert "可以购买" in made.text
    assert "参照" in made.text
    assert "legal_kind" not in office("purchaser_clerk").open("/parties/new").html


# --- duties ------------------------------------------------------------------------------------


def test_a_duty_raises_a_warning_that_finance_clears_with_a_reason(world, office):
    unit = str(world.county.purchaser)
    page = office("staffing_office").open("/duties/new")
    refused = page.send("/duties/new", organisation_id=unit, **(BATH | {"item_code": "养老"}))
    assert "须为目录代码" in refused.text
    made = refused.send(
        "/duties/new", organisation_id=unit, staff_fen="5000", from_on="2025-01-01", **BATH
    )
    assert made.path == "/duties/"
    assert "助浴" in made.text
    assert "5,000.00" in made.text
    assert "没有增加" in made.text

    clerk = office("purchaser_clerk").open("/duties/warnings")
    found = clerk.send("/duties/warnings", organisation_id=unit, item_code="a0703")
    assert "发现 1 项重复安排的疑点" in found.text
    assert "待核销" in found.text

    budget = office("finance_budget")
    assert "项重复安排疑点待核销" in budget.open("/").text
    page = budget.open("/duties/warnings")
    (action,) = [form.action for form in page.forms if form.action.endswith("/clear")]
    wrong = page.send(action, reason="")
    assert wrong.status == 422
    cleared = wrong.send(action, reason="岗位只做监管")
    assert "已核销" in cleared.text
    assert "岗位只做监管" in cleared.text


def test_a_duty_is_ended_with_its_document(world, office):
    terms = BATH | {"posts": 6, "from_on": "2025-01-01"}
    made = world.act(
        "duty.record", "staffing_office", organisation_id=world.county.purchaser, **terms
    )
    address = f"/duties/{made['id']}/end"
    page = office("purchaser_clerk").open(address)
    wrong = page.send(address, to_on="2024-01-01", document="望编发〔2026〕2号")
    assert "截止日早于起始日" in wrong.text or "不能早于起始日" in wrong.text
    done = wrong.send(address, to_on="2026-08-31", document="望编发〔2026〕2号")
    assert "已截止职责事项" in done.text
    assert "2026-08-31" in done.text


def test_a_conversion_shows_whether_the_old_money_was_taken_away(world, office, second):
    budget = office("finance_budget")
    page = budget.open("/duties/conversions")
    made = page.send(
        "/duties/conversions",
        from_line_id=str(second),
        amount_fen="300",
        posts_not_created="4",
        document="望财预〔2026〕6号",
    )
    assert "尚未调减原指标" in made.text
    (action,) = [form.action for form in made.forms if form.action.endswith("/link")]
    with world.app.app_context():
        plan = factories.file_plan(world.county, world.county.line, amount_fen=70_000)
    linked = made.send(action, purchase=str(plan))
    assert "700.00" in linked.text
    assert "已对应购买项目" in linked.text
    cut = {"id": second, "amount_fen": -30_000, "document": "望财预〔2026〕6号"}
    world.act("budget.adjust", "finance_budget", **cut)
    assert "已调减原指标" in budget.open("/duties/conversions").text
    assert "300.00" in office("auditor").open("/duties/conversions").text


# --- virement ----------------------------------------------------------------------------------


def test_one_person_proposes_a_virement_and_another_approves_it(world, office, second):
    lines = {"from_line_id": str(world.county.line), "to_line_id": str(second)}
    budget = office("finance_budget")
    page = budget.open("/virement/new")
    short = page.send("/virement/new", **(lines | MOVE | {"amount_fen": "99999999"}))
    assert short.status == 422
    assert "不足以调出" in short.text
    made = short.send("/virement/new", **(lines | MOVE))
    assert "已提出调剂" in made.text
    assert not [form for form in made.forms if form.action.endswith("/approve")]

    approver = office("finance_approver")
    assert "笔指标调剂待批准" in approver.open("/").text
    page = approver.open("/virement/")
    (action,) = [form.action for form in page.forms if form.action.endswith("/approve")]
    done = page.send(action)
    assert "两条指标已按凭证调整" in done.text
    (journal,) = set(re.findall(r'href="(/audit/journals/\d+)"', done.html))
    assert "指标调剂" in approver.open(journal).text

    shifts = office("auditor").open("/virement/shifts")
    assert shifts.text.count("1,000.50") >= 3
    assert "CARE2 养老" in shifts.text


def test_a_virement_is_declined_with_a_reason(world, office, second):
    lines = {"from_line_id": second, "to_line_id": world.county.line}
    world.act("budget.transfer", "finance_budget", **(lines | MOVE | {"amount_fen": 100}))
    page = office("finance_approver").open("/virement/")
    (action,) = [form.action for form in page.forms if form.action.endswith("/decline")]
    wrong = page.send(action, reason="")
    assert wrong.status == 422
    done = wrong.send(action, reason="来源不妥")
    assert "已退回，没有动钱" in done.text
    assert "来源不妥" in done.text


@pytest.mark.requirement("R004-32")
def test_a_line_is_not_raised_because_services_are_bought(world, office, second):
    address = f"/budget/lines/{second}/adjust"
    page = office("finance_budget").open(f"/budget/lines/{second}")
    refused = page.send(
        address, amount_fen="100", document="望财预〔2026〕9号", reason="实施政府购买服务"
    )
    assert refused.status == 422
    assert "PURCHASE_IS_NO_REASON" in refused.text
    assert "请通过调整支出结构解决" in refused.text


def test_the_page_of_staff_and_service_money_shows_each_unit(world, office, second):
    page = office("purchaser_approver").open("/virement/staff")
    assert "望城区教育局" in page.text
    assert "1,000.00" in page.text
    assert "人员经费" in page.text
    assert office("auditor").open("/virement/staff?year=2019").status == 200


def test_odd_days_and_pages_are_no_reason_to_fail(office):
    auditor = office("auditor")
    for address in (
        "/virement/shifts?from_on=0001-01-01&to_on=x",
        "/virement/?before=x",
        "/virement/staff?year=99999999999999999999",
        "/duties/?before=99999999999999999999999",
    ):
        assert auditor.open(address).status in {200, 404, 422}, address
