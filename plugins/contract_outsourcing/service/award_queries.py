"""What people read of rankings, awards and challenges: staff, providers, and everybody."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core import clock, formats
from core.access import Actor, User, fetch, scoped
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from plugins.contract_outsourcing.models import (
    Award,
    Bid,
    BidOpening,
    Challenge,
    FinalQuote,
    LowBid,
    PanelMember,
    Ranking,
    Score,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules import methods
from plugins.contract_outsourcing.rules.scoring import Sheet, read_sheet, shown
from plugins.contract_outsourcing.service import challenges, evaluation
from plugins.contract_outsourcing.service.panel_queries import AFTER_AWARD, VIEW, state_name

_RANKED = (t.EVALUATED, t.DECIDED, t.AWARDED, t.CONTRACTED, t.FAILED, t.CANCELLED)

# Of a tender's content, what its result repeats; the rest is the office's own.
PUBLISHED_CONTENT = ("project", "service", "conditions", "evaluation")


def award_state(state: str) -> str:
    """Return an award's state in words."""
    names = {
        a.PROPOSED: _("已协商，待确定"),
        a.DECIDED: _("已确定，待公告"),
        a.PUBLISHED: _("已公告"),
        a.DECLINED: _("供应商放弃"),
        a.CANCELLED: _("已撤销"),
    }
    return names[state]


def ranking(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return the panel's report as one would check it with a pencil: each fraction's arithmetic."""
    tender = fetch(Tender, id, actor, VIEW)
    rows = (
        db.session.execute(
            db.select(Ranking, BidOpening, Organisation.name)
            .join(BidOpening, BidOpening.bid_id == Ranking.bid_id)
            .join(Organisation, Organisation.id == BidOpening.provider_id)
            .where(Ranking.tender_id == tender.id)
            .order_by(Ranking.place.is_(None), Ranking.place, Ranking.bid_id)
        ).all()
        if tender.state in _RANKED
        else []
    )
    known = evaluation.prices(tender) if rows else {}
    placed = [(row, opening) for row, opening, _name in rows if row.place is not None]
    sums = _sums([row.bid_id for row, _opening in placed], tender.id)
    sheet = read_sheet(tender.sheet)
    base = min((_exact(sheet, known, row, opening) for row, opening in placed), default=None)
    is_scored = evaluation.method_of(tender).evaluation == methods.COMPREHENSIVE
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "state": tender.state,
        "state_name": state_name(tender),
        "failed_code": tender.failed_code,
        "end_reason": tender.end_reason,
        "is_scored": is_scored,
        "weight": shown(sheet.weight),
        "deduction": f"{shown(Fraction(sheet.deduction_bp, 100), 0)}%",
        "base": _yuan(base) if base is not None else None,
        "items": [
            _line(
                sheet,
                known,
                row,
                opening,
                name=name,
                base=base,
                sums=sums.get(row.bid_id, []),
                is_scored=is_scored,
            )
            for row, opening, name in rows
        ],
        "awards": _awards_of(tender.id),
    }


def notices(*, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """List the published results, newest first, for everybody; those taken back among them."""
    query = (
        db.select(Tender, Organisation.name)
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(Tender.awarded_at.is_not(None))
        .order_by(Tender.id.desc())
    )
    if before is not None:
        query = query.where(Tender.id < before)
    rows = db.session.execute(query.limit(limit + 1)).all()
    return {
        "items": [
            {
                "id": row.id,
                "number": row.number,
                "name": row.name,
                "purchaser": name,
                "awarded_on": formats.day(row.awarded_at),
                "is_void": row.state not in AFTER_AWARD,
            }
            for row, name in rows[:limit]
        ],
        "next_before": rows[limit - 1][0].id if len(rows) > limit else None,
    }


def notice(*, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a published result for everybody: who, for how much, who judged, until when to object.

    A result that was taken back stays readable and says so (`is_void`): whoever has its address
    must not find nothing there. NOT_FOUND before it is published.
    """
    tender = db.session.get(Tender, id)
    if tender is None or tender.awarded_at is None:
        raise NotFound("NOT_FOUND", _("没有找到这个结果公告，或还没有公告。"))
    is_void = tender.state not in AFTER_AWARD
    totals = {
        row.bid_id: row.total
        for row in db.session.scalars(db.select(Ranking).filter_by(tender_id=id))
    }
    is_scored = evaluation.method_of(tender).evaluation == methods.COMPREHENSIVE
    purchaser = db.session.get_one(Organisation, tender.organisation_id)
    last = challenges.last_day(tender, challenges.RESULT)
    panel = db.session.execute(
        db.select(User.name, PanelMember.expert_id)
        .join(User, User.id == PanelMember.user_id)
        .where(PanelMember.tender_id == id, PanelMember.state != a.STOOD_DOWN)
        .order_by(PanelMember.id)
    )
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "purchaser": purchaser.name,
        "method": _(evaluation.method_of(tender).name),
        "ceiling_fen": tender.ceiling_fen,
        "content": {name: tender.content.get(name) for name in PUBLISHED_CONTENT},
        "sheet": tender.sheet,
        "awarded_on": formats.day(tender.awarded_at),
        "is_void": is_void,
        "challenge_until": last.isoformat() if last else None,
        "awards": [
            one
            | {
                "score": shown(Fraction(totals[one["bid_id"]]))
                if is_scored and one["bid_id"] in totals
                else None
            }
            for one in _awards_of(id)
            if one["state"] == (a.CANCELLED if is_void else a.PUBLISHED)
        ],
        "panel": [
            {"name": name, "kind": "own" if expert is None else "expert"} for name, expert in panel
        ],
    }


def of_provider(actor: Actor) -> dict[str, Any]:
    """Return what concerns a provider after an opening: awards, prices to explain, final quotes."""
    own = {grant.organisation_id for grant in actor.holding("award.decline")}
    awards = db.session.execute(
        scoped(Award, actor, "award.decline")
        .add_columns(Tender)
        .join(Tender, Tender.id == Award.tender_id)
        .where(Award.state.in_([a.PUBLISHED, a.DECLINED]))
        .order_by(Award.id.desc())
        .limit(100)
    ).all()
    low = db.session.execute(
        db.select(LowBid, Tender)
        .join(BidOpening, BidOpening.bid_id == LowBid.bid_id)
        .join(Tender, Tender.id == BidOpening.tender_id)
        .where(BidOpening.provider_id.in_(own), LowBid.judged_at.is_(None))
        .where(Tender.state == t.OPENED)
    ).all()
    quotes = db.session.execute(
        db.select(FinalQuote, Tender)
        .join(BidOpening, BidOpening.bid_id == FinalQuote.bid_id)
        .join(Tender, Tender.id == BidOpening.tender_id)
        .where(BidOpening.provider_id.in_(own), Tender.state == t.OPENED)
    ).all()
    return {
        "awards": [
            {
                "id": row.id,
                "tender_id": tender.id,
                "number": tender.number,
                "name": tender.name,
                "amount_fen": row.amount_fen,
                "state": row.state,
                "state_name": award_state(row.state),
                "published_on": formats.day(row.published_at),
            }
            for row, tender in awards
        ],
        "low_bids": [
            {
                "bid_id": row.bid_id,
                "number": tender.number,
                "name": tender.name,
                "explanation": row.explanation,
            }
            for row, tender in low
        ],
        "quotes": [
            {
                "bid_id": row.bid_id,
                "number": tender.number,
                "name": tender.name,
                "until": formats.moment(row.until),
                "quoted": row.quoted_at is not None,
                "is_over": row.until < clock.now(),
            }
            for row, tender in quotes
        ],
        "tenders": _challengeable(own),
    }


# --- parts -------------------------------------------------------------------------------------


def _challengeable(own: set[int | None]) -> list[dict[str, Any]]:
    """Return the procurements one bid for, and those published, about which one may ask."""
    bid_for = db.select(Bid.tender_id).where(Bid.provider_id.in_(own))
    rows = db.session.scalars(
        db.select(Tender)
        .where(
            db.or_(
                Tender.id.in_(bid_for),
                Tender.state.in_([t.PUBLISHED, t.AWARDED]),
            )
        )
        .order_by(Tender.id.desc())
        .limit(100)
    )
    return [{"id": row.id, "number": row.number, "name": row.name} for row in rows]


def _awards_of(tender_id: int) -> list[dict[str, Any]]:
    rows = db.session.execute(
        db.select(Award, Organisation.name)
        .join(Organisation, Organisation.id == Award.provider_id)
        .where(Award.tender_id == tender_id)
        .order_by(Award.id)
    )
    return [
        {
            "id": row.id,
            "bid_id": row.bid_id,
            "provider": name,
            "amount_fen": row.amount_fen,
            "unit_prices": row.unit_prices,
            "small_firm": row.small_firm,
            "place": row.place,
            "state": row.state,
            "state_name": award_state(row.state),
            "reason": row.reason,
        }
        for row, name in rows
    ]


def _sums(bids: list[int], tender_id: int) -> dict[int, list[tuple[int, int]]]:
    """Return each member's points for each bid, as (number of the member, centipoints)."""
    order = {member.id: at for at, member in enumerate(evaluation.members(tender_id), start=1)}
    found: dict[int, dict[int, int]] = {}
    for row in db.session.scalars(db.select(Score).where(Score.bid_id.in_(bids))):
        if row.member_id in order:
            mine = found.setdefault(row.bid_id, {})
            number = order[row.member_id]
            mine[number] = mine.get(number, 0) + row.centipoints
    return {bid_id: sorted(mine.items()) for bid_id, mine in found.items()}


def _exact(sheet: Sheet, known: dict[int, int], row: Ranking, opening: BidOpening) -> Fraction:
    bp = sheet.deduction_bp if opening.small_firm else 0
    return Fraction(known[row.bid_id] * (10_000 - bp), 10_000)


def _yuan(fen: Fraction) -> str:
    """Write fen as yuan; where the fen do not come out even, two places more."""
    if fen.denominator == 1:
        return formats.yuan(int(fen))
    return shown(fen / 100, 4)


def _line(
    sheet: Sheet,
    known: dict[int, int],
    row: Ranking,
    opening: BidOpening,
    *,
    name: str,
    base: Fraction | None,
    sums: list[tuple[int, int]],
    is_scored: bool,
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "bid_id": row.bid_id,
        "provider": name,
        "place": row.place,
        "price_fen": known.get(row.bid_id),
        "small_firm": opening.small_firm,
        "reason": row.reason,
        "tie_break": tie_name(row.tie_break) if row.tie_break else None,
        "lot_seed": row.lot_seed,
    }
    if row.place is None or base is None:
        return said
    evaluated = _exact(sheet, known, row, opening)
    price, other, total = (Fraction(x) for x in (row.price_score, row.other_score, row.total))
    percent = shown(Fraction(10_000 - sheet.deduction_bp, 100), 0)
    price_text = formats.yuan(known[row.bid_id])
    said["evaluated"] = (
        f"{price_text} × {percent}% = {_yuan(evaluated)}" if opening.small_firm else price_text
    )
    if not is_scored:
        return said
    parts = " + ".join(shown(Fraction(points, 100)) for _number, points in sums)
    return said | {
        "price_score": shown(price),
        "price_sum": f"{shown(sheet.weight)} × {_yuan(base)} ÷ {_yuan(evaluated)} = {shown(price)}",
        "other_score": shown(other),
        "other_sum": f"({parts}) ÷ {len(sums)} = {shown(other)}" if sums else "0.00",
        "total": shown(total),
        "total_sum": f"{shown(price)} + {shown(other)} → {shown(total)}",
        "exact": row.total,
    }


def tie_name(rule: str) -> str:
    """Return in words by which rule equal totals were put in order."""
    names = {
        "price": _("得分相同，报价低的在前"),
        "technical": _("得分和报价相同，技术分高的在前"),
        "lot": _("得分和报价都相同，按种子抽签"),
    }
    return names[rule]


def challenge_list(actor: Actor, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """List enquiries, challenges and complaints one may see, newest first."""
    query = scoped(Challenge, actor, "challenge.view").order_by(Challenge.id.desc())
    if before is not None:
        query = query.where(Challenge.id < before)
    rows = list(db.session.scalars(query.limit(limit + 1)))
    return {
        "items": [_challenge(row) for row in rows[:limit]],
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
    }


def challenge(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one enquiry, challenge or complaint with its answer."""
    return _challenge(fetch(Challenge, id, actor, "challenge.view"))


def _challenge(row: Challenge) -> dict[str, Any]:
    tender = db.session.get_one(Tender, row.tender_id)
    party = db.session.get_one(Organisation, row.party_id)
    return {
        "id": row.id,
        "tender_id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "kind": row.kind,
        "kind_name": kind_name(row.kind),
        "about": row.about,
        "about_name": about_name(row.about),
        "party": party.name,
        "words": row.words,
        "may_affect": row.may_affect,
        "state": row.state,
        "state_name": challenge_state(row.state),
        "filed_on": formats.day(row.filed_at),
        "answer": row.answer,
        "remedy": remedy_name(row.remedy) if row.remedy else None,
        "answered_on": formats.day(row.decided_at) if row.decided_at else None,
        "after_id": row.after_id,
        "suspended_until": row.suspended_until.isoformat() if row.suspended_until else None,
    }


def kind_name(kind: str) -> str:
    """Return the kind of a challenge in words."""
    return {a.ENQUIRY: _("询问"), a.CHALLENGE: _("质疑"), a.COMPLAINT: _("投诉")}[kind]


def about_name(about: str) -> str:
    """Return what a challenge is about, in words."""
    names = {
        challenges.DOCUMENTS: _("采购文件"),
        challenges.PROCESS: _("采购过程"),
        challenges.RESULT: _("中标、成交结果"),
    }
    return names[about]


def remedy_name(remedy: str) -> str:
    """Return in words what follows from a challenge that was upheld."""
    names = {
        challenges.CORRECT: _("纠正，不影响结果"),
        challenges.NEXT: _("结果无效，从合格候选人中另行确定"),
        challenges.FAIL: _("采购无效，重新采购"),
    }
    return names[remedy]


def challenge_state(state: str) -> str:
    """Return a challenge's state in words."""
    names = {
        a.FILED: _("待答复"),
        a.ANSWERED: _("已答复"),
        a.UPHELD: _("成立"),
        a.REJECTED: _("不成立"),
        a.WITHDRAWN: _("已撤回"),
    }
    return names[state]
