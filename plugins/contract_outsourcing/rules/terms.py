"""A contract's terms as the computer works with them, read from how they are stored.

Money is fen, shares basis points (bp), rates parts per million (ppm), scores hundredths of a point.
What a contract does not provide for is None or empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.contract_outsourcing.rules.splitting import BP, split

SHARE, TAIL, ADVANCE = "share", "tail", "advance"
KINDS = (SHARE, TAIL, ADVANCE)
SIDES = ("purchaser", "recipients", "third_party")


@dataclass(frozen=True)
class Part:
    """A planned milestone: a share (bp) of the value or an amount (fen), due on a day, of a year.

    `kind`: share, tail (by the score at the end) or advance (paid before, taken off later).
    """

    code: str
    name: str
    kind: str
    fiscal_year: int
    share_bp: int | None = None
    amount_fen: int | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class Funding:
    """A line of the year of signing and its share (ppm) of what the earlier ones left."""

    line_id: int
    share_ppm: int


@dataclass(frozen=True)
class StandardLine:
    """A line of the standard by which the service is accepted."""

    code: str
    name: str
    required: bool


@dataclass(frozen=True)
class Late:
    """Damages for lateness: ppm of the milestone a day, at most a share of the contract."""

    ppm_per_day: int
    cap_bp: int | None


@dataclass(frozen=True)
class Quality:
    """A clause that takes so much off for each unit missed."""

    code: str
    name: str
    unit: str
    unit_fen: int


@dataclass(frozen=True)
class Tier:
    """From this score on, this share of the tail is paid."""

    from_centipoints: int
    factor_bp: int


@dataclass(frozen=True)
class Tail:
    """How the tail follows the score: the tiers, and the weights (bp) of who scores."""

    tiers: tuple[Tier, ...]
    weights: Mapping[str, int]


@dataclass(frozen=True)
class BondTerms:
    """The performance bond that is given, never in cash."""

    form: str
    issuer: str
    document: str
    amount_fen: int
    expires_on: date


@dataclass(frozen=True)
class Index:
    """Prices follow an index (in hundredths) from its base on, by `clamp_bp` at most each way."""

    name: str
    base: int
    clamp_bp: int


@dataclass(frozen=True)
class UnitPrice:
    """What a unit of a service costs, by bands (last unit of the quarter or None, fen)."""

    code: str
    name: str
    unit: str
    bands: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True)
class Renewal:
    """How often a contract may be renewed, and the score that it takes."""

    most_times: int
    min_centipoints: int


@dataclass(frozen=True)
class Terms:
    """All terms of a contract; see the classes of its parts."""

    milestones: tuple[Part, ...]
    funding: tuple[Funding, ...]
    standard: tuple[StandardLine, ...]
    acceptance_days: int | None
    recipients_min: int
    late: Late | None
    quality: tuple[Quality, ...]
    deduction_cap_bp: int | None
    tail: Tail | None
    bond: BondTerms | None
    payment_days: int
    payment_from: str
    late_interest_ppm: int | None
    index: Index | None
    unit_prices: tuple[UnitPrice, ...]
    ceiling_fen: int | None
    overclaim_tolerance_ppm: int
    renewal: Renewal | None
    income_share_bp: int | None


def read_terms(stored: Mapping[str, Any]) -> Terms:
    """Read terms from the JSON they are stored as, which `ContractTermsSchema` has judged."""
    late, tail, bond = stored.get("late"), stored.get("tail"), stored.get("bond")
    index, renewal = stored.get("index"), stored.get("renewal")
    return Terms(
        milestones=tuple(_part(row) for row in stored.get("milestones") or ()),
        funding=tuple(Funding(**row) for row in stored.get("funding") or ()),
        standard=tuple(StandardLine(**row) for row in stored.get("standard") or ()),
        acceptance_days=stored.get("acceptance_days"),
        recipients_min=stored.get("recipients_min") or 0,
        late=Late(**late) if late else None,
        quality=tuple(Quality(**row) for row in stored.get("quality") or ()),
        deduction_cap_bp=stored.get("deduction_cap_bp"),
        tail=Tail(tuple(Tier(**row) for row in tail["tiers"]), tail["weights"]) if tail else None,
        bond=BondTerms(**bond | {"expires_on": _day(bond["expires_on"])}) if bond else None,
        payment_days=stored["payment_days"],
        payment_from=stored["payment_from"],
        late_interest_ppm=stored.get("late_interest_ppm"),
        index=Index(**index) if index else None,
        unit_prices=tuple(_price(row) for row in stored.get("unit_prices") or ()),
        ceiling_fen=stored.get("ceiling_fen"),
        overclaim_tolerance_ppm=stored.get("overclaim_tolerance_ppm") or 0,
        renewal=Renewal(**renewal) if renewal else None,
        income_share_bp=stored.get("income_share_bp"),
    )


def amounts(parts: Sequence[Part], value_fen: int) -> list[int] | None:
    """Return each part's amount (fen), in order; None where the parts do not make the value.

    All but advances are either shares of the value or amounts, never both; an advance is one of
    the two by itself, and no part of the value.
    """
    counted = [part for part in parts if part.kind != ADVANCE]
    shares = [part.share_bp for part in counted if part.share_bp is not None]
    if not shares:
        if sum(part.amount_fen or 0 for part in counted) != value_fen:
            return None
        own = iter([part.amount_fen or 0 for part in counted])
    elif len(shares) < len(counted) or sum(shares) != BP:
        return None
    else:
        own = iter(split(value_fen, shares))
    return [_advance(part, value_fen) if part.kind == ADVANCE else next(own) for part in parts]


def by_year(parts: Sequence[Part], parts_fen: Sequence[int]) -> dict[int, int]:
    """Return what a contract costs (fen) by fiscal year; an advance is no cost of its own."""
    years: dict[int, int] = {}
    for part, fen in zip(parts, parts_fen, strict=True):
        if part.kind != ADVANCE:
            years[part.fiscal_year] = years.get(part.fiscal_year, 0) + fen
    return dict(sorted(years.items()))


def indexed(amount_fen: int, index: Index, now: int) -> int:
    """Return an amount (fen) that follows an index, clamped to its limits, rounded down."""
    low, high = index.base * (BP - index.clamp_bp), index.base * (BP + index.clamp_bp)
    held = min(max(now * BP, low), high)
    return amount_fen * held // (index.base * BP)


def _advance(part: Part, value_fen: int) -> int:
    return (
        part.amount_fen if part.amount_fen is not None else value_fen * (part.share_bp or 0) // BP
    )


def _part(row: Mapping[str, Any]) -> Part:
    return Part(**{**row, "due_on": _day(row.get("due_on"))})


def _price(row: Mapping[str, Any]) -> UnitPrice:
    bands = tuple((band["up_to"], band["unit_fen"]) for band in row["bands"])
    return UnitPrice(row["code"], row["name"], row["unit"], bands)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
