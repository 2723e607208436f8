"""From a ranking to a published award: decided in order, published, refused, the next one."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import NotFound, RuleBroken
from core.parties import Organisation
from plugins.contract_outsourcing.models import (
    Award,
    BidOpening,
    BidPrice,
    Contract,
    Ranking,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.rules.scoring import admissible, read_sheet
from plugins.contract_outsourcing.service import (
    award_clocks,
    evaluation,
    exclusions,
    reports,
)
from plugins.contract_outsourcing.service.award_clocks import AWARD
from plugins.contract_outsourcing.service.steps import TENDER
from plugins.contract_outsourcing.service.steps import tender as tender_steps

DECIDE, PUBLISH, DECLINE = "award.decide", "award.publish", "award.decline"
BASIS = "政府采购法实施条例第四十三条"
LIVE = (a.DECIDED, a.PUBLISHED)
NO_CANDIDATE = "NO_CANDIDATE_LEFT"


def decide(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    bid_id: int | None = None,
) -> dict[str, Any]:
    """Decide who gets the contract: the first of the ranking who has not refused.

    A framework admits as many as its sheet says, never those who have to drop out. Naming another
    bid refuses AWARD_OUT_OF_ORDER. Never by a member of the panel or who negotiated.
    """
    row = fetch(Tender, id, actor, DECIDE)
    tender_steps.require(row, "award.decide")
    _refuse_own_work(actor, row)
    proposed = db.session.scalar(
        db.select(Award).where(Award.tender_id == row.id, Award.state == a.PROPOSED)
    )
    if proposed is not None:
        four_eyes(actor, proposed.made_by, what=_("协商结果"))
        _refuse_barred(row, proposed.provider_id)
        made = [_decide(actor, proposed)]
    else:
        made = [_award(actor, row, one) for one in _chosen(row, bid_id)]
    tender_steps.take(row, "award.decide", decided_at=clock.now())
    award_clocks.stop(award_clocks.DECIDE, row)
    award_clocks.start(award_clocks.PUBLISH, row)
    audit.about(TENDER, row.id)
    return evaluation.answer(row, award_ids=[award.id for award in made])


def publish(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Publish the notice of the award with the experts' names; the time to sign begins."""
    row = fetch(Tender, id, actor, PUBLISH)
    tender_steps.require(row, "award.publish")
    found = _awards(row.id, a.DECIDED)
    four_eyes(actor, *[award.decided_by for award in found], what=_("结果公告"))
    tender_steps.take(row, "award.publish", awarded_at=clock.now())
    for award in found:
        states.change(AWARD, award, to=a.PUBLISHED, allowed=[a.DECIDED], published_at=clock.now())
        award_clocks.start_signing(award, row)
    award_clocks.stop(award_clocks.PUBLISH, row)
    audit.about(TENDER, row.id)
    return evaluation.answer(row, award_ids=[award.id for award in found])


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Refuse, as the winner, to sign; the purchaser then takes the next of the ranking.

    Refuses CONTRACT_SIGNED once there is a contract.
    """
    award = fetch(Award, id, actor, DECLINE)
    tender = evaluation.locked(award.tender_id)
    assert tender is not None  # noqa: S101 - the award's own
    signed = db.session.scalar(
        db.select(Contract.number)
        .where(Contract.award_id == award.id)
        .where(Contract.state.not_in([c.DRAFT, c.AGREED, c.CANCELLED]))
        .limit(1)
    )
    if signed is not None:
        raise RuleBroken(
            "CONTRACT_SIGNED",
            _("合同 %(number)s 已经签订，不能再放弃中标。请按合同办理解除。", number=signed),
            basis="政府采购法第四十六条",
        )
    states.change(AWARD, award, to=a.DECLINED, allowed=[a.PUBLISHED], reason=reason)
    award_clocks.stop_signing(award.id)
    audit.about(AWARD, award.id, reason)
    return {"id": award.id, "state": award.state}


def take_next(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Award the next of the ranking after a refusal; where none is left, the procurement fails.

    Refuses AWARD_STANDS while nobody has refused.
    """
    row = fetch(Tender, id, actor, DECIDE)
    tender_steps.require(row, "award.next")
    _refuse_own_work(actor, row)
    if not _awards(row.id, a.DECLINED) or not _wanted(row):
        raise RuleBroken(
            "AWARD_STANDS",
            _("中标供应商没有放弃，不能另定他人。请先由其书面放弃中标。"),
            basis="政府采购法实施条例第四十九条",
        )
    following = _candidates(row)[:1]
    if not following:
        reports.fail(row, NO_CANDIDATE, _("中标供应商放弃，没有其他候选供应商"))
        return evaluation.answer(row, award_ids=[], failed_code=NO_CANDIDATE)
    made = _award(actor, row, following[0])
    tender_steps.take(row, "award.next", decided_at=clock.now())
    award_clocks.start(award_clocks.PUBLISH, row)
    audit.about(TENDER, row.id)
    return evaluation.answer(row, award_ids=[made.id], failed_code=None)


# --- parts -------------------------------------------------------------------------------------


def _refuse_own_work(actor: Actor, tender: Tender) -> None:
    panel = [member.user_id for member in evaluation.members(tender.id)]
    four_eyes(actor, tender.made_by, *panel, what=_("确定中标、成交供应商"))


def _refuse_barred(tender: Tender, provider_id: int) -> None:
    exclusions.refuse_barred(
        provider_id, organisation_id=tender.organisation_id, division_code=tender.division_code
    )


def _awards(tender_id: int, *in_states: str) -> list[Award]:
    rows = db.session.scalars(
        db.select(Award)
        .where(Award.tender_id == tender_id, Award.state.in_(in_states))
        .order_by(Award.place, Award.id)
    )
    return list(rows)


def _wanted(tender: Tender) -> int:
    """Return how many more awards the procurement has room for."""
    ranked = db.session.scalar(
        db.select(db.func.count())
        .select_from(Ranking)
        .where(Ranking.tender_id == tender.id)
        .where(Ranking.place.is_not(None))
    )
    room = 1
    if evaluation.method_of(tender).several:
        least_bp = int(evaluation.figure(tender, evaluation.method_of(tender).eliminated_min))
        room = admissible(int(ranked or 0), least_bp, read_sheet(tender.sheet).admitted)
    return room - len(_awards(tender.id, *LIVE))


def _candidates(tender: Tender) -> list[Ranking]:
    """Return who of the ranking has not had an award yet, in order."""
    had = db.select(Award.bid_id).where(Award.tender_id == tender.id, Award.bid_id.is_not(None))
    rows = db.session.scalars(
        db.select(Ranking)
        .where(Ranking.tender_id == tender.id, Ranking.place.is_not(None))
        .where(Ranking.bid_id.not_in(had))
        .order_by(Ranking.place)
    )
    return list(rows)


def _chosen(tender: Tender, bid_id: int | None) -> list[Ranking]:
    """Return whom the ranking gives the award to; refuse another choice."""
    chosen = _candidates(tender)[: max(_wanted(tender), 0)]
    if not chosen:
        raise RuleBroken(
            "NO_CANDIDATE_LEFT",
            _("没有可以确定的候选供应商。框架协议须至少淘汰一家；请终止项目后重新采购。"),
            basis=BASIS,
        )
    if bid_id is not None and bid_id not in {one.bid_id for one in chosen}:
        first = db.session.scalars(
            db.select(Organisation.name)
            .join(BidOpening, BidOpening.provider_id == Organisation.id)
            .where(BidOpening.bid_id == chosen[0].bid_id)
        ).one()
        raise RuleBroken(
            "AWARD_OUT_OF_ORDER",
            _(
                "须按评审报告的排序确定：现在应确定%(name)s（第 %(place)s 名）。"
                "要确定后面的，须前面的先放弃。",
                name=first,
                place=chosen[0].place,
            ),
            basis=BASIS,
        )
    return chosen


def _award(actor: Actor, tender: Tender, ranked: Ranking) -> Award:
    opening = db.session.get_one(BidOpening, ranked.bid_id)
    _refuse_barred(tender, opening.provider_id)
    price = db.session.get(BidPrice, ranked.bid_id)
    amount_fen = evaluation.prices(tender).get(ranked.bid_id)
    if amount_fen is None:
        raise NotFound("NOT_FOUND", _("这份投标没有报价，请核对开标记录。"))
    award = Award(
        tender_id=tender.id,
        bid_id=ranked.bid_id,
        provider_id=opening.provider_id,
        organisation_id=tender.organisation_id,
        division_code=tender.division_code,
        amount_fen=amount_fen,
        unit_prices=price.unit_prices if price else None,
        small_firm=opening.small_firm,
        place=ranked.place,
        state=a.DECIDED,
        decided_by=actor.user_id,
        decided_at=clock.now(),
    )
    db.session.add(award)
    db.session.flush()
    states.begin(AWARD, award)
    return award


def _decide(actor: Actor, award: Award) -> Award:
    states.change(
        AWARD,
        award,
        to=a.DECIDED,
        allowed=[a.PROPOSED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
    )
    return award
