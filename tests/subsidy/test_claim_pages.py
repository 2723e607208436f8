"""Claims and recoveries on pages: the office's steps, and what who is paid reads and does."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from core.files import read_table
from tests import factories
from tests.factories import do
from tests.subsidy import claims_world as world
from tests.subsidy.claims_world import counted  # noqa: F401 - a fixture
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("counted")


@pytest.fixture
def scheme(app, county, database_kept):
    """A published scheme that pays by the unit, on the day on which one claims."""

    def publish():
        return world.publish(county)

    number = database_kept.with_county(app, county, "pays by the unit", publish)
    with clock.frozen(world.CLAIMED):
        yield number


@pytest.fixture
def signed_in(app, county, scheme):
    """Return a maker of browsers in which somebody with a role is signed in."""

    def make(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, county.users[role]).login
        made = Browser(app.test_client())
        made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


def test_a_claim_is_checked_and_approved_on_its_page(app, county, scheme, signed_in):
    with app.app_context():
        number = world.begin(county, scheme, 3, "A1")
    here = f"/subsidy/claims/{number}"
    clerk, approver = signed_in("purchaser_clerk"), signed_in("purchaser_approver")
    assert "份补贴申报待核验" in clerk.open("/").text
    done = clerk.open(here).send(f"{here}/steps/check")
    assert "已核验并算出金额" in done.text
    assert "3 × 500.00 元" in done.text
    assert "需要 2 人批准，已有 0 人" in done.text
    assert f"{here}/steps/approve" not in done.html
    page = approver.open(here)
    assert "批准 1,500.00 元" in page.text
    again = page.send(f"{here}/steps/approve")
    assert "您申报、计算或批准过这一份" in again.text
    last = signed_in("finance_approver").open(here).send(f"{here}/steps/approve")
    assert "已核定待付" in last.text
    listed = clerk.open(f"/subsidy/claims/?state=approved&scheme_id={scheme}")
    assert here in listed.html
    assert "没有这样的申报" in clerk.open("/subsidy/claims/?state=paid").text


def test_who_is_paid_follows_the_claim_and_takes_it_back(app, county, scheme, signed_in):
    with app.app_context():
        number = world.computed(county, scheme, 3)
    manager = signed_in("provider_manager")
    assert f"/subsidy/mine/{number}" in manager.open("/subsidy/mine/").html
    here = manager.open(f"/subsidy/mine/{number}")
    assert "3 × 500.00 元" in here.text
    assert "等批准后付款" in here.text
    gone = here.send(f"/subsidy/mine/{number}/withdraw", reason="数错了")
    assert "已撤回" in gone.text
    assert signed_in("purchaser_clerk").open("/subsidy/mine/").status == 403


def test_the_office_refuses_with_a_reason_that_the_claimant_reads(app, county, scheme, signed_in):
    with app.app_context():
        number = world.begin(county, scheme)
    page = signed_in("purchaser_clerk").open(f"/subsidy/claims/{number}")
    nothing = page.send(f"/subsidy/claims/{number}/steps/refuse", reason="")
    assert nothing.status == 422
    nothing.send(f"/subsidy/claims/{number}/steps/refuse", reason="票据不全")
    assert "票据不全" in signed_in("provider_manager").open(f"/subsidy/mine/{number}").text


def test_a_share_is_asked_back_heard_and_decided_on_pages(app, county, scheme, signed_in):
    with app.app_context():
        number = world.paid(app, county, scheme)
    clerk, manager = signed_in("purchaser_clerk"), signed_in("provider_manager")
    form = {"reason": "多报一项", "basis": "管理办法第二十条", "days": "5"}
    here = f"/subsidy/claims/{number}"
    wrong = clerk.open(here).send(f"{here}/recover", share_bp="一半", **form)
    assert wrong.status == 422
    asked = wrong.send(f"{here}/recover", share_bp="12.5 %", **form)
    assert "已提出追回" in asked.text
    assert "125.00" in asked.text
    mine = manager.open("/subsidy/mine/")
    assert "您可以在 2026-07-07 前（含当日）说明情况" in mine.text
    with app.app_context():
        back = do("subsidy_recovery.list", county.actor("auditor"))["items"][0]["id"]
    there = f"/subsidy/recoveries/{back}"
    assert "您提出的" in clerk.open(there).text
    approver = signed_in("purchaser_approver")
    assert "收到陈述或到期后再决定" in approver.open(there).text
    stated = manager.open(f"/subsidy/mine/recoveries/{back}").send(
        f"/subsidy/mine/recoveries/{back}", statement="那一项是真的"
    )
    assert "已收到您的陈述" in stated.text
    assert "项补贴追回待决定" in approver.open("/").text
    page = approver.open(there)
    assert "那一项是真的" in page.text
    assert "已决定追回" in page.send(f"{there}/steps/decide", reason="材料不符").text
    assert "材料不符" in manager.open(f"/subsidy/mine/recoveries/{back}").text
    assert there in clerk.open("/subsidy/recoveries/?state=decided").html


def test_a_dropped_recovery_says_so(app, county, scheme, signed_in):
    with app.app_context():
        back = world.propose(county, world.paid(app, county, scheme))
    there = f"/subsidy/recoveries/{back}"
    done = signed_in("purchaser_approver").open(there).send(f"{there}/steps/drop", reason="有理")
    assert "已决定不再追回" in done.text
    page = signed_in("provider_manager").open(f"/subsidy/mine/recoveries/{back}")
    assert "不用退了" in page.text


def test_visitors_are_asked_whom_they_come_for(app, scheme):
    page = Browser(app.test_client()).open("/subsidy/mine/")
    assert page.path == "/subsidy/mine/sign-in"
    assert "我是居民" in page.text


def test_a_claim_of_others_is_not_there(app, county, scheme, signed_in):
    assert signed_in("provider_manager").open("/subsidy/mine/99").status == 404
    assert signed_in("provider_manager").open("/subsidy/claims/").status == 403
    assert signed_in("purchaser_clerk").open("/subsidy/claims/99").status == 404
    assert signed_in("purchaser_clerk").open("/subsidy/recoveries/99").status == 404


def test_the_effects_are_read_with_bars_and_as_a_file(app, county, scheme, signed_in):
    with app.app_context():
        world.paid(app, county, scheme, 2, "A1")
        world.approved(county, scheme, 1, "A2")
    auditor = signed_in("auditor")
    page = auditor.open("/subsidy/effects/?year=2026")
    assert "█████████████░░░░░░░" in page.text
    assert "1 家受益" in page.text
    data = auditor.open("/subsidy/effects/effects.csv").response.get_data()
    assert read_table(data, "e.csv")[0].values["每个结果花多少（元）"] == "500"
    assert signed_in("provider_manager").open("/subsidy/effects/").status == 403
