"""Tenders: written for a filed plan, published by a second person, changed in the open."""

from __future__ import annotations

from core import clock
from tests.contract import tender_world as world
from tests.factories import do


def test_a_tender_goes_from_filed_plan_to_notice(app, county):
    with app.app_context():
        number = world.publish_tender(county)
        with clock.frozen(world.PUBLISHED):
            shown = do("tender.show", county.actor("purchaser_clerk"), id=number)
            public = do("public.tender", id=number)
    assert shown["state"] == "published"
    assert public["ceiling_fen"] == world.CEILING
    assert public["conditions"]
