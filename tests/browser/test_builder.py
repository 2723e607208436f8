"""An official builds the national elder-care subsidy from its policy paper, without YAML."""

from __future__ import annotations

import json
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from core.db import db
from plugins.voucher.models import Programme
from plugins.voucher.service.programmes import terms_of
from plugins.voucher.terms_schema import TermsSchema
from tests import factories
from tests.browser.looks import DESK, PHONE, measured, violations

SERVICES = ("助餐", "助浴", "助洁", "助行", "助急", "助医", "康复护理", "日间托养", "机构照护")
LEVELS = "中度失能、重度失能、完全失能"
PREVIEW = "#preview"


@pytest.fixture
def lines(town):
    """Record the lines of the centre, the province and the city; return their numbers."""
    with town.site.app.app_context():
        return {
            code: factories.make_line(town.path.county, code=code, amount_fen=fen)
            for code, fen in {"CEN": 900_000, "PRO": 60_000_000, "CTY": 40_000_000}.items()
        }


@pytest.fixture
def plan(town, lines):
    """File a plan for vouchers on the three lines; return its number."""
    with town.site.app.app_context():
        return factories.file_plan(town.path.county, *lines.values(), name="养老服务消费补贴")


@pytest.fixture
def assessed(town):
    """Let two of the town's four elders be assessed, one of them as disabled."""
    for resident, level in zip(town.path.county.residents, ("中度失能", "轻度失能"), strict=False):
        town.path.do(
            "resident.record_fact",
            "purchaser_clerk",
            resident_id=resident,
            code="ability_level",
            value=level,
            from_on="2026-01-01",
            document="望民评〔2026〕1号",
        )


def expected(lines):
    """Return what the paper amounts to."""
    document = {
        "valid_from": "2026-10-01",
        "valid_through": "2026-12-31",
        "eligibility": {
            "all": [
                {"fact": "age", "at_least": 60},
                {"fact": "ability_level", "in": LEVELS.split("、")},
            ]
        },
        "classes": [{"code": "A", "name": "养老服务消费券"}],
        "services": [
            {"code": f"s{n}", "name": name, "unit": "月" if n > 7 else "次"}
            for n, name in enumerate(SERVICES, start=1)
        ],
        "allotments": [
            {"code": "month", "name": "每月额度", "period": "month"}
            | {"amounts": [{"quantity": 80_000}]}
        ],
        "renewal": "voucher",
        "beyond": "self_pay",
        "shares": [{"rate_ppm": 400_000, "services": ["s9"]}, {"rate_ppm": 500_000}],
        "other_payers": [{"code": "p1", "name": "长期护理保险"}],
        "rounding": {"subsidy": "down"},
        "void_window": "in_period",
        "close": "when_paid",
        "funding": [
            {"line_id": lines["CEN"], "share_ppm": 900_000},
            {"line_id": lines["PRO"], "share_ppm": 600_000},
            {"line_id": lines["CTY"]},
        ],
        "cases": [
            {"name": "中度失能可以享受", "eligible": True}
            | {"facts": {"age": 65, "ability_level": "中度失能"}},
            {"name": "机构月费支付上限", "service": "s9", "price_fen": 510_000}
            | {"pays_fen": 80_000},
        ],
        "sources": [{"figure": "每月 800 元", "document": "民办函〔2025〕49号"}],
    }
    return json.loads(json.dumps(TermsSchema().load(document), default=date.isoformat))


def typed(page: Page, **fields: str) -> None:
    """Type into fields, by the ends of their names."""
    for name, value in fields.items():
        page.locator(f"[name='{name.replace('__', '-')}']").fill(value)


def more(page: Page, what: str) -> None:
    """Add a row and wait until the form has it."""
    place = page.locator(f"#f-{what}")
    rows = place.locator(":scope > .one-row, :scope > .condition")
    before = rows.count()
    place.locator(f":scope > button[value='add:{what}']").click()
    expect(rows).to_have_count(before + 1)


def whom(page: Page, plan: int) -> None:
    """Fill in what it carries out, and whom the paper is for."""
    page.get_by_label("项目名称").fill("养老服务消费补贴")
    page.get_by_label("项目编号").fill("ELD2026")
    page.get_by_label("购买计划").select_option(str(plan))
    page.locator("[name=eligibility-0-fact]").select_option(label="年龄")
    typed(page, eligibility__0__value="60")
    more(page, "eligibility")
    page.locator("[name=eligibility-1-fact]").select_option(label="失能等级")
    expect(page.get_by_text("可填：能力完好、轻度失能").last).to_be_visible()
    page.locator("[name=eligibility-1-operator]").select_option(label="是其中之一")
    typed(page, eligibility__1__value=LEVELS, classes__0__name="养老服务消费券")


def what(page: Page) -> None:
    """Fill in how much, what for, and which part of it."""
    typed(
        page,
        valid_from="2026-10-01",
        valid_through="2026-12-31",
        **{"allotments-0-amounts-0-quantity": "800"},
    )
    for number, name in enumerate(SERVICES):
        if number:
            more(page, "services")
        unit = "月" if number > 6 else "次"
        typed(page, **{f"services-{number}-name": name, f"services-{number}-unit": unit})
    typed(page, **{"shares-0-rate_ppm": "40", "shares-0-services": "机构照护"})
    more(page, "shares")
    typed(page, **{"shares-1-rate_ppm": "50"})
    more(page, "other_payers")
    typed(page, **{"other_payers-0-name": "长期护理保险"})


def money(page: Page, lines: dict[str, int]) -> None:
    """Fill in who pays, and try the paper's examples."""
    for number, (code, share) in enumerate({"CEN": "90", "PRO": "60", "CTY": "100"}.items()):
        if number:
            more(page, "funding")
        page.locator(f"[name=funding-{number}-line_id]").select_option(str(lines[code]))
        typed(page, **{f"funding-{number}-share_ppm": share})
    more(page, "cases")
    typed(
        page, **{"cases-0-name": "中度失能可以享受", "cases-0-facts": "年龄=65；失能等级=中度失能"}
    )
    page.locator("[name=cases-0-eligible]").select_option(label="符合")
    more(page, "cases")
    typed(
        page,
        **{
            "cases-1-name": "机构月费支付上限",
            "cases-1-service": "机构照护",
            "cases-1-price_fen": "5100",
            "cases-1-pays_fen": "800",
        },
    )
    more(page, "sources")
    typed(
        page,
        **{"sources-0-figure": "每月 800 元", "sources-0-document": "民办函〔2025〕49号"},
    )


def test_an_official_enters_the_elder_care_subsidy_from_its_paper(town, lines, plan, assessed):
    clerk = town.staff("purchaser_clerk")
    clerk.goto("/voucher/programmes")
    clerk.get_by_role("link", name="编制新项目").click()
    clerk.get_by_role("link", name="每月补贴按比例").click()
    preview = clerk.locator(PREVIEW)
    expect(preview).to_contain_text("没有填好，填好就能预览")
    whom(clerk, plan)
    what(clerk)
    expect(preview).to_contain_text("今天符合条件")
    expect(preview).to_contain_text("失能等级是“中度失能”、“重度失能”、“完全失能”之一")
    expect(preview).to_contain_text("1 人")
    expect(preview).to_contain_text("2,400.00")
    money(clerk, lines)
    expect(preview).to_contain_text("6,840.00 元")
    typed(clerk, **{"allotments-0-amounts-0-quantity": "8000"})
    expect(preview).to_contain_text("12,600.00 元")
    expect(preview).to_contain_text("机构月费支付上限")
    typed(clerk, **{"allotments-0-amounts-0-quantity": "800"})
    expect(preview).to_contain_text("6,840.00 元")

    clerk.get_by_role("button", name="下一步：核对").click()
    expect(clerk.get_by_role("heading", name="核对凭单项目", level=1)).to_be_visible()
    clerk.get_by_role("button", name="保存草稿").click()
    clerk.get_by_role("button", name="提交复核").click()
    expect(clerk.get_by_text("待复核").first).to_be_visible()

    approver = town.staff("purchaser_approver")
    approver.goto(clerk.url)
    expect(approver.get_by_text("今天符合条件")).to_be_visible()
    approver.get_by_role("button", name="批准").click()
    expect(approver.get_by_text("已批准").first).to_be_visible()
    with town.path.reading():
        row = db.session.scalars(db.select(Programme).filter_by(code="ELD2026")).one()
        assert row.purchase_id == plan
        terms = terms_of(row)[0]
        assert terms.state == "approved"
        assert terms.document == expected(lines)


def test_the_form_is_sound_on_a_desk_and_on_a_phone(town):
    clerk = town.staff("purchaser_clerk")
    for address in ("new", "new?model=hours", f"{town.path.county.programme}/revise"):
        clerk.goto(f"/voucher/programmes/{address}")
        clerk.evaluate(
            "document.querySelectorAll('main details').forEach((d) => { d.open = true })"
        )
        assert measured(clerk, PHONE) + measured(clerk, DESK) + violations(clerk) == []
