"""A step of the walk: who asks for which act, with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ANYBODY = "visitor"


@dataclass(frozen=True)
class Step:
    """One call of an act: by whom, with what, and whether it is meant to be refused."""

    operation_id: str
    who: str
    fields: dict[str, Any] = field(default_factory=dict)
    refused: bool = False


Told = dict[str, Any]
Walk = Iterator[Step]
