"""A resident's pages: two taps to the code, every state in words, what was deducted, the finder."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db, transaction
from plugins.voucher.models import Voucher
from tests import factories
from tests.web.conftest import MEAL, NOW

HOME, SIGN_IN = "/me", "/me/sign-in"


def used(world, **changes):
    """Redeem a meal with the card."""
    fields = {"code": world.voucher["code"], "service_code": MEAL} | changes
    return world.act("voucher.redeem", "provider_clerk", **fields)


def picture(page):
    return page.html.split("<path", 1)[1].split("</svg>", 1)[0]


def test_she_signs_in_with_her_id_number_and_the_digits_on_her_card(world):
    page = world.at_home().open(HOME)

    assert page.path == HOME
    assert "还可用 500.00 元" in page.text
    assert "可用至 2026-10-31（含当日）" in page.text


def test_the_digits_may_be_typed_in_groups(world):
    page = world.browser().open(SIGN_IN)
    digits = world.voucher["typed"]
    grouped = " ".join((digits[:4], digits[4:8], digits[8:]))

    assert page.send(SIGN_IN, id_number=world.id_number(), code=grouped).path == HOME


def test_a_wrong_card_number_is_refused_without_telling_which_field_is_wrong(world):
    page = world.browser().open(SIGN_IN)
    answer = page.send(SIGN_IN, id_number=world.id_number(), code="000000000000")

    assert answer.status == 401
    assert "身份证号与卡号对不上" in answer.text


def test_she_stays_signed_in_for_half_a_year(world):
    browser = world.at_home()
    with clock.frozen("2026-12-01T09:00"):
        assert browser.open(HOME).path == HOME
    with clock.frozen("2027-06-01T09:00"):
        assert browser.open(HOME).path == SIGN_IN


def test_she_reaches_her_code_in_two_taps_and_it_changes_every_minute(world):
    browser = world.at_home()
    address = f"/me/vouchers/{world.voucher['id']}/code"
    assert f'href="{address}"' in browser.open(HOME).html
    first = browser.open(address)
    with clock.frozen("2026-09-01T09:01"):
        second = browser.open(f"{address}/fragment")

    assert "<svg" in first.html
    assert 'http-equiv="refresh"' in first.html
    assert "还可用 500.00 元" in first.text
    assert (
        second.html.split("data-next-seconds", 1)[1] != first.html.split("data-next-seconds", 1)[1]
    )


@pytest.mark.parametrize(
    ("moment", "change", "words"),
    [
        ("2026-08-01T09:00", "", "还没到使用日期：2026-08-15 起可用"),
        ("2026-10-31T23:59", "", "还可用 500.00 元"),
        ("2026-11-01T00:00", "", "已过期：可用至 2026-10-31（含当日）"),
        (NOW, "voucher.suspend", "暂停使用。请联系 望城区教育局"),
        (NOW, "voucher.revoke", "已被撤销，不能再用"),
    ],
)
def test_every_state_is_told_in_words_and_only_a_usable_voucher_shows_its_code(
    world, moment, change, words
):
    role = "purchaser_approver" if change == "voucher.revoke" else "purchaser_clerk"
    with clock.frozen("2026-08-01T08:00"):
        browser = world.at_home()
    if change:
        world.act(change, role, id=world.voucher["id"], reason="测试")
    with clock.frozen(moment):
        page = browser.open(HOME)
        code = browser.open(f"/me/vouchers/{world.voucher['id']}/code")

    assert words in page.text
    usable = words.startswith("还可用")
    assert ("出示凭证码" in page.text) == usable
    assert ("<svg" in code.html and "请店员扫这个码" in code.text) == usable


def test_she_sees_what_was_deducted_where_and_what_is_left(world):
    slip = used(world)
    browser = world.at_home()
    page = browser.open("/me/history")
    detail = browser.open(f"/me/receipts/{slip['receipt']}")

    assert "2026-09-01 在 望城区育才学校" in page.text
    assert "18.50" in page.text
    assert "凭单支付 18.50 元" in detail.text
    assert "自己付 0.00 元" in detail.text
    assert "用后还剩 481.50 元" in detail.text


def test_a_voided_use_says_that_the_money_came_back(world):
    slip = used(world)
    world.act("redemption.void", "provider_clerk", receipt=slip["receipt"], reason="选错金额")
    detail = world.at_home().open(f"/me/receipts/{slip['receipt']}")

    assert "这一笔已退回" in detail.text
    assert "18.50 元 已回到您的凭单" in detail.text


def test_a_used_up_voucher_says_so(world):
    for _meal in range(10):
        used(world, quantity=2_000)
    used(world, quantity=7_027)
    page = world.at_home().open(HOME)

    assert "已用完，一共用了 500.00 元" in page.text


def test_nobody_sees_anothers_voucher_or_slip(world):
    slip = used(world)
    with world.app.app_context():
        (other,) = factories.issue(world.county)
    with world.app.app_context(), transaction(readonly=True):
        assert db.session.get_one(Voucher, other["id"]).resident_id != world.voucher["resident_id"]
    browser = world.browser()
    stranger = type(world)(world.app, world.county, other)
    browser = stranger.at_home()

    assert browser.open(f"/me/receipts/{slip['receipt']}").status == 404
    for tail in ("", "/code", "/code/fragment", "/lost"):
        assert browser.open(f"/me/vouchers/{world.voucher['id']}{tail}").status == 404


def test_a_lost_card_is_blocked_and_the_phone_goes_on(world):
    browser = world.at_home()
    address = f"/me/vouchers/{world.voucher['id']}/lost"
    unsaid = browser.open(address).send(address)
    assert "请选择一项" in unsaid.text
    page = unsaid.send(address, what="lost")

    assert "卡片已挂失" in page.text
    assert "卡丢了？" not in page.text
    assert "<svg" in browser.open(f"/me/vouchers/{world.voucher['id']}/code").html
    with world.app.app_context():
        fields = {"code": world.voucher["code"], "service_code": MEAL}
        clerk = world.county.actor("provider_clerk")
        refused = factories.attempt("voucher.redeem", clerk, **fields)
    assert refused.body["code"] == "CARD_BLOCKED"


def test_anybody_finds_a_provider_by_service_and_township(world):
    office = {
        "organisation_id": world.county.provider,
        "name": "高塘岭食堂",
        "division_code": "430112001",
        "address": "文源路 1 号",
        "telephone": "0731-10010001",
    }
    world.act("party.add_office", "provider_manager", **office)
    browser, programme = world.browser(), world.county.programme
    page = browser.open(f"/find?service={programme}:{MEAL}&division=430112001")

    assert "高塘岭食堂" in page.text
    assert "助餐 18.50 元/份" in page.text
    assert "文源路 1 号" in page.text
    assert "高塘岭食堂" not in browser.open(f"/find?service={programme}:bath").text
    assert "高塘岭食堂" not in browser.open("/find?division=430104").text
    assert browser.open("/find?service=x:y&after=z").status == 200


def test_a_suspended_provider_is_not_found(world):
    world.act(
        "party.add_office",
        "provider_manager",
        organisation_id=world.county.provider,
        name="高塘岭食堂",
        division_code="430112001",
        address="文源路 1 号",
        telephone="0731-10010001",
    )
    assert "高塘岭食堂" in world.browser().open("/find").text
    world.act("admission.suspend", "purchaser_clerk", id=1, reason="整改")
    assert "高塘岭食堂" not in world.browser().open("/find").text


def test_signing_out_forgets_her(world):
    browser = world.at_home()
    page = browser.open(HOME).send("/me/sign-out")

    assert page.path == SIGN_IN
    assert browser.open("/me/history").path == SIGN_IN
    assert "没有手机" in browser.open("/help").text
