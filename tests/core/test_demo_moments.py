"""The demo county loads at any moment, also at awkward ones."""

from __future__ import annotations

import pytest

from core import clock, demo
from core.db import transaction
from core.settlement.models import Payment
from plugins.contract_outsourcing.models import Order
from plugins.voucher.models import Hold, Objection, Recovery
from tests.conftest import books
from tests.core.demo_counts import ROADS, THIN, by_state, count, states_of

# The first minutes of a year; the last of a leap day and its month. The county below has a Monday.
AWKWARD = {"postgresql": "2027-01-01T00:10", "sqlite": "2028-02-29T23:50"}


@pytest.mark.slow
def test_the_county_loads_at_awkward_moments_too(app, database_kept):
    with app.app_context(), clock.frozen(AWKWARD[database_kept.engine]):
        assert demo.load(lambda _line: None, one_in=THIN)
        with transaction(readonly=True):
            assert by_state(Payment)["rejected"] == 1
            assert by_state(Objection) == {"open": 1}
            assert by_state(Recovery) == {"open": 1, "recovered": 1}
            assert count(Hold, Hold.state == "open", Hold.is_visit) == 1
            assert states_of(ROADS) == ["paid", "submitted", "scheduled"]
            assert count(Order) >= 2
        assert books() == []
