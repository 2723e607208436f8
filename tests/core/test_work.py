"""The background work: what was committed gets sealed, and a new day begins once."""

from __future__ import annotations

from datetime import date

import pytest

from core import access, clock, seal
from core.acts import do, perform
from core.audit import AuditEntry
from core.db import db, transaction
from core.hookspecs import hookimpl
from core.work import BEGIN_DAY, Worker
from tests import factories

pytestmark = pytest.mark.one_engine


class Calendar:
    """A plugin that notes every day it hears of."""

    def __init__(self):
        self.days = []

    @hookimpl
    def day_began(self):
        self.days.append(clock.today())


@pytest.fixture
def calendar():
    return Calendar()


@pytest.fixture
def county_app(make_app, calendar):
    """Return an app whose plugin keeps a calendar, its context open."""
    app = make_app(plugins_given=[calendar])
    with app.app_context():
        yield app


def begun():
    with transaction(readonly=True):
        query = db.select(AuditEntry.object_id).where(AuditEntry.action == BEGIN_DAY)
        return list(db.session.scalars(query.order_by(AuditEntry.id)))


def test_a_day_begins_once_however_many_workers_there_are(county_app, calendar):
    with clock.frozen("2026-09-01T08:00"):
        for worker in (Worker(), Worker()):
            worker.step()
            worker.step()
    with clock.frozen("2026-09-02T00:00"):
        worker.step()
    assert calendar.days == [date(2026, 9, 1), date(2026, 9, 2)]
    assert begun() == ["2026-09-01", "2026-09-01", "2026-09-02"]


def test_everything_that_waits_is_sealed(county_app):
    factories.make_division()
    Worker().step()
    with transaction(readonly=True):
        # The day itself began after the sealing; the next step takes its entry.
        assert seal.unsealed() == 1


def test_only_the_system_may_begin_a_day(county_app):
    administrator = access.Actor(7, "管理员", (access.Grant("administrator", None, "430112"),))
    answer = perform(BEGIN_DAY, {}, actor=administrator)
    assert answer.body["code"] == "ROLE_NOT_ALLOWED"
    with clock.frozen("2026-09-01T08:00"):
        assert do(BEGIN_DAY, access.system()) == {"day": "2026-09-01", "repeated": False}


def test_one_round_of_work_can_be_asked_for(county_app, calendar):
    result = county_app.test_cli_runner().invoke(args=["work", "--once"])
    assert result.exit_code == 0, result.output
    assert len(calendar.days) == 1
