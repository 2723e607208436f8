"""The verbs that change what is known of a resident: recorded, ended, moved, died."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from core import audit, clock
from core.access import Actor, fetch
from core.db import db
from core.divisions import Division, require_division
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.facts.declared import (
    COLUMNS,
    DAY,
    NUMBER,
    PLACE,
    RESIDENT,
    SET,
    Fact,
    ResidentFact,
    not_withdrawn,
    number_text,
)
from core.facts.own import RESIDENCE_BEFORE
from core.facts.reading import facts_about
from core.parties import Resident
from core.plugins import registry, tell

RECORD = "resident.record"
EVE = timedelta(days=1)
LONGEST_VALUE, LONGEST_NUMBER = 80, 16


def record_fact(
    actor: Actor,
    *,
    resident_id: int,
    code: str,
    value: str | int,
    from_on: date,
    document: str,
    to_on: date | None = None,
) -> dict[str, Any]:
    """Record what an office certifies of a resident, from a day on.

    An earlier record of the same fact ends the day before; of a set, values stand side by side.
    """
    fact = next((one for one in recordable() if one.code == code), None)
    if fact is None:
        raise InvalidInput(
            _("没有可以登记的资料项“%(code)s”，请核对。", code=code),
            errors={"code": [_("请从列出的选项中选择")]},
        )
    resident = fetch(Resident, resident_id, actor, RECORD)
    record = ResidentFact(
        resident_id=resident.id,
        code=code,
        from_on=_sane(from_on, "from_on"),
        to_on=_sane(to_on, "to_on") if to_on else None,
        document=document,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    setattr(record, COLUMNS[fact.kind], fitted(fact, value))
    record_row(fact, record)
    audit.about("resident_fact", record.id, code)
    return {"id": record.id, "resident_id": resident.id, "code": code}


def record_row(fact: Fact, record: ResidentFact) -> None:
    """Add a record beside those that stand, and tell of it; the resident's row is locked.

    Refused where it would overlap the same value of a set, or not be the latest otherwise.
    """
    if record.to_on is not None and record.to_on < record.from_on:
        raise InvalidInput(_("截止日早于起始日，请改正。"), errors={"to_on": [_("不能早于起始日")]})
    standing = select(ResidentFact).where(
        ResidentFact.resident_id == record.resident_id,
        ResidentFact.code == record.code,
        not_withdrawn(),
    )
    if fact.kind == SET:
        _refuse_twice(fact, record, standing)
    else:
        _end_earlier(fact, record, standing)
    db.session.add(record)
    db.session.flush()
    tell(
        "resident_changed",
        resident_id=record.resident_id,
        what=record.code,
        from_on=record.from_on,
    )


def end_fact(actor: Actor, *, id: int, to_on: date, document: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End a record after a day; the day before its first withdraws it as mistaken."""
    record = db.session.get(ResidentFact, id)
    if record is None or record.code not in registry().facts:
        raise NotFound("NOT_FOUND", _("没有这条资料记录，请核对编号。"))
    fetch(Resident, record.resident_id, actor, RECORD)
    db.session.refresh(record)
    first = record.from_on - EVE
    if to_on < first:
        raise InvalidInput(
            _("截止日最早为 %(day)s（表示此记录作废）。请改正。", day=first),
            errors={"to_on": [_("过早")]},
        )
    if record.to_on is not None and record.to_on <= to_on:
        raise Conflict(
            "FACT_ENDED",
            _("这条记录已于 %(day)s 截止，不能再延长。请登记一条新的记录。", day=record.to_on),
        )
    record.to_on = _sane(to_on, "to_on")
    audit.about("resident_fact", record.id, document)
    tell(
        "resident_changed",
        resident_id=record.resident_id,
        what=record.code,
        from_on=to_on + EVE,
    )
    return {"id": record.id, "resident_id": record.resident_id, "to_on": to_on.isoformat()}


def record_death(actor: Actor, *, resident_id: int, on: date, document: str) -> dict[str, Any]:
    """Record a resident's death; from that day on no rule holds for the person."""
    resident = fetch(Resident, resident_id, actor, RECORD)
    if resident.died_on is not None:
        raise Conflict(
            "DEATH_RECORDED",
            _("已登记该居民于 %(day)s 去世，不必重复登记。", day=resident.died_on),
        )
    _refuse_future(on)
    if on < resident.born_on:
        raise InvalidInput(_("去世日早于出生日，请核对。"), errors={"on": [_("不能早于出生日")]})
    resident.died_on = on
    audit.about("resident", resident.id, document)
    db.session.flush()
    tell("resident_changed", resident_id=resident.id, what="death", from_on=on)
    return {"resident_id": resident.id, "died_on": on.isoformat()}


def record_move(
    actor: Actor, *, resident_id: int, division_code: str, on: date, document: str
) -> dict[str, Any]:
    """Record that a resident lives elsewhere from a day on; where before stays on record.

    What was before the first recorded move counts from birth, for want of better knowledge.
    """
    resident = fetch(Resident, resident_id, actor, RECORD)
    division = require_division(division_code)
    if division.code == resident.division_code:
        raise Conflict(
            "SAME_RESIDENCE", _("该居民已登记在%(name)s，无须变更。", name=division.name)
        )
    _refuse_future(on)
    last = db.session.scalar(
        select(db.func.max(ResidentFact.to_on)).where(
            ResidentFact.resident_id == resident.id, ResidentFact.code == RESIDENCE_BEFORE
        )
    )
    since = last + EVE if last else resident.born_on
    if on <= since:
        raise RuleBroken(
            "MOVE_NOT_LATEST",
            _("迁入日须晚于上次登记的 %(day)s，请核对日期。", day=since),
        )
    db.session.add(
        ResidentFact(
            resident_id=resident.id,
            code=RESIDENCE_BEFORE,
            text=resident.division_code,
            from_on=since,
            to_on=on - EVE,
            document=document,
            recorded_at=clock.now(),
            recorded_by=actor.user_id,
        )
    )
    resident.division_code = division.code
    audit.about("resident", resident.id, document)
    db.session.flush()
    tell("resident_changed", resident_id=resident.id, what="residence", from_on=on)
    return {"resident_id": resident.id, "division_code": division.code}


def recordable() -> list[Fact]:
    """Return the facts that people record."""
    return [fact for fact in facts_about(RESIDENT).values() if fact.rows is None]


def _end_earlier(fact: Fact, record: ResidentFact, standing: Any) -> None:
    earlier = db.session.scalar(standing.order_by(ResidentFact.from_on.desc()).limit(1))
    if earlier is None:
        return
    if earlier.from_on >= record.from_on:
        raise RuleBroken(
            "FACT_NOT_LATEST",
            _(
                "“%(name)s”已有自 %(day)s 起的记录，新记录须从更晚的日期开始。"
                "如旧记录有误，请先将其作废。",
                name=_(fact.name),
                day=earlier.from_on,
            ),
        )
    if earlier.to_on is None or earlier.to_on >= record.from_on:
        earlier.to_on = record.from_on - EVE


def _refuse_twice(fact: Fact, record: ResidentFact, standing: Any) -> None:
    same = standing.where(
        ResidentFact.text == record.text,
        or_(ResidentFact.to_on.is_(None), ResidentFact.to_on >= record.from_on),
    )
    if record.to_on is not None:
        same = same.where(ResidentFact.from_on <= record.to_on)
    found = db.session.scalar(same.limit(1))
    if found is not None:
        raise RuleBroken(
            "FACT_OVERLAPS",
            _(
                "“%(name)s：%(value)s”自 %(day)s 起已有登记，不必重复登记。"
                "如要更正，请先截止原记录。",
                name=_(fact.name),
                value=record.text,
                day=found.from_on,
            ),
        )


def fitted(fact: Fact, value: str | int) -> str | int | date:
    """Return a fact's value as stored; refuse what does not fit its kind."""
    if fact.kind == NUMBER:
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value) if len(value) <= LONGEST_NUMBER else value
        if isinstance(value, int) and fact.least <= value <= fact.most:
            return value
        least, most = number_text(fact, fact.least), number_text(fact, fact.most)
        raise _unfit(fact, _("须为 %(least)s 至 %(most)s 的整数", least=least, most=most))
    text = str(value).strip()
    if fact.kind == DAY:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if day.isoformat() != text:
            # Python reads more ways of writing a day than people do.
            raise _unfit(fact, _("须为日期，如 2026-09-01"))
        return _sane(day, "value")
    if fact.kind == PLACE and db.session.get(Division, text) is None:
        raise _unfit(fact, _("须为已登记的行政区划代码"))
    if fact.options and text not in fact.options:
        raise _unfit(fact, _("须为以下之一：%(options)s", options="、".join(fact.options)))
    if not 0 < len(text) <= LONGEST_VALUE:
        raise _unfit(fact, _("须为 1 至 %(most)s 个字符", most=LONGEST_VALUE))
    return text


def _unfit(fact: Fact, sentence: str) -> InvalidInput:
    return InvalidInput(
        _("“%(name)s”的内容不对：%(sentence)s。", name=_(fact.name), sentence=sentence),
        errors={"value": [sentence]},
    )


def _sane(day: date, field: str) -> date:
    first, last = clock.FIRST_DAY, clock.LAST_DAY
    if not first <= day <= last:
        raise InvalidInput(
            _("日期须在 %(first)s 至 %(last)s 之间，请核对。", first=first, last=last),
            errors={field: [_("日期不合理")]},
        )
    return day


def _refuse_future(on: date) -> None:
    if on > clock.today():
        raise InvalidInput(
            _("%(day)s 还没有到，只能登记已经发生的事。请核对日期。", day=on),
            errors={"on": [_("不能晚于今天")]},
        )
