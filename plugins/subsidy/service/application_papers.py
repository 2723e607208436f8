"""The papers of an application: one file for each that the scheme asks for, the old ones kept."""

from __future__ import annotations

import base64
from typing import Any

from flask_babel import gettext as _

from core import clock, uploads
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, NotFound
from plugins.subsidy.models import Application, ApplicationPaper
from plugins.subsidy.service import application_checks, applications, steps

BYTES_MOST = 5_000_000


def add(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    code: str,
    file: dict[str, str],
) -> dict[str, Any]:
    """Keep a file as one of the papers the scheme asks for; the one before is kept, replaced.

    Refuses FILE_TOO_LARGE, FILE_KIND_NOT_ALLOWED, and a code the scheme does not ask for.
    """
    row = fetch(Application, id, actor, applications.MAKE)
    steps.application.require(row, "application.add_paper")
    asked = {
        one["code"]: one["name"] for one in application_checks.terms_of(row).document["evidence"]
    }
    if code not in asked:
        raise InvalidInput(
            _("这个项目没有要求材料“%(code)s”。", code=code),
            errors={"code": [_("请从列出的选项中选择")]},
        )
    [upload] = uploads.checked([file], bytes_most=BYTES_MOST)
    before = application_checks.papers_of(row.id).get(code)
    if before is not None:
        before.replaced_at = clock.now()
    paper = ApplicationPaper(
        application_id=row.id,
        code=code,
        # By what it shows: people write names and numbers into the names of their files.
        name=f"{asked[code]}.{upload.name.rpartition('.')[2]}",
        kind=upload.kind,
        sha256=upload.sha256,
        content=upload.content,
        added_by=actor.user_id,
        added_at=clock.now(),
    )
    db.session.add(paper)
    db.session.flush()
    return applications.about(row, asked[code]) | {"paper_id": paper.id, "sha256": paper.sha256}


def paper(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a paper with what is in it to the applicant and to the office."""
    found = file(actor, id)
    return {
        "id": found.id,
        "application_id": found.application_id,
        "code": found.code,
        "name": found.name,
        "kind": found.kind,
        "sha256": found.sha256,
        "content": base64.b64encode(found.content).decode(),
    }


def file(actor: Actor, number: int) -> ApplicationPaper:
    """Return a paper to who may see its application; NOT_FOUND to anybody else."""
    found = db.session.get(ApplicationPaper, number)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这份材料。"))
    applications.seen(actor, found.application_id)
    return found
