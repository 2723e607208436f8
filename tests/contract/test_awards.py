"""Awards: where contracts begin."""

from __future__ import annotations

from typing import Any

from core.db import db, transaction
from plugins.contract_outsourcing.models import Award
from plugins.contract_outsourcing.models import awards as a
from tests.contract import awards_world
from tests.factories import County


def test_an_award_is_published_for_a_provider_under_a_plan(app: Any, county: County) -> None:
    with app.app_context():
        made = awards_world.published_award(county, county.provider, 96_000_000)
        with transaction(readonly=True):
            award = db.session.get_one(Award, made.id)
            assert (award.state, award.amount_fen) == (a.PUBLISHED, 96_000_000)
