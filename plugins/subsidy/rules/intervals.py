"""Half-open intervals of whole numbers that follow each other: neither a gap nor an overlap."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Protocol

from flask_babel import gettext as _

from core.errors import RuleBroken


class Interval(Protocol):
    """A row of a table: from a number on, below another; None: without an end."""

    @property
    def begins(self) -> int:
        """Return the first number that belongs to it."""

    @property
    def ends(self) -> int | None:
        """Return the first number that no longer belongs to it."""


def refuse_holes(rows: Sequence[Interval], what: str) -> None:
    """Refuse rows, in any order, that do not adjoin: TIERS_EMPTY, TIERS_GAP, TIERS_OVERLAP.

    `what` names the table in the sentence. Only the last row may be without an end, and below the
    first nothing is meant.
    """
    ordered = sorted(rows, key=lambda row: row.begins)
    if not ordered or any(row.ends is not None and row.ends <= row.begins for row in ordered):
        raise RuleBroken(
            "TIERS_EMPTY", _("%(what)s没有档次，或有的档次是空的。请补齐后再发布。", what=what)
        )
    for row, following in itertools.pairwise(ordered):
        if row.ends is not None and row.ends < following.begins:
            raise RuleBroken(
                "TIERS_GAP",
                _(
                    "%(what)s在 %(low)s 与 %(high)s 之间没有档次。请使各档首尾相接。",
                    what=what,
                    low=row.ends,
                    high=following.begins,
                ),
                low=row.ends,
                high=following.begins,
            )
        if row.ends is None or row.ends > following.begins:
            raise RuleBroken(
                "TIERS_OVERLAP",
                _(
                    "%(what)s的两档在 %(low)s 处重叠。请使各档首尾相接。",
                    what=what,
                    low=following.begins,
                ),
                low=following.begins,
            )


def row_of(rows: Sequence[Interval], value: int) -> int | None:
    """Return the place of the row a number lies in; None where it lies in none."""
    for place, row in enumerate(rows):
        if row.begins <= value and (row.ends is None or value < row.ends):
            return place
    return None
