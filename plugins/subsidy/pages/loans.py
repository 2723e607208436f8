"""Pages of loans: a bank reports them, the office looks at them and ends their support."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core.access import Actor, require, visible
from core.acts import Answer
from core.db import db
from core.files import csv_stream
from core.parties import Organisation, directory
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import Loan, LoanEnding, Scheme
from plugins.subsidy.models import loans as m
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages import loan_words
from plugins.subsidy.rules import percent
from plugins.subsidy.service import bank_file, handling_banks, loan_queries
from plugins.subsidy.service.claims import VIEW as WATCH
from plugins.subsidy.service.handling_banks import INTEREST, NAME, REPORT, VIEW
from plugins.subsidy.service.loans import DECIDE_END, END

blueprint = Blueprint(
    "subsidy_loans", __name__, url_prefix="/subsidy/loans", template_folder="../templates"
)
# What one button or a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "end": (
        "loan.end_support",
        ("from_on", "reason", "document"),
        lazy_gettext("已提出停止贴息，等另一人决定。"),
    ),
    "decide": ("loan.decide_end", (), lazy_gettext("已决定停止贴息。")),
    "drop": ("loan.drop_end", ("reason",), lazy_gettext("已决定不停止贴息。")),
}
BANKS_MOST = 500


def waiting(actor: Actor) -> list[Todo]:
    """Count the endings that this person has to decide."""
    if not actor.may(DECIDE_END):
        return []
    query = (
        db.select(func.count(LoanEnding.id))
        .join(Loan, Loan.id == LoanEnding.loan_id)
        .where(visible(Loan, actor, DECIDE_END), LoanEnding.state == m.PROPOSED)
    )
    count = int(db.session.scalar(query) or 0)
    return [Todo(count, _("笔贷款待决定是否停止贴息"), url_for("subsidy_loans.index", ending=1))]


def own_menu(actor: Actor) -> list[MenuItem]:
    """Offer loans to the office and to who watches, and a bank its doors; others have none here."""
    listed = MenuItem("how", lazy_gettext("贴息贷款"), "subsidy_loans.index", 26, waiting=waiting)
    if actor.may(WATCH):
        return [listed]
    if not own_schemes(actor):
        return []
    return [
        listed,
        MenuItem("how", lazy_gettext("申报贷款贴息"), "subsidy_interest.index", 27),
        MenuItem("how", lazy_gettext("贴息核减清单"), "subsidy_interest.disallowed", 28),
    ]


@blueprint.get("/")
def index() -> str:
    """List loans, by the bank's number if asked, or those whose ending waits."""
    actor = current_actor()
    require(actor, VIEW)
    before, number = page_of(request.args.get("before")), request.args.get("number") or None
    ending = request.args.get("ending") or None
    found = loan_queries.loan_list(
        actor, before=before, number=number, ending_waits=ending is not None
    )
    return render_template(
        "subsidy/loans/index.html",
        rows=[loan_words.listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        number=number,
        ending=ending,
        reports=actor.may(REPORT),
    )


@blueprint.get("/banks")
def banks() -> str:
    """Show which banks handle which schemes' loans, and where another is named."""
    return _banks(fresh())


@blueprint.post("/banks")
def name_bank() -> ResponseReturnValue:
    """Name a handling bank."""
    form = request.form
    fields = {
        "scheme_id": whole(form.get("scheme_id")),
        "bank_id": whole(form.get("bank_id")),
        "document": form.get("document"),
    }
    return done_or_again(
        act("bank.name", fields),
        done=_("已指定经办银行，它现在可以报送贷款。"),
        to=url_for(".banks"),
        again=lambda answer: _banks(shown_again(answer)),
    )


@blueprint.get("/new")
def new() -> str:
    """Show the form of one loan."""
    return _new(fresh())


@blueprint.post("/new")
def register() -> ResponseReturnValue:
    """Register one loan."""
    form = request.form
    texts = ("number", "borrower_name", "borrower_number", "class_code", "lent_on", "due_on")
    fields = {name: form.get(name) for name in texts} | {
        "scheme_id": whole(form.get("scheme_id")),
        "principal_fen": fen_of(form.get("principal_fen", "")),
        "rate_ppm": _ppm(form.get("rate_ppm", "")),
        "lpr_ppm": _ppm(form.get("lpr_ppm", "")),
        "partners": whole(form.get("partners")),
        "drawn": form.get("drawn") == "1",
    }
    return _to_loan(act("loan.register", fields), _("已报送。"), _new)


@blueprint.get("/files")
def files() -> str:
    """Show where a bank's file is handed in, and those that were."""
    return _files(fresh())


@blueprint.post("/files")
def take_file() -> ResponseReturnValue:
    """Take a bank's file in, or show the faults at their lines."""
    file = request.files.get("content")
    fields = {
        "scheme_id": whole(request.form.get("scheme_id")),
        "filename": file.filename if file else None,
        "content": base64.b64encode(file.read()).decode() if file else None,
    }
    answer = act("loan.import", fields)
    body = answer.body
    if body.get("again"):
        done = _("这个文件以前收过，什么也没有改变。")
    else:
        done = _(
            "已收下：新贷款 %(loans)s 笔，变动 %(events)s 条。",
            loans=body.get("loans"),
            events=body.get("events"),
        )
    return done_or_again(
        answer, done=done, to=url_for(".files"), again=lambda one: _files(shown_again(one))
    )


@blueprint.get("/files/template")
def template() -> Response:
    """Give out an empty file with the columns and one line of each kind."""
    names = [bank_file.LOAN, *bank_file.EVENTS]
    rows = [[name, *[""] * (len(bank_file.COLUMNS) - 1)] for name in names]
    response = Response(csv_stream(bank_file.COLUMNS, rows), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="bank-file.csv")
    return response


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a loan: its balance by day, what happened to it, what the scheme makes of it."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/events")
def record(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record what happened to a loan."""
    form = request.form
    fields = {name: form.get(name) for name in ("reference", "kind", "on", "for_on", "undoes")}
    fields |= {"id": id, "rate_ppm": _ppm(form.get("rate_ppm", ""))}
    fields |= {"amount_fen": fen_of(form.get("amount_fen", ""))}
    return _to_loan(
        act("loan.record", fields), _("已报送。"), lambda found: _show(id, found), loan_id=id
    )


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with the end of a loan's support."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields = {name: request.form.get(name) for name in names} | {"id": id}
    return _to_loan(act(operation, fields), str(done), lambda found: _show(id, found), loan_id=id)


# --- what the pages show -----------------------------------------------------------------------


def _to_loan(
    answer: Answer, done: str, again: Any, *, loan_id: int | None = None
) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=loan_id or answer.body.get("id", 0)),
        again=lambda one: again(shown_again(one)),
    )


def own_schemes(actor: Actor) -> list[tuple[int, str]]:
    """Return the schemes whose loans a person's bank handles."""
    found = handling_banks.listed(actor)["items"] if actor.may(REPORT) else []
    return list(dict.fromkeys((one["scheme_id"], one["scheme"]) for one in found))


def _banks(form: Mapping[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    names = actor.may(NAME)
    return render_template(
        "subsidy/loans/banks.html",
        rows=handling_banks.listed(actor)["items"],
        may_name=names,
        schemes=_schemes(actor) if names else [],
        providers=_providers(actor) if names else [],
        **form,
    )


def _schemes(actor: Actor) -> list[tuple[int, str]]:
    query = db.select(Scheme.id, Scheme.name).where(
        visible(Scheme, actor, NAME), Scheme.kind == INTEREST, Scheme.state != s.DRAFT
    )
    return [(row.id, row.name) for row in db.session.execute(query.order_by(Scheme.id.desc()))]


def _providers(actor: Actor) -> list[tuple[int, str]]:
    query = directory(actor).where(Organisation.kind == "provider")
    rows = db.session.scalars(query.order_by(Organisation.name).limit(BANKS_MOST))
    return [(row.id, row.name) for row in rows]


def _new(form: Mapping[str, Any]) -> str:
    actor = current_actor()
    require(actor, REPORT)
    schemes = own_schemes(actor)
    classes = {
        code: name
        for number, _name in schemes
        for code, name in loan_queries.classes(number).items()
    }
    return render_template(
        "subsidy/loans/new.html", schemes=schemes, classes=list(classes.items()), **form
    )


def _files(form: Mapping[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = loan_queries.files(actor, before=before)
    refusal = form["refusal"]
    by_line = refusal is not None and refusal.code == "FILE_LINES_WRONG"
    return render_template(
        "subsidy/loans/files.html",
        rows=[
            row | {"taken_at": datetime.fromisoformat(row["taken_at"])} for row in found["items"]
        ],
        next_before=found["next_before"],
        before=before,
        reports=actor.may(REPORT),
        schemes=own_schemes(actor),
        columns=bank_file.COLUMNS,
        matters=[bank_file.LOAN, *bank_file.EVENTS],
        faults=form["errors"]["content"] if by_line else [],
        **form,
    )


def _show(number: int, form: Mapping[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    loan = loan_queries.loan(actor, id=number)
    ending = loan["ending"]
    may = set()
    if actor.may(REPORT):
        may.add("record")
    if actor.may(END) and ending is None:
        may.add("end")
    if actor.may(DECIDE_END) and ending and ending["state"] == m.PROPOSED:
        may.add("decide" if ending["proposed_by"] != actor.user_id else "not_mine")
    return render_template(
        "subsidy/loans/show.html",
        loan=loan_words.listed(loan),
        events=[loan_words.event(row) for row in loan["events"]],
        method=str(loan_words.METHODS[loan["method"]]),
        lpr=percent(loan["lpr_ppm"]),
        subsidised_rate=percent(int(Fraction(loan["subsidised_rate_ppm"]))),
        kinds=loan_words.choices(),
        may=may,
        opened=(request.view_args or {}).get("step", request.endpoint) if form["refusal"] else "",
        **form,
    )


def _ppm(text: str) -> int | str | None:
    """Return the ppm of a rate typed in per cent (`4.60`); what is none is left to the act."""
    plain = text.strip().rstrip("%％")
    if not plain:
        return None
    found = fen_of(plain)
    return found * 100 if isinstance(found, int) else text
