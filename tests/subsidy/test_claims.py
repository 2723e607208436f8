"""Claims of any kind: their life, who approves, what counts once, what comes back, later years."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock, trace
from core.access import system
from core.budget import rooms
from core.db import db, transaction
from core.ledger import post
from plugins.subsidy.models import Scheme, SchemeTerms
from plugins.subsidy.service import claims, due, postings, reckoning, recovering, years
from plugins.subsidy.service.schemes import terms_in_force
from tests import factories
from tests.factories import attempt, do
from tests.purchase_world import log_of
from tests.settlement_world import together
from tests.subsidy import claims_world as world
from tests.subsidy.claims_world import CLERK, FINANCE, refused
from tests.subsidy.claims_world import counted as counted  # noqa: PLC0414 - a fixture

APPROVER, MANAGER = world.APPROVER, "provider_manager"
pytestmark = pytest.mark.usefixtures("counted")


@pytest.fixture
def scheme(app, county, database_kept):
    """A published scheme that pays by the unit, on the day on which one claims."""

    def publish():
        return world.publish(county)

    number = database_kept.with_county(app, county, "pays by the unit", publish)
    with app.app_context(), clock.frozen(world.CLAIMED):
        yield number


@pytest.fixture
def paid(app, county, scheme, database_kept):
    """A claim of 1,000 yuan that was paid."""

    def pay():
        return world.paid(app, county, scheme, 2, "A1")

    return database_kept.with_county(app, county, "paid", pay)


def line_of(county):
    """Return the county's line: encumbered, accrued and disbursed, in fen."""
    with transaction(readonly=True):
        found = rooms(county.line)
    return found["encumbered"], found["accrued"], found["disbursed"]


# --- the life of a claim -----------------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
def test_a_claim_is_computed_approved_owed_and_paid(app, county, scheme):
    number = world.begin(county, scheme, 2, "A1")
    said = do("claim.check", county.actor(CLERK), id=number)
    assert (said["number"], said["amount_fen"]) == (f"BT2026{number:06d}", 100_000)
    assert line_of(county) == (0, 0, 0)
    with clock.frozen(world.APPROVED):
        do("claim.approve", county.actor(APPROVER), id=number)
    assert line_of(county) == (0, 100_000, 0)
    world.add_account(county)
    world.pay(app, county)
    assert line_of(county) == (0, 0, 100_000)
    shown = do("claim.show", county.actor("auditor"), id=number)
    assert (shown["paid_on"], shown["units"], shown["i_made"]) == (world.PAID_ON, 2, False)
    assert log_of(app, "subsidy_claim", number) == ["submitted", "computed", "approved", "paid"]
    (mine,) = do("claim.mine", county.actor(MANAGER))["items"]
    assert do("claim.own", county.actor(MANAGER), id=mine["id"])["number"] == said["number"]
    again = refused("claim.approve", county.actor(FINANCE), id=number)
    assert again["code"] == "STATE_CHANGED"


def test_as_many_different_people_approve_as_the_amount_asks_for(county, scheme):
    approver, finance = county.actor(APPROVER), county.actor(FINANCE)
    number = world.computed(county, scheme, 11)
    assert do("claim.approve", approver, id=number)["approvals"] == 1
    assert refused("claim.approve", approver, id=number)["code"] == "FOUR_EYES_REQUIRED"
    assert do("claim.approve", finance, id=number)["state"] == "computed"
    assert line_of(county) == (0, 0, 0)
    county.users["third"] = factories.make_user(APPROVER, county.purchaser)
    assert do("claim.approve", county.actor("third"), id=number)["state"] == "approved"
    assert line_of(county) == (0, 550_000, 0)


def test_computing_anew_voids_what_was_approved_before(county, scheme):
    number = world.computed(county, scheme, 3)
    do("claim.approve", county.actor(APPROVER), id=number)
    with clock.frozen("2026-07-02T11:00"):
        said = do("claim.check", county.actor(CLERK), id=number)
    assert (said["approvals"], said["persons"]) == (0, 2)
    assert do("claim.approve", county.actor(FINANCE), id=number)["state"] == "computed"
    assert do("claim.approve", county.actor(APPROVER), id=number)["state"] == "approved"


def test_who_made_or_computed_a_claim_does_not_approve_it(county, scheme):
    number = world.computed(county, scheme)
    with transaction():
        row = db.session.get_one(world.SubsidyClaim, number)
        row.made_by, row.computed_by = county.users[APPROVER], county.users[FINANCE]
    for who in (APPROVER, FINANCE):
        said = refused("claim.approve", county.actor(who), id=number)
        assert said["code"] == "FOUR_EYES_REQUIRED"


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("amount_fen", "bands", "persons"),
    [
        (100_000, world.BANDS, 1),
        (100_001, world.BANDS, 2),
        (900_000, world.BANDS[::-1], 3),
        (900_000, world.BANDS[:2], 2),
        (1, [], 1),
    ],
)
def test_the_band_of_an_amount_says_how_many_approve(app, amount_fen, bands, persons):
    assert claims.persons_for(SchemeTerms(document={"approval": bands}), amount_fen) == persons


def test_a_claim_that_the_line_cannot_pay_stays_computed(county, scheme):
    number = world.computed(county, world.publish(county, approval=[]), 61)
    said = refused("claim.approve", county.actor(APPROVER), id=number)
    assert said["code"] == "BUDGET_INSUFFICIENT"
    shown = do("claim.show", county.actor(APPROVER), id=number)
    assert (shown["state"], shown["approvals"]) == ("computed", 0)
    assert line_of(county) == (0, 0, 0)


def test_a_fixed_envelope_is_never_exceeded(county, scheme):
    small = world.publish(county, envelope_fen=120_000)
    world.approved(county, small, 2)
    number = world.computed(county, small, 1)
    said = refused("claim.approve", county.actor(APPROVER), id=number)
    assert said["code"] == "ENVELOPE_EXCEEDED"
    assert (said["facts"]["envelope_fen"], said["facts"]["left_fen"]) == (120_000, 20_000)


def test_two_approvals_at_once_cannot_exceed_the_envelope(app, county, scheme):
    small = world.publish(county, envelope_fen=120_000)
    numbers = [world.computed(county, small, 2), world.computed(county, small, 2)]

    def approving(number):
        def run():
            with app.app_context():
                return attempt("claim.approve", county.actor(APPROVER), id=number)

        return run

    codes = {one.body.get("code") for one in together(*map(approving, numbers))}
    assert codes <= {None, "ENVELOPE_EXCEEDED", "RETRY_LATER"}
    with transaction(readonly=True):
        assert years.granted_fen(small) == 100_000


def test_a_year_without_a_budget_pays_nothing(county, scheme):
    number = world.computed(county, scheme)
    with clock.frozen("2027-01-12T09:00"):
        said = refused("claim.approve", county.actor(APPROVER), id=number)
    assert said["code"] == "BUDGET_MISSING"


@pytest.mark.one_engine
def test_nothing_is_not_approved(county, scheme):
    number = world.computed(county, scheme, 0)
    said = refused("claim.approve", county.actor(APPROVER), id=number)
    assert said["code"] == "NOTHING_TO_PAY"


@pytest.mark.one_engine
def test_a_kind_that_is_not_reckoned_here_says_where(county, scheme):
    row = world.SubsidyClaim(kind="unknown")
    world.raises("CLAIM_NOT_RECKONED", lambda: reckoning.reckon(row, None, {}))


# --- for when, and once ------------------------------------------------------------------------


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("period", "code"),
    [
        ((date(2026, 2, 1), date(2026, 3, 31)), "PERIOD_OUTSIDE_SCHEME"),
        ((date(2026, 6, 2), date(2026, 6, 1)), "PERIOD_OUTSIDE_SCHEME"),
        ((date(2026, 7, 1), date(2026, 7, 2)), "PERIOD_NOT_ENDED"),
    ],
)
def test_a_period_lies_in_the_scheme_and_is_over(county, scheme, period, code):
    world.raises(code, lambda: world.begin(county, scheme, period=period))


def test_the_same_days_are_claimed_once(county, scheme):
    world.begin(county, scheme)
    later = (date(2026, 6, 30), date(2026, 7, 1))
    number = world.begin(county, scheme, period=later)
    manager = county.actor(MANAGER)

    def once():
        def run(_actor):
            claims.refuse_claimed_period(db.session.get_one(world.SubsidyClaim, number))

        world.acted("test.once", manager, run)

    world.raises("PERIOD_CLAIMED", once)
    do("claim.withdraw", manager, id=number - 1, reason="填错")
    once()


def test_a_paper_counts_once_across_all_schemes_until_its_claim_ends(county, scheme):
    clerk = county.actor(CLERK)
    number = world.computed(county, scheme, 2, "A1", "A2")
    do("claim.check", clerk, id=number)
    other = world.begin(county, world.publish(county), 1, "A2")
    said = refused("claim.check", clerk, id=other)
    assert said["code"] == "ALREADY_SUBSIDISED"
    assert said["facts"]["claim"] == f"BT2026{number:06d}"
    assert "发票 A2" in said["detail"]
    do("claim.refuse", clerk, id=number, reason="票据不实")
    assert do("claim.check", clerk, id=other)["state"] == "computed"


def test_of_two_claims_at_once_one_gets_the_paper(app, county, scheme):
    numbers = [world.begin(county, scheme, 1, "A1"), world.begin(county, scheme, 1, "A1")]

    def checking(number):
        def run():
            with app.app_context():
                return attempt("claim.check", county.actor(CLERK), id=number)

        return run

    answers = together(*map(checking, numbers))
    assert sorted(one.refused for one in answers) == [False, True]
    codes = {one.body["code"] for one in answers if one.refused}
    assert codes <= {"ALREADY_SUBSIDISED", "RETRY_LATER"}


# --- lowered before it is paid -----------------------------------------------------------------


def test_a_claim_is_lowered_by_a_difference_until_nothing_is_left(app, county, scheme):
    number = world.approved(county, scheme, 2, "A1")
    world.lower(county, number, 30_000)
    assert line_of(county) == (0, 70_000, 0)
    world.raises("RECOVERY_EXCEEDS_CLAIM", lambda: world.lower(county, number, 70_001))
    world.lower(county, number, 70_000)
    assert line_of(county) == (0, 0, 0)
    shown = do("claim.show", county.actor("auditor"), id=number)
    assert (shown["state"], shown["amount_fen"], shown["owed_fen"]) == ("forfeited", 100_000, 0)
    assert [one["amount_fen"] for one in shown["corrections"]] == [30_000, 70_000]
    assert world.computed(county, scheme, 1, "A1")


def test_a_claim_in_a_batch_is_not_lowered(county, scheme):
    number = world.approved(county, scheme)
    world.add_account(county)
    with clock.frozen(world.APPROVED):
        do("settlement.run", county.actor("finance_maker"))
        world.raises("CLAIM_IN_PAYMENT", lambda: world.lower(county, number, 1))


def test_what_was_lowered_is_not_paid(app, county, scheme):
    number = world.approved(county, scheme)
    world.lower(county, number, 30_000)
    world.add_account(county)
    world.pay(app, county)
    assert line_of(county) == (0, 0, 70_000)
    assert world.state_of(number) == "paid"


# --- what comes back ---------------------------------------------------------------------------


@pytest.mark.requirement("R000-49", in_part=True)
def test_a_share_comes_back_after_a_hearing_and_a_second_persons_decision(app, county, paid):
    number = world.propose(county, paid, 2_500)
    deciding = {"id": number, "reason": "多报属实"}
    said = refused("subsidy_recovery.decide", county.actor(APPROVER), **deciding)
    assert (said["code"], said["facts"]["state_by"]) == ("HEARING_NOT_OVER", "2026-07-07")
    do("subsidy_recovery.state", county.actor(MANAGER), id=number, statement="请从轻")
    done = do("subsidy_recovery.decide", county.actor(APPROVER), **deciding)
    assert (done["amount_fen"], done["state"]) == (25_000, "decided")
    clawback = world.clawback_of(number)
    fields = {"id": clawback, "amount_fen": 10_000, "bank_reference": "B1"}
    do("clawback.receive", county.actor("treasurer"), **fields)
    assert line_of(county) == (0, 0, 90_000)
    shown = do("subsidy_recovery.show", county.actor(MANAGER), id=number)
    assert (shown["received_fen"], shown["number"]) == (10_000, f"ZH2026{number:06d}")
    (listed,) = do("subsidy_recovery.list", county.actor("auditor"), state="decided")["items"]
    assert listed["id"] == number


def test_silence_until_the_last_day_is_an_answer(county, paid):
    number = world.propose(county, paid)
    with clock.frozen("2026-07-08T09:00"):
        late = refused("subsidy_recovery.state", county.actor(MANAGER), id=number, statement="等等")
        assert late["code"] == "STATEMENT_LATE"
        do("subsidy_recovery.decide", county.actor(APPROVER), id=number, reason="逾期未陈述")


def test_who_proposed_a_recovery_does_not_decide_it(county, paid):
    number = world.propose(county, paid)
    with transaction():
        world.db.session.get_one(world.SubsidyRecovery, number).proposed_by = county.users[APPROVER]
    said = refused("subsidy_recovery.decide", county.actor(APPROVER), id=number, reason="属实")
    assert said["code"] == "FOUR_EYES_REQUIRED"


def test_never_more_comes_back_than_was_paid(county, paid):
    first = world.propose(county, paid, 8_000)
    asked = {"share_bp": 2_001, "reason": "又查出", "basis": "办法第二十条"}
    said = refused("subsidy_recovery.propose", county.actor(CLERK), id=paid, **asked)
    assert (said["code"], said["facts"]["most_fen"]) == ("RECOVERY_EXCEEDS_CLAIM", 20_000)
    dropped = {"id": first, "reason": "查明无误"}
    assert do("subsidy_recovery.drop", county.actor(APPROVER), **dropped)["state"] == "dropped"
    assert world.propose(county, paid, 10_000)
    again = refused("subsidy_recovery.decide", county.actor(APPROVER), **dropped)
    assert again["code"] == "STATE_CHANGED"


@pytest.mark.one_engine
def test_what_is_not_paid_is_lowered_and_not_recovered(county, scheme):
    number = world.approved(county, scheme)
    asked = {"share_bp": 2_500, "reason": "多报", "basis": "办法第二十条"}
    said = refused("subsidy_recovery.propose", county.actor(CLERK), id=number, **asked)
    assert said["code"] == "CLAIM_NOT_PAID"


@pytest.mark.one_engine
def test_a_share_of_less_than_half_a_fen_is_nothing(app, county, scheme):
    number = world.approved(county, scheme)
    world.lower(county, number, 95_001)
    world.add_account(county)
    world.pay(app, county)
    asked = {"share_bp": 1, "reason": "多报", "basis": "办法第二十条"}
    said = refused("subsidy_recovery.propose", county.actor(CLERK), id=number, **asked)
    assert said["code"] == "NOTHING_TO_RECOVER"


@pytest.mark.one_engine
def test_a_resident_is_paid_and_heard_as_an_organisation_is(app, county, scheme):
    (resident,) = factories.make_residents(county, 1)
    number = world.approved(county, scheme, payee=resident)
    world.add_account(county, resident)
    world.pay(app, county)
    back = world.propose(county, number)
    assert refused("claim.own", county.actor(MANAGER), id=number)["code"] == "NOT_FOUND"
    shown = do("subsidy_recovery.show", county.actor("auditor"), id=back)
    assert "三" not in shown["party"]
    assert recovering.HEARD_DAYS == 5


# --- years to come -----------------------------------------------------------------------------


def later(county, scheme, amount_fen):
    """Owe an instalment of 2027 as the acts of agreements do; return whether it was committed."""

    def owe(actor):
        row = db.session.get_one(Scheme, scheme)
        terms = terms_in_force(row)
        return bool(years.owe_later(actor, row, terms, 2027, amount_fen)[1])

    return world.acted("test.later", county.actor(CLERK), owe)


def let_go(county, scheme, amount_fen):
    def run(_actor):
        moves = years.let_go(db.session.get_one(Scheme, scheme), 2027, amount_fen)
        if moves:
            post(postings.LET_GO, "test:let_go", moves)

    world.acted("test.let_go", county.actor(CLERK), run)


@pytest.fixture
def of_two_years(county, scheme):
    """A scheme whose plan needs 800 yuan of the next year, 500 of which are agreed."""
    plan = {"forward": [{"fiscal_year": 2027, "amount_fen": 80_000}], "ends_on": "2027-12-31"}
    number = world.publish(county, plan)
    assert later(county, number, 50_000) is False
    return number


def test_a_later_year_is_owed_by_the_plan_and_never_more_than_it_says(county, of_two_years):
    world.raises("FORWARD_EXCEEDS_PLAN", lambda: later(county, of_two_years, 30_001))
    with transaction(readonly=True):
        assert years.granted_fen(of_two_years) == 50_000
        assert not years.is_budgeted(of_two_years, 2027)
    let_go(county, of_two_years, 50_000)
    with transaction(readonly=True):
        assert years.granted_fen(of_two_years) == 0


def test_a_later_year_is_committed_once_finance_finds_its_line(county, of_two_years):
    budgeter = county.actor("finance_budget")
    with clock.frozen("2027-01-12T09:00"):
        line = factories.make_line(county, code="EDU27", fiscal_year=2027)
        open_now = do("forward.list", budgeter)["items"]
        (own,) = [one for one in open_now if one["source"] == years.source(of_two_years, 2027)]
        do("forward.convert", budgeter, id=own["id"], line_id=line)
        with transaction(readonly=True):
            assert years.is_budgeted(of_two_years, 2027)
            assert years.granted_fen(of_two_years) == rooms(line)["encumbered"] == 50_000
        let_go(county, of_two_years, 50_000)
        with transaction(readonly=True):
            assert rooms(line)["encumbered"] == 0


# --- what is due, and where the yuan goes ------------------------------------------------------


@pytest.mark.one_engine
def test_what_waits_is_due_for_who_must_act(county, scheme):
    number = world.begin(county, scheme)

    def due_for(role):
        actor = county.actor(role)
        with transaction(readonly=True):
            found = due.due_items(actor)
        return [(one.on.isoformat(), one.kind_name) for one in found]

    assert due_for(CLERK) == [("2026-07-02", "核验补贴申报")]
    do("claim.check", county.actor(CLERK), id=number)
    assert (due_for(CLERK), due_for(FINANCE)) == ([], [("2026-07-02", "批准补贴申报")])


@pytest.mark.one_engine
def test_a_recovery_is_due_to_be_heard_and_then_decided(county, paid):
    world.propose(county, paid)
    manager, approver = county.actor(MANAGER), county.actor(APPROVER)
    with transaction(readonly=True):
        (mine,), (theirs,) = due.due_items(manager), due.due_items(approver)
    assert (mine.on.isoformat(), theirs.on.isoformat()) == ("2026-07-07", "2026-07-08")


@pytest.mark.one_engine
def test_the_yuan_is_followed_from_a_claim_both_ways_and_from_its_recovery(county, paid):
    back = world.propose(county, paid)
    with transaction(readonly=True):
        (place,) = trace.find(f"BT2026{paid:06d}", system())
        walk = trace.walk(place)
        before = {one.kind for level in walk.before for one in level}
        after = {one.kind for level in walk.after for one in level}
        assert {"line", "purchase", "pool"} <= before
        assert {"claim", "payment", "batch", "subsidy_recovery", "clawback"} <= after
        assert len(place.journals) == 1
        (place,) = trace.find(f"ZH2026{back:06d}", system())
        before = {one.kind for level in trace.walk(place).before for one in level}
        assert {"subsidy_claim", "pool", "line"} <= before
        (payment,) = [one for level in walk.after for one in level if one.kind == "payment"]
        back_again = {one.kind for level in trace.walk(payment).before for one in level}
        assert {"subsidy_claim", "pool", "line"} <= back_again
        (source,) = trace.find(f"subsidy_claim:{paid}/approved", system())
        assert source.kind == "subsidy_claim"
