"""Changes of a signed contract: what each kind may do, and what it does to the money."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from core import clock
from core.budget import rooms
from core.db import db, transaction
from plugins.contract_outsourcing.models import Contract
from plugins.contract_outsourcing.service import postings, years
from tests import factories
from tests.contract import contract_world as world
from tests.factories import attempt, do

OCTOBER = "2026-10-15T10:00"


@pytest.fixture
def signed(app, county, database_kept):
    """SP-6's contract in force, on a line of 600,000 yuan."""

    def make():
        county.law = world.line_of(county)
        awarded = world.award(county, purchase_id=world.plan(county, line=county.law))
        return world.signed_contract(county, awarded)

    number = database_kept.with_county(app, county, "contract signed", make)
    with app.app_context():
        yield number


def money(number):
    """Return where a contract's money is."""
    with transaction(readonly=True):
        return postings.registered(years.pools_of(number))


def milestones(county, number):
    """Return a contract's milestones by name."""
    shown = do("contract.show", county.actor("purchaser_clerk"), id=number)
    return {row["name"]: row for row in shown["milestones"]}


def ask(county, number, **changes):
    """Try to propose a change; return what is answered."""
    fields = {"words": "变更。", "reason": "需要。"} | changes
    with clock.frozen(OCTOBER):
        return attempt("contract.amend", county.actor("purchaser_clerk"), id=number, **fields).body


def test_a_supplement_is_committed_and_gets_a_milestone_of_its_own(county, signed):
    added = world.amended(county, signed, at=OCTOBER, **world.supplement(2_000_000))
    world.sign_amendment(county, added, at=OCTOBER)
    assert money(signed)["value"] == 98_000_000
    with transaction(readonly=True):
        assert rooms(county.law)["encumbered"] == 59_600_000
    found = milestones(county, signed)["补充巡访"]
    assert (found["kind"], found["amount_fen"], found["fiscal_year"]) == (
        "supplement",
        2_000_000,
        2026,
    )


def test_all_supplements_make_a_tenth_at_most_and_need_money(county, signed):
    with clock.frozen(OCTOBER):
        do(
            "budget.adjust",
            county.actor("finance_budget"),
            id=county.law,
            amount_fen=1_072_800,
            document="1号",
        )
    added = world.amended(county, signed, at=OCTOBER, **world.supplement(3_000_000))
    world.sign_amendment(county, added, at=OCTOBER)
    over = ask(county, signed, **world.supplement(6_600_001))
    assert over["code"] == "SUPPLEMENT_OVER_10PCT"
    assert over["facts"] == {
        "value_fen": 96_000_000,
        "earlier_fen": 3_000_000,
        "asked_fen": 6_600_001,
        "most_fen": 9_600_000,
    }
    short = ask(county, signed, **world.supplement(6_600_000))
    assert short["code"] == "BUDGET_INSUFFICIENT"
    assert short["facts"]["available_fen"] == 472_800


def test_two_supplements_at_once_never_make_more_than_a_tenth(app, county, signed):
    do(
        "budget.adjust",
        county.actor("finance_budget"),
        id=county.law,
        amount_fen=20_000_000,
        document="1号",
    )
    clerk, codes, ready = county.actor("purchaser_clerk"), [], threading.Barrier(2)

    def propose(amount_fen):
        with app.app_context(), clock.frozen(OCTOBER):
            ready.wait()
            asked = {"words": "增加。", "reason": "需要。"} | world.supplement(amount_fen)
            body = attempt("contract.amend", clerk, id=signed, **asked).body
            codes.append(body.get("code", "accepted"))

    both = [threading.Thread(target=propose, args=(fen,)) for fen in (5_000_000, 4_600_001)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(codes) == ["SUPPLEMENT_OVER_10PCT", "accepted"]


def test_a_lower_price_gives_the_money_back_in_the_year_it_was_for(county, signed):
    found = milestones(county, signed)
    cuts = [
        {"milestone_id": found["上半年服务"]["id"], "amount_fen": 800_000},
        {"milestone_id": found["绩效尾款"]["id"], "amount_fen": 9_600_000},
    ]
    cut = world.amended(county, signed, at=OCTOBER, kind="price_down", changes={"cuts": cuts})
    assert cut["amount_fen"] == -10_400_000
    world.sign_amendment(county, cut, at=OCTOBER)
    stands = money(signed)
    assert (stands["value"], stands["cancelled"]) == (96_000_000, 10_400_000)
    with transaction(readonly=True):
        assert rooms(county.law)["encumbered"] == 56_800_000
    owed = {
        one["source"]: one["amount_fen"]
        for one in do("forward.list", county.actor("finance_budget"))["items"]
    }
    assert owed[f"contract:{signed}/2027"] == 28_800_000
    after = milestones(county, signed)
    assert after["上半年服务"]["amount_fen"] == 28_000_000
    assert after["绩效尾款"]["state"] == "cancelled"


def test_an_extension_stays_within_the_term_and_brings_no_money(county, signed):
    late = ask(county, signed, kind="extension", changes={"ends_on": "2027-03-01"})
    assert late["code"] == "CONTRACT_TERM_EXCEEDED"
    dear = ask(county, signed, kind="extension", amount_fen=1, changes={"ends_on": "2027-02-28"})
    assert dear["code"] == "AMENDMENT_CHANGES_MONEY"


def test_an_extension_moves_the_end_of_a_contract_that_began_short(app, county):
    with app.app_context():
        number = world.signed_contract(county, ends_on="2027-01-31")
        extension = world.amended(
            county, number, at=OCTOBER, kind="extension", changes={"ends_on": "2027-02-28"}
        )
        world.sign_amendment(county, extension, at=OCTOBER)
        with transaction(readonly=True):
            assert db.session.get_one(Contract, number).ends_on == date(2027, 2, 28)


def test_the_next_year_is_committed_once_it_has_a_line(county, signed):
    with clock.frozen("2027-01-08T10:00"):
        line = factories.make_line(county, code="LAW27", amount_fen=40_000_000, fiscal_year=2027)
        (due,) = [
            one
            for one in do("forward.list", county.actor("finance_budget"))["items"]
            if one["state"] == "open"
        ]
        do("forward.convert", county.actor("finance_budget"), id=due["id"], line_id=line)
        with transaction(readonly=True):
            at_line = rooms(line)
            assert (at_line["encumbered"], at_line["available"]) == (38_400_000, 1_600_000)
            assert postings.balance(postings.FORWARD) == 0
            assert postings.balance(postings.FORWARD_DUE) == 0


@pytest.mark.requirement("R002-40")
@pytest.mark.requirement("R000-61", in_part=True)
def test_the_whole_contract_or_its_main_part_is_not_handed_on(county, signed):
    other = factories.make_organisation("provider", name="第二家")
    manager = world.manager_of(county, county.provider)

    def hand_on(amount_fen):
        fields = {"organisation_id": other, "words": "部分巡访", "amount_fen": amount_fen}
        with clock.frozen("2026-06-02T10:00"):
            return attempt("contract.subcontract", manager, id=signed, **fields).body

    assert hand_on(96_000_000)["code"] == "SUBCONTRACT_FORBIDDEN"
    asked = hand_on(40_000_000)
    assert hand_on(8_000_000)["code"] == "SUBCONTRACT_FORBIDDEN"
    with clock.frozen("2026-06-03T10:00"):
        said = do(
            "subcontract.decide",
            county.actor("purchaser_approver"),
            id=asked["id"],
            consent=True,
        )
    assert said["state"] == "consented"


def test_what_was_delivered_is_not_cut_nor_more_than_a_milestone_is_worth(county, signed):
    found = milestones(county, signed)
    first, second = found["服务方案"]["id"], found["上半年服务"]["id"]
    manager = world.manager_of(county, county.provider)
    with clock.frozen(OCTOBER):
        do("milestone.deliver", manager, id=first, delivered_on="2026-10-15", words="方案已交")

    def cut(milestone, amount_fen):
        cuts = [{"milestone_id": milestone, "amount_fen": amount_fen}]
        return ask(county, signed, kind="volume_down", changes={"cuts": cuts})

    delivered, dear = cut(first, 1), cut(second, 28_800_001)
    for answer in (delivered, dear):
        assert (answer["status"], answer["code"]) == (422, "MILESTONE_NOT_OPEN")
    assert delivered["facts"] == {"milestone_id": first}
    assert "“服务方案”已经交付" in delivered["detail"]
    assert dear["facts"] == {"milestone_id": second, "amount_fen": 28_800_000}
    for words in ("“上半年服务”", "288,000.00 元", "288,000.01 元", "请改为不超过"):
        assert words in dear["detail"]
