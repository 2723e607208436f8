"""What a programme's terms can say: every parameter, its meaning and its default; no database.

A terms document is data (see docs/programmes.md). No parameter belongs to one kind of programme:
whatever a document leaves out has the default below, and every use goes the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

PPM = 1_000_000
QUANTITY_ONE = 1000  # quantities of services are in thousandths of what they are measured in

UNITS = ("fen", "minute", "count")
PERIODS = ("once", "week", "month", "quarter", "year")
LAPSES = ("window", "period_end", "days", "months", "idle_days")
FIRST_PERIODS = ("full", "by_days", "next")
RENEWALS = ("lot", "voucher")
HOLD_UNTILS = ("days", "last_day")
PRESENCES = ("scan", "timed", "hold", "enrolled")
MEASURES = ("unit", "minute")
REMAINDERS = ("forfeit", "keep")
BEYONDS = ("refuse", "self_pay")
LOT_ORDERS = ("expiry", "granted", "listed")
ROUNDINGS = ("down", "half_up", "up")
ROUNDING_POINTS = ("part", "use", "month")
COMMITS = ("value", "maximum_price")
PAYEES = ("provider", "resident")
ONE_PER = ("person", "family", "none")
IDENTITY_CHECKS = ("never", "card", "always")
CAP_OF = ("fen", "quantity", "uses")
CAP_PERIODS = ("use", "day", "week", "month", "quarter", "year", "life")
CAP_OWNERS = ("holder", "family")
AT_CAP = ("cut", "refuse")
VOID_WINDOWS = ("same_day", "in_period", "until_lock", "none")
GIVE_BACKS = ("in_period", "until_lock", "never")
REOPENS = ("same_period", "always", "never")
EFFECTS = ("at_once", "next_period", "next_month", "next_week")
ON_DEATH = ("revoke", "keep")
ON_HOSPITAL = ("suspend", "continue")
RECOVERIES = ("next_allotment", "cash")
CLOSES = ("on_last_day", "when_paid")
CYCLES = ("on_demand", "month", "week")
REDUCTION_OF = ("amount", "subsidy", "income")
PICKS = ("sum", "largest")

# What a document may leave out. The schema and the reader share this one list.
DEFAULTS: dict[str, Any] = {
    "unit": "fen",
    "eligibility": None,
    "cases": [],
    "sources": [],
    "year_starts": 1,
    "renewal": "lot",
    "one_per": "person",
    "excludes": [],
    "single_use": False,
    "remainder": "keep",
    "beyond": "refuse",
    "shares": [],
    "other_payers": [],
    "reductions": [],
    "reduction_pick": "sum",
    "caps": [],
    "lot_order": "expiry",
    "rounding": {"price": "half_up", "subsidy": "down", "per": "use"},
    "commit": "value",
    "payee": "provider",
    "area": None,
    "identity_check": "card",
    "age_at_use": {"at_least": None, "below": None},
    "entry": {"ahead_days": 0, "late_days": 0},
    "void_window": "same_day",
    "give_back": "in_period",
    "reopen_caps": "same_period",
    "on_change": {
        "eligibility": "next_period",
        "amounts": "next_period",
        "death": "revoke",
        "hospital": "suspend",
    },
    "suspension": {"prolongs": False, "grants": True},
    "recovery": "next_allotment",
    "settlement": {"cycle": "on_demand", "lock_day": 1, "minimum_fen": 0},
    "confirm_days": 5,
    "close": "on_last_day",
    "funding": [],
}


@dataclass(frozen=True)
class VoucherClass:
    """A class of voucher: who may accept it for what, and (`when`) whom it is for."""

    code: str
    name: str
    provider_tag: str | None
    services: tuple[str, ...]
    when: dict[str, Any] | None


@dataclass(frozen=True)
class Result:
    """An outcome of a service begun with a hold, and the part of the subsidy it earns (ppm)."""

    code: str
    name: str
    share_ppm: int


@dataclass(frozen=True)
class Service:
    """A service the programme buys.

    `maximum_price_fen` bounds what a provider may charge for one unit, or for an hour where
    `measure` is minute. `presence`: one scan; timed from check-in to check-out; a hold, captured
    by result; or enrolled, with attendance recorded without a scan. Minutes are billed in whole
    blocks of `block`. A hold or visit ends by itself `hold_days` after it began, or (`last_day`)
    with the first of its lots if that is earlier.
    """

    code: str
    name: str
    unit: str
    maximum_price_fen: int | None
    provider_tag: str | None
    presence: str
    measure: str
    block: int
    longest: int | None
    hold_days: int
    hold_until: str
    results: tuple[Result, ...]

    @property
    def priced_per(self) -> int:
        """Return for how many of what is measured the price is."""
        return 60 if self.measure == "minute" else 1


@dataclass(frozen=True)
class Amount:
    """How much an allotment grants, in the programme's unit: to which classes, to whom."""

    quantity: int
    classes: tuple[str, ...]
    when: dict[str, Any] | None


@dataclass(frozen=True)
class Lapse:
    """When a lot lapses: with the programme's window, its period, or `n` days, months, idle days.

    `first_day_counts` tells whether the day of the grant is the first of the n days.
    """

    kind: str
    n: int
    first_day_counts: bool


@dataclass(frozen=True)
class Allotment:
    """What a holder is granted, once or every period; the first amount that fits is hers.

    A period's lot opens on the `opens_on`-th day of it.
    """

    code: str
    name: str
    period: str
    amounts: tuple[Amount, ...]
    lapse: Lapse
    first_period: str
    opens_on: int = 1


@dataclass(frozen=True)
class Threshold:
    """Spend this much (fen), take off that much."""

    spend_fen: int
    off_fen: int


@dataclass(frozen=True)
class Share:
    """What the voucher pays of a base price: a part (ppm) of it up to a standard, or thresholds.

    The first share that names the class and the service (or names none) counts.
    """

    rate_ppm: int
    standard_fen: int | None
    thresholds: tuple[Threshold, ...]
    classes: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True)
class Payer:
    """Somebody who pays before the voucher does, such as an insurance."""

    code: str
    name: str


@dataclass(frozen=True)
class Reduction:
    """What is taken off the subsidy: fen a use, a part of the subsidy, or a part of the income."""

    name: str
    of: str
    amount_fen: int
    ppm: int
    classes: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True)
class Cap:
    """A limit by service date: of fen, quantity or uses, a use, day ... life, of whom, for what."""

    code: str
    name: str
    of: str
    per: str
    limit: int
    whose: str
    at_limit: str
    classes: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True)
class Rounding:
    """In which direction prices and subsidies become whole fen, and at which point.

    `per`: every part drawn from a lot, the use, or the month (what the month's sum would be).
    """

    price: str
    subsidy: str
    per: str


@dataclass(frozen=True)
class Terms:
    """One version of a programme's terms; days are inclusive, in Asia/Shanghai."""

    unit: str
    classes: dict[str, VoucherClass]
    services: dict[str, Service]
    allotments: dict[str, Allotment]
    shares: tuple[Share, ...]
    other_payers: dict[str, Payer]
    reductions: tuple[Reduction, ...]
    reduction_pick: str
    caps: tuple[Cap, ...]
    rounding: Rounding
    valid_from: date
    valid_through: date
    eligibility: dict[str, Any] | None
    cases: tuple[dict[str, Any], ...]
    sources: tuple[dict[str, Any], ...]
    year_starts: int
    renewal: str
    one_per: str
    excludes: tuple[str, ...]
    single_use: bool
    remainder: str
    beyond: str
    lot_order: str
    commit: str
    payee: str
    area: str | None
    identity_check: str
    least_age: int | None
    below_age: int | None
    ahead_days: int
    late_days: int
    void_window: str
    give_back: str
    reopen_caps: str
    on_change: dict[str, str]
    suspension_prolongs: bool
    suspension_grants: bool
    recovery: str
    cycle: str
    lock_day: int
    minimum_fen: int
    confirm_days: int
    close: str
    funding: tuple[tuple[int, int], ...]

    def share_of(self, class_code: str, service_code: str) -> Share:
        """Return what the voucher pays of a service: the first share that fits, or all of it."""
        for share in self.shares:
            if fits(share, class_code, service_code):
                return share
        return WHOLE

    @property
    def counts(self) -> bool:
        """Tell whether a use is counted anywhere but in its lots."""
        return bool(self.caps) or self.rounding.per == "month"


WHOLE = Share(PPM, None, (), (), ())


def fits(rule: Share | Reduction | Cap, class_code: str, service_code: str) -> bool:
    """Tell whether a rule is about a class and a service; one that names none is about all."""
    return (not rule.classes or class_code in rule.classes) and (
        not rule.services or service_code in rule.services
    )


def read_terms(document: dict[str, Any]) -> Terms:
    """Read a validated terms document (see `schemas.TermsSchema`)."""
    said = DEFAULTS | document
    every = [item["code"] for item in said["services"]]
    nested = {
        name: DEFAULTS[name] | said[name]
        for name in ("rounding", "age_at_use", "entry", "on_change", "suspension", "settlement")
    }
    plain = {
        name: said[name]
        for name in (
            "unit eligibility year_starts renewal one_per single_use remainder beyond lot_order"
            " commit payee area identity_check void_window give_back reopen_caps recovery"
            " confirm_days close reduction_pick"
        ).split()
    }
    return Terms(
        **plain,
        classes={item["code"]: _class(item, every) for item in said["classes"]},
        services={item["code"]: _service(item) for item in said["services"]},
        allotments={item["code"]: _allotment(item) for item in said["allotments"]},
        shares=tuple(_share(item) for item in said["shares"]),
        other_payers={item["code"]: Payer(**item) for item in said["other_payers"]},
        reductions=tuple(_reduction(item) for item in said["reductions"]),
        caps=tuple(_cap(item) for item in said["caps"]),
        rounding=Rounding(**nested["rounding"]),
        valid_from=_day(said["valid_from"]),
        valid_through=_day(said["valid_through"]),
        cases=tuple(said["cases"]),
        sources=tuple(said["sources"]),
        excludes=tuple(said["excludes"]),
        least_age=nested["age_at_use"]["at_least"],
        below_age=nested["age_at_use"]["below"],
        ahead_days=nested["entry"]["ahead_days"],
        late_days=nested["entry"]["late_days"],
        on_change=nested["on_change"],
        suspension_prolongs=nested["suspension"]["prolongs"],
        suspension_grants=nested["suspension"]["grants"],
        cycle=nested["settlement"]["cycle"],
        lock_day=nested["settlement"]["lock_day"],
        minimum_fen=nested["settlement"]["minimum_fen"],
        funding=tuple((share["line_id"], share["share_ppm"]) for share in said["funding"]),
    )


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _class(item: dict[str, Any], every: list[str]) -> VoucherClass:
    services = tuple(item.get("services") or every)
    return VoucherClass(
        item["code"], item["name"], item.get("provider_tag"), services, item.get("when")
    )


def _service(item: dict[str, Any]) -> Service:
    return Service(
        code=item["code"],
        name=item["name"],
        unit=item["unit"],
        maximum_price_fen=item.get("maximum_price_fen"),
        provider_tag=item.get("provider_tag"),
        presence=item.get("presence") or "scan",
        measure=item.get("measure") or "unit",
        block=item.get("block") or 1,
        longest=item.get("longest"),
        hold_days=item.get("hold_days") or 1,
        hold_until=item.get("hold_until") or "days",
        results=tuple(Result(**result) for result in item.get("results") or ()),
    )


def _allotment(item: dict[str, Any]) -> Allotment:
    lapse = item.get("lapse") or {}
    usual = "window" if item.get("period", "once") == "once" else "period_end"
    return Allotment(
        code=item["code"],
        name=item["name"],
        period=item.get("period") or "once",
        amounts=tuple(
            Amount(one["quantity"], tuple(one.get("classes") or ()), one.get("when"))
            for one in item["amounts"]
        ),
        lapse=Lapse(
            lapse.get("kind") or usual,
            lapse.get("n") or 0,
            lapse.get("first_day_counts", True),
        ),
        first_period=item.get("first_period") or "full",
        opens_on=item.get("opens_on") or 1,
    )


def _share(item: dict[str, Any]) -> Share:
    return Share(
        rate_ppm=item.get("rate_ppm", PPM),
        standard_fen=item.get("standard_fen"),
        thresholds=tuple(
            sorted(
                (Threshold(**one) for one in item.get("thresholds") or ()),
                key=lambda one: one.spend_fen,
            )
        ),
        **_about(item),
    )


def _reduction(item: dict[str, Any]) -> Reduction:
    return Reduction(
        name=item["name"],
        of=item.get("of") or "amount",
        amount_fen=item.get("amount_fen") or 0,
        ppm=item.get("ppm") or 0,
        **_about(item),
    )


def _cap(item: dict[str, Any]) -> Cap:
    return Cap(
        code=item["code"],
        name=item["name"],
        of=item.get("of") or "fen",
        per=item["per"],
        limit=item["limit"],
        whose=item.get("whose") or "holder",
        at_limit=item.get("at_limit") or "cut",
        **_about(item),
    )


def _about(item: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        "classes": tuple(item.get("classes") or ()),
        "services": tuple(item.get("services") or ()),
    }
