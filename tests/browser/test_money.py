"""Finance and the bank: lock, pay with a colleague, take in the result, follow the yuan."""

from __future__ import annotations

import csv
import io
import re

from playwright.sync_api import Page, expect

from core.settlement import bank
from tests.browser.looks import DESK, PHONE, measured, violations
from tests.browser.papers import content
from tests.browser.town import FEE

BAD_ACCOUNT = "账号户名不符"
BAR, ENCUMBERED = "#125650", "#8fc0b2"  # as assets/charts.js draws them


def served(town, amounts):
    """Let the second provider serve the first residents: a cut of hair at each of these prices."""
    clerk = town.path.providers[1].clerk
    for code, fen in zip(town.path.codes, amounts, strict=False):
        town.path.do("voucher.redeem", clerk, code=code, service_code=FEE, price_fen=fen)


def look(page: Page) -> None:
    """Hold a page to what every page must be."""
    assert violations(page) + measured(page, PHONE) + measured(page, DESK) == []


def lock(town) -> None:
    """Lock the programme's settlement period."""
    maker = town.staff("finance_maker")
    maker.goto("/voucher/statements")
    maker.get_by_role("link", name="锁定", exact=True).click()
    look(maker)
    maker.get_by_role("button", name="锁定", exact=True).click()
    expect(maker.get_by_role("heading", level=1)).to_contain_text("第 1 期")


def statement_of(manager: Page) -> None:
    """Open the provider's newest statement."""
    manager.goto("/provider/statements")
    manager.get_by_role("table").get_by_role("link").first.click()


def confirm(manager: Page) -> None:
    """Confirm the statement that is open."""
    manager.get_by_role("button", name="确认对账单").click()
    expect(manager.get_by_text("对账单已确认")).to_be_visible()


def batch(town) -> str:
    """Let one person make a batch of all that may be paid and another approve it; its address."""
    maker = town.staff("finance_maker")
    maker.goto("/settlement/new")
    look(maker)
    maker.reload()
    maker.get_by_role("button", name="生成支付批次").click()
    expect(maker.get_by_text("已生成支付批次")).to_be_visible()
    assert maker.get_by_role("button", name=re.compile("^批准")).count() == 0
    address = maker.url.removeprefix(town.site.url)
    refused = town.attempt("settlement.approve", "finance_maker", id=int(address.split("/")[-1]))
    assert refused.body["code"] == "FOUR_EYES_REQUIRED"

    approver = town.staff("finance_approver")
    approver.goto(address)
    approver.get_by_role("button", name=re.compile("^批准")).click()
    expect(approver.get_by_text("已批准。接下来由国库出纳导出支付文件。")).to_be_visible()
    return address


def exported(treasurer: Page, address: str) -> list[dict[str, str]]:
    """Take the batch's file to the bank; return its lines."""
    treasurer.goto(address)
    with treasurer.expect_download() as told:
        treasurer.get_by_role("button", name="导出支付文件").click()
    text = content(told.value).decode("utf-8-sig")
    assert told.value.suggested_filename.endswith(".csv")
    rows = list(csv.reader(io.StringIO(text)))
    return [dict(zip(rows[0], row, strict=False)) for row in rows[1:] if row[0].isdecimal()]


def answered(treasurer: Page, lines: list[dict[str, str]], outcomes: list[str]) -> None:
    """Bring back the bank's answer, a word and a reason a line."""
    target = io.StringIO()
    head = [*lines[0], bank.RESULT, bank.REFERENCE, bank.REASON]
    writer = csv.writer(target)
    writer.writerow(head)
    for place, (line, word) in enumerate(zip(lines, outcomes, strict=True)):
        reason = "" if word == "成功" else BAD_ACCOUNT
        writer.writerow([*line.values(), word, f"R{place}", reason])
    treasurer.goto("/settlement/results")
    file = {"name": "result.csv", "mimeType": "text/csv"}
    data = target.getvalue().encode("utf-8-sig")
    treasurer.get_by_label("结果文件").set_input_files(file | {"buffer": data})
    treasurer.get_by_role("button", name="导入", exact=True).click()
    expect(treasurer.get_by_text("已导入银行结果")).to_be_visible()


def test_a_settled_voucher_is_paid_with_a_colleague_and_a_rejected_line_again(town):
    town.path.redeem(3, 1_000, provider=1)
    served(town, [2_000, 3_000])
    town.path.do(
        "voucher.redeem", town.path.providers[0].clerk, code=town.path.codes[0], service_code="meal"
    )
    town.site.at("2026-09-02T09:00:00")
    lock(town)

    first, second = town.manager(0), town.manager(1)
    statement_of(first)
    confirm(first)
    statement_of(second)
    second.get_by_role("link", name="提出异议").first.click()
    second.get_by_label("哪里不对").fill("价格录错了")
    second.get_by_role("button", name="提出异议").click()
    expect(second.get_by_text("异议已提交")).to_be_visible()
    look(second)
    second.reload()
    confirm(second)

    address = batch(town)
    treasurer = town.staff("treasurer")
    lines = exported(treasurer, address)
    assert len(lines) == 2
    answered(treasurer, lines, ["成功", "失败"])
    expect(treasurer.get_by_text(BAD_ACCOUNT).first).to_be_visible()
    look(treasurer)

    again = batch(town)
    assert again != address
    (line,) = exported(treasurer, again)
    answered(treasurer, [line], ["成功"])
    expect(treasurer.get_by_text(BAD_ACCOUNT)).to_have_count(0)


def test_a_figure_opens_down_to_the_journal_and_up_to_the_line_in_two_clicks(town):
    served(town, [2_000])
    town.site.at("2026-09-02T09:00:00")
    town.path.lock()
    page = town.staff("finance_budget")
    line = f"/budget/lines/{town.path.county.line}"
    page.goto(line)
    page.locator(".rooms a", has_text=re.compile(r"^20\.00$")).click()
    page.get_by_role("table").get_by_role("link", name=re.compile(r"^\d+$")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("凭证")
    expect(page.get_by_text("20.00").first).to_be_visible()

    page.get_by_role("link", name=re.compile("^预算指标 EDU")).click()
    expect(page).to_have_url(re.compile(f"{line}$"))
    page.go_back()
    page.get_by_role("link", name=re.compile("^额度池")).click()
    page.get_by_role("link", name=re.compile("^EDU")).first.click()
    expect(page).to_have_url(re.compile(f"{line}$"))


def test_a_redemption_is_followed_from_the_line_to_the_till_by_the_auditor(town):
    receipt = town.path.redeem(0, 2_500, provider=1)
    page = town.staff("auditor")
    page.goto(f"/audit/trace?q={receipt}")
    expect(page.get_by_text(receipt).first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("EDU")).first).to_be_visible()
    look(page)


def click_mark(page: Page, source: str, colour: str) -> None:
    """Click the middle of the first mark of a colour in the picture of a source."""
    picture = page.locator(f"hg-chart[data-source*='{source}'] .chart-picture")
    mark = picture.locator(f"svg path[fill='{colour}']").first
    expect(mark).to_be_visible()
    picture.scroll_into_view_if_needed()
    # Drawn once more, in the frame after it has learnt its size.
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    box = mark.bounding_box()
    # By the mouse: the pattern that tells marks apart without colour lies upon it.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_mark_of_a_picture_opens_its_journals(town):
    served(town, [2_000, 3_000])
    programme = f"/voucher/programmes/{town.path.county.programme}"
    page = town.staff("finance_budget")
    page.goto(programme)
    click_mark(page, "provider.json", BAR)
    expect(page).to_have_url(re.compile(r"/voucher/redemptions/journals\?.*provider="))
    expect(page.get_by_role("row", name=re.compile("合计"))).to_contain_text("50.00")
    look(page)

    page.goto(programme)
    click_mark(page, "rooms.json", ENCUMBERED)
    expect(page).to_have_url(re.compile(r"/audit/journals\?.*line\.encumbered"))
