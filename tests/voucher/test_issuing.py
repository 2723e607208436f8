"""Programmes: only what was approved is issued, in its time, and to whom it may be."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from core import access, clock
from core.db import forget_connections
from tests import factories
from tests.voucher.path import MORNING, Path
from tests.voucher.test_changes import residents


def test_a_draft_is_never_issued_though_an_earlier_version_waits_for_its_day(path: Path) -> None:
    """Version 1 counts from October; the draft of version 2 has been seen by nobody."""
    clerk, county = "purchaser_clerk", path.county
    usual = factories.terms
    made = path.do(
        "programme.create",
        clerk,
        code="LATER",
        name="以后",
        organisation_id=county.purchaser,
        purchase_id=path.file_plan(),
        terms=usual(county),
    )
    revise = {"id": made["id"], "terms": usual(county)}
    path.do("programme.revise", clerk, **revise, effective_on="2026-10-01")
    path.do("programme.submit", clerk, id=made["id"])
    path.do("programme.approve", "purchaser_approver", id=made["id"])
    dear = [{"code": "face", "name": "面额", "amounts": [{"quantity": 900_000}]}]
    path.do("programme.revise", clerk, id=made["id"], terms=usual(county, allotments=dear))
    asked = {"programme_id": made["id"], "resident_ids": residents(path, 1)}
    assert path.refused("voucher.issue", clerk, **asked) == "PLAN_NOT_FILED"
    with clock.frozen("2026-10-01T09:00"):
        assert path.do("voucher.issue", clerk, **asked)["amount_fen"] == 50_000


def test_nothing_is_issued_after_a_programme_s_last_day(path: Path) -> None:
    """Money would be committed for a voucher that nobody can use."""
    path.build(vouchers=0)
    asked = {"programme_id": path.county.programme, "resident_ids": residents(path, 1)}
    with clock.frozen("2026-11-01T09:00"):
        assert path.refused("voucher.issue", "purchaser_clerk", **asked) == "VOUCHER_EXPIRED"


def test_of_two_programmes_that_exclude_each_other_one_is_issued(path: Path) -> None:
    """Two offices issue to the same person at once."""
    with path.app.app_context():
        first = factories.make_programme(path.county, code="ONE", excludes=["TWO"])
        second = factories.make_programme(path.county, code="TWO")
    people, told, ready = residents(path, 1), [], threading.Barrier(2)

    def issue(programme: int) -> None:
        with clock.frozen(MORNING):
            ready.wait()
            fields: dict[str, Any] = {"programme_id": programme, "resident_ids": people}
            answer = path.perform("voucher.issue", "purchaser_clerk", **fields)
        told.append(answer.body.get("code", "issued"))
        forget_connections()

    threads = [threading.Thread(target=issue, args=(number,)) for number in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["DUPLICATE_BENEFIT", "issued"]


def test_nobody_is_issued_a_voucher_on_facts_that_change_meanwhile(path: Path) -> None:
    """A death recorded while a list is issued leaves no living voucher."""
    path.build(vouchers=0)
    people, ready = residents(path, 1), threading.Barrier(2)

    def run(act: str, fields: dict[str, Any]) -> None:
        with clock.frozen(MORNING):
            ready.wait()
            path.perform(act, "purchaser_clerk", **fields)
        forget_connections()

    asked = (
        ("voucher.issue", {"programme_id": path.county.programme, "resident_ids": people}),
        (
            "resident.record_death",
            {"resident_id": people[0], "on": "2026-08-31", "document": "证明"},
        ),
    )
    threads = [threading.Thread(target=run, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    from core.db import db  # noqa: PLC0415
    from plugins.voucher.models import Voucher  # noqa: PLC0415

    with path.reading():
        states = db.session.scalars(db.select(Voucher.state)).all()
    assert states in ([], ["revoked"])


@pytest.mark.requirement("R000-45")
def test_a_voucher_is_good_at_every_admitted_provider_and_cannot_be_tied_to_one(
    path: Path,
) -> None:
    """The holder chooses; terms have no place for a provider's name."""
    path.build()
    asked = {"code": "P", "name": "P", "organisation_id": path.county.purchaser}
    for tied in (
        {"provider_id": path.providers[0].id},
        {"classes": [{"code": "A", "name": "甲", "provider_id": path.providers[0].id}]},
    ):
        terms = factories.terms(path.county, **tied)
        refused = path.refused("programme.create", "purchaser_clerk", **asked, terms=terms)
        assert refused == "INVALID_INPUT"
    path.redeem(0, provider=0)
    path.redeem(1, provider=1)
    assert path.fin(0)["payable"] == path.fin(1)["payable"] == 50_000


@pytest.mark.requirement("R002-45")
def test_what_a_line_lacks_comes_by_an_adjustment_with_its_document_or_not_at_all(
    path: Path,
) -> None:
    """Sixty vouchers of 500 yuan are the whole line; the next one needs more money first."""
    path.build(vouchers=60)
    issue = {"programme_id": path.county.programme, "resident_ids": residents(path, 1)}
    answer = path.perform("voucher.issue", "purchaser_clerk", **issue)
    assert answer.body["code"] == "BUDGET_INSUFFICIENT"
    raised = {"id": path.county.line, "amount_fen": 50_000}
    budget = "finance_budget"
    assert path.refused("budget.adjust", budget, **raised, document="") == "INVALID_INPUT"
    path.do("budget.adjust", budget, **raised, document="望财预〔2026〕9号")
    path.do("voucher.issue", "purchaser_clerk", **issue)
    assert path.rooms() == {"encumbered": 3_050_000}


@pytest.mark.requirement("R002-60", in_part=True)
def test_a_programme_draws_on_no_line_of_another_purchaser(path: Path) -> None:
    """What was approved for one office's purpose is not another's to spend."""
    with path.app.app_context():
        other = factories.make_organisation("purchaser")
    asked = {"code": "P", "name": "P", "organisation_id": other}
    refused = path.refused(
        "programme.create", access.system(), **asked, terms=factories.terms(path.county)
    )
    assert refused == "LINE_MISMATCH"


def test_a_programme_names_only_places_that_exist(path: Path) -> None:
    """A mistyped division would leave everybody out, or everybody in."""
    asked = {"code": "P", "name": "P", "organisation_id": path.county.purchaser}
    nowhere = {"fact": "residence", "within": "439999"}
    classes = [{"code": "A", "name": "甲", "when": {"not": nowhere}}]
    for wrong in ({"eligibility": nowhere}, {"classes": classes}, {"area": "439999"}):
        terms = factories.terms(path.county, **wrong)
        refused = path.refused("programme.create", "purchaser_clerk", **asked, terms=terms)
        assert refused == "INVALID_INPUT"
