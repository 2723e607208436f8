"""Promises about prices: made in public, checked, a breach heard, the support ended."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock
from core.access import Actor
from core.db import transaction
from plugins.subsidy.service.promises import covers
from tests import factories
from tests.factories import attempt, do
from tests.purchase_world import log_of
from tests.subsidy import units_world as units

pytestmark = pytest.mark.one_engine


@pytest.fixture
def office(app, county):
    """Return the county in the year in which promises are made."""
    with app.app_context(), clock.frozen(units.PROMISED):
        yield county


@pytest.fixture
def scheme(app, office, database_kept):
    """A published scheme that asks for promises."""
    return database_kept.with_county(
        app, office, "a scheme with promises", lambda: units.publish(office, conditions=units.ASKED)
    )


@pytest.fixture
def promised(app, office, scheme, database_kept):
    """A promise that meals cost no more than 12 yuan, through the year."""
    make = lambda: units.promise(office, scheme)  # noqa: E731 - a stage wants a function
    return database_kept.with_county(app, office, "a promise", make)


def refused(operation_id, actor, **fields):
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body["code"]


def covered(office, scheme, begins, ends):
    with transaction(readonly=True):
        days = (date.fromisoformat(begins), date.fromisoformat(ends))
        return covers(scheme, office.provider, *days)


def check(office, number, found_fen, role="accepter", on=units.CHECKED, **changes):
    fields = {"checked_on": on[:10], "document": "望民检〔2026〕3号", "found_fen": found_fen}
    with clock.frozen(on):
        return do("promise.check", office.actor(role), id=number, **fields | changes)


def breach(office, number):
    """Let an inspector find 15 yuan, and the clerk notify it."""
    check(office, number, 1_500)
    with clock.frozen(units.CHECKED):
        asked = {"reason": "标价高于承诺", "state_by": units.STATE_BY}
        do("promise.notify", office.actor("purchaser_clerk"), id=number, **asked)


def test_anybody_reads_what_was_promised_and_what_checks_found(app, office, scheme, promised):
    assert check(office, promised, 1_200)["is_kept"] is True
    assert check(office, promised, 1_201, role="purchaser_clerk")["is_kept"] is False
    assert check(office, promised, None, role="supervisor")["is_kept"] is False
    (told,) = do("public.promises", factories.SYSTEM, scheme_id=scheme)["items"]
    assert (told["party"], told["service"], told["unit"]) == ("望城区育才学校", "午餐", "份")
    assert (told["price_fen"], told["state_name"]) == (1_200, "承诺有效")
    assert [one["found_fen"] for one in told["checks"]] == [None, 1_201, 1_200]
    assert "notice" not in told


def test_only_who_is_asked_promises_and_never_two_prices_for_one_day(office, scheme, promised):
    manager, clerk = office.actor("provider_manager"), office.actor("purchaser_clerk")
    asked = units.PROMISE | {"scheme_id": scheme}
    later = {"from_on": "2026-12-31", "to_on": "2027-06-30"}
    assert refused("promise.make", manager, **asked | later) == "PROMISE_OVERLAPS"
    assert refused("promise.make", manager, **asked | {"to_on": "2025-01-01"}) == "INVALID_INPUT"
    assert refused("promise.make", clerk, **asked) == "ROLE_NOT_ALLOWED"
    assert refused("promise.make", manager, **asked | {"scheme_id": 999}) == "NOT_FOUND"
    other = units.publish(office)
    assert refused("promise.make", manager, **asked | {"scheme_id": other}) == "PROMISE_NOT_ASKED"
    person = Actor(1, "居民", (factories.SYSTEM.grants), resident_id=1)
    assert refused("promise.make", person, **asked) == "APPLICANT_KIND_WRONG"
    do("promise.make", manager, **asked | later | {"from_on": "2027-01-01"})
    assert len(do("promise.list", manager, scheme_id=scheme, state="standing")["items"]) == 2


def test_a_promise_has_to_cover_every_day_of_a_period(office, scheme, promised):
    assert covered(office, scheme, "2026-03-01", "2026-12-31")
    assert not covered(office, scheme, "2026-02-28", "2026-12-31")
    assert not covered(office, scheme, "2026-12-01", "2027-01-31")
    units.promise(office, scheme, from_on="2027-01-02", to_on="2027-12-31")
    assert not covered(office, scheme, "2026-12-01", "2027-01-31")
    units.promise(office, scheme, from_on="2027-01-01", to_on="2027-01-01")
    assert covered(office, scheme, "2026-12-01", "2027-01-31")


def test_a_check_lies_within_the_promise_and_not_in_the_future(office, promised):
    accepter = office.actor("accepter")
    for day in ("2026-02-28", "2026-05-07"):
        asked = {"checked_on": day, "document": "检1号", "found_fen": 1}
        with clock.frozen("2026-05-06T09:00"):
            assert refused("promise.check", accepter, id=promised, **asked) == (
                "CHECK_OUTSIDE_PROMISE"
            )


def test_a_breach_is_notified_only_where_a_check_found_one_and_with_days_to_answer(
    office, promised
):
    clerk = office.actor("purchaser_clerk")
    asked = {"id": promised, "reason": "标价高于承诺", "state_by": units.STATE_BY}
    check(office, promised, 1_200)
    with clock.frozen(units.CHECKED):
        assert refused("promise.notify", clerk, **asked) == "BREACH_NOT_FOUND"
        check(office, promised, 1_500)
        soon = asked | {"state_by": "2026-06-14"}
        assert refused("promise.notify", clerk, **soon) == "NOTICE_TOO_SHORT"
        do("promise.notify", clerk, **asked)
        assert refused("promise.notify", clerk, **asked) == "STATE_CHANGED"


@pytest.mark.requirement("R000-49", in_part=True)
def test_who_broke_its_promise_is_heard_and_then_gets_nothing_more(app, office, scheme, promised):
    breach(office, promised)
    approver, manager = office.actor("purchaser_approver"), office.actor("provider_manager")
    ended = {"id": promised, "reason": "两次检查高于承诺"}
    with clock.frozen(units.CHECKED):
        assert refused("promise.end_support", approver, **ended) == "HEARING_OPEN"
        do("promise.state", manager, id=promised, words="菜价上涨。\n已经改回。")
        clerk = office.actor("purchaser_clerk")
        both = Actor(clerk.user_id, "经办", approver.grants)
        assert refused("promise.end_support", both, **ended) == "FOUR_EYES_REQUIRED"
        checker = Actor(office.users["accepter"], "验收", approver.grants)
        assert refused("promise.end_support", checker, **ended) == "FOUR_EYES_REQUIRED"
        do("promise.end_support", approver, **ended)
        again = units.PROMISE | {"scheme_id": scheme, "service": "晚餐"}
        assert refused("promise.make", manager, **again) == "PROMISE_BROKEN"
    assert not covered(office, scheme, "2026-06-01", "2026-06-30")
    shown = do("promise.show", manager, id=promised)
    assert (shown["statement"], shown["decided_reason"]) == (
        "菜价上涨。\n已经改回。",
        "两次检查高于承诺",
    )
    assert log_of(app, "subsidy_promise", promised) == [
        "standing",
        "notified",
        "stated",
        "broken",
    ]


def test_who_says_nothing_in_time_is_judged_without(office, promised):
    breach(office, promised)
    with clock.frozen("2026-06-21T09:00"):
        late = {"id": promised, "words": "来晚了"}
        assert refused("promise.state", office.actor("provider_manager"), **late) == (
            "STATEMENT_LATE"
        )
        approver = office.actor("purchaser_approver")
        do("promise.end_support", approver, id=promised, reason="逾期未陈述")


def test_a_statement_that_convinces_lets_the_promise_stand_until_a_new_breach(office, promised):
    breach(office, promised)
    approver, clerk = office.actor("purchaser_approver"), office.actor("purchaser_clerk")
    asked = {"id": promised, "reason": "再次高于承诺", "state_by": units.STATE_BY}
    with clock.frozen(units.CHECKED):
        do("promise.drop", approver, id=promised, reason="当天为双份套餐")
        assert refused("promise.notify", clerk, **asked) == "BREACH_NOT_FOUND"
    check(office, promised, 1_800)
    with clock.frozen(units.CHECKED):
        do("promise.notify", clerk, **asked)
