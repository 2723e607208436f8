"""The parties: organisations with offices and bank accounts, and residents; each a party."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Select, Text, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock, privacy
from core.access import ROLES, Actor, fetch, four_eyes, scoped, visible
from core.db import Id, Instant, db
from core.divisions import add_division, require_division, within
from core.errors import Conflict, InvalidInput, NotFound
from core.identifiers import check_bank_account, check_citizen_id, check_credit_code, check_phone

ORGANISATION_KINDS = (
    "purchaser",
    "provider",
    "agency",
    "evaluator",
    "finance",
    "auditor",
    "administration",
)


class Party(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Anyone money can be owed to; organisations and residents share its numbers."""

    __tablename__ = "party"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)


class Organisation(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An organisation, known by its unified social credit code (GB 32100-2015).

    `tags` are separated by blanks and begin and end with one, so that a tag can be matched whole.
    """

    __tablename__ = "organisation"
    __scope__ = {"provider": "id", "purchaser": "id", "division": "division_code"}
    id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True)
    credit_code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    tags: Mapped[str] = mapped_column(Text, default=" ")
    suspended_on: Mapped[date | None]


class Office(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A place where a provider serves people (网点)."""

    __tablename__ = "office"
    __scope__ = {"provider": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    address: Mapped[str] = mapped_column(Text)
    telephone: Mapped[str] = mapped_column(Text)


class BankAccount(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A payee's bank account; a change is a new row, payable once a second person verified it."""

    __tablename__ = "bank_account"
    __scope__ = {"provider": "party_id"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    bank: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(privacy.Encrypted("bank_account.number"))
    number_index: Mapped[str] = mapped_column(Text, index=True)
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int | None] = mapped_column(Id)
    verified_at: Mapped[datetime | None] = mapped_column(Instant)
    verified_by: Mapped[int | None] = mapped_column(Id)


class Resident(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A resident (居民). ID number and phone are encrypted and found by a keyed blind index."""

    __tablename__ = "resident"
    __table_args__ = (UniqueConstraint("id_number_index"),)
    # Residents belong to no purchaser: its clerks serve those who live in its division.
    __scope__ = {
        "resident": "id",
        "purchaser": "division_code",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    id_number: Mapped[str] = mapped_column(privacy.Encrypted("resident.id_number"))
    id_number_index: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(privacy.Encrypted("resident.phone"))
    phone_index: Mapped[str | None] = mapped_column(Text, index=True)
    born_on: Mapped[date]
    sex: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    died_on: Mapped[date | None]


def record_division(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    code: str,
    name: str,
    parent: str | None = None,
) -> dict[str, Any]:
    """Record an administrative division below its parent."""
    division = add_division(code, name, parent=parent)
    audit.about("division", division.code)
    return {"code": division.code, "name": division.name}


def add_organisation(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    credit_code: str,
    name: str,
    kind: str,
    division_code: str,
    tags: list[str] | None = None,
) -> dict[str, Any]:
    """Register an organisation; its credit code must pass both check characters."""
    code = check_credit_code(credit_code)
    require_division(division_code)
    if kind not in ORGANISATION_KINDS:
        raise InvalidInput(_("没有“%(kind)s”这类单位。", kind=kind), errors={"kind": ["未知类型"]})
    if db.session.scalar(db.select(Organisation.id).where(Organisation.credit_code == code)):
        raise Conflict(
            "PARTY_EXISTS", _("统一社会信用代码 %(code)s 已登记，不必重复登记。", code=code)
        )
    organisation = Organisation(
        id=_new_party("organisation"),
        credit_code=code,
        name=name,
        kind=kind,
        division_code=division_code,
        tags=join_tags(tags or []),
    )
    db.session.add(organisation)
    db.session.flush()
    audit.about("organisation", organisation.id)
    return {"id": organisation.id, "name": name}


def join_tags(tags: list[str]) -> str:
    """Return tags as stored: blank-separated and blank-framed."""
    return f" {' '.join(sorted(set(tags)))} " if tags else " "


def require_organisation(organisation_id: int) -> Organisation:
    """Return an organisation; refuse an unknown one."""
    found: Organisation | None = db.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这个单位，请先登记。"))
    return found


def directory(actor: Actor) -> Select[Any]:
    """Return the select of the organisations a person may look up.

    Name, credit code and offices are public register data, so a purchaser, who must find
    providers, sees those of its division; a provider sees itself.
    """
    near = [
        within(Organisation.division_code, grant.division_code)
        for grant in actor.holding("party.view")
        if ROLES[grant.role].side == "purchaser"
    ]
    query: Select[tuple[Organisation]] = db.select(Organisation)
    return query.where(or_(visible(Organisation, actor, "party.view"), *near))


def add_office(
    actor: Actor,
    *,
    organisation_id: int,
    name: str,
    division_code: str,
    address: str,
    telephone: str,
) -> dict[str, Any]:
    """Add a place of service of a provider."""
    organisation = own_organisation(actor, organisation_id, "party.manage")
    require_division(division_code)
    office = Office(
        organisation_id=organisation.id,
        name=name,
        division_code=division_code,
        address=address,
        telephone=telephone,
    )
    db.session.add(office)
    db.session.flush()
    audit.about("office", office.id)
    return {"id": office.id, "name": name}


def own_organisation(actor: Actor, organisation_id: int, permission: str) -> Organisation:
    """Return an organisation the actor may act for under a permission, else NOT_FOUND."""
    query = scoped(Organisation, actor, permission).where(Organisation.id == organisation_id)
    found: Organisation | None = db.session.scalar(query)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这个单位，或它不在您的管辖范围内。"))
    return found


def add_bank_account(
    actor: Actor,
    *,
    bank: str,
    holder: str,
    number: str,
    organisation_id: int | None = None,
    resident_id: int | None = None,
) -> dict[str, Any]:
    """Record the bank account of an organisation or, where she is paid herself, of a resident.

    Nothing is paid to it before a second person verified it.
    """
    if (organisation_id is None) == (resident_id is None):
        raise InvalidInput(_("请指明收款的单位或居民，二者选一。"))
    party: Organisation | Resident = (
        fetch(Resident, resident_id, actor, "party.manage")
        if organisation_id is None
        else own_organisation(actor, organisation_id, "party.manage")
    )
    number = check_bank_account(number)
    account = BankAccount(
        party_id=party.id,
        bank=bank,
        holder=holder,
        number=number,
        number_index=privacy.keyring().blind_index(number, "bank_account"),
        added_at=clock.now(),
        added_by=actor.user_id,
    )
    db.session.add(account)
    db.session.flush()
    audit.about("bank_account", account.id)
    return {"id": account.id, "number": privacy.mask_account(number)}


def verify_bank_account(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Verify a payee's bank account; never by the person who recorded it."""
    account = db.session.get(BankAccount, id, with_for_update=True)
    if account is None:
        raise NotFound("NOT_FOUND", _("没有这个收款账户，请核对。"))
    if db.session.get(Resident, account.party_id) is not None:
        fetch(Resident, account.party_id, actor, "party.verify_account")
    else:
        own_organisation(actor, account.party_id, "party.verify_account")
    four_eyes(actor, account.added_by, what=_("收款账户变更"))
    if account.verified_at is None:
        account.verified_at, account.verified_by = clock.now(), actor.user_id
    audit.about("bank_account", account.id)
    return {"id": account.id, "verified": True}


def payable_account(party_id: int) -> BankAccount | None:
    """Return the newest verified bank account of a payee, None where there is none."""
    found: BankAccount | None = db.session.scalars(
        db.select(BankAccount)
        .where(BankAccount.party_id == party_id, BankAccount.verified_at.is_not(None))
        .order_by(BankAccount.id.desc())
    ).first()
    return found


def add_resident(
    *, name: str, id_number: str, phone: str | None, division_code: str
) -> tuple[Resident, bool]:
    """Return the resident of an ID number and whether it is new; same person, same row."""
    citizen = check_citizen_id(id_number)
    index = privacy.keyring().blind_index(citizen.number, "person")
    found: Resident | None = db.session.scalar(
        db.select(Resident).where(Resident.id_number_index == index)
    )
    if found is not None:
        return found, False
    telephone = check_phone(phone) if phone else None
    resident = Resident(
        id=_new_party("resident"),
        name=name,
        id_number=citizen.number,
        id_number_index=index,
        phone=telephone,
        phone_index=privacy.keyring().blind_index(telephone, "phone") if telephone else None,
        born_on=citizen.born_on,
        sex=citizen.sex,
        division_code=require_division(division_code).code,
    )
    db.session.add(resident)
    db.session.flush()
    return resident, True


def _new_party(kind: str) -> int:
    party = Party(kind=kind)
    db.session.add(party)
    db.session.flush()
    return party.id
