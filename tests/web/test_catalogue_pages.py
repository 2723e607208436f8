"""The catalogue in the browser: from a draft to the public page, without a line of JavaScript."""

from __future__ import annotations

import re

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from core.files import read_table
from tests import factories
from tests.factories import COUNTY, make_catalogue
from tests.web.browser import Browser

JUDGED = {
    **dict.fromkeys(("society_can", "market_can", "trade_can"), "no"),
    **dict.fromkeys(("market_suitable", "capacity_exists", "is_public", "for_benefit"), "yes"),
    **{
        f"{name}_why": "见调研"
        for name in ("market_suitable", "capacity_exists", "is_public", "for_benefit")
    },
    **dict.fromkeys(("not_duty", "direct_only", "unfit"), "no"),
    **dict.fromkeys(("score_function", "score_cost", "score_quality"), "7"),
}


@pytest.fixture
def town(app, county):
    """Return how somebody with a role signs in, on a day of the house; None stays a visitor."""

    def enter(role, day="2026-09-01T09:00"):
        browser = Browser(app.test_client())
        if role is None:
            return browser
        with clock.frozen(day), app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, county.users[role]).login
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    with clock.frozen("2026-09-01T09:00"):
        yield enter


@pytest.fixture
def draft(app, county, town):
    """Begin a draft of two items in the browser and return its page's address."""
    with app.app_context():
        return factories.do(
            "catalogue.adopt",
            county.actor("finance_budget"),
            division_code=COUNTY,
            year=2026,
            name="2026年目录",
            codes=["A07", "E01"],
        )["id"]


def test_a_draft_of_every_leaf_is_made_with_one_form(town):
    budget = town("finance_budget")
    page = budget.open("/catalogues/")
    assert "还没有目录" in page.text
    form = budget.open("/catalogues/new").form("/catalogues/new").fields
    page = budget.post("/catalogues/new", form | {"division_code": COUNTY})
    assert "已生成目录草案" in page.text
    assert "A07 养老服务" in page.text
    assert "E12 审计服务" in page.text


def test_an_item_is_added_judged_and_taken_out_in_the_browser(town, draft):
    budget = town("finance_budget")
    new = f"/catalogues/{draft}/items/new"
    form = budget.open(new).form(new).fields | {"code": "A07-1", "name": "助餐", "category": "A"}
    wrong = budget.post(new, form)
    assert wrong.status == 422
    assert "需要改" in wrong.text
    more = {"levels": "county", "content": "送餐", "upper_code": "A07", "request_key": "again"}
    page = budget.post(new, form | more)
    assert "A07-1 助餐" in page.text
    assert "未判断" in page.text
    item = page.path
    judged = page.send(f"{item}/assess", **JUDGED, priorities="livelihood")
    assert "应当购买" in judged.text
    assert "21 分" in judged.text
    form = judged.form(f"{item}/change").fields
    more = {"category": "A", "content": "热餐", "levels": "county", "baseline_fen": "12.50"}
    page = budget.post(f"{item}/change", form | more)
    assert "热餐" in page.text
    assert "12.50 元" in page.text
    page = page.send(f"{item}/drop")
    assert "已从草案中删去" in page.text
    assert "热餐" not in page.text


def test_a_failed_judgement_shows_the_form_again_with_what_was_typed(town, draft):
    budget = town("finance_budget")
    page = budget.open(f"/catalogues/{draft}")
    item = re.findall(r"/catalogues/items/\d+", page.html)[0]
    page = budget.open(item).send(f"{item}/assess", **(JUDGED | {"score_cost": "99"}))
    assert page.status == 422
    assert 'value="99"' in page.html


@pytest.mark.requirement("R000-27")
def test_from_the_publics_comment_to_publication_in_the_browser(town, draft):
    budget, approver = town("finance_budget"), town("finance_approver")
    home = f"/catalogues/{draft}"
    opened = budget.open(home).send(f"{home}/open")
    assert "已公开征求意见" in opened.text

    visitor = town(None)
    page = visitor.open("/catalogue/")
    assert "正在征求意见" in page.text
    public = f"/catalogue/drafts/{draft}"
    short = visitor.open(public).send(public, text="好")
    assert short.status == 422
    said = visitor.open(public).send(public, text="希望周末也能送餐", item_code="A07")
    assert "已收到您的意见" in said.text
    assert "希望周末也能送餐" in said.text

    assert "条目录意见待答复" in budget.open("/").text
    answers = budget.open(f"{home}/comments")
    done = answers.send("/catalogues/comments/1/answer", answer="已列入")
    assert "已答复" in done.text
    with clock.frozen("2026-09-10T09:00"):
        page = (
            town("finance_budget")
            .open(home)
            .send(f"{home}/submit", consultation="已征求各部门意见", valid_from="2026-10-01")
        )
        assert "已提交" in page.text
        approver = town("finance_approver")
        assert "本目录待公布" in approver.open("/").text
        page = approver.open(home).send(f"{home}/publish", document="望财购〔2026〕1号")
        assert "不能再改" in page.text
    with clock.frozen("2026-10-01T09:00"):
        page = visitor.open("/catalogue/?q=养老")
        assert "A07 养老服务" in page.text
        assert "E01" not in page.text
        assert "望财购〔2026〕1号" in page.text
        assert "第一版，共 2 项" in visitor.open("/catalogue/changes?year=2026").text
        assert "征求意见已经结束" in visitor.open(public).text


def test_who_made_it_is_not_offered_to_publish_it(town, draft):
    page = town("finance_budget").open(f"/catalogues/{draft}")
    assert f"/catalogues/{draft}/publish" not in page.html
    clerk = town("purchaser_clerk").open(f"/catalogues/{draft}")
    assert clerk.status == 200
    assert f"/catalogues/{draft}/open" not in clerk.html


def test_an_adjustment_shows_its_difference_and_its_withdrawal(app, county, town):
    with app.app_context():
        number = make_catalogue(county, codes=["A07", "E01"])[""]
    budget = town("finance_budget")
    home = f"/catalogues/{number}"
    page = budget.open(home).send(f"{home}/revise")
    assert "照上一版另起一版" in page.text
    assert "与上一版完全相同" in page.text
    home = page.path
    page = page.send(f"{home}/select", codes="A01")
    assert "新增" in page.text
    page = page.send(f"{home}/withdraw", reason="暂缓")
    assert "已撤回" in page.text


def test_the_public_downloads_the_catalogue_as_a_table(app, county, town):
    with app.app_context():
        make_catalogue(county, codes=["A07", "E01"])
    answer = town(None).open("/catalogue/catalogue.csv?category=A").response
    rows = read_table(answer.get_data(), "catalogue.csv")
    assert [row.values["编号"] for row in rows] == ["A07"]
    assert rows[0].values["购买层级"] == "县级、乡镇级"


@pytest.mark.requirement("R000-04", in_part=True)
def test_a_department_proposes_and_finance_takes_it_or_declines(town, draft):
    clerk, budget = town("purchaser_clerk"), town("finance_budget")
    address = "/catalogues/proposals"
    for name in ("校园巡护", "校车看护"):
        form = clerk.open(address).form(address).fields
        page = clerk.post(
            address, form | {"name": name, "content": "护送", "need": "编制紧张", "flags": "new"}
        )
        assert "已提交建议" in page.text
    assert (
        "2 条目录建议待处理" in budget.open("/").text or "目录建议待处理" in budget.open("/").text
    )
    page = budget.open(address)
    page = page.send(f"{address}/1/take", code="A14-1", category="A", upper_code="A14")
    assert "已列入草案" in page.text
    page = page.send(f"{address}/2/decline", answer="已有类似服务")
    assert "未采纳" in page.text
    assert "已有类似服务" in clerk.open(address).text


@pytest.mark.requirement("R003-20")
def test_the_negative_list_is_public_and_added_to_by_two(town):
    assert "政府购买服务管理办法第十条第五项" in town(None).open("/catalogue/negative").text
    budget = town("finance_budget")
    fields = {"text": "豪华养老", "reason": "超出范围", "basis": "会议纪要", "words": "豪华养老"}
    form = budget.open("/negative-list/").form("/negative-list/entries").fields
    page = budget.post("/negative-list/entries", form | fields | {"division_code": COUNTY})
    assert "待复核" in page.text
    asked = {"entry": "licence", "phrase": "行政许可窗口引导", "reason": "引导", "document": "1号"}
    form = page.form("/negative-list/clearances").fields | {"division_code": COUNTY}
    wrong = budget.post("/negative-list/clearances", form | asked | {"phrase": "窗口引导"})
    assert wrong.status == 422
    page = budget.post("/negative-list/clearances", form | asked | {"request_key": "again"})
    assert "已提交放行申请" in page.text
    approver = town("finance_approver")
    assert "条负面清单事项待复核" in approver.open("/").text
    page = approver.open("/negative-list/").send("/negative-list/entries/decide", agree="yes")
    page = page.send("/negative-list/clearances/decide", agree="yes")
    assert page.text.count("已复核") >= 2
    page = approver.open("/negative-list/")
    assert "待复核" not in page.text


def test_an_unknown_draft_or_item_is_told_as_such(town):
    assert town(None).open("/catalogue/drafts/99").status == 404
    budget = town("finance_budget")
    assert budget.open("/catalogues/99").status == 404
    assert budget.open("/catalogues/items/99").status == 404
    assert town(None).open("/catalogue/?division=xx&category=zz&q=无").status == 200


@pytest.mark.parametrize("query", ["year=0", f"year={10**30}", "year=x", "division=zz"])
def test_strange_questions_of_the_public_are_no_errors(town, query):
    assert town(None).open(f"/catalogue/changes?{query}").status == 200
