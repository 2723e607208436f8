"""Challenges at their edges: whose bid was not opened, what failed, what was changed, once more."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db
from plugins.contract_outsourcing.models import Bid
from tests.contract import bids_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.factories import attempt, do

pytestmark = pytest.mark.one_engine

WORDS = {"kind": "challenge", "words": "处理不当。"}


@pytest.fixture
def published(app, county):
    """Return an open tender in which bids are taken."""
    with app.app_context():
        yield bids_world.published(county)


def challenged(who, tender, about):
    """Return how a challenge is answered: its state, or the code of its refusal."""
    body = attempt("challenge.file", who, tender_id=tender, about=about, **WORDS).body
    return body.get("code") or body["state"]


def test_whose_seal_was_broken_may_challenge_the_opening(county, published):
    people = bids_world.three_bids(published)
    with clock.frozen(bids_world.BIDDING), bids_world.acting():
        first = db.session.scalars(db.select(Bid).order_by(Bid.id)).first()
        first.receipt = "0" * 64
    bids_world.opened(county, published)
    with clock.frozen("2026-03-26T10:00"):
        assert challenged(people[0], published, "process") == "filed"
        assert challenged(bids_world.bidder("旁人"), published, "process") == (
            "CHALLENGE_NOT_PARTY"
        )


def test_whose_bid_was_returned_may_challenge_that_and_who_withdrew_may_not(county, published):
    stays, leaves = bids_world.three_bids(published, 90_000_000, 91_000_000)
    with clock.frozen(bids_world.BIDDING):
        do("bid.withdraw", leaves, tender_id=published)
    with clock.frozen(bids_world.DEADLINE):
        do("opening.return_bids", county.actor("supervisor"), id=published)
        for about in ("process", "result"):
            assert challenged(stays, published, about) == "filed"
            assert challenged(leaves, published, about) == "CHALLENGE_NOT_PARTY"
    # Seven working days from the failure on.
    with clock.frozen("2026-04-03T10:00"):
        assert challenged(stays, published, "result") == "filed"
    with clock.frozen("2026-04-07T10:00"):
        assert challenged(stays, published, "result") == "CHALLENGE_TOO_LATE"


def test_a_failure_long_after_the_opening_may_still_be_challenged(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(1_000_001, 1_100_000, 1_200_000)
        panel = world.seat()
        world.work(panel)
    with clock.frozen("2026-03-20T10:00"):
        assert world.report(panel[0])["failed_code"] == "ALL_ABOVE_CEILING"
        for about in ("process", "result"):
            world.do(
                "challenge.file", world.manager(0), tender_id=world.tender, about=about, **WORDS
            )


def test_a_change_of_the_documents_may_be_challenged_from_its_own_day_on(county, published):
    who = bids_world.bidder("望城公司")
    with clock.frozen("2026-03-12T10:00"):
        assert challenged(who, published, "documents") == "CHALLENGE_TOO_LATE"
        do(
            "tender.amend",
            county.actor("purchaser_clerk"),
            id=published,
            words="须有本地服务网点。",
            affects_bids=False,
        )
        assert challenged(who, published, "documents") == "filed"


def test_a_complaint_is_decided_once(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build()
        world.awarded()
        about = {"tender_id": world.tender, "about": "result"}
        first = world.do("challenge.file", world.manager(1), **about | WORDS)["id"]
        world.do("challenge.answer", world.who("purchaser_clerk"), id=first, words="不成立。")
        complaint = about | WORDS | {"kind": "complaint", "after_id": first}
        made = world.do("challenge.file", world.manager(1), **complaint)["id"]
        assert world.refused("challenge.file", world.manager(1), **complaint) == "COMPLAINT_EXISTS"
        world.do("complaint.decide", world.who("supervisor"), id=made, words="驳回。", upheld=False)
        assert world.refused("challenge.file", world.manager(1), **complaint) == "COMPLAINT_EXISTS"


def test_a_complaint_that_was_withdrawn_may_be_filed_again(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build()
        world.awarded()
        about = {"tender_id": world.tender, "about": "result"}
        first = world.do("challenge.file", world.manager(1), **about | WORDS)["id"]
        world.do("challenge.answer", world.who("purchaser_clerk"), id=first, words="不成立。")
        complaint = about | WORDS | {"kind": "complaint", "after_id": first}
        made = world.do("challenge.file", world.manager(1), **complaint)["id"]
        world.do("challenge.withdraw", world.manager(1), id=made, reason="补充材料")
        world.do("challenge.file", world.manager(1), **complaint)


def test_what_has_not_happened_yet_is_asked_about_and_not_challenged(county, published):
    who = bids_world.three_bids(published)[0]
    with clock.frozen(bids_world.BIDDING):
        for about in ("process", "result"):
            answer = attempt("challenge.file", who, tender_id=published, about=about, **WORDS)
            assert (answer.status, answer.body["code"]) == (422, "CHALLENGE_TOO_EARLY")
            assert "可以先提出询问" in answer.body["detail"]
        asked = WORDS | {"kind": "enquiry", "about": "process"}
        do("challenge.file", who, tender_id=published, **asked)
    bids_world.opened(county, published)
    with clock.frozen(bids_world.DEADLINE):
        assert challenged(who, published, "result") == "CHALLENGE_TOO_EARLY"
        assert challenged(who, published, "process") == "filed"
