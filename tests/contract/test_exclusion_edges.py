"""Who is barred from bidding is who is barred from the award: by whom, and how far it reaches."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor, Grant
from core.db import db
from plugins.contract_outsourcing.models import Exclusion
from tests import factories
from tests.contract import bids_world
from tests.contract.bids_world import acting
from tests.factories import COUNTY, do

pytestmark = pytest.mark.one_engine

CITY = "430100"


def barred_by(who: Actor, provider: Actor) -> None:
    """Let somebody bar a provider from today on."""
    do(
        "exclusion.record",
        who,
        provider_id=provider.organisation_id,
        reason="履约评价不合格。",
        from_on="2026-03-19",
    )


@pytest.fixture
def published(app, county):
    """Return an open tender in which bids are taken."""
    with app.app_context():
        yield bids_world.published(county)


def test_another_purchaser_bars_nobody_from_this_ones_tender(county, published):
    who = bids_world.bidder("望城助餐公司")
    with clock.frozen(bids_world.BIDDING):
        other = factories.make_organisation("purchaser", name="区民政局")
        grant = Grant("purchaser_approver", other, COUNTY)
        barred_by(Actor(county.users["purchaser_approver"], "别的单位", (grant,)), who)
        assert not bids_world.submit(who, published, 90_000_000).refused
        barred_by(county.actor("purchaser_approver"), who)
        assert bids_world.submit(who, published, 90_000_000).body["code"] == "PROVIDER_SUSPENDED"


def test_who_is_barred_in_the_whole_city_does_not_bid_in_its_county(county, published):
    who = bids_world.bidder("望城助餐公司")
    with clock.frozen(bids_world.BIDDING), acting():
        db.session.add(
            Exclusion(
                provider_id=who.organisation_id,
                organisation_id=county.finance,
                division_code=CITY,
                reason="串通投标。",
                from_on=clock.today(),
                made_at=clock.now(),
            )
        )
    with clock.frozen(bids_world.BIDDING):
        assert bids_world.submit(who, published, 90_000_000).body["code"] == "PROVIDER_SUSPENDED"
