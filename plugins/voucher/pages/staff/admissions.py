"""Whom a programme buys from: admissions, what the admitted offer, and how an admission ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import func, or_

from core import clock
from core.access import fetch, require, scoped
from core.acts import Answer
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, whole
from plugins.voucher.models import Admission, Offer, Programme
from plugins.voucher.pages.staff import lists, trail, words
from plugins.voucher.pages.staff.answers import form_of, reason_page
from plugins.voucher.pages.staff.choices import programme_choices
from plugins.voucher.pages.staff.mount import admissions as pages
from plugins.voucher.service.programmes import terms_of

FOUND_MAX = 20


@dataclass(frozen=True)
class Step:
    """A change of an admission that needs a reason, in the words of its page."""

    operation_id: str
    title: LazyString
    consequence: LazyString
    button: LazyString
    tone: str
    done: LazyString


STEPS = {
    "suspend": Step(
        "admission.suspend",
        lazy_gettext("暂停承接资格"),
        lazy_gettext("它的终端从此刻起不能核销；已核销的照常对账付款。之后可以恢复。"),
        lazy_gettext("暂停"),
        "danger",
        lazy_gettext("已暂停，从此刻起不能核销。"),
    ),
    "resume": Step(
        "admission.resume",
        lazy_gettext("恢复承接资格"),
        lazy_gettext("它的终端从此刻起又可以核销。"),
        lazy_gettext("恢复"),
        "primary",
        lazy_gettext("已恢复，现在可以核销。"),
    ),
    "end": Step(
        "admission.end",
        lazy_gettext("终止承接资格"),
        lazy_gettext("终止后不能恢复，也不能再次准入本项目；已核销的照常对账付款。"),
        lazy_gettext("终止"),
        "danger",
        lazy_gettext("已终止。"),
    ),
}


@pages.get("/admissions")
def index() -> str:
    """List admissions, of one programme where `?programme=` asks so."""
    actor = current_actor()
    require(actor, "programme.view")
    chosen = request.args.get("programme", type=int)
    wanted = request.args.get("q", "").strip()
    query = (
        scoped(Admission, actor, "admission.view")
        .join(Organisation, Organisation.id == Admission.provider_id)
        .join(Programme, Programme.id == Admission.programme_id)
        .add_columns(Organisation, Programme.name)
    )
    if chosen is not None:
        query = query.where(Admission.programme_id == chosen)
    if wanted:
        query = query.where(_matches(wanted))
    page = lists.page(query, Admission)
    offers = _offer_counts([row[0].id for row in page.rows])
    rows = [
        {
            "provider": (
                provider.name,
                url_for("voucher_staff.admissions.show", number=admission.id),
            ),
            "credit_code": provider.credit_code,
            "programme": name,
            "offers": offers.get(admission.id, 0),
            "from_on": admission.from_on,
            "to_on": admission.to_on,
            "state": words.ADMISSION[admission.state],
        }
        for admission, provider, name in page.rows
    ]
    return render_template(
        "voucher/staff/admissions.html",
        rows=rows,
        page=page,
        programmes=programme_choices(actor),
        chosen=chosen or "",
        wanted=wanted,
    )


def _matches(wanted: str) -> Any:
    return or_(
        Organisation.name.contains(wanted, autoescape=True),
        Organisation.credit_code == wanted.upper(),
    )


def _offer_counts(numbers: list[int]) -> dict[int, int]:
    rows = db.session.execute(
        db.select(Offer.admission_id, func.count())
        .where(Offer.admission_id.in_(numbers), Offer.is_offered)
        .group_by(Offer.admission_id)
    )
    return dict(rows.all())


@pages.get("/admissions/<int:number>")
def show(number: int) -> str:
    """Show one admission: who, since when, what is offered at which price, what was decided."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Admission = fetch(Admission, number, actor, "admission.view")
    programme = db.session.get_one(Programme, row.programme_id)
    terms = terms_of(programme)[1]
    offers = db.session.scalars(
        db.select(Offer).filter_by(admission_id=row.id).order_by(Offer.service_code)
    )
    return render_template(
        "voucher/staff/admission.html",
        admission=row,
        provider=db.session.get_one(Organisation, row.provider_id),
        programme=programme,
        state=words.ADMISSION[row.state],
        offers=[
            {
                "name": terms.services[offer.service_code].name,
                "unit": terms.services[offer.service_code].unit,
                "price": offer.price_fen,
                "maximum": terms.services[offer.service_code].maximum_price_fen,
                "offered": offer.is_offered,
            }
            for offer in offers
        ],
        changes=trail.state_changes("admission", row.id),
        names=words.ADMISSION,
    )


# --- admitting ---------------------------------------------------------------------------------


@pages.get("/admissions/admit/<int:number>")
def admitting(number: int) -> str:
    """Find a provider by name or credit code, to admit it to a programme."""
    require(current_actor(), "admission.decide")
    return _admit_form(number, None)


@pages.post("/admissions/admit/<int:number>")
def admit(number: int) -> ResponseReturnValue:
    """Admit a provider."""
    form = request.form
    answer = act(
        "admission.admit",
        {
            "programme_id": number,
            "provider_id": whole(form.get("provider_id")),
            "from_on": form.get("from_on", ""),
            "to_on": form.get("to_on", ""),
        },
    )
    return done_or_again(
        answer,
        done=_("已准入。承接主体登记服务和价格之后就可以核销。"),
        to=url_for("voucher_staff.admissions.index", programme=number),
        again=lambda said: _admit_form(number, said),
    )


def _admit_form(number: int, answer: Answer | None) -> str:
    actor = current_actor()
    programme: Programme = fetch(Programme, number, actor, "programme.view")
    wanted = request.values.get("q", "").strip()
    return render_template(
        "voucher/staff/admit.html",
        programme=programme,
        wanted=wanted,
        found=_providers(programme, wanted) if wanted else None,
        today=clock.today().isoformat(),
        **form_of(answer),
    )


def _providers(programme: Programme, wanted: str) -> list[dict[str, Any]]:
    """Return providers of that name or credit code; who is admitted already is said so."""
    known = db.select(Admission.provider_id).filter_by(programme_id=programme.id)
    admitted = set(db.session.scalars(known))
    # Which providers exist is public; a purchaser may admit any of them.
    rows = db.session.scalars(
        db.select(Organisation)
        .where(Organisation.kind == "provider", _matches(wanted))
        .order_by(Organisation.name)
        .limit(FOUND_MAX)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "credit_code": row.credit_code,
            "tags": " ".join(row.tags.split()),
            "admitted": row.id in admitted,
        }
        for row in rows
    ]


# --- changing an admission ---------------------------------------------------------------------


@pages.get("/admissions/<int:number>/<step>")
def changing(number: int, step: str) -> str:
    """Ask for the reason of a change."""
    require(current_actor(), "admission.decide")
    return _step_form(number, step, None)


@pages.post("/admissions/<int:number>/<step>")
def change(number: int, step: str) -> ResponseReturnValue:
    """Suspend, resume or end an admission."""
    chosen = _step(step)
    return done_or_again(
        act(chosen.operation_id, {"id": number, "reason": request.form.get("reason", "")}),
        done=str(chosen.done),
        to=url_for("voucher_staff.admissions.show", number=number),
        again=lambda answer: _step_form(number, step, answer),
    )


def _step(name: str) -> Step:
    if name not in STEPS:
        raise NotFound("NOT_FOUND", _("没有这个页面。"))
    return STEPS[name]


def _step_form(number: int, name: str, answer: Answer | None) -> str:
    step = _step(name)
    row: Admission = fetch(Admission, number, current_actor(), "admission.view")
    provider = db.session.get_one(Organisation, row.provider_id)
    return reason_page(
        answer,
        title=f"{step.title} · {provider.name}",
        consequence=step.consequence,
        button=step.button,
        tone=step.tone,
        back_url=url_for("voucher_staff.admissions.show", number=number),
        back_label=provider.name,
    )
