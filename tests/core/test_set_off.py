"""Set-off: what must come back is taken off the next payment, within one line and year only."""

from __future__ import annotations

import pytest

from core import budget, clock
from core.budget import Share
from core.db import db
from core.plugins import FORMS
from core.settlement import approve_clawback, is_taken, order_clawback
from core.settlement.models import ClawbackReceipt
from tests.settlement_world import together
from tests.years_world import MIDNIGHT, TurningCounty


@pytest.fixture
def county(make_app, monkeypatch):
    """A school was paid 500 yuan of which 100 must come back, and is owed 300 of another pool."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-11-20T10:00"):
        made = TurningCounty(make_app).build()
        made.release(1_000_000)
        with made.acting():
            made.next_pool = made.new_pool([Share(made.line)], amount_fen=100_000)
        made.paid_in = made.pay(made.schools[0], 50_000)
        made.claim = made.owe(made.schools[0], 30_000, pool_id=made.next_pool)
        made.due = clawback(made)
        yield made


def clawback(county, *, pool_id=None, party=0, amount_fen=10_000):
    """Order and approve a claw-back and return its number."""
    with county.acting():
        number = order_clawback(
            county.makers[0],
            component="fake",
            source=f"redemption:{next(county.numbers)}",
            pool_id=pool_id or county.pool,
            party_id=county.schools[party],
            amount_fen=amount_fen,
            reason="多付",
            paid_journal_id=county.paid_in,
        ).id
    with county.acting():
        approve_clawback(county.approver, id=number)
    return number


def set_off(county, amount_fen, *, number=None, claim=None):
    """Have the maker set a claw-back off and return the answer."""
    claim = claim or county.claim
    return county.perform(
        "clawback.set_off",
        county.makers[0],
        id=number or county.due,
        component=claim.component,
        source=claim.source,
        amount_fen=amount_fen,
    )


def test_accrued_money_becomes_available_and_the_batch_pays_the_rest(county):
    before = county.rooms(county.line)
    assert set_off(county, 10_000).body["claim_due_fen"] == 20_000
    after = county.rooms(county.line)
    assert after["accrued"] == before["accrued"] - 10_000
    assert after["available"] == before["available"] + 10_000
    assert after["disbursed"] == before["disbursed"]
    assert county.balance("fin.receivable") == 0
    assert county.balance("fin.payable", pool_id=county.next_pool) == 20_000
    number = county.batch()
    (payment,) = county.payments(number)
    assert payment["amount_fen"] == 20_000
    county.import_file(county.answer_of_bank(number, ("成功", "R2", "")))
    assert county.rooms(county.line)["disbursed"] == 70_000
    assert county.balance("fin.treasury") == 70_000
    with county.reading():
        assert budget.pool_totals(county.next_pool)["paid"] == 30_000
        assert budget.pool_totals(county.pool)["paid"] == 40_000


def test_a_claim_set_off_entirely_is_settled_at_once_and_pays_nobody(county):
    more = clawback(county, amount_fen=20_000)
    set_off(county, 10_000)
    answer = set_off(county, 20_000, number=more)
    assert answer.body["claim_due_fen"] == 0
    assert [claim.source for claim, _journal in county.form.settled][-1] == county.claim.source
    assert county.refused("settlement.run", county.makers[0]) == "NOTHING_TO_PAY"


def test_parts_add_up_and_never_exceed_what_is_due_on_either_side(county):
    assert set_off(county, 10_001).body["code"] == "AMOUNT_EXCEEDS_BALANCE"
    assert set_off(county, 4_000).status == 200
    received = {"id": county.due, "amount_fen": 6_001, "bank_reference": "IN1"}
    said = county.refused("clawback.receive", county.treasurer, **received)
    assert said == "AMOUNT_EXCEEDS_BALANCE"
    received = {"id": county.due, "amount_fen": 6_000, "bank_reference": "IN1"}
    assert county.do("clawback.receive", county.treasurer, **received)["state"] == "received"
    large = clawback(county, amount_fen=40_000)
    assert set_off(county, 26_001, number=large).body["code"] == "AMOUNT_EXCEEDS_BALANCE"
    with county.reading():
        ways = db.session.scalars(db.select(ClawbackReceipt.way).order_by(ClawbackReceipt.id))
        assert list(ways) == ["set_off", "restored"]


def test_another_line_another_payee_or_another_year_is_refused(county):
    with county.acting():
        elsewhere = county.new_pool([Share(county.other_line)], amount_fen=50_000)
    other_line = county.owe(county.schools[0], 5_000, pool_id=elsewhere)
    assert set_off(county, 1_000, claim=other_line).body["code"] == "SET_OFF_NOT_ALLOWED"
    two_lines = county.owe(county.schools[0], 5_000, pool_id=county.both)
    assert set_off(county, 1_000, claim=two_lines).body["code"] == "SET_OFF_NOT_ALLOWED"
    payee = county.owe(county.schools[1], 5_000, pool_id=county.next_pool)
    assert set_off(county, 1_000, claim=payee).body["code"] == "SET_OFF_NOT_ALLOWED"
    with clock.frozen(MIDNIGHT):
        county.carry(pool_id=county.next_pool, codes=["EDU27"])
        assert set_off(county, 1_000).body["code"] == "SET_OFF_NOT_ALLOWED"


def test_a_claim_in_a_batch_is_not_set_off_any_more(county):
    county.batch("draft")
    assert set_off(county, 1_000).body["code"] == "STATE_CHANGED"


def test_a_claim_that_was_set_off_may_not_be_lowered(county):
    set_off(county, 1_000)
    with county.reading():
        assert is_taken("fake", county.claim.source)


def test_set_offs_and_a_batch_at_once_pay_no_fen_twice(county):
    calls = [lambda: set_off(county, 5_000).status for _ in range(4)]
    calls.append(lambda: county.perform("settlement.run", county.makers[0]).status)
    together(*calls)
    with county.reading():
        off = db.session.scalar(db.select(db.func.sum(ClawbackReceipt.amount_fen))) or 0
    batches = county.do("settlement.batches", county.approver)["items"]
    drafted = sum(one["total_fen"] for one in batches if one["state"] == "draft")
    assert off <= 10_000
    if drafted:
        assert off + drafted == 30_000
