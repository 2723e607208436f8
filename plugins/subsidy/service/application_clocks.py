"""The legal clocks of an application: whether its papers are in order, whether it is eligible."""

from __future__ import annotations

from datetime import date

from core import clock, deadlines
from core.db import db
from core.deadlines import Deadline, DeadlineKind
from plugins.subsidy.models import Application, Scheme
from plugins.subsidy.service.steps import APPLICATION

COMPLETENESS, JUDGING = "subsidy.completeness", "subsidy.judging"
KINDS = [
    DeadlineKind(
        COMPLETENESS,
        "核对补贴申请材料",
        "subsidy.completeness_working_days",
        "working_days",
        "参照行政许可法第三十二条",
        "subsidy_applications.show",
        "application.check",
    ),
    DeadlineKind(
        JUDGING,
        "审核补贴申请",
        "subsidy.judging_working_days",
        "working_days",
        "参照行政许可法第四十二条",
        "subsidy_applications.show",
        "application.check",
    ),
]


def start(kind: str, application: Application) -> None:
    """Start a clock of an application today."""
    scheme = db.session.get_one(Scheme, application.scheme_id)
    deadlines.start(
        kind,
        APPLICATION,
        application.id,
        from_on=clock.today(),
        organisation_id=application.organisation_id,
        division_code=application.division_code,
        what=f"{application.number} {scheme.name}",
    )


def stop(application: Application) -> None:
    """Stop whatever clock of it runs."""
    for kind in (COMPLETENESS, JUDGING):
        deadlines.stop(kind, APPLICATION, application.id)


def due(application_ids: list[int]) -> dict[int, date]:
    """Return by when the running clocks of applications are due."""
    rows = db.session.execute(
        db.select(Deadline.object_id, Deadline.due_on)
        .where(Deadline.object_type == APPLICATION, Deadline.object_id.in_(application_ids))
        .where(Deadline.stopped_on.is_(None))
    )
    return {row.object_id: row.due_on for row in rows}
