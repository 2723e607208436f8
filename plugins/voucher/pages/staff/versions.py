"""The versions of a programme's terms on screen: who made what of them, what each one changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.access import Actor, fetch, require
from core.db import db
from core.errors import NotFound
from core.purchases import Purchase
from core.web import current_actor
from plugins.voucher.models import Programme, Terms
from plugins.voucher.pages.staff import people, words
from plugins.voucher.pages.staff.builder import BUILDER
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.service import programme_files
from plugins.voucher.service.previewing import outcome
from plugins.voucher.service.programmes import (
    APPROVED,
    DRAFT,
    SUBMITTED,
    plan_of,
    terms_in_force,
    versions,
)


@dataclass(frozen=True)
class Preview:
    """What the terms would do, or what must be filled in before that can be told."""

    outcome: dict[str, Any] | None
    missing: list[tuple[str, str]]


def pending(numbers: Iterable[int]) -> dict[int, words.Word]:
    """Return in words which later versions are being worked on, by the programme's number."""
    query = db.select(Terms).where(Terms.programme_id.in_(set(numbers)), Terms.version > 1)
    said = {
        DRAFT: (_l("第 %(n)s 版草稿"), "plain"),
        SUBMITTED: (_l("第 %(n)s 版待复核"), "wait"),
    }
    return {
        one.programme_id: (str(said[one.state][0]) % {"n": one.version}, said[one.state][1])
        for one in db.session.scalars(query.where(Terms.state.in_(said)))
    }


def rows(programme: Programme) -> list[dict[str, Any]]:
    """Return the versions, newest first, each with what it changed against the one before."""
    found = versions(programme)
    names = people.users(number for one in found for number in (one.made_by, one.approved_by))
    in_force = terms_in_force(programme)[0]
    listed = []
    for one, before in zip(found, [*found[1:], None], strict=True):
        listed.append(
            {
                "number": one.version,
                "state": words.PROGRAMME[one.state],
                "in_force": one.id == in_force.id and one.state == APPROVED,
                "effective_on": one.effective_on,
                "made_by": names.get(one.made_by, ""),
                "approved_by": names.get(one.approved_by, ""),
                "changes": None if before is None else _changes(programme, before, one),
            }
        )
    return listed


def _changes(programme: Programme, before: Terms, after: Terms) -> list[dict[str, str]]:
    found = BUILDER.changes(before.document, after.document)
    plans = [plan_of(programme, one) for one in (before, after)]
    if plans[0] != plans[1]:
        old, new = (
            row.number if (row := db.session.get(Purchase, plan or 0)) else "—" for plan in plans
        )
        found.insert(0, {"label": _("购买计划"), "old": old, "new": new})
    return found


def preview(actor: Actor, programme: Programme, newest: Terms, rules: Rules) -> Preview | None:
    """Return what a version would do that waits for somebody who may define or approve it."""
    may = actor.may("programme.define") or actor.may("programme.approve")
    if newest.state == APPROVED or not may:
        return None
    before = terms_in_force(programme)[1] if programme.state == APPROVED else None
    plan = plan_of(programme, newest)
    return Preview(outcome(rules, programme.division_code, before, purchase_id=plan), [])


@pages.get("/programmes/<int:number>/yaml")
def download(number: int) -> Response:
    """Return a version (`?version=`; else the one in force) as a YAML file."""
    actor = current_actor()
    require(actor, "programme.view")
    programme: Programme = fetch(Programme, number, actor, "programme.view")
    wanted = request.args.get("version", type=int)
    terms = terms_in_force(programme)[0]
    if wanted is not None:
        found = [one for one in versions(programme) if one.version == wanted]
        if not found:
            raise NotFound("NOT_FOUND", _("没有第 %(n)s 版，请从列表中选择。", n=wanted))
        terms = found[0]
    name = f"programme-{programme.id}-v{terms.version}.yaml"
    return Response(
        programme_files.written(programme, terms),
        mimetype="application/yaml",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )
