"""What a method's row means on a day in a place: its figures as numbers, its times as days."""

from __future__ import annotations

from datetime import date, timedelta

from core import clock, rulepack, workdays
from core.rulepack.declared import WORKING_DAYS
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.models.tenders import SMALL_FIRM
from plugins.contract_outsourcing.rules.methods import Figure, Method, methods


def method_of(tender: Tender) -> Method:
    """Return the row of a tender's method."""
    return methods()[tender.method]


def number(tender: Tender, figure: Figure) -> int | None:
    """Return a figure of a method's row as it is today where the tender is made; None: no limit."""
    if figure is None or isinstance(figure, int):
        return figure
    return rulepack.number(figure, on=clock.today(), division_code=tender.division_code)


def first_closing_day(tender: Tender, on: date) -> date:
    """Return the first day on which bidding may close for a tender published on a day."""
    method = method_of(tender)
    least = number(tender, method.bidding_days) or 0
    return workdays.after(on, least).on if method.unit == WORKING_DAYS else on + _days(least)


def first_application_day(tender: Tender, on: date) -> date:
    """Return the first day on which applications may end for a prequalification of a day."""
    return workdays.after(on, number(tender, method_of(tender).prequalification_days) or 0).on


def documents_through(tender: Tender, on: date) -> date:
    """Return the first day through which the documents of a tender published then may be had."""
    return workdays.after(on, number(tender, method_of(tender).documents_days) or 0).on


def publicity_through(tender: Tender, on: date) -> date | None:
    """Return the last day of publicity that begins on a day; None: the method has none."""
    least = number(tender, method_of(tender).publicity)
    return workdays.after(on, least).on if least else None


def first_closing_day_after_change(tender: Tender, on: date) -> date:
    """Return the first day on which bidding may close after a change that affects bids."""
    return on + _days(number(tender, method_of(tender).amendment_days) or 0)


def tender_limit(tender: Tender) -> int:
    """Return the amount (fen) from which services go to open tender in the tender's place."""
    return rulepack.number("tender.limit_fen", on=clock.today(), division_code=tender.division_code)


def bond_limit(tender: Tender) -> int:
    """Return the highest bid bond in fen, rounded down."""
    share = rulepack.number(
        "tender.bid_bond_bp", on=clock.today(), division_code=tender.division_code
    )
    return tender.ceiling_fen * share // 10_000


def deduction_bounds(tender: Tender) -> tuple[int, int]:
    """Return the least and the greatest price deduction for small firms in basis points.

    Nothing is deducted where nobody bids, or only small firms may.
    """
    method, reserved = method_of(tender), tender.content.get("reserved_for")
    if not method.envelopes or reserved == SMALL_FIRM:
        return 0, 0
    least, most = (
        rulepack.number(code, on=clock.today(), division_code=tender.division_code)
        for code in ("scoring.small_firm_deduction_min_bp", "scoring.small_firm_deduction_max_bp")
    )
    return least, most


def _days(count: int) -> timedelta:
    return timedelta(days=count)
