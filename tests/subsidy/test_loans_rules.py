"""The balance of a loan by its events, and which histories cannot be."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from plugins.subsidy.rules.loans import Contracted, Event, Segment, balances, segments

RULES = settings(max_examples=100, deadline=None, derandomize=True)
FIRST, LAST = date(2025, 3, 3), date(2027, 3, 3)
LOAN = Contracted(FIRST, LAST, 400)


def event(kind, day, amount):
    return Event(kind, date.fromisoformat(day), amount)


@st.composite
def histories(draw):
    """Return a possible history of a loan of 400 fen."""
    events, balance, overdue, at = [], 0, 0, FIRST
    for _number in range(draw(st.integers(0, 8))):
        at += timedelta(days=draw(st.integers(0, 90)))
        rooms = {
            "drawn": 400 - balance if at < LAST else 0,
            "repaid": balance - overdue,
            "overdue": balance - overdue,
            "cured": overdue,
        }
        kind = draw(st.sampled_from(sorted(rooms)))
        if rooms[kind] and at <= LAST:
            amount = draw(st.integers(1, rooms[kind]))
            events.append(Event(kind, at, amount))
            balance += {"drawn": amount, "overdue": 0}.get(kind, -amount)
            overdue += {"overdue": amount, "cured": -amount}.get(kind, 0)
    return events


def test_overdue_principal_is_left_out_from_its_due_date_to_the_day_it_is_paid():
    events = [
        event("drawn", "2025-03-03", 400),
        event("overdue", "2025-06-10", 20),
        event("cured", "2025-06-25", 20),
    ]
    assert balances(LOAN, events)[:2] == [
        Segment(FIRST, date(2025, 6, 10), 400),
        Segment(date(2025, 6, 10), date(2025, 6, 25), 380, 20),
    ]
    assert segments(LOAN, events, date(2025, 3, 21), date(2025, 9, 21)) == (
        Segment(date(2025, 3, 21), date(2025, 6, 10), 400),
        Segment(date(2025, 6, 10), date(2025, 9, 21), 380),
    )


def test_a_loan_earns_nothing_before_it_is_drawn_and_after_its_last_day():
    events = [event("drawn", "2025-04-01", 400), event("overdue", "2027-03-03", 400)]
    cured = [*events, event("cured", "2027-05-01", 400)]
    for history in (events, cured):
        assert segments(LOAN, history, date(2025, 1, 1), date(2030, 1, 1)) == (
            Segment(date(2025, 4, 1), LAST, 400),
        )


@RULES
@given(histories(), st.dates(FIRST, LAST))
def test_a_period_cut_at_any_day_has_the_same_principal_days(events, middle):
    def principal_days(begin, end):
        return sum(
            part.principal_fen * (part.end - part.begin).days
            for part in segments(LOAN, events, begin, end)
        )

    whole = principal_days(FIRST, LAST)
    assert principal_days(FIRST, middle) + principal_days(middle, LAST) == whole
    assert whole <= LOAN.principal_fen * (LAST - FIRST).days


@RULES
@given(histories())
def test_the_history_is_without_gaps_and_never_below_nothing(events):
    found = balances(LOAN, events)
    assert found[0].begin == FIRST
    assert found[-1].end == LAST
    for one, other in itertools.pairwise(found):
        assert one.end == other.begin
    assert all(0 <= one.principal_fen <= 400 and one.overdue_fen >= 0 for one in found)


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (("repaid", "2025-05-01", 401), "未到期本金余额只有 4.00 元"),
        (("drawn", "2025-05-01", 1), "尚可提款只有 0.00 元"),
        (("cured", "2025-05-01", 1), "逾期本金只有 0.00 元"),
        (("overdue", "2025-05-01", 401), "未到期本金余额只有 4.00 元"),
        (("repaid", "2025-03-31", 1), "早于上一条的 2025-04-01"),
        (("repaid", "2025-03-02", 1), "不在贷款期 2025-03-03 至 2027-03-03 内"),
        (("repaid", "2027-03-04", 1), "不在贷款期"),
        (("drawn", "2027-03-03", 1), "不在贷款期"),
        (("repaid", "2025-05-01", 0), "金额须大于 0"),
        (("forgiven", "2025-05-01", 1), "没有“forgiven”这种事项"),
    ],
)
def test_an_impossible_history_is_refused_and_its_row_is_named(second, says):
    events = [event("drawn", "2025-04-01", 400), event(*second)]
    with pytest.raises(RuleBroken, match="第 2 条") as told:
        balances(LOAN, events)
    assert told.value.code == "LOAN_HISTORY_IMPOSSIBLE"
    assert says in told.value.message


def test_what_is_overdue_cannot_be_repaid_as_if_it_were_not():
    events = [
        event("drawn", "2025-04-01", 400),
        event("overdue", "2025-05-01", 300),
        event("repaid", "2025-05-02", 101),
    ]
    with pytest.raises(RuleBroken) as told:
        balances(LOAN, events)
    assert told.value.code == "LOAN_HISTORY_IMPOSSIBLE"
