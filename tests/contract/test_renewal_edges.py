"""Contracts written anew: a renewal keeps within the whole chain's term, writers do not agree."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor, Grant
from plugins.contract_outsourcing.models.performance import PURCHASER, RECIPIENTS, THIRD_PARTY
from tests.contract import contract_world
from tests.contract.test_ending import scored
from tests.factories import COUNTY, attempt, do

pytestmark = pytest.mark.one_engine

LATE = "2027-02-20T10:00"
SIDES = (PURCHASER, RECIPIENTS, THIRD_PARTY)


@pytest.fixture
def renewal(app, county):
    """Return the draft that renews SP-6's contract for a second year."""
    with app.app_context():
        line = contract_world.line_of(county)
        awarded = contract_world.award(county, purchase_id=contract_world.plan(county, line=line))
        terms = contract_world.terms(renewal={"most_times": 1, "min_centipoints": 8000})
        number = contract_world.signed_contract(county, awarded, terms=terms)
        scored(number, *[9000 for _ in SIDES])
        with clock.frozen(LATE):
            made = do(
                "contract.renew",
                county.actor("purchaser_clerk"),
                id=number,
                ends_on="2028-02-28",
                milestones=[contract_world.part("M1", "全部服务", 10_000, 2027, "2027-12-31")],
                funding=[],
            )
        yield made["id"]


def revised(county, number, actor=None, **changes):
    """Return what is answered when a draft is written anew."""
    terms = contract_world.terms(
        milestones=[contract_world.part("M1", "全部服务", 10_000, 2027, "2027-12-31")],
        tail=None,
        bond=None,
    )
    fields = contract_world.fields(0, terms=terms, starts_on="2027-03-01", ends_on="2028-02-28")
    del fields["award_id"]
    with clock.frozen(LATE):
        clerk = actor or county.actor("purchaser_clerk")
        return attempt("contract.revise", clerk, id=number, **fields | changes).body


def test_a_renewal_is_not_revised_beyond_the_term_of_the_whole_chain(county, renewal):
    long = {"multi_year_reason": "服务连续，经费有保障。"}
    answer = revised(county, renewal, ends_on="2029-03-01", **long)
    assert answer["code"] == "CONTRACT_TERM_EXCEEDED"
    assert answer["facts"]["last_day"] == "2029-02-28"
    assert revised(county, renewal, ends_on="2029-02-28", **long)["state"] == "draft"


def test_who_wrote_a_draft_anew_does_not_agree_to_it(county, renewal):
    both = Actor(
        county.users["accepter"],
        "两岗",
        tuple(
            Grant(role, county.purchaser, COUNTY)
            for role in ("purchaser_clerk", "purchaser_approver")
        ),
    )
    assert revised(county, renewal, both, value_fen=95_000_000)["state"] == "draft"
    with clock.frozen(LATE):
        answer = attempt("contract.agree", both, id=renewal).body
    assert answer["code"] == "FOUR_EYES_REQUIRED"


def test_what_no_renewal_was_agreed_for_is_procured_anew(app, county):
    with app.app_context():
        contract = contract_world.agreed(county)
        contract_world.sign(county, contract)
        with clock.frozen(LATE):
            answer = attempt(
                "contract.renew",
                county.actor("purchaser_clerk"),
                id=contract["id"],
                ends_on="2028-02-28",
                milestones=[contract_world.part("M1", "全部服务", 10_000, 2027, "2027-12-31")],
                funding=[],
            )
    assert (answer.status, answer.body["code"]) == (422, "RENEWAL_NOT_AGREED")
    assert contract["number"] in answer.body["detail"]
    assert answer.body["basis"]
