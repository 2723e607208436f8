"""Deliveries that residents confirm, by a scan or on a signed sheet: each once, whoever delivers.

One per resident, day and sitting over all suppliers of a purchase; the database's key says so, and
whoever comes second hears when the first was, but not at whose table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.dialects import postgresql, sqlite

from core import audit, clock, privacy
from core.access import Actor, scoped
from core.db import db, insert_once, is_postgresql
from core.divisions import Division, within
from core.errors import Conflict, InvalidInput, NotFound, Refusal, RuleBroken
from core.files import read_table
from core.formats import day, moment
from core.identifiers import check_citizen_id
from core.parties import Resident
from core.privacy import mask_name
from core.uploads import decode
from plugins.contract_outsourcing.models import Contract, Delivery, Milestone, Order
from plugins.contract_outsourcing.models.contracts import SUSPENDED
from plugins.contract_outsourcing.models.performance import CANCELLED
from plugins.contract_outsourcing.rules.bands import days_of
from plugins.contract_outsourcing.rules.day_lists import days_in
from plugins.contract_outsourcing.service import frameworks, steps
from plugins.contract_outsourcing.service.frameworks import BASIS

RECORD = "delivery.record"
SCAN, TYPED, SHEET = "scan", "typed", "sheet"
SITTINGS = {
    "breakfast": lazy_gettext("早餐"),
    "lunch": lazy_gettext("午餐"),
    "dinner": lazy_gettext("晚餐"),
    "once": lazy_gettext("不分餐次"),
}
# As sheets name sittings, whoever's language it is in which they are read.
ON_SHEETS = {"早餐": "breakfast", "午餐": "lunch", "晚餐": "dinner", "不分餐次": "once"}
COLUMNS = ID_NUMBER, SITTING, DAYS = "居民身份证号", "餐次", "日期"
MOST = 50_000  # deliveries on a sheet
SHOWN = 200  # errors or duplicates in an answer
CHUNK = 500  # residents asked for in one statement
PAGE = 50

Key = tuple[int, date, str]  # resident, day, sitting


@dataclass(frozen=True)
class Place:
    """Where a delivery belongs: the contract, the service, the days of the order's month."""

    contract: Contract
    service: str
    first: date
    last: date


def record(
    actor: Actor,
    *,
    contract_id: int,
    service: str,
    id_number: str,
    sitting: str,
    served_on: date | None = None,
    way: str = TYPED,
) -> dict[str, Any]:
    """Record that a resident, whose ID number was read or typed, was served on a day.

    Refuses ORDER_MISSING, STATE_CHANGED once the month is claimed, HOLDER_INELIGIBLE,
    DUPLICATE_MEAL.
    """
    served_on = served_on or clock.today()
    place = _place(actor, contract_id, service, f"{served_on:%Y-%m}")
    _refuse_day(place, served_on)
    citizen = check_citizen_id(id_number)
    index = privacy.keyring().blind_index(citizen.number, "person")
    resident = _residents(place, [index]).get(index)
    _refuse_resident(resident, served_on)
    assert resident is not None  # noqa: S101 - just refused
    row = _row(actor, place, (resident.id, served_on, sitting), way)
    if not insert_once(Delivery.__table__, row):
        raise _duplicate(row)
    number = db.session.scalar(db.select(Delivery.id).filter_by(**_key(row)))
    audit.about("delivery", int(number or 0))
    return {
        "id": number,
        "name": mask_name(resident.name),
        "served_on": str(served_on),
        "sitting": sitting,
        "served_that_day": _count(place, served_on, served_on),
        "served_that_month": _count(place, place.first, place.last),
    }


def import_sheet(
    actor: Actor, *, contract_id: int, service: str, period: str, filename: str, content: str
) -> dict[str, Any]:
    """Take a signed sheet (CSV or XLSX, base64) of a month's deliveries, whole or not at all.

    A line names a resident, a sitting and days as `1-30` or `1,3,5-9`. What was delivered before,
    by anybody, is listed and counted once. Refuses FILE_LINES_WRONG with the lines that are wrong.
    """
    place = _place(actor, contract_id, service, period)
    table = read_table(decode(content), filename, required=COLUMNS)
    wanted, again = _wanted(place, [(row.line, row.values) for row in table])
    if not wanted:
        raise InvalidInput(_("表里没有可以登记的行，请核对后重新上传。"), code="FILE_UNREADABLE")
    # In one order everywhere, so that two sheets with the same meals wait and never deadlock.
    added = _insert([_row(actor, place, key, SHEET) for key in sorted(wanted)])
    again += [(line, key) for key, line in wanted.items() if key not in added]
    audit.about(steps.CONTRACT, place.contract.id, f"{period} {len(added)}")
    return {
        "rows": len(table),
        "recorded": len(added),
        "duplicate_count": len(again),
        "duplicates": [
            {"line": line, "served_on": str(key[1]), "sitting": key[2]}
            for line, key in sorted(again)[:SHOWN]
        ],
        "served_that_month": _count(place, place.first, place.last),
    }


def deliveries(
    actor: Actor, *, contract_id: int, period: str, before: int | None = None
) -> dict[str, Any]:
    """List a month's deliveries under a framework, newest first, names masked."""
    contract = _contract(actor, contract_id, "framework.view")
    first, last = days_of(period)
    query = (
        db.select(Delivery, Resident.name)
        .join(Resident, Resident.id == Delivery.resident_id)
        .where(Delivery.contract_id == contract.id, Delivery.served_on.between(first, last))
        .order_by(Delivery.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Delivery.id < before)
    rows = db.session.execute(query).all()
    return {
        "items": [
            {
                "id": row.id,
                "name": mask_name(name),
                "service": row.service,
                "served_on": str(row.served_on),
                "sitting": row.sitting,
                "way": row.way,
                "recorded_at": row.recorded_at.isoformat(),
            }
            for row, name in rows[:PAGE]
        ],
        "next_before": rows[PAGE - 1][0].id if len(rows) > PAGE else None,
    }


# --- where a delivery belongs ------------------------------------------------------------------


def _contract(actor: Actor, contract_id: int, permission: str) -> Contract:
    """Return a contract in scope; not locked, because many tills deliver under one contract."""
    query = scoped(Contract, actor, permission).where(Contract.id == contract_id)
    found: Contract | None = db.session.scalar(query)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这份框架协议，或它不属于您的单位。"))
    return found


def _place(actor: Actor, contract_id: int, service: str, period: str) -> Place:
    """Return the month's open order as a place; it stays open until the act ends."""
    contract = _contract(actor, contract_id, RECORD)
    price = frameworks.require_price(contract, service)
    if contract.state == SUSPENDED:
        raise Conflict(
            "STATE_CHANGED",
            _("合同 %(number)s 已中止，暂时不能提供服务。", number=contract.number),
            object_type=steps.CONTRACT,
            object_id=contract.id,
            state=contract.state,
        )
    first, last = frameworks.require_period(contract, period)
    milestone = db.session.scalars(
        db.select(Milestone)
        .join(Order, Order.milestone_id == Milestone.id)
        .where(Order.contract_id == contract.id, Order.service == service)
        .where(Order.period == period, Milestone.state != CANCELLED)
        .with_for_update(read=True, of=Milestone)
        .execution_options(populate_existing=True)
    ).first()
    if milestone is None:
        raise RuleBroken(
            "ORDER_MISSING",
            _(
                "%(period)s 没有“%(service)s”的订单，不能登记。请先请购买主体下单。",
                period=period,
                service=price.name,
            ),
            basis=BASIS,
            period=period,
        )
    steps.milestone.require(milestone, RECORD)
    return Place(contract, service, first, last)


def _refuse_day(place: Place, served_on: date) -> None:
    if served_on > clock.today() or not place.first <= served_on <= place.last:
        raise InvalidInput(
            _("服务日期须在合同期内，且不晚于今天。"),
            errors={"served_on": [_("日期不对，请核对")]},
        )


# --- who was served ----------------------------------------------------------------------------


def _residents(place: Place, indexes: list[str]) -> dict[str, Resident]:
    """Return the county's residents by the index of their ID number."""
    codes = db.select(Division.code).where(within(Division.code, place.contract.division_code))
    found: dict[str, Resident] = {}
    for start in range(0, len(indexes), CHUNK):
        query = db.select(Resident).where(
            Resident.id_number_index.in_(indexes[start : start + CHUNK]),
            Resident.division_code.in_(codes),
        )
        found |= {row.id_number_index: row for row in db.session.scalars(query)}
    return found


def _refuse_resident(resident: Resident | None, served_on: date) -> None:
    if resident is None:
        raise RuleBroken(
            "HOLDER_INELIGIBLE",
            _("这个身份证号不在本地登记的居民中，不能登记。请核对号码，或先请购买主体登记居民。"),
            basis=BASIS,
        )
    if resident.died_on is not None and resident.died_on <= served_on:
        raise RuleBroken(
            "HOLDER_INELIGIBLE",
            _("登记显示这位居民在服务日期前已经去世，不能登记。如登记有误，请联系购买主体更正。"),
            basis=BASIS,
        )


# --- rows --------------------------------------------------------------------------------------


def _wanted(
    place: Place, table: list[tuple[int, dict[str, str]]]
) -> tuple[dict[Key, int], list[tuple[int, Key]]]:
    """Return the deliveries of a sheet with their lines, and those it names twice.

    Raises InvalidInput with every line that is wrong.
    """
    wrong: list[str] = []
    numbers: dict[int, str] = {}
    for line, values in table:
        try:
            citizen = check_citizen_id(values[ID_NUMBER])
            numbers[line] = privacy.keyring().blind_index(citizen.number, "person")
        except Refusal as refusal:
            wrong.append(_said(line, refusal.message))
    known = _residents(place, sorted(set(numbers.values())))
    wanted: dict[Key, int] = {}
    again: list[tuple[int, Key]] = []
    for line, values in table:
        if line not in numbers:
            continue
        try:
            keys = _keys(place, known.get(numbers[line]), values)
        except Refusal as refusal:
            wrong.append(_said(line, refusal.message))
            continue
        for key in keys:
            if key in wanted:
                again.append((line, key))
            else:
                wanted[key] = line
        if len(wanted) > MOST:
            raise InvalidInput(
                _("一张表最多 %(most)s 次服务，请拆成几张表分别上传。", most=f"{MOST:,}"),
                code="FILE_TOO_LARGE",
            )
    if wrong:
        raise InvalidInput(
            _("有 %(count)s 行不对，整张表都没有登记。请改正后重新上传。", count=len(wrong)),
            errors={"content": wrong[:SHOWN]},
            code="FILE_LINES_WRONG",
        )
    return wanted, again


def _keys(place: Place, resident: Resident | None, values: dict[str, str]) -> Iterable[Key]:
    """Return what one line of a sheet names. Raises a refusal that says what is wrong."""
    sitting = ON_SHEETS.get(values[SITTING].strip())
    if sitting is None:
        raise InvalidInput(_("餐次须为：%(names)s。", names="、".join(ON_SHEETS)))
    month = place.first.replace(day=1)
    try:
        named = days_in(values[DAYS], days_of(f"{month:%Y-%m}")[1].day)
    except ValueError as error:
        raise InvalidInput(_("日期须写成“1-30”或“1,3,5-9”，且在当月之内。")) from error
    days = [month.replace(day=one) for one in named]
    for served_on in (min(days), max(days)):
        _refuse_day(place, served_on)
    _refuse_resident(resident, max(days))
    assert resident is not None  # noqa: S101 - just refused
    return [(resident.id, served_on, sitting) for served_on in days]


def _said(line: int, message: str) -> str:
    return str(_("第 %(line)s 行：%(message)s", line=line, message=message))


def _row(actor: Actor, place: Place, key: Key, way: str) -> dict[str, Any]:
    resident_id, served_on, sitting = key
    return {
        "contract_id": place.contract.id,
        "purchase_id": place.contract.purchase_id,
        "resident_id": resident_id,
        "service": place.service,
        "served_on": served_on,
        "sitting": sitting,
        "way": way,
        "recorded_by": actor.user_id,
        "recorded_at": clock.now(),
    }


def _insert(rows: list[dict[str, Any]]) -> set[Key]:
    """Insert deliveries and return which of them were new; in one statement for thousands."""
    dialect = postgresql if is_postgresql() else sqlite
    table = Delivery.__table__
    statement = (
        dialect.insert(table)
        .on_conflict_do_nothing()
        .returning(table.c.resident_id, table.c.served_on, table.c.sitting)
    )
    return {
        (row.resident_id, row.served_on, row.sitting) for row in db.session.execute(statement, rows)
    }


def _key(row: dict[str, Any]) -> dict[str, Any]:
    names = ("purchase_id", "resident_id", "service", "served_on", "sitting")
    return {name: row[name] for name in names}


def _duplicate(row: dict[str, Any]) -> RuleBroken:
    """Return the refusal of a second delivery: it tells when the first was, not whose."""
    first: datetime = db.session.scalars(
        db.select(Delivery.recorded_at).filter_by(**_key(row))
    ).one()
    return RuleBroken(
        "DUPLICATE_MEAL",
        _(
            "这位居民 %(day)s 的%(sitting)s已经登记过（%(at)s），"
            "同一天同一餐只计一次，不能再登记。",
            day=day(row["served_on"]),
            sitting=str(SITTINGS[row["sitting"]]),
            at=moment(first),
        ),
        basis=BASIS,
        first_at=first.isoformat(),
    )


def _count(place: Place, first: date, last: date) -> int:
    total = db.session.scalar(
        db.select(db.func.count())
        .select_from(Delivery)
        .where(Delivery.contract_id == place.contract.id, Delivery.service == place.service)
        .where(Delivery.served_on.between(first, last))
    )
    return int(total or 0)
