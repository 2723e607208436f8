"""A voucher's life after it was issued: suspended, resumed, ended, revoked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import literal, or_, update

from core import audit, clock, states
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, RuleBroken
from plugins.voucher.models import Credential, Lot, Redemption, Terms, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service.postings import move_lot

ACTIVE, SUSPENDED, REVOKED = "active", "suspended", "revoked"


def suspend(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    reason: str,
    from_on: date | None = None,
    through_on: date | None = None,
) -> dict[str, Any]:
    """Suspend a voucher, for good or from a day through a day; it keeps its money.

    Where the programme says so, its lots last longer by the days it was suspended.
    """
    voucher = fetch(Voucher, id, actor, "voucher.suspend")
    if from_on is None and through_on is None:
        states.change("voucher", voucher, to=SUSPENDED, allowed={ACTIVE})
        voucher.suspended_from = clock.today()
    else:
        suspend_between(voucher, from_on or clock.today(), through_on)
    audit.about("voucher", voucher.id, reason)
    return _said(voucher)


def suspend_between(voucher: Voucher, first: date, last: date | None) -> None:
    """Suspend a voucher from a day through a day (None: until resumed)."""
    if last is not None and last < first:
        raise InvalidInput(
            _("暂停的最后一天不能早于第一天。"), errors={"through_on": [_("不能早于第一天")]}
        )
    before = voucher.suspended_through if voucher.suspended_from == first else None
    voucher.suspended_from, voucher.suspended_through = first, last
    if last is not None and rules_of(voucher).suspension_prolongs:
        # The same suspension with another last day only adds the difference.
        _prolong(voucher, first, (last - (before or first - timedelta(days=1))).days)
    db.session.flush()


def resume(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let a suspended voucher be used again, from today."""
    voucher = fetch(Voucher, id, actor, "voucher.suspend")
    today, began, last = clock.today(), voucher.suspended_from, voucher.suspended_through
    is_dated = voucher.state == ACTIVE and began is not None and (last is None or last >= today)
    if not is_dated:
        states.change("voucher", voucher, to=ACTIVE, allowed={SUSPENDED})
    if began is not None and rules_of(voucher).suspension_prolongs:
        # What was promised up to a last day is taken back for the days that are left of it.
        days = max(0, (today - began).days)
        if last is not None:
            days = (max(today, began) - last).days - 1
        _prolong(voucher, began, days)
    is_over = is_dated and began is not None and began < today
    voucher.suspended_from = began if is_over else None
    voucher.suspended_through = today - timedelta(days=1) if is_over else None
    db.session.flush()
    audit.about("voucher", voucher.id, reason)
    return _said(voucher)


def _prolong(voucher: Voucher, since: date, days: int) -> None:
    """Move the last days of the lots that ran when a suspension began, never past the programme's.

    Where the programme's last day was in the way, nothing is taken back.
    """
    last = rules_of(voucher).valid_through
    lots = db.session.scalars(
        db.select(Lot)
        .where(Lot.voucher_id == voucher.id, Lot.entry_through >= clock.today())
        .where(Lot.valid_from <= since, or_(literal(days > 0), Lot.valid_through < last))
        .with_for_update()
    )
    for lot in lots:
        late = lot.entry_through - lot.valid_through
        lot.valid_through = min(lot.valid_through + timedelta(days=days), last)
        lot.entry_through = lot.valid_through + late


def revoke(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Revoke a voucher for good; its unused money returns when its pool closes."""
    voucher = fetch(Voucher, id, actor, "voucher.revoke")
    revoke_voucher(voucher)
    audit.about("voucher", voucher.id, reason)
    return _said(voucher)


def revoke_voucher(voucher: Voucher) -> None:
    """Revoke a voucher: its carriers are blocked, what is left of its lots is cancelled."""
    states.change("voucher", voucher, to=REVOKED, allowed={ACTIVE, SUSPENDED})
    block(voucher, kinds=("phone", "card"))
    cancel_lots(voucher)


def block(voucher: Voucher, *, kinds: tuple[str, ...]) -> None:
    """Block a voucher's active carriers of some kinds."""
    db.session.execute(
        update(Credential)
        .where(Credential.voucher_id == voucher.id, Credential.kind.in_(kinds))
        .where(Credential.state == ACTIVE)
        .values(state="blocked")
        .execution_options(synchronize_session=False)
    )


def end_condition(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    reason: str,
    on: date | None = None,
) -> dict[str, Any]:
    """End a holder's condition from a day on: the voucher stays, what is left is cancelled."""
    voucher = fetch(Voucher, id, actor, "voucher.suspend")
    if voucher.state == REVOKED:
        raise RuleBroken("VOUCHER_REVOKED", _("凭单已撤销，不必再终止。"))
    end_from(voucher, on or clock.today())
    audit.about("voucher", voucher.id, reason)
    return _said(voucher)


def end_from(voucher: Voucher, day: date) -> None:
    """Write down that a holder's condition ends on a day; today or before, cancel what is left."""
    voucher.ended_on = day if voucher.ended_on is None else min(day, voucher.ended_on)
    db.session.flush()
    if has_ended(voucher):
        cancel_lots(voucher)


def has_ended(voucher: Voucher) -> bool:
    """Tell whether a voucher can never be used again: revoked, or its holder's condition over."""
    ended = voucher.ended_on is not None and voucher.ended_on <= clock.today()
    return voucher.state == REVOKED or ended


def cancel_lots(voucher: Voucher) -> None:
    """Cancel what is left of a voucher's lots; its money waits for their pools to close."""
    query = db.select(Lot).where(Lot.voucher_id == voucher.id).order_by(Lot.id).with_for_update()
    for lot in db.session.scalars(query.execution_options(populate_existing=True)):
        if lot.available:
            cancel_part(lot, lot.available)


def cancel_part(lot: Lot, quantity: int) -> None:
    """Cancel a quantity of a locked lot that is still available."""
    moved = move_lot(
        lot.id,
        source="available",
        target="cancelled",
        quantity=quantity,
        amount_fen=worth(lot, quantity),
        journal_id=None,
    )
    assert moved, "a locked lot holds what was read of it"  # noqa: S101 - it is locked


def worth(lot: Lot, quantity: int) -> int:
    """Return the money in fen that goes with a quantity still available: all goes with the last."""
    if quantity == lot.available:
        return lot.free_fen
    return lot.free_fen * quantity // lot.available if lot.available else 0


def rules_of(voucher: Voucher) -> Rules:
    """Return the terms a voucher keeps for good."""
    return read_terms(db.session.get_one(Terms, voucher.terms_id).document)


def history(voucher: Voucher) -> list[Redemption]:
    """Return a voucher's uses, newest first."""
    query = db.select(Redemption).filter_by(voucher_id=voucher.id).order_by(Redemption.id.desc())
    return list(db.session.scalars(query))


def _said(voucher: Voucher) -> dict[str, Any]:
    return {
        "id": voucher.id,
        "state": voucher.state,
        "ended_on": voucher.ended_on and voucher.ended_on.isoformat(),
        "suspended_from": voucher.suspended_from and voucher.suspended_from.isoformat(),
        "suspended_through": voucher.suspended_through and voucher.suspended_through.isoformat(),
    }
