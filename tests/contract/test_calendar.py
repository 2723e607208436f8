"""What of contracts is due, by the day: for the purchaser, for the provider, for nobody else."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db
from plugins.contract_outsourcing.models import Contract
from plugins.contract_outsourcing.models import tenders as t
from tests import factories
from tests.contract import awards_world, contract_world
from tests.contract.performance_world import Performing
from tests.factories import do

pytestmark = pytest.mark.one_engine


def listed(actor, **asked):
    """Return what is due for somebody, as (day, what is to be done, about what)."""
    found = do("due.list", actor, limit=200, **asked)["items"]
    return [(one["due_on"], one["kind_name"], one["what"].split(" ", 1)[-1]) for one in found]


@pytest.fixture
def signed(app, county):
    """SP-6's contract on the day after its signing."""
    world = Performing(app, county)
    with app.app_context(), clock.frozen("2026-02-13T10:00"):
        yield world


def test_a_contracts_days_stand_in_the_calendar_of_both_parties(county, signed):
    clerk = listed(county.actor("purchaser_clerk"))
    manager = listed(signed.provider)
    days = [
        ("2026-03-31", "交付", "服务方案"),
        ("2026-08-31", "交付", "上半年服务"),
        ("2027-02-28", "交付", "下半年服务"),
        ("2027-02-28", "合同到期", "独居老人上门巡访服务合同"),
        ("2027-04-30", "交付", "绩效尾款"),
        ("2027-06-30", "履约保证金到期", "独居老人上门巡访服务合同"),
    ]
    assert manager == days
    # The purchaser is bound by legal clocks, too.
    assert [one[1] for one in clerk if one not in days] == ["合同公告", "合同备案"]
    assert [one for one in clerk if one in days] == days


def test_what_was_delivered_is_due_for_acceptance_and_then_for_payment(county, signed):
    with clock.frozen("2026-03-20T10:00"):
        signed.deliver(signed.m1, "2026-03-20")
        office = county.actor("purchaser_clerk")
        assert ("2026-03-30", "验收", "服务方案") in listed(office)
        signed.accept(signed.m1)
        assert ("2026-04-19", "收到付款", "服务方案") in listed(signed.provider)
        assert ("2026-04-19", "合同付款", "服务方案") in listed(office)
        assert not [one for one in listed(office) if one[1] == "收到付款"]
    with clock.frozen("2026-09-05T10:00"):
        late = listed(office, when="overdue")
        assert ("2026-08-31", "交付", "上半年服务") in late


def test_a_deduction_can_be_answered_until_its_day(county, signed):
    with clock.frozen("2026-03-20T10:00"):
        signed.deliver(signed.m1, "2026-03-20")
        missed = {"kind": "quality", "clause": "missed", "units": 1, "evidence": "缺一次"}
        signed.do("deduction.propose", "accepter", milestone_id=signed.m1, **missed)
        (stated,) = [one for one in listed(signed.provider) if one[1] == "承接主体陈述扣减"]
        assert stated[0] >= "2026-03-20"


def test_another_provider_is_told_nothing_of_the_contract(county, signed):
    other = factories.make_organisation("provider", name="另一家")
    assert listed(awards_world.manager_of(county, other)) == []


def test_a_closing_is_told_with_its_hour_and_an_award_with_the_day_of_signing(app, county):
    with app.app_context():
        awards_world.tender(
            county,
            state=t.PUBLISHED,
            opened_at=None,
            closes_at=clock.instant("2026-03-20T09:30"),
        )
        with clock.frozen("2026-03-04T10:00"):
            for who in ("purchaser_clerk", "provider_manager"):
                (one,) = do("due.list", county.actor(who))["items"]
                assert one["due_on"] == "2026-03-20"
                assert clock.instant(one["at"]) == clock.instant("2026-03-20T09:30")
                assert one["what"].endswith("机关物业服务")


def test_the_counts_say_how_much_is_due_when(county, signed):
    clerk = county.actor("purchaser_clerk")
    with clock.frozen("2026-03-31T08:00"):
        found = do("due.list", clerk, limit=2)
        assert found["counts"] == {"overdue": 2, "today": 1, "week": 0, "month": 0, "later": 5}
        assert [one["when"] for one in found["items"]] == ["overdue", "overdue"]
        following = do("due.list", clerk, limit=2, from_on=found["next_on"])
        assert [one["kind_name"] for one in following["items"]] == ["交付", "交付"]


def test_a_bond_of_an_ended_contract_is_to_be_given_back(app, county):
    with app.app_context():
        number = contract_world.signed_contract(county)
        approver = county.actor("purchaser_approver")
        with clock.frozen("2026-06-02T10:00"), awards_world.acting():
            row = db.session.get_one(Contract, number)
            row.state, row.ended_on = "completed", clock.today()
        with clock.frozen("2026-06-03T10:00"):
            assert ("2026-06-02", "退还履约保证金", "独居老人上门巡访服务合同") in listed(approver)
