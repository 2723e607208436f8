"""The purchaser's office: define a programme, import people, issue vouchers, print cards."""

from __future__ import annotations

import re

import zxingcpp
from playwright.sync_api import Page, expect

from core.identifiers import citizen_id_with_check
from tests.browser.camera import cards_of
from tests.browser.looks import DESK, PHONE, measured, violations
from tests.browser.papers import content

PEOPLE = {"刘晓梅": "43010019480203101", "周国强": "43010019510607102"}
SHEET = "居民.csv"


def look(page: Page) -> None:
    """Hold a page to what every page must be; afterwards it is loaded no more."""
    assert measured(page, PHONE) + measured(page, DESK) + violations(page) == []


def listed(*mistakes: str) -> dict[str, object]:
    """Return a list of people as the office keeps it, in GB18030 as its spreadsheet writes it."""
    rows = [
        ",".join((name, citizen_id_with_check(number), "13900001111", "430112001"))
        for name, number in PEOPLE.items()
    ]
    text = "\r\n".join(["姓名,身份证号,手机号,区划代码", *rows, *mistakes])
    return {"name": SHEET, "mimeType": "text/csv", "buffer": text.encode("gb18030")}


def checked(page: Page, file: dict[str, object]) -> None:
    """Have a list checked."""
    page.goto("/residents/import")
    page.get_by_label("名单文件").set_input_files(file)
    page.get_by_role("button", name="检查").click()
    expect(page.get_by_role("heading", name="检查结果", level=1)).to_be_visible()


def test_a_programme_is_defined_by_one_person_and_approved_by_another(town):
    clerk = town.staff("purchaser_clerk")
    clerk.goto("/voucher/programmes/new?model=face")
    clerk.get_by_role("button", name="下一步：核对").click()
    expect(clerk.get_by_role("alert").first).to_be_visible()
    look(clerk)

    clerk.goto("/voucher/programmes/new?model=face")
    for field, value in {
        "name": "暑期阅读券",
        "code": "READ",
        "classes-0-name": "阅读券",
        "valid_from": "2026-10-01",
        "valid_through": "2026-12-31",
        "allotments-0-amounts-0-quantity": "80.50",
        "services-0-name": "借阅",
        "services-0-unit": "次",
    }.items():
        clerk.locator(f"[name='{field}']").fill(value)
    clerk.locator("[name=funding-0-line_id]").select_option(str(town.path.county.line))
    # The plan that the town's own programme carries out may have another one.
    clerk.locator("[name=purchase_id]").select_option(index=1)
    clerk.locator("[name=void_window]").select_option("until_lock")
    clerk.get_by_role("button", name="下一步：核对").click()
    expect(clerk.get_by_role("heading", name="核对凭单项目", level=1)).to_be_visible()
    expect(clerk.get_by_text("80.50 元").first).to_be_visible()
    look(clerk)
    clerk.get_by_role("button", name="返回修改").click()
    clerk.get_by_role("button", name="下一步：核对").click()
    clerk.get_by_role("button", name="保存草稿").click()
    clerk.get_by_role("button", name="提交复核").click()
    expect(clerk.get_by_text("待复核").first).to_be_visible()
    assert clerk.get_by_role("button", name="批准").count() == 0

    approver = town.staff("purchaser_approver")
    approver.goto(clerk.url)
    look(approver)
    approver.goto(clerk.url)
    approver.get_by_role("button", name="批准").click()
    expect(approver.get_by_text("已批准").first).to_be_visible()
    assert approver.get_by_role("link", name="发放凭单").count() == 0


def test_people_are_imported_after_their_mistakes_are_shown_and_get_vouchers_and_cards(
    town, tmp_path
):
    clerk = town.staff("purchaser_clerk")
    checked(clerk, listed("赵无证,430100194802031011,,430112001", "钱无区,,,999"))
    expect(clerk.get_by_text("第 4 行")).to_be_visible()
    expect(clerk.get_by_text("第 5 行")).to_be_visible()
    look(clerk)

    checked(clerk, listed())
    clerk.get_by_role("button", name="导入全部 2 行").click()
    clerk.goto("/voucher/programmes")
    clerk.get_by_role("link", name="项目CARE").click()
    clerk.get_by_role("link", name="发放凭单").click()
    clerk.get_by_label("一份导入的名单里的人").select_option(index=0)
    clerk.get_by_role("button", name="看名单").click()
    expect(clerk.get_by_text("1,000.00").first).to_be_visible()
    look(clerk)
    clerk.go_back()
    clerk.get_by_label("一份导入的名单里的人").select_option(index=0)
    clerk.get_by_role("button", name="看名单").click()
    clerk.get_by_role("button", name="确认发放 2 张").click()

    clerk.goto(f"/voucher/vouchers?programme={town.path.county.programme}")
    clerk.get_by_role("button", name=re.compile("为还没有卡的 2 张制卡")).click()
    with clerk.expect_download() as told:
        clerk.get_by_role("button", name="制卡并下载 PDF").click()
    cards = cards_of(content(told.value), tmp_path)
    assert len(cards) == 2
    codes = {zxingcpp.read_barcodes(card)[0].text for card in cards}
    assert len(codes) == 2
    assert all(code.startswith("HG1:") for code in codes)


def test_the_same_list_again_changes_nothing(town):
    clerk = town.staff("purchaser_clerk")
    checked(clerk, listed())
    clerk.get_by_role("button", name="导入全部 2 行").click()
    expect(clerk.get_by_role("heading", level=1)).not_to_have_text("检查结果")
    checked(clerk, listed())
    expect(clerk.get_by_text("这个文件已经导入过")).to_be_visible()


def test_more_than_the_line_holds_is_not_offered(town):
    town.path.do(
        "budget.adjust",
        "finance_budget",
        id=town.path.county.line,
        amount_fen=-2_750_000,
        document="望财预〔2026〕9号",
    )
    clerk = town.staff("purchaser_clerk")
    checked(clerk, listed())
    clerk.get_by_role("button", name="导入全部 2 行").click()
    clerk.goto(f"/voucher/vouchers/issue?programme={town.path.county.programme}")
    clerk.get_by_label("一份导入的名单里的人").select_option(index=0)
    clerk.get_by_role("button", name="看名单").click()
    expect(clerk.get_by_text("差 500.00 元")).to_be_visible()
    assert clerk.get_by_role("button", name=re.compile("确认发放")).count() == 0
    look(clerk)
