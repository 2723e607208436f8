"""Subsidies per unit: claimed by class, verified on the spot, concluded by period, approved."""

from __future__ import annotations

import pytest

from core import clock
from core.db import forget_connections, transaction
from core.ledger import balance
from plugins.subsidy.models import SubsidyClaim
from tests.factories import attempt, do
from tests.settlement_world import together
from tests.subsidy import units_world as units

ENVELOPE = 1_000_001


@pytest.fixture
def office(app, county):
    """Return the county on the day on which April is claimed."""
    with app.app_context(), clock.frozen(units.CLAIMED):
        yield county


@pytest.fixture
def beds(app, office, database_kept):
    """A scheme for nursing homes and one that is eligible: scheme, application, manager."""

    def make():
        scheme = units.nursing(office)
        return scheme, *units.home(office, scheme, "望城区康乐养老院")

    return database_kept.with_county(app, office, "beds", make)


@pytest.fixture
def small(app, office, database_kept):
    """A scheme whose envelope is too small for the three homes that are eligible."""

    def make():
        scheme = units.nursing(office, envelope_fen=ENVELOPE)
        names = ("福寿养老院", "松鹤养老院", "夕阳红养老院")
        return scheme, [units.home(office, scheme, name) for name in names]

    return database_kept.with_county(app, office, "a small envelope", make)


def refused(operation_id, actor, **fields):
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body["code"]


def asked(application, *rows, **changes):
    return {"application_id": application, "units": list(rows)} | units.APRIL | changes


# --- from the claim to the money ---------------------------------------------------------------


@pytest.mark.requirement("R000-38", in_part=True)
def test_beds_are_claimed_verified_and_owed_and_what_was_not_found_is_disallowed(office, beds):
    _scheme, application, manager = beds
    since = units.row("new", 200, since="2025-03-01"), units.row("new", 110, since="2025-04-30")
    number = units.claim(application, manager, *since)
    shown = do("claim.own", manager, id=number)
    assert (shown["asked_fen"], shown["amount_fen"]) == (310 * 500_000, 0)
    done = units.verify(office, number, 200, 90)
    # 290 beds found: fewer than 300, so every one is worth less, too.
    assert (done["asked_fen"], done["amount_fen"]) == (155_000_000, 58_000_000)
    units.verify(office, number, 200, 100)
    units.approve(office, number)
    shown = do("claim.show", office.actor("auditor"), id=number)
    assert (shown["state"], shown["amount_fen"], shown["units"]) == ("approved", 150_000_000, 300)
    rows = shown["inputs"]["rows"]
    assert [(one["verified"], one["disallowed"]) for one in rows] == [(200, 0), (100, 10)]
    assert shown["inputs"]["document"] == units.RECORD
    with transaction(readonly=True):
        assert balance("fin.payable") == 150_000_000


@pytest.mark.parametrize(
    ("code", "count", "yuan"),
    [
        ("converted", 300, 750_000),
        ("converted", 120, 120_000),
        ("rented", 40, 40_000),
        ("able", 10, 2_000),
        ("light", 10, 3_000),
        ("middle", 10, 4_000),
        ("severe", 10, 6_000),
    ],
)
@pytest.mark.one_engine
def test_every_class_is_worth_what_the_county_published(office, beds, code, count, yuan):
    number = units.claim(beds[1], beds[2], units.row(code, count))
    assert units.verify(office, number, count)["amount_fen"] == yuan * 100


def test_a_month_is_claimed_once_and_again_after_it_was_taken_back(office, beds):
    _scheme, application, manager = beds
    number = units.claim(application, manager, units.row("able", 3))
    fields = asked(application, units.row("able", 3))
    assert refused("units.claim", manager, **fields) == "PERIOD_CLAIMED"
    periods = do("units.claimable", manager)["items"][0]["periods"]
    assert periods == [{"from": "2026-03-01", "to": "2026-03-31"}]
    do("claim.withdraw", manager, id=number, reason="少报一类")
    assert len(do("units.claimable", manager)["items"][0]["periods"]) == 2
    do("units.claim", manager, **fields)


def test_a_certificate_counts_once_whoever_brings_it(office, beds):
    scheme, application, manager = beds
    first = units.claim(application, manager, units.row("rented", 5, "湘民养证12号"))
    units.verify(office, first, 5)
    other, second = units.home(office, scheme, "望城区晚晴养老院")
    number = units.claim(other, second, units.row("rented", 5, " 湘民养证１２号"))
    clerk = office.actor("purchaser_clerk")
    fields = {"id": number, "verified": [5], "document": units.RECORD}
    assert refused("units.verify", clerk, **fields) == "ALREADY_SUBSIDISED"
    do("claim.refuse", clerk, id=first, reason="证书不属于该院")
    units.verify(office, number, 5)


@pytest.mark.one_engine
def test_what_was_applied_for_untruly_is_not_paid(office, beds):
    _scheme, application, manager = beds
    number = units.claim(application, manager, units.row("able", 3))
    units.verify(office, number, 3)
    approver = office.actor("purchaser_approver")
    do("application.revoke", approver, id=application, reason="登记证书不实")
    assert refused("claim.approve", approver, id=number) == "APPLICATION_ENDED"
    do("claim.refuse", office.actor("purchaser_clerk"), id=number, reason="申请已撤销")


# --- what is not taken -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period_from": "2026-05-01", "period_to": "2026-05-31"}, "PERIOD_NOT_ENDED"),
        ({"period_from": "2026-02-01", "period_to": "2026-02-28"}, "PERIOD_OUTSIDE_SCHEME"),
        ({"period_from": "2026-04-02"}, "PERIOD_NOT_WHOLE"),
        ({"units": [units.row("other", 1)]}, "UNIT_CLASS_NOT_COVERED"),
        ({"units": [units.row("new", 60, since="2025-06-01")]}, "UNITS_TOO_EARLY"),
        ({"units": [units.row("converted", 49)]}, "UNITS_BELOW_MINIMUM"),
        ({"units": [units.row("able", 1, "A1", "Ａ1")]}, "INVALID_INPUT"),
        ({"units": [units.row("able", 0)]}, "INVALID_INPUT"),
        ({"application_id": 999}, "NOT_FOUND"),
    ],
)
@pytest.mark.one_engine
def test_a_claim_that_does_not_fit_is_not_taken(office, beds, changes, code):
    _scheme, application, manager = beds
    fields = asked(application, units.row("able", 3)) | changes
    assert refused("units.claim", manager, **fields) == code


@pytest.mark.one_engine
@pytest.mark.requirement("R000-49", in_part=True)
def test_who_has_not_promised_or_broke_its_promise_claims_nothing(office):
    conditions = {"separate_accounts": True, "price_promise": True}
    scheme = units.nursing(office, conditions=conditions)
    application = units.unfinished(office, scheme, separate_accounts=False)
    manager = office.actor("provider_manager")
    fields = asked(application, units.row("able", 3))
    assert refused("units.claim", manager, **fields) == "NOT_SEPARATELY_ACCOUNTED"
    units.declare(application)
    assert refused("units.claim", manager, **fields) == "PRICE_PROMISE_MISSING"
    promise = units.promise(office, scheme, from_on="2026-04-02")
    assert refused("units.claim", manager, **fields) == "PRICE_PROMISE_MISSING"
    units.promise(office, scheme, from_on="2026-04-01", to_on="2026-04-01")
    found = {"checked_on": "2026-05-06", "document": "检1号", "found_fen": 9_999}
    do("promise.check", office.actor("accepter"), id=promise, **found)
    clerk = office.actor("purchaser_clerk")
    do("promise.notify", clerk, id=promise, reason="涨价", state_by="2026-05-11")
    do("promise.state", manager, id=promise, words="成本上涨")
    do("promise.end_support", office.actor("purchaser_approver"), id=promise, reason="不成立")
    assert refused("units.claim", manager, **fields) == "PROMISE_BROKEN"


@pytest.mark.one_engine
def test_only_an_eligible_applicant_claims(office, beds):
    scheme, _application, _manager = beds
    drafted = units.unfinished(office, scheme, state="submitted")
    fields = asked(drafted, units.row("able", 3))
    manager = office.actor("provider_manager")
    assert refused("units.claim", manager, **fields) == "APPLICATION_NOT_ELIGIBLE"
    waiving = units.publish(office, "fee_relief")
    other = asked(units.eligible(office, waiving), units.row("able", 3))
    assert refused("units.claim", manager, **other) == "SCHEME_KIND_WRONG"


@pytest.mark.one_engine
def test_units_are_verified_row_by_row_and_never_more_than_were_claimed(office, beds):
    number = units.claim(beds[1], beds[2], units.row("able", 3), units.row("severe", 2))
    clerk = office.actor("purchaser_clerk")
    assert refused("claim.check", clerk, id=number) == "UNITS_NOT_VERIFIED"
    for counts, code in (
        ([3], "INVALID_INPUT"),
        ([3, 3], "UNITS_OVER_CLAIM"),
        ([0, 0], "UNITS_NOT_FOUND"),
    ):
        fields = {"id": number, "verified": counts, "document": units.RECORD}
        assert refused("units.verify", clerk, **fields) == code
    assert units.verify(office, number, 0, 2)["amount_fen"] == 2 * 60_000


# --- a small envelope --------------------------------------------------------------------------


def claimed(office, homes, *counts):
    """Let each home claim and the clerk verify so many severe beds; return the claims' numbers."""
    found = [
        units.claim(application, manager, units.row("severe", count))
        for (application, manager), count in zip(homes, counts, strict=True)
    ]
    for number, count in zip(found, counts, strict=True):
        units.verify(office, number, count)
    return found


def amounts(numbers):
    with transaction(readonly=True):
        query = SubsidyClaim.query.filter(SubsidyClaim.id.in_(numbers)).order_by(SubsidyClaim.id)
        return [row.amount_fen for row in query]


def test_a_period_shares_what_is_left_of_the_envelope_by_largest_remainder(office, small):
    scheme, homes = small
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    numbers = claimed(office, homes, 10, 10, 10)
    assert refused("claim.approve", approver, id=numbers[0]) == "ROUND_OPEN"
    [waits] = do("units.rounds", clerk, scheme_id=scheme)["open"]
    assert (waits["claims"], waits["unchecked"], waits["wanted_fen"]) == (3, 0, 1_800_000)
    done = do("units.reduce", clerk, scheme_id=scheme, **units.APRIL)
    assert (done["wanted_fen"], done["left_fen"], done["granted_fen"]) == (
        1_800_000,
        ENVELOPE,
        ENVELOPE,
    )
    # A third of the envelope each is 333,333 and two thirds of a fen: the first two get it whole.
    assert amounts(numbers) == [333_334, 333_334, 333_333]
    for number in numbers:
        units.approve(office, number)
    with transaction(readonly=True):
        assert balance("fin.payable") == ENVELOPE
    [done] = do("units.rounds", office.actor("auditor"))["concluded"]
    assert (done["granted_fen"], done["claims"]) == (ENVELOPE, 3)


def test_what_was_concluded_stays_so_and_the_next_period_gets_what_is_left(office, small):
    scheme, homes = small
    clerk = office.actor("purchaser_clerk")
    march = {"period_from": "2026-03-01", "period_to": "2026-03-31"}
    first = units.claim(*homes[0], units.row("able", 30), **march)
    assert refused("units.reduce", clerk, scheme_id=scheme, **march) == "ROUND_NOT_CHECKED"
    units.verify(office, first, 30)
    assert refused("units.reduce", clerk, scheme_id=scheme, **units.APRIL) == "ROUND_EMPTY"
    do("units.reduce", clerk, scheme_id=scheme, **march)
    assert refused("units.reduce", clerk, scheme_id=scheme, **march) == "ROUND_CONCLUDED"
    late = asked(homes[1][0], units.row("able", 1), **march)
    assert refused("units.claim", homes[1][1], **late) == "ROUND_CONCLUDED"
    again = {"id": first, "verified": [30], "document": units.RECORD}
    assert refused("units.verify", clerk, **again) == "ROUND_CONCLUDED"
    # March is concluded but not approved: its 600,000 are gone all the same.
    numbers = claimed(office, homes[:2], 10, 10)
    assert do("units.reduce", clerk, scheme_id=scheme, **units.APRIL)["left_fen"] == 400_001
    assert sorted(amounts([first, *numbers])) == [200_000, 200_001, 600_000]
    for number in (first, *numbers):
        units.approve(office, number)


def test_without_a_fixed_envelope_nothing_is_concluded(office, beds):
    clerk = office.actor("purchaser_clerk")
    fields = {"scheme_id": beds[0]} | units.APRIL
    assert refused("units.reduce", clerk, **fields) == "ENVELOPE_NOT_FIXED"
    assert do("units.rounds", clerk) == {"open": [], "concluded": []}


def test_nobody_slips_into_a_period_while_it_is_concluded(app, office, small):
    scheme, homes = small
    claimed(office, homes[:1], 10)
    late = asked(homes[1][0], units.row("able", 1))
    clerk = office.actor("purchaser_clerk")

    def ask(operation_id, actor, fields):
        with app.app_context():
            code = attempt(operation_id, actor, **fields).body.get("code")
            forget_connections()
        return operation_id, code

    told = together(
        lambda: ask("units.reduce", clerk, {"scheme_id": scheme} | units.APRIL),
        lambda: ask("units.claim", homes[1][1], late),
    )
    # Either the period was concluded without the claim, or the claim has to be verified first.
    assert sorted(told) in (
        [("units.claim", "ROUND_CONCLUDED"), ("units.reduce", None)],
        [("units.claim", None), ("units.reduce", "ROUND_NOT_CHECKED")],
    )
