"""A resident's vouchers of other shapes in words: hours by the week, withheld, ended, corrected."""

from __future__ import annotations

import pytest

from core import clock
from tests.web.shapes import MATCH, WEEKLY, terms

HOME = "/me"


@pytest.fixture
def weekly(open_county):
    """A programme of hours by the week and by the month; the first periods are granted."""
    world = open_county(WEEKLY, care=6_500)
    world.act("voucher.renew", "purchaser_clerk", programme_id=world.county.programme)
    return world


def visit(world, until):
    """Let the holder be cared for from nine o'clock on."""
    begun = world.act(
        "voucher.start", "provider_clerk", code=world.voucher["code"], service_code="care"
    )
    with clock.frozen(f"2026-09-01T{until}"):
        return world.act("voucher.finish", "provider_clerk", id=begun["id"])


def level(world, value):
    """Record the holder's level of care from today on."""
    return world.act(
        "resident.record_fact",
        "purchaser_clerk",
        resident_id=world.county.residents[0],
        code="care_level",
        value=value,
        from_on="2026-09-01",
        document="望医保评〔2026〕1号",
    )


def test_hours_are_told_by_period_with_their_last_days(weekly):
    visit(weekly, "11:00")
    page = weekly.at_home().open(HOME)

    assert "还可用 2 小时" in page.text
    assert "每周时长 还有 1 小时，已用 2 小时，请在 2026-09-06（星期日）当天或以前用。" in page.text
    assert "奖励时长 还有 1 小时，请在 2026-09-30（星期三）当天或以前用。" in page.text
    assert "下次发放：2026-09-07（星期一）" in page.text


def test_a_use_is_told_in_hours_and_money(weekly):
    answer = visit(weekly, "10:00")
    page = weekly.at_home().open(f"/me/receipts/{answer['receipt']}")

    assert "上门照护 1 小时" in page.text
    assert "凭单用掉 1 小时" in page.text
    assert "自己付 6.50 元" in page.text
    assert "用后还剩 3 小时" in page.text


def test_a_service_under_way_is_told(weekly):
    weekly.act("voucher.start", "provider_clerk", code=weekly.voucher["code"], service_code="care")

    assert "另有 4 小时正在服务中" in weekly.at_home().open(HOME).text.replace(" 正", "正")


def test_what_the_next_allotment_will_lack_is_told_in_plain_words(weekly):
    visit(weekly, "11:00")
    level(weekly, 1)
    page = weekly.at_home().open(HOME)

    assert "以前多用了 1 小时，下次发放时会少发这么多" in page.text


def test_what_ended_says_since_when(weekly):
    weekly.act("voucher.end_condition", "purchaser_clerk", id=weekly.voucher["id"], reason="迁出")
    page = weekly.at_home().open(HOME)

    assert "资格已于 2026-09-01 终止" in page.text
    assert "下次发放" not in page.text
    assert "出示凭证码" not in page.text


@pytest.mark.parametrize(
    ("from_on", "words"),
    [
        ("2026-09-01", "暂停使用到 2026-09-09（含当日），第二天起又可以用"),
        ("2026-09-03", "2026-09-03 到 2026-09-09（含当日）暂停使用"),
    ],
)
def test_days_of_suspension_are_told(weekly, from_on, words):
    weekly.act(
        "voucher.suspend",
        "purchaser_clerk",
        id=weekly.voucher["id"],
        reason="住院",
        from_on=from_on,
        through_on="2026-09-09",
    )

    assert words in weekly.at_home().open(HOME).text


def test_between_two_periods_the_next_day_of_grant_is_told(weekly):
    with clock.frozen("2026-10-02T09:00"):
        page = weekly.at_home().open(HOME)

    assert "现在没有可用的额度" in page.text
    assert "下次发放：2026-10-05（星期一）" in page.text


def test_a_use_that_was_corrected_says_what_came_back(open_county):
    world = open_county(terms(MATCH), match=None)
    begun = world.act(
        "voucher.start",
        "provider_clerk",
        code=world.voucher["code"],
        service_code="match",
        price_fen=30_000,
    )
    done = world.act("voucher.finish", "provider_clerk", id=begun["id"], result="hired")
    ordered = world.act(
        "redemption.reverse",
        "purchaser_clerk",
        receipt=done["receipt"],
        reason="价格登记有误",
        price_fen=20_000,
    )
    world.act("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])
    page = world.at_home().open(f"/me/receipts/{done['receipt']}")

    assert "这一笔后来更正过" in page.text
    assert "凭单少付 100.00 元。原因：价格登记有误" in page.text
    assert "100.00 元 已回到您的凭单" in page.text
    assert "更正后凭单支付 200.00 元" in page.text
