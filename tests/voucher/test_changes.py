"""A change of condition: level, residence, death, hospital; overpayment recovered or claimed."""

from __future__ import annotations

from typing import Any

from core import clock
from core.db import db
from plugins.voucher.models import Decision, Lot, Recovery, Voucher
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY

LEVELS: dict[str, Any] = MONTHLY | {
    "eligibility": {"fact": "ability_level", "at_least": "中度失能"},
    "allotments": [
        {
            "code": "month",
            "name": "每月额度",
            "period": "month",
            "amounts": [
                {"quantity": 80_000, "when": {"fact": "ability_level", "at_least": "重度失能"}},
                {"quantity": 50_000},
            ],
        }
    ],
    "valid_from": "2026-06-01",
    "valid_through": "2026-12-31",
}


def built(path: Path, **changes: Any) -> Path:
    """Build a programme by level whose holders are assessed 重度, issued in June, renewed today."""
    with path.app.app_context():
        path.build(vouchers=0, **(LEVELS | changes))
    people = residents(path, 2)
    for number in people:
        record(path, number, "重度失能", "2026-06-01")
    with clock.frozen("2026-06-15T10:00"):
        issued = path.do(
            "voucher.issue",
            "purchaser_clerk",
            programme_id=path.county.programme,
            class_code="A",
            resident_ids=people,
        )["vouchers"]
    path.vouchers = [one["id"] for one in issued]
    cards = path.do("voucher.print_cards", "purchaser_clerk", voucher_ids=path.vouchers)["cards"]
    path.codes = [card["code"] for card in cards]
    path.renew()
    return path


def residents(path: Path, count: int) -> list[int]:
    """Import residents and return their numbers."""
    from tests import factories  # noqa: PLC0415 - needs the app's context

    with path.app.app_context():
        return factories.make_residents(path.county, count)


def record(path: Path, resident: int, level: str, day: str, **more: Any) -> None:
    """Record an assessed level from a day on."""
    fact = {"code": "ability_level", "value": level} | more
    path.do(
        "resident.record_fact",
        "purchaser_clerk",
        resident_id=resident,
        from_on=day,
        document="望民评〔2026〕8号",
        **fact,
    )


def holder(path: Path, place: int = 0) -> int:
    """Return the resident who holds the n-th voucher."""
    with path.reading():
        return int(db.session.get_one(Voucher, path.vouchers[place]).resident_id)


def september(path: Path, place: int = 0) -> dict[str, int]:
    """Return how September's lot of a voucher stands, without what is empty."""
    return month(path, "2026-09", place)


def month(path: Path, period: str, place: int = 0) -> dict[str, int]:
    """Return how a period's lot of a voucher stands, without what is empty."""
    with path.reading():
        lot = db.session.scalars(
            db.select(Lot).filter_by(voucher_id=path.vouchers[place], period=period)
        ).one()
        names = ("granted", "available", "redeemed", "cancelled", "committed_fen")
        return {name: getattr(lot, name) for name in names if getattr(lot, name)}


def test_a_level_lost_counts_from_the_next_month(path: Path) -> None:
    """September stays usable; October grants nothing, and the decision says why."""
    built(path)
    with clock.frozen("2026-09-10T09:00"):
        record(path, holder(path), "轻度失能", "2026-09-10")
    assert september(path)["available"] == 80_000
    with clock.frozen("2026-10-01T00:05"):
        told = path.renew()
    assert (told["renewed"], told["refused"]) == (1, 1)
    with path.reading():
        kept = db.session.scalars(
            db.select(Decision).filter_by(voucher_id=path.vouchers[0], is_eligible=False)
        ).all()
        assert "轻度失能" in kept[-1].reasons[0]
        assert kept[-1].facts["ability_level@2026-10-01"] == "轻度失能"


def test_a_level_lost_at_once_ends_the_voucher_and_cancels_what_is_left(path: Path) -> None:
    """What was used before the change was rightly used, and nothing is recovered."""
    built(path, on_change={"eligibility": "at_once"})
    path.redeem(fen=30_000)
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1_000}
    with clock.frozen("2026-09-05T09:00"):
        record(path, holder(path), "轻度失能", "2026-09-05")
        assert path.refused("voucher.redeem", clerk, **asked) == "HOLDER_INELIGIBLE"
    assert (september(path)["redeemed"], september(path)["cancelled"]) == (30_000, 50_000)
    with path.reading():
        assert db.session.scalars(db.select(Recovery)).all() == []


def test_a_higher_level_at_once_tops_the_running_month_up(path: Path) -> None:
    """The difference is a commitment of its own."""
    built(path, on_change={"amounts": "at_once"})
    record(path, holder(path), "中度失能", "2026-09-01")
    assert september(path) == {
        "granted": 80_000,
        "available": 50_000,
        "cancelled": 30_000,
        "committed_fen": 80_000,
    }
    with clock.frozen("2026-09-02T09:00"):
        record(path, holder(path), "完全失能", "2026-09-02")
    assert september(path)["available"] == 80_000
    assert september(path)["committed_fen"] == 110_000


def test_what_was_used_beyond_a_lower_amount_is_withheld_from_the_next_month(path: Path) -> None:
    """Assessed lower from 1 September, told on the 20th: 700 used, 500 due, 200 withheld."""
    built(path, on_change={"amounts": "at_once"})
    path.redeem(fen=70_000)
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "中度失能", "2026-09-01")
    with path.reading():
        recovery = db.session.scalars(db.select(Recovery)).one()
        assert (recovery.quantity, recovery.amount_fen, recovery.state) == (20_000, 20_000, "open")
    with clock.frozen("2026-10-01T00:05"):
        path.renew()
    assert month(path, "2026-10") == {
        "granted": 30_000,
        "available": 30_000,
        "committed_fen": 30_000,
    }
    with path.reading():
        assert db.session.scalars(db.select(Recovery)).one().state == "recovered"


def test_an_overpayment_is_claimed_in_cash_by_two_persons(path: Path) -> None:
    """The holder owes it; the money comes back to the line it was paid from."""
    built(path, on_change={"amounts": "at_once"}, recovery="cash")
    path.redeem(fen=70_000)
    path.lock()
    path.pay()
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "中度失能", "2026-09-01")
        with path.reading():
            number = db.session.scalars(db.select(Recovery.id)).one()
        ordered = path.do("recovery.in_cash", "purchaser_clerk", id=number, reason="多付")
        refused = path.refused("recovery.approve", "purchaser_clerk", id=number)
        assert refused == "ROLE_NOT_ALLOWED"
        path.do("recovery.approve", "purchaser_approver", id=number)
        path.do(
            "clawback.receive",
            "treasurer",
            id=ordered["clawback_id"],
            amount_fen=20_000,
            bank_reference="JK1",
        )
    assert path.rooms()["disbursed"] == 50_000


def test_death_revokes_at_once_and_the_card_is_dead(path: Path) -> None:
    """The rest of the month is cancelled; its money waits for the month to close."""
    built(path)
    path.do(
        "resident.record_death",
        "purchaser_clerk",
        resident_id=holder(path),
        on="2026-09-01",
        document="死亡证明",
    )
    assert september(path)["cancelled"] == 80_000
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1_000}
    assert path.refused("voucher.redeem", clerk, **asked) == "VOUCHER_REVOKED"


def test_a_stay_in_hospital_suspends_its_days_and_prolongs_where_the_programme_says(
    path: Path,
) -> None:
    """From the 2nd through the 11th nothing is redeemed; September's lot lasts ten days longer."""
    built(path, suspension={"prolongs": True, "grants": True})
    path.do(
        "resident.record_fact",
        "purchaser_clerk",
        resident_id=holder(path),
        code="hospital",
        value="住院",
        from_on="2026-09-02",
        to_on="2026-09-11",
        document="住院通知",
    )
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1_000}
    with clock.frozen("2026-09-05T09:00"):
        assert path.refused("voucher.redeem", clerk, **asked) == "HOLDER_SUSPENDED"
    with clock.frozen("2026-09-12T09:00"):
        path.do("voucher.redeem", clerk, **asked)
    with path.reading():
        lot = db.session.scalars(
            db.select(Lot).filter_by(voucher_id=path.vouchers[0], period="2026-09")
        ).one()
        assert lot.valid_through.isoformat() == "2026-10-10"


def test_moving_away_ends_what_is_for_residents_only(path: Path) -> None:
    """The rest is cancelled at once, and the till says that the condition is over."""
    built(
        path,
        eligibility={"fact": "residence", "within": "430112"},
        on_change={"eligibility": "at_once"},
    )
    with path.app.app_context():
        path.do("party.add_division", path_system(), code="430102", name="芙蓉区", parent="430100")
    path.do(
        "resident.record_move",
        "purchaser_clerk",
        resident_id=holder(path),
        division_code="430102",
        on="2026-09-01",
        document="户口迁移证",
    )
    assert september(path)["cancelled"] == 80_000
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1_000}
    assert path.refused("voucher.redeem", clerk, **asked) == "HOLDER_INELIGIBLE"


def path_system() -> Any:
    """Return the system as an actor."""
    from tests.factories import SYSTEM  # noqa: PLC0415 - beside its one use

    return SYSTEM
