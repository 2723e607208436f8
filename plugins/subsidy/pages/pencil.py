"""A calculation as a person writes it down: each line, each step after them, the result."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core.formats import yuan
from plugins.subsidy.pages import scheme_words as words
from plugins.subsidy.rules import Calculation, Line, Step, percent, year_fraction
from plugins.subsidy.rules.calculation import CAP, COUNT, ROUNDING

DENOMINATORS = {"act_360": 360, "act_365": 365, "30e_360": 360}
FRACTIONS_OF_FEN = 100


def rows(calculation: Calculation) -> list[dict[str, Any]]:
    """Return the lines and the steps in words, each with what it comes to in yuan."""
    lines = [
        {
            "what": _line_name(line),
            "how": _line(line),
            "comes_to": exact_yuan(line.exact),
        }
        for line in calculation.lines
    ]
    steps = [
        {
            "what": str(words.STEPS.get(step.what, step.what)),
            "how": _step(step),
            "comes_to": exact_yuan(step.after),
        }
        for step in calculation.steps
    ]
    return [*lines, *steps]


def exact_yuan(fen: Fraction) -> str:
    """Write an exact amount of fen as yuan: four decimals and an ellipsis where it goes on."""
    if fen.denominator == 1:
        return yuan(fen.numerator)
    parts, rest = divmod(fen * FRACTIONS_OF_FEN, 1)
    whole, decimals = divmod(parts, FRACTIONS_OF_FEN * FRACTIONS_OF_FEN)
    return f"{whole:,}.{decimals:04d}{'…' if rest else ''}"


def _line_name(line: Line) -> str:
    name = str(words.LINES.get(line.what, line.what))
    if line.begin is None or line.end is None:
        return f"{name} {line.note}".strip()
    return _(
        "%(name)s（%(begin)s 起，%(end)s 前）",
        name=name,
        begin=line.begin.isoformat(),
        end=line.end.isoformat(),
    )


def _line(line: Line) -> str:
    base = str(line.base) if line.unit == COUNT else _("%(yuan)s 元", yuan=yuan(line.base))
    factors = [base]
    if line.unit_fen is not None:
        factors.append(_("%(yuan)s 元", yuan=yuan(line.unit_fen)))
    factors += [percent(ppm) for ppm in (line.rate_ppm, line.share_ppm) if ppm is not None]
    if line.days is not None and line.day_count is not None:
        factors.append(_part_of_year(line))
    return " × ".join(factors)


def _part_of_year(line: Line) -> str:
    assert line.begin is not None  # noqa: S101 - a line with days has a period
    assert line.end is not None  # noqa: S101
    assert line.day_count is not None  # noqa: S101
    if denominator := DENOMINATORS.get(line.day_count):
        return _("%(days)s 天 ÷ %(year)s", days=line.days, year=denominator)
    part = year_fraction(line.day_count, line.begin, line.end)
    return _(
        "%(days)s 天（%(n)s ÷ %(d)s 年）", days=line.days, n=part.numerator, d=part.denominator
    )


def _step(step: Step) -> str:
    if step.kind == ROUNDING:
        return str(words.ROUNDINGS.get(step.mode or "", ""))
    if step.figure is None:
        return ""
    if step.kind == CAP:
        return _("与 %(yuan)s 元取较小的", yuan=exact_yuan(step.figure))
    if step.kind == "floor":
        return _("与 %(yuan)s 元取较大的", yuan=exact_yuan(step.figure))
    return f"× {step.figure.numerator} ÷ {step.figure.denominator}"
