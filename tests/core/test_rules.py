"""Rules: read from JSON with every mistake told, the same in SQL as in Python, with reasons."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date

import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import event, insert, select

from core import clock
from core.db import db
from core.errors import InvalidInput
from core.facts import FACTS, ResidentFact, known
from core.parties import Party, Resident
from core.rules import (
    Change,
    assess,
    compare,
    condition,
    population,
    read,
    require_places,
    sentence,
)
from core.rules.predicate import begun_before
from tests import factories

DAY = date(2026, 6, 15)
TOWN, OTHER_TOWN = "430112001", "430112002"
ABILITY = ("能力完好", "轻度失能", "中度失能", "重度失能", "完全失能")
REGISTERS = ("低保", "特困", "孤儿")


@pytest.fixture
def places(app):
    """Return the county's divisions, in a transaction that is rolled back in the end."""
    with app.app_context():
        factories.make_division()
        factories.do(
            "party.add_division", code=OTHER_TOWN, name="丁字湾街道", parent=factories.COUNTY
        )
        db.session.connection()
        yield
        db.session.rollback()
        db.session.remove()


def add_people(*people):
    """Insert residents, each given as changes of a woman of 66, and return their numbers."""
    first = (db.session.scalar(select(db.func.max(Party.id))) or 0) + 1
    numbers = list(range(first, first + len(people)))
    db.session.execute(insert(Party), [{"id": number, "kind": "resident"} for number in numbers])
    usual = {
        "name": "某",
        "id_number": "x",
        "phone": None,
        "phone_index": None,
        "born_on": date(1960, 3, 1),
        "sex": "female",
        "division_code": TOWN,
        "died_on": None,
    }
    rows = [
        usual | {"id": number, "id_number_index": str(number)} | person
        for number, person in zip(numbers, people, strict=True)
    ]
    db.session.execute(insert(Resident), rows)
    return numbers


COLUMN = {fact.code: {"number": "number", "day": "day"}.get(fact.kind, "text") for fact in FACTS}


def note(resident_id, code, value, from_on=date(2026, 1, 1), to_on=None):
    """Return a record as a row."""
    empty = {"number": None, "text": None, "day": None}
    return empty | {
        "resident_id": resident_id,
        "code": code,
        COLUMN[code]: value,
        "from_on": from_on,
        "to_on": to_on,
        "document": "望民〔2026〕1号",
        "recorded_at": clock.now(),
    }


def record(*rows):
    db.session.execute(insert(ResidentFact), list(rows))


def eligible(tree, on=DAY):
    """Return the numbers of who is eligible, by SQL, after checking that Python agrees."""
    predicate = read(tree)
    found = set(db.session.scalars(condition(predicate, on)))
    everybody = list(db.session.scalars(select(Resident.id)))
    verdicts = assess(predicate, everybody, on)
    assert {number for number, verdict in verdicts.items() if verdict.eligible} == found
    for verdict in verdicts.values():
        assert verdict.eligible != bool(verdict.reasons)
        assert all(reason.sentence.endswith("。") for reason in verdict.reasons)
    return found


# --- reading -----------------------------------------------------------------------------------


def test_no_rule_is_everybody_alive(places):
    alive, dead, unborn = add_people({}, {"died_on": DAY}, {"born_on": date(2026, 6, 16)})
    assert eligible(None) == {alive}
    assert dead in eligible(None, date(2026, 6, 14))
    assert unborn in eligible(None, date(2026, 6, 16))


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ([], "rule"),
        ({"all": []}, "rule.all"),
        ({"all": {}}, "rule.all"),
        ({"none": []}, "rule"),
        ({"all": [{}], "any": []}, "rule"),
        ({"fact": "height", "at_least": 1}, "rule.fact"),
        ({"fact": ["age"], "at_least": 1}, "rule.fact"),
        ({"fact": "age"}, "rule"),
        ({"fact": "age", "at_least": 1, "below": 2}, "rule"),
        ({"all": [{"fact": "age", "at_least": 1}, {"fact": "age", "has": 1}]}, "rule.all[1].has"),
        ({"fact": "age", "at_least": "60"}, "rule.at_least"),
        ({"fact": "age", "at_least": True}, "rule.at_least"),
        ({"fact": "age", "at_least": 10**18}, "rule.at_least"),
        ({"fact": "age", "at_least": 60.0}, "rule.at_least"),
        ({"fact": "age", "in": []}, "rule.in"),
        ({"fact": "age", "in": [1, "2"]}, "rule.in[1]"),
        ({"fact": "age", "at_least": 1, "on": "someday"}, "rule.on"),
        ({"fact": "age", "at_least": 1, "on": 7}, "rule.on"),
        ({"fact": "age", "at_least": 1, "on": "0001-01-01"}, "rule.on"),
        ({"not": {"fact": "ability_level", "at_least": "中度"}}, "rule.not.at_least"),
        ({"fact": "register", "has": "低保户"}, "rule.has"),
        ({"fact": "residence", "within": 430112}, "rule.within"),
        ({"fact": "residence", "within": "43%"}, "rule.within"),
        ({"fact": "home_care_since", "at_least": "20260201"}, "rule.at_least"),
        ({"fact": "home_care_since", "at_least": "2026-02-30"}, "rule.at_least"),
        ({"fact": "home_care_since", "months_ago_above": -1}, "rule.months_ago_above"),
        ({"fact": "income_per_head", "at_most": {"fen": 1}}, "rule.at_most"),
        ({"fact": "income_per_head", "at_most": {"fen": 1, "per": 0}}, "rule.at_most.per"),
        ({"fact": "income_per_head", "at_most": {"fen": 2**62, "per": 1}}, "rule.at_most.fen"),
        ({"fact": "income_per_head", "at_most": {"fen": 1, "per": 1001}}, "rule.at_most.per"),
    ],
)
def test_a_mistake_is_told_with_its_place(places, tree, place):
    with pytest.raises(InvalidInput) as refused:
        read(tree)
    assert set(refused.value.errors) == {place}
    assert refused.value.message.endswith("。")


def test_every_mistake_is_told_at_once(places):
    tree = {"any": [{"fact": "age", "at_least": None}, {"not": 3}, {"fact": "x", "is": 1}]}
    with pytest.raises(InvalidInput) as refused:
        read(tree, at="terms.eligibility")
    assert set(refused.value.errors) == {
        "terms.eligibility.any[0].at_least",
        "terms.eligibility.any[1].not",
        "terms.eligibility.any[2].fact",
    }


def test_a_rule_has_limits(places):
    deep = {"fact": "age", "at_least": 1}
    for _ in range(8):
        deep = {"not": deep}
    leaf = {"fact": "age", "at_least": 1}
    many = {"any": [{"all": [leaf] * 51}, {"all": [leaf] * 50}]}
    sources = {"all": [leaf | {"on": f"2026-01-{day:02d}"} for day in range(1, 22)]}
    for tree in (deep, many, {"all": [leaf] * 101}, sources):
        with pytest.raises(InvalidInput):
            read(tree)
    assert read({"all": sources["all"][:20]})


def test_an_unknown_division_is_refused_where_the_database_is_at_hand(places):
    require_places(read({"fact": "residence", "within": TOWN}))
    with pytest.raises(InvalidInput, match="439999"):
        require_places(read({"not": {"fact": "residence", "within": "439999"}}))


# --- what holds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born_on", "on", "age"),
    [
        ("1966-06-15", "2026-06-15", 60),
        ("1966-06-16", "2026-06-15", 59),
        ("2000-02-29", "2026-02-28", 25),
        ("2000-02-29", "2026-03-01", 26),
        ("2000-02-29", "2028-02-29", 28),
        ("2026-06-15", "2026-06-15", 0),
    ],
)
def test_age_is_in_whole_years_and_the_birthday_counts(places, born_on, on, age):
    (who,) = add_people({"born_on": date.fromisoformat(born_on)})
    day = date.fromisoformat(on)
    assert known([who], [("age", day)])[who].values["age", day] == age
    assert eligible({"fact": "age", "is": age}, day) == {who}


@hypothesis.given(born=st.dates(date(1900, 1, 1), DAY))
def test_a_birthday_is_where_python_puts_it(born):
    def on_day(year):
        try:
            return born.replace(year=year)
        except ValueError:
            return date(year, 3, 1)

    years = max(n for n in range(DAY.year - born.year + 1) if on_day(born.year + n) <= DAY)
    number = [d.year * 10000 + d.month * 100 + d.day for d in (DAY, born)]
    assert (number[0] - number[1]) // 10000 == years


def test_a_fact_can_be_taken_at_the_start_of_the_year_or_on_a_fixed_day(places):
    (who,) = add_people({"born_on": date(1966, 2, 1)})
    leaf = {"fact": "age", "at_least": 60}
    assert eligible(leaf) == {who}
    assert eligible(leaf | {"on": "year_start"}) == set()
    assert eligible(leaf | {"on": "2026-01-31"}) == set()
    assert eligible(leaf | {"on": "2026-02-01"}) == {who}


def test_levels_compare_in_their_order(places):
    people = add_people(*[{}] * 5)
    record(*(note(who, "ability_level", level) for who, level in zip(people, ABILITY, strict=True)))
    leaf = {"fact": "ability_level"}
    assert eligible(leaf | {"at_least": "中度失能"}) == set(people[2:])
    assert eligible(leaf | {"above": "完全失能"}) == set()
    assert eligible({"not": leaf | {"above": "完全失能"}}) == set(people)
    assert eligible(leaf | {"in": ["轻度失能", "完全失能"]}) == {people[1], people[4]}


def test_what_is_unknown_or_has_ended_refuses_also_under_not(places):
    without, ended, to_come, with_it = add_people(*[{}] * 4)
    record(
        note(ended, "care_level", 5, to_on=date(2026, 6, 14)),
        note(to_come, "care_level", 5, from_on=date(2026, 6, 16)),
        note(with_it, "care_level", 5, to_on=DAY),
    )
    leaf = {"fact": "care_level", "at_least": 3}
    assert eligible(leaf) == {with_it}
    assert eligible({"not": leaf}) == set()
    assert eligible({"not": {"fact": "care_level", "below": 3}}) == {with_it}
    assert eligible({"any": [leaf, {"fact": "age", "at_least": 60}]}) == {
        without,
        ended,
        to_come,
        with_it,
    }
    assert eligible({"not": {"all": [leaf, {"fact": "age", "below": 60}]}}) == {
        without,
        ended,
        to_come,
        with_it,
    }


def test_who_is_not_on_a_register_is_known_not_to_be(places):
    on_two, on_none = add_people({}, {})
    record(note(on_two, "register", "低保"), note(on_two, "register", "孤儿"))
    assert eligible({"fact": "register", "has": "低保"}) == {on_two}
    assert eligible({"fact": "register", "has_any": ["低保", "孤儿"]}) == {on_two}
    assert eligible({"not": {"fact": "register", "has": "低保"}}) == {on_none}


def test_a_place_is_matched_with_all_below_it(places):
    here, there = add_people({}, {"division_code": OTHER_TOWN})
    leaf = {"fact": "residence"}
    assert eligible(leaf | {"within": factories.COUNTY}) == {here, there}
    assert eligible(leaf | {"within": OTHER_TOWN}) == {there}
    assert eligible({"not": leaf | {"within": OTHER_TOWN}}) == {here}
    assert eligible(leaf | {"within": "43011200"}) == set()


def test_income_per_head_is_compared_without_dividing(places):
    exact, above, unknown = add_people({}, {}, {})
    record(
        note(exact, "income_fen", 100_000),
        note(exact, "household_size", 3),
        note(above, "income_fen", 100_001),
        note(above, "household_size", 3),
        note(unknown, "income_fen", 1),
    )
    leaf = {"fact": "income_per_head"}
    assert eligible(leaf | {"at_most": {"fen": 100_000, "per": 3}}) == {exact}
    assert eligible(leaf | {"above": {"fen": 100_000, "per": 3}}) == {above}
    assert eligible(leaf | {"at_most": 33_333}) == set()
    assert eligible(leaf | {"below": 33_334}) == {exact, above}


def test_the_largest_income_still_fits(places):
    (who,) = add_people({})
    record(note(who, "income_fen", 9 * 10**15), note(who, "household_size", 1))
    most = {"fen": 9 * 10**15, "per": 1000}
    assert eligible({"fact": "income_per_head", "above": most}) == {who}
    assert eligible({"fact": "income_fen", "at_least": 9 * 10**15}) == {who}


@pytest.mark.parametrize(
    ("since", "on", "months", "answers"),
    [
        ("2026-05-15", "2026-06-15", 1, (False, True)),
        ("2026-05-14", "2026-06-15", 1, (True, True)),
        ("2026-01-31", "2026-02-28", 1, (False, True)),
        ("2026-01-31", "2026-03-01", 1, (True, True)),
        ("2026-02-28", "2026-03-31", 1, (True, True)),
        ("2026-03-01", "2026-03-31", 1, (False, False)),
        ("2025-12-31", "2026-06-29", 6, (False, False)),
        ("2025-12-31", "2026-06-30", 6, (False, True)),
    ],
)
def test_months_are_counted_whole(places, since, on, months, answers):
    (who,) = add_people({})
    record(note(who, "home_care_since", date.fromisoformat(since), from_on=date(2025, 1, 1)))
    day, leaf = date.fromisoformat(on), {"fact": "home_care_since"}
    more = bool(eligible(leaf | {"months_ago_above": months}, day))
    whole = bool(eligible(leaf | {"months_ago_at_least": months}, day))
    assert (more, whole) == answers


@hypothesis.given(
    since=st.dates(date(1999, 1, 1), date(2003, 1, 1)),
    on=st.dates(date(2000, 1, 1), date(2004, 1, 1)),
    months=st.integers(0, 40),
)
def test_months_later_is_the_same_day_or_the_months_last(since, on, months):
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    for day in range(since.day, 27, -1):
        try:
            later = date(year, month + 1, day)
            break
        except ValueError:
            continue
    else:
        later = date(year, month + 1, since.day)
    assert (since < begun_before(months, on, at_least=False)) == (later < on)
    assert (since < begun_before(months, on, at_least=True)) == (later <= on)


# --- reasons and words -------------------------------------------------------------------------


def reasons(who, tree, on=DAY):
    return [reason.sentence for reason in assess(read(tree), [who], on)[who].reasons]


def test_each_reason_has_its_figures(places):
    young, ended, dead = add_people(
        {"born_on": date(1968, 1, 1)}, {}, {"died_on": date(2026, 5, 1)}
    )
    record(
        note(young, "income_fen", 400_000),
        note(young, "household_size", 3),
        note(ended, "ability_level", "重度失能", date(2025, 2, 1), date(2026, 1, 31)),
    )
    tree = {
        "all": [
            {"fact": "age", "at_least": 60},
            {"fact": "ability_level", "at_least": "中度失能"},
            {
                "any": [
                    {"fact": "register", "has_any": ["低保", "特困"]},
                    {"fact": "income_per_head", "at_most": 100_000},
                ]
            },
            {"not": {"fact": "residence", "within": TOWN}},
        ]
    }
    assert reasons(young, tree) == [
        "年龄：58 周岁；要求年龄满 60 周岁。",
        "“失能等级”没有有效的记录；要求失能等级不低于“中度失能”。请先办理评估或登记。",
        (
            "以下须至少满足一项：救助保障身份：无；要求救助保障身份包括“低保”、“特困”之一。"
            "家庭人均月收入：4,000.00 元 ÷ 3；要求家庭人均月收入不高于 1,000.00 元。"
        ),
        "居住地：高塘岭街道；要求居住地不在区划430112001内。",
    ]
    assert "“失能等级”的记录已于 2026-01-31 到期" in reasons(ended, tree)[0]
    assert reasons(dead, tree) == ["已于 2026-05-01 去世，不再符合条件。"]
    assert reasons(young, {"not": {"not": {"fact": "age", "at_least": 60}}}) == [
        "年龄：58 周岁；要求年龄满 60 周岁。"
    ]


def test_a_rule_reads_as_a_sentence(places):
    tree = {
        "all": [
            {"fact": "age", "at_least": 60, "on": "year_start"},
            {
                "any": [
                    {"fact": "register", "has": "低保"},
                    {"fact": "income_per_head", "at_most": {"fen": 100_000, "per": 3}},
                ]
            },
            {"not": {"fact": "home_care_since", "months_ago_above": 1}},
            {"fact": "residence", "within": factories.COUNTY},
            {"fact": "sex", "is": "女", "on": "2026-01-01"},
        ]
    }
    assert sentence(read(tree)) == (
        "在当年 1 月 1 日年龄满 60 周岁，并且（救助保障身份包括“低保”，或者家庭人均月收入不高于"
        " 1,000.00 元 ÷ 3），并且居家照护开始日距今不超过 1 个月，并且居住地在望城区内，"
        "并且在 2026-01-01 当日性别是“女”。"
    )
    assert sentence(read(None)) == "所有在世居民。"
    assert sentence(
        read({"not": {"any": [{"fact": "age", "is": 1}, {"fact": "age", "below": 1}]}})
    ) == ("年龄不是 1 周岁，并且年龄满 1 周岁。")


def test_a_preview_counts_by_township_and_shows_what_a_change_does(places):
    add_people({}, {}, {"division_code": OTHER_TOWN, "born_on": date(1950, 1, 1)})
    old, new = read({"fact": "age", "at_least": 60}), read({"fact": "age", "at_least": 70})
    assert population(old, DAY) == {TOWN: 2, OTHER_TOWN: 1}
    assert population(old, DAY, within_division=TOWN) == {TOWN: 2}
    assert population(old, DAY, scope=Resident.sex == "male") == {}
    assert compare(old, new, DAY) == {TOWN: Change(0, 0, 2), OTHER_TOWN: Change(1, 0, 0)}
    assert compare(new, old, DAY, within_division=TOWN) == {TOWN: Change(0, 2, 0)}


# --- SQL and Python agree ----------------------------------------------------------------------

numbers = st.integers(-1, 8)
days = st.sampled_from(["day", "year_start", "2026-03-31", "2025-12-31"])
compared = st.sampled_from(["at_least", "at_most", "above", "below"])


def leaf_of(fact, operators, bounds):
    return st.builds(
        lambda word, bound, on: {"fact": fact, word: bound, "on": on}, operators, bounds, days
    )


LEAVES = st.one_of(
    leaf_of("age", compared | st.just("is"), st.integers(57, 63)),
    leaf_of("care_level", compared | st.just("is"), numbers),
    leaf_of("care_level", st.just("in"), st.lists(numbers, min_size=1, max_size=3)),
    leaf_of("ability_level", compared | st.just("is"), st.sampled_from(ABILITY)),
    leaf_of("sex", st.just("is"), st.sampled_from(["男", "女"])),
    leaf_of(
        "residence", st.just("within"), st.sampled_from([TOWN, OTHER_TOWN, "430112", "430199"])
    ),
    leaf_of("register", st.just("has"), st.sampled_from(REGISTERS)),
    leaf_of("register", st.just("has_any"), st.lists(st.sampled_from(REGISTERS), min_size=1)),
    leaf_of(
        "home_care_since",
        st.sampled_from(["months_ago_above", "months_ago_at_least"]),
        st.integers(0, 6),
    ),
    leaf_of("home_care_since", compared, st.just("2026-02-28")),
    leaf_of(
        "income_per_head",
        compared,
        st.sampled_from([100, {"fen": 100, "per": 3}, {"fen": 0, "per": 7}]),
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)

starts = st.sampled_from([date(2025, 12, 1), date(2026, 1, 1), date(2026, 3, 31), DAY])
ends = st.sampled_from([None, date(2026, 1, 1), date(2026, 6, 14), DAY])
persons = st.fixed_dictionaries(
    {
        "born_on": st.dates(date(1963, 1, 1), date(1969, 1, 1)) | st.just(date(2026, 6, 16)),
        "died_on": st.sampled_from([None, None, DAY, date(2026, 6, 16)]),
        "sex": st.sampled_from(["male", "female"]),
        "division_code": st.sampled_from([TOWN, OTHER_TOWN, "430112"]),
    }
)
records = st.fixed_dictionaries(
    {},
    optional={
        "care_level": st.tuples(st.integers(0, 6), starts, ends),
        "ability_level": st.tuples(st.sampled_from(ABILITY), starts, ends),
        "register": st.tuples(st.sampled_from(REGISTERS), starts, ends),
        "home_care_since": st.tuples(st.dates(date(2025, 12, 1), DAY), starts, ends),
        "income_fen": st.tuples(st.sampled_from([0, 33, 34, 99, 100, 101, 300]), starts, ends),
        "household_size": st.tuples(st.integers(1, 3), starts, ends),
    },
)
families = st.lists(st.tuples(persons, records), min_size=3, max_size=8)


def _settled(family):
    """Insert people with their records."""
    people = add_people(*(person for person, _ in family))
    rows = [
        note(who, code, value, from_on, to_on)
        for who, (_, facts) in zip(people, family, strict=True)
        for code, (value, from_on, to_on) in facts.items()
    ]
    if rows:
        record(*rows)
    return people


@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
@hypothesis.given(trees=st.lists(TREES, min_size=4, max_size=4), family=families)
def test_sql_and_python_agree_on_everybody(places, trees, family):
    _settled(family)
    found = [eligible(tree) for tree in trees]
    for old, new, before, after in zip(trees, trees[1:], found, found[1:], strict=False):
        changes = compare(read(old), read(new), DAY)
        expected = (len(before & after), len(after - before), len(before - after))
        sums = [(one.stay, one.enter, one.leave) for one in changes.values()]
        assert tuple(map(sum, zip((0, 0, 0), *sums, strict=True))) == expected
        assert sum(population(read(new), DAY).values()) == len(after)
        assert sentence(read(new)).endswith("。")
    db.session.execute(db.delete(ResidentFact))
    db.session.execute(db.delete(Resident))


@pytest.mark.slow
def test_twenty_thousand_are_told_by_one_statement(places):
    size = 20_000
    levels = len(ABILITY)
    people = add_people(
        *(
            {
                "born_on": date(1940 + n % 50, 1 + n % 12, 1 + n % 28),
                "division_code": OTHER_TOWN if n % 3 else TOWN,
                "died_on": DAY if n % 41 == 0 else None,
            }
            for n in range(size)
        )
    )
    record(*(note(who, "ability_level", ABILITY[who % levels]) for who in people if who % 7))
    record(*(note(who, "register", REGISTERS[who % 3]) for who in people if who % 5 == 0))
    tree = {
        "all": [
            {"fact": "age", "at_least": 60},
            {"fact": "ability_level", "at_least": "中度失能"},
            {"not": {"fact": "register", "has": "孤儿"}},
        ]
    }
    sent = []
    with statements_into(sent):
        counts = population(read(tree), DAY)
    assert len(sent) == 1
    found = eligible(tree)
    assert sum(counts.values()) == len(found) > 1_000
    assert set(counts) == {TOWN, OTHER_TOWN}


@contextmanager
def statements_into(sent):
    """Note the statements that are sent to the database inside the block."""

    def noting(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", noting)
    yield
    event.remove(db.engine, "before_cursor_execute", noting)
