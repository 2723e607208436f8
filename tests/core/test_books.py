"""What is remembered of the checks hides nothing: books broken after being in order are found."""

from __future__ import annotations

from core.db import db, direct, transaction
from core.ledger import GatedBalance
from tests.books import History, Reading, books, words


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


def test_it_is_found_whichever_way_it_was_written(county_at_risk):
    change = "UPDATE gated_balance SET balance_fen = balance_fen + :more WHERE balance_fen > 0"
    with county_at_risk.app.app_context():
        assert [books(), books()] == [[], []]
        for more, is_wrong in ((1, True), (-1, False)):
            with direct(whole=True) as connection:
                connection.run(change, {"more": more})
            assert bool(books()) == is_wrong


def test_a_check_is_asked_again_only_where_something_was_written_that_it_reads():
    history, reading = History("a stage"), Reading(tables={"select", "transfer"})
    assert not history.spares(reading)
    history.note("UPDATE voucher SET state = 'x'")
    assert not history.spares(reading)
    history.found_nothing(reading)
    for harmless in ("SELECT * FROM transfer", "INSERT OR IGNORE INTO voucher", "PRAGMA x = y"):
        history.note(harmless)
    assert history.spares(reading)
    # So it is in every other copy of the stage, whose transfers are the same.
    assert History("a stage").spares(reading)
    assert not History("another").spares(reading)
    for harm in ("insert into transfer", 'DELETE FROM "transfer"', "WITH x AS ()", "ALTER TABLE x"):
        history.note(harm)
        assert not history.spares(reading)
        history.found_nothing(reading)
        assert history.spares(reading)


def test_a_check_of_views_is_asked_again_whatever_was_written():
    history = History("a stage")
    reading = Reading(tables=set(words("SELECT * FROM hv_payment")))
    history.found_nothing(reading)
    history.note("UPDATE voucher SET state = 'x'")
    assert not history.spares(reading)
