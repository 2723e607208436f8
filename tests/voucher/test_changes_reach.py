"""A change of condition reaches what it should and nothing else."""

from __future__ import annotations

from typing import Any

from core import clock
from core.db import db
from plugins.voucher.models import Lot, Recovery, Voucher
from tests.voucher.path import Path
from tests.voucher.test_changes import LEVELS, built, holder, month, record, residents, september


def overpaid(path: Path, **changes: Any) -> Path:
    """Use 700 of September's 800, then learn on the 20th that 500 were due: 200 overpaid."""
    built(path, on_change={"amounts": "at_once"}, **changes)
    path.redeem(fen=70_000)
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "中度失能", "2026-09-01")
    return path


def test_what_was_withheld_is_not_granted_again_by_a_later_change(path: Path) -> None:
    """October is 500 less 200; a fact that changes nothing leaves it at 300."""
    overpaid(path)
    with clock.frozen("2026-10-01T00:05"):
        path.renew()
    with clock.frozen("2026-10-02T09:00"):
        record(path, holder(path), "中度失能", "2026-10-02")
    assert month(path, "2026-10") == {
        "granted": 30_000,
        "available": 30_000,
        "committed_fen": 30_000,
    }


def test_an_overpayment_larger_than_the_next_month_takes_it_whole_and_once(path: Path) -> None:
    """700 overpaid: October is withheld whole, and the next day does not grant it anew."""
    built(path, on_change={"amounts": "at_once"})
    path.redeem(fen=80_000)
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "轻度失能", "2026-09-01")
    with clock.frozen("2026-09-21T09:00"):
        record(path, holder(path), "中度失能", "2026-09-21")
    for day in ("2026-10-01", "2026-10-02"):
        with clock.frozen(f"{day}T00:05"):
            path.renew()
    assert month(path, "2026-10") == {}
    with path.reading():
        recovery = db.session.scalars(db.select(Recovery)).one()
        assert (recovery.quantity, recovery.recovered) == (80_000, 50_000)
    with clock.frozen("2026-11-01T00:05"):
        path.renew()
    assert month(path, "2026-11")["granted"] == 20_000


def test_who_came_in_the_middle_of_a_month_keeps_her_part_of_it(path: Path) -> None:
    """Half of September was due; a fact that changes nothing does not make it whole."""
    allotments = [LEVELS["allotments"][0] | {"first_period": "by_days"}]
    path.build(
        vouchers=0, **(LEVELS | {"on_change": {"amounts": "at_once"}, "allotments": allotments})
    )
    person = residents(path, 1)[0]
    record(path, person, "中度失能", "2026-06-01")
    with clock.frozen("2026-09-16T09:00"):
        issued = path.do(
            "voucher.issue",
            "purchaser_clerk",
            programme_id=path.county.programme,
            resident_ids=[person],
        )
        path.vouchers = [one["id"] for one in issued["vouchers"]]
        assert september(path)["granted"] == 25_000
    with clock.frozen("2026-09-17T09:00"):
        record(path, person, "中度失能", "2026-09-17")
    assert september(path)["granted"] == 25_000


def test_nothing_is_granted_to_a_voucher_that_has_ended(path: Path) -> None:
    """She moved away; a new assessment does not fill the voucher again."""
    built(path, on_change={"amounts": "at_once"})
    path.do("voucher.end_condition", "purchaser_clerk", id=path.vouchers[0], reason="迁出")
    with clock.frozen("2026-09-02T09:00"):
        record(path, holder(path), "完全失能", "2026-09-02")
    assert september(path)["granted"] == 80_000
    assert september(path)["cancelled"] == 80_000


def test_what_a_correction_took_back_does_not_count_as_used(path: Path) -> None:
    """Of 700 used after the change 400 were taken back: only 300 can be beyond what was due."""
    built(path, on_change={"amounts": "at_once"})
    path.redeem(fen=50_000)
    with clock.frozen("2026-09-10T09:00"):
        receipt = path.redeem(fen=30_000)
        ordered = path.do(
            "redemption.reverse",
            "purchaser_clerk",
            receipt=receipt,
            reason="价格有误",
            price_fen=10_000,
        )
        path.do("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "轻度失能", "2026-09-10")
    with path.reading():
        found = db.session.scalars(db.select(Recovery)).all()
        assert [row.quantity for row in found] == []
    with clock.frozen("2026-09-21T09:00"):
        path.do("resident.end_fact", "purchaser_clerk", **last_fact(path))
    assert september(path)["redeemed"] == 60_000


def last_fact(path: Path) -> dict[str, Any]:
    """Return the request that withdraws the holder's newest record as mistaken."""
    from core.facts import ResidentFact  # noqa: PLC0415 - beside its one use

    with path.reading():
        fact = db.session.scalars(
            db.select(ResidentFact)
            .filter_by(resident_id=holder(path))
            .order_by(ResidentFact.id.desc())
        ).first()
        assert fact is not None
        return {
            "id": fact.id,
            "to_on": fact.from_on.replace(day=fact.from_on.day - 1).isoformat(),
            "document": "更正",
        }


def monthly_vouchers(path: Path, **changes: Any) -> Path:
    """Build a programme that issues a voucher a month, to two holders in August."""
    terms = LEVELS | {"renewal": "voucher", "on_change": {"amounts": "at_once"}} | changes
    path.build(vouchers=0, **terms)
    people = residents(path, 2)
    for number in people:
        record(path, number, "重度失能", "2026-06-01")
    with clock.frozen("2026-08-15T10:00"):
        issued = path.do(
            "voucher.issue",
            "purchaser_clerk",
            programme_id=path.county.programme,
            resident_ids=people,
        )["vouchers"]
    path.vouchers = [one["id"] for one in issued]
    return renewed(path)


def renewed(path: Path) -> Path:
    """Renew, and take the new vouchers and their cards in hand."""
    told = path.renew()
    path.vouchers = [one["id"] for one in told["vouchers"]]
    cards = path.do("voucher.print_cards", "purchaser_clerk", voucher_ids=path.vouchers)["cards"]
    path.codes = [card["code"] for card in cards]
    return path


def test_what_was_overpaid_on_one_voucher_is_withheld_from_the_next_one(path: Path) -> None:
    """Where every month is a voucher of its own, the debt is the holder's, not the voucher's."""
    monthly_vouchers(path)
    path.redeem(fen=70_000)
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "中度失能", "2026-09-01")
    with clock.frozen("2026-10-01T00:05"):
        renewed(path)
    with path.reading():
        granted = db.session.execute(
            db.select(Voucher.resident_id, Lot.granted, Lot.committed_fen)
            .join(Lot, Lot.voucher_id == Voucher.id)
            .where(Lot.period == "2026-10")
            .order_by(Voucher.resident_id)
        ).all()
        assert [tuple(row)[1:] for row in granted] == [(30_000, 30_000), (80_000, 80_000)]
        assert db.session.scalars(db.select(Recovery.state)).one() == "recovered"


def test_a_voucher_issued_after_another_was_revoked_bears_what_is_owed(path: Path) -> None:
    """A new voucher of the programme does not begin without the debt."""
    overpaid(path)
    person = holder(path)
    with clock.frozen("2026-09-21T09:00"):
        path.do("voucher.revoke", "purchaser_approver", id=path.vouchers[0], reason="换发")
        issued = path.do(
            "voucher.issue",
            "purchaser_clerk",
            programme_id=path.county.programme,
            resident_ids=[person],
        )
    assert issued["amount_fen"] == 30_000


def test_an_overpayment_found_by_a_mistaken_record_goes_with_it(path: Path) -> None:
    """The lower level is withdrawn as mistaken: nothing is withheld from October."""
    overpaid(path)
    with clock.frozen("2026-09-21T09:00"):
        path.do("resident.end_fact", "purchaser_clerk", **last_fact_before(path))
    with clock.frozen("2026-09-22T09:00"):
        record(path, holder(path), "重度失能", "2026-09-01")
    with clock.frozen("2026-10-01T00:05"):
        path.renew()
    assert month(path, "2026-10")["granted"] == 80_000


def last_fact_before(path: Path) -> dict[str, Any]:
    """Return the withdrawal of the newest record, whose first day is the first of a month."""
    from core.facts import ResidentFact  # noqa: PLC0415 - beside its one use

    with path.reading():
        number = db.session.scalars(
            db.select(ResidentFact.id).order_by(ResidentFact.id.desc())
        ).first()
    return {"id": number, "to_on": "2026-08-31", "document": "更正"}
