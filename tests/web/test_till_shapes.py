"""The till for services that are not over at the scan: visits, holds, enrolments, other payers."""

from __future__ import annotations

import re

import pytest

from core import clock
from core.acts import Answer, perform
from core.db import db, transaction
from core.errors import Unavailable
from plugins.voucher.models import Enrolment, Hold, Redemption
from plugins.voucher.pages.till import mount
from tests.web.shapes import CARE, CHILD, MATCH, PAYERS, terms

LOOKUP, QUOTE, REDEEM, START = "/till/lookup", "/till/quote", "/till/redeem", "/till/start"
SERVICES, ROSTER, ATTEND = "/till/services", "/till/enrolments", "/till/enrolments/attend"


@pytest.fixture
def visiting(open_county):
    """A programme of ten hours of care at 65 yuan an hour, nine tenths of it paid."""
    shape = terms(CARE, unit="minute", quantity=600, shares=[{"rate_ppm": 900_000}])
    return open_county(shape, care=6_500)


@pytest.fixture
def matching(open_county):
    """A programme that pays for a result."""
    return open_county(terms(MATCH), match=None)


@pytest.fixture
def minding(open_county):
    """A programme for enrolled children, whose days may be entered three days late."""
    return open_county(terms(CHILD, entry={"late_days": 3}), child=None)


def scanned(browser, code):
    return browser.open("/till").send(LOOKUP, code=code)


def rows(world, model):
    with world.app.app_context(), transaction(readonly=True):
        found = db.session.scalars(db.select(model).order_by(model.id)).all()
        db.session.expunge_all()
        return list(found)


def begun(world, browser, **fields):
    """Check a voucher's holder in, or hold what her service may need."""
    page = scanned(browser, world.voucher["typed"])
    if any(form.action == QUOTE for form in page.forms):
        page = page.send(QUOTE, **fields)
    return page.send(START, identity_checked="1")


def at(moment):
    return clock.frozen(f"2026-09-01T{moment}")


# --- visits ------------------------------------------------------------------------------------


def test_a_visit_is_checked_in_with_one_confirmation(visiting):
    page = scanned(visiting.at_till(), visiting.voucher["typed"])

    assert "签到开始服务" in page.text
    assert "65.00 元/小时" in page.text
    assert "10 小时" in page.text
    listed = page.send(START, identity_checked="1")
    assert listed.path == SERVICES
    assert "已签到：张*丰的“上门照护”从 2026-09-01 09:00 起计时" in listed.text
    assert "4 小时" in listed.text


def test_nobody_is_checked_in_before_the_identity_was_checked(visiting):
    page = scanned(visiting.at_till(), visiting.voucher["typed"]).send(START)

    assert page.status == 422
    assert "请先核对身份证件" in page.text
    assert rows(visiting, Hold) == []


def test_a_visit_is_checked_out_with_its_minutes_and_what_the_resident_pays(visiting):
    browser = visiting.at_till()
    begun(visiting, browser)
    with at("10:07"):
        quote = browser.open(SERVICES).send("/till/services/1/quote")
        assert "确认核销 58.50 元" in quote.text
        assert "计费时长 1 小时" in quote.text
        assert "请向居民收 6.50 元" in quote.text
        assert "用掉 1 小时" in quote.text
        assert "还剩 9 小时" in quote.text
        slip = quote.send("/till/services/1/finish")

    assert "已核销" in slip.text
    assert "用后还剩 9 小时" in slip.text
    assert "结束 2026-09-01 10:07" in slip.text
    assert "服务 上门照护 1 小时" in slip.text
    assert [row.amount_fen for row in rows(visiting, Redemption)] == [5_850]
    assert browser.open(SERVICES).text.count("签退") == 0
    assert browser.open("/till/services/1").path == slip.path


def test_a_double_tap_checks_in_once_and_out_once(visiting):
    browser = visiting.at_till()
    page = scanned(browser, visiting.voucher["typed"])
    first, second = (page.send(START, identity_checked="1") for _tap in range(2))
    assert "没有重复登记" in second.text
    assert len(rows(visiting, Hold)) == 1
    with at("10:00"):
        quote = browser.open(SERVICES).send("/till/services/1/quote")
        first, second = (quote.send("/till/services/1/finish") for _tap in range(2))

    assert first.path == second.path
    assert "没有重复扣款" in second.text
    assert len(rows(visiting, Redemption)) == 1


def test_a_visit_that_grew_since_it_was_shown_is_shown_again(visiting):
    browser = visiting.at_till()
    begun(visiting, browser)
    with at("10:00"):
        quote = browser.open(SERVICES).send("/till/services/1/quote")
    with at("10:16"):
        again = quote.send("/till/services/1/finish")
        assert "重新算过了" in again.text
        assert "确认核销 73.13 元" in again.text or "确认核销 73.12 元" in again.text
        assert rows(visiting, Redemption) == []
        again.send("/till/services/1/finish")

    assert len(rows(visiting, Redemption)) == 1


def test_a_visit_too_short_to_be_paid_is_called_off_with_a_reason(visiting):
    browser = visiting.at_till()
    begun(visiting, browser)
    with at("09:10"):
        page = browser.open(SERVICES).send("/till/services/1/quote")
        assert "不足 15 分钟" in page.text
        form = browser.open("/till/services/1/release").send("/till/services/1/release")
        assert form.status == 422
        done = form.send("/till/services/1/release", why="too_short")

    assert "已取消，没有扣款" in done.text
    assert "这次服务已取消" in browser.open("/till/services/1").text
    assert [row.state for row in rows(visiting, Hold)] == ["released"]


def test_a_second_visit_at_a_time_is_refused_and_leads_to_the_first(visiting):
    browser = visiting.at_till()
    begun(visiting, browser)
    page = scanned(browser, visiting.voucher["typed"]).send(START, identity_checked="1")

    assert page.status == 422
    assert "还有一次服务没有签退" in page.text
    assert 'href="/till/services"' in page.html


def test_what_ended_already_is_told_calmly(visiting):
    browser = visiting.at_till()
    begun(visiting, browser)
    with at("10:00"):
        quote = browser.open(SERVICES).send("/till/services/1/quote")
        browser.open("/till/services/1/release").send("/till/services/1/release", why="holder")
        page = quote.send("/till/services/1/finish")

    assert page.status == 422
    assert "已经取消" in page.text
    assert page.path == "/till/services/1/finish"


def test_a_lost_answer_of_a_check_out_is_asked_for_again(visiting, monkeypatch):
    def lost(operation_id, payload, **options):
        answer = perform(operation_id, payload, **options)
        if operation_id != "voucher.finish":
            return answer
        monkeypatch.undo()
        refusal = Unavailable("RETRY_LATER", "结果未知")
        return Answer(refusal.status, refusal.problem())

    browser = visiting.at_till()
    begun(visiting, browser)
    with at("10:00"):
        quote = browser.open(SERVICES).send("/till/services/1/quote")
        monkeypatch.setattr(mount, "perform", lost)
        unknown = quote.send("/till/services/1/finish")
        assert unknown.status == 503
        slip = unknown.send("/till/services/1/finish")

    assert "没有重复扣款" in slip.text
    assert len(rows(visiting, Redemption)) == 1


# --- holds -------------------------------------------------------------------------------------


def test_a_hold_asks_its_price_and_is_captured_by_its_result(matching):
    browser = matching.at_till()
    page = scanned(browser, matching.voucher["typed"]).send(QUOTE, price="300")
    assert "登记开始并预占" in page.text
    assert "本次金额 300 元" in page.text
    listed = page.send(START, identity_checked="1")
    assert "已预占 300.00 元" in listed.text
    form = browser.open("/till/services/1")
    assert "凭单支付补贴的 30%" in form.text
    quote = form.send("/till/services/1/quote", result="tried")

    assert "确认核销 90.00 元" in quote.text
    assert "请向居民收 210.00 元" in quote.text
    slip = quote.send("/till/services/1/finish")
    assert "结果 已面试" in slip.text
    assert "用后还剩 410.00 元" in slip.text
    assert [row.result for row in rows(matching, Redemption)] == ["tried"]


def test_a_result_that_earns_nothing_says_that_everything_was_given_back(matching):
    browser = matching.at_till()
    begun(matching, browser, price="300")
    form = browser.open("/till/services/1")
    assert "请选择结果" in form.send("/till/services/1/quote").text
    quote = form.send("/till/services/1/quote", result="none")
    assert "确认，凭单不扣款" in quote.text
    page = quote.send("/till/services/1/finish")

    assert page.path == "/till/services/1"
    assert "结果已登记，凭单没有扣款" in page.text
    assert "300.00 元" in page.text
    assert rows(matching, Redemption) == []
    assert "500.00 元" in scanned(browser, matching.voucher["typed"]).text


def test_a_hold_beyond_what_is_left_is_mended_without_another_scan(open_county):
    world = open_county(terms(MATCH, beyond="refuse"), match=None)
    browser = world.at_till()
    page = scanned(browser, world.voucher["typed"]).send(QUOTE, price="600")
    refused = page.send(START, identity_checked="1")
    assert refused.status == 422
    assert "选择服务" in refused.text
    mended = refused.send(QUOTE, price="300").send(START, identity_checked="1")

    assert "已预占 300.00 元" in mended.text
    assert len(rows(world, Hold)) == 1


# --- enrolments --------------------------------------------------------------------------------


def enrolled(world, browser):
    page = scanned(browser, world.voucher["typed"])
    return page.send(ROSTER, identity_checked="1")


def test_a_child_is_enrolled_once(minding):
    browser = minding.at_till()
    page = scanned(browser, minding.voucher["typed"])
    assert "登记入托、入学" in page.text
    first, second = (page.send(ROSTER, identity_checked="1") for _tap in range(2))

    assert "已登记：张*丰的“托位费”" in first.text
    assert "没有重复登记" in second.text
    assert len(rows(minding, Enrolment)) == 1
    again = scanned(browser, minding.voucher["typed"]).send(ROSTER, identity_checked="1")
    assert "已经登记过" in again.text


def test_attendance_is_entered_for_everybody_ticked_and_only_once_a_day(minding):
    browser = minding.at_till()
    page = enrolled(minding, browser)
    price = {"who": "1", "price.1": "80", "quantity.1": "1"}
    first, second = (page.send(ATTEND, **price) for _tap in range(2))

    assert "已登记 1 人的出勤，凭单支付 80.00 元" in first.text
    assert "已登记 1 人的出勤" in second.text
    assert "看小票" in first.text
    assert [row.amount_fen for row in rows(minding, Redemption)] == [8_000]


def test_what_is_wrong_with_an_attendance_is_told_beside_the_person(minding):
    browser = minding.at_till()
    page = enrolled(minding, browser)
    wrong = page.send(ATTEND, **{"who": "1", "price.1": "八十", "quantity.1": "两天"})

    assert wrong.status == 422
    assert 'id="f-price.1-error"' in wrong.html
    assert 'id="f-quantity.1-error"' in wrong.html
    assert wrong.form(ATTEND).fields["price.1"] == "八十"
    assert wrong.form(ATTEND).fields["who"] == "1"
    done = wrong.send(ATTEND, **{"price.1": "80", "quantity.1": "1"})
    assert "已登记 1 人的出勤" in done.text
    assert page.send(ATTEND).status == 422


def test_yesterday_is_entered_late_but_not_a_day_before_the_enrolment(minding):
    browser = minding.at_till()
    enrolled(minding, browser)
    with clock.frozen("2026-09-02T09:00"):
        page = minding.at_till().open(f"{ROSTER}?on=2026-09-01")
        assert "2026-09-01 的出勤" in page.text
        late = page.send(ATTEND, **{"who": "1", "price.1": "80"})
        assert "已登记 1 人的出勤" in late.text
        before = minding.at_till().open(f"{ROSTER}?on=2026-08-31")

    assert "这一天没有在册的人" in before.text
    assert [str(row.service_on) for row in rows(minding, Redemption)] == ["2026-09-01"]


def test_a_refused_attendance_stays_beside_the_person_with_its_reason(minding):
    browser = minding.at_till()
    enrolled(minding, browser)
    with clock.frozen("2026-09-08T09:00"):
        page = minding.at_till().open(f"{ROSTER}?on=2026-09-01")
        wrong = page.send(ATTEND, **{"who": "1", "price.1": "80"})

    assert wrong.status == 422
    assert 'id="f-who.1-error"' in wrong.html
    assert "不在可录入的" in wrong.text


def test_an_enrolment_is_ended_and_earlier_days_stay_open(minding):
    browser = minding.at_till()
    enrolled(minding, browser)
    form = browser.open("/till/enrolments/1/end").send("/till/enrolments/1/end")
    assert form.status == 422
    done = form.send("/till/enrolments/1/end", reason="转园")

    assert "已终止" in done.text
    assert "登记已于 2026-09-01 终止" in done.text
    late = done.send(ATTEND, **{"who": "1", "price.1": "80"})
    assert "已登记 1 人的出勤" in late.text


# --- other payers, days, identity ----------------------------------------------------------------


@pytest.fixture
def insured(open_county):
    """A programme whose voucher pays nine tenths of what the insurance leaves, entered late too."""
    shape = terms(
        {"code": "bath", "name": "助浴", "unit": "次", "maximum_price_fen": 30_000},
        other_payers=PAYERS,
        shares=[{"rate_ppm": 900_000}],
        entry={"late_days": 3},
        identity_check="always",
    )
    return open_county(shape, bath=20_000)


def test_what_others_pay_is_entered_and_taken_off(insured):
    page = scanned(insured.at_till(), insured.voucher["typed"])
    assert "医保已付" in page.text
    quote = page.send(QUOTE, **{"others.medical": "120"})

    assert "其他支付方已付 120.00 元" in quote.text
    assert "确认核销 72.00 元" in quote.text
    assert "请向居民收 8.00 元" in quote.text
    slip = quote.send(REDEEM, identity_checked="1")
    assert "医保付 120.00 元" in slip.text
    assert "自己付 8.00 元" in slip.text


def test_what_others_pay_is_mended_at_its_field(insured):
    page = scanned(insured.at_till(), insured.voucher["typed"])
    typo = page.send(QUOTE, **{"others.medical": "很多"})
    assert 'id="f-others.medical-error"' in typo.html
    more = typo.send(QUOTE, **{"others.medical": "300"})
    assert "超过本次价格" in more.text
    assert 'id="f-others.medical-error"' in more.html
    assert "确认核销 180.00 元" in more.send(QUOTE, **{"others.medical": ""}).text


def test_a_service_of_yesterday_is_entered_and_one_of_last_week_is_not(insured):
    page = scanned(insured.at_till(), insured.voucher["typed"])
    late = page.send(QUOTE, service_on="2026-08-20")
    assert 'id="f-service_on-error"' in late.html
    slip = late.send(QUOTE, service_on="2026-08-31").send(REDEEM, identity_checked="1")

    assert "服务日期 2026-08-31" in slip.text


def test_an_identity_that_is_always_checked_is_asked_of_a_phones_code_too(insured):
    shown = insured.at_home().open(f"/me/vouchers/{insured.voucher['id']}/code")
    code = re.search(r"HG1:P?[0-9A-Z: ]+", shown.text).group().replace(" ", "")
    quote = scanned(insured.at_till(), code).send(QUOTE)
    assert "已核对身份证件" in quote.text
    assert quote.send(REDEEM).status == 422
    # The engine asks too, whatever the form says.
    forced = quote.send(REDEEM, check_identity="")

    assert forced.status == 422
    assert "须核对身份证件" in forced.text
    assert rows(insured, Redemption) == []


def test_services_of_every_way_are_offered_side_by_side(open_county):
    world = open_county(terms(MATCH, CHILD, CARE), match=None, child=None, care=6_500)
    browser = world.at_till()
    page = scanned(browser, world.voucher["typed"])

    assert "先预占额度" in page.text
    assert "以后按出勤结算" in page.text
    assert "按时长结算" in page.text
    assert "签到开始服务" in page.send(QUOTE, service_code="care").text
    assert "登记入托、入学" in page.send(QUOTE, service_code="child").text
    assert "请选择服务" in page.send(QUOTE).text


def test_counts_are_told_as_counts(open_county):
    bath = {"code": "bath", "name": "助浴", "unit": "次", "maximum_price_fen": 9_000}
    world = open_county(terms(bath, unit="count", quantity=4), bath=9_000)
    page = scanned(world.at_till(), world.voucher["typed"])

    assert "用掉 1 次" in page.text
    assert "还剩 3 次" in page.text
    slip = page.send(REDEEM, identity_checked="1")
    assert "用后还剩 3 次" in slip.text
    void = world.at_till().open(f"{slip.path}/void")
    assert "1 次 回到居民的凭单" in void.text
