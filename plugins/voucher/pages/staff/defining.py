"""Defining a programme: the form, the page to check what was typed, the draft."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.budget import BudgetLine
from core.db import db, transaction
from core.formats import yuan
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act
from plugins.voucher import schemas
from plugins.voucher.models import Programme
from plugins.voucher.pages.staff import definition
from plugins.voucher.pages.staff.answers import form_of
from plugins.voucher.pages.staff.definition import Definition
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.pages.staff.programmes import lines_with_money
from plugins.voucher.service.programmes import terms_of


@pages.get("/programmes/new")
def new() -> str:
    """Show the empty form, or with `?like=` one filled in like an existing programme."""
    actor = current_actor()
    require(actor, "programme.define")
    model = request.args.get("like", type=int)
    if model is None:
        return _form(definition.blank(actor.organisation_id))
    row: Programme = fetch(Programme, model, actor, "programme.view")
    return _form(
        definition.like(terms_of(row)[1], name=row.name, organisation_id=row.organisation_id)
    )


@pages.post("/programmes/new")
def define() -> ResponseReturnValue:
    """Add rows, check what was typed, go back to it, or make the draft: as the button says."""
    typed = definition.typed_in(request.form)
    step = request.form.get("step", "check")
    if step == "save":
        return _save(typed)
    with transaction(readonly=True):
        require(current_actor(), "programme.define")
        if step in {"more-classes", "more-services"}:
            typed.more(step.removeprefix("more-"))
            return _form(typed)
        if step == "edit":
            return _form(typed)
        errors = typed.field_errors(schemas.CREATE_PROGRAMME.validate(typed.payload()))
        if errors:
            return _form(typed, errors=errors), 422
        return _check(typed)


def _save(typed: Definition) -> ResponseReturnValue:
    answer = act("programme.create", typed.payload())
    if answer.refused:
        with transaction(readonly=True):
            errors = typed.field_errors(answer.body.get("errors") or {})
            return _form(typed, errors=errors, answer=answer), answer.status
    flash(_("草稿已保存。核对无误后提交复核。"), "good")
    return redirect(url_for("voucher_staff.programmes.show", number=answer.body["id"]), 303)


def _form(
    typed: Definition, *, errors: dict[str, str] | None = None, answer: Answer | None = None
) -> str:
    actor = current_actor()
    return render_template(
        "voucher/staff/programme_form.html",
        typed=typed,
        **form_of(answer) | {"errors": errors or {}},
        organisations=_organisations(actor),
        lines=_line_choices(actor),
        tags=_tags(),
    )


def _check(typed: Definition) -> str:
    terms = typed.payload()["terms"]
    return render_template(
        "voucher/staff/programme_check.html",
        typed=typed,
        classes=[
            {"provider_tag": None, "services": [], "face": said["face"]} | row
            for row, (_place, said) in zip(terms["classes"], typed.filled("classes"), strict=True)
        ],
        services=[{"maximum_price_fen": None} | row for row in terms["services"]],
        organisations=dict(_organisations(current_actor())),
        lines=dict(_line_choices(current_actor())),
    )


def _organisations(actor: Actor) -> list[tuple[str, str]]:
    rows = db.session.scalars(scoped(Organisation, actor, "programme.define"))
    return [(str(row.id), row.name) for row in rows]


def _line_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the purchaser's lines, each with the money that is still available."""
    own = scoped(BudgetLine, actor, "budget.view").with_only_columns(BudgetLine.id)
    return [
        (
            str(line["id"]),
            _(
                "%(year)s %(code)s %(name)s（可用 %(yuan)s 元）",
                year=line["year"],
                code=line["code"],
                name=line["name"],
                yuan=yuan(line["available"]),
            ),
        )
        for line in lines_with_money(list(db.session.scalars(own)))
    ]


def _tags() -> list[str]:
    """Return the tags providers carry, so that a class can name one."""
    # Providers and their tags are public: residents choose among them.
    rows = db.session.scalars(db.select(Organisation.tags).filter_by(kind="provider").distinct())
    return sorted({tag for row in rows for tag in row.split()})
