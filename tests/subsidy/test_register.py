"""The public register and the effects: who is named, what is withheld, what a result cost."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import event

from core import clock
from core.db import db, transaction
from core.files import read_table
from plugins.subsidy.service import register, years
from tests import factories
from tests.factories import do
from tests.subsidy import claims_world as world
from tests.subsidy.claims_world import counted  # noqa: F401 - a fixture
from tests.web.browser import Browser

pytestmark = [pytest.mark.usefixtures("counted"), pytest.mark.one_engine]
OTHER_PLACE = "430112002"


@pytest.fixture
def scheme(app, county, database_kept):
    """A scheme that pays by the unit, on the day on which one claims."""

    def publish():
        return world.publish(county)

    number = database_kept.with_county(app, county, "pays by the unit", publish)
    with app.app_context(), clock.frozen(world.CLAIMED):
        yield number


def people(county, count, place=None):
    """Make residents, at a second place if asked."""
    found = factories.make_residents(county, count)
    if place:
        do("party.add_division", code=place, name="丁字湾街道", parent=factories.COUNTY)
        for one in found:
            fields = {"division_code": place, "on": "2026-07-01", "document": "迁移证"}
            do("resident.record_move", county.actor(world.CLERK), resident_id=one, **fields)
    return found


@pytest.mark.requirement("R000-48", in_part=True)
def test_an_organisation_is_named_with_what_it_was_granted_and_gave_back(app, county, scheme):
    number = world.paid(app, county, scheme, 2, "A1")
    back = world.propose(county, number)
    do("subsidy_recovery.state", county.actor("provider_manager"), id=back, statement="属实")
    do("subsidy_recovery.decide", county.actor(world.APPROVER), id=back, reason="属实")
    one = do("public.subsidies", factories.SYSTEM, q="育才")["items"][0]
    assert (one["recipient"], one["amount_fen"], one["paid_fen"]) == (
        "望城区育才学校",
        100_000,
        100_000,
    )
    assert (one["recovered_fen"], one["received_fen"]) == (25_000, 0)
    assert one["basis"] == ["《某省公共文化条例》 省人大公告1号 第九条"]
    assert do("public.subsidies", factories.SYSTEM, q="没有的")["items"] == []
    page = Browser(app.test_client()).open("/public/subsidies/?q=育才")
    assert "决定追回 250.00 元" in page.text


def test_what_is_only_computed_or_refused_is_not_public(app, county, scheme):
    world.computed(county, scheme)
    assert do("public.subsidies", factories.SYSTEM)["items"] == []


def test_the_register_is_paged(app, county, scheme):
    numbers = [world.approved(county, scheme, 1) for _ in range(3)]
    first = do("public.subsidies", factories.SYSTEM, limit=2)
    assert [one["id"] for one in first["items"]] == numbers[:0:-1]
    rest = do("public.subsidies", factories.SYSTEM, limit=2, before=first["next_before"])
    assert ([one["id"] for one in rest["items"]], rest["next_before"]) == ([numbers[0]], None)


def test_the_file_has_the_columns_of_360giving_and_no_formula(app, county, scheme):
    world.approved(county, scheme, 2)
    with transaction():
        db.session.execute(
            db.text("UPDATE subsidy_scheme SET name = '=HYPERLINK(1)' WHERE id = :id"),
            {"id": scheme},
        )
    data = app.test_client().get("/public/subsidies/subsidies.csv").get_data()
    header, row = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    told = dict(zip(header, row, strict=True))
    assert header[:4] == ["Identifier", "Title", "Description", "Currency"]
    assert told["Recipient Org:Name"] == "望城区育才学校"
    assert (told["Amount Awarded"], told["Amount Disbursed"], told["Currency"]) == (
        "1000",
        "0",
        "CNY",
    )
    assert told["Award Date"] == "2026-07-06"
    assert told["Planned Dates:Start Date"] == "2026-04-01"
    assert told["Title"] == "'=HYPERLINK(1)"
    assert read_table(data, "r.csv")[0].values["Title"] == "=HYPERLINK(1)"


def test_residents_are_told_in_sums_and_never_by_name(app, county, scheme):
    for one in people(county, 6):
        world.approved(county, scheme, 1, payee=one)
    assert do("public.subsidies", factories.SYSTEM)["items"] == []
    data = app.test_client().get("/public/subsidies/subsidies.csv").get_data(as_text=True)
    assert "张三丰" not in data
    told = do("public.subsidy_sums", factories.SYSTEM)["items"][0]
    assert told["cells"] == [{"division": "高塘岭街道", "people": 6, "amount_fen": 300_000}]
    page = Browser(app.test_client()).open("/public/subsidies/residents")
    assert "3,000.00" in page.text
    assert "张" not in page.text.replace("张三丰", "")
    assert [(one.people, one.used_fen) for one in register.public_sums()] == [(6, 300_000)]


def cells(*counts):
    told = [{"division": str(at), "people": n, "amount_fen": n} for at, n in enumerate(counts)]
    found = register._withheld({"cells": told})  # noqa: SLF001 - the rule itself, on many shapes
    return found["people"], [one["people"] for one in found["cells"]]


@pytest.mark.parametrize(
    ("counts", "total", "shown"),
    [
        ((7, 9), 16, [7, 9]),
        ((3, 9), 12, [None, None]),
        ((3, 9, 20), 32, [None, None, 20]),
        ((1, 2, 9, 20), 32, [None, None, None, 20]),
        ((3, 4, 9), 16, [None, None, 9]),
        ((2, 2), None, [None, None]),
        ((4,), None, [None]),
    ],
)
def test_small_cells_are_withheld_and_cannot_be_reckoned_from_the_rest(counts, total, shown):
    assert cells(*counts) == (total, shown)


def test_a_township_of_few_is_withheld_with_another(app, county, scheme):
    for one in [*people(county, 5), *people(county, 2, OTHER_PLACE)]:
        world.approved(county, scheme, 1, payee=one)
    told = do("public.subsidy_sums", factories.SYSTEM)["items"][0]
    assert (told["people"], [one["people"] for one in told["cells"]]) == (7, [None, None])


# --- effects -----------------------------------------------------------------------------------


def test_a_result_costs_what_was_granted_for_it(app, county, scheme):
    world.paid(app, county, scheme, 2, "A1")
    world.approved(county, scheme, 1, "A2")
    world.computed(county, scheme, 7, "A3")
    found = do("effects.show", county.actor("auditor"))["items"][0]
    assert found["years"] == [
        {
            "year": 2026,
            "granted_fen": 150_000,
            "paid_fen": 100_000,
            "recovered_fen": 0,
            "beneficiaries": 1,
            "units": 3,
            "unit_fen": 50_000,
        }
    ]
    with transaction(readonly=True):
        assert years.granted_fen(scheme) == 150_000


def test_the_effects_take_as_many_statements_for_one_scheme_as_for_many(app, county, scheme):
    def statements():
        sent = []
        listener = lambda *given: sent.append(given[2])  # noqa: E731 - to be taken off again
        event.listen(db.engine, "before_cursor_execute", listener)
        do("effects.show", county.actor("auditor"))
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(sent)

    world.approved(county, scheme, 1)
    one = statements()
    for _ in range(2):
        world.approved(county, world.publish(county), 1)
    assert statements() == one
