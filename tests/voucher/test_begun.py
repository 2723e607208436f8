"""Services with a result, and what a family bears: what holds keep, and which income counts."""

from __future__ import annotations

from typing import Any

from core import clock
from core.db import transaction
from core.ledger import balances
from tests.voucher.parameter_acts import AUGUST, MONTH, World

COURSE: dict[str, Any] = {
    "single_use": True,
    "remainder": "forfeit",
    "services": [
        {"code": "fee", "name": "培训", "unit": "期", "presence": "hold", "hold_days": 60}
        | {
            "results": [
                {"code": "passed", "name": "合格"},
                {"code": "half", "name": "结业", "share_ppm": 500_000},
                {"code": "left", "name": "未完成", "share_ppm": 0},
            ]
        }
    ],
}
RENT = {
    "allotments": [MONTH],
    "reductions": [{"name": "家庭负担", "of": "income", "ppm": 300_000}],
}


def begin(world: World, code: str, fen: int = 600) -> dict[str, Any]:
    return world.act(
        "voucher.start", "provider_clerk", code=code, service_code="fee", price_fen=fen
    )


def committed() -> int:
    with transaction(readonly=True):
        return sum(balances("line.encumbered", by="line_id").values())


def test_a_single_use_voucher_is_held_whole_so_that_no_second_course_begins(world: World) -> None:
    with world.app.app_context(), clock.frozen(AUGUST):
        voucher, code = world.card(world.programme(**COURSE))
        begun = begin(world, code)
        assert begun["held"] == 1_000
        refused = world.tried(
            "voucher.start", "provider_clerk", code=code, service_code="fee", price_fen=400
        )
        assert refused == "CAP_REACHED"
        assert committed() == 1_000
        ended = world.act("voucher.finish", "provider_clerk", id=begun["id"], result="half")
        assert (ended["amount_fen"], ended["forfeited_fen"], ended["self_pay_fen"]) == (
            300,
            700,
            300,
        )
        assert committed() == 300
        assert [left for left, _last in world.lots(voucher).values()] == [0]


def test_a_result_that_earns_nothing_gives_all_back(world: World) -> None:
    with world.app.app_context(), clock.frozen(AUGUST):
        voucher, code = world.card(world.programme(**COURSE))
        for verb in ("finish", "release"):
            begun = begin(world, code)
            how = {"finish": {"result": "left"}, "release": {"reason": "停办"}}[verb]
            world.act(f"voucher.{verb}", "provider_clerk", id=begun["id"], **how)
            assert [left for left, _last in world.lots(voucher).values()] == [1_000]
            assert committed() == 1_000


def test_the_income_that_counts_is_that_of_the_periods_first_day(world: World) -> None:
    with world.app.app_context():
        with clock.frozen(AUGUST):
            resident = world.resident(income_fen=1_000)
            programme = world.programme(**RENT)
            _voucher, code = world.card(programme, resident)
            assert world.redeem(code, 500)["amount_fen"] == 200
            world.fact(resident, "income_fen", 1_200, "2026-08-12")
            assert world.redeem(code, 500)["amount_fen"] == 200
        with clock.frozen("2026-09-01T09:00"):
            world.act("voucher.renew", "purchaser_clerk", programme_id=programme)
            assert world.redeem(code, 500)["amount_fen"] == 140


def test_where_amounts_change_at_once_so_does_what_the_family_bears(world: World) -> None:
    with world.app.app_context(), clock.frozen(AUGUST):
        resident = world.resident(income_fen=1_000)
        programme = world.programme(**RENT, on_change={"amounts": "at_once"})
        _voucher, code = world.card(programme, resident)
        world.fact(resident, "income_fen", 1_200, "2026-08-12")
        assert world.redeem(code, 500)["amount_fen"] == 140
        world.fact(resident, "income_fen", 0, "2026-09-01")
        assert world.redeem(code, 500)["amount_fen"] == 140
