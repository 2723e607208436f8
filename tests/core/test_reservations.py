"""Money reserved for a purchase: drawn before the line's own, never twice, given back whole."""

from __future__ import annotations

import pytest

from core import budget, clock
from core.budget import PPM, Share
from core.errors import RuleBroken
from core.ledger import post
from core.plugins import FORMS
from tests.settlement_world import County, together

PURCHASE = 7


@pytest.fixture
def county(make_app, monkeypatch):
    """Return a county with two lines of 30,000 yuan and no pool but that of the first."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-09-25T10:00"):
        made = County(make_app).build()
        with made.acting():
            made.other = made.new_line("WEL")
        yield made


def reserve(county, **amounts):
    """Reserve fen for the purchase: `line=..., other=...`."""
    with county.acting():
        lines = {getattr(county, name): fen for name, fen in amounts.items()}
        post("fake.reserved", "reserve", budget.reserve_moves(PURCHASE, lines))


def commit(county, source, fen, *shares, purchase=PURCHASE, **options):
    """Open a pool of the purchase and commit money to it; return the refusal, if any."""
    try:
        with county.acting():
            pool = budget.open_pool(
                "fake",
                source,
                name=source,
                shares=list(shares or [Share(county.other)]),
                purchase_id=purchase,
                **options,
            )
            post("fake.committed", source, budget.commit_moves(pool, fen))
    except RuleBroken as refusal:
        return refusal
    return None


def give_back(county, amounts):
    """Give reserved money back to its lines; return the refusal, if any."""
    try:
        with county.acting():
            post("fake.reserved", "back", budget.unreserve_moves(PURCHASE, amounts))
    except RuleBroken as refusal:
        return refusal
    return None


def rooms(county, line):
    """Return a line's available, reserved and encumbered fen."""
    with county.reading():
        found = budget.rooms(line)
    return found["available"], found["reserved"], found["encumbered"]


def test_a_purchase_draws_its_reservation_first_and_then_the_line(county):
    reserve(county, other=1_000_000)
    assert rooms(county, county.other) == (2_000_000, 1_000_000, 0)

    assert commit(county, "first", 700_000) is None
    assert rooms(county, county.other) == (2_000_000, 300_000, 700_000)

    assert commit(county, "second", 500_000) is None
    assert rooms(county, county.other) == (1_800_000, 0, 1_200_000)


def test_a_fixed_envelope_gives_no_more_than_was_reserved_and_says_what_is_left(county):
    reserve(county, other=1_000_000)

    refusal = commit(county, "much", 1_000_001, fixed_envelope=True)

    assert refusal.code == "ENVELOPE_EXCEEDED"
    assert "10000.01" in refusal.message.replace(",", "")
    assert (refusal.facts["required_fen"], refusal.facts["reserved_fen"]) == (1_000_001, 1_000_000)
    assert rooms(county, county.other) == (2_000_000, 1_000_000, 0)
    assert commit(county, "all", 1_000_000, fixed_envelope=True) is None


def test_each_line_of_a_cascade_gives_from_its_own_reservation(county):
    reserve(county, line=50_000, other=10_000)
    shares = [Share(county.line, PPM * 6 // 10), Share(county.other)]

    assert commit(county, "both", 100_001, *shares) is None

    assert rooms(county, county.line)[1:] == (0, 2_900_000 + 60_000)
    assert rooms(county, county.other) == (3_000_000 - 10_000 - 30_001, 0, 40_001)


def test_what_is_reserved_for_one_purchase_is_nobody_elses(county):
    reserve(county, other=2_500_000)

    refusal = commit(county, "foreign", 500_001, purchase=PURCHASE + 1)

    assert refusal.code == "BUDGET_INSUFFICIENT"
    assert commit(county, "foreign", 500_000, purchase=PURCHASE + 1) is None


def test_giving_back_restores_the_line_and_no_more_than_is_left_can_be_given_back(county):
    reserve(county, other=1_000_000)
    commit(county, "first", 400_000)

    with county.reading():
        assert budget.reserved(PURCHASE) == {county.other: 600_000}
    assert give_back(county, {county.other: 600_001}).code == "BUDGET_INSUFFICIENT"
    assert give_back(county, {county.other: 600_000}) is None
    assert rooms(county, county.other) == (2_600_000, 0, 400_000)


def test_two_commitments_at_once_share_one_reservation_without_counting_it_twice(county):
    reserve(county, other=1_000_000)

    answers = together(
        lambda: commit(county, "one", 900_000), lambda: commit(county, "two", 900_000)
    )

    assert answers == [None, None]
    assert rooms(county, county.other) == (1_200_000, 0, 1_800_000)
