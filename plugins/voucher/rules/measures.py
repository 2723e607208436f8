"""How quantities in a programme's unit are written for people."""

from __future__ import annotations

from flask_babel import gettext as _

from core.formats import yuan


def measured(unit: str, quantity: int) -> str:
    """Return a quantity in a programme's unit as people read it."""
    if unit == "fen":
        return _("%(yuan)s 元", yuan=yuan(quantity))
    if unit == "minute":
        hours, minutes = divmod(quantity, 60)
        if not hours:
            return _("%(n)s 分钟", n=minutes)
        if not minutes:
            return _("%(n)s 小时", n=hours)
        return _("%(hours)s 小时 %(minutes)s 分钟", hours=hours, minutes=minutes)
    return _("%(n)s 次", n=quantity)
