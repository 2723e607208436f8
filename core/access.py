"""Who may do what to which rows: users, roles with end dates, sessions, devices, row scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    Select,
    Text,
    bindparam,
    false,
    or_,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import audit, clock, privacy
from core.db import Id, Instant, built_once, db
from core.divisions import within
from core.errors import NotFound, NotPermitted, RuleBroken, SignInRequired
from core.plugins import registry


@dataclass(frozen=True)
class Role:
    """A role: on whose side it acts decides which rows it sees.

    `side`: provider, purchaser, agency and evaluator see their own organisation's rows, overseer
    the rows of its division's subtree, resident its own, system all. An expert belongs to no
    organisation here: components show each expert what it was drawn for.
    """

    code: str
    name: str
    side: str
    spends: bool = False


ROLES = {
    role.code: role
    for role in (
        Role("resident", "居民", "resident"),
        Role("provider_clerk", "承接主体店员", "provider"),
        Role("provider_manager", "承接主体负责人", "provider"),
        Role("purchaser_clerk", "购买主体经办", "purchaser", spends=True),
        Role("purchaser_approver", "购买主体复核", "purchaser", spends=True),
        Role("accepter", "验收人员", "purchaser"),
        Role("procurement_agent", "采购代理", "agency"),
        Role("expert", "评审专家", "expert"),
        Role("evaluator", "第三方评价", "evaluator"),
        Role("finance_budget", "财政预算", "overseer", spends=True),
        Role("finance_maker", "财政经办", "overseer", spends=True),
        Role("finance_approver", "财政复核", "overseer", spends=True),
        Role("treasurer", "国库出纳", "overseer", spends=True),
        Role("supervisor", "财政监督", "overseer"),
        Role("auditor", "审计", "overseer"),
        Role("staffing_office", "机构编制", "overseer"),
        Role("administrator", "系统管理员", "overseer"),
        Role("system", "系统", "system"),
    )
}

# The same person may never hold both (peers separate them by account; we do by person).
FORBIDDEN_PAIRS = {
    frozenset(pair)
    for pair in (
        ("purchaser_clerk", "purchaser_approver"),
        ("purchaser_clerk", "accepter"),
        ("finance_maker", "finance_approver"),
        ("finance_budget", "treasurer"),
        ("finance_maker", "treasurer"),
    )
} | {
    frozenset((blocker, role.code))
    for blocker in ("administrator", "auditor")
    for role in ROLES.values()
    if role.spends or role.side == "provider"
}


@dataclass(frozen=True)
class Permission:
    """A permission (`voucher.redeem`) with its Chinese name and the roles that carry it."""

    code: str
    name: str
    roles: tuple[str, ...]


class User(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A person who signs in.

    `person_index` (keyed hash of the ID number) finds the same person behind two accounts, so
    that four eyes are four.
    """

    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    person_index: Mapped[str | None] = mapped_column(Text, index=True)
    resident_id: Mapped[int | None] = mapped_column(Id, index=True)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="user", foreign_keys="RoleGrant.user_id"
    )


class RoleGrant(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A role held by a user for an organisation and division, from a day to a day (inclusive)."""

    __tablename__ = "role_grant"
    __scope__ = {"provider": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int | None] = mapped_column(Id, index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id])


class Device(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A till (收款终端) of a provider, enrolled by a one-time code that its manager makes."""

    __tablename__ = "device"
    __scope__ = {"provider": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    office_id: Mapped[int | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Text)
    code_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    code_until: Mapped[datetime | None] = mapped_column(Instant)
    token_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    enrolled_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Session(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A signed-in session, known by the hash of an opaque token; ended by the server at once."""

    __tablename__ = "user_session"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True)
class Grant:
    """A role in force today."""

    role: str
    organisation_id: int | None
    division_code: str


@dataclass(frozen=True)
class Actor:
    """The person (or the system) behind a request, with the roles in force today."""

    user_id: int | None
    name: str
    grants: tuple[Grant, ...] = ()
    device_id: int | None = None
    resident_id: int | None = None
    session_id: int | None = None
    organisation_name: str = ""

    def holding(self, permission: str) -> tuple[Grant, ...]:
        """Return the grants that carry a permission."""
        roles = registry().permissions[permission].roles
        return tuple(
            grant for grant in self.grants if grant.role in roles or grant.role == "system"
        )

    def may(self, permission: str) -> bool:
        """Tell whether any role in force carries a permission."""
        return bool(self.holding(permission))

    @property
    def organisation_id(self) -> int | None:
        """Return the organisation the person acts for, None where there is none."""
        return next((g.organisation_id for g in self.grants if g.organisation_id), None)

    @property
    def scope(self) -> str:
        """Return the name under which this caller's idempotency keys are unique."""
        return f"user:{self.user_id}" if self.user_id else f"system:{self.name}"


ANONYMOUS = Actor(None, "访客")


def system(name: str = _("系统")) -> Actor:
    """Return the actor of scheduled and operational work: no person, every row."""
    return Actor(None, name, (Grant("system", None, ""),))


def hash_token(token: str) -> str:
    """Return the form in which session, device and enrolment tokens are stored."""
    return privacy.keyring().mac("token", token)


def authenticate(token: str | None) -> Actor:
    """Return the actor of a session token; refuse an unknown, ended or expired one."""
    asked = {"token": hash_token(token or ""), "now": clock.now()}
    found = db.session.execute(_signed_in(), asked).first()
    if found is None:
        raise SignInRequired("SIGN_IN_REQUIRED", _("登录已失效，请重新登录。"))
    session, user = found
    # A resident holds the role by being one: nobody grants it, and it does not end.
    own = (Grant("resident", None, ""),) if user.resident_id is not None else ()
    return Actor(
        user.id,
        user.name,
        (*grants_of(user.id), *own),
        device_id=_live_device(session.device_id),
        resident_id=user.resident_id,
        session_id=session.id,
    )


@built_once
def _signed_in() -> Select[Any]:
    query: Select[Any] = db.select(Session, User).join(User, User.id == Session.user_id)
    return query.where(Session.token_hash == bindparam("token"), Session.ended_at.is_(None)).where(
        Session.expires_at > bindparam("now"), User.disabled_at.is_(None)
    )


def grants_of(user_id: int) -> tuple[Grant, ...]:
    """Return the roles a user holds today."""
    rows = db.session.execute(_granted(), {"user": user_id, "day": clock.today()})
    return tuple(Grant(*row) for row in rows)


@built_once
def _granted() -> Select[Any]:
    day: BindParameter[Any] = bindparam("day")
    query: Select[Any] = db.select(
        RoleGrant.role, RoleGrant.organisation_id, RoleGrant.division_code
    )
    return (
        query.where(RoleGrant.user_id == bindparam("user"), RoleGrant.from_on <= day)
        .where(or_(RoleGrant.to_on.is_(None), RoleGrant.to_on >= day))
        .order_by(RoleGrant.id)
    )


def require(actor: Actor, permission: str) -> None:
    """Refuse an actor none of whose roles carries the permission."""
    if actor.may(permission):
        return
    if actor is ANONYMOUS:
        raise SignInRequired("SIGN_IN_REQUIRED", _("请先登录。"))
    name = registry().permissions[permission].name
    raise NotPermitted(
        "ROLE_NOT_ALLOWED",
        _("您的岗位不能办理“%(name)s”。如确需办理，请联系本单位管理员授予岗位。", name=name),
    )


def visible(model: Any, actor: Actor, permission: str) -> ColumnElement[bool]:
    """Return the condition that limits a model's rows to those an actor may see.

    The one place where row scope is applied. `model.__scope__` names the columns that hold the
    provider, purchaser, resident and division of a row; a side the model does not name sees
    nothing, and a model without `__scope__` cannot be asked for. A side whose column is the
    division's sees what its own division's subtree holds, as overseers do.
    """
    columns: dict[str, str] = model.__scope__
    conditions: list[ColumnElement[bool]] = []
    for grant in actor.holding(permission):
        side = ROLES[grant.role].side
        if side == "system":
            return true()
        name = columns.get("division" if side == "overseer" else side)
        if name is None:
            continue
        column = getattr(model, name)
        if name == columns.get("division"):
            conditions.append(within(column, grant.division_code))
        elif side == "resident":
            conditions.append(column == actor.resident_id)
        else:
            conditions.append(column == grant.organisation_id)
    return or_(*conditions) if conditions else false()


def scoped(model: Any, actor: Actor, permission: str) -> Select[Any]:
    """Return the select of a model's rows that an actor may see under a permission."""
    query: Select[Any] = db.select(model).where(visible(model, actor, permission))
    return query


def fetch(model: Any, key: Any, actor: Actor, permission: str) -> Any:
    """Return one row by primary key; a row out of scope is answered like one that is not there."""
    query = scoped(model, actor, permission).where(model.id == key)
    if audit.under_way():
        # What a writing act fetches it is about to judge: nobody may change it meanwhile.
        query = query.with_for_update(of=model)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这条记录，或它不在您的管辖范围内。请核对编号。"))
    return found


def four_eyes(actor: Actor, *makers: int | None, what: str) -> None:
    """Refuse when the person was already the maker; persons are compared, not accounts."""
    if is_one_of(actor.user_id, *makers):
        raise RuleBroken(
            "FOUR_EYES_REQUIRED",
            _(
                "%(what)s须由另一人复核：您是经办人，不能自己批准。请交由其他有复核岗位的人员办理。",
                what=what,
            ),
            basis="内部控制规范（试行）不相容岗位分离",
        )


def is_one_of(user_id: int | None, *others: int | None) -> bool:
    """Tell whether a user is the same person as one of others, be it under another account."""
    if user_id is None or not any(others):
        return False
    if user_id in others:
        return True
    persons = db.select(User.person_index).where(User.id.in_([one for one in others if one]))
    own = db.session.scalar(db.select(User.person_index).where(User.id == user_id))
    return own is not None and own in set(db.session.scalars(persons))


def _live_device(device_id: int | None) -> int | None:
    if device_id is None:
        return None
    revoked = db.session.scalar(db.select(Device.revoked_at).where(Device.id == device_id))
    return None if revoked else device_id
