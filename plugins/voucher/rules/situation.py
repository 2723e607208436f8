"""What a decision rests on and what it comes to: values only, read before and written after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from plugins.voucher.rules.terms import QUANTITY_ONE, Terms

Counted = tuple[str, str, str]  # owner, cap, period


@dataclass(frozen=True)
class LotState:
    """A lot as it stood when the decision was made.

    `available` and `free_fen` (money not yet charged, released or held) include what the use that
    is being ended holds of this lot (`held`, `held_fen`). `position` is its allotment's place.
    """

    id: int
    pool_id: int
    available: int
    free_fen: int
    redeemed: int
    valid_from: date
    valid_through: date
    entry_through: date
    position: int = 0
    allotment: str = ""
    held: int = 0
    held_fen: int = 0

    def takes(self, service_on: date, today: date) -> bool:
        """Tell whether a service of a day may still be entered today; what is held may."""
        in_time = today <= self.entry_through or self.held > 0
        return self.valid_from <= service_on <= self.valid_through and in_time


@dataclass(frozen=True)
class Situation:
    """Everything one decision rests on.

    `begun`: the use was begun with a code (a hold, a visit, an enrolment), so that a code lost
    since does not stand in its way. `counters` holds what was counted so far.
    """

    terms: Terms
    class_code: str
    voucher_state: str
    credential_kind: str
    credential_state: str
    step_is_fresh: bool
    lots: tuple[LotState, ...]
    programme_state: str
    resident_died_on: date | None
    provider_tags: str
    provider_suspended: bool
    admission_state: str | None
    admission_from: date | None
    admission_to: date | None
    offered: bool
    offer_price_fen: int | None
    resident_born_on: date = date.min
    suspended_from: date | None = None
    suspended_through: date | None = None
    ended_on: date | None = None
    provider_path: str = ""
    begun: bool = False
    holder: str = ""
    family: str | None = None
    income_fen: int | None = None
    counters: Mapping[Counted, int] = field(default_factory=dict)

    def owner(self, whose: str) -> str:
        """Return under which name a cap of the holder or the family counts."""
        return f"family:{self.family}" if whose == "family" and self.family else self.holder


@dataclass(frozen=True)
class Use:
    """What is asked for.

    `quantity` in thousandths of a unit or minute, `price_fen` of one unit or hour where it is
    open, `others_fen` what other payers paid, `service_on` the day (None: today), `segments` the
    measured parts of a visit by day, `result` the outcome of what was held, `presence` the way in
    which the holder was there.
    """

    service_code: str
    quantity: int = QUANTITY_ONE
    price_fen: int | None = None
    others_fen: Mapping[str, int] = field(default_factory=dict)
    service_on: date | None = None
    segments: tuple[tuple[date, int], ...] = ()
    result: str | None = None
    identity_checked: bool = False
    presence: str = "scan"


@dataclass(frozen=True)
class Draw:
    """What a redemption takes from one lot: quantity in the lot's unit, money in fen.

    `forfeited` and `forfeited_fen` are lost beside it; `kept_through` moves the last day of a lot
    that lapses by idling.
    """

    lot_id: int
    pool_id: int
    quantity: int
    amount_fen: int
    forfeited: int = 0
    forfeited_fen: int = 0
    held: int = 0
    held_fen: int = 0
    kept_through: date | None = None


@dataclass(frozen=True)
class Decision:
    """A use that may happen: what it costs, who pays what, from which lots, what is counted.

    `quantity` is what was billed, at `unit_price_fen`; `remaining` what the lots in force still
    hold, in their unit. `counted` tells of each counter what it said before and says after.
    """

    unit_price_fen: int
    price_fen: int
    others_fen: int
    amount_fen: int
    forfeited: int
    forfeited_fen: int
    self_pay_fen: int
    quantity: int
    draws: tuple[Draw, ...]
    remaining: int
    service_on: date
    counted: Mapping[Counted, tuple[int, int]] = field(default_factory=dict)
