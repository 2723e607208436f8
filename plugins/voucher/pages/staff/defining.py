"""Building a programme's terms: where to begin, the form with its preview, the check, the draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.budget import BudgetLine
from core.db import db, transaction
from core.errors import Refusal
from core.fields import in_words, leaves
from core.formats import yuan, yuan_text
from core.parties import Organisation, own_organisation
from core.purchases import READY, Purchase
from core.web import current_actor
from core.web.builder import Typed
from core.web.forms import act, whole
from plugins.voucher import schemas
from plugins.voucher.models import Programme
from plugins.voucher.pages.staff import choices
from plugins.voucher.pages.staff.answers import form_of
from plugins.voucher.pages.staff.builder import BUILDER, MODELS, model
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.pages.staff.programmes import lines_with_money
from plugins.voucher.pages.staff.versions import Preview
from plugins.voucher.service import programme_files
from plugins.voucher.service.checking import faults
from plugins.voucher.service.programmes import APPROVED, plan_of, terms_of

PLANS_SHOWN = 200


@dataclass(frozen=True)
class Sheet:
    """What a form is for: a new programme, or the next version of one that is there.

    `against` is the programme whose version in force a preview is held against.
    """

    action: str
    number: int | None = None
    name: str = ""
    organisation_id: int | None = None
    against: int | None = None


def _new() -> Sheet:
    return Sheet(url_for("voucher_staff.programmes.define"))


def _of(number: int) -> Sheet:
    row: Programme = fetch(Programme, number, current_actor(), "programme.define")
    return Sheet(
        url_for("voucher_staff.programmes.revise", number=number),
        row.id,
        row.name,
        row.organisation_id,
        row.id if row.state == APPROVED else None,
    )


# --- where to begin ------------------------------------------------------------------------------


@pages.get("/programmes/new")
def new() -> str:
    """Ask what to begin from; with `?model=` or `?like=` show the form begun so."""
    actor = current_actor()
    require(actor, "programme.define")
    if (like := request.args.get("like", type=int)) is not None:
        row: Programme = fetch(Programme, like, actor, "programme.view")
        # The next one is for another time.
        document = terms_of(row)[0].document | {"valid_from": None, "valid_through": None}
        typed = BUILDER.of(document, name=row.name, organisation_id=row.organisation_id)
        return _form(_new(), typed)
    begun = model(request.args.get("model", ""))
    if begun is None:
        return _start()
    return _form(_new(), BUILDER.of(begun, organisation_id=actor.organisation_id))


@pages.post("/programmes/from-file")
def from_file() -> ResponseReturnValue:
    """Fill in the form from a YAML file; nothing is stored yet."""
    data, name = b"", _("文件")
    if file := request.files.get("file"):
        with file.stream:
            data = file.read(programme_files.MOST_BYTES + 1)
        name = file.filename or name
    with transaction(readonly=True):
        require(current_actor(), "programme.define")
        try:
            paper = programme_files.read(data, name)
            own_organisation(current_actor(), paper.organisation.id, "programme.define")
        except Refusal as refusal:
            return _start(refusal), refusal.status
        plain = {"name": paper.name, "code": paper.code, "organisation_id": paper.organisation.id}
        return _form(_new(), BUILDER.of(paper.document, **plain))


def _start(refusal: Refusal | None = None) -> str:
    return render_template(
        "voucher/staff/programme_start.html",
        models=MODELS,
        programmes=choices.programme_choices(current_actor()),
        refusal=refusal,
    )


# --- the form ------------------------------------------------------------------------------------


@pages.post("/programmes/new")
def define() -> ResponseReturnValue:
    """Add and drop rows, preview, check, or make the draft: as the button says."""
    return _step(_new())


@pages.get("/programmes/<int:number>/revise")
def revising(number: int) -> str:
    """Show the form with a programme's newest terms."""
    require(current_actor(), "programme.define")
    sheet = _of(number)
    row = db.session.get_one(Programme, number)
    newest = terms_of(row)[0]
    later = newest.effective_on if newest.state != APPROVED else None
    plain = {"effective_on": later, "purchase_id": plan_of(row, newest)}
    return _form(sheet, BUILDER.of(newest.document, **plain))


@pages.post("/programmes/<int:number>/revise")
def revise(number: int) -> ResponseReturnValue:
    """Work on a programme's next version as on a new one."""
    with transaction(readonly=True):
        require(current_actor(), "programme.define")
        sheet = _of(number)
    return _step(sheet)


@pages.post("/programmes/preview")
def preview() -> str:
    """Return the preview of what stands in the form, as a part of a page."""
    number = request.args.get("of", type=int)
    with transaction(readonly=True):
        require(current_actor(), "programme.define")
        sheet = _new() if number is None else _of(number)
    shown = _preview(sheet, BUILDER.sent(request.form))
    return render_template("voucher/staff/preview_part.html", shown=shown)


def _step(sheet: Sheet) -> ResponseReturnValue:
    typed = BUILDER.sent(request.form)
    step, _colon, where = request.form.get("step", "check").partition(":")
    if step == "save":
        return _save(sheet, typed)
    shown = _preview(sheet, typed) if step in {"preview", "check"} else None
    with transaction(readonly=True):
        require(current_actor(), "programme.define")
        if step == "check":
            terms = _asked(sheet, typed)["terms"]
            if typed.errors:
                return _form(sheet, typed, shown=shown), 422
            return _check(sheet, typed, terms, shown)
        if step == "add":
            typed.add(where)
        elif step == "drop":
            typed.drop(where)
        return _form(sheet, typed, shown=shown)


def _save(sheet: Sheet, typed: Typed) -> ResponseReturnValue:
    with transaction(readonly=True):
        payload = _asked(sheet, typed)
    answer = act("programme.create" if sheet.number is None else "programme.revise", payload)
    if answer.refused:
        with transaction(readonly=True):
            return _form(sheet, typed, answer=answer), answer.status
    flash(_("草稿已保存。核对无误后提交复核。"), "good")
    return redirect(url_for("voucher_staff.programmes.show", number=answer.body["id"]), 303)


def _asked(sheet: Sheet, typed: Typed) -> dict[str, Any]:
    """Return what the act is asked, and note every error at its field.

    What cannot be read goes on as text and is refused.
    """
    terms = typed.terms()
    if sheet.number is None:
        schema: Any = schemas.CREATE_PROGRAMME
        asked = {"code": typed.get("code"), "name": typed.get("name")}
        asked["organisation_id"] = whole(typed.get("organisation_id"))
    else:
        schema = schemas.REVISE
        asked = {"id": sheet.number, "effective_on": typed.get("effective_on")}
    asked["purchase_id"] = whole(typed.get("purchase_id"))
    asked = {name: said for name, said in asked.items() if said not in {"", None}}
    asked["terms"] = terms
    for place, sentence in leaves(in_words(schema.validate(asked))):
        if place[:1] != ("terms",):
            typed.errors.setdefault(str(place[0]), sentence)
    owner = sheet.organisation_id or asked.get("organisation_id")
    if isinstance(owner, int):
        _note(typed, terms, owner)
    return asked


def _note(typed: Typed, terms: dict[str, Any], owner: int) -> None:
    """Note what is wrong with terms at the fields they came from."""
    for fault in faults(terms, owner):
        typed.note(fault.place, fault.sentence, fault.inside)


def _preview(sheet: Sheet, typed: Typed) -> Preview:
    """Return what the terms would do; nothing is said at the fields before it is asked for."""
    with transaction(readonly=True):
        terms = typed.terms()
        owner = sheet.organisation_id or whole(typed.get("organisation_id"))
        if isinstance(owner, int):
            _note(typed, terms, owner)
        else:
            typed.errors["organisation_id"] = _("请选择购买主体。")
        labels = typed.labels()
    missing = [
        (name, "：".join(said for said in (labels.get(name), sentence) if said))
        for name, sentence in typed.errors.items()
    ]
    typed.errors = {}
    if missing:
        return Preview(None, missing)
    asked = {"organisation_id": owner, "terms": terms, "programme_id": sheet.against}
    asked["purchase_id"] = whole(typed.get("purchase_id"))
    answer = act("programme.preview", asked)
    if answer.refused:
        return Preview(None, [("", answer.body["detail"])])
    return Preview(answer.body, [])


# --- what is shown -------------------------------------------------------------------------------


def _form(
    sheet: Sheet, typed: Typed, *, shown: Preview | None = None, answer: Answer | None = None
) -> str:
    actor = current_actor()
    form = form_of(answer)
    return render_template(
        "voucher/staff/programme_form.html",
        sheet=sheet,
        typed=typed,
        shown=shown,
        organisations=_organisations(actor),
        lines=_line_choices(actor),
        plans=_plan_choices(actor),
        tags=_tags(),
        # What the act says of fields stands at the fields by then.
        refusal=None if typed.errors else form["refusal"],
        key=form["key"],
    )


def _check(sheet: Sheet, typed: Typed, terms: dict[str, Any], shown: Preview | None) -> str:
    return render_template(
        "voucher/staff/programme_check.html",
        sheet=sheet,
        typed=typed,
        told=BUILDER.told(terms),
        shown=shown,
        plans=dict(_plan_choices(current_actor())),
        organisations=dict(_organisations(current_actor())),
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


def _plan_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the filed plans that are to be carried out by vouchers, with what each reserved."""
    query = (
        scoped(Purchase, actor, "programme.define")
        .where(Purchase.form == "voucher", Purchase.state.in_(READY))
        .order_by(Purchase.id.desc())
        .limit(PLANS_SHOWN)
    )
    return [
        (str(row.id), f"{row.number} {row.name}（{yuan_text(row.budget_fen)}）")
        for row in db.session.scalars(query)
    ]


def _tags() -> list[str]:
    """Return the tags providers carry, so that a class can name one."""
    # Providers and their tags are public: residents choose among them.
    rows = db.session.scalars(db.select(Organisation.tags).filter_by(kind="provider").distinct())
    return sorted({tag for row in rows for tag in row.split()})
