"""While finance has stopped a procurement, nothing carries it on, at whatever step it is."""

from __future__ import annotations

import pytest

from core import clock
from tests.contract import bids_world, contract_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.factories import attempt, do

pytestmark = pytest.mark.one_engine

SUSPENDED = "PROCUREMENT_SUSPENDED"
WORDS = {"words": "处理不当。"}
AFTER = "2026-03-14T10:00"


@pytest.fixture
def world(app, county):
    with clock.frozen(MORNING):
        yield Evaluation(app, county).build()


def complaint(county, bidder, tender, about, **said):
    """Let a bidder challenge, be answered and complain; return the complaint's number."""
    asked = {"tender_id": tender, "about": about} | WORDS
    first = do("challenge.file", bidder, kind="challenge", **asked)["id"]
    do("challenge.answer", county.actor("purchaser_clerk"), id=first, words="不成立。")
    return do("challenge.file", bidder, kind="complaint", after_id=first, **asked | said)["id"]


def stopped(world, about="process", at=1):
    """Stop a procurement for ten days; return the complaint's number."""
    with world.app.app_context():
        number = complaint(world.county, world.manager(at), world.tender, about)
    world.do("complaint.suspend", world.who("supervisor"), id=number, days=10)
    return number


def rejected(world, number):
    decided = {"id": number, "words": "不成立。", "upheld": False}
    world.do("complaint.decide", world.who("supervisor"), **decided)


def test_the_panel_neither_judges_nor_scores_nor_reports(world):
    panel = world.seat()
    world.check(panel[0])
    stopped(world)
    one, bid, clerk = {"id": world.tender}, {"bid_id": world.bids[0]}, world.who("purchaser_clerk")
    seat = world.member_of(panel[1])
    scores = [{"indicator": "plan", "centipoints": 3000}]
    until = {"until": "2026-03-20T10:00"}
    for operation_id, actor, fields in (
        ("panel.draw", clerk, one | {"count": 1}),
        ("panel.replace", clerk, one | {"member_id": seat, "reason": "出差"}),
        ("panel.declare", panel[1], one | {"confirms": True}),
        ("panel.check", panel[0], bid | {"condition": "1", "passed": True}),
        ("panel.score", panel[0], bid | {"scores": scores}),
        ("panel.finish", panel[0], one),
        ("panel.call_quotes", panel[0], one | until),
        ("panel.ask_explanation", panel[0], one),
        ("panel.report", panel[0], one),
    ):
        answer = world.attempt(operation_id, actor, **fields).body
        assert answer["code"] == SUSPENDED, operation_id
        assert answer["facts"]["until"] == "2026-03-13"


def test_when_the_time_is_over_the_panel_goes_on(world):
    panel = world.seat()
    stopped(world)
    with clock.frozen(AFTER):
        world.work(panel)
        assert world.report(panel[0])["state"] == "evaluated"


def test_what_is_asked_is_read_and_answered_all_the_same(world):
    world.seat()
    stopped(world)
    asked = {"tender_id": world.tender, "kind": "enquiry", "about": "process"} | WORDS
    number = world.do("challenge.file", world.manager(2), **asked)["id"]
    clerk = world.who("purchaser_clerk")
    assert world.do("tender.show", clerk, id=world.tender)["suspended_until"] == "2026-03-13"
    assert world.do("challenge.show", clerk, id=number)["state"] == "filed"
    assert world.do("challenge.answer", clerk, id=number, words="评审中。")["state"] == "answered"


def test_no_award_is_decided_published_or_given_to_the_next(world):
    world.ranked()
    approver, clerk = world.who("purchaser_approver"), world.who("purchaser_clerk")
    one = {"id": world.tender}
    number = stopped(world)
    assert world.refused("award.decide", approver, **one) == SUSPENDED
    rejected(world, number)
    (award,) = world.do("award.decide", approver, **one)["award_ids"]
    number = stopped(world, at=2)
    assert world.refused("award.publish", clerk, **one) == SUSPENDED
    rejected(world, number)
    world.do("award.publish", clerk, **one)
    world.do("award.decline", world.manager(0), id=award, reason="人手不足")
    stopped(world, "result")
    assert world.refused("award.next", approver, **one) == SUSPENDED


@pytest.fixture
def published(app, county):
    """Return an open tender; a complaint about its documents has stopped it over its deadline."""
    with app.app_context():
        number = bids_world.published(county)
        with clock.frozen("2026-03-05T10:00"):
            made = complaint(county, bids_world.bidder("望城旁观公司"), number, "documents")
        with clock.frozen("2026-03-19T10:00"):
            do("complaint.suspend", county.actor("supervisor"), id=made, days=20)
        county.complaint = made
        yield number


def code(operation_id, actor, **fields):
    return attempt(operation_id, actor, **fields).body["code"]


def test_bids_come_in_but_are_neither_opened_nor_returned(county, published):
    bids_world.three_bids(published)
    supervisor = county.actor("supervisor")
    secret = {"passphrase": bids_world.PASSPHRASES["supervisor"]}
    with clock.frozen(bids_world.DEADLINE):
        for operation_id, fields in (
            ("opening.offer_share", secret),
            ("opening.open", {}),
            ("opening.return_bids", {}),
        ):
            assert code(operation_id, supervisor, id=published, **fields) == SUSPENDED
        decided = {"id": county.complaint, "words": "不成立。", "upheld": False}
        do("complaint.decide", supervisor, **decided)
    assert bids_world.opened(county, published)["valid"] == 3


def test_the_deadline_can_be_moved_later_meanwhile(county, published):
    later = {
        "closes_at": "2026-04-20T09:30",
        "words": "暂停采购，截止顺延。",
        "affects_bids": False,
    }
    with clock.frozen(bids_world.BIDDING):
        clerk = county.actor("purchaser_clerk")
        do("tender.amend", clerk, id=published, **later)


def test_prices_stay_shut(app, county):
    with app.app_context():
        number = bids_world.published(county)
        people = bids_world.three_bids(number)
        bids_world.opened(county, number)
        with clock.frozen("2026-03-26T10:00"):
            made = complaint(county, people[0], number, "process")
            do("complaint.suspend", county.actor("supervisor"), id=made, days=10)
            officer = county.actor("purchaser_approver")
            assert code("opening.open_prices", officer, id=number) == SUSPENDED


def test_a_failed_procurement_is_not_repeated_while_its_failure_is_looked_into(app, county):
    with app.app_context():
        number = bids_world.published(county)
        who, _other = bids_world.three_bids(number, 90_000_000, 91_000_000)
        clerk, supervisor = county.actor("purchaser_clerk"), county.actor("supervisor")
        with clock.frozen(bids_world.DEADLINE):
            do("opening.return_bids", supervisor, id=number)
            made = complaint(county, who, number, "result")
            do("complaint.suspend", supervisor, id=made, days=10)
            assert code("tender.rerun", clerk, id=number) == SUSPENDED


def test_what_finance_stops_is_not_signed_either_though_it_should_change_nothing(app, county):
    """Who complains says whether the result may change; finance may stop it all the same."""
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build()
        award = world.awarded()
        with app.app_context():
            bidder = world.manager(1)
            made = complaint(county, bidder, world.tender, "result", may_affect=False)
        clerk, approver = world.who("purchaser_clerk"), world.who("purchaser_approver")
        drafted = world.do("contract.draft", clerk, **contract_world.small(award, 900_000))
        agreed = world.do("contract.agree", approver, id=drafted["id"])
        asked = {"id": drafted["id"], "text_hash": agreed["text_hash"]}
        world.do("complaint.suspend", world.who("supervisor"), id=made, days=10)
        assert world.refused("contract.sign", world.manager(0), **asked) == "CHALLENGE_OPEN"
