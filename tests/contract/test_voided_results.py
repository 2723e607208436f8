"""A complaint upheld after signing: the contract is ended first, or the loss is compensated."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db, transaction
from plugins.contract_outsourcing.models import Award, Contract, Milestone
from tests.contract import awards_world, contract_world
from tests.contract.evaluation_world import MORNING, Evaluation

WORDS = {"words": "评分有误。"}
# Written out as a notice needs it, so that the procurement may be repeated.
SHEET = awards_world.SHEET | {
    "indicators": [
        one
        | {"levels": [{"points": one["points"], "words": "全部"}, {"points": 0, "words": "没有"}]}
        for one in awards_world.SHEET["indicators"]
    ]
}


@pytest.fixture
def world(app, county, database_kept):
    """Return a signed contract about whose award a complaint is open."""

    def make():
        made = Evaluation(app, county).build(sheet=SHEET)
        made.award = made.awarded()
        made.contract = signed(made, made.award, 900_000, at=0)
        asked = {"tender_id": made.tender, "about": "result"} | WORDS
        who = made.manager(1)
        first = made.do("challenge.file", who, kind="challenge", **asked)["id"]
        made.do("challenge.answer", made.who("purchaser_clerk"), id=first, words="不成立。")
        again = {"kind": "complaint", "after_id": first}
        made.complaint = made.do("challenge.file", who, **again, **asked)["id"]
        return made

    with clock.frozen(MORNING):
        yield database_kept.with_county(app, county, "signed and complained of", make)


def signed(world, award, value_fen, *, at):
    """Let the clerk draft, the approver agree, and both parties sign; return the contract."""
    approver = world.who("purchaser_approver")
    drafted = contract_world.small(award, value_fen)
    number = world.do("contract.draft", world.who("purchaser_clerk"), **drafted)["id"]
    asked = world.do("contract.agree", approver, id=number)
    asked = {"id": number, "text_hash": asked["text_hash"]}
    for who in (world.manager(at), approver):
        world.do("contract.sign", who, **asked)
    return number


def upheld(world, remedy):
    """Uphold the complaint with a remedy and return what is answered."""
    decided = {"id": world.complaint, "words": "评分违法。", "upheld": True, "remedy": remedy}
    return world.attempt("complaint.decide", world.who("supervisor"), **decided).body


def ended(world):
    asked = {"id": world.contract, "reason": "投诉成立，撤销合同", "call_bond": False}
    proposed = world.do("contract.terminate", world.who("purchaser_clerk"), **asked)["id"]
    world.do("ending.approve", world.who("purchaser_approver"), id=proposed)


def states(world):
    with world.app.app_context(), transaction(readonly=True):
        award, contract = (
            db.session.get_one(Award, world.award),
            db.session.get_one(Contract, world.contract),
        )
        return award.state, contract.state, world.state()


@pytest.mark.parametrize("remedy", ["fail", "next"])
def test_while_the_contract_is_in_force_it_is_said_what_to_do_first(world, remedy):
    refusal = upheld(world, remedy)
    assert refusal["code"] == "CONTRACT_IN_FORCE"
    assert "解除合同" in refusal["detail"]
    assert "第七十三条" in refusal["basis"]
    assert states(world) == ("published", "performing", "contracted")


def test_the_contract_ended_the_procurement_fails_and_may_be_repeated(world):
    ended(world)
    assert upheld(world, "fail")["state"] == "upheld"
    assert states(world) == ("cancelled", "terminated", "failed")
    world.do("tender.rerun", world.who("purchaser_clerk"), id=world.tender)


def test_the_contract_ended_the_next_of_the_ranking_gets_one(world):
    ended(world)
    assert upheld(world, "next")["state"] == "upheld"
    assert states(world) == ("cancelled", "terminated", "evaluated")
    approver, clerk = world.who("purchaser_approver"), world.who("purchaser_clerk")
    (award,) = world.do("award.decide", approver, id=world.tender)["award_ids"]
    world.do("award.publish", clerk, id=world.tender)
    signed(world, award, 950_000, at=1)
    assert world.state() == "contracted"


def delivered(world):
    """Let the provider hand in the first half."""
    with world.app.app_context(), transaction(readonly=True):
        query = db.select(Milestone.id).filter_by(contract_id=world.contract, sequence=1)
        number = db.session.scalars(query).one()
    fields = {"delivered_on": "2026-03-20", "words": "已完成。", "links": ["https://example.org/1"]}
    with clock.frozen("2026-03-20T10:00"):
        world.do("milestone.deliver", world.manager(0), id=number, **fields)


@pytest.mark.parametrize("remedy", ["fail", "next"])
def test_what_was_delivered_is_not_taken_back_but_compensated(world, remedy):
    delivered(world)
    refusal = upheld(world, remedy)
    assert refusal["code"] == "CONTRACT_PERFORMED"
    assert "赔偿" in refusal["detail"]
    assert upheld(world, "correct")["state"] == "upheld"
    assert states(world) == ("published", "performing", "contracted")
