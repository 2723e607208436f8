"""Abnormally low bids: found by the rule pack's shares, explained by the bidder, judged."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack
from core.access import Actor
from core.db import db
from core.errors import Conflict, NotFound, RuleBroken
from plugins.contract_outsourcing.models import BidOpening, LowBid, Tender
from plugins.contract_outsourcing.rules import methods
from plugins.contract_outsourcing.rules.scoring import low_tests
from plugins.contract_outsourcing.service import evaluation, quotes, scoring
from plugins.contract_outsourcing.service.steps import tender as tender_steps

BASIS = "政府采购货物和服务招标投标管理办法第六十条、财办库〔2024〕265号"
BID = "bid"


def found(tender: Tender) -> dict[int, list[str]]:
    """Return the valid bids that are abnormally low, and by which tests.

    Above-ceiling bids count in the mean, being valid prices; a figure not in force tests nothing.
    """
    known = evaluation.prices(tender)
    bids = {bid.bid_id for bid in evaluation.qualified(tender)}
    shares = {}
    for name in ("mean_bp", "next_lowest_bp", "ceiling_bp"):
        cited = rulepack.found(
            f"low_bid.{name}", on=clock.today(), division_code=tender.division_code
        )
        shares[name] = int(cited.value) if cited else 0
    return low_tests(
        {bid_id: fen for bid_id, fen in known.items() if bid_id in bids},
        tender.ceiling_fen,
        mean_bp=shares["mean_bp"],
        next_bp=shares["next_lowest_bp"],
        ceiling_bp=shares["ceiling_bp"],
    )


def ask_explanation(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Ask every bidder whose price is abnormally low to explain it.

    Refuses PANEL_NOT_FINISHED, and QUOTES_RUNNING while prices still come in.
    """
    tender, member = evaluation.as_member(actor, id)
    tender_steps.require(tender, "panel.score")
    if not scoring.is_finished(tender):
        raise RuleBroken("PANEL_NOT_FINISHED", _("评审组全体成员提交评审之后，才看报价、问低价。"))
    is_negotiated = evaluation.method_of(tender).evaluation == methods.LOWEST_FINAL
    if is_negotiated and evaluation.qualified(tender):
        quotes.missing(tender.id)
    asked = []
    for bid_id, tests in found(tender).items():
        if db.session.get(LowBid, bid_id) is None:
            db.session.add(LowBid(bid_id=bid_id, tests=tests, asked_at=clock.now()))
            asked.append(bid_id)
    db.session.flush()
    audit.about("tender", tender.id)
    return evaluation.answer(tender, asked=asked, member_id=member.id)


def explain(actor: Actor, *, bid_id: int, words: str) -> dict[str, Any]:
    """Explain one's own low price to the panel."""
    row, opening = _asked(bid_id)
    own = {grant.organisation_id for grant in actor.holding("bid.make")}
    if opening.provider_id not in own:
        raise NotFound("NOT_FOUND", _("没有找到需要您说明的报价，请核对编号。"))
    tender = evaluation.locked(opening.tender_id)
    assert tender is not None  # noqa: S101 - the bid's own
    tender_steps.require(tender, "bid.explain")
    # It may have been judged while this act waited for the tender.
    db.session.refresh(row)
    if row.judged_at is not None:
        raise Conflict("STATE_CHANGED", _("评审组已对这份报价作出结论，不能再说明。"))
    row.explanation, row.explained_at = words, clock.now()
    db.session.flush()
    audit.about(BID, bid_id)
    return {"id": bid_id}


def judge(actor: Actor, *, bid_id: int, accepted: bool, reason: str) -> dict[str, Any]:
    """Accept an explanation, or leave the bid out; without an explanation only the latter."""
    row, opening = _asked(bid_id)
    tender, member = evaluation.as_member(actor, opening.tender_id)
    tender_steps.require(tender, "panel.score")
    # Another member may have judged it while this act waited for the tender.
    db.session.refresh(row)
    if row.judged_at is not None:
        raise Conflict("STATE_CHANGED", _("这份报价已有结论，请刷新后查看。"))
    if accepted and row.explanation is None:
        raise RuleBroken(
            "LOW_BID_UNEXPLAINED",
            _("投标人还没有说明报价的合理性，不能认定合理。请等说明，或作无效投标处理。"),
            basis=BASIS,
        )
    row.accepted, row.reason = accepted, reason
    row.judged_by, row.judged_at = member.id, clock.now()
    db.session.flush()
    audit.about(BID, bid_id, reason)
    return evaluation.answer(tender, accepted=accepted)


def judged(tender: Tender) -> dict[int, str]:
    """Return the bids left out for their price, with reasons; LOW_BID_UNJUDGED if one waits."""
    rows = {
        row.bid_id: row
        for row in db.session.scalars(
            db.select(LowBid)
            .join(BidOpening, BidOpening.bid_id == LowBid.bid_id)
            .where(BidOpening.tender_id == tender.id)
        )
    }
    waiting = [
        bid_id for bid_id in found(tender) if bid_id not in rows or rows[bid_id].judged_at is None
    ]
    if waiting:
        raise RuleBroken(
            "LOW_BID_UNJUDGED",
            _(
                "有 %(count)s 份投标报价异常低，还没有要求说明或没有结论。请先处理异常低价。",
                count=len(waiting),
            ),
            basis=BASIS,
            bids=waiting,
        )
    return {
        bid_id: _("报价异常低且说明不成立：%(why)s", why=row.reason)
        for bid_id, row in rows.items()
        if not row.accepted
    }


def test_name(test: str) -> str:
    """Return a test of low prices in words."""
    names = {
        "mean": _("低于全部有效报价平均值的规定比例"),
        "next_lowest": _("低于次低报价的规定比例"),
        "ceiling": _("低于最高限价的规定比例"),
    }
    return names[test]


def _asked(bid_id: int) -> tuple[LowBid, BidOpening]:
    row, opening = db.session.get(LowBid, bid_id), db.session.get(BidOpening, bid_id)
    if row is None or opening is None:
        raise NotFound("NOT_FOUND", _("这份投标没有被要求说明报价。"))
    return row, opening
