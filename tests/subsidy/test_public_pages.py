"""What anybody reads of subsidies: the list, a scheme with its example, the finder."""

from __future__ import annotations

import pytest

from core import clock
from plugins.subsidy.rules import KINDS
from tests.factories import do
from tests.subsidy import published
from tests.web.browser import Browser

TODAY = "2026-05-06T10:00"
# What a reader of each kind is told, and what the example comes to.
TOLD = {
    "interest_subsidy": (
        "政府付实际利息的 50%",
        "个人：本金最高 300,000.00 元",
        "贷款利率不超过 LPR 加 1.5%",
        # 100,000.00 x 4.50 % x half x 92 / 360
        "100,000.00 元 × 年利率 4.50% × 50% × 92 天 ÷ 360 天",
        "（2026-03-21 起，2026-06-21 止，末日不计）",
        "不超过实际付出的利息 1,150.00 元",
        "这个季度贴息 575.00 元。",
    ),
    "guarantee_fee_subsidy": (
        "按担保余额每年 0.5% 补",
        "不超过实际收取的担保费",
        "补贴担保费 5,000.00 元。",
    ),
    "risk_pool_share": (
        "担保公司 50%，贷款银行 20%，资金池 30%",
        "债务到期满 90 天",
        "一户的担保最多 10,000,000.00 元",
        "资金池承担 30,000.00 元，担保公司承担 50,000.00 元，贷款银行承担 20,000.00 元。",
    ),
    "award_tiers": (
        "主管部门 30%，服务对象 30%，第三方机构 40%",
        "“A”档：90.00 分及以上，奖 80,000.00 元。",
        "“B”档：80.00 分到不满 90.00 分，奖 50,000.00 元。",
        "少于 30 份的，最高按“C”档",
        "从 2026-07-01 起 12 个月",
        "85.40 分",
        "奖励 50,000.00 元：第 1 期 30,000.00 元（60%），第 2 期 20,000.00 元（40%）。",
    ),
    "per_unit": (
        "新建床位，50 到 299 个：每个 2,000.00 元，投入使用满 12 个月后申请。",
        "重度失能老人入住床位（每月），不论多少：每个 200.00 元，按 300% 计。",
        "一期最多补 500,000.00 元",
        "50 × 2,000.00 元",
        "补贴 100,000.00 元。",
    ),
    "fee_relief": (
        "城市基础设施配套费",
        "减免额的 50%",
        "少交 10,000.00 元；财政给收费单位补 5,000.00 元。",
    ),
    "tax_relief_memo": (
        "房产税、城镇土地使用税",
        "房产税（税务机关文书）",
        "登记减免税 18,000.00 元。只作登记，不发钱。",
    ),
}


@pytest.fixture
def browser(app):
    return Browser(app.test_client())


@pytest.fixture
def shop(app, county, database_kept):
    """An award for bookshops, published."""

    def make():
        return published.publish(
            county,
            "award_tiers",
            code="A",
            name="书店奖励",
            eligibility=published.BOOKSHOP,
            evidence=[{"code": "licence", "name": "营业执照"}],
            approval=[{"up_to_fen": 5_000_000, "persons": 1}, {"up_to_fen": None, "persons": 2}],
            opens_on="2026-05-01",
            closes_on="2026-05-31",
            aid={"years": 3, "ceiling_fen": 30_000_000},
            conditions={"separate_accounts": True, "price_promise": True},
        )

    with app.app_context():
        number = database_kept.with_county(app, county, "an award published", make)
    with clock.frozen(TODAY):
        yield number


def close(app, county, number):
    with app.app_context(), clock.frozen("2026-05-04T10:00"):
        do("scheme.close", county.actor("purchaser_approver"), id=number, reason="资金用完")


@pytest.mark.parametrize("kind", KINDS)
def test_a_scheme_of_every_kind_is_told_in_words_and_by_an_example(app, county, browser, kind):
    with app.app_context():
        number = published.publish(county, kind, code="S", name="一个项目")
    with clock.frozen(TODAY):
        page = browser.open(f"/subsidy/public/{number}")
    assert page.status == 200
    for words in TOLD[kind]:
        assert words in page.text
    assert "《公共服务条例》（省人大公告1号）第九条" in page.text
    assert "2026-01-05 审查：不影响公平竞争（公审〔2026〕1号）" in page.text


def test_a_reader_learns_for_whom_with_what_and_until_when(shop, browser):
    text = browser.open(f"/subsidy/public/{shop}").text
    for words in (
        "主要业务是“书店”，并且登记日期距今满 12 个月，并且经营所在地在望城区内。",
        "补贴或减免的部分单独记账；公开承诺服务项目、价格和期限",
        "同一集团 3 年内各种补贴折算后合计不超过 300,000.00 元",
        "2026-01-10 到 2027-12-31（含当日）",
        "2026-05-01 到 2026-05-31（含当日）",
        "营业执照",
        "结果公示 7 天",
        "50,000.00 元以内由 1 人审批；再高的由 2 人审批",
        "望城区教育局",
    ):
        assert words in text


def test_the_front_page_leads_to_the_schemes_and_the_finder(shop, browser):
    assert "书店奖励" in browser.open("/subsidy/public/").text
    front = browser.open("/").html
    assert 'href="/subsidy/public/"' in front
    assert 'href="/subsidy/finder/"' in front


def test_a_closed_scheme_says_since_when_and_why(app, county, shop, browser):
    close(app, county, shop)
    text = browser.open(f"/subsidy/public/{shop}").text
    assert "从 2026-05-04 起不再受理申请" in text
    assert "原因：资金用完。" in text
    assert "已停止申报" in browser.open("/subsidy/public/").text


def test_what_is_not_published_is_not_found(app, county, browser):
    with app.app_context():
        number = published.submit(county, "fee_relief", code="F", name="收费减免")
    with clock.frozen(TODAY):
        assert browser.open(f"/subsidy/public/{number}").status == 404
        assert "还没有公布的补贴项目" in browser.open("/subsidy/public/").text
        assert browser.open("/subsidy/finder/").status == 200


def test_a_version_that_comes_later_is_announced(app, county, shop, browser):
    with app.app_context():
        clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
        do(
            "scheme.revise",
            clerk,
            id=shop,
            terms=published.document("award_tiers"),
            effective_on="2026-09-01",
        )
        do("scheme.submit", clerk, id=shop)
        do("scheme.publish", approver, id=shop)
    text = browser.open(f"/subsidy/public/{shop}").text
    assert "第 2 版从 2026-09-01 起执行" in text
    assert "营业执照" in text


def test_the_finder_asks_answers_and_keeps_the_form_filled_in(shop, browser):
    page = browser.open("/subsidy/finder/")
    assert "书店奖励" not in page.text
    assert set(page.form("/subsidy/finder/").fields) == {
        "csrf_token",
        "request_key",
        "org.registered_on",
        "org.place",
        "org.trade",
    }
    answers = {"org.trade": "书店", "org.registered_on": "2024-03-01", "org.place": "430112001"}
    found = page.send("/subsidy/finder/", **answers)
    assert (found.status, found.path) == (200, "/subsidy/finder/")
    for words in ("符合条件，可以申请", "奖励最高 80,000.00 元", "可以申报到 2026-05-31（含当日）"):
        assert words in found.text
    assert found.form("/subsidy/finder/").fields.items() >= answers.items()
    # Asked anew, the page knows nothing of what was answered.
    assert browser.open("/subsidy/finder/").form("/subsidy/finder/").fields["org.trade"] == ""


def test_the_finder_says_why_not_and_what_it_does_not_know(shop, browser):
    page = browser.open("/subsidy/finder/")
    assert (
        "主要业务：养老；要求主要业务是“书店”。"
        in page.send("/subsidy/finder/", **{"org.trade": "养老"}).text
    )
    unknown = page.send("/subsidy/finder/", **{"org.trade": "书店"})
    assert "还要知道几项才能判断" in unknown.text
    assert 'href="#f-org.place"' in unknown.html
    assert 'id="f-org.place"' in unknown.html


def test_the_finder_shows_a_wrong_answer_at_its_question(app, county, browser):
    rule = {"fact": "org.invested_fen", "at_least": 1_000_000}
    with app.app_context():
        published.publish(county, "fee_relief", code="F", name="收费减免", eligibility=rule)
    with clock.frozen(TODAY):
        page = browser.open("/subsidy/finder/")
        wrong = page.send("/subsidy/finder/", **{"org.invested_fen": "很多"})
        assert wrong.status == 422
        assert 'id="f-org.invested_fen-error"' in wrong.html
        assert wrong.form("/subsidy/finder/").fields["org.invested_fen"] == "很多"
        right = wrong.send("/subsidy/finder/", **{"org.invested_fen": "10000.00"})
        assert "符合条件，可以申请" in right.text


def test_a_call_says_whether_it_is_open(shop, browser):
    for day, words in (
        ("2026-04-25", "2026-05-01 起可以申报，到 2026-05-31 止"),
        ("2026-06-01", "本轮申报已在 2026-05-31 截止"),
    ):
        with clock.frozen(f"{day}T10:00"):
            page = browser.open("/subsidy/finder/")
            assert words in page.send("/subsidy/finder/", **{"org.trade": "书店"}).text


def test_what_residents_apply_for_stands_apart(app, county, shop, browser):
    with app.app_context():
        published.publish(
            county,
            "per_unit",
            code="B",
            name="居家床位",
            applicant="resident",
            eligibility={"fact": "age", "at_least": 60},
        )
    text = browser.open("/subsidy/finder/").text
    assert text.index("居民个人可以申请的") < text.index("居家床位")
    assert "年龄满 60 周岁。" in text
