"""Vouchers of other shapes on a phone: a visit in and out, a hold, an enrolment, other payers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.looks import DESK, PHONE, measured, violations
from tests.browser.town import Town
from tests.web.shapes import CARE, CHILD, MATCH, PAYERS, WEEKLY, terms

RECEIPT = re.compile(r"/till/receipts/[0-9A-F-]+$")
NEXT = re.compile("下一步")


@pytest.fixture
def shape(town: Town) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return a function that gives the town a programme of a shape; it returns one voucher of it.

    The first provider offers the services named, at a fixed price or at an open one (None).
    """
    path, county = town.path, town.path.county
    before = county.programme

    def make(document: dict[str, Any], **offers: int | None) -> dict[str, Any]:
        with town.site.app.app_context():
            factories.make_programme(county, code="SHAPE", **document)
            (voucher,) = factories.issue(county)
        provider, of = path.providers[0], {"programme_id": county.programme}
        path.do(
            "admission.admit",
            "purchaser_clerk",
            provider_id=provider.id,
            from_on="2026-08-01",
            **of,
        )
        for code, price in offers.items():
            fields = of | {"service_code": code, "price_fen": price}
            path.do("offer.set", provider.manager, **fields)
        return voucher

    yield make
    county.programme = before


def typed(till: Page, voucher: dict[str, Any]) -> None:
    """Type a card's digits and send them."""
    till.goto("/till")
    till.get_by_label("凭证码").fill(voucher["typed"])
    till.get_by_role("button", name="查询").click()


def looked_at(page: Page) -> list[str]:
    """Return what is wrong with a page on a phone and on a desk."""
    found = violations(page) + measured(page, PHONE) + measured(page, DESK)
    page.set_viewport_size(PHONE)
    return found


def test_a_visit_is_checked_in_and_out_on_a_phone(town, shape):
    voucher = shape(
        terms(CARE, unit="minute", quantity=600, shares=[{"rate_ppm": 900_000}]), care=6_500
    )
    till, wrong = town.at_till(), {}
    typed(till, voucher)
    expect(till.get_by_role("heading", name="签到开始服务", level=1)).to_be_visible()
    wrong["begin"] = looked_at(till)
    till.get_by_label("已核对身份证件").check()
    till.get_by_role("button", name="签到，开始计时").click()
    expect(till.get_by_text("从 2026-09-01 09:00 起计时")).to_be_visible()
    wrong["services"] = looked_at(till)

    town.site.at("2026-09-01T10:07:05")
    till.get_by_role("button", name="签退").click()
    expect(till.get_by_role("heading", name="确认签退", level=1)).to_be_visible()
    expect(till.get_by_text("请向居民收 6.50 元")).to_be_visible()
    wrong["check-out"] = looked_at(till)
    till.get_by_role("button", name="确认核销 58.50 元").dblclick()
    expect(till.get_by_role("heading", name="已核销", level=1)).to_be_visible()
    assert RECEIPT.search(till.url)
    wrong["slip"] = looked_at(till)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert town.redeemed() == [5_850]


def test_a_hold_is_captured_by_its_result_on_a_phone(town, shape):
    voucher, till, wrong = shape(terms(MATCH), match=None), town.at_till(), {}
    typed(till, voucher)
    till.get_by_label("金额").fill("300")
    wrong["choose"] = looked_at(till)
    till.get_by_role("button", name=NEXT).click()
    expect(till.get_by_role("heading", name="登记开始并预占", level=1)).to_be_visible()
    wrong["begin"] = looked_at(till)
    till.get_by_label("已核对身份证件").check()
    till.get_by_role("button", name="登记开始并预占").click()
    expect(till.get_by_text("已预占 300.00 元")).to_be_visible()
    wrong["services"] = looked_at(till)
    till.get_by_role("link", name="登记结果").click()
    till.get_by_role("button", name=NEXT).click()
    expect(till.get_by_role("alert").first).to_contain_text("请选择结果")
    wrong["result"] = looked_at(till)
    till.get_by_label("已面试").check()
    till.get_by_role("button", name=NEXT).click()
    wrong["confirm"] = looked_at(till)
    till.get_by_role("button", name="确认核销 90.00 元").click()
    expect(till.get_by_role("heading", name="已核销", level=1)).to_be_visible()

    assert {name: found for name, found in wrong.items() if found} == {}
    assert town.redeemed() == [9_000]


def test_a_result_that_earns_nothing_gives_everything_back(town, shape):
    voucher, till, wrong = shape(terms(MATCH), match=None), town.at_till(), {}
    typed(till, voucher)
    till.get_by_label("金额").fill("300")
    till.get_by_role("button", name=NEXT).click()
    till.get_by_label("已核对身份证件").check()
    till.get_by_role("button", name="登记开始并预占").click()
    till.get_by_role("link", name="取消这次服务").click()
    wrong["release"] = looked_at(till)
    till.go_back()
    till.get_by_role("link", name="登记结果").click()
    till.get_by_label("没有成").check()
    till.get_by_role("button", name=NEXT).click()
    wrong["confirm"] = looked_at(till)
    till.get_by_role("button", name="确认，凭单不扣款").click()
    expect(till.get_by_role("heading", name="结果已登记，凭单没有扣款")).to_be_visible()
    wrong["over"] = looked_at(till)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert town.redeemed() == []


def test_a_child_is_enrolled_and_her_attendance_entered(town, shape):
    voucher, wrong = shape(terms(CHILD, entry={"late_days": 3}), child=None), {}
    till = town.at_till()
    typed(till, voucher)
    expect(till.get_by_role("heading", name="登记入托、入学", level=1)).to_be_visible()
    wrong["begin"] = looked_at(till)
    till.get_by_label("已核对身份证件").check()
    till.get_by_role("button", name="确认登记").click()
    expect(till.get_by_role("heading", name="在册名单", level=1)).to_be_visible()
    wrong["roster"] = looked_at(till)

    till.get_by_label("张*丰").check()
    till.get_by_label("金额").fill("八十")
    till.get_by_role("button", name="登记勾选的出勤").click()
    expect(till.get_by_text("请按元输入金额，例如 18.50。").first).to_be_visible()
    wrong["mend"] = looked_at(till)
    till.get_by_label("金额").fill("80")
    till.get_by_role("button", name="登记勾选的出勤").click()
    expect(till.get_by_text("已登记 1 人的出勤")).to_be_visible()
    expect(till.get_by_role("link", name="看小票")).to_be_visible()
    wrong["recorded"] = looked_at(till)
    till.get_by_role("link", name="终止登记").click()
    wrong["end"] = looked_at(till)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert town.redeemed() == [8_000]


def test_what_others_pay_and_yesterdays_service_are_entered_at_the_till(town, shape):
    bath = {"code": "bath", "name": "助浴", "unit": "次", "maximum_price_fen": 30_000}
    document = terms(
        bath,
        other_payers=PAYERS,
        shares=[{"rate_ppm": 900_000}],
        entry={"late_days": 3},
        identity_check="always",
    )
    voucher, till, wrong = shape(document, bath=20_000), town.at_till(), {}
    typed(till, voucher)
    till.get_by_label("医保已付").fill("120")
    till.get_by_label("服务日期").fill("2026-08-31")
    wrong["choose"] = looked_at(till)
    till.get_by_role("button", name=NEXT).click()
    expect(till.get_by_text("请向居民收 8.00 元")).to_be_visible()
    wrong["confirm"] = looked_at(till)
    till.get_by_label("已核对身份证件").check()
    till.get_by_role("button", name="确认核销 72.00 元").click()
    expect(till.get_by_text("2026-08-31")).to_be_visible()
    wrong["slip"] = looked_at(till)

    assert {name: found for name, found in wrong.items() if found} == {}
    assert town.redeemed() == [7_200]


def test_hours_by_the_week_read_well_in_large_type(town, shape):
    voucher = shape(WEEKLY, care=6_500)
    town.path.do("voucher.renew", "purchaser_clerk", programme_id=town.path.county.programme)
    town.cards.append(voucher["typed"])
    phone = town.resident(len(town.cards) - 1)
    town.cards.pop()

    expect(phone.get_by_text("还可用 4 小时")).to_be_visible()
    expect(phone.get_by_text("下次发放：2026-09-07（星期一）")).to_be_visible()
    assert looked_at(phone) == []
    phone.get_by_role("link", name="能买什么、用过什么").click()
    assert looked_at(phone) == []
    phone.get_by_role("link", name="出示凭证码").click()
    assert looked_at(phone) == []
