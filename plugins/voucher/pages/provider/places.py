"""What a provider offers at which price, and its offices."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import fetch, scoped
from core.acts import Answer
from core.db import db
from core.divisions import Division
from core.errors import NotFound
from core.formats import yuan
from core.parties import Office, Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again
from plugins.voucher.models import Admission, Offer, Programme
from plugins.voucher.pages.provider import mount
from plugins.voucher.rules import Service
from plugins.voucher.service.programmes import terms_of

PAGE = 50
LIVE = ("admitted", "suspended")


# --- services and prices -----------------------------------------------------------------------


@mount.services.get("", endpoint="index")
def services() -> str:
    """List, programme by programme, what may be offered and at which price it is."""
    mount.own_provider()
    query = scoped(Admission, current_actor(), "admission.view").where(Admission.state.in_(LIVE))
    admissions = list(db.session.scalars(query.order_by(Admission.id)))
    programmes = [_programme(admission) for admission in admissions]
    if len({admission.provider_id for admission in admissions}) > 1:
        # Who manages two providers has to see whose prices these are.
        for admission, one in zip(admissions, programmes, strict=True):
            provider = db.session.get_one(Organisation, admission.provider_id)
            one["name"] = f"{one['name']} · {provider.name}"
    return render_template("voucher/provider/services.html", programmes=programmes)


@mount.services.get("/<int:admission>/<code>", endpoint="show")
def service(admission: int, code: str) -> str:
    """Ask for the price of a service."""
    mount.own_provider()
    return _service_form(admission, code, fresh())


@mount.services.post("/<int:admission>/<code>", endpoint="save")
def service_set(admission: int, code: str) -> ResponseReturnValue:
    """Set whether a service is offered and at which price."""
    form = request.form
    price = form.get("price", "").strip() if form.get("pricing") == "fixed" else ""
    answer = act(
        "offer.set",
        {
            "programme_id": page_of(form.get("programme_id")),
            "service_code": code,
            "price_fen": fen_of(price) if price else None,
            "is_offered": form.get("pricing") != "none",
        },
    )
    return done_or_again(
        answer,
        done=_("服务与价格已登记，从下一笔核销起按新价格。"),
        to=url_for("voucher_provider.services.index"),
        again=lambda refused: _service_form(admission, code, _at_price(refused)),
    )


def _programme(admission: Admission) -> dict[str, Any]:
    programme = db.session.get_one(Programme, admission.programme_id)
    offers = {
        offer.service_code: offer
        for offer in db.session.scalars(db.select(Offer).filter_by(admission_id=admission.id))
    }
    rows = []
    for item in terms_of(programme)[1].services.values():
        offer = offers.get(item.code)
        offered = offer is not None and offer.is_offered
        rows.append(
            {
                "name": (
                    item.name,
                    url_for(
                        "voucher_provider.services.show", admission=admission.id, code=item.code
                    ),
                ),
                "unit": item.unit,
                "cap": _cap(item),
                "price": _price(offer) if offered else "",
                "state": (_("提供"), "good") if offered else (_("不提供"), "plain"),
            }
        )
    return {"name": programme.name, "suspended": admission.state == "suspended", "rows": rows}


def _price(offer: Offer | None) -> str:
    if offer is None or offer.price_fen is None:
        return _("核销时输入")
    return yuan(offer.price_fen)


def _cap(item: Service) -> str:
    return _("没有限价") if item.maximum_price_fen is None else yuan(item.maximum_price_fen)


def _service_form(number: int, code: str, form: dict[str, Any]) -> str:
    admission = fetch(Admission, number, current_actor(), "admission.view")
    programme = db.session.get_one(Programme, admission.programme_id)
    item = terms_of(programme)[1].services.get(code)
    if item is None:
        raise NotFound("NOT_FOUND", _("项目里没有这项服务，请从列表中选择。"))
    offer = db.session.scalar(
        db.select(Offer).filter_by(admission_id=admission.id, service_code=code)
    )
    kept = {"pricing": _pricing(offer), "price": ""}
    if offer is not None and offer.price_fen is not None:
        kept["price"] = yuan(offer.price_fen)
    return render_template(
        "voucher/provider/service.html",
        **form | {"values": form["values"] or kept},
        admission=admission,
        programme=programme,
        item=item,
        cap=_cap(item),
    )


def _pricing(offer: Offer | None) -> str:
    if offer is None:
        return "fixed"
    if not offer.is_offered:
        return "none"
    return "open" if offer.price_fen is None else "fixed"


def _at_price(answer: Answer) -> dict[str, Any]:
    form = shown_again(answer)
    if "price_fen" in form["errors"]:
        form["errors"] = {"price": _("请按元输入价格，例如 18.50。")}
    return form


# --- offices -----------------------------------------------------------------------------------


@mount.offices.get("", endpoint="index")
def offices() -> str:
    """List the provider's offices and ask for another."""
    mount.own_provider()
    return _offices_page(fresh())


@mount.offices.post("", endpoint="add")
def office_added() -> ResponseReturnValue:
    """Record another office."""
    names = ("name", "division_code", "address", "telephone")
    fields: dict[str, Any] = {name: request.form.get(name, "") for name in names}
    answer = act("party.add_office", fields | {"organisation_id": _own_organisation()})
    return done_or_again(
        answer,
        done=_("网点已登记，居民现在能查到它。"),
        to=url_for("voucher_provider.offices.index"),
        again=lambda refused: _offices_page(shown_again(refused)),
    )


def _own_organisation() -> int | None:
    """Return the number the page was drawn with; the act judges whose it is."""
    return page_of(request.form.get("organisation_id"))


def _offices_page(form: dict[str, Any]) -> str:
    before, actor = page_of(request.args.get("before")), current_actor()
    query = (
        db.select(Office, Division.name)
        .join(Division, Division.code == Office.division_code)
        .where(Office.organisation_id == mount.own_provider())
        .order_by(Office.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(Office.id < before)
    rows = db.session.execute(query).all()
    home = db.session.get_one(Organisation, mount.own_provider())
    return render_template(
        "voucher/provider/offices.html",
        **form,
        organisation_id=home.id,
        may_add=actor.may("party.manage"),
        divisions=_divisions_around(home),
        rows=[
            {
                "name": office.name,
                "division": division,
                "address": office.address,
                "telephone": office.telephone,
            }
            for office, division in rows
        ],
        next_url=url_for("voucher_provider.offices.index", before=rows[-1][0].id)
        if len(rows) == PAGE
        else "",
        first_url=url_for("voucher_provider.offices.index") if before is not None else "",
    )


def _divisions_around(home: Organisation) -> list[tuple[str, str]]:
    """Return the divisions of the provider's county, where its offices are."""
    own = db.session.get_one(Division, home.division_code)
    above = own.path.rsplit("/", 2)[0] + "/" if own.level == "township" else own.path
    query = db.select(Division.code, Division.name).where(Division.path.startswith(above))
    return [(code, name) for code, name in db.session.execute(query.order_by(Division.code))]
