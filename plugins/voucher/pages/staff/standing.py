"""What stands around one voucher on its page: its lots by period, what was decided and on what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from core.access import Actor
from core.db import db
from core.divisions import Division
from core.facts.declared import PLACE, Fact, number_text
from core.plugins import registry
from plugins.voucher.models import Decision, Lot, Voucher
from plugins.voucher.models import Terms as TermsRow
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import people
from plugins.voucher.rules import Terms

SHOWN = 20
READS_FACTS = "resident.view"
FEN = "fen"


def quantity_kind(units: Iterable[str]) -> str:
    """Return how a table's column of quantities is written: amounts where all are money."""
    return "amount" if set(units) <= {FEN} else "text"


def quantity(value: int, unit: str, kind: str) -> int | str:
    """Return a quantity as a column of a kind shows it."""
    return value if kind == "amount" else wording.in_unit(value, unit)


def lots_table(lots: list[Lot], terms: Terms) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the columns and rows of a voucher's lots; of what happened to none, no column."""
    kind = quantity_kind(lot.unit for lot in lots)
    always = {"granted": _("发放"), "available": _("可用"), "redeemed": _("已核销")}
    where_any = {
        "held": _("占用"),
        "expired": _("已过期"),
        "forfeited": _("余额作废"),
        "cancelled": _("已取消"),
    }
    shown = always | {
        name: label for name, label in where_any.items() if any(getattr(lot, name) for lot in lots)
    }
    columns = [
        {"key": "name", "label": _("额度")},
        {"key": "valid", "label": _("可用期")},
        *({"key": name, "label": label, "kind": kind} for name, label in shown.items()),
        {"key": "committed_fen", "label": _("承诺（元）"), "kind": "amount"},
        {"key": "charged_fen", "label": _("已记账（元）"), "kind": "amount"},
    ]
    rows = [
        {
            "name": _lot_name(lot, terms),
            "valid": _(
                "%(first)s 至 %(last)s",
                first=lot.valid_from.isoformat(),
                last=lot.valid_through.isoformat(),
            ),
            "committed_fen": lot.committed_fen,
            "charged_fen": lot.charged_fen,
            **{name: quantity(getattr(lot, name), lot.unit, kind) for name in shown},
        }
        for lot in lots
    ]
    return columns, rows


def _lot_name(lot: Lot, terms: Terms) -> str:
    allotment = terms.allotments.get(lot.allotment)
    name = allotment.name if allotment else lot.allotment
    return name if lot.period == "once" else f"{name} {lot.period}"


# --- decisions ---------------------------------------------------------------------------------


def decisions(actor: Actor, voucher: Voucher) -> list[dict[str, Any]]:
    """Return what was decided on a voucher's holder in its programme, the newest first.

    The facts a decision rests on are told to whoever may see the resident.
    """
    found = db.session.scalars(
        db.select(Decision)
        .filter_by(programme_id=voucher.programme_id, resident_id=voucher.resident_id)
        .order_by(Decision.id.desc())
        .limit(SHOWN)
    ).all()
    names = people.users(row.decided_by for row in found)
    versions = _versions(row.terms_id for row in found)
    may_read = actor.may(READS_FACTS)
    return [
        {
            "judged_on": row.judged_on,
            "word": (_("符合"), "good") if row.is_eligible else (_("不符合"), "bad"),
            "reasons": row.reasons,
            "facts": [_fact(name, value) for name, value in row.facts.items()] if may_read else [],
            "version": versions[row.terms_id],
            "at": row.decided_at,
            "by": names.get(row.decided_by) or _("系统"),
        }
        for row in found
    ]


def _versions(numbers: Iterable[int]) -> dict[int, int]:
    rows = db.session.execute(
        db.select(TermsRow.id, TermsRow.version).where(TermsRow.id.in_(set(numbers)))
    )
    return {row.id: row.version for row in rows}


def _fact(name: str, value: Any) -> tuple[str, str]:
    """Return a kept fact in words: its name with its day, and its value."""
    code, _at, day = name.partition("@")
    fact = registry().facts.get(code)
    label = fact.name if fact else code
    return f"{label}（{day}）", _value(fact, value)


def _value(fact: Fact | None, value: Any) -> str:
    if value is None:
        return _("没有记录")
    if isinstance(value, dict):
        return _compound(fact, value)
    if isinstance(value, list):
        return "、".join(str(one) for one in value) or _("无")
    if isinstance(value, int):
        return number_text(fact, value) if fact else str(value)
    division = db.session.get(Division, value) if fact and fact.kind == PLACE else None
    return division.name if division else str(value)


def _compound(fact: Fact | None, value: dict[str, Any]) -> str:
    if "lapsed" in value:
        return _("记录到 %(day)s 为止", day=value["lapsed"])
    upper = value["numerator"]
    return f"{number_text(fact, upper) if fact else upper} ÷ {value['denominator']}"
