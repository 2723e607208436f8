"""Plans: refused at the first step with the article, complete before they go on, filed once."""

from __future__ import annotations

import random

import pytest

from core import clock
from core.access import Actor, Grant
from core.db import transaction
from core.ledger import balance
from core.purchases.models import STATES
from core.purchases.steps import STEPS
from tests import factories
from tests.purchase_world import (
    NOW,
    Planning,
    Tendering,
    item,
    log_of,
    make_hospital,
)
from tests.settlement_world import together


@pytest.fixture
def planning(app, county):
    """Return the county on a day in March."""
    with clock.frozen(NOW):
        yield Planning(app, county)


@pytest.fixture
def tendering(make_app):
    """Return a county in which a form finds its providers by procurement, with a large line."""
    app = make_app(plugins_given=[Tendering()])
    with clock.frozen(NOW):
        with app.app_context():
            county = factories.make_county()
            line = factories.make_line(county, code="BIG", amount_fen=900_000_000)
        made = Planning(app, county)
        made.line = line
        yield made


# --- refused at the first step -------------------------------------------------------------------


def first_step(planning, **changes):
    """Try to write a plan and return the refusal."""
    answer = planning.attempt("purchase.create", planning.clerk, **planning.plan(**changes))
    assert answer.refused, answer.body
    return answer.body


@pytest.mark.requirement("R000-56", "R004-31", "R003-17")
def test_a_plan_without_a_line_is_refused_at_the_first_step_with_the_article(planning):
    refusal = first_step(planning, funding=[])
    assert refusal["code"] == "BUDGET_MISSING"
    assert refusal["basis"] == "政府购买服务管理办法第十七条"
    unknown = first_step(planning, funding=[{"line_id": 999, "amount_fen": 1}])
    assert unknown["code"] == "BUDGET_MISSING"


@pytest.mark.requirement("R000-56")
def test_a_plan_above_its_line_is_refused_with_both_figures(planning):
    refusal = first_step(planning, funding=[{"line_id": planning.line, "amount_fen": 3_000_001}])
    assert refusal["code"] == "BUDGET_INSUFFICIENT"
    assert "30,000.01" in refusal["detail"]
    assert "30,000.00" in refusal["detail"]
    assert refusal["facts"]["available_fen"] == 3_000_000


@pytest.mark.requirement("R002-60", in_part=True)
def test_a_line_of_another_unit_or_year_does_not_fit(planning):
    with planning.app.app_context():
        other = factories.make_organisation("purchaser", name="民政局")
        fields = {"code": "W", "name": "养老", "function_code": "208", "economic_code": "302"}
        fields |= {"document": "望财〔2026〕9号", "amount_fen": 9_000_000}
        foreign = factories.do(
            "budget.appropriate", fiscal_year=2026, organisation_id=other, **fields
        )["id"]
        later = factories.do(
            "budget.appropriate",
            fiscal_year=2027,
            organisation_id=planning.county.purchaser,
            **fields,
        )["id"]
    for line in (foreign, later):
        refusal = first_step(planning, funding=[{"line_id": line, "amount_fen": 1}])
        assert refusal["code"] == "LINE_MISMATCH"
        assert refusal["basis"] == "预算法第六十三条"


@pytest.mark.requirement("R000-24")
def test_a_service_on_the_negative_list_is_refused_with_the_article(planning):
    refusal = first_step(planning, name="委托行政执法", funding=[])
    assert refusal["code"] == "NEGATIVE_LIST_HIT"
    assert refusal["basis"]


@pytest.mark.requirement("R000-18")
def test_a_public_hospital_is_refused_before_anything_else(planning):
    with planning.app.app_context():
        hospital = make_hospital()
        planning.county.users["hospital"] = factories.make_user("purchaser_clerk", hospital)
    fields = planning.plan(organisation_id=hospital, name="委托行政执法", funding=[])
    refused = planning.attempt("purchase.create", planning.who("hospital"), **fields)
    assert refused.body["code"] == "PURCHASER_NOT_ELIGIBLE"
    assert refused.body["basis"]


def test_a_refused_plan_leaves_nothing_behind(planning):
    first_step(planning, funding=[])
    assert planning.do("purchase.list", planning.clerk)["items"] == []


def test_repeated_purchases_below_the_tender_limit_are_refused_unless_approved(tendering):
    def fields(**changes):
        money = [{"line_id": tendering.line, "amount_fen": 120_000_000}]
        form = {"form": "tendering", "nature": "support", "beneficiary": "government"}
        return {"funding": money, **form, **changes}

    tendering.bring_to("submitted", **fields())
    refusal = first_step(tendering, **fields())
    assert refusal["code"] == "SPLIT_TO_AVOID_TENDER"
    assert "1,200,000.00" in refusal["detail"]
    assert "第二十八条" in refusal["basis"]
    tendering.create(**fields(is_open_tender=True))
    tendering.create(**fields(split_approval="长财采〔2026〕5号"))
    tendering.create(**fields(catalogue_item_id=item("E01")))


def test_the_second_half_written_before_the_first_was_submitted_is_refused_then(tendering):
    money = [{"line_id": tendering.line, "amount_fen": 120_000_000}]
    form = {"form": "tendering", "nature": "support", "beneficiary": "government"}
    drafts = [tendering.create(funding=money, **form) for _ in range(2)]
    tendering.carry(drafts[0], "agreed")
    refused = tendering.refused("purchase.submit", tendering.clerk, id=drafts[1])
    assert refused == "SPLIT_TO_AVOID_TENDER"
    tendering.carry(drafts[0], "cancelled")
    tendering.carry(drafts[1], "filed")


# --- what a plan must say ------------------------------------------------------------------------


@pytest.mark.requirement("R000-62")
@pytest.mark.requirement("R003-26", in_part=True)
def test_a_plan_without_goal_and_indicators_cannot_be_submitted(planning):
    bare = {"goal": None, "indicators": [], "quantity": None, "emergency_reason": "疫情"}
    number = planning.create(**bare)
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["code"] == "PLAN_FIELD_MISSING"
    assert set(answer.body["facts"]["missing"]) == {"goal", "indicators", "quantity"}
    assert "绩效目标" in answer.body["detail"]
    assert set(answer.body["errors"]) == {"goal", "indicators", "quantity"}
    assert planning.state(number) == "draft"


@pytest.mark.requirement("R003-26", in_part=True)
def test_indicators_count_quantity_quality_and_effect_and_weigh_a_hundred(planning):
    whole = planning.plan()["indicators"]
    number = planning.create(indicators=whole[:2], emergency_reason="疫情")
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert "效果指标" in answer.body["detail"]
    heavy = [*whole[:2], whole[2] | {"weight": 31}]
    other = planning.create(indicators=heavy, emergency_reason="疫情")
    answer = planning.attempt("purchase.submit", planning.clerk, id=other)
    assert "101" in answer.body["detail"]


@pytest.mark.requirement("R000-44")
def test_the_form_is_chosen_with_a_recorded_reason(planning):
    number = planning.create(form=None, form_reason=None, emergency_reason="疫情")
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["facts"]["missing"] == ["form", "form_reason"]
    unknown = first_step(planning, form="barter")
    assert unknown["code"] == "INVALID_INPUT"
    assert "凭单制" in unknown["detail"]


@pytest.mark.requirement("R000-44")
@pytest.mark.requirement("R000-46", in_part=True)
def test_soft_services_are_advised_as_vouchers_and_clear_standards_as_tenders(tendering):
    def advice(**traits):
        items = tendering.do("purchase.advise", tendering.clerk, **traits)["items"]
        return [one["code"] for one in items if one["reason"]]

    assert advice(recipients_choose=True) == ["voucher"]
    assert advice(standard_is_clear=True) == ["contract", "tendering"]
    assert advice() == []


@pytest.mark.requirement("R004-05")
def test_a_plan_confirms_that_it_adds_no_institution_post_person_or_money(planning):
    number = planning.create(no_add=["institutions", "posts"], emergency_reason="疫情")
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["code"] == "NO_ADD_NOT_CONFIRMED"
    assert answer.body["facts"]["missing"] == ["staff", "money"]


@pytest.mark.requirement("R000-86", "R000-06")
@pytest.mark.requirement("R000-35", "R003-16", in_part=True)
def test_a_converted_service_names_the_appropriation_it_replaces(planning):
    number = planning.create(origin="converted", emergency_reason="疫情")
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["code"] == "PLAN_FIELD_MISSING"
    assert answer.body["facts"]["missing"] == ["conversion", "comparison"]
    ended = {"unit_name": "县敬老院", "document": "望财〔2026〕7号", "amount_fen": 1_400_000}
    compared = {"own_fen": 1_400_000, "bought_fen": 1_000_000, "year": 2025, "basis": "决算"}
    fields = planning.plan(
        origin="converted",
        conversion=ended | {"ends_on": "2026-04-30"},
        comparison=compared,
        emergency_reason="疫情",
    )
    del fields["organisation_id"]
    planning.do("purchase.revise", planning.clerk, id=number, **fields)
    planning.carry(number, "filed")
    shown = planning.shown(number)
    assert shown["conversion"]["unit_name"] == "县敬老院"
    assert shown["comparison"] == compared
    told = planning.do("purchase.statistics", planning.who("finance_budget"), year=2026)
    with planning.app.app_context(), transaction(readonly=True):
        held = balance("line.reserved", purchase_id=number)
    (one,) = told["items"]
    assert (one["own_fen"], one["own_year"]) == (1_400_000, 2025)
    assert one["bought_fen"] == told["total"]["bought_fen"] == held == 1_000_000
    assert told["total"]["saved_fen"] == 1_400_000 - held


@pytest.mark.requirement("R000-87", "R003-29")
@pytest.mark.requirement("R000-03", in_part=True)
def test_a_plan_keeps_stage_beneficiary_tags_contributions_and_conditions(planning):
    told = {
        "stage": "pilot",
        "beneficiary": "public",
        "reforms": ["functions", "fostering"],
        "groups": ["elderly"],
        "contributions": [{"source": "charity", "words": "米面油", "amount_fen": 50_000}],
        "hard_conditions": ["有食品经营许可证"],
        "preferred_conditions": ["有中央厨房"],
    }
    shown = planning.shown(planning.create(**told))
    assert {name: shown[name] for name in told} == told


def test_years_that_follow_stand_as_obligations_without_a_line(planning):
    years = {"ends_on": "2027-06-30", "emergency_reason": "疫情"}
    number = planning.create(**years)
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["facts"]["missing"] == ["forward"]
    assert "2027" in answer.body["detail"]
    other = planning.create(**years, forward=[{"fiscal_year": 2027, "amount_fen": 500_000}])
    planning.carry(other, "filed")
    shown = planning.shown(other)
    assert (shown["budget_fen"], shown["total_fen"]) == (1_000_000, 1_500_000)
    assert planning.rooms()["reserved"] == 1_000_000


# --- consultation --------------------------------------------------------------------------------


@pytest.mark.requirement("R000-51")
def test_a_public_service_is_not_submitted_before_the_public_was_asked_to_the_end(planning):
    number = planning.create()
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["code"] == "CONSULTATION_NOT_FINISHED"
    assert answer.body["basis"] == "政府采购法实施条例第十五条"
    until = planning.do("purchase.consult", planning.clerk, id=number)["consulted_to"]
    assert until == "2026-03-09"
    with clock.frozen("2026-03-09T23:00"):
        refusal = planning.attempt("purchase.submit", planning.clerk, id=number).body
    assert refusal["facts"]["consulted_to"] == until
    with clock.frozen("2026-03-10T00:10"):
        planning.do("purchase.submit", planning.clerk, id=number)


def test_who_changes_the_need_after_the_consultation_asks_again(planning):
    number = planning.bring_to("consulting")
    planning.do("purchase.recall", planning.clerk, id=number, reason="改需求")
    fields = planning.plan(need="改成每天两餐。")
    del fields["organisation_id"]
    planning.do("purchase.revise", planning.clerk, id=number, **fields)
    assert (
        planning.refused("purchase.submit", planning.clerk, id=number)
        == "CONSULTATION_NOT_FINISHED"
    )


@pytest.mark.requirement("R000-51")
def test_comments_are_public_once_they_are_answered(planning):
    number = planning.create()
    planning.do("purchase.consult", planning.clerk, id=number)
    visitor = factories.access.ANONYMOUS
    said = planning.do("purchase.comment", visitor, id=number, words="能不能也送晚饭？")
    public = planning.do("public.plan", visitor, id=number)
    assert public["comments"] == []
    assert public["is_open_for_comment"]
    answer = {"id": said["id"], "answer": "先从午饭做起。"}
    planning.do("purchase.answer_comment", planning.clerk, **answer)
    assert planning.refused("purchase.answer_comment", planning.clerk, **answer) == "STATE_CHANGED"
    (shown,) = planning.do("public.plan", visitor, id=number)["comments"]
    assert (shown["words"], shown["answer"]) == ("能不能也送晚饭？", "先从午饭做起。")
    with clock.frozen("2026-03-10T09:00"):
        late = {"id": number, "words": "晚了"}
        assert planning.refused("purchase.comment", visitor, **late) == "NOT_FOUND"


@pytest.mark.requirement("R003-27")
def test_an_emergency_goes_without_consultation_and_is_reported_later(planning):
    number = planning.bring_to("filed", emergency_reason="突发疫情，立即送餐")
    report = {"id": number, "report": "送餐 3 天，共 900 份。"}
    planning.do("purchase.report_emergency", planning.clerk, **report)
    assert planning.shown(number)["emergency_report"] == report["report"]
    assert planning.refused("purchase.report_emergency", planning.clerk, **report)
    ordinary = planning.bring_to("filed")
    assert (
        planning.refused("purchase.report_emergency", planning.clerk, id=ordinary, report="x")
        == "INVALID_INPUT"
    )


# --- signatures, filing, the end -----------------------------------------------------------------


@pytest.mark.requirement("R000-12", in_part=True)
def test_a_filed_plan_has_its_money_reserved_and_gives_it_back_when_cancelled(planning):
    number = planning.bring_to("filed")
    assert planning.rooms() == {
        "approved": 3_000_000,
        "available": 2_000_000,
        "reserved": 1_000_000,
    }
    assert planning.shown(number)["filed_number"] == f"备〔2026〕{number}号"
    why = {"id": number, "reason": "上级另有安排"}
    assert planning.refused("purchase.cancel", planning.clerk, **why) == "ROLE_NOT_ALLOWED"
    planning.do("purchase.cancel", planning.approver, **why)
    assert planning.rooms() == {"approved": 3_000_000, "available": 3_000_000}


@pytest.mark.requirement("R002-69")
def test_a_plan_waits_for_the_departments_asked_to_sign_it(planning):
    with planning.app.app_context():
        other = factories.make_organisation("purchaser", name="民政局")
        planning.county.users["other"] = factories.make_user("purchaser_approver", other)
    number = planning.bring_to("agreed", cosigner_ids=[other])
    assert planning.refused("purchase.file", planning.finance, id=number) == "COSIGNATURE_MISSING"
    (asked,) = planning.shown(number)["cosignatures"]
    signing = planning.who("other")
    assert planning.do("purchase.show", signing, id=number)["name"] == "高塘岭助餐"
    assert planning.refused("purchase.agree", signing, id=number) == "NOT_FOUND"
    planning.do("purchase.cosign", signing, id=asked["id"], remark="同意")
    planning.do("purchase.file", planning.finance, id=number)


@pytest.mark.requirement("R002-24", "R000-40")
def test_conditions_on_providers_are_countersigned_by_finance_before_filing(planning):
    number = planning.bring_to("agreed", hard_conditions=["有食品经营许可证"])
    assert (
        planning.refused("purchase.file", planning.finance, id=number)
        == "CONDITIONS_NOT_COUNTERSIGNED"
    )
    planning.do("purchase.countersign", planning.maker, id=number)
    planning.do("purchase.file", planning.finance, id=number)


def test_who_wrote_a_plan_does_not_agree_to_it(planning):
    number = planning.bring_to("submitted")
    both = planning.clerk.__class__(planning.clerk.user_id, "经办", planning.approver.grants)
    assert planning.refused("purchase.agree", both, id=number) == "FOUR_EYES_REQUIRED"


def test_a_plan_sent_back_says_why_and_goes_the_whole_way_again(planning):
    number = planning.bring_to("agreed")
    why = {"id": number, "reason": "数量依据不足"}
    assert planning.refused("purchase.send_back", planning.approver, **why) == "ROLE_NOT_ALLOWED"
    planning.do("purchase.send_back", planning.finance, **why)
    assert planning.shown(number)["sent_back_reason"] == "数量依据不足"
    planning.do("purchase.submit", planning.clerk, id=number)
    planning.do("purchase.agree", planning.approver, id=number)
    planning.do("purchase.file", planning.finance, id=number)
    assert log_of(planning.app, "purchase", number) == [
        "draft",
        "consulting",
        "submitted",
        "agreed",
        "draft",
        "submitted",
        "agreed",
        "filed",
    ]


def test_closing_gives_back_what_was_not_used(planning):
    number = planning.bring_to("under_way")
    assert planning.rooms()["reserved"] == 1_000_000
    planning.do("purchase.close", planning.approver, id=number, reason="全部完成")
    assert planning.rooms() == {"approved": 3_000_000, "available": 3_000_000}


def test_a_plan_that_goes_on_gives_back_what_a_year_left_so_that_it_closes(planning):
    number = planning.bring_to(
        "under_way",
        ends_on="2027-12-31",
        forward=[{"fiscal_year": 2027, "amount_fen": 500_000}],
    )
    unused = {"id": number, "reason": "上年未用"}
    assert planning.refused("purchase.give_back", planning.approver, **unused) == "NOTHING_RESERVED"
    with clock.frozen("2027-01-05T09:00"):
        asked = planning.do("year.request_close", planning.maker, year=2026)["id"]
        closer = planning.who("finance_approver")
        assert planning.refused("year.close", closer, id=asked) == "YEAR_NOT_CLOSABLE"
        said = planning.do("purchase.give_back", planning.approver, **unused)
        assert (said["state"], said["released_fen"]) == ("under_way", 1_000_000)
        assert planning.rooms() == {"approved": 3_000_000, "available": 3_000_000}
        again = planning.refused("purchase.give_back", planning.finance, **unused)
        assert again == "NOTHING_RESERVED"
        assert planning.do("year.close", closer, id=asked)["state"] == "closed"
        # The year that follows is still owed.
        (due,) = planning.do("forward.list", planning.finance)["items"]
        assert (due["fiscal_year"], due["state"]) == (2027, "open")


@pytest.mark.requirement("R000-56")
def test_of_two_plans_filed_at_once_on_the_last_money_one_succeeds(planning):
    money = [{"line_id": planning.line, "amount_fen": 2_000_000}]
    numbers = [planning.bring_to("agreed", funding=money) for _ in range(2)]
    answers = together(
        *[lambda n=n: planning.attempt("purchase.file", planning.finance, id=n) for n in numbers]
    )
    assert sorted(answer.status for answer in answers) == [200, 422]
    (lost,) = [answer.body for answer in answers if answer.refused]
    assert lost["code"] == "BUDGET_INSUFFICIENT"
    assert planning.rooms()["reserved"] == 2_000_000


@pytest.mark.requirement("R000-57")
def test_a_form_may_only_carry_out_what_was_filed_for_it(planning):
    own = {"form": "voucher", "organisation_id": planning.county.purchaser}
    agreed = planning.bring_to("agreed")
    assert planning.filed(agreed, **own) == "PLAN_NOT_FILED"
    planning.do("purchase.file", planning.finance, id=agreed)
    assert planning.filed(agreed, **own) is None
    assert planning.filed(agreed, **own | {"form": "contract"}) == "PLAN_NOT_FILED"
    assert planning.filed(agreed, **own | {"organisation_id": 999}) == "NOT_FOUND"
    planning.begin(agreed)
    planning.begin(agreed)
    assert planning.filed(agreed, **own) is None
    planning.do("purchase.close", planning.approver, id=agreed, reason="办完")
    assert planning.filed(agreed, **own) == "PLAN_NOT_FILED"


@pytest.mark.requirement("R000-20", "R002-09")
def test_a_duty_that_is_paid_already_waits_for_finance_to_clear_it(planning):
    planning.do(
        "duty.record",
        planning.clerk,
        organisation_id=planning.county.purchaser,
        item_code="A07",
        name="敬老院护理",
        posts=12,
        staff_fen=140_000_000,
        from_on="2026-01-01",
        document="望编〔2025〕3号",
    )
    number = planning.create(emergency_reason="疫情")
    answer = planning.attempt("purchase.submit", planning.clerk, id=number)
    assert answer.body["code"] == "DOUBLE_FUNDING"
    assert "敬老院护理" in answer.body["detail"]
    (warning,) = planning.do("duty.warnings", planning.finance)["items"]
    planning.do(
        "duty.clear_double_funding", planning.finance, id=warning["id"], reason="人员已划转"
    )
    planning.do("purchase.submit", planning.clerk, id=number)


# --- every state, every act ----------------------------------------------------------------------

FIELDS = {
    "purchase.group_demands": {"demand_ids": [1]},
    "purchase.recall": {"reason": "改"},
    "purchase.send_back": {"reason": "改"},
    "purchase.cancel": {"reason": "不办"},
    "purchase.close": {"reason": "办完"},
    "purchase.give_back": {"reason": "未用"},
    "purchase.report_emergency": {"report": "已办"},
    "purchase.comment": {"words": "好"},
    "purchase.answer_comment": {"answer": "谢谢"},
}


def call(planning, act, number, state):
    """Ask for a step by who may take it, and return the answer's code (None: accepted)."""
    if act == "purchase.start":
        return None
    fields = {"id": number, **FIELDS.get(act, {})}
    who = {
        "purchase.agree": planning.approver,
        "purchase.close": planning.approver,
        "purchase.give_back": planning.approver,
        "purchase.cancel": planning.approver,
        "purchase.countersign": planning.maker,
        "purchase.file": planning.finance,
        "purchase.send_back": planning.finance if state == "agreed" else planning.approver,
    }.get(act, planning.clerk)
    shown = planning.shown(number)
    if act == "purchase.revise":
        fields |= planning.plan(emergency_reason="疫情", hard_conditions=["有许可"])
        del fields["organisation_id"]
    if act == "purchase.cosign":
        fields["id"], who = shown["cosignatures"][0]["id"], planning.who("other")
    if act == "purchase.group_demands":
        fields["demand_ids"] = [planning.wish()]
    if act == "purchase.answer_comment":
        fields["id"] = planning.said(number)
    answer = planning.attempt(act, who, **fields)
    return answer.body["code"] if answer.refused else None


@pytest.mark.parametrize("state", STATES)
def test_every_act_succeeds_in_its_states_only(planning, state, monkeypatch):
    from core.db import db, transaction  # noqa: PLC0415 - only here rows are written by hand
    from core.purchases.models import PurchaseComment  # noqa: PLC0415 - the same

    with planning.app.app_context():
        other = factories.make_organisation("purchaser", name="民政局")
        planning.county.users["other"] = factories.make_user("purchaser_approver", other)
    (resident,) = planning.residents(1)

    def said(number):
        with planning.app.app_context(), transaction():
            row = PurchaseComment(purchase_id=number, words="好", said_at=clock.now())
            db.session.add(row)
            db.session.flush()
            return row.id

    planning.wish, planning.said = lambda: planning.order(resident), said
    wrong = {}
    for act, step in STEPS.items():
        plan = {"emergency_reason": "疫情", "hard_conditions": ["有许可"]}
        if act == "purchase.comment":
            del plan["emergency_reason"]
        money = [{"line_id": planning.line, "amount_fen": 10_000}]
        number = planning.create(**plan, funding=money, cosigner_ids=[other])
        bring(planning, number, state)
        code = call(planning, act, number, state)
        closed = {"STATE_CHANGED", "NOT_FOUND"} if act == "purchase.comment" else {"STATE_CHANGED"}
        if act == "purchase.start":
            continue
        if (code in closed) == (state in step.allowed):
            wrong[act] = code
        if code is None and step.to:
            assert planning.state(number) == step.to
    assert wrong == {}


def bring(planning, number, state):
    """Take a plan with conditions and a co-signer to a state, signed by all where it may be."""
    if state in {"draft", "cancelled"}:
        planning.carry(number, state)
        return
    if state == "consulting" or planning.shown(number)["needs_consultation"]:
        planning.do("purchase.consult", planning.clerk, id=number)
        if state == "consulting":
            return
        planning.do("purchase.recall", planning.clerk, id=number, reason="改")
        fields = planning.plan(
            emergency_reason="疫情",
            hard_conditions=["有许可"],
            funding=[{"line_id": planning.line, "amount_fen": 10_000}],
            cosigner_ids=[one["organisation_id"] for one in planning.shown(number)["cosignatures"]],
        )
        del fields["organisation_id"]
        planning.do("purchase.revise", planning.clerk, id=number, **fields)
    planning.do("purchase.submit", planning.clerk, id=number)
    if state == "submitted":
        return
    planning.do("purchase.agree", planning.approver, id=number)
    if state == "agreed":
        return
    (asked,) = planning.shown(number)["cosignatures"]
    planning.do("purchase.cosign", planning.who("other"), id=asked["id"])
    planning.do("purchase.countersign", planning.maker, id=number)
    planning.do("purchase.file", planning.finance, id=number)
    if state in {"under_way", "closed"}:
        planning.begin(number)
    if state == "closed":
        planning.do("purchase.close", planning.approver, id=number, reason="办完")


def test_whatever_is_filed_and_given_up_the_line_holds_what_is_filed(planning):
    chance = random.Random(6)
    filed = {}
    for _turn in range(10):
        if filed and chance.random() < 0.3:
            number = chance.choice(sorted(filed))
            planning.do("purchase.cancel", planning.approver, id=number, reason="不办了")
            del filed[number]
        else:
            fen = chance.randint(1, 1_500_000)
            money = [{"line_id": planning.line, "amount_fen": fen}]
            plan = planning.plan(funding=money, emergency_reason="疫情")
            answer = planning.attempt("purchase.create", planning.clerk, **plan)
            fits = fen <= 3_000_000 - sum(filed.values())
            assert answer.refused == (not fits), answer.body
            if fits:
                planning.carry(answer.body["id"], "filed")
                filed[answer.body["id"]] = fen
        assert planning.rooms().get("reserved", 0) == sum(filed.values())


def test_a_step_left_to_an_approver_is_not_taken_by_another_units_approver(planning):
    """He is a clerk here and an approver elsewhere: that does not add up to an approver here."""
    number = planning.bring_to("filed")
    with planning.app.app_context():
        elsewhere = factories.make_organisation("purchaser", name="民政局")
    clerk = planning.clerk
    both = (*clerk.grants, Grant("purchaser_approver", elsewhere, factories.COUNTY))
    why = {"id": number, "reason": "不办了"}
    mixed = Actor(clerk.user_id, clerk.name, both)
    assert planning.refused("purchase.cancel", mixed, **why) == "ROLE_NOT_ALLOWED"
    assert planning.state(number) == "filed"


def test_a_plan_that_waits_for_finance_has_a_clock_until_it_is_filed_or_sent_back(planning):
    number = planning.bring_to("agreed")

    def running():
        found = planning.do("deadline.list", planning.finance)["items"]
        return [(one["kind"], one["due_on"]) for one in found]

    # Five working days after Monday, 2 March.
    assert running() == [("purchase.filing", "2026-03-09")]
    planning.do("purchase.send_back", planning.finance, id=number, reason="补充说明")
    assert running() == []
    planning.do("purchase.submit", planning.clerk, id=number)
    planning.do("purchase.agree", planning.approver, id=number)
    assert len(running()) == 1
    planning.do("purchase.file", planning.finance, id=number)
    assert running() == []
