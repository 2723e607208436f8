"""Pages of the rule pack, the working calendar and deadlines, in a browser without JavaScript."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

import pytest

from core import clock, deadlines
from core.audit import Acting, acting
from core.db import db, transaction
from core.deadlines import Deadline
from core.deadlines.models import DeadlineKind
from core.files import csv_stream
from core.plugins import registry
from tests import factories
from tests.factories import COUNTY, do
from tests.web.browser import Browser
from tests.web.conftest import NOW

LOCAL = {
    "division_code": COUNTY,
    "from_on": "2026-10-01",
    "law": "望城区政府购买服务付款办法",
    "article": "望财购〔2026〕3号第五条",
}
ANNOUNCED = "2027-01-01 休 元旦\n2027-01-02 休 元旦\n\n2027-01-10，班\n"


@pytest.fixture
def enter(app, county):
    """Return how somebody with a role signs in."""

    def entered(role):
        browser = Browser(app.test_client())
        with app.app_context(), transaction(readonly=True):
            from core.access import User  # noqa: PLC0415 - after the models are loaded

            login = db.session.get_one(User, county.users[role]).login
        page = browser.open("/sign-in")
        page.send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    with clock.frozen(NOW):
        yield entered


@pytest.fixture
def started(app, county, enter):
    """Start clocks of a demo kind for the purchaser on given days."""
    kind = DeadlineKind(
        "demo.filing", "合同备案", "contract.file_working_days", "working_days", "法"
    )

    def start(*days):
        with app.app_context():
            registry().deadline_kinds[kind.code] = kind
            with transaction(), acting(Acting("test", None, "系统")):
                for number, day in enumerate(days, start=1):
                    deadlines.start(
                        kind.code,
                        "demo",
                        number,
                        from_on=date.fromisoformat(day),
                        organisation_id=county.purchaser,
                        division_code=COUNTY,
                        what=f"第 {number} 号合同",
                    )

    yield start
    with app.app_context():
        registry().deadline_kinds.pop(kind.code, None)


def proposed(browser, **changes):
    """Draft and submit a local payment term and return the page of it."""
    page = browser.open("/rulepack/new?code=payment.days")
    page = page.send("/rulepack/new", **{"value": "20"} | LOCAL | changes)
    return page.send(f"{page.path}/submit") if page.status == 200 else page


# --- the rule pack -----------------------------------------------------------------------------


def test_a_figure_is_shown_with_value_article_and_what_a_division_may_do(enter):
    auditor = enter("auditor")
    page = auditor.open("/rulepack/?area=contract")
    assert "履约保证金占合同金额的上限" in page.text
    assert "《政府采购法实施条例》第四十八条" in page.text
    assert "12 个月" in page.text
    assert "待核对原文" in page.text
    assert "下级只能定得更低" in auditor.open("/rulepack/figure?code=contract.bond_bp").text


def test_a_day_is_chosen_on_which_figures_hold(enter):
    auditor = enter("auditor")
    assert "102" in auditor.open("/rulepack/?area=purchase").text
    before = auditor.open("/rulepack/?area=purchase&on=2019-12-31").text
    assert "国办发〔2013〕96号" in before
    assert "财政部令第102号" not in before


@pytest.mark.requirement("R000-52")
def test_two_persons_put_a_local_figure_in_force(enter):
    budget = enter("finance_budget")
    page = proposed(budget)
    assert "待批准" in page.text
    assert "30 日（《保障中小企业款项支付条例》第九条）" in page.text
    assert not [form for form in page.forms if form.action.endswith("/approve")]

    approver = enter("finance_approver")
    assert "项法定数值待批准" in approver.open("/").text
    done = approver.open(page.path).send(f"{page.path}/approve")
    assert "已批准" in done.text
    assert "项法定数值待批准" not in approver.open("/").text

    clerk = enter("purchaser_clerk")
    shown = clerk.open(f"/rulepack/?area=payment&on=2026-10-01&division={COUNTY}").text
    assert "20 日" in shown
    assert "望财购〔2026〕3号第五条" in shown
    assert "20 日" not in clerk.open("/rulepack/?area=payment&on=2026-09-30").text


@pytest.mark.requirement("R003-23", in_part=True)
def test_a_form_cites_the_rule_that_holds_where_its_reader_works(app, county, enter):
    budget = enter("finance_budget")
    page = budget.open("/budget/new")
    assert "预算批准后向社会公开的期限：20 日（ 《预算法》第十四条" in page.text
    local = {"code": "budget.publish_days", "number": 15, "division_code": COUNTY}
    with app.app_context():
        made = do("rulepack.propose", **local | LOCAL | {"from_on": "2026-09-01"})
        do("rulepack.submit", id=made["id"])
        do("rulepack.approve", id=made["id"])
    assert "15 日（ 《望城区政府购买服务付款办法》" in budget.open("/budget/new").text


@pytest.mark.requirement("R000-85")
def test_a_local_figure_that_contradicts_the_law_is_refused_with_both_figures(enter):
    refused = proposed(enter("finance_budget"), value="45")
    assert refused.status == 422
    assert "45 日与上位规定30 日" in refused.text
    assert "RULE_CONTRADICTS_UPPER" in refused.text
    assert refused.form("/rulepack/new").fields["value"] == "45"


def test_an_amount_is_typed_in_yuan(enter):
    budget = enter("finance_budget")
    page = budget.open("/rulepack/new?code=tender.limit_fen")
    wrong = page.send("/rulepack/new", value="四百万", **LOCAL)
    assert wrong.status == 422
    assert 'href="#f-value"' in wrong.html
    done = wrong.send("/rulepack/new", value="4,000,000", **LOCAL)
    assert "4,000,000.00" in done.text


def test_a_figure_is_returned_with_a_reason(enter):
    path = proposed(enter("finance_budget")).path
    approver = enter("finance_approver")
    refused = approver.open(path).send(f"{path}/send_back")
    assert refused.status == 422
    assert "没有附文件" in refused.send(f"{path}/send_back", reason="没有附文件").text
    assert "已退回" in approver.open("/rulepack/proposals").text


def test_who_may_not_propose_sees_no_form(enter):
    clerk = enter("purchaser_clerk")
    assert clerk.open("/rulepack/new?code=payment.days").status == 403
    assert "登记新的数值" not in clerk.open("/rulepack/figure?code=payment.days").text


@pytest.mark.parametrize("query", ["on=x&division=999&area=y", "on=9999-12-31", "division="])
def test_an_odd_address_is_answered(enter, query):
    assert enter("auditor").open(f"/rulepack/?{query}").status == 200


# --- the calendar ------------------------------------------------------------------------------


def test_a_year_shows_its_holidays_and_one_not_announced_says_so(enter):
    auditor = enter("auditor")
    page = auditor.open("/calendar/?year=2026")
    assert "国办发明电〔2025〕7号" in page.text
    assert "春节" in page.text
    assert "还没有登记" in auditor.open("/calendar/?year=2027").text
    counted = auditor.open("/calendar/?day=2026-12-29&days=7")
    assert "2027-01-07" in counted.text
    assert "暂定" in counted.text


def test_pasted_days_become_a_year_once_another_person_approves(enter, started):
    started("2026-12-29")
    budget = enter("finance_budget")
    form = {"year": "2027", "document": "国办发明电〔2026〕9号", "days": ANNOUNCED}
    page = budget.open("/calendar/new").send("/calendar/new", **form)
    assert page.path == "/calendar/1"
    page = page.send("/calendar/1/submit")
    assert "待批准" in page.text
    approver = enter("finance_approver")
    assert "份工作日历待批准" in approver.open("/").text
    done = approver.open("/calendar/1").send("/calendar/1/approve")
    assert "1 项期限重新推算" in done.text
    assert "第 1 号合同：2027-01-07 → 2027-01-08" in done.text
    assert "国办发明电〔2026〕9号" in approver.open("/calendar/?year=2027").text
    assert "原为 2027-01-07" in approver.open("/deadlines/").text


def test_an_uploaded_table_becomes_a_year(enter):
    budget = enter("finance_budget")
    fields = budget.open("/calendar/new").form("/calendar/new").fields
    rows = [("2027-01-01", "放假", "元旦"), ("2027-01-03", "上班", "")]
    data = b"".join(csv_stream(("日期", "类别", "名称"), rows))
    file = {"file": (BytesIO(data), "2027.csv"), "year": "2027", "document": "通知"}
    page = budget.post("/calendar/new", fields | file)
    assert "已存为草稿" in page.text
    assert "周日" in page.text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("2027-01-01 休\n元月二日 休", "第 2 行看不懂"),
        ("2027-01-01 歇", "第 1 行看不懂"),
        ("2027-01-02 休", "元旦"),
        ("", "请填写"),
    ],
)
def test_lines_that_cannot_be_read_are_named(enter, days, said):
    page = enter("finance_budget").open("/calendar/new")
    refused = page.send("/calendar/new", year="2027", document="通知", days=days)
    assert refused.status == 422
    assert said in refused.text


# --- deadlines ---------------------------------------------------------------------------------


def test_deadlines_are_listed_by_urgency_with_article_and_provisional_mark(enter, started):
    started("2026-08-03", "2026-08-21", "2026-08-25", "2026-12-29")
    page = enter("purchaser_clerk").open("/deadlines/")
    places = [page.text.index(words) for words in ("逾期 20 天", "今天 自", "2 天", "暂定 128 天")]
    assert places == sorted(places)
    assert "《政府采购法》第四十七条" in page.text
    assert re.findall(r"第 \d 号合同", page.text) == [f"第 {n} 号合同" for n in (1, 2, 3, 4)]


def test_what_is_urgent_waits_on_the_start_page_of_its_owner_and_of_finance(enter, started):
    started("2026-08-03", "2026-08-25")
    for role in ("purchaser_clerk", "finance_budget"):
        page = enter(role).open("/")
        assert "项期限已经逾期" in page.text
        assert "项期限在七日内到期" in page.text
    assert "项期限已经逾期" not in enter("auditor").open("/").text


def test_a_list_of_deadlines_is_read_page_by_page_and_by_urgency(app, enter, started):
    started(*["2026-08-03"] * 30, *["2026-08-04"] * 21, "2026-08-25")
    clerk = enter("finance_maker")
    first = clerk.open("/deadlines/?when=overdue")
    assert first.text.count("号合同") == 30
    (following,) = re.findall(r'href="(/deadlines/\?[^"]*from=[\d-]+)"', first.html)
    assert clerk.open(following.replace("&amp;", "&")).text.count("号合同") == 21
    assert clerk.open("/deadlines/?when=week").text.count("号合同") == 1
    with app.app_context(), transaction(), acting(Acting("test", None, "系统")):
        db.session.execute(db.update(Deadline).values(stopped_on=date(2026, 9, 1)))
    assert "没有未办结的期限" in clerk.open("/deadlines/").text
    assert "2026-09-01 办结" in clerk.open("/deadlines/?when=stopped").text


def test_a_provider_is_not_shown_the_offices_deadlines(enter, started):
    started("2026-08-25")
    manager = enter("provider_manager")
    assert "没有未办结的期限" in manager.open("/deadlines/").text
    assert manager.open("/deadlines/?when=stopped").status == 403
    assert enter("expert").open("/deadlines/").status == 403


def test_a_day_with_more_than_a_page_is_shown_whole(enter, started):
    started(*["2026-08-03"] * 51, "2026-08-25")
    first = enter("finance_maker").open("/deadlines/?when=overdue")
    assert first.text.count("号合同") == 51
