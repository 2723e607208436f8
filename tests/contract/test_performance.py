"""Delivery, opinions, deductions, acceptance and scores: what is refused, by which law, and why."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor, Grant
from core.budget import rooms
from core.db import db, transaction
from plugins.contract_outsourcing.models import Challenge, Contract, Milestone
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.service import performance_checks, scoring_record
from tests import factories
from tests.contract import contract_world
from tests.contract.awards_world import acting
from tests.contract.performance_world import ALL_MET, Performing, transaction_of
from tests.settlement_world import together

TODAY = "2026-03-20T10:00"


@pytest.fixture
def world(app, county, database_kept):
    """Return SP-6's contract as signed, of a service for the office itself, on 20 March."""
    with clock.frozen(TODAY):
        yield database_kept.with_county(app, county, "performing", lambda: Performing(app, county))


@pytest.fixture
def public(app, county, database_kept):
    """Return the same contract for a public service that was delivered on 20 March."""

    def make():
        made = Performing(app, county, is_public=True)
        made.deliver(made.m1, "2026-03-20")
        return made

    with clock.frozen(TODAY):
        yield database_kept.with_county(app, county, "performing, delivered", make)


# --- delivery -----------------------------------------------------------------------------------


def deliver(world, milestone, on="2026-03-20"):
    return {"id": milestone, "delivered_on": on, "words": "完成"}


def test_a_delivery_is_neither_to_come_nor_before_the_contract(world):
    for day in ("2026-03-21", "2026-02-11"):
        refusal = world.refused(
            "milestone.deliver", "provider_manager", **deliver(world, world.m1, day)
        )
        assert refusal["code"] == "INVALID_INPUT"
        assert "delivered_on" in refusal["errors"]


def test_parts_are_delivered_in_order_and_the_tail_last(world):
    last = world.milestones[-1]
    for milestone, code in ((world.m2, "EARLIER_MILESTONE_OPEN"), (last, "EARLIER_MILESTONE_OPEN")):
        refusal = world.refused(
            "milestone.deliver", "provider_manager", **deliver(world, milestone)
        )
        assert refusal["code"] == code
        assert refusal["basis"] == "民法典第五百零九条"
        assert "服务方案" in refusal["detail"]
    world.deliver(world.m1, "2026-03-20")
    world.deliver(world.m2, "2026-03-20")


def test_another_provider_does_not_find_the_milestone(world):
    with world.app.app_context():
        other = factories.make_organisation("provider", name="别的公司")
    stranger = Actor(1, "别人", (Grant("provider_manager", other, factories.COUNTY),))
    assert (
        world.refused("milestone.deliver", stranger, **deliver(world, world.m1))["code"]
        == "NOT_FOUND"
    )


def test_nothing_is_delivered_under_a_suspended_contract(world):
    with world.app.app_context(), acting():
        db.session.get_one(Contract, world.contract).state = "suspended"
    refusal = world.refused("milestone.deliver", "provider_manager", **deliver(world, world.m1))
    assert refusal["code"] == "CONTRACT_NOT_PERFORMING"


# --- recipients ---------------------------------------------------------------------------------


def test_a_public_service_is_not_accepted_before_its_recipients_are_heard(public):
    refusal = public.refused("acceptance.record", "accepter", id=public.m1, results=ALL_MET)
    assert refusal["code"] == "ACCEPTANCE_NEEDS_RECIPIENTS"
    assert refusal["basis"] == "政府采购法实施条例第四十五条"
    assert refusal["facts"] == {"required": 1, "given": 0}
    assert "还缺 1 份" in refusal["detail"]


def test_a_villagers_not_delivered_stops_the_payment_until_it_is_answered(public):
    (villager,) = public.residents(1)
    opinion = public.say(villager, public.m1, delivered=False, words="没有人来过")
    refusal = public.refused("acceptance.record", "accepter", id=public.m1, results=ALL_MET)
    assert refusal["code"] == "ACCEPTANCE_DISPUTED"
    public.do("opinion.answer", "accepter", id=opinion, answer="已上门核实，19 日补巡。")
    assert public.accept(public.m1)["state"] == "accepted"
    (heard,) = public.do("opinion.mine", villager)["items"]
    assert heard["said"]["answer"] == "已上门核实，19 日补巡。"


def test_a_not_delivered_said_after_the_record_stops_the_approval(public):
    people = public.residents(2)
    public.say(people[0], public.m1)
    public.record(public.m1)
    public.say(people[1], public.m1, delivered=False)
    refusal = public.refused("acceptance.approve", "purchaser_approver", id=public.m1)
    assert refusal["code"] == "ACCEPTANCE_DISPUTED"
    # She looks again and corrects herself; nobody has to answer what she no longer says.
    public.say(people[1], public.m1)
    public.do("acceptance.approve", "purchaser_approver", id=public.m1)


def test_what_is_said_at_the_desk_does_not_replace_her_own_words(public):
    (villager,) = public.residents(1)
    said = {"milestone_id": public.m1, "resident_id": villager.resident_id, "way": "desk"}
    public.do("opinion.record", "purchaser_clerk", delivered=True, **said)
    public.say(villager, public.m1, delivered=False)
    refusal = public.refused("opinion.record", "purchaser_clerk", delivered=True, **said)
    assert refusal["code"] == "OPINION_IS_HERS"


def test_a_service_for_the_office_asks_no_resident(world):
    world.deliver(world.m1, "2026-03-20")
    (villager,) = world.residents(1)
    asked = {"milestone_id": world.m1, "delivered": True}
    assert world.refused("opinion.give", villager, **asked)["code"] == "NOT_FOUND"
    assert world.do("opinion.mine", villager)["items"] == []
    world.accept(world.m1)


# --- acceptance ---------------------------------------------------------------------------------


def test_every_required_line_of_the_standard_has_a_result(world):
    world.deliver(world.m1, "2026-03-20")
    refusal = world.refused("acceptance.record", "accepter", id=world.m1, results=ALL_MET[:1])
    assert refusal["code"] == "ACCEPTANCE_INCOMPLETE"
    assert refusal["facts"]["missing"] == ["records"]
    assert "政府采购法第四十一条" in refusal["basis"]
    strange = [*ALL_MET, {"line": "colour", "found": "met"}]
    twice = [*ALL_MET, {"line": "visits", "found": "not_met"}]
    for results in (strange, twice):
        refusal = world.refused("acceptance.record", "accepter", id=world.m1, results=results)
        assert refusal["code"] == "INVALID_INPUT"


def test_who_handled_the_contract_does_not_accept_it(world):
    world.deliver(world.m1, "2026-03-20")
    clerk = world.county.users["purchaser_clerk"]
    same = Actor(clerk, "经办", (Grant("accepter", world.county.purchaser, factories.COUNTY),))
    refusal = world.refused("acceptance.record", same, id=world.m1, results=ALL_MET)
    assert refusal["code"] == "FOUR_EYES_REQUIRED"
    world.record(world.m1)
    accepter = world.county.users["accepter"]
    both = Actor(
        accepter, "验收", (Grant("purchaser_approver", world.county.purchaser, factories.COUNTY),)
    )
    refusal = world.refused("acceptance.approve", both, id=world.m1)
    assert refusal["code"] == "FOUR_EYES_REQUIRED"


def test_what_does_not_meet_the_contract_is_refused_and_delivered_again(world):
    world.deliver(world.m1, "2026-03-20")
    world.record(world.m1, [{"line": "visits", "found": "not_met"}, ALL_MET[1]])
    refusal = world.refused("acceptance.approve", "purchaser_approver", id=world.m1)
    assert refusal["code"] == "ACCEPTANCE_NOT_MET"
    world.do("acceptance.refuse", "purchaser_approver", id=world.m1, reason="没有巡访")
    assert world.register()["unpaid"] == contract_world.VALUE
    with clock.frozen("2026-04-02T10:00"):
        world.deliver(world.m1, "2026-04-02")
        assert world.accept(world.m1)["state"] == "accepted"


def test_an_acceptance_that_is_sent_back_is_recorded_anew(world):
    world.deliver(world.m1, "2026-03-20")
    world.record(world.m1)
    world.do("acceptance.send_back", "purchaser_approver", id=world.m1, reason="再数一遍")
    world.accept(world.m1)
    states = [one["state"] for one in world.shown(world.m1)["acceptances"]]
    assert states == ["sent_back", "approved"]


def test_an_open_challenge_stops_acceptance_and_payment(world):
    world.bank_account()
    world.accepted(world.m1, "2026-03-20")
    world.deliver(world.m2, "2026-03-20")
    with world.app.app_context(), acting():
        contract = db.session.get_one(Contract, world.contract)
        db.session.add(
            Challenge(
                tender_id=contract.tender_id,
                kind=a.COMPLAINT,
                about="result",
                party_id=world.county.provider,
                organisation_id=world.county.purchaser,
                division_code=factories.COUNTY,
                words="评分有误",
                may_affect=True,
                state=a.FILED,
                filed_at=clock.now(),
            )
        )
    refusal = world.refused("acceptance.record", "accepter", id=world.m2, results=ALL_MET)
    assert refusal["code"] == "CHALLENGE_OPEN"
    assert world.refused("settlement.run", "finance_maker")["code"] == "NOTHING_TO_PAY"


def test_of_two_approvers_at_once_one_approves(world):
    world.deliver(world.m1, "2026-03-20")
    world.record(world.m1)
    with world.app.app_context():
        second = factories.make_user("purchaser_approver", world.county.purchaser)
    first = world.who("purchaser_approver")
    other = Actor(second, "复核二", first.grants)
    answers = together(
        *(
            lambda one=one: world.attempt("acceptance.approve", one, id=world.m1)
            for one in (first, other)
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert world.balance("fin.payable", party_id=world.county.provider) == 28_800_000


def test_a_year_without_budget_is_not_accepted(world):
    world.deliver(world.m1, "2026-03-20")
    world.deliver(world.m2, "2026-03-20")
    third = world.milestones[2]
    world.deliver(third, "2026-03-20")
    world.record(third)
    refusal = world.refused("acceptance.approve", "purchaser_approver", id=third)
    assert refusal["code"] == "BUDGET_MISSING"
    assert refusal["basis"] == "预算法第十三条"


def test_acceptance_after_its_agreed_term_does_not_move_the_day_of_payment(world):
    world.deliver(world.m1, "2026-03-20")
    with clock.frozen("2026-04-20T10:00"):
        # Ten days were agreed for the acceptance: 30 March, and thirty days to pay.
        assert world.accept(world.m1)["pay_by"] == "2026-04-29"
        (due,) = [
            one
            for one in world.do("deadline.list", "purchaser_clerk")["items"]
            if one["kind"] == "contract.payment"
        ]
    assert due["due_on"] == "2026-04-29"


# --- deductions ---------------------------------------------------------------------------------


def propose(world, kind="quality", **fields):
    asked = {"milestone_id": world.m1, "kind": kind, "evidence": "记录"} | fields
    return world.attempt("deduction.propose", "accepter", **asked)


def test_only_what_the_contract_says_is_deducted(world):
    world.deliver(world.m1, "2026-03-20")
    assert propose(world, clause="colour", units=1).body["code"] == "DEDUCTION_NOT_AGREED"
    assert propose(world, "late").body["code"] == "NOT_LATE"
    assert propose(world, clause="missed").body["code"] == "INVALID_INPUT"


def test_a_deduction_waits_for_the_provider_and_the_acceptance_for_it(world):
    world.deliver(world.m1, "2026-03-20")
    made = propose(world, clause="missed", units=2).body
    assert made["capped_fen"] == 30_000
    # 20 March is a Friday: three working days end on Wednesday.
    assert made["statement_until"] == "2026-03-25"
    decide = {"id": made["id"], "reason": "属实"}
    refusal = world.refused("deduction.decide", "purchaser_approver", **decide)
    assert refusal["code"] == "STATEMENT_PENDING"
    world.record(world.m1)
    refusal = world.refused("acceptance.approve", "purchaser_approver", id=world.m1)
    assert refusal["code"] == "DEDUCTION_PENDING"
    with clock.frozen("2026-03-26T09:00"):
        late = {"id": made["id"], "words": "晚了"}
        assert world.refused("deduction.state", "provider_manager", **late)["code"] == (
            "STATEMENT_LATE"
        )
        world.do("deduction.decide", "purchaser_approver", **decide)
        assert world.do("acceptance.approve", "purchaser_approver", id=world.m1)["payable_fen"] == (
            28_800_000 - 30_000
        )


def test_a_pending_deduction_does_not_hold_back_the_other_milestones(world):
    world.deliver(world.m1, "2026-03-20")
    propose(world, clause="missed", units=2)
    world.deliver(world.m2, "2026-03-20")
    assert world.accept(world.m2)["payable_fen"] == 28_800_000


def test_late_deductions_end_at_the_cap_and_are_proposed_once(world):
    with clock.frozen("2027-01-20T10:00"):
        world.deliver(world.m1, "2027-01-20")
        made = propose(world, "late").body
        assert (made["units"], made["amount_fen"]) == (295, 4_248_000)
        assert propose(world, "late").body["code"] == "DEDUCTION_EXISTS"
    with clock.frozen("2028-12-31T10:00"):
        world.deliver(world.m2, "2028-12-31")
        asked = {"milestone_id": world.m2, "kind": "late", "evidence": "日期"}
        made = world.do("deduction.propose", "accepter", **asked)
        # Ten per cent of the contract is 9,600,000, of which the first took 4,248,000.
        assert made["amount_fen"] == 28_800_000 * 853 * 500 // 1_000_000
        assert made["capped_fen"] == 9_600_000 - 4_248_000


def test_a_dropped_deduction_takes_nothing_off(world):
    world.deliver(world.m1, "2026-03-20")
    made = propose(world, clause="missed", units=2).body
    world.do("deduction.drop", "accepter", id=made["id"], reason="数错了")
    assert world.accept(world.m1)["deducted_fen"] == 0


# --- advances, interest, arrears ----------------------------------------------------------------


def advanced():
    """Return terms with an advance of ten per cent beside the whole in one part."""
    return contract_world.terms(
        milestones=[
            contract_world.part("A", "预付款", 1000, 2026, "2026-03-20", kind="advance"),
            contract_world.part("M1", "全部服务", 10_000, 2026, "2026-12-31"),
        ],
        tail=None,
    )


def test_an_advance_is_paid_and_taken_off_the_next_acceptance(app, county):
    with clock.frozen(TODAY):
        world = Performing(app, county, value_fen=50_000_000, terms=advanced())
        world.bank_account()
        advance, whole = world.milestones
        world.deliver(advance, "2026-03-20")
        world.record(advance, [])
        found = world.do("acceptance.approve", "purchaser_approver", id=advance)
        assert found["payable_fen"] == 5_000_000
        assert world.balance("fin.expense") == 0
    world.pay("2026-03-25")
    assert world.register()["paid"] == 5_000_000
    with clock.frozen("2026-06-01T10:00"):
        world.deliver(whole, "2026-06-01")
        found = world.accept(whole)
    assert (found["payable_fen"], found["advance_fen"]) == (50_000_000, 5_000_000)
    world.pay("2026-06-10")
    assert world.register()["paid"] == 50_000_000
    assert world.balance("fin.expense") == 50_000_000
    assert world.balance("contract.prepaid") == 0


def test_an_advance_for_nothing_comes_back_when_a_contract_is_ended(app, county):
    with clock.frozen(TODAY):
        world = Performing(app, county, value_fen=50_000_000, terms=advanced())
        world.bank_account()
        advance, whole = world.milestones
        world.deliver(advance, "2026-03-20")
        world.record(advance, [])
        world.do("acceptance.approve", "purchaser_approver", id=advance)
        with transaction_of(app):
            full = rooms(world.line)["available"]
    world.pay("2026-03-25")
    with clock.frozen("2026-04-01T10:00"):
        fields = {"id": world.contract, "reason": "停业", "call_bond": False}
        proposed = world.do("contract.terminate", "purchaser_clerk", **fields)
        ended = world.do("ending.approve", "purchaser_approver", id=proposed["id"])
        assert (ended["released_fen"], ended["owed_back_fen"]) == (45_000_000, 5_000_000)
        assert world.shown(whole)["state"] == "cancelled"
        assert world.balance("contract.prepaid") == world.balance("fin.expense") == 0
        assert world.balance("fin.receivable") == 5_000_000
        refusal = world.refused("contract.close", "purchaser_approver", id=world.contract)
        assert (refusal["code"], refusal["facts"]["clawback_fen"]) == ("CONTRACT_OWED", 5_000_000)
        (owed,) = world.do("clawback.list", "finance_maker")["items"]
        for reference, fen in (("R1", 1_999_999), ("R2", 3_000_001)):
            asked = {"amount_fen": fen, "bank_reference": reference}
            world.do("clawback.receive", "treasurer", id=owed["id"], **asked)
        assert world.balance("fin.receivable") == 0
        with transaction_of(app):
            assert rooms(world.line)["available"] == full + 50_000_000
    assert world.register()["paid"] == 5_000_000


def test_a_large_firm_is_owed_no_interest_that_was_not_agreed(app, county):
    with clock.frozen(TODAY):
        world = Performing(app, county, small_firm=False)
        world.bank_account()
        world.accepted(world.m1, "2026-03-20")
    world.pay("2026-06-30")
    assert world.do("debt.list", "auditor")["items"] == []


def test_what_is_overdue_at_the_years_end_is_published(world):
    world.bank_account()
    world.accepted(world.m1, "2026-03-20")
    for day, count in (("2026-04-19", 0), ("2026-04-20", 1)):
        found = world.do("arrears.list", "auditor", on=day)
        assert (found["count"], found["amount_fen"]) == (count, 28_800_000 * count)
    world.pay("2026-04-30")
    assert world.do("arrears.list", "auditor", on="2026-04-25")["count"] == 1
    assert world.do("arrears.list", "auditor", on="2026-04-30")["count"] == 0


def test_the_pools_of_a_contract_do_not_close_while_something_is_open(world):
    world.accepted(world.m1, "2026-03-20")
    found = world.do("year.open_pools", "finance_maker", year=2026)["items"]
    (pool,) = [one for one in found if one["component"] == "contract"]
    assert [one["who"] for one in pool["obstacles"]] == ["finance_maker", "provider_manager"]


# --- scores -------------------------------------------------------------------------------------


def test_only_the_evaluator_the_contract_names_scores_as_third_party(world):
    asked = {"id": world.contract, "centipoints": 8400}
    with world.app.app_context():
        other = factories.make_organisation("evaluator", name="别的评价机构")
    stranger = Actor(1, "别人", (Grant("evaluator", other, factories.COUNTY),))
    assert world.refused("contract.evaluate", stranger, **asked)["code"] == "NOT_FOUND"
    assert world.do("contract.evaluate", "evaluator", **asked)["side"] == "third_party"


def test_a_mean_of_no_opinions_is_refused(world):
    asked = {"id": world.contract, "side": "recipients"}
    refusal = world.refused("contract.score", "purchaser_clerk", **asked)
    assert refusal["code"] == "NO_SCORED_OPINIONS"
    asked["side"] = "purchaser"
    assert world.refused("contract.score", "purchaser_clerk", **asked)["code"] == "INVALID_INPUT"


@pytest.mark.requirement("R000-63")
def test_each_side_scores_for_itself_alone_and_by_its_weight(world):
    score = {"id": world.contract, "centipoints": 9000}
    for operation, role, fields in (
        ("contract.evaluate", "purchaser_clerk", score),
        ("contract.score", "evaluator", score | {"side": "purchaser"}),
        ("contract.score", "provider_manager", score | {"side": "purchaser"}),
        ("contract.evaluate", "provider_manager", score),
    ):
        assert world.refused(operation, role, **fields)["code"] == "ROLE_NOT_ALLOWED"
    world.do("contract.score", "purchaser_clerk", side="purchaser", **score | {"centipoints": 8800})
    world.do(
        "contract.score", "purchaser_clerk", side="recipients", **score | {"centipoints": 9150}
    )
    world.do("contract.evaluate", "evaluator", **score | {"centipoints": 8400})
    with transaction_of(world.app):
        row = db.session.get_one(Contract, world.contract)
        # 30 % of 88, 30 % of 91.5 and 40 % of 84.
        assert scoring_record.require_score(row) == 8745


# --- payment ------------------------------------------------------------------------------------


@pytest.mark.requirement("R002-42")
def test_nothing_is_paid_of_what_was_delivered_but_not_accepted(world):
    world.bank_account()
    world.deliver(world.m1, "2026-03-20")
    assert world.refused("settlement.run", "finance_maker")["code"] == "NOTHING_TO_PAY"
    world.record(world.m1)
    assert world.refused("settlement.run", "finance_maker")["code"] == "NOTHING_TO_PAY"
    world.do("acceptance.approve", "purchaser_approver", id=world.m1)
    world.do("settlement.run", "finance_maker")


# --- the checks themselves ----------------------------------------------------------------------


def found_wrong(world, **values):
    """Change the first milestone behind everybody's back, ask the checks, and change it back."""
    with world.app.app_context():
        with acting():
            row = db.session.get_one(Milestone, world.m1)
            before = {name: getattr(row, name) for name in values}
            for name, value in values.items():
                setattr(row, name, value)
        with transaction(readonly=True):
            found = [one.where for check in performance_checks.CHECKS for one in check.run()]
        with acting():
            row = db.session.get_one(Milestone, world.m1)
            for name, value in before.items():
                setattr(row, name, value)
    return {where.partition(":")[0] for where in found}


def test_the_checks_find_a_milestone_that_says_other_than_the_books(world):
    world.accepted(world.m1, "2026-03-20")
    assert found_wrong(world) == set()
    assert found_wrong(world, payable_fen=28_799_999) == {"milestone", "pool"}
    assert found_wrong(world, payable_fen=28_799_999, deducted_fen=1) == {"pool"}


def test_the_checks_find_a_deduction_that_was_left_open(world):
    world.deliver(world.m1, "2026-03-20")
    propose(world, clause="missed", units=2)
    assert found_wrong(world, state="accepted", payable_fen=28_800_000) == {"milestone", "pool"}
