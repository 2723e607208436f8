"""From a draft to a catalogue in force: submitted by one, published by another, never edited."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.catalogue import consulting, judging
from core.catalogue.drafting import EDIT, OBJECT
from core.catalogue.models import (
    COMMENT,
    DRAFT,
    PUBLISHED,
    SUBMITTED,
    WITHDRAWN,
    Catalogue,
)
from core.db import db
from core.errors import InvalidInput, RuleBroken

PUBLISH = "catalogue.publish"


def submit(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    consultation: str,
    valid_from: date,
    valid_to: date | None = None,
) -> dict[str, Any]:
    """Submit a draft for publication, with the record of who was consulted and what came of it."""
    catalogue = fetch(Catalogue, id, actor, EDIT)
    _require_days(catalogue, valid_from, valid_to)
    _require_consulted(catalogue)
    judging.require_ready(catalogue, valid_from)
    states.change(
        OBJECT,
        catalogue,
        to=SUBMITTED,
        allowed=[COMMENT],
        consultation=consultation,
        valid_from=valid_from,
        valid_to=valid_to,
        submitted_by=actor.user_id,
        submitted_at=clock.now(),
    )
    audit.about(OBJECT, catalogue.id)
    return {"id": catalogue.id, "state": catalogue.state}


def publish(actor: Actor, *, id: int, document: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Publish a submitted catalogue under a document's number; by another than who submitted it.

    Everything is judged again: the catalogue above or the negative list may have changed.
    """
    catalogue = fetch(Catalogue, id, actor, PUBLISH)
    four_eyes(actor, catalogue.made_by, catalogue.submitted_by, what=_("目录公布"))
    _require_consulted(catalogue)
    if catalogue.state == SUBMITTED and catalogue.valid_from is not None:
        _require_days(catalogue, catalogue.valid_from, catalogue.valid_to)
        judging.require_ready(catalogue, catalogue.valid_from)
    states.change(
        OBJECT,
        catalogue,
        to=PUBLISHED,
        allowed=[SUBMITTED],
        document=document,
        published_by=actor.user_id,
        published_at=clock.now(),
    )
    audit.about(OBJECT, catalogue.id, document)
    return {"id": catalogue.id, "state": catalogue.state}


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a submitted catalogue back to be changed; what the public said stays."""
    catalogue = fetch(Catalogue, id, actor, PUBLISH)
    states.change(OBJECT, catalogue, to=COMMENT, allowed=[SUBMITTED], reason=reason)
    audit.about(OBJECT, catalogue.id, reason)
    return {"id": catalogue.id, "state": catalogue.state}


def withdraw(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give a version up before it is published."""
    catalogue = fetch(Catalogue, id, actor, EDIT)
    states.change(
        OBJECT, catalogue, to=WITHDRAWN, allowed=[DRAFT, COMMENT, SUBMITTED], reason=reason
    )
    audit.about(OBJECT, catalogue.id, reason)
    return {"id": catalogue.id, "state": catalogue.state}


def _require_consulted(catalogue: Catalogue) -> None:
    """Refuse a catalogue about which the public was not asked to the end, or not answered."""
    basis = f"{judging.ORDER_102}；{judging.CHANGCHUN}"
    if catalogue.comment_to is None:
        raise RuleBroken(
            "CATALOGUE_NOT_CONSULTED",
            _("还没有公开征求意见，不能提交或公布。请先公开征求意见。"),
            basis=basis,
        )
    if clock.today() <= catalogue.comment_to:
        raise RuleBroken(
            "CATALOGUE_NOT_CONSULTED",
            _("公开征求意见到 %(day)s 才结束，请截止后再提交。", day=catalogue.comment_to),
            basis=basis,
            comment_to=catalogue.comment_to.isoformat(),
        )
    if count := consulting.unanswered(catalogue):
        raise RuleBroken(
            "CATALOGUE_NOT_CONSULTED",
            _("还有 %(n)s 条公众意见没有答复。请逐条答复后再提交。", n=count),
            basis=basis,
            unanswered=count,
        )


def _require_days(catalogue: Catalogue, first: date, last: date | None) -> None:
    """Refuse days in the past, which would change what was in force, or out of order."""
    if first < clock.today():
        raise InvalidInput(
            _("生效日期不能早于今天，已经过去的日子按当时的目录办理。"),
            errors={"valid_from": [f"不能早于 {clock.today()}"]},
        )
    if last is not None and last < first:
        raise InvalidInput(
            _("失效日期不能早于生效日期。"), errors={"valid_to": ["不能早于生效日期"]}
        )
    before = db.select(func.max(Catalogue.valid_from)).where(
        Catalogue.kind == catalogue.kind,
        Catalogue.division_code == catalogue.division_code,
        Catalogue.batch == catalogue.batch,
        Catalogue.state == PUBLISHED,
    )
    newest = db.session.scalar(before)
    if newest is not None and first <= newest:
        raise InvalidInput(
            _("上一版自 %(day)s 起生效，新一版须在其后生效。", day=newest),
            errors={"valid_from": [f"须晚于 {newest}"]},
        )
