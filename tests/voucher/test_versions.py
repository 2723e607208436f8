"""Versions of terms: the one in force at issue decides, used ones never change, cases must pass."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.db import db
from plugins.voucher.models import Terms, Voucher
from tests import factories
from tests.voucher.path import Path

pytestmark = pytest.mark.one_engine


def terms(path: Path, quantity: int, **changes: Any) -> dict[str, Any]:
    """Return the usual terms with another face value."""
    allotments = [{"code": "face", "name": "面额", "amounts": [{"quantity": quantity}]}]
    return factories.terms(path.county, allotments=allotments, **changes)


def approve(path: Path) -> None:
    """Submit and approve the draft by two persons."""
    path.do("programme.submit", "purchaser_clerk", id=path.county.programme)
    path.do("programme.approve", "purchaser_approver", id=path.county.programme)


def issue(path: Path) -> dict[str, Any]:
    """Issue a voucher to somebody new."""
    with path.app.app_context():
        people = factories.make_residents(path.county, 1)
    return path.do(
        "voucher.issue",
        "purchaser_clerk",
        programme_id=path.county.programme,
        class_code="A",
        resident_ids=people,
    )


def test_the_version_in_force_at_issue_stays_with_the_voucher(path: Path) -> None:
    """From 1 October vouchers are worth 400; those of September stay worth 500."""
    path.build()
    path.do(
        "programme.revise",
        "purchaser_clerk",
        id=path.county.programme,
        terms=terms(path, 40_000),
        effective_on="2026-10-01",
    )
    approve(path)
    assert issue(path)["amount_fen"] == 50_000
    with clock.frozen("2026-10-01T09:00"):
        assert issue(path)["amount_fen"] == 40_000
        assert path.redeem(0)
    with path.reading():
        versions = db.session.scalars(
            db.select(Terms.version)
            .join(Voucher, Voucher.terms_id == Terms.id)
            .order_by(Voucher.id)
        ).all()
    assert versions == [1, 1, 1, 1, 2]


def test_a_version_that_was_approved_is_not_changed_but_followed(path: Path) -> None:
    """Revising writes version 2 and changes it while it is a draft."""
    path.build()
    for quantity in (40_000, 45_000):
        told = path.do(
            "programme.revise",
            "purchaser_clerk",
            id=path.county.programme,
            terms=terms(path, quantity),
        )
        assert (told["version"], told["version_state"]) == (2, "draft")
    path.do("programme.submit", "purchaser_clerk", id=path.county.programme)
    asked = {"id": path.county.programme, "terms": terms(path, 30_000)}
    assert path.refused("programme.revise", "purchaser_clerk", **asked) == "STATE_CHANGED"
    with path.reading():
        rows = db.session.scalars(db.select(Terms).order_by(Terms.version)).all()
        faces = [row.document["allotments"][0]["amounts"][0]["quantity"] for row in rows]
    assert faces == [50_000, 45_000]


def test_a_version_is_not_submitted_while_a_case_of_it_fails(path: Path) -> None:
    """Both kinds of cases: who is eligible, and what a use pays."""
    path.build()
    cases = [
        {"name": "六十岁可以", "facts": {"age": 60}, "eligible": True},
        {"name": "五十九岁不可以", "facts": {"age": 59}, "eligible": False},
        {"name": "付一半", "service": "fee", "price_fen": 30_000, "pays_fen": 15_000},
    ]
    wrong = terms(path, 50_000, cases=cases, eligibility={"fact": "age", "at_least": 61})
    asked = {"id": path.county.programme, "terms": wrong}
    path.do("programme.revise", "purchaser_clerk", **asked)
    answer = path.perform("programme.submit", "purchaser_clerk", id=path.county.programme)
    assert (answer.body["code"], len(answer.body["facts"]["failing"])) == ("CASE_FAILS", 2)
    right = wrong | {
        "eligibility": {"fact": "age", "at_least": 60},
        "shares": [{"rate_ppm": 500_000}],
    }
    path.do("programme.revise", "purchaser_clerk", id=path.county.programme, terms=right)
    approve(path)


def test_the_maker_of_a_version_does_not_approve_it(path: Path) -> None:
    """Four eyes are on every version, not only on the first."""
    path.build()
    path.do(
        "programme.revise",
        "purchaser_clerk",
        id=path.county.programme,
        terms=terms(path, 40_000),
    )
    path.do("programme.submit", "purchaser_clerk", id=path.county.programme)
    asked = {"id": path.county.programme}
    assert path.refused("programme.approve", "purchaser_clerk", **asked) == "ROLE_NOT_ALLOWED"


def test_a_preview_tells_people_money_headroom_and_who_enters_and_leaves(path: Path) -> None:
    """Three residents born in 1950; from 77 on nobody is left."""
    path.build(eligibility={"fact": "age", "at_least": 60})
    newer = terms(path, 40_000, eligibility={"fact": "age", "at_least": 77})
    told = path.do(
        "programme.preview",
        "purchaser_clerk",
        organisation_id=path.county.purchaser,
        programme_id=path.county.programme,
        terms=newer,
    )
    assert told["people"] == 0
    (town,) = told["townships"]
    assert (town["stay"], town["enter"], town["leave"]) == (0, 0, 3)
    same = path.do(
        "programme.preview",
        "purchaser_clerk",
        organisation_id=path.county.purchaser,
        terms=terms(path, 40_000, eligibility={"fact": "age", "at_least": 60}),
    )
    assert (same["people"], same["whole_fen"]) == (3, 120_000)
    (line,) = same["lines"]
    assert line["headroom_fen"] == line["available_fen"] - 120_000
