"""Organisations with their offices and bank accounts, and the divisions they stand in."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_

from core import privacy, ties
from core.access import Actor, User, require, scoped, visible
from core.acts import Answer
from core.db import db, transaction
from core.divisions import Division, within
from core.errors import NotFound
from core.parties import ORGANISATION_KINDS, BankAccount, Office, Organisation, directory
from core.purchasers import ties_of
from core.settlement.claims import payee_names
from core.web import current_actor, legal
from core.web.forms import act, done_or_again, fresh, page_of, saved, shown_again, whole
from core.web.waiting import offices

blueprint = Blueprint("parties", __name__, url_prefix="/parties")

VIEW, REGISTER, MANAGE, VERIFY = (
    "party.view",
    "party.register",
    "party.manage",
    "party.verify_account",
)
LIMIT = 50
CHOICES = 500
FORMS = ("office", "account", "kind", "tie", "cut", "together", "apart")
TIES_SHOWN = 200


def kind_names() -> dict[str, str]:
    """Return the words for the kinds of organisations."""
    return {
        "purchaser": _("购买主体"),
        "provider": _("承接主体"),
        "agency": _("采购代理机构"),
        "evaluator": _("第三方评价机构"),
        "finance": _("财政部门"),
        "auditor": _("审计机关"),
        "administration": _("管理机构"),
    }


@blueprint.get("/")
def index() -> str:
    """List organisations, to be searched by name, credit code, kind and division."""
    actor = current_actor()
    require(actor, VIEW)
    query = directory(actor)
    text = request.args.get("q", "").strip()
    kind = request.args.get("kind", "")
    if text:
        named = Organisation.name.contains(text, autoescape=True)
        query = query.where(or_(named, Organisation.credit_code == text.upper()))
    if kind:
        query = query.where(Organisation.kind == kind)
    if before := page_of(request.args.get("before")):
        query = query.where(Organisation.id < before)
    found = list(db.session.scalars(query.order_by(Organisation.id.desc()).limit(LIMIT + 1)))
    shown = found[:LIMIT]
    return render_template(
        "parties/index.html",
        organisations=shown,
        divisions=_division_names({one.division_code for one in shown}),
        kinds=kind_names(),
        q=text,
        kind=kind,
        next_before=shown[-1].id if len(found) > LIMIT else None,
    )


@blueprint.get("/new")
def new() -> str:
    """Show the form for a new organisation."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Register an organisation."""
    form = request.form
    fields = ("credit_code", "name", "kind", "division_code")
    payload: dict[str, Any] = {name: form.get(name) for name in fields}
    payload["tags"] = form.get("tags", "").split()
    if form.get("legal_kind"):
        payload |= legal.typed(form) | {"legal_document": form.get("legal_document")}
    return saved("party.add_organisation", payload, done=_("已登记单位。"), again=_new)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show an organisation with its offices and, to those concerned, its bank accounts."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/kinds")
def record_kind(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record what the organisation legally is from a day on."""
    fields = ("from_on", "document", "credit_code")
    payload = {name: request.form.get(name) for name in fields} | legal.typed(request.form)
    answer = act("party.record_kind", payload | {"organisation_id": id})
    return _after(answer, id, "kind", done=_("已登记法定类别。"))


@blueprint.post("/<int:id>/ties")
def couple(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record the authority that runs an association."""
    payload = {"organisation_id": id, "authority_id": whole(request.form.get("authority_id"))}
    answer = act("party.couple", payload | {"document": request.form.get("document")})
    return _after(answer, id, "tie", done=_("已登记主管单位。"))


@blueprint.post("/<int:id>/ties/cut")
def decouple(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record that an association was cut loose from an authority."""
    payload: dict[str, Any] = {
        name: request.form.get(name) for name in ("decoupled_on", "document")
    }
    payload |= {"organisation_id": id}
    payload["authority_id"] = whole(request.form.get("cut_authority_id"))
    answer = act("party.decouple", payload)
    return _after(answer, id, "cut", done=_("已登记脱钩。"))


@blueprint.post("/<int:id>/together")
def record_tie(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record another organisation that belongs together with this one."""
    form = request.form
    payload: dict[str, Any] = {"one_id": id, "other_id": whole(form.get("other_id"))}
    payload |= {name: form.get(name) for name in ("kind", "document", "from_on")}
    answer = act("party.record_tie", payload)
    return _after(answer, id, "together", done=_("已登记关联关系。"))


@blueprint.post("/<int:id>/together/end")
def end_tie(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record that two organisations no longer belong together."""
    payload: dict[str, Any] = {name: request.form.get(name) for name in ("ended_on", "reason")}
    answer = act("party.end_tie", payload | {"id": whole(request.form.get("tie_id"))})
    return _after(answer, id, "apart", done=_("已登记关联关系终止。"))


@blueprint.get("/ties")
def together() -> str:
    """List which organisations belong together, for those who watch over it."""
    actor = current_actor()
    require(actor, ties.VIEW)
    before = page_of(request.args.get("before"))
    found = _tied(actor, before=before, limit=LIMIT)
    return render_template("parties/ties.html", found=found, before=before)


@blueprint.post("/<int:id>/offices")
def add_office(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Add a place of service."""
    fields = ("name", "division_code", "address", "telephone")
    payload: dict[str, Any] = {name: request.form.get(name) for name in fields}
    answer = act("party.add_office", payload | {"organisation_id": id})
    return _after(answer, id, "office", done=_("已登记服务网点。"))


@blueprint.post("/<int:id>/accounts")
def add_account(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Add a bank account, to be verified by finance."""
    fields = ("bank", "holder", "number")
    payload: dict[str, Any] = {name: request.form.get(name) for name in fields}
    answer = act("party.add_bank_account", payload | {"organisation_id": id})
    done = _("已登记收款账户。财政部门核验后才会向它付款。")
    return _after(answer, id, "account", done=done)


@blueprint.post("/<int:id>/accounts/verify")
def verify(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Verify a bank account."""
    answer = act("party.verify_bank_account", {"id": whole(request.form.get("account"))})
    done = _("已核验，可以向这个账户付款。")
    with transaction(readonly=True):
        is_organisation = db.session.get(Organisation, id) is not None
    if is_organisation or answer.refused:
        return _after(answer, id, "verify", done=done)
    flash(done, "good")
    return redirect(url_for(".accounts"), 303)


@blueprint.get("/accounts")
def accounts() -> str:
    """List the bank accounts that wait for this person's verification."""
    actor = current_actor()
    require(actor, VERIFY)
    waiting = db.select(BankAccount).where(offices.unverified(actor)).order_by(BankAccount.id)
    rows = list(db.session.scalars(waiting.limit(LIMIT)))
    organisations = dict(
        db.session.execute(
            db.select(Organisation.id, Organisation.name).where(
                Organisation.id.in_([row.party_id for row in rows])
            )
        ).all()
    )
    names = payee_names(row.party_id for row in rows)
    return render_template(
        "parties/accounts.html",
        rows=[
            _account(row, actor)
            | {"name": names[row.party_id], "is_organisation": row.party_id in organisations}
            for row in rows
        ],
    )


@blueprint.get("/divisions")
def divisions() -> str:
    """Show the tree of divisions, as far as this person's own reaches."""
    return _divisions(fresh())


@blueprint.post("/divisions")
def add_division() -> ResponseReturnValue:
    """Record a division below its parent."""
    fields = ("code", "name", "parent")
    answer = act("party.add_division", {name: request.form.get(name) for name in fields})
    return done_or_again(
        answer,
        done=_("已登记行政区划。"),
        to=url_for(".divisions"),
        again=lambda one: _divisions(shown_again(one)),
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, REGISTER)
    return render_template(
        "parties/new.html",
        kinds=[(code, kind_names()[code]) for code in ORGANISATION_KINDS],
        divisions=_reach(actor, REGISTER),
        may_record=legal.may_record(actor),
        choices=legal.choices(),
        **form,
    )


def _after(answer: Answer, number: int, which: str, *, done: str) -> ResponseReturnValue:
    def again(answer: Answer) -> ResponseReturnValue:
        return _show(number, shown_again(answer), which)

    return done_or_again(answer, done=done, to=url_for(".show", id=number), again=again)


def _show(number: int, form: dict[str, Any], which: str = "") -> str:
    actor = current_actor()
    require(actor, VIEW)
    query = directory(actor).where(Organisation.id == number)
    organisation = db.session.scalar(query)
    if organisation is None:
        raise NotFound("NOT_FOUND", _("没有找到这个单位，或它不在您的管辖范围内。"))
    offices = list(
        db.session.scalars(
            db.select(Office).where(Office.organisation_id == number).order_by(Office.id)
        )
    )
    codes = {organisation.division_code} | {office.division_code for office in offices}
    manages = _in_reach(organisation, actor, MANAGE)
    coupled = ties_of(number)
    return render_template(
        "parties/show.html",
        organisation=organisation,
        kind=kind_names()[organisation.kind],
        offices=offices,
        divisions=_division_names(codes),
        accounts=_accounts(organisation, actor),
        manages=manages,
        reach=_reach(actor, MANAGE) if manages else [],
        which=which,
        forms={name: form if name == which else fresh() for name in FORMS},
        legal=legal.shown(organisation),
        ties=coupled,
        coupled=[
            (one["authority_id"], one["authority"]) for one in coupled if not one["decoupled_on"]
        ],
        **_together(organisation, actor),
        records=_in_reach(organisation, actor, legal.RECORD),
        authorities=_authorities(),
        choices=legal.choices(),
        refusal=form["refusal"] if which == "verify" else None,
    )


def _together(organisation: Organisation, actor: Actor) -> dict[str, Any]:
    """Return what an organisation is tied to, and what of it the person may record or end."""
    may_tie = actor.may(ties.RECORD)
    found = _tied(actor, party_id=organisation.id, limit=TIES_SHOWN)["items"]
    for one in found:
        first = one["one_id"] == organisation.id
        one["with_id"], one["with"] = (
            (one["other_id"], one["other"]) if first else (one["one_id"], one["one"])
        )
    others = directory(actor).where(Organisation.id != organisation.id)
    rows = db.session.scalars(others.order_by(Organisation.name).limit(CHOICES)) if may_tie else ()
    return {
        "together": found,
        "may_tie": may_tie,
        "others": [(one.id, one.name) for one in rows],
        "tie_kinds": list(ties.kind_names().items()),
        "standing": [
            (one["id"], f"{one['with']}（{one['kind_name']}）")
            for one in found
            if not one["ended_on"] and actor.may(ties.END)
        ],
    }


def _tied(actor: Actor, **which: Any) -> dict[str, Any]:
    """Return ties as a page shows them; none to whom they do not concern."""
    if not actor.may(ties.VIEW):
        return {"items": []}
    found = ties.listed(actor, **which)
    for one in found["items"]:
        days = {name: one[name] for name in ("from_on", "ended_on") if one[name]}
        one |= {name: date.fromisoformat(day) for name, day in days.items()}
    return found


def _authorities() -> list[tuple[int, str]]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(Organisation.kind == "purchaser")
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return [(row.id, row.name) for row in rows]


def _accounts(organisation: Organisation, actor: Actor) -> list[dict[str, Any]] | None:
    """Return the bank accounts, masked; None for those whom they do not concern."""
    concerned = (MANAGE, VERIFY, "audit.view")
    if not any(_in_reach(organisation, actor, permission) for permission in concerned):
        return None
    query = db.select(BankAccount).where(BankAccount.party_id == organisation.id)
    rows = db.session.scalars(query.order_by(BankAccount.id.desc()).limit(LIMIT))
    return [_account(row, actor) for row in rows]


def _account(account: BankAccount, actor: Actor) -> dict[str, Any]:
    return {
        "id": account.id,
        "party_id": account.party_id,
        "bank": account.bank,
        "holder": account.holder,
        "number": privacy.mask_account(account.number),
        "added_at": account.added_at,
        "added_by": _person(account.added_by),
        "verified_at": account.verified_at,
        "verified_by": _person(account.verified_by),
        "may_verify": account.verified_at is None
        and actor.may(VERIFY)
        and account.added_by != actor.user_id,
    }


def _in_reach(organisation: Organisation, actor: Actor, permission: str) -> bool:
    query = scoped(Organisation, actor, permission).where(Organisation.id == organisation.id)
    return db.session.scalar(query) is not None


def _person(user_id: int | None) -> str:
    user = db.session.get(User, user_id) if user_id else None
    return user.name if user else _("系统")


def _reach(actor: Actor, permission: str) -> list[tuple[str, str]]:
    grants = actor.holding(permission)
    reach = [within(Division.code, grant.division_code) for grant in grants]
    rows = db.session.scalars(db.select(Division).where(or_(*reach)).order_by(Division.path))
    return [(one.code, f"{one.code} {one.name}") for one in rows]


def _division_names(codes: set[str]) -> dict[str, str]:
    rows = db.session.execute(
        db.select(Division.code, Division.name).where(Division.code.in_(codes))
    )
    return {row.code: row.name for row in rows}


def _divisions(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    grants = actor.holding(VIEW)
    reach = [within(Division.code, grant.division_code) for grant in grants]
    rows = list(db.session.scalars(db.select(Division).where(or_(*reach)).order_by(Division.path)))
    counts = db.session.execute(
        db.select(Organisation.division_code, db.func.count())
        .where(visible(Organisation, actor, VIEW))
        .group_by(Organisation.division_code)
    )
    top = min((one.path.count("/") for one in rows), default=0)
    return render_template(
        "parties/divisions.html",
        divisions=[(one, one.path.count("/") - top) for one in rows],
        counts={row[0]: row[1] for row in counts},
        levels={
            "province": _("省"),
            "city": _("市"),
            "county": _("县区"),
            "township": _("乡镇街道"),
        },
        may_add=actor.may("access.grant"),
        parents=[(one.code, f"{one.code} {one.name}") for one in rows if one.level != "township"],
        **form,
    )
