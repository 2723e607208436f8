"""Reading facts of many residents at once, and all of one resident's for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from core import clock
from core.access import Actor, fetch
from core.db import db
from core.divisions import Division
from core.facts.declared import (
    PLACE,
    RATIO,
    RESIDENT,
    SET,
    Fact,
    Lapsed,
    Place,
    Ratio,
    ResidentFact,
    Value,
    in_force,
    not_withdrawn,
    rows_on,
    text_of,
    value_column,
)
from core.parties import Resident
from core.plugins import registry

AT_ONCE = 10_000

# A fact's code and the day on which it is taken.
Need = tuple[str, date]


@dataclass(frozen=True)
class Known:
    """What is known of a resident: the life dates, and the facts that were asked for."""

    born_on: date
    died_on: date | None
    values: Mapping[Need, Value]

    def is_alive(self, on: date) -> bool:
        """Tell whether the resident lives on a day; the day of death no longer counts."""
        return self.born_on <= on and (self.died_on is None or self.died_on > on)


def facts_about(about: str) -> dict[str, Fact]:
    """Return what may be known of residents, or of organisations, by code."""
    return {code: fact for code, fact in registry().facts.items() if fact.about == about}


def known(resident_ids: Iterable[int], needs: Iterable[Need]) -> dict[int, Known]:
    """Return what is known of residents, by number; each fact is read for thousands at once.

    An unknown single fact whose last record has ended is `Lapsed`, other unknown ones are None;
    a set of nothing is empty. Residents who do not exist are left out.
    """
    needs = list(needs)
    found: dict[int, Known] = {}
    ids = iter(dict.fromkeys(resident_ids))
    while some := list(islice(ids, AT_ONCE)):
        people = db.session.execute(
            select(Resident.id, Resident.born_on, Resident.died_on).where(Resident.id.in_(some))
        )
        values: dict[int, dict[Need, Value]] = {number: {} for number in some}
        for code, day in needs:
            for number, value in _values(registry().facts[code], day, some):
                values[number][code, day] = value
        found |= {row.id: Known(row.born_on, row.died_on, values[row.id]) for row in people}
    return found


def facts_of(
    resident_ids: Iterable[int], on: date, codes: Iterable[str] | None = None
) -> dict[int, dict[str, Value]]:
    """Return residents' facts on a day, all or those of the given codes, by number and code."""
    wanted = list(facts_about(RESIDENT) if codes is None else codes)
    people = known(resident_ids, [(code, on) for code in wanted])
    return {
        number: {code: one.values.get((code, on)) for code in wanted}
        for number, one in people.items()
    }


def resident_facts(actor: Actor, *, resident_id: int, on: date | None = None) -> dict[str, Any]:
    """Return the facts of a resident on a day: what is known, and the records it rests on."""
    resident = fetch(Resident, resident_id, actor, "resident.view")
    day = on or clock.today()
    values = facts_of([resident.id], day)[resident.id]
    records = db.session.scalars(
        select(ResidentFact)
        .where(ResidentFact.resident_id == resident.id, in_force(day))
        .order_by(ResidentFact.code, ResidentFact.from_on, ResidentFact.id)
    )
    facts = registry().facts
    return {
        "resident_id": resident.id,
        "on": day.isoformat(),
        "facts": [
            {"code": code, "name": _(facts[code].name), "value": text_of(facts[code], value)}
            for code, value in values.items()
        ],
        "records": [_record(one) for one in records],
    }


def _record(record: ResidentFact) -> dict[str, Any]:
    fact = registry().facts.get(record.code)
    value = record.text if record.number is None else record.number
    return {
        "id": record.id,
        "code": record.code,
        "name": _(fact.name) if fact else _("以前的居住地"),
        "value": record.day.isoformat() if record.day else value,
        "text": text_of(fact, record.day or value) if fact else _named(value),
        "from_on": record.from_on.isoformat(),
        "to_on": record.to_on.isoformat() if record.to_on else None,
        "document": record.document,
    }


def _named(code: str | int | None) -> str:
    division = db.session.get(Division, str(code))
    return division.name if division else str(code)


def _values(fact: Fact, day: date, ids: list[int]) -> Iterator[tuple[int, Value]]:
    if fact.kind == SET:
        return _sets(fact, day, ids)
    found: Any
    if fact.rows is None:
        found = _recorded(fact, day, ids)
    else:
        rows = rows_on(fact, day).subquery()
        found = db.session.execute(select(*rows.c).where(rows.c[0].in_(ids)))
    if fact.kind == RATIO:
        return ((row[0], Ratio(row[1], row[2])) for row in found)
    return _places(found) if fact.kind == PLACE else iter(found)


def _sets(fact: Fact, day: date, ids: list[int]) -> Iterator[tuple[int, Value]]:
    rows = rows_on(fact, day).subquery()
    held: dict[int, set[str]] = {number: set() for number in ids}
    for number, value in db.session.execute(select(*rows.c).where(rows.c[0].in_(ids))):
        held[number].add(value)
    return ((number, frozenset(values)) for number, values in held.items())


def _recorded(fact: Fact, day: date, ids: list[int]) -> Iterator[tuple[int, Value]]:
    """Return the last record begun by a day; the latest comes last, so it is what remains."""
    rows = db.session.execute(
        select(ResidentFact.resident_id, value_column(fact), ResidentFact.to_on)
        .where(ResidentFact.code == fact.code, ResidentFact.from_on <= day, not_withdrawn())
        .where(ResidentFact.resident_id.in_(ids))
        .order_by(ResidentFact.from_on)
    )
    for number, value, to_on in rows:
        yield number, value if to_on is None or to_on >= day else Lapsed(to_on)


def place_of(division: Division) -> Place:
    """Return a division as a fact's value."""
    return Place(division.code, division.name, tuple(division.path.strip("/").split("/")))


def _places(rows: Iterable[Any]) -> Iterator[tuple[int, Value]]:
    divisions = {one.code: one for one in db.session.scalars(select(Division))}
    for number, code in rows:
        if isinstance(code, str):
            one = divisions.get(code)
            yield number, place_of(one) if one else Place(code, code, (code,))
        else:
            yield number, code
