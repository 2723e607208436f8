"""A county that was there before legal kinds were recorded goes on buying, and nobody else does."""

from __future__ import annotations

from datetime import date

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import text

from core import schema
from core.db import db, init_app, transaction
from core.plugins import load
from core.purchasers import judge, kinds_of, may_provide

pytestmark = pytest.mark.one_engine

ORGANISATIONS = {
    "11430112000000027C": "purchaser",
    "114301120000000357": "administration",
    "12430112000000043Y": "purchaser",
    "91430112MA0000218L": "provider",
}
ON = date(2026, 9, 1)


def test_organisations_of_before_are_what_their_codes_tell(empty_url: str) -> None:
    """What a code does not tell waits for the staffing office."""
    app = Flask("bare")
    app.config["SQLALCHEMY_DATABASE_URI"] = empty_url
    init_app(app)
    load(app, ())
    with app.app_context():
        with schema._whole() as connection:  # noqa: SLF001 - an old database is made by hand
            core = schema.components()[0]
            command.upgrade(schema._config(connection, core), "core_0002")  # noqa: SLF001 - as above
            connection.execute(
                text(
                    "INSERT INTO division (code, name, level, path)"
                    " VALUES ('430112', '区', 'county', '430112/')"
                )
            )
            for number, (code, kind) in enumerate(ORGANISATIONS.items(), 1):
                row = {"id": number, "code": code, "kind": kind}
                connection.execute(
                    text("INSERT INTO party (id, kind) VALUES (:id, 'organisation')"), row
                )
                connection.execute(
                    text(
                        "INSERT INTO organisation (id, credit_code, name, kind, division_code,"
                        " tags) VALUES (:id, :code, '单位', :kind, '430112', ' ')"
                    ),
                    row,
                )
        schema.upgrade()
        with transaction(readonly=True):
            outcomes = [judge(number, on=ON).outcome for number in range(1, 5)]
            provides = may_provide(4, on=ON).may
            (known,) = kinds_of(1)
            told = (known.credit_code, known.recorded_at.tzinfo is not None)
        db.engine.dispose()
    assert outcomes == ["allowed", "unrecorded", "unrecorded", "excluded"]
    assert provides
    assert told == ("11430112000000027C", True)
