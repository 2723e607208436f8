"""Enquiries, challenges and complaints: filed and answered in time, and what follows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack, states, workdays
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import InvalidInput, NotFound, NotPermitted, RuleBroken
from plugins.contract_outsourcing.models import Award, Bid, Challenge, Tender
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import (
    award_clocks,
    bidders,
    evaluation,
    reports,
    voiding,
)
from plugins.contract_outsourcing.service.award_clocks import AWARD, CHALLENGE
from plugins.contract_outsourcing.service.steps import TENDER
from plugins.contract_outsourcing.service.steps import tender as tender_steps

FILE, ANSWER, DECIDE = "challenge.file", "challenge.answer", "complaint.decide"
DOCUMENTS, PROCESS, RESULT = "documents", "process", "result"
ABOUT = (DOCUMENTS, PROCESS, RESULT)
KINDS = (a.ENQUIRY, a.CHALLENGE, a.COMPLAINT)
CORRECT, NEXT, FAIL = "correct", "next", "fail"
REMEDIES = (CORRECT, NEXT, FAIL)
UPHELD_CODE = "CHALLENGE_UPHELD"
_PUBLIC = (t.PUBLISHED, t.OPENED, t.EVALUATED, t.DECIDED, t.AWARDED, t.CONTRACTED, t.FAILED)
_DECIDING_BASIS = "政府采购法第五十六条"


def file(
    actor: Actor,
    *,
    tender_id: int,
    kind: str,
    about: str,
    words: str,
    may_affect: bool = True,
    after_id: int | None = None,
) -> dict[str, Any]:
    """Ask, challenge, or complain of the answer to a challenge, as a provider.

    Refuses CHALLENGE_TOO_LATE after the law's time, CHALLENGE_NOT_PARTY for who did not bid (the
    documents may be challenged by all), COMPLAINT_TOO_EARLY before the answer was due and
    COMPLAINT_EXISTS for a second one about the same challenge.
    """
    party_id = next((g.organisation_id for g in actor.holding(FILE) if g.organisation_id), None)
    tender = evaluation.locked(tender_id)
    if tender is None or tender.state not in _PUBLIC or party_id is None:
        raise NotFound("NOT_FOUND", _("没有找到这个采购项目，请核对编号。"))
    first = None
    if kind == a.COMPLAINT:
        first = _challenged(actor, tender, after_id)
        about = first.about
    elif kind == a.CHALLENGE:
        _refuse_stranger(tender, party_id, about)
        _refuse_late(tender, about)
    row = Challenge(
        tender_id=tender.id,
        kind=kind,
        about=about,
        party_id=party_id,
        organisation_id=tender.organisation_id,
        division_code=tender.division_code,
        after_id=first.id if first else None,
        words=words,
        may_affect=may_affect and kind != a.ENQUIRY,
        state=a.FILED,
        filed_by=actor.user_id,
        filed_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(CHALLENGE, row)
    award_clocks.start_answer(row, tender)
    audit.about(CHALLENGE, row.id)
    return {"id": row.id, "state": row.state}


def withdraw(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take back what one filed and nobody has answered."""
    row = fetch(Challenge, id, actor, FILE)
    states.change(CHALLENGE, row, to=a.WITHDRAWN, allowed=[a.FILED], suspended_until=None)
    award_clocks.stop_answer(row)
    audit.about(CHALLENGE, row.id, reason)
    return {"id": row.id, "state": row.state}


def answer(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    words: str,
    upheld: bool = False,
    remedy: str = CORRECT,
) -> dict[str, Any]:
    """Answer an enquiry or a challenge as the purchaser; only the approver may uphold one."""
    row = fetch(Challenge, id, actor, ANSWER)
    if row.kind == a.COMPLAINT:
        raise NotPermitted("ROLE_NOT_ALLOWED", _("投诉由财政监督部门处理，购买主体不能自己决定。"))
    if row.kind == a.ENQUIRY:
        _close(actor, row, a.ANSWERED, words)
    elif upheld:
        if not actor.may("award.decide"):
            raise NotPermitted("ROLE_NOT_ALLOWED", _("认定质疑成立须由“购买主体复核”岗位办理。"))
        _uphold(actor, row, words, remedy)
    else:
        _close(actor, row, a.REJECTED, words)
    return {"id": row.id, "state": row.state}


def suspend(actor: Actor, *, id: int, days: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Stop the procurement for some days while a complaint is looked into.

    All in all not longer than the law allows: SUSPENSION_TOO_LONG.
    """
    row = _complaint(actor, id)
    if row.state != a.FILED:
        raise RuleBroken("STATE_CHANGED", _("这项投诉已有结论，不能再暂停采购活动。"))
    longest = _figure(row, "complaint.suspend_days")
    since = row.suspended_from or clock.today()
    until = clock.today() + timedelta(days=days)
    last = since + timedelta(days=longest)
    if until > last:
        raise RuleBroken(
            "SUSPENSION_TOO_LONG",
            _(
                "暂停时间最长 %(longest)s 日，从 %(since)s 起最晚到 %(last)s。请缩短。",
                longest=longest,
                since=since,
                last=last,
            ),
            basis="政府采购法第五十七条",
            longest=longest,
        )
    row.suspended_from, row.suspended_until = since, until
    db.session.flush()
    audit.about(CHALLENGE, row.id)
    return {"id": row.id, "suspended_until": until.isoformat()}


def decide(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    words: str,
    upheld: bool,
    remedy: str = CORRECT,
) -> dict[str, Any]:
    """Decide a complaint as finance's supervisor; never by who had a hand in the procurement.

    Refuses CONTRACT_IN_FORCE and CONTRACT_PERFORMED where a result is taken back that contracts
    rest on.
    """
    row = _complaint(actor, id)
    if upheld:
        _uphold(actor, row, words, remedy)
    else:
        _close(actor, row, a.REJECTED, words)
    return {"id": row.id, "state": row.state}


# --- for signing, acceptance and payment --------------------------------------------------------


def refuse_while_challenged(tender_id: int) -> None:
    """Refuse CHALLENGE_OPEN while a challenge or complaint that may affect the result is open.

    For what follows an award: signing, acceptance, payment. The time in which one might still
    complain stops nothing; only what was filed does, and whatever finance has stopped it for.
    Inside an act, none is filed meanwhile.
    """
    if audit.under_way():
        query = db.select(Tender.id).where(Tender.id == tender_id)
        db.session.execute(query.with_for_update(read=True, of=Tender))
    stopping = db.session.scalars(
        db.select(Challenge)
        .where(Challenge.tender_id == tender_id, Challenge.state == a.FILED)
        .where(Challenge.kind.in_([a.CHALLENGE, a.COMPLAINT]))
        .where(db.or_(Challenge.may_affect, Challenge.suspended_until >= clock.today()))
        .order_by(Challenge.id)
    ).all()
    if not stopping:
        return
    until = max((row.suspended_until for row in stopping if row.suspended_until), default=None)
    raise RuleBroken(
        "CHALLENGE_OPEN",
        _(
            "有 %(count)s 项可能影响结果的质疑或投诉没有处理完（最早 %(day)s 提出），"
            "合同签订、验收和付款须暂停。请先处理质疑投诉。",
            count=len(stopping),
            day=clock.day_of(stopping[0].filed_at),
        ),
        basis="政府采购法实施条例第五十四条",
        challenges=[row.id for row in stopping],
        suspended_until=until.isoformat() if until else None,
    )


# --- parts -------------------------------------------------------------------------------------


def _figure(row: Challenge | Tender, code: str) -> int:
    return rulepack.number(code, on=clock.today(), division_code=row.division_code)


def last_day(tender: Tender, about: str) -> date | None:
    """Return the last day to challenge the documents, the process or the result; None: not yet."""
    begun = _begun(tender, about)
    if begun is None:
        return None
    days = rulepack.number(
        "challenge.file_working_days",
        on=clock.day_of(begun),
        division_code=tender.division_code,
    )
    return workdays.after(clock.day_of(begun), days).on


def _begun(tender: Tender, about: str) -> datetime | None:
    """Return when what may be challenged became known; None: it has not yet.

    Changed documents count from their last change, a failed procurement from its failure on.
    """
    if about == DOCUMENTS:
        known = [tender.published_at or tender.agreed_at]
        known += [amendment.made_at for amendment in tender.amendments]
        return max((at for at in known if at is not None), default=None)
    if tender.state == t.FAILED:
        found: datetime | None = db.session.scalar(
            db.select(db.func.max(states.StatusLog.at)).filter_by(
                object_type=TENDER, object_id=tender.id, to_state=t.FAILED
            )
        )
        return found
    if about == PROCESS:
        return tender.evaluated_at or tender.opened_at
    return tender.awarded_at


def _refuse_late(tender: Tender, about: str) -> None:
    last = last_day(tender, about)
    if last is None:
        raise RuleBroken("CHALLENGE_TOO_EARLY", _("这一环节还没有发生，不能质疑。可以先提出询问。"))
    if clock.today() > last:
        raise RuleBroken(
            "CHALLENGE_TOO_LATE",
            _("质疑期限是 %(last)s，已经过了。可以向采购人询问，或向有关部门反映。", last=last),
            basis="政府采购法第五十二条",
            last_day=last.isoformat(),
        )


def _refuse_stranger(tender: Tender, party_id: int, about: str) -> None:
    if about == DOCUMENTS:
        return
    # By the index: a bid that was sent back unopened, or whose seal was broken, bears no name.
    bid = db.select(Bid.id).where(
        Bid.tender_id == tender.id,
        Bid.state.not_in((b.REPLACED, b.WITHDRAWN)),
        db.or_(
            Bid.provider_id == party_id,
            Bid.bidder_index.in_(bidders.indexes(tender.id, party_id)),
        ),
    )
    if db.session.scalar(bid.limit(1)) is None:
        raise RuleBroken(
            "CHALLENGE_NOT_PARTY",
            _("只有参加了这个项目的供应商才能质疑过程和结果。对采购文件可以质疑。"),
            basis="政府采购法实施条例第五十五条",
        )


def _challenged(actor: Actor, tender: Tender, after_id: int | None) -> Challenge:
    """Return one's challenge that a complaint follows, in the time in which it may."""
    first = fetch(Challenge, after_id or 0, actor, FILE)
    if first.tender_id != tender.id or first.kind != a.CHALLENGE:
        raise InvalidInput(
            _("投诉须针对本项目中自己提出的质疑。"), errors={"after_id": [_("不是这个项目的质疑")]}
        )
    answered = first.decided_at is not None
    since = clock.day_of(first.decided_at if answered else first.filed_at)
    if not answered:
        since = workdays.after(since, _figure(tender, "challenge.answer_working_days")).on
    if first.state == a.WITHDRAWN or (not answered and clock.today() <= since):
        raise RuleBroken(
            "COMPLAINT_TOO_EARLY",
            _("质疑答复期到 %(day)s，期满没有答复或对答复不满意才能投诉。", day=since),
            basis="政府采购法第五十五条",
        )
    last = workdays.after(since, _figure(tender, "complaint.file_working_days")).on
    if clock.today() > last:
        raise RuleBroken(
            "CHALLENGE_TOO_LATE",
            _("投诉期限是 %(last)s，已经过了。", last=last),
            basis="政府采购法第五十五条",
            last_day=last.isoformat(),
        )
    _refuse_repeated(first)
    return first


def _refuse_repeated(first: Challenge) -> None:
    """Refuse a second complaint about an answer: each would stop signing and payment anew."""
    earlier = db.session.scalar(
        db.select(Challenge.id)
        .where(Challenge.after_id == first.id, Challenge.state != a.WITHDRAWN)
        .limit(1)
    )
    if earlier is not None:
        raise RuleBroken(
            "COMPLAINT_EXISTS",
            _("对这项质疑的答复已经投诉过，不能重复投诉。对处理决定不服的，请依法复议或诉讼。"),
            basis="政府采购法第五十八条",
            complaint_id=earlier,
        )


def _complaint(actor: Actor, number: int) -> Challenge:
    row: Challenge = fetch(Challenge, number, actor, DECIDE)
    if row.kind != a.COMPLAINT:
        raise NotFound("NOT_FOUND", _("没有找到这项投诉，请核对编号。"))
    tender = evaluation.locked(row.tender_id)
    assert tender is not None  # noqa: S101 - the complaint's own
    if tender.organisation_id in {grant.organisation_id for grant in actor.holding(DECIDE)}:
        raise NotPermitted("ROLE_NOT_ALLOWED", _("投诉不能由被投诉的购买主体处理。"))
    panel = [member.user_id for member in evaluation.members(tender.id)]
    four_eyes(actor, tender.made_by, tender.agreed_by, *panel, what=_("投诉处理"))
    return row


def _close(actor: Actor, row: Challenge, to: str, words: str, remedy: str | None = None) -> None:
    states.change(
        CHALLENGE,
        row,
        to=to,
        allowed=[a.FILED],
        answer=words,
        remedy=remedy,
        decided_by=actor.user_id,
        decided_at=clock.now(),
    )
    award_clocks.stop_answer(row)
    audit.about(CHALLENGE, row.id)


def _uphold(actor: Actor, row: Challenge, words: str, remedy: str) -> None:
    """Find for the provider, and undo the award where that is the remedy.

    After a contract was signed it is undone only once that has ended: `voiding.refuse_contracted`.
    """
    tender = evaluation.locked(row.tender_id)
    assert tender is not None  # noqa: S101 - the challenge's own
    _close(actor, row, a.UPHELD, words, remedy)
    if remedy == CORRECT:
        return
    voiding.refuse_contracted(tender.id)
    if remedy == NEXT:
        tender_steps.require(tender, "award.undo")
    for award in db.session.scalars(
        db.select(Award).where(
            Award.tender_id == tender.id, Award.state.in_([a.PROPOSED, a.DECIDED, a.PUBLISHED])
        )
    ).all():
        states.change(AWARD, award, to=a.CANCELLED, allowed=[award.state], reason=words)
        award_clocks.stop_signing(award.id)
    if remedy == FAIL:
        reports.fail(tender, UPHELD_CODE, _("质疑或投诉成立，中标、成交结果无效"))
        return
    tender_steps.take(tender, "award.undo")
    award_clocks.stop_all(tender)
    award_clocks.start(award_clocks.DECIDE, tender)
