"""The opening (开标): two holders hand in their shares, then the envelopes are opened, or returned.

Shares are taken only when the key may be used at once, so that two of them never lie about.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from nacl.public import PrivateKey
from sqlalchemy import func

from core import audit, clock, formats, rulepack, states
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, NotPermitted, RuleBroken
from plugins.contract_outsourcing.models import (
    Bid,
    BidFault,
    BidFile,
    BidOpening,
    BidPrice,
    KeyHolder,
    Tender,
)
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.methods import methods
from plugins.contract_outsourcing.service import bidders, bids, notices, sealing, steps
from plugins.contract_outsourcing.service.bidders import Fault
from plugins.contract_outsourcing.service.scoring import is_finished
from plugins.contract_outsourcing.service.sealing import HOLD

OFFER, OPEN, RETURN, PRICES = (
    "opening.offer_share",
    "opening.open",
    "opening.return_bids",
    "opening.open_prices",
)
TOO_FEW = "TOO_FEW_BIDS"
BASIS = "招标投标法第三十四条、第三十六条"
FEW_BASIS = "招标投标法第二十八条、政府采购法第三十六条"
LOCK_AFTER, LOCK_MINUTES = 5, 15
TWO_ENVELOPES = 2


def offer_share(actor: Actor, *, id: int, passphrase: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand in one's share of a tender's key with the passphrase, when the key may be used.

    Refuses NOT_KEY_HOLDER, OPENING_TOO_EARLY, TOO_FEW_BIDS, TECHNICAL_NOT_SCORED,
    PROCUREMENT_SUSPENDED, PASSPHRASE_WRONG, and LOCKED_OUT after five wrong ones.
    """
    tender = fetch(Tender, id, actor, HOLD)
    steps.tender.require(tender, OFFER)
    audit.about(steps.TENDER, tender.id)
    holder = _own(actor, tender)
    _refuse_untimely(tender)
    _refuse_guessing(actor, tender)
    sealing.hand_in(holder, passphrase)
    holder.offered_at = clock.now()
    audit.about(steps.TENDER, tender.id, str(sealing.PART_NAMES[holder.part]))
    return {"id": tender.id, "handed_in": [one.part for one in _offering(tender)]}


def open_bids(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Open the technical envelopes, with one envelope the prices too, and write the record.

    A bid whose seal is broken is left out and the others go on. Refuses what `offer_share` does,
    TWO_OFFICERS_REQUIRED, and SHEET_CHANGED where the notice is not what it was.
    """
    tender = fetch(Tender, id, actor, HOLD)
    steps.tender.require(tender, OPEN)
    audit.about(steps.TENDER, tender.id)
    _own(actor, tender)
    _refuse_untimely(tender)
    key = _key(tender)
    opened = [(bid, _technical(key, bid)) for bid in received(tender.id)]
    whose = [content["bidder"] for _bid, content in opened if content]
    related = bidders.related(whose)
    for bid, content in opened:
        _record(tender, bid, content, related)
    if methods()[tender.method].envelopes < TWO_ENVELOPES:
        _open_prices(tender, key)
    _use_up(tender)
    steps.tender.take(tender, OPEN, opened_at=clock.now())
    valid = len(standing(tender.id))
    detail = _("开启 %(all)s 份，有效 %(valid)s 份", all=len(opened), valid=valid)
    audit.about(steps.TENDER, tender.id, detail)
    return {"id": tender.id, "opened": len(opened), "valid": valid}


def open_prices(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Open the price envelopes once every member of the panel has finished the technical part."""
    tender = fetch(Tender, id, actor, HOLD)
    steps.tender.require(tender, PRICES)
    audit.about(steps.TENDER, tender.id)
    _own(actor, tender)
    _refuse_untimely(tender)
    _open_prices(tender, _key(tender))
    _use_up(tender)
    return {"id": tender.id, "valid": len(standing(tender.id))}


def return_bids(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Send too few bids back unopened: the key is never used and the tender fails.

    Refuses OPENING_TOO_EARLY and BIDS_ARE_ENOUGH.
    """
    tender = fetch(Tender, id, actor, HOLD)
    steps.tender.require(tender, RETURN)
    audit.about(steps.TENDER, tender.id)
    _own(actor, tender)
    _refuse_early(tender)
    found, least = received(tender.id), least_bids(tender)
    if len(found) >= least:
        raise RuleBroken(
            "BIDS_ARE_ENOUGH",
            _("投标人已达 %(least)s 家，应当开标，不能退回。", least=least),
            basis=BASIS,
        )
    for bid in found:
        states.change(bids.BID, bid, to=b.RETURNED, allowed=[b.RECEIVED])
    _use_up(tender)
    reason = _("投标截止时投标人不足 %(least)s 家，投标原封退回。", least=least)
    steps.tender.take(tender, RETURN, failed_code=TOO_FEW, end_reason=reason)
    audit.about(steps.TENDER, tender.id, reason)
    return {"id": tender.id, "state": tender.state}


def received(tender_id: int) -> Sequence[Bid]:
    """Return the bids that stand sealed, in the order of their arrival."""
    rows = db.session.scalars(
        db.select(Bid)
        .where(Bid.tender_id == tender_id, Bid.state == b.RECEIVED)
        .order_by(Bid.received_at, Bid.id)
    )
    return rows.all()


def standing(tender_id: int) -> Sequence[Bid]:
    """Return the bids that were opened and not left out, in the order of their arrival."""
    rows = db.session.scalars(
        db.select(Bid)
        .where(Bid.tender_id == tender_id, Bid.state == b.OPENED)
        .order_by(Bid.received_at, Bid.id)
    )
    return rows.all()


def least_bids(tender: Tender) -> int:
    """Return how many bids a tender needs at least."""
    least = methods()[tender.method].bids_min
    if isinstance(least, str):
        day = clock.day_of(tender.published_at or clock.now())
        return rulepack.number(least, on=day, division_code=tender.division_code)
    return least or 1


def has_few(tender: Tender) -> bool:
    """Tell whether fewer bids stand than are needed; ask only once the deadline is over."""
    return len(received(tender.id)) < least_bids(tender)


def prices_are_open(tender_id: int) -> bool:
    """Tell whether the prices of a tender were opened."""
    return bool(
        db.session.scalar(
            db.select(BidPrice.bid_id).join(Bid).where(Bid.tender_id == tender_id).limit(1)
        )
    )


# --- when the key may be used ------------------------------------------------------------------


def _refuse_untimely(tender: Tender) -> None:
    """Refuse whenever the key could not be used at once, for the bids or for their prices."""
    if tender.state == t.OPENED:
        if methods()[tender.method].envelopes < TWO_ENVELOPES or prices_are_open(tender.id):
            raise Conflict("STATE_CHANGED", _("本项目的报价已经开启，不用再开。"))
        if not is_finished(tender):
            raise RuleBroken(
                "TECHNICAL_NOT_SCORED",
                _("评审小组尚未全部完成技术部分的评分，报价信封不能开启。请等各成员完成评分。"),
                basis="政府采购法实施条例第三十四条",
            )
        return
    _refuse_early(tender)
    least = least_bids(tender)
    if has_few(tender):
        raise RuleBroken(
            TOO_FEW,
            _(
                "投标人不足 %(least)s 家，不得开标。请办理“原封退回”，重新组织采购。",
                least=least,
            ),
            basis=FEW_BASIS,
            least=least,
        )


def _refuse_early(tender: Tender) -> None:
    if bids.is_over(tender):
        return
    raise RuleBroken(
        "OPENING_TOO_EARLY",
        _(
            "投标截止时间 %(deadline)s 还没有到，截止前不得开启任何投标。",
            deadline=formats.moment(tender.closes_at),
        ),
        basis=BASIS,
    )


def _own(actor: Actor, tender: Tender) -> KeyHolder:
    """Return the actor's part of the key; nobody else has any business at an opening."""
    for holder in sealing.holders(tender.id):
        if holder.user_id == actor.user_id:
            return holder
    raise NotPermitted("NOT_KEY_HOLDER", _("您没有保管本项目的开标密钥，开标须由保管人办理。"))


def _refuse_guessing(actor: Actor, tender: Tender) -> None:
    """Lock a holder out after several wrong passphrases, which the trail remembers."""
    since = clock.now() - timedelta(minutes=LOCK_MINUTES)
    wrong = db.session.scalar(
        db.select(func.count())
        .select_from(audit.AuditEntry)
        .where(audit.AuditEntry.object_type == steps.TENDER)
        .where(audit.AuditEntry.object_id == str(tender.id))
        .where(audit.AuditEntry.action == OFFER, audit.AuditEntry.code == "PASSPHRASE_WRONG")
        .where(audit.AuditEntry.actor_id == actor.user_id, audit.AuditEntry.at > since)
    )
    if wrong is not None and wrong >= LOCK_AFTER:
        raise RuleBroken(
            "LOCKED_OUT",
            _(
                "口令连续输错 %(count)s 次，请 %(minutes)s 分钟后再试。",
                count=LOCK_AFTER,
                minutes=LOCK_MINUTES,
            ),
        )


def _offering(tender: Tender) -> list[KeyHolder]:
    return [one for one in sealing.holders(tender.id) if one.offered]


def _key(tender: Tender) -> PrivateKey:
    notices.require_frozen(tender)
    offering = _offering(tender)
    if len(offering) < 2:  # noqa: PLR2004 - two of three
        raise RuleBroken(
            "TWO_OFFICERS_REQUIRED",
            _(
                "开标须由两位保管人各自用口令交出份额，现在只有 %(count)s 位。一人不能单独开标。",
                count=len(offering),
            ),
            basis="招标投标法第三十六条、内部控制规范（试行）不相容岗位分离",
        )
    return sealing.key_of(tender, offering)


def _use_up(tender: Tender) -> None:
    """Forget the shares handed in: the next opening needs two holders anew."""
    for holder in sealing.holders(tender.id):
        holder.offered = holder.offered_at = None


# --- what was found ----------------------------------------------------------------------------


def _technical(key: PrivateKey, bid: Bid) -> dict[str, Any] | None:
    """Return what a bid's technical envelope holds, None when a seal of the bid is broken."""
    if bids.receipt_of(bid.technical, bid.price) != bid.receipt or bid.stamp not in bids.stamp(bid):
        return None
    return _of(bid, sealing.unseal(key, bid.technical))


def _of(bid: Bid, content: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an envelope's content if it belongs to this very bid."""
    if content is None or content.get("tender") != bid.tender_id:
        return None
    own = bidders.indexes(bid.tender_id, content["bidder"])
    return content if bid.bidder_index in own else None


def _record(
    tender: Tender, bid: Bid, content: dict[str, Any] | None, related: dict[int, str]
) -> None:
    """Write what an envelope held; a fault leaves the bid out and says why."""
    now = clock.now()
    if content is None:
        _leave_out(bid, _broken())
        return
    number = content["bidder"]
    db.session.add(
        BidOpening(
            bid_id=bid.id,
            tender_id=tender.id,
            provider_id=number,
            answers=content["answers"],
            small_firm=content["small_firm"],
            bond=content["bond"],
            opened_at=now,
        )
    )
    for file in content["files"]:
        data = base64.b64decode(file["content"])
        sha256 = hashlib.sha256(data).hexdigest()
        db.session.add(BidFile(bid_id=bid.id, name=file["name"], sha256=sha256, content=data))
    fault = bidders.fault_of(number, tender)
    if fault is None and number in related:
        fault = bidders.related_fault(related[number])
    if fault:
        _leave_out(bid, fault, provider_id=number)
    else:
        states.change(bids.BID, bid, to=b.OPENED, allowed=[b.RECEIVED], provider_id=number)


def _open_prices(tender: Tender, key: PrivateKey) -> None:
    """Open the price envelope of every bid that still stands."""
    for bid in standing(tender.id):
        intact = bids.receipt_of(bid.technical, bid.price) == bid.receipt
        content = _of(bid, sealing.unseal(key, bid.price)) if intact else None
        if content is None or bid.stamp not in bids.stamp(bid):
            _leave_out(bid, _broken(), provider_id=bid.provider_id)
            continue
        db.session.add(
            BidPrice(
                bid_id=bid.id,
                price_fen=content["price_fen"],
                unit_prices=content["unit_prices"],
                opened_at=clock.now(),
            )
        )
    db.session.flush()


def _leave_out(bid: Bid, fault: Fault, **values: Any) -> None:
    states.change(bids.BID, bid, to=b.EXCLUDED, allowed=[b.RECEIVED, b.OPENED], **values)
    reason = f"{fault.reason}（{fault.basis}）" if fault.basis else fault.reason
    db.session.add(BidFault(bid_id=bid.id, code=fault.code, reason=reason, found_at=clock.now()))


def _broken() -> Fault:
    return Fault(
        "SEAL_BROKEN",
        _("密文与回执不符或无法解开，密封不完好，不予开启。"),
        "招标投标法第三十六条、招标投标法实施条例第三十六条",
    )
