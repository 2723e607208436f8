"""One item of a catalogue: what it is, how it is judged, and taking it out again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import require
from core.acts import Answer
from core.catalogue import base, judging, queries, reading
from core.catalogue.drafting import EDIT
from core.catalogue.models import CatalogueItem
from core.db import db, transaction
from core.divisions import LEVELS, require_division
from core.errors import NotFound
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, shown_again, whole

blueprint = Blueprint("catalogue_items", __name__, url_prefix="/catalogues")

TEXTS = (
    "code name category nature content beneficiary provider_kind upper_code approval_document"
    " duty baseline_unit"
).split()
LISTS = ("levels", "flags", "dimensions")
YES_NO = (*judging.QUESTIONS, *judging.SUITABILITY, *judging.NEGATIVE_TESTS)


@blueprint.get("/<int:id>/items/new")
def new(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form for another item."""
    return _new(id, fresh())


@blueprint.post("/<int:id>/items/new")
def create(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Add an item to a draft."""
    answer = act("catalogue.put_item", {"catalogue_id": id, **_typed_item()})
    return done_or_again(
        answer,
        done=_("已添加事项，请接着作适宜性判断。"),
        to=url_for(".show", id=answer.body.get("item_id", 0)),
        again=lambda one: _new(id, shown_again(one)),
    )


@blueprint.get("/items/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show an item and, in a draft, the forms to change and to judge it."""
    return _show(id, "", fresh())


@blueprint.post("/items/<int:id>/change")
def change(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Rewrite an item of a draft."""
    catalogue_id, code = _place(id)
    payload = _typed_item() | {"catalogue_id": catalogue_id, "code": code}
    return _after(act("catalogue.put_item", payload), id, "item", done=_("已保存。"))


@blueprint.post("/items/<int:id>/assess")
def assess(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record how an item was judged."""
    form = request.form
    catalogue_id, code = _place(id)
    payload: dict[str, Any] = {"catalogue_id": catalogue_id, "code": code}
    payload |= {name: {"yes": True, "no": False}.get(form.get(name, "")) for name in YES_NO}
    payload |= {f"{name}_why": form.get(f"{name}_why") for name in judging.SUITABILITY}
    payload |= {name: whole(form.get(name)) for name in judging.SCORES}
    payload |= {"priorities": form.getlist("priorities"), "reason": form.get("reason")}
    answer = act("catalogue.assess_item", payload)
    return _after(answer, id, "assess", done=answer.body.get("why", ""))


@blueprint.post("/items/<int:id>/drop")
def drop(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take an item out of a draft."""
    catalogue_id, code = _place(id)
    payload = {"catalogue_id": catalogue_id, "code": code, "reason": request.form.get("reason")}
    answer = act("catalogue.drop_item", payload)
    return done_or_again(
        answer,
        done=_("已从草案中删去。"),
        to=url_for("catalogues.show", id=catalogue_id),
        again=lambda one: _show(id, "drop", shown_again(one)),
    )


def _typed_item() -> dict[str, Any]:
    form = request.form
    typed: dict[str, Any] = {name: form.get(name) for name in TEXTS}
    typed |= {name: form.getlist(name) for name in LISTS}
    if form.get("baseline_fen", "").strip():
        typed["baseline_fen"] = fen_of(form["baseline_fen"])
    typed["baseline_year"] = whole(form.get("baseline_year"))
    return typed


def _place(item_id: int) -> tuple[int, str]:
    """Return the catalogue and the code of an item; the act judges who may do what with it."""
    with transaction(readonly=True):
        item = db.session.get(CatalogueItem, item_id)
        if item is None:
            raise NotFound("NOT_FOUND", _("没有这个目录事项，请从目录进入。"))
        return item.catalogue_id, item.code


def _after(answer: Answer, number: int, which: str, *, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda one: _show(number, which, shown_again(one)),
    )


def _new(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, EDIT)
    catalogue = queries.summary(queries.readable(actor, number))
    values = _typed_item() if form["refusal"] else {"nature": "public", "beneficiary": "public"}
    return render_template(
        "catalogue/item_new.html",
        catalogue=catalogue,
        **_choices(catalogue["division_code"]),
        **(form | {"values": values | {name: values.get(name, []) for name in LISTS}}),
    )


def _show(number: int, which: str, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, queries.VIEW)
    row = db.session.get(CatalogueItem, number)
    if row is None:
        raise NotFound("NOT_FOUND", _("没有这个目录事项，请从目录进入。"))
    catalogue = queries.catalogue(actor, id=row.catalogue_id)
    item = queries.item_answer(row)
    answers = item["assessment"] or {}
    typed = request.form
    return render_template(
        "catalogue/item.html",
        catalogue=catalogue,
        item=item,
        dimensions=[base.dimensions()[code] for code in item["dimensions"]],
        which=which,
        item_values=_typed_item() if which == "item" else item | _yuan(item),
        judged=_judged(typed if which == "assess" else _as_form(answers)),
        words=_words(),
        **_choices(catalogue["division_code"]),
        **form,
    )


def _yuan(item: dict[str, Any]) -> dict[str, str]:
    fen = item["baseline_fen"]
    return {"baseline_fen": "" if fen is None else f"{fen // 100}.{fen % 100:02d}"}


def _as_form(answers: dict[str, Any]) -> dict[str, Any]:
    """Return a judgement as its form would send it."""
    said = {name: "yes" if answers[name] else "no" for name in YES_NO if name in answers}
    return answers | said


def _judged(answers: Any) -> dict[str, Any]:
    lists = answers.getlist("priorities") if hasattr(answers, "getlist") else None
    return {
        "of": lambda name: answers.get(name) if answers.get(name) is not None else "",
        "priorities": answers.get("priorities", []) if lists is None else lists,
    }


def _words() -> dict[str, list[tuple[str, str]]]:
    """Return the questions, tests, criteria and priorities, each with its words."""
    groups = {
        "questions": judging.QUESTIONS,
        "suitability": judging.SUITABILITY,
        "tests": judging.NEGATIVE_TESTS,
        "scores": judging.SCORES,
        "priorities": judging.PRIORITIES,
    }
    return {
        group: [(name, str(text)) for name, text in known.items()]
        for group, known in groups.items()
    }


def _choices(division_code: str) -> dict[str, Any]:
    own = LEVELS[LEVELS.index(require_division(division_code).level) :]
    names = reading.level_names()
    return {
        "categories": [(code, f"{code} {name}") for code, name in base.categories().items()],
        "natures": list(queries.nature_names().items()),
        "level_options": [(level, names[level]) for level in own],
        "flag_options": list(queries.flag_names().items()),
        "dimension_options": list(base.dimensions().items()),
    }
