"""Forward years: what a later year will need moves no money, and is converted whole or not."""

from __future__ import annotations

import pytest

from core import clock
from core.budget import reserved
from core.errors import Conflict
from core.plugins import FORMS
from core.years import forward
from tests.years_world import MIDNIGHT, TurningCounty


@pytest.fixture
def county(make_app, monkeypatch):
    """A county with a purchase that needs 20,000 yuan of the next year."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-10-08T10:00"):
        made = TurningCounty(make_app).build()
        made.before = made.rooms(made.line)
        made.due = add(made, 2_000_000)
    with clock.frozen(MIDNIGHT):
        yield made


def add(county, amount_fen):
    """Record what purchase 7 needs of 2027; return its number."""
    with county.acting() as system:
        return forward.add(
            system,
            source="contract:3/2027",
            purchase_id=7,
            organisation_id=county.purchaser,
            name="保洁合同 2027 年度",
            fiscal_year=2027,
            amount_fen=amount_fen,
        ).id


def test_a_forward_obligation_moves_no_money(county):
    assert county.rooms(county.line) == county.before
    (item,) = county.do("forward.list", county.auditor)["items"]
    assert (item["fiscal_year"], item["amount_fen"], item["state"]) == (2027, 2_000_000, "open")


def test_it_is_reserved_on_the_line_of_its_year(county):
    with county.acting():
        line = county.new_line("EDU", 2027)
    said = county.do("forward.convert", county.budgeter, id=county.due, line_id=line)
    assert said["state"] == "converted"
    assert county.rooms(line)["reserved"] == 2_000_000
    with county.reading():
        assert reserved(7) == {line: 2_000_000}
    again = county.refused("forward.convert", county.budgeter, id=county.due, line_id=line)
    assert again == "STATE_CHANGED"
    with pytest.raises(Conflict):
        add(county, 1)


def test_it_is_refused_whole_when_the_line_is_short(county):
    with county.acting():
        line = county.new_line("EDU", 2027)
    cut = {"id": line, "amount_fen": -1_000_001, "document": "1号"}
    county.do("budget.adjust", county.budgeter, **cut)
    answer = county.perform("forward.convert", county.budgeter, id=county.due, line_id=line)
    assert answer.body["code"] == "BUDGET_INSUFFICIENT"
    assert "19,999.99" in answer.body["detail"]
    assert "20,000.00" in answer.body["detail"]
    assert "reserved" not in county.rooms(line)


def test_another_years_line_does_not_take_it(county):
    said = county.refused("forward.convert", county.budgeter, id=county.due, line_id=county.line)
    assert said == "LINE_MISMATCH"


def test_it_follows_its_purchase_while_open(county):
    assert add(county, 1_500_000) == county.due
    with county.acting():
        forward.cancel("contract:3/2027")
    (item,) = county.do("forward.list", county.auditor)["items"]
    assert (item["amount_fen"], item["state"]) == (1_500_000, "cancelled")
