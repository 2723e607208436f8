"""Performance on pages: the provider's form, a resident's two buttons, the accepter's lines."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.contract.awards_world import acting
from tests.contract.performance_world import Performing
from tests.web.browser import Browser

TODAY = "2026-03-20T10:00"


@pytest.fixture
def world(app, county, database_kept):
    """Return the contract of a public service, signed, on the day of its first delivery."""

    def make():
        return Performing(app, county, is_public=True)

    with clock.frozen(TODAY):
        yield database_kept.with_county(app, county, "performing for the public", make)


def browser(world, role):
    """Return a browser in which the county's person with a role is signed in."""
    with world.app.app_context(), transaction(readonly=True):
        login = db.session.get_one(User, world.county.users[role]).login
    return signed_in(world, login)


def signed_in(world, login):
    made = Browser(world.app.test_client())
    made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
    return made


def villager(world):
    """Return a browser in which a resident of the county is signed in."""
    with world.app.app_context():
        (number,) = factories.make_residents(world.county, 1)
        user = factories.do(
            "access.create_user", login="villager", name="村民", password=factories.PASSWORD
        )
        with acting():
            db.session.get_one(User, user["id"]).resident_id = number
    return signed_in(world, "villager")


def page_of(world):
    return f"/contract/milestones/{world.m1}"


def deliver(world):
    page = browser(world, "provider_manager").open(page_of(world))
    sent = page.send(
        f"{page_of(world)}/deliver", delivered_on="2026-03-20", words="方案已交", links="方案.pdf"
    )
    assert "已申报交付" in sent.text
    return sent


def test_a_delivery_is_heard_accepted_decided_and_certified_on_pages(world):
    deliver(world)
    page = villager(world).open("/contract/opinions/")
    assert "没有送到" in page.text
    page = page.send(f"/contract/opinions/{world.m1}", delivered="no", words="没有人来过")
    assert "已记下：没有送到" in page.text

    accepter = browser(world, "accepter")
    page = accepter.open(page_of(world))
    lines = {"found-visits": "met", "found-records": "met"}
    page = page.send(f"{page_of(world)}/accept", **lines)
    assert page.status == 422
    assert "没有送到，还没有查清答复" in page.text
    page = accepter.open(page_of(world))
    (action,) = [form.action for form in page.forms if form.action.endswith("/answer")]
    page = page.send(action, answer="19 日已补巡")
    page = page.send(f"{page_of(world)}/accept", **lines)
    assert "已记录验收" in page.text

    page = browser(world, "purchaser_approver").open(page_of(world))
    assert "19 日已补巡" in page.text
    assert "288,000.00" in page.text
    page = page.send(f"{page_of(world)}/approve")
    assert "最晚 2026-04-19 付款" in page.text
    paper = accepter.open(f"{page_of(world)}/certificate.pdf")
    assert paper.response.data.startswith(b"%PDF")
    public = Browser(world.app.test_client()).open("/contract/milestones/results")
    assert "1 位服务对象给出意见" in public.text


def test_a_deduction_is_proposed_stated_and_decided_on_pages(world):
    deliver(world)
    page = browser(world, "accepter").open(page_of(world))
    fields = {"clause": "quality:missed", "units": "2", "evidence": "记录"}
    page = page.send(f"{page_of(world)}/deductions", **fields)
    assert "2 × 150.00 元 = 300.00 元" in page.text
    page = browser(world, "provider_manager").open(page_of(world))
    (action,) = [form.action for form in page.forms if form.action.endswith("/state")]
    assert "已收到您的陈述" in page.send(action, words="属实").text
    page = browser(world, "purchaser_approver").open(page_of(world))
    (action,) = [form.action for form in page.forms if form.action.endswith("/decide")]
    assert "已决定扣减" in page.send(action, reason="双方无异议").text


def test_a_score_is_typed_in_points(world):
    address = f"/contract/scores/{world.contract}"
    page = browser(world, "purchaser_clerk").open(address)
    page = page.send(f"{address}/score", side="purchaser", centipoints="91.5")
    assert "91.50" in page.text
    page = page.send(f"{address}/score", side="purchaser", centipoints="很好")
    assert page.status == 422
    page = browser(world, "evaluator").open("/contract/scores/")
    assert "独居老人上门巡访服务合同" in page.text
    evaluator = browser(world, "evaluator")
    page = evaluator.open(address).send(f"{address}/evaluate", centipoints="84")
    assert "84.00" in page.text


def test_the_desk_writes_down_what_a_resident_says(world):
    deliver(world)
    with world.app.app_context():
        (number,) = factories.make_residents(world.county, 1)
    clerk = browser(world, "purchaser_clerk")
    address = f"/contract/opinions/desk/{world.m1}"
    page = clerk.open(address)
    refused = page.send(address, resident_id=str(number), way="telephone")
    assert refused.status == 422
    page = refused.send(address, delivered="yes")
    assert "已记下服务对象的意见" in page.text
    assert "电话" in page.text


@pytest.mark.parametrize("path", ["arrears", "arrears?year=2026", "arrears?year=x", "results"])
def test_the_public_reads_arrears_and_results_without_signing_in(world, path):
    assert Browser(world.app.test_client()).open(f"/contract/milestones/{path}").status == 200


def test_lists_open_for_everybody_who_works_with_contracts(world):
    deliver(world)
    for role in ("accepter", "purchaser_approver", "auditor", "provider_manager"):
        person = browser(world, role)
        for path in ("", "?waiting=accept", "late", "late?year=2025"):
            assert person.open(f"/contract/milestones/{path}").status == 200, (role, path)
    page = browser(world, "accepter").open("/contract/milestones/?waiting=accept")
    assert '<option value="accept" selected>' in page.html
    assert 'class="btn btn-quiet" href="/contract/milestones/' not in page.html
    assert "待验收的节点" in browser(world, "accepter").open("/").text


def test_a_visitor_who_is_not_signed_in_is_led_to_where_residents_begin(world):
    page = Browser(world.app.test_client()).open("/contract/opinions/")
    assert page.path == "/me/sign-in"


def test_what_is_not_accepted_yet_has_no_certificate(world):
    deliver(world)
    page = browser(world, "accepter").open(f"{page_of(world)}/certificate.pdf")
    assert page.status == 422
    assert "NOT_ACCEPTED" in page.text
    assert "请先完成验收" in page.text
