"""What can be read of openings: by officers who has handed in, by everybody what was found."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from core.access import Actor, User, fetch, scoped
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
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
from plugins.contract_outsourcing.service import bids, openings, sealing
from plugins.contract_outsourcing.service.scoring import is_finished
from plugins.contract_outsourcing.service.sealing import HOLD

MOST = 200
BEFORE = (t.DRAFT, t.SUBMITTED, t.PUBLICITY)


def tenders(actor: Actor) -> dict[str, Any]:
    """List the tenders whose key is to be held or used, for those who may hold a part of it."""
    sealed = [code for code, method in methods().items() if method.envelopes]
    rows = db.session.scalars(
        scoped(Tender, actor, HOLD)
        .where(Tender.method.in_(sealed))
        .where(Tender.state.in_([*BEFORE, t.PUBLISHED, t.OPENED]))
        .order_by(Tender.id.desc())
        .limit(MOST)
    )
    return {"items": [bids.told(row) | _parts(actor, row) for row in rows]}


def opening(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return who holds a tender's key, who has handed in, and what can be done now.

    How many bids there are it tells to nobody before the opening; after the deadline only whether
    they are enough.
    """
    tender = fetch(Tender, id, actor, HOLD)
    is_over = tender.state == t.PUBLISHED and bids.is_over(tender)
    few = openings.has_few(tender) if is_over else None
    waits = (
        tender.state == t.OPENED
        and methods()[tender.method].envelopes == openings.TWO_ENVELOPES
        and not openings.prices_are_open(tender.id)
    )
    scored = is_finished(tender) if waits else None
    return (
        bids.told(tender)
        | _parts(actor, tender)
        | {
            "is_over": is_over,
            "too_few": few,
            "prices_wait": waits,
            "is_scored": scored,
            "may_hand_in": (is_over and not few) or bool(waits and scored),
            "has_record": has_record(tender),
        }
    )


def record(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002, ARG001 - the field; public
    """Return the public record of an opening: whose bids, prices once opened, times, seals."""
    tender = db.session.get(Tender, id)
    if tender is None or not has_record(tender):
        raise NotFound("NOT_FOUND", _("没有找到这份开标记录：项目不存在，或还没有开标。"))
    purchaser = db.session.get_one(Organisation, tender.organisation_id)
    rows = db.session.execute(_rows(tender.id)).all() if tender.opened_at else []
    return bids.told(tender) | {
        "purchaser": purchaser.name,
        "opened_at": tender.opened_at.isoformat() if tender.opened_at else None,
        "end_reason": tender.end_reason if tender.failed_code else None,
        "envelopes": methods()[tender.method].envelopes,
        "prices_are_open": openings.prices_are_open(tender.id),
        "bids": [_bid(*row) for row in rows],
    }


def records(actor: Actor, *, before: int | None = None) -> dict[str, Any]:  # noqa: ARG001 - public
    """List the openings there were, the newest tender first."""
    query = db.select(Tender).where(_recorded()).order_by(Tender.id.desc()).limit(51)
    if before is not None:
        query = query.where(Tender.id < before)
    found = list(db.session.scalars(query))
    shown = found[:50]
    more = len(found) > len(shown)
    return {
        "items": [bids.told(row) for row in shown],
        "next_before": shown[-1].id if more else None,
    }


def file(tender_id: int, file_id: int) -> BidFile | None:
    """Return a file of an opened bid of a tender."""
    found: BidFile | None = db.session.scalar(
        db.select(BidFile)
        .join(Bid, Bid.id == BidFile.bid_id)
        .where(BidFile.id == file_id, Bid.tender_id == tender_id)
    )
    return found


def opened() -> Select[Any]:
    """Return the numbers of the tenders whose bidders are no longer secret."""
    return db.select(Tender.id).where(Tender.opened_at.is_not(None))


def has_record(tender: Tender) -> bool:
    """Tell whether a tender was opened, or its bids were sent back unopened."""
    return tender.opened_at is not None or tender.failed_code == openings.TOO_FEW


def waiting_for(actor: Actor) -> tuple[int, int]:
    """Return how many keys wait to be held, and how many openings wait for one's own share."""
    rows = tenders(actor)["items"]
    unheld = sum(1 for row in rows if row["may_hold"])
    due = sum(
        1
        for row in rows
        if row["state"] == t.PUBLISHED
        and not row["is_open"]
        and any(part["is_mine"] and not part["offered_at"] for part in row["parts"])
    )
    return unheld, due


def _recorded() -> Any:
    return Tender.opened_at.is_not(None) | (Tender.failed_code == openings.TOO_FEW)


def _rows(tender_id: int) -> Select[Any]:
    return (
        db.select(Bid, Organisation.name, BidOpening, BidPrice, BidFault)
        .outerjoin(Organisation, Organisation.id == Bid.provider_id)
        .outerjoin(BidOpening, BidOpening.bid_id == Bid.id)
        .outerjoin(BidPrice, BidPrice.bid_id == Bid.id)
        .outerjoin(BidFault, BidFault.bid_id == Bid.id)
        .where(Bid.tender_id == tender_id, Bid.state.in_([b.OPENED, b.EXCLUDED]))
        .order_by(Bid.received_at, Bid.id)
    )


def _bid(
    bid: Bid,
    name: str | None,
    found: BidOpening | None,
    price: BidPrice | None,
    fault: BidFault | None,
) -> dict[str, Any]:
    return {
        "provider": name,
        "received_at": bid.received_at.isoformat(),
        "receipt": bid.receipt,
        "is_intact": fault is None or fault.code != "SEAL_BROKEN",
        "is_valid": fault is None,
        "small_firm": found.small_firm if found else None,
        "has_bond": bool(found.bond) if found else None,
        "price_fen": price.price_fen if price else None,
        "fault": fault.code if fault else None,
        "reason": fault.reason if fault else None,
    }


def _parts(actor: Actor, tender: Tender) -> dict[str, Any]:
    held = {one.part: one for one in sealing.holders(tender.id)}
    names = _names([one.user_id for one in held.values()])
    roles = {grant.role for grant in actor.holding(HOLD)}
    mine = [one for one in held.values() if one.user_id == actor.user_id]
    free = [part for part, allowed in sealing.PARTS.items() if roles & set(allowed)]
    may_hold = tender.state in BEFORE and not mine and any(part not in held for part in free)
    return {
        "parts": [_part(actor, part, held.get(part), names) for part in sealing.PART_NAMES],
        "may_hold": may_hold,
        "free": free if tender.state in BEFORE else [],
    }


def _part(
    actor: Actor, part: str, holder: KeyHolder | None, names: dict[int, str]
) -> dict[str, Any]:
    handed_in = holder.offered_at if holder else None
    return {
        "part": part,
        "name": str(sealing.PART_NAMES[part]),
        "holder": names[holder.user_id] if holder else None,
        "is_mine": holder is not None and holder.user_id == actor.user_id,
        "offered_at": handed_in.isoformat() if handed_in else None,
    }


def _names(user_ids: list[int]) -> dict[int, str]:
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}
