"""The rolling ceiling: what a group had of every kind counts before it gets more."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from core import clock, ties
from core.db import db, transaction
from plugins.subsidy.models import AidShare, Scheme, SchemeTerms, SubsidyClaim, SubsidyGrant
from plugins.subsidy.rules import Calculation, Line
from plugins.subsidy.service import aid, claims
from plugins.subsidy.service.reckoning import Reckoned
from tests import factories
from tests.contract.awards_world import acting
from tests.factories import attempt, do
from tests.subsidy import award_world, loans_world, scheme_world, units_world
from tests.web.browser import Browser

one_engine = pytest.mark.one_engine

LATER = "2026-10-15T09:00"
CEILING = {"aid": {"years": 3, "ceiling_fen": 100_000}, "combines": True}


@pytest.fixture
def town(app, county):
    """A county with a scheme whose ceiling is 1,000 yuan in three years, and two firms."""
    with app.app_context():
        county.plan = scheme_world.make_plan(county)
        county.scheme = publish(county)
        county.firms = [factories.make_organisation("provider", name=f"{n}公司") for n in "甲乙"]
        yield county


def publish(county, **changes):
    """Publish a scheme for fees of guarantees; return its number."""
    with clock.frozen(scheme_world.WRITTEN):
        asked = {"kind": "guarantee_fee_subsidy"} | CEILING | changes
        return scheme_world.publish_scheme(county, county.plan, **asked)


def tie(county):
    """Let the two firms belong together."""
    one, other = county.firms
    fields = {"one_id": one, "other_id": other, "kind": ties.GROUP, "document": "股权证明"}
    with clock.frozen(scheme_world.WRITTEN):
        maker = county.actor("finance_maker")
        return do("party.record_tie", maker, from_on="2026-01-01", **fields)["id"]


def claim(county, party, fen, *, at=LATER, scheme=None, **parts):
    """Compute a claim (fen) for a party; return its number."""
    number = scheme or county.scheme
    with clock.frozen(at), acting() as system:
        row = claims.begin(
            system,
            db.session.get_one(Scheme, number),
            db.session.scalars(db.select(SchemeTerms).filter_by(scheme_id=number)).one(),
            payee_id=party,
            beneficiary_id=party,
            claimed={},
        )
        reckoned = Calculation("guarantee_fee_subsidy", (Line("unit", fen, note="担保费"),))
        claims.keep(system, row, Reckoned(reckoned, parts))
        return row.id


def approve(county, number, at=LATER):
    """Try to approve a claim; return what is answered."""
    with clock.frozen(at):
        return attempt("claim.approve", county.actor("purchaser_approver"), id=number)


def granted(county, party, fen, **how):
    """Compute a claim and try to approve it; return what is answered."""
    at = how.get("at", LATER)
    return approve(county, claim(county, party, fen, **how), at)


def left(*parties):
    """Return what is left of everything that parties had (fen)."""
    with transaction(readonly=True):
        return [fen for _row, fen in aid.standing(parties)]


@one_engine
def test_a_group_gets_no_more_than_its_ceiling(town):
    tie(town)
    one, other = town.firms
    assert granted(town, one, 60_000).status == 200
    answer = granted(town, other, 40_001)
    assert (answer.status, answer.body["code"]) == (422, "AID_CEILING_EXCEEDED")
    for words in (
        "3 年内",
        "上限 1,000.00 元",
        "已计 600.00 元",
        "还可 400.00 元",
        "本次折算 400.01 元",
    ):
        assert words in answer.body["detail"]
    with transaction(readonly=True):
        states = db.session.scalars(db.select(SubsidyClaim.state).order_by("id"))
        assert list(states) == ["approved", "computed"]
    assert granted(town, other, 40_000).status == 200
    assert left(one, other) == [60_000, 40_000]


@one_engine
def test_who_is_no_longer_tied_has_a_ceiling_of_his_own(town):
    number, (one, other) = tie(town), town.firms
    assert granted(town, one, 60_000).status == 200
    with clock.frozen(LATER):
        ended = {"id": number, "ended_on": "2026-10-01", "reason": "股权转让"}
        do("party.end_tie", town.actor("finance_approver"), **ended)
    assert granted(town, other, 100_000).status == 200


@one_engine
def test_what_was_lowered_frees_its_room_and_what_is_forfeited_all_of_it(town):
    one, _other = town.firms
    number = claim(town, one, 100_000)
    assert approve(town, number).status == 200
    assert granted(town, one, 1).body["code"] == "AID_CEILING_EXCEEDED"

    def lower(fen):
        with clock.frozen(LATER), acting() as system:
            claims.lower(system, db.session.get_one(SubsidyClaim, number), fen, "多计")

    lower(30_000)
    assert left(one) == [70_000]
    assert granted(town, one, 30_001).body["code"] == "AID_CEILING_EXCEEDED"
    lower(70_000)
    assert left(one) == []
    assert granted(town, one, 100_000).status == 200


@one_engine
def test_what_is_older_than_the_window_no_longer_counts(town):
    one, _other = town.firms
    assert granted(town, one, 100_000).status == 200
    with transaction():
        db.session.execute(db.update(AidShare).values(on=date(2023, 10, 15)))
    assert granted(town, one, 100_000).status == 200
    with transaction():
        db.session.execute(db.update(AidShare).values(on=date(2023, 10, 16)))
    assert granted(town, one, 1).body["code"] == "AID_CEILING_EXCEEDED"


@one_engine
def test_other_schemes_of_other_kinds_count_too(town):
    """Taxes that were waived count, but are never refused themselves."""
    memo = publish(town, kind="tax_relief_memo", aid={"years": 3, "ceiling_fen": 1}, funding=[])
    party = town.provider
    with clock.frozen(LATER):
        fields = units_world.taxes(town, memo)
        number = do("relief.tax", town.actor("finance_maker"), **fields)["id"]
        assert left(party) == []
        do("relief.approve", town.actor("finance_approver"), id=number)
    assert sum(left(party)) == 2_050_000
    assert granted(town, party, 1).body["code"] == "AID_CEILING_EXCEEDED"
    with clock.frozen(LATER):
        do("relief.cancel", town.actor("finance_approver"), id=number, reason="税务机关更正")
    assert left(party) == []


@one_engine
def test_a_waived_fee_asks_the_ceiling(town):
    aid_terms = {"years": 3, "ceiling_fen": 1_000_000}
    terms = units_world.FEE_TERMS | {"aid": aid_terms, "combines": True}
    scheme = units_world.publish(town, "fee_relief", **terms)
    units_world.eligible(town, scheme)
    with clock.frozen(units_world.FEE):
        number = do("relief.fee", town.actor("purchaser_clerk"), **units_world.fees(town, scheme))
        answer = attempt("relief.approve", town.actor("purchaser_approver"), id=number["id"])
    assert (answer.status, answer.body["code"]) == (422, "AID_CEILING_EXCEEDED")
    assert "10,000.01 元" in answer.body["detail"]


@one_engine
def test_interest_counts_for_each_borrower_by_his_own_loan_not_for_the_bank(app, county):
    with app.app_context():
        made = loans_world.make_loans(county)
        clerk, approver = made.actor("purchaser_clerk"), made.actor("purchaser_approver")
        with clock.frozen(loans_world.LENT):
            loans = [made.register(f"JD-{n}", n)["id"] for n in range(2)]
        with clock.frozen("2026-03-25T09:00"):
            asked = {"scheme_id": made.scheme, "quarter_to": "2026-03-20"}
            one = {"id": do("interest.claim", made.actor("bank"), **asked)["id"]}
            do("claim.check", clerk, **one)
            do("claim.approve", approver, **one)
            said = do("aid.show", clerk, **one)
            assert [group["wanted_fen"] for group in said["groups"]] == [12_139, 12_139]
            borrowers = [group["party_id"] for group in said["groups"]]
            assert [left(party) for party in borrowers] == [[12_139], [12_139]]
            ending = {"from_on": "2026-03-02", "reason": "已注销", "document": "通知"}
            do("loan.end_support", clerk, id=loans[0], **ending)
            do("loan.decide_end", approver, id=loans[0])
            do("interest.review", clerk, **one, reason="已注销", basis="财金〔2023〕75号")
        assert [left(party) for party in borrowers] == [[], [12_139]]


@one_engine
def test_an_award_counts_whole_with_its_agreement(app, county):
    with app.app_context():
        made = award_world.signed(county, award_world.SECOND)
        with transaction(readonly=True):
            grant = db.session.scalars(db.select(SubsidyGrant)).one()
            party = grant.beneficiary_id
        assert left(party) == [500_000]
        with clock.frozen(LATER):
            shown = do("grant.show", made.clerk, id=made.grants[0])
            [group] = do("aid.show", made.clerk, id=shown["instalments"][0]["claim_id"])["groups"]
        assert (group["used_fen"], group["wanted_fen"]) == (0, 300_000)
        with transaction():
            second = db.select(SubsidyClaim).filter_by(instalment=2)
            db.session.scalars(second).one().state = "forfeited"
        assert left(party) == [300_000]
        with transaction():
            db.session.scalars(second).one().state = "submitted"


@one_engine
def test_an_agreement_beyond_the_ceiling_is_not_signed(app, county):
    with app.app_context():
        ceiling = {"years": 3, "ceiling_fen": 499_999}
        made = award_world.concluded(county, award_world.SECOND, aid=ceiling)
        with clock.frozen(award_world.SIGNED):
            asked = {"id": made.results[0]}
            asked |= {"text_hash": do("grant.offer", made.owners[0], **asked)["text_hash"]}
            assert award_world.code("grant.sign", made.owners[0], **asked) == "AID_CEILING_EXCEEDED"


@one_engine
def test_what_is_paid_for_a_guarantors_loss_is_no_aid_to_the_guarantor():
    row = SubsidyClaim(kind="risk_pool_share", beneficiary_id=9, amount_fen=5)
    assert aid.shares_of(row) == {}


def test_two_claims_of_one_group_at_once_do_not_both_pass(app, town):
    tie(town)
    numbers = [claim(town, party, 60_000) for party in town.firms]
    approver, codes, ready = town.actor("purchaser_approver"), [], threading.Barrier(2)

    def run(number):
        with app.app_context(), clock.frozen(LATER):
            ready.wait()
            body = attempt("claim.approve", approver, id=number).body
            codes.append(body.get("code", "approved"))

    both = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(codes) == ["AID_CEILING_EXCEEDED", "approved"]
    assert left(*town.firms) == [60_000]


@one_engine
def test_the_office_sees_what_the_group_had(app, county):
    with app.app_context():
        county.plan = scheme_world.make_plan(county)
        county.scheme = publish(county)
        county.firms = [factories.make_organisation("provider", name=f"{n}公司") for n in "甲乙"]
        tie(county)
        one, other = county.firms
        assert granted(county, one, 60_000).status == 200
        number = claim(county, other, 30_000)
        with clock.frozen(LATER):
            said = do("aid.show", county.actor("auditor"), id=number)
    [group] = said["groups"]
    assert (said["years"], said["ceiling_fen"], group["begins_on"]) == (3, 100_000, "2023-10-16")
    assert (group["party"], group["members"]) == ("乙公司", ["甲公司"])
    assert (group["used_fen"], group["wanted_fen"], group["left_fen"]) == (60_000, 30_000, 10_000)
    assert [(act["party"], act["left_fen"]) for act in group["acts"]] == [("甲公司", 60_000)]
    with app.app_context(), transaction(readonly=True):
        login = db.session.get_one(factories.access.User, county.users["purchaser_clerk"]).login
    with clock.frozen(LATER):
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        text = browser.open(f"/subsidy/claims/{number}").text
    assert "3 年内另有 600.00 元，本份折算 300.00 元，上限 1,000.00 元，还可享受 100.00 元" in text
    assert "关联方：甲公司" in text
