"""The demo county: made through the acts, whole or going on, the books in order throughout."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func

from core import clock, create_app, demo
from core.access import ROLES, RoleGrant, User
from core.acts import perform
from core.audit import AuditEntry
from core.db import db, forget_connections, transaction
from core.demo import world
from core.demo.county import GRANDMOTHER, SCHOOLCHILD
from core.demo.people import ELDER_NAMES, Inventor
from core.divisions import Division
from core.identifiers import check_bank_account, check_citizen_id, check_credit_code, check_phone
from core.parties import Organisation, Resident
from core.settlement.models import Payment
from plugins.voucher.models import Objection, Redemption, Reversal, Statement, Voucher
from tests import factories
from tests.conftest import SETTINGS, books

NOW = "2026-11-23T10:00"


def count(model, *conditions):
    return db.session.scalar(db.select(func.count()).select_from(model).where(*conditions))


def by_state(model):
    return dict(
        db.session.execute(db.select(model.state, func.count()).group_by(model.state)).all()
    )


def interrupt(monkeypatch, after):
    """Stop the load as a person's Ctrl-C would, after so many acts."""
    acts = iter(range(after))

    def performing(*arguments, **fields):
        if next(acts, None) is None:
            raise KeyboardInterrupt
        return perform(*arguments, **fields)

    monkeypatch.setattr(world, "perform", performing)


def test_a_database_with_real_business_takes_no_demo(app):
    with app.app_context():
        factories.make_division()
        with pytest.raises(demo.NotEmptyError, match="已有业务数据"):
            demo.load(lambda _line: None)


def test_outside_the_demo_nobody_is_offered(app):
    with app.app_context(), transaction(readonly=True):
        assert demo.demo_users() == []


@pytest.mark.slow
def test_the_county_loads_on_the_first_minutes_of_a_year_too(app):
    with app.app_context(), clock.frozen("2027-01-01T00:10"):
        assert demo.load(lambda _line: None)
        with transaction(readonly=True):
            assert by_state(Payment)["rejected"] == 1
            assert by_state(Objection) == {"open": 1}


# --- one county for the tests below, which leave it as it is ------------------------------------


@pytest.fixture(scope="module")
def loaded(database_kept):
    """Load the county on a day of November, interrupted once; return app and what was said."""
    database_kept.fresh()
    app = create_app(settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url})
    with app.app_context(), pytest.MonkeyPatch.context() as patch, clock.frozen(NOW):
        interrupt(patch, after=700)
        with pytest.raises(KeyboardInterrupt):
            demo.load(lambda _line: None)
    said = []
    # What was begun is finished the next day, as of the day on which it was begun.
    with app.app_context(), clock.frozen("2026-11-24T08:00"):
        assert demo.load(said.append)
        assert books() == []
    yield app, said
    forget_connections()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def county(loaded):
    """Return the loaded county's app, its context open."""
    app, _said = loaded
    with app.app_context():
        yield app


def test_an_interrupted_load_does_nothing_twice_and_a_second_one_nothing_at_all(county, loaded):
    with transaction(readonly=True):
        entries = count(AuditEntry)
        assert db.session.scalar(db.select(func.max(AuditEntry.at))) <= clock.instant(NOW)
    assert f"{entries} 笔业务" in loaded[1][-1]
    assert not demo.load(lambda _line: None)
    with transaction(readonly=True):
        assert count(AuditEntry) == entries


def test_the_county_has_people_places_and_two_months_of_use(county):
    with transaction(readonly=True):
        assert count(Division, Division.level == "township") == 16
        assert count(Organisation, Organisation.kind == "provider") == 40
        assert count(Resident) == 500
        months = Counter(
            str(day)[:7] for day in db.session.scalars(db.select(Redemption.service_on))
        )
        assert set(months) == {"2026-09", "2026-10", "2026-11"}
        assert sum(months.values()) > 500
        assert by_state(Redemption)["voided"] >= 1
        codes = set(db.session.scalars(db.select(AuditEntry.code).where(AuditEntry.code != "")))
        assert {"VOUCHER_ALREADY_REDEEMED", "CARD_BLOCKED", "PROVIDER_NOT_AUTHORISED"} <= codes


def test_the_first_month_is_paid_but_for_one_line_and_the_second_is_in_review(county):
    with transaction(readonly=True):
        assert by_state(Payment) == {"paid": 39, "rejected": 1}
        states = by_state(Statement)
        assert states["open"] > 20
        assert states["confirmed"] == 2  # one of each month: unpaid and awaiting payment
        assert by_state(Objection) == {"open": 1}
        assert by_state(Reversal)["ordered"] == 1


def test_everybody_whom_the_sign_in_page_offers_is_there(county):
    with transaction(readonly=True):
        offered = demo.demo_users()
        known = set(db.session.scalars(db.select(User.login)))
    assert {one.login for one in offered} <= known
    assert all(one.hint and one.role for one in offered)
    assert {role.name for role in ROLES.values()} - {one.role for one in offered} == {"系统"}


def test_every_role_is_somebody_and_the_grandmother_has_two_vouchers(county):
    with transaction(readonly=True):
        held = set(db.session.scalars(db.select(RoleGrant.role)))
        assert held == set(ROLES) - {"system", "resident"}
        users = list(db.session.scalars(db.select(User).where(User.resident_id.is_not(None))))
        vouchers = [count(Voucher, Voucher.resident_id == user.resident_id) for user in users]
        assert vouchers == [2, 1]


def test_invented_numbers_are_valid_and_the_same_every_time():
    def invented():
        inventor = Inventor(7)
        people = [
            inventor.person(
                ELDER_NAMES,
                born_from=date(1935, 1, 1),
                born_until=date(1966, 12, 31),
                township="430112001",
            )
            for _ in range(300)
        ]
        codes = [inventor.credit_code(prefix, "430112") for prefix in ("11", "52", "91") * 20]
        return people, codes, [inventor.bank_account() for _ in range(50)]

    people, codes, accounts = invented()
    assert (people, codes, accounts) == invented()
    assert len({one.id_number for one in people}) == len(people)
    for one in [*people, GRANDMOTHER, SCHOOLCHILD]:
        assert check_citizen_id(one.id_number).born_on == one.born_on
        assert re.fullmatch(r"169\d{8}", check_phone(one.phone))
    for code in codes:
        check_credit_code(code)
    for account in accounts:
        check_bank_account(account)
