"""Aid over the years: the gross grant equivalent of every act, and what a ceiling leaves.

Kinds that move money, forgo it or only lower a price become comparable by their grant equivalent;
all acts for one beneficiary's group within a rolling window of years count under one ceiling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from core.errors import RuleBroken
from core.formats import yuan
from plugins.subsidy.rules import awards, guarantee, interest, relief, units
from plugins.subsidy.rules.calculation import HALF_UP, Calculation, Line
from plugins.subsidy.rules.loans import Segment
from plugins.subsidy.rules.periods import MONTHS, add_months

KINDS = (
    interest.KIND,
    guarantee.FEE_KIND,
    guarantee.POOL_KIND,
    awards.KIND,
    units.KIND,
    relief.FEE_KIND,
    relief.TAX_KIND,
)


@dataclass(frozen=True)
class AidTerms:
    """A ceiling (fen) of grant equivalents in `years` years for one group."""

    years: int
    ceiling_fen: int


@dataclass(frozen=True)
class AidAct:
    """An act for a beneficiary's group: its reference, day and grant equivalent (fen).

    The equivalent is what is left of it: what was clawed back is no longer in it.
    """

    reference: str
    kind: str
    on: date
    equivalent_fen: int


@dataclass(frozen=True)
class Window:
    """What counts on a day: acts from `begins_on` on, their sum, what is left (fen)."""

    begins_on: date
    acts: tuple[AidAct, ...]
    used_fen: int
    left_fen: int


def grant_equivalent(
    kind: str, computed: Calculation, *, fee_advantage: Calculation | None = None
) -> int:
    """Return the gross grant equivalent (fen) of an act of a kind.

    Interest and fees: what was subsidised; awards and units: the amount; relief: what was not
    charged. A pool's payment goes to the guarantor; the debtor's aid is the lower fee, so that
    kind needs `fee_advantage`. Raises ValueError without it, or for an unknown kind.
    """
    if kind not in KINDS:
        message = f"no such kind of subsidy: {kind}"
        raise ValueError(message)
    if kind != guarantee.POOL_KIND:
        return computed.result_fen
    if fee_advantage is None:
        message = "the aid of a guarantee is the advantage of its fee"
        raise ValueError(message)
    return fee_advantage.result_fen


def fee_advantage(
    outstanding: Iterable[Segment], *, market_ppm: int, charged_ppm: int, day_count: str, note: str
) -> Calculation:
    """Compute what a debtor saves against the market's fee (ppm a year), rounded once, half-up."""
    saved = max(0, market_ppm - charged_ppm)
    lines = tuple(
        Line(
            "guaranteed",
            part.principal_fen,
            note=note,
            begin=part.begin,
            end=part.end,
            day_count=day_count,
            rate_ppm=saved,
        )
        for part in outstanding
    )
    return Calculation(guarantee.POOL_KIND, lines).rounded(HALF_UP)


def aid_window(terms: AidTerms, acts: Iterable[AidAct], on: date) -> Window:
    """Return which acts of a group count on a day, and what the ceiling leaves (fen, from 0 up).

    The window is `years` years long and ends with that day.
    """
    begins = aid_begins(terms.years, on)
    counted = tuple(
        sorted(
            (act for act in acts if begins <= act.on <= on), key=lambda act: (act.on, act.reference)
        )
    )
    used = sum(act.equivalent_fen for act in counted)
    return Window(begins, counted, used, max(0, terms.ceiling_fen - used))


def aid_begins(years: int, on: date) -> date:
    """Return the first day of a window of years that ends with a day."""
    return add_months(on, -years * MONTHS) + timedelta(days=1)


def refuse_aid(terms: AidTerms, acts: Iterable[AidAct], on: date, equivalent_fen: int) -> Window:
    """Refuse aid (fen) that the ceiling leaves no room for, else return the window before it.

    Raises AID_CEILING_EXCEEDED, with the acts that count and what is left.
    """
    found = aid_window(terms, acts, on)
    if equivalent_fen > found.left_fen:
        raise RuleBroken(
            "AID_CEILING_EXCEEDED",
            _(
                "%(years)s 年内同一受益方及其关联方的补贴上限 %(most)s 元，已计 %(used)s 元，"
                "还可 %(left)s 元，本次折算 %(wanted)s 元。请减少金额，或待较早的补贴移出期限。",
                years=terms.years,
                most=yuan(terms.ceiling_fen),
                used=yuan(found.used_fen),
                left=yuan(found.left_fen),
                wanted=yuan(equivalent_fen),
            ),
            acts=[act.reference for act in found.acts],
            left_fen=found.left_fen,
            wanted_fen=equivalent_fen,
        )
    return found
