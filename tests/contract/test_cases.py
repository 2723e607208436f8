"""One case on one page: what happened to the fen, who may read how much of it, what comes next."""

from __future__ import annotations

import pytest

from core import clock
from core.access import ANONYMOUS
from core.db import db
from plugins.contract_outsourcing.models import Contract
from plugins.contract_outsourcing.models import tenders as t
from tests import factories
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.contract.performance_world import Performing, transaction_of
from tests.contract.test_contract_story import account_is_closed
from tests.contract.test_papers import signed_in, words_of
from tests.contract.test_performance_story import (
    interest_is_paid,
    plan_is_paid,
    second_half_is_paid_late,
    second_year_is_paid,
    supplement_is_paid,
    supplement_is_signed,
    tail_follows_the_score,
)

pytestmark = pytest.mark.one_engine


def tender_of(world):
    """Return the number of the tender of a contract."""
    with transaction_of(world.app):
        return db.session.get_one(Contract, world.contract).tender_id


def case(world, who, tender=None):
    """Return a case as somebody reads it."""
    return world.do("case.show", who, id=tender or tender_of(world))


def told(found, what):
    """Return what is told under a word: day, about, amount."""
    return [
        (one["on"], one["about"], one["amount_fen"])
        for one in found["items"]
        if one["what"] == what
    ]


def account_is_printed(world):
    """Open the final account as the provider: the ledger's figures, to the fen."""
    manager = signed_in(world.app, world.county, "provider_manager")
    text = words_of(manager.open(f"/contract/contracts/{world.contract}/account.pdf"))
    for words in ("合同结算单", "990,000.00 元", "969,672.00 元", "20,328.00 元", "87.45"):
        assert words in text, words


@pytest.fixture
def signed(app, county):
    """SP-6's contract, signed, for public services."""
    return Performing(app, county, is_public=True)


def test_the_whole_story_is_told_in_order_and_its_payments_are_the_ledgers(app, county):
    world = Performing(app, county, is_public=True)
    world.bank_account()
    people = world.residents(2)
    plan_is_paid(world, people[0])
    second_half_is_paid_late(world, people[1])
    supplement_is_signed(world)
    interest_is_paid(world)
    supplement_is_paid(app, world, people[1])
    second_year_is_paid(app, world, people[0])
    tail_follows_the_score(world, people[0])
    world.pay("2027-04-20")
    account_is_closed(world)
    with clock.frozen("2027-05-01T10:00"):
        found = case(world, "auditor")
    moments = [one["at"] for one in found["items"]]
    assert moments == sorted(moments)
    assert told(found, "银行确认付款") == [
        ("2026-04-10", "服务方案", 28_800_000),
        ("2026-10-30", "上半年服务", 27_727_200),
        ("2026-12-25", "补充巡访", 3_000_000),
        ("2027-03-15", "下半年服务", 28_800_000),
        ("2027-04-20", "绩效尾款", 8_640_000),
    ]
    (account,) = found["contracts"]
    paid = sum(fen for _on, _about, fen in told(found, "银行确认付款"))
    assert account["paid_fen"] == paid == 96_967_200
    assert [fen for *_more, fen in told(found, "决定扣减")] == [-172_800, -900_000]
    for what in ("逾期付款利息", "逾期付款利息付清"):
        assert told(found, what) == [("2026-10-30", "", 166_363)]
    assert len(told(found, "服务对象意见")) == 5
    assert found["items"][-1]["what"] == "结清合同"
    assert found["items"][-1]["amount_fen"] == 96_967_200
    # Nobody has made it public or filed it.
    assert [one["kind_name"] for one in found["next"]] == ["合同公告", "合同备案"]
    account_is_printed(world)
    # The provider is told the same of its own contract.
    own = case(world, "provider_manager")
    assert told(own, "银行确认付款") == told(found, "银行确认付款")
    assert own["planned_fen"] is None


def test_roles_are_told_to_the_parties_and_names_to_who_sees_the_whole(signed):
    with clock.frozen("2026-03-20T10:00"):
        signed.deliver(signed.m1, "2026-03-20")
        whole, own = case(signed, "supervisor"), case(signed, "provider_manager")
    (seen,) = [one for one in whole["items"] if one["what"] == "申报交付"]
    (mine,) = [one for one in own["items"] if one["what"] == "申报交付"]
    assert seen["role"] == mine["role"] == "承接主体负责人"
    assert seen["person"]
    assert not any(one["person"] for one in own["items"])
    # What was before its contract the provider reads as everybody does.
    assert not [one for one in own["items"] if one["page"] == "purchases.show"]


def test_a_case_is_found_by_who_may_see_the_tender_or_a_contract_of_it(county, signed):
    number = tender_of(signed)
    readers = ("purchaser_clerk", "finance_budget", "auditor", "accepter", "evaluator")
    for role in readers:
        assert case(signed, role)["id"] == number
    with signed.app.app_context():
        other = factories.make_organisation("provider", name="另一家")
    strange = signed.refused("case.show", awards_world.manager_of(county, other), id=number)
    assert strange["code"] == "NOT_FOUND"
    assert signed.refused("case.show", "expert", id=number)["code"] == "ROLE_NOT_ALLOWED"


def test_the_public_reads_what_was_published_and_no_names(county, signed):
    number = tender_of(signed)
    with clock.frozen("2026-03-20T10:00"):
        before = signed.do("public.case", ANONYMOUS, id=number)
        assert "合同生效" not in [one["what"] for one in before["items"]]
        signed.do("contract.publish", "purchaser_clerk", id=signed.contract)
        found = signed.do("public.case", ANONYMOUS, id=number)
    words = [one["what"] for one in found["items"]]
    assert {"合同生效", "公告合同"} <= set(words)
    assert "签署合同" not in words
    assert not any(one["person"] or one["role"] for one in found["items"])
    assert "contracts" not in found
    with signed.app.app_context():
        draft = awards_world.tender(county, state=t.DRAFT, published_at=None, opened_at=None)
    assert signed.refused("public.case", ANONYMOUS, id=draft)["code"] == "NOT_FOUND"


def test_what_comes_next_stands_with_its_day(signed):
    with clock.frozen("2026-02-13T10:00"):
        upcoming = [(one["kind_name"], one["days_left"]) for one in case(signed, "auditor")["next"]]
        own = [one["kind_name"] for one in case(signed, "provider_manager")["next"]]
    assert upcoming[0] == ("合同公告", 1)
    assert ("交付", 46) in upcoming
    assert "交付" in own


# --- before the award --------------------------------------------------------------------------


@pytest.fixture
def judging(app, county):
    """A procurement whose bids are being judged."""
    with clock.frozen(MORNING):
        yield Evaluation(app, county).build()


def test_who_judges_is_named_only_after_the_award(judging):
    panel = judging.ranked()
    assert len(panel) == 5

    def entries():
        return judging.do("case.show", judging.who("auditor"), id=judging.tender)["items"]

    def drawn():
        return next(one for one in entries() if one["what"] == "抽取评审专家")

    def reported():
        return next(one for one in entries() if one["page"] == "contract_awards.ranking")

    assert drawn()["detail"] == "5 名"
    assert reported()["person"] == ""
    assert reported()["detail"].startswith("第 1 名 第1服务公司")
    judging.do("award.decide", judging.who("purchaser_approver"), id=judging.tender)
    judging.do("award.publish", judging.who("purchaser_clerk"), id=judging.tender)
    assert drawn()["detail"].count("、") == 4
    # The members are named where they were drawn; who of them was the last to sign is no matter.
    assert reported()["person"] == ""


def test_a_challenge_is_told_without_its_party_to_who_may_not_read_it(judging):
    judging.awarded()
    fields = {"tender_id": judging.tender, "about": "result", "words": "得分有误。"}
    judging.do("challenge.file", judging.manager(1), kind="challenge", **fields)

    def filed(actor):
        found = judging.do("case.show", actor, id=judging.tender)["items"]
        return [(one["about"], one["page"]) for one in found if one["what"] == "收到质疑"]

    assert filed(judging.who("supervisor")) == [("第2服务公司", "contract_awards.challenge")]
    assert filed(judging.who("treasurer")) == [("", "")]
    public = judging.do("public.case", ANONYMOUS, id=judging.tender)["items"]
    assert "收到质疑" not in [one["what"] for one in public]
