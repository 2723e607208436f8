"""A fiscal year closes: with a checklist, by two persons, for good, in the database too."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from core import access, budget, clock
from core.checks import CHECKS, FOR_GOOD
from core.db import db
from core.errors import RuleBroken
from core.fiscal import ClosedLine
from core.ledger import Account, Transfer, post
from core.plugins import FORMS
from core.settlement import approve_clawback, order_clawback
from tests.core.tampering import take_away
from tests.settlement_world import together
from tests.years_world import LAST_MOMENT, MIDNIGHT, TurningCounty


@pytest.fixture
def county(make_app, monkeypatch):
    """A county whose books must hold after the test."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-12-20T10:00"):
        made = TurningCounty(make_app).build()
    with clock.frozen(MIDNIGHT):
        yield made


@pytest.fixture
def settled(county):
    """The county with everything paid or given back, nothing reserved."""
    with clock.frozen("2026-12-21T10:00"):
        county.paid_in = county.pay(county.schools[0], 1_200_000)
        county.release(1_700_000)
        county.release(100_001, pool_id=county.both)
    return county


def refusal(county, operation_id, actor, **fields):
    """Return the body of a refused act."""
    answer = county.perform(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def test_a_year_that_still_runs_is_not_closed(settled):
    with clock.frozen(LAST_MOMENT):
        said = settled.refused("year.request_close", settled.makers[0], year=2026)
    assert said == "YEAR_NOT_OVER"


def test_a_closed_year_keeps_its_figures_and_moves_no_money(settled):
    before = settled.rooms(settled.line)
    assert settled.close_year()["state"] == "closed"
    assert settled.rooms(settled.line) == before
    assert before["available"] == 1_800_000
    more = {"id": settled.line, "amount_fen": 1, "document": "1号"}
    assert settled.refused("budget.adjust", settled.budgeter, **more) == "YEAR_CLOSED"
    with pytest.raises(RuleBroken) as refused, settled.acting():
        settled.new_pool([budget.Share(settled.line)], amount_fen=1)
    assert refused.value.code == "YEAR_CLOSED"
    new = {"code": "LATE", "name": "迟到", "fiscal_year": 2026, "document": "2号"}
    new |= {"organisation_id": settled.purchaser, "function_code": "205", "economic_code": "303"}
    said = settled.refused("budget.appropriate", settled.budgeter, **new, amount_fen=1)
    assert said == "YEAR_CLOSED"


def test_nothing_can_be_reserved_of_a_closed_year(settled):
    settled.close_year()
    with pytest.raises(RuleBroken) as refused, settled.acting():
        post("fake.reserved", "late", budget.reserve_moves(1, {settled.line: 1}))
    assert refused.value.code == "YEAR_CLOSED"


def test_a_year_is_closed_by_another_person_and_once(settled):
    asked = settled.do("year.request_close", settled.makers[0], year=2026)
    assert asked["may_close"]
    again = settled.refused("year.request_close", settled.makers[1], year=2026)
    assert again == "STATE_CHANGED"
    maker = settled.makers[0]
    both = access.Actor(maker.user_id, maker.name, (*maker.grants, *settled.approver.grants))
    assert settled.refused("year.close", both, id=asked["id"]) == "FOUR_EYES_REQUIRED"
    assert settled.refused("year.close", maker, id=asked["id"]) == "ROLE_NOT_ALLOWED"
    settled.do("year.close", settled.approver, id=asked["id"])
    assert settled.refused("year.close", settled.approver, id=asked["id"]) == "STATE_CHANGED"
    later = settled.refused("year.request_close", settled.makers[1], year=2026)
    assert later == "YEAR_CLOSED"


def test_the_close_is_refused_with_the_figures_while_money_is_encumbered_or_accrued(county):
    county.owe(county.schools[0], 60_000)
    asked = county.do("year.request_close", county.budgeter, year=2026)
    assert not asked["may_close"]
    said = refusal(county, "year.close", county.approver, id=asked["id"])
    assert said["code"] == "YEAR_NOT_CLOSABLE"
    assert "承诺 29,000.00 元、应付 600.00 元" in said["detail"]
    held = {line["line_id"]: line for line in said["facts"]["lines"]}
    assert held[county.line]["accrued_fen"] == 60_000
    assert held[county.other_line]["encumbered_fen"] == 40_001


def test_reserved_money_stands_in_the_way_too(settled):
    with settled.acting():
        post("fake.reserved", "plan", budget.reserve_moves(7, {settled.line: 500}))
    asked = settled.do("year.request_close", settled.makers[0], year=2026)
    said = refusal(settled, "year.close", settled.approver, id=asked["id"])
    held = {"reserved_fen": 500, "encumbered_fen": 0, "accrued_fen": 0}
    assert said["facts"]["lines"] == [{"line_id": settled.line} | held]


def test_the_checklist_says_line_by_line_what_stands_in_the_way(county):
    county.owe(county.schools[0], 60_000)
    county.batch()
    said = county.do("year.checklist", county.auditor, year=2026)
    (line,) = [line for line in said["lines"] if line["line_id"] == county.line]
    assert line["in_transit_fen"] == 60_000
    assert line["pool_ids"] == [county.pool, county.both]
    assert not line["may_close"]
    assert county.do("year.checklist", county.stranger, year=2026)["lines"] == []


def test_a_strangers_year_is_his_own(settled):
    asked = settled.do("year.request_close", settled.stranger, year=2026)
    assert asked["lines"] == []
    assert settled.refused("year.close", settled.approver, id=asked["id"]) == "NOT_FOUND"


# --- what comes back afterwards ----------------------------------------------------------------


def clawback(county, amount_fen=50_000):
    """Order and approve a claw-back of the paid money and return its number."""
    with county.acting():
        number = order_clawback(
            county.makers[0],
            component="fake",
            source=f"redemption:{next(county.numbers)}",
            pool_id=county.pool,
            party_id=county.schools[0],
            amount_fen=amount_fen,
            reason="未入学",
            paid_journal_id=county.paid_in,
        ).id
    with county.acting():
        approve_clawback(county.approver, id=number)
    return number


def test_cash_back_after_the_closing_is_handed_to_the_treasury_and_no_room_moves(settled):
    settled.close_year()
    before = settled.rooms(settled.line)
    number = clawback(settled)
    answer = settled.do(
        "clawback.receive",
        settled.treasurer,
        id=number,
        amount_fen=50_000,
        bank_reference="IN1",
    )
    assert answer["way"] == "remitted"
    assert settled.rooms(settled.line) == before
    assert settled.balance("fin.remitted") == 50_000
    assert settled.balance("fin.cash_in") == 0
    assert settled.balance("fin.receivable") == 0
    assert settled.balance("fin.treasury") == 1_200_000
    assert settled.balance("pool.charged", pool_id=settled.pool) == 1_200_000


def test_cash_back_before_the_closing_returns_to_the_line_and_afterwards_the_rest_does_not(settled):
    number = clawback(settled)
    received = {"id": number, "amount_fen": 20_000}
    settled.do("clawback.receive", settled.treasurer, **received, bank_reference="IN1")
    settled.close_year()
    assert settled.rooms(settled.line)["disbursed"] == 1_180_000
    received = {"id": number, "amount_fen": 30_000, "bank_reference": "IN2"}
    answer = settled.do("clawback.receive", settled.treasurer, **received)
    assert (answer["way"], answer["state"]) == ("remitted", "received")
    assert settled.rooms(settled.line)["disbursed"] == 1_180_000


# --- what the database itself refuses ----------------------------------------------------------


def test_no_transfer_touches_a_closed_line_whoever_writes_it(settled):
    settled.close_year()
    with settled.acting():
        approved, available = (
            db.session.scalar(db.select(Account.id).filter_by(key=f"line.{room}/line=1"))
            for room in ("approved", "available")
        )
    row = {"id": 99_999, "journal_id": 1, "amount_fen": 5}
    with pytest.raises(IntegrityError, match="fiscal year"), settled.acting():
        db.session.execute(
            insert(Transfer).values(row | {"debit_id": approved, "credit_id": available})
        )


@pytest.mark.parametrize("table", FOR_GOOD)
def test_what_is_closed_or_carried_is_not_changed_afterwards(settled, table):
    settled.carry(line_id=settled.line, amount_fen=1_000)
    with clock.frozen("2026-12-22T10:00"), settled.acting():
        settled.pool = settled.new_pool([budget.Share(settled.line)], amount_fen=500)
    settled.carry(pool_id=settled.pool)
    settled.close_year()
    for change in ("UPDATE {0} SET id = id", "DELETE FROM {0}"):
        with pytest.raises(IntegrityError, match="append-only"), settled.acting():
            db.session.execute(text(change.format(table)))


@pytest.mark.parametrize(
    ("table", "trigger"), [("transfer", "transfer_open_line"), ("closed_line", None)]
)
def test_a_trigger_that_is_gone_is_found(settled, table, trigger):
    run = {check.name: check.run for check in CHECKS}["只增不改的触发器在位"]
    with settled.app.app_context():
        db.session.begin()
        take_away(table, trigger or "closed_line_append_only")
        assert [finding.where for finding in run()] == [
            f"trigger {trigger or 'closed_line_append_only'}"
        ]
        db.session.rollback()
        db.session.remove()


def test_closing_and_committing_at_once_leave_no_money_behind(settled):
    """Whoever comes second is refused: either the commitment or the closing."""
    asked = settled.do("year.request_close", settled.makers[0], year=2026)["id"]
    outcomes = []

    def commit(number):
        try:
            with settled.acting():
                shares = [budget.Share(settled.line)]
                pool = budget.open_pool("fake", f"race:{number}", name="x", shares=shares)
                post("fake.committed", f"race:{number}", budget.commit_moves(pool, 1_000))
        except RuleBroken as refused:
            outcomes.append(refused.code)
        else:
            outcomes.append("committed")

    def close():
        answer = settled.perform("year.close", settled.approver, id=asked)
        outcomes.append(answer.body.get("code", "closed"))

    together(*[lambda n=n: commit(n) for n in range(4)], close)
    if "closed" in outcomes:
        assert outcomes.count("YEAR_CLOSED") == 4
    else:
        assert outcomes.count("committed") == 4
    with settled.reading():
        closed = db.session.scalars(db.select(ClosedLine.line_id)).all()
    assert bool(closed) == ("closed" in outcomes)


# --- years within years, and what is under way at the last second --------------------------------


@pytest.fixture
def prefecture(settled):
    """People of the prefecture above the county: one who asks, one who closes."""
    with settled.acting():
        asks = settled.person("finance_maker", "市经办", "430100")
        closes = settled.person("finance_approver", "市复核", "430100")
    return asks, closes


def test_a_prefecture_closes_after_its_counties(settled, prefecture):
    settled.close_year()
    asks, closes = prefecture
    asked = settled.do("year.request_close", asks, year=2026)
    assert settled.do("year.close", closes, id=asked["id"])["state"] == "closed"


def test_a_county_has_nothing_to_close_once_its_prefecture_did(settled, prefecture):
    asks, closes = prefecture
    waiting = settled.do("year.request_close", settled.makers[0], year=2026)["id"]
    asked = settled.do("year.request_close", asks, year=2026)
    settled.do("year.close", closes, id=asked["id"])
    assert settled.refused("year.request_close", settled.stranger, year=2026) == "YEAR_CLOSED"
    # What was asked for before is done with too, though there is nothing left to close.
    assert settled.do("year.close", settled.approver, id=waiting)["state"] == "closed"


def closing_meanwhile(county, work):
    """Ask for the closing, do something, and let the closing come before that is committed."""
    asked = county.do("year.request_close", county.makers[0], year=2026)["id"]
    moment, answers = clock.now(), []

    def close():
        with clock.frozen(moment):
            answers.append(county.perform("year.close", county.approver, id=asked))

    thread = threading.Thread(target=close)
    with county.acting():
        work()
        thread.start()
        thread.join(timeout=1)
        assert answers == [], "the closing waits for what is under way"
    thread.join()
    return answers[0]


def test_money_that_comes_back_at_the_last_second_is_in_before_the_closing(settled):
    def come_back():
        pool = budget.lock_pool(settled.pool)
        moves = budget.release_moves(pool, 50_000, charged=True, room="line.disbursed")
        post("fake.released", "late", moves)

    assert not closing_meanwhile(settled, come_back).refused
    assert settled.rooms(settled.line)["available"] == 1_850_000


def test_a_line_made_at_the_last_second_is_closed_with_its_year(settled):
    assert not closing_meanwhile(settled, lambda: settled.new_line("LATE")).refused
    with settled.reading():
        closed = set(db.session.scalars(db.select(ClosedLine.line_id)))
    assert closed == set(settled.lines(2026).values())
