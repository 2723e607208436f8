"""From a villager's order to a filed plan, page by page, and what each reader may see of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core import clock
from core.db import db, transaction
from core.parties import Resident
from tests import factories
from tests.purchase_world import item, prepare


def whole() -> dict[str, Any]:
    """Return what is typed for a whole plan of 10,000 yuan for elder care."""
    return {
        "name": "高塘岭助餐",
        "catalogue_item_id": str(item("A07")),
        "need": "独居老人做饭难。",
        "standard": "两荤一素。",
        "quantity": "20000",
        "unit": "餐",
        "goal": "每天一顿热饭。",
        "starts_on": "2026-10-01",
        "ends_on": "2026-12-31",
        "recipients_choose": "1",
        "form": "voucher",
        "form_reason": "口味各异。",
        "funding-0-line_id": "1",
        "funding-0-amount_fen": "10,000",
        "indicators-0-name": "助餐",
        "indicators-0-target": "20000",
        "indicators-0-unit": "餐",
        "indicators-0-weight": "40",
        "indicators-1-name": "热餐率",
        "indicators-1-target": "98",
        "indicators-1-unit": "%",
        "indicators-1-weight": "30",
        "indicators-2-name": "满意度",
        "indicators-2-target": "90",
        "indicators-2-unit": "%",
        "indicators-2-weight": "30",
        "no_add": ["institutions", "posts", "staff", "money"],
    }


@pytest.fixture(autouse=True)
def prepared(world):
    """Let the county say what may be bought."""
    with world.app.app_context():
        prepare(world.county)


@pytest.fixture
def villager(world):
    """Return the browser of the resident who holds the voucher."""
    return world.at_home()


def publish_menu(office):
    """Write and publish a menu on its pages."""
    page = office("purchaser_clerk").open("/demands/menus/new")
    written = page.send(
        "/demands/menus/new",
        title="秋季菜单",
        division_code=factories.COUNTY,
        closes_on="2026-09-30",
        items=str(item("A07")),
        **{f"words-{item('A07')}": "送餐、助浴"},
    )
    assert "请由另一人发布" in written.text
    approver = office("purchaser_approver")
    assert "份菜单待发布" in approver.open("/").text
    assert "已发布" in approver.open(written.path).send(f"{written.path}/publish").text


@pytest.mark.requirement("R001-09", in_part=True)
def test_a_villagers_order_becomes_a_filed_plan(world, office, villager):
    publish_menu(office)
    menu = villager.open("/orders/menu")
    assert "送餐、助浴" in menu.text
    (offer,) = re.findall(r'href="(/orders/new\?offer=\d+)"', menu.html)
    number = offer.rsplit("=", 1)[1]
    ordered = villager.open(offer).send(
        "/orders/new", offer_id=number, words="每天一餐热饭", people="12"
    )
    assert "等待安排" in ordered.text

    clerk = office("purchaser_clerk")
    assert "项居民需求等待安排" in clerk.open("/").text
    chosen = clerk.open("/purchases/new?demand_ids=1")
    assert chosen.form("/purchases/new").fields["demand_ids"] == "1"
    plan = chosen.send("/purchases/new", **whole())
    assert plan.path == "/purchases/2"
    assert "每天一餐热饭" in plan.text
    plan.send("/purchases/2/steps/consult")
    assert "已编入计划" in villager.open("/orders/").text

    public = world.browser().open("/plans/2")
    assert "独居老人做饭难" in public.text
    thanks = public.send("/plans/2/comments", words="能不能也送晚饭？")
    assert "谢谢您的意见" in thanks.text
    assert "能不能也送晚饭" not in thanks.text
    answered = clerk.open("/purchases/2").send("/purchases/2/answers", answer="先送午饭。")
    assert "已公开" in answered.text
    assert "先送午饭" in world.browser().open("/plans/2").text

    early = clerk.open("/purchases/2").send("/purchases/2/steps/submit")
    assert early.status == 422
    assert "期满前不能提交" in early.text
    with clock.frozen("2026-09-15T09:00"):
        office("purchaser_clerk").open("/purchases/2").send("/purchases/2/steps/submit")
        approver, finance = office("purchaser_approver"), office("finance_budget")
        assert "个购买计划待复核" in approver.open("/").text
        approver.open("/purchases/2").send("/purchases/2/steps/agree")
        assert "个购买计划待备案" in finance.open("/").text
        filed = finance.open("/purchases/2").send("/purchases/2/steps/file")
        assert "备〔2026〕2号" in filed.text
        assert "10,000.00" in filed.text
        home = world.at_home().open("/orders/")
        assert "已备案，钱已经留好" in home.text
        read = home.send("/orders/read")
        assert "新消息" not in read.text


def test_what_was_typed_is_kept_when_the_first_step_refuses(world, office):
    clerk = office("purchaser_clerk")
    page = clerk.open("/purchases/new")
    bad = whole() | {"catalogue_item_id": "1", "funding-0-amount_fen": "30,000,000.5"}
    refused = page.send("/purchases/new", **bad)
    assert refused.status == 422
    assert "可用额度不足" in refused.text
    assert "30,000,000.50" in refused.text
    kept = refused.form("/purchases/new").fields
    assert kept["name"] == "高塘岭助餐"
    assert kept["funding-0-amount_fen"] == "30,000,000.5"
    assert kept["funding-0-line_id"] == "1"
    assert "独居老人做饭难。" in refused.html
    assert kept["request_key"] != page.form("/purchases/new").fields["request_key"]


@pytest.mark.requirement("R000-24")
def test_the_negative_list_is_told_with_its_article_on_the_page(office):
    page = office("purchaser_clerk").open("/purchases/new")
    refused = page.send("/purchases/new", **whole() | {"name": "委托行政执法"})
    assert "负面清单" in refused.text
    assert "依据：" in refused.text
    assert "NEGATIVE_LIST_HIT" in refused.text


def test_a_draft_comes_back_into_the_form_as_it_was(office):
    clerk = office("purchaser_clerk")
    extra = {
        "forward-0-fiscal_year": "2027",
        "forward-0-amount_fen": "500",
        "ends_on": "2027-03-31",
    }
    extra |= {"hard_conditions": "有许可证\n有食堂"}
    clerk.open("/purchases/new").send("/purchases/new", **whole() | extra)
    fields = clerk.open("/purchases/2/edit").form("/purchases/2/edit").fields
    expected = whole() | extra | {"funding-0-amount_fen": "10000.00"}
    expected |= {"forward-0-amount_fen": "500.00"}
    texts = {"need", "standard", "goal", "hard_conditions", "no_add"}
    assert {k: fields[k] for k in expected if k not in texts} == {
        k: v for k, v in expected.items() if k not in texts
    }
    changed = clerk.open("/purchases/2/edit").send(
        "/purchases/2/edit", **whole() | extra | {"name": "改名助餐"}
    )
    assert changed.path == "/purchases/2"
    assert "改名助餐" in changed.text
    assert "推荐的方式" in changed.text


def test_a_missing_part_is_named_when_the_plan_is_submitted(office):
    clerk = office("purchaser_clerk")
    bare = whole() | {"goal": "", "emergency_reason": "疫情"}
    clerk.open("/purchases/new").send("/purchases/new", **bare)
    refused = clerk.open("/purchases/2").send("/purchases/2/steps/submit")
    assert refused.status == 422
    assert "绩效目标" in refused.text


def test_the_filing_statement_is_printed(office):
    clerk = office("purchaser_clerk")
    clerk.open("/purchases/new").send("/purchases/new", **whole())
    paper = clerk.open("/purchases/2/filing.pdf").response
    assert paper.mimetype == "application/pdf"
    assert paper.get_data().startswith(b"%PDF")


def test_a_plan_is_public_only_from_its_consultation_on(world, office):
    clerk = office("purchaser_clerk")
    clerk.open("/purchases/new").send("/purchases/new", **whole())
    assert world.browser().open("/plans/2").status == 404
    assert "高塘岭助餐" not in world.browser().open("/plans/").text
    clerk.open("/purchases/2").send("/purchases/2/steps/consult")
    page = world.browser().open("/plans/")
    assert "高塘岭助餐" in page.text
    assert "10,000.00" in page.text


def test_an_order_is_taken_at_the_desk_declined_or_merged_with_its_like(office, villager):
    clerk = office("purchaser_clerk")
    desk = {"wish": "村食堂", "words": "要食堂", "people": "30", "division_code": "430112001"}
    for extra in ({"community": "高塘岭村"}, {"asker_name": "王桂英"}):
        page = clerk.open("/demands/new").send("/demands/new", **desk, **extra)
        assert "已记下" in page.text
    page = clerk.open("/demands/2")
    assert "王*英" in page.text
    villager.open("/orders/near").send("/orders/2/support")
    merged = clerk.open("/demands/2").send("/demands/2/merge", into_id="1")
    assert "已合并" in merged.text
    declined = clerk.open("/demands/1").send("/demands/1/decline", reason="已有助餐点")
    assert "已答复" in declined.text
    assert "已有助餐点" in villager.open("/orders/").text
    assert "村食堂" in clerk.open("/demands/?state=merged").text
    assert "还没有需求" in clerk.open("/demands/needs").text


def test_somebody_elses_wish_is_supported_once_and_ones_own_taken_back(world, office, villager):
    empty = villager.open("/orders/").text
    assert "您还没有点过菜" in empty
    wrong = villager.open("/orders/new").send("/orders/new", words="要食堂")
    assert wrong.status == 422
    mine = villager.open("/orders/new").send("/orders/new", wish="食堂", words="要食堂")
    assert "撤回" in mine.text
    done = mine.send("/orders/1/withdraw")
    assert "已撤回" in done.text
    clerk = office("purchaser_clerk")
    with world.app.app_context(), transaction(readonly=True):
        resident = db.session.scalar(db.select(Resident.id))
    desk = {"wish": "村食堂", "words": "要", "people": "1", "division_code": "430112001"}
    clerk.open("/demands/new").send("/demands/new", **desk)
    supported = clerk.open("/demands/2").send("/demands/2/support", resident_id=str(resident))
    assert "已记下附议" in supported.text
    assert "（我附议的）" in villager.open("/orders/").text


def test_a_visitor_reads_the_menu_and_is_led_to_sign_in_to_order(world, office):
    publish_menu(office)
    visitor = world.browser()
    assert "我要点菜" in visitor.open("/").text
    assert "秋季菜单" in visitor.open("/orders/menu").text
    assert visitor.open("/orders/").path == "/me/sign-in"


def test_the_statistics_set_the_baseline_beside_what_was_bought(world, office):
    compared = {"own_fen": 1_400_000, "bought_fen": 1_000_000, "year": 2025, "basis": "决算"}
    with world.app.app_context():
        line = world.county.line
        factories.file_plan(world.county, line, amount_fen=1_000_000, comparison=compared)
    page = office("auditor").open("/purchases/statistics?year=2026")
    assert "14,000.00" in page.text
    assert "10,000.00" in page.text
    assert "比自办少花" in page.text
    assert office("auditor").open("/purchases/statistics?year=x").status == 200


@pytest.mark.parametrize(
    "role", ["purchaser_approver", "finance_budget", "finance_maker", "auditor", "treasurer"]
)
def test_readers_see_plans_without_the_forms_of_others(office, role):
    office("purchaser_clerk").open("/purchases/new").send("/purchases/new", **whole())
    reader = office(role)
    assert "高塘岭助餐" in reader.open("/purchases/").text
    page = reader.open("/purchases/2")
    assert page.status == 200
    assert "/purchases/2/steps/submit" not in page.html
    assert reader.open("/purchases/new").status == 403


def test_finance_sets_up_a_fund_and_counts_a_line_to_it(office):
    finance = office("finance_budget")
    page = finance.open("/funds/").send(
        "/funds/",
        name="社会建设专项资金",
        document="望财〔2026〕8号",
        division_code=factories.COUNTY,
        purposes="psychology",
    )
    assert "已设立专项资金" in page.text
    done = page.send("/funds/lines", id="1", line_id="1")
    assert "已归入" in done.text
    assert "支持社会心理服务" in done.text
    wrong = finance.open("/funds/").send("/funds/", name="另一个", division_code=factories.COUNTY)
    assert wrong.status == 422
    assert "另一个" in wrong.html
    clerk = office("purchaser_clerk")
    refused = clerk.open("/purchases/new").send("/purchases/new", **whole())
    assert "FUND_PURPOSE_MISMATCH" in refused.text
    kept = refused.send("/purchases/new", **whole(), fund_purpose="psychology")
    assert "支持社会心理服务" in kept.text
