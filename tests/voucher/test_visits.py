"""Services with a beginning and an end: visits timed, holds captured by their result."""

from __future__ import annotations

import threading
from typing import Any

from core import clock
from core.db import db, forget_connections
from plugins.voucher.models import Hold, Lot
from plugins.voucher.service import visits
from tests.voucher.path import Path
from tests.voucher.shapes import MINUTES, TRAINING

NINE, TEN_PAST_TEN = "2026-09-01T09:00", "2026-09-01T10:10"


def start(path: Path, voucher: int = 0, provider: int = 0, **fields: Any) -> int:
    """Begin a service with the n-th voucher and return the hold's number."""
    asked = {"service_code": "fee", "price_fen": 6_000} | fields
    clerk = path.providers[provider].clerk
    return int(path.do("voucher.start", clerk, code=path.codes[voucher], **asked)["id"])


def parts(path: Path, voucher: int = 0) -> dict[str, int]:
    """Return what of a voucher's lots is available, held and redeemed, and the held money."""
    with path.reading():
        lots = db.session.scalars(db.select(Lot).filter_by(voucher_id=path.vouchers[voucher])).all()
        names = ("available", "held", "redeemed", "expired", "held_fen")
        return {name: sum(getattr(lot, name) for lot in lots) for name in names}


def test_a_visit_holds_the_time_it_may_take_and_gives_back_what_it_did_not(path: Path) -> None:
    """Of 180 minutes 70 were served: 60 are billed in blocks, the rest is free again."""
    path.build(**MINUTES)
    path.renew()
    hold = start(path)
    assert parts(path) | {"held_fen": 0} == {
        "available": 0,
        "held": 180,
        "redeemed": 0,
        "expired": 0,
        "held_fen": 0,
    }
    with clock.frozen(TEN_PAST_TEN):
        ended = path.do("voucher.finish", path.providers[0].clerk, id=hold)
    assert (ended["quantity"], ended["price_fen"], ended["amount_fen"]) == (60_000, 6_000, 5_400)
    assert (ended["self_pay_fen"], ended["remaining"]) == (600, 120)
    assert parts(path)["available"] == 120
    assert parts(path)["held_fen"] == 0


def test_a_visit_shorter_than_a_block_is_refused_and_can_be_called_off(path: Path) -> None:
    """Ten minutes are no block of fifteen."""
    path.build(**MINUTES)
    path.renew()
    hold, clerk = start(path), path.providers[0].clerk
    with clock.frozen("2026-09-01T09:10"):
        assert path.refused("voucher.finish", clerk, id=hold) == "VISIT_TOO_SHORT"
        path.do("voucher.release", clerk, id=hold, reason="没有开始服务")
    assert parts(path)["available"] == 180
    assert path.refused("voucher.finish", clerk, id=hold) == "NOT_CAPTURABLE"


def test_nobody_serves_or_is_served_twice_at_once(path: Path) -> None:
    """The clerk is refused a second visit, and the resident a second carer."""
    path.build(**MINUTES)
    path.renew()
    start(path)
    clerk, other = path.providers[0].clerk, path.providers[1].clerk
    asked = {"service_code": "fee", "price_fen": 6_000}
    assert path.refused("voucher.start", clerk, code=path.codes[1], **asked) == (
        "OVERLAPPING_SERVICE"
    )
    assert path.refused("voucher.start", other, code=path.codes[0], **asked) == (
        "OVERLAPPING_SERVICE"
    )


def test_of_carers_who_check_in_at_once_one_begins(path: Path) -> None:
    """The database keeps one open visit a resident, whoever asks."""
    path.build(**MINUTES, providers=4)
    path.renew()
    told: list[str] = []
    ready = threading.Barrier(4)

    def check_in(place: int) -> None:
        with clock.frozen(NINE):
            ready.wait()
            answer = path.perform(
                "voucher.start",
                path.providers[place].clerk,
                code=path.codes[0],
                service_code="fee",
                price_fen=6_000,
            )
        told.append(answer.body.get("code", "begun") if answer.refused else "begun")
        forget_connections()

    threads = [threading.Thread(target=check_in, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("begun") == 1, told
    assert set(told) <= {"begun", "OVERLAPPING_SERVICE", "STATE_CHANGED"}


def test_a_scan_does_not_redeem_what_must_be_begun(path: Path) -> None:
    """The refusal says how the service is used."""
    path.build(**MINUTES)
    path.renew()
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 6_000}
    assert path.refused("voucher.redeem", clerk, **asked) == "PRESENCE_MISMATCH"


def test_a_result_decides_what_a_hold_earns(path: Path) -> None:
    """Half is earned by attending; the other half is the holder's again."""
    path.build(**TRAINING)
    hold, clerk = start(path, price_fen=40_000), path.providers[0].clerk
    assert (parts(path)["available"], parts(path)["held_fen"]) == (10_000, 40_000)
    assert path.refused("voucher.finish", clerk, id=hold) == "RESULT_MISSING"
    with clock.frozen("2026-09-20T16:00"):
        quoted = path.do("voucher.quote_finish", clerk, id=hold, result="attended")
        ended = path.do("voucher.finish", clerk, id=hold, result="attended")
    assert quoted["amount_fen"] == ended["amount_fen"] == 20_000
    assert parts(path) == {
        "available": 30_000,
        "held": 0,
        "redeemed": 20_000,
        "expired": 0,
        "held_fen": 0,
    }


def test_a_result_that_earns_nothing_gives_everything_back(path: Path) -> None:
    """No redemption is written and nobody is owed anything."""
    path.build(**TRAINING)
    hold = start(path, price_fen=40_000)
    ended = path.do("voucher.finish", path.providers[0].clerk, id=hold, result="failed")
    assert (ended["amount_fen"], ended["receipt"]) == (0, None)
    assert parts(path)["available"] == 50_000
    assert path.fin() == {}


def test_a_hold_that_nobody_ends_lapses_after_its_days(path: Path) -> None:
    """On the day after its last, everything is the holder's again."""
    path.build(**TRAINING)
    hold = start(path, price_fen=40_000)
    with clock.frozen("2026-10-02T00:01"), path.acting():
        visits.day_began()
    assert parts(path)["available"] == 50_000
    with path.reading():
        assert db.session.get_one(Hold, hold).state == "lapsed"


def test_what_is_held_outlives_its_voucher_and_is_captured_after_its_last_day(path: Path) -> None:
    """The pool closes around the hold; what is left then goes straight to the line."""
    path.build(**TRAINING)
    with clock.frozen("2026-10-20T09:00"):
        hold = start(path, price_fen=40_000)
    with clock.frozen("2026-11-01T00:00"):
        path.lapse()
        assert path.rooms() == {"available": 2_960_000, "encumbered": 40_000}
        clerk = path.providers[0].clerk
        ended = path.do("voucher.finish", clerk, id=hold, result="attended")
    assert ended["amount_fen"] == 20_000
    assert path.rooms() == {"available": 2_980_000, "encumbered": 20_000}
    assert parts(path)["held"] == 0
