"""The office's pages for vouchers of every shape: renewed, suspended, overpaid, corrected."""

from __future__ import annotations

import base64

import pytest

from core import clock
from tests import factories
from tests.settlement_world import result_file, result_row
from tests.web.shapes import CHILD, MATCH, WEEKLY, terms

VOUCHER, RECOVERIES = "/voucher/vouchers/1", "/voucher/vouchers/recoveries"
RENEW = "/voucher/programmes/1/renew"


@pytest.fixture
def weekly(open_county):
    """A programme of hours by the week and by the month; nothing of it is granted yet."""
    return open_county(WEEKLY, care=6_500)


@pytest.fixture
def renewed(weekly):
    """The same with its first periods granted."""
    weekly.act("voucher.renew", "purchaser_clerk", programme_id=weekly.county.programme)
    return weekly


def office(world, role="purchaser_clerk"):
    """Return a browser in which somebody of the office is signed in."""
    browser = world.browser()
    fields = {"login": world.login_of(role), "password": factories.PASSWORD}
    browser.open("/sign-in").send("/sign-in", **fields)
    return browser


def visit(world, until):
    """Let the holder be cared for from nine o'clock on."""
    card = world.voucher["code"]
    begun = world.act("voucher.start", "provider_clerk", code=card, service_code="care")
    with clock.frozen(f"2026-09-01T{until}"):
        return world.act("voucher.finish", "provider_clerk", id=begun["id"])


@pytest.fixture
def overpaid(renewed):
    """An hour used beyond what the holder is entitled to since her level fell."""
    visit(renewed, "11:00")
    renewed.act(
        "resident.record_fact",
        "purchaser_clerk",
        resident_id=renewed.county.residents[0],
        code="care_level",
        value=1,
        from_on="2026-09-01",
        document="望医保评〔2026〕1号",
    )
    return renewed


# --- renewing ----------------------------------------------------------------------------------


def test_running_periods_are_renewed_by_a_button_that_the_start_page_names(weekly):
    clerk = office(weekly)
    assert "2 份额度待续发" in clerk.open("/").text
    page = clerk.open("/voucher/programmes/1")
    assert "2 份本期额度还没有发" in page.text
    done = page.send(RENEW)

    assert "已续发 2 份本期额度" in done.text
    assert all(form.action != RENEW for form in done.forms)
    assert "待续发" not in clerk.open("/").text


def test_nobody_but_the_clerk_is_offered_to_renew(weekly):
    page = office(weekly, "purchaser_approver").open("/voucher/programmes/1")

    assert all(form.action != RENEW for form in page.forms)


# --- one voucher -------------------------------------------------------------------------------


def test_a_vouchers_page_tells_its_lots_by_period_in_their_unit(renewed):
    visit(renewed, "11:00")
    page = office(renewed).open(VOUCHER)

    assert "每周时长 2026-W36" in page.text
    assert "奖励时长 2026-09" in page.text
    assert "3 小时" in page.text
    assert "现在还可用 2 小时" in page.text
    listed = office(renewed).open("/voucher/vouchers")
    assert "4 小时" in listed.text


def test_what_was_decided_is_told_with_facts_and_reasons(open_county):
    world = open_county(WEEKLY | {"eligibility": {"fact": "age", "at_least": 60}}, care=6_500)
    page = office(world).open(VOUCHER)

    assert "资格决定" in page.text
    assert "符合" in page.text
    assert "（2026-" in page.text


def test_a_voucher_is_suspended_from_a_day_to_a_day_and_resumed(renewed):
    clerk = office(renewed)
    form = clerk.open(f"{VOUCHER}/suspend")
    wrong = form.send(
        f"{VOUCHER}/suspend", reason="住院", from_on="2026-09-05", through_on="2026-09-03"
    )
    assert wrong.status == 422
    page = wrong.send(f"{VOUCHER}/suspend", reason="住院", through_on="2026-09-09")
    assert "2026-09-05 起，到 2026-09-09（含当日）" in page.text
    resumed = clerk.open(f"{VOUCHER}/resume").send(f"{VOUCHER}/resume", reason="出院")

    assert "2026-09-05 起" not in resumed.text


def test_a_condition_is_ended_from_a_day_on(renewed):
    clerk = office(renewed)
    form = clerk.open(f"{VOUCHER}/end")
    page = form.send(f"{VOUCHER}/end", reason="迁出本区", on="2026-09-10")
    assert "2026-09-10 起" in page.text
    assert "终止享受" in page.text
    with clock.frozen("2026-09-10T09:00"):
        assert "资格已终止" in office(renewed).open("/voucher/vouchers").text


def test_services_under_way_and_enrolments_are_told(open_county):
    world = open_county(terms(CHILD, MATCH), child=8_000, match=None)
    card = world.voucher["code"]
    world.act("voucher.start", "provider_clerk", code=card, service_code="match", price_fen=30_000)
    world.act("enrolment.enrol", "provider_clerk", code=card, service_code="child")
    page = office(world).open(VOUCHER)

    assert "正在进行的服务" in page.text
    assert "300.00 元" in page.text
    assert "在册登记" in page.text
    assert "望城区育才学校" in page.text


# --- overpayments --------------------------------------------------------------------------------


def paid(world):
    """Let the bank pay the provider everything used so far."""
    account = {"bank": "望城农商行", "holder": "育才学校", "number": "622202190100000001"}
    own = {"organisation_id": world.county.provider}
    added = world.act("party.add_bank_account", "provider_manager", **own, **account)
    world.act("party.verify_bank_account", "finance_maker", id=added["id"])
    programme = {"programme_id": world.county.programme}
    world.act("statement.lock", "finance_maker", **programme)
    batch = {"id": world.act("settlement.run", "finance_maker")["id"]}
    world.act("settlement.approve", "finance_approver", **batch)
    (payment,) = world.act("settlement.batch", "auditor", **batch)["payments"]
    world.act("payment.export", "treasurer", **batch)
    yuan = f"{payment['amount_fen'] / 100:.2f}"
    content = result_file([result_row(payment["end_to_end_id"], yuan, "成功", "R1", "")])
    file = {"filename": "r.csv", "content": base64.b64encode(content).decode()}
    world.act("payment.import_result", "treasurer", **file)


def test_an_overpayment_is_claimed_in_cash_by_two_people(overpaid):
    with clock.frozen("2026-09-01T12:00"):
        paid(overpaid)
    clerk = office(overpaid)
    assert "1 小时" in clerk.open(RECOVERIES).text
    asked = clerk.open(f"{RECOVERIES}/1/cash")
    assert "合 58.50 元" in asked.text
    page = asked.send(f"{RECOVERIES}/1/cash", reason="居民同意交回")
    assert page.path == VOUCHER
    assert "现金追回待批准" in page.text
    approver = office(overpaid, "purchaser_approver")
    assert "笔多付额度的现金追回待批准" in approver.open("/").text
    done = approver.open(RECOVERIES).send(f"{RECOVERIES}/1/approve")

    assert done.path == VOUCHER
    assert "现金追回中" in done.text


def test_cash_is_not_claimed_before_the_bank_has_paid(overpaid):
    asked = office(overpaid).open(f"{RECOVERIES}/1/cash")
    again = asked.send(f"{RECOVERIES}/1/cash", reason="居民同意交回")
    assert again.status == 422
    assert "NOT_PAID_YET" in again.html


def test_an_overpayment_is_waived_with_a_reason(overpaid):
    approver = office(overpaid, "purchaser_approver")
    form = approver.open(f"{RECOVERIES}/1/waive")
    again = form.send(f"{RECOVERIES}/1/waive", reason="")
    assert again.status == 422
    done = again.send(f"{RECOVERIES}/1/waive", reason="家庭困难")

    assert "已豁免" in done.text
    assert "没有多付的额度" in approver.open(RECOVERIES).text


def test_whoever_found_an_overpayment_is_not_offered_to_waive_it(overpaid):
    page = office(overpaid).open(RECOVERIES)

    assert f"{RECOVERIES}/1/cash" in page.html
    assert f"{RECOVERIES}/1/waive" not in page.html


# --- corrections -------------------------------------------------------------------------------


@pytest.fixture
def cared(renewed):
    """Two hours of care, of which one should have been; the world and the redemption."""
    return renewed, visit(renewed, "11:00")


def reverse_of(done):
    """Return the address at which a redemption is reversed or corrected."""
    return f"/voucher/redemptions/{done['id']}/reverse"


def correct(world, done, minutes):
    """Correct a redemption to some minutes, by two people."""
    ordered = world.act(
        "redemption.reverse",
        "purchaser_clerk",
        receipt=done["receipt"],
        reason="多记了",
        quantity=minutes * 1000,
    )
    world.act("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])


def lock(world):
    """Lock what was redeemed on the day."""
    with clock.frozen("2026-09-02T09:00"):
        world.act("statement.lock", "finance_maker", programme_id=1)


def test_a_correction_is_calculated_before_it_is_ordered(cared):
    world, done = cared
    clerk, address = office(world), reverse_of(done)
    form = clerk.open(address)
    shown = form.send(address, kind="part", quantity="60", step="check", reason="多记了一小时")
    assert "将收回 58.50 元" in shown.text
    assert "从凭单里收回 1 小时" in shown.text
    assert shown.form(address).fields["quantity"] == "60"
    page = shown.send(address, kind="part", entitlement="give_back", reason="多记了一小时")
    assert "申请已提出" in page.text
    listed = office(world, "purchaser_approver").open("/voucher/redemptions/reversals")
    assert "部分更正" in listed.text
    assert "58.50" in listed.text


def test_a_correction_that_says_nothing_is_never_taken_for_a_whole_reversal(cared):
    world, done = cared
    clerk, address = office(world), reverse_of(done)
    empty = clerk.open(address).send(address, kind="part", reason="漏填")
    assert empty.status == 422
    assert "至少填一项" in empty.text
    wrong = empty.send(address, kind="part", quantity="一", price="贵", reason="乱填")
    assert 'id="f-quantity-error"' in wrong.html
    assert 'id="f-price-error"' in wrong.html

    assert "没有等批准的申请" in clerk.open("/voucher/redemptions/reversals").text


def test_sums_are_net_of_corrections_everywhere(cared):
    world, done = cared
    correct(world, done, 60)
    clerk, manager = office(world), world.managing()

    assert "58.50" in clerk.open("/voucher/redemptions").text
    assert "117.00" not in clerk.open("/voucher/redemptions").text
    chart = clerk.open("/voucher/programmes/1/charts/service.json").response.get_json()
    assert chart["series"][0]["data"][0]["value"] == 5_850
    assert "58.50" in manager.open("/provider").text
    slip = manager.open(f"/till/receipts/{done['receipt']}")
    assert "更正后凭单支付 58.50 元" in slip.text
    shown = clerk.open(f"/voucher/redemptions/{done['id']}")
    assert "更正退回 58.50 元" in shown.text
    lock(world)
    statement = manager.open("/provider/statements/1")
    assert "58.50" in statement.text
    assert "117.00" not in statement.text


def test_a_line_corrected_twice_after_the_lock_is_one_line(cared):
    world, done = cared
    lock(world)
    with clock.frozen("2026-09-02T10:00"):
        for minutes in (105, 60):
            correct(world, done, minutes)
        page = world.managing().open("/provider/statements/1")

    assert page.text.count(done["receipt"]) == 1
    assert "锁定后更正，少付 58.50 元" in page.text
    assert "应付 58.50" in page.text
