"""Awards on pages: who scores, what is public, who objects, signs, checks and breaks a duty."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.subsidy import award_world as world
from tests.subsidy.award_world import FIRST, SECOND, THIRD
from tests.web.browser import Browser

pytestmark = pytest.mark.one_engine


@pytest.fixture
def browse(app):
    """Return a maker of browsers in which a person is signed in; nobody for None."""

    def make(actor=None):
        made = Browser(app.test_client())
        if actor is not None:
            with app.app_context(), transaction(readonly=True):
                login = db.session.get_one(User, actor.user_id).login
            made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


def people(app, made):
    """Return the clerk, the approver, the finance approver, read once."""
    with app.app_context():
        return made.clerk, made.approver, made.finance


@pytest.fixture
def opened(app, county, database_kept):
    """Two shops whose round is open."""
    found = database_kept.with_county(app, county, "pages_open", lambda: world.opened(county, 2))
    found.county = county
    return found


@pytest.fixture
def signed(app, county, database_kept):
    """A shop that signed, to be paid in two parts."""
    found = database_kept.with_county(
        app, county, "pages_signed", lambda: world.signed(county, SECOND)
    )
    found.county = county
    return found


def test_each_party_scores_on_its_page_with_the_papers_at_hand(app, opened, browse):
    clerk, approver, _finance = people(app, opened)
    here = f"/subsidy/scoring/{opened.results[0]}"
    with clock.frozen(world.SCORED):
        page = browse(clerk).open(here)
        assert f"{here}/score/third_party" not in page.html
        done = page.send(f"{here}/score/purchaser", centipoints="92")
        assert "92.00" in done.text
        again = done.send(f"{here}/score/purchaser", centipoints="91.5")
        assert "请写明修改评分的原因" in again.text
        less = again.send(f"{here}/score/recipients", centipoints="94.2")
        assert "请填写" in less.text
        less.send(
            f"{here}/score/recipients", centipoints="94.2", answers="412", document="读者问卷"
        )
        third = browse(opened.evaluator)
        assert "次评审等您打分" in third.open("/").text
        page = third.open(here)
        assert f"{here}/score/purchaser" not in page.html
        assert "93.50" in page.send(f"{here}/score/third_party", centipoints="93.5").text
        vetoed = browse(approver).open(here).send(f"{here}/veto", reason="列入严重失信名单")
        assert "一票否决：列入严重失信名单" in vetoed.text
        verified = browse(clerk).open(here)
        shown = verified.send(f"{here}/verify", investment_fen="1500", document="审计报告")
        assert "1,500.00" in shown.text


def test_a_round_goes_from_scores_to_signatures_on_its_pages(app, county, browse):
    with app.app_context():
        made = world.scored(county, FIRST, (9_000, 9_000, 8_998, 305), THIRD)
    made.county = county
    clerk, approver, finance = people(app, made)
    here, open_ = f"/subsidy/rounds/{made.round}", f"/subsidy/awards/{made.round}"
    with clock.frozen(world.PUBLICISED):
        assert browse().open(open_).status == 404
        done = browse(approver).open(here).send(f"{here}/steps/publicise")
        assert "已公示" in done.text
        assert "公示到 2026-05-16" in browse().open(open_).text
    own = f"/subsidy/results/{made.results[1]}"
    scoring = f"/subsidy/scoring/{made.results[1]}"
    with clock.frozen(world.NOTICED):
        page = browse(made.owners[1]).open(own)
        assert "已收到您的异议" in page.send(f"{own}/object", words="漏计一次活动。").text
        decided = browse(approver).open(scoring)
        number = decided.html.partition(f"{scoring}/objections/")[2].partition("/")[0]
        upheld = decided.send(
            f"{scoring}/objections/{number}/decide",
            upheld="yes",
            about="third_party",
            reason="漏计属实",
        )
        assert "成立，待更正" in upheld.text
        right = browse(made.evaluator).open(scoring)
        fixed = right.send(
            f"{scoring}/objections/{number}/correct", centipoints="90", reason="补计"
        )
        assert "成立，已更正" in fixed.text
        shown = browse().open(open_).text
        assert "89.99" in shown
        assert "90.00" in shown
        assert "漏计一次活动" not in shown
        early = browse(clerk).open(here).send(f"{here}/steps/conclude")
        assert "NOTICE_NOT_FINISHED" in early.text
    with clock.frozen(world.ENDED):
        browse(clerk).open(here).send(f"{here}/steps/conclude")
        first = browse(approver).open(here).send(f"{here}/steps/approve")
        assert "您打过分、确定过金额或批准过" in first.text
        assert "次奖励评审待批准" in browse(finance).open("/").text
        assert "已确定" in browse(finance).open(here).send(f"{here}/steps/approve").text
        csv = browse().open(f"{open_}/results.csv")
        assert csv.status == 200
        assert "500000" in csv.response.get_data(as_text=True)
        page = browse(made.owners[1]).open(own)
        assert "签订补贴协议" in page.text
        assert "协议已签订" in page.send(f"{own}/sign").text
        below = browse(made.owners[2]).open(f"/subsidy/results/{made.results[2]}").text
        assert "到 2027-12-31 为止不能再申请" in below


def test_the_second_part_is_checked_and_a_broken_duty_heard_on_the_agreements_page(
    app, signed, browse
):
    clerk, approver, _finance = people(app, signed)
    here = f"/subsidy/grants/{signed.grants[0]}"
    with app.app_context():
        world.pay(app, signed)
        world.convert(signed)
    with clock.frozen(world.LATER):
        made = browse(clerk)
        assert here in made.open("/subsidy/grants/?state=due").html
        checked = made.open(here).send(f"{here}/steps/check", instalment="2", document="核查表")
        assert "核查凭据：核查表" in checked.text
        asked = checked.send(
            f"{here}/steps/break", closed_from="2027-03-10", reason="已关门停业", days="5"
        )
        assert "未履约，等决定" in asked.text
        own = browse(signed.owners[0]).open(here)
        assert "拟追回已付的 750.00 元" in own.text
        assert "已收到您的陈述" in own.send(f"{here}/steps/answer", statement="房租到期。").text
        decided = browse(approver).open(here)
        assert "房租到期。" in decided.text
        assert "不再拨付 2,000.00 元" in decided.send(f"{here}/steps/decide", reason="属实").text


def test_nobody_sees_or_does_what_is_not_theirs(app, opened, browse):
    clerk, _approver, finance = people(app, opened)
    with app.app_context():
        provider = opened.county.actor("provider_manager")
    for path in (f"/subsidy/rounds/{opened.round}", f"/subsidy/scoring/{opened.results[0]}"):
        assert browse(provider).open(path).status == 403
    assert browse(provider).open(f"/subsidy/results/{opened.results[0]}").status == 404
    assert browse(clerk).open("/subsidy/rounds/999").status == 404
    assert browse(finance).open("/subsidy/grants/999").status == 404
