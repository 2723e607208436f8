"""By when an accepted milestone must be paid, and what is owed for every day after that.

The days run from what the contract makes the condition: acceptance, delivery, or the confirmation
of progress by both sides. Acceptance that comes after its agreed term starts nothing later: then
the days run from the term's end (保障中小企业款项支付条例第十条). Interest is rounded down.
"""

from __future__ import annotations

from datetime import date, timedelta

ACCEPTANCE, DELIVERY, CONFIRMATION = "acceptance", "delivery", "confirmation"
STARTS = (ACCEPTANCE, DELIVERY, CONFIRMATION)
PPM, BP, YEAR_DAYS = 1_000_000, 10_000, 365


def starts_on(
    start: str, *, delivered_on: date, submitted_on: date, accepted_on: date, term_days: int | None
) -> date:
    """Return the day from which the time to pay runs; that day itself is not counted.

    `submitted_on` is the day on which the provider said it had delivered, from which the agreed
    term of acceptance (`term_days`, None: none was agreed) runs; `accepted_on` the day of
    acceptance, or for progress the day on which both sides have confirmed it.
    """
    if start == DELIVERY:
        return delivered_on
    if start == CONFIRMATION or term_days is None:
        return accepted_on
    return min(accepted_on, submitted_on + timedelta(days=term_days))


def due_on(start_on: date, days: int) -> date:
    """Return the last day on which payment is in time."""
    return start_on + timedelta(days=days)


def late_days(due_on: date, paid_on: date) -> int:
    """Return the days by which a payment was late."""
    return max(0, (paid_on - due_on).days)


def least_agreed_ppm(year_bp: int) -> int:
    """Return the least interest a day (ppm) that makes no less in a year than a rate a year."""
    return -(-year_bp * PPM // (BP * YEAR_DAYS))


def interest(amount_fen: int, days: int, ppm: int) -> int:
    """Return the interest on an overdue amount: amount x days x ppm / 10^6."""
    return amount_fen * days * ppm // PPM
