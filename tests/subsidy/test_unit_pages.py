"""Units, relief and promises on pages: claimed on a phone, verified, recorded, checked."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.factories import attempt, do
from tests.subsidy import scheme_world
from tests.subsidy import units_world as units
from tests.web.browser import Browser


@pytest.fixture
def office(app, county):
    """Return the county on the day on which April is claimed."""
    with clock.frozen(units.CLAIMED):
        yield county


@pytest.fixture
def signed_in(app, office):
    """Return a maker of browsers in which somebody with a role is signed in."""

    def make(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, office.users[role]).login
        made = Browser(app.test_client())
        made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


@pytest.fixture
def beds(app, office, database_kept):
    """A scheme for beds with a fixed envelope that asks for a promise, and its applicant."""

    def make():
        scheme = units.nursing(office, envelope_fen=1_000_000, conditions={"price_promise": True})
        return scheme, units.eligible(office, scheme)

    return database_kept.with_county(app, office, "beds that ask for a promise", make)


def test_units_are_promised_claimed_verified_and_concluded_on_pages(beds, signed_in):
    scheme, application = beds
    manager, clerk = signed_in("provider_manager"), signed_in("purchaser_clerk")
    page = manager.open("/subsidy/units/")
    assert "可以申报 2 期，最近一期：2026-04-01 至 2026-04-30" in page.text
    form = f"/subsidy/units/{application}/claim"
    rows = {"units-0-class_code": "able", "units-0-units": "9", "units-0-certificates": "甲1，乙2"}
    rows |= {"units-1-class_code": "severe"}
    asked = rows | {"period": "2026-04-01/2026-04-30"}
    refused = manager.open(form).send(form, **asked)
    assert "请先提交价格承诺" in refused.text
    assert 'value="甲1，乙2"' in refused.html
    new = f"/subsidy/promises/new?scheme_id={scheme}"
    promise = {"service": "护理", "unit": "月", "price_fen": "1200", "to_on": "2026-12-31"}
    promise |= {"from_on": "2026-04-01"}
    said = manager.open(new).send("/subsidy/promises/new", **promise)
    assert "承诺已公开" in said.text
    done = manager.open(form).send(form, **asked)
    assert "已申报，等主管部门到现场核实" in done.text
    number = int(done.path.rpartition("/")[2])
    here = f"/subsidy/claims/{number}"
    page = clerk.open(here)
    assert "自理入住" in page.text or "able：申报 9" in page.text
    verify = f"/subsidy/units/claims/{number}/verify"
    bad = page.send(verify, **{"verified-0": "10", "document": units.RECORD})
    assert "核实数不能多于申报数" in bad.text
    page = clerk.open(here).send(verify, **{"verified-0": "8", "document": units.RECORD})
    assert "已登记核实数量并算出金额" in page.text
    assert "8 × 200.00 元" in page.text
    assert "期补贴申报待汇总" in clerk.open("/").text
    rounds = clerk.open("/subsidy/units/rounds").send("/subsidy/units/rounds")
    assert "已汇总，可以逐份批准" in rounds.text
    assert "还没有汇总过" not in rounds.text
    assert "2026-03-01" in manager.open(form).text
    assert manager.open("/subsidy/units/999/claim").status == 404
    assert clerk.open("/subsidy/units/").status == 403


def test_a_breach_is_found_heard_and_decided_on_pages_and_anybody_reads_of_it(
    app, office, beds, signed_in
):
    scheme, _application = beds
    with app.app_context():
        number = units.promise(office, scheme)
    here = f"/subsidy/promises/{number}"

    def take(browser, step, **fields):
        return browser.open(here).send(f"{here}/steps/{step}", **fields)

    accepter, clerk = signed_in("accepter"), signed_in("purchaser_clerk")
    assert here in accepter.open("/subsidy/promises/").html
    bad = take(accepter, "check", checked_on="2026-05-07", found_fen="15", document="检 3 号")
    assert "检查日期须在期内" in bad.text
    found = take(accepter, "check", checked_on="2026-05-06", found_fen="15", document="检 3 号")
    assert "已登记检查结果" in found.text
    told = take(clerk, "notify", reason="标价高于承诺", state_by="2026-05-20")
    assert "已告知对方" in told.text
    manager, approver = signed_in("provider_manager"), signed_in("purchaser_approver")
    assert "项违诺告知待陈述" in manager.open("/").text
    assert "已提交陈述" in take(manager, "state", words="成本上涨").text
    ended = take(approver, "end-support", reason="两次高于承诺")
    assert "已终止补贴" in ended.text
    public = Browser(app.test_client()).open(f"/subsidy/public/{scheme}")
    assert "望城区育才学校：午餐每份不高于 12.00 元" in public.text
    assert "未兑现" in public.text
    assert clerk.post(f"{here}/steps/nothing", {}).status in {400, 404}


def test_fees_and_taxes_are_recorded_approved_and_taken_out_as_a_table(app, office, signed_in):
    with app.app_context():
        fees = units.nursing(office, kind="fee_relief", **units.FEE_TERMS)
        taxes = units.nursing(office, kind="tax_relief_memo")
        units.eligible(office, fees)
    clerk, maker = signed_in("purchaser_clerk"), signed_in("finance_maker")
    days = {"period_from": "2026-04-01", "period_to": "2026-04-30"}
    form = "/subsidy/relief/fees/new"
    typed = days | {"application": f"{fees}/{office.provider}", "document": "望住建〔2026〕5号"}
    nothing = clerk.open(form).send(form, **typed)
    assert "处需要改" in nothing.text
    typed |= {"fees-0-number": "17号", "fees-0-amount_fen": "8000.01"}
    made = clerk.open(form).send(form, **typed)
    assert "已登记，等另一人复核" in made.text
    approver = signed_in("purchaser_approver")
    assert "笔减免登记待复核" in approver.open("/").text
    done = approver.open(made.path).send(f"{made.path}/steps/approve")
    assert "已批准登记" in done.text
    assert "补偿的申报" in done.text
    form = "/subsidy/relief/taxes/new"
    typed = days | {"scheme_id": str(taxes), "taxpayer_id": str(office.provider)}
    typed |= {"figures-0-tax": "property", "figures-0-amount_fen": "18000"}
    typed |= {"figures-0-document": "31号"}
    made = maker.open(form).send(form, **typed)
    assert "已登记" in made.text, made.text
    cancelled = signed_in("finance_approver").open(made.path)
    assert "退回登记" in cancelled.text
    assert maker.open("/subsidy/relief/fees/new").status == 403
    table = signed_in("auditor").open("/subsidy/relief/register.csv")
    text = table.response.get_data(as_text=True)
    assert "望城区育才学校" in text
    assert "8000.01,4000.00" in text
    assert "房产税" in signed_in("auditor").open(made.path).text
    listed = signed_in("provider_manager").open("/subsidy/relief/?kind=fee_relief")
    assert "已登记的减免 8,000.01" in listed.text


def test_the_promise_of_another_is_not_found(app, office, beds, signed_in):
    with app.app_context():
        number = units.promise(office, beds[0])
        other = factories.make_organisation("provider", name="别家养老院")
        office.users["other"] = factories.make_user("provider_manager", other)
    assert signed_in("other").open(f"/subsidy/promises/{number}").status == 404
    assert "还没有价格承诺" in signed_in("other").open("/subsidy/promises/").text


def test_terms_say_how_long_a_period_is_and_what_free_service_they_ask_for(app, office):
    with app.app_context():
        beds = units.nursing(office)
        fees = units.nursing(office, kind="fee_relief", conditions={"free_hours": 8}, waived_bp=1)
        assert do("public.scheme", factories.SYSTEM, id=fees)["terms"]["conditions"]["free_hours"]
        plan = scheme_world.make_plan(office)
        asked = {"kind": "per_unit", "conditions": {"free_hours": 8}}
        fields = scheme_world.written(office, **asked)
        clerk = office.actor("purchaser_clerk")
        named = {"code": "H", "name": "床位", "organisation_id": office.purchaser}
        wrong = attempt("scheme.create", clerk, purchase_id=plan, terms=fields, **named)
        assert wrong.body["errors"]["terms"]["conditions"]["free_hours"]
    browser = Browser(app.test_client())
    assert "每 1 个月申报一次" in browser.open(f"/subsidy/public/{beds}").text
    assert "每月免费提供公益服务 8 小时" in browser.open(f"/subsidy/public/{fees}").text
