"""Subsidies per unit (按量补贴): verified beds, visits, graduates x an amount, with caps.

A class has the price of a unit, perhaps by how many units there are, and a factor on it (half for
conversions, half as much again for light disability). Each claim is rounded once, down to the fen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from core.errors import RuleBroken
from plugins.subsidy.rules.calculation import COUNT, DOWN, Calculation, Line
from plugins.subsidy.rules.intervals import refuse_holes, row_of
from plugins.subsidy.rules.periods import MONTHS, add_months
from plugins.subsidy.rules.whole import PPM, fit

KIND = "per_unit"


@dataclass(frozen=True)
class Price:
    """From so many units on, below that many (None: no end), each costs so much (fen)."""

    begins: int
    ends: int | None
    unit_fen: int


@dataclass(frozen=True)
class UnitClass:
    """A class of units: prices by number, the factor (ppm) on them, when they are due.

    The number of units decides the price of all of them. `waiting_months` after the units came
    into use they may be claimed.
    """

    code: str
    name: str
    prices: tuple[Price, ...]
    factor_ppm: int = PPM
    waiting_months: int = 0


@dataclass(frozen=True)
class UnitTerms:
    """Classes and caps; None: no such cap.

    Caps hold for one beneficiary in one period: `units_max` units, `period_cap_fen` fen. All
    claims of a call share `envelope_fen`. A period is so many months of the calendar.
    """

    classes: tuple[UnitClass, ...]
    units_max: int | None = None
    period_cap_fen: int | None = None
    envelope_fen: int | None = None
    period_months: int = MONTHS


@dataclass(frozen=True)
class Verified:
    """How many units of a class were verified, and since when they are in use."""

    class_code: str
    units: int
    in_use_from: date | None = None


def unit_claim(
    terms: UnitTerms,
    verified: Sequence[Verified],
    *,
    on: date,
    granted_units: int = 0,
    granted_fen: int = 0,
) -> Calculation:
    """Compute a claim made on a day; what was granted before in its period counts under the caps.

    All rows of a class together decide the price of its units. Units beyond the cap are left out,
    the last ones first. Raises UNIT_CLASS_NOT_COVERED, UNITS_BELOW_MINIMUM, UNITS_TOO_EARLY.
    """
    of_class: Counter[str] = Counter()
    for row in verified:
        of_class[row.class_code] += row.units
    room = None if terms.units_max is None else max(0, terms.units_max - granted_units)
    lines = []
    for row in verified:
        kind, price = _priced(terms, row.class_code, of_class[row.class_code])
        _refuse_early(kind, row, on)
        taken = row.units if room is None else min(row.units, room)
        room = None if room is None else room - taken
        lines.append(
            Line(
                "units",
                taken,
                COUNT,
                note=kind.code,
                unit_fen=price.unit_fen,
                share_ppm=None if kind.factor_ppm == PPM else kind.factor_ppm,
            )
        )
    found = Calculation(KIND, tuple(lines))
    if terms.period_cap_fen is not None:
        found = found.at_most("period_cap", terms.period_cap_fen - granted_fen)
    return found.rounded(DOWN)


def reduce_claims(terms: UnitTerms, claims: Mapping[int, Calculation]) -> dict[int, Calculation]:
    """Return the claims of a call within its envelope, reduced pro rata where it is too small.

    By largest remainder, ties to the earlier id; so the sum is the envelope.
    """
    if terms.envelope_fen is None:
        return dict(claims.items())
    wanted = {one: found.result_fen for one, found in claims.items()}
    parts = fit(wanted, terms.envelope_fen)
    total = sum(wanted.values())
    return {
        one: found.scaled(parts[one], terms.envelope_fen, total) for one, found in claims.items()
    }


def claim_periods(
    terms: UnitTerms, first: date, last: date, *, until: date
) -> list[tuple[date, date]]:
    """Return the periods of a scheme that have ended before a day, oldest first; days inclusive.

    They follow the calendar (months, quarters, halves, years), cut off where the scheme begins or
    ends.
    """
    begins = first.replace(month=(first.month - 1) // terms.period_months * terms.period_months + 1)
    begins = begins.replace(day=1)
    found = []
    while begins <= last:
        following = add_months(begins, terms.period_months)
        ends = min(following - timedelta(days=1), last)
        if ends >= until:
            break
        found.append((max(begins, first), ends))
        begins = following
    return found


def refuse_unit_terms(terms: UnitTerms) -> None:
    """Refuse prices that leave a number of units out or have two: TIERS_EMPTY, _GAP, _OVERLAP."""
    for one in terms.classes:
        refuse_holes(one.prices, _("“%(name)s”的单价", name=one.name))


def _priced(terms: UnitTerms, class_code: str, units: int) -> tuple[UnitClass, Price]:
    kind = next((one for one in terms.classes if one.code == class_code), None)
    if kind is None:
        raise RuleBroken(
            "UNIT_CLASS_NOT_COVERED",
            _("本办法不补贴“%(code)s”这一类。请核对申报类别。", code=class_code),
            unit_class=class_code,
        )
    place = row_of(kind.prices, units)
    if place is None:
        raise RuleBroken(
            "UNITS_BELOW_MINIMUM",
            _(
                "“%(name)s”核实数量 %(units)s，达不到补贴的最低数量 %(least)s。请核对数量。",
                name=kind.name,
                units=units,
                least=min((price.begins for price in kind.prices), default=0),
            ),
            units=units,
        )
    return kind, kind.prices[place]


def _refuse_early(kind: UnitClass, row: Verified, on: date) -> None:
    if not kind.waiting_months:
        return
    first = None if row.in_use_from is None else add_months(row.in_use_from, kind.waiting_months)
    if first is None or on < first:
        raise RuleBroken(
            "UNITS_TOO_EARLY",
            _(
                "“%(name)s”须投入使用满 %(months)s 个月后申请%(first)s。请届时再申请。",
                name=kind.name,
                months=kind.waiting_months,
                first=_("（%(day)s 起）", day=first.isoformat()) if first else "",
            ),
            first=first.isoformat() if first else None,
        )
