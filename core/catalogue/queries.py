"""What officers and programs read of catalogues: versions, items, differences, comments, asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import clock
from core.access import Actor, User, scoped, visible
from core.catalogue import base, consulting, judging, negative, reading
from core.catalogue.drafting import EDIT, state_name
from core.catalogue.models import (
    ASKED,
    BUY,
    COMMENT,
    DRAFT,
    FLAGS,
    HAND_OVER,
    KEEP,
    OPEN,
    PUBLIC,
    PUBLISHED,
    SUBMITTED,
    Catalogue,
    CatalogueComment,
    CatalogueItem,
    CatalogueProposal,
    NegativeClearance,
    NegativeEntry,
)
from core.catalogue.publishing import PUBLISH
from core.catalogue.restricting import CONFIRM
from core.db import db
from core.divisions import Division
from core.errors import NotFound
from core.parties import Organisation

LIMIT = 50
VIEW = "catalogue.view"
NEGATIVE_VIEW = "negative.view"


def catalogues(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return catalogues, newest first: a place's own of every state, and all published ones."""
    query = db.select(Catalogue).where(_readable(actor)).order_by(Catalogue.id.desc())
    if before is not None:
        query = query.where(Catalogue.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    return {
        "items": [summary(row) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def catalogue(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a catalogue with its items and what may be done with it now."""
    row = readable(actor, id)
    names = _people([row.made_by, row.submitted_by, row.published_by])
    today = clock.today()
    mine = db.session.scalar(scoped(Catalogue, actor, EDIT).where(Catalogue.id == row.id))
    edits = actor.may(EDIT) and mine is not None
    over = row.comment_to is not None and row.comment_to < today
    return summary(row) | {
        "consultation": row.consultation,
        "reason": row.reason,
        "made_by": names.get(row.made_by),
        "submitted_by": names.get(row.submitted_by),
        "published_by": names.get(row.published_by),
        "submitted_at": _iso(row.submitted_at),
        "published_at": _iso(row.published_at),
        "unanswered": consulting.unanswered(row),
        "items": [item_answer(item) for item in row.items],
        "may": {
            "edit": edits and (row.state == DRAFT or (row.state == COMMENT and over)),
            "open": edits and row.state == DRAFT,
            "answer": edits and row.state == COMMENT,
            "submit": edits and row.state == COMMENT and over,
            "withdraw": edits and row.state in {DRAFT, COMMENT, SUBMITTED},
            "revise": edits and row.state == PUBLISHED,
            "publish": row.state == SUBMITTED
            and actor.may(PUBLISH)
            and actor.user_id not in {row.made_by, row.submitted_by},
        },
    }


def items_on(actor: Actor, *, division_code: str, on: date | None = None) -> dict[str, Any]:  # noqa: ARG001 - published lists are for everybody
    """Return what a division's purchasers may buy on a day (today), livelihood first."""
    day = on or clock.today()
    found = reading.items_on(division_code, day)
    return {"on": day.isoformat(), "items": [item_answer(item) for item in found]}


def difference(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return what a version adds, removes and changes against the version before it."""
    row = readable(actor, id)
    before = earlier(row)
    changes = reading.difference(before.items if before else [], row.items)
    return {
        "id": row.id,
        "before": summary(before) if before else None,
        "counts": dict(Counter(change.kind for change in changes)),
        "items": [change_answer(change) for change in changes],
    }


def comments(
    actor: Actor, *, catalogue_id: int, before: int | None = None, limit: int = LIMIT
) -> dict[str, Any]:
    """Return what was said of a catalogue and answered, newest first."""
    row = readable(actor, catalogue_id)
    return comments_of(row, before=before, limit=limit)


def comments_of(row: Catalogue, *, before: int | None, limit: int = LIMIT) -> dict[str, Any]:
    """Return a page of a catalogue's comments, newest first."""
    query = db.select(CatalogueComment).filter_by(catalogue_id=row.id)
    if before is not None:
        query = query.where(CatalogueComment.id < before)
    found = list(db.session.scalars(query.order_by(CatalogueComment.id.desc()).limit(limit)))
    return {
        "items": [
            {
                "id": one.id,
                "item_code": one.item_code,
                "speaker": one.speaker,
                "speaker_name": speaker_names()[one.speaker],
                "text": one.text,
                "at": _iso(one.at),
                "answer": one.answer,
                "answered_at": _iso(one.answered_at),
            }
            for one in found
        ],
        "next_before": found[-1].id if len(found) == limit else None,
    }


def proposals(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return what purchasers asked to have listed, newest first."""
    query = scoped(CatalogueProposal, actor, VIEW).order_by(CatalogueProposal.id.desc())
    if before is not None:
        query = query.where(CatalogueProposal.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = _organisations({row.organisation_id for row in rows})
    return {
        "items": [
            {
                "id": row.id,
                "organisation_id": row.organisation_id,
                "organisation": names[row.organisation_id],
                "name": row.name,
                "content": row.content,
                "need": row.need,
                "duty": row.duty,
                "flags": row.flags.split(),
                "state": row.state,
                "state_name": proposal_state(row.state),
                "made_at": _iso(row.made_at),
                "answer": row.answer,
                "item_id": row.item_id,
            }
            for row in rows
        ],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def negative_list(
    actor: Actor, *, division_code: str | None = None, on: date | None = None
) -> dict[str, Any]:
    """Return the negative list in force on a day (today), and what waits or was cleared."""
    day = on or clock.today()
    own = db.select(NegativeEntry).where(visible(NegativeEntry, actor, NEGATIVE_VIEW))
    cleared = db.select(NegativeClearance).where(visible(NegativeClearance, actor, NEGATIVE_VIEW))
    return {
        "on": day.isoformat(),
        "entries": [entry_answer(one) for one in negative.entries(day, division_code)],
        "asked": [
            _asked(row, text=row.text, detail=row.reason)
            | {"words": row.words.split("\n"), "from_on": row.from_on.isoformat()}
            for row in db.session.scalars(own.order_by(NegativeEntry.id.desc()).limit(LIMIT))
        ],
        "clearances": [
            _asked(row, text=row.phrase, detail=row.reason)
            | {"entry": row.entry, "document": row.document}
            for row in db.session.scalars(
                cleared.order_by(NegativeClearance.id.desc()).limit(LIMIT)
            )
        ],
        "may_confirm": actor.may(CONFIRM),
    }


def decided(actor: Actor, **answers: str) -> dict[str, Any]:  # noqa: ARG001 - every verb hears who acts
    """Return what the three and the four questions (yes, no) lead to: hand over, buy or keep."""
    said = {question: answer == "yes" for question, answer in answers.items()}
    decision = judging.decide(said)
    return {"decision": decision, "why": judging.explained(said)}


def handed_over(actor: Actor, *, division_code: str) -> dict[str, Any]:  # noqa: ARG001 - published lists are for everybody
    """Return how many functions a division newly handed over in each year."""
    query = (
        db.select(Catalogue)
        .where(
            Catalogue.division_code == division_code,
            Catalogue.kind == HAND_OVER,
            Catalogue.state == PUBLISHED,
        )
        .order_by(Catalogue.valid_from, Catalogue.id)
    )
    seen: set[str] = set()
    years: Counter[int] = Counter()
    for row in db.session.scalars(query):
        fresh = {item.code for item in row.items} - seen
        years[row.year] += len(fresh)
        seen |= fresh
    return {"years": [{"year": year, "functions": years[year]} for year in sorted(years)]}


# --- one thing as JSON -------------------------------------------------------------------------


def summary(row: Catalogue) -> dict[str, Any]:
    """Return a catalogue without its items."""
    division = db.session.get(Division, row.division_code)
    return {
        "id": row.id,
        "kind": row.kind,
        "kind_name": kind_names()[row.kind],
        "division_code": row.division_code,
        "division": division.name if division else row.division_code,
        "year": row.year,
        "batch": row.batch,
        "version": row.version,
        "name": row.name,
        "state": row.state,
        "state_name": state_name(row.state),
        "lower_may": row.lower_may,
        "copied_from": row.copied_from,
        "comment_from": _iso(row.comment_from),
        "comment_to": _iso(row.comment_to),
        "is_open": consulting.is_open(row),
        "valid_from": _iso(row.valid_from),
        "valid_to": _iso(row.valid_to),
        "document": row.document,
        "count": len(row.items),
    }


def item_answer(item: CatalogueItem) -> dict[str, Any]:
    """Return an item with how it was judged."""
    answers = item.judged()
    levels = reading.level_names()
    return {
        "id": item.id,
        "catalogue_id": item.catalogue_id,
        "code": item.code,
        "category": item.category,
        "category_name": base.categories().get(item.category or "", ""),
        "name": item.name,
        "nature": item.nature,
        "nature_name": nature_names().get(item.nature or "", ""),
        "content": item.content,
        "levels": item.levels.split(),
        "level_names": [levels[level] for level in item.levels.split()],
        "beneficiary": item.beneficiary,
        "flags": item.flags.split(),
        "flag_names": [flag_names()[flag] for flag in item.flags.split()],
        "dimensions": item.dimensions.split(),
        "provider_kind": item.provider_kind,
        "upper_code": item.upper_code,
        "approval_document": item.approval_document,
        "duty": item.duty,
        "baseline_fen": item.baseline_fen,
        "baseline_unit": item.baseline_unit,
        "baseline_year": item.baseline_year,
        "assessment": answers or None,
        "decision": item.decision,
        "decision_name": decision_names().get(item.decision or "", _("未判断")),
        "priority": item.priority,
        "score": judging.score(answers) if answers else None,
    }


def change_answer(change: reading.Change) -> dict[str, Any]:
    """Return one change between versions, in words too."""
    names = field_names()
    return {
        "code": change.code,
        "name": change.name,
        "change": change.kind,
        "change_name": {"added": _("新增"), "removed": _("删去"), "changed": _("改动")}[
            change.kind
        ],
        "fields": list(change.fields),
        "field_names": [names[field] for field in change.fields],
    }


def entry_answer(entry: negative.Entry) -> dict[str, Any]:
    """Return an entry of the negative list."""
    return {
        "code": entry.code,
        "text": entry.text,
        "reason": entry.reason,
        "basis": entry.basis,
        "words": list(entry.words),
        "from_on": entry.from_on.isoformat(),
        "to_on": entry.to_on.isoformat() if entry.to_on else None,
        "division_code": entry.division_code,
    }


def earlier(row: Catalogue) -> Catalogue | None:
    """Return the published version before one, of the same series."""
    found: Catalogue | None = db.session.scalars(
        db.select(Catalogue)
        .where(
            Catalogue.kind == row.kind,
            Catalogue.division_code == row.division_code,
            Catalogue.batch == row.batch,
            Catalogue.version < row.version,
            Catalogue.state == PUBLISHED,
        )
        .order_by(Catalogue.version.desc())
    ).first()
    return found


def readable(actor: Actor, number: int) -> Catalogue:
    """Return a catalogue that a person may read: one of its reach, or any published one."""
    row = db.session.scalar(db.select(Catalogue).where(Catalogue.id == number, _readable(actor)))
    if row is None:
        raise NotFound("NOT_FOUND", _("没有找到这本目录，或它还没有公布。请核对编号。"))
    found: Catalogue = row
    return found


def waiting_entries(actor: Actor) -> int:
    """Return how many additions and clearances of the negative list wait for this person."""
    count = 0
    for model in (NegativeEntry, NegativeClearance):
        query = db.select(db.func.count()).where(
            visible(model, actor, CONFIRM),
            model.state == ASKED,
            or_(model.made_by.is_(None), model.made_by != actor.user_id),
        )
        count += int(db.session.scalar(query) or 0)
    return count


def waiting_proposals(actor: Actor) -> int:
    """Return how many proposals wait for this person."""
    query = db.select(db.func.count()).where(
        visible(CatalogueProposal, actor, EDIT), CatalogueProposal.state == OPEN
    )
    return int(db.session.scalar(query) or 0)


# --- words -------------------------------------------------------------------------------------


def kind_names() -> dict[str, str]:
    """Return the words for the two kinds of catalogue."""
    return {BUY: _("购买服务指导性目录"), HAND_OVER: _("转移职能目录")}


def nature_names() -> dict[str, str]:
    """Return the words for the two natures of service."""
    return {PUBLIC: _("公共服务"), "support": _("政府履职辅助性服务")}


def decision_names() -> dict[str, str]:
    """Return the words for what is to become of an item."""
    return {BUY: _("购买"), HAND_OVER: _("转移"), KEEP: _("保留")}


def flag_names() -> dict[str, str]:
    """Return the words for what an item is marked with."""
    words = (
        _("民生优先"),
        _("新增"),
        _("临时性"),
        _("阶段性"),
        _("试点"),
        _("软服务"),
        _("适合社会组织"),
        _("行业管理"),
    )
    return dict(zip(FLAGS, words, strict=True))


def speaker_names() -> dict[str, str]:
    """Return the words for who may speak about a draft."""
    words = (_("居民"), _("社会组织"), _("企业"), _("部门和单位"), _("专家"), _("其他"))
    return dict(zip(consulting.SPEAKERS, words, strict=True))


def proposal_state(state: str) -> str:
    """Return the word for a proposal's state."""
    return {"open": _("待处理"), "taken": _("已列入草案"), "declined": _("未采纳")}[state]


def entry_state(state: str) -> str:
    """Return the word for the state of an addition or clearance."""
    return {"asked": _("待复核"), "confirmed": _("已复核"), "rejected": _("已退回")}[state]


def field_names() -> dict[str, str]:
    """Return the words for the fields of an item that a version may change."""
    return {
        "category": _("种类"),
        "name": _("名称"),
        "nature": _("性质"),
        "content": _("内容"),
        "levels": _("购买层级"),
        "beneficiary": _("受益对象"),
        "flags": _("标记"),
        "dimensions": _("统计维度"),
        "provider_kind": _("承接主体类型"),
    }


def _readable(actor: Actor) -> Any:
    return or_(visible(Catalogue, actor, VIEW), Catalogue.state == PUBLISHED)


def _asked(row: Any, *, text: str, detail: str) -> dict[str, Any]:
    names = _people([row.made_by, row.decided_by])
    return {
        "id": row.id,
        "division_code": row.division_code,
        "text": text,
        "reason": detail,
        "state": row.state,
        "state_name": entry_state(row.state),
        "made_by": names.get(row.made_by),
        "decided_by": names.get(row.decided_by),
    }


def _people(ids: Iterable[int | None]) -> dict[int | None, str]:
    rows = db.session.execute(
        db.select(User.id, User.name).where(User.id.in_([i for i in ids if i]))
    )
    return {row.id: row.name for row in rows}


def _organisations(ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def _iso(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
