"""Forward years: what a later year will need moves no money, and is converted whole or not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core import clock
from core.budget import reserved
from core.errors import Conflict, RuleBroken
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


PLAN, SCHEME = "purchase:7/2027", "scheme:1/2027"


def planned(county, amount_fen):
    """Record what the plan itself needs of 2027."""
    with county.acting() as system:
        forward.add(
            system,
            source=PLAN,
            purchase_id=7,
            organisation_id=county.purchaser,
            name="补贴计划",
            fiscal_year=2027,
            amount_fen=amount_fen,
        )


def take(county, amount_fen):
    """Let a scheme's obligation stand in place of so much of the plan's."""
    plan = SimpleNamespace(id=7, organisation_id=county.purchaser, name="补贴计划")
    with county.acting() as system:
        forward.take_over(
            system,
            purchase=plan,
            source=SCHEME,
            fiscal_year=2027,
            amount_fen=amount_fen,
            name="贴息",
        )


def back(county, amount_fen):
    """Give so much of the scheme's obligation back."""
    with county.acting():
        forward.hand_back(SCHEME, amount_fen)


def stand(county):
    """Return what is open of the plan and of the scheme."""
    items = county.do("forward.list", county.auditor)["items"]
    found = {one["source"]: one["amount_fen"] for one in items if one["state"] == "open"}
    return found.get(PLAN, 0), found.get(SCHEME, 0)


def test_an_own_obligation_stands_in_place_of_the_plans_and_goes_back_to_it(county):
    planned(county, 100)
    take(county, 60)
    assert stand(county) == (40, 60)
    take(county, 40)
    assert stand(county) == (0, 100)
    back(county, 30)
    assert stand(county) == (30, 70)
    back(county, 70)
    assert stand(county) == (100, 0)
    take(county, 100)
    assert stand(county) == (0, 100)


def test_no_more_is_taken_over_than_the_plan_has_left(county):
    with pytest.raises(RuleBroken) as none:
        take(county, 1)
    assert none.value.facts["planned_fen"] == 0
    planned(county, 100)
    take(county, 60)
    with pytest.raises(RuleBroken) as refused:
        take(county, 41)
    assert refused.value.code == "FORWARD_EXCEEDS_PLAN"
    assert "2027 年度需要 0.41 元" in refused.value.message
    assert stand(county) == (40, 60)


def test_what_was_converted_is_neither_taken_over_nor_given_back(county):
    planned(county, 2_000_000)
    take(county, 1_000_000)
    with county.acting():
        line = county.new_line("EDU", 2027)
    items = county.do("forward.list", county.auditor)["items"]
    of = {one["source"]: one["id"] for one in items}
    county.do("forward.convert", county.budgeter, id=of[SCHEME], line_id=line)
    for act in (take, back):
        with pytest.raises(Conflict) as refused:
            act(county, 1)
        assert refused.value.code == "STATE_CHANGED"
    assert stand(county) == (1_000_000, 0)
