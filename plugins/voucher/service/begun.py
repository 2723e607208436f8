"""Redeeming what was begun with a code before: ended visits, captured holds, attendance."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import NotPermitted, Overlapped
from core.ledger import refuse_closed
from plugins.voucher.models import Lot
from plugins.voucher.rules import Decision, code_rotated
from plugins.voucher.service import capture, recording
from plugins.voucher.service.known import accounts_in_act
from plugins.voucher.service.reading import (
    Line,
    decided,
    direct_of_act,
    read_in_act,
    refuse_stranger,
)


def lock_lots(voucher_id: int) -> list[Lot]:
    """Make other uses of a voucher wait until this act ends."""
    query = db.select(Lot).where(Lot.voucher_id == voucher_id).order_by(Lot.id)
    lots = db.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return list(lots)


def spend_code(line: Line) -> None:
    """Spend the phone's code with which something is begun, as a redemption does."""
    spent = {"step": line.step, "credential_id": line.head["credential_id"]}
    if line.step and direct_of_act().run(capture.STEP, spent) != 1:
        raise code_rotated()


def decide_begun(actor: Actor, line: Line, *, provider_id: int) -> Decision:
    """Read and decide a use that was begun at a provider before; its lots are locked."""
    db.session.flush()
    connection, where = read_in_act(actor, line)
    refuse_stranger(line)
    if line.head["provider_id"] != provider_id:
        # She works for both, but at this till for the other.
        raise NotPermitted(
            "ROLE_NOT_ALLOWED",
            _("这项服务由另一家承接主体登记，须由那家的店员登录后办理。"),
        )
    line.decision = decided(connection, line, where, clock.today())
    return line.decision


def write_begun(line: Line) -> dict[str, Any]:
    """Write a decided use in the act that is under way; return its receipt."""
    refuse_closed(clock.today())
    now, connection = clock.now(), direct_of_act()
    answer = recording.receipt(connection, line, now)
    rows = recording.rows(
        connection, line, answer, act=audit.current().act, accounts=accounts_in_act
    )
    db.session.flush()
    try:
        capture.write(connection, [rows], now=now)
    except capture.Overtaken as overtaken:
        raise Overlapped(
            "RETRY_LATER", _("同一凭证码正在别处核销。请稍候用同一笔请求重试。")
        ) from overtaken
    db.session.expire_all()
    return answer
