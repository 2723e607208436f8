"""A clerk at the till: enrol, scan a card or a phone, confirm, hand over the slip; never twice."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.camera import cards_of, on_screen, photograph
from tests.browser.looks import DESK, PHONE, measured, violations
from tests.browser.papers import printed
from tests.browser.town import BATH

SECONDS_TO_REDEEM = 5
CODE = "凭证码"
RECEIPT = re.compile(r"/till/receipts/[0-9A-F-]+$")


@pytest.fixture
def card(town, tmp_path):
    """The first resident's card, printed by the office, as the camera sees it."""
    sheet = printed(town.staff("purchaser_clerk"), [town.path.vouchers[0]])
    (picture,) = cards_of(sheet, tmp_path)
    return picture


def typed(till: Page, code: str) -> None:
    """Type a code and send it."""
    till.get_by_label(CODE).fill(code)
    till.get_by_role("button", name="查询").click()


def scan(till: Page) -> float:
    """Hold what the camera sees into view; return when the page had read it."""
    with till.expect_request("**/till/lookup"):
        till.get_by_role("button", name="扫码").click()
    return time.monotonic()


def confirming(till: Page) -> None:
    """Wait for the page that asks for the confirmation, and check the card's holder."""
    expect(till.get_by_role("heading", name="确认核销", level=1)).to_be_visible()
    till.get_by_label("已核对身份证件").check()


def confirm(till: Page) -> None:
    """Press the button."""
    till.get_by_role("button", name="确认核销 18.50 元").click()


def expect_receipt(till: Page) -> None:
    """Wait for the slip."""
    expect(till.get_by_role("heading", name="已核销", level=1)).to_be_visible()
    assert RECEIPT.search(till.url)


# --- from a new phone to the first slip --------------------------------------------------------


def test_a_phone_becomes_a_till_and_redeems_a_printed_card_by_camera(town, camera, card):
    manager = town.manager()
    manager.goto("/provider/tills")
    manager.get_by_label("给它起个名字").fill("前台手机")
    manager.get_by_role("button", name="生成登记码").click()
    once = manager.locator(".receipt-amount").inner_text()

    camera.show(card)
    till = town.window(base_url=town.site.url, permissions=["camera"])
    till.goto("/till/enrol")
    till.get_by_label("登记码").fill(once)
    till.get_by_role("button", name="登记这台设备").click()
    expect(till.get_by_text("已登记为终端“前台手机”")).to_be_visible()
    till.get_by_label("登录名").fill(town.login_of(town.path.providers[0].clerk.user_id))
    till.get_by_label("密码").fill(factories.PASSWORD)
    till.get_by_role("button", name="登录", exact=True).click()

    scanned_at = scan(till)
    confirming(till)
    expect(till.get_by_text("张*丰")).to_be_visible()
    expect(till.get_by_text("481.50 元")).to_be_visible()
    confirm(till)
    expect_receipt(till)
    assert time.monotonic() - scanned_at < SECONDS_TO_REDEEM
    assert town.redeemed() == [1_850]

    manager.goto("/provider/tills")
    expect(manager.get_by_role("link", name="前台手机")).to_be_visible()
    once_more = town.window(base_url=town.site.url)
    once_more.goto("/till/enrol")
    once_more.get_by_label("登记码").fill(once)
    once_more.get_by_role("button", name="登记这台设备").click()
    expect(once_more.get_by_text("登记码不对、已用过或已过 30 分钟").first).to_be_visible()


def test_the_code_on_a_residents_phone_is_redeemed_by_camera(town, camera):
    phone = town.resident()
    phone.get_by_role("link", name="出示凭证码").click()
    camera.show(on_screen(phone.locator(".code-picture").screenshot()))

    till = town.at_till()
    scanned_at = scan(till)
    expect(till.get_by_role("heading", name="确认核销", level=1)).to_be_visible()
    assert till.get_by_label("已核对身份证件").count() == 0
    confirm(till)
    expect_receipt(till)
    assert time.monotonic() - scanned_at < SECONDS_TO_REDEEM
    assert town.redeemed() == [1_850]
    phone.goto("/me")
    expect(phone.get_by_text("还可用 481.50 元")).to_be_visible()


def test_every_page_of_a_sale_is_good_to_look_at(town):
    town.path.do(
        "offer.set",
        town.path.providers[0].manager,
        programme_id=town.path.county.programme,
        service_code=BATH,
    )
    till, found = town.at_till(), {}

    def look(name):
        at_hand = violations(till) + measured(till, PHONE) + measured(till, DESK)
        till.set_viewport_size(PHONE)
        found[name] = at_hand

    typed(till, "1")
    expect(till.get_by_role("alert")).to_be_visible()
    look("refused")
    typed(till, town.cards[0])
    expect(till.get_by_role("heading", name="选择服务", level=1)).to_be_visible()
    look("choose")
    till.get_by_label("助浴").check()
    till.get_by_role("button", name=re.compile("下一步|计算|核对|算")).click()
    expect(till.get_by_role("alert").first).to_be_visible()
    look("mend")
    till.get_by_label("金额").fill("60")
    till.get_by_role("button", name=re.compile("下一步|计算|核对|算")).click()
    expect(till.get_by_role("heading", name="确认核销", level=1)).to_be_visible()
    look("confirm")
    till.get_by_label("已核对身份证件").check()
    till.get_by_role("button", name="确认核销 60.00 元").click()
    expect_receipt(till)
    look("slip")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert town.redeemed() == [6_000]


# --- never twice -------------------------------------------------------------------------------


def test_a_double_click_redeems_once(town):
    till = town.at_till()
    typed(till, town.cards[0])
    confirming(till)
    till.get_by_role("button", name="确认核销 18.50 元").dblclick()

    expect_receipt(till)
    assert town.redeemed() == [1_850]


def test_going_back_begins_anew_and_loading_the_slip_again_changes_nothing(town):
    till = town.at_till()
    typed(till, town.cards[0])
    confirming(till)
    confirm(till)
    expect_receipt(till)
    slip = till.url

    # The browser's memory of the confirmation is gone: what comes back is a fresh scan.
    till.go_back()
    expect(till.get_by_role("heading", name="核销", exact=True)).to_be_visible()
    typed(till, town.cards[0])
    expect(till.get_by_text("今天在本店已经核销过")).to_be_visible()
    till.goto(slip)
    till.reload()
    expect_receipt(till)
    assert town.redeemed() == [1_850]


def test_an_answer_lost_on_the_way_is_asked_for_again_and_redeems_once(town, trouble):
    till, sent = town.at_till(), []

    def lose_the_first(route):
        sent.append(route.request.post_data)
        if len(sent) > 1:
            route.continue_()
            return
        # The server has redeemed; only its answer never arrives.
        route.fetch(max_redirects=0)
        route.abort()

    typed(till, town.cards[0])
    confirming(till)
    till.route("**/till/redeem", lose_the_first)
    confirm(till)

    expect_receipt(till)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert town.redeemed() == [1_850]
    assert all("net::ERR_FAILED" in line for line in trouble)
    trouble.clear()


# --- without a camera --------------------------------------------------------------------------


def test_without_leave_to_use_the_camera_the_till_says_so_and_typing_goes_on(town):
    till = town.at_till(permissions=[])
    till.get_by_role("button", name="扫码").click()
    expect(till.get_by_text("摄像头没有授权")).to_be_visible()
    assert violations(till) + measured(till, PHONE) == []

    typed(till, town.cards[0])
    confirming(till)
    confirm(till)
    expect_receipt(till)


def test_a_photo_of_the_card_is_read_and_one_without_a_code_says_what_to_do(town, card):
    till = town.at_till()
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg"}
    still = till.locator("[data-scan-still]")
    still.set_input_files(photo | {"buffer": photograph(None)})
    expect(till.get_by_text("照片里没有认出二维码")).to_be_visible()

    still.set_input_files(photo | {"buffer": photograph(card)})
    confirming(till)
    confirm(till)
    expect_receipt(till)
    assert town.redeemed() == [1_850]


def test_a_keyboard_scanner_needs_no_click(town):
    till = town.at_till()
    expect(till.get_by_label(CODE)).to_be_focused()
    till.keyboard.type(f"{town.path.codes[0]}\n")

    confirming(till)


# --- no, and what to do ------------------------------------------------------------------------


def test_a_mistyped_number_stays_to_be_mended(town):
    till, digits = town.at_till(), town.cards[0]
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    typed(till, wrong)

    expect(till.get_by_role("alert")).to_contain_text("没有扣款")
    expect(till.get_by_label(CODE)).to_have_value(wrong)
    typed(till, digits)
    confirming(till)


def test_an_expired_voucher_is_refused_with_its_last_day(town):
    town.site.at("2026-11-01T00:00:05")
    till = town.at_till()
    typed(till, town.cards[0])

    expect(till.get_by_role("alert")).to_contain_text("凭单已过期")
    expect(till.get_by_role("alert")).to_contain_text("2026-10-31")


def test_a_blocked_card_is_refused_and_its_replacement_goes(town, camera, card, tmp_path):
    number = town.path.vouchers[0]
    office = town.staff("purchaser_clerk")
    office.goto(f"/voucher/vouchers/{number}/card")
    office.get_by_label("原因").fill("居民报失")
    with office.expect_download() as told:
        office.get_by_role("button", name="作废旧卡并打印新卡").click()
    folder = tmp_path / "new"
    folder.mkdir()
    (replacement,) = cards_of(told.value.path().read_bytes(), folder)

    till = town.at_till()
    camera.show(card)
    scan(till)
    expect(till.get_by_role("alert")).to_contain_text(re.compile("卡已挂失|凭证码已作废"))
    camera.show(replacement)
    scan(till)
    confirming(till)
    confirm(till)
    expect_receipt(till)
    assert town.redeemed() == [1_850]


def test_a_slip_is_voided_and_the_money_is_back(town):
    till = town.at_till()
    typed(till, town.cards[0])
    confirming(till)
    confirm(till)
    expect_receipt(till)
    till.get_by_role("link", name="撤销这一笔").click()
    assert violations(till) + measured(till, PHONE) == []
    till.locator("input[name=why]").first.check()
    till.get_by_role("button", name="撤销", exact=True).click()

    expect(till.get_by_text("已撤销，凭单没有扣款")).to_be_visible()
    assert town.redeemed() == []
    phone = town.resident()
    expect(phone.get_by_text("还可用 500.00 元")).to_be_visible()
