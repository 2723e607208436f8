"""People and their roles: who may do what, from when to when, and for whom."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select

from core import clock
from core.access import FORBIDDEN_PAIRS, ROLES, Actor, RoleGrant, User, require, visible
from core.acts import Answer
from core.db import db, transaction
from core.divisions import Division, within
from core.errors import NotFound
from core.parties import Organisation
from core.plugins import registry
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, saved, shown_again, whole

blueprint = Blueprint("people", __name__, url_prefix="/people")

VIEW, GRANT = "access.view", "access.grant"
LIMIT = 50
CHOICES = 500


@blueprint.get("/")
def index() -> str:
    """List people, the newest first, with the roles they hold today."""
    return _index("")


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """List the people whose login begins so; by POST, because a login may be a name."""
    login = request.form.get("login", "").strip()
    with transaction(readonly=True):
        return _index(login)


@blueprint.get("/new")
def new() -> str:
    """Show the form for a new person."""
    require(current_actor(), GRANT)
    return render_template("people/new.html", **fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Register a person without any role."""
    fields = ("login", "name", "password", "id_number")
    return saved(
        "access.create_user",
        {name: request.form.get(name) for name in fields},
        done=_("已登记。接下来请授予岗位，没有岗位的人员什么也不能办。"),
        again=lambda form: render_template("people/new.html", **form),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a person's roles, past and present, and the form for a further one."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/roles")
def grant(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Grant a role."""
    form = request.form
    answer = act(
        "access.grant_role",
        {
            "user_id": id,
            "role": form.get("role"),
            "division_code": form.get("division_code"),
            "organisation_id": whole(form.get("organisation_id")),
            "from_on": form.get("from_on"),
            "to_on": form.get("to_on"),
        },
    )
    return _after(answer, id, done=_("已授予岗位。"))


@blueprint.post("/<int:id>/roles/end")
def end(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """End a role today."""
    fields = {"id": whole(request.form.get("id")), "reason": request.form.get("reason")}
    return _after(act("access.end_role", fields), id, done=_("已终止岗位，立即生效。"))


@blueprint.get("/roles")
def roles() -> str:
    """Show which role carries which permission, as the components declare it."""
    require(current_actor(), VIEW)
    declared = sorted(registry().permissions.values(), key=lambda one: one.code)
    shown = [role for role in ROLES.values() if role.code != "system"]
    pairs = sorted(tuple(sorted(pair)) for pair in FORBIDDEN_PAIRS)
    return render_template(
        "people/roles.html", permissions=declared, roles=shown, pairs=pairs, role_name=role_name
    )


def role_name(code: str) -> str:
    """Return the word for a role."""
    return _(ROLES[code].name)


def _index(login: str) -> str:
    actor = current_actor()
    require(actor, VIEW)
    query = db.select(User).where(_people(actor), User.login.startswith(login, autoescape=True))
    if before := page_of(request.args.get("before")):
        query = query.where(User.id < before)
    found = list(db.session.scalars(query.order_by(User.id.desc()).limit(LIMIT + 1)))
    people = found[:LIMIT]
    return render_template(
        "people/index.html",
        people=people,
        held={user.id: _held(user) for user in people},
        login=login,
        next_before=people[-1].id if len(found) > LIMIT and not login else None,
    )


def _people(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the people a person may see.

    Those who hold or held a role in its division, and those who have none yet; never residents.
    """
    seen = select(RoleGrant.user_id).where(visible(RoleGrant, actor, VIEW))
    anywhere = select(RoleGrant.user_id)
    return and_(User.resident_id.is_(None), or_(User.id.in_(seen), User.id.not_in(anywhere)))


def _held(user: User) -> list[str]:
    today = clock.today()
    names = [
        role_name(one.role)
        for one in user.grants
        if one.from_on <= today and (one.to_on is None or one.to_on >= today)
    ]
    return list(dict.fromkeys(names))


def _after(answer: Answer, number: int, *, done: str) -> ResponseReturnValue:
    def again(answer: Answer) -> ResponseReturnValue:
        return _show(number, shown_again(answer))

    return done_or_again(answer, done=done, to=url_for(".show", id=number), again=again)


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    person = db.session.scalar(db.select(User).where(User.id == number, _people(actor)))
    if person is None:
        raise NotFound("NOT_FOUND", _("没有找到这个人员，或不在您的管辖范围内。"))
    grants = list(
        db.session.scalars(
            db.select(RoleGrant)
            .where(RoleGrant.user_id == number)
            .order_by(RoleGrant.to_on.is_not(None), RoleGrant.id.desc())
        )
    )
    organisations = _organisations(grants)
    divisions = _names_of_divisions(grants)
    today = clock.today()
    rows = [
        {
            "id": one.id,
            "role": role_name(one.role),
            "organisation": organisations.get(one.organisation_id, ""),
            "division": divisions.get(one.division_code, one.division_code),
            "from_on": one.from_on,
            "to_on": one.to_on,
            "state": _state(one),
            "may_end": actor.may(GRANT) and (one.to_on is None or one.to_on >= today),
        }
        for one in grants
    ]
    choices = _choices(actor) if actor.may(GRANT) and actor.user_id != number else None
    return render_template(
        "people/show.html", person=person, grants=rows, choices=choices, today=today, **form
    )


def _state(one: RoleGrant) -> tuple[str, str]:
    today = clock.today()
    if one.to_on is not None and one.to_on < today:
        return _("已终止"), "plain"
    return (_("尚未生效"), "wait") if one.from_on > today else (_("在岗"), "good")


def _choices(actor: Actor) -> dict[str, list[tuple[Any, str]]]:
    """Return what the grant form offers: roles, organisations and divisions in reach."""
    organisations = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(visible(Organisation, actor, GRANT))
        .order_by(Organisation.kind, Organisation.name)
        .limit(CHOICES)
    )
    reach = [within(Division.code, one.division_code) for one in actor.holding(GRANT)]
    divisions = db.session.scalars(db.select(Division).where(or_(*reach)).order_by(Division.path))
    return {
        "roles": [
            (role.code, _(role.name))
            for role in ROLES.values()
            if role.code not in {"system", "resident"}
        ],
        "organisations": [(row.id, row.name) for row in organisations],
        "divisions": [(one.code, f"{one.code} {one.name}") for one in divisions],
    }


def _organisations(grants: list[RoleGrant]) -> dict[int | None, str]:
    ids = {one.organisation_id for one in grants}
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def _names_of_divisions(grants: list[RoleGrant]) -> dict[str, str]:
    codes = {one.division_code for one in grants}
    rows = db.session.execute(
        db.select(Division.code, Division.name).where(Division.code.in_(codes))
    )
    return {row.code: row.name for row in rows}
