"""What waits of catalogues and the negative list."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import and_

from core.access import Actor, visible
from core.catalogue import queries as listed
from core.catalogue.drafting import EDIT
from core.catalogue.models import SUBMITTED, Catalogue, CatalogueComment
from core.catalogue.publishing import PUBLISH
from core.catalogue.restricting import CONFIRM
from core.db import db
from core.web.menu import Todo


def catalogues(actor: Actor) -> list[Todo]:
    """Count what waits of the catalogue: publication, unanswered comments, proposals."""
    found = []
    if actor.may(PUBLISH):
        waiting = and_(
            visible(Catalogue, actor, PUBLISH),
            Catalogue.state == SUBMITTED,
            Catalogue.submitted_by.is_distinct_from(actor.user_id),
            Catalogue.made_by.is_distinct_from(actor.user_id),
        )
        ids = list(db.session.scalars(db.select(Catalogue.id).where(waiting)))
        url = url_for("catalogues.show", id=ids[0]) if ids else ""
        found.append(Todo(len(ids), _("本目录待公布"), url))
    if actor.may(EDIT):
        query = db.select(CatalogueComment.catalogue_id).where(
            visible(CatalogueComment, actor, EDIT), CatalogueComment.answered_at.is_(None)
        )
        asked = list(db.session.scalars(query))
        url = url_for("catalogue_asks.comments", id=asked[0]) if asked else ""
        found.append(Todo(len(asked), _("条目录意见待答复"), url))
        proposals = url_for("catalogue_asks.proposals")
        found.append(Todo(listed.waiting_proposals(actor), _("条目录建议待处理"), proposals))
    return found


def negative_list(actor: Actor) -> list[Todo]:
    """Count the additions and clearances that wait for a second person."""
    if not actor.may(CONFIRM):
        return []
    url = url_for("negative.index")
    return [Todo(listed.waiting_entries(actor), _("条负面清单事项待复核"), url)]
