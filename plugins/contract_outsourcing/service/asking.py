"""Questions about a tender's documents and their answers, public without who asked."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, deadlines
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, NotFound
from plugins.contract_outsourcing.models import Tender, TenderQuestion
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import inviting, notices, steps, tender_clocks


def ask(actor: Actor, *, id: int, words: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Ask about a tender's documents before bidding closes; nobody learns who asked.

    Refuses NOT_FOUND for a tender by invitation of others, and BIDDING_CLOSED.
    """
    tender = db.session.get(Tender, id)
    shown = tender is not None and tender.state == t.PUBLISHED
    if tender is None or not (shown and inviting.may_see(tender, actor)):
        raise NotFound("NOT_FOUND", _("没有找到这个采购项目，或它现在不接受提问。请核对编号。"))
    notices.refuse_after_close(tender)
    question = TenderQuestion(tender_id=tender.id, words=words, asked_at=clock.now())
    db.session.add(question)
    db.session.flush()
    deadlines.start(
        tender_clocks.QUESTION,
        tender_clocks.QUESTION_TYPE,
        question.id,
        from_on=clock.today(),
        organisation_id=tender.organisation_id,
        division_code=tender.division_code,
        what=f"{tender.number} {tender.name}",
    )
    audit.about(steps.TENDER, tender.id)
    return {"id": question.id, "tender_id": tender.id}


def answer(actor: Actor, *, id: int, answer: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Answer a question, for everybody to read; once."""
    question = db.session.get(TenderQuestion, id)
    if question is None:
        raise NotFound("NOT_FOUND", _("没有找到这个提问，请核对编号。"))
    tender = fetch(Tender, question.tender_id, actor, "tender.make")
    steps.tender.require(tender, "tender.answer")
    db.session.refresh(question)
    if question.answered_at is not None:
        raise Conflict("STATE_CHANGED", _("这个提问已经答复，请刷新后查看。"))
    question.answer, question.answered_by = answer, actor.user_id
    question.answered_at = clock.now()
    deadlines.stop(tender_clocks.QUESTION, tender_clocks.QUESTION_TYPE, question.id)
    db.session.flush()
    audit.about(steps.TENDER, tender.id)
    return {"id": question.id, "tender_id": tender.id}
