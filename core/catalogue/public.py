"""What anybody may read without an account: the catalogue in force, its changes, open drafts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import Actor
from core.catalogue import consulting, negative, queries, reading
from core.catalogue.models import BUY, COMMENT, DRAFT, PUBLISHED, WITHDRAWN, Catalogue
from core.db import db
from core.divisions import Division
from core.errors import NotFound

# Where several places publish here, the county is what a visitor most likely means.
PREFERRED = ("county", "city", "township", "province")


def catalogue(
    actor: Actor,  # noqa: ARG001 - nobody need be signed in
    *,
    division_code: str | None = None,
    on: date | None = None,
    text: str | None = None,
    category: str | None = None,
) -> dict[str, Any]:
    """Return what a division buys on a day (today), searched by words, of one category."""
    day = on or clock.today()
    place = division_code or home(day)
    found = reading.items_on(place, day, any_level=True) if place else []
    if category:
        found = [item for item in found if item.category == category]
    if text:
        found = [item for item in found if text in f"{item.code} {item.name} {item.content}"]
    rows = {item.catalogue_id: item.catalogue for item in found}
    return {
        "on": day.isoformat(),
        "division_code": place,
        "catalogues": [queries.summary(row) for row in rows.values()],
        "items": [published(item) for item in sorted(found, key=lambda item: item.code)],
    }


def changes(
    actor: Actor,  # noqa: ARG001 - nobody need be signed in
    *,
    division_code: str | None = None,
    year: int | None = None,
) -> dict[str, Any]:
    """Return what the versions published for a year changed against the versions before them."""
    wanted = year or clock.today().year
    place = division_code or home(clock.today())
    query = db.select(Catalogue).where(
        Catalogue.division_code == place,
        Catalogue.kind == BUY,
        Catalogue.state == PUBLISHED,
        Catalogue.year == wanted,
    )
    versions = []
    for row in db.session.scalars(query.order_by(Catalogue.batch, Catalogue.version)):
        before = queries.earlier(row)
        found = reading.difference(before.items if before else [], row.items)
        versions.append(
            queries.summary(row)
            | {
                "before": queries.summary(before) if before else None,
                "counts": dict(Counter(change.kind for change in found)),
                "changes": [queries.change_answer(change) for change in found],
            }
        )
    return {"division_code": place, "year": wanted, "versions": versions}


def consultation(
    actor: Actor,  # noqa: ARG001 - nobody need be signed in
    *,
    id: int,  # noqa: A002 - the field
    before: int | None = None,
) -> dict[str, Any]:
    """Return a draft that is or was open for comment: items, what was said, what was answered."""
    row = db.session.get(Catalogue, id)
    if row is None or row.comment_from is None or row.state in {DRAFT, WITHDRAWN}:
        raise NotFound("NOT_FOUND", _("没有这份征求意见稿，请从目录页进入。"))
    return queries.summary(row) | {
        "consultation": row.consultation,
        "items": [published(item) for item in row.items],
        "comments": queries.comments_of(row, before=before),
    }


def consultations(actor: Actor) -> dict[str, Any]:  # noqa: ARG001 - nobody need be signed in
    """Return the drafts that are open for comment today."""
    rows = db.session.scalars(
        db.select(Catalogue).where(Catalogue.state == COMMENT).order_by(Catalogue.id.desc())
    )
    return {"items": [queries.summary(row) for row in rows if consulting.is_open(row)]}


def negative_list(
    actor: Actor,  # noqa: ARG001 - nobody need be signed in
    *,
    division_code: str | None = None,
    on: date | None = None,
) -> dict[str, Any]:
    """Return what may not be bought on a day (today), why, and by which article."""
    day = on or clock.today()
    found = negative.entries(day, division_code or home(day))
    return {"on": day.isoformat(), "items": [queries.entry_answer(entry) for entry in found]}


def home(on: date) -> str | None:
    """Return the division whose catalogue a visitor sees first: a county before others."""
    places = divisions(on)
    return places[0].code if places else None


def divisions(on: date) -> list[Division]:
    """Return the divisions with a catalogue in force on a day, counties first."""
    holding = db.select(Catalogue.division_code).where(
        Catalogue.kind == BUY, Catalogue.state == PUBLISHED, Catalogue.valid_from <= on
    )
    found = db.session.scalars(db.select(Division).where(Division.code.in_(holding)))
    return sorted(found, key=lambda one: (PREFERRED.index(one.level), one.code))


def published(item: Any) -> dict[str, Any]:
    """Return what the public is told of an item."""
    told = (
        "id code category category_name name nature nature_name content levels level_names"
        " beneficiary flags flag_names dimensions provider_kind"
    ).split()
    answer = queries.item_answer(item)
    return {name: answer[name] for name in told}
