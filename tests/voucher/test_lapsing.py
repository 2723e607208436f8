"""After the last day: what is unused expires and returns to the line, once."""

from __future__ import annotations

import threading

from core import clock
from core.access import Actor
from core.db import db, forget_connections
from core.plugins import tell
from plugins.voucher.models import Lot, LotMove
from tests.voucher.path import Path

LAST = "2026-10-31T23:59"
AFTER = "2026-11-01T00:00"


def test_nothing_lapses_on_the_last_day(path: Path) -> None:
    path.build()
    with clock.frozen(LAST):
        assert path.lapse()["pools"] == []
        path.redeem()


def test_after_the_last_day_the_unused_money_returns_to_the_line(path: Path) -> None:
    path.build()
    path.redeem(0)
    with clock.frozen(AFTER):
        (pool,) = path.lapse()["pools"]
    assert (pool["expired"], pool["released_fen"], pool["closed"]) == (100_000, 100_000, True)
    assert path.rooms() == {"available": 2_950_000, "encumbered": 50_000}
    assert path.lot(1) == {"expired": 50_000, "committed_fen": 50_000}


def test_lapsing_again_changes_nothing(path: Path) -> None:
    path.build()
    with clock.frozen(AFTER):
        path.lapse()
        rooms = path.rooms()
        assert path.lapse()["pools"] == []
    assert path.rooms() == rooms == {"available": 3_000_000}


def test_a_day_that_has_not_come_is_refused(path: Path) -> None:
    path.build()
    assert path.refused("voucher.lapse", "finance_maker", on="2026-11-01") == "DAY_NOT_COME"


def test_a_new_day_lapses_what_is_over_and_takes_silence_for_consent(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem()
    path.lock()
    with clock.frozen(AFTER), path.acting():
        tell("day_began")
    assert path.statements() == [(0, 50_000, "confirmed")]
    assert path.rooms() == {"available": 2_950_000, "accrued": 50_000}


def test_what_was_redeemed_is_paid_after_the_close(path: Path) -> None:
    path.build()
    path.redeem()
    with clock.frozen(AFTER):
        path.lapse()
        path.lock()
        path.pay()
    assert path.rooms() == {"available": 2_950_000, "disbursed": 50_000}


def test_a_voucher_is_refused_as_expired_before_and_after_it_lapsed(path: Path) -> None:
    path.build()
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1}
    with clock.frozen(AFTER):
        clerk = path.providers[0].clerk
        assert path.refused("voucher.redeem", clerk, **asked) == "VOUCHER_EXPIRED"
        path.lapse()
        assert path.refused("voucher.redeem", clerk, **asked) == "VOUCHER_EXPIRED"


def test_a_pool_that_waits_for_payment_closes_with_its_last_payment(path: Path) -> None:
    path.build(close="when_paid")
    path.redeem(0)
    path.redeem(1, provider=1)
    with clock.frozen(AFTER):
        (pool,) = path.lapse()["pools"]
        assert (pool["expired"], pool["released_fen"], pool["closed"]) == (50_000, 0, False)
        assert path.rooms() == {"available": 2_850_000, "encumbered": 150_000}
        path.lock()
        path.bank(path.send(), "成功", "失败")
        assert path.pool()["uncharged"] == 50_000
        path.pay()
    assert path.rooms() == {"available": 2_900_000, "disbursed": 100_000}
    assert "uncharged" not in path.pool()


def test_a_pool_that_waits_for_payment_stays_open_while_a_voucher_is_in_force(path: Path) -> None:
    path.build(close="when_paid")
    path.redeem(0)
    path.lock()
    path.pay()
    assert path.pool()["uncharged"] == 100_000
    path.redeem(1)


def test_a_pool_without_charges_closes_on_the_day_after(path: Path) -> None:
    path.build(close="when_paid")
    with clock.frozen(AFTER):
        assert path.lapse()["pools"][0]["closed"] is True
    assert path.rooms() == {"available": 3_000_000}


def test_an_extended_voucher_keeps_its_pool_open(path: Path) -> None:
    path.build()
    last = clock.day_of(clock.instant("2026-12-31"))
    with path.acting():
        db.session.execute(
            db.update(Lot)
            .where(Lot.voucher_id == path.vouchers[0])
            .values(valid_through=last, entry_through=last)
        )
    with clock.frozen(AFTER):
        (pool,) = path.lapse()["pools"]
        assert (pool["expired"], pool["released_fen"], pool["closed"]) == (100_000, 0, False)
        path.redeem(0)
    with clock.frozen("2027-01-01T00:00"):
        assert path.lapse()["pools"][0]["released_fen"] == 100_000


def test_of_uses_revocations_and_the_lapse_at_the_same_moment_each_lot_has_one(path: Path) -> None:
    path.build(vouchers=8)
    gate, statuses = threading.Barrier(9), []

    def attempt(at: str, operation_id: str, actor: Actor | str, **fields: object) -> None:
        with clock.frozen(at):
            gate.wait()
            statuses.append(path.perform(operation_id, actor, **fields).status)
            forget_connections()

    def use(place: int) -> None:
        asked = {"code": path.codes[place], "service_code": "fee", "price_fen": 30_000}
        attempt(LAST, "voucher.redeem", path.providers[0].clerk, **asked)

    def revoke(place: int) -> None:
        fields = {"id": path.vouchers[place], "reason": "离校"}
        attempt(LAST, "voucher.revoke", "purchaser_approver", **fields)

    threads = [
        threading.Thread(target=use if place % 2 else revoke, args=(place,)) for place in range(8)
    ]
    lapse = (AFTER, "voucher.lapse", "finance_maker")
    threads.append(threading.Thread(target=attempt, args=lapse))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409, 422}
    with path.reading():
        moved = db.session.scalar(
            db.select(db.func.sum(LotMove.quantity)).where(LotMove.from_state == "available")
        )
    assert moved == 400_000
    assert path.pool().get("uncharged", 0) == 0
