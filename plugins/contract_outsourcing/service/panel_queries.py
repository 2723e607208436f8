"""What panels read: a member its own work, the staff how far it is, names after the award."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from core import clock, formats
from core.access import Actor, RoleGrant, User, fetch, scoped
from core.db import db
from core.parties import Organisation
from plugins.contract_outsourcing.models import (
    Bid,
    BidFile,
    BidOpening,
    FinalQuote,
    LowBid,
    PanelDraw,
    PanelMember,
    Score,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules import methods
from plugins.contract_outsourcing.rules.scoring import read_sheet
from plugins.contract_outsourcing.service import evaluation, low_bids, scoring, suspension
from plugins.contract_outsourcing.service.steps import tender as tender_steps

VIEW = "award.view"
AFTER_AWARD = (t.AWARDED, t.CONTRACTED)
AT_WORK = (t.OPENED, t.EVALUATED, t.DECIDED, t.AWARDED, t.CONTRACTED, t.FAILED)


def state_name(tender: Tender) -> str:
    """Return a procurement's state in words."""
    return str(tender_steps.names[tender.state])


def mine(actor: Actor) -> dict[str, Any]:
    """List the panels one sits on, newest first."""
    rows = db.session.execute(
        db.select(PanelMember, Tender)
        .join(Tender, Tender.id == PanelMember.tender_id)
        .where(PanelMember.user_id == actor.user_id, PanelMember.state != a.STOOD_DOWN)
        .order_by(PanelMember.id.desc())
        .limit(100)
    )
    return {
        "items": [
            {
                "id": tender.id,
                "number": tender.number,
                "name": tender.name,
                "state": tender.state,
                "state_name": state_name(tender),
                "seat": member.state,
                "finished": member.finished_at is not None,
            }
            for member, tender in rows
        ]
    }


def work(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return what a member judges: conditions, bids, the sheet and the member's own points."""
    tender, member = evaluation.as_member(actor, id)
    evaluation_kind = evaluation.method_of(tender).evaluation
    bids = evaluation.openings(tender.id)
    names = _names({bid.provider_id for bid in bids})
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "state": tender.state,
        "state_name": state_name(tender),
        "seat": member.state,
        "finished": member.finished_at is not None,
        "all_finished": scoring.is_finished(tender),
        "lacks": evaluation.panel_lacks(tender),
        "is_scored": evaluation_kind == methods.COMPREHENSIVE,
        "takes_quotes": evaluation_kind == methods.LOWEST_FINAL,
        "quotes_until": _quotes_until(tender),
        "unchecked": evaluation.unchecked(tender),
        "missing": scoring.missing(tender, member),
        "conditions": evaluation.conditions(tender),
        "indicators": [
            {"code": one.code, "name": one.name, "most": one.most, "standard": one.standard}
            for one in read_sheet(tender.sheet).indicators
        ],
        "bidders": [names[bid.provider_id] for bid in bids],
        # What they offer is shown to who has confirmed that nothing ties him to them.
        "bids": _bids(tender, member, bids, names) if member.state == a.CONFIRMED else [],
    }


def panel(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a panel as those who hold it may know it: how far it is, after the award its names."""
    tender = fetch(Tender, id, actor, VIEW)
    is_public, last = tender.state in AFTER_AWARD, suspension.until(tender.id)
    rows = db.session.execute(
        db.select(PanelMember, User.name)
        .join(User, User.id == PanelMember.user_id)
        .where(PanelMember.tender_id == tender.id)
        .order_by(PanelMember.id)
    ).all()
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "state": tender.state,
        "state_name": state_name(tender),
        "has_panel": evaluation.method_of(tender).panel_min is not None,
        "least": evaluation.figure(tender, evaluation.method_of(tender).panel_min),
        "lacks": evaluation.panel_lacks(tender)
        if evaluation.method_of(tender).panel_min is not None
        else [],
        "unchecked": evaluation.unchecked(tender),
        "suspended_until": last.isoformat() if last else None,
        "members": [
            {
                "member_id": member.id,
                "number": at,
                "name": name if is_public else None,
                "kind": "own" if member.expert_id is None else "expert",
                "seat": member.state,
                "finished": member.finished_at is not None,
            }
            for at, (member, name) in enumerate(rows, start=1)
        ],
        "draws": _draws(tender, is_public=is_public),
    }


def procurements(actor: Actor, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """List the procurements that are, or were, evaluated, newest first."""
    query = (
        scoped(Tender, actor, VIEW)
        .where(db.or_(Tender.state.in_(AT_WORK), Tender.state == t.PUBLICITY))
        .order_by(Tender.id.desc())
    )
    if before is not None:
        query = query.where(Tender.id < before)
    rows = list(db.session.scalars(query.limit(limit + 1)))
    return {
        "items": [
            {
                "id": row.id,
                "number": row.number,
                "name": row.name,
                "method": _(evaluation.method_of(row).name),
                "ceiling_fen": row.ceiling_fen,
                "state": row.state,
                "state_name": state_name(row),
            }
            for row in rows[:limit]
        ],
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
    }


def named() -> Select[Any]:
    """Return the numbers of the tenders whose panels are secret no longer: awarded, or ended."""
    is_over = db.or_(Tender.awarded_at.is_not(None), Tender.state.in_([t.FAILED, t.CANCELLED]))
    return db.select(Tender.id).where(is_over)


def named_bids() -> Select[Any]:
    """Return the numbers of the bids in the tenders whose panels are secret no longer."""
    return db.select(Bid.id).where(Bid.tender_id.in_(named()))


# --- parts -------------------------------------------------------------------------------------


def _bids(
    tender: Tender, member: PanelMember, bids: list[BidOpening], names: dict[int, str]
) -> list[dict[str, Any]]:
    """Return the bids as one member sees them: its own points, prices only when it may."""
    sees_prices = _sees_prices(tender, member)
    known = evaluation.prices(tender) if sees_prices else {}
    low = low_bids.found(tender) if sees_prices else {}
    seen, missed = evaluation.checks(tender.id), evaluation.failed(tender)
    points: dict[int, dict[str, int]] = {}
    for row in db.session.scalars(db.select(Score).filter_by(member_id=member.id)):
        points.setdefault(row.bid_id, {})[row.indicator] = row.centipoints
    files = _files([bid.bid_id for bid in bids])
    return [
        {
            "id": bid.bid_id,
            "provider": names[bid.provider_id],
            "answers": bid.answers,
            "files": files.get(bid.bid_id, []),
            "small_firm": bid.small_firm,
            "price_fen": known.get(bid.bid_id),
            "failed": missed.get(bid.bid_id),
            "checks": {
                code: {"passed": row.passed, "reason": row.reason}
                for code, row in seen.get(bid.bid_id, {}).items()
            },
            "points": points.get(bid.bid_id, {}),
            "low": _low(bid.bid_id, low.get(bid.bid_id, [])),
        }
        for bid in bids
    ]


def _files(bid_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the files that came with some opened bids, by bid."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in db.session.execute(
        db.select(BidFile.id, BidFile.bid_id, BidFile.name)
        .where(BidFile.bid_id.in_(bid_ids))
        .order_by(BidFile.id)
    ):
        found.setdefault(row.bid_id, []).append({"id": row.id, "name": row.name})
    return found


def _sees_prices(tender: Tender, member: PanelMember) -> bool:
    """Tell whether a member may see prices: never before handing in its points."""
    is_scored = evaluation.method_of(tender).evaluation == methods.COMPREHENSIVE
    if evaluation.method_of(tender).evaluation == methods.LOWEST_FINAL:
        return tender.state != t.OPENED
    return not is_scored or member.finished_at is not None


def _quotes_until(tender: Tender) -> str | None:
    until = db.session.scalar(db.select(FinalQuote.until).filter_by(tender_id=tender.id).limit(1))
    return formats.moment(until) if until else None


def _low(bid_id: int, tests: list[str]) -> dict[str, Any] | None:
    row = db.session.get(LowBid, bid_id)
    if row is None and not tests:
        return None
    return {
        "tests": [low_bids.test_name(one) for one in (row.tests if row else tests)],
        "asked": row is not None,
        "explanation": row.explanation if row else None,
        "accepted": row.accepted if row else None,
        "reason": row.reason if row else None,
    }


def _names(ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def _draws(tender: Tender, *, is_public: bool) -> list[dict[str, Any]]:
    """Return the draws; who was drawn, and the seed that tells it, only after the award."""
    rows = db.session.scalars(
        db.select(PanelDraw).filter_by(tender_id=tender.id).order_by(PanelDraw.id)
    )
    return [
        {
            "at": formats.moment(row.drawn_at),
            "candidates": len(row.candidates),
            "excluded": len(row.excluded),
            "drawn": len(row.drawn),
        }
        | (
            {
                "seed": row.seed,
                "candidate_ids": row.candidates,
                "drawn_ids": row.drawn,
                "excluded_ids": row.excluded,
            }
            if is_public
            else {}
        )
        for row in rows
    ]


def representatives(actor: Actor, tender_id: int) -> list[tuple[int, str]]:
    """Return whom the purchaser could send to a panel."""
    tender = fetch(Tender, tender_id, actor, "panel.hold")
    today = clock.today()
    rows = db.session.execute(
        db.select(User.id, User.name)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == "purchaser_approver", User.disabled_at.is_(None))
        .where(RoleGrant.organisation_id == tender.organisation_id)
        .where(RoleGrant.from_on <= today)
        .where(db.or_(RoleGrant.to_on.is_(None), RoleGrant.to_on >= today))
        .distinct()
        .order_by(User.id)
    )
    return [(row.id, row.name) for row in rows]
