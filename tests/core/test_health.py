"""Readiness: said without a sign-in, and false as soon as nothing could be booked."""

from __future__ import annotations

import pytest

from core import create_app
from core.db import db, transaction
from tests import factories
from tests.conftest import SETTINGS


def test_a_working_installation_is_ready_and_tells_how_far_the_chain_is_behind(app, client):
    with app.app_context():
        factories.make_division()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "database": "ok", "schema": "ok", "unsealed": 4}


def test_a_database_of_another_version_is_not_ready(app, client):
    with app.app_context():
        with transaction():
            db.session.execute(db.text("UPDATE alembic_version_core SET version_num = 'older'"))
        answer = client.get("/healthz")
        with transaction():
            db.session.execute(db.text("UPDATE alembic_version_core SET version_num = 'core_0001'"))
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "database": "ok", "schema": "behind"}


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/huigou.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"]
)
def test_a_database_that_is_away_is_reported_and_not_a_broken_page(url):
    app = create_app(settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": url})
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "database": "unreachable", "schema": "unknown"}
