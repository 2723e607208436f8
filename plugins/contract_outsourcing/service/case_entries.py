"""What happened in one case, thing by thing: each with its day, amount, document and readers.

Who may read which of them is not decided here: an entry says whether it is public, of which
contract it is a part, and which provider it is about; `cases` takes out what a reader may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import User
from core.audit import AuditEntry
from core.db import db
from core.journals import action_name
from core.parties import Organisation
from core.purchases import Purchase
from core.purchases import models as plans
from core.states import StatusLog
from plugins.contract_outsourcing.models import (
    Award,
    Bid,
    BidOpening,
    BidPrice,
    Challenge,
    Contract,
    PanelDraw,
    PanelMember,
    Ranking,
    Tender,
    TenderAmendment,
    TenderQuestion,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import award_queries, openings
from plugins.contract_outsourcing.service.panel_queries import AFTER_AWARD
from plugins.contract_outsourcing.service.steps import TENDER

BAD, GOOD = "bad", "good"


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when, what, about which part, how much (fen), by which act.

    `by` is the user, `action` the act's name. `contract_id` None: of the procurement. `party_id`:
    the provider who may read it though it is of the procurement.
    """

    at: datetime
    what: str
    about: str = ""
    detail: str = ""
    fen: int | None = None
    action: str = ""
    by: int | None = None
    organisation_id: int | None = None
    page: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    tone: str = ""
    is_public: bool = False
    contract_id: int | None = None
    party_id: int | None = None
    public_page: str = ""
    # The document that came of it, as PDF; given with the page or, for everybody, with the notice.
    paper: str = ""
    paper_values: Mapping[str, Any] = field(default_factory=dict)
    paper_is_public: bool = False
    # Among things of one instant: the place in the status log.
    order: int = 0


@dataclass(frozen=True)
class Change:
    """A change of state of one object, with the act that made it."""

    order: int
    id: int
    before: str | None
    after: str
    at: datetime
    action: str
    by: int | None
    organisation_id: int | None

    def entry(self, what: str = "", **more: Any) -> Entry:
        """Return the change as an entry; it is called as its act is unless said otherwise."""
        return Entry(
            self.at,
            what or action_name(self.action),
            action=self.action,
            by=self.by,
            organisation_id=self.organisation_id,
            order=self.order,
            **more,
        )


def changes(object_type: str, ids: list[int]) -> Iterator[Change]:
    """Yield the changes of state of some objects, in their order."""
    rows = db.session.execute(
        db.select(StatusLog, AuditEntry.action, AuditEntry.organisation_id)
        .outerjoin(AuditEntry, AuditEntry.act == StatusLog.act)
        .where(StatusLog.object_type == object_type, StatusLog.object_id.in_(ids))
        .order_by(StatusLog.id)
    )
    for log, action, organisation_id in rows:
        yield Change(
            log.id,
            log.object_id,
            log.from_state,
            log.to_state,
            log.at,
            action or "",
            log.actor_id,
            organisation_id,
        )


def of_procurement(tender: Tender, plan: Purchase) -> list[Entry]:
    """Return what happened from the plan to the award, challenges included."""
    parts: tuple[Callable[[Tender], Iterator[Entry]], ...] = (
        _tender,
        _changes_and_questions,
        _prices,
        _draws,
        _awards,
        _challenges,
    )
    return [*_plan(plan), *(entry for part in parts for entry in part(tender))]


def _plan(plan: Purchase) -> Iterator[Entry]:
    for one in changes("purchase", [plan.id]):
        # Later than the filing the plan's life is what follows below.
        if one.after in {plans.UNDER_WAY, plans.CLOSED}:
            continue
        filed = one.after == plans.FILED
        yield one.entry(
            about=plan.number,
            fen=plan.total_fen if filed else None,
            page="purchases.show",
            values={"id": plan.id},
            public_page="plans.show",
            is_public=filed and plan.state in plans.PUBLISHED,
            tone=BAD if one.after == plans.CANCELLED else "",
        )


# --- the procurement ---------------------------------------------------------------------------


def _tender(tender: Tender) -> Iterator[Entry]:
    was_public = False
    for one in changes(TENDER, [tender.id]):
        # What is decided, published and signed the awards and contracts tell themselves.
        if one.after in {t.DECIDED, t.AWARDED, t.CONTRACTED}:
            continue
        public = one.after in {t.PUBLICITY, t.PUBLISHED, t.OPENED}
        was_public = was_public or public
        yield _of_tender(tender, one, is_public=public or (was_public and one.after in _ENDS))


_ENDS = {t.FAILED, t.CANCELLED}


def _of_tender(tender: Tender, one: Change, *, is_public: bool) -> Entry:
    said: dict[str, Any] = {"page": "contract_tenders.show", "public_page": "contract_public.show"}
    what = ""
    if one.after == t.PUBLISHED:
        said |= {"fen": tender.ceiling_fen, "detail": _("最高限价")}
        said |= {"paper": "contract_public.printed", "paper_is_public": True}
    elif one.after == t.OPENED:
        said |= {"page": "contract_openings.record", "public_page": "contract_openings.record"}
        said["detail"] = _("收到投标 %(count)s 份", count=_bids(tender))
        said |= {"paper": "contract_openings.record_pdf", "paper_is_public": True}
    elif one.after == t.EVALUATED:
        said |= {"page": "contract_awards.ranking", "detail": _ranked(tender)}
        if one.before in {t.DECIDED, t.AWARDED}:
            what = _("撤销结果，重新确定")
        elif said["detail"]:
            said["paper"] = "contract_awards.report_pdf"
    elif one.after in _ENDS:
        what = _("废标") if one.after == t.FAILED else ""
        said |= {"detail": tender.end_reason or "", "tone": BAD}
    values = {"id": tender.id}
    return one.entry(
        what,
        about=tender.number,
        values=values,
        paper_values=values,
        is_public=is_public,
        **said,
    )


def _bids(tender: Tender) -> int:
    """Return how many bids there were; before the opening nobody is told."""
    if tender.opened_at is None:
        return 0
    query = db.select(db.func.count()).select_from(Bid)
    query = query.where(Bid.tender_id == tender.id, Bid.state.in_([b.OPENED, b.EXCLUDED]))
    return int(db.session.scalar(query) or 0)


def _ranked(tender: Tender) -> str:
    rows = db.session.execute(
        db.select(Ranking.place, Organisation.name)
        .join(BidOpening, BidOpening.bid_id == Ranking.bid_id)
        .join(Organisation, Organisation.id == BidOpening.provider_id)
        .where(Ranking.tender_id == tender.id, Ranking.place.is_not(None))
        .order_by(Ranking.place)
        .limit(3)
    )
    return "；".join(_("第 %(n)s 名 %(who)s", n=place, who=name) for place, name in rows)


def _changes_and_questions(tender: Tender) -> Iterator[Entry]:
    page = {"page": "contract_tenders.show", "public_page": "contract_public.show"}
    shown: dict[str, Any] = page | {"values": {"id": tender.id}, "is_public": True}
    for row in db.session.scalars(db.select(TenderAmendment).filter_by(tender_id=tender.id)):
        yield Entry(
            row.made_at,
            _("澄清或修改采购文件"),
            detail=row.words,
            action="tender.amend",
            by=row.made_by,
            **shown,
        )
    asked: dict[Any, list[datetime]] = {}
    answered: dict[Any, list[TenderQuestion]] = {}
    for one in db.session.scalars(db.select(TenderQuestion).filter_by(tender_id=tender.id)):
        asked.setdefault(clock.day_of(one.asked_at), []).append(one.asked_at)
        if one.answered_at is not None:
            answered.setdefault(clock.day_of(one.answered_at), []).append(one)
    for moments in asked.values():
        yield Entry(max(moments), _("供应商提问"), detail=_("%(n)s 个", n=len(moments)), **shown)
    for rows in answered.values():
        last = max(rows, key=lambda row: row.answered_at or row.asked_at)
        assert last.answered_at  # noqa: S101 - only the answered are here
        yield Entry(
            last.answered_at,
            _("答复提问"),
            detail=_("%(n)s 个", n=len(rows)),
            action="tender.answer",
            by=last.answered_by,
            **shown,
        )


def _prices(tender: Tender) -> Iterator[Entry]:
    """Tell when the prices were opened, where that was later than the bids."""
    if tender.opened_at is None or not openings.prices_are_open(tender.id):
        return
    first = db.session.scalar(
        db.select(db.func.min(BidPrice.opened_at))
        .join(Bid, Bid.id == BidPrice.bid_id)
        .where(Bid.tender_id == tender.id)
    )
    if first is not None and first > tender.opened_at:
        yield Entry(
            first,
            _("开启报价"),
            about=tender.number,
            action="opening.open_prices",
            page="contract_openings.record",
            public_page="contract_openings.record",
            values={"id": tender.id},
            is_public=True,
        )


def _draws(tender: Tender) -> Iterator[Entry]:
    query = db.select(PanelDraw).filter_by(tender_id=tender.id).order_by(PanelDraw.id)
    for draw in db.session.scalars(query):
        yield Entry(
            draw.drawn_at,
            _("抽取评审专家"),
            detail=_panel(tender) or _("%(n)s 名", n=len(draw.drawn)),
            action="panel.draw",
            by=draw.drawn_by,
            page="contract_panels.panel",
            values={"id": tender.id},
        )


def _panel(tender: Tender) -> str:
    """Return who judged, once the result is published."""
    if tender.state not in AFTER_AWARD:
        return ""
    names = db.session.scalars(
        db.select(User.name)
        .join(PanelMember, PanelMember.user_id == User.id)
        .where(PanelMember.tender_id == tender.id, PanelMember.state != a.STOOD_DOWN)
        .order_by(PanelMember.id)
    )
    return "、".join(names)


# --- the result --------------------------------------------------------------------------------


def _awards(tender: Tender) -> Iterator[Entry]:
    rows = {
        row.id: (row, name)
        for row, name in db.session.execute(
            db.select(Award, Organisation.name)
            .join(Organisation, Organisation.id == Award.provider_id)
            .where(Award.tender_id == tender.id)
        )
    }
    words = {a.DECLINED: _("供应商放弃"), a.CANCELLED: _("撤销中标、成交结果")}
    for one in changes("award", list(rows)):
        award, name = rows[one.id]
        published = one.after == a.PUBLISHED
        ended = one.after in {a.DECLINED, a.CANCELLED}
        yield one.entry(
            words.get(one.after, ""),
            about=name,
            detail=award.reason or "" if ended else "",
            fen=award.amount_fen,
            page="contract_awards.notice" if published else "contract_awards.ranking",
            public_page="contract_awards.notice" if tender.state in AFTER_AWARD else "",
            values={"id": tender.id},
            paper="contract_awards.notice_pdf" if published and tender.state in AFTER_AWARD else "",
            paper_values={"id": tender.id},
            paper_is_public=True,
            tone=BAD if ended else GOOD if published else "",
            # A result that was taken back is no notice any more.
            is_public=published and award.state == a.PUBLISHED,
            party_id=award.provider_id if one.after != a.DECIDED else None,
        )


def _challenges(tender: Tender) -> Iterator[Entry]:
    rows = {
        row.id: (row, name)
        for row, name in db.session.execute(
            db.select(Challenge, Organisation.name)
            .join(Organisation, Organisation.id == Challenge.party_id)
            .where(Challenge.tender_id == tender.id)
        )
    }
    for one in changes("challenge", list(rows)):
        row, name = rows[one.id]
        kind = award_queries.kind_name(row.kind)
        what = (
            _("收到%(kind)s", kind=kind)
            if one.after == a.FILED
            else _("%(kind)s%(state)s", kind=kind, state=award_queries.challenge_state(one.after))
        )
        yield one.entry(
            what,
            about=name,
            detail=award_queries.about_name(row.about),
            page="contract_awards.challenge",
            values={"id": row.id},
            tone=BAD if one.after == a.UPHELD else "",
            party_id=row.party_id,
        )


def contract_names(contracts: list[Contract]) -> dict[int, str]:
    """Return by which name each contract of a case is told from the others; alone it needs none."""
    return {row.id: row.number if len(contracts) > 1 else "" for row in contracts}
