"""Caps: counted by service date, of a holder or a family, cut or refused, reopened by rule."""

from __future__ import annotations

import threading
from typing import Any

from core import clock
from core.db import db, forget_connections
from plugins.voucher.models import Counter
from tests.voucher.path import MORNING, Path
from tests.voucher.shapes import MONTHLY


def capped(path: Path, *caps: dict[str, Any], **terms: Any) -> Path:
    """Build a monthly programme of 800 yuan with caps."""
    named = [{"code": f"cap{place}", "name": "限额"} | cap for place, cap in enumerate(caps)]
    path.build(**(MONTHLY | {"caps": named} | terms))
    path.renew()
    return path


def use(path: Path, fen: int, voucher: int = 0) -> Any:
    """Ask for a use and return the answer."""
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[voucher], "service_code": "fee", "price_fen": fen}
    return path.perform("voucher.redeem", clerk, **asked)


def test_a_day_s_cap_cuts_and_then_refuses_until_tomorrow(path: Path) -> None:
    """Of 300 a day, the second use gets the rest; the third is refused with the figures."""
    capped(path, {"per": "day", "limit": 30_000})
    assert use(path, 20_000).body["amount_fen"] == 20_000
    second = use(path, 20_000).body
    assert (second["amount_fen"], second["self_pay_fen"]) == (10_000, 10_000)
    third = use(path, 1_000).body
    assert (third["code"], third["facts"]["room"]) == ("CAP_REACHED", 0)
    with clock.frozen("2026-09-02T09:00"):
        assert use(path, 1_000).body["amount_fen"] == 1_000


def test_a_year_s_cap_has_a_code_of_its_own(path: Path) -> None:
    """As the list of refusals names it."""
    capped(path, {"per": "year", "limit": 10_000})
    use(path, 10_000)
    assert use(path, 1_000).body["code"] == "ANNUAL_CAP_REACHED"


def test_a_void_in_the_same_period_gives_the_room_back(path: Path) -> None:
    """And never where the programme says never."""
    capped(path, {"per": "day", "limit": 10_000})
    path.void(use(path, 10_000).body["receipt"])
    assert use(path, 10_000).status == 200


def test_a_void_reopens_nothing_where_the_programme_says_never(path: Path) -> None:
    """The room is gone with the use."""
    capped(path, {"per": "day", "limit": 10_000}, reopen_caps="never")
    path.void(use(path, 10_000).body["receipt"])
    assert use(path, 10_000).body["code"] == "CAP_REACHED"


def test_uses_are_counted_one_by_one(path: Path) -> None:
    """Two meals a day and no third."""
    capped(path, {"of": "uses", "per": "day", "limit": 2, "at_limit": "refuse"})
    assert [use(path, 1_000).status for _ in range(3)] == [200, 200, 422]


def test_a_month_is_rounded_as_one_sum(path: Path) -> None:
    """A third of 1 yuan, three times: 33, 33 and 34 fen make the month's whole yuan."""
    capped(
        path,
        shares=[{"rate_ppm": 333_334}],
        rounding={"price": "half_up", "subsidy": "half_up", "per": "month"},
    )
    assert [use(path, 100).body["amount_fen"] for _ in range(3)] == [33, 34, 33]


def test_tills_that_meet_at_a_cap_never_pay_more_than_it(path: Path) -> None:
    """Eight tills, one family's room for three uses: three are paid, the others hear why."""
    capped(path, {"per": "day", "limit": 3_000, "at_limit": "refuse"})
    told: list[Any] = []
    ready = threading.Barrier(8)

    def redeem() -> None:
        with clock.frozen(MORNING):
            ready.wait()
            told.append(use(path, 1_000))
        forget_connections()

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paid = [answer for answer in told if not answer.refused]
    assert {a.body["code"] for a in told if a.refused} <= {"CAP_REACHED", "RETRY_LATER"}
    assert len(paid) <= 3
    with path.reading():
        used = db.session.scalars(db.select(Counter.used)).one()
        assert used == 1_000 * len(paid)
