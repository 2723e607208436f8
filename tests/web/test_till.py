"""The till's pages: one scan is at most one redemption, whatever the browser does."""

from __future__ import annotations

import re

import pytest

from core import clock
from core.acts import Answer, perform
from core.db import db, transaction
from core.errors import Unavailable
from plugins.voucher.models import Redemption
from plugins.voucher.pages.till import mount
from tests.factories import PASSWORD
from tests.web.conftest import BATH

REDEEM, LOOKUP = "/till/redeem", "/till/lookup"


def scanned(browser, code):
    return browser.open("/till").send(LOOKUP, code=code)


def redemptions(world):
    with world.app.app_context(), transaction(readonly=True):
        return [row.amount_fen for row in db.session.scalars(db.select(Redemption))]


def test_a_service_of_fixed_price_goes_from_the_scan_straight_to_the_confirmation(world):
    page = scanned(world.at_till(), world.voucher["typed"])

    assert "确认核销 18.50 元" in page.text
    assert "张*丰" in page.text
    assert "481.50 元" in page.text


def test_a_confirmed_redemption_leads_to_its_slip(world):
    page = scanned(world.at_till(), world.voucher["code"]).send(REDEEM, identity_checked="1")

    assert re.fullmatch(r"/till/receipts/[0-9A-F-]+", page.path)
    assert "已核销" in page.text
    assert "481.50 元" in page.text
    assert redemptions(world) == [1_850]


def test_a_card_is_redeemed_only_after_the_identity_was_checked(world):
    page = scanned(world.at_till(), world.voucher["typed"])
    again = page.send(REDEEM)

    assert again.status == 422
    assert "请先核对身份证件" in again.text
    assert redemptions(world) == []
    assert again.send(REDEEM, identity_checked="1").status == 200
    assert redemptions(world) == [1_850]


def test_a_phone_code_asks_for_no_identity_card(world):
    shown = world.at_home().open(f"/me/vouchers/{world.voucher['id']}/code")
    code = re.search(r"HG1:P?[0-9A-Z: ]+", shown.text).group().replace(" ", "")
    page = scanned(world.at_till(), code)

    assert "身份证件" not in page.text
    assert page.send(REDEEM).status == 200
    assert redemptions(world) == [1_850]


def test_a_double_tap_redeems_once_and_leads_to_the_same_slip(world):
    page = scanned(world.at_till(), world.voucher["typed"])
    first, second = (page.send(REDEEM, identity_checked="1") for _tap in range(2))

    assert first.path == second.path
    assert "没有重复扣款" in second.text
    assert redemptions(world) == [1_850]


def test_going_back_and_confirming_again_redeems_once(world):
    browser = world.at_till()
    scan = browser.open("/till").form(LOOKUP).fields | {"code": world.voucher["typed"]}
    first = browser.post(LOOKUP, scan).send(REDEEM, identity_checked="1")
    # The browser sends the scan's form anew to show the page before.
    again = browser.post(LOOKUP, scan)

    assert "今天在本店已经核销过" in again.text
    assert again.send(REDEEM, identity_checked="1").path == first.path
    assert redemptions(world) == [1_850]


def test_another_amount_after_going_back_needs_another_scan(world):
    world.offers(BATH)
    browser = world.at_till()
    chosen = scanned(browser, world.voucher["typed"])
    bath = {"service_code": BATH, "price": "60"}
    first = chosen.send("/till/quote", **bath).send(REDEEM, identity_checked="1")
    second = chosen.send("/till/quote", service_code=BATH, price="70")
    refused = second.send(REDEEM, identity_checked="1")

    assert first.status == 200
    assert refused.status == 409
    assert "不会重复扣款" in refused.text
    assert first.path in refused.html
    assert redemptions(world) == [6_000]


def test_two_windows_on_one_scan_redeem_once(world):
    browser = world.at_till()
    page = scanned(browser, world.voucher["typed"])
    copy = browser.post("/till/quote", page.form(REDEEM).fields)

    assert (
        page.send(REDEEM, identity_checked="1").path == copy.send(REDEEM, identity_checked="1").path
    )
    assert redemptions(world) == [1_850]


def test_loading_the_slip_again_changes_nothing(world):
    browser = world.at_till()
    slip = scanned(browser, world.voucher["typed"]).send(REDEEM, identity_checked="1")

    assert browser.open(slip.path).status == 200
    assert browser.open(REDEEM).path == "/till"
    assert redemptions(world) == [1_850]


def test_a_second_scan_is_warned_of_what_was_redeemed_here_today(world):
    browser = world.at_till()
    scanned(browser, world.voucher["typed"]).send(REDEEM, identity_checked="1")
    page = scanned(browser, world.voucher["typed"])

    assert "今天在本店已经核销过" in page.text
    page.send(REDEEM, identity_checked="1")
    assert redemptions(world) == [1_850, 1_850]


def test_a_code_is_in_no_address(world):
    browser = world.at_till()
    page = scanned(browser, world.voucher["code"])

    assert world.voucher["code"] not in page.path
    assert all(world.voucher["code"] not in form.action for form in page.forms)
    assert f'href="{world.voucher["code"]}' not in page.html


def test_an_amount_above_the_maximum_is_mended_on_the_form(world):
    world.offers(BATH)
    chosen = scanned(world.at_till(), world.voucher["typed"])
    page = chosen.send("/till/quote", service_code=BATH, price="100.01")

    assert page.status == 422
    assert "最高限价 100.00 元" in page.text
    assert page.form("/till/quote").fields["price"] == "100.01"
    confirmed = page.send("/till/quote", price="99.99").send(REDEEM, identity_checked="1")
    assert confirmed.status == 200
    assert redemptions(world) == [9_999]


@pytest.mark.parametrize(("price", "words"), [("", "请输入本次金额"), ("abc", "请按元输入金额")])
def test_an_open_price_must_be_an_amount(world, price, words):
    world.offers(BATH)
    chosen = scanned(world.at_till(), world.voucher["typed"])
    page = chosen.send("/till/quote", service_code=BATH, price=price)

    assert page.status == 422
    assert words in page.text


def test_a_mistyped_number_is_shown_again_and_says_what_to_do(world):
    digits = world.voucher["typed"]
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    page = scanned(world.at_till(), wrong)

    assert page.status == 422
    assert "再扫一次" in page.text
    assert page.form(LOOKUP).fields["code"] == wrong


def test_a_blocked_card_is_refused_and_the_attempt_is_listed_today(world):
    world.act("voucher.block_card", "purchaser_clerk", id=world.voucher["id"], reason="遗失")
    browser = world.at_till()
    page = scanned(browser, world.voucher["typed"])

    assert "卡已挂失" in page.text
    assert "这张卡已挂失" in browser.open("/till/today").text


def test_a_redemption_is_voided_with_a_reason(world):
    browser = world.at_till()
    slip = scanned(browser, world.voucher["typed"]).send(REDEEM, identity_checked="1")
    void = browser.open(f"{slip.path}/void")

    unsaid = void.send(f"{slip.path}/void")
    assert "请选择原因" in unsaid.text
    page = unsaid.send(f"{slip.path}/void", why="mistake")
    assert page.path == slip.path
    assert "已撤销" in page.text
    assert "选错服务或金额" in page.text


def test_yesterdays_redemption_can_no_longer_be_voided(world):
    slip = scanned(world.at_till(), world.voucher["typed"]).send(REDEEM, identity_checked="1")
    with clock.frozen("2026-09-02T09:00"):
        void = world.at_till().open(f"{slip.path}/void")
        page = void.send(f"{slip.path}/void", why="mistake")

    assert page.status == 422
    assert "只能撤销当天的核销" in page.text


def test_a_browser_becomes_a_till_by_a_code_that_works_once(world):
    made = world.managing().open("/provider/tills").send("/provider/tills", name="前台手机")
    code = re.search(r"\d{4} \d{4}", made.text).group()
    browser = world.browser()
    page = browser.open("/till/enrol").send("/till/enrol", code=code.replace(" ", ""))

    assert page.path == "/till/sign-in"
    assert "前台手机" in page.text
    again = world.browser().open("/till/enrol").send("/till/enrol", code=code.replace(" ", ""))
    assert "登记码不对、已用过" in again.text


def test_a_redemption_remembers_its_till(world):
    made = world.managing().open("/provider/tills").send("/provider/tills", name="前台手机")
    browser = world.browser()
    code = re.search(r"\d{4} \d{4}", made.text).group().replace(" ", "")
    page = browser.open("/till/enrol").send("/till/enrol", code=code)
    page.send("/till/sign-in", login=world.login_of("provider_clerk"), password="x" * 12)
    page.send("/till/sign-in", login=world.login_of("provider_clerk"), password=PASSWORD)
    scanned(browser, world.voucher["typed"]).send(REDEEM, identity_checked="1")

    with world.app.app_context(), transaction(readonly=True):
        assert db.session.scalar(db.select(Redemption.device_id)) is not None


def test_nobody_signed_in_is_led_to_the_tills_sign_in(world):
    assert world.browser().open("/till").path == "/till/sign-in"
    assert world.browser().open("/till/today").path == "/till/sign-in"


def test_a_slip_prints_on_till_paper(world):
    browser = world.at_till()
    slip = scanned(browser, world.voucher["typed"]).send(REDEEM, identity_checked="1")

    assert browser.open(f"{slip.path}.pdf").response.data.startswith(b"%PDF")


def test_what_a_single_use_voucher_loses_is_told_before_it_is_used(world):
    voucher = world.issue_single_use()
    choice = scanned(world.at_till(), voucher["typed"])
    page = choice.send("/till/quote", price="320")

    assert "余下的 180.00 元 作废" in page.text
    assert "请向居民收 100.00 元" in choice.send("/till/quote", price="600").text


def test_a_used_voucher_is_refused_calmly_with_its_first_use(world):
    voucher, browser = world.issue_single_use(), world.at_till()
    choice = scanned(browser, voucher["typed"])
    choice.send("/till/quote", price="320").send(REDEEM, identity_checked="1")
    page = scanned(browser, voucher["typed"])

    assert page.status == 422
    assert "已于 2026-09-01 09:00 在“望城区育才学校”核销过" in page.text
    assert "tone-info" in page.html
    assert page.form(LOOKUP)


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key(world, monkeypatch):
    def lost(operation_id, payload, **options):
        answer = perform(operation_id, payload, **options)
        if operation_id != "voucher.redeem":
            return answer
        monkeypatch.undo()
        refusal = Unavailable("RETRY_LATER", "结果未知")
        return Answer(refusal.status, refusal.problem())

    page = scanned(world.at_till(), world.voucher["typed"])
    monkeypatch.setattr(mount, "perform", lost)
    unknown = page.send(REDEEM, identity_checked="1")

    assert unknown.status == 503
    assert "不会重复扣款" in unknown.text
    slip = unknown.send(REDEEM)
    assert "没有重复扣款" in slip.text
    assert redemptions(world) == [1_850]


@pytest.mark.parametrize("role", ["purchaser_clerk", "finance_maker", "auditor"])
def test_nobody_but_a_provider_opens_the_till(world, role):
    browser = world.at_till(role)

    assert browser.open("/till").status == 403
    assert browser.open("/till/today").status == 403
