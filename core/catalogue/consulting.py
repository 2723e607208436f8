"""Asking the public about a draft (公开征求意见): days, comments without an account, answers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import audit, clock, states
from core.access import Actor, fetch
from core.catalogue.drafting import EDIT, OBJECT, find_item
from core.catalogue.models import COMMENT, DRAFT, Catalogue, CatalogueComment
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken

# The shortest time in which people can hear of it and write; a house rule, no law names one.
COMMENT_DAYS_LEAST = 7
COMMENT_LEAST, COMMENT_MOST = 5, 500
# So many an hour about one draft are a machine, not a county.
COMMENTS_AN_HOUR = 200
SPEAKERS = ("resident", "social_organisation", "enterprise", "department", "expert", "other")
# An identity number, a mobile or a card number: nobody needs it here, and it would be public.
PERSONAL = re.compile(r"\d{11,}|\d{17}[\dXx]")


def open_comment(actor: Actor, *, id: int, from_on: date, to_on: date) -> dict[str, Any]:  # noqa: A002 - the field
    """Open a draft to public comment, from a day to a day (both inclusive)."""
    catalogue = fetch(Catalogue, id, actor, EDIT)
    if from_on < clock.today():
        raise InvalidInput(
            _("征求意见不能从过去的日子开始。"), errors={"from_on": ["不能早于今天"]}
        )
    if to_on < from_on + timedelta(COMMENT_DAYS_LEAST - 1):
        raise InvalidInput(
            _("征求意见至少 %(days)s 天，请延后截止日。", days=COMMENT_DAYS_LEAST),
            errors={"to_on": [str(from_on + timedelta(COMMENT_DAYS_LEAST - 1))]},
        )
    if not catalogue.items:
        raise RuleBroken(
            "CATALOGUE_EMPTY", _("目录里一项也没有，没有可征求意见的内容。请先添加事项。")
        )
    states.change(
        OBJECT, catalogue, to=COMMENT, allowed=[DRAFT], comment_from=from_on, comment_to=to_on
    )
    audit.about(OBJECT, catalogue.id, f"{from_on}/{to_on}")
    return {"id": catalogue.id, "state": catalogue.state}


def comment(
    actor: Actor,  # noqa: ARG001 - nobody need be signed in, and nobody's name is kept
    *,
    catalogue_id: int,
    speaker: str,
    text: str,
    item_code: str | None = None,
) -> dict[str, Any]:
    """Record what somebody says of a draft that is open for comment today."""
    catalogue = db.session.get(Catalogue, catalogue_id)
    if catalogue is None or catalogue.state == DRAFT:
        raise NotFound("NOT_FOUND", _("没有这份征求意见稿，请从目录页进入。"))
    if not is_open(catalogue):
        raise RuleBroken(
            "CONSULTATION_CLOSED",
            _(
                "这份目录的征求意见时间是 %(first)s 至 %(last)s，现在不能提交意见。",
                first=catalogue.comment_from or "—",
                last=catalogue.comment_to or "—",
            ),
            basis="政府购买服务管理办法第十一条",
        )
    if PERSONAL.search(text):
        raise InvalidInput(
            _("意见会公开，请不要写身份证号、手机号、银行卡号。"),
            errors={"text": ["含有个人号码"]},
            code="PERSONAL_DATA",
        )
    if item_code and find_item(catalogue, item_code) is None:
        raise NotFound("NOT_FOUND", _("这份目录里没有编号为“%(code)s”的事项。", code=item_code))
    _refuse_flood(catalogue, text)
    row = CatalogueComment(
        catalogue_id=catalogue.id,
        division_code=catalogue.division_code,
        item_code=item_code,
        speaker=speaker,
        text=text,
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about("catalogue_comment", row.id)
    return {"id": row.id}


def answer(actor: Actor, *, id: int, answer: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Answer a comment, once; the answer is published with it."""
    row = fetch(CatalogueComment, id, actor, EDIT)
    if row.answered_at is not None:
        raise Conflict("STATE_CHANGED", _("这条意见已经答复过了。请刷新后查看。"))
    row.answer, row.answered_by, row.answered_at = answer, actor.user_id, clock.now()
    audit.about("catalogue_comment", row.id)
    return {"id": row.id, "answered": True}


def is_open(catalogue: Catalogue) -> bool:
    """Tell whether the public may comment on a draft today."""
    first, last = catalogue.comment_from, catalogue.comment_to
    return bool(catalogue.state == COMMENT and first and last and first <= clock.today() <= last)


def unanswered(catalogue: Catalogue) -> int:
    """Return how many comments on a draft have no answer yet."""
    query = db.select(func.count()).where(
        CatalogueComment.catalogue_id == catalogue.id, CatalogueComment.answered_at.is_(None)
    )
    return int(db.session.scalar(query) or 0)


def _refuse_flood(catalogue: Catalogue, text: str) -> None:
    own = CatalogueComment.catalogue_id == catalogue.id
    same = db.select(CatalogueComment.id).where(own, CatalogueComment.text == text)
    if db.session.scalar(same.limit(1)):
        raise Conflict("COMMENT_REPEATED", _("已经收到一条完全相同的意见，不必重复提交。"))
    since = clock.now() - timedelta(hours=1)
    query = db.select(func.count()).where(own, CatalogueComment.at > since)
    if (db.session.scalar(query) or 0) >= COMMENTS_AN_HOUR:
        raise RuleBroken(
            "TOO_MANY_COMMENTS",
            _(
                "一小时内已收到 %(most)s 条意见，请过一小时再提交。",
                most=COMMENTS_AN_HOUR,
            ),
        )
