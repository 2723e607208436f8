"""A programme carries out a plan filed with finance: no other lines, no more than it reserved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core import clock
from core.budget import reserved
from core.db import db
from core.purchases import Purchase
from tests import factories
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY
from tests.voucher.test_changes import residents

CLERK = "purchaser_clerk"


def draft(path: Path, **changes: Any) -> dict[str, Any]:
    """Return what a purchaser asks to define a programme, changed as asked."""
    fields = {"code": "PLAN", "name": "按计划", "organisation_id": path.county.purchaser}
    return fields | {"terms": factories.terms(path.county)} | changes


def submitted(path: Path, **changes: Any) -> dict[str, Any]:
    """Define a programme, send it to a second person, and return what she was told."""
    number = path.do("programme.create", CLERK, **draft(path, **changes))["id"]
    return path.perform("programme.submit", CLERK, id=number).body


def state_of(path: Path, plan: int) -> str:
    """Return a plan's state."""
    with path.reading():
        return str(db.session.get_one(Purchase, plan).state)


@pytest.mark.requirement("R000-57")
def test_a_programme_without_a_plan_is_not_submitted(path: Path) -> None:
    """A draft may be written before; whoever decides on it sees a plan."""
    told = submitted(path)
    assert told["code"] == "PLAN_NOT_FILED"
    assert "第三十三条" in told["basis"]


@pytest.mark.requirement("R000-57")
def test_a_plan_that_finance_has_not_filed_yet_is_not_carried_out(path: Path) -> None:
    """Agreed by the purchaser is not enough; filed, the same draft goes its way."""
    with path.app.app_context():
        plan = factories.agree_plan(path.county, path.county.line)
    number = path.do("programme.create", CLERK, **draft(path, purchase_id=plan))["id"]
    assert path.refused("programme.submit", CLERK, id=number) == "PLAN_NOT_FILED"
    path.do("purchase.file", "finance_budget", id=plan)
    path.do("programme.submit", CLERK, id=number)


@pytest.mark.requirement("R000-57")
def test_a_plan_taken_back_before_the_approval_stops_the_programme(path: Path) -> None:
    """What was filed at the submission is asked again by whoever approves."""
    plan = path.file_plan()
    number = path.do("programme.create", CLERK, **draft(path, purchase_id=plan))["id"]
    path.do("programme.submit", CLERK, id=number)
    path.do("purchase.cancel", "purchaser_approver", id=plan, reason="不办了")
    assert path.refused("programme.approve", "purchaser_approver", id=number) == "PLAN_NOT_FILED"


def test_the_plan_of_another_purchaser_is_not_found(path: Path) -> None:
    """Neither at first nor later; whose else it is nobody is told."""
    with path.app.app_context():
        unit = factories.make_organisation("purchaser")
        people = {role: factories.make_user(role, unit) for role in (CLERK, "purchaser_approver")}
        factories.catalogue_item(path.county, "A01")
        other = replace(path.county, purchaser=unit, users=path.county.users | people)
        line = factories.make_line(other, code="OTHER")
        plan = factories.file_plan(other, line)
    assert path.refused("programme.create", CLERK, **draft(path, purchase_id=plan)) == "NOT_FOUND"
    made = path.do("programme.create", CLERK, **draft(path))
    again = {"id": made["id"], "terms": factories.terms(path.county), "purchase_id": plan}
    assert path.refused("programme.revise", CLERK, **again) == "NOT_FOUND"


@pytest.mark.requirement("R002-60", in_part=True)
def test_a_programme_draws_on_no_line_outside_its_plan(path: Path) -> None:
    """Both lines are the purchaser's own; the plan names one of them."""
    with path.app.app_context():
        line = factories.make_line(path.county, code="SPARE")
    funding = [{"line_id": path.county.line, "share_ppm": 500_000}, {"line_id": line}]
    terms = factories.terms(path.county, funding=funding)
    told = submitted(path, purchase_id=path.file_plan(), terms=terms)
    assert (told["code"], told["facts"]["line_ids"]) == ("LINE_MISMATCH", [line])
    assert told["basis"] == "预算法第六十三条"


def test_the_approval_begins_the_plan(path: Path) -> None:
    """Submitting does not; from the approval on the plan is under way."""
    plan = path.file_plan()
    number = path.do("programme.create", CLERK, **draft(path, purchase_id=plan))["id"]
    path.do("programme.submit", CLERK, id=number)
    assert state_of(path, plan) == "filed"
    path.do("programme.approve", "purchaser_approver", id=number)
    assert state_of(path, plan) == "under_way"


def test_what_the_plan_reserved_is_drawn_first(path: Path) -> None:
    """Of 1,200 yuan reserved two vouchers take 1,000; the third takes the rest and 300 more."""
    with path.app.app_context():
        plan = factories.file_plan(path.county, path.county.line, amount_fen=120_000)
    assert path.rooms() == {"available": 2_880_000, "reserved": 120_000}
    path.build(vouchers=2, purchase_id=plan)
    assert path.rooms() == {"available": 2_880_000, "reserved": 20_000, "encumbered": 100_000}
    with path.app.app_context():
        factories.issue(path.county, 1)
    assert path.rooms() == {"available": 2_850_000, "encumbered": 150_000}


def test_a_fixed_envelope_is_not_exceeded_though_the_line_has_more(path: Path) -> None:
    """Two vouchers of 500 yuan fit into 1,200; the refusal names what is needed and left."""
    with path.app.app_context():
        asked = {"amount_fen": 120_000, "envelope": "fixed"}
        plan = factories.file_plan(path.county, path.county.line, **asked)
    path.build(vouchers=2, purchase_id=plan)
    issue = {"programme_id": path.county.programme, "resident_ids": residents(path, 1)}
    told = path.perform("voucher.issue", CLERK, **issue).body
    assert told["code"] == "ENVELOPE_EXCEEDED"
    assert (told["facts"]["required_fen"], told["facts"]["reserved_fen"]) == (50_000, 20_000)
    assert "500.00 元" in told["detail"]
    assert "200.00 元" in told["detail"]
    assert path.rooms() == {"available": 2_880_000, "reserved": 20_000, "encumbered": 100_000}


@pytest.mark.requirement("R000-57")
def test_a_closed_plan_opens_no_further_period(path: Path) -> None:
    """September was granted; with the plan closed October is not, and its reserve is free."""
    with path.app.app_context():
        plan = factories.file_plan(path.county, path.county.line, amount_fen=200_000)
    path.build(vouchers=1, purchase_id=plan, **MONTHLY)
    path.renew()
    renew = {"programme_id": path.county.programme}
    path.do("purchase.close", "purchaser_approver", id=plan, reason="办完")
    before = path.rooms()
    assert "reserved" not in before
    with clock.frozen("2026-10-01T09:00"):
        answer = path.perform("voucher.renew", CLERK, **renew)
    assert answer.body["code"] == "PLAN_NOT_FILED"
    assert answer.body["facts"]["state"] == "closed"
    assert path.rooms() == before


def test_a_preview_holds_the_money_against_what_the_plan_can_draw_on(path: Path) -> None:
    """Two plans hold 10,000 of 30,000 yuan each; a fixed envelope has nothing beside its own."""
    with path.app.app_context():
        line, asked = path.county.line, {"amount_fen": 1_000_000}
        open_plan = factories.file_plan(path.county, line, **asked)
        fixed = factories.file_plan(path.county, line, **asked, envelope="fixed")
    fields = {"organisation_id": path.county.purchaser, "terms": factories.terms(path.county)}
    found = []
    for plan in (None, open_plan, fixed):
        told = path.do("programme.preview", CLERK, **fields, purchase_id=plan)
        found.append(told["lines"][0]["available_fen"])
    assert found == [1_000_000, 2_000_000, 1_000_000]


def test_another_plan_is_carried_out_only_once_a_second_person_approved_it(path: Path) -> None:
    """Until then the programme goes on with the plan it was approved with."""
    with path.app.app_context():
        first, second = (
            factories.file_plan(path.county, path.county.line, amount_fen=fen)
            for fen in (100_000, 300_000)
        )
    path.build(vouchers=0, purchase_id=first)
    number, terms = path.county.programme, factories.terms(path.county)
    issue = {"programme_id": number}
    path.do("programme.revise", CLERK, id=number, terms=terms, purchase_id=second)
    path.do("voucher.issue", CLERK, **issue, resident_ids=residents(path, 1))
    assert reserved_of(path, first, second) == [50_000, 300_000]
    # A draft changed again without a word about the plan keeps what it said.
    path.do("programme.revise", CLERK, id=number, terms=terms)
    path.do("programme.submit", CLERK, id=number)
    path.do("programme.approve", "purchaser_approver", id=number)
    assert state_of(path, second) == "under_way"
    path.do("voucher.issue", CLERK, **issue, resident_ids=residents(path, 1))
    assert reserved_of(path, first, second) == [50_000, 250_000]


def reserved_of(path: Path, *plans: int) -> list[int]:
    """Return what is still reserved for plans, in fen."""
    with path.reading():
        return [sum(reserved(plan).values()) for plan in plans]


@pytest.mark.requirement("R000-57", in_part=True)
def test_a_closed_plan_grants_no_more_of_a_period_that_runs(path: Path) -> None:
    """Its pool is open, and its line has money; but nobody planned to spend it."""
    with path.app.app_context():
        plan = factories.file_plan(path.county, path.county.line, amount_fen=200_000)
    path.build(vouchers=1, purchase_id=plan)
    path.do("purchase.close", "purchaser_approver", id=plan, reason="办完")
    before = path.rooms()
    issue = {"programme_id": path.county.programme, "resident_ids": residents(path, 1)}
    assert path.refused("voucher.issue", CLERK, **issue) == "PLAN_NOT_FILED"
    assert path.rooms() == before


def test_a_programme_goes_on_with_the_line_that_a_later_year_was_given(path: Path) -> None:
    """The plan was filed with the first year's line; the second year's is its own as well."""
    with path.app.app_context():
        years = {"ends_on": "2027-12-31", "forward": [{"fiscal_year": 2027, "amount_fen": 70_000}]}
        plan = factories.file_plan(path.county, path.county.line, **years)
        line = factories.make_line(path.county, code="NEXT", fiscal_year=2027)
    (due,) = path.do("forward.list", "finance_budget")["items"]
    funding = [{"line_id": line}]
    terms = factories.terms(path.county, funding=funding)
    assert submitted(path, purchase_id=plan, terms=terms)["code"] == "LINE_MISMATCH"
    path.do("forward.convert", "finance_budget", id=due["id"], line_id=line)
    told = submitted(path, purchase_id=plan, terms=terms, code="LATER")
    assert told["state"] == "submitted"


def test_a_void_takes_back_from_the_line_what_it_forfeited_though_the_envelope_is_fixed(
    path: Path,
) -> None:
    """All of the envelope was issued; what a use forfeited is nobody else's to give."""
    with path.app.app_context():
        asked = {"amount_fen": 50_000, "envelope": "fixed"}
        plan = factories.file_plan(path.county, path.county.line, **asked)
    path.build(vouchers=1, purchase_id=plan)
    before = path.rooms()
    receipt = path.redeem(fen=20_000)
    assert path.rooms()["encumbered"] == 20_000
    path.void(receipt)
    assert path.rooms() == before
