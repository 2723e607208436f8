"""Money by its source, kept apart; and the register of incubators on three levels."""

from __future__ import annotations

import pytest

from core import clock
from core.budget import rooms
from core.db import transaction
from tests import factories


@pytest.fixture
def desk(app, county):
    """Return the county on a working day, with a line of lottery money and one of a fund."""
    with clock.frozen(factories.TODAY), app.app_context():
        county.items = {}
        yield Desk(county)


class Desk:
    """The budget desk and its lines by source."""

    def __init__(self, county):
        self.county, self.budget = county, county.actor("finance_budget")
        self.lottery = self.line("LOT", "lottery", 160_000)
        self.more = self.line("LOT2", "lottery", 40_000)

    def line(self, code, source, amount_fen):
        fields = {"code": code, "name": code, "fiscal_year": 2026, "function_code": "229"}
        fields |= {"organisation_id": self.county.purchaser, "economic_code": "30227"}
        fields |= {"document": "望财预〔2026〕5号", "amount_fen": amount_fen, "source": source}
        return factories.do("budget.appropriate", **fields)["id"]

    def told(self):
        found = factories.do("budget.sources", self.budget, year=2026)
        return {one["source"]: one for one in found["items"]}, found["total"]


@pytest.mark.requirement("R003-13")
def test_lottery_money_stands_apart_and_incubators_on_their_levels(desk):
    factories.file_plan(desk.county, desk.lottery, amount_fen=60_000)
    told, total = desk.told()
    assert set(told) == {"general", "lottery"}
    with transaction(readonly=True):
        held = [rooms(line) for line in (desk.lottery, desk.more)]
        everything = [*held, rooms(desk.county.line)]
    for room in ("approved", "available", "reserved", "disbursed"):
        assert told["lottery"][f"{room}_fen"] == sum(one[room] for one in held)
        assert total[f"{room}_fen"] == sum(one[room] for one in everything)
    assert (told["lottery"]["approved_fen"], told["lottery"]["reserved_fen"]) == (200_000, 60_000)

    administrator = desk.county.actor("administrator")
    for code, name in (("430112", "区基地"), ("430112", "第二基地")):
        hub = {"name": name, "division_code": code, "since_on": "2014-05-01"}
        last = factories.do("incubator.add", administrator, **hub, document="望民〔2014〕3号")
    for code in ("430000", "430100"):
        hub = {"name": "基地", "division_code": code, "since_on": "2013-05-01"}
        factories.do("incubator.add", document="湘民〔2013〕3号", **hub)
    fostered = {"id": last["id"], "provider_id": desk.county.provider, "from_on": "2015-01-01"}
    factories.do("incubator.foster", administrator, **fostered)
    found = factories.do("incubator.list", administrator)
    assert found["levels"] == {"province": 1, "city": 1, "county": 2}
    assert [one["providers"] for one in found["items"]] == [[], [], [], ["望城区育才学校"]]
    again = factories.attempt("incubator.foster", administrator, **fostered)
    assert again.body["code"] == "FOSTERING_EXISTS"


def test_money_of_one_source_is_not_moved_to_another(desk):
    moved = {"amount_fen": 100, "document": "望财预〔2026〕8号", "reason": "需求变化"}
    lines = {"from_line_id": desk.lottery, "to_line_id": desk.county.line}
    refused = factories.attempt("budget.transfer", desk.budget, **lines, **moved).body
    assert refused["code"] == "FUND_SOURCE_MISMATCH"
    assert "彩票公益金" in refused["detail"]
    assert refused["basis"] == "预算法第五条、第六十三条"
    factories.do("budget.transfer", desk.budget, **lines | {"to_line_id": desk.more}, **moved)


def test_an_incubator_belongs_to_ones_area_and_to_no_township(desk):
    hub = {"name": "基地", "since_on": "2014-05-01", "document": "1号"}
    clerk = desk.county.actor("purchaser_clerk")
    town = factories.attempt("incubator.add", clerk, division_code="430112001", **hub)
    assert town.body["code"] == "INVALID_INPUT"
    above = factories.attempt("incubator.add", clerk, division_code="430000", **hub)
    assert above.body["code"] == "NOT_FOUND"
    factories.do("incubator.add", clerk, division_code="430112", **hub)
    again = factories.attempt("incubator.add", clerk, division_code="430112", **hub)
    assert again.body["code"] == "INCUBATOR_EXISTS"
