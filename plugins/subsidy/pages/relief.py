"""Pages of relief: the register of fees and taxes with its CSV, the forms, one record's steps."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core.access import Actor, require, scoped, visible
from core.db import db
from core.files import csv_stream
from core.formats import yuan
from core.parties import Organisation, directory
from core.settlement.claims import payee_names
from core.web import current_actor
from core.web.forms import (
    CHOICE,
    HUNDREDTHS,
    TEXT,
    Rows,
    fresh,
    page_of,
    saved,
    whole,
)
from core.web.menu import MenuItem, Todo
from plugins.subsidy import rules
from plugins.subsidy.models import Application, ReliefRecord, Scheme
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import relief as r
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages import form_words as words
from plugins.subsidy.pages import pencil
from plugins.subsidy.service import relief, relief_queries, relief_steps

blueprint = Blueprint(
    "subsidy_relief", __name__, url_prefix="/subsidy/relief", template_folder="../templates"
)
CHOICES = 500
FEES = Rows("fees", 2, {"number": TEXT, "amount_fen": HUNDREDTHS})
FIGURES = Rows("figures", 2, {"tax": CHOICE, "amount_fen": HUNDREDTHS, "document": TEXT})
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "approve": ("relief.approve", (), lazy_gettext("已批准登记。")),
    "refuse": ("relief.refuse", ("reason",), lazy_gettext("已退回，文书可以重新登记。")),
    "cancel": ("relief.cancel", ("reason",), lazy_gettext("已撤销登记。")),
}
TONES = {r.RECORDED: "wait", r.APPROVED: "good", r.REFUSED: "bad", r.CANCELLED: "plain"}


def waiting(actor: Actor) -> list[Todo]:
    """Count the records that wait for this person's approval."""
    if not actor.may(relief.DECIDE):
        return []
    mine = [kind for kind, permission in relief.DECIDES.items() if actor.may(permission)]
    query = db.select(func.count(ReliefRecord.id)).where(
        visible(ReliefRecord, actor, relief.DECIDE),
        ReliefRecord.state == r.RECORDED,
        ReliefRecord.kind.in_(mine),
    )
    count = int(db.session.scalar(query) or 0)
    return [Todo(count, _("笔减免登记待复核"), url_for("subsidy_relief.index", state=r.RECORDED))]


MENU: list[tuple[str, MenuItem]] = [
    (
        relief.VIEW,
        MenuItem("how", lazy_gettext("减免登记"), "subsidy_relief.index", 27, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the records of relief in scope, with the sum of those that are approved."""
    actor = current_actor()
    require(actor, relief.VIEW)
    asked, before = _asked(), page_of(request.args.get("before"))
    found = relief_queries.reliefs(actor, before=before, **asked)
    return render_template(
        "subsidy/relief/index.html",
        found=found,
        rows=[_listed(row) for row in found["items"]],
        before=before,
        asked=asked,
        kinds=[(one, str(words.KINDS[one])) for one in (r.FEE, r.TAX)],
        states=[(one, str(relief_steps.relief.names[one])) for one in r.STATES],
        may_fee=actor.may(relief.FEE),
        may_tax=actor.may(relief.TAX),
        is_resident=actor.resident_id is not None,
    )


@blueprint.get("/register.csv")
def table() -> Response:
    """Give the register as a table, as far as the reader may see it."""
    actor = current_actor()
    require(actor, relief.VIEW)
    columns = (
        _("编号"),
        _("方式"),
        _("项目"),
        _("受益人"),
        _("自"),
        _("至"),
        _("文书"),
        _("减免金额（元）"),
        _("补偿金额（元）"),
        _("公益服务时数"),
        _("状态"),
    )
    found = relief_queries.reliefs(actor, limit=relief_queries.ALL, **_asked())
    rows = [
        (
            row["id"],
            str(words.KINDS[row["kind"]]),
            row["scheme"],
            row["beneficiary"],
            row["period_from"],
            row["period_to"],
            "、".join(row["papers"]),
            yuan(row["amount_fen"]).replace(",", ""),
            yuan(row["compensated_fen"]).replace(",", ""),
            row["free_hours"],
            row["state_name"],
        )
        for row in found["items"]
    ]
    headers = {"Content-Disposition": "attachment; filename=relief.csv"}
    return Response(b"".join(csv_stream(columns, rows)), mimetype="text/csv", headers=headers)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a record: the papers, the sum, the claim that compensates it, the next step."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a record."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields = {"id": id} | {name: request.form.get(name) for name in names}
    return saved(operation, fields, done=str(done), again=lambda form: _show(id, form))


@blueprint.get("/fees/new")
def fee_form() -> str:
    """Show the form of waived fees."""
    return _fee_form(fresh())


@blueprint.post("/fees/new")
def record_fee() -> ResponseReturnValue:
    """Record waived fees."""
    form = request.form
    scheme, _mark, party = form.get("application", "").partition("/")
    fields = {name: form.get(name) for name in ("period_from", "period_to", "document")}
    numbers = {"scheme_id": scheme, "beneficiary_id": party, "free_hours": form.get("free_hours")}
    fields |= {name: whole(text) for name, text in numbers.items()}
    done = _("已登记，等另一人复核。")
    return saved("relief.fee", fields | {"fees": FEES.read(form)}, done=done, again=_fee_form)


@blueprint.get("/taxes/new")
def tax_form() -> str:
    """Show the form of the tax authority's figures."""
    return _tax_form(fresh())


@blueprint.post("/taxes/new")
def record_tax() -> ResponseReturnValue:
    """Record the tax authority's figures."""
    form = request.form
    fields: dict[str, Any] = {name: form.get(name) for name in ("period_from", "period_to")}
    fields |= {name: whole(form.get(name)) for name in ("scheme_id", "taxpayer_id")}
    fields |= {
        "separate_accounts": form.get("separate_accounts") == "1",
        # The form asks for the tax authority's papers only.
        "figures": [one | {"source": "tax_authority"} for one in FIGURES.read(form)],
    }
    return saved("relief.tax", fields, done=_("已登记，等另一人复核。"), again=_tax_form)


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, relief.VIEW)
    found = relief_queries.relief(actor, id=number)
    decides = actor.may(relief.DECIDE) and actor.may(relief.DECIDES[found["kind"]])
    may = set()
    if decides and not found["i_made"]:
        may = {r.RECORDED: {"approve", "refuse"}, r.APPROVED: {"cancel"}}.get(found["state"], may)
    return render_template(
        "subsidy/relief/show.html",
        record=_listed(found),
        pencil_rows=pencil.rows(rules.read_calculation(found["calculation"])),
        may=may,
        may_claims=actor.may("claim.view"),
        is_resident=actor.resident_id is not None,
        **form,
    )


def _fee_form(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, relief.FEE)
    query = (
        scoped(Scheme, actor, relief.FEE)
        .add_columns(Application.applicant_id)
        .join(Application, Application.scheme_id == Scheme.id)
        .where(Scheme.kind == r.FEE, Application.state == a.ELIGIBLE)
        .order_by(Application.id.desc())
        .limit(CHOICES)
    )
    found = list(db.session.execute(query))
    names = payee_names(party for _scheme, party in found)
    return render_template(
        "subsidy/relief/fee.html",
        applications=[
            (f"{scheme.id}/{party}", f"{names[party]} · {scheme.name}") for scheme, party in found
        ],
        rows=FEES.ready(form["values"]),
        **form,
    )


def _tax_form(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, relief.TAX)
    schemes = db.session.scalars(
        scoped(Scheme, actor, relief.TAX)
        .where(Scheme.kind == r.TAX, Scheme.state.in_((s.PUBLISHED, s.CLOSED)))
        .order_by(Scheme.id.desc())
        .limit(CHOICES)
    )
    payers = db.session.scalars(
        directory(actor)
        .where(Organisation.kind == "provider")
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return render_template(
        "subsidy/relief/tax.html",
        schemes=[(one.id, one.name) for one in schemes],
        payers=[(one.id, one.name) for one in payers],
        taxes=[(code, str(pencil.TAX_NAMES[code])) for code in rules.TAXES],
        rows=FIGURES.ready(form["values"]),
        **form,
    )


def _asked() -> dict[str, Any]:
    kind, state = request.args.get("kind"), request.args.get("state")
    return {
        "kind": kind if kind in (r.FEE, r.TAX) else None,
        "state": state if state in r.STATES else None,
    }


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "link": (row["beneficiary"], url_for("subsidy_relief.show", id=row["id"])),
        "kind_name": str(words.KINDS[row["kind"]]),
        "badge": (row["state_name"], TONES[row["state"]]),
        "period": _("%(begin)s 至 %(end)s", begin=row["period_from"], end=row["period_to"]),
    }
