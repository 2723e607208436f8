"""A bank's claim for a quarter: reckoned loan by loan, compared, lowered, asked back."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor
from tests.factories import attempt, do
from tests.settlement_world import together
from tests.subsidy import loans_world

CLAIMED = "2026-03-25T09:00"
QUARTER = "2026-03-20"


@pytest.fixture
def loans(app, county, database_kept):
    """Return a scheme with its bank and two loans of 2 March, after the quarter's end."""

    def make():
        made = loans_world.make_loans(county)
        made.county = county
        with clock.frozen(loans_world.LENT):
            made.loans = [made.register(f"JD-{n}", n)["id"] for n in range(2)]
        return made

    made = database_kept.with_county(app, county, "two loans", make)
    made.county = county
    with app.app_context(), clock.frozen(CLAIMED):
        yield made


def refused(operation_id, actor, **fields):
    """Perform an act that is refused and return the refusal."""
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def claim(loans, *asked, quarter=QUARTER):
    """Claim a quarter as the bank: loans by their place and what is asked, none: all."""
    rows = [{"loan_id": loans.loans[place], "asked_fen": fen} for place, fen in asked]
    fields = {"scheme_id": loans.scheme, "quarter_to": quarter, "loans": rows}
    return do("interest.claim", loans.actor("bank"), **fields)


def checked(loans, number):
    return do("claim.check", loans.actor("purchaser_clerk"), id=number)


def approved(loans, number):
    checked(loans, number)
    return do("claim.approve", loans.actor("purchaser_approver"), id=number)


def end(loans, place, from_on):
    ending = {"id": loans.loans[place], "from_on": from_on, "reason": "已注销", "document": "通知"}
    do("loan.end_support", loans.actor("purchaser_clerk"), **ending)
    do("loan.decide_end", loans.actor("purchaser_approver"), id=loans.loans[place])


def review(loans, number):
    return attempt(
        "interest.review",
        loans.actor("purchaser_clerk"),
        id=number,
        reason="已注销",
        basis="财金〔2023〕75号",
    ).body


def lines(loans, number):
    shown = do("claim.show", loans.actor("auditor"), id=number)
    return [one["payable_fen"] for one in shown["inputs"]["loans"]]


@pytest.mark.requirement("R000-48", in_part=True)
def test_a_quarter_is_reckoned_loan_by_loan_and_what_was_asked_beyond_is_reported(loans):
    # 100,000 yuan for 19 days at half of 4.60 %: 121.39 yuan; the second asks less, and gets that.
    number = claim(loans, (0, 20_000), (1, 10_000))["id"]
    assert checked(loans, number)["amount_fen"] == 12_139 + 10_000
    assert lines(loans, number) == [12_139, 10_000]
    report = do("interest.disallowed", loans.actor("bank"))
    assert report["total_fen"] == 20_000 - 12_139
    assert [one["number"] for one in report["items"]] == ["JD-0"]
    assert do("interest.disallowed", loans.actor("other_bank"))["items"] == []


def test_the_same_loan_and_period_is_never_claimed_twice(loans):
    first = claim(loans, (0, None))
    body = refused(
        "interest.claim",
        loans.actor("bank"),
        scheme_id=loans.scheme,
        quarter_to=QUARTER,
        loans=[{"loan_id": loans.loans[0]}],
    )
    assert (body["code"], body["facts"]["claim"]) == ("ALREADY_SUBSIDISED", first["number"])
    assert claim(loans)["loans"] == 1
    body = refused(
        "interest.claim", loans.actor("bank"), scheme_id=loans.scheme, quarter_to=QUARTER
    )
    assert body["code"] == "NOTHING_TO_CLAIM"
    do("claim.withdraw", loans.actor("bank"), id=first["id"], reason="填错")
    assert claim(loans)["loans"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quarter_to": "2026-03-21"}, "PERIOD_NOT_QUARTER"),
        ({"quarter_to": "2026-06-20"}, "PERIOD_NOT_ENDED"),
        ({"quarter_to": "2025-12-20"}, "NOTHING_TO_CLAIM"),
        ({"loans": [{"loan_id": 99}]}, "NOT_FOUND"),
        ({"loans": [{"loan_id": 1}, {"loan_id": 1}]}, "INVALID_INPUT"),
        ({"scheme_id": 99}, "NOT_FOUND"),
    ],
)
@pytest.mark.one_engine
def test_a_claim_for_no_quarter_or_no_loan_is_refused(loans, changes, code):
    fields = {"scheme_id": loans.scheme, "quarter_to": QUARTER} | changes
    assert refused("interest.claim", loans.actor("bank"), **fields)["code"] == code


@pytest.mark.one_engine
def test_another_bank_claims_nothing(loans):
    fields = {"scheme_id": loans.scheme, "quarter_to": QUARTER}
    body = refused("interest.claim", loans.actor("other_bank"), **fields)
    assert body["code"] == "BANK_NOT_NAMED"


def test_an_approved_claim_that_was_too_high_is_lowered_before_it_is_paid(loans):
    number = claim(loans)["id"]
    approved(loans, number)
    assert review(loans, number)["code"] == "NOTHING_TO_RECOVER"
    end(loans, 0, "2026-03-11")
    body = review(loans, number)
    assert (body["too_much_fen"], body["recovery_ids"]) == (12_139 - 5_750, [])
    shown = do("claim.show", loans.actor("auditor"), id=number)
    assert (shown["owed_fen"], shown["lowered_fen"]) == (12_139 + 5_750, 6_389)
    assert review(loans, number)["code"] == "NOTHING_TO_RECOVER"
    pencil = do("loan.show", loans.actor("bank"), id=loans.loans[0])
    assert pencil["ended_on"] == "2026-03-11"


@pytest.mark.one_engine
def test_what_a_bank_corrects_lowers_the_claim_too(loans):
    number = claim(loans)["id"]
    repaid = {"kind": "repaid", "on": "2026-03-12", "amount_fen": 5_000_000, "reference": "S9"}
    approved(loans, number)
    do("loan.record", loans.actor("bank"), id=loans.loans[1], **repaid)
    assert review(loans, number)["too_much_fen"] == 2_875


@pytest.mark.one_engine
def test_a_claim_that_was_not_approved_is_not_reviewed(loans):
    number = claim(loans)["id"]
    assert review(loans, number)["code"] == "STATE_CHANGED"
    assert review(loans, 999)["code"] == "NOT_FOUND"


@pytest.mark.one_engine
def test_who_computed_a_claim_does_not_approve_it(loans):
    number = claim(loans)["id"]
    checked(loans, number)
    clerk, approver = loans.actor("purchaser_clerk"), loans.actor("purchaser_approver")
    both = Actor(clerk.user_id, "经办", approver.grants)
    assert refused("claim.approve", both, id=number)["code"] == "FOUR_EYES_REQUIRED"


@pytest.mark.one_engine
def test_interest_that_was_not_paid_is_not_subsidised(app, county, database_kept):
    person = loans_world.PERSON | {"year_cap_fen": 15_000}
    regime = loans_world.TERMS["regimes"][1] | {"classes": [person]}
    with app.app_context():
        made = loans_world.make_loans(county, capped_by_paid=True, regimes=[regime])
        with clock.frozen(loans_world.LENT):
            made.loans = [made.register(f"JD-{n}")["id"] for n in range(2)]
        with clock.frozen(CLAIMED):
            number, bank = claim(made)["id"], made.actor("bank")
            clerk = made.actor("purchaser_clerk")
            assert refused("claim.check", clerk, id=number)["code"] == "INTEREST_PAID_MISSING"
            for place, amount in enumerate((9_000, 24_278)):
                paid = {"kind": "interest", "on": "2026-03-21", "for_on": QUARTER}
                paid |= {"id": made.loans[place], "reference": "S1", "amount_fen": amount}
                do("loan.record", bank, **paid)
            # The first is capped by what was paid, the second by what the year's ceiling leaves.
            assert checked(made, number)["amount_fen"] == 9_000 + 6_000
            assert lines(made, number) == [9_000, 6_000]


@pytest.mark.one_engine
def test_a_new_rate_counts_from_its_day(loans):
    changed = {"kind": "rate", "on": "2026-03-11", "rate_ppm": 40_000, "reference": "S1"}
    do("loan.record", loans.actor("bank"), id=loans.loans[0], **changed)
    number = claim(loans, (0, None))["id"]
    # Nine days at half of 4.60 %, ten at half of 4.00 %: 57.50 and 55.5556 yuan.
    assert checked(loans, number)["amount_fen"] == 11_306


def test_of_two_claims_at_once_for_the_same_loans_one_is_made(app, loans):
    bank, fields = loans.actor("bank"), {"scheme_id": loans.scheme, "quarter_to": QUARTER}

    def call():
        with app.app_context():
            return attempt("interest.claim", bank, **fields)

    answers = together(call, call)
    assert sorted(one.body.get("code", "") for one in answers) == ["", "NOTHING_TO_CLAIM"]
