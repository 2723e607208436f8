"""The methods of procurement as rows of data, read once from `methods.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PUBLIC, INVITED, DIRECT = "public", "invited", "direct"
COMPREHENSIVE, LOWEST, LOWEST_FINAL, NEGOTIATED = (
    "comprehensive",
    "lowest",
    "lowest_final_quote",
    "negotiated",
)
NEEDS_APPROVAL = "needs_approval"
OPEN = "open"
NO_COMPETITION, EMERGENCY = "no_competition", "emergency"
Figure = str | int | None


@dataclass(frozen=True)
class Method:
    """A method of procurement (采购方式); what the columns mean is said in `methods.yaml`.

    A `Figure` is a code of the rule pack, or a whole number of ours, or None: no such limit.
    """

    code: str
    name: str
    calls: str
    envelopes: int
    evaluation: str
    ocds: str
    basis: str
    bids_min: Figure = None
    invitees_min: Figure = None
    bidding_days: Figure = None
    unit: str = "days"
    documents_days: Figure = None
    amendment_days: Figure = None
    prequalification: bool = False
    prequalification_days: Figure = None
    price_weight_min: Figure = None
    price_weight_max: Figure = None
    panel_min: Figure = None
    panel_expert_share: Figure = None
    publicity: Figure = None
    standstill_days: int = 0
    above_limit: str | None = None
    reason: tuple[str, ...] = ()
    several: bool = False
    eliminated_min: Figure = None
    longest_years: Figure = None
    report_afterwards: bool = False

    @property
    def is_competitive(self) -> bool:
        """Tell whether providers bid against each other."""
        return self.calls != DIRECT

    @property
    def is_open(self) -> bool:
        """Tell whether it counts as open tendering, which any amount may use."""
        return self.ocds == OPEN

    @property
    def is_scored(self) -> bool:
        """Tell whether bids get points from a sheet, beside their price."""
        return self.evaluation == COMPREHENSIVE

    @property
    def needs_failed_test(self) -> bool:
        """Tell whether only the lack of competition justifies it."""
        return NO_COMPETITION in self.reason


SHIPPED = Path(__file__).with_name("methods.yaml")


@cache
def methods() -> dict[str, Method]:
    """Return the methods by code. Raises TypeError for a row with an unknown column."""
    return read(SHIPPED.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Method]:
    """Return the methods that a text in the shape of `methods.yaml` lists, by code."""
    rows: list[dict[str, Any]] = yaml.safe_load(text)["methods"]
    return {row["code"]: Method(**row | {"reason": tuple(row.get("reason", ()))}) for row in rows}
