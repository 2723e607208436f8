"""SP-6 whole, from the signing to the final account: the supplements among it, to the fen."""

from __future__ import annotations

import pytest

from core import clock
from core.budget import rooms
from tests import factories
from tests.contract import contract_world
from tests.contract.performance_world import Performing, transaction_of
from tests.contract.test_performance_story import (
    interest_is_paid,
    plan_is_paid,
    second_half_is_paid_late,
    second_year_is_paid,
    supplement_is_paid,
    supplement_is_signed,
    tail_follows_the_score,
)


def further_supplements_are_refused(world):
    """Walk E17 and E18."""
    for amount_fen, code in (
        (6_600_001, "SUPPLEMENT_OVER_10PCT"),
        (6_600_000, "BUDGET_INSUFFICIENT"),
    ):
        with clock.frozen("2026-10-16T10:00"):
            said = world.refused(
                "contract.amend",
                "purchaser_clerk",
                id=world.contract,
                words="增加",
                reason="需要",
                **contract_world.supplement(amount_fen),
            )
        assert said["code"] == code
    assert said["facts"]["available_fen"] == 472_800


@pytest.mark.requirement("R002-43")
@pytest.mark.requirement("R000-41", "R002-47", in_part=True)
def test_the_whole_scenario_ends_in_the_figures_of_its_account(app, county):
    world = Performing(app, county, is_public=True)
    world.bank_account()
    people = world.residents(2)
    plan_is_paid(world, people[0])
    with clock.frozen("2026-06-02T10:00"), app.app_context():
        other = factories.make_organisation("provider", name="第二家")
        handed_on = {"organisation_id": other, "words": "全部", "amount_fen": 96_000_000}
        said = world.refused(
            "contract.subcontract", "provider_manager", id=world.contract, **handed_on
        )
        assert said["code"] == "SUBCONTRACT_FORBIDDEN"
    second_half_is_paid_late(world, people[1])
    supplement_is_signed(world)
    further_supplements_are_refused(world)
    interest_is_paid(world)
    with transaction_of(app):
        at_line = rooms(world.line)
    assert (at_line["available"], at_line["encumbered"]) == (306_437, 3_000_000)
    assert at_line["disbursed"] == 56_693_563

    supplement_is_paid(app, world, people[0])
    second_year_is_paid(app, world, people[0])
    tail_follows_the_score(world, people[0])
    world.pay("2027-04-20")
    account_is_closed(world)
    assert world.balance("fin.treasury") == 97_133_563
    with transaction_of(app):
        at_line = rooms(world.line)
    assert (at_line["available"], at_line["disbursed"]) == (306_437, 59_693_563)


def account_is_closed(world):
    """Walk E27."""
    approver = "purchaser_approver"
    with clock.frozen("2027-04-25T10:00"):
        world.do("contract.complete", approver, id=world.contract)
        (bond,) = world.do("contract.show", approver, id=world.contract)["bonds"]
        held = world.refused("contract.close", approver, id=world.contract)
        assert held["code"] == "BOND_HELD"
        world.do("bond.return", approver, id=bond["id"], reason="履行完毕")
        closed = world.do("contract.close", approver, id=world.contract)
        assert closed["score"] == "87.45"
        assert (closed["value"], closed["paid"], closed["deducted"]) == (
            99_000_000,
            96_967_200,
            2_032_800,
        )
        record = world.do("provider.credit", approver, provider_id=world.county.provider)
        assert [one["score"] for one in record["items"]] == ["87.45"]
