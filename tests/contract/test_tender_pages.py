"""In a browser without JavaScript: a tender is written, published, asked about and read by all."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.models import tenders as t
from tests import factories
from tests.contract import tender_world as world
from tests.web.browser import Browser

TYPED = {
    "name": "机关物业服务采购",
    "project": "机关大楼物业服务一年",
    "service": "保洁、安保、绿化。",
    "evaluation": "每季度考核，满意度 90% 以上为合格。",
    "ceiling_fen": "9,000.00",
    "bid_bond_fen": "100",
    "method": "open_tender",
    "conditions": "具备独立承担民事责任的能力\n近三年无重大违法记录",
    "price_weight": "30",
    "indicators-0-name": "服务方案",
    "indicators-0-points": "40",
    "indicators-0-levels": "40 全部响应\n0 有缺项",
    "indicators-1-name": "人员配备",
    "indicators-1-points": "30",
    "indicators-1-levels": "30 持证 10 人以上\n0 不足 10 人",
    "indicators-1-preferred": "1",
    "closes_at": "2026-03-03T09:30",
}


class Town:
    """How the county's people sign in."""

    def __init__(self, app, county):
        self.app, self.county = app, county

    def office(self, role):
        """Return a browser of somebody with a role."""
        with self.app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, self.county.users[role]).login
        browser = Browser(self.app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser


@pytest.fixture
def town(app, county):
    with clock.frozen(world.PUBLISHED):
        yield Town(app, county)


def numbers(app):
    with app.app_context(), transaction(readonly=True):
        return list(db.session.scalars(db.select(Tender.id).order_by(Tender.id)))


def test_a_tender_is_written_submitted_and_published_on_pages(app, county, town):
    with app.app_context():
        plan = world.make_plan(county)
    clerk, approver = town.office("purchaser_clerk"), town.office("purchaser_approver")
    form = clerk.open(f"/contract/tenders/new?purchase={plan}")
    wrong = form.send("/contract/tenders/new", **TYPED | {"price_weight": "20"})
    assert wrong.status == 422
    assert "合计须为 100" in wrong.text
    page = wrong.send("/contract/tenders/new", **TYPED)
    assert page.status == 200, page.text
    (number,) = numbers(app)
    assert "编制中" in page.text
    assert "优先条件" in page.text
    edited = clerk.open(f"/contract/tenders/{number}/edit")
    assert "40 全部响应" in edited.text
    edited.send(f"/contract/tenders/{number}/edit", **TYPED | {"name": "物业与绿化"})
    clerk.open(f"/contract/tenders/{number}").send(f"/contract/tenders/{number}/steps/submit")
    with app.app_context():
        world.hold_keys(county, number)
    assert "物业与绿化" in approver.open("/contract/tenders/?state=submitted").text
    page = approver.open(f"/contract/tenders/{number}")
    published = page.send(f"/contract/tenders/{number}/steps/publish")
    assert "投标中" in published.text
    assert "物业与绿化" in Browser(app.test_client()).open("/contract/public/").text
    public = Browser(app.test_client()).open(f"/contract/public/{number}")
    assert "9,000.00" in public.text
    assert "30 分：持证 10 人以上" in public.text


def test_questions_changes_and_answers_are_read_by_everybody(app, county, town):
    with app.app_context():
        number = world.publish_tender(county)
    provider, clerk = town.office("provider_manager"), town.office("purchaser_clerk")
    assert "机关物业服务采购" in provider.open("/contract/notices/").text
    notice = provider.open(f"/contract/notices/{number}")
    asked = notice.send(f"/contract/notices/{number}/questions", words="夜班几人？")
    assert "还没有答复" in asked.text
    page = clerk.open(f"/contract/tenders/{number}")
    page.send(f"/contract/tenders/{number}/answers", answer="每班两人。")
    page.send(f"/contract/tenders/{number}/amendments", words="面积改为两层", affects_bids="1")
    public = Browser(app.test_client()).open(f"/contract/public/{number}")
    assert all(words in public.text for words in ("夜班几人？", "每班两人。", "面积改为两层"))


def test_a_tender_is_sent_back_cancelled_and_run_again_on_pages(app, county, town):
    with app.app_context():
        number = world.submit_tender(county)
        failed = world.publish_tender(county, world.make_plan(county))
        with transaction():
            db.session.get_one(Tender, failed).state = t.FAILED
    clerk, approver = town.office("purchaser_clerk"), town.office("purchaser_approver")
    page = approver.open(f"/contract/tenders/{number}")
    page.send(f"/contract/tenders/{number}/steps/send-back", reason="补考核标准")
    page = clerk.open(f"/contract/tenders/{number}")
    assert "补考核标准" in page.text
    page.send(f"/contract/tenders/{number}/steps/cancel", reason="不办了")
    assert "已终止" in clerk.open(f"/contract/tenders/{number}").text
    page = clerk.open(f"/contract/tenders/{failed}")
    again = page.send(f"/contract/tenders/{failed}/rerun")
    assert "重新组织的原项目" in again.text


def test_a_direct_method_and_an_invitation_have_their_buttons(app, county, town):
    direct = {"method": "single_source", "reason_code": "only_source", "method_reason": "独家"}
    direct |= {"sheet": None, "closes_at": None, "provider_id": county.provider}
    invited = {"method": "invited_tender", "reason_code": "special_few", "method_reason": "少数"}
    with app.app_context():
        number = world.submit_tender(county, **direct)
        other = world.make_tender(county, world.make_plan(county), **invited)
        candidates = world.make_providers(3)
    approver, clerk = town.office("purchaser_approver"), town.office("purchaser_clerk")
    page = approver.open(f"/contract/tenders/{number}")
    negotiating = f'href="/contract/awards/{number}/negotiate"'
    assert negotiating not in clerk.open(f"/contract/tenders/{number}").html
    assert "公示中" in page.send(f"/contract/tenders/{number}/steps/publicise").text
    assert negotiating in clerk.open(f"/contract/tenders/{number}").html
    page = clerk.open(f"/contract/tenders/{other}")
    fields = page.form(f"/contract/tenders/{other}/invitations").fields
    chosen = fields | {"candidate_ids": [str(one) for one in candidates], "count": "3"}
    drawn = clerk.post(f"/contract/tenders/{other}/invitations", chosen)
    assert "已随机抽取" in drawn.text


def test_a_deadline_leads_to_the_tender_it_is_about(app, county, town):
    with app.app_context():
        number = world.publish_tender(county)
        question = factories.do(
            "tender.ask", county.actor("provider_manager"), id=number, words="几人？"
        )["id"]
    clerk = town.office("purchaser_clerk")
    assert (
        clerk.open(f"/contract/tenders/questions/{question}").path == f"/contract/tenders/{number}"
    )
    assert "提问待答复" in clerk.open("/").text
    assert clerk.open("/contract/tenders/questions/9999").status == 404
    # Who may not open the tender reads of its clock without being led there.
    led = f'href="/contract/tenders/questions/{question}"'
    assert led in clerk.open("/deadlines/").html
    page = town.office("accepter").open("/deadlines/")
    assert "机关物业服务采购" in page.text
    assert led not in page.html


def test_a_framework_s_form_asks_how_many_are_admitted(app, county, town):
    with app.app_context():
        plan = world.make_plan(county)
    clerk = town.office("purchaser_clerk")
    form = clerk.open(f"/contract/tenders/new?purchase={plan}")
    assert "最多入围几家" in form.text
    more = {"admitted": "3", "priced_services": "午餐 餐\n送 餐 单"}
    shown = form.send("/contract/tenders/new", **TYPED | {"method": "framework", **more})
    assert "最多入围家数" in shown.text
    assert "午餐（餐）、送 餐（单）" in shown.text
    number = numbers(app)[-1]
    assert "午餐 餐\n送 餐 单" in clerk.open(f"/contract/tenders/{number}/edit").html
    assert 'value="3"' in clerk.open(f"/contract/tenders/{number}/edit").html


def test_a_prequalification_is_published_on_pages(app, county, town):
    with app.app_context():
        fields = {"reason_code": "special_few", "method_reason": "少数几家"}
        number = world.make_tender(county, method="invited_tender", **fields)
    path = f"/contract/tenders/{number}"
    approver = town.office("purchaser_approver")
    hasty = approver.open(path).send(f"{path}/steps/prequalify", until="2026-02-11")
    assert "错误： 最早为" in hasty.text
    assert "资格预审" not in Browser(app.test_client()).open("/contract/public/").text
    page = approver.open(path).send(f"{path}/steps/prequalify", until="2026-06-30")
    assert "资格预审公告已发布" in page.text
    public = Browser(app.test_client()).open("/contract/public/")
    assert "2026-06-30" in public.text
    assert "机关物业服务采购" in public.text
