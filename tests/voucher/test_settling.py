"""Statements: every redemption in exactly one, agreed or disputed line by line, paid once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from core import audit, budget, clock
from core.access import Actor
from core.acts import Answer
from core.db import db, forget_connections
from core.ledger import post
from core.settlement import Clawback
from core.settlement.models import PaymentClaim
from plugins.voucher.models import Lot, LotMove, Redemption, SettlementPeriod, StatementPool
from plugins.voucher.service import claiming, membership
from tests.voucher.path import Path

EVENING = "2026-09-01T18:00"
NEXT_DAY = "2026-09-02T09:00"
NEXT_WEEK = "2026-09-08T09:00"


def members(path: Path) -> dict[int, list[str]]:
    """Return the receipts that belong to each period."""
    with path.reading():
        periods = db.session.scalars(db.select(SettlementPeriod).order_by(SettlementPeriod.id))
        return {
            period.sequence: list(
                db.session.scalars(
                    db.select(Redemption.receipt)
                    .where(membership.member_of(period))
                    .order_by(Redemption.id)
                )
            )
            for period in periods.all()
        }


def line_id(path: Path, receipt: str) -> int:
    """Return a redemption's number."""
    return path.redemption(receipt).id


def statement_id(path: Path, provider: int = 0) -> int:
    """Return the number of a provider's newest statement."""
    items = path.do("statement.list", path.providers[provider].manager)["items"]
    return int(items[0]["id"])


def objected(path: Path, receipt: str) -> int:
    """Object to a line as the provider's manager and return the objection."""
    made = path.do(
        "statement.object",
        path.providers[0].manager,
        statement_id=statement_id(path),
        redemption_id=line_id(path, receipt),
        reason="金额不对",
    )
    return int(made["id"])


def claims(path: Path) -> list[tuple[str, int]]:
    """Return what could be claimed now."""
    with path.reading():
        return [(claim.source, claim.amount_fen) for claim in claiming.claims(clock.now())]


def together(path: Path, *calls: tuple[str, Actor | str, dict[str, object]]) -> list[Answer]:
    """Perform acts at the same moment, each in a thread of its own."""
    moment, gate = clock.now(), threading.Barrier(len(calls))
    answers: list[Answer] = []

    def run(operation_id: str, actor: Actor | str, fields: dict[str, object]) -> None:
        with clock.frozen(moment):
            gate.wait()
            answers.append(path.perform(operation_id, actor, **fields))
            forget_connections()

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# --- locking -----------------------------------------------------------------------------------


def test_a_lock_makes_one_statement_per_provider_and_moves_the_lines_money(path: Path) -> None:
    path.build()
    path.redeem(0)
    path.redeem(1, 30_000)
    path.redeem(2, provider=1)
    made = path.lock()
    assert (made["sequence"], made["statements"], made["line_count"]) == (1, 2, 3)
    assert made["gross_fen"] == 130_000
    assert path.statements() == [(0, 80_000, "confirmed"), (1, 50_000, "confirmed")]
    assert path.rooms() == {"available": 2_870_000, "accrued": 130_000}


def test_a_voided_redemption_is_no_line(path: Path) -> None:
    path.build()
    path.redeem(0)
    path.void(path.redeem(1))
    path.lock()
    assert path.statements() == [(0, 50_000, "confirmed")]


def test_what_comes_after_the_cutoff_goes_into_the_next_statement(path: Path) -> None:
    path.build()
    early = path.redeem(0)
    with clock.frozen(EVENING):
        late = path.redeem(1)
        path.lock(cutoff_at="2026-09-01T12:00:00+08:00")
        path.lock()
    assert members(path) == {1: [early], 2: [late]}
    assert path.statements() == [(0, 50_000, "confirmed"), (0, 50_000, "confirmed")]


def test_a_redemption_at_the_very_moment_of_the_lock_is_not_lost(path: Path) -> None:
    path.build()
    before = path.redeem(0)
    path.lock()
    after = path.redeem(1)
    path.lock()
    assert path.redemption(before).redeemed_at == path.redemption(after).redeemed_at
    assert members(path) == {1: [before], 2: [after]}


def test_a_redemption_that_waited_behind_the_lock_goes_into_the_next_statement(path: Path) -> None:
    path.build()
    path.redeem(0)
    with clock.frozen(EVENING):
        path.lock()
    late = path.redeem(1)  # its clock was read before the cut-off, it was written after the lock
    with clock.frozen(NEXT_DAY):
        path.lock()
    assert members(path)[2] == [late]


def test_redemptions_made_during_locks_each_belong_to_one_statement(path: Path) -> None:
    path.build(vouchers=12)
    for first in range(0, 12, 4):
        calls = [
            (
                "voucher.redeem",
                path.providers[place % 2].clerk,
                {"code": path.codes[place], "service_code": "fee", "price_fen": 50_000},
            )
            for place in range(first, first + 4)
        ]
        lock = ("statement.lock", "finance_maker", {"programme_id": path.county.programme})
        answers = together(path, *calls, lock)
        assert {answer.status for answer in answers} <= {200, 422}
    path.perform("statement.lock", "finance_maker", programme_id=path.county.programme)
    assert sum(gross for _provider, gross, _state in path.statements()) == 600_000
    assert sum(len(receipts) for receipts in members(path).values()) == 12


def test_nothing_to_settle_is_said(path: Path) -> None:
    path.build()
    locked = {"programme_id": path.county.programme}
    assert path.refused("statement.lock", "finance_maker", **locked) == "NOTHING_TO_SETTLE"
    path.redeem(0)
    path.lock()
    assert path.refused("statement.lock", "finance_maker", **locked) == "NOTHING_TO_SETTLE"


@pytest.mark.parametrize(
    ("cutoff", "code"),
    [
        ("2026-09-01T18:01:00+08:00", "CUTOFF_NOT_COME"),
        ("2026-09-01T08:00:00+08:00", "CUTOFF_BEFORE_LAST"),
    ],
)
def test_a_cutoff_lies_between_the_last_one_and_now(path: Path, cutoff: str, code: str) -> None:
    path.build()
    path.redeem(0)
    path.lock()
    with clock.frozen(EVENING):
        refused = path.refused(
            "statement.lock",
            "finance_maker",
            programme_id=path.county.programme,
            cutoff_at=cutoff,
        )
    assert refused == code


# --- agreeing ----------------------------------------------------------------------------------


def test_a_statement_waits_for_its_provider(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem(0)
    path.lock()
    assert path.statements() == [(0, 50_000, "open")]
    assert claims(path) == []
    path.do("statement.confirm", path.providers[0].manager, id=statement_id(path))
    assert [fen for _source, fen in claims(path)] == [50_000]


def test_silence_counts_as_consent_after_the_last_day(path: Path) -> None:
    path.build(confirm_days=5)
    receipt = path.redeem(0)
    path.lock()
    with clock.frozen("2026-09-06T23:00"):
        assert claims(path) == []
    with clock.frozen("2026-09-07T00:00"):
        assert [fen for _source, fen in claims(path)] == [50_000]
        refused = path.refused(
            "statement.object",
            path.providers[0].manager,
            statement_id=statement_id(path),
            redemption_id=line_id(path, receipt),
            reason="迟了",
        )
        assert refused == "OBJECTION_TOO_LATE"
        path.pay()
    assert path.statements() == [(0, 50_000, "paid")]


def test_another_provider_cannot_confirm(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem(0)
    path.lock()
    stranger = path.providers[1].manager
    assert path.refused("statement.confirm", stranger, id=statement_id(path)) == "NOT_FOUND"


def test_an_objected_line_waits_and_the_others_go_on(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem(0)
    disputed = path.redeem(1, 30_000)
    path.lock()
    objection = objected(path, disputed)
    path.do("statement.confirm", path.providers[0].manager, id=statement_id(path))
    path.pay()
    assert path.fin() == {"payable": 30_000, "expense": 80_000}
    assert path.statements() == [(0, 80_000, "confirmed")]
    path.do("statement.resolve", "purchaser_approver", id=objection, uphold=False, reason="无误")
    assert claims(path)[-1] == (f"objection:{objection}/pool:1", 30_000)
    path.pay()
    assert path.fin() == {"expense": 80_000}
    assert path.statements() == [(0, 80_000, "paid")]


def test_an_upheld_objection_reverses_the_line_and_it_stays_visible(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem(0)
    wrong = path.redeem(1)
    path.lock()
    objection = objected(path, wrong)
    said = path.do(
        "statement.resolve", "purchaser_approver", id=objection, uphold=True, reason="属实"
    )
    assert said["reversal_id"]
    assert path.fin() == {"payable": 50_000, "expense": 50_000}
    assert path.lot(1)["available"] == 50_000
    manager = path.providers[0].manager
    row = path.do("statement.get", manager, id=statement_id(path))
    assert (row["gross_fen"], row["reversed_fen"], row["net_fen"]) == (100_000, 50_000, 50_000)
    lines = path.do("statement.lines", manager, id=statement_id(path))["items"]
    assert [line["state"] for line in lines] == ["captured", "reversed"]
    assert lines[1]["reversal"]["effect"] == "reversed"
    assert lines[1]["objection"]["state"] == "upheld"


def test_a_line_is_objected_to_once_and_only_where_it_stands(path: Path) -> None:
    path.build(confirm_days=5)
    first = path.redeem(0)
    path.lock()
    other = path.redeem(1)
    path.lock()
    manager = path.providers[0].manager
    newest = {"statement_id": statement_id(path), "reason": "不对"}
    of_other_period = line_id(path, first)
    assert (
        path.refused("statement.object", manager, redemption_id=of_other_period, **newest)
        == "NOT_FOUND"
    )
    objected(path, other)
    assert (
        path.refused("statement.object", manager, redemption_id=line_id(path, other), **newest)
        == "ALREADY_OBJECTED"
    )


def test_lines_are_read_page_by_page(path: Path) -> None:
    path.build()
    receipts = [path.redeem(place) for place in range(3)]
    path.lock()
    manager, number = path.providers[0].manager, statement_id(path)
    first = path.do("statement.lines", manager, id=number, limit=2)
    rest = path.do("statement.lines", manager, id=number, limit=2, after=first["next_after"])
    assert [line["receipt"] for line in first["items"] + rest["items"]] == receipts
    assert rest["next_after"] is None


# --- paying ------------------------------------------------------------------------------------


def test_a_paid_statement_is_not_claimed_again(path: Path) -> None:
    path.build()
    path.redeem(0)
    path.lock()
    path.pay()
    assert path.statements() == [(0, 50_000, "paid")]
    assert claims(path) == []
    assert path.rooms() == {"available": 2_850_000, "encumbered": 100_000, "disbursed": 50_000}


@pytest.mark.requirement("R000-11", in_part=True)
@pytest.mark.requirement("R000-22")
def test_nobody_is_paid_for_vouchers_that_were_not_redeemed(path: Path) -> None:
    """Issued is not owed: the money stays committed until somebody has served."""
    path.build()
    assert path.refused("settlement.run", "finance_maker") == "NOTHING_TO_PAY"
    receipt = path.redeem(0)
    path.void(receipt)
    assert path.refused("settlement.run", "finance_maker") == "NOTHING_TO_PAY"
    assert path.rooms() == {"available": 2_850_000, "encumbered": 150_000}


def test_a_rejected_payment_is_claimed_again_at_what_is_owed_then(path: Path) -> None:
    path.build()
    path.redeem(0)
    wrong = path.redeem(1)
    path.lock()
    path.bank(path.send(), "失败")
    assert path.fin() == {"payable": 100_000, "expense": 100_000}
    path.reverse(wrong)
    path.pay()
    assert path.statements() == [(0, 100_000, "paid")]
    with path.reading():
        assert db.session.scalars(db.select(PaymentClaim.amount_fen)).one() == 50_000


def test_a_statement_of_which_everything_was_reversed_is_finished(path: Path) -> None:
    path.build()
    receipt = path.redeem(0)
    path.lock()
    path.reverse(receipt)
    assert claims(path) == []
    assert path.statements() == [(0, 50_000, "paid")]


def test_of_a_reversal_and_a_batch_at_once_one_gives_way(path: Path) -> None:
    path.build(vouchers=6)
    receipts = [path.redeem(place) for place in range(6)]
    path.lock()
    for receipt in receipts[:5]:
        ordered = path.order(receipt)
        answers = together(
            path,
            ("redemption.approve_reversal", "purchaser_approver", {"id": ordered["id"]}),
            ("settlement.run", "finance_maker", {}),
        )
        refused = [answer.body["code"] for answer in answers if answer.refused]
        assert refused in ([], ["BATCH_LOCKED"])
        batches = [answer.body["id"] for answer in answers if "number" in answer.body]
        path.do("settlement.cancel", "finance_maker", id=batches[0], reason="再来")
        if refused:
            path.do(
                "redemption.decline_reversal", "purchaser_approver", id=ordered["id"], reason="已付"
            )


def test_a_statement_follows_its_pools(path: Path) -> None:
    path.build()
    path.redeem(0)
    path.lock()
    with path.reading():
        assert db.session.scalars(db.select(StatementPool.amount_fen)).all() == [50_000]
    assert claims(path) == [("statement:1/pool:1", 50_000)]
    with clock.frozen(clock.now() - timedelta(days=1)):
        assert claims(path) == []


# --- several pools -----------------------------------------------------------------------------


def second_lot(path: Path, fen: int) -> int:
    """Give the first voucher another lot, from a pool of its own; return the pool."""
    with path.acting():
        old = db.session.scalars(db.select(Lot).filter_by(voucher_id=path.vouchers[0])).one()
        share = budget.Share(path.county.line)
        pool = budget.open_pool("voucher", "programme:1/10", name="十月", shares=[share])
        journal = post("voucher.issued", "second", budget.commit_moves(pool, fen))
        lot = Lot(
            voucher_id=old.voucher_id,
            pool_id=pool.id,
            unit="fen",
            granted=fen,
            committed_fen=fen,
            valid_from=old.valid_from,
            valid_through=old.valid_through + timedelta(days=30),
        )
        db.session.add(lot)
        db.session.flush()
        db.session.add(
            LotMove(
                lot_id=lot.id,
                journal_id=journal,
                from_state="issued",
                to_state="available",
                quantity=fen,
                amount_fen=fen,
                act=audit.current().act,
            )
        )
        return pool.id


def test_a_use_of_two_pools_is_claimed_from_both_and_reversed_in_both(path: Path) -> None:
    path.build(single_use=False, remainder="keep", beyond="refuse")
    second = second_lot(path, 30_000)
    first_use = path.redeem(0, 60_000)
    path.redeem(0, 5_000)
    made = path.lock()
    assert made["pools"] == [
        {"pool_id": 1, "amount_fen": 50_000},
        {"pool_id": second, "amount_fen": 15_000},
    ]
    assert [fen for _source, fen in claims(path)] == [50_000, 15_000]
    path.reverse(first_use)
    assert [fen for _source, fen in claims(path)] == [5_000]
    path.pay()
    assert path.statements() == [(0, 65_000, "paid")]
    assert path.rooms() == {"available": 2_820_000, "encumbered": 175_000, "disbursed": 5_000}


def test_a_claw_back_of_two_pools_is_one_order_with_a_sum_for_each(path: Path) -> None:
    path.build(single_use=False, remainder="keep", beyond="refuse")
    second_lot(path, 30_000)
    receipt = path.redeem(0, 60_000)
    path.lock()
    path.pay()
    path.reverse(receipt, "cancel")
    assert path.fin() == {"receivable": 60_000}
    with path.reading():
        rows = db.session.execute(
            db.select(Clawback.id, Clawback.amount_fen, Clawback.state).order_by(Clawback.id)
        ).all()
    assert [(fen, state) for _id, fen, state in rows] == [
        (50_000, "approved"),
        (10_000, "approved"),
    ]
    for number, fen, _state in rows:
        path.do(
            "clawback.receive", "treasurer", id=number, amount_fen=fen, bank_reference=f"收{number}"
        )
    assert path.fin() == {}


def test_one_pool_lapses_while_the_other_of_the_voucher_is_in_force(path: Path) -> None:
    path.build(single_use=False, remainder="keep", beyond="refuse")
    second = second_lot(path, 30_000)
    receipt = path.redeem(0, 60_000)
    with clock.frozen("2026-11-01T09:00"):
        (pool,) = path.do("voucher.lapse", "finance_maker")["pools"]
        assert pool["pool_id"] != second
        said = path.void(receipt)
        assert said["went_to"] == ["available", "expired"]
        path.redeem(0, 30_000)
