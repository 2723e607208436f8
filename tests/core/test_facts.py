"""Facts: recorded from a day to a day, never twice at once, told to whoever listens."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core import clock
from core.access import Actor, Grant
from core.db import db, transaction
from core.facts import Fact, Lapsed, Place, ResidentFact, facts_of
from core.hookspecs import hookimpl
from core.parties import Resident
from core.rules import condition, read
from tests import factories

pytestmark = pytest.mark.one_engine

TODAY = "2026-06-15T09:00"
OTHER_TOWN = "430112002"
DOCUMENT = {"document": "望民评〔2026〕1号"}


class Listener:
    """A plugin that hears what changes, and knows who holds a meal card."""

    def __init__(self):
        self.heard = []

    @hookimpl
    def resident_changed(self, resident_id, what, from_on):
        self.heard.append((resident_id, what, from_on.isoformat()))

    @hookimpl
    def register_facts(self):
        return [
            Fact("cards", "持有的卡", "set", rows=lambda _on: select(Resident.id, Resident.name))
        ]


class World:
    """A county with one resident, and what a clerk does there."""

    def __init__(self, listener):
        self.listener = listener
        self.county = factories.make_county()
        factories.do(
            "party.add_division", code=OTHER_TOWN, name="丁字湾街道", parent=factories.COUNTY
        )
        self.clerk = self.county.actor("purchaser_clerk")
        (self.who,) = factories.make_residents(self.county, 1)

    def does(self, act, **fields):
        return factories.attempt(f"resident.{act}", self.clerk, **(DOCUMENT | fields))

    def records(self, code, value, from_on="2026-01-01", **more):
        fields = {"resident_id": self.who, "code": code, "value": value, "from_on": from_on}
        return self.does("record_fact", **fields, **more)

    def knows(self, code, on="2026-06-15"):
        with transaction(readonly=True):
            return facts_of([self.who], date.fromisoformat(on), [code])[self.who][code]


@pytest.fixture
def world(make_app):
    """Return a county with one resident on a day of June, a plugin listening."""
    listener = Listener()
    with clock.frozen(TODAY), make_app(plugins_given=[listener]).app_context():
        yield World(listener)


def code_of(answer):
    return answer.body.get("code") if answer.refused else None


def test_a_fact_is_recorded_with_its_document_and_told(world):
    answer = world.records("ability_level", "中度失能")
    assert answer.body["code"] == "ability_level"
    assert world.knows("ability_level") == "中度失能"
    assert world.knows("ability_level", "2025-12-31") is None
    assert world.listener.heard == [(world.who, "ability_level", "2026-01-01")]


def test_a_later_record_ends_the_earlier_the_day_before(world):
    world.records("care_level", 3)
    world.records("care_level", "4", "2026-06-01")
    assert world.knows("care_level", "2026-05-31") == 3
    assert world.knows("care_level", "2026-06-01") == 4
    with transaction(readonly=True):
        ends = db.session.scalars(select(ResidentFact.to_on).order_by(ResidentFact.id))
        assert list(ends) == [date(2026, 5, 31), None]


@pytest.mark.parametrize("from_on", ["2026-02-28", "2026-03-01"])
def test_a_record_that_is_not_the_latest_is_refused(world, from_on):
    world.records("care_level", 3, "2026-03-01")
    answer = world.records("care_level", 4, from_on)
    assert code_of(answer) == "FACT_NOT_LATEST"
    assert "2026-03-01" in answer.body["detail"]
    assert len(world.listener.heard) == 1


def test_a_mistaken_record_is_withdrawn_and_recorded_anew(world):
    first = world.records("care_level", 3, "2026-03-01").body["id"]
    assert not world.does("end_fact", id=first, to_on="2026-02-28").refused
    assert world.knows("care_level", "2026-03-01") is None
    assert not world.records("care_level", 4, "2026-03-01").refused
    assert world.knows("care_level") == 4


def test_a_record_that_has_ended_has_lapsed(world):
    world.records("care_level", 3, to_on="2026-06-14")
    assert world.knows("care_level") == Lapsed(date(2026, 6, 14))
    assert world.knows("care_level", "2026-06-14") == 3


def test_an_end_can_be_moved_forward_but_not_back(world):
    first = world.records("care_level", 3, to_on="2026-12-31").body["id"]
    assert code_of(world.does("end_fact", id=first, to_on="2027-01-31")) == "FACT_ENDED"
    assert code_of(world.does("end_fact", id=first, to_on="2025-12-30")) == "INVALID_INPUT"
    assert not world.does("end_fact", id=first, to_on="2026-06-30").refused
    assert world.listener.heard[-1] == (world.who, "care_level", "2026-07-01")
    assert code_of(world.does("end_fact", id=999, to_on="2026-06-30")) == "NOT_FOUND"


def test_values_of_a_set_stand_side_by_side_but_not_twice(world):
    world.records("register", "低保", to_on="2026-03-31")
    world.records("register", "重点优抚")
    assert world.knows("register", "2026-02-01") == {"低保", "重点优抚"}
    assert code_of(world.records("register", "低保", "2026-03-31")) == "FACT_OVERLAPS"
    assert code_of(world.records("register", "低保", "2025-01-01")) == "FACT_OVERLAPS"
    earlier = world.records("register", "低保", "2025-01-01", to_on="2025-12-31")
    assert not earlier.refused
    assert not world.records("register", "低保", "2026-04-01").refused
    assert world.knows("register") == {"低保", "重点优抚"}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("height", "1"),
        ("age", "60"),
        ("residence_before", OTHER_TOWN),
        ("ability_level", "中度"),
        ("register", "低保户"),
        ("care_level", "-1"),
        ("care_level", 7),
        ("household_size", 0),
        ("care_level", "９"),
        ("income_fen", "9" * 30),
        ("home_care_since", "2026-02-30"),
        ("home_care_since", "0001-01-01"),
        ("home_care_since", 20260101),
        ("care_level", True),
        ("care_level", [1]),
    ],
)
def test_a_value_that_does_not_fit_is_refused(world, code, value):
    answer = world.records(code, value)
    assert code_of(answer) == "INVALID_INPUT"
    assert answer.body["errors"]


@pytest.mark.parametrize(
    "days", [{"from_on": "0001-01-01"}, {"from_on": "2026-02-01", "to_on": "2026-01-31"}]
)
def test_days_that_cannot_be_are_refused(world, days):
    assert code_of(world.records("care_level", 1, **days)) == "INVALID_INPUT"


def test_a_resident_of_another_division_is_not_found(world):
    factories.do("party.add_division", code="430121", name="长沙县", parent="430100")
    stranger = Actor(
        world.clerk.user_id,
        "外县",
        (Grant("purchaser_clerk", world.county.purchaser, "430121"),),
    )
    recorded = world.records("care_level", 1).body["id"]
    world.clerk = stranger
    assert code_of(world.records("care_level", 2, "2026-02-01")) == "NOT_FOUND"
    assert code_of(world.does("end_fact", id=recorded, to_on="2026-02-01")) == "NOT_FOUND"
    death = world.does("record_death", resident_id=world.who, on="2026-06-01")
    assert code_of(death) == "NOT_FOUND"
    found = factories.attempt("resident.facts", stranger, resident_id=world.who)
    assert code_of(found) == "NOT_FOUND"


def test_the_facts_of_a_resident_are_listed_with_their_records(world):
    world.records("income_fen", 350_000)
    world.records("household_size", 3)
    world.records("care_level", 3, to_on="2026-06-14")
    told = factories.do("resident.facts", world.clerk, resident_id=world.who)
    values = {one["code"]: one["value"] for one in told["facts"]}
    assert values["income_per_head"] == "3,500.00 元 ÷ 3"
    assert values["age"].endswith("周岁")
    assert (values["care_level"], values["residence"]) == ("—", "高塘岭街道")
    assert [one["code"] for one in told["records"]] == ["household_size", "income_fen"]
    assert told["records"][1]["document"] == DOCUMENT["document"]
    before = factories.do("resident.facts", world.clerk, resident_id=world.who, on="2026-06-14")
    assert "care_level" in {one["code"] for one in before["records"]}


def test_a_death_is_recorded_once_and_ends_every_eligibility(world):
    def may(on):
        with transaction(readonly=True):
            rule = condition(read(None), date.fromisoformat(on))
            return world.who in db.session.scalars(rule).all()

    def dies(on):
        return world.does("record_death", resident_id=world.who, on=on)

    assert code_of(dies("2026-06-16")) == "INVALID_INPUT"
    assert code_of(dies("1900-01-01")) == "INVALID_INPUT"
    assert not dies("2026-06-10").refused
    assert code_of(dies("2026-06-11")) == "DEATH_RECORDED"
    assert (may("2026-06-09"), may("2026-06-10")) == (True, False)
    assert world.listener.heard == [(world.who, "death", "2026-06-10")]


def test_a_move_keeps_where_somebody_lived_before(world):
    def moves(division_code, on):
        fields = {"resident_id": world.who, "division_code": division_code, "on": on}
        return world.does("record_move", **fields)

    assert code_of(moves("430112001", "2026-05-01")) == "SAME_RESIDENCE"
    assert code_of(moves("439999", "2026-05-01")) == "INVALID_INPUT"
    assert code_of(moves(OTHER_TOWN, "2026-06-16")) == "INVALID_INPUT"
    assert not moves(OTHER_TOWN, "2026-05-01").refused
    assert code_of(moves("430112001", "2026-05-01")) == "MOVE_NOT_LATEST"
    assert not moves("430112001", "2026-05-02").refused
    lived = [world.knows("residence", on) for on in ("2026-04-30", "2026-05-01", "2026-05-02")]
    assert [one.code for one in lived] == ["430112001", OTHER_TOWN, "430112001"]
    path = ("430000", "430100", "430112", OTHER_TOWN)
    assert lived[1] == Place(OTHER_TOWN, "丁字湾街道", path)
    assert world.listener.heard[0] == (world.who, "residence", "2026-05-01")


def test_a_plugins_fact_can_be_asked_for(world):
    assert world.knows("cards") == {"张三丰"}
    with transaction(readonly=True):
        holders = db.session.scalars(
            condition(read({"fact": "cards", "has": "张三丰"}), date(2026, 6, 15))
        ).all()
    assert holders == [world.who]
    assert code_of(world.records("cards", "张三丰")) == "INVALID_INPUT"


def test_an_event_that_fails_undoes_the_record(world):
    def fail(**_about):
        message = "no"
        raise RuntimeError(message)

    world.listener.heard = type("Deaf", (), {"append": lambda *_: fail()})()
    with pytest.raises(RuntimeError, match="no"):
        world.records("care_level", 3)
    assert world.knows("care_level") is None


def test_a_ratio_must_be_computed():
    with pytest.raises(RuntimeError, match="ratio"):
        Fact("x", "比", "ratio")
