"""Programmes of several shapes for the tests of pages: services of every way, terms around them."""

from __future__ import annotations

from typing import Any

FEE = {"code": "fee", "name": "理发", "unit": "次", "maximum_price_fen": 5_000}
CARE = {"code": "care", "name": "上门照护", "unit": "小时", "measure": "minute"} | {
    "presence": "timed",
    "block": 15,
    "longest": 240,
    "maximum_price_fen": 6_500,
}
MATCH = {"code": "match", "name": "职业介绍", "unit": "人", "presence": "hold", "hold_days": 90} | {
    "results": [
        {"code": "hired", "name": "已就业", "share_ppm": 1_000_000},
        {"code": "tried", "name": "已面试", "share_ppm": 300_000},
        {"code": "none", "name": "没有成", "share_ppm": 0},
    ]
}
CHILD = {"code": "child", "name": "托位费", "unit": "天", "presence": "enrolled"}
PAYERS = [{"code": "medical", "name": "医保"}]


def terms(
    *services: dict[str, Any], unit: str = "fen", quantity: int = 50_000, **changes: Any
) -> dict[str, Any]:
    """Return terms of a programme with these services beside one that nobody offers."""
    measured = [FEE | {"measure": "minute"}] if unit == "minute" else [FEE]
    return {
        "unit": unit,
        "classes": [{"code": "A", "name": "照护券"}],
        "allotments": [{"code": "face", "name": "额度", "amounts": [{"quantity": quantity}]}],
        "services": [*measured, *services],
        "single_use": False,
        "remainder": "keep",
        "beyond": "self_pay",
        "void_window": "until_lock",
        "commit": "value" if unit == "fen" else "maximum_price",
    } | changes


WEEKLY = terms(
    CARE,
    unit="minute",
    shares=[{"rate_ppm": 900_000}],
    allotments=[
        {
            "code": "week",
            "name": "每周时长",
            "period": "week",
            "amounts": [
                {"quantity": 60, "when": {"fact": "care_level", "at_most": 1}},
                {"quantity": 180},
            ],
        },
        {"code": "bonus", "name": "奖励时长", "period": "month", "amounts": [{"quantity": 60}]},
    ],
    lot_order="listed",
    on_change={"amounts": "at_once"},
)
