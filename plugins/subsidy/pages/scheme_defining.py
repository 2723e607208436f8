"""Building a scheme's terms: the kind first, then the form, the check, the draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.budget import BudgetLine
from core.db import db, transaction
from core.errors import NotFound
from core.fields import in_words, leaves
from core.formats import yuan, yuan_text
from core.parties import Organisation
from core.purchases import READY, Purchase, drawable
from core.web import current_actor
from core.web.builder import Builder, Typed
from core.web.forms import act, fresh, shown_again, whole
from plugins.subsidy.api.schemes import NEW, REVISION
from plugins.subsidy.models import Scheme
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages import form_words as words
from plugins.subsidy.pages.scheme_form import builder_of
from plugins.subsidy.service.checking import faults
from plugins.subsidy.service.schemes import DEFINE, newest_terms

CHOICES = 200
blueprint = Blueprint(
    "subsidy_scheme_form", __name__, url_prefix="/subsidy/schemes", template_folder="../templates"
)


@dataclass(frozen=True)
class Sheet:
    """What a form is for: a new scheme of a kind, or the next version of one that is there."""

    action: str
    kind: str
    applicant: str
    number: int | None = None
    name: str = ""
    organisation_id: int | None = None
    is_published: bool = False

    @property
    def builder(self) -> Builder:
        """Return the form of the kind."""
        return builder_of(self.kind, self.applicant)


def _new() -> Sheet:
    kind, applicant = request.args.get("kind", ""), request.args.get("applicant", "organisation")
    if kind not in words.KINDS or applicant not in words.APPLICANTS:
        raise NotFound("NOT_FOUND", _("没有这种补贴方式，请从列表中选择。"))
    return Sheet(url_for(".define", kind=kind, applicant=applicant), kind, applicant)


def _of(number: int) -> Sheet:
    row: Scheme = fetch(Scheme, number, current_actor(), DEFINE)
    document = newest_terms(row).document
    return Sheet(
        url_for(".revise", id=number),
        document["kind"],
        document["applicant"],
        row.id,
        row.name,
        row.organisation_id,
        row.state != s.DRAFT,
    )


@blueprint.get("/new")
def new() -> str:
    """Ask which kind; with `?kind=` show the empty form of that kind."""
    actor = current_actor()
    require(actor, DEFINE)
    if not request.args.get("kind"):
        return render_template(
            "subsidy/schemes/start.html",
            kinds=[(kind, name, words.KIND_HINTS[kind]) for kind, name in words.KINDS.items()],
        )
    sheet = _new()
    return _form(sheet, sheet.builder.of({}, organisation_id=actor.organisation_id))


@blueprint.post("/new")
def define() -> ResponseReturnValue:
    """Add and drop rows, check, or make the draft: as the button says."""
    with transaction(readonly=True):
        require(current_actor(), DEFINE)
        sheet = _new()
    return _step(sheet)


@blueprint.get("/<int:id>/revise")
def revising(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form with a scheme's newest terms."""
    require(current_actor(), DEFINE)
    sheet = _of(id)
    row = db.session.get_one(Scheme, id)
    newest = newest_terms(row)
    later = newest.effective_on if newest.state == s.DRAFT else None
    plain = {"effective_on": later, "purchase_id": row.purchase_id}
    return _form(sheet, sheet.builder.of(newest.document, **plain))


@blueprint.post("/<int:id>/revise")
def revise(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Work on a scheme's next version as on a new one."""
    with transaction(readonly=True):
        require(current_actor(), DEFINE)
        sheet = _of(id)
    return _step(sheet)


def _step(sheet: Sheet) -> ResponseReturnValue:
    typed = sheet.builder.sent(request.form)
    step, _colon, where = request.form.get("step", "check").partition(":")
    if step == "save":
        return _save(sheet, typed)
    with transaction(readonly=True):
        if step == "check":
            terms = _asked(sheet, typed)["terms"]
            if typed.errors:
                return _form(sheet, typed), 422
            return _check(sheet, typed, terms)
        if step == "add":
            typed.add(where)
        elif step == "drop":
            typed.drop(where)
        return _form(sheet, typed)


def _save(sheet: Sheet, typed: Typed) -> ResponseReturnValue:
    with transaction(readonly=True):
        payload = _asked(sheet, typed)
    answer = act("scheme.create" if sheet.number is None else "scheme.revise", payload)
    if answer.refused:
        with transaction(readonly=True):
            return _form(sheet, typed, answer), answer.status
    flash(_("草稿已保存。核对无误后提交复核。"), "good")
    return redirect(url_for("subsidy_schemes.show", id=answer.body["id"]), 303)


def _asked(sheet: Sheet, typed: Typed) -> dict[str, Any]:
    """Return what the act is asked, and note every error at its field.

    What cannot be read goes on as text and is refused.
    """
    terms = {"kind": sheet.kind, "applicant": sheet.applicant, **typed.terms()}
    schema: Any = NEW if sheet.number is None else REVISION
    asked: dict[str, Any]
    if sheet.number is None:
        asked = {"code": typed.get("code"), "name": typed.get("name")}
        asked["organisation_id"] = whole(typed.get("organisation_id"))
    else:
        asked = {"id": sheet.number, "effective_on": typed.get("effective_on")}
    asked["purchase_id"] = whole(typed.get("purchase_id"))
    asked = {name: said for name, said in asked.items() if said not in {"", None}}
    asked["terms"] = terms
    for place, sentence in leaves(in_words(schema.validate(asked))):
        if place[:1] != ("terms",):
            typed.errors.setdefault(str(place[0]), sentence)
    owner = sheet.organisation_id or asked.get("organisation_id")
    if isinstance(owner, int):
        for fault in faults(terms, owner):
            typed.note(fault.place, fault.sentence, fault.inside)
    return asked


def _form(sheet: Sheet, typed: Typed, answer: Answer | None = None) -> str:
    actor = current_actor()
    form = fresh() if answer is None else shown_again(answer)
    return render_template(
        "subsidy/schemes/form.html",
        sheet=sheet,
        kind_name=words.KINDS[sheet.kind],
        applicant_name=words.APPLICANTS[sheet.applicant],
        typed=typed,
        organisations=_organisations(actor),
        lines=_lines(actor),
        plans=_plans(actor),
        # What the act says of fields stands at the fields by then.
        refusal=None if typed.errors else form["refusal"],
        key=form["key"],
    )


def _check(sheet: Sheet, typed: Typed, terms: dict[str, Any]) -> str:
    actor = current_actor()
    return render_template(
        "subsidy/schemes/check.html",
        sheet=sheet,
        kind_name=words.KINDS[sheet.kind],
        applicant_name=words.APPLICANTS[sheet.applicant],
        typed=typed,
        told=sheet.builder.told(terms),
        plans=dict(_plans(actor)),
        organisations=dict(_organisations(actor)),
    )


def _organisations(actor: Actor) -> list[tuple[str, str]]:
    rows = db.session.scalars(scoped(Organisation, actor, DEFINE))
    return [(str(row.id), row.name) for row in rows]


def _lines(actor: Actor) -> list[tuple[str, str]]:
    """Return the purchaser's lines, each with the money that is still available."""
    lines = db.session.scalars(scoped(BudgetLine, actor, "budget.view")).all()
    available = drawable(None, [line.id for line in lines])
    return [
        (
            str(line.id),
            _(
                "%(year)s %(code)s %(name)s（可用 %(yuan)s 元）",
                year=line.fiscal_year,
                code=line.code,
                name=line.name,
                yuan=yuan(available[line.id]),
            ),
        )
        for line in lines
    ]


def _plans(actor: Actor) -> list[tuple[str, str]]:
    """Return the filed plans that are to be carried out by subsidies, with what each reserved."""
    query = (
        scoped(Purchase, actor, DEFINE)
        .where(Purchase.form == "subsidy", Purchase.state.in_(READY))
        .order_by(Purchase.id.desc())
        .limit(CHOICES)
    )
    return [
        (str(row.id), f"{row.number} {row.name}（{yuan_text(row.budget_fen)}）")
        for row in db.session.scalars(query)
    ]
