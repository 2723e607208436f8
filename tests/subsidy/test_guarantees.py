"""Guarantees: within the room of the guarantor and the pool; their fees subsidised once."""

from __future__ import annotations

import threading

import pytest

from core import clock
from core.acts import perform
from core.db import db, forget_connections, transaction
from plugins.subsidy.models import Guarantee
from plugins.subsidy.rules import read_calculation
from tests import factories
from tests.factories import attempt, do
from tests.subsidy import guarantee_world as world

YEAR = {"period_from": "2025-01-01", "period_to": "2025-12-31"}


@pytest.fixture
def town(app, county, database_kept):
    """A county with a guarantor, its schemes and firms, on a day to register guarantees."""
    with app.app_context():
        made = database_kept.at(app, "guarantees", lambda: world.make_guarantees(county))
    with app.app_context(), clock.frozen(world.REGISTERED):
        yield made


# --- the room -----------------------------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
def test_a_guarantee_uses_up_room_that_repaying_and_ending_give_back(town):
    number = town.register()
    assert town.refused("guarantee.register", **town.given())["facts"]["headroom_fen"] == (
        200_000_000
    )
    paid = {"on": "2025-06-01", "amount_fen": 100_000_000, "document": "还款凭证1"}
    assert do("guarantee.repay", town.actor("guarantor"), id=number, **paid)["outstanding_fen"] == (
        200_000_000
    )
    second = town.register()
    do("guarantee.end", town.actor("guarantor"), id=second, on="2026-02-10", reason="银行解除")
    found = do("guarantor.show", town.actor("auditor"), id=town.guarantor)
    assert found["outstanding_fen"] == 200_000_000
    single = next(one for one in found["room"] if one["limit"] == "single")
    assert (single["used_fen"], single["left_fen"]) == (200_000_000, 300_000_000)


def test_net_assets_that_shrank_leave_no_room(town):
    fewer = world.FIGURES | {"as_of": "2026-02-01", "net_assets_fen": 2_000_000_000}
    do("guarantor.report", town.actor("finance_maker"), id=town.guarantor, **fewer)
    do("guarantor.approve", town.actor("finance_approver"), id=town.guarantor)
    answer = town.refused("guarantee.register", **town.given())
    assert (answer["code"], answer["facts"]["limit"]) == ("EXPOSURE_CAP_SINGLE", "single")
    assert answer["basis"] == "融资担保公司监督管理条例第十六条"


def test_firms_that_belong_together_share_the_room_of_a_group(town):
    one, other = town.firms[:2]
    tie = {"kind": "holding", "document": "股东名册", "from_on": "2026-01-05"}
    do("party.record_tie", town.actor("finance_maker"), one_id=one, other_id=other, **tie)
    town.register(0, guaranteed_fen=500_000_000, principal_fen=500_000_000)
    answer = town.refused("guarantee.register", **town.given(1))
    assert (answer["code"], answer["facts"]["headroom_fen"]) == ("EXPOSURE_CAP_GROUP", 250_000_000)
    town.register(2)


def test_the_pools_own_total_binds_whoever_guarantees(town):
    for firm in (0, 1):
        town.register(firm, guaranteed_fen=450_000_000, principal_fen=450_000_000)
    answer = town.refused("guarantee.register", **town.given(2))
    assert (answer["code"], answer["facts"]["headroom_fen"]) == ("EXPOSURE_CAP_TOTAL", 100_000_000)
    # Outside the pool only the law's limits hold.
    town.register(2, pool_scheme_id=None)


def test_two_guarantees_at_once_cannot_both_have_the_last_room(app, town):
    actor, ready, answers = town.actor("guarantor"), threading.Barrier(2), []
    given = [town.given() for _ in range(2)]

    def run(fields):
        with app.app_context(), clock.frozen(world.REGISTERED):
            ready.wait()
            answers.append(perform("guarantee.register", fields, actor=actor))
        forget_connections()

    threads = [threading.Thread(target=run, args=(fields,)) for fields in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.body.get("code", "registered") for one in answers) == [
        "EXPOSURE_CAP_SINGLE",
        "registered",
    ]
    with transaction(readonly=True):
        rows = db.session.scalars(db.select(Guarantee.outstanding_fen)).all()
    assert rows == [300_000_000]


# --- who and what -------------------------------------------------------------------------------


def test_the_same_loan_is_guaranteed_once(town):
    given = town.given(guaranteed_fen=1_000_000)
    do("guarantee.register", town.actor("guarantor"), **given)
    assert town.refused("guarantee.register", **given)["code"] == "GUARANTEE_EXISTS"


def test_a_guarantor_does_not_guarantee_for_whoever_controls_it(town):
    with clock.frozen(world.NAMED):
        company = world.make_company(town.county, "望城二号担保有限公司")
        guarantor = world.name_guarantor(town.county, company, controller_id=town.firms[0])
    town.guarantor = guarantor
    assert town.refused("guarantee.register", **town.given(0))["code"] == "CONFLICT_OF_INTEREST"
    town.register(1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"guaranteed_fen": 300_000_001}, "guaranteed_fen"),
        ({"due_on": "2025-01-01"}, "due_on"),
        ({"from_on": "2026-02-11", "due_on": "2027-01-01"}, "from_on"),
        ({"from_on": "2024-12-31"}, "from_on"),
        ({"fee_scheme_id": None, "pool_scheme_id": None}, "fee_scheme_id"),
        ({"pool_scheme_id": 999}, "pool_scheme_id"),
        ({"credit_code": None}, "credit_code"),
    ],
)
@pytest.mark.one_engine
def test_figures_that_cannot_be_are_refused_at_their_field(town, changes, field):
    assert town.refused("guarantee.register", **town.given(**changes))["errors"].keys() == {field}


@pytest.mark.one_engine
def test_a_licence_that_ran_out_and_a_stranger_stop_a_guarantee(town):
    stranger = factories.credit_code()
    answer = town.refused("guarantee.register", **town.given(credit_code=stranger))
    assert answer["code"] == "NOT_FOUND"
    with clock.frozen("2031-01-01T09:00"):
        late = town.given(fee_scheme_id=None, pool_scheme_id=town.pool_scheme)
        assert town.refused("guarantee.register", **late)["code"] == "GUARANTOR_NOT_ALLOWED"


@pytest.mark.one_engine
def test_other_companies_neither_see_nor_change_a_guarantee(town):
    number = town.register()
    stranger = town.actor("provider_manager")
    assert attempt("guarantee.show", stranger, id=number).status == 404
    assert attempt("guarantee.register", stranger, **town.given()).status == 404


@pytest.mark.one_engine
def test_no_more_is_repaid_than_is_outstanding_and_in_order(town):
    number, actor = town.register(), town.actor("guarantor")
    paid = {"id": number, "document": "还款凭证1"}
    answer = town.refused("guarantee.repay", on="2025-06-01", amount_fen=300_000_001, **paid)
    assert (answer["code"], answer["facts"]["outstanding_fen"]) == (
        "REPAYMENT_TOO_LARGE",
        300_000_000,
    )
    do("guarantee.repay", actor, on="2025-06-01", amount_fen=1, **paid)
    for day in ("2025-05-31", "2026-02-11"):
        answer = town.refused("guarantee.repay", on=day, amount_fen=1, **paid)
        assert answer["errors"].keys() == {"on"}
    fee = {"on": "2026-02-11", "amount_fen": 1, "document": "发票"}
    assert town.refused("guarantee.pay_fee", id=number, **fee)["errors"].keys() == {"on"}


@pytest.mark.one_engine
def test_a_resident_is_a_debtor_by_her_identity_number_and_stays_masked(town):
    from core.parties import Resident  # noqa: PLC0415 - only here

    [resident] = factories.make_residents(town.county, 1)
    with transaction(readonly=True):
        id_number = db.session.get_one(Resident, resident).id_number
    number = town.register(credit_code=None, id_number=id_number)
    found = do("guarantee.show", town.actor("guarantor"), id=number)
    assert found["debtor"] != "张三丰"
    assert id_number not in str(found)


# --- the fee ------------------------------------------------------------------------------------


def paid_fee(town, number, fen=3_000_000):
    fee = {"on": "2025-01-02", "amount_fen": fen, "document": "发票 0001"}
    do("guarantee.pay_fee", town.actor("guarantor"), id=number, **fee)


def claimed(town, number, **period):
    return do("guarantee.claim_fee", town.actor("guarantor"), id=number, **period or YEAR)


@pytest.mark.requirement("R000-48", in_part=True)
def test_half_a_percent_of_three_million_for_a_year_is_owed_to_the_company(town):
    number = town.register()
    paid_fee(town, number)
    claim = claimed(town, number)
    assert town.approve_claim(claim["id"])["state"] == "approved"
    found = town.claim(claim["id"])
    assert (found["amount_fen"], found["payee"], found["beneficiary"]) == (
        1_500_000,
        "望城融资担保有限公司",
        "望城小微企业1",
    )
    [line] = read_calculation(found["calculation"]).lines
    assert (line.days, line.base, line.rate_ppm) == (365, 300_000_000, 5_000)


def test_a_repayment_lowers_the_days_after_it_and_the_fee_paid_is_the_most(town):
    number = town.register()
    paid = {"on": "2025-07-01", "amount_fen": 100_000_000, "document": "还款凭证1"}
    do("guarantee.repay", town.actor("guarantor"), id=number, **paid)
    paid_fee(town, number, 1_200_000)
    first = claimed(town, number, period_from="2025-01-01", period_to="2025-06-30")
    second = claimed(town, number, period_from="2025-07-01", period_to="2025-12-31")
    for claim in (first, second):
        do("claim.check", town.actor("purchaser_clerk"), id=claim["id"])
    # 3,000,000 x 0.5 % x 181/365 = 7,438.36; 2,000,000 x 0.5 % x 184/365 = 5,041.10, but of
    # the fee of 12,000 only 4,561.64 are left.
    assert [town.claim(one["id"])["amount_fen"] for one in (first, second)] == [743_836, 456_164]


def test_the_same_guarantee_and_period_is_never_subsidised_twice(town):
    number = town.register()
    paid_fee(town, number)
    claim = claimed(town, number)
    overlap = {"period_from": "2025-12-31", "period_to": "2026-01-31"}
    answer = town.refused("guarantee.claim_fee", id=number, **overlap)
    assert (answer["code"], answer["facts"]["claim"]) == ("PERIOD_CLAIMED", claim["number"])
    do("claim.withdraw", town.actor("guarantor"), id=claim["id"], reason="期间写错")
    claimed(town, number)


@pytest.mark.one_engine
def test_without_the_fee_a_period_or_a_scheme_nothing_is_claimed(town):
    number = town.register()
    claim = claimed(town, number)
    answer = town.refused("claim.check", "purchaser_clerk", id=claim["id"])
    assert answer["code"] == "FEE_MISSING"
    after = {"period_from": "2026-01-01", "period_to": "2026-01-31"}
    answer = town.refused("guarantee.claim_fee", id=number, **after)
    assert answer["code"] == "NOTHING_GUARANTEED"
    bare = town.register(1, fee_scheme_id=None)
    answer = town.refused("guarantee.claim_fee", id=bare, **YEAR)
    assert answer["code"] == "GUARANTEE_NOT_SUPPORTED"
