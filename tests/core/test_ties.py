"""Who belongs together: recorded once, ended by a second person, reached over others."""

from __future__ import annotations

import runpy
import threading
from datetime import date

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from core import clock, schema, ties
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.factories import attempt, do
from tests.web.browser import Browser

one_engine = pytest.mark.one_engine
TODAY = "2026-03-20T10:00"


@pytest.fixture
def office(app, county):
    """The county with four firms, A to D."""
    with clock.frozen(TODAY), app.app_context():
        county.firms = [
            factories.make_organisation("provider", name=f"{one}公司") for one in "ABCD"
        ]
        yield county


def fields(county, one, other, **changes):
    """Return what ties two of the firms."""
    pair = {"one_id": county.firms[one], "other_id": county.firms[other]}
    said = {"kind": "same_group", "document": "股权证明", "from_on": "2026-01-01"}
    return pair | said | changes


def tie(county, one, other, **changes):
    """Record a tie of two of the firms; return its number."""
    said = do(
        "party.record_tie", county.actor("finance_maker"), **fields(county, one, other, **changes)
    )
    return said["id"]


def end(county, number, role="finance_approver", ended_on="2026-02-01"):
    """Try to end a tie."""
    said = {"id": number, "ended_on": ended_on, "reason": "股权已转让"}
    return attempt("party.end_tie", county.actor(role), **said)


def group(county, one, on):
    """Return who belongs to a firm's group on a day, as letters."""
    with transaction(readonly=True):
        found = ties.group_of(county.firms[one], date.fromisoformat(on))
    return "".join(sorted("ABCD"[county.firms.index(number)] for number in found))


@one_engine
def test_a_group_reaches_over_others_and_around_a_ring(office):
    assert group(office, 0, "2026-03-01") == "A"
    tie(office, 0, 1)
    tie(office, 2, 1, kind="holding")
    tie(office, 2, 0, kind="same_head")
    assert [group(office, one, "2026-03-01") for one in range(4)] == ["ABC", "ABC", "ABC", "D"]


@one_engine
def test_a_tie_counts_from_its_first_day_until_it_was_ended(office):
    number = tie(office, 0, 1)
    assert end(office, number).status == 200
    days = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
    assert [group(office, 0, day) for day in days] == ["A", "AB", "AB", "A"]
    # What is over may begin anew.
    tie(office, 1, 0, from_on="2026-03-01")
    assert group(office, 1, "2026-03-01") == "AB"
    (new, old) = do("party.ties", office.actor("auditor"), party_id=office.firms[1])["items"]
    assert (new["ended_on"], old["ended_on"], old["end_reason"]) == (
        None,
        "2026-02-01",
        "股权已转让",
    )


@one_engine
def test_a_tie_is_recorded_once_whichever_is_named_first(office):
    tie(office, 1, 0)
    maker = office.actor("finance_maker")
    again = attempt("party.record_tie", maker, **fields(office, 0, 1, kind="same_head"))
    assert (again.status, again.body["code"]) == (409, "TIE_EXISTS")
    for wrong in ({"other_id": office.firms[0]}, {"from_on": "2026-03-21"}):
        answer = attempt("party.record_tie", maker, **fields(office, 0, 2) | wrong)
        assert (answer.status, answer.body["code"]) == (422, "INVALID_INPUT")


@one_engine
def test_nobody_ties_what_is_out_of_his_directory(office):
    factories.do("party.add_division", code="430104", name="岳麓区", parent="430100")
    with transaction():
        db.session.execute(
            text("UPDATE organisation SET division_code = '430104' WHERE id = :id"),
            {"id": office.firms[3]},
        )
    answer = attempt("party.record_tie", office.actor("finance_maker"), **fields(office, 0, 3))
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


@one_engine
def test_a_second_person_ends_a_tie_once(office):
    number = tie(office, 0, 1)
    approver = office.actor("finance_approver").user_id
    with transaction():
        db.session.execute(db.update(ties.PartyTie).values(recorded_by=approver))
    own = end(office, number)
    assert (own.status, own.body["code"]) == (422, "FOUR_EYES_REQUIRED")
    with transaction():
        db.session.execute(db.update(ties.PartyTie).values(recorded_by=None))
    for day in ("2025-12-31", "2026-03-21"):
        assert end(office, number, ended_on=day).body["code"] == "INVALID_INPUT"
    assert end(office, number + 1).body["code"] == "NOT_FOUND"
    assert end(office, number).status == 200
    again = end(office, number)
    assert (again.status, again.body["code"]) == (409, "TIE_ENDED")
    assert "2026-02-01" in again.body["detail"]


def test_of_two_who_record_the_same_pair_one_succeeds(app, office):
    maker, codes, ready = office.actor("finance_maker"), [], threading.Barrier(2)

    def record(one, other):
        with app.app_context(), clock.frozen(TODAY):
            ready.wait()
            body = attempt("party.record_tie", maker, **fields(office, one, other)).body
            codes.append(body.get("code", "recorded"))

    both = [threading.Thread(target=record, args=pair) for pair in ((0, 1), (1, 0))]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert "recorded" in codes
    assert set(codes) - {"recorded"} <= {"TIE_EXISTS", "STATE_CHANGED"}
    with transaction(readonly=True):
        assert db.session.scalar(db.select(db.func.count(ties.PartyTie.id))) == 1


@one_engine
def test_what_contract_outsourcing_had_recorded_is_taken_over(app, office):
    one, other = office.firms[:2]
    before = f"VALUES ({one}, {other}, 'holding', 7, '2026-01-31 17:00:00')"
    columns = "(one_id, other_id, kind, recorded_by, recorded_at)"
    revision = runpy.run_path(str(schema.MIGRATIONS / "versions" / "core_0010_ties.py"))
    with transaction():
        connection = db.session.connection()
        connection.execute(text(f"INSERT INTO contract_party_tie {columns} {before}"))
        with Operations.context(MigrationContext.configure(connection)):
            revision["_take_over"]()
    (tie,) = do("party.ties", office.actor("auditor"))["items"]
    # It was the first of February in the county already.
    assert (tie["kind"], tie["from_on"], tie["ended_on"]) == ("holding", "2026-02-01", None)


@one_engine
def test_ties_are_recorded_and_ended_on_the_page_of_an_organisation(app, county):
    with app.app_context():
        firms = [factories.make_organisation("provider", name=f"{one}公司") for one in "AB"]

    def browser(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, county.users[role]).login
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    one, other = (f"/parties/{number}" for number in firms)
    asked = {"other_id": str(firms[1]), "kind": "holding", "document": "股权证明"}
    with clock.frozen(TODAY):
        page = browser("finance_maker").open(one).send(f"{one}/together", **asked)
        assert page.status == 422
        page = page.send(f"{one}/together", **asked, from_on="2026-01-01")
        assert "已登记关联关系" in page.text
        page = browser("finance_approver").open(other)
        assert "A公司" in page.text
        asked = {"tie_id": "1", "ended_on": "2026-02-01", "reason": "股权已转让"}
        page = page.send(f"{other}/together/end", **asked)
        assert "股权已转让" in page.text
        assert "B公司" in browser("auditor").open("/parties/ties").text
