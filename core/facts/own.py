"""The core's own facts: what the register of residents tells, and what offices certify."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Integer, Select, case, cast, extract, func, literal, select

from core import clock
from core.facts.declared import (
    CHOICE,
    DAY,
    FEN,
    NUMBER,
    PLACE,
    RATIO,
    SET,
    Fact,
    ResidentFact,
    stored_rows,
)
from core.parties import Resident

RESIDENCE_BEFORE = "residence_before"
ABILITY = ("能力完好", "轻度失能", "中度失能", "重度失能", "完全失能")
REGISTERS = (
    "特困",
    "低保",
    "低保边缘",
    "支出型困难",
    "孤儿",
    "事实无人抚养儿童",
    "重点优抚",
    "计划生育特殊家庭",
)
CARE_LEVEL_MAX, DISABILITY_MAX, HOUSEHOLD_MAX = 6, 4, 100


def _ages(on: date) -> Select[Any]:
    """Return whole years; a birthday counts from its first hour, 29 February's on 1 March."""
    parts = {"year": 10_000, "month": 100, "day": 1}
    born: Any = sum(cast(extract(part, Resident.born_on), Integer) * n for part, n in parts.items())
    day = sum(getattr(on, part) * n for part, n in parts.items())
    age = (literal(day) - born) // literal(parts["year"])
    return select(Resident.id, age.label("value")).where(Resident.born_on <= on)


def _sexes(_on: date) -> Select[Any]:
    named = case((Resident.sex == "male", literal("男")), else_=literal("女"))
    return select(Resident.id, named.label("value"))


def _residences(on: date) -> Select[Any]:
    """Return where residents live, or lived on a day before they moved."""
    now: tuple[Any, ...] = (Resident.id, Resident.division_code)
    if on >= clock.today():
        # Moves are recorded when they have happened.
        return select(*now)
    before = stored_rows(RESIDENCE_BEFORE, ResidentFact.text, on).subquery()
    place = func.coalesce(before.c.value, Resident.division_code)
    query: Select[Any] = select(now[0], place.label("value"))
    return query.outerjoin(before, before.c.resident_id == Resident.id)


def _incomes_per_head(on: date) -> Select[Any]:
    income = stored_rows("income_fen", ResidentFact.number, on).subquery()
    heads = stored_rows("household_size", ResidentFact.number, on).subquery()
    columns = (income.c.resident_id, income.c.value, heads.c.value.label("denominator"))
    return select(*columns).join(heads, heads.c.resident_id == income.c.resident_id)


FACTS = [
    Fact("age", "年龄", NUMBER, _l("周岁"), rows=_ages),
    Fact("sex", "性别", CHOICE, options=("男", "女"), rows=_sexes),
    Fact("residence", "居住地", PLACE, rows=_residences),
    # GB/T 42195-2022, the levels of an elder's ability.
    Fact("ability_level", "失能等级", CHOICE, options=ABILITY),
    Fact("care_level", "长护险评估等级", NUMBER, _l("级"), most=CARE_LEVEL_MAX),
    # GB/T 26341: grade 1 is the most severe.
    Fact(
        "disability_grade", "残疾等级（一级最重）", NUMBER, _l("级"), least=1, most=DISABILITY_MAX
    ),
    Fact("income_fen", "家庭月收入", NUMBER, FEN),
    # One number for all who live together: what a family may have once is counted under it.
    Fact("household_number", "家庭编号", NUMBER, least=1),
    Fact("household_size", "家庭人口", NUMBER, _l("人"), least=1, most=HOUSEHOLD_MAX),
    Fact("income_per_head", "家庭人均月收入", RATIO, FEN, rows=_incomes_per_head),
    Fact("home_care_since", "居家照护开始日", DAY),
    Fact("register", "救助保障身份", SET, options=REGISTERS),
    Fact("hospital", "住院情况", SET, options=("住院",)),
]
