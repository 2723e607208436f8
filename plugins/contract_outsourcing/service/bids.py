"""A bidder's own acts: to seal and hand in a bid, replace it, withdraw it, find its receipt.

Nothing a bidder does here is written with a name; see `core.acts.Act.veiled`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import or_

from core import audit, clock, formats, privacy, states
from core.access import Actor
from core.db import db
from core.errors import InvalidInput, NotFound, RuleBroken
from core.uploads import clean_name
from plugins.contract_outsourcing.models import Bid, Tender, TenderInvitee
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.methods import INVITED, methods
from plugins.contract_outsourcing.service import bidders, inviting, sealing, steps

BID = "bid"
FILES_MOST, BYTES_MOST = 30, 20_000_000
BASIS = "招标投标法第二十八条、第二十九条"
LIST_MOST = 200
# Never cash (政府采购法实施条例第三十三条).
BOND_FORMS = {
    "cheque": lazy_gettext("支票"),
    "draft": lazy_gettext("汇票"),
    "promissory_note": lazy_gettext("本票"),
    "bank_guarantee": lazy_gettext("银行保函"),
    "guarantee": lazy_gettext("担保机构保函"),
    "insurance": lazy_gettext("保证保险"),
}


def submit(
    actor: Actor,
    *,
    tender_id: int,
    technical: Mapping[str, Any],
    files: Sequence[Mapping[str, str]],
    small_firm: bool,
    bond: Mapping[str, Any] | None,
    price_fen: int,
    unit_prices: Mapping[str, int] | None,
) -> dict[str, Any]:
    """Seal and hand in a bid; one handed in before is replaced. Returns the receipt.

    Refuses NOT_FOUND, STATE_CHANGED, BID_TOO_LATE (from the deadline's instant on nothing is
    taken), PROVIDER_SUSPENDED, PROVIDER_CONDITION_UNMET, BID_OVER_CEILING,
    UNIT_PRICE_MISSING (a framework's bid prices every service it is paid by), BID_BOND_MISSING.
    """
    organisation_id = bidders.bidder_of(actor)
    tender = _tender(tender_id, organisation_id)
    _refuse_late(tender, "bid.submit")
    inviting.refuse_unadmitted(tender, organisation_id)
    _refuse_large_firm(tender, small_firm=small_firm)
    _refuse_price(tender, price_fen)
    _refuse_unpriced(tender, unit_prices or {})
    _refuse_bond(tender, bond)
    whose = {"tender": tender.id, "bidder": organisation_id}
    content = {"answers": technical["answers"] | _general(technical), "small_firm": small_firm}
    content |= {"bond": bond and dict(bond), "files": _cleaned(files)}
    prices = {"price_fen": price_fen, "unit_prices": unit_prices and dict(unit_prices)}
    envelopes = sealing.seal(tender, whose | content), sealing.seal(tender, whose | prices)
    # Sealed first, locked last: bids wait for each other, and for the opening, only briefly.
    _lock(tender, "bid.submit")
    for earlier in _standing(tender.id, organisation_id):
        states.change(BID, earlier, to=b.REPLACED, allowed=[b.RECEIVED])
    return _receipt(_keep(tender, organisation_id, *envelopes))


def withdraw(actor: Actor, *, tender_id: int) -> dict[str, Any]:
    """Take one's bid back before the deadline; its ciphertext stays, and stays shut."""
    organisation_id = bidders.bidder_of(actor)
    tender = _tender(tender_id, organisation_id)
    _lock(tender, "bid.withdraw")
    standing = _standing(tender.id, organisation_id)
    if not standing:
        raise NotFound("NOT_FOUND", _("您在本项目没有有效的投标，不用撤回。"))
    for bid in standing:
        states.change(BID, bid, to=b.WITHDRAWN, allowed=[b.RECEIVED])
    return {"withdrawn": [bid.receipt for bid in standing]}


def mine(actor: Actor, *, tender_id: int) -> dict[str, Any]:
    """Return a tender as its bidder sees it, with the receipts of the own bids, newest first."""
    organisation_id = bidders.bidder_of(actor)
    tender = _tender(tender_id, organisation_id)
    rows = db.session.scalars(
        db.select(Bid)
        .where(Bid.tender_id == tender.id)
        .where(Bid.bidder_index.in_(bidders.indexes(tender.id, organisation_id)))
        .order_by(Bid.id.desc())
    )
    return told(tender) | asked(tender) | {"bids": [_receipt(bid) for bid in rows]}


def listed(actor: Actor) -> dict[str, Any]:
    """List the tenders a provider may bid in, the next deadline first, those that are over last."""
    organisation_id = bidders.bidder_of(actor)
    public = [code for code, method in methods().items() if method.calls != INVITED]
    invited = db.select(TenderInvitee.tender_id).filter_by(organisation_id=organisation_id)
    rows = db.session.scalars(
        db.select(Tender)
        .where(Tender.public_key.is_not(None), Tender.state == t.PUBLISHED)
        .where(or_(Tender.method.in_(public), Tender.id.in_(invited)))
        .order_by(Tender.closes_at, Tender.id)
        .limit(LIST_MOST)
    )
    found = []
    for tender in rows:
        standing = _standing(tender.id, organisation_id)
        found.append(told(tender) | {"has_bid": bool(standing)})
    return {"items": found}


def told(tender: Tender) -> dict[str, Any]:
    """Return what a bidder reads of a tender."""
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "method": methods()[tender.method].name,
        "ceiling_fen": tender.ceiling_fen,
        "bid_bond_fen": tender.bid_bond_fen,
        "closes_at": tender.closes_at.isoformat() if tender.closes_at else None,
        "state": tender.state,
        "state_name": str(steps.tender.names[tender.state]),
        "is_open": is_open(tender),
    }


def asked(tender: Tender) -> dict[str, Any]:
    """Return what a tender asks of its bidders: answers by code, a small firm, unit prices."""
    conditions = [
        {"code": f"condition-{place}", "name": words, "kind": "condition"}
        for place, words in enumerate(tender.content.get("conditions") or [], start=1)
    ]
    indicators = [
        {"code": one["code"], "name": one["name"], "kind": "indicator"}
        for one in tender.sheet.get("indicators") or []
    ]
    return {
        "asked": [*conditions, *indicators],
        "small_firms_only": tender.content.get("reserved_for") == t.SMALL_FIRM,
        "priced_services": _priced(tender),
    }


def is_open(tender: Tender) -> bool:
    """Tell whether a tender takes bids at this moment."""
    return tender.state == t.PUBLISHED and not is_over(tender)


def is_over(tender: Tender) -> bool:
    """Tell whether the deadline has come: its very instant is too late for a bid."""
    return tender.closes_at is not None and clock.now() >= tender.closes_at


def stamp(bid: Bid) -> list[str]:
    """Return the keyed hashes that may stand on a bid, whichever key was in use then."""
    return privacy.keyring().macs("bid", _stamped(bid))


def _tender(tender_id: int, organisation_id: int) -> Tender:
    """Return a tender a provider may know of; any other is answered like one that is not there."""
    tender = db.session.get(Tender, tender_id)
    known = (
        tender is not None and tender.public_key and inviting.is_invited(tender, organisation_id)
    )
    if tender is None or not known:
        raise NotFound("NOT_FOUND", _("没有找到这个采购项目，或它不向您开放。请核对编号。"))
    if audit.under_way():
        audit.about(steps.TENDER, tender.id)
    return tender


def _lock(tender: Tender, act: str) -> None:
    """Take a tender's turn: whoever opens it or changes its deadline waits, or was first."""
    db.session.refresh(tender, with_for_update=True)
    _refuse_late(tender, act)


def _refuse_late(tender: Tender, act: str) -> None:
    steps.tender.require(tender, act)
    if is_over(tender):
        raise RuleBroken(
            "BID_TOO_LATE",
            _(
                "投标截止时间是 %(deadline)s，现在已过，不再接收或撤回。",
                deadline=formats.moment(tender.closes_at),
            ),
            basis=BASIS,
            closes_at=tender.closes_at.isoformat() if tender.closes_at else None,
        )


def _standing(tender_id: int, organisation_id: int) -> Sequence[Bid]:
    own = bidders.indexes(tender_id, organisation_id)
    query = db.select(Bid).where(Bid.tender_id == tender_id, Bid.state == b.RECEIVED)
    return db.session.scalars(query.where(Bid.bidder_index.in_(own))).all()


def _keep(tender: Tender, organisation_id: int, technical: bytes, price: bytes) -> Bid:
    bid = Bid(
        tender_id=tender.id,
        receipt=receipt_of(technical, price),
        bidder_index=bidders.index(tender.id, organisation_id),
        technical=technical,
        price=price,
        received_at=clock.now(),
        state=b.RECEIVED,
    )
    bid.stamp = privacy.keyring().mac("bid", _stamped(bid))
    db.session.add(bid)
    db.session.flush()
    states.begin(BID, bid)
    return bid


def receipt_of(technical: bytes, price: bytes) -> str:
    """Return the receipt of two envelopes: the SHA-256 of both, one after the other."""
    return hashlib.sha256(technical + price).hexdigest()


def _stamped(bid: Bid) -> str:
    # The same instant is the same text, whichever zone it was said in and is read back in.
    received: datetime = bid.received_at.astimezone(UTC)
    return f"{bid.tender_id} {bid.bidder_index} {bid.receipt} {received.isoformat()}"


def _receipt(bid: Bid) -> dict[str, Any]:
    return {
        "receipt": bid.receipt,
        "received_at": bid.received_at.isoformat(),
        "state": bid.state,
    }


def _refuse_large_firm(tender: Tender, *, small_firm: bool) -> None:
    if small_firm or tender.content.get("reserved_for") != t.SMALL_FIRM:
        return
    raise RuleBroken(
        "PROVIDER_CONDITION_UNMET",
        _("本项目专门面向中小企业。如贵单位属于中小企业，请在投标时作出声明。"),
        basis="政府采购促进中小企业发展管理办法第六条",
    )


def _refuse_price(tender: Tender, price_fen: int) -> None:
    if price_fen <= tender.ceiling_fen:
        return
    raise RuleBroken(
        "BID_OVER_CEILING",
        _(
            "报价 %(price)s 元超过最高限价 %(ceiling)s 元，投标无效，没有留存。请核对报价。",
            price=formats.yuan(price_fen),
            ceiling=formats.yuan(tender.ceiling_fen),
        ),
        basis="政府采购法第三十六条、政府采购法实施条例第三十条",
        ceiling_fen=tender.ceiling_fen,
    )


def _priced(tender: Tender) -> list[dict[str, str]]:
    """Return the services a bid gives a unit price for."""
    return list(tender.content.get("priced_services") or ())


def _refuse_unpriced(tender: Tender, unit_prices: Mapping[str, int]) -> None:
    """Refuse a bid that leaves a unit-priced service out, or prices what nobody asked for."""
    asked = {one["code"]: one["name"] for one in _priced(tender)}
    if not asked:
        return
    if unknown := "、".join(code for code in unit_prices if code not in asked):
        raise InvalidInput(
            _("采购文件里没有“%(names)s”这项服务，请按列出的服务报单价。", names=unknown),
            errors={"unit_prices": [_("没有“%(names)s”", names=unknown)]},
        )
    missing = [code for code in asked if code not in unit_prices]
    if missing:
        names = "、".join(asked[code] for code in missing)
        raise RuleBroken(
            "UNIT_PRICE_MISSING",
            _(
                "没有报“%(names)s”的单价，投标没有留存。框架协议按单价结算，请逐项报价。",
                names=names,
            ),
            basis="政府采购框架协议采购方式管理暂行办法",
            errors={"unit_prices": [_("缺少“%(names)s”的单价", names=names)]},
            missing=missing,
        )


def _refuse_bond(tender: Tender, bond: Mapping[str, Any] | None) -> None:
    if tender.bid_bond_fen <= (bond["amount_fen"] if bond else 0):
        return
    raise RuleBroken(
        "BID_BOND_MISSING",
        _(
            "本项目须交投标保证金 %(fen)s 元（非现金形式）。请填写保证金的凭证。",
            fen=formats.yuan(tender.bid_bond_fen),
        ),
        basis="政府采购法实施条例第三十三条",
        bid_bond_fen=tender.bid_bond_fen,
    )


def _general(technical: Mapping[str, Any]) -> dict[str, str]:
    return {"general": technical["words"]} if technical.get("words") else {}


def _cleaned(files: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return files with harmless names of their own; refuses what is no base64 or too much."""
    found: list[dict[str, str]] = []
    room = BYTES_MOST
    for place, one in enumerate(files):
        try:
            room -= len(base64.b64decode(one["content"], validate=True))
        except (binascii.Error, ValueError) as error:
            raise InvalidInput(
                _("第 %(place)s 个文件读不出来，请重新选择。", place=place + 1),
                errors={"files": [_("文件内容须为 base64")]},
            ) from error
        if room < 0:
            raise InvalidInput(
                _("文件合计超过 %(mb)s MB，请压缩或删减。", mb=BYTES_MOST // 10**6),
                errors={"files": [_("合计最多 %(mb)s MB", mb=BYTES_MOST // 10**6)]},
                code="FILE_TOO_LARGE",
            )
        taken = {file["name"] for file in found}
        found.append({"name": clean_name(one["name"], place + 1, taken), "content": one["content"]})
    return found
