"""Who belongs together: organisations under one head, one holding, one management or one group.

What is tied counts as one where the law says so: two of them do not bid for the same procurement,
and the aid that any of them had counts for all. A tie stands from a day until it is ended by a
second person; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields as plain
from marshmallow import validate
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    and_,
    literal,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from core import audit, clock, fields
from core.access import Actor, Permission, four_eyes
from core.acts import Act
from core.db import Id, Instant, db
from core.errors import Conflict, InvalidInput, NotFound
from core.parties import Organisation, directory

RECORD, END, VIEW = "tie.record", "tie.end", "tie.view"
TIE = "party_tie"
SAME_HEAD, HOLDING, MANAGING, GROUP = "same_head", "holding", "managing", "same_group"
KINDS = (SAME_HEAD, HOLDING, MANAGING, GROUP)
# Those that the law names of bidders (政府采购法实施条例第十八条).
DIRECT = (SAME_HEAD, HOLDING, MANAGING)


class PartyTie(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What ties two organisations from a day on; `ended_on` is the first day without it."""

    __tablename__ = "party_tie"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="in_order"),
        CheckConstraint("ended_on >= from_on", name="ends_after"),
        CheckConstraint("ended_by <> recorded_by", name="two_persons"),
        Index(
            "uq_party_tie_in_force",
            "one_id",
            "other_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index("ix_party_tie_other_id", "other_id", "one_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    one_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_on: Mapped[date | None]
    ended_by: Mapped[int | None] = mapped_column(Id)
    end_reason: Mapped[str | None] = mapped_column(Text)


def in_force(on: date) -> ColumnElement[bool]:
    """Return the condition of a tie that stands on a day."""
    return and_(PartyTie.from_on <= on, or_(PartyTie.ended_on.is_(None), PartyTie.ended_on > on))


def group_of(party_id: int, on: date) -> frozenset[int]:
    """Return a party and all that are tied to it on a day, directly or over others."""
    pairs = (
        db.select(PartyTie.one_id.label("here"), PartyTie.other_id.label("there"))
        .where(in_force(on))
        .union_all(db.select(PartyTie.other_id, PartyTie.one_id).where(in_force(on)))
        .subquery()
    )
    # UNION drops whom it has met, so that a ring of ties comes to an end.
    member = db.select(literal(party_id, Id).label("id")).cte("member", recursive=True)
    member = member.union(db.select(pairs.c.there).join(member, pairs.c.here == member.c.id))
    return frozenset(db.session.scalars(db.select(member.c.id)))


def tied_pairs(
    party_ids: Collection[int], on: date, *, kinds: Collection[str] = KINDS
) -> set[frozenset[int]]:
    """Return which of some parties are tied to each other directly on a day, in pairs."""
    rows = db.session.execute(
        db.select(PartyTie.one_id, PartyTie.other_id).where(
            PartyTie.one_id.in_(party_ids),
            PartyTie.other_id.in_(party_ids),
            PartyTie.kind.in_(kinds),
            in_force(on),
        )
    )
    return {frozenset(pair) for pair in rows}


def record(
    actor: Actor, *, one_id: int, other_id: int, kind: str, document: str, from_on: date
) -> dict[str, Any]:
    """Record from which day on, and by which document, two organisations belong together.

    Refuses NOT_FOUND for one that is not in the person's directory, TIE_EXISTS while one stands,
    INVALID_INPUT for the same twice or a day to come.
    """
    if one_id == other_id:
        raise InvalidInput(_("两个单位相同，请重新选择。"), errors={"other_id": [_("相同")]})
    if from_on > clock.today():
        raise InvalidInput(
            _("关联关系的起始日还没有到，请在成立之后登记。"), errors={"from_on": [_("太晚")]}
        )
    low, high = sorted((one_id, other_id))
    names = [_listed_for(actor, number).name for number in (low, high)]
    if db.session.scalar(
        db.select(PartyTie.id).filter_by(one_id=low, other_id=high, ended_on=None)
    ):
        raise Conflict(
            "TIE_EXISTS", _("这两个单位的关联关系已登记，不必重复登记。"), one_id=low, other_id=high
        )
    row = PartyTie(
        one_id=low,
        other_id=high,
        kind=kind,
        document=document,
        from_on=from_on,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about(TIE, row.id, "、".join(names))
    return {"id": row.id, "one_id": low, "other_id": high, "kind": kind}


def end(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    ended_on: date,
    reason: str,
) -> dict[str, Any]:
    """End a tie from a day on, which may not be to come; never by who recorded it.

    One that was recorded by mistake ends on the day it began. Refuses TIE_ENDED, INVALID_INPUT.
    """
    row = db.session.get(PartyTie, id, with_for_update=True)
    if row is None:
        raise NotFound("NOT_FOUND", _("没有找到这项关联关系，或它不在您的管辖范围内。"))
    one, other = (_listed_for(actor, number) for number in (row.one_id, row.other_id))
    four_eyes(actor, row.recorded_by, what=_("终止关联关系"))
    if row.ended_on is not None:
        raise Conflict("TIE_ENDED", _("已登记自 %(day)s 起终止，不必重复登记。", day=row.ended_on))
    if not row.from_on <= ended_on <= clock.today():
        raise InvalidInput(
            _("终止日须在 %(day)s 至今天之间，请核对。", day=row.from_on),
            errors={"ended_on": [_("超出范围")]},
        )
    row.ended_on, row.ended_by, row.end_reason = ended_on, actor.user_id, reason
    db.session.flush()
    audit.about(TIE, row.id, f"{one.name}、{other.name}：{reason}")
    return {"id": row.id, "ended_on": ended_on.isoformat()}


def listed(
    actor: Actor,  # noqa: ARG001 - what is tied anywhere counts everywhere
    *,
    party_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """List which organisations are or were tied to which, the newest first."""
    one, other = aliased(Organisation), aliased(Organisation)
    query = (
        db.select(PartyTie, one.name.label("one"), other.name.label("other"))
        .join(one, one.id == PartyTie.one_id)
        .join(other, other.id == PartyTie.other_id)
        .order_by(PartyTie.id.desc())
        .limit(limit + 1)
    )
    if party_id is not None:
        query = query.where(or_(PartyTie.one_id == party_id, PartyTie.other_id == party_id))
    if before is not None:
        query = query.where(PartyTie.id < before)
    rows = list(db.session.execute(query))
    shown = rows[:limit]
    return {
        "items": [_said(row.PartyTie, row.one, row.other) for row in shown],
        "next_before": shown[-1].PartyTie.id if len(rows) > limit else None,
    }


def kind_names() -> dict[str, str]:
    """Return how each kind of tie is called."""
    return {
        SAME_HEAD: _("负责人相同"),
        HOLDING: _("直接控股"),
        MANAGING: _("管理关系"),
        GROUP: _("同一集团"),
    }


def _listed_for(actor: Actor, number: int) -> Organisation:
    """Return an organisation that a person may look up, else NOT_FOUND."""
    query = directory(actor).where(Organisation.id == number)
    found: Organisation | None = db.session.scalar(query)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这个单位，或它不在您的管辖范围内。"))
    return found


def _said(row: PartyTie, one: str, other: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "one_id": row.one_id,
        "one": one,
        "other_id": row.other_id,
        "other": other,
        "kind": row.kind,
        "kind_name": kind_names()[row.kind],
        "document": row.document,
        "from_on": row.from_on.isoformat(),
        "recorded_on": clock.day_of(row.recorded_at).isoformat(),
        "ended_on": row.ended_on.isoformat() if row.ended_on else None,
        "end_reason": row.end_reason,
    }


PERMISSIONS = [
    Permission(
        VIEW,
        "查看单位之间的关联关系",
        ("finance_maker", "finance_approver", "supervisor", "auditor"),
    ),
    Permission(RECORD, "登记单位之间的关联关系", ("finance_maker",)),
    Permission(END, "终止单位之间的关联关系", ("finance_approver",)),
]

ACTS = [
    Act(
        "party.record_tie",
        "登记单位之间的关联关系",
        "/party-ties",
        RECORD,
        fields.schema(
            "PartyTie",
            one_id=fields.identity(),
            other_id=fields.identity(),
            kind=fields.one_of(*KINDS),
            document=fields.Text(required=True, longest=120),
            from_on=fields.date(),
        ),
        record,
        object_type=TIE,
    ),
    Act(
        "party.end_tie",
        "终止单位之间的关联关系",
        "/party-ties/end",
        END,
        fields.schema(
            "PartyTieEnd", id=fields.identity(), ended_on=fields.date(), reason=fields.reason()
        ),
        end,
        object_type=TIE,
    ),
    Act(
        "party.ties",
        "查看单位之间的关联关系",
        "/party-ties",
        VIEW,
        fields.schema(
            "PartyTies",
            party_id=fields.identity(required=False),
            before=fields.identity(required=False),
            limit=plain.Integer(strict=True, validate=validate.Range(min=1, max=200)),
        ),
        listed,
        method="GET",
        reads=True,
    ),
]
