"""Fixtures of the core's tests: a county whose books a test may break."""

from __future__ import annotations

import pytest

from core import clock, create_app, seal
from core.budget import PPM, Share
from core.db import db, forget_connections, transaction
from tests.conftest import SETTINGS
from tests.settlement_world import County

DAY = "2026-09-25T10:00"


@pytest.fixture(scope="module")
def kept_county(database_kept):
    """Return a county built once, every row of it sealed, for tests that leave it as it was."""

    def make_app(**options):
        return create_app(
            settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url}, **options
        )

    database_kept.fresh()
    with clock.frozen(DAY):
        county = _county_of_two_lines(make_app)
        with county.app.app_context(), transaction():
            assert seal.seal_pending()
    yield county
    _let_go(county)


@pytest.fixture
def books(kept_county):
    """Return the kept county with a transaction open that is rolled back in the end."""
    with clock.frozen(DAY), kept_county.app.app_context():
        yield kept_county
        db.session.rollback()
        db.session.remove()


@pytest.fixture
def county_at_risk(make_app, database_kept):
    """Return a county of one's own, thrown away in the end whatever its books say."""
    with clock.frozen(DAY):
        county = _county_of_two_lines(make_app)
        yield county
    _let_go(county)
    # Whoever asks for an app checks the books afterwards; these may be broken on purpose.
    database_kept.fresh()


def _county_of_two_lines(make_app):
    """Build a county with a pool on one line and a pool on two; what is owed is in a draft."""
    county = County(make_app).build()
    with county.acting():
        county.other_line = county.new_line("WEL")
        shares = [Share(county.line, PPM * 6 // 10), Share(county.other_line)]
        county.both = county.new_pool(shares, amount_fen=100_001)
    county.owe(county.schools[0], 60_000)
    county.owe(county.schools[1], 33_333, pool_id=county.both)
    county.batch("draft")
    return county


def _let_go(county):
    forget_connections()
    with county.app.app_context():
        db.session.remove()
        db.engine.dispose()
