"""The residents of the demo county, and what its offices certify of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from core.demo.people import ADULT_NAMES, ELDER_NAMES, PUPIL_NAMES, Person
from core.demo.world import Resident, World
from core.files import csv_stream
from core.imports import COLUMNS

# The residents whom the demo's sign-in page offers; their numbers lead back to them.
GRANDMOTHER = Person("李秀英", "430100194503120025", "16900010001", date(1945, 3, 12), "430112001")
SCHOOLCHILD = Person("陈一诺", "430100201505200021", "16900010002", date(2015, 5, 20), "430112006")
HOMEBOUND = Person("何桂英", "430100194008170025", "16900010003", date(1940, 8, 17), "430112001")
TRAINEE = Person("周志远", "430100199403120012", "16900010004", date(1994, 3, 12), "430112001")
# Of a whole county, and the fewest that the stories of the programmes need.
ELDERS, PUPILS_COMPULSORY, PUPILS_VOCATIONAL = (1_260, 160), (160, 40), (100, 24)
ADULTS, INFANTS = (240, 40), (240, 40)

ASSESSED = 0.45  # of the elders
LEVELS = {"能力完好": 4, "轻度失能": 8, "中度失能": 42, "重度失能": 30, "完全失能": 16}
WHOLLY = "完全失能"
IN_NEED = ("重度失能", WHOLLY)
INSURED = (52, 6)  # elders in need with a level of long-term care insurance
LISTED = (90, 12)  # elders on a register of those in hardship
REGISTERS = ("低保", "低保", "特困", "低保边缘", "重点优抚", "计划生育特殊家庭")
POOR = (36, 8)  # adults on one
# A family's income a head and month in yuan, from and to: as many infants in each band.
INCOMES = ((650, 1_000), (1_100, 2_400), (2_500, 4_900), (5_200, 9_000))
SIBLINGS = 8  # every so many infants have a brother or sister among them
VALID_YEARS, LAPSING = 2, 3


def register(world: World) -> None:
    """Import everybody, each office its own list."""
    elders = [
        GRANDMOTHER,
        HOMEBOUND,
        *_people(world, ELDER_NAMES, _count(world, ELDERS) - 2, oldest=94, youngest=60),
    ]
    pupils = [
        SCHOOLCHILD,
        *_people(world, PUPIL_NAMES, _count(world, PUPILS_COMPULSORY) - 1, oldest=15, youngest=7),
        *_people(world, PUPIL_NAMES, _count(world, PUPILS_VOCATIONAL), oldest=19, youngest=16),
    ]
    adults = [
        TRAINEE,
        *_people(world, ADULT_NAMES, _count(world, ADULTS) - 1, oldest=52, youngest=19),
    ]
    infants = _people(world, PUPIL_NAMES, _count(world, INFANTS), oldest=2, youngest=1)
    world.elders += _import(world, "care-clerk", "养老服务对象名单.csv", elders)
    world.pupils += _import(world, "edu-clerk", "教育券学生名单.csv", pupils)
    world.adults += _import(world, "labour-clerk", "职业培训报名名单.csv", adults)
    world.infants += _import(world, "health-clerk", "托育登记名单.csv", infants)


def _people(
    world: World, names: dict[str, list[str]], count: int, *, oldest: int, youngest: int
) -> list[Person]:
    """Return people of so many years at most and at least when the first month begins."""
    first = world.month(2)
    towns = world.inventor.random.choices(list(world.townships), k=count)
    return [
        world.inventor.person(
            names,
            born_from=first.replace(year=first.year - oldest),
            born_until=first.replace(year=first.year - youngest),
            township=township,
        )
        for township in towns
    ]


def _import(world: World, clerk: str, filename: str, people: Iterable[Person]) -> list[Resident]:
    listed = list(people)
    rows = [(one.name, one.id_number, one.phone, one.township) for one in listed]
    content = base64.b64encode(b"".join(csv_stream(COLUMNS, rows))).decode()
    at = world.before(40, "09:00")
    checked = world.do(clerk, "resident.check_import", at=at, filename=filename, content=content)
    ids = world.do(
        clerk, "resident.commit_import", at=at + timedelta(minutes=10), token=checked["token"]
    )["resident_ids"]
    return [Resident(number, person) for number, person in zip(ids, listed, strict=True)]


def _count(world: World, of: tuple[int, int]) -> int:
    whole, least = of
    return world.some(whole, least=least)


# --- what is known of them -----------------------------------------------------------------------


class Office:
    """A clerk who writes down one certified fact after the other on one day."""

    def __init__(self, world: World, clerk: str, day: int, document: str) -> None:
        """Begin in the morning, so many days before the first month."""
        self._world, self._clerk, self._count = world, clerk, 0
        self._at: datetime = world.before(day, "08:30")
        self._document = f"{document}〔{world.month(2).year}〕"

    def record(
        self,
        who: Resident,
        code: str,
        value: str | int,
        *,
        from_on: date,
        to_on: date | None = None,
    ) -> None:
        """Record a fact, and remember it."""
        self._count += 1
        self._at += timedelta(seconds=21)
        self._world.do(
            self._clerk,
            "resident.record_fact",
            at=self._at,
            resident_id=who.id,
            code=code,
            value=value,
            from_on=from_on.isoformat(),
            to_on=to_on.isoformat() if to_on else None,
            document=f"{self._document}{self._count}号",
        )
        self._world.facts.setdefault(who.id, {})[code] = value


def describe(world: World) -> None:
    """Record what assessors, insurance and registers certify."""
    in_need = _assess(world)
    _insure(world, in_need)
    _list(world)
    _describe_families(world)


def _assess(world: World) -> list[Resident]:
    """Record elders' ability, valid for two years; return those who cannot do without help."""
    random = world.inventor.random
    office, in_need = Office(world, "care-clerk", 38, "望民评"), []
    for elder in world.elders:
        level = random.choices(list(LEVELS), list(LEVELS.values()))[0]
        known = {GRANDMOTHER: "中度失能", HOMEBOUND: "完全失能"}.get(elder.person)
        if known is None and random.random() >= ASSESSED:
            continue
        on = world.month(2) - timedelta(random.randint(45, 400))
        to_on = on.replace(year=on.year + VALID_YEARS, day=1)
        level = known or level
        if level == "中度失能" and not known and len(world.lapsing) < LAPSING:
            world.lapsing.add(elder.id)
            to_on = world.month(1) + timedelta(9 + len(world.lapsing))
        office.record(elder, "ability_level", level, from_on=on, to_on=to_on)
        if level in IN_NEED:
            in_need.append(elder)
    return in_need


def _insure(world: World, in_need: list[Resident]) -> None:
    """Record levels of care, half of them the highest, and how long these are cared for at home."""
    office, count = Office(world, "care-clerk", 37, "望医保评"), _count(world, INSURED)
    on = world.month(2) - timedelta(60)
    wholly = [one for one in in_need if world.facts[one.id]["ability_level"] == WHOLLY]
    partly = [one for one in in_need if one not in wholly]
    insured = wholly[: (count + 1) // 2] + partly[: count // 2]
    for place, elder in enumerate(insured):
        level = 5 + place % 2 if elder in wholly else 2 + place % 3
        office.record(elder, "care_level", level, from_on=on)
        if elder in wholly:
            since = on - timedelta(30 + 17 * place)
            office.record(elder, "home_care_since", since.isoformat(), from_on=on)


def _list(world: World) -> None:
    """Put some on the registers of those in hardship, with their households."""
    random = world.inventor.random
    elders = random.sample(world.elders[2:], _count(world, LISTED))
    adults = random.sample(world.adults[1:], _count(world, POOR))
    since = world.month(2) - timedelta(300)
    for clerk, people, registers in (
        ("care-clerk", elders, REGISTERS),
        ("labour-clerk", adults, REGISTERS[:4]),
    ):
        office = Office(world, clerk, 36, "望民救")
        for who in people:
            office.record(who, "register", random.choice(registers), from_on=since)
            office.record(who, "household_size", random.randint(1, 4), from_on=since)
            office.record(who, "income_fen", random.randrange(60, 140) * 1_000, from_on=since)


def _describe_families(world: World) -> None:
    """Record infants' households; some are of one family."""
    random, office = world.inventor.random, Office(world, "health-clerk", 35, "望卫托")
    since = world.month(2) - timedelta(90)
    family = {"household_number": 0, "household_size": 0, "income_fen": 0}
    for place, infant in enumerate(world.infants):
        if place % SIBLINGS != 1:
            size = random.randint(3, 5)
            head_yuan = random.randint(*INCOMES[place // SIBLINGS % len(INCOMES)])
            family = {
                "household_number": 430_112_000_000 + 7 * place,
                "household_size": size,
                "income_fen": head_yuan * size * 100,
            }
        for code, value in family.items():
            office.record(infant, code, value, from_on=since)
