"""Claw-back: decided by two, received in parts, given back to the line it came from."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db
from core.errors import Conflict, RuleBroken
from core.plugins import FORMS
from core.settlement import approve_clawback, cancel_clawback, order_clawback
from core.settlement.models import Clawback
from tests.settlement_world import County, together


@pytest.fixture
def paid(make_app, monkeypatch):
    """Have a school paid in September; the books must hold after the test."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-09-25T10:00"):
        county = County(make_app).build()
        county.owe(county.schools[0], 1_200_000)
        number = county.batch()
        county.import_file(county.answer_of_bank(number, ("成功", "R1", "")))
        yield county


def ordered(county, amount_fen=50_000):
    """Order a claw-back by the first maker and return its number."""
    with county.acting():
        return order_clawback(
            county.makers[0],
            component="fake",
            source="redemption:10",
            pool_id=county.pool,
            party_id=county.schools[0],
            amount_fen=amount_fen,
            reason="未入学",
        ).id


def decided(county, amount_fen=50_000):
    """Order and approve a claw-back and return its number."""
    number = ordered(county, amount_fen)
    with county.acting():
        approve_clawback(county.approver, id=number)
    return number


def receive(county, number, amount_fen, reference):
    """Have the treasurer book a receipt and return the answer."""
    return county.perform(
        "clawback.receive",
        county.treasurer,
        id=number,
        amount_fen=amount_fen,
        bank_reference=reference,
    )


def test_cash_back_in_the_year_returns_to_the_line(paid):
    before = paid.books()
    number = decided(paid)
    assert paid.books() == before | {"expense": 1_150_000, "receivable": 50_000}
    assert receive(paid, number, 20_000, "IN1").body["open_fen"] == 30_000
    answer = receive(paid, number, 30_000, "IN2")
    assert answer.body["state"] == "received"
    assert paid.books() == before | {
        "expense": 1_150_000,
        "treasury": 1_150_000,
        "disbursed": 1_150_000,
        "available": 150_000,
    }


def test_no_more_comes_back_than_was_ordered(paid):
    number = decided(paid)
    answer = receive(paid, number, 50_001, "IN1")
    assert answer.body["code"] == "AMOUNT_EXCEEDS_BALANCE"
    assert "500.00" in answer.body["detail"]
    assert receive(paid, number, 50_000, "IN1").status == 200
    assert receive(paid, number, 1, "IN2").body["code"] == "STATE_CHANGED"


def test_a_receipt_counts_once(paid):
    number = decided(paid)
    receive(paid, number, 20_000, "IN1")
    assert receive(paid, number, 20_000, "IN1").body["code"] == "BANK_REFERENCE_USED"


def test_receipts_at_once_never_exceed_what_is_due(paid):
    number = decided(paid)
    answers = together(*[lambda n=n: receive(paid, number, 20_000, f"IN{n}") for n in range(6)])
    assert sorted(a.status for a in answers) == [200, 200, 422, 422, 422, 422]


def test_who_ordered_a_clawback_cannot_approve_it(paid):
    number = ordered(paid)
    with pytest.raises(RuleBroken) as refusal, paid.acting():
        approve_clawback(paid.makers[0], id=number)
    assert refusal.value.code == "FOUR_EYES_REQUIRED"
    assert receive(paid, number, 1, "IN1").body["code"] == "STATE_CHANGED"


def test_a_clawback_is_ordered_once_and_may_be_dropped_before_approval(paid):
    books, number = paid.books(), ordered(paid)
    with pytest.raises(Conflict):
        ordered(paid)
    with paid.acting():
        cancel_clawback(id=number)
    assert paid.books() == books
    with paid.reading():
        assert db.session.get(Clawback, number).state == "cancelled"


def test_cash_back_in_january_returns_to_the_line_while_its_year_is_open(paid):
    number = decided(paid)
    with clock.frozen("2027-01-05T09:00"):
        answer = receive(paid, number, 50_000, "IN1")
    assert answer.body["way"] == "restored"
    assert paid.books()["disbursed"] == 1_150_000
