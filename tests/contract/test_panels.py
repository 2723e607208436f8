"""Panels: drawn by a seed that repeats, each member judges alone, nobody is named too early."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import clock
from core.access import User
from core.audit import AuditEntry
from core.db import db, transaction
from core.states import StatusLog
from plugins.contract_outsourcing.models import Expert, PanelDraw, PanelMember, Score
from plugins.contract_outsourcing.rules import drawing
from plugins.contract_outsourcing.service import panel_queries
from tests import factories
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.factories import COUNTY
from tests.web.browser import Browser

pytestmark = pytest.mark.one_engine


@pytest.fixture
def world(app, county, database_kept):
    def make():
        return Evaluation(app, county).build()

    with clock.frozen(MORNING):
        yield database_kept.with_county(app, county, "bids opened", make)


def test_a_draw_can_be_repeated_from_its_record(app, world):
    world.draw(5)
    with app.app_context(), transaction(readonly=True):
        row = db.session.scalars(db.select(PanelDraw)).one()
        assert len(row.candidates) == 6
        assert drawing.draw(row.candidates, 5, row.seed) == row.drawn


def test_who_is_tied_to_a_bidder_is_never_drawn(app, world):
    maker = world.who("finance_maker")
    tied = [world.add_expert(), world.add_expert(employer="第2服务公司"), world.add_expert()]
    recorded = [
        (tied[0], world.providers[0], "director", "2023-06-01"),
        (tied[2], world.providers[1], "kin", None),
    ]
    for expert, organisation, kind, ended_on in recorded:
        fields = {"organisation_id": organisation, "kind": kind, "ended_on": ended_on}
        world.do("expert.record_tie", maker, id=expert, **fields)
    long_ago = world.add_expert()
    world.do(
        "expert.record_tie",
        maker,
        id=long_ago,
        organisation_id=world.providers[0],
        kind="employed",
        ended_on="2023-03-01",
    )
    world.draw(7)
    with app.app_context(), transaction(readonly=True):
        row = db.session.scalars(db.select(PanelDraw)).one()
        assert {int(number) for number in row.excluded} == set(tied)
        assert long_ago in row.candidates
        assert not set(tied) & set(row.drawn)


def test_too_small_a_pool_draws_nobody(world):
    clerk = world.who("purchaser_clerk")
    assert world.refused("panel.draw", clerk, id=world.tender, count=7) == "EXPERTS_TOO_FEW"


def test_a_member_who_stands_down_is_replaced_by_lot(world):
    world.draw(5)
    first = world.members()[0]
    words = {"confirms": False, "reason": "与投标人负责人是同学"}
    assert world.attempt("panel.declare", first, id=world.tender, confirms=False).status == 422
    world.do("panel.declare", first, id=world.tender, **words)
    assert len(world.members()) == 4
    assert world.draw(1)["candidates"] == 1  # not the one who stood down, nor who is seated
    assert len({one.user_id for one in [first, *world.members()]}) == 6


def test_a_tie_found_after_the_draw_keeps_a_member_from_confirming(app, world):
    world.draw(5)
    one = world.members()[0]
    with app.app_context(), transaction(readonly=True):
        expert = db.session.scalars(
            db.select(PanelMember.expert_id).filter_by(user_id=one.user_id)
        ).one()
    tie = {"organisation_id": world.providers[0], "kind": "holder"}
    world.do("expert.record_tie", world.who("finance_maker"), id=expert, **tie)
    code = world.refused("panel.declare", one, id=world.tender, confirms=True)
    assert code == "CONFLICT_OF_INTEREST"


def test_a_panel_that_is_too_small_even_or_unconfirmed_may_not_work(world):
    world.draw(4)
    panel = world.members()
    answer = world.attempt(
        "panel.check", panel[0], bid_id=world.bids[0], condition="1", passed=True
    )
    assert answer.body["code"] == "PANEL_INVALID"
    assert answer.body["facts"]["missing"] == 3  # too few, even, nobody confirmed
    for word in ("至少 5 人", "单数", "没有确认"):
        assert word in answer.body["detail"]


def test_the_purchaser_sends_at_most_a_third_and_never_its_clerk(world, county):
    clerk = world.who("purchaser_clerk")
    fields = {"id": world.tender, "user_id": county.users["purchaser_clerk"]}
    assert world.refused("panel.add_representative", clerk, **fields) == "ROLE_NOT_ALLOWED"
    world.do(
        "panel.add_representative",
        clerk,
        id=world.tender,
        user_id=county.users["purchaser_approver"],
    )
    assert (
        world.refused(
            "panel.add_representative",
            clerk,
            id=world.tender,
            user_id=county.users["purchaser_approver"],
        )
        == "PANEL_INVALID"
    )


def test_nobody_is_named_before_the_award_and_all_are_afterwards(world):
    clerk = world.who("purchaser_clerk")
    world.ranked()
    shown = world.do("panel.show", clerk, id=world.tender)
    assert [one["name"] for one in shown["members"]] == [None] * 5
    assert "seed" not in shown["draws"][0]
    assert world.refused("award.notice", world.manager(0), id=world.tender) == "NOT_FOUND"
    world.do("award.decide", world.who("purchaser_approver"), id=world.tender)
    world.do("award.publish", clerk, id=world.tender)
    notice = world.do("award.notice", world.manager(0), id=world.tender)
    assert len(notice["panel"]) == 5
    assert world.do("panel.show", clerk, id=world.tender)["draws"][0]["seed"]


def test_a_stranger_does_not_find_a_panel(world):
    world.seat()
    stranger = world.who("expert")
    assert world.refused("panel.work", stranger, id=world.tender) == "NOT_FOUND"
    assert world.do("panel.mine", stranger)["items"] == []


def test_points_stay_within_the_sheet_and_end_with_handing_in(app, world):
    panel = world.seat()
    world.check(panel[0])
    one, bid = panel[0], world.bids[0]
    for scores in (
        [{"indicator": "plan", "centipoints": 4001}],
        [{"indicator": "other", "centipoints": 1}],
        [{"indicator": "plan", "centipoints": 1}, {"indicator": "plan", "centipoints": 2}],
    ):
        assert world.refused("panel.score", one, bid_id=bid, scores=scores) == "SCORE_OUT_OF_RANGE"
    assert world.refused("panel.finish", one, id=world.tender) == "SCORES_MISSING"
    for at in range(3):
        world.score(one, at, 4000, 3000)
    world.score(one, 0, 3500, 3000)  # changed while it may be
    world.do("panel.finish", one, id=world.tender)
    changed = [{"indicator": "plan", "centipoints": 1}]
    assert world.refused("panel.score", one, bid_id=bid, scores=changed) == "SCORES_FINISHED"
    check = {"bid_id": bid, "condition": "1", "passed": True}
    assert world.refused("panel.check", panel[1], **check) == "SCORES_FINISHED"
    with app.app_context(), transaction(readonly=True):
        assert sorted(db.session.scalars(db.select(Score.centipoints))) == [
            3000,
            3000,
            3000,
            3500,
            4000,
            4000,
        ]
    assert world.refused("panel.report", one, id=world.tender) == "PANEL_NOT_FINISHED"


def test_a_bid_that_misses_a_condition_gets_no_points(world):
    panel = world.seat()
    scores = [{"indicator": "plan", "centipoints": 1}]
    early = world.refused("panel.score", panel[0], bid_id=world.bids[0], scores=scores)
    assert early == "BID_NOT_QUALIFIED"
    assert world.attempt(
        "panel.check", panel[0], bid_id=world.bids[0], condition="1", passed=False
    ).body["errors"]
    world.check(panel[0], failed=(0,))
    code = world.refused("panel.score", panel[0], bid_id=world.bids[0], scores=scores)
    assert code == "BID_NOT_QUALIFIED"


def test_a_member_sees_no_price_before_handing_in(world):
    panel = world.seat()
    world.check(panel[0])
    shown = world.do("panel.work", panel[0], id=world.tender)
    assert {bid["price_fen"] for bid in shown["bids"]} == {None}
    assert shown["missing"] == 6


def test_what_opened_sooner_is_drawn_no_sooner(app, county, world):
    with app.app_context():
        number = awards_world.tender(county, state="published", purchase_id=1)
    clerk = world.who("purchaser_clerk")
    assert world.refused("panel.draw", clerk, id=number, count=5) == "STATE_CHANGED"


def test_the_trail_tells_what_a_panel_does_but_not_who_sits_on_it_before_the_award(
    app, county, world
):
    clerk, approver = world.who("purchaser_clerk"), world.who("purchaser_approver")
    panel = world.seat()
    world.refused("panel.finish", panel[0], id=world.tender)
    with app.app_context(), transaction():
        names = []
        for at, one in enumerate(panel):
            db.session.get_one(User, one.user_id).name = names.append(f"评委{at}号") or names[-1]
        login = db.session.get_one(User, county.users["auditor"]).login
    panel = [replace(one, name=name) for one, name in zip(panel, names, strict=True)]
    gone = {"id": world.tender, "member_id": world.member_of(panel[4]), "reason": f"{names[4]}病了"}
    world.do("panel.replace", clerk, **gone)
    world.add_expert()
    late = world.seat(1)[-1]
    world.work([*panel[:4], late])
    world.report(panel[0])

    def trail() -> str:
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        acts = ("declare", "finish", "replace", "check", "report")
        lists = [browser.open(f"/audit/entries?action=panel.{one}").text for one in acts]
        with app.app_context(), transaction(readonly=True):
            query = db.select(AuditEntry.id).where(AuditEntry.action == "panel.replace")
            number = db.session.scalars(query).one()
        return "\n".join([*lists, browser.open(f"/audit/entries/{number}").text])

    before = trail()
    assert before.count("（密封）") > 10
    assert [one for one in (*names, "/audit/entries?actor=") if one in before] == []
    with app.app_context(), transaction(readonly=True):
        rows = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action.like("panel.%")))
        named = {row.action for row in rows if row.actor_id is not None}
        seats = db.session.scalars(db.select(StatusLog).filter_by(object_type="panel_member"))
        members = {one.user_id for one in [*panel, late]}
        assert not members & {row.actor_id for row in seats}
    assert named == {"panel.draw"}
    world.do("award.decide", approver, id=world.tender)
    assert names[0] not in trail()
    world.do("award.publish", clerk, id=world.tender)
    after = trail()
    assert "（密封）" not in after
    assert [one for one in names[:4] if one not in after] == []
    assert f"{names[4]}病了" in after


def test_a_failed_procurement_has_no_secret_panel(app, world):
    panel = world.seat()
    world.work(panel, failed=(0, 1, 2))
    assert world.report(panel[0])["failed_code"]
    with app.app_context(), transaction(readonly=True):
        assert list(db.session.scalars(panel_queries.named())) == [world.tender]
        assert set(db.session.scalars(panel_queries.named_bids())) == set(world.bids)


def test_who_left_a_panel_is_not_sent_to_it_again(app, world, county):
    clerk, one = world.who("purchaser_clerk"), world.who("purchaser_approver")
    fields = {"id": world.tender, "user_id": county.users["purchaser_approver"]}
    world.do("panel.add_representative", clerk, **fields)
    world.do("panel.declare", one, id=world.tender, confirms=False, reason="出差")
    answer = world.attempt("panel.add_representative", clerk, **fields)
    assert (answer.status, answer.body["code"]) == (422, "MEMBER_SEATED")
    assert "请另选一人" in answer.body["detail"]


def test_an_expert_stands_in_the_pool_once_and_may_come_back(app, world, county):
    maker, number = world.who("finance_maker"), world.add_expert()
    with app.app_context(), transaction(readonly=True):
        login = db.session.get_one(User, db.session.get_one(Expert, number).user_id).login
    fields = {"login": login, "division_code": COUNTY, "fields": ["物业"], "employer": "财大"}
    answer = world.attempt("expert.add", maker, **fields)
    assert (answer.status, answer.body["code"]) == (409, "EXPERT_EXISTS")
    world.do("expert.retire", maker, id=number, reason="出国")
    assert world.do("expert.add", maker, **fields)["id"] == number


def test_where_bids_bear_their_price_no_final_quotes_are_called(world):
    panel = world.seat()
    until = {"id": world.tender, "until": "2026-03-03T17:00"}
    answer = world.attempt("panel.call_quotes", panel[0], **until)
    assert (answer.status, answer.body["code"]) == (422, "NO_FINAL_QUOTES")
    assert "以投标报价为准" in answer.body["detail"]
