"""A risk pool: it bears its share of what a guarantor paid, and gets its share back."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import update

from core import clock
from core.acts import perform
from core.db import db, forget_connections, transaction
from core.ledger import balance
from plugins.subsidy.models import Guarantee, GuaranteeRecovery
from plugins.subsidy.service import guarantee_checks
from tests.contract.performance_world import pay_all
from tests.factories import do
from tests.subsidy import guarantee_world as world

PAID = {"paid_fen": 10_000_000, "paid_on": "2026-02-20", "document": "代偿凭证1"}


@pytest.fixture
def town(app, county, database_kept):
    """A county with a guarantor, its schemes and firms, on a day when losses may be claimed."""
    with app.app_context():
        made = database_kept.at(app, "guarantees", lambda: world.make_guarantees(county))
    with app.app_context(), clock.frozen(world.LOST):
        yield made


def lost(town, firm=0, **changes):
    """Register a guarantee, claim its loss, and return both numbers."""
    number = town.register(firm)
    claim = do("guarantee.claim_loss", town.actor("guarantor"), id=number, **PAID | changes)
    return number, claim["id"]


def pay(app, town):
    pay_all(
        app,
        lambda act, role, **fields: do(act, town.actor(role), **fields),
        "2026-04-03",
    )


def recovered(town, number, fen, document="追偿回单1", on="2026-04-02"):
    fields = {"id": number, "on": on, "amount_fen": fen, "document": document}
    return do("guarantee.recover", town.actor("guarantor"), **fields)


# --- the claim ----------------------------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
def test_the_pool_bears_its_share_of_what_was_paid_and_the_guarantee_is_called(town):
    number, claim = lost(town)
    assert do("guarantor.show", town.actor("auditor"), id=town.guarantor)["outstanding_fen"] == 0
    assert town.approve_claim(claim)["state"] == "approved"
    found = town.claim(claim)
    assert found["amount_fen"] == 3_000_000
    assert found["inputs"]["borne"] == {
        "guarantor": 5_000_000,
        "bank": 2_000_000,
        "pool": 3_000_000,
    }
    assert do("guarantee.show", town.actor("auditor"), id=number)["state_name"] == "已代偿"


def test_a_called_guarantee_is_not_claimed_again_but_after_a_refusal(town):
    number, claim = lost(town)
    answer = town.refused("guarantee.claim_loss", id=number, **PAID)
    assert answer["code"] == "GUARANTEE_CLAIMED"
    do("claim.refuse", town.actor("purchaser_clerk"), id=claim, reason="凭证不清")
    again = do("guarantee.claim_loss", town.actor("guarantor"), id=number, **PAID)
    town.approve_claim(again["id"])
    assert town.refused("guarantee.claim_loss", id=number, **PAID)["code"] == "GUARANTEE_CLAIMED"


def test_two_claims_at_once_about_one_guarantee_are_one(app, town):
    number, actor = town.register(), town.actor("guarantor")
    ready, answers = threading.Barrier(2), []

    def run():
        with app.app_context(), clock.frozen(world.LOST):
            ready.wait()
            answers.append(perform("guarantee.claim_loss", PAID | {"id": number}, actor=actor))
        forget_connections()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.body.get("code", "claimed") for one in answers) == [
        "GUARANTEE_CLAIMED",
        "claimed",
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"paid_fen": 0}, "CLAIM_NOT_PAID"),
        ({"paid_fen": 300_000_001}, "LOSS_TOO_LARGE"),
        # A tenth of all that was guaranteed is the most.
        ({"paid_fen": 30_000_001}, "CLAIM_RATE_STOP"),
        ({"paid_on": "2026-04-03"}, "INVALID_INPUT"),
    ],
)
@pytest.mark.one_engine
def test_what_was_not_paid_or_is_too_much_is_not_shared(town, changes, code):
    number = town.register()
    answer = town.refused("guarantee.claim_loss", id=number, **PAID | changes)
    assert answer["code"] == code


@pytest.mark.one_engine
def test_the_pool_waits_ninety_days_from_the_day_the_debt_fell_due(town):
    number = town.register()
    with clock.frozen("2026-03-31T09:00"):
        answer = town.refused("guarantee.claim_loss", id=number, **PAID)
    assert (answer["code"], answer["facts"]["first"]) == ("CLAIM_TOO_EARLY", "2026-04-01")
    bare = town.register(1, pool_scheme_id=None)
    answer = town.refused("guarantee.claim_loss", id=bare, **PAID)
    assert answer["code"] == "GUARANTEE_NOT_SUPPORTED"


def test_the_years_cap_leaves_the_rest_to_the_guarantor(town):
    _first, one = lost(town, 0)
    _second, two = lost(town, 1)
    for claim in (one, two):
        do("claim.check", town.actor("purchaser_clerk"), id=claim)
    # Of 50,000 a year 30,000 are taken by the first.
    assert [town.claim(claim)["amount_fen"] for claim in (one, two)] == [3_000_000, 2_000_000]
    assert town.claim(two)["inputs"]["borne"] == {
        "guarantor": 6_000_000,
        "bank": 2_000_000,
        "pool": 2_000_000,
    }


# --- what comes back ----------------------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
def test_what_the_debtor_pays_after_all_comes_back_pro_rata_to_the_last_fen(app, town):
    number, claim = lost(town)
    town.approve_claim(claim)
    pay(app, town)
    with clock.frozen("2026-04-10T09:00"):
        back = recovered(town, number, 3_333_333, on="2026-04-10")
        # 50, 20 and 30 per cent of 33,333.33: two fen go to the largest remainders.
        assert back["parts"] == {"guarantor": 1_666_666, "bank": 666_667, "pool": 1_000_000}
        manager = town.actor("purchaser_approver")
        do("subsidy_recovery.decide", manager, id=back["recovery_id"], reason="按条款返还")
        owed = do("subsidy_recovery.show", manager, id=back["recovery_id"])
        do(
            "clawback.receive",
            town.actor("treasurer"),
            id=owed["clawback_id"],
            amount_fen=1_000_000,
            bank_reference="B1",
        )
        rest = recovered(town, number, 6_666_667, "追偿回单2", on="2026-04-10")
    assert rest["parts"] == {"guarantor": 3_333_334, "bank": 1_333_333, "pool": 2_000_000}
    pool = town.claim(claim)["pool_id"]
    with transaction(readonly=True):
        assert balance("fin.receivable", pool_id=pool) == 0
    found = do("guarantee.show", town.actor("auditor"), id=number)
    assert [one["parts"]["pool"] for one in found["recoveries"]] == [1_000_000, 2_000_000]


def test_more_never_comes_back_than_was_paid_and_a_slip_counts_once(town):
    number, claim = lost(town)
    fields = {"id": number, "on": "2026-04-02", "document": "追偿回单1"}
    answer = town.refused("guarantee.recover", amount_fen=1, **fields)
    assert answer["code"] == "NOTHING_SHARED"
    town.approve_claim(claim)
    answer = town.refused("guarantee.recover", amount_fen=10_000_001, **fields)
    assert (answer["code"], answer["facts"]["still_fen"]) == ("RECOVERY_TOO_LARGE", 10_000_000)
    late = fields | {"on": "2026-02-19"}
    assert town.refused("guarantee.recover", amount_fen=1, **late)["errors"].keys() == {"on"}
    # Not paid yet, so less is owed: nothing needs to come back.
    assert recovered(town, number, 1_000_000)["recovery_id"] is None
    assert town.claim(claim)["owed_fen"] == 2_700_000
    answer = town.refused("guarantee.recover", amount_fen=1, **fields)
    assert answer["code"] == "RECOVERY_EXISTS"
    # All of it came back: there is no loss to claim any more.
    recovered(town, number, 9_000_000, "追偿回单2")
    assert town.refused("guarantee.claim_loss", id=number, **PAID)["code"] == "GUARANTEE_CLAIMED"


@pytest.mark.one_engine
def test_figures_changed_behind_the_books_are_found(app, town):
    number, claim = lost(town)
    town.approve_claim(claim)
    recovered(town, number, 1_000_000)
    assert [check.run() for check in guarantee_checks.CHECKS] == [[], []]
    db.session.execute(update(Guarantee).values(outstanding_fen=1))
    db.session.execute(update(GuaranteeRecovery).values(amount_fen=1))
    found = [check.run() for check in guarantee_checks.CHECKS]
    db.session.rollback()
    assert [len(findings) for findings in found] == [1, 1]
