"""Backup and restore: the whole database in one file, and back with every check passed."""

from __future__ import annotations

import os
from functools import partial

import pytest
from sqlalchemy import update

from core import clock
from core.access import User
from core.audit import AuditEntry
from core.db import db, transaction
from core.divisions import Division
from core.seal import TRANSFER
from tests import factories, postgres
from tests.core.tampering import newest, tamper


def run(app, *arguments):
    """Run a command line on an app."""
    result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.fixture
def programs(database_kept, monkeypatch):
    """Let the programs be those of the server that the tests started; PATH may hold older ones."""
    if database_kept.engine == "postgresql" and postgres.NAMED_SERVER not in os.environ:
        folder = postgres.found()[0].folder
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def flask(app, programs):
    """Return what runs a command line on an app with some people in it."""
    with app.app_context(), clock.frozen("2026-09-01T09:00"):
        factories.make_county()
    return partial(run, app)


def state(app):
    with app.app_context(), transaction(readonly=True):
        return (
            sorted(db.session.scalars(db.select(User.login))),
            sorted(db.session.scalars(db.select(Division.name))),
            db.session.scalar(db.select(db.func.count()).select_from(AuditEntry)),
        )


def test_what_is_restored_is_what_was_backed_up(flask, app, tmp_path):
    file, before = tmp_path / "huigou.backup", state(app)
    code, said = flask("backup", file)
    assert code == 0, said
    assert "密钥" in said
    assert file.stat().st_mode & 0o077 == 0
    with app.app_context():
        factories.do("party.add_division", code="430104", name="岳麓区", parent="430100")
    assert state(app) != before
    code, said = flask("restore", file, "--replace")
    assert code == 0, said
    assert "全部相符" in said
    assert state(app) == before
    assert [path.name for path in tmp_path.iterdir()] == ["huigou.backup"]


def test_neither_verb_overwrites_unasked(flask, app, tmp_path):
    file = tmp_path / "huigou.backup"
    assert flask("backup", file)[0] == 0
    code, said = flask("backup", file)
    assert code == 1
    assert "不覆盖" in said
    code, said = flask("restore", file)
    assert code == 1
    assert "--replace" in said


def test_a_file_that_is_no_backup_is_refused(flask, app, tmp_path):
    file, before = tmp_path / "holiday.jpg", state(app)
    file.write_bytes(b"\xff\xd8\xff\xe0 not a database")
    code, said = flask("restore", file, "--replace")
    assert code == 1
    assert "不是" in said
    assert state(app) == before


def test_a_restored_database_whose_books_do_not_agree_is_reported(
    county_at_risk, programs, tmp_path
):
    app, file = county_at_risk.app, tmp_path / "huigou.backup"
    assert run(app, "audit")[0] == 0
    with app.app_context(), transaction():
        row = db.session.scalar(db.select(newest(TRANSFER)))
        tamper(update(TRANSFER).where(TRANSFER.c.id == row).values(amount_fen=1))
    assert run(app, "backup", file)[0] == 0
    code, said = run(app, "restore", file, "--replace")
    assert code == 1
    assert f"transfer {row}：" in said
    assert "请勿投入使用" in said


def test_without_its_program_postgresql_is_not_backed_up(
    flask, database_kept, tmp_path, monkeypatch
):
    if database_kept.engine == "postgresql":
        monkeypatch.setenv("PATH", str(tmp_path))
        code, said = flask("backup", tmp_path / "huigou.backup")
        assert code == 1
        assert "pg_dump" in said
