"""What an evaluation rests on: the method, the panel, the bids with their conditions and prices."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack
from core.access import Actor
from core.db import db
from core.errors import NotFound, RuleBroken
from plugins.contract_outsourcing.models import (
    Bid,
    BidCheck,
    BidOpening,
    BidPrice,
    FinalQuote,
    PanelMember,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.rules import methods, scoring
from plugins.contract_outsourcing.service.steps import TENDER

BASIS_PANEL = "招标投标法第三十七条、政府采购法实施条例第三十九条"


def method_of(tender: Tender) -> methods.Method:
    """Return the method by which a procurement is done."""
    return methods.methods()[tender.method]


def figure(tender: Tender, said: methods.Figure, on: date | None = None) -> int | str:
    """Return a figure of a method: of the rule pack on a day, or our own; None is 0."""
    if isinstance(said, str):
        day = on or clock.today()
        return rulepack.value(said, on=day, division_code=tender.division_code)
    return said or 0


def locked(tender_id: int) -> Tender | None:
    """Return a procurement by number, locked inside a writing act; whose it is was judged."""
    query = db.select(Tender).where(Tender.id == tender_id)
    if audit.under_way():
        query = query.with_for_update(of=Tender)
    found: Tender | None = db.session.scalar(query)
    return found


# --- the panel ---------------------------------------------------------------------------------


def members(tender_id: int) -> list[PanelMember]:
    """Return the panel: who was drawn or sent and has not stood down, in order."""
    rows = db.session.scalars(
        db.select(PanelMember)
        .where(PanelMember.tender_id == tender_id, PanelMember.state != a.STOOD_DOWN)
        .order_by(PanelMember.id)
    )
    return list(rows)


def as_member(actor: Actor, tender_id: int) -> tuple[Tender, PanelMember]:
    """Return a procurement and one's own seat on its panel; to anybody else it is not there."""
    tender = locked(tender_id)
    own = db.session.scalar(
        db.select(PanelMember)
        .where(PanelMember.tender_id == tender_id, PanelMember.user_id == actor.user_id)
        .where(PanelMember.state != a.STOOD_DOWN)
    )
    if tender is None or own is None:
        raise NotFound("NOT_FOUND", _("您不是这个项目评审组的成员，或项目不存在。请核对编号。"))
    if audit.under_way():
        # A refusal, too, has to say whose panel it is about, or its veil is never lifted.
        audit.about(TENDER, tender.id)
    return tender, own


def panel_lacks(tender: Tender) -> list[str]:
    """Return in words what a panel still lacks; an empty list: it may work."""
    method, panel = method_of(tender), members(tender.id)
    share = Fraction(str(figure(tender, method.panel_expert_share)))
    least = int(figure(tender, method.panel_min))
    experts = sum(member.expert_id is not None for member in panel)
    words = {
        "members": _("至少 %(least)s 人（现有 %(count)s 人）", least=least, count=len(panel)),
        "odd": _("人数须为单数（现有 %(count)s 人）", count=len(panel)),
    }
    found = []
    for fault, needed in scoring.panel_faults(len(panel), experts, least=least, share=share):
        found.append(
            words.get(fault)
            or _(
                "专家至少 %(needed)s 人（现有 %(count)s 人）",
                needed=needed,
                count=experts,
            )
        )
    waiting = sum(member.state != a.CONFIRMED for member in panel)
    if waiting:
        found.append(_("还有 %(count)s 名成员没有确认", count=waiting))
    return found


def refuse_invalid_panel(tender: Tender) -> None:
    """Refuse PANEL_INVALID, naming everything that is missing."""
    lacks = panel_lacks(tender)
    if lacks:
        raise RuleBroken(
            "PANEL_INVALID",
            _(
                "评审组还不能工作：%(lacks)s。请补抽专家或等成员确认。",
                lacks="；".join(lacks),
            ),
            basis=BASIS_PANEL,
            missing=len(lacks),
        )


# --- bids --------------------------------------------------------------------------------------


def openings(tender_id: int) -> list[BidOpening]:
    """Return the opened bids of a procurement, in the order of their receipt."""
    rows = db.session.scalars(
        db.select(BidOpening)
        .join(Bid, Bid.id == BidOpening.bid_id)
        .where(BidOpening.tender_id == tender_id, Bid.state == b.OPENED)
        .order_by(BidOpening.bid_id)
    )
    return list(rows)


def require_bid(tender: Tender, bid_id: int) -> BidOpening:
    """Return an opened bid of a procurement; NOT_FOUND for any other."""
    found: BidOpening | None = db.session.get(BidOpening, bid_id)
    if found is None or found.tender_id != tender.id:
        raise NotFound("NOT_FOUND", _("没有找到这份投标，请核对编号。"))
    return found


def conditions(tender: Tender) -> list[dict[str, str]]:
    """Return the conditions every provider has to meet, each with a code and its words."""
    said = tender.content.get("conditions") or []
    return [
        {"code": str(one["code"]), "words": one.get("words") or one.get("name", "")}
        if isinstance(one, dict)
        else {"code": str(at), "words": str(one)}
        for at, one in enumerate(said, start=1)
    ]


def checks(tender_id: int) -> dict[int, dict[str, BidCheck]]:
    """Return what the panel found of the conditions, by bid and condition."""
    rows = db.session.scalars(
        db.select(BidCheck)
        .join(BidOpening, BidOpening.bid_id == BidCheck.bid_id)
        .where(BidOpening.tender_id == tender_id)
    )
    found: dict[int, dict[str, BidCheck]] = {}
    for row in rows:
        found.setdefault(row.bid_id, {})[row.condition] = row
    return found


def unchecked(tender: Tender, bid_id: int | None = None) -> int:
    """Return how many conditions of all bids, or of one, nobody has looked at yet."""
    seen, codes = checks(tender.id), {one["code"] for one in conditions(tender)}
    bids = [bid.bid_id for bid in openings(tender.id)] if bid_id is None else [bid_id]
    return sum(len(codes - set(seen.get(one, ()))) for one in bids)


def failed(tender: Tender) -> dict[int, str]:
    """Return the bids that miss a condition, with the reasons in words."""
    words = {one["code"]: one["words"] for one in conditions(tender)}
    found = {}
    for bid_id, seen in checks(tender.id).items():
        missed = [
            f"{words.get(row.condition, row.condition)}：{row.reason or _('不符合')}"
            for row in seen.values()
            if not row.passed
        ]
        if missed:
            found[bid_id] = "；".join(missed)
    return found


def qualified(tender: Tender) -> list[BidOpening]:
    """Return the opened bids of which no condition was found missing."""
    missed = failed(tender)
    return [bid for bid in openings(tender.id) if bid.bid_id not in missed]


def prices(tender: Tender) -> dict[int, int]:
    """Return the prices (fen) by bid that count: the final quotes where there was a negotiation."""
    if method_of(tender).evaluation == methods.LOWEST_FINAL:
        quotes = db.session.scalars(db.select(FinalQuote).where(FinalQuote.tender_id == tender.id))
        return {row.bid_id: int(row.price) for row in quotes if row.price is not None}
    rows = db.session.execute(
        db.select(BidPrice.bid_id, BidPrice.price_fen)
        .join(BidOpening, BidOpening.bid_id == BidPrice.bid_id)
        .where(BidOpening.tender_id == tender.id)
    )
    return {row.bid_id: row.price_fen for row in rows}


def answer(tender: Tender, **more: Any) -> dict[str, Any]:
    """Return what an act on an evaluation answers."""
    return {"id": tender.id, "number": tender.number, "state": tender.state} | more
