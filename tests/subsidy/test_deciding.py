"""What decides a rule is known and suffices; what it waits for is unknown and would suffice."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from core.facts import Known
from core.rules import All, AnyOf, Leaf, Not
from core.rules.predicate import leaves, needs
from plugins.subsidy.service.deciding import Deciding

TODAY = date(2026, 5, 6)
TRADE = Leaf("org.trade", "in", ("书店",))
NATURE = Leaf("org.nature", "in", ("企业",))
STAFF = Leaf("org.staff", "at_least", 10)
RULES = (
    TRADE,
    Not(TRADE),
    All((TRADE, NATURE, STAFF)),
    AnyOf((TRADE, NATURE, STAFF)),
    All((TRADE, AnyOf((NATURE, STAFF)))),
    AnyOf((Not(TRADE), All((NATURE, STAFF)))),
    Not(All((TRADE, Not(AnyOf((NATURE, STAFF)))))),
    All((AnyOf((TRADE, NATURE)), Not(AnyOf((STAFF, TRADE))))),
    All(()),
)
# Every answer that a requirement can meet: one that fulfils it, one that does not, none.
ANSWERS = tuple(itertools.product(("书店", "养老", None), ("企业", "基金会", None), (12, 3, None)))


@pytest.fixture(autouse=True)
def declared(app_kept):
    """The facts are declared where the app is."""
    with app_kept.app_context():
        yield


def told(answers):
    """Return the deciding with what was answered of the three."""
    found = zip((TRADE, NATURE, STAFF), answers, strict=True)
    values = {leaf.need(TODAY): value for leaf, value in found}
    return Deciding(Known(date.min, None, values), TODAY)


def test_what_decides_is_known_and_decides_the_same():
    for rule, answers in itertools.product(RULES, ANSWERS):
        deciding = told(answers)
        holds = deciding.holds(rule)
        if holds is not None:
            decisive = deciding.decisive(rule)
            assert deciding.holds(decisive) is holds
            assert all(deciding.holds(leaf) is not None for leaf in leaves(decisive))


def test_a_rule_waits_only_for_what_is_unknown_and_exactly_while_it_is_open():
    for rule, answers in itertools.product(RULES, ANSWERS):
        deciding = told(answers)
        waited = list(deciding.undecided(rule))
        assert bool(waited) is (deciding.holds(rule) is None)
        assert all(deciding.holds(leaf) is None for leaf in waited)


def test_whoever_answers_what_a_rule_waits_for_gets_an_answer():
    for rule, answers in itertools.product(RULES, ANSWERS):
        deciding = told(answers)
        asked = {leaf.need(TODAY) for leaf in deciding.undecided(rule)}
        given = dict(
            zip(needs(All((TRADE, NATURE, STAFF)), TODAY), ("书店", "企业", 12), strict=True)
        )
        known = {
            need: given[need] if need in asked else old
            for need, old in deciding.facts.values.items()
        }
        assert Deciding(Known(date.min, None, known), TODAY).holds(rule) is not None
