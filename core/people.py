"""People and their roles: users made, roles granted to a day and ended, never by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import audit, clock, privacy
from core.access import (
    FORBIDDEN_PAIRS,
    ROLES,
    Actor,
    Grant,
    RoleGrant,
    Session,
    User,
    fetch,
    grants_of,
)
from core.db import db
from core.divisions import require_division
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RuleBroken
from core.identifiers import check_citizen_id
from core.signin import hash_password

CLERK = "provider_clerk"


def create_user(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    login: str,
    name: str,
    password: str | None = None,
    id_number: str | None = None,
    resident_id: int | None = None,
) -> dict[str, Any]:
    """Create a user without any role; a password has at least 10 characters.

    A mistyped ID number is refused: it would hide that two accounts are one person's.
    """
    person = check_citizen_id(id_number).number if id_number else None
    if db.session.scalar(db.select(User.id).where(User.login == login)):
        raise Conflict("LOGIN_TAKEN", _("登录名“%(login)s”已被使用，请换一个。", login=login))
    user = User(
        login=login,
        name=name,
        password_hash=hash_password(password) if password else None,
        person_index=privacy.keyring().blind_index(person, "person") if person else None,
        resident_id=resident_id,
    )
    db.session.add(user)
    db.session.flush()
    audit.about("user", user.id)
    return {"id": user.id, "login": user.login, "name": user.name}


def grant_role(
    actor: Actor,
    *,
    user_id: int,
    role: str,
    division_code: str,
    organisation_id: int | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> dict[str, Any]:
    """Give a user a role; refuse a role that the same person's other roles exclude."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("NOT_FOUND", _("没有这个用户，请核对。"))
    if role not in ROLES or role == "system":
        raise InvalidInput(_("没有“%(role)s”这个岗位。", role=role), errors={"role": ["未知岗位"]})
    if ROLES[role].side in {"provider", "purchaser"} and organisation_id is None:
        raise InvalidInput(_("这个岗位须指明所属单位。"), errors={"organisation_id": ["必填"]})
    if actor.user_id == user_id:
        raise RuleBroken("FOUR_EYES_REQUIRED", _("不能给自己授予岗位，请由另一位管理员办理。"))
    require_division(division_code)
    for held in _roles_of_person(user):
        if frozenset((held, role)) in FORBIDDEN_PAIRS:
            raise RuleBroken(
                "ROLE_NOT_ALLOWED",
                _(
                    "“%(name)s”与该人员已有的“%(name2)s”是不相容岗位，请改授他人，或先终止原岗位。",
                    name=ROLES[role].name,
                    name2=ROLES[held].name,
                ),
                basis="内部控制规范（试行）不相容岗位分离",
            )
    grant = RoleGrant(
        user_id=user_id,
        role=role,
        organisation_id=organisation_id,
        division_code=division_code,
        from_on=from_on or clock.today(),
        to_on=to_on,
        granted_by=actor.user_id,
    )
    db.session.add(grant)
    db.session.flush()
    audit.about("role_grant", grant.id, f"{role} -> user {user_id}")
    return {"id": grant.id, "user_id": user_id, "role": role}


def end_role(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End a role today; the row stays, because who held what when is part of the trail."""
    return _end(fetch(RoleGrant, id, actor, "access.grant"), reason)


def add_clerk(actor: Actor, *, login: str, name: str, password: str) -> dict[str, Any]:
    """Make a clerk of the own provider, with a first password that the manager hands over."""
    home = _own_provider(actor)
    user = create_user(actor, login=login, name=name, password=password)
    grant = grant_role(
        actor,
        user_id=user["id"],
        role=CLERK,
        division_code=home.division_code,
        organisation_id=home.organisation_id,
    )
    return user | {"grant_id": grant["id"]}


def set_clerk_password(actor: Actor, *, id: int, password: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give a clerk of the actor's own provider a new password; the old one's sessions end.

    Refused for somebody who holds another role too: it would open that role to the manager.
    """
    grant = _clerk(actor, id)
    own = Grant(CLERK, grant.organisation_id, grant.division_code)
    if set(grants_of(grant.user_id)) - {own}:
        raise NotPermitted(
            "ROLE_NOT_ALLOWED",
            _("这名店员还有其他岗位，密码须由系统管理员重设。请联系系统管理员。"),
        )
    user = db.session.get_one(User, grant.user_id)
    user.password_hash = hash_password(password)
    db.session.execute(
        db.update(Session)
        .where(Session.user_id == user.id, Session.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    audit.about("user", user.id)
    return {"id": grant.id, "login": user.login}


def end_clerk(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End a clerk of the actor's own provider at once; what the clerk did stays in the trail."""
    return _end(_clerk(actor, id), reason)


def _own_provider(actor: Actor) -> Grant:
    for grant in actor.holding("clerk.manage"):
        if grant.organisation_id is not None:
            return grant
    raise NotPermitted("ROLE_NOT_ALLOWED", _("只有承接主体可以管理本店店员。"))


def _clerk(actor: Actor, grant_id: int) -> RoleGrant:
    grant: RoleGrant = fetch(RoleGrant, grant_id, actor, "clerk.manage")
    if grant.role != CLERK:
        raise NotPermitted(
            "ROLE_NOT_ALLOWED", _("这里只能管理店员。负责人的岗位由系统管理员办理。")
        )
    return grant


def _end(grant: RoleGrant, reason: str) -> dict[str, Any]:
    grant.to_on = min(grant.to_on or clock.today(), clock.today() - timedelta(days=1))
    audit.about("role_grant", grant.id, reason)
    return {"id": grant.id, "to_on": grant.to_on.isoformat()}


def _roles_of_person(user: User) -> Iterable[str]:
    users = db.select(User.id).where(
        or_(
            User.id == user.id,
            (User.person_index == user.person_index) & User.person_index.is_not(None),
        )
    )
    ids = list(db.session.scalars(users))
    return {grant.role for user_id in ids for grant in grants_of(user_id)}
