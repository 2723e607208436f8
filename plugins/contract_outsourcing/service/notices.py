"""What becomes public of a tender: its publicity, its notice frozen by a hash, its changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, RuleBroken
from core.purchases import Purchase, start
from plugins.contract_outsourcing.models import Tender, TenderAmendment, TenderInvitee
from plugins.contract_outsourcing.rules.methods import INVITED
from plugins.contract_outsourcing.rules.sheets import frozen_hash
from plugins.contract_outsourcing.service import figures, judging, sealing, steps
from plugins.contract_outsourcing.service.tenders import AGREE, MAKE, about

UNFINISHED = "NOTICE_NOT_FINISHED"


def publicise(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Make a direct method public, with its reason and provider, before anything is negotiated."""
    tender = fetch(Tender, id, actor, AGREE)
    steps.tender.require(tender, "tender.publicise")
    through = figures.publicity_through(tender, clock.today())
    if through is None:
        raise RuleBroken(
            "PUBLICITY_NOT_WANTED",
            _(
                "“%(method)s”不需要事前公示，请直接进入下一步。",
                method=figures.method_of(tender).name,
            ),
        )
    purchase = _judge(actor, tender)
    freeze(tender)
    steps.tender.take(
        tender,
        "tender.publicise",
        publicity_until=through,
        agreed_by=actor.user_id,
        agreed_at=clock.now(),
    )
    begin(tender, purchase)
    return about(tender) | {"publicity_until": through.isoformat()}


def publish(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    closes_at: datetime | None = None,
    documents_until: date | None = None,
) -> dict[str, Any]:
    """Publish a tender's notice; from then on sheet, conditions and ceiling are frozen.

    The times given replace the draft's. Refuses METHOD_TAKES_NO_BIDS, what submitting refuses,
    INVITEES_TOO_FEW and KEY_HOLDERS_MISSING.
    """
    tender = fetch(Tender, id, actor, AGREE)
    steps.tender.require(tender, "tender.publish")
    if not figures.method_of(tender).envelopes:
        raise RuleBroken(
            "METHOD_TAKES_NO_BIDS",
            _(
                "“%(method)s”不接受投标，不发布采购公告。请办理公示或直接谈判。",
                method=figures.method_of(tender).name,
            ),
        )
    tender.closes_at = closes_at or tender.closes_at
    tender.documents_until = documents_until or tender.documents_until
    if tender.documents_until is None and tender.closes_at is not None:
        tender.documents_until = clock.day_of(tender.closes_at)
    purchase = _judge(actor, tender)
    judging.refuse_hasty(tender, clock.today())
    _refuse_uninvited(tender)
    sealing.prepare(tender)
    freeze(tender)
    now = clock.now()
    steps.tender.take(
        tender, "tender.publish", agreed_by=actor.user_id, agreed_at=now, published_at=now
    )
    begin(tender, purchase)
    return about(tender) | {"sheet_hash": tender.sheet_hash}


def amend(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    words: str,
    affects_bids: bool,
    closes_at: datetime | None = None,
) -> dict[str, Any]:
    """Publish a clarification or change of the documents; never of sheet, conditions or ceiling.

    One that affects bids with too little time left moves the deadline by itself. A deadline is
    only ever moved later: BIDDING_TIME_TOO_SHORT; after it nothing is changed: BIDDING_CLOSED.
    """
    tender = fetch(Tender, id, actor, MAKE)
    steps.tender.require(tender, "tender.amend")
    before = refuse_after_close(tender)
    after = closes_at or before
    if after < before:
        raise RuleBroken(
            "BIDDING_TIME_TOO_SHORT",
            _("投标截止只能推迟，不能提前。请改在现在的截止时间之后。"),
            basis=figures.method_of(tender).basis,
            errors={"closes_at": [_("不能早于现在的截止时间")]},
        )
    if affects_bids:
        after = max(after, _first_close(tender, before))
    latest = db.session.scalar(
        db.select(func.max(TenderAmendment.number)).where(TenderAmendment.tender_id == tender.id)
    )
    row = TenderAmendment(
        tender_id=tender.id,
        number=(latest or 0) + 1,
        words=words,
        affects_bids=affects_bids,
        closed_before=before,
        closes_at=after,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(row)
    tender.closes_at = after
    db.session.flush()
    answer = about(tender) | {"amendment": row.number, "closes_at": after.isoformat()}
    return answer | {"extended": after > before}


# --- for the steps that follow -------------------------------------------------------------------


def begin(tender: Tender, purchase: Purchase) -> None:
    """Let the plan know that it is being carried out, and by open tender or not."""
    method = figures.method_of(tender)
    purchase.is_open_tender = method.is_open
    if not method.is_open and tender.method_approval and not purchase.split_approval:
        purchase.split_approval = tender.method_approval
    start(purchase)


def require_publicity_over(tender: Tender) -> None:
    """Refuse NOTICE_NOT_FINISHED while a direct method's publicity is due or under way."""
    if figures.method_of(tender).publicity is None:
        return
    until = tender.publicity_until
    if until is not None and until < clock.today():
        return
    if until is None:
        words = _("这种采购方式须先公示，还没有公示。请先公示，期满后再谈判。")
    else:
        words = _("公示到 %(day)s（含当日）才期满，期满前不能谈判。请在次日以后办理。", day=until)
    raise RuleBroken(
        UNFINISHED,
        words,
        basis="政府采购法实施条例第三十八条",
        publicity_until=until.isoformat() if until else None,
    )


def freeze(tender: Tender) -> None:
    """Keep the hash of what may not change once it is public: sheet, conditions, ceiling."""
    tender.sheet_hash = _hash(tender)


def is_frozen(tender: Tender) -> bool:
    """Tell whether what is stored is what was published."""
    return tender.sheet_hash == _hash(tender)


def require_frozen(tender: Tender) -> None:
    """Refuse SHEET_CHANGED when what was published is not what is stored."""
    if is_frozen(tender):
        return
    raise Conflict(
        "SHEET_CHANGED",
        _("评分表、条件或最高限价与公告时不一致，不能继续评审。请报告财政监督和审计。"),
        object_type=steps.TENDER,
        object_id=tender.id,
    )


def refuse_after_close(tender: Tender) -> datetime:
    """Return when bidding closes; refuse BIDDING_CLOSED when it has."""
    closes_at = tender.closes_at
    assert closes_at is not None  # noqa: S101 - what is published has a deadline
    if clock.now() >= closes_at:
        moment = closes_at.astimezone(clock.ZONE)
        raise RuleBroken(
            "BIDDING_CLOSED",
            _("投标已于 %(moment)s 截止，不能再办理。", moment=f"{moment:%Y-%m-%d %H:%M}"),
            basis="招标投标法第二十八条",
            closes_at=closes_at.isoformat(),
        )
    return closes_at


# --- parts -------------------------------------------------------------------------------------


def _judge(actor: Actor, tender: Tender) -> Purchase:
    """Judge a tender again as it stands, by somebody else than who made it."""
    four_eyes(actor, tender.made_by, tender.content.get("submitted_by"), what=_("采购公告"))
    purchase = judging.plan_of(tender)
    judging.refuse_at_first_step(tender, purchase)
    judging.refuse_incomplete(tender)
    return purchase


def _hash(tender: Tender) -> str:
    conditions = tender.content.get("conditions")
    return frozen_hash(tender.ceiling_fen, tender.sheet, conditions)


def _refuse_uninvited(tender: Tender) -> None:
    method = figures.method_of(tender)
    if method.calls != INVITED:
        return
    count = db.session.scalar(db.select(func.count()).where(TenderInvitee.tender_id == tender.id))
    least = figures.number(tender, method.invitees_min) or 0
    if int(count or 0) < least:
        raise RuleBroken(
            "INVITEES_TOO_FEW",
            _(
                "邀请招标至少邀请 %(least)s 家，现在是 %(count)s 家。"
                "请先从符合条件的承接主体中随机抽取。",
                least=least,
                count=int(count or 0),
            ),
            basis="政府采购法第三十四条",
            least=least,
            count=int(count or 0),
        )


def _first_close(tender: Tender, before: datetime) -> datetime:
    """Return the earliest deadline after a change made today, at the deadline's time of day."""
    first = figures.first_closing_day_after_change(tender, clock.today())
    return datetime.combine(first, before.astimezone(clock.ZONE).time(), clock.ZONE)
