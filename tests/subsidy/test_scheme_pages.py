"""Schemes on pages: begun from a kind, typed, checked, kept, handed on, published, closed."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from plugins.subsidy import rules
from plugins.subsidy.pages.scheme_form import builder_of
from tests import factories
from tests.factories import do
from tests.subsidy import scheme_world as world
from tests.web.browser import Browser

NEW = "/subsidy/schemes/new"


@pytest.fixture
def office(app, county):
    """Return the county on the day on which its schemes are written."""
    with clock.frozen(world.WRITTEN):
        yield county


@pytest.fixture
def plan(app, office):
    """A filed plan for a subsidy."""
    with app.app_context():
        return world.make_plan(office)


@pytest.fixture
def signed_in(app, plan, office):
    """Return a maker of browsers in which somebody with a role is signed in."""

    def make(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, office.users[role]).login
        made = Browser(app.test_client())
        made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


def typed(office, plan, kind="award_tiers", **changes):
    """Return a whole scheme as it stands in the form of its kind."""
    plain = {"name": "实体书店奖励", "code": "BOOK", "organisation_id": office.purchaser}
    document = world.written(office, kind)
    filled = builder_of(kind).of(document, purchase_id=plan, **plain)
    return filled.values | changes


def address(kind, applicant="organisation"):
    return f"{NEW}?kind={kind}&applicant={applicant}"


@pytest.mark.parametrize("kind", rules.KINDS)
def test_a_scheme_of_any_kind_is_typed_checked_kept_and_read_in_words(
    app, office, plan, signed_in, kind
):
    clerk = signed_in("purchaser_clerk")
    assert f"{NEW}?kind={kind}" in clerk.open(NEW).html
    with app.app_context():
        said = typed(office, plan, kind)
    checked = clerk.open(address(kind)).send(address(kind), step="check", **said)
    assert "核对补贴项目" in checked.text, checked.text
    kept = checked.send(address(kind), step="save")
    assert "草稿已保存" in kept.text, kept.text
    assert "算一笔看看" in kept.text
    with app.app_context():
        actor = office.actor("purchaser_clerk")
        found = do("scheme.list", actor)["items"][0]
        stored = do("scheme.show", actor, id=found["id"])["terms"]
        again = builder_of(kind).of(stored).terms()
    assert found["kind"] == kind
    assert again.keys() >= world.OF_KIND[kind].keys()


def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(app, office, plan, signed_in):
    clerk = signed_in("purchaser_clerk")
    with app.app_context():
        said = typed(office, plan, **{"weights-0-weight_bp": "半", "tiers-0-amount_fen": ""})
    page = clerk.open(address("award_tiers")).send(address("award_tiers"), step="check", **said)
    assert page.status == 422
    assert "请填写数字" in page.text
    with app.app_context():
        assert do("scheme.list", office.actor("purchaser_clerk"))["items"] == []


def test_a_rule_offers_only_what_is_known_of_those_who_apply(app, office, plan, signed_in):
    clerk = signed_in("purchaser_clerk")
    page = clerk.open(address("per_unit"))
    assert 'value="org.beds"' in page.html
    assert 'value="age"' not in page.html
    page = clerk.open(address("per_unit", "resident"))
    assert 'value="age"' in page.html
    assert 'value="org.beds"' not in page.html
    assert clerk.open(f"{NEW}?kind=lottery").status == 404


def test_rows_come_and_go(app, office, plan, signed_in):
    here = address("award_tiers")
    page = signed_in("purchaser_clerk").open(here)
    page = page.send(here, step="add:tiers")
    assert "tiers-2-code" in page.html
    page = page.send(here, step="drop:tiers-2")
    assert "tiers-2-code" not in page.html


def test_an_official_sees_what_the_scheme_pays_with_every_line(app, office, plan, signed_in):
    with app.app_context():
        number = world.make_scheme(office, plan, kind="interest_subsidy")
    page = signed_in("purchaser_approver").open(f"/subsidy/schemes/{number}")
    assert "100,000.00 元 × 年利率 4.50% × 50%" in page.text
    assert "÷ 360 天" in page.text
    assert "到分，四舍五入" in page.text
    with app.app_context():
        number = world.make_scheme(office, plan)
    page = signed_in("purchaser_approver").open(f"/subsidy/schemes/{number}")
    assert "50,000.00 元" in page.text
    assert "评为“B”档" in page.text or "B" in page.text


def test_from_the_draft_to_the_end_on_pages(app, office, plan, signed_in):
    clerk, approver = signed_in("purchaser_clerk"), signed_in("purchaser_approver")
    with app.app_context():
        number = world.make_scheme(office, plan)
    here = f"/subsidy/schemes/{number}"

    def step(browser, name, **fields):
        return browser.open(here).send(f"{here}/steps/{name}", **fields)

    assert "已提交" in step(clerk, "submit").text
    assert "个补贴项目待复核公布" in approver.open("/").text
    assert "已退回" in step(approver, "send-back", reason="分档太粗").text
    assert "个补贴项目被退回修改" in clerk.open("/").text
    assert "分档太粗" in clerk.open(here).text
    with app.app_context():
        said = (
            builder_of("award_tiers")
            .of(world.written(office), purchase_id=plan, effective_on="")
            .values
        )
    checked = clerk.open(f"{here}/revise").send(
        f"{here}/revise", step="check", **said | {"tiers-0-amount_fen": "90000"}
    )
    assert "草稿已保存" in checked.send(f"{here}/revise", step="save").text
    step(clerk, "submit")
    assert "已公布" in step(approver, "publish").text
    page = clerk.open(f"{here}/revise")
    later = {"effective_on": "2026-07-01", "tiers-0-amount_fen": "95000"}
    checked = page.send(f"{here}/revise", step="check", **later)
    shown = checked.send(f"{here}/revise", step="save")
    assert "90,000.00 元 → 95,000.00 元" in shown.text
    assert "停止申报" in step(approver, "close", reason="资金用完").text
    assert "资金用完" in clerk.open(here).text
    assert clerk.open("/subsidy/schemes/?state=closed").text.count("实体书店奖励") == 1


def test_what_a_draft_still_lacks_is_told_beside_the_button(app, office, plan, signed_in):
    with app.app_context():
        number = world.make_scheme(office, plan, review=None)
    here = f"/subsidy/schemes/{number}"
    page = signed_in("purchaser_clerk").open(here)
    assert "未经公平竞争审查" in page.text
    refused = page.send(f"{here}/steps/submit")
    assert refused.status == 422
    assert "未经公平竞争审查" in refused.text
