"""Redeeming what was begun with a code before: ended visits, captured holds, attendance."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Overlapped
from core.ledger import refuse_closed
from plugins.voucher.models import Lot
from plugins.voucher.rules import Decision
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


def decide_begun(actor: Actor, line: Line) -> Decision:
    """Read and decide a use that was begun before; its lots are locked."""
    db.session.flush()
    connection, where = read_in_act(actor, line)
    refuse_stranger(line)
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
