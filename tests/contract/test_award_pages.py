"""Panels, results and challenges page by page, as their people open them."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from plugins.contract_outsourcing.models import BidFile
from tests import factories
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.web.browser import Browser


class Office:
    """An evaluation, and browsers for those who take part in it."""

    def __init__(self, app, world):
        self.app, self.world = app, world

    def sign_in(self, user_id):
        """Return a browser in which somebody is signed in."""
        browser = Browser(self.app.test_client())
        with self.app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, user_id).login
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    def who(self, role):
        """Return the browser of the county's person with a role."""
        return self.sign_in(self.world.county.users[role])

    def bidder(self, at):
        """Return the browser of somebody who answers for a bidder."""
        with self.app.app_context(), clock.frozen("2026-01-05T09:00"):
            user = factories.make_user("provider_manager", self.world.providers[at])
        return self.sign_in(user)


@pytest.fixture
def office(app, county, database_kept):
    def make():
        return Evaluation(app, county).build()

    with clock.frozen(MORNING):
        yield Office(app, database_kept.with_county(app, county, "bids opened", make))


def attached(office, bid):
    """Put a file of an opened bid in place and return its number."""
    with office.app.app_context(), awards_world.acting():
        row = BidFile(bid_id=bid, name="方案.txt", sha256="0" * 64, content="方案".encode())
        db.session.add(row)
        db.session.flush()
        return row.id


def test_a_panel_is_drawn_and_judges_on_its_pages(office):
    world = office.world
    clerk = office.who("purchaser_clerk")
    base = f"/contract/panels/{world.tender}"
    page = clerk.open(base).send(f"{base}/draw", count="99")
    assert page.status == 422
    page = clerk.open(base).send(f"{base}/draw", count="5", fields="物业")
    assert "名单在结果公告前保密" in page.text
    assert "成员 5" in page.text  # numbers, no names
    panel = world.members()
    for number, one in enumerate(panel):
        expert = office.sign_in(one.user_id)
        mine = f"/contract/panels/mine/{world.tender}"
        assert "第1服务公司" in expert.open(mine).text
        expert.open(mine).send(f"{mine}/confirm")
        if number:
            continue
        first = expert
    bids = [f"{mine}/bids/{bid}" for bid in world.bids]
    file = attached(office, world.bids[0])
    page = first.open(bids[0])
    assert "服务方案 按需求逐项响应" in page.text
    assert f'href="/contract/openings/{world.tender}/files/{file}"' in page.html
    assert first.open(f"/contract/openings/{world.tender}/files/{file}").status == 200
    for bid in bids:
        for condition in ("1", "2"):
            form = first.open(bid).form(f"{bid}/check").fields
            first.post(f"{bid}/check", form | {"condition": condition, "passed": "yes"})
        page = first.open(bid).send(f"{bid}/score", **{"points-plan": "40.01", "points-team": "30"})
        assert page.status == 422
        assert "须为 0 至 40.00 分" in page.text
        page = first.open(bid).send(f"{bid}/score", **{"points-plan": "35.5", "points-team": "30"})
        assert "已保存" in page.text
    assert "已提交评审，不能再改" in first.open(mine).send(f"{mine}/finish").text
    for one in panel[1:]:
        for at in range(3):
            world.score(one, at, 3000, 2500)
        world.do("panel.finish", one, id=world.tender)
    page = first.open(mine).send(f"{mine}/report")
    assert "评审报告已提交" in page.text


def test_the_award_is_decided_published_and_read_by_everybody(office):
    world = office.world
    world.ranked()
    clerk, approver = office.who("purchaser_clerk"), office.who("purchaser_approver")
    base = f"/contract/awards/{world.tender}"
    page = approver.open(base)
    assert "30.00 × 9,000.00 ÷ 9,500.00 = 28.42" in page.text
    assert "请经办人公告结果" in page.send(f"{base}/decide").text
    assert "结果已公告" in clerk.open(base).send(f"{base}/publish").text
    anybody = Browser(office.app.test_client())
    assert "机关物业服务" in anybody.open("/contract/awards/notices").text
    notice = anybody.open(f"/contract/awards/notices/{world.tender}").text
    assert "第1服务公司" in notice
    assert "2026-03-12" in notice
    winner = office.bidder(0)
    mine = "/contract/awards/mine"
    assert "已放弃中标" in winner.open(mine).send(f"{mine}/decline", reason="人员不足").text
    assert "已办理" in approver.open(base).send(f"{base}/next").text
    # Whoever kept the address of a result that was taken back reads that it was.
    assert "这个结果已经撤销" in anybody.open(f"/contract/awards/notices/{world.tender}").text
    assert "已撤销" in anybody.open("/contract/awards/notices").text
    assert anybody.open(f"/contract/awards/notices/{world.tender}/notice.pdf").status == 404


def test_a_challenge_goes_from_provider_to_purchaser_to_supervisor(office):
    world = office.world
    world.awarded()
    bidder, mine = office.bidder(1), "/contract/awards/mine"
    fields = {"tender_id": str(world.tender), "kind": "challenge", "about": "result"}
    page = bidder.open(mine).send(f"{mine}/file", words="评分不对", may_affect="1", **fields)
    assert "已提交，请等答复" in page.text
    one = "/contract/awards/challenges/1"
    approver = office.who("purchaser_approver")
    page = approver.open(one).send(f"{one}/answer", words="评分有据。", upheld="no")
    assert "已答复" in page.text
    page = bidder.open(one).send(f"{one}/complain", words="答复不满意。")
    assert "投诉已提交" in page.text
    two = "/contract/awards/challenges/2"
    supervisor = office.who("supervisor")
    assert "已暂停" in supervisor.open(two).send(f"{two}/suspend", days="10").text
    page = supervisor.open(two).send(f"{two}/decide", words="评审无误。", upheld="no")
    assert "投诉已处理" in page.text


def test_experts_and_bars_are_kept_on_pages(office):
    world = office.world
    maker = office.who("finance_maker")
    pool = "/contract/panels/experts"
    page = maker.open(pool).send(
        f"{pool}/tie", id="1", organisation_id=str(world.providers[0]), kind="kin"
    )
    assert "抽取时自动回避" in page.text
    assert maker.open(pool).send(f"{pool}/retire", reason="退休").status == 200
    assert "/parties/ties" in maker.open(pool).html
    bars = "/contract/awards/exclusions"
    approver = office.who("purchaser_approver")
    page = approver.open(bars).send(
        bars, provider_id=str(world.providers[2]), reason="季度评分 58 分", from_on="2026-03-03"
    )
    assert "限制中" in page.text
    assert "已解除" in approver.open(bars).send(f"{bars}/1/lift", reason="整改合格").text


def test_a_single_source_is_recorded_on_its_page(office, county):
    world = office.world
    with office.app.app_context():
        number = awards_world.tender(county, method="emergency", state="submitted", purchase_id=1)
    clerk, path = office.who("purchaser_clerk"), f"/contract/awards/{number}/negotiate"
    # What cannot wait is not made public first.
    assert f'href="{path}"' in clerk.open(f"/contract/tenders/{number}").html
    page = clerk.open(f"/contract/panels/{number}")
    assert "不设评审组" in page.text
    assert "还没有抽取专家" not in page.text
    page = clerk.open(path).send(
        path, provider_id=str(county.provider), price_fen="9,000", record="现场询价。"
    )
    assert "请复核人员确定" in page.text
    assert world.tender != number


def test_what_waits_stands_on_the_start_page(office):
    world = office.world
    world.draw()
    expert = office.sign_in(world.members()[0].user_id)
    assert "个项目等您评审" in expert.open("/").text
    assert "机关物业服务" in expert.open("/contract/panels/mine").text
