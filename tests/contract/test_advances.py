"""Advances: no more than can be earned, nothing of them paid twice, what is unearned comes back."""

from __future__ import annotations

import pytest

from core import clock
from core.db import transaction
from core.ledger import balance
from tests.contract import contract_world
from tests.contract.performance_world import Performing
from tests.factories import attempt

SIGNED, JUNE = "2026-03-20T10:00", "2026-06-01T10:00"
VALUE, ADVANCE = 50_000_000, 15_000_000


def terms(advance_fen=ADVANCE, year=2026, **changes):
    """Return terms with an advance beside a part of this year and one of the next."""
    return contract_world.terms(
        milestones=[
            contract_world.part("A", "预付款", None, year, "2026-03-20", kind="advance")
            | {"amount_fen": advance_fen},
            contract_world.part("M1", "前期服务", 8000, 2026, "2026-12-31"),
            contract_world.part("M2", "后期服务", 2000, 2027, "2027-02-28"),
        ],
        tail=None,
        **changes,
    )


@pytest.fixture
def world(app, county, database_kept):
    """A contract of 500,000 yuan, 400,000 of them this year, of which 150,000 in advance."""

    def make():
        made = Performing(app, county, value_fen=VALUE, terms=terms())
        made.bank_account()
        return made

    with clock.frozen(SIGNED):
        yield database_kept.with_county(app, county, "contract with an advance", make)


def advanced(world):
    """Pay the advance."""
    with clock.frozen(SIGNED):
        world.deliver(world.m1, "2026-03-20")
        world.record(world.m1, [])
        world.do("acceptance.approve", "purchaser_approver", id=world.m1)
    world.pay("2026-03-25")


def ask(world, operation_id, role, at=JUNE, **fields):
    """Try an act on a day and return what is answered."""
    with clock.frozen(at):
        return world.attempt(operation_id, role, **fields).body


@pytest.mark.parametrize(("fen", "year"), [(40_000_001, 2026), (10_000_001, 2027), (1, 2028)])
def test_no_advance_is_agreed_above_what_its_year_comes_to(app, county, fen, year):
    with app.app_context():
        asked = contract_world.fields(
            contract_world.award(county).id, value_fen=VALUE, terms=terms(fen, year)
        )
        with clock.frozen(contract_world.DRAFTED):
            refused = attempt("contract.draft", county.actor("purchaser_clerk"), **asked).body
    assert refused["code"] == "ADVANCE_TOO_LARGE"
    assert refused["facts"]["amount_fen"] == fen


def test_nothing_is_deducted_from_an_advance(world):
    with clock.frozen(SIGNED):
        world.deliver(world.m1, "2026-03-20")
    for asked in ({"kind": "late"}, {"kind": "quality", "clause": "missed", "units": 2}):
        fields = asked | {"milestone_id": world.m1, "evidence": "晚了。"}
        refused = ask(world, "deduction.propose", "accepter", SIGNED, **fields)
        assert refused["code"] == "DEDUCTION_NOT_AGREED"


def test_nothing_is_advanced_once_it_was_accepted(world):
    advance, service = world.m1, world.m2
    world.accepted(service, "2026-06-01")
    with clock.frozen(JUNE):
        world.deliver(advance, "2026-06-01")
        world.record(advance, [])
    refused = ask(world, "acceptance.approve", "purchaser_approver", id=advance)
    assert refused["code"] == "ADVANCE_TOO_LARGE"
    assert (refused["facts"]["amount_fen"], refused["facts"]["left_fen"]) == (ADVANCE, 0)


def test_nothing_is_taken_off_an_advance(world):
    with clock.frozen(JUNE):
        world.deliver(world.m1, "2026-06-01")
    asked = {"milestone_id": world.m1, "kind": "late", "evidence": "日期"}
    assert ask(world, "deduction.propose", "accepter", **asked)["code"] == "DEDUCTION_NOT_AGREED"


def test_a_deduction_takes_off_no_more_than_is_unpaid_and_the_rest_is_owed(world):
    advanced(world)
    with clock.frozen(JUNE):
        world.deliver(world.m2, "2026-06-01")
    # 2,000 visits missed are 300,000 yuan; 250,000 of the year's 400,000 are not paid yet.
    fields = {"kind": "quality", "clause": "missed", "units": 2_000, "evidence": "记录"}
    made = ask(world, "deduction.propose", "accepter", milestone_id=world.m2, **fields)
    ask(world, "deduction.state", "provider_manager", id=made["id"], words="无异议")
    ask(world, "deduction.decide", "purchaser_approver", id=made["id"], reason="属实")
    with clock.frozen(JUNE):
        found = world.accept(world.m2)
    assert (found["deducted_fen"], found["payable_fen"]) == (25_000_000, ADVANCE)
    assert (found["advance_fen"], found["state"]) == (ADVANCE, "paid")
    (income,) = world.do("contract.show", "purchaser_approver", id=world.contract)["incomes"]
    assert income["amount_fen"] == 5_000_000
    assert world.register() | {"unpaid": 0} == {
        "value": VALUE,
        "paid": ADVANCE,
        "deducted": 25_000_000,
        "unpaid": 0,
        "cancelled": 0,
    }


def test_what_was_paid_in_advance_is_not_cut_away(world):
    advanced(world)

    def cut(fen):
        cuts = [{"milestone_id": world.m2, "amount_fen": fen}]
        fields = {
            "kind": "price_down",
            "words": "减少",
            "reason": "需要",
            "changes": {"cuts": cuts},
        }
        return ask(world, "contract.amend", "purchaser_clerk", id=world.contract, **fields)

    refused = cut(25_000_001)
    assert (refused["code"], refused["facts"]["left_fen"]) == ("ADVANCE_NOT_EARNED", 25_000_000)
    assert cut(25_000_000)["state"] == "proposed"


def test_an_advance_that_was_not_earned_is_clawed_back_when_the_contract_ends(app, world):
    advanced(world)
    approver = "purchaser_approver"
    fields = {"id": world.contract, "reason": "停业", "call_bond": False}
    proposed = ask(world, "contract.terminate", "purchaser_clerk", **fields)
    ended = ask(world, "ending.approve", approver, id=proposed["id"])
    assert (ended["released_fen"], ended["owed_back_fen"]) == (VALUE - ADVANCE, ADVANCE)
    provider = world.county.provider
    with app.app_context(), transaction(readonly=True):
        assert balance("contract.prepaid") == 0
        assert balance("fin.receivable", party_id=provider) == ADVANCE
    assert ask(world, "contract.close", approver, id=world.contract)["code"] == "CONTRACT_OWED"
    (owed,) = ask(world, "clawback.list", "finance_maker")["items"]
    received = {"id": owed["id"], "amount_fen": ADVANCE, "bank_reference": "R1"}
    ask(world, "clawback.receive", "treasurer", **received)
    for side in ("purchaser", "recipients"):
        score = {"id": world.contract, "side": side, "centipoints": 5000}
        ask(world, "contract.score", "purchaser_clerk", **score)
    ask(world, "contract.evaluate", "evaluator", id=world.contract, centipoints=5000)
    closed = ask(world, "contract.close", approver, id=world.contract)
    assert (closed["paid"], closed["cancelled"]) == (ADVANCE, VALUE - ADVANCE)


def test_an_advance_that_nobody_asked_for_does_not_keep_a_contract_open(app, county):
    with clock.frozen(SIGNED):
        only = contract_world.part("M1", "全部服务", 10_000, 2026, "2026-12-31")
        advance = terms()["milestones"][0]
        world = Performing(
            app, county, value_fen=VALUE, terms=terms() | {"milestones": [advance, only]}
        )
        world.bank_account()
    world.accepted(world.m2, "2026-06-01")
    world.pay("2026-06-10")
    done = ask(
        world, "contract.complete", "purchaser_approver", "2026-06-11T10:00", id=world.contract
    )
    assert done["state"] == "completed"
    assert world.shown(world.m1)["state"] == "cancelled"
