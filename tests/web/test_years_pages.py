"""The pages of a year's end: the checklist, open pools, carry-overs, debts, opening balances."""

from __future__ import annotations

import re
from io import BytesIO

import pytest

from core import clock

TURN = "2027-01-02T09:00"


@pytest.fixture
def enter(office):
    """Return how somebody with a role signs in at the office."""
    return office


def links(page, pattern):
    """Return a page's addresses that match."""
    return [href for href in re.findall(r'href="([^"]+)"', page.html) if re.search(pattern, href)]


def test_a_pool_is_carried_over_and_the_year_closed_in_the_browser(world, enter):
    with clock.frozen("2026-12-30T09:00"):
        pools = enter("finance_budget").open("/years/2026/pools")
        assert "项目CARE" in pools.text
    with clock.frozen(TURN):
        budget, approver = enter("finance_budget"), enter("finance_approver")
        listed = budget.open("/years/2026/pools")
        assert "项目CARE" in listed.text
        done = listed.send("/years/2026/carry", document="望财预〔2027〕1号", codes="CARE27")
        assert "已提出结转" in done.text
        assert "有未了的钱" in done.text
        page = approver.open("/years/?year=2026")
        assert "/years/" in links(approver.open("/"), r"^/years/")
        page = page.send("/years/2026/carry/1/approve")
        assert "已结转" in page.text
        asked = enter("finance_maker").open("/years/").send("/years/2026/request-close")
        assert "已提出结账" in asked.text
        closed = approver.open("/years/?year=2026").send("/years/2026/close/1")
        assert "2026 年度已结账" in closed.text
        line = budget.open("/budget/lines/1")
        assert "所属财政年度已结账" in line.text
        assert "/budget/lines/1/adjust" not in line.html


def test_a_year_with_unfinished_money_says_what_to_do(world, enter):
    with clock.frozen(TURN):
        enter("finance_maker").open("/years/?year=2026").send("/years/2026/request-close")
        page = enter("finance_approver").open("/years/?year=2026")
        refused = page.send("/years/2026/close/1")
    assert refused.status == 422
    assert "还有 1 条指标有未了的钱" in refused.text
    assert "预算法第四十二条" in refused.text


def test_unspent_money_is_carried_from_the_checklist(world, enter):
    with clock.frozen(TURN):
        page = enter("finance_budget").open("/years/?year=2026")
        done = page.send("/years/2026/carry", line_id="1", amount_fen="100", document="2号")
        assert "EDU-结转" in done.text


def test_a_debt_is_recorded_recognised_and_funded(world, enter):
    maker, approver, budget = (
        enter(role) for role in ("finance_maker", "finance_approver", "finance_budget")
    )
    page = maker.open("/debts/").send(
        "/debts/",
        kind="judgment",
        organisation_id=str(world.county.purchaser),
        party_id=str(world.county.provider),
        amount_fen="1,200.50",
        document="(2026)湘0112民初1号",
        reason="合同纠纷",
    )
    assert "已登记" in page.text
    page = approver.open("/debts/").send("/debts/1/approve")
    assert "1,200.50" in page.text
    page = budget.open("/debts/").send("/debts/1/fund", line_id="1")
    assert "已落实预算" in page.text
    wrong = maker.open("/debts/").send("/debts/", kind="judgment", amount_fen="x")
    assert wrong.status == 422


def test_a_file_that_does_not_agree_is_shown_account_by_account(world, enter):
    maker = enter("finance_maker")
    form = maker.open("/takeon/").form("/takeon/").fields
    text = (
        "as_of: 2026-08-31\ndocument: 1号\nlines:\n"
        "- {code: X, name: 甲, fiscal_year: 2026, organisation: abc, function_code: '205',"
        " economic_code: '303', document: 1号, approved_fen: 100}\n"
        "trial_balance:\n- {account: line.approved, owner: X, amount_fen: 200}\n"
    )
    file = (BytesIO(text.encode()), "期初.yaml")
    page = maker.post("/takeon/", form | {"file": file})
    assert page.status == 422
    assert "与旧账不符" in page.text
    assert "-1.00" in page.text


def test_tables_are_handed_in_together_and_a_wrong_holder_is_shown_by_row(world, enter):
    maker = enter("finance_maker")
    form = maker.open("/takeon/").form("/takeon/").fields
    about = "as_of,document\n2026-08-31,1号"
    holder = (
        "pool,programme,id_number,class_code,allotment,granted,remaining,committed_fen,"
        "valid_from,valid_through\nPZ,CARE,430100195001010000,A,face,1,1,1,2026-08-01,2026-08-31"
    )
    files = [
        (BytesIO(text.encode()), name)
        for name, text in (("about.csv", about), ("vouchers.csv", holder))
    ]
    page = maker.post("/takeon/", form | {"file": files})
    assert page.status == 422
    assert "居民没有登记" in page.text
    assert "430100195001010000" not in page.text
    unknown = maker.post("/takeon/", form | {"file": (BytesIO(b"a"), "people.csv")})
    assert unknown.status == 422
    assert "不能识别" in unknown.text


def test_every_page_opens_for_who_may_look_and_for_nobody_else(world, enter):
    auditor, clerk = enter("auditor"), enter("purchaser_clerk")
    for address in ("/years/", "/years/2026/pools", "/debts/", "/takeon/"):
        assert auditor.open(address).status == 200
        assert clerk.open(address).status == 200
        assert enter("administrator").open(address).status == 403


def test_a_pool_and_its_lines_show_the_carry_over(world, enter):
    with clock.frozen(TURN):
        budget = enter("finance_budget")
        budget.open("/years/2026/pools").send("/years/2026/carry", document="1号", codes="CARE27")
        enter("finance_approver").open("/years/?year=2026").send("/years/2026/carry/1/approve")
        pool = budget.open("/budget/pools/1")
        assert "2026 EDU" in pool.text
        assert "2027 CARE27" in pool.text
        assert "上年结转自" in budget.open("/budget/lines/2").text
        assert "/budget/pools/1" in links(budget.open("/budget/lines/1"), "/budget/pools/")


def test_a_debt_without_budget_has_a_page_for_its_pool(world, enter):
    fields = {"kind": "late_interest", "organisation_id": world.county.purchaser}
    fields |= {"party_id": world.county.provider, "amount_fen": 1, "document": "1", "reason": "x"}
    number = world.act("debt.record", "finance_maker", **fields)["id"]
    pool = world.act("debt.approve", "finance_approver", id=number)["pool_id"]
    assert "还没有落实预算" in enter("auditor").open(f"/budget/pools/{pool}").text


@pytest.mark.parametrize(
    "path",
    [
        "/years/?year=99999999999",
        "/years/?year=0",
        f"/years/?year={'9' * 5000}",
        f"/years/?before={'9' * 5000}",
        "/years/99999999999/pools",
        f"/years/{'9' * 5000}/pools",
        f"/purchases/{'9' * 30}",
        f"/purchases/?before={'9' * 30}",
        "/purchases/?state=%00",
        f"/demands/?before={'9' * 5000}",
    ],
)
def test_a_strange_address_is_answered(world, enter, path):
    with clock.frozen(TURN):
        assert enter("finance_budget").open(path).status < 500
