"""What a new programme can begin from: the shapes that occur, with what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

FACE = {
    "single_use": True,
    "remainder": "forfeit",
    "beyond": "self_pay",
    "allotments": [{"code": "face", "period": "once"}],
}
BALANCE = {"allotments": [{"code": "face", "period": "once"}]}
MONTHLY = {
    "allotments": [{"code": "month", "period": "month"}],
    "renewal": "voucher",
    "shares": [{"rate_ppm": 500_000}],
    "beyond": "self_pay",
    "void_window": "in_period",
    "close": "when_paid",
}
HOURS = {
    "unit": "minute",
    "allotments": [{"code": "week", "period": "week"}],
    "services": [{"presence": "timed", "measure": "minute", "block": 15}],
    "beyond": "self_pay",
    "commit": "maximum_price",
}
HOLD = {
    "allotments": [{"code": "face", "period": "once"}],
    "services": [
        {
            "presence": "hold",
            "hold_days": 90,
            "results": [{"code": "passed", "share_ppm": 1_000_000}],
        }
    ],
    "beyond": "self_pay",
}
ENROLLED = {
    "allotments": [{"code": "month", "period": "month"}],
    "services": [{"presence": "enrolled"}],
    "beyond": "self_pay",
    "close": "when_paid",
}


@dataclass(frozen=True)
class Model:
    """A shape of programme: its name, whom it suits, and what the form then begins with."""

    code: str
    name: object
    hint: object
    terms: dict[str, Any]


MODELS = (
    Model(
        "face",
        _l("一次性面额券"),
        _l("像教育券：有固定面额，只用一次，不找零。"),
        FACE,
    ),
    Model("balance", _l("储值券"), _l("像一张卡：给一笔钱，分多次用。"), BALANCE),
    Model(
        "monthly",
        _l("每月补贴按比例"),
        _l("像养老服务消费补贴：每月一笔额度，服务费由凭单付几成。"),
        MONTHLY,
    ),
    Model(
        "hours",
        _l("服务时长"),
        _l("像居家照护：每周若干小时，上门签到签退。"),
        HOURS,
    ),
    Model(
        "hold",
        _l("先占后结"),
        _l("像职业培训：报名时占用，结业合格才结算。"),
        HOLD,
    ),
    Model(
        "enrolled",
        _l("在册出勤"),
        _l("像日间托养：登记在册，按出勤天数结算。"),
        ENROLLED,
    ),
    Model("blank", _l("从空白开始"), _l("哪一种都不像时用。"), {}),
)


def model(code: str) -> dict[str, Any] | None:
    """Return what a form begins with, None where there is no such model."""
    names = {
        "face": _("面额"),
        "month": _("每月额度"),
        "week": _("每周时长"),
        "passed": _("合格"),
    }
    for one in MODELS:
        if one.code == code:
            begun: dict[str, Any] = _named(one.terms, names)
            return begun
    return None


def _named(said: Any, names: dict[str, str]) -> Any:
    """Give every part with a code its name in the reader's language."""
    if isinstance(said, list):
        return [_named(part, names) for part in said]
    if not isinstance(said, dict):
        return said
    named = {key: _named(part, names) for key, part in said.items()}
    return named | ({"name": names[said["code"]]} if "code" in said else {})
