"""What support there is for an organisation, by its own answers: fits, not, or not known yet."""

from __future__ import annotations

import pytest

from core import clock
from core.access import ANONYMOUS
from core.audit import AuditEntry
from core.db import db, transaction
from tests.factories import attempt, do
from tests.subsidy import published

pytestmark = pytest.mark.one_engine

TODAY = "2026-05-06T10:00"
SHOP = {
    "org.trade": "书店",
    "org.registered_on": "2024-03-01",
    "org.place": "430112001",
    "org.nature": "个体工商户",
}


@pytest.fixture
def schemes(app, county, database_kept):
    """Three published schemes: an award for bookshops, a loan for the small, one for residents."""

    def make():
        return {
            "award": published.publish(
                county, "award_tiers", code="A", name="书店奖励", eligibility=published.BOOKSHOP
            ),
            "loan": published.publish(
                county, "interest_subsidy", code="L", name="创业贷款", eligibility=published.SMALL
            ),
            "beds": published.publish(
                county,
                "per_unit",
                code="B",
                name="居家床位",
                applicant="resident",
                eligibility={"fact": "age", "at_least": 60},
            ),
        }

    with app.app_context():
        made = database_kept.with_county(app, county, "schemes published", make)
        with clock.frozen(TODAY):
            yield made


def ask(**answers):
    return do(
        "public.support", ANONYMOUS, answers={f"org.{key}": one for key, one in answers.items()}
    )


def of(found, number):
    return next(one for one in found["items"] if one["id"] == number)


def test_a_bookshop_finds_what_it_may_apply_for(schemes):
    found = do("public.support", ANONYMOUS, answers=SHOP)
    assert [one["verdict"] for one in found["items"]] == ["fits", "fits"]
    award = of(found, schemes["award"])
    assert award["most"] == {"of": "award", "fen": 8_000_000}
    assert award["ends_on"] == "2027-12-31"
    assert (award["reasons"], award["missing"]) == ([], [])
    assert of(found, schemes["loan"])["most"] == {"of": "loan", "fen": 400_000_000}


def test_whoever_does_not_fit_reads_why_and_only_what_decides_it(schemes):
    award = of(ask(trade="养老", place="430112001"), schemes["award"])
    assert award["verdict"] == "fits_not"
    # The date was not told, and could change nothing.
    assert award["reasons"] == ["主要业务：养老；要求主要业务是“书店”。"]


def test_a_place_outside_is_told_by_name(schemes):
    award = of(ask(trade="书店", place="430100"), schemes["award"])
    assert award["reasons"] == ["经营所在地：长沙市；要求经营所在地在望城区内。"]


def test_a_choice_of_conditions_is_told_as_one_reason(schemes):
    loan = of(ask(nature="企业", size="大型"), schemes["loan"])
    assert loan["verdict"] == "fits_not"
    (reason,) = loan["reasons"]
    assert reason.startswith("以下须至少满足一项")
    assert "个体工商户" in reason
    assert "企业规模：大型；要求企业规模不高于“小型”。" in reason


def test_what_is_missing_is_named_and_nothing_that_is_not(schemes):
    found = ask(trade="书店", nature="企业")
    assert of(found, schemes["award"])["missing"] == [
        {"code": "org.registered_on", "name": "登记日期"},
        {"code": "org.place", "name": "经营所在地"},
    ]
    loan = of(found, schemes["loan"])
    assert (loan["verdict"], loan["reasons"]) == ("unknown", [])
    assert loan["missing"] == [{"code": "org.size", "name": "企业规模"}]


def test_those_that_fit_come_first_and_those_that_do_not_last(schemes):
    found = ask(trade="养老", nature="企业", size="微型")
    assert [(one["id"], one["verdict"]) for one in found["items"]] == [
        (schemes["loan"], "fits"),
        (schemes["award"], "fits_not"),
    ]


def test_only_what_a_rule_asks_for_is_asked_and_the_place(schemes):
    codes = [one["code"] for one in ask()["questions"]]
    assert codes == ["org.registered_on", "org.place", "org.nature", "org.size", "org.trade"]


def test_without_any_rule_only_the_place_is_asked(app, county):
    with app.app_context():
        number = published.publish(county, "tax_relief_memo", code="T", name="税收登记")
        with clock.frozen(TODAY):
            found = ask()
    assert [one["code"] for one in found["questions"]] == ["org.place"]
    tax = of(found, number)
    assert (tax["verdict"], tax["rule"], tax["most"]) == ("fits", "对单位没有特别要求。", None)


def test_what_residents_apply_for_stands_apart_with_its_rule_in_words(schemes):
    found = ask()
    assert schemes["beds"] not in {one["id"] for one in found["items"]}
    (beds,) = found["residents"]
    assert beds["rule"] == "年龄满 60 周岁。"
    assert beds["most"] == {"of": "period", "fen": 50_000_000}
    assert "verdict" not in beds


@pytest.mark.parametrize(
    ("answers", "code", "says"),
    [
        ({"org.size": "巨型"}, "org.size", "须为以下之一"),
        ({"org.registered_on": "去年"}, "org.registered_on", "须为日期"),
        ({"org.place": "999999"}, "org.place", "行政区划"),
        ({"org.staff": "三"}, "org.staff", "整数"),
        ({"age": 70}, "age", "没有这个问题"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_at_its_question(schemes, answers, code, says):
    answer = attempt("public.support", ANONYMOUS, answers=answers)
    assert answer.status == 422
    assert says in answer.body["errors"][code][0]


@pytest.mark.parametrize("value", [True, None, 1.5, ["书店"], {"a": 1}, "书\0店", "书" * 81])
def test_an_answer_that_is_no_value_at_all_is_refused(schemes, value):
    assert attempt("public.support", ANONYMOUS, answers={"org.trade": value}).status == 422


def test_an_answer_nobody_asks_for_any_more_does_no_harm(schemes):
    assert ask(beds=20)["items"]


def test_answers_are_kept_nowhere(schemes):
    def entries():
        with transaction(readonly=True):
            return db.session.scalar(db.select(db.func.count()).select_from(AuditEntry))

    before = entries()
    do("public.support", ANONYMOUS, answers=SHOP)
    attempt("public.support", ANONYMOUS, answers={"org.size": "巨型"})
    assert entries() == before


def test_a_scheme_is_offered_only_from_its_first_day_to_its_last(app, county):
    with app.app_context():
        number = published.publish(
            county,
            "fee_relief",
            code="F",
            name="收费减免",
            starts_on="2026-05-01",
            ends_on="2026-06-30",
        )
        for day, offered in (
            ("2026-04-30", []),
            ("2026-05-01", [number]),
            ("2026-06-30", [number]),
            ("2026-07-01", []),
        ):
            with clock.frozen(f"{day}T12:00"):
                assert [one["id"] for one in ask()["items"]] == offered


def test_what_is_not_published_or_closed_is_not_offered(app, county, schemes):
    published.submit(county, "fee_relief", code="F", name="收费减免")
    do(
        "scheme.close",
        county.actor("purchaser_approver"),
        id=schemes["award"],
        reason="资金用完",
    )
    assert [one["id"] for one in ask()["items"]] == [schemes["loan"]]


def test_a_loans_yearly_limit_is_the_greatest_amount_where_every_class_has_one(app, county):
    (regime,) = published.PARTS["interest_subsidy"]["regimes"]
    classes = [
        one | {"year_cap_fen": 900_000 + place} for place, one in enumerate(regime["classes"])
    ]
    with app.app_context():
        published.publish(
            county,
            "interest_subsidy",
            code="L",
            name="贷款",
            regimes=[regime | {"classes": classes}],
        )
        with clock.frozen(TODAY):
            assert ask()["items"][0]["most"] == {"of": "year", "fen": 900_001}
            classes[0]["year_cap_fen"] = classes[0]["principal_cap_fen"] = None
        published.publish(
            county,
            "interest_subsidy",
            code="M",
            name="其他",
            regimes=[regime | {"classes": classes}],
        )
        with clock.frozen(TODAY):
            assert ask()["items"][0]["most"] is None
