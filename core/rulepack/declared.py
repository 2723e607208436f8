"""What a rule figure (法定数值) is, and those shipped: numbers of the law, dated and cited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask_babel import get_locale
from flask_babel import gettext as _

from core.formats import yuan_text

SHIPPED = Path(__file__).with_name("figures.yaml")
FEN, DAYS, WORKING_DAYS, MONTHS, YEARS = "fen", "days", "working_days", "months", "years"
PPM, BASIS_POINTS, COUNT, TEXT = "ppm", "basis_points", "count", "text"
UNITS = (FEN, DAYS, WORKING_DAYS, MONTHS, YEARS, PPM, BASIS_POINTS, COUNT, TEXT)
FREE, LOWER_ONLY, HIGHER_ONLY, NONE = "free", "lower_only", "higher_only", "none"
LOCAL = (FREE, LOWER_ONLY, HIGHER_ONLY, NONE)
SHARES = {PPM: 1_000_000, BASIS_POINTS: 10_000}


@dataclass(frozen=True)
class FigureKind:
    """A figure's meaning: code (`contract.term_months`), names, area, unit.

    `local` says what a division may do with it: set it freely, only lower or only raise what
    stands above it, or (`none`) not touch it.
    """

    code: str
    name: str
    english: str
    area: str
    unit: str
    local: str

    @property
    def title(self) -> str:
        """Return the name in the reader's language."""
        return self.english if _is_english() else self.name

    def said(self, value: int | str) -> str:
        """Write a value with its unit."""
        return said(self.unit, value)


@dataclass(frozen=True)
class Row:
    """A figure's value from a day to a day (inclusive; None: until something else is said).

    `division_code` None: for the whole country. `permit` names the document by which the level
    above let a pilot deviate. `id` is the proposal's number, 0 of a shipped row.
    """

    code: str
    value: int | str
    from_on: date
    to_on: date | None
    law: str
    article: str
    note: str = ""
    unverified: bool = False
    division_code: str | None = None
    permit: str | None = None
    id: int = 0

    @property
    def citation(self) -> str:
        """Return law and article as one cites them."""
        return f"《{self.law}》{self.article}"


def figures() -> dict[str, FigureKind]:
    """Return every declared figure by code, in the order of the areas."""
    return _shipped()[0]


def shipped_rows(code: str) -> tuple[Row, ...]:
    """Return the rows that come with the software for a figure."""
    return _shipped()[1][code]


def areas() -> dict[str, str]:
    """Return the areas' names in the reader's language, by code, in order."""
    language = "english" if _is_english() else "name"
    return {area["area"]: area[language] for area in _paper()}


def said(unit: str, value: int | str) -> str:
    """Write a value with its unit, for people."""
    if isinstance(value, str):
        return value
    if unit in SHARES:
        return f"{_percent(value, SHARES[unit])}%"
    return {
        FEN: lambda: yuan_text(value),
        DAYS: lambda: _("%(n)s 日", n=value),
        WORKING_DAYS: lambda: _("%(n)s 个工作日", n=value),
        MONTHS: lambda: _("%(n)s 个月", n=value),
        YEARS: lambda: _("%(n)s 年", n=value),
        COUNT: lambda: str(value),
    }[unit]()


def unit_name(unit: str) -> str:
    """Return the word for a unit as somebody types a value in it."""
    return {
        FEN: _("元"),
        DAYS: _("日"),
        WORKING_DAYS: _("个工作日"),
        MONTHS: _("个月"),
        YEARS: _("年"),
        PPM: _("百万分之一"),
        BASIS_POINTS: _("万分之一"),
        COUNT: _("个"),
        TEXT: _("文字"),
    }[unit]


def local_name(local: str) -> str:
    """Say what a division may do with a figure."""
    return {
        FREE: _("各级可以自行规定"),
        LOWER_ONLY: _("下级只能定得更低"),
        HIGHER_ONLY: _("下级只能定得更高"),
        NONE: _("下级不得改变"),
    }[local]


def _percent(value: int, of: int) -> str:
    """Write a share as a percentage, exactly and without needless zeros."""
    share = Fraction(value * 100, of)
    whole, rest = divmod(share.numerator * 10_000 // share.denominator, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def _is_english() -> bool:
    return str(get_locale() or "").startswith("en")


@cache
def _paper() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return found


@cache
def _shipped() -> tuple[dict[str, FigureKind], dict[str, tuple[Row, ...]]]:
    known: dict[str, FigureKind] = {}
    rows: dict[str, tuple[Row, ...]] = {}
    for area in _paper():
        for one in area["figures"]:
            code = one["code"]
            local = one.get("local", NONE)
            if code in known or one["unit"] not in UNITS or local not in LOCAL:
                message = f"rule figure {code}: declared twice, or no such unit or local rule"
                raise RuntimeError(message)
            known[code] = FigureKind(
                code, one["name"], one["english"], area["area"], one["unit"], local
            )
            rows[code] = tuple(_row(code, row) for row in one["rows"])
    return known, rows


def _row(code: str, row: dict[str, Any]) -> Row:
    return Row(
        code,
        row["value"],
        row["from"],
        row.get("to"),
        row["law"],
        row["article"],
        row.get("note", ""),
        unverified=row.get("unverified", False),
    )
