"""Every parameter of a programme matters: changing it changes what comes out.

The parameters are read from the schema. For each that the rules alone decide there is a scenario
here, two values (or all options), and what they lead to, which must differ; the others are played
through the acts in `test_parameters_in_acts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from core import Huigou
from core.errors import Refusal
from plugins.voucher import rules as decisions
from plugins.voucher.parameters import parameters
from plugins.voucher.rules import QUANTITY_ONE, Terms, Use, measured
from plugins.voucher.service.granting import commitment
from plugins.voucher.service.trying import failures
from tests.voucher.parameter_acts import ACTED, TERMS, World
from tests.voucher.purse import DOCUMENT, FIRST, Purse, read

# That a figure matters hangs on no engine; what the acts do with money is asked of both elsewhere.
pytestmark = pytest.mark.one_engine

OPTIONS = {one.path: one.options for one in parameters() if one.is_leaf}
SWITCH = (False, True)
CLASS = {"classes": [{"code": "A", "name": "甲类"}]}


@dataclass(frozen=True)
class Shown:
    """A parameter's values (its options where it has them), and what the rules make of each."""

    observe: Callable[[Terms], Any]
    values: tuple[Any, ...] = ()
    terms: dict[str, Any] | None = None


def put(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a document with another value at a path; `[]` is the first of a list."""
    changed = deepcopy(document)
    *parts, last = path.split(".")
    place: Any = changed
    for part in parts:
        name = part.removesuffix("[]")
        place = place.setdefault(name, {})
        if part.endswith("[]"):
            place = place[0]
    place[last] = value
    return changed


# --- what is observed -----------------------------------------------------------------------------


def day(text: str) -> date:
    return date.fromisoformat(text)


# Twice on one day, then in the same week, month, quarter, year, and in the next year.
DAYS = [
    date(2026, 1, 5),
    date(2026, 1, 5),
    date(2026, 1, 6),
    date(2026, 1, 14),
    date(2026, 2, 2),
    date(2026, 4, 1),
    date(2027, 1, 4),
]


def pays(*prices: int, **asked: Any) -> Callable[[Terms], Any]:
    """Observe what uses on the first day pay, one after the other."""

    def observe(rules: Terms) -> Any:
        purse = Purse(rules).grant()
        return tuple(purse.pays(price, **dict(asked)) for price in prices)

    return observe


def pays_of(*, class_code: str = "A", income_fen: int | None = None, **asked: Any) -> Any:
    """Observe what a use of 100 yuan pays to a holder of a class."""

    def observe(rules: Terms) -> Any:
        purse = Purse(rules, class_code, income_fen=income_fen).grant()
        return purse.pays(10_000, **dict(asked))

    return observe


def on_days(rules: Terms) -> Any:
    """Observe what uses of 60 fen pay over the year."""
    purse = Purse(rules).grant(DAYS[0])
    return tuple(purse.pays(60, one) for one in DAYS)


def around_july(rules: Terms) -> Any:
    """Observe what uses of one yuan pay on the last of June and the first of July."""
    purse = Purse(rules).grant()
    return [purse.pays(100, one) for one in (day("2026-06-30"), day("2026-07-01"))]


def granted_over_the_year(rules: Terms) -> Any:
    """Observe how many lots come in a year."""
    purse = Purse(rules)
    for one in DAYS:
        purse.grant(one)
    return len(purse.lots)


def last_days(rules: Terms) -> Any:
    """Observe the last day of what was granted on 5 January, before and after a use."""
    purse = Purse(rules).grant(day("2026-01-05"))
    before = purse.lots[0].valid_through
    purse.pays(100, day("2026-01-20"))
    return before, purse.lots[0].valid_through


def first_days(rules: Terms) -> Any:
    """Observe the first day of what is granted in January."""
    return [lot.valid_from for lot in Purse(rules).grant(day("2026-01-01")).lots]


def granted_midway(rules: Terms) -> Any:
    """Observe what somebody gets who comes on 16 January."""
    return [lot.available for lot in Purse(rules).grant(day("2026-01-16")).lots]


def accepted(*days: str) -> Callable[[Terms], Any]:
    """Observe on which days a use is accepted."""

    def observe(rules: Terms) -> Any:
        return tuple(Purse(rules).grant().pays(100, day(one)) for one in days)

    return observe


def entered(*offsets: int) -> Callable[[Terms], Any]:
    """Observe whether services so many days from today may be entered."""

    def observe(rules: Terms) -> Any:
        today = day("2026-03-10")
        return tuple(
            Purse(rules).grant().pays(100, today, service_on=today + timedelta(one))
            for one in offsets
        )

    return observe


def ways(rules: Terms) -> Any:
    """Observe which manners of being there are accepted."""
    return tuple(
        Purse(rules).grant().pays(6_000, presence=way, quantity=60 * QUANTITY_ONE)
        for way in ("scan", "timed", "hold", "enrolled")
    )


def at(**where: Any) -> Callable[[Terms], Any]:
    """Observe a use at a provider or by a holder of a kind."""
    return lambda rules: Purse(rules).grant().pays(100, where=where)


def in_unit(rules: Terms) -> Any:
    """Observe an hour at 60 yuan, and how the rest is written."""
    use = Use("s", price_fen=6_000, quantity=60 * QUANTITY_ONE)
    decision = Purse(rules).grant().decide(use)
    return decision.amount_fen, measured(rules.unit, decision.remaining)


def first_lot(rules: Terms) -> Any:
    """Observe from which lot a use is drawn."""
    today = day("2026-02-04")
    decision = Purse(rules).grant(today).decide(Use("s", price_fen=100), today)
    return [draw.lot_id for draw in decision.draws]


def of_a_family(rules: Terms) -> Any:
    """Observe what two members of a family may use of one limit."""
    one = Purse(rules, family="7").grant()
    other = Purse(rules, holder="resident:2", family="7", counters=one.counters).grant()
    return one.pays(100), other.pays(100)


def refusal(rules: Terms) -> Any:
    """Observe what the second use is told."""
    purse = Purse(rules).grant()
    purse.pays(100)
    try:
        purse.decide(Use("s", price_fen=100))
    except Refusal as refused:
        return refused.message, refused.facts["cap"]
    raise AssertionError


def without_income(rules: Terms) -> Any:
    """Observe what a holder without a recorded income is told."""
    try:
        Purse(rules).grant().decide(Use("s", price_fen=100))
    except Refusal as refused:
        return refused.message
    raise AssertionError


def rounded_in_parts(rules: Terms) -> Any:
    """Observe two visits of an hour, the first over two lots."""
    purse = Purse(rules).grant()
    return tuple(purse.pays(100, quantity=60 * QUANTITY_ONE) for _ in range(2))


def voidable(rules: Terms) -> Any:
    """Observe whether a use may be voided the same day, in its month, and later."""
    return tuple(_may_void(rules, day(one)) for one in ("2026-03-10", "2026-03-31", "2026-04-01"))


def _may_void(rules: Terms, today: date) -> bool:
    try:
        decisions.may_void(rules, redeemed_on=day("2026-03-10"), today=today, locked=False)
    except Refusal:
        return False
    return True


def failing(rules: Terms) -> Any:
    """Observe which test cases do not come out as written, and how."""
    return tuple(failures(rules))


# --- the scenarios --------------------------------------------------------------------------------

HOURS = {
    "code": "s",
    "name": "照护",
    "unit": "小时",
    "measure": "minute",
    "maximum_price_fen": 6_000,
}
MINUTES: dict[str, Any] = {
    "unit": "minute",
    "commit": "maximum_price",
    "services": [HOURS],
    "allotments": [
        {"code": "a", "name": "甲", "amounts": [{"quantity": 45}]},
        {"code": "b", "name": "乙", "amounts": [{"quantity": 200}]},
    ],
}
TWO_CLASSES = [{"code": "B", "name": "乙类"}, {"code": "A", "name": "甲类"}]
RESULTS = {"results": [{"code": "passed", "name": "合格", "share_ppm": 1_000_000}]}
TWO_SERVICES = [
    {"code": "s", "name": "服务", "unit": "次"},
    {"code": "t", "name": "其他", "unit": "次"},
]
THRESHOLD = {"thresholds": [{"spend_fen": 5_000, "off_fen": 2_000}]}


def allotment(**more: Any) -> dict[str, Any]:
    return {"allotments": [DOCUMENT["allotments"][0] | more]}


def service(**more: Any) -> dict[str, Any]:
    return {"services": [DOCUMENT["services"][0] | more]}


def cap(**more: Any) -> dict[str, Any]:
    usual = {"code": "c", "name": "限额", "per": "month", "limit": 100}
    return {"caps": [usual | more], "classes": TWO_CLASSES, "services": TWO_SERVICES}


def reduction(**more: Any) -> dict[str, Any]:
    usual = {"name": "自担", "amount_fen": 100, "ppm": 100_000}
    return {"reductions": [usual | more], "classes": TWO_CLASSES, "services": TWO_SERVICES}


def share(**more: Any) -> dict[str, Any]:
    return {
        "shares": [{"rate_ppm": 500_000} | more],
        "classes": TWO_CLASSES,
        "services": TWO_SERVICES,
    }


def case(**more: Any) -> dict[str, Any]:
    """Return terms with one test case of a use, which by the rules pays 100 fen."""
    usual = {"name": "一次", "service": "s", "price_fen": 100, "pays_fen": 100}
    return {
        "cases": [usual | more],
        "classes": TWO_CLASSES[::-1],
        "services": [TWO_SERVICES[0] | RESULTS, TWO_SERVICES[1]],
        "other_payers": [{"code": "ins", "name": "保险"}],
    }


def person(**more: Any) -> dict[str, Any]:
    """Return terms with one test case of a person who has been at home for two months."""
    usual = {"name": "两个月", "facts": {"home_care_since": "2026-01-15"}, "eligible": True}
    return {
        "eligibility": {"fact": "home_care_since", "months_ago_above": 1},
        "cases": [usual | {"on": "2026-03-20"} | more],
    }


ORDERED = [
    {"code": "m", "name": "月", "period": "month", "amounts": [{"quantity": 1_000}]},
    {"code": "y", "name": "年", "period": "year", "amounts": [{"quantity": 1_000}]},
    {"code": "w", "name": "周", "period": "week", "amounts": [{"quantity": 1_000}]},
]

SHOWN: dict[str, Shown] = {
    "valid_from": Shown(
        accepted("2026-02-01", "2026-03-01"), ("2026-01-01", "2026-02-15"), allotment()
    ),
    "valid_through": Shown(accepted("2026-06-30", "2026-07-01"), ("2026-06-30", "2026-12-31")),
    "year_starts": Shown(around_july, (1, 7), cap(per="year")),
    "age_at_use.at_least": Shown(at(resident_born_on=day("2020-01-01")), (6, 7)),
    "age_at_use.below": Shown(at(resident_born_on=day("2020-01-01")), (6, 7)),
    "classes[].provider_tag": Shown(at(provider_tags=" school "), ("school", "hospital")),
    "classes[].services": Shown(pays_of(), (["s"], ["t"]), {"services": TWO_SERVICES}),
    "unit": Shown(
        in_unit, (), MINUTES | allotment(amounts=[{"quantity": 100}]) | {"services": [HOURS]}
    ),
    "allotments[].period": Shown(granted_over_the_year),
    "allotments[].amounts[].quantity": Shown(pays(900), (500, 1_000)),
    "allotments[].amounts[].classes": Shown(
        pays(900),
        ([], ["B"]),
        allotment(amounts=[{"quantity": 500}, {"quantity": 1_000}]) | {"classes": TWO_CLASSES},
    ),
    "allotments[].lapse.kind": Shown(last_days, (), allotment(period="month", lapse={"n": 20})),
    "allotments[].lapse.n": Shown(last_days, (10, 30), allotment(lapse={"kind": "days"})),
    "allotments[].lapse.first_day_counts": Shown(
        last_days, SWITCH, allotment(lapse={"kind": "days", "n": 30})
    ),
    "allotments[].first_period": Shown(granted_midway, (), allotment(period="month")),
    "allotments[].opens_on": Shown(first_days, (1, 10), allotment(period="month")),
    "commit": Shown(
        lambda rules: commitment(rules, "A", 500),
        (),
        service(maximum_price_fen=300) | {"single_use": True, "remainder": "forfeit"},
    ),
    "services[].code": Shown(pays_of(), ("s", "t")),
    "services[].maximum_price_fen": Shown(pays_of(), (9_999, 10_000)),
    "services[].provider_tag": Shown(at(provider_tags=" school "), ("school", "hospital")),
    "services[].presence": Shown(ways, (), {"services": [HOURS]}),
    "services[].measure": Shown(
        pays_of(quantity=90 * QUANTITY_ONE), (), allotment(amounts=[{"quantity": 5_000_000}])
    ),
    "services[].block": Shown(rounded_in_parts, (7, 50), MINUTES),
    "services[].results[].code": Shown(
        pays_of(result="passed"), ("passed", "other"), service(**RESULTS)
    ),
    "services[].results[].share_ppm": Shown(
        pays_of(result="passed"), (0, 500_000), service(**RESULTS)
    ),
    "other_payers[].code": Shown(
        pays_of(others_fen={"ins": 100}),
        ("ins", "aid"),
        {"other_payers": [{"code": "ins", "name": "保险"}]},
    ),
    "shares[].rate_ppm": Shown(pays(100), (400_000, 500_000), share()),
    "shares[].standard_fen": Shown(pays(100), (60, 80), share()),
    "shares[].thresholds[].spend_fen": Shown(pays(5_000), (5_000, 5_001), share(**THRESHOLD)),
    "shares[].thresholds[].off_fen": Shown(pays(5_000), (2_000, 3_000), share(**THRESHOLD)),
    "shares[].classes": Shown(pays(100), (["A"], ["B"]), share()),
    "shares[].services": Shown(pays(100), (["s"], ["t"]), share()),
    "reductions[].name": Shown(without_income, ("自担", "家庭负担"), reduction(of="income")),
    "reductions[].of": Shown(pays_of(income_fen=3_000), (), reduction()),
    "reductions[].amount_fen": Shown(pays(1_000), (100, 200), reduction()),
    "reductions[].ppm": Shown(pays(1_000), (100_000, 200_000), reduction(of="subsidy")),
    "reductions[].classes": Shown(pays(1_000), (["A"], ["B"]), reduction()),
    "reductions[].services": Shown(pays(1_000), (["s"], ["t"]), reduction()),
    "reduction_pick": Shown(pays(1_000), (), {"reductions": reduction()["reductions"] * 2}),
    "caps[].code": Shown(refusal, ("c", "d"), cap()),
    "caps[].name": Shown(refusal, ("限额", "每月限额"), cap()),
    "caps[].of": Shown(pays(100, 100, quantity=3 * QUANTITY_ONE), (), cap(limit=2)),
    "caps[].per": Shown(on_days, (), cap()),
    "caps[].limit": Shown(on_days, (100, 200), cap()),
    "caps[].whose": Shown(of_a_family, (), cap()),
    "caps[].at_limit": Shown(pays(120), (), cap()),
    "caps[].classes": Shown(on_days, (["A"], ["B"]), cap()),
    "caps[].services": Shown(on_days, (["s"], ["t"]), cap()),
    "rounding.price": Shown(
        lambda rules: tuple(Purse(rules).grant().pays(101, quantity=part) for part in (250, 500)),
    ),
    "rounding.subsidy": Shown(pays(101, 103), (), share(rate_ppm=250_000)),
    "rounding.per": Shown(rounded_in_parts, (), MINUTES | {"shares": [{"rate_ppm": 355_000}]}),
    "beyond": Shown(pays(100_001)),
    "remainder": Shown(pays(100, 100)),
    "single_use": Shown(pays(100, 100), SWITCH, {"remainder": "forfeit"}),
    "lot_order": Shown(first_lot, (), {"allotments": ORDERED}),
    "area": Shown(at(provider_path="430000/430100/430112/"), ("430112", "430102")),
    "entry.ahead_days": Shown(entered(6, 7), (6, 7)),
    "entry.late_days": Shown(entered(-6, -7), (6, 7)),
    "void_window": Shown(voidable),
    "confirm_days": Shown(lambda rules: decisions.confirm_by(rules, FIRST), (0, 5)),
    "cases[].name": Shown(failing, ("一次", "两次"), case(pays_fen=1)),
    "cases[].service": Shown(
        failing, ("s", "t"), case() | {"shares": [{"services": ["s"]}, {"rate_ppm": 0}]}
    ),
    "cases[].class": Shown(
        failing, ("A", "B"), case() | {"shares": [{"classes": ["A"]}, {"rate_ppm": 0}]}
    ),
    "cases[].price_fen": Shown(failing, (100, 200), case()),
    "cases[].quantity": Shown(failing, (1, 2), case()),
    "cases[].minutes": Shown(
        failing,
        (60, 90),
        MINUTES
        | {"cases": [{"name": "一小时", "service": "s", "price_fen": 100, "pays_fen": 100}]},
    ),
    "cases[].others_fen": Shown(failing, ({}, {"ins": 50}), case()),
    "cases[].income_fen": Shown(
        failing,
        (0, 500),
        case() | {"reductions": [{"name": "自担", "of": "income", "ppm": 100_000}]},
    ),
    "cases[].result": Shown(failing, ("passed", "left"), case(result="passed")),
    "cases[].pays_fen": Shown(failing, (100, 200), case()),
    "cases[].on": Shown(failing, ("2026-02-01", "2026-03-20"), person()),
    "cases[].facts": Shown(failing, ({}, {"home_care_since": "2026-01-15"}), person()),
    "cases[].eligible": Shown(failing, SWITCH, person()),
}


def values_of(path: str, shown: Shown) -> tuple[Any, ...]:
    return shown.values or OPTIONS[path]


def test_every_parameter_has_a_scenario() -> None:
    assert sorted({*SHOWN} | {*ACTED}) == sorted(OPTIONS)
    assert {*SHOWN} & {*ACTED} == set()


def test_every_option_has_its_turn() -> None:
    lists = {path: values_of(path, shown) for path, shown in SHOWN.items()}
    lists |= {path: acted.values or OPTIONS[path] for path, acted in ACTED.items()}
    assert [path for path, values in lists.items() if len(values) < 2] == []
    enumerated = {path: options for path, options in OPTIONS.items() if options}
    assert {path: lists[path] for path in enumerated} == enumerated


@pytest.mark.parametrize("path", sorted(SHOWN))
def test_a_parameter_changes_what_the_rules_say(path: str, app_kept: Huigou) -> None:
    shown = SHOWN[path]
    with app_kept.app_context():
        found = dict(_observed(path, shown))
    assert len({str(one) for one in found.values()}) == len(found), found


def _observed(path: str, shown: Shown) -> Iterator[tuple[str, Any]]:
    document = DOCUMENT | (shown.terms or {})
    for value in values_of(path, shown):
        rules = read(**put(document, path, value))
        once = shown.observe(rules)
        assert shown.observe(rules) == once, "nothing but the parameter may make a difference"
        yield str(value), once


@pytest.mark.requirement("R000-52", in_part=True)
@pytest.mark.parametrize("path", sorted(ACTED))
def test_a_parameter_changes_what_acts_do(path: str, world: World) -> None:
    acted, found = ACTED[path], {}
    with world.app.app_context():
        world.programme()
        values = acted.values or OPTIONS[path]
        # The first once more: nothing but the parameter may make a difference.
        for value in (*values, values[0]):
            placed = world.lines[value] if path == "funding[].line_id" else value
            terms = put(TERMS | CLASS | (acted.terms or {}), path, placed)
            seen = acted.story(world, world.programme(**terms))
            assert found.setdefault(str(value), seen) == seen
    assert len({str(one) for one in found.values()}) == len(found), found
