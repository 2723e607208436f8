"""Contracts until they are in force: what law refuses, who agrees, what both parties sign."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor
from core.budget import rooms
from core.db import db, transaction
from core.parties import Organisation
from plugins.contract_outsourcing.models import Challenge, Contract, Signature
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.service import postings, years
from tests.contract import contract_world as world
from tests.contract.awards_world import acting, manager_of
from tests.factories import COUNTY, SYSTEM, attempt, do, make_user
from tests.settlement_world import together


def test_signing_commits_this_year_and_registers_the_next(app, county):
    with app.app_context():
        line = world.line_of(county)
        awarded = world.award(county, purchase_id=world.plan(county, line=line))
        number = world.signed_contract(county, awarded)
        with transaction(readonly=True):
            stands = postings.registered(years.pools_of(number))
            assert stands == {
                "value": 96_000_000,
                "unpaid": 96_000_000,
                "paid": 0,
                "deducted": 0,
                "cancelled": 0,
            }
            assert postings.balance(postings.FORWARD) == 38_400_000
            # What the plan had set aside beyond the contract is the line's again.
            at_line = rooms(line)
            assert at_line["encumbered"] == 57_600_000
            assert at_line["available"] == 2_400_000
            assert at_line["reserved"] == 0
            contract = db.session.get_one(Contract, number)
            assert contract.state == "performing"
        owed = do("forward.list", county.actor("finance_budget"))["items"]
        assert [(one["source"], one["amount_fen"], one["state"]) for one in owed] == [
            (f"contract:{number}/2027", 38_400_000, "open"),
            (f"purchase:{awarded.purchase_id}/2027", 1_600_000, "cancelled"),
        ]


@pytest.mark.requirement("R002-41", in_part=True)
@pytest.mark.requirement("R000-31")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        *[({"parts": world.PARTS | {part: " "}}, "CONTRACT_FIELD_MISSING") for part in world.PARTS],
        ({"ends_on": "2027-03-01"}, "CONTRACT_TERM_EXCEEDED"),
        (
            {"ends_on": "2029-03-01", "multi_year_reason": "内容固定"},
            "CONTRACT_TERM_EXCEEDED",
        ),
        ({"value_fen": 96_000_001}, "CONTRACT_OVER_AWARD"),
        (
            {"terms": world.terms(milestones=[world.part("M1", "全部", 9999, 2026, "2026-09-01")])},
            "MILESTONES_DO_NOT_SUM",
        ),
        (
            {"terms": world.terms(bond=world.terms()["bond"] | {"amount_fen": 11_520_000})},
            "BOND_OVER_10PCT",
        ),
        (
            {"parts": world.PARTS | {"subject": "提供劳务派遣人员五名。"}},
            "NEGATIVE_LIST_HIT",
        ),
        ({"terms": world.terms(payment_days=61)}, "PAYMENT_TERM_TOO_LONG"),
    ],
)
def test_what_law_forbids_is_not_drafted(app, county, changes, code):
    with app.app_context():
        awarded = world.award(county)
        with clock.frozen(world.DRAFTED):
            answer = attempt(
                "contract.draft",
                county.actor("purchaser_clerk"),
                **world.fields(awarded.id, **changes),
            )
        assert answer.body["code"] == code


def test_another_text_than_the_agreed_one_is_not_signed(app, county):
    with app.app_context():
        contract = world.agreed(county)
        with clock.frozen(world.SIGNED):
            answer = attempt(
                "contract.sign",
                manager_of(county, county.provider),
                id=contract["id"],
                text_hash="0" * 64,
            )
        assert answer.body["code"] == "CONTRACT_TEXT_CHANGED"


def challenge(county, awarded):
    """Let a complaint about an award's procurement be open."""
    with clock.frozen(world.SIGNED), acting():
        db.session.add(
            Challenge(
                tender_id=awarded.tender_id,
                kind=a.CHALLENGE,
                about="result",
                party_id=county.provider,
                organisation_id=county.purchaser,
                division_code=COUNTY,
                words="评分有误",
                may_affect=True,
                state=a.FILED,
                filed_at=clock.now(),
            )
        )


def suspend(county, _awarded):
    """Let the provider be suspended since yesterday."""
    with clock.frozen(world.SIGNED), acting():
        db.session.get_one(Organisation, county.provider).suspended_on = clock.today()


@pytest.mark.parametrize(
    ("hinder", "code"), [(challenge, "CHALLENGE_OPEN"), (suspend, "PROVIDER_SUSPENDED")]
)
def test_nobody_signs_while_the_result_is_challenged_or_the_provider_suspended(
    app, county, hinder, code
):
    with app.app_context():
        awarded = world.award(county)
        contract = world.agreed(county, awarded)
        hinder(county, awarded)
        asked = {"id": contract["id"], "text_hash": contract["text_hash"]}
        for actor in (manager_of(county, county.provider), county.actor("purchaser_approver")):
            with clock.frozen(world.SIGNED):
                assert attempt("contract.sign", actor, **asked).body["code"] == code
        with transaction(readonly=True):
            assert db.session.get_one(Contract, contract["id"]).state == "agreed"


def test_a_franchise_runs_longer_than_other_contracts(app, county):
    """Forty years at most (第17号令), while others end after three."""
    with app.app_context():
        clerk = county.actor("purchaser_clerk")
        awarded = world.award(county, method="franchise")
        for ends_on, refused in (("2066-03-01", True), ("2066-02-28", False)):
            with clock.frozen(world.DRAFTED):
                fields = world.fields(awarded.id, ends_on=ends_on)
                answer = attempt("contract.draft", clerk, **fields)
            assert answer.refused == refused
            if refused:
                assert answer.body["code"] == "CONTRACT_TERM_EXCEEDED"
                assert answer.body["facts"]["longest_months"] == 480


@pytest.mark.parametrize(
    ("small_firm", "ppm", "code"),
    [(True, 82, "LATE_INTEREST_TOO_LOW"), (True, 83, None), (True, None, None), (False, 1, None)],
)
def test_interest_agreed_with_a_small_firm_is_no_lower_than_the_prime_rate(
    app, county, small_firm, ppm, code
):
    """3.00 % a year is 82.19 millionths a day."""
    with app.app_context():
        awarded = world.award(county, small_firm=small_firm)
        terms = world.terms(late_interest_ppm=ppm)
        with clock.frozen(world.DRAFTED):
            fields = world.fields(awarded.id, terms=terms)
            answer = attempt("contract.draft", county.actor("purchaser_clerk"), **fields)
        assert answer.body.get("code") == code
        if code:
            facts = answer.body["facts"]
            assert (facts["agreed_ppm"], facts["least_ppm"], facts["lpr_bp"]) == (82, 83, 300)


def test_a_signature_before_eight_in_the_morning_is_shown_on_its_own_day(app, county):
    with app.app_context():
        contract = world.agreed(county)
        world.sign(county, contract, at="2026-02-12T07:05")
        found = do("contract.show", county.actor("purchaser_clerk"), id=contract["id"])
    assert {one["signed_at"][:16] for one in found["signatures"]} == {"2026-02-12T07:05"}


def test_of_last_signatures_at_once_one_puts_the_contract_in_force(app, county):
    with app.app_context():
        contract = world.agreed(county)
        second = make_user("purchaser_approver", county.purchaser)
        first = county.actor("purchaser_approver")
        people = [manager_of(county, county.provider), first, Actor(second, "复核二", first.grants)]
    asked = {"id": contract["id"], "text_hash": contract["text_hash"]}

    def sign(actor):
        with app.app_context():
            return attempt("contract.sign", actor, **asked)

    with clock.frozen(world.SIGNED):
        answers = together(*(lambda one=one: sign(one) for one in people))
    with app.app_context(), transaction(readonly=True):
        assert postings.registered(years.pools_of(contract["id"]))["value"] == 96_000_000
        assert db.session.get_one(Contract, contract["id"]).state == "performing"
        count = db.select(db.func.count()).select_from(Signature)
        assert db.session.scalar(count.filter_by(object_id=contract["id"])) == 2
    # The purchaser signs once, whoever of its people was first.
    assert sorted(answer.status for answer in answers) == [200, 200, 409]


def test_who_declined_an_award_signs_no_contract_of_it_and_gets_no_other(app, county):
    with app.app_context():
        awarded = world.award(county)
        contract = world.agreed(county, awarded)
        manager, approver = manager_of(county, county.provider), county.actor("purchaser_approver")
        with clock.frozen(world.SIGNED):
            do("award.decline", manager, id=awarded.id, reason="人手不足")
            asked = {"id": contract["id"], "text_hash": contract["text_hash"]}
            signed = attempt("contract.sign", manager, **asked)
            do("contract.cancel", approver, id=contract["id"], reason="已放弃中标")
            clerk = county.actor("purchaser_clerk")
            drafted = attempt("contract.draft", clerk, **world.fields(awarded.id))
    for answer in (signed, drafted):
        assert (answer.status, answer.body["code"]) == (422, "AWARD_NOT_PUBLISHED")
        assert answer.body["facts"] == {"state": "declined"}
        assert "请先公告" in answer.body["detail"]


def test_an_award_becomes_one_contract(app, county):
    with app.app_context():
        awarded = world.award(county)
        first = world.draft(county, awarded)
        clerk = county.actor("purchaser_clerk")
        with clock.frozen(world.DRAFTED):
            second = attempt("contract.draft", clerk, **world.fields(awarded.id))
            do("contract.cancel", county.actor("purchaser_approver"), id=first["id"], reason="重写")
            do("contract.draft", clerk, **world.fields(awarded.id))
    assert (second.status, second.body["code"]) == (409, "CONTRACT_EXISTS")
    assert second.body["facts"] == {"number": first["number"]}
    assert first["number"] in second.body["detail"]


def test_an_award_is_not_declined_once_its_contract_is_signed(app, county):
    with app.app_context():
        awarded = world.award(county)
        contract = world.agreed(county, awarded)
        world.sign(county, contract)
        with clock.frozen(world.SIGNED):
            manager = manager_of(county, county.provider)
            answer = attempt("award.decline", manager, id=awarded.id, reason="太忙")
    assert (answer.status, answer.body["code"]) == (422, "CONTRACT_SIGNED")
    assert contract["number"] in answer.body["detail"]


def test_a_contract_owes_no_more_of_a_year_to_come_than_its_plan(app, county):
    """45 % of 960,000 yuan fall due in 2027, for which the plan foresees 400,000."""
    milestones = [
        world.part("M1", "今年", 5500, 2026, "2026-08-31"),
        world.part("M2", "明年", 4500, 2027, "2027-02-28"),
    ]
    with app.app_context():
        terms = world.terms(milestones=milestones, tail=None)
        contract = world.agreed(county, terms=terms)
        asked = {"id": contract["id"], "text_hash": contract["text_hash"]}
        with clock.frozen(world.SIGNED):
            do("contract.sign", manager_of(county, county.provider), **asked)
            answer = attempt("contract.sign", county.actor("purchaser_approver"), **asked)
        with transaction(readonly=True):
            assert db.session.get_one(Contract, contract["id"]).state == "agreed"
            assert years.pools_of(contract["id"]) == []
    assert (answer.status, answer.body["code"]) == (422, "FORWARD_EXCEEDS_PLAN")
    assert answer.body["facts"] == {
        "fiscal_year": 2027,
        "required_fen": 43_200_000,
        "planned_fen": 40_000_000,
    }
    for words in ("2027 年度", "432,000.00 元", "400,000.00 元"):
        assert words in answer.body["detail"]


def test_nobody_but_the_parties_signs_not_even_the_system(app, county):
    """A rehearsal may let the system act, whose scope is everything."""
    with app.app_context():
        contract = world.agreed(county)
        with clock.frozen(world.SIGNED):
            asked = {"id": contract["id"], "text_hash": contract["text_hash"]}
            answer = attempt("contract.sign", SYSTEM, **asked)
        with transaction(readonly=True):
            assert db.session.scalar(db.select(Signature.id)) is None
    assert (answer.status, answer.body["code"]) == (403, "NOT_A_PARTY")
