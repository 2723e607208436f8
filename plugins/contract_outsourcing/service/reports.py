"""The panel's report: who is left out and why, the ranking by exact fractions, or failure."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan_text
from plugins.contract_outsourcing.models import BidOpening, Ranking, Score, Tender
from plugins.contract_outsourcing.rules import methods, scoring
from plugins.contract_outsourcing.service import (
    award_clocks,
    evaluation,
    low_bids,
    quotes,
)
from plugins.contract_outsourcing.service.scoring import is_finished
from plugins.contract_outsourcing.service.steps import tender as tender_steps

TOO_FEW, ABOVE_CEILING = "QUALIFIED_TOO_FEW", "ALL_ABOVE_CEILING"
BASIS_FAILED = "政府采购法第三十六条"
_NOTHING = "0/1"


def report(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand the report in for the panel: the ranking, or that the procurement has failed.

    Refuses PANEL_NOT_FINISHED, PRICES_SEALED, QUOTES_RUNNING and LOW_BID_UNJUDGED. It fails
    (`failed_code`) when fewer valid bids are left than the method needs, or all above the ceiling.
    """
    tender, _member = evaluation.as_member(actor, id)
    tender_steps.require(tender, "panel.report")
    evaluation.refuse_invalid_panel(tender)
    if not is_finished(tender):
        waiting = sum(one.finished_at is None for one in evaluation.members(tender.id))
        raise RuleBroken(
            "PANEL_NOT_FINISHED",
            _("评审组还有 %(count)s 名成员没有提交评审，不能形成报告。", count=waiting),
        )
    out, valid, code = _valid(tender)
    award_clocks.stop(award_clocks.REPORT, tender)
    known = evaluation.prices(tender)
    for bid_id, why in out.items():
        _leave_out(tender, bid_id, known.get(bid_id, 0), why)
    if code:
        for bid in valid:
            _leave_out(tender, bid.bid_id, known[bid.bid_id], _("采购失败，不再排序"))
        fail(tender, code)
        return evaluation.answer(tender, failed_code=code, ranked=0)
    _rank(tender, valid, known)
    tender_steps.take(tender, "panel.report", evaluated_at=clock.now())
    award_clocks.start(award_clocks.DECIDE, tender)
    audit.about("tender", tender.id)
    return evaluation.answer(tender, failed_code=None, ranked=len(valid))


def fail(tender: Tender, code: str, reason: str | None = None) -> None:
    """End a procurement without an award, for a reason that has a code."""
    words = reason or failure_in_words(tender, code)
    tender_steps.take(tender, "tender.fail", failed_code=code, end_reason=words)
    award_clocks.stop_all(tender)
    audit.about("tender", tender.id, words)


def failure_in_words(tender: Tender, code: str) -> str:
    """Return why a procurement failed."""
    if code == TOO_FEW:
        least = evaluation.figure(tender, evaluation.method_of(tender).bids_min)
        return _("有效投标不足 %(least)s 家", least=least)
    if code == ABOVE_CEILING:
        return _("有效投标的报价都超过最高限价")
    return code


# --- parts -------------------------------------------------------------------------------------


def _valid(tender: Tender) -> tuple[dict[int, str], list[BidOpening], str | None]:
    """Return the bids left out with reasons, the valid ones, and why it fails, if it does."""
    out = evaluation.failed(tender)
    is_negotiated = evaluation.method_of(tender).evaluation == methods.LOWEST_FINAL
    if is_negotiated and evaluation.qualified(tender):
        out |= quotes.missing(tender.id)
    known = evaluation.prices(tender)
    sealed = [bid for bid in evaluation.qualified(tender) if bid.bid_id not in known | out]
    if sealed:
        raise RuleBroken(
            "PRICES_SEALED",
            _("还有 %(count)s 份通过审查的投标没有开启报价，请先开启报价。", count=len(sealed)),
        )
    out |= low_bids.judged(tender)
    within = [bid for bid in evaluation.openings(tender.id) if bid.bid_id not in out]
    above = {
        bid.bid_id: _(
            "报价 %(price)s 超过最高限价 %(ceiling)s",
            price=yuan_text(known[bid.bid_id]),
            ceiling=yuan_text(tender.ceiling_fen),
        )
        for bid in within
        if known[bid.bid_id] > tender.ceiling_fen
    }
    valid = [bid for bid in within if bid.bid_id not in above]
    least = int(evaluation.figure(tender, evaluation.method_of(tender).bids_min))
    code = None
    if within and not valid:
        code = ABOVE_CEILING
    elif len(valid) < least:
        code = TOO_FEW
    return out | above, valid, code


def _rank(tender: Tender, valid: list[BidOpening], known: dict[int, int]) -> None:
    sheet = scoring.read_sheet(tender.sheet)
    given = _points(tender, [bid.bid_id for bid in valid])
    offers = [
        scoring.Offer(bid.bid_id, known[bid.bid_id], bid.small_firm, given.get(bid.bid_id, ()))
        for bid in valid
    ]
    is_scored = evaluation.method_of(tender).evaluation == methods.COMPREHENSIVE
    order = scoring.comprehensive if is_scored else scoring.lowest
    seed = secrets.token_hex(16)
    placed = order(sheet, offers, seed)
    for one in placed:
        db.session.add(
            Ranking(
                bid_id=one.bid_id,
                tender_id=tender.id,
                place=one.place,
                evaluated_fen=scoring.half_up(one.evaluated),
                price_score=scoring.written(one.price_score),
                other_score=scoring.written(one.other_score),
                total=scoring.written(one.total),
                tie_break=one.tie_break,
                lot_seed=seed if one.tie_break == scoring.BY_LOT else None,
            )
        )
    db.session.flush()


def _points(tender: Tender, bids: list[int]) -> dict[int, tuple[int, ...]]:
    """Return what each member gave each bid in all, in hundredths of a point."""
    sums: dict[int, dict[int, int]] = {}
    panel = {one.id for one in evaluation.members(tender.id)}
    for row in db.session.scalars(db.select(Score).where(Score.bid_id.in_(bids))):
        if row.member_id in panel:
            mine = sums.setdefault(row.bid_id, {})
            mine[row.member_id] = mine.get(row.member_id, 0) + row.centipoints
    return {bid_id: tuple(mine.values()) for bid_id, mine in sums.items()}


def _leave_out(tender: Tender, bid_id: int, price_fen: int, why: str) -> None:
    db.session.add(
        Ranking(
            bid_id=bid_id,
            tender_id=tender.id,
            place=None,
            evaluated_fen=price_fen,
            price_score=_NOTHING,
            other_score=_NOTHING,
            total=_NOTHING,
            reason=why,
        )
    )
    db.session.flush()
