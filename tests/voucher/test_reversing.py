"""Undoing a redemption: where the money and the entitlement go, at every stage of the path."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db
from plugins.voucher.models import LotMove
from tests import factories
from tests.voucher.path import Path

NEXT_DAY = "2026-09-02T09:00"
AFTER = "2026-11-01T09:00"  # the day after the vouchers' last day
LEFT = 2_850_000  # of the line, once three vouchers of 500 yuan are issued


def paid(path: Path) -> str:
    """Redeem, lock and pay one voucher; return its receipt."""
    receipt = path.redeem()
    path.lock()
    path.pay()
    return receipt


# --- voiding -----------------------------------------------------------------------------------


def test_a_voided_voucher_can_be_used_again(path: Path) -> None:
    path.build()
    said = path.void(path.redeem())
    assert (said["effect"], said["went_to"]) == ("voided", ["available"])
    assert path.pool() == {"committed": 150_000, "uncharged": 150_000}
    assert path.fin() == {}
    path.redeem(provider=1)


def test_a_voided_redemption_cannot_be_voided_again(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.void(receipt)
    clerk = path.providers[0].clerk
    assert path.refused("redemption.void", clerk, receipt=receipt, reason="再撤") == "STATE_CHANGED"


def test_another_provider_cannot_void(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    stranger = path.providers[1].clerk
    assert path.refused("redemption.void", stranger, receipt=receipt, reason="x") == "NOT_FOUND"


def test_a_void_comes_within_the_programmes_window(path: Path) -> None:
    path.build(void_window="same_day")
    receipt = path.redeem()
    with clock.frozen(NEXT_DAY):
        clerk = path.providers[0].clerk
        refused = path.refused("redemption.void", clerk, receipt=receipt, reason="迟了")
    assert refused == "VOID_WINDOW_OVER"


def test_a_locked_redemption_cannot_be_voided(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.lock()
    clerk = path.providers[0].clerk
    assert path.refused("redemption.void", clerk, receipt=receipt, reason="x") == "BATCH_LOCKED"


def test_a_void_gives_a_forfeited_remainder_back_as_a_new_commitment(path: Path) -> None:
    path.build()
    receipt = path.redeem(fen=30_000)
    assert path.rooms() == {"available": LEFT + 20_000, "encumbered": 130_000}
    path.void(receipt)
    assert path.rooms() == {"available": LEFT, "encumbered": 150_000}
    assert path.pool() == {"committed": 170_000, "uncharged": 150_000, "released": 20_000}
    assert path.lot() == {"available": 50_000, "committed_fen": 70_000}
    path.redeem()


def test_a_void_says_why_a_spent_line_stands_in_its_way(path: Path) -> None:
    path.build(vouchers=60)
    receipt = path.redeem(fen=30_000)
    path.do(
        "budget.adjust",
        "finance_budget",
        id=path.county.line,
        amount_fen=-20_000,
        document="望财预〔2026〕9号",
    )
    clerk = path.providers[0].clerk
    answer = path.perform("redemption.void", clerk, receipt=receipt, reason="录错")
    assert answer.body["code"] == "BUDGET_INSUFFICIENT"
    assert "200.00" in answer.body["detail"]
    assert path.reverse(receipt, "cancel")["went_to"] == ["cancelled"]


def test_a_void_of_a_revoked_voucher_cancels_and_its_money_waits_for_the_close(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.do("voucher.revoke", "purchaser_approver", id=path.vouchers[0], reason="离校")
    path.void(receipt)
    assert path.lot() == {"cancelled": 50_000, "committed_fen": 50_000}
    assert path.rooms() == {"available": LEFT, "encumbered": 150_000}
    with clock.frozen(AFTER):
        path.lapse()
    assert path.rooms() == {"available": LEFT + 150_000}


def test_a_void_after_the_pool_closed_frees_the_money(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    with clock.frozen(AFTER):
        path.lapse()
        assert path.void(receipt)["went_to"] == ["expired"]
    assert path.rooms() == {"available": 3_000_000}
    assert path.pool() == {"committed": 150_000, "released": 150_000}


def test_a_void_after_the_last_day_waits_where_the_pool_waits_for_payment(path: Path) -> None:
    path.build(close="when_paid")
    receipt = path.redeem()
    with clock.frozen(AFTER):
        assert path.void(receipt)["went_to"] == ["expired"]
    assert path.rooms() == {"available": LEFT, "encumbered": 150_000}


# --- reversing ---------------------------------------------------------------------------------


def test_a_reversal_moves_nothing_until_another_person_approves(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.lock()
    ordered = path.order(receipt)
    assert (ordered["state"], ordered["effect"]) == ("ordered", "reversed")
    assert path.fin() == {"payable": 50_000, "expense": 50_000}
    path.do("redemption.approve_reversal", "finance_approver", id=ordered["id"])
    assert path.fin() == {}
    assert path.rooms() == {"available": LEFT, "encumbered": 150_000}
    assert path.redemption(receipt).state == "reversed"


def test_who_ordered_a_reversal_cannot_approve_it(path: Path) -> None:
    path.build()
    maker = path.county.users["finance_maker"]
    with path.app.app_context():
        # The same person behind a second account: forbidden roles are barred elsewhere.
        factories.do(
            "access.grant_role",
            user_id=maker,
            role="purchaser_approver",
            division_code=factories.COUNTY,
            organisation_id=path.county.purchaser,
            from_on="2026-01-01",
        )
    ordered = path.do("redemption.reverse", "finance_maker", receipt=path.redeem(), reason="核查")
    refused = path.refused("redemption.approve_reversal", "finance_maker", id=ordered["id"])
    assert refused == "FOUR_EYES_REQUIRED"


def test_a_reversal_of_a_locked_line_after_the_close_frees_the_money(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.lock()
    with clock.frozen(AFTER):
        path.lapse()
        assert path.rooms() == {"available": 2_950_000, "accrued": 50_000}
        assert path.reverse(receipt)["went_to"] == ["expired"]
    assert path.rooms() == {"available": 3_000_000}


def test_a_cancelled_entitlement_frees_its_money_when_the_pool_closes(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.lock()
    path.reverse(receipt, "cancel")
    assert path.rooms() == {"available": LEFT, "encumbered": 150_000}
    assert path.lot() == {"cancelled": 50_000, "committed_fen": 50_000}


def test_a_cancelled_entitlement_waits_where_the_pool_waits_for_payment(path: Path) -> None:
    path.build(close="when_paid")
    receipt = path.redeem()
    path.lock()
    path.reverse(receipt, "cancel")
    assert path.rooms() == {"available": LEFT, "encumbered": 150_000}


def test_a_line_in_a_live_payment_waits_for_the_bank(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.lock()
    batch = path.send()
    fields = {"receipt": receipt, "reason": "核查"}
    assert path.refused("redemption.reverse", "purchaser_clerk", **fields) == "BATCH_LOCKED"
    path.bank(batch, "失败")
    assert path.reverse(receipt)["effect"] == "reversed"


def test_a_reversal_ordered_before_payment_is_not_approved_after_it(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    path.lock()
    ordered = path.order(receipt)
    path.pay()
    refused = path.refused("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])
    assert refused == "STATE_CHANGED"
    path.do("redemption.decline_reversal", "purchaser_approver", id=ordered["id"], reason="已付款")
    assert path.reverse(receipt, "cancel")["effect"] == "clawed_back"


def test_a_redemption_has_one_live_reversal(path: Path) -> None:
    path.build()
    receipt = path.redeem()
    ordered = path.order(receipt)
    clerk = path.providers[0].clerk
    assert path.refused("redemption.void", clerk, receipt=receipt, reason="x") == "STATE_CHANGED"
    fields = {"receipt": receipt, "reason": "再提"}
    assert path.refused("redemption.reverse", "purchaser_clerk", **fields) == "STATE_CHANGED"
    path.do("redemption.decline_reversal", "purchaser_approver", id=ordered["id"], reason="不足")
    path.void(receipt)


def test_a_declined_order_does_not_count_beside_the_approved_one(path: Path) -> None:
    path.build()
    path.redeem(1)
    receipt = path.redeem(0)
    path.lock()
    ordered = path.order(receipt)
    path.do("redemption.decline_reversal", "purchaser_approver", id=ordered["id"], reason="不足")
    path.reverse(receipt)
    (row,) = path.do("statement.list", "finance_maker")["items"]
    assert (row["gross_fen"], row["net_fen"]) == (100_000, 50_000)


def test_a_reversal_over_several_lines_follows_their_cascade(path: Path) -> None:
    with path.app.app_context():
        second = factories.make_line(path.county, code="EDU2")
    lines = [{"line_id": path.county.line, "share_ppm": 900_000}, {"line_id": second}]
    path.build(funding=lines)
    receipt = path.redeem(fen=10_001)
    path.lock()
    path.reverse(receipt)
    # The forfeited part never left the pool, so it needs no new commitment.
    assert path.lot() == {"available": 50_000, "committed_fen": 50_000}
    assert path.rooms() == {"available": 3_000_000 - 135_000, "encumbered": 135_000}
    path.redeem(fen=10_001)


# --- clawing back ------------------------------------------------------------------------------


def test_a_claw_back_makes_the_provider_owe_and_cancels_the_voucher(path: Path) -> None:
    path.build()
    receipt = paid(path)
    said = path.reverse(receipt, "cancel")
    assert (said["effect"], said["went_to"]) == ("clawed_back", ["cancelled"])
    assert path.fin() == {"receivable": 50_000}
    assert path.rooms() == {"available": LEFT, "encumbered": 100_000, "disbursed": 50_000}
    assert path.lot() == {"cancelled": 50_000, "committed_fen": 50_000}


@pytest.mark.parametrize("parts", [[50_000], [20_000, 30_000]])
def test_cash_that_comes_back_returns_to_the_line(path: Path, parts: list[int]) -> None:
    path.build()
    clawback = path.reverse(paid(path), "cancel")["clawback_id"]
    for place, fen in enumerate(parts):
        path.do(
            "clawback.receive",
            "treasurer",
            id=clawback,
            amount_fen=fen,
            bank_reference=f"收{place}",
        )
    assert path.fin() == {}
    assert path.rooms() == {"available": LEFT + 50_000, "encumbered": 100_000}
    assert path.pool() == {"committed": 150_000, "uncharged": 100_000, "released": 50_000}


def test_what_was_paid_is_never_given_back_to_the_voucher(path: Path) -> None:
    path.build()
    fields = {"receipt": paid(path), "reason": "核查", "entitlement": "give_back"}
    assert path.refused("redemption.reverse", "purchaser_clerk", **fields) == "GIVE_BACK_FORBIDDEN"


def test_a_declined_claw_back_leaves_nothing_and_may_be_ordered_again(path: Path) -> None:
    path.build()
    receipt = paid(path)
    ordered = path.order(receipt, "cancel")
    path.do("redemption.decline_reversal", "purchaser_approver", id=ordered["id"], reason="不足")
    assert path.fin() == {"expense": 50_000}
    assert path.reverse(receipt, "cancel")["state"] == "approved"


def test_every_reversal_leaves_the_first_journal_and_adds_one(path: Path) -> None:
    path.build()
    receipt = path.redeem(fen=30_000)
    said = path.void(receipt)
    redemption = path.redemption(receipt)
    with path.reading():
        moves = db.session.execute(
            db.select(LotMove.from_state, LotMove.to_state, LotMove.journal_id)
            .filter_by(redemption_id=redemption.id)
            .order_by(LotMove.id)
        ).all()
    assert [tuple(move) for move in moves] == [
        ("available", "redeemed", redemption.journal_id),
        ("available", "forfeited", redemption.journal_id),
        ("redeemed", "available", said["journal_id"]),
        ("forfeited", "available", said["journal_id"]),
    ]
