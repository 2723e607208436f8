"""An empty installation: one division, one organisation, an account for every role."""

from __future__ import annotations

import pytest

from core.access import ROLES
from core.acts import perform
from core.db import db, transaction
from core.divisions import Division
from core.parties import Organisation


@pytest.fixture
def seed(app):
    """Return what seeds the app's database from the command line."""
    runner = app.test_cli_runner()

    def run(**environment):
        result = runner.invoke(args=["seed", "--profile", "empty"], env=environment)
        return result.exit_code, result.output

    return run


def sign_in(login, password):
    return perform("auth.login", {"login": login, "password": password})


def test_every_role_can_sign_in_with_the_password_from_the_environment(app, seed):
    code, said = seed(HUIGOU_SEED_PASSWORD="kept in a safe place")
    assert code == 0, said
    assert "只显示这一次" not in said
    with app.app_context():
        for role in set(ROLES) - {"system"}:
            assert not sign_in(role, "kept in a safe place").refused
        with transaction(readonly=True):
            assert db.session.scalar(db.select(db.func.count()).select_from(Division)) == 1
            assert db.session.scalar(db.select(db.func.count()).select_from(Organisation)) == 1


def test_without_one_each_account_gets_its_own_password_shown_once(app, seed):
    code, said = seed(HUIGOU_SEED_PASSWORD=None)
    assert code == 0, said
    rows = [line.split("\t") for line in said.splitlines() if "\t" in line]
    assert len({password for _role, _login, password in rows}) == len(rows) == len(ROLES) - 1
    with app.app_context():
        for _role, login, password in rows:
            assert not sign_in(login, password).refused
    assert "只显示这一次" in said


def test_a_weak_password_and_a_database_in_use_are_refused(app, seed):
    code, said = seed(HUIGOU_SEED_PASSWORD="short")
    assert code == 1
    assert "至少" in said
