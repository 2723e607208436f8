"""The papers of procurement and contracts: each opens as PDF and is in Chinese for every reader."""

from __future__ import annotations

import subprocess

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.contract.performance_world import Performing
from tests.web.browser import Browser

pytestmark = pytest.mark.one_engine


def words_of(page):
    """Return the text of a PDF."""
    assert page.response.data.startswith(b"%PDF"), page.text
    run = ["pdftotext", "-layout", "-", "-"]
    found = subprocess.run(run, input=page.response.data, check=True, capture_output=True)
    return found.stdout.decode()


def signed_in(app, county, role):
    """Return a browser in which somebody with a role is signed in."""
    with app.app_context(), transaction(readonly=True):
        login = db.session.get_one(User, county.users[role]).login
    made = Browser(app.test_client())
    made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
    return made


@pytest.fixture
def awarded(app, county):
    """A procurement whose result is published, one bidder a small firm."""
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(small=(1,))
        world.awarded(points=lambda _member, bid: (3000 - 200 * bid, 2500))
        yield world


def test_the_notice_the_record_and_the_result_are_printed_for_everybody(app, awarded):
    anybody = Browser(app.test_client())
    number = awarded.tender
    notice = words_of(anybody.open(f"/contract/public/{number}/notice.pdf"))
    for words in ("采购公告", "10,000.00 元", "近三年无重大违法记录", "服务方案", "按需求逐项响应"):
        assert words in notice, words
    record = words_of(anybody.open(f"/contract/openings/records/{number}.pdf"))
    assert "开标记录" in record
    result = words_of(anybody.open(f"/contract/awards/notices/{number}/notice.pdf"))
    for words in ("结果公告", "9,000.00", "83.50", "评审组"):
        assert words in result, words


def test_the_report_shows_every_sum_and_is_for_the_office_only(app, county, awarded):
    here = f"/contract/awards/{awarded.tender}/report.pdf"
    report = words_of(signed_in(app, county, "purchaser_approver").open(here))
    for words in ("评审报告", "小微企业", "30.00 × 8,550.00 ÷ 9,000.00 = 28.50", "评审组成员"):
        assert words in report, words
    assert signed_in(app, county, "provider_manager").open(here).status == 403


def test_no_report_is_printed_before_there_is_one(app, county):
    with clock.frozen(MORNING):
        number = Evaluation(app, county).build().tender
        clerk = signed_in(app, county, "purchaser_clerk")
        assert clerk.open(f"/contract/awards/{number}/report.pdf").status == 404


def test_a_deduction_and_an_acceptance_are_printed_for_both_parties(app, county):
    world = Performing(app, county)
    here = f"/contract/milestones/{world.m1}"
    with clock.frozen("2026-03-20T10:00"):
        world.deliver(world.m1, "2026-03-20")
        missed = {"kind": "quality", "clause": "missed", "units": 2, "evidence": "缺两次"}
        made = world.do("deduction.propose", "accepter", milestone_id=world.m1, **missed)
        world.do("deduction.state", "provider_manager", id=made["id"], words="无异议。")
        manager = signed_in(app, county, "provider_manager")
        paper = f"{here}/deductions/{made['id']}/decision.pdf"
        assert manager.open(paper).status == 404
        world.do("deduction.decide", "purchaser_approver", id=made["id"], reason="属实")
        world.accept(world.m1)
        manager.open("/").send("/preferences", locale="en")
        decision = words_of(manager.open(paper))
        for words in ("扣减决定书", "缺少巡访", "缺两次", "300.00 元", "无异议。", "属实"):
            assert words in decision, words
        certificate = words_of(manager.open(f"{here}/certificate.pdf"))
        assert "政府购买服务验收单" in certificate
        account = manager.open(f"/contract/contracts/{world.contract}/account.pdf")
        assert account.status == 422
        contract = words_of(manager.open(f"/contract/contracts/{world.contract}/contract.pdf"))
        assert "甲方（购买主体）" in contract


def test_a_notice_that_is_not_public_is_not_printed(app, county):
    with app.app_context():
        number = awards_world.tender(county, state="draft", published_at=None, opened_at=None)
    assert Browser(app.test_client()).open(f"/contract/public/{number}/notice.pdf").status == 404
