"""What is remembered of the checks hides nothing: books broken after being in order are found."""

from __future__ import annotations

from core.db import db, transaction
from core.ledger import GatedBalance
from tests.books import books


def test_a_fen_too_much_is_found_where_all_was_in_order_before(county_at_risk):
    with county_at_risk.app.app_context():
        assert [books(), books()] == [[], []]
        change = db.update(GatedBalance).where(GatedBalance.balance_fen > 0)
        with transaction():
            db.session.execute(change.values(balance_fen=GatedBalance.balance_fen + 1))
        assert [bool(books()), bool(books())] == [True, True]
        with transaction():
            db.session.execute(change.values(balance_fen=GatedBalance.balance_fen - 1))
        assert books() == []
