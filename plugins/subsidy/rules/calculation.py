"""A calculation as a person checks it with a pencil: lines, the steps after them, a result in fen.

A line says what is reckoned from when to when, on what base, at which rate. Their sum goes through
the steps (cap, floor, share, rounding) one after the other. A calculation that does not add up
cannot be made, nor read back from where it was kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from plugins.subsidy.rules import daycount
from plugins.subsidy.rules.whole import PPM, down, half_up

FEN, COUNT = "fen", "count"
CAP, FLOOR, SHARE, ROUNDING = "cap", "floor", "share", "rounding"
HALF_UP, DOWN, LARGEST_REMAINDER = "half_up", "down", "largest_remainder"


@dataclass(frozen=True)
class Line:
    """One line: a base (fen, or a count at `unit_fen` each), over a period, at a rate.

    `what` is a code of what is reckoned (such as `principal`), `note` the number of the loan or
    document it is about. `begin` is counted, `end` is not; with them goes the day count. The rate
    is for a year where there is a period. What does not apply is None and multiplies by one.
    """

    what: str
    base: int
    unit: str = FEN
    note: str = ""
    unit_fen: int | None = None
    begin: date | None = None
    end: date | None = None
    day_count: str | None = None
    rate_ppm: int | None = None
    share_ppm: int | None = None

    @property
    def days(self) -> int | None:
        """Return the days counted; None for a line without a period."""
        if self.begin is None or self.end is None or self.day_count is None:
            return None
        return daycount.days(self.day_count, self.begin, self.end)

    @property
    def exact(self) -> Fraction:
        """Return the exact amount (fen): base x unit x rate x share x part of the year."""
        amount = Fraction(self.base if self.unit_fen is None else self.base * self.unit_fen)
        for factor in (self.rate_ppm, self.share_ppm):
            if factor is not None:
                amount *= Fraction(factor, PPM)
        if self.begin is not None and self.end is not None and self.day_count is not None:
            amount *= daycount.year_fraction(self.day_count, self.begin, self.end)
        return amount


@dataclass(frozen=True)
class Step:
    """What is done to the sum: `cap` and `floor` (fen), `share` (a factor), `rounding` (a mode).

    `what` is a code of the rule that asks for it, such as `interest_paid`.
    """

    kind: str
    what: str
    before: Fraction
    after: Fraction
    figure: Fraction | None = None
    mode: str | None = None

    @property
    def holds(self) -> bool:
        """Tell whether the amount after follows from the amount before."""
        if self.kind == ROUNDING:
            if self.mode == LARGEST_REMAINDER:
                return self.after.denominator == 1 and abs(self.after - self.before) < 1
            rounder = {HALF_UP: half_up, DOWN: down}.get(self.mode or "")
            return rounder is not None and self.after == rounder(self.before)
        if self.figure is None:
            return False
        due = {
            CAP: min(self.before, self.figure),
            FLOOR: max(self.before, self.figure),
            SHARE: self.before * self.figure,
        }
        return self.after == due.get(self.kind)


@dataclass(frozen=True)
class Calculation:
    """Lines and steps of one kind of subsidy; raises ValueError where they do not add up."""

    kind: str
    lines: tuple[Line, ...] = ()
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        at = self.exact
        for step in self.steps:
            if step.before != at or not step.holds:
                message = f"the calculation does not add up at {step.kind} {step.what}"
                raise ValueError(message)
            at = step.after

    @property
    def exact(self) -> Fraction:
        """Return the sum of the lines (fen), before any step."""
        return sum((line.exact for line in self.lines), Fraction(0))

    @property
    def amount(self) -> Fraction:
        """Return what the steps so far leave (fen)."""
        return self.steps[-1].after if self.steps else self.exact

    @property
    def result_fen(self) -> int:
        """Return the result in fen. Raises ValueError for one that was not rounded yet."""
        if self.amount.denominator != 1:
            message = "a result is whole fen; a rule names where it is rounded"
            raise ValueError(message)
        return self.amount.numerator

    def at_most(self, what: str, limit: int | Fraction) -> Calculation:
        """Return the calculation capped by a limit (fen); a limit below nothing is nothing."""
        figure = max(Fraction(limit), Fraction(0))
        return self._then(CAP, what, min(self.amount, figure), figure=figure)

    def at_least(self, what: str, limit: int | Fraction) -> Calculation:
        """Return the calculation raised to a floor (fen)."""
        figure = Fraction(limit)
        return self._then(FLOOR, what, max(self.amount, figure), figure=figure)

    def shared(self, what: str, factor: Fraction) -> Calculation:
        """Return the calculation with a share taken of it."""
        return self._then(SHARE, what, self.amount * factor, figure=factor)

    def rounded(self, mode: str, what: str = "fen") -> Calculation:
        """Return the calculation rounded to whole fen, `half_up` or `down`."""
        rounder = {HALF_UP: half_up, DOWN: down}[mode]
        return self._then(ROUNDING, what, Fraction(rounder(self.amount)), mode=mode)

    def allotted(self, what: str, part_fen: int) -> Calculation:
        """Return the calculation rounded to the part (fen) that largest remainder gave it."""
        return self._then(ROUNDING, what, Fraction(part_fen), mode=LARGEST_REMAINDER)

    def scaled(self, part_fen: int, pool_fen: int, wanted_fen: int) -> Calculation:
        """Return the calculation scaled to a pool of which `wanted_fen` in all was wanted.

        `part_fen` is what `whole.fit` gave; a pool that suffices changes nothing.
        """
        if wanted_fen <= pool_fen:
            return self
        return self.shared("pool", Fraction(pool_fen, wanted_fen)).allotted("pool", part_fen)

    def _then(
        self,
        kind: str,
        what: str,
        after: Fraction,
        *,
        figure: Fraction | None = None,
        mode: str | None = None,
    ) -> Calculation:
        step = Step(kind, what, self.amount, after, figure, mode)
        return replace(self, steps=(*self.steps, step))


def written(calculation: Calculation) -> dict[str, Any]:
    """Return a calculation as plain JSON; exact amounts as "numerator/denominator" in fen."""
    return {
        "kind": calculation.kind,
        "lines": [_line_written(line) for line in calculation.lines],
        "steps": [_step_written(step) for step in calculation.steps],
        "result": _fraction(calculation.amount),
    }


def read_calculation(kept: Mapping[str, Any]) -> Calculation:
    """Return the calculation that was kept as JSON.

    Raises ValueError where an amount in it does not follow from its figures.
    """
    lines = tuple(_line_read(row) for row in kept["lines"])
    steps = tuple(_step_read(row) for row in kept["steps"])
    calculation = Calculation(kept["kind"], lines, steps)
    if calculation.amount != Fraction(kept["result"]):
        message = "the kept result does not follow from its lines and steps"
        raise ValueError(message)
    return calculation


def _line_written(line: Line) -> dict[str, Any]:
    return {
        "what": line.what,
        "note": line.note,
        "base": line.base,
        "unit": line.unit,
        "unit_fen": line.unit_fen,
        "begin": line.begin.isoformat() if line.begin else None,
        "end": line.end.isoformat() if line.end else None,
        "day_count": line.day_count,
        "days": line.days,
        "rate_ppm": line.rate_ppm,
        "share_ppm": line.share_ppm,
        "exact": _fraction(line.exact),
    }


def _line_read(row: Mapping[str, Any]) -> Line:
    line = Line(
        row["what"],
        row["base"],
        row["unit"],
        row["note"],
        unit_fen=row["unit_fen"],
        begin=date.fromisoformat(row["begin"]) if row["begin"] else None,
        end=date.fromisoformat(row["end"]) if row["end"] else None,
        day_count=row["day_count"],
        rate_ppm=row["rate_ppm"],
        share_ppm=row["share_ppm"],
    )
    if line.exact != Fraction(row["exact"]) or line.days != row["days"]:
        message = f"the kept line {line.what} does not follow from its figures"
        raise ValueError(message)
    return line


def _step_written(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "what": step.what,
        "before": _fraction(step.before),
        "after": _fraction(step.after),
        "figure": None if step.figure is None else _fraction(step.figure),
        "mode": step.mode,
    }


def _step_read(row: Mapping[str, Any]) -> Step:
    return Step(
        row["kind"],
        row["what"],
        Fraction(row["before"]),
        Fraction(row["after"]),
        None if row["figure"] is None else Fraction(row["figure"]),
        row["mode"],
    )


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
