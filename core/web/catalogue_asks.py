"""What others ask of a catalogue: the public's comments and the purchasers' proposals."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, require, scoped
from core.acts import Answer
from core.catalogue import base, queries
from core.catalogue.drafting import EDIT
from core.catalogue.models import COMMENT, DRAFT, Catalogue, CatalogueComment
from core.catalogue.proposals import PROPOSE
from core.db import db, transaction
from core.errors import NotFound
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole

blueprint = Blueprint("catalogue_asks", __name__, url_prefix="/catalogues")

TONES = {"open": "wait", "taken": "good", "declined": "plain"}


@blueprint.get("/<int:id>/comments")
def comments(id: int) -> str:  # noqa: A002 - the route's name
    """Show what was said of a catalogue, and answer it."""
    return _comments(id, fresh(), chosen=None)


@blueprint.post("/comments/<int:id>/answer")
def answer(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Answer a comment."""
    said = act("catalogue.answer_comment", {"id": id, "answer": request.form.get("answer")})
    with transaction(readonly=True):
        row = db.session.get(CatalogueComment, id)
        if row is None:
            raise NotFound("NOT_FOUND", _("没有这条意见，请从目录进入。"))
        place = row.catalogue_id
    return done_or_again(
        said,
        done=_("已答复，答复随意见公开。"),
        to=url_for(".comments", id=place),
        again=lambda one: _comments(place, shown_again(one), chosen=id),
    )


@blueprint.get("/proposals")
def proposals() -> str:
    """List what purchasers ask for, the newest first."""
    return _proposals(fresh(), chosen=None)


@blueprint.post("/proposals")
def propose() -> ResponseReturnValue:
    """Ask for an item to be listed."""
    form = request.form
    payload: dict[str, Any] = {name: form.get(name) for name in ("name", "content", "need", "duty")}
    payload["organisation_id"] = whole(form.get("organisation_id"))
    payload["flags"] = form.getlist("flags")
    said = act("catalogue.propose", payload)
    return _after(said, chosen=0, done=_("已提交建议，财政部门处理后会答复。"))


@blueprint.post("/proposals/<int:id>/take")
def take(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a proposal into a draft."""
    form = request.form
    payload: dict[str, Any] = {
        name: form.get(name) for name in ("code", "category", "upper_code", "answer")
    }
    payload |= {"id": id, "catalogue_id": whole(form.get("catalogue_id"))}
    done = _("已列入草案，请补充购买层级并作判断。")
    return _after(act("catalogue.take_proposal", payload), chosen=id, done=done)


@blueprint.post("/proposals/<int:id>/decline")
def decline(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Decline a proposal."""
    said = act("catalogue.decline_proposal", {"id": id, "answer": request.form.get("answer")})
    return _after(said, chosen=id, done=_("已答复不采纳。"))


def _after(said: Answer, *, chosen: int, done: str) -> ResponseReturnValue:
    return done_or_again(
        said,
        done=done,
        to=url_for(".proposals"),
        again=lambda one: _proposals(shown_again(one), chosen=chosen),
    )


def _comments(number: int, form: dict[str, Any], *, chosen: int | None) -> str:
    actor = current_actor()
    require(actor, queries.VIEW)
    before = page_of(request.args.get("before"))
    found = queries.comments(actor, catalogue_id=number, before=before)
    catalogue = queries.catalogue(actor, id=number)
    return render_template(
        "catalogue/comments.html",
        catalogue=catalogue,
        rows=found["items"],
        next_before=found["next_before"],
        before=before,
        chosen=chosen,
        names={item["code"]: item["name"] for item in catalogue["items"]},
        **form,
    )


def _proposals(form: dict[str, Any], *, chosen: int | None) -> str:
    actor = current_actor()
    require(actor, queries.VIEW)
    before = page_of(request.args.get("before"))
    found = queries.proposals(actor, before=before)
    return render_template(
        "catalogue/proposals.html",
        rows=found["items"],
        next_before=found["next_before"],
        before=before,
        chosen=chosen,
        tones=TONES,
        flag_names=queries.flag_names(),
        organisations=_organisations(actor),
        drafts=_drafts(actor),
        categories=[(code, f"{code} {name}") for code, name in base.categories().items()],
        flags=request.form.getlist("flags"),
        **form,
    )


def _organisations(actor: Actor) -> list[tuple[int, str]]:
    """Return the offices for which a person may ask."""
    if not actor.may(PROPOSE):
        return []
    rows = db.session.scalars(scoped(Organisation, actor, PROPOSE).order_by(Organisation.id))
    return [(row.id, row.name) for row in rows]


def _drafts(actor: Actor) -> list[tuple[int, str]]:
    """Return the drafts into which a person may take proposals."""
    if not actor.may(EDIT):
        return []
    query = scoped(Catalogue, actor, EDIT).where(Catalogue.state.in_([DRAFT, COMMENT]))
    return [(row.id, row.name) for row in db.session.scalars(query.order_by(Catalogue.id))]
