"""A new method of procurement is a new row: the same workflow, without any code."""

from __future__ import annotations

import pytest

from core import clock
from plugins.contract_outsourcing.rules import methods as rows
from tests.contract import tender_world as world
from tests.factories import attempt, do

pytestmark = pytest.mark.one_engine

ROWS = """
  - code: short_list
    name: 快速比选
    calls: public
    bids_min: 2
    bidding_days: 4
    unit: working_days
    envelopes: 1
    evaluation: lowest
    panel_min: negotiation.panel_min
    panel_expert_share: negotiation.panel_expert_share
    above_limit: needs_approval
    reason: [standard_goods]
    ocds: limited
    basis: 某县快速比选办法
  - code: pilot
    name: 试点委托
    calls: direct
    publicity: 2
    envelopes: 0
    evaluation: negotiated
    reason: [no_competition]
    ocds: direct
    basis: 某县试点办法
"""


@pytest.fixture
def office(app, county, tmp_path, monkeypatch):
    """Return the county where two methods more are known."""
    copy = tmp_path / "methods.yaml"
    copy.write_text(rows.SHIPPED.read_text(encoding="utf-8") + ROWS, encoding="utf-8")
    monkeypatch.setattr(rows, "SHIPPED", copy)
    rows.methods.cache_clear()
    with app.app_context(), clock.frozen(world.PUBLISHED):
        yield county
    rows.methods.cache_clear()


def refused(operation_id, actor, **fields):
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body["code"]


def test_a_new_competitive_row_runs_the_same_workflow(office):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    fields = {"method": "short_list", "sheet": None}
    plan = world.make_plan(office)
    given = world.written(**fields)
    assert refused("tender.create", clerk, purchase_id=plan, **given) == "METHOD_NOT_JUSTIFIED"
    reason = {"reason_code": "standard_goods", "method_reason": "规格统一。"}
    number = world.submit_tender(office, plan, **fields, **reason)
    world.hold_keys(office, number)
    early = refused("tender.publish", approver, id=number, closes_at="2026-02-13T23:59")
    assert early == "BIDDING_TIME_TOO_SHORT"
    do("tender.publish", approver, id=number, closes_at="2026-02-14T09:00")
    shown = do("public.tender", id=number)
    assert (shown["method_name"], shown["state"]) == ("快速比选", "published")
    assert shown["sheet"]["evaluation"] == "lowest"


def test_a_new_direct_row_is_made_public_for_as_long_as_it_says(office):
    fields = {"method": "pilot", "sheet": None, "closes_at": None, "provider_id": office.provider}
    fields |= {"reason_code": "no_competition", "method_reason": "只有一家。"}
    clerk, plan = office.actor("purchaser_clerk"), world.make_plan(office)
    given = world.written(**fields)
    assert refused("tender.create", clerk, purchase_id=plan, **given) == "METHOD_NOT_JUSTIFIED"
    test = {"able_providers": 1, "is_comparable": True, "words": "只有一家能做。"}
    number = world.submit_tender(office, plan, **fields, competition=test)
    approver = office.actor("purchaser_approver")
    assert do("tender.publicise", approver, id=number)["publicity_until"] == "2026-02-12"
