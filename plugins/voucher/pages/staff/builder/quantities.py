"""The voucher's own kinds of fields: amounts in a programme's unit, limits, sums by payer."""

from __future__ import annotations

import re

from flask_babel import gettext as _

from core.formats import yuan_text
from core.web.builder import At, Kind, UnreadableError, values
from plugins.voucher.rules import measured

HOURS = re.compile(
    r"(?:(\d{1,13})(?:\.(\d{1,2}))?(?:小时|h))?(?:(\d{1,13})(?:分钟|分|m))?", re.ASCII
)
MINUTES = 60


def _minutes(text: str) -> int:
    """Read hours and minutes (`7 小时`, `7.5 小时`, `1 小时 30 分钟`, `420 分钟`) as minutes."""
    found = HOURS.fullmatch(re.sub(r"\s", "", text)[:40])
    sixtieths = 0
    if found and found[2]:
        parts = int(found[2].ljust(2, "0")) * MINUTES
        if parts % 100 or found[3]:
            found = None
        sixtieths = parts // 100
    if not found or not (found[1] or found[3]):
        raise UnreadableError(_("请连同单位填写，例如 7 小时、1 小时 30 分钟 或 45 分钟。"))
    return int(found[1] or 0) * MINUTES + sixtieths + int(found[3] or 0)


def _minutes_typed(count: int) -> str:
    """Write minutes as hours and minutes."""
    hours, rest = divmod(count, MINUTES)
    if hours and rest:
        return f"{hours} 小时 {rest} 分钟"
    return f"{hours} 小时" if hours else f"{rest} 分钟"


def _unit(at: At) -> str:
    """Return the unit of the programme."""
    return at.chosen["unit"]


def _limited(at: At) -> str:
    """Return the unit of what the row limits."""
    return "fen" if at.chosen["of"] == "fen" else "count"


def _read(text: str, unit: str) -> int:
    read = {"fen": values.yuan, "minute": _minutes}.get(unit, values.whole)
    return read(text)


def _typed(value: int, unit: str) -> str:
    write = {"fen": values.yuan_typed, "minute": _minutes_typed}.get(unit, str)
    return write(value)


# An amount in the programme's own unit: yuan, hours and minutes, or times.
QUANTITY = Kind(
    "text",
    lambda text, at: _read(text, _unit(at)),
    lambda value, at: _typed(value, _unit(at)),
    lambda value, at: measured(_unit(at), value),
)
# A limit in what its own row limits.
LIMIT = Kind(
    "text",
    lambda text, at: _read(text, _limited(at)),
    lambda value, at: _typed(value, _limited(at)),
    lambda value, at: yuan_text(value) if _limited(at) == "fen" else str(value),
    inputmode="decimal",
)


def _sums(text: str) -> dict[str, int]:
    """Read pairs such as `ltc=100` as fen by code."""
    found = {}
    for pair in values.PAIRS.split(text.replace("、", "；")):
        if not pair.strip():
            continue
        name, sign, said = pair.replace("＝", "=").partition("=")
        if not sign or not name.strip():
            raise UnreadableError(_("请写成“编号=金额”，例如 ltc=100。"))
        found[name.strip()] = values.yuan(said)
    return found


def _sums_typed(said: dict[str, int]) -> str:
    """Write fen by code as pairs."""
    return "；".join(f"{code}={values.yuan_typed(fen)}" for code, fen in said.items())


SUMS = Kind(
    "text",
    lambda text, _at: _sums(text),
    lambda value, _at: _sums_typed(value),
    lambda value, _at: _sums_typed(value),
    structured=True,
)
