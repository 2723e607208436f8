"""What each member of a panel does alone: judge conditions, give points, finish."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, update

from core import audit, clock
from core.access import Actor
from core.db import db, guarded
from core.errors import InvalidInput, RuleBroken
from plugins.contract_outsourcing.models import (
    BidCheck,
    BidOpening,
    FinalQuote,
    PanelMember,
    Score,
    Tender,
)
from plugins.contract_outsourcing.rules import methods
from plugins.contract_outsourcing.rules.scoring import read_sheet, shown
from plugins.contract_outsourcing.service import award_clocks, evaluation
from plugins.contract_outsourcing.service.steps import tender as tender_steps

BID = "bid"


def check(
    actor: Actor,
    *,
    bid_id: int,
    condition: str,
    passed: bool,
    reason: str | None = None,
) -> dict[str, Any]:
    """Say for the panel whether a bid meets a condition of the notice; one missed needs a reason.

    Corrected by any member until the first has finished, or final quotes were called. Refuses
    PANEL_INVALID, SCORES_FINISHED and QUOTES_CALLED.
    """
    bid, tender, member = _judging(actor, bid_id, "panel.check")
    if condition not in {one["code"] for one in evaluation.conditions(tender)}:
        raise InvalidInput(
            _("采购文件里没有这个条件，请从列出的条件中选择。"), errors={"condition": [_("没有")]}
        )
    if not passed and not reason:
        raise InvalidInput(_("判为不符合须写明理由。"), errors={"reason": [_("请填写")]})
    if any(one.finished_at for one in evaluation.members(tender.id)):
        raise RuleBroken("SCORES_FINISHED", _("已有成员提交评审，资格和符合性结论不能再改。"))
    if db.session.scalar(db.select(FinalQuote.bid_id).filter_by(tender_id=tender.id).limit(1)):
        raise RuleBroken(
            "QUOTES_CALLED",
            _("已请合格的投标人作最后报价，资格和符合性结论不能再改。"),
            basis="政府采购法第三十八条",
        )
    row = evaluation.checks(tender.id).get(bid.bid_id, {}).get(condition)
    if row is None:
        row = BidCheck(bid_id=bid.bid_id, condition=condition)
        db.session.add(row)
    row.passed, row.reason = passed, None if passed else reason
    row.member_id, row.made_at = member.id, clock.now()
    db.session.flush()
    audit.about(BID, bid.bid_id, row.reason)
    return evaluation.answer(tender, unchecked=evaluation.unchecked(tender))


def score(actor: Actor, *, bid_id: int, scores: list[dict[str, Any]]) -> dict[str, Any]:
    """Give a bid one's own points by the sheet; they may be changed until one has finished.

    Refuses BID_NOT_QUALIFIED, and points that the sheet does not allow, field by field.
    """
    bid, tender, member = _judging(actor, bid_id, "panel.score")
    if waiting := evaluation.unchecked(tender, bid.bid_id):
        raise RuleBroken(
            "BID_NOT_QUALIFIED",
            _(
                "这份投标还有 %(count)s 项资格和符合性条件没有判定，不能打分。请先逐项判定。",
                count=waiting,
            ),
        )
    if missed := evaluation.failed(tender).get(bid.bid_id):
        raise RuleBroken(
            "BID_NOT_QUALIFIED",
            _("这份投标没有通过审查（%(why)s），不再打分。", why=missed),
        )
    _refuse_wrong_points(tender, scores)
    known = {
        row.indicator: row
        for row in db.session.scalars(
            db.select(Score).where(Score.bid_id == bid.bid_id, Score.member_id == member.id)
        )
    }
    for given in scores:
        row = known.get(given["indicator"])
        if row is None:
            row = Score(bid_id=bid.bid_id, member_id=member.id, indicator=given["indicator"])
            db.session.add(row)
        row.centipoints, row.reason = given["centipoints"], given.get("reason")
        row.given_at = clock.now()
    db.session.flush()
    audit.about(BID, bid.bid_id)
    return evaluation.answer(tender, missing=missing(tender, member))


def finish(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand in one's judgement of all bids; afterwards nobody can change it.

    Refuses SCORES_MISSING. The last member's starts the clock of the report.
    """
    tender, member = evaluation.as_member(actor, id)
    tender_steps.require(tender, "panel.score")
    evaluation.refuse_invalid_panel(tender)
    _refuse_finished(member)
    open_checks, open_scores = evaluation.unchecked(tender), missing(tender, member)
    if open_checks or open_scores:
        raise RuleBroken(
            "SCORES_MISSING",
            _(
                "还不能提交：有 %(checks)s 项条件没有判定，您有 %(scores)s 项没有打分。请补齐。",
                checks=open_checks,
                scores=open_scores,
            ),
            unchecked=open_checks,
            missing=open_scores,
        )
    done = guarded(
        update(PanelMember)
        .where(PanelMember.id == member.id, PanelMember.finished_at.is_(None))
        .values(finished_at=clock.now())
    )
    assert done == 1, "the tender's lock puts members in a row"  # noqa: S101 - locked above
    db.session.refresh(member)
    if is_finished(tender):
        award_clocks.start(award_clocks.REPORT, tender)
    audit.about("tender", tender.id)
    return evaluation.answer(tender, finished=True)


def is_finished(tender: Tender) -> bool:
    """Tell whether a whole and valid panel has handed in: prices may be opened, a report made."""
    panel = evaluation.members(tender.id)
    return not evaluation.panel_lacks(tender) and all(one.finished_at for one in panel)


def missing(tender: Tender, member: PanelMember) -> int:
    """Return how many points a member still has to give."""
    if evaluation.method_of(tender).evaluation != methods.COMPREHENSIVE:
        return 0
    bids = [bid.bid_id for bid in evaluation.qualified(tender)]
    wanted = [one.code for one in read_sheet(tender.sheet).indicators]
    given = db.session.scalar(
        db.select(func.count())
        .select_from(Score)
        .where(Score.member_id == member.id, Score.bid_id.in_(bids), Score.indicator.in_(wanted))
    )
    return len(bids) * len(wanted) - int(given or 0)


def _judging(actor: Actor, bid_id: int, act: str) -> tuple[BidOpening, Tender, PanelMember]:
    """Return bid, procurement and seat of a member who may judge now."""
    found = db.session.get(BidOpening, bid_id)
    tender, member = evaluation.as_member(actor, found.tender_id if found else 0)
    bid = evaluation.require_bid(tender, bid_id)
    tender_steps.require(tender, act)
    evaluation.refuse_invalid_panel(tender)
    _refuse_finished(member)
    return bid, tender, member


def _refuse_finished(member: PanelMember) -> None:
    if member.finished_at is not None:
        raise RuleBroken(
            "SCORES_FINISHED", _("您已提交评审，分数和结论不能再改。"), basis="招标投标法第四十四条"
        )


def _refuse_wrong_points(tender: Tender, scores: list[dict[str, Any]]) -> None:
    most = {one.code: one for one in read_sheet(tender.sheet).indicators}
    errors: dict[str, list[str]] = {}
    for given in scores:
        known = most.get(given["indicator"])
        if known is None:
            errors["scores"] = [_("评分表里没有“%(code)s”", code=given["indicator"])]
        elif not 0 <= given["centipoints"] <= known.most:
            errors[known.code] = [
                _(
                    "“%(name)s”须为 0 至 %(most)s 分",
                    name=known.name,
                    most=shown(Fraction(known.most, 100)),
                )
            ]
    if len({given["indicator"] for given in scores}) != len(scores):
        errors["scores"] = [_("同一项打了两次分")]
    if errors:
        raise InvalidInput(
            _("有分数不符合评分表，请按提示改正。"), errors=errors, code="SCORE_OUT_OF_RANGE"
        )
