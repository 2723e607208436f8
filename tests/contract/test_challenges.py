"""Enquiries, challenges and complaints: in time, answered by the right side, stopping the rest."""

from __future__ import annotations

import pytest

from core import audit, clock
from core.access import Actor, Grant
from core.db import db, transaction
from core.errors import RuleBroken
from plugins.contract_outsourcing.models import Award
from plugins.contract_outsourcing.service import challenges
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.factories import COUNTY
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine

WORDS = {"words": "评分与采购文件不符。"}


@pytest.fixture
def world(app, county, database_kept):
    def make():
        made = Evaluation(app, county).build()
        made.award = made.awarded()
        return made

    with clock.frozen(MORNING):
        yield database_kept.with_county(app, county, "awarded", make)


def file(world, at=1, **fields):
    asked = {"tender_id": world.tender, "kind": "challenge", "about": "result"} | WORDS | fields
    return world.do("challenge.file", world.manager(at), **asked)["id"]


def stopped(app, tender):
    """Return the code with which what follows an award is refused, None where it is not."""
    with app.app_context(), transaction(), audit.acting(audit.Acting("test", None, "系统")):
        try:
            challenges.refuse_while_challenged(tender)
        except RuleBroken as refusal:
            return refusal.code
    return None


def award_state(app, number):
    with app.app_context(), transaction(readonly=True):
        return db.session.get_one(Award, number).state


def test_an_open_challenge_stops_what_follows_an_award(app, world):
    assert stopped(app, world.tender) is None
    number = file(world)
    assert stopped(app, world.tender) == "CHALLENGE_OPEN"
    answer = {"id": number, "words": "评分有据。"}
    world.do("challenge.answer", world.who("purchaser_clerk"), **answer)
    # That one might still complain stops nothing.
    assert stopped(app, world.tender) is None


def test_what_affects_nothing_and_what_is_withdrawn_stops_nothing(app, world):
    file(world, kind="enquiry")
    file(world, may_affect=False)
    assert stopped(app, world.tender) is None
    number = file(world)
    assert stopped(app, world.tender) == "CHALLENGE_OPEN"
    world.do("challenge.withdraw", world.manager(1), id=number, reason="已了解")
    assert stopped(app, world.tender) is None


def test_seven_working_days_after_the_notice_it_is_too_late(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build()
        world.awarded()
    asked = {"tender_id": world.tender, "kind": "challenge", "about": "result"} | WORDS
    with clock.frozen("2026-03-12T23:00"):
        world.do("challenge.file", world.manager(1), **asked)
    with clock.frozen("2026-03-13T00:30"):
        answer = world.attempt("challenge.file", world.manager(2), **asked)
        assert answer.body["code"] == "CHALLENGE_TOO_LATE"
        assert answer.body["facts"]["last_day"] == "2026-03-12"
        world.do("challenge.file", world.manager(2), **asked | {"kind": "enquiry"})


def test_only_bidders_challenge_the_result(world, county):
    stranger = awards_world.manager_of(county, county.provider)
    asked = {"tender_id": world.tender, "kind": "challenge", "about": "result"} | WORDS
    assert world.refused("challenge.file", stranger, **asked) == "CHALLENGE_NOT_PARTY"


def test_only_the_approver_upholds_and_the_next_one_wins(app, world):
    number = file(world)
    upheld = {"id": number, "words": "扣分有误。", "upheld": True, "remedy": "next"}
    clerk, approver = world.who("purchaser_clerk"), world.who("purchaser_approver")
    assert world.refused("challenge.answer", clerk, **upheld) == "ROLE_NOT_ALLOWED"
    world.do("challenge.answer", approver, **upheld)
    assert award_state(app, world.award) == "cancelled"
    assert world.state() == "evaluated"
    made = world.do("award.decide", approver, id=world.tender)["award_ids"][0]
    with app.app_context(), transaction(readonly=True):
        assert db.session.get_one(Award, made).place == 2


def test_an_upheld_complaint_can_void_the_procurement(app, world):
    first = file(world)
    world.do("challenge.answer", world.who("purchaser_approver"), id=first, words="不成立。")
    complaint = file(world, kind="complaint", after_id=first)
    assert stopped(app, world.tender) == "CHALLENGE_OPEN"
    answer = {"id": complaint, "words": "自己审自己"}
    code = world.refused("challenge.answer", world.who("purchaser_approver"), **answer)
    assert code == "ROLE_NOT_ALLOWED"
    decided = {"id": complaint, "words": "评审组组成违法。", "upheld": True, "remedy": "fail"}
    world.do("complaint.decide", world.who("supervisor"), **decided)
    assert world.state() == "failed"
    assert award_state(app, world.award) == "cancelled"


def test_the_buyer_never_decides_a_complaint_about_itself(world, county):
    first = file(world)
    world.do("challenge.answer", world.who("purchaser_clerk"), id=first, words="不成立。")
    complaint = file(world, kind="complaint", after_id=first)
    own = Actor(
        county.users["supervisor"], "监督", (Grant("supervisor", county.purchaser, COUNTY),)
    )
    decided = {"id": complaint, "words": "不成立", "upheld": False}
    assert world.refused("complaint.decide", own, **decided) == "ROLE_NOT_ALLOWED"


def test_a_complaint_waits_for_the_answer_and_not_too_long(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build()
        world.awarded()
        first = file(world)
    complaint = {"tender_id": world.tender, "kind": "complaint", "about": "result"} | WORDS
    complaint |= {"after_id": first}
    with clock.frozen("2026-03-12T10:00"):
        assert world.refused("challenge.file", world.manager(1), **complaint) == (
            "COMPLAINT_TOO_EARLY"
        )
    with clock.frozen("2026-03-13T10:00"):  # unanswered when it was due
        world.do("challenge.file", world.manager(1), **complaint)
    with clock.frozen("2026-05-01T10:00"):
        assert world.refused("challenge.file", world.manager(1), **complaint) == (
            "CHALLENGE_TOO_LATE"
        )


def test_a_suspension_has_an_end(world):
    first = file(world)
    world.do("challenge.answer", world.who("purchaser_clerk"), id=first, words="不成立。")
    complaint = file(world, kind="complaint", after_id=first)
    supervisor = world.who("supervisor")
    world.do("complaint.suspend", supervisor, id=complaint, days=20)
    with clock.frozen("2026-03-20T10:00"):
        code = world.refused("complaint.suspend", supervisor, id=complaint, days=14)
        assert code == "SUSPENSION_TOO_LONG"
        world.do("complaint.suspend", supervisor, id=complaint, days=13)


@pytest.mark.race
def test_a_challenge_filed_while_one_signs_is_seen_or_comes_after(app, world):
    def filing():
        with app.app_context():
            return bool(file(world))

    def signing():
        return stopped(app, world.tender)

    assert set(together(filing, signing)) <= {True, None, "CHALLENGE_OPEN"}
    assert stopped(app, world.tender) == "CHALLENGE_OPEN"
