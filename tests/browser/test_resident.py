"""A resident with her phone: two taps to the code, which changes; large type; English."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.camera import cards_of
from tests.browser.conftest import MINUTE
from tests.browser.looks import PHONE, measured, violations
from tests.browser.papers import printed
from tests.browser.town import code_on

PICTURE, DIGITS = ".code-picture", ".code-digits"
SMALL_TEXT = """() => {
  const small = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement;
    if (!text || !e.checkVisibility() || e.closest("svg, .visually-hidden, noscript, .seal"))
      continue;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < 24) small.add(`${size} px: ${text.slice(0, 15)}`);
  }
  return [...small];
}"""


def scanned(page: Page) -> str:
    """Return what a till reads from the picture on her screen."""
    png = page.locator(PICTURE).screenshot()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return code.text


def test_she_reaches_her_code_in_two_taps(town):
    phone = town.resident()
    phone.goto("/help")

    phone.get_by_role("link", name="我的凭单").first.click()
    expect(phone.get_by_text("还可用 500.00 元")).to_be_visible()
    phone.get_by_role("link", name="出示凭证码").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("请店员扫这个码")
    assert scanned(phone) == code_on(phone)
    box = phone.locator(PICTURE).bounding_box()
    assert box["y"] + box["height"] <= PHONE["height"], "she has to scroll to her code"
    assert violations(phone) + measured(phone, PHONE) == []


def test_the_code_changes_by_itself_when_its_minute_ends(town):
    town.site.at("2026-09-01T09:00:58")
    phone = town.resident()
    phone.get_by_role("link", name="出示凭证码").click()
    first, shown = code_on(phone), phone.locator(DIGITS).inner_text()
    town.site.at("2026-09-01T09:01:02")

    expect(phone.locator(DIGITS)).not_to_have_text(shown, use_inner_text=True, timeout=MINUTE)
    assert code_on(phone) != first
    assert scanned(phone) == code_on(phone)


def test_a_phone_without_network_says_that_the_code_may_be_old(town, trouble):
    town.site.at("2026-09-01T09:00:58")
    phone = town.resident()
    phone.get_by_role("link", name="出示凭证码").click()
    first = code_on(phone)
    phone.wait_for_load_state()  # without its script a page says nothing
    phone.context.set_offline(True)
    expect(phone.get_by_text("网络断开")).to_be_visible(timeout=MINUTE)

    town.site.at("2026-09-01T09:01:02")
    phone.context.set_offline(False)
    expect(phone.get_by_text("网络断开")).to_be_hidden(timeout=MINUTE)
    assert code_on(phone) != first
    # Chromium calls a missing network an error; nothing else was wrong.
    assert all("ERR_INTERNET_DISCONNECTED" in line for line in trouble)
    trouble.clear()


def test_in_large_type_every_word_is_large_and_nothing_is_cut(town):
    phone = town.resident()
    phone.get_by_role("button", name="大字版").click()
    expect(phone.locator("html")).to_have_attribute("data-type", "large")

    assert phone.evaluate(SMALL_TEXT) == []
    assert measured(phone, PHONE) == []
    phone.reload()
    phone.get_by_role("link", name="出示凭证码").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("请店员扫这个码")
    assert phone.evaluate(SMALL_TEXT) == []
    assert scanned(phone) == code_on(phone)
    assert measured(phone, PHONE) == []


def test_she_reads_english_when_she_asks_for_it(town):
    phone = town.resident()
    phone.get_by_role("button", name="English").click()

    expect(phone.locator("html")).to_have_attribute("lang", "en")
    assert phone.get_by_role("button", name="中文").is_visible()
    phone.goto(f"/me/vouchers/{town.path.vouchers[0]}/code")
    assert scanned(phone) == code_on(phone)


def test_she_signs_in_by_showing_her_card_to_the_phones_camera(town, camera, tmp_path):
    (card,) = cards_of(printed(town.staff("purchaser_clerk"), [town.path.vouchers[1]]), tmp_path)
    camera.show(card)
    phone = town.window(base_url=town.site.url, permissions=["camera"])
    phone.goto("/me/sign-in")
    phone.get_by_label("身份证号").fill(town.id_number(1))
    phone.get_by_role("button", name="扫码").click()

    expect(phone.get_by_role("heading", name="我的凭单", level=1)).to_be_visible()
    expect(phone.get_by_text("还可用 500.00 元")).to_be_visible()


def test_she_sees_what_was_deducted_and_blocks_a_lost_card(town):
    town.path.do(
        "voucher.redeem",
        town.path.providers[0].clerk,
        code=town.path.codes[0],
        service_code="meal",
    )
    phone = town.resident()
    phone.get_by_role("link", name="2026-09-01 在").click()
    expect(phone.get_by_text("18.50 元").first).to_be_visible()
    assert violations(phone) + measured(phone, PHONE) == []

    phone.goto(f"/me/vouchers/{town.path.vouchers[0]}")
    phone.get_by_role("link", name="挂失凭证卡").click()
    phone.get_by_text("丢了", exact=True).click()
    phone.get_by_role("button", name="挂失这张卡").click()
    expect(phone.get_by_text("卡片已挂失")).to_be_visible()
    town.site.at("2026-09-01T09:05:00")
    code = town.path.refused(
        "voucher.redeem",
        town.path.providers[0].clerk,
        code=town.path.codes[0],
        service_code="meal",
    )
    assert code == "CARD_BLOCKED"


def test_a_wrong_card_number_says_what_to_do(town):
    phone = town.window(base_url=town.site.url)
    phone.goto("/me/sign-in")
    phone.get_by_label("身份证号").fill(town.id_number(0))
    phone.get_by_label("卡上的 12 位数字").fill(town.cards[1])
    phone.get_by_role("button", name="登录", exact=True).click()
    expect(phone.get_by_text("身份证号与卡号对不上").first).to_be_visible()
    assert violations(phone) + measured(phone, PHONE) == []
