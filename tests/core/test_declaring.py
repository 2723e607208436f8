"""What organisations declare of themselves: read as facts, judged by rules about organisations."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock
from core.db import transaction
from core.errors import InvalidInput
from core.facts import ORGANISATION, Fact, Place, declared, facts_about
from core.facts.declared import CHOICE, DAY, FEN, NUMBER, PLACE, RATIO, SET
from core.hookspecs import hookimpl
from core.rules import judge, needs, read, require_places, sentence
from tests import factories

pytestmark = pytest.mark.one_engine

ON = date(2026, 6, 15)
TOWN = "430112001"
SMALL_SHOP = {
    "all": [
        {"fact": "shop.size", "at_most": "小型"},
        {"fact": "shop.floor", "at_least": 80},
        {"fact": "shop.place", "within": factories.COUNTY},
        {"fact": "shop.opened_on", "months_ago_at_least": 12},
        {"fact": "shop.invested", "at_least": 100_000},
    ]
}
SAID = {
    "shop.size": "微型",
    "shop.floor": 80,
    "shop.place": TOWN,
    "shop.opened_on": "2025-06-15",
    "shop.invested": 100_000,
}


class Shops:
    """A plugin to which shops declare what they are."""

    @hookimpl
    def register_facts(self):
        return [
            Fact("shop.size", "规模", CHOICE, options=("微型", "小型", "大型"), about=ORGANISATION),
            Fact("shop.floor", "面积", NUMBER, most=1_000, about=ORGANISATION),
            Fact("shop.place", "地点", PLACE, about=ORGANISATION),
            Fact("shop.opened_on", "开业日", DAY, about=ORGANISATION),
            Fact("shop.invested", "投入", NUMBER, unit=FEN, about=ORGANISATION),
        ]


@pytest.fixture(autouse=True)
def county(make_app):
    """Shops of a county on a day of June."""
    with clock.frozen("2026-06-15T09:00"), make_app(plugins_given=[Shops()]).app_context():
        factories.make_division()
        with transaction(readonly=True):
            yield


def judged(said):
    """Judge what a shop declared by the rule on small shops."""
    rule = read(SMALL_SHOP, about=ORGANISATION)
    require_places(rule)
    return judge(rule, declared(said, needs(rule, ON)), ON)


def test_what_fits_the_rule_is_eligible():
    assert judged(SAID).eligible


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("shop.size", "大型"),
        ("shop.floor", 79),
        ("shop.place", "430100"),
        ("shop.opened_on", "2025-06-16"),
        ("shop.invested", 99_999),
    ],
)
def test_each_condition_that_is_not_met_is_told_alone(code, value):
    verdict = judged(SAID | {code: value})
    assert not verdict.eligible
    (reason,) = verdict.reasons
    assert facts_about(ORGANISATION)[code].name in reason.sentence


@pytest.mark.parametrize("code", SAID)
def test_what_was_left_out_is_unknown_and_told(code):
    verdict = judged({name: value for name, value in SAID.items() if name != code})
    assert not verdict.eligible
    assert len(verdict.reasons) == 1


def test_a_declared_place_is_read_with_everything_above_it():
    rule = read({"fact": "shop.place", "within": factories.COUNTY}, about=ORGANISATION)
    asked = needs(rule, ON)
    assert declared(SAID, asked).values[next(iter(asked))] == Place(
        TOWN, "高塘岭街道", ("430000", "430100", factories.COUNTY, TOWN)
    )


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("shop.size", "巨型"),
        ("shop.floor", 1_001),
        ("shop.floor", "很大"),
        ("shop.place", "999999"),
        ("shop.opened_on", "2025-02-30"),
        ("shop.invested", -1),
    ],
)
def test_a_value_that_does_not_fit_its_fact_is_refused(code, value):
    with pytest.raises(InvalidInput) as told:
        judged(SAID | {code: value})
    assert facts_about(ORGANISATION)[code].name in told.value.message


def test_what_is_no_fact_of_an_organisation_is_not_read():
    assert judged(SAID | {"age": 70, "weather": "晴"}).eligible


def test_a_rule_asks_residents_or_organisations_and_never_both():
    with pytest.raises(InvalidInput) as told:
        read({"all": [{"fact": "age", "at_least": 60}]}, about=ORGANISATION)
    assert list(told.value.errors) == ["rule.all[0].fact"]
    with pytest.raises(InvalidInput) as told:
        read(SMALL_SHOP)
    assert list(told.value.errors) == [f"rule.all[{n}].fact" for n in range(5)]


def test_a_rule_about_organisations_is_told_in_words():
    said = sentence(read(SMALL_SHOP, about=ORGANISATION))
    assert "规模" in said
    assert "面积" in said


@pytest.mark.parametrize("kind", [SET, RATIO])
def test_an_organisation_declares_single_values(kind):
    with pytest.raises(RuntimeError, match=r"single values|not computed"):
        Fact("shop.many", "许多", kind, about=ORGANISATION)
