"""The files that show a delivery, kept with their milestone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from core import clock, uploads
from core.access import Actor, fetch
from core.db import db
from core.errors import NotFound
from core.formats import moment
from plugins.contract_outsourcing.models import EvidenceFile, Milestone


def keep(actor: Actor, milestone: Milestone, files: Sequence[Mapping[str, str]]) -> None:
    """Keep the files of a delivery; refuses what `core.uploads.checked` refuses."""
    for one in uploads.checked(files):
        db.session.add(
            EvidenceFile(
                milestone_id=milestone.id,
                name=one.name,
                kind=one.kind,
                sha256=one.sha256,
                content=one.content,
                added_by=actor.user_id,
                added_at=clock.now(),
            )
        )
    db.session.flush()


def listed(milestone_id: int) -> list[dict[str, Any]]:
    """Return the files of a milestone, the oldest first, without what is in them."""
    rows = db.session.execute(
        db.select(
            EvidenceFile.id,
            EvidenceFile.name,
            EvidenceFile.kind,
            EvidenceFile.sha256,
            EvidenceFile.added_at,
            db.func.length(EvidenceFile.content).label("size"),
        )
        .where(EvidenceFile.milestone_id == milestone_id)
        .order_by(EvidenceFile.id)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "kind": row.kind,
            "sha256": row.sha256,
            "bytes": row.size,
            "added_at": moment(row.added_at),
        }
        for row in rows
    ]


def file(actor: Actor, milestone_id: int, file_id: int) -> EvidenceFile:
    """Return a file of a milestone to who may see the milestone; NOT_FOUND to anybody else."""
    milestone = fetch(Milestone, milestone_id, actor, "contract.view")
    found: EvidenceFile | None = db.session.get(EvidenceFile, file_id)
    if found is None or found.milestone_id != milestone.id:
        raise NotFound("NOT_FOUND", _("没有找到这个文件。"))
    return found
