"""Terms of other shapes for tests, as changes of the usual ones."""

from __future__ import annotations

from typing import Any

MINUTES: dict[str, Any] = {
    "unit": "minute",
    "services": [
        {
            "code": "fee",
            "name": "上门照护",
            "unit": "小时",
            "measure": "minute",
            "presence": "timed",
            "block": 15,
            "longest": 480,
            "maximum_price_fen": 8_000,
        }
    ],
    "allotments": [
        {"code": "week", "name": "每周时长", "period": "week", "amounts": [{"quantity": 180}]}
    ],
    "shares": [{"rate_ppm": 900_000}],
    "rounding": {"price": "half_up", "subsidy": "half_up", "per": "part"},
    "commit": "maximum_price",
    "single_use": False,
    "remainder": "keep",
    "beyond": "self_pay",
}
TRAINING: dict[str, Any] = {
    "services": [
        {
            "code": "fee",
            "name": "护理员培训",
            "unit": "期",
            "presence": "hold",
            "hold_days": 30,
            "results": [
                {"code": "passed", "name": "合格", "share_ppm": 1_000_000},
                {"code": "attended", "name": "结业未考", "share_ppm": 500_000},
                {"code": "failed", "name": "未完成", "share_ppm": 0},
            ],
        }
    ],
    "single_use": False,
    "remainder": "keep",
    "beyond": "self_pay",
}
NURSERY: dict[str, Any] = {
    "services": [{"code": "fee", "name": "托育", "unit": "天", "presence": "enrolled"}],
    "allotments": [
        {"code": "month", "name": "每月额度", "period": "month", "amounts": [{"quantity": 60_000}]}
    ],
    "single_use": False,
    "remainder": "keep",
    "beyond": "self_pay",
    "entry": {"ahead_days": 0, "late_days": 5},
}
MONTHLY: dict[str, Any] = {
    "allotments": [
        {"code": "month", "name": "每月额度", "period": "month", "amounts": [{"quantity": 80_000}]}
    ],
    "single_use": False,
    "remainder": "keep",
    "beyond": "self_pay",
}
