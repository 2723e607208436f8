"""A county that pays per bed, waives fees and asks for promises about prices."""

from __future__ import annotations

from typing import Any

from core import clock
from tests.factories import County, do
from tests.subsidy import scheme_world as world

PROMISED, CHECKED, STATE_BY = "2026-03-02T09:00", "2026-06-10T09:00", "2026-06-20"
ASKED = {"price_promise": True}
PROMISE: dict[str, Any] = {
    "service": "午餐",
    "unit": "份",
    "price_fen": 1_200,
    "from_on": "2026-03-01",
    "to_on": "2026-12-31",
}


def publish(county: County, kind: str = "per_unit", **changes: Any) -> int:
    """Publish a scheme of a kind on a plan of its own; terms changed as asked."""
    plan = world.make_plan(county)
    with clock.frozen(world.WRITTEN):
        return world.publish_scheme(county, plan, kind=kind, **changes)


def promise(county: County, scheme: int, **changes: Any) -> int:
    """Promise as the provider what lunch costs; return the promise's number."""
    asked = PROMISE | {"scheme_id": scheme} | changes
    return int(do("promise.make", county.actor("provider_manager"), **asked)["id"])
