"""Who may buy: kinds by rule set and day, the sentence and the article of a refusal, history."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.db import db, transaction
from core.errors import RuleBroken
from core.parties import Organisation
from core.purchasers import (
    CLASSES,
    FLAGS,
    KINDS,
    OrganisationKind,
    judge,
    kind_on,
    kinds_of,
    may_provide,
    require_purchaser,
)
from core.purchasers.judging import judge_kind
from core.purchasers.kinds import FLAGS_OF
from core.purchasers.rules import BUY, PROVIDE, RULE_SETS, RULES
from tests import factories

pytestmark = pytest.mark.one_engine

IN_2015, IN_2026 = date(2015, 5, 4), date(2026, 9, 1)
STATE_COUNCIL, ORDER = "国办发〔2013〕96号", "财政部令第102号"
PUBLIC_ONE = {"legal_kind": "institution", "institution_class": "public_one"}
UNION = {"legal_kind": "mass_organisation", "administrative_staffing": True, "budget_funded": True}

ORDER_102_FROM = date(2020, 3, 1)


@pytest.fixture
def unit(app):
    """Return how a unit of a legal kind is registered."""
    with app.app_context():
        factories.make_division()

    def made(prefix, *, kind="purchaser", **legal):
        with app.app_context():
            return factories.make_organisation(kind, prefix=prefix, name="望城区某单位", **legal)

    return made


@pytest.fixture
def refusal(app):
    """Return the refusal a unit hears when it would buy on a day, None when it may."""

    def heard(number, on=IN_2026, **options):
        with app.app_context(), transaction(readonly=True):
            try:
                require_purchaser(number, on=on, **options)
            except RuleBroken as refusal:
                return refusal
            return None

    return heard


def outcome(app, number, on):
    with app.app_context(), transaction(readonly=True):
        return judge(number, on=on).outcome


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.requirement("R000-15", "R002-12")
def test_an_administrative_organ_buys_under_both_rule_sets_and_a_company_under_none(
    app, unit, refusal
):
    bureau, company = unit("11"), unit("91")
    for day in (IN_2015, IN_2026):
        assert outcome(app, bureau, day) == "allowed"
        assert refusal(company, day).code == "PURCHASER_NOT_ELIGIBLE"


@pytest.mark.requirement("R000-15", "R002-13")
@pytest.mark.parametrize(
    ("flags", "missing"),
    [
        ({"civil_servant_law": True}, "具有行政管理职能"),
        ({"administrative_functions": True}, "参照公务员法管理"),
        ({}, "参照公务员法管理"),
    ],
)
def test_an_institution_needs_both_conditions_of_2014(unit, refusal, flags, missing):
    one = unit("12", legal_kind="institution", institution_class="unclassified", **flags)
    found = refusal(one, IN_2015)
    assert found.code == "PURCHASER_NOT_ELIGIBLE"
    assert f"不是“{missing}”的单位" in found.message
    assert STATE_COUNCIL in found.basis


def test_an_institution_with_both_conditions_buys(app, unit):
    both = {"civil_servant_law": True, "administrative_functions": True}
    one = unit("12", legal_kind="institution", institution_class="administrative", **both)
    assert outcome(app, one, IN_2015) == "allowed"
    assert outcome(app, one, IN_2026) == "by_reference"


@pytest.mark.requirement("R000-16", "R002-14")
@pytest.mark.parametrize("lacking", ["administrative_staffing", "budget_funded"])
def test_a_mass_organisation_needs_staffing_and_money(unit, refusal, lacking):
    found = refusal(unit("13", **(UNION | {lacking: False})), IN_2015)
    assert found.code == "PURCHASER_NOT_ELIGIBLE"
    assert found.facts["missing"] == [lacking]


def test_a_mass_organisation_with_administrative_staffing_buys(app, unit):
    union = unit("13", **UNION)
    assert outcome(app, union, IN_2015) == "allowed"
    assert outcome(app, union, IN_2026) == "by_reference"


def test_the_order_of_2020_knows_organs_that_2014_did_not_name(app, unit, refusal):
    court = unit("11", legal_kind="state_organ")
    assert refusal(court, IN_2015).code == "PURCHASER_NOT_ELIGIBLE"
    assert outcome(app, court, IN_2026) == "allowed"
    for kind in ("party_organ", "consultative_organ", "democratic_party"):
        assert outcome(app, unit("11", legal_kind=kind), IN_2026) == "by_reference"


@pytest.mark.requirement("R002-14")
@pytest.mark.parametrize(("prefix", "legal"), [("91", "enterprise"), ("52", "social_organisation")])
def test_anything_else_is_refused(unit, refusal, prefix, legal):
    one = unit(prefix, legal_kind=legal)
    for day, law in ((IN_2015, STATE_COUNCIL), (IN_2026, ORDER)):
        found = refusal(one, day)
        assert found.code == "PURCHASER_NOT_ELIGIBLE"
        assert law in found.basis
        assert "请由负有该项职责的机关发起购买" in found.message


# --- public-welfare institutions ---------------------------------------------------------------


@pytest.mark.requirement("R000-18")
def test_a_public_hospital_is_refused_by_the_article_in_force(unit, refusal):
    hospital = unit("12", **PUBLIC_ONE)
    then, now = refusal(hospital, IN_2015), refusal(hospital)
    assert {then.code, now.code} == {"PURCHASER_NOT_ELIGIBLE"}
    assert then.basis == f"{STATE_COUNCIL}第三条第（一）项"
    assert now.basis == "政府购买服务管理办法（财政部令第102号）第八条"
    assert "事业单位（公益一类）" in now.message
    assert "请由其主管机关发起购买" in now.message


@pytest.mark.requirement("R000-19", in_part=True)
def test_a_public_hospital_may_borrow_the_procedure_under_the_texts_of_2014_only(unit, refusal):
    hospital = unit("12", **PUBLIC_ONE)
    assert "借鉴方式" in refusal(hospital, IN_2015).message
    assert refusal(hospital, IN_2015, by_analogy=True) is None
    assert refusal(hospital, IN_2026, by_analogy=True).code == "PURCHASER_NOT_ELIGIBLE"


@pytest.mark.requirement("R000-19", in_part=True)
def test_what_is_bought_by_analogy_is_told_apart(app, unit):
    hospital, bureau = unit("12", **PUBLIC_ONE), unit("11")
    with app.app_context(), transaction(readonly=True):
        borrowed = require_purchaser(hospital, on=IN_2015, by_analogy=True)
        bought = require_purchaser(bureau, on=IN_2015, by_analogy=True)
    assert (borrowed.outcome, bought.outcome) == ("by_analogy", "allowed")


def test_nobody_else_may_borrow_the_procedure(unit, refusal):
    found = refusal(unit("91"), IN_2015, by_analogy=True)
    assert found.code == "PURCHASER_NOT_ELIGIBLE"


# --- what is recorded --------------------------------------------------------------------------


def test_a_code_of_an_organ_is_enough_and_that_of_an_institution_is_not(unit, refusal):
    assert refusal(unit("11")) is None
    found = refusal(unit("12"))
    assert found.code == "PURCHASER_NOT_ELIGIBLE"
    assert "还没有登记法定类别" in found.message
    assert "请先由机构编制岗位" in found.message


def test_what_the_code_does_not_tell_of_other_bodies_is_not_guessed(app, unit):
    assert outcome(app, unit("11", kind="administration"), IN_2026) == "unrecorded"


@pytest.mark.requirement("R000-17")
def test_an_institution_that_becomes_an_organ_buys_from_that_day_on(app, unit, refusal):
    one = unit("12", legal_kind="institution", institution_class="unclassified")
    new = factories.credit_code("11")
    with app.app_context(), clock.frozen("2026-07-01T09:00"):
        factories.do(
            "party.record_kind",
            organisation_id=one,
            legal_kind="administrative_organ",
            from_on="2026-07-01",
            document="湘编发〔2026〕3号",
            credit_code=new,
        )
    assert refusal(one, date(2026, 6, 30)).code == "PURCHASER_NOT_ELIGIBLE"
    assert refusal(one, date(2026, 7, 1)) is None
    with app.app_context(), transaction(readonly=True):
        history = [(row.legal_kind, row.credit_code[:2]) for row in kinds_of(one)]
        assert db.session.get(Organisation, one).credit_code == new
    assert history == [("administrative_organ", "11"), ("institution", "12")]


@pytest.mark.requirement("R000-92")
def test_a_provider_that_becomes_a_company_keeps_its_history(app, unit):
    one = unit("12", kind="provider", legal_kind="institution", institution_class="business")
    old_code = code_of(app, one)
    new = factories.credit_code("91")
    with app.app_context():
        factories.do(
            "party.record_kind",
            organisation_id=one,
            legal_kind="enterprise",
            from_on="2026-01-01",
            document="转企批复",
            credit_code=new,
        )
    with app.app_context(), transaction(readonly=True):
        assert kind_on(one, date(2025, 12, 31)).credit_code == old_code
        assert kind_on(one, date(2026, 1, 1)).credit_code == new
        assert may_provide(one, on=IN_2026).may


def code_of(app, number):
    with app.app_context(), transaction(readonly=True):
        return db.session.get(Organisation, number).credit_code


def test_a_mistake_is_corrected_by_a_further_record_of_the_same_day(app, unit, refusal):
    one = unit("12", **PUBLIC_ONE)
    right = {"institution_class": "administrative", "administrative_functions": True}
    with app.app_context():
        for document, more in (("甲", {"institution_class": "public_two"}), ("乙", right)):
            factories.do(
                "party.record_kind",
                organisation_id=one,
                legal_kind="institution",
                from_on="2026-01-01",
                document=document,
                **more,
            )
    assert refusal(one) is None
    with app.app_context(), transaction(readonly=True):
        assert len(kinds_of(one)) == 3


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"legal_kind": "institution"}, "institution_class"),
        ({"legal_kind": "administrative_organ", "institution_class": "public_one"}, None),
        ({"legal_kind": "administrative_organ", "civil_servant_law": True}, "civil_servant_law"),
        (
            {"legal_kind": "institution", "institution_class": "administrative"},
            "administrative_functions",
        ),
        ({"legal_kind": "kingdom"}, "legal_kind"),
    ],
)
def test_a_record_that_says_nothing_sensible_is_refused_at_its_field(app, unit, fields, where):
    one = unit("11")
    with app.app_context():
        answer = factories.attempt(
            "party.record_kind",
            organisation_id=one,
            from_on="2026-01-01",
            document="三定规定",
            **fields,
        )
    assert answer.body["code"] == "INVALID_INPUT"
    assert (where or "institution_class") in answer.body["errors"]


def test_a_kind_that_the_credit_code_contradicts_is_refused(app, unit):
    with app.app_context():
        answer = factories.attempt(
            "party.record_kind",
            organisation_id=unit("12", **PUBLIC_ONE),
            legal_kind="administrative_organ",
            from_on="2026-01-01",
            document="三定规定",
        )
    assert answer.body["code"] == "LEGAL_KIND_MISMATCH"
    assert "12" in answer.body["detail"]


def test_the_same_record_twice_is_refused(app, unit):
    fields = {"legal_kind": "state_organ", "from_on": "2026-01-01", "document": "三定规定"}
    with app.app_context():
        one = unit("11")
        factories.do("party.record_kind", organisation_id=one, **fields)
        again = factories.attempt("party.record_kind", organisation_id=one, **fields)
    assert again.body["code"] == "KIND_RECORDED"


@pytest.mark.requirement("R002-56")
def test_the_staffing_office_records_kinds_and_a_purchaser_cannot_for_itself(app, county):
    fields = {"organisation_id": county.purchaser, "legal_kind": "state_organ"}
    fields |= {"from_on": "2026-01-01", "document": "三定规定"}
    with app.app_context():
        clerk = county.actor("purchaser_clerk")
        refused = factories.attempt("party.record_kind", clerk, **fields)
        claimed = factories.attempt(
            "party.add_organisation",
            clerk,
            credit_code=factories.credit_code("11"),
            name="自称机关",
            kind="purchaser",
            division_code=factories.COUNTY,
            legal_kind="state_organ",
            legal_document="自述",
        )
        done = factories.do("party.record_kind", county.actor("staffing_office"), **fields)
        told = factories.do("party.kinds", clerk, organisation_id=county.purchaser)
    assert {refused.body["code"], claimed.body["code"]} == {"ROLE_NOT_ALLOWED"}
    assert done["may_buy"]
    assert told["buying"]["may"]
    assert [one["legal_kind"] for one in told["items"]] == ["state_organ", "administrative_organ"]


def test_a_kind_is_recorded_within_ones_own_division_only(app, county):
    with app.app_context():
        factories.do("party.add_division", code="430104", name="岳麓区", parent="430100")
        stranger = factories.do(
            "party.add_organisation",
            credit_code=factories.credit_code("11"),
            name="岳麓区某局",
            kind="purchaser",
            division_code="430104",
        )["id"]
        answer = factories.attempt(
            "party.record_kind",
            county.actor("staffing_office"),
            organisation_id=stranger,
            legal_kind="state_organ",
            from_on="2026-01-01",
            document="三定规定",
        )
    assert answer.body["code"] == "NOT_FOUND"


# --- who may provide ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "legal", "verdicts"),
    [
        ("91", {"legal_kind": "enterprise"}, [True, True]),
        ("52", {"legal_kind": "social_organisation"}, [True, True]),
        ("12", PUBLIC_ONE, [True, False]),
        ("12", PUBLIC_ONE | {"institution_class": "public_two"}, [True, True]),
        ("12", PUBLIC_ONE | {"institution_class": "business"}, [True, True]),
        ("54", {"legal_kind": "self_governing"}, [False, True]),
        ("N2", {"legal_kind": "rural_collective"}, [False, True]),
        ("13", UNION, [False, False]),
        ("11", {"legal_kind": "administrative_organ"}, [False, False]),
    ],
)
def test_who_may_provide_is_a_question_of_the_day_too(app, unit, prefix, legal, verdicts):
    one = unit(prefix, kind="provider", **legal)
    with app.app_context(), transaction(readonly=True):
        assert [may_provide(one, on=day).may for day in (IN_2015, IN_2026)] == verdicts


# --- the table itself --------------------------------------------------------------------------


@st.composite
def records(draw):
    """Any record that can be made."""
    kind = draw(st.sampled_from(list(KINDS)))
    flags = {flag: flag in FLAGS_OF.get(kind, ()) and draw(st.booleans()) for flag in FLAGS}
    chosen = draw(st.sampled_from(list(CLASSES))) if kind == "institution" else None
    return OrganisationKind(legal_kind=kind, institution_class=chosen, **flags)


@given(records(), st.sampled_from(list(RULE_SETS)), st.sampled_from([BUY, PROVIDE]))
def test_every_record_gets_one_verdict_with_its_article(record, code, side):
    verdict = judge_kind(record, code, side)
    assert verdict.article
    assert verdict.may == (verdict.outcome in {"allowed", "by_reference"})
    assert not (verdict.may and verdict.missing)


@given(records(), st.sampled_from(list(RULE_SETS)))
def test_nobody_both_buys_and_provides(record, code):
    """But for a mass organisation that is not paid by the budget, which the order leaves open."""
    both = judge_kind(record, code, BUY).may and judge_kind(record, code, PROVIDE).may
    if record.legal_kind == "mass_organisation" and not record.budget_funded:
        return
    if record.legal_kind == "institution" and record.institution_class in {
        "public_two",
        "business",
    }:
        return  # may hold administrative functions until it is sorted
    assert not both


def test_every_row_names_kinds_and_columns_that_exist():
    columns = {*FLAGS, "institution_class"}
    for rule in RULES:
        assert set(rule.kinds) <= set(KINDS)
        assert {column for column, _wanted in rule.conditions} <= columns


def test_the_order_holds_from_its_first_day(app, unit):
    court = unit("11", legal_kind="state_organ")
    day_before = date.fromordinal(ORDER_102_FROM.toordinal() - 1)
    assert outcome(app, court, day_before) == "excluded"
    assert outcome(app, court, ORDER_102_FROM) == "allowed"
