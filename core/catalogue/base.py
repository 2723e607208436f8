"""The general catalogue that ships with the product: six categories, their leaves, dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.catalogue.models import GOVERNMENT, PUBLIC, SUPPORT

SUPPORTING = "E"  # the category whose services the government itself uses
OTHER = "F"  # the category that has no leaves: each item in it rests on an approval
TRADE_ASSOCIATION = "行业协会商会"


@dataclass(frozen=True)
class Leaf:
    """A leaf of the general catalogue, as a place may take it over."""

    code: str
    name: str
    content: str
    levels: tuple[str, ...]
    flags: tuple[str, ...]
    dimensions: tuple[str, ...]

    @property
    def category(self) -> str:
        """Return the letter of its category."""
        return self.code[0]

    @property
    def nature(self) -> str:
        """Return whether it is a public service or one that supports the government's own work."""
        return SUPPORT if self.category == SUPPORTING else PUBLIC

    @property
    def beneficiary(self) -> str:
        """Return whom it benefits: the public or the government itself."""
        return GOVERNMENT if self.category == SUPPORTING else PUBLIC

    @property
    def provider_kind(self) -> str | None:
        """Return who as a rule provides it: trade management goes to trade associations."""
        return TRADE_ASSOCIATION if "trade_management" in self.flags else None


@cache
def categories() -> dict[str, str]:
    """Return the six categories by letter."""
    found: dict[str, str] = _file()["categories"]
    return found


@cache
def dimensions() -> dict[str, str]:
    """Return the report dimensions: basic fields, reform fields, social-governance services."""
    found: dict[str, str] = _file()["dimensions"]
    return found


@cache
def leaves() -> dict[str, Leaf]:
    """Return the leaves of the general catalogue by code."""
    found = {}
    for code, written in _file()["leaves"].items():
        levels = ("province", "city", "county") + (("township",) if "township" in written else ())
        found[code] = Leaf(
            code,
            written["name"],
            written["content"],
            levels,
            tuple(written.get("flags", ())),
            tuple(written.get("dimensions", ())),
        )
    return found


@cache
def _file() -> dict[str, Any]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
