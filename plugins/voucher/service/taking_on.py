"""Taking on (期初建账) vouchers that another system issued: named holders behind an opened pool.

Who holds them was decided there, so nobody is judged again; from here on they are vouchers like
any other, under the terms in force. The opening journal holds their money already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert

from core import audit, clock
from core.budget import Pool
from core.db import db
from core.formats import yuan_text
from core.years import Fault
from plugins.voucher.models import Lot, LotMove, Programme, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import allotment_period, entered_through
from plugins.voucher.service.carriers import write_phones
from plugins.voucher.service.deciding import Predicates
from plugins.voucher.service.granting import Holder, commitment
from plugins.voucher.service.issuing import families_of, write_vouchers
from plugins.voucher.service.lapsing import COMPONENT
from plugins.voucher.service.lives import REVOKED
from plugins.voucher.service.programmes import APPROVED, terms_in_force

Key = tuple[int, str, str | None]  # holder, class, and the period where each has its own voucher


def faults(form: str, pool: Pool, rows: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Return what keeps rows from becoming vouchers of a pool: the answer to `commitment_faults`.

    A pool is of one approved programme of the same purchaser, on its lines; every row fits the
    programme's terms; nobody gets an allotment twice, or a voucher beside one she holds.
    """
    if form != COMPONENT or not rows:
        return []
    programme = db.session.scalar(db.select(Programme).filter_by(code=rows[0]["programme"]))
    if programme is None or programme.organisation_id != pool.organisation_id:
        return [_fault(rows[0], _("没有编号为“%(code)s”的项目", code=rows[0]["programme"]))]
    if programme.state != APPROVED:
        return [_fault(rows[0], _("项目“%(name)s”还没有批准", name=programme.name))]
    _terms, rules = terms_in_force(programme)
    found = _strange_lines(programme, rules, pool, rows[0])
    holding, seen = _holding(programme, rules, rows), set()
    for row in rows:
        said = _unlike(programme, rules, row)
        key = _key(rules, row)
        lot = (*key, row["allotment"], row["period"])
        if said is None and key in holding:
            said = _("这名居民在项目里已持有同类凭单")
        elif said is None and lot in seen:
            said = _("与前面一行重复：同一居民、类别、额度和周期")
        seen.add(lot)
        if said is not None:
            found.append(_fault(row, said))
    return found


def take_on(form: str, pool: Pool, rows: Sequence[Mapping[str, Any]], journal_id: int) -> None:
    """Write vouchers and lots behind a pool that was taken on, and make the pool the voucher's.

    What was used before moves from available to redeemed without money: it was paid for there.
    """
    if form != COMPONENT:
        return
    programme = db.session.scalars(db.select(Programme).filter_by(code=rows[0]["programme"])).one()
    terms, rules = terms_in_force(programme)
    pool.component = COMPONENT
    pool.source = f"programme:{programme.id}/opening/{pool.source}"
    pool.purchase_id = programme.purchase_id
    db.session.flush()
    today = clock.today()
    judged = Predicates(rules).judge({row["resident_id"] for row in rows}, today)
    families = families_of(judged, today)
    by_period: dict[str | None, list[Key]] = defaultdict(list)
    for key in dict.fromkeys(_key(rules, row) for row in rows):
        by_period[key[2]].append(key)
    vouchers: dict[Key, int] = {}
    for period, keys in by_period.items():
        holders = [Holder(resident_id, code) for resident_id, code, _period in keys]
        written = write_vouchers(
            programme, terms, holders=holders, judged=judged, families=families, period=period
        )
        vouchers |= {key: one["id"] for key, one in zip(keys, written, strict=True)}
    write_phones(vouchers.values())
    _write_lots(pool, rules, rows, vouchers, journal_id)


def _write_lots(
    pool: Pool,
    rules: Rules,
    rows: Sequence[Mapping[str, Any]],
    vouchers: Mapping[Key, int],
    journal_id: int,
) -> None:
    lots = db.session.scalars(
        insert(Lot).returning(Lot.id, sort_by_parameter_order=True),
        [
            {
                "voucher_id": vouchers[_key(rules, row)],
                "pool_id": pool.id,
                "unit": rules.unit,
                "granted": row["granted"],
                "redeemed": row["granted"] - row["remaining"],
                "committed_fen": row["committed_fen"],
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_through": _through(row),
                "entry_through": entered_through(rules, _through(row)),
                "allotment": row["allotment"],
                "period": row["period"],
            }
            for row in rows
        ],
    ).all()
    moves = [
        {
            "lot_id": lot_id,
            "journal_id": journal_id,
            "from_state": source,
            "to_state": target,
            "quantity": quantity,
            "amount_fen": fen,
            "act": audit.current().act,
        }
        for lot_id, row in zip(lots, rows, strict=True)
        for source, target, quantity, fen in (
            ("issued", "available", row["granted"], row["committed_fen"]),
            ("available", "redeemed", row["granted"] - row["remaining"], 0),
        )
        if quantity
    ]
    db.session.execute(insert(LotMove), moves)


def _key(rules: Rules, row: Mapping[str, Any]) -> Key:
    period = row["period"] if rules.renewal == "voucher" else None
    return row["resident_id"], row["class_code"], period


def _through(row: Mapping[str, Any]) -> date:
    return date.fromisoformat(row["valid_through"])


def _fault(row: Mapping[str, Any], message: str) -> Fault:
    return Fault(row["row"], message)


def _strange_lines(
    programme: Programme, rules: Rules, pool: Pool, row: Mapping[str, Any]
) -> list[Fault]:
    lines = {share.line_id for share in pool.shares}
    if lines <= {line_id for line_id, _share in rules.funding}:
        return []
    words = _(
        "额度池“%(pool)s”的指标不在项目“%(name)s”的资金里", pool=pool.name, name=programme.name
    )
    return [_fault(row, words)]


def _holding(programme: Programme, rules: Rules, rows: Sequence[Mapping[str, Any]]) -> set[Key]:
    """Return who holds a voucher of the programme already."""
    query = db.select(Voucher.resident_id, Voucher.class_code, Voucher.period).where(
        Voucher.programme_id == programme.id,
        Voucher.state != REVOKED,
        Voucher.resident_id.in_({row["resident_id"] for row in rows}),
    )
    per_period = rules.renewal == "voucher"
    return {
        (resident_id, code, period if per_period else None)
        for resident_id, code, period in db.session.execute(query)
    }


def _unlike(programme: Programme, rules: Rules, row: Mapping[str, Any]) -> str | None:
    """Return in which way a row does not fit a programme's terms, None where it does."""
    if row["programme"] != programme.code:
        return _("一个额度池只能属于一个项目，这里是“%(code)s”", code=programme.code)
    if row["class_code"] not in rules.classes:
        return _("项目里没有“%(code)s”这一类凭单", code=row["class_code"])
    allotment = rules.allotments.get(row["allotment"])
    if allotment is None:
        return _("项目里没有“%(code)s”这一项额度", code=row["allotment"])
    first, last = date.fromisoformat(row["valid_from"]), _through(row)
    period = allotment_period(rules, allotment, first).code
    if row["period"] != period:
        return _("%(day)s 属于周期 %(period)s", day=first.isoformat(), period=period)
    if last < first or last > rules.valid_through:
        return _(
            "有效期须至少一天，且不晚于项目的截止日 %(day)s", day=rules.valid_through.isoformat()
        )
    return _uncovered(rules, row)


def _uncovered(rules: Rules, row: Mapping[str, Any]) -> str | None:
    """Return why a row's quantities or money are wrong: more left than granted, less money."""
    used = row["granted"] - row["remaining"]
    if used < 0 or (used and rules.single_use and row["remaining"]):
        return _(
            "发放 %(granted)s，剩余 %(remaining)s，不可能",
            granted=row["granted"],
            remaining=row["remaining"],
        )
    due = commitment(rules, row["class_code"], row["remaining"])
    # A yuan of a voucher is a yuan committed; hours and visits may have cost more before.
    if row["committed_fen"] < due or (rules.unit == "fen" and row["committed_fen"] > due):
        return _(
            "承诺 %(committed)s，剩余额度需要 %(due)s",
            committed=yuan_text(row["committed_fen"]),
            due=yuan_text(due),
        )
    return None
