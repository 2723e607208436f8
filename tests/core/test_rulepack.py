"""The rule pack: numbers of the law with their articles, the nearest division's, by two persons."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, rulepack
from core.db import transaction
from core.errors import RuleBroken
from core.rulepack import Row
from core.rulepack.declared import LOCAL, UNITS, FigureKind, said, shipped_rows
from core.rulepack.reading import contradicts, ends_on, standing
from tests import factories
from tests.factories import COUNTY, TODAY, attempt, do
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine

PROVINCE, CITY, TOWNSHIP = "430000", "430100", "430112001"
DAY = date(2026, 9, 1)
# What the statutes say, as the project's note on them lists it.
STATUTES = {
    "tender.limit_fen": 2_000_000_00,
    "scattered.limit_fen": 1_000_000_00,
    "scattered.works_limit_fen": 1_200_000_00,
    "tender.bidding_days": 20,
    "tender.documents_working_days": 5,
    "tender.amendment_days": 15,
    "tender.prequalification_working_days": 5,
    "tender.bid_bond_bp": 200,
    "tender.bid_bond_return_working_days": 5,
    "tender.bidders_min": 3,
    "tender.panel_min": 5,
    "tender.panel_expert_share": "2/3",
    "invited.bidders_min": 3,
    "candidates.publish_days": 3,
    "candidates.publicity_days": 3,
    "candidates.objection_answer_days": 3,
    "negotiation.panel_min": 3,
    "negotiation.panel_expert_share": "2/3",
    "single_source.publicity_working_days": 5,
    "single_source.add_on_bp": 1_000,
    "consultation.price_weight_services_min_bp": 1_000,
    "consultation.price_weight_services_max_bp": 3_000,
    "franchise.longest_years": 40,
    "scoring.price_weight_services_min_bp": 1_000,
    "scoring.price_weight_goods_min_bp": 3_000,
    "scoring.small_firm_deduction_min_bp": 1_000,
    "scoring.small_firm_deduction_max_bp": 2_000,
    "low_bid.mean_bp": 5_000,
    "low_bid.next_lowest_bp": 5_000,
    "low_bid.ceiling_bp": 4_500,
    "award.report_working_days": 2,
    "award.decide_working_days": 5,
    "award.publish_working_days": 2,
    "enquiry.answer_working_days": 3,
    "challenge.file_working_days": 7,
    "challenge.answer_working_days": 7,
    "complaint.file_working_days": 15,
    "complaint.decide_working_days": 30,
    "complaint.suspend_days": 30,
    "contract.term_months": 12,
    "contract.term_longest_months": 36,
    "contract.sign_days": 30,
    "contract.file_working_days": 7,
    "contract.publish_working_days": 2,
    "contract.bond_bp": 1_000,
    "contract.supplement_bp": 1_000,
    "contract.deposit_bp": 2_000,
    "records.keep_years": 15,
    "payment.days": 30,
    "payment.agreed_longest_days": 60,
    "payment.late_interest_ppm": 500,
    "payment.lpr_one_year_bp": 300,
    "framework.eliminated_min_bp": 2_000,
    "payment.receivable_confirm_days": 30,
    "payment.arrears_published_by": "03-31",
    "budget.publish_days": 20,
    "budget.unused_years": 2,
    "disclosure.working_days": 20,
    "supplier.offence_years": 3,
    "conflict.years": 3,
    "sanction.fine_min_bp": 50,
    "sanction.fine_max_bp": 100,
    "sanction.ban_min_years": 1,
    "sanction.ban_max_years": 3,
    "guarantee.total_times": 10,
    "guarantee.total_times_small": 15,
    "guarantee.client_bp": 1_000,
    "guarantee.group_bp": 1_500,
    "assistance.fraud_fine_min_times": 1,
    "assistance.fraud_fine_max_times": 3,
    "acceptance.recipients_min": 1,
}
# No law names these; the row says so.
OWN = {
    "purchase.rule_set",
    "plan.consultation_days",
    "plan.filing_working_days",
    "plan.emergency_report_working_days",
    "deduction.statement_working_days",
    "subsidy.completeness_working_days",
    "subsidy.judging_working_days",
}


@pytest.fixture
def office(app, county):
    """The county on a working day."""
    with clock.frozen(TODAY), app.app_context():
        yield county


def held(code, *, on=DAY, division_code=None):
    """Return a figure's value."""
    with transaction(readonly=True):
        return rulepack.value(code, on=on, division_code=division_code)


def fields(code, number, **more):
    """Return what a proposal says."""
    said_so = {"law": "湖南省政府采购限额标准", "article": "第三条", "from_on": "2026-01-01"}
    return {"code": code, "number": number} | said_so | more


def recorded(code, number, division_code, **more):
    """Record a figure of a level above the county, and return its number."""
    made = do("rulepack.propose", division_code=division_code, **fields(code, number, **more))
    do("rulepack.submit", id=made["id"])
    return do("rulepack.approve", id=made["id"])


def enacted(office, code, number, division_code=COUNTY, **more):
    """Have the county's two officers put a figure in force and return the answer."""
    drafter = office.actor("finance_budget")
    made = do(
        "rulepack.propose", drafter, division_code=division_code, **fields(code, number, **more)
    )
    do("rulepack.submit", drafter, id=made["id"])
    return do("rulepack.approve", office.actor("finance_approver"), id=made["id"])


# --- what is shipped ---------------------------------------------------------------------------


@pytest.mark.parametrize("code", rulepack.figures())
def test_a_shipped_figure_has_names_unit_and_article(code):
    figure = rulepack.figures()[code]
    assert figure.name
    assert figure.english.isascii()
    assert figure.unit in UNITS
    assert figure.local in LOCAL
    assert figure.area in rulepack.areas()
    rows = shipped_rows(code)
    for row in rows:
        assert row.law
        assert row.article
        assert isinstance(row.value, str) == (figure.unit == "text")
        assert isinstance(row.from_on, date)
    pairs = itertools.pairwise(rows)
    assert all(row.to_on and row.to_on < after.from_on for row, after in pairs)


def test_the_shipped_numbers_are_those_of_the_statutes(office):
    assert {code: held(code) for code in STATUTES} == STATUTES
    assert set(rulepack.figures()) == STATUTES.keys() | OWN


def test_what_was_not_read_in_the_law_is_marked():
    marked = {code for code in rulepack.figures() if any(r.unverified for r in shipped_rows(code))}
    assert marked >= {"scoring.price_weight_services_min_bp", "low_bid.mean_bp", *OWN}
    assert marked.isdisjoint({"tender.bidding_days", "contract.bond_bp", "payment.days"})


def test_the_rule_set_changes_with_order_102(office):
    assert held("purchase.rule_set", on=date(2014, 1, 1)) == "2014"
    assert held("purchase.rule_set", on=date(2020, 2, 29)) == "2014"
    assert held("purchase.rule_set", on=date(2020, 3, 1)) == "102"


def test_before_its_first_day_a_figure_is_missing(office):
    with transaction(readonly=True), pytest.raises(RuleBroken) as refusal:
        rulepack.cited("payment.days", on=date(2019, 1, 1))
    assert refusal.value.code == "RULE_FIGURE_MISSING"


def test_a_figure_is_cited_with_its_article(office):
    with transaction(readonly=True):
        found = rulepack.cited("contract.bond_bp", on=DAY)
    assert (found.value, found.unit, found.said) == (1_000, "basis_points", "10%")
    assert found.citation == "《政府采购法实施条例》第四十八条"


def test_shares_are_written_exactly():
    written = {ppm: said("ppm", ppm) for ppm in (500, 1, 1_000_000, 123_450)}
    assert written == {500: "0.05%", 1: "0.0001%", 1_000_000: "100%", 123_450: "12.345%"}


# --- divisions ---------------------------------------------------------------------------------


@pytest.mark.requirement("R000-52")
def test_the_nearest_division_decides_from_its_own_day_on(office):
    recorded("tender.limit_fen", 4_000_000_00, PROVINCE)
    enacted(office, "tender.limit_fen", 3_000_000_00, from_on="2026-07-01")
    assert held("tender.limit_fen") == 2_000_000_00
    assert held("tender.limit_fen", division_code=CITY) == 4_000_000_00
    assert held("tender.limit_fen", division_code=TOWNSHIP) == 3_000_000_00
    assert held("tender.limit_fen", on=date(2026, 6, 30), division_code=COUNTY) == 4_000_000_00


@pytest.mark.requirement("R000-85")
@pytest.mark.parametrize(
    ("code", "tighter", "wrong"),
    [
        ("contract.bond_bp", 500, 1_001),
        ("tender.bidding_days", 25, 19),
        ("tender.bidders_min", 3, 2),
    ],
)
def test_a_division_may_tighten_but_not_contradict_what_is_above(office, code, tighter, wrong):
    enacted(office, code, tighter)
    assert held(code, division_code=COUNTY) == tighter
    drafter = office.actor("finance_budget")
    refused = attempt("rulepack.propose", drafter, division_code=COUNTY, **fields(code, wrong))
    assert refused.body["code"] == "RULE_CONTRADICTS_UPPER"
    figure, upper = rulepack.figures()[code], shipped_rows(code)[0]
    assert figure.said(wrong) in refused.body["detail"]
    assert figure.said(upper.value) in refused.body["detail"]
    assert refused.body["basis"] == upper.citation


@pytest.mark.requirement("R000-85")
def test_a_later_rule_above_is_seen_by_who_proposes_and_prevails_over_what_stood_below(office):
    enacted(office, "payment.days", 20)
    answer = recorded("payment.days", 15, PROVINCE, from_on="2026-10-01")
    assert [one["division_code"] for one in answer["contradicted"]] == [COUNTY]
    assert held("payment.days", on=date(2026, 9, 30), division_code=COUNTY) == 20
    assert held("payment.days", on=date(2026, 10, 1), division_code=COUNTY) == 15
    viewer = office.actor("purchaser_clerk")
    shown = do("rulepack.list", viewer, on="2026-10-01", division_code=COUNTY, area="payment")
    (days,) = [one for one in shown["items"] if one["code"] == "payment.days"]
    assert [one["value"] for one in days["against"]] == [20]
    refused = attempt(
        "rulepack.propose",
        office.actor("finance_budget"),
        division_code=COUNTY,
        **fields("payment.days", 18, from_on="2026-09-10"),
    )
    assert refused.body["code"] == "RULE_CONTRADICTS_UPPER"


@pytest.mark.requirement("R000-52")
def test_a_pilot_may_deviate_with_a_permit_until_its_end(office):
    permit = {"permit": "湘财购〔2026〕8号", "to_on": "2026-12-31"}
    enacted(office, "contract.term_longest_months", 60, **permit)
    assert held("contract.term_longest_months", division_code=COUNTY) == 60
    later = date(2027, 1, 1)
    assert held("contract.term_longest_months", on=later, division_code=COUNTY) == 36
    drafter = office.actor("finance_budget")
    endless = fields("contract.term_longest_months", 60, permit="湘财购〔2026〕8号")
    refused = attempt("rulepack.propose", drafter, division_code=COUNTY, **endless)
    assert "to_on" in refused.body["errors"]


def test_no_permit_opens_what_the_law_leaves_to_nobody(office):
    pilot = fields("tender.bidders_min", 2, permit="试点", to_on="2026-12-31")
    refused = attempt(
        "rulepack.propose", office.actor("finance_budget"), division_code=COUNTY, **pilot
    )
    assert refused.body["code"] == "RULE_CONTRADICTS_UPPER"


# --- two persons -------------------------------------------------------------------------------


def test_a_figure_counts_only_once_another_person_has_approved_it(office):
    drafter = office.actor("finance_budget")
    made = do("rulepack.propose", drafter, **fields("payment.days", 28, division_code=COUNTY))
    approver = office.actor("finance_approver")
    early = attempt("rulepack.approve", approver, id=made["id"])
    assert early.body["code"] == "STATE_CHANGED"
    do("rulepack.submit", drafter, id=made["id"])
    assert held("payment.days", division_code=COUNTY) == 30
    do("rulepack.approve", approver, id=made["id"])
    assert held("payment.days", division_code=COUNTY) == 28
    again = attempt("rulepack.withdraw", drafter, id=made["id"], reason="改主意")
    assert again.body["code"] == "STATE_CHANGED"


def test_who_drafted_a_figure_cannot_approve_it(office):
    drafter = office.actor("finance_budget")
    do(
        "access.grant_role",
        user_id=drafter.user_id,
        role="finance_approver",
        division_code=COUNTY,
        organisation_id=office.finance,
    )
    both = office.actor("finance_budget")
    made = do("rulepack.propose", both, **fields("payment.days", 28, division_code=COUNTY))
    do("rulepack.submit", both, id=made["id"])
    assert attempt("rulepack.approve", both, id=made["id"]).body["code"] == "FOUR_EYES_REQUIRED"


def test_a_returned_figure_has_ended_and_tells_why(office):
    drafter = office.actor("finance_budget")
    made = do("rulepack.propose", drafter, **fields("payment.days", 28, division_code=COUNTY))
    do("rulepack.submit", drafter, id=made["id"])
    approver = office.actor("finance_approver")
    do("rulepack.send_back", approver, id=made["id"], reason="没有附文件")
    found = do("rulepack.proposal", drafter, id=made["id"])
    assert (found["state"], found["reason"]) == ("returned", "没有附文件")
    assert attempt("rulepack.submit", drafter, id=made["id"]).body["code"] == "STATE_CHANGED"


def test_a_later_figure_takes_over_and_the_earlier_one_ends_the_day_before(office):
    enacted(office, "payment.days", 28)
    enacted(office, "payment.days", 25, from_on="2026-08-01")
    assert held("payment.days", on=date(2026, 7, 31), division_code=COUNTY) == 28
    assert held("payment.days", on=date(2026, 8, 1), division_code=COUNTY) == 25
    history = do("rulepack.history", office.actor("auditor"), code="payment.days")
    local = [row for row in history["rows"] if row["division_code"] == COUNTY]
    assert [row["read_until"] for row in local] == ["2026-07-31", None]


def test_an_amended_law_is_recorded_for_the_whole_country_by_the_highest_office_here(office):
    enacted(office, "contract.sign_days", 20, division_code=None, law="政府采购法（修订）")
    assert held("contract.sign_days") == 20
    with clock.frozen(TODAY):
        do(
            "party.add_organisation",
            credit_code=factories.credit_code("11"),
            name="长沙市财政局",
            kind="finance",
            division_code=CITY,
        )
    drafter = office.actor("finance_budget")
    refused = attempt("rulepack.propose", drafter, **fields("contract.sign_days", 10))
    assert refused.body["code"] == "NO_AUTHORITY"


def test_an_office_records_nothing_for_a_division_above_it(office):
    drafter = office.actor("finance_budget")
    wrong = fields("tender.limit_fen", 1, division_code=CITY)
    assert attempt("rulepack.propose", drafter, **wrong).body["code"] == "NO_AUTHORITY"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "no.such"}, "code"),
        ({"number": None}, "number"),
        ({"text": "三十"}, "number"),
        ({"to_on": "2025-01-01"}, "to_on"),
        ({"division_code": "999999"}, "division_code"),
    ],
)
def test_what_cannot_be_read_is_refused_beside_its_field(office, changes, field):
    given = {"division_code": COUNTY} | fields("payment.days", 28) | changes
    refused = attempt("rulepack.propose", office.actor("finance_budget"), **given)
    assert (refused.status, list(refused.body["errors"])) == (422, [field])


@pytest.mark.race
def test_of_two_who_approve_at_once_one_does(app, office):
    drafter, approver = office.actor("finance_budget"), office.actor("finance_approver")
    made = do("rulepack.propose", drafter, **fields("payment.days", 28, division_code=COUNTY))
    do("rulepack.submit", drafter, id=made["id"])

    def approve():
        with app.app_context():
            return attempt("rulepack.approve", approver, id=made["id"])

    answers = together(*[approve] * 4)
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]


# --- any rows ----------------------------------------------------------------------------------

DAYS = st.dates(date(2020, 1, 1), date(2021, 12, 31))
ROWS = st.lists(
    st.builds(
        lambda value, days, place, number: Row(
            "x",
            value,
            min(days),
            max(days) if value % 2 else None,
            "法",
            "第一条",
            division_code=place,
            id=number,
        ),
        st.integers(0, 9),
        st.tuples(DAYS, DAYS),
        st.sampled_from((None, PROVINCE, COUNTY)),
        st.integers(1, 10_000),
    ),
    max_size=12,
    unique_by=lambda row: row.id,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, on=DAYS, local=st.sampled_from(LOCAL))
def test_what_counts_never_contradicts_a_row_above_it(rows, on, local):
    figure = FigureKind("x", "数", "figure", "purchase", "days", local)
    chain = [None, PROVINCE, COUNTY]
    above, _against = standing(figure, rows, chain[:2], on)
    found, against = standing(figure, rows, chain, on)
    assert all(contradicts(figure, above or found, row) for row in against if row is not found)
    if above is not None:
        assert found is not None
        assert found is above or not contradicts(figure, above, found)
    if found is not None:
        last = ends_on(rows, found)
        assert found.from_on <= on
        assert last is None or on <= last


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, on=DAYS)
def test_of_a_divisions_rows_at_most_one_is_read_on_a_day(rows, on):
    own = [row for row in rows if row.division_code == COUNTY]
    read = [row for row in own if row.from_on <= on <= (ends_on(rows, row) or date.max)]
    assert len(read) <= 1
