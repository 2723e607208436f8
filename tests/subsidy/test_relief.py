"""Relief as a memorandum: fees not charged, what is compensated, taxes the authority waived."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor
from core.db import transaction
from core.ledger import balance
from plugins.subsidy.models import relief as r
from tests.factories import attempt, do
from tests.purchase_world import log_of
from tests.subsidy import units_world as units

FEES, TAXES = ("subsidy.waived", "subsidy.foregone"), ("subsidy.tax_waived", "subsidy.tax_foregone")


@pytest.fixture
def office(app, county):
    """Return the county on the day on which relief is recorded."""
    with app.app_context(), clock.frozen(units.FEE):
        yield county


@pytest.fixture
def waiving(app, office, database_kept):
    """A scheme that waives a fee whole, of which half is compensated, and who may have it."""

    def make():
        scheme = units.publish(office, "fee_relief", **units.FEE_TERMS)
        units.eligible(office, scheme)
        return scheme

    return database_kept.with_county(app, office, "a fee is waived", make)


@pytest.fixture
def memo(app, office, database_kept):
    """A scheme that follows what the tax authority waives."""
    make = lambda: units.publish(office, "tax_relief_memo")  # noqa: E731 - a stage wants a function
    return database_kept.with_county(app, office, "taxes are followed", make)


def refused(operation_id, actor, **fields):
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body["code"]


def noted(office, kinds):
    with transaction(readonly=True):
        return [balance(kind, party_id=office.provider) for kind in kinds]


def record(office, scheme, **changes):
    return do(
        "relief.fee", office.actor("purchaser_clerk"), **units.fees(office, scheme, **changes)
    )


def record_tax(office, scheme, **changes):
    fields = units.taxes(office, scheme, **changes)
    return do("relief.tax", office.actor("finance_maker"), **fields)["id"]


# --- fees --------------------------------------------------------------------------------------


@pytest.mark.requirement("R000-38", in_part=True)
def test_a_waived_fee_is_noted_and_only_its_compensation_is_owed(app, office, waiving):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    made = record(office, waiving)
    assert (made["amount_fen"], made["compensated_fen"]) == (1_000_001, 500_000)
    assert noted(office, FEES) == [0, 0]
    done = do("relief.approve", approver, id=made["id"])
    assert noted(office, FEES) == [1_000_001, 1_000_001]
    claim = do("claim.show", clerk, id=done["claim_id"])
    assert (claim["payee"], claim["beneficiary"]) == ("望城区教育局", "望城区育才学校")
    with transaction(readonly=True):
        assert balance("fin.payable", party_id=office.purchaser) == 0
    assert do("claim.check", clerk, id=done["claim_id"])["amount_fen"] == 500_000
    do("claim.approve", approver, id=done["claim_id"])
    with transaction(readonly=True):
        assert balance("fin.payable", party_id=office.purchaser) == 500_000
    assert log_of(app, "subsidy_relief", made["id"]) == ["recorded", "approved"]
    assert refused("relief.cancel", approver, id=made["id"], reason="登记有误") == "RELIEF_CLAIMED"


def test_what_was_approved_is_taken_back_by_a_journal_of_its_own(app, office, waiving):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    made = record(office, waiving)
    done = do("relief.approve", approver, id=made["id"])
    do("claim.refuse", clerk, id=done["claim_id"], reason="重复")
    do("relief.cancel", approver, id=made["id"], reason="登记有误")
    assert noted(office, FEES) == [0, 0]
    assert record(office, waiving)["state"] == "recorded"
    assert do("relief.list", clerk, kind="fee_relief")["approved_fen"] == 0


def test_a_notice_counts_once_until_its_record_comes_to_nothing(office, waiving):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    made = record(office, waiving)
    one = {"number": " 望住建费〔2026〕１７号", "amount_fen": 1}
    fields = units.fees(office, waiving, fees=[one])
    assert refused("relief.fee", clerk, **fields) == "ALREADY_RELIEVED"
    twice = units.fees(office, waiving, fees=[one | {"number": "9号"}] * 2)
    assert refused("relief.fee", clerk, **twice) == "INVALID_INPUT"
    do("relief.refuse", approver, id=made["id"], reason="通知书不清")
    assert do("relief.fee", clerk, **fields)["amount_fen"] == 1


def test_who_recorded_does_not_approve_and_finance_does_not_approve_fees(office, waiving):
    made = record(office, waiving)
    clerk = office.actor("purchaser_clerk")
    both = Actor(clerk.user_id, "经办", office.actor("purchaser_approver").grants)
    assert refused("relief.approve", both, id=made["id"]) == "FOUR_EYES_REQUIRED"
    finance = office.actor("finance_approver")
    assert refused("relief.approve", finance, id=made["id"]) == "ROLE_NOT_ALLOWED"
    do("relief.approve", office.actor("purchaser_approver"), id=made["id"])
    with_both = {"id": made["id"], "reason": "登记有误"}
    assert refused("relief.cancel", both, **with_both) == "FOUR_EYES_REQUIRED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period_to": "2026-05-06"}, "PERIOD_NOT_ENDED"),
        ({"period_from": "2026-02-01"}, "PERIOD_OUTSIDE_SCHEME"),
        ({"beneficiary_id": 1}, "APPLICATION_NOT_ELIGIBLE"),
        ({"fees": []}, "INVALID_INPUT"),
        ({"scheme_id": 999}, "NOT_FOUND"),
    ],
)
@pytest.mark.one_engine
def test_a_fee_that_does_not_fit_is_not_recorded(office, waiving, changes, code):
    fields = units.fees(office, waiving, **changes)
    assert refused("relief.fee", office.actor("purchaser_clerk"), **fields) == code


@pytest.mark.one_engine
@pytest.mark.requirement("R000-49", in_part=True)
def test_relief_asks_for_free_hours_a_promise_and_accounts_of_their_own(office):
    clerk = office.actor("purchaser_clerk")
    asked = {"separate_accounts": True, "price_promise": True, "free_hours": 8}
    scheme = units.publish(office, "fee_relief", conditions=asked, waived_bp=5_000)
    assert refused("relief.fee", clerk, **units.fees(office, scheme)) == "APPLICATION_NOT_ELIGIBLE"
    application = units.unfinished(office, scheme, separate_accounts=False)
    fields = units.fees(office, scheme, period_from="2026-03-31")
    assert refused("relief.fee", clerk, **fields) == "NOT_SEPARATELY_ACCOUNTED"
    units.declare(application)
    assert refused("relief.fee", clerk, **fields) == "PRICE_PROMISE_MISSING"
    units.promise(office, scheme)
    # Two months are touched.
    assert refused("relief.fee", clerk, **fields | {"free_hours": 15}) == "FREE_HOURS_MISSING"
    penny = fields | {"free_hours": 16, "fees": [{"number": "1号", "amount_fen": 1}]}
    assert refused("relief.fee", clerk, **penny) == "NOTHING_WAIVED"
    made = do("relief.fee", clerk, **fields | {"free_hours": 16})
    assert (made["amount_fen"], made["compensated_fen"]) == (500_000, 0)
    done = do("relief.approve", office.actor("purchaser_approver"), id=made["id"])
    assert done["claim_id"] is None


@pytest.mark.one_engine
def test_each_kind_is_recorded_in_its_own_schemes(office, waiving):
    fields = units.taxes(office, waiving)
    assert refused("relief.tax", office.actor("finance_maker"), **fields) == "SCHEME_KIND_WRONG"


# --- taxes -------------------------------------------------------------------------------------


@pytest.mark.requirement("R000-38", in_part=True)
def test_the_tax_authoritys_figures_are_noted_and_no_money_moves(app, office, memo):
    number = record_tax(office, memo)
    approver = office.actor("finance_approver")
    other = office.actor("purchaser_approver")
    assert refused("relief.approve", other, id=number) == "ROLE_NOT_ALLOWED"
    both = Actor(office.users["finance_maker"], "经办", approver.grants)
    assert refused("relief.approve", both, id=number) == "FOUR_EYES_REQUIRED"
    done = do("relief.approve", approver, id=number)
    assert (done["amount_fen"], done["claim_id"]) == (2_050_000, None)
    assert noted(office, TAXES) == [2_050_000, 2_050_000]
    with transaction(readonly=True):
        assert balance("line.encumbered") == balance("fin.payable") == 0
    shown = do("relief.show", office.actor("auditor"), id=number)
    assert shown["papers"] == ["望税通〔2026〕31号"]
    do("relief.cancel", approver, id=number, reason="税务机关更正")
    assert noted(office, TAXES) == [0, 0]


@pytest.mark.one_engine
def test_only_the_tax_authoritys_papers_count_each_once_and_only_taxes_that_are_followed(
    office, memo
):
    maker = office.actor("finance_maker")
    (figure, *_rest) = units.taxes(office, memo)["figures"]
    for change, code in (
        ({"source": "taxpayer"}, "TAX_SOURCE_NOT_ALLOWED"),
        ({"document": ""}, "TAX_SOURCE_NOT_ALLOWED"),
        ({"tax": "deed"}, "TAX_NOT_COVERED"),
    ):
        fields = units.taxes(office, memo, figures=[figure | change])
        assert refused("relief.tax", maker, **fields) == code
    unknown = units.taxes(office, memo, taxpayer_id=999)
    assert refused("relief.tax", maker, **unknown) == "NOT_FOUND"
    number = record_tax(office, memo)
    again = units.taxes(office, memo, period_to="2026-04-30")
    assert refused("relief.tax", maker, **again) == "ALREADY_RELIEVED"
    do("relief.refuse", office.actor("finance_approver"), id=number, reason="期间有误")
    do("relief.tax", maker, **again)


@pytest.mark.one_engine
@pytest.mark.requirement("R000-39", in_part=True)
def test_a_tax_counts_only_where_it_was_accounted_separately(office):
    scheme = units.publish(office, "tax_relief_memo", conditions={"separate_accounts": True})
    maker, fields = office.actor("finance_maker"), units.taxes(office, scheme)
    assert refused("relief.tax", maker, **fields) == "NOT_SEPARATELY_ACCOUNTED"
    do("relief.tax", maker, **fields, separate_accounts=True)


def test_the_register_shows_each_what_concerns_it(office, waiving):
    record(office, waiving)
    for role in ("purchaser_clerk", "auditor", "provider_manager"):
        (one,) = do("relief.list", office.actor(role), kind=r.FEE, state="recorded")["items"]
        assert one["beneficiary"] == "望城区育才学校"
