"""Agreements: signed, paid in instalments after each check, and what a broken duty costs."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clock
from core.db import transaction
from core.ledger import balance
from plugins.subsidy import rules
from tests.factories import attempt, do
from tests.settlement_world import together
from tests.subsidy import award_world as world
from tests.subsidy.award_world import FIRST, SECOND, code

one_engine = pytest.mark.one_engine
DUTY = {"closed_from": "2027-03-10", "reason": "已关门停业"}


def made_at(name, make):
    """Return a fixture that brings the county to a stage with awards."""

    @pytest.fixture
    def found(app, county, database_kept):
        made = database_kept.with_county(app, county, name, lambda: make(county))
        with app.app_context():
            made.county = county
            yield made

    return found


final = made_at("awards_final", lambda county: world.concluded(county, SECOND))
signed = made_at("awards_signed", lambda county: world.signed(county, SECOND))


def at(moment):
    """Return a clock that stands still."""
    return clock.frozen(moment)


def show(made):
    """Return the first agreement as the office sees it."""
    return do("grant.show", made.clerk, id=made.grants[0])


def states(made):
    """Return the states of the first agreement's instalments."""
    return [one["state"] for one in show(made)["instalments"]]


def sums(made):
    """Return what an agreement's instalments come to: owed or waiting, lowered, forfeited."""
    shown = show(made)
    parts = [one for one in shown["instalments"] if one["state"] != "forfeited"]
    lowered = sum(one["lowered_fen"] for one in shown["instalments"])
    return sum(one["owed_fen"] for one in parts), lowered, shown["forfeited_fen"]


def question(made, **fields):
    """Say as the clerk that the duty was broken."""
    return do("grant.break_duty", made.clerk, id=made.grants[0], **DUTY | fields)


# --- signing -----------------------------------------------------------------------------------


def test_signing_commits_this_year_owes_the_first_part_and_lets_the_plan_owe_the_rest(final):
    with at(world.SIGNED):
        owner, result = final.owners[0], final.results[0]
        offer = do("grant.offer", owner, id=result)
        assert [one["amount_fen"] for one in offer["document"]["instalments"]] == [300_000, 200_000]
        wrong = {"id": result, "text_hash": "0" * 64}
        assert code("grant.sign", owner, **wrong) == "AGREEMENT_TEXT_CHANGED"
        said = do("grant.sign", owner, id=result, text_hash=offer["text_hash"])
        first, second = said["instalments"]
        assert (first["state"], first["fiscal_year"]) == ("approved", 2026)
        assert (second["state"], second["fiscal_year"], second["due_on"]) == (
            "submitted",
            2027,
            "2027-05-18",
        )
        again = {"id": result, "text_hash": offer["text_hash"]}
        assert code("grant.sign", owner, **again) == "STATE_CHANGED"
        [owed] = [
            one
            for one in do("forward.list", final.county.actor("finance_budget"))["items"]
            if one["source"].startswith("subsidy:")
        ]
        assert owed["amount_fen"] == 200_000
        state = do("application.show", final.clerk, id=final.applications[0])["state"]
        assert state == "agreed"


def test_an_agreement_signed_twice_at_once_is_signed_once(app, final):
    with at(world.SIGNED):
        owner, result = final.owners[0], final.results[0]
        text = do("grant.offer", owner, id=result)["text_hash"]

        def call():
            with app.app_context():
                return attempt("grant.sign", owner, id=result, text_hash=text)

        answers = together(call, call)
    assert sorted(one.body.get("code", "done") for one in answers) == ["STATE_CHANGED", "done"]


@one_engine
def test_nobody_signs_before_the_award_is_final(app, county):
    with app.app_context():
        made = world.publicised(county, FIRST)
        asked = {"id": made.results[0], "text_hash": "0" * 64}
        with at(world.NOTICED):
            assert code("grant.sign", made.owners[0], **asked) == "NOTICE_NOT_FINISHED"
            assert code("grant.offer", made.owners[0], id=made.results[0]) == "NOT_FOUND"
        with at(world.ENDED):
            assert code("grant.sign", made.owners[0], **asked) == "AWARD_NOT_FINAL"


@one_engine
def test_who_was_awarded_nothing_has_nothing_to_sign(app, county):
    with app.app_context():
        made = world.concluded(county, world.THIRD)
        asked = {"id": made.results[0], "text_hash": "0" * 64}
        with at(world.SIGNED):
            assert code("grant.sign", made.owners[0], **asked) == "NOTHING_AWARDED"


@one_engine
def test_an_award_signed_in_a_year_without_a_line_waits_for_one(final):
    with at("2027-01-05T09:00"):
        owner, result = final.owners[0], final.results[0]
        text = do("grant.offer", owner, id=result)["text_hash"]
        asked = {"id": result, "text_hash": text}
        assert code("grant.sign", owner, **asked) == "BUDGET_MISSING"


# --- instalments -------------------------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
def test_the_second_part_is_paid_after_a_year_a_check_and_its_budget(app, signed):
    world.pay(app, signed)
    check = {"id": signed.grants[0], "instalment": 2, "document": "核查表"}
    with at("2026-12-01T09:00"):
        assert code("grant.check", signed.clerk, **check) == "INSTALMENT_NOT_DUE"
    with at(world.LATER):
        assert code("grant.check", signed.clerk, **check) == "BUDGET_MISSING"
        assert do("grant.list", signed.clerk, state="due")["items"][0]["id"] == signed.grants[0]
    world.convert(signed)
    with at(world.LATER):
        unknown = check | {"instalment": 3}
        assert code("grant.check", signed.clerk, **unknown) == "INSTALMENT_UNKNOWN"
        claim = do("grant.check", signed.clerk, **check)
        assert claim["amount_fen"] == 200_000
        alone = {"id": claim["id"], "reason": "不给了"}
        assert code("claim.refuse", signed.clerk, **alone) == "INSTALMENT_AGREED"
        do("claim.approve", signed.approver, id=claim["id"])
        assert code("grant.close", signed.clerk, id=signed.grants[0]) == "GRANT_NOT_FINISHED"
    world.pay(app, signed, "2027-05-25")
    with at("2027-07-02T09:00"):
        assert do("grant.close", signed.clerk, id=signed.grants[0])["state"] == "closed"
    assert (states(signed), sums(signed)) == (["paid", "paid"], (500_000, 0, 0))


@one_engine
def test_a_later_part_does_not_overtake_an_earlier_one(app, county):
    parts = [{"share_bp": 5_000}, {"share_bp": 2_500}, {"share_bp": 2_500}]
    with app.app_context():
        made = world.signed(county, SECOND, instalments=parts)
        with at(world.SIGNED):
            check = {"id": made.grants[0], "instalment": 3, "document": "核查表"}
            assert code("grant.check", made.clerk, **check) == "EARLIER_INSTALMENT_OPEN"


# --- a duty that was not kept ------------------------------------------------------------------


def test_a_broken_duty_costs_the_second_part_and_a_share_of_the_first(app, signed):
    world.pay(app, signed)
    line = world.convert(signed)
    with at(world.BROKEN):
        said = question(signed)
        assert (said["months"], said["recoveries"][0]["amount_fen"]) == (3, 75_000)
        alone = {"id": said["recoveries"][0]["id"], "reason": "属实"}
        assert code("subsidy_recovery.decide", signed.approver, **alone) == "RECOVERY_OF_BREACH"
        assert code("subsidy_recovery.drop", signed.approver, **alone) == "RECOVERY_OF_BREACH"
        whole = {"id": signed.grants[0], "reason": "属实"}
        assert code("grant.decide_breach", signed.approver, **whole) == "HEARING_NOT_OVER"
        assert states(signed) == ["paid", "submitted"]
        answer = {"id": signed.grants[0], "statement": "房租到期。"}
        do("grant.answer", signed.owners[0], **answer)
        assert code("grant.answer", signed.owners[0], **answer) == "STATE_CHANGED"
        said = do("grant.decide_breach", signed.approver, **whole)
        assert (said["state"], said["forfeited_fen"]) == ("broken", 200_000)
    assert (states(signed), sums(signed)) == (["paid", "forfeited"], (300_000, 0, 200_000))
    with transaction(readonly=True):
        assert balance("line.available", line_id=line) + balance("line.reserved", line_id=line) == (
            500_000
        )


def test_what_was_not_paid_yet_is_lowered_and_a_later_year_goes_back_to_the_plan(signed):
    with at(world.BROKEN):
        said = question(signed)
        assert said["recoveries"] == []
    with at("2027-03-16T09:00"):
        late = {"id": signed.grants[0], "statement": "来晚了。"}
        assert code("grant.answer", signed.owners[0], **late) == "STATEMENT_LATE"
        said = do("grant.decide_breach", signed.approver, id=signed.grants[0], reason="属实")
    assert said["lowered_fen"] == 75_000
    assert (states(signed), sums(signed)) == (
        ["approved", "forfeited"],
        (225_000, 75_000, 200_000),
    )


def test_nothing_is_approved_while_a_duty_is_questioned_and_all_goes_on_once_it_is_dropped(
    app, signed
):
    world.pay(app, signed)
    world.convert(signed)
    with at(world.LATER):
        claim = do(
            "grant.check", signed.clerk, id=signed.grants[0], instalment=2, document="核查表"
        )["id"]
        said = question(signed)
        assert code("claim.approve", signed.approver, id=claim) == "DUTY_QUESTIONED"
        again = {"id": signed.grants[0]} | DUTY
        assert code("grant.break_duty", signed.clerk, **again) == "STATE_CHANGED"
        do("grant.drop_breach", signed.approver, id=signed.grants[0], reason="只是装修")
        recovery = said["recoveries"][0]["id"]
        shown = do("subsidy_recovery.show", signed.clerk, id=recovery)
        assert shown["state"] == "dropped"
        assert do("claim.approve", signed.approver, id=claim)["state"] == "approved"


@one_engine
def test_a_duty_kept_by_full_months_or_broken_in_the_future_costs_nothing(signed):
    with at("2027-06-20T09:00"):
        asked = {"id": signed.grants[0], "reason": "停业"}
        kept = asked | {"closed_from": "2027-06-10"}
        assert code("grant.break_duty", signed.clerk, **kept) == "DUTY_KEPT"
        later = asked | {"closed_from": "2027-06-21"}
        assert code("grant.break_duty", signed.clerk, **later) == "INVALID_INPUT"


@one_engine
def test_an_award_without_a_duty_cannot_be_broken(app, county):
    with app.app_context():
        made = world.signed(county, SECOND, duty_from=None, duty_months=None)
        with at(world.BROKEN):
            asked = {"id": made.grants[0]} | DUTY
            assert code("grant.break_duty", made.clerk, **asked) == "DUTY_MISSING"


@one_engine
def test_everybody_sees_their_own_agreements(signed):
    with at(world.LATER):
        mine = do("grant.list", signed.owners[0])["items"]
        assert [one["id"] for one in mine] == signed.grants
        other = signed.county.actor("provider_manager")
        assert do("grant.list", other)["items"] == []
        assert code("grant.show", other, id=signed.grants[0]) == "NOT_FOUND"


# --- always ------------------------------------------------------------------------------------


@given(
    award=st.integers(1, 10**12),
    cuts=st.lists(st.integers(1, 9_999), max_size=5, unique=True),
    missing=st.integers(0, 12),
    paid=st.integers(0, 6),
)
@settings(deadline=None)
def test_instalments_and_what_is_lowered_and_forfeited_always_make_the_award(
    award, cuts, missing, paid
):
    marks = [0, *sorted(cuts), 10_000]
    parts = rules.instalments(award, [b - a for a, b in pairwise(marks)])
    assert sum(parts) == award
    owed, waiting = parts[:paid], parts[paid:]
    back = rules.half_up(Fraction(sum(owed) * missing, 12))
    shares = rules.apportion(back, owed) if sum(owed) else []
    assert all(0 <= share <= fen for share, fen in zip(shares, owed, strict=False))
    left = sum(fen - share for fen, share in zip(owed, shares or [0] * len(owed), strict=True))
    assert left + sum(shares) + sum(waiting) == award
