"""The legal kind (法定类别) of an organisation as a history that is only ever added to."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.db import Id, Instant, db

RECORD = "party.record_kind"
# What is known at registration was so before; since when, the register does not tell.
ALWAYS = clock.FIRST_DAY

KINDS: dict[str, LazyString] = {
    "administrative_organ": _l("行政机关"),
    "state_organ": _l("其他国家机关（权力、监察、审判、检察机关）"),
    "party_organ": _l("党的机关"),
    "consultative_organ": _l("政协机关"),
    "democratic_party": _l("民主党派机关"),
    "institution": _l("事业单位"),
    "mass_organisation": _l("群团组织"),
    "enterprise": _l("企业"),
    "social_organisation": _l("社会组织"),
    "trade_registered": _l("行业主管部门登记的机构（如律师事务所）"),
    "self_governing": _l("基层群众性自治组织"),
    "rural_collective": _l("农村集体经济组织"),
    "cooperative": _l("农民专业合作社"),
    "individual_business": _l("个体工商户"),
}
INSTITUTION, MASS = "institution", "mass_organisation"

CLASSES: dict[str, LazyString] = {
    "administrative": _l("承担行政职能"),
    "public_one": _l("公益一类"),
    "public_two": _l("公益二类"),
    "business": _l("从事生产经营活动"),
    "unclassified": _l("尚未分类"),
}

# What a record says beside the kind, and for which kinds it means anything.
FLAGS: dict[str, LazyString] = {
    "civil_servant_law": _l("参照公务员法管理"),
    "administrative_functions": _l("具有行政管理职能"),
    "administrative_staffing": _l("使用行政编制"),
    "budget_funded": _l("经费由财政负担"),
}
FLAGS_OF = {
    INSTITUTION: ("civil_servant_law", "administrative_functions", "budget_funded"),
    MASS: ("administrative_staffing", "budget_funded"),
}

# GB 32100: how the codes of a kind begin. A first check that decides nothing by itself; a kind
# that is not named here may have any code.
PREFIXES = {
    "administrative_organ": ("11", "19"),
    "state_organ": ("11", "19"),
    "party_organ": ("11", "19"),
    "consultative_organ": ("11", "19"),
    "democratic_party": ("1",),
    INSTITUTION: ("12", "19"),
    MASS: ("1", "8"),
    "enterprise": ("91",),
    "social_organisation": ("5",),
    "self_governing": ("5",),
    "rural_collective": ("N",),
    "cooperative": ("93",),
    "individual_business": ("92",),
}

# What the code alone says of an organisation when it is registered. 12 and 13 say too little:
# whether those may buy depends on what only their founding document tells.
BY_CODE = {
    "11": "administrative_organ",
    "31": "trade_registered",
    "51": "social_organisation",
    "52": "social_organisation",
    "53": "social_organisation",
    "54": "self_governing",
    "55": "self_governing",
    "91": "enterprise",
    "92": "individual_business",
    "93": "cooperative",
    "N2": "rural_collective",
}


class OrganisationKind(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What an organisation legally is from a day on, with the document that says so. Append-only.

    In force on a day is the row with the latest first day not after it; of rows with the same
    first day the one with the highest number, so that a mistake is corrected by a further row.
    `credit_code` is the code it carried under this kind.
    """

    __tablename__ = "organisation_kind"
    __table_args__ = (
        Index("ix_organisation_kind_organisation_id", "organisation_id", "from_on", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    legal_kind: Mapped[str] = mapped_column(Text)
    institution_class: Mapped[str | None] = mapped_column(Text)
    civil_servant_law: Mapped[bool]
    administrative_functions: Mapped[bool]
    administrative_staffing: Mapped[bool]
    budget_funded: Mapped[bool]
    credit_code: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    document: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[int | None] = mapped_column(Id)


def kind_on(organisation_id: int, on: date) -> OrganisationKind | None:
    """Return what an organisation legally is on a day, None where nothing was recorded."""
    found: OrganisationKind | None = db.session.scalars(
        db.select(OrganisationKind)
        .where(OrganisationKind.organisation_id == organisation_id, OrganisationKind.from_on <= on)
        .order_by(OrganisationKind.from_on.desc(), OrganisationKind.id.desc())
        .limit(1)
    ).first()
    return found


def kinds_of(organisation_id: int) -> list[OrganisationKind]:
    """Return the whole history of an organisation, the latest first."""
    query = db.select(OrganisationKind).filter_by(organisation_id=organisation_id)
    latest = (OrganisationKind.from_on.desc(), OrganisationKind.id.desc())
    return list(db.session.scalars(query.order_by(*latest)))


def kind_name(code: str) -> str:
    """Return the word for a legal kind."""
    return str(KINDS[code])


def class_name(code: str | None) -> str:
    """Return the word for a class of institutions, empty where there is none."""
    return str(CLASSES[code]) if code else ""


def fits_code(legal_kind: str, credit_code: str) -> bool:
    """Tell whether a credit code begins as those of a legal kind do."""
    return credit_code.startswith(PREFIXES.get(legal_kind, ("",)))
