"""The files that show a delivery: few, small, and of a kind that their content proves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, NotFound
from core.formats import moment
from core.imports import decode
from plugins.contract_outsourcing.models import EvidenceFile, Milestone
from plugins.contract_outsourcing.service.bids import clean_name

FILES_MOST, BYTES_MOST = 5, 10_000_000
# How a file of each kind begins, its media type and the ending its name gets.
KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
)


def keep(actor: Actor, milestone: Milestone, files: Sequence[Mapping[str, str]]) -> None:
    """Keep the files of a delivery, each under a name that its content bears out.

    Refuses FILE_TOO_LARGE above what all may have together, FILE_KIND_NOT_ALLOWED for what is not
    PDF, JPEG or PNG, whatever it is called.
    """
    room, taken = BYTES_MOST, set[str]()
    for place, one in enumerate(files, start=1):
        content = decode(one["content"])
        room -= len(content)
        if room < 0:
            raise InvalidInput(
                _("文件合计超过 %(mb)s MB，请压缩或删减。", mb=BYTES_MOST // 10**6),
                errors={"files": [_("合计最多 %(mb)s MB", mb=BYTES_MOST // 10**6)]},
                code="FILE_TOO_LARGE",
            )
        kind, ending = _kind(content, place)
        plain = clean_name(one["name"], place, taken)
        name = f"{plain.rpartition('.')[0] or plain}.{ending}"
        taken.add(name)
        db.session.add(
            EvidenceFile(
                milestone_id=milestone.id,
                name=name,
                kind=kind,
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
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


def _kind(content: bytes, place: int) -> tuple[str, str]:
    """Return the media type and ending of a file by what it begins with."""
    for begins, kind, ending in KINDS:
        if content.startswith(begins):
            return kind, ending
    raise InvalidInput(
        _("第 %(place)s 个文件不是 PDF、JPEG 或 PNG，请换一种格式重新选择。", place=place),
        errors={"files": [_("只收 PDF、JPEG、PNG")]},
        code="FILE_KIND_NOT_ALLOWED",
    )
