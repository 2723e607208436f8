"""What is known of a person stays out of the trail."""

from __future__ import annotations

from core.acts import perform
from core.audit import AuditEntry
from core.db import db
from tests.voucher.path import Path
from tests.voucher.test_changes import LEVELS, record, residents


def test_why_a_person_is_not_eligible_is_told_and_not_kept_in_the_trail(path: Path) -> None:
    """The clerk hears the level of each; the trail keeps it sealed, and repeats it to her alone."""
    path.build(vouchers=0, **LEVELS)
    (person,) = residents(path, 1)
    record(path, person, "轻度失能", "2026-06-01")
    asked = {"programme_id": path.county.programme, "resident_ids": [person]}
    with path.app.app_context():
        clerk = path.county.actor("purchaser_clerk")
        told = perform("voucher.issue", asked, actor=clerk, key="k")
        again = perform("voucher.issue", asked, actor=clerk, key="k")
    assert "轻度失能" in told.body["facts"]["residents"][0]["reasons"][0]
    assert (again.replayed, again.body) == (True, told.body)
    with path.reading():
        entries = db.session.scalars(db.select(AuditEntry).filter_by(action="voucher.issue")).all()
        kept = " ".join(f"{entry.detail} {entry.answer}" for entry in entries)
    assert "轻度失能" not in kept
