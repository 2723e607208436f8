"""A county that began with the first version of vouchers keeps them, with the same meaning."""

from __future__ import annotations

import json

from alembic import command
from flask import Flask
from sqlalchemy import text

from core import schema
from core.db import db, init_app, transaction
from core.plugins import load
from plugins.voucher.rules import read_terms

FIRST_TERMS = {
    "classes": [
        {"code": "A", "name": "义务教育券", "face_fen": 50_000, "provider_tag": "school"},
        {"code": "B", "name": "职业教育券", "face_fen": 30_000, "services": ["fee"]},
    ],
    "services": [{"code": "fee", "name": "学费", "unit": "学期", "maximum_price_fen": None}],
    "valid_from": "2026-08-15",
    "valid_through": "2026-10-31",
    "single_use": True,
    "remainder": "forfeit",
    "void_window": "until_lock",
    "confirm_days": 0,
    "close": "on_last_day",
    "funding": [{"line_id": 1, "share_ppm": 1_000_000}],
}
ROWS = (
    "INSERT INTO division (code, name, level, path) VALUES ('430112', '区', 'county', '430112/')",
    "INSERT INTO party (id, kind) VALUES (1, 'organisation')",
    (
        "INSERT INTO organisation (id, credit_code, name, kind, division_code, tags)"
        " VALUES (1, '11430112000000027C', '教育局', 'purchaser', '430112', ' ')"
    ),
    (
        "INSERT INTO voucher_programme (id, code, name, organisation_id, division_code, state,"
        " made_by, approved_by) VALUES (1, 'EDU', '教育券', 1, '430112', 'approved', 7, 8)"
    ),
    (
        "INSERT INTO pool (id, component, source, name, organisation_id, division_code, opened_on)"
        " VALUES (1, 'voucher', 'programme:1', '教育券', 1, '430112', '2026-06-15')"
    ),
)


def test_face_values_of_the_first_version_become_allotments_made_once(empty_url: str) -> None:
    """The document says the same in the new words, and the pool keeps serving it."""
    app = Flask("bare")
    app.config["SQLALCHEMY_DATABASE_URI"] = empty_url
    init_app(app)
    load(app, ())
    with app.app_context():
        with schema._whole() as connection:  # noqa: SLF001 - an old database is made by hand
            for component in schema.components():
                target = "voucher_0001" if component.name == "voucher" else "head"
                if component.versions.exists():
                    command.upgrade(schema._config(connection, component), target)  # noqa: SLF001 - as above
            for statement in ROWS:
                connection.execute(text(statement))
            connection.execute(
                text(
                    "INSERT INTO voucher_terms (id, programme_id, version, document)"
                    " VALUES (1, 1, 1, :document)"
                ),
                {"document": json.dumps(FIRST_TERMS)},
            )
        schema.upgrade()
        with transaction(readonly=True):
            row = db.session.execute(
                text("SELECT document, state, approved_by FROM voucher_terms")
            ).one()
            source = db.session.scalar(text("SELECT source FROM pool"))
            assert schema.check() == []
        db.engine.dispose()
    document = json.loads(row.document) if isinstance(row.document, str) else row.document
    rules = read_terms(document)
    amounts = {one.classes[0]: one.quantity for one in rules.allotments["face"].amounts}
    assert amounts == {"A": 50_000, "B": 30_000}
    assert (rules.beyond, rules.rounding.subsidy, row.state) == ("self_pay", "half_up", "approved")
    assert (row.approved_by, source) == (8, "programme:1/v1/face/once")
