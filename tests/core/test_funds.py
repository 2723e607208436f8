"""Special funds: a purpose list, a balance from the ledger, and nothing bought beside it."""

from __future__ import annotations

import pytest

from core import clock
from core.budget import rooms
from core.db import transaction
from tests import factories
from tests.purchase_world import NOW, Planning


@pytest.fixture
def planning(app, county):
    """Return the county on a day in March, with a fund for psychology and posts on its line."""
    with clock.frozen(NOW):
        made = Planning(app, county)
        made.fund = made.do(
            "fund.create",
            made.finance,
            name="社会建设专项资金",
            document="望财〔2026〕8号",
            division_code=factories.COUNTY,
            purposes=["psychology", "posts", "quarter_hour"],
        )["id"]
        made.do("fund.add_line", made.finance, id=made.fund, line_id=made.line)
        yield made


def purposed(planning, purpose, **changes):
    """Try to plan with a purpose of the fund, and return the refusal's code (None: none)."""
    fields = planning.plan(fund_purpose=purpose, **changes)
    answer = planning.attempt("purchase.create", planning.clerk, **fields)
    return answer.body["code"] if answer.refused else None


@pytest.mark.requirement("R001-05", "R001-07")
def test_a_fund_pays_for_its_purposes_only_and_shows_what_is_left(planning):
    assert purposed(planning, None) == "FUND_PURPOSE_MISMATCH"
    assert purposed(planning, "grids") == "FUND_PURPOSE_MISMATCH"
    number = planning.bring_to("filed", fund_purpose="quarter_hour", emergency_reason="疫情")
    (fund,) = planning.do("fund.list", planning.finance)["items"]
    with planning.app.app_context(), transaction(readonly=True):
        held = rooms(planning.line)
    assert {room: fund[f"{room}_fen"] for room in ("approved", "available", "reserved")} == {
        room: held[room] for room in ("approved", "available", "reserved")
    }
    planned = {one["code"]: one["planned_fen"] for one in fund["purposes"]}
    assert planned == {"psychology": 0, "posts": 0, "quarter_hour": 1_000_000}
    assert planning.shown(number)["fund_purpose"] == "quarter_hour"


@pytest.mark.requirement("R001-06")
def test_posts_are_bought_no_more_though_an_old_fund_names_them(planning):
    assert purposed(planning, "posts") == "NEGATIVE_LIST_HIT"
    assert purposed(planning, "psychology") is None


def test_ordinary_money_has_no_purpose_of_a_fund(planning):
    with planning.app.app_context():
        other = factories.make_line(planning.county, code="WEL")
    money = {"funding": [{"line_id": other, "amount_fen": 1}]}
    assert purposed(planning, "psychology", **money) == "FUND_PURPOSE_MISMATCH"
    assert purposed(planning, None, **money) is None


def test_a_line_is_money_of_one_fund_and_a_fund_is_set_up_once(planning):
    again = {"id": planning.fund, "line_id": planning.line}
    assert planning.refused("fund.add_line", planning.finance, **again) == "FUND_LINE_TAKEN"
    same = {"name": "社会建设专项资金", "document": "x", "purposes": ["grids"]}
    own = same | {"division_code": factories.COUNTY}
    assert planning.refused("fund.create", planning.finance, **own) == "FUND_EXISTS"
    above = same | {"name": "省级专项资金", "division_code": "430000"}
    assert planning.refused("fund.create", planning.finance, **above) == "NOT_FOUND"
