"""Following the yuan through contracts, and their figures for rehearsals."""

from __future__ import annotations

import pytest

from core import trace
from core.access import system
from core.db import transaction
from core.plugins import registry
from tests.contract import contract_world as world
from tests.factories import do

pytestmark = pytest.mark.one_engine


def test_a_contracts_number_leads_back_to_its_plan_and_line(app, county):
    with app.app_context():
        line = world.line_of(county)
        awarded = world.award(county, purchase_id=world.plan(county, line=line))
        number = world.signed_contract(county, awarded)
        shown = do("contract.show", county.actor("purchaser_clerk"), id=number)
        with transaction(readonly=True):
            (place,) = trace.find(shown["number"], system())
            walk = trace.walk(place)
            before = {one.kind for level in walk.before for one in level}
            assert {"line", "purchase", "pool"} <= before
            after = [one.title for level in walk.after for one in level]
            assert "节点 服务方案" in after
            assert len(place.journals) == 1


def test_the_register_has_figures_by_contract_and_by_year(app, county):
    with app.app_context():
        number = world.signed_contract(county)
        shown = do("contract.show", county.actor("purchaser_clerk"), id=number)
        with transaction(readonly=True):
            found = {
                name: registry().figures[name].run(owner)
                for name, owner in (
                    ("con.contract", shown["number"]),
                    ("con.unpaid", number),
                    ("con.paid", shown["number"]),
                    ("con.forward", None),
                    ("con.forward_due", 2027),
                )
            }
        assert found == {
            "con.contract": 96_000_000,
            "con.unpaid": 96_000_000,
            "con.paid": 0,
            "con.forward": 38_400_000,
            "con.forward_due": 38_400_000,
        }
