"""Carry-over: a pool goes on under its number, line by line; unspent money goes on once."""

from __future__ import annotations

import pytest

from core import access, budget, clock
from core.access import system
from core.db import db
from core.plugins import FORMS
from core.settlement import approve_clawback, order_clawback
from core.trace import core_found, core_steps
from tests.core.test_schema import view
from tests.years_world import JANUARY, LAST_MOMENT, MIDNIGHT, TurningCounty


@pytest.fixture
def county(make_app, monkeypatch):
    """A county with a pool on two lines, of which 333.33 yuan are paid and 200.00 owed."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-12-20T10:00"):
        made = TurningCounty(make_app).build()
        made.paid_in = made.pay(made.schools[1], 33_333, pool_id=made.both)
        made.owe(made.schools[1], 20_000, pool_id=made.both)
    with clock.frozen(MIDNIGHT):
        yield made


def shares(county, pool_id):
    """Return a pool's lines in the order of its cascade."""
    with county.reading():
        return [share.line_id for share in db.session.get_one(budget.Pool, pool_id).shares]


def test_what_is_encumbered_and_accrued_goes_on_step_by_step_and_what_was_paid_stays(county):
    before = [county.rooms(line) for line in (county.line, county.other_line)]
    answer = county.carry(pool_id=county.both, codes=["EDU27", "WEL27"])
    assert answer["amount_fen"] == 66_668
    lines = county.lines(2027)
    assert shares(county, county.both) == [lines["EDU27"], lines["WEL27"]]
    after = [county.rooms(line) for line in (county.line, county.other_line)]
    new = [county.rooms(lines[code]) for code in ("EDU27", "WEL27")]
    for old, left, come in zip(before, after, new, strict=True):
        assert old["approved"] == left["approved"] + come["approved"]
        for room in ("encumbered", "accrued"):
            assert old[room] == left.get(room, 0) + come[room]
        assert old["disbursed"] == left["disbursed"]
        assert "available" not in come
    assert new[0]["accrued"] + new[1]["accrued"] == 20_000


def test_the_pool_keeps_its_totals_and_is_paid_from_the_new_lines(county):
    with county.reading():
        before = budget.pool_totals(county.both)
    county.carry(pool_id=county.both, codes=["EDU27", "WEL27"])
    with county.reading():
        assert budget.pool_totals(county.both) == before
    with clock.frozen(JANUARY):
        number = county.batch()
        county.import_file(county.answer_of_bank(number, ("成功", "R2", "")))
    lines = county.lines(2027)
    paid = [county.rooms(lines[code])["disbursed"] for code in ("EDU27", "WEL27")]
    assert sum(paid) == 20_000
    assert county.rooms(county.other_line)["disbursed"] == 13_334
    county.release(46_668, pool_id=county.both)
    left = [county.rooms(lines[code]) for code in ("EDU27", "WEL27")]
    assert all("encumbered" not in rooms for rooms in left)


def test_a_pool_may_go_on_a_second_time(county):
    county.carry(pool_id=county.both, codes=["EDU27", "WEL27"])
    with clock.frozen(JANUARY):
        number = county.batch()
        county.import_file(county.answer_of_bank(number, ("成功", "R2", "")))
    with clock.frozen("2028-01-01T00:00"):
        county.carry(pool_id=county.both, codes=["EDU28", "WEL28"])
        assert shares(county, county.both) == list(county.lines(2028).values())
        county.owe(county.schools[1], 11, pool_id=county.both)
        assert county.findings() == []


def test_the_views_and_the_walk_know_both_lines(county):
    county.carry(pool_id=county.both, codes=["EDU27", "WEL27"])
    lines = county.lines(2027)
    with county.reading():
        rows = view("hv_commitment", ref_id=db.session.get_one(budget.Pool, county.both).source)
        held = {row["budget_line_id"]: row["amount_fen"] for row in rows}
        assert set(held) == {county.line, county.other_line, *lines.values()}
        assert sum(held.values()) == 100_001
        (place,) = core_found(f"pool:{county.both}", system())
        found = {step.place.key for step in core_steps(place)}
        assert found == {str(number) for number in held}
        (old,) = core_found(f"line:{county.other_line}", system())
        assert str(county.both) in {step.place.key for step in core_steps(old)}


def test_an_existing_line_of_the_same_purpose_takes_the_money_of_its_own_code(county):
    with county.acting():
        new = county.new_line("EDU", 2027)
    county.carry(pool_id=county.pool)
    assert county.rooms(new) == {
        "approved": 5_900_000,
        "available": 3_000_000,
        "encumbered": 2_900_000,
    }


@pytest.mark.requirement("R002-60", in_part=True)
def test_money_is_not_carried_to_another_purpose(county):
    with county.acting():
        budget.appropriate(
            system(),
            code="ROAD",
            name="修路",
            fiscal_year=2027,
            organisation_id=county.purchaser,
            function_code="2140106",
            economic_code="30213",
            document="1号",
            amount_fen=1,
        )
    fields = {"pool_id": county.pool, "document": "2号"}
    said = county.refused("budget.carry_over", county.budgeter, **fields, codes=["ROAD"])
    assert said == "LINE_MISMATCH"
    said = county.refused("budget.carry_over", county.budgeter, **fields, codes=["A", "B"])
    assert said == "INVALID_INPUT"


def test_two_persons_carry_over_and_not_before_the_year_is_over(county):
    fields = {"pool_id": county.pool, "document": "1号"}
    number = county.do("budget.carry_over", county.makers[0], **fields)["id"]
    again = county.refused("budget.carry_over", county.budgeter, **fields)
    assert again == "STATE_CHANGED"
    approve = "budget.approve_carry_over"
    maker = county.makers[0]
    both = access.Actor(maker.user_id, maker.name, (*maker.grants, *county.approver.grants))
    assert county.refused(approve, both, id=number) == "FOUR_EYES_REQUIRED"
    with clock.frozen(LAST_MOMENT):
        assert county.refused(approve, county.approver, id=number) == "YEAR_NOT_OVER"
    county.do("budget.decline_carry_over", county.approver, id=number, reason="金额不符")
    assert county.refused(approve, county.approver, id=number) == "STATE_CHANGED"
    assert county.carry(pool_id=county.pool)["state"] == "approved"


def test_a_payment_at_the_bank_is_awaited_first(county):
    number = county.batch()
    proposed = county.do(
        "budget.carry_over", county.budgeter, pool_id=county.both, codes=["A", "B"], document="1"
    )["id"]
    said = county.refused("budget.approve_carry_over", county.approver, id=proposed)
    assert said == "PAYMENT_UNDER_WAY"
    county.import_file(county.answer_of_bank(number, ("失败", "", "户名不符")))
    county.do("budget.approve_carry_over", county.approver, id=proposed)


@pytest.mark.parametrize("named", [True, False])
def test_what_was_paid_before_the_carry_over_comes_back_to_the_treasury(county, named):
    county.carry(pool_id=county.both, codes=["EDU27", "WEL27"])
    before = [county.rooms(line) for line in (county.line, county.other_line)]
    said = received(county, county.paid_in if named else None)
    assert said["way"] == "remitted"
    assert [county.rooms(line) for line in (county.line, county.other_line)] == before


def test_what_was_paid_after_it_comes_back_to_the_new_lines(county):
    county.carry(pool_id=county.both, codes=["EDU27", "WEL27"])
    with clock.frozen(JANUARY):
        number = county.batch()
        county.import_file(county.answer_of_bank(number, ("成功", "R2", "")))
        (payment,) = county.payments(number)
        said = received(county, payment["claims"][0]["result_journal_id"])
        assert said["way"] == "restored"
    lines = county.lines(2027)
    assert sum(county.rooms(line)["available"] for line in lines.values()) == 1_000


def received(county, paid_journal_id):
    """Claw ten yuan back of the pool on two lines; return what the treasurer heard."""
    with county.acting():
        number = order_clawback(
            county.makers[0],
            component="fake",
            source=f"redemption:{next(county.numbers)}",
            pool_id=county.both,
            party_id=county.schools[1],
            amount_fen=1_000,
            reason="未入学",
            paid_journal_id=paid_journal_id,
        ).id
    with county.acting():
        approve_clawback(county.approver, id=number)
    fields = {"id": number, "amount_fen": 1_000, "bank_reference": f"IN{number}"}
    return county.do("clawback.receive", county.treasurer, **fields)


# --- unspent money -----------------------------------------------------------------------------


def test_unspent_money_goes_on_to_a_line_of_its_own_and_not_a_second_time(county):
    free = county.rooms(county.line)["available"]
    county.carry(line_id=county.line, amount_fen=10_000)
    new = county.lines(2027)["EDU-结转"]
    assert county.rooms(new) == {"approved": 10_000, "available": 10_000}
    assert county.rooms(county.line)["available"] == free - 10_000
    with clock.frozen("2028-01-01T00:00"):
        again = {"line_id": new, "document": "1号"}
        answer = county.perform("budget.carry_over", county.budgeter, **again)
    assert answer.body["code"] == "CARRY_OVER_EXPIRED"
    assert answer.body["facts"]["available_fen"] == 10_000


def test_no_more_goes_on_than_is_there_and_never_into_other_money(county):
    fields = {"line_id": county.line, "document": "1号"}
    much = county.refused("budget.carry_over", county.budgeter, **fields, amount_fen=10**9)
    assert much == "BUDGET_INSUFFICIENT"
    with county.acting():
        county.new_line("EDU", 2027)
    said = county.refused("budget.carry_over", county.budgeter, **fields, codes=["EDU"])
    assert said == "LINE_MISMATCH"
    both = county.refused("budget.carry_over", county.budgeter, **fields, pool_id=county.pool)
    assert both == "INVALID_INPUT"


def test_a_closed_year_carries_nothing(county):
    for pool in (county.pool, county.both):
        county.carry(pool_id=pool, codes=["EDU27", "WEL27"][: 1 + (pool == county.both)])
    county.close_year()
    fields = {"line_id": county.line, "document": "1号", "amount_fen": 1}
    number = county.do("budget.carry_over", county.budgeter, **fields)["id"]
    said = county.refused("budget.approve_carry_over", county.approver, id=number)
    assert said == "YEAR_CLOSED"
