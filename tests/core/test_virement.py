"""Virement between lines: two people, one journal, nothing lost; and what the reports say of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.access import Actor, Grant
from core.budget import rooms
from core.db import db, transaction
from core.ledger import Journal
from core.virement import LineTransfer, spending
from tests import factories
from tests.settlement_world import together

GROUND = {"document": "望财预〔2026〕8号", "reason": "助餐点减少，助浴需求增加"}


@pytest.fixture
def desk(app, county):
    """Return the budget desk of the county on a working day, with two lines to move between."""
    with clock.frozen(factories.TODAY), app.app_context():
        yield Desk(app, county)


class Desk:
    """The people of the budget desk and two lines of 30,000 yuan."""

    def __init__(self, app, county):
        self.app, self.county = app, county
        self.source = county.line
        self.target = self.line("CARE")
        self.budget = county.actor("finance_budget")
        self.approver = county.actor("finance_approver")

    def line(self, code, *, year=2026, economic="30227", amount_fen=3_000_000):
        made = factories.do(
            "budget.appropriate",
            code=code,
            name=code,
            fiscal_year=year,
            organisation_id=self.county.purchaser,
            function_code="208",
            economic_code=economic,
            document="望财预〔2026〕1号",
            amount_fen=amount_fen,
        )
        return made["id"]

    def propose(self, amount_fen=1_000_000, **fields):
        lines = {"from_line_id": self.source, "to_line_id": self.target}
        return factories.attempt(
            "budget.transfer", self.budget, amount_fen=amount_fen, **(lines | GROUND | fields)
        )

    def decide(self, number, verb="approve", actor=None, **fields):
        return factories.attempt(
            f"budget.{verb}_transfer", actor or self.approver, id=number, **fields
        )

    def books(self):
        with transaction(readonly=True):
            return [
                (rooms(line)["approved"], rooms(line)["available"])
                for line in (self.source, self.target)
            ]

    def report(self, name, **fields):
        return factories.do(f"budget.{name}", self.budget, **fields)


WHOLE = [(3_000_000, 3_000_000), (3_000_000, 3_000_000)]
MOVED = [(2_000_000, 2_000_000), (4_000_000, 4_000_000)]


@pytest.mark.requirement("R004-33")
def test_money_moves_when_a_second_person_approves_and_the_sum_stays(desk):
    number = desk.propose().body["id"]
    assert desk.books() == WHOLE
    done = desk.decide(number)
    assert done.body["state"] == "approved"
    assert desk.books() == MOVED
    with transaction(readonly=True):
        journal = db.session.get(Journal, done.body["journal_id"])
        assert (journal.entry_kind, journal.note) == ("budget.transferred", GROUND["document"])


def test_who_proposed_a_virement_cannot_approve_it(desk):
    number = desk.propose().body["id"]
    grants = (*desk.budget.grants, Grant("finance_approver", None, factories.COUNTY))
    both = Actor(desk.budget.user_id, desk.budget.name, grants)
    for verb, fields in (("approve", {}), ("decline", {"reason": "不妥"})):
        answer = desk.decide(number, verb, both, **fields)
        assert answer.body["code"] == "FOUR_EYES_REQUIRED"
    assert desk.books() == WHOLE


def test_a_declined_virement_moves_nothing_and_cannot_be_approved_later(desk):
    number = desk.propose().body["id"]
    assert desk.decide(number, "decline", reason="来源不妥").body["state"] == "declined"
    assert desk.decide(number).body["code"] == "STATE_CHANGED"
    assert desk.books() == WHOLE


def test_a_virement_is_approved_once(desk):
    number = desk.propose().body["id"]
    assert not desk.decide(number).refused
    assert desk.decide(number).body["code"] == "STATE_CHANGED"
    assert desk.books() == MOVED


def test_more_than_is_available_is_refused_with_the_figures(desk):
    answer = desk.propose(3_000_001)
    assert answer.body["code"] == "BUDGET_INSUFFICIENT"
    assert "30,000.00" in answer.body["detail"]
    assert "差 0.01" in answer.body["detail"]


def test_what_was_used_up_meanwhile_is_refused_at_approval_and_nothing_is_lost(desk):
    number = desk.propose(2_000_000).body["id"]
    cut = {"id": desk.source, "amount_fen": -1_500_000, "document": "望财预〔2026〕9号"}
    factories.do("budget.adjust", desk.budget, **cut)
    before = desk.books()
    assert desk.decide(number).body["code"] == "BUDGET_INSUFFICIENT"
    assert desk.books() == before
    with transaction(readonly=True):
        assert db.session.get(LineTransfer, number).state == "proposed"


def test_lines_of_different_years_do_not_mix(desk):
    answer = desk.propose(to_line_id=desk.line("NEXT", year=2027))
    assert answer.body["code"] == "FISCAL_YEAR_MISMATCH"
    assert "2026" in answer.body["detail"]
    assert "2027" in answer.body["detail"]


def test_lines_of_a_year_that_is_over_stay_as_they_are(desk):
    number = desk.propose().body["id"]
    with clock.frozen("2027-01-04T09:00"):
        assert desk.propose().body["code"] == "FISCAL_YEAR_PASSED"
        assert desk.decide(number).body["code"] == "FISCAL_YEAR_PASSED"
    assert desk.books() == WHOLE


def test_a_line_gives_nothing_to_itself(desk):
    answer = desk.propose(to_line_id=desk.source)
    assert "to_line_id" in answer.body["errors"]


def test_lines_of_another_division_are_out_of_reach(desk):
    grant = Grant("finance_budget", None, "430112001")
    stranger = Actor(desk.budget.user_id, "街道", (grant,))
    fields = {"from_line_id": desk.source, "to_line_id": desk.target, "amount_fen": 1}
    answer = factories.attempt("budget.transfer", stranger, **fields, **GROUND)
    assert answer.body["code"] == "NOT_FOUND"
    desk.propose()
    assert factories.do("budget.transfers", stranger)["items"] == []
    assert len(factories.do("budget.transfers", desk.budget)["items"]) == 1


def test_two_virements_from_one_line_at_once_never_take_more_than_it_has(desk):
    numbers = [desk.propose(2_000_000).body["id"] for _ in range(2)]

    def approve(number):
        with desk.app.app_context():
            return desk.decide(number)

    answers = together(*[lambda n=n: approve(n) for n in numbers])
    assert sorted(answer.status for answer in answers) == [200, 422]
    assert {a.body["code"] for a in answers if a.refused} == {"BUDGET_INSUFFICIENT"}
    assert desk.books() == [(1_000_000, 1_000_000), (5_000_000, 5_000_000)]


STEP = st.tuples(
    st.booleans(), st.integers(1, 4_000_000), st.sampled_from(["approve", "decline", "leave"])
)


@settings(
    max_examples=10,
    deadline=None,
    # Every example goes on from the books that the one before left: the sums must hold there too.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEP, max_size=4))
def test_no_sequence_of_virements_makes_or_loses_money(desk, steps):
    for is_back, fen, verb in steps:
        lines = (desk.target, desk.source) if is_back else (desk.source, desk.target)
        made = desk.propose(fen, from_line_id=lines[0], to_line_id=lines[1])
        if not made.refused and verb != "leave":
            desk.decide(made.body["id"], verb, **({"reason": "不妥"} if verb == "decline" else {}))
    books = desk.books()
    assert sum(approved for approved, _available in books) == 6_000_000
    assert all(approved == available >= 0 for approved, available in books)


def test_one_virement_approved_twice_at_once_moves_once(desk):
    number = desk.propose().body["id"]

    def approve():
        with desk.app.app_context():
            return desk.decide(number)

    answers = together(approve, approve, approve)
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    assert desk.books() == MOVED


# --- increases ---------------------------------------------------------------------------------


@pytest.mark.requirement("R004-32")
@pytest.mark.parametrize("reason", ["实施政府购买服务", "增加购买养老服务支出"])
def test_buying_services_is_no_reason_for_more_money(desk, reason):
    fields = {"id": desk.source, "document": "望财预〔2026〕9号", "reason": reason}
    answer = factories.attempt("budget.adjust", desk.budget, amount_fen=100, **fields)
    assert answer.body["code"] == "PURCHASE_IS_NO_REASON"
    assert "指标调剂" in answer.body["detail"]
    assert desk.books() == WHOLE


@pytest.mark.parametrize(
    ("fen", "reason"), [(100, "上级追加"), (100, None), (-100, "政府购买服务减少")]
)
def test_other_increases_and_any_cut_are_recorded(desk, fen, reason):
    fields = {"id": desk.source, "document": "望财预〔2026〕9号", "amount_fen": fen}
    factories.do("budget.adjust", desk.budget, **fields, **({"reason": reason} if reason else {}))
    assert desk.books()[0] == (3_000_000 + fen, 3_000_000 + fen)


# --- reports -----------------------------------------------------------------------------------


@pytest.mark.requirement("R004-33")
def test_the_shift_report_adds_up_to_zero_and_agrees_with_the_ledger(desk):
    desk.decide(desk.propose(1_000_000).body["id"])
    desk.decide(desk.propose(250_000).body["id"])
    back = {"from_line_id": desk.target, "to_line_id": desk.source}
    desk.decide(desk.propose(50_000, **back).body["id"])
    more = {"id": desk.target, "amount_fen": 700, "document": "望财预〔2026〕9号"}
    factories.do("budget.adjust", desk.budget, **more)

    found = desk.report("shifts")
    rows = {row["line_id"]: row for row in found["items"]}
    assert found["total"]["net_fen"] == 0
    changes = {
        number: row["raised_fen"] - row["lowered_fen"] + row["adjusted_fen"]
        for number, row in rows.items()
    }
    with transaction(readonly=True):
        ledger = {line: rooms(line)["approved"] - 3_000_000 for line in (desk.source, desk.target)}
    assert changes == ledger == {desk.source: -1_200_000, desk.target: 1_200_700}
    assert (rows[desk.source]["raised_fen"], rows[desk.source]["lowered_fen"]) == (
        50_000,
        1_250_000,
    )


def test_the_shift_report_keeps_to_its_days(desk):
    with clock.frozen("2026-08-31T09:00"):
        desk.decide(desk.propose().body["id"])
    assert desk.report("shifts", from_on="2026-09-01")["items"] == []
    assert len(desk.report("shifts", to_on="2026-08-31")["items"]) == 2


@pytest.mark.requirement("R002-08")
def test_staff_and_service_money_agree_with_the_ledger(desk):
    desk.line("PAY", economic="30101", amount_fen=500_000)
    desk.line("WAGE", economic="50501", amount_fen=70_000)
    desk.line("RENT", economic="30214", amount_fen=30_000)
    desk.line("LAST", economic="30101", amount_fen=9, year=2025)
    (row,) = desk.report("staff_money", year=2026)["items"]
    with transaction(readonly=True):
        service = rooms(desk.target)["approved"] + 30_000
        grants = rooms(desk.source)["approved"]
    assert row["staff_fen"] == 570_000
    assert (row["service_fen"], row["grant_fen"]) == (service, grants)
    assert row["service_paid_fen"] == 0
    assert desk.report("staff_money", year=2025)["total"]["staff_fen"] == 9


@given(st.text("0123456789", min_size=1, max_size=5))
def test_every_economic_class_is_one_of_the_four(code):
    assert spending(code) in {"staff", "service", "grant", "other"}


def test_the_longest_beginning_of_a_class_decides():
    codes = ("30101", "50101", "50501", "50502", "30227", "30399", "31005")
    wanted = ["staff", "staff", "staff", "service", "service", "grant", "other"]
    assert [spending(code) for code in codes] == wanted


def test_a_county_does_not_raise_the_line_of_another_county(desk):
    """The prefecture may propose it; who approves must answer for both lines."""
    factories.do("party.add_division", code="430104", name="岳麓区", parent="430100")
    neighbour = factories.do(
        "party.add_organisation",
        credit_code=factories.credit_code("11"),
        name="岳麓区民政局",
        kind="purchaser",
        division_code="430104",
        legal_kind="administrative_organ",
        legal_document="三定规定",
    )["id"]
    made = factories.do(
        "budget.appropriate",
        code="NEXT",
        name="邻区",
        fiscal_year=2026,
        organisation_id=neighbour,
        function_code="208",
        economic_code="30227",
        document="岳财预〔2026〕1号",
        amount_fen=3_000_000,
    )
    above = Grant("finance_budget", None, "430100"), Grant("finance_approver", None, "430100")
    proposer = Actor(desk.budget.user_id, "市预算", above[:1])
    fields = {"from_line_id": desk.source, "to_line_id": made["id"], "amount_fen": 100}
    number = factories.do("budget.transfer", proposer, **fields, **GROUND)["id"]
    assert desk.decide(number).body["code"] == "NOT_FOUND"
    assert not desk.decide(number, actor=Actor(desk.approver.user_id, "市复核", above[1:])).refused
