"""What loans and what happened to them are called on pages."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.formats import yuan_text
from plugins.subsidy.models import loans as m
from plugins.subsidy.rules import percent
from plugins.subsidy.service.loans import KINDS

NAMES = {
    "drawn": lazy_gettext("放款"),
    "repaid": lazy_gettext("还本"),
    "overdue": lazy_gettext("本金逾期"),
    "cured": lazy_gettext("还清逾期本金"),
    m.INTEREST: lazy_gettext("付息"),
    m.RATE: lazy_gettext("利率调整"),
    m.UNDONE: lazy_gettext("冲正"),
}
METHODS = {
    "borrower_bears": lazy_gettext("借款人承担 LPR 减点的部分，其余由财政贴"),
    "share": lazy_gettext("财政贴实际利息的一部分"),
    "points": lazy_gettext("财政贴固定点数"),
}


def choices() -> list[tuple[str, str]]:
    """Return the kinds of events with their names, in the order in which a form offers them."""
    return [(kind, str(NAMES[kind])) for kind in KINDS]


def event(row: dict[str, Any]) -> dict[str, Any]:
    """Return an event as a list shows it."""
    if row["kind"] == m.RATE:
        words = _("改为 %(rate)s", rate=percent(row["rate_ppm"]))
    elif row["kind"] == m.UNDONE:
        words = _("冲正流水 %(reference)s", reference=row["undoes"])
    elif row["kind"] == m.INTEREST:
        words = _(
            "%(amount)s，属于 %(day)s 所在的一季",
            amount=yuan_text(row["amount_fen"]),
            day=row["for_on"],
        )
    else:
        words = yuan_text(row["amount_fen"])
    name = str(NAMES[row["kind"]])
    undone = (_("已冲正"), "bad") if row["undone"] else None
    return row | {"name": name, "words": words, "badge": undone}


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a loan as a list shows it."""
    ended = row["ended_on"]
    badge = (_("%(day)s 起不再贴息", day=ended), "bad") if ended else None
    return row | {"rate": percent(row["rate_ppm"]), "badge": badge}
