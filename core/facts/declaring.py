"""What an organisation says of itself: declared values, read as facts that a rule can judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.db import db
from core.divisions import Division
from core.facts.declared import ORGANISATION, PLACE, Value
from core.facts.reading import Known, Need, facts_about, place_of
from core.facts.recording import fitted


def declared(values: Mapping[str, Any], needs: list[Need]) -> Known:
    """Return what an organisation declared, for a rule that asks for `needs`.

    What it left out is unknown. Raises InvalidInput for a value that does not fit its fact.
    """
    facts = facts_about(ORGANISATION)
    read: dict[str, Value] = {
        code: _read(fitted(facts[code], value), facts[code].kind)
        for code, value in values.items()
        if code in facts
    }
    # An organisation was not born; it says itself since when it is registered.
    return Known(date.min, None, {need: read.get(need[0]) for need in needs})


def _read(value: Any, kind: str) -> Value:
    if kind != PLACE:
        return value  # type: ignore[no-any-return] # `fitted` gives what its kind holds
    division = db.session.get_one(Division, value)
    return place_of(division)
