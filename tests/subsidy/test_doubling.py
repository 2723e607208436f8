"""The same is not supported twice: vouchers, contracts and subsidies know of each other."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock, ties
from core.db import db, transaction
from core.purchases import Purchase
from plugins.subsidy.models import Scheme, SchemeTerms
from plugins.subsidy.rules import Calculation, Line
from plugins.subsidy.service import claims
from plugins.subsidy.service.reckoning import Reckoned
from tests import factories
from tests.contract import contract_world
from tests.contract.awards_world import acting, manager_of
from tests.factories import attempt, do
from tests.subsidy import applying_world, scheme_world

pytestmark = pytest.mark.one_engine

APPROVED, QUARTER = "2026-10-15T09:00", ("2026-07-01", "2026-09-30")
JUNE = ("2026-06-01", "2026-06-30")


@pytest.fixture
def town(app, county):
    """A county that carries out a subsidy plan."""
    with app.app_context():
        county.plan = scheme_world.make_plan(county)
        yield county


def publish(town, **changes):
    """Publish a scheme for fees of guarantees; return its number."""
    with clock.frozen(scheme_world.WRITTEN):
        return scheme_world.publish_scheme(town, town.plan, kind="guarantee_fee_subsidy", **changes)


def of_one_item(town):
    """Let whatever is planned be of one item of the catalogue."""
    with transaction():
        item = db.session.get_one(Purchase, town.plan).catalogue_item_id
        db.session.execute(db.update(Purchase).values(catalogue_item_id=item))


def claim(scheme, party, days=QUARTER, fen=10_000):
    """Compute a claim of a party's for some days, else the whole year; return its number."""
    period = tuple(map(date.fromisoformat, days)) if days else None
    with clock.frozen(APPROVED), acting() as system:
        row = claims.begin(
            system,
            db.session.get_one(Scheme, scheme),
            db.session.scalars(db.select(SchemeTerms).filter_by(scheme_id=scheme)).one(),
            payee_id=party,
            beneficiary_id=party,
            claimed={},
            period=period,
        )
        reckoned = Calculation("guarantee_fee_subsidy", (Line("unit", fen, note="担保费"),))
        claims.keep(system, row, Reckoned(reckoned, {}))
        return row.id


def approve(town, number):
    """Try to approve a claim; return what is answered."""
    with clock.frozen(APPROVED):
        return attempt("claim.approve", town.actor("purchaser_approver"), id=number)


def refused(town, number):
    """Return the refusal of a claim that is approved."""
    answer = approve(town, number)
    assert (answer.status, answer.body["code"]) == (422, "DOUBLE_BENEFIT"), answer.body
    return answer.body


@pytest.fixture
def holder(town):
    """A resident with a voucher for the second half of August to October."""
    factories.make_programme(town)
    [town.voucher] = factories.issue(town)
    of_one_item(town)
    return town.residents[0]


def test_a_voucher_for_the_same_stands_in_the_way_of_a_subsidy(town, holder):
    scheme = publish(town)
    said = refused(town, claim(scheme, holder))
    assert town.voucher["number"] in said["detail"]
    for words in ("凭单“项目EDU”", "2026-08-15 至 2026-10-31", "500.00 元"):
        assert words in said["detail"]
    # A resident's name is not kept in the trail.
    assert "张三丰" not in said["detail"]
    assert said["facts"]["form"] == "voucher"
    assert approve(town, claim(scheme, holder, JUNE)).status == 200


def test_what_the_terms_combine_stands_beside_a_voucher(town, holder):
    assert approve(town, claim(publish(town, combines=True), holder)).status == 200


def test_a_voucher_for_something_else_is_not_in_the_way(town, holder):
    with transaction():
        other = factories.catalogue_item(town, "A16")
        query = db.update(Purchase).where(Purchase.id != town.plan)
        db.session.execute(query.values(catalogue_item_id=other))
    assert approve(town, claim(publish(town), holder)).status == 200


def test_a_subsidy_stands_in_the_way_of_a_voucher(town, holder):
    scheme = publish(town)
    of_year, of_quarter = factories.make_residents(town, 2)
    assert approve(town, claim(scheme, of_year, None)).status == 200
    assert approve(town, claim(scheme, of_quarter)).status == 200

    def issue(resident):
        with clock.frozen("2026-10-16T09:00"):
            fields = {"programme_id": town.programme, "resident_ids": [resident]}
            return attempt("voucher.issue", town.actor("purchaser_clerk"), **fields)

    answer = issue(of_year)
    assert (answer.status, answer.body["code"]) == (422, "DOUBLE_BENEFIT")
    assert answer.body["facts"]["party_id"] == of_year
    # What begins today does not reach back into a quarter that is over.
    assert issue(of_quarter).status == 200


def test_two_schemes_do_not_pay_for_the_same_unless_both_combine(town):
    first, second = publish(town, combines=True), publish(town)
    third = publish(town, combines=True)
    assert approve(town, claim(first, town.provider)).status == 200
    # In its own scheme the next period is another one.
    assert approve(town, claim(first, town.provider, JUNE)).status == 200
    said = refused(town, claim(second, town.provider))
    assert "补贴“实体书店奖励”" in said["detail"]
    assert approve(town, claim(third, town.provider)).status == 200


def test_what_was_lowered_to_nothing_is_in_nobodys_way(town):
    first, second = publish(town), publish(town)
    number = claim(first, town.provider)
    assert approve(town, number).status == 200
    with clock.frozen(APPROVED), acting() as system:
        claims.lower(system, db.session.get_one(claims.SubsidyClaim, number), 10_000, "多计")
    assert approve(town, claim(second, town.provider)).status == 200


def test_a_contract_for_the_same_stands_in_the_way_of_a_subsidy(town):
    contract = contract_world.signed_contract(town)
    of_one_item(town)
    scheme = publish(town)
    said = refused(town, claim(scheme, town.provider))
    assert "合同“独居老人上门巡访服务合同”" in said["detail"]
    shown = do("contract.show", town.actor("purchaser_clerk"), id=contract)
    assert said["facts"]["number"] == shown["number"]
    assert said["facts"]["period_from"] == "2026-03-01"
    assert approve(town, claim(publish(town, combines=True), town.provider)).status == 200


def test_a_contract_is_not_signed_beside_a_subsidy_for_the_same(town):
    found = contract_world.agreed(town)
    of_one_item(town)
    assert approve(town, claim(publish(town), town.provider, None)).status == 200
    asked = {"id": found["id"], "text_hash": found["text_hash"]}
    with clock.frozen(contract_world.SIGNED):
        do("contract.sign", manager_of(town, town.provider), **asked)
        answer = attempt("contract.sign", town.actor("purchaser_approver"), **asked)
    assert (answer.status, answer.body["code"]) == (422, "DOUBLE_BENEFIT")
    assert answer.body["facts"]["form"] == "subsidy"


def test_what_a_provider_is_paid_by_vouchers_counts_as_support_of_the_provider(town, holder):
    with clock.frozen(factories.TODAY):
        card = town.voucher
        fields = {"code": card["code"], "service_code": "fee", "price_fen": 50_000}
        do("voucher.redeem", town.actor("provider_clerk"), **fields)
    scheme = publish(town)
    said = refused(town, claim(scheme, town.provider))
    assert "500.00 元" in said["detail"]
    assert said["facts"]["period_from"] == "2026-09-01"
    assert approve(town, claim(scheme, town.provider, JUNE)).status == 200


def test_an_application_hears_of_it_on_the_day_it_is_handed_in(town):
    contract_world.signed_contract(town)
    of_one_item(town)
    scheme = applying_world.open_scheme(town, plan=town.plan)
    with clock.frozen(applying_world.APPLIED):
        number = applying_world.draft(town, scheme)
        manager = town.actor("provider_manager")
        applying_world.add_papers(manager, number)
        answer = attempt("application.submit", manager, id=number)
    assert (answer.status, answer.body["code"]) == (422, "DOUBLE_BENEFIT")


def test_a_group_is_not_one_beneficiary_of_the_same(town):
    """Who belongs to it does other work; aid is what its members share."""
    other = factories.make_organisation("provider", name="同集团公司")
    with clock.frozen(scheme_world.WRITTEN):
        fields = {"one_id": town.provider, "other_id": other, "kind": ties.GROUP}
        fields |= {"document": "股权证明", "from_on": "2026-01-01"}
        do("party.record_tie", town.actor("finance_maker"), **fields)
    assert approve(town, claim(publish(town), town.provider)).status == 200
    assert approve(town, claim(publish(town), other)).status == 200
