"""Pages of frameworks: the ceiling, orders, what residents confirm, claims and settlements."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.access import Actor, require
from core.acts import Answer
from core.db import transaction
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.contract_outsourcing.models.contracts import PERFORMING
from plugins.contract_outsourcing.models.performance import SCHEDULED, SUBMITTED
from plugins.contract_outsourcing.service import deliveries as served
from plugins.contract_outsourcing.service import framework_queries as queries
from plugins.contract_outsourcing.service import orders, steps

blueprint = Blueprint(
    "contract_frameworks",
    __name__,
    url_prefix="/contract/frameworks",
    template_folder="../templates",
)
FOLDER = "contract/frameworks"
PLACE, SETTLE, CLAIM, DELIVER = "order.place", "order.settle", "order.claim", "delivery.record"


def waiting(actor: Actor) -> list[Todo]:
    """Say which orders wait to be settled, and which months to be claimed."""
    url = url_for("contract_frameworks.index")
    found = []
    if actor.may(SETTLE):
        count = queries.waiting_orders(actor, SETTLE, SUBMITTED)
        found.append(Todo(count, _("框架协议订单待核定"), url))
    if actor.may(CLAIM):
        count = queries.waiting_orders(actor, CLAIM, SCHEDULED)
        found.append(Todo(count, _("框架协议订单待申报数量"), url))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        queries.VIEW,
        MenuItem("how", lazy_gettext("框架协议"), "contract_frameworks.index", 60, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the frameworks in scope, one row a supplier."""
    actor = current_actor()
    require(actor, queries.VIEW)
    before = page_of(request.args.get("before"))
    return render_template(
        f"{FOLDER}/index.html",
        found=queries.listed(actor, before=before),
        before=before,
        state_names=steps.contract.names,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a framework: its ceiling, suppliers, prices, orders, and what was paid by bands."""
    actor = current_actor()
    require(actor, queries.VIEW)
    return render_template(
        f"{FOLDER}/show.html",
        framework=queries.shown(actor, id=id),
        bands=queries.bands(actor, id=id)["items"],
        state_names=steps.contract.names,
        may_place=actor.may(PLACE),
        may_deliver=actor.may(DELIVER),
        performing=PERFORMING,
        month=f"{clock.today():%Y-%m}",
    )


# --- orders ------------------------------------------------------------------------------------


@blueprint.get("/<int:id>/order")
def ordering(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form of an order, with what the ceiling still admits."""
    return _ordering(id, fresh())


@blueprint.post("/<int:id>/order")
def place(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Say what an order would cost, or place it."""
    form = request.form
    payload = {
        "contract_id": id,
        "service": form.get("service"),
        "period": form.get("period"),
        "quantity": whole(form.get("quantity")),
    }
    if form.get("do") == "quote":
        answer = act("order.quote", payload)
        with transaction(readonly=True):
            if answer.refused:
                return _ordering(id, shown_again(answer)), answer.status
            return _ordering(id, fresh() | {"values": form}, quote=answer.body)
    return done_or_again(
        act(PLACE, payload | {"due_on": form.get("due_on")}),
        done=_("已下单，金额已承诺。"),
        to=url_for(".show", id=id),
        again=lambda one: _ordering(id, shown_again(one)),
    )


@blueprint.get("/orders/<int:id>")
def order(id: int) -> str:  # noqa: A002 - the route's name
    """Show an order and how it comes out, band by band."""
    return _order(id, fresh())


@blueprint.post("/orders/<int:id>/cancel")
def cancel(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Cancel an order before anything was delivered."""
    answer = act("order.cancel", {"id": id, "reason": request.form.get("reason")})
    return _after(answer, id, _("已撤单，金额和上限已释放。"))


@blueprint.post("/orders/<int:id>/claim")
def claim(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Claim what was delivered in the month of an order."""
    payload = {
        "id": id,
        "quantity": whole(request.form.get("quantity")),
        "statement": request.form.get("statement"),
    }
    return _after(act(CLAIM, payload), id, _("已申报，等购买主体核定。"))


@blueprint.post("/orders/<int:id>/send-back")
def send_back(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Send a claim back with a reason."""
    answer = act("order.send_back", {"id": id, "reason": request.form.get("reason")})
    return _after(answer, id, _("已退回，等承接主体重新申报。"))


@blueprint.post("/orders/<int:id>/settle")
def settle(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Settle a claimed order."""
    return _after(act(SETTLE, {"id": id}), id, _("已核定，等财政部门付款。"))


# --- deliveries --------------------------------------------------------------------------------


@blueprint.get("/<int:id>/deliveries")
def deliveries(id: int) -> str:  # noqa: A002 - the route's name
    """List a month's deliveries, names masked."""
    actor = current_actor()
    require(actor, queries.VIEW)
    given = request.args.get("period", "")
    period = given if _is_month(given) else f"{clock.today():%Y-%m}"
    before = page_of(request.args.get("before"))
    return render_template(
        f"{FOLDER}/deliveries.html",
        number=id,
        period=period,
        found=served.deliveries(actor, contract_id=id, period=period, before=before),
        before=before,
        sittings=served.SITTINGS,
        ways={served.SCAN: _("扫码"), served.TYPED: _("手输"), served.SHEET: _("签到表")},
    )


@blueprint.get("/<int:id>/deliver")
def delivering(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form that confirms one resident's service, made for a phone."""
    return _delivering(id, fresh())


@blueprint.post("/<int:id>/deliver")
def deliver(id: int) -> str | tuple[str, int]:  # noqa: A002 - the route's name
    """Record one delivery and say in a sentence what came of it; the form stays for the next."""
    form = request.form
    names = ("service", "id_number", "sitting", "served_on")
    payload = {name: form.get(name) for name in names} | {"contract_id": id}
    answer = act(DELIVER, payload)
    with transaction(readonly=True):
        if answer.refused:
            return _delivering(id, shown_again(answer)), answer.status
        kept = {name: form.get(name) for name in ("service", "sitting", "served_on")}
        return _delivering(id, fresh() | {"values": kept}, done=answer.body)


@blueprint.get("/<int:id>/sheet")
def uploading(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form for a signed sheet."""
    return _uploading(id, fresh())


@blueprint.post("/<int:id>/sheet")
def upload(id: int) -> str | tuple[str, int]:  # noqa: A002 - the route's name
    """Take a signed sheet, and list what had been delivered before."""
    form, sent = request.form, request.files.get("sheet")
    payload = {
        "contract_id": id,
        "service": form.get("service"),
        "period": form.get("period"),
        "filename": sent.filename if sent else None,
        "content": base64.b64encode(sent.read()).decode() if sent else None,
    }
    answer = act("delivery.import", payload)
    with transaction(readonly=True):
        if answer.refused:
            return _uploading(id, shown_again(answer)), answer.status
        return _uploading(id, fresh() | {"values": form}, done=answer.body)


# --- parts -------------------------------------------------------------------------------------


def _ordering(number: int, form: dict[str, Any], quote: dict[str, Any] | None = None) -> str:
    actor = current_actor()
    require(actor, PLACE)
    framework = queries.shown(actor, id=number)
    month = f"{clock.today():%Y-%m}"
    values = {"period": month} | dict(form["values"])
    prices = framework["prices"]
    chosen = next((one for one in prices if one["service"] == values.get("service")), prices[0])
    if quote is None and framework["starts_on"][:7] <= month <= framework["ends_on"][:7]:
        asked = {"service": chosen["service"], "period": month, "quantity": 1}
        most = orders.quote(actor, contract_id=number, **asked)["largest_quantity"]
    else:
        most = quote["largest_quantity"] if quote else None
    return render_template(
        f"{FOLDER}/order_new.html",
        framework=framework,
        services=[(one["service"], one["name"]) for one in prices],
        unit=chosen["unit"],
        quote=quote,
        most=most,
        **form | {"values": values},
    )


def _order(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, queries.VIEW)
    found = queries.order(actor, id=number)
    state, today = found["state"], f"{clock.today():%Y-%m}"
    is_open, is_over = state == SCHEDULED, found["period"] < today
    return render_template(
        f"{FOLDER}/order.html",
        order=found,
        parts=[
            {"quantity": quantity, "unit_fen": unit_fen, "fen": quantity * unit_fen}
            for quantity, unit_fen in found["bands"]
        ],
        is_settled=found["paid"] is not None and state != SUBMITTED,
        may_cancel=is_open and actor.may(PLACE) and not found["verified_so_far"],
        may_claim=is_open and is_over and actor.may(CLAIM),
        may_settle=state == SUBMITTED and actor.may(SETTLE),
        **form,
    )


def _after(answer: Answer, number: int, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".order", id=number),
        again=lambda one: _order(number, shown_again(one)),
    )


def _delivering(number: int, form: dict[str, Any], done: dict[str, Any] | None = None) -> str:
    actor = current_actor()
    require(actor, DELIVER)
    framework = queries.shown(actor, id=number)
    # What was typed of a person's number is not shown again.
    values = {name: text for name, text in dict(form["values"]).items() if name != "id_number"}
    return render_template(
        f"{FOLDER}/deliver.html",
        framework=framework,
        services=[(one["service"], one["name"]) for one in framework["prices"]],
        sittings=list(served.SITTINGS.items()),
        sitting_names=served.SITTINGS,
        done=done,
        **form | {"values": values},
    )


def _uploading(number: int, form: dict[str, Any], done: dict[str, Any] | None = None) -> str:
    actor = current_actor()
    require(actor, DELIVER)
    framework = queries.shown(actor, id=number)
    return render_template(
        f"{FOLDER}/sheet.html",
        framework=framework,
        services=[(one["service"], one["name"]) for one in framework["prices"]],
        month=f"{clock.today():%Y-%m}",
        columns="、".join(served.COLUMNS),
        sheet_sittings="、".join(served.ON_SHEETS),
        sitting_names=served.SITTINGS,
        done=done,
        **form,
    )


def _is_month(text: str) -> bool:
    try:
        return f"{clock.day_of(clock.instant(f'{text}-01')):%Y-%m}" == text
    except ValueError:
        return False
