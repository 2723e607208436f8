"""What purchasers ask to have in the catalogue (部门建议), and what finance makes of it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.catalogue import drafting
from core.catalogue.models import (
    DECLINED,
    OPEN,
    TAKEN,
    CatalogueProposal,
    joined,
)
from core.db import db
from core.errors import Conflict
from core.parties import Organisation

OBJECT = "catalogue_proposal"
PROPOSE = "catalogue.propose"


def propose(
    actor: Actor,
    *,
    organisation_id: int,
    name: str,
    content: str,
    need: str,
    flags: list[str],
    duty: str | None = None,
) -> dict[str, Any]:
    """Ask for an item to be listed: what, why it is needed, from which duty it was split off."""
    organisation = fetch(Organisation, organisation_id, actor, PROPOSE)
    row = CatalogueProposal(
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        name=name,
        content=content,
        need=need,
        duty=duty,
        flags=joined(flags),
        state=OPEN,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(OBJECT, row)
    audit.about(OBJECT, row.id)
    return {"id": row.id, "state": row.state}


def take(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    catalogue_id: int,
    code: str,
    category: str,
    upper_code: str | None = None,
    answer: str | None = None,
) -> dict[str, Any]:
    """Take a proposal into a draft under a code; its levels and judgement follow there."""
    row = fetch(CatalogueProposal, id, actor, drafting.EDIT)
    catalogue = drafting.open_draft(actor, catalogue_id)
    drafting.require_pen(catalogue)
    if drafting.find_item(catalogue, code) is not None:
        raise Conflict(
            "CATALOGUE_ITEM_EXISTS",
            _("这一版目录里已有编号“%(code)s”，请换一个编号。", code=code),
            item=code,
        )
    item_id = drafting.add_plain(
        catalogue,
        code=code,
        name=row.name,
        content=row.content,
        category=category,
        nature="public",
        upper_code=upper_code,
        duty=row.duty,
        flags=row.flags,
    )
    _decide(actor, row, TAKEN, answer=answer or "已列入目录草案。", item_id=item_id)
    return {"id": row.id, "state": row.state, "item_id": item_id}


def decline(actor: Actor, *, id: int, answer: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decline a proposal and tell the purchaser why."""
    row = fetch(CatalogueProposal, id, actor, drafting.EDIT)
    _decide(actor, row, DECLINED, answer=answer)
    return {"id": row.id, "state": row.state}


def _decide(actor: Actor, row: CatalogueProposal, state: str, **values: Any) -> None:
    states.change(
        OBJECT,
        row,
        to=state,
        allowed=[OPEN],
        decided_by=actor.user_id,
        decided_at=clock.now(),
        **values,
    )
    audit.about(OBJECT, row.id)
