"""Enrolment: the code is shown once, attendance is recorded without a scan."""

from __future__ import annotations

from core import clock
from tests.voucher.path import Path
from tests.voucher.shapes import NURSERY


def enrol(path: Path, voucher: int = 0) -> int:
    """Enrol the n-th voucher's holder and return the enrolment's number."""
    clerk = path.providers[0].clerk
    body = path.do("enrolment.enrol", clerk, code=path.codes[voucher], service_code="fee")
    return int(body["id"])


def test_attendance_is_paid_without_the_code_even_when_the_card_was_lost(path: Path) -> None:
    """A card blocked since does not stand between the child and the nursery."""
    path.build(**NURSERY)
    path.renew()
    number, clerk = enrol(path), path.providers[0].clerk
    path.do("voucher.block_card", "purchaser_clerk", id=path.vouchers[0], reason="遗失")
    told = path.do("enrolment.attend", clerk, id=number, price_fen=20_000)
    assert (told["amount_fen"], told["remaining"]) == (20_000, 40_000)
    assert path.fin() == {"payable": 20_000, "expense": 20_000}


def test_a_day_is_paid_once_and_the_month_ends_the_allotment(path: Path) -> None:
    """The second entry of a day hears the first receipt; beyond the month's quota she pays."""
    path.build(**NURSERY)
    path.renew()
    number, clerk = enrol(path), path.providers[0].clerk
    path.do("enrolment.attend", clerk, id=number, price_fen=20_000)
    asked = {"id": number, "price_fen": 20_000}
    assert path.refused("enrolment.attend", clerk, **asked) == "DUPLICATE_ATTENDANCE"
    for day in (2, 3):
        with clock.frozen(f"2026-09-0{day}T18:00"):
            path.do("enrolment.attend", clerk, **asked)
    with clock.frozen("2026-09-04T18:00"):
        assert path.refused("enrolment.attend", clerk, **asked) == "CAP_REACHED"


def test_last_month_is_entered_within_its_days_of_grace_and_then_lapses(path: Path) -> None:
    """Entered on 5 October it draws September's lot; on the 6th that lot is gone."""
    path.build(**NURSERY)
    path.renew()
    number, clerk = enrol(path), path.providers[0].clerk
    asked = {"id": number, "service_on": "2026-09-30", "price_fen": 20_000}
    with clock.frozen("2026-10-05T09:00"):
        path.lapse()
        assert path.do("enrolment.attend", clerk, **asked)["service_on"] == "2026-09-30"
    with clock.frozen("2026-10-06T09:00"):
        path.lapse()
        late = asked | {"service_on": "2026-09-29"}
        assert path.refused("enrolment.attend", clerk, **late) == "VOUCHER_EXPIRED"


def test_an_ended_enrolment_takes_no_later_attendance(path: Path) -> None:
    """And one holder is enrolled for a service once."""
    path.build(**NURSERY)
    path.renew()
    number, clerk = enrol(path), path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee"}
    assert path.refused("enrolment.enrol", clerk, **asked) == "ALREADY_ENROLLED"
    path.do("enrolment.end", clerk, id=number, reason="转园")
    with clock.frozen("2026-09-02T18:00"):
        refused = path.refused("enrolment.attend", clerk, id=number, price_fen=20_000)
        assert refused == "NOT_ENROLLED"
        enrol(path)
