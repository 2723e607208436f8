"""Applying on pages: from the finder to the form, the office's worklist, the desk, a resident."""

from __future__ import annotations

import io

import pytest

from core import clock, signin
from core.access import User
from core.audit import Acting, acting
from core.db import db, transaction
from core.parties import Organisation, Resident
from tests import factories
from tests.factories import do
from tests.subsidy import applying_world as world
from tests.web.browser import Browser

DESK = "/subsidy/applications/desk"


@pytest.fixture
def scheme(app, county, database_kept):
    """An open scheme that asks for everything, on a day on which one applies."""
    number = database_kept.with_county(
        app, county, "open_scheme", lambda: world.open_scheme(county)
    )
    with clock.frozen(world.APPLIED):
        yield number


@pytest.fixture
def for_residents(app, county):
    """A scheme for residents of at least 60, on a day on which one applies."""
    with app.app_context():
        number = world.open_residents_scheme(county)
    with clock.frozen(world.APPLIED):
        yield number


@pytest.fixture
def ask(app, county):
    """Return a way to perform an act as somebody of the county."""

    def perform(operation, role, **fields):
        with app.app_context():
            return do(operation, county.actor(role), **fields)

    return perform


@pytest.fixture
def submitted(app, county, scheme):
    """An application that was handed in."""
    with app.app_context():
        return world.submit(county, scheme)


@pytest.fixture
def signed_in(app, county):
    """Return a maker of browsers in which somebody with a role, or a resident, is signed in."""

    def make(role, kind="staff"):
        with app.app_context(), transaction():
            user = (
                signin.resident_user(role)
                if kind == "resident"
                else db.session.get_one(User, county.users[role])
            )
            with acting(Acting("test.session", user.id, user.name)):
                token = str(signin.start_session(user, None)["token"])
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(token=token, kind=kind, seen=int(clock.now().timestamp()))
        return Browser(client)

    return make


def file(content=world.PDF, name="执照.pdf"):
    """Return a file as a form sends it."""
    return (io.BytesIO(content), name)


def form_of(number):
    """Return the address of the form of a scheme."""
    return f"/subsidy/my/apply/{number}"


def test_an_owner_goes_from_the_public_page_through_sign_in_to_a_filed_application(
    app, county, scheme
):
    visitor = Browser(app.test_client())
    public = visitor.open(f"/subsidy/public/{scheme}")
    assert form_of(scheme) in public.html
    found = visitor.open("/subsidy/finder/").send(
        "/subsidy/finder/", **{"org.trade": "书店", "org.floor_m2": "120"}
    )
    assert form_of(scheme) in found.html
    page = visitor.open(form_of(scheme))
    assert page.path == "/sign-in"
    with app.app_context(), transaction(readonly=True):
        login = db.session.get_one(User, county.users["provider_manager"]).login
    page = page.send("/sign-in", login=login, password=factories.PASSWORD)
    assert page.path == form_of(scheme)

    said = {"org.trade": "书店", "org.floor_m2": "很大"}
    page = page.send(form_of(scheme), step="save", **said)
    assert "有 1 处需要改" in page.text
    assert 'value="很大"' in page.html
    page = page.send(form_of(scheme), step="submit", **said | {"org.floor_m2": "120"})
    assert "还缺" not in page.text
    assert "营业执照" in page.text
    assert page.text.count("请上传") >= 2
    papers = {"paper-licence": file(), "paper-lease": file(b"MZ", "租约.exe")}
    page = page.send(form_of(scheme), step="submit", **papers)
    assert "不是 PDF、JPEG 或 PNG" in page.text
    assert "已有：营业执照.pdf" in page.text
    papers = {"paper-lease": file(world.PNG, "租约.png")}
    page = page.send(form_of(scheme), step="submit", **papers)
    assert "请确认单独核算" in page.text
    page = page.send(form_of(scheme), step="submit", separate_accounts="1")
    assert "已提交" in page.text
    assert "缺什么会一次告诉您" in page.text
    assert "120" in page.text
    assert visitor.open(form_of(scheme)).path == page.path
    assert "待核对材料" in visitor.open("/subsidy/my/").text


def test_a_draft_is_saved_with_its_money_as_it_was_typed(app, county, signed_in, ask):
    plan_and_rule = {"eligibility": {"fact": "org.invested_fen", "at_least": 100_000}}
    with app.app_context():
        number = world.open_scheme(county, **plan_and_rule)
    with clock.frozen(world.APPLIED):
        owner = signed_in("provider_manager")
        page = owner.open(form_of(number)).send(
            form_of(number), step="save", words="两行\n字", **{"org.invested_fen": "1,234.50"}
        )
        assert "草稿已保存" in page.text
        [mine] = ask("application.mine", "provider_manager")["items"]
        told = ask("application.show", "provider_manager", id=mine["id"])
        assert told["declared"] == {"org.invested_fen": 123_450}
        assert told["words"] == "两行 字"
        assert 'value="1234.50"' in owner.open(form_of(number)).html


def test_the_office_sees_the_days_left_opens_papers_and_takes_every_step(
    scheme, submitted, signed_in, ask
):
    number = submitted
    clerk = signed_in("purchaser_clerk")
    assert "份补贴申请待核对材料" in clerk.open("/").text
    listed = clerk.open(f"/subsidy/applications/?state=submitted&scheme={scheme}")
    assert "还有 7 天" in listed.text
    shown = clerk.open(f"/subsidy/applications/{number}")
    paper = ask("application.show", "purchaser_clerk", id=number)["papers"][0]
    opened = clerk.open(f"/subsidy/my/papers/{paper['id']}").response
    assert (opened.data, opened.mimetype) == (world.PDF, "application/pdf")
    assert opened.headers["Content-Disposition"].startswith("attachment")
    steps = f"/subsidy/applications/{number}/steps"
    shown = shown.send(f"{steps}/send-back")
    assert "请填写" in shown.text
    shown = shown.send(f"{steps}/send-back", reason="租约缺页")
    assert "已退回申请人补正" in shown.text
    owner = signed_in("provider_manager")
    assert "份补贴申请被退回补正" in owner.open("/").text
    mine = owner.open(f"/subsidy/my/{number}")
    assert "租约缺页" in mine.text
    page = owner.open(form_of(scheme))
    assert "租约缺页" in page.text
    page.send(form_of(scheme), step="submit")
    shown = clerk.open(f"/subsidy/applications/{number}").send(f"{steps}/complete")
    shown = shown.send(f"{steps}/judge")
    assert "符合条件" in shown.text
    assert "接下来评分" in owner.open(f"/subsidy/my/{number}").text
    approver = signed_in("purchaser_approver")
    revoked = approver.open(f"/subsidy/applications/{number}").send(
        f"{steps}/revoke", reason="现场没有书店"
    )
    assert "已撤销资格" in revoked.text
    mine = owner.open(f"/subsidy/my/{number}")
    assert "现场没有书店" in mine.text


def test_an_owner_withdraws_and_begins_anew(scheme, submitted, signed_in):
    number = submitted
    owner = signed_in("provider_clerk")
    page = owner.open(f"/subsidy/my/{number}").send(f"/subsidy/my/{number}/withdraw")
    assert "已撤回" in page.text
    assert "重新申报" in page.text
    assert owner.open(form_of(scheme)).path == form_of(scheme)


def test_what_is_closed_or_not_mine_answers_as_everywhere(scheme, submitted, signed_in, ask):
    number = submitted
    accepter = signed_in("accepter")
    assert accepter.open(f"/subsidy/applications/{number}").status == 403
    assert accepter.open(form_of(scheme)).status == 403
    clerk = signed_in("purchaser_clerk")
    assert clerk.open("/subsidy/applications/99").status == 404
    assert clerk.open(f"/subsidy/my/{number}").path == f"/subsidy/applications/{number}"
    with clock.frozen("2026-04-02T09:00"):
        ask("application.withdraw", "provider_manager", id=number)
        late = signed_in("provider_manager").open(form_of(scheme))
        assert (late.status, "已于 2026-03-31 截止" in late.text) == (422, True)


def test_the_clerk_writes_for_an_organisation_and_for_a_resident_at_the_desk(
    app, county, scheme, signed_in
):
    with app.app_context(), transaction(readonly=True):
        code = db.session.get_one(Organisation, county.provider).credit_code
    clerk = signed_in("purchaser_clerk")
    page = clerk.open(DESK).send(DESK, scheme=str(scheme), who="91430112000000000X")
    assert "没有找到" in page.text
    page = clerk.open(DESK).send(DESK, scheme=str(scheme), who=code)
    assert page.path == f"{DESK}/{scheme}/{county.provider}"
    page = page.send(page.path, step="save", **{"org.trade": "书店"})
    assert "草稿已保存" in page.text
    assert "窗口代填" in page.text


def test_a_resident_applies_on_the_phone(app, county, for_residents, signed_in):
    with app.app_context():
        [number] = factories.make_residents(county, 1)
    page = Browser(app.test_client()).open(form_of(for_residents))
    assert "居民登录" in page.text
    assert f'value="{form_of(for_residents)}"' in page.html
    person = signed_in(number, "resident")
    assert "我的补贴申请" in person.open("/me").text
    page = person.open(form_of(for_residents))
    assert "以登记为准" in page.text
    page = page.send(form_of(for_residents), step="submit")
    assert "已提交" in page.text
    with app.app_context(), transaction(readonly=True):
        id_number = db.session.get_one(Resident, number).id_number
    clerk = signed_in("purchaser_clerk")
    page = clerk.open(DESK).send(DESK, scheme=str(for_residents), who=id_number)
    assert "待核对材料" in page.text
    assert id_number not in page.html
