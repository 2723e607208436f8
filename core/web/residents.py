"""Residents: importing a list in two steps, and finding one without telling the network whom."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock, facts, privacy
from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.db import db, transaction
from core.divisions import Division
from core.facts.declared import FEN
from core.files import csv_stream
from core.imports import COLUMNS, ResidentImport
from core.parties import BankAccount, Resident
from core.plugins import registry
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole

blueprint = Blueprint("residents", __name__, url_prefix="/residents")

VIEW, IMPORT, ACCOUNTS = "resident.view", "resident.import", "party.manage"
LIMIT = 50
ID_LENGTH = 18


@blueprint.get("/")
def index() -> str:
    """List residents, masked, the newest first."""
    return _index(searched=False)


@blueprint.post("/")
def search() -> ResponseReturnValue:
    """Find residents by name or full ID number; by POST, so that no address holds either."""
    with transaction(readonly=True):
        return _index(searched=True)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show what is known of a resident today, on which documents it rests, and how to add."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/facts")
def record(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record a fact; amounts are typed in yuan."""
    form = request.form
    fact = registry().facts.get(form.get("code", ""))
    value = form.get("value", "")
    answer = act(
        "resident.record_fact",
        {
            "resident_id": id,
            "value": fen_of(value) if fact and fact.unit == FEN else value,
            **{name: form.get(name) for name in ("code", "from_on", "to_on", "document")},
        },
    )
    return _after(answer, id, done=_("已登记。"))


@blueprint.post("/<int:id>/facts/end")
def end(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """End a record, or withdraw a mistaken one."""
    form = request.form
    fields = {name: form.get(name) for name in ("to_on", "document")}
    answer = act("resident.end_fact", fields | {"id": whole(form.get("id"))})
    return _after(answer, id, done=_("已截止。"))


@blueprint.post("/<int:id>/move")
def move(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record that a resident moved to another division."""
    fields = {name: request.form.get(name) for name in ("division_code", "on", "document")}
    answer = act("resident.record_move", fields | {"resident_id": id})
    return _after(answer, id, done=_("已登记迁移，各项目已按其规则处理。"))


@blueprint.post("/<int:id>/death")
def death(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record a death."""
    fields = {name: request.form.get(name) for name in ("on", "document")}
    answer = act("resident.record_death", fields | {"resident_id": id})
    return _after(answer, id, done=_("已登记去世，各项目已按其规则处理。"))


@blueprint.post("/<int:id>/accounts")
def add_account(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record the bank account on which a resident is paid herself."""
    fields = {name: request.form.get(name) for name in ("bank", "holder", "number")}
    answer = act("party.add_bank_account", fields | {"resident_id": id})
    return _after(answer, id, done=_("已登记收款账户。财政部门核验后才会向它付款。"))


@blueprint.get("/import")
def upload() -> str:
    """Show where a list is uploaded, and the lists that came before."""
    return _upload(fresh())


@blueprint.post("/import")
def check() -> ResponseReturnValue:
    """Check an uploaded list row by row; nothing is added yet."""
    file = request.files.get("file")
    payload = {
        "filename": file.filename if file else None,
        "content": base64.b64encode(file.read()).decode() if file else None,
    }
    answer = act("resident.check_import", payload)
    with transaction(readonly=True):
        if answer.refused:
            return _upload(shown_again(answer)), answer.status
        return render_template("residents/checked.html", checked=answer.body, **fresh())


@blueprint.post("/import/commit")
def commit() -> ResponseReturnValue:
    """Add the people of a checked list."""
    answer = act("resident.commit_import", {"token": request.form.get("token")})
    done = _("已导入，新增 %(added)s 人。", added=answer.body.get("added"))
    return done_or_again(
        answer, done=done, to=url_for(".upload"), again=lambda one: _upload(shown_again(one))
    )


@blueprint.get("/import/template.csv")
def template() -> Response:
    """Give an empty list with the right columns."""
    require(current_actor(), IMPORT)
    content = b"".join(csv_stream(COLUMNS, []))
    headers = {"Content-Disposition": "attachment; filename=residents.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


def _index(*, searched: bool) -> str:
    actor = current_actor()
    require(actor, VIEW)
    query = scoped(Resident, actor, VIEW).order_by(Resident.id.desc())
    text = request.form.get("q", "").strip() if searched else ""
    if text:
        query = query.where(_named(text))
    if before := page_of(request.args.get("before")):
        query = query.where(Resident.id < before)
    found = list(db.session.scalars(query.limit(LIMIT + 1)))
    shown = found[:LIMIT]
    return render_template(
        "residents/index.html",
        rows=[_row(resident, actor, _names(shown)) for resident in shown],
        searched=bool(text),
        may_import=actor.may(IMPORT),
        more=len(found) > LIMIT,
        next_before=shown[-1].id if len(found) > LIMIT and not text else None,
    )


def _named(text: str) -> Any:
    """Return the condition of a full ID number (by blind index) or the beginning of a name."""
    if len(text) == ID_LENGTH and text[:-1].isdecimal():
        indexes = privacy.keyring().blind_indexes(text, "person")
        return Resident.id_number_index.in_(indexes)
    return Resident.name.startswith(text, autoescape=True)


def _show(resident_id: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    resident = fetch(Resident, resident_id, actor, VIEW)
    found = facts.resident_facts(actor, resident_id=resident.id)
    return render_template(
        "residents/show.html",
        resident=_row(resident, actor, _names([resident])),
        died_on=resident.died_on,
        known=[(one["name"], one["value"]) for one in found["facts"]],
        records=found["records"],
        choices=[(fact.code, _(fact.name)) for fact in facts.recordable()],
        may_record=actor.may(facts.RECORD),
        accounts=_accounts(resident) if actor.may(ACCOUNTS) else None,
        today=clock.today(),
        **form,
    )


def _accounts(resident: Resident) -> list[dict[str, Any]]:
    query = db.select(BankAccount).filter_by(party_id=resident.id).order_by(BankAccount.id.desc())
    return [
        {
            "bank": row.bank,
            "holder": row.holder,
            "number": privacy.mask_account(row.number),
            "verified_at": row.verified_at,
        }
        for row in db.session.scalars(query)
    ]


def _after(answer: Answer, resident_id: int, *, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=resident_id),
        again=lambda one: _show(resident_id, shown_again(one)),
    )


def _row(resident: Resident, actor: Actor, divisions: dict[str, str]) -> dict[str, Any]:
    # Names in full only for the clerk who serves these people.
    clerk = actor.may(IMPORT)
    return {
        "id": resident.id,
        "name": resident.name if clerk else privacy.mask_name(resident.name),
        "id_number": privacy.mask_id(resident.id_number),
        "phone": privacy.mask_phone(resident.phone) if resident.phone else None,
        "age": _age(resident),
        "division": divisions.get(resident.division_code, resident.division_code),
    }


def _age(resident: Resident) -> int:
    today, born = clock.today(), resident.born_on
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _names(residents: list[Resident]) -> dict[str, str]:
    codes = {resident.division_code for resident in residents}
    rows = db.session.execute(
        db.select(Division.code, Division.name).where(Division.code.in_(codes))
    )
    return {row.code: row.name for row in rows}


def _upload(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, IMPORT)
    query = scoped(ResidentImport, actor, IMPORT).order_by(ResidentImport.id.desc())
    return render_template(
        "residents/import.html",
        imports=list(db.session.scalars(query.limit(LIMIT))),
        columns=COLUMNS,
        **form,
    )
