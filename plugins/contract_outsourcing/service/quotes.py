"""The one round of final quotes after a negotiation: sealed until the panel's report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock
from core.access import Actor
from core.db import db, guarded
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import moment
from plugins.contract_outsourcing.models import BidOpening, FinalQuote
from plugins.contract_outsourcing.rules import methods
from plugins.contract_outsourcing.service import evaluation
from plugins.contract_outsourcing.service.steps import tender as tender_steps

BASIS = "政府采购法第三十八条"
BID = "bid"


def call(actor: Actor, *, id: int, until: datetime) -> dict[str, Any]:  # noqa: A002 - the field
    """Ask every qualified bidder for its final quote by an instant; once.

    Refuses NO_FINAL_QUOTES where the method knows none, BID_NOT_QUALIFIED while a condition waits.
    """
    tender, member = evaluation.as_member(actor, id)
    tender_steps.require(tender, "panel.call_quotes")
    evaluation.refuse_invalid_panel(tender)
    if evaluation.method_of(tender).evaluation != methods.LOWEST_FINAL:
        raise RuleBroken("NO_FINAL_QUOTES", _("这种采购方式没有最后报价，以投标报价为准。"))
    if evaluation.unchecked(tender):
        raise RuleBroken(
            "BID_NOT_QUALIFIED",
            _(
                "还有 %(count)s 项条件没有判定，不知道该请谁报价。请先逐项判定。",
                count=evaluation.unchecked(tender),
            ),
        )
    if until <= clock.now():
        raise InvalidInput(_("报价截止时间须晚于现在。"), errors={"until": [_("太早")]})
    if db.session.scalar(db.select(FinalQuote.bid_id).filter_by(tender_id=tender.id).limit(1)):
        raise Conflict("STATE_CHANGED", _("已经请过最后报价，只报一轮。"))
    bids = evaluation.qualified(tender)
    for bid in bids:
        db.session.add(
            FinalQuote(
                bid_id=bid.bid_id,
                tender_id=tender.id,
                called_by=member.id,
                called_at=clock.now(),
                until=until,
            )
        )
    db.session.flush()
    audit.about("tender", tender.id)
    return evaluation.answer(tender, called=len(bids))


def quote(actor: Actor, *, bid_id: int, price_fen: int) -> dict[str, Any]:
    """Give one's final quote, once; nobody reads it before the panel's report.

    Refuses QUOTE_TOO_LATE.
    """
    opening = db.session.get(BidOpening, bid_id)
    row = db.session.get(FinalQuote, bid_id)
    own = {grant.organisation_id for grant in actor.holding("bid.make")}
    if opening is None or row is None or opening.provider_id not in own:
        raise NotFound("NOT_FOUND", _("没有请您作最后报价，请核对编号。"))
    tender = evaluation.locked(opening.tender_id)
    assert tender is not None  # noqa: S101 - the bid's own
    tender_steps.require(tender, "bid.quote")
    if clock.now() > row.until:
        raise RuleBroken(
            "QUOTE_TOO_LATE",
            _("最后报价已于 %(until)s 截止，视为退出谈判。", until=moment(row.until)),
            basis=BASIS,
        )
    done = guarded(
        update(FinalQuote)
        .where(FinalQuote.bid_id == bid_id, FinalQuote.quoted_at.is_(None))
        .values(price=str(price_fen), quoted_by=actor.user_id, quoted_at=clock.now())
    )
    if done != 1:
        raise Conflict("STATE_CHANGED", _("最后报价只报一次，已经收到，不能再改。"))
    audit.about(BID, bid_id)
    return {"id": bid_id, "quoted_at": clock.now().isoformat()}


def missing(tender_id: int) -> dict[int, str]:
    """Return the bids that gave no final quote in time; QUOTES_RUNNING while they still may."""
    rows = list(db.session.scalars(db.select(FinalQuote).filter_by(tender_id=tender_id)))
    waiting = [row for row in rows if row.quoted_at is None]
    if not rows or any(row.until >= clock.now() for row in waiting):
        raise RuleBroken(
            "QUOTES_RUNNING",
            _(
                "最后报价还没有完成：应报 %(count)s 份，未报 %(waiting)s 份。"
                "请先请最后报价，并等到报齐或截止。",
                count=len(rows),
                waiting=len(waiting),
            ),
            basis=BASIS,
        )
    return {row.bid_id: _("没有在期限内作最后报价，视为退出谈判") for row in waiting}
