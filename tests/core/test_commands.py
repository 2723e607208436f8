"""The operators' verbs: `flask schema ...` and `flask audit`."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text, update

from core import schema
from core.db import db, transaction
from core.seal import TRANSFER
from tests.core.tampering import newest, tamper

pytestmark = pytest.mark.one_engine


@pytest.fixture
def flask(county_at_risk):
    """Return what runs a command line on the county's app."""
    runner = county_at_risk.app.test_cli_runner()

    def run(*arguments):
        result = runner.invoke(args=arguments)
        return result.exit_code, result.output

    return run


def test_an_audit_seals_what_waits_and_finds_the_books_in_order(flask):
    code, output = flask("audit")
    assert code == 0, output
    assert re.search(r"新封存 [1-9]\d* 条", output)
    assert "封存链完整：相符" in output
    assert flask("audit")[1].startswith("新封存 0 条")


def test_an_audit_names_the_row_that_was_changed_and_fails(flask, county_at_risk):
    flask("audit")
    with county_at_risk.app.app_context(), transaction():
        row = db.session.scalar(db.select(newest(TRANSFER)))
        tamper(update(TRANSFER).where(TRANSFER.c.id == row).values(amount_fen=1))
    code, output = flask("audit")
    assert code == 1
    assert f"transfer {row}：" in output


def test_the_head_an_audit_prints_is_recognised_by_the_next_one(flask, county_at_risk):
    head = re.search(r"链头 (\d+:\w{64})", flask("audit")[1])[1]
    county_at_risk.owe(county_at_risk.schools[0], 700)
    assert flask("audit", "--head", head)[0] == 0
    with county_at_risk.app.app_context(), transaction():
        tamper(text("DELETE FROM seal"))
    code, output = flask("audit", "--head", head.replace("a", "b"))
    assert code == 1
    assert "链头仍在链中：1 处不符" in output


def test_a_head_that_is_none_is_refused(flask):
    assert flask("audit", "--head", "12")[0] == 2


def test_the_schema_is_upgraded_and_checked_from_the_command_line(flask):
    assert flask("schema", "upgrade")[0] == 0
    assert flask("schema", "check") == (0, "数据库、修订与模型一致。\n")


def test_a_difference_fails_the_check(flask, county_at_risk):
    with county_at_risk.app.app_context(), transaction():
        db.session.execute(text("DROP INDEX ix_division_path"))
    assert flask("schema", "check") == (1, "core: add_index division.ix_division_path\n")


def test_a_revision_is_refused_where_there_is_nothing_to_revise(flask, monkeypatch):
    assert flask("schema", "revise", "core", "nothing")[0] == 1
    code, output = flask("schema", "revise", "lottery", "x")
    assert code == 2
    assert "voucher" in output


def test_a_revision_is_written_from_the_command_line(flask, monkeypatch):
    asked = []
    monkeypatch.setattr(schema, "revise", lambda *arguments: asked.append(arguments))
    assert flask("schema", "revise", "core", "a reason")[0] == 0
    assert asked == [("core", "a reason")]
