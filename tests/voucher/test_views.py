"""The auditors' views tell the same story as the acts, on both engines."""

from __future__ import annotations

from typing import Any

from core import Huigou, clock
from core.acts import perform
from core.db import db, transaction
from tests import factories
from tests.factories import County


def rows(sql: str) -> list[Any]:
    """Run a query of an auditor."""
    with transaction(readonly=True):
        return list(db.session.execute(db.text(sql)).mappings())


def test_a_voucher_is_its_remainder_its_returns_and_its_uses(app: Huigou, county: County) -> None:
    """Face = remaining + returned + redeemed, for every voucher."""
    with app.app_context():
        factories.make_programme(county)
        used, _idle = factories.issue(county, 2)
        token = factories.token_of(county, "provider_clerk")
        fields = {"code": used["code"], "service_code": "fee", "price_fen": 20_000}
        with clock.frozen("2026-09-01T09:00"):
            perform("voucher.redeem", fields, token=token, key="k")
        redeemed = {
            row["voucher_id"]: row["amount_fen"] for row in rows("SELECT * FROM hv_redemption")
        }
        for row in rows("SELECT * FROM hv_voucher"):
            parts = row["remaining_fen"] + row["returned_fen"]
            assert row["face_fen"] == parts + redeemed.get(row["voucher_id"], 0)


def test_a_redemption_names_its_transfer_statement_and_payment(app: Huigou, county: County) -> None:
    """From the view one can walk to what is owed and to what pays it."""
    with app.app_context():
        factories.make_programme(county)
        (voucher,) = factories.issue(county, 1)
        token = factories.token_of(county, "provider_clerk")
        fields = {"code": voucher["code"], "service_code": "fee", "price_fen": 50_000}
        with clock.frozen("2026-09-01T09:00"):
            perform("voucher.redeem", fields, token=token, key="k")
        with clock.frozen("2026-09-02T09:00"):
            factories.do("statement.lock", programme_id=county.programme)
        (use,) = rows("SELECT * FROM hv_redemption")
        (transfer,) = rows(f"SELECT * FROM hv_transfer WHERE transfer_id = {use['transfer_id']}")  # noqa: S608 - a number
        assert (transfer["amount_fen"], transfer["txn_id"]) == (50_000, use["journal_id"])
        assert len(rows("SELECT * FROM hv_redemption_statement")) == 1
        assert use["settlement_id"] is None


def test_a_commitment_names_the_plan_and_the_item_it_buys(app: Huigou, county: County) -> None:
    """The pool is the plan's, and what it holds of the line is held for the catalogue's item."""
    with app.app_context():
        factories.make_programme(county)
        factories.issue(county, 1)
        (pool,) = rows("SELECT * FROM hv_pool")
        (held,) = rows("SELECT * FROM hv_commitment")
        (plan,) = rows("SELECT id, catalogue_item_id FROM purchase")
        assert pool["purchase_id"] == str(plan["id"])
        assert held["catalogue_id"] == str(plan["catalogue_item_id"])
        assert held["amount_fen"] == 50_000
