"""The guiding catalogue: from a draft over the public's opinion to a version that never changes."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from core import clock
from core.access import ANONYMOUS
from core.catalogue import items_on
from core.catalogue.base import categories, dimensions, leaves
from core.catalogue.models import Catalogue, CatalogueItem
from core.db import db, transaction
from tests import factories
from tests.catalogue_office import GOOD, ITEM, NAME, ON, Office, refused
from tests.factories import COUNTY, attempt, do, make_catalogue
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine


@pytest.fixture
def office(app, county):
    """Return finance of a county on 1 September 2026."""
    with app.app_context(), clock.frozen(factories.TODAY):
        yield Office(county)


# --- the general catalogue ---------------------------------------------------------------------


@pytest.mark.requirement("R002-26", "R002-27", "R002-28", "R002-29", "R002-30")
def test_the_general_catalogue_has_its_six_categories_and_their_leaves():
    assert list(categories()) == list("ABCDEF")
    counts = {letter: sum(code[0] == letter for code in leaves()) for letter in categories()}
    assert counts == {"A": 18, "B": 11, "C": 2, "D": 8, "E": 12, "F": 0}
    assert leaves()["A07"].name == "养老服务"
    assert leaves()["C02"].provider_kind == "行业协会商会"


@pytest.mark.requirement("R000-07", "R003-12")
def test_every_report_dimension_is_one_of_seven_seven_and_six():
    groups = [code.split(".")[0] for code in dimensions()]
    assert {group: groups.count(group) for group in groups} == {
        "basic": 7,
        "reform": 7,
        "governance": 6,
    }
    used = {code for leaf in leaves().values() for code in leaf.dimensions}
    assert used == set(dimensions())


@pytest.mark.requirement("R000-51", in_part=True)
@pytest.mark.requirement("R000-21", "R001-11")
def test_a_county_takes_over_the_general_catalogue_with_nature_and_provider_kind(office):
    made = do("catalogue.adopt", office.budget, division_code=COUNTY, year=2026, name=NAME)
    assert made["items"] == 51
    items = {i["code"]: i for i in do("catalogue.get", office.budget, id=made["id"])["items"]}
    assert (items["A01"]["nature"], items["E01"]["nature"]) == ("public", "support")
    assert (items["A01"]["beneficiary"], items["E01"]["beneficiary"]) == ("public", "government")
    assert items["D03"]["provider_kind"] == "行业协会商会"
    assert items["A07"]["levels"] == ["county", "township"]


# --- a draft -----------------------------------------------------------------------------------


@pytest.mark.requirement("R000-26")
def test_an_item_without_kind_nature_or_content_cannot_be_submitted(office):
    number = office.draft()
    office.put(number, category=None, nature=None, content=None)
    office.ask(number)
    body = refused(office.submit(number), "CATALOGUE_FIELD_MISSING")
    assert "种类、性质、内容" in body["detail"]
    assert body["basis"] == "政府购买服务管理办法第十一条"


@pytest.mark.requirement("R002-31")
def test_an_item_of_the_other_category_needs_an_approval(office):
    number = office.draft()
    office.put(number, "F01", category="F", upper_code=None)
    office.assess(number, "F01")
    office.ask(number)
    body = refused(office.submit(number), "CATALOGUE_APPROVAL_MISSING")
    assert body["basis"] == "长府办发〔2014〕18号（五）"
    with clock.frozen("2026-09-11T09:00"):
        office.put(
            number, "F01", category="F", upper_code=None, approval_document="望财〔2026〕9号"
        )
    assert not office.submit(number).refused


def test_an_item_that_nobody_judged_cannot_be_submitted(office):
    number = office.draft()
    office.put(number)
    office.ask(number)
    assert refused(office.submit(number), "ITEM_NOT_ASSESSED")["basis"]


@pytest.mark.requirement("R000-23", "R002-33")
@pytest.mark.parametrize(
    "question", ["market_suitable", "capacity_exists", "is_public", "for_benefit"]
)
def test_an_item_that_fails_a_question_of_suitability_is_refused_with_the_question(
    office, question
):
    number = office.draft()
    office.put(number)
    office.assess(number, **{question: False, f"{question}_why": "没有承接能力"})
    office.ask(number)
    body = refused(office.submit(number), "ITEM_NOT_SUITABLE")
    assert body["facts"]["question"] == question
    assert "没有承接能力" in body["detail"]
    assert body["basis"]


@pytest.mark.requirement("R000-05", "R000-24", "R002-33")
@pytest.mark.parametrize("test", ["not_duty", "direct_only", "unfit"])
def test_an_item_that_meets_a_negative_test_is_refused_with_the_article(office, test):
    number = office.draft()
    office.put(number)
    office.assess(number, **{test: True})
    office.ask(number)
    body = refused(office.submit(number), "NEGATIVE_LIST_HIT")
    assert body["facts"]["entry"] == test
    assert body["basis"].startswith("政府购买服务管理办法第十条第")


@pytest.mark.requirement("R001-13")
@pytest.mark.parametrize(
    ("answers", "decision"),
    [
        ({}, "buy"),
        ({"society_can": True}, "hand_over"),
        ({"market_can": True}, "hand_over"),
        ({"trade_can": True}, "hand_over"),
        ({"capacity_exists": False}, "keep"),
    ],
)
def test_three_questions_decide_whether_to_hand_over_to_buy_or_to_keep(office, answers, decision):
    names = ("society_can", "market_can", "trade_can")
    asked = dict.fromkeys(names, False) | dict.fromkeys(
        ("market_suitable", "capacity_exists", "is_public", "for_benefit"), True
    )
    said = {name: "yes" if yes else "no" for name, yes in (asked | answers).items()}
    told = do("catalogue.decide", office.budget, **said)
    assert told["decision"] == decision
    assert told["why"]


@pytest.mark.requirement("R000-25", "R001-01")
def test_a_judgement_keeps_its_three_scores_and_its_priority(office):
    number = office.draft()
    office.put(number)
    body = office.assess(
        number, score_cost=3, priorities=["livelihood", "public", "universal"]
    ).body
    assert (body["score"], body["priority"], body["decision"]) == (19, 3, "buy")
    assert office.assess(number, score_cost=11).body["code"] == "INVALID_INPUT"


@pytest.mark.requirement("R000-30", "R002-34")
@pytest.mark.parametrize("flag", ["new", "temporary", "phased"])
def test_a_new_or_passing_service_is_done_otherwise_only_with_a_reason(office, flag):
    number = office.draft()
    office.put(number, flags=[flag])
    assert refused(office.assess(number, capacity_exists=False), "OTHER_MODE_UNEXPLAINED")["basis"]
    assert not office.assess(number, capacity_exists=False, reason="本地无承接能力").refused
    drop = {"catalogue_id": number, "code": "A07-1"}
    answer = attempt("catalogue.drop_item", office.budget, **drop)
    assert refused(answer, "OTHER_MODE_UNEXPLAINED")["basis"] == "长府办发〔2014〕18号（五）"
    assert do("catalogue.drop_item", office.budget, **drop, reason="由县医院直接办")["items"] == 2


def test_a_series_has_one_draft_at_a_time(office):
    office.draft()
    again = attempt(
        "catalogue.adopt", office.budget, division_code=COUNTY, year=2026, name=NAME, codes=["A01"]
    )
    assert again.body["code"] == "CATALOGUE_UNDER_WAY"
    assert office.draft(batch=2)


@pytest.mark.requirement("R000-04", in_part=True)
def test_a_departments_proposal_is_taken_into_a_draft_or_declined_with_an_answer(office):
    asked = {
        "organisation_id": office.county.purchaser,
        "name": "校园巡护",
        "content": "上下学巡护",
    }
    more = {"need": "编制紧张", "duty": "教育局安全科校园巡护职责", "flags": ["new"]}
    first, second = (do("catalogue.propose", office.clerk, **asked, **more)["id"] for _ in range(2))
    number = office.draft()
    take = {"id": first, "catalogue_id": number, "category": "A", "upper_code": "A14"}
    assert (
        attempt("catalogue.take_proposal", office.budget, code="A07", **take).body["code"]
        == "CATALOGUE_ITEM_EXISTS"
    )
    assert do("catalogue.take_proposal", office.budget, code="A14-1", **take)["state"] == "taken"
    do("catalogue.decline_proposal", office.budget, id=second, answer="重复")
    rows = do("catalogue.proposals", office.clerk)["items"]
    assert [row["state"] for row in rows] == ["declined", "taken"]
    items = {i["code"]: i for i in do("catalogue.get", office.budget, id=number)["items"]}
    assert items["A14-1"]["duty"] == "教育局安全科校园巡护职责"
    assert items["A14-1"]["flags"] == ["new"]


# --- the public's opinion ----------------------------------------------------------------------


def comment(number, text="希望增加夜间服务", **fields):
    """Comment without an account and return the answer."""
    given = {"catalogue_id": number, "speaker": "resident", "text": text}
    return attempt("catalogue.comment", ANONYMOUS, **(given | fields))


@pytest.mark.requirement("R002-35")
def test_a_catalogue_about_which_nobody_was_asked_cannot_be_submitted(office):
    number = office.draft()
    body = refused(office.submit(number), "CATALOGUE_NOT_CONSULTED")
    assert body["basis"] == "政府购买服务管理办法第十一条；长府办发〔2014〕18号（五）"
    office.ask(number)
    answer = attempt(
        "catalogue.submit",
        office.budget,
        id=number,
        consultation="已征求意见",
        valid_from="2026-10-01",
    )
    assert "2026-09-10" in refused(answer, "CATALOGUE_NOT_CONSULTED")["detail"]


@pytest.mark.requirement("R000-27", "R002-35")
def test_comments_need_no_account_and_each_is_answered_before_publication(office):
    number = office.draft()
    assert comment(number).body["code"] == "NOT_FOUND"
    office.ask(number)
    said = comment(number, item_code="A07")
    assert not said.refused
    assert comment(number).body["code"] == "COMMENT_REPEATED"
    assert "1 条" in refused(office.submit(number), "CATALOGUE_NOT_CONSULTED")["detail"]
    do("catalogue.answer_comment", office.budget, id=said.body["id"], answer="已采纳")
    twice = attempt("catalogue.answer_comment", office.budget, id=said.body["id"], answer="再答")
    assert twice.body["code"] == "STATE_CHANGED"
    assert not office.submit(number).refused
    shown = do("public.consultation", office.clerk, id=number)["comments"]["items"]
    assert [(one["text"], one["answer"]) for one in shown] == [("希望增加夜间服务", "已采纳")]
    with clock.frozen("2026-09-11T09:00"):
        assert comment(number, "迟到的意见").body["code"] == "CONSULTATION_CLOSED"


def test_a_comment_is_short_holds_no_numbers_of_persons_and_does_not_flood(office, monkeypatch):
    number = office.draft()
    office.ask(number)
    assert comment(number, "好").body["code"] == "INVALID_INPUT"
    assert comment(number, "长" * 501).body["code"] == "INVALID_INPUT"
    assert comment(number, "请打我手机 13800138000").body["code"] == "PERSONAL_DATA"
    assert comment(number, "身份证 22010019410317021X 的").body["code"] == "PERSONAL_DATA"
    monkeypatch.setattr("core.catalogue.consulting.COMMENTS_AN_HOUR", 2)
    answers = [comment(number, f"第 {n} 条意见") for n in range(3)]
    assert answers[2].body["code"] == "TOO_MANY_COMMENTS"


def test_while_the_public_is_asked_nothing_changes_afterwards_it_may(office):
    number = office.draft()
    office.ask(number)
    assert office.put(number).body["code"] == "CATALOGUE_OPEN_FOR_COMMENT"
    with clock.frozen("2026-09-11T09:00"):
        assert not office.put(number).refused


def test_the_public_is_asked_for_a_week_at_least_and_not_in_the_past(office):
    number = office.draft()
    for first, last in (("2026-08-31", "2026-09-30"), ("2026-09-01", "2026-09-06")):
        answer = attempt(
            "catalogue.open_comment", office.budget, id=number, from_on=first, to_on=last
        )
        assert answer.body["code"] == "INVALID_INPUT"


# --- publication -------------------------------------------------------------------------------


@pytest.mark.requirement("R002-52")
def test_a_catalogue_is_published_by_another_person_with_its_document(office):
    number = office.draft()
    office.ask(number)
    office.submit(number)
    own = attempt("catalogue.publish", office.budget, id=number, document="1号")
    assert own.body["code"] == "ROLE_NOT_ALLOWED"
    assert office.publish(number).body["state"] == "published"
    told = do("public.catalogue", office.clerk, on="2026-10-01")
    assert told["catalogues"][0]["document"] == "望财购〔2026〕1号"
    assert [item["code"] for item in told["items"]] == ["A07", "E01"]
    assert do("public.catalogue", office.clerk, on="2026-09-30")["items"] == []


def test_who_made_a_catalogue_cannot_publish_it(office):
    number = office.draft()
    office.ask(number)
    office.submit(number)
    twin = office.budget.__class__(office.budget.user_id, "同一人", office.approver.grants)
    assert refused(office.publish(number, twin), "FOUR_EYES_REQUIRED")["basis"]


def test_a_catalogue_that_is_sent_back_is_changed_and_submitted_again(office):
    number = office.draft()
    office.ask(number)
    office.submit(number)
    do("catalogue.send_back", office.approver, id=number, reason="补充层级")
    assert office.publish(number).body["code"] == "STATE_CHANGED"
    assert not office.submit(number).refused


def test_a_version_given_up_is_gone_from_the_publics_eyes(office):
    number = office.draft()
    office.ask(number)
    do("catalogue.withdraw", office.budget, id=number, reason="重新编制")
    assert attempt("public.consultation", office.clerk, id=number).body["code"] == "NOT_FOUND"
    assert office.draft() != number


def test_no_catalogue_reaches_back_into_the_past(office):
    number = office.draft()
    office.ask(number)
    assert office.submit(number, valid_from="2026-09-10").body["code"] == "INVALID_INPUT"
    assert office.submit(number, valid_to="2026-09-30").body["code"] == "INVALID_INPUT"
    make_catalogue(office.county, codes=["A01"], batch=2)


@pytest.mark.requirement("R000-28")
def test_a_yearly_adjustment_copies_the_last_version_and_shows_the_difference(office):
    items = make_catalogue(office.county, codes=["A01", "A07"])
    number = do("catalogue.revise", office.budget, id=items[""], year=2027, name="2027年目录")["id"]
    office.put(number, "A07", name="养老服务", content="只做助餐", levels=["county", "township"])
    do("catalogue.drop_item", office.budget, catalogue_id=number, code="A01")
    do("catalogue.select_items", office.budget, catalogue_id=number, codes=["A12"])
    told = do("catalogue.difference", office.budget, id=number)
    assert told["counts"] == {"removed": 1, "changed": 1, "added": 1}
    changes = {one["code"]: one for one in told["items"]}
    assert changes["A01"]["change"] == "removed"
    assert "content" in changes["A07"]["fields"]
    office.ask(number)
    assert not office.submit(number).refused
    office.publish(number)
    public = do("public.catalogue_changes", office.clerk, year=2027)["versions"]
    assert public[0]["counts"] == told["counts"]
    # Which version holds follows from the day alone.
    with transaction(readonly=True):
        assert [i.code for i in items_on(COUNTY, date(2026, 9, 30))] == ["A01", "A07"]
        # The rewritten one is no longer marked as people's livelihood, so it comes last.
        assert [i.code for i in items_on(COUNTY, date(2026, 10, 1))] == ["A12", "A07"]


@pytest.mark.requirement("R002-65")
def test_batches_hold_beside_one_another(office):
    make_catalogue(office.county, codes=["A01"])
    make_catalogue(office.county, codes=["B03"], batch=2)
    with transaction(readonly=True):
        assert [item.code for item in items_on(COUNTY, ON)] == ["A01", "B03"]


def snapshot():
    """Return every published catalogue with its items, field by field."""
    with transaction(readonly=True):
        rows = db.session.scalars(db.select(Catalogue).filter_by(state="published")).all()
        return {
            row.id: (
                {c.name: getattr(row, c.name) for c in Catalogue.__table__.columns},
                [
                    {c.name: getattr(item, c.name) for c in CatalogueItem.__table__.columns}
                    for item in row.items
                ],
            )
            for row in rows
        }


@pytest.mark.requirement("R000-28")
def test_a_published_catalogue_never_changes(office):
    number = make_catalogue(office.county, codes=["A07"])[""]
    before = snapshot()
    tries = [
        (
            "catalogue.put_item",
            {"catalogue_id": number, "code": "A07", "levels": ["county"], **ITEM},
        ),
        ("catalogue.select_items", {"catalogue_id": number, "codes": ["A01"]}),
        ("catalogue.drop_item", {"catalogue_id": number, "code": "A07"}),
        ("catalogue.assess_item", {"catalogue_id": number, "code": "A07", **GOOD}),
        ("catalogue.open_comment", {"id": number, "from_on": "2026-09-01", "to_on": "2026-09-20"}),
        (
            "catalogue.submit",
            {"id": number, "consultation": "再次", "valid_from": "2026-12-01"},
        ),
        ("catalogue.withdraw", {"id": number, "reason": "撤回"}),
    ]
    for operation, fields in tries:
        answer = attempt(operation, office.budget, **fields)
        assert answer.body["code"] in {"CATALOGUE_CLOSED", "STATE_CHANGED"}, (operation, answer)
    for operation, fields in (
        ("catalogue.publish", {"id": number, "document": "2号"}),
        ("catalogue.send_back", {"id": number, "reason": "退回"}),
    ):
        answer = attempt(operation, office.approver, **fields)
        assert answer.body["code"] == "STATE_CHANGED"
    assert snapshot() == before


@pytest.mark.race
def test_two_publications_at_once_make_one(app, office):
    number = office.draft()
    office.ask(number)
    office.submit(number)

    def once():
        # An app's context is a thread's own.
        with app.app_context():
            return office.publish(number)

    answers = together(once, once, once)
    assert sorted(answer.status for answer in answers) == [200, 409, 409]


WALKS = 3
STEPS = 60


@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_is_done_in_whatever_order_published_versions_stay(office, seed):
    """Acts drawn at random, on any version; what was published once is there unchanged."""
    random, seen = Random(seed), {}
    day = date(2026, 9, 1)
    make_catalogue(office.county, codes=["A07", "B03"])
    for step in range(STEPS):
        day += timedelta(random.randint(0, 4))
        with clock.frozen(f"{day}T09:00"):
            operation, who, fields = _any_act(office, random, day, step)
            answer = attempt(operation, who, **fields)
            assert answer.status < 500
            now = snapshot()
            assert {number: now.get(number) for number in seen} == seen
            seen = now
    assert seen


def _any_act(office, random, day, step):
    """Return an act, somebody who may do it, and fields that may fit."""
    with transaction(readonly=True):
        numbers = db.session.scalars(db.select(Catalogue.id)).all()
    number = random.choice([*numbers, max(numbers), max(numbers)])
    budget, approver = office.budget, office.approver
    inside = {"catalogue_id": number, "code": random.choice(["A07", "B03", "A12"])}
    last = day + timedelta(random.randint(5, 8))
    acts = [
        ("catalogue.revise", budget, {"id": number, "year": 2027, "name": f"目录{step}"}),
        ("catalogue.put_item", budget, inside | ITEM | {"levels": ["county"]}),
        ("catalogue.drop_item", budget, inside),
        ("catalogue.assess_item", budget, inside | GOOD),
        (
            "catalogue.open_comment",
            budget,
            {"id": number, "from_on": f"{day}", "to_on": f"{last}"},
        ),
        (
            "catalogue.submit",
            budget,
            {"id": number, "consultation": "已征求", "valid_from": f"{day + timedelta(9)}"},
        ),
        ("catalogue.publish", approver, {"id": number, "document": f"{step}号"}),
        ("catalogue.publish", approver, {"id": number, "document": f"{step}号"}),
        ("catalogue.send_back", approver, {"id": number, "reason": "改"}),
        ("catalogue.withdraw", budget, {"id": number, "reason": "重做"}),
    ]
    # Giving up and sending back are rare, or nothing would ever be published.
    weights = [6, 2, 1, 6, 9, 9, 9, 9, 1, 1]
    return random.choices(acts, weights)[0]
