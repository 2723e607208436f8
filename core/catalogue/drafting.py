"""Making a draft: taken over, copied from the last version, item by item, each item judged."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import audit, clock, states
from core.access import ROLES, Actor, fetch
from core.catalogue import base, judging, reading
from core.catalogue.models import (
    ADD,
    BUY,
    COMMENT,
    DRAFT,
    KEEP,
    PUBLISHED,
    WITHDRAWN,
    Catalogue,
    CatalogueItem,
    joined,
)
from core.db import db
from core.divisions import LEVELS, Division, require_division
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken

OBJECT = "catalogue"
EDIT = "catalogue.edit"
# What a copy of an item takes over.
COPIED = (
    "code category name nature content levels beneficiary flags dimensions provider_kind upper_code"
    " approval_document duty baseline_fen baseline_unit baseline_year assessment decision priority"
).split()


def adopt(
    actor: Actor,
    *,
    division_code: str,
    year: int,
    name: str,
    batch: int = 1,
    kind: str = BUY,
    lower_may: str = ADD,
    codes: list[str] | None = None,
) -> dict[str, Any]:
    """Begin a division's first catalogue of a batch with items of the catalogue above it.

    That is the nearest published one above, or the general one; `codes` chooses items (none:
    all that the division's level may have). A catalogue of functions handed over begins empty.
    """
    division = own_division(actor, division_code, EDIT)
    catalogue = _begin(
        actor,
        kind=kind,
        division_code=division.code,
        year=year,
        batch=batch,
        name=name,
        lower_may=lower_may,
    )
    if kind == BUY:
        found = _offered(division)
        for code in found if codes is None else dict.fromkeys(codes):
            if code not in found:
                raise InvalidInput(
                    _("上级目录里没有编号为“%(code)s”的事项，请核对。", code=code),
                    errors={"codes": [code]},
                )
            _add(catalogue, **found[code])
    return _said(catalogue)


def revise(actor: Actor, *, id: int, year: int, name: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Begin the next version of a published catalogue as a copy of it."""
    last = fetch(Catalogue, id, actor, EDIT)
    if last.state != PUBLISHED:
        raise Conflict(
            "STATE_CHANGED",
            _("只有已公布的目录才能调整；这一版还没有公布，请直接修改。"),
            state=last.state,
        )
    catalogue = _begin(
        actor,
        kind=last.kind,
        division_code=last.division_code,
        year=year,
        batch=last.batch,
        name=name,
        lower_may=last.lower_may,
        copied_from=last.id,
    )
    for item in last.items:
        _add(catalogue, **{field: getattr(item, field) for field in COPIED})
    return _said(catalogue)


def put_item(
    actor: Actor,
    *,
    catalogue_id: int,
    code: str,
    levels: list[str],
    flags: list[str],
    dimensions: list[str],
    **fields: Any,
) -> dict[str, Any]:
    """Add an item to a draft, or rewrite the one of its code; how it was judged stays."""
    catalogue = open_draft(actor, catalogue_id)
    require_pen(catalogue)
    _require_levels(catalogue, levels)
    if unknown := [one for one in dimensions if one not in base.dimensions()]:
        raise InvalidInput(
            _("没有“%(code)s”这个统计维度。", code=unknown[0]), errors={"dimensions": unknown}
        )
    values = fields | {
        "levels": joined(levels),
        "flags": joined(flags),
        "dimensions": joined(dimensions),
    }
    if "trade_management" in flags and not values.get("provider_kind"):
        values["provider_kind"] = base.TRADE_ASSOCIATION
    item = find_item(catalogue, code)
    if item is None:
        item = _add(catalogue, code=code, priority=0, **values)
    else:
        for name, value in values.items():
            setattr(item, name, value)
        db.session.flush()
    audit.about(OBJECT, catalogue.id, code)
    return {"id": catalogue.id, "item_id": item.id, "code": code}


def select_items(actor: Actor, *, catalogue_id: int, codes: list[str]) -> dict[str, Any]:
    """Take items over, as they are, from the catalogue above into a draft."""
    catalogue = open_draft(actor, catalogue_id)
    found = _offered(require_division(catalogue.division_code))
    for code in dict.fromkeys(codes):
        if code not in found:
            raise InvalidInput(
                _("上级目录里没有编号为“%(code)s”的事项，请核对。", code=code),
                errors={"codes": [code]},
            )
        if find_item(catalogue, code) is None:
            _add(catalogue, **found[code])
    audit.about(OBJECT, catalogue.id, " ".join(codes))
    return {"id": catalogue.id, "items": len(catalogue.items)}


def drop_item(
    actor: Actor, *, catalogue_id: int, code: str, reason: str | None = None
) -> dict[str, Any]:
    """Take an item out of a draft; a new, temporary or phased one only with a written reason."""
    catalogue = open_draft(actor, catalogue_id)
    item = require_item(catalogue, code)
    if catalogue.kind == BUY:
        judging.require_explained(item, reason)
    catalogue.items.remove(item)
    db.session.delete(item)
    audit.about(OBJECT, catalogue.id, f"{code} {reason or ''}".strip())
    return {"id": catalogue.id, "items": len(catalogue.items)}


def assess(
    actor: Actor, *, catalogue_id: int, code: str, reason: str | None = None, **answers: Any
) -> dict[str, Any]:
    """Record how an item was judged, and what follows: hand over, buy or keep.

    A new, temporary or phased item that is to be kept needs a written reason.
    """
    catalogue = open_draft(actor, catalogue_id)
    item = require_item(catalogue, code)
    item.decision = judging.decide(answers)
    item.priority = len(set(answers["priorities"]))
    if item.decision == KEEP:
        judging.require_explained(item, reason)
    kept = answers | ({"other_mode_reason": reason} if reason else {})
    item.assessment = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    db.session.flush()
    audit.about(OBJECT, catalogue.id, f"{code} {item.decision}")
    return {
        "id": catalogue.id,
        "code": code,
        "decision": item.decision,
        "why": judging.explained(answers),
        "priority": item.priority,
        "score": judging.score(answers),
    }


# --- also for the neighbours -------------------------------------------------------------------


def open_draft(actor: Actor, catalogue_id: int) -> Catalogue:
    """Return a catalogue whose items may be written now, locked; refuse others.

    While the public is asked nothing changes under its eyes; afterwards it may, in answer.
    """
    catalogue: Catalogue = fetch(Catalogue, catalogue_id, actor, EDIT)
    today = clock.today()
    if catalogue.state == COMMENT and today <= (catalogue.comment_to or today):
        raise Conflict(
            "CATALOGUE_OPEN_FOR_COMMENT",
            _(
                "目录正在公开征求意见，%(day)s 截止前不能改动。请截止后再按意见修改。",
                day=catalogue.comment_to,
            ),
            state=catalogue.state,
        )
    if catalogue.state not in {DRAFT, COMMENT}:
        raise Conflict(
            "CATALOGUE_CLOSED",
            _(
                "这一版目录%(state)s，不能再改。需要调整的，请另起一版。",
                state=state_name(catalogue.state),
            ),
            state=catalogue.state,
        )
    return catalogue


def own_division(actor: Actor, code: str, permission: str) -> Division:
    """Return a division for which the actor may set rules: of its own level or below."""
    division = require_division(code)
    for grant in actor.holding(permission):
        if ROLES[grant.role].side == "system":
            return division
        if grant.division_code in division.path.split("/"):
            return division
    raise RuleBroken(
        "CATALOGUE_LEVEL_FORBIDDEN",
        _("只能编制本级和下级的目录，%(place)s的不归本级编制。", place=division.name),
        basis=reading.ORDER_102,
    )


def require_pen(catalogue: Catalogue) -> None:
    """Refuse items of one's own where the catalogue above keeps the right to write them."""
    upper = reading.upper_of(catalogue.division_code, clock.today())
    if catalogue.kind == BUY and upper.only_select:
        raise reading.forbidden(upper.name)


def find_item(catalogue: Catalogue, code: str) -> CatalogueItem | None:
    """Return a catalogue's item by code."""
    return next((item for item in catalogue.items if item.code == code), None)


def require_item(catalogue: Catalogue, code: str) -> CatalogueItem:
    """Return a catalogue's item by code; refuse an unknown one."""
    found = find_item(catalogue, code)
    if found is None:
        raise NotFound("NOT_FOUND", _("这一版目录里没有编号为“%(code)s”的事项。", code=code))
    return found


def add_plain(catalogue: Catalogue, *, code: str, name: str, content: str, **more: Any) -> int:
    """Add an item of which only name and content are known yet; return its number."""
    item = _add(
        catalogue,
        code=code,
        name=name,
        content=content,
        levels=joined([require_division(catalogue.division_code).level]),
        beneficiary="public",
        dimensions=joined([]),
        priority=0,
        **more,
    )
    return item.id


def state_name(state: str) -> str:
    """Return the word for a catalogue's state."""
    return {
        DRAFT: _("起草中"),
        COMMENT: _("征求意见"),
        "submitted": _("待公布"),
        PUBLISHED: _("已公布"),
        WITHDRAWN: _("已撤回"),
    }[state]


def _begin(actor: Actor, **fields: Any) -> Catalogue:
    """Begin a version; a series has one draft at a time."""
    series = {name: fields[name] for name in ("kind", "division_code", "batch")}
    under_way = db.select(Catalogue.id).filter_by(**series)
    under_way = under_way.where(Catalogue.state.not_in([PUBLISHED, WITHDRAWN]))
    if number := db.session.scalar(under_way):
        raise Conflict(
            "CATALOGUE_UNDER_WAY",
            _("这一批目录已有一版正在编制，请在那一版上修改，或先撤回它。"),
            id=number,
        )
    last = db.session.scalar(db.select(func.max(Catalogue.version)).filter_by(**series)) or 0
    catalogue = Catalogue(
        version=last + 1,
        state=DRAFT,
        made_by=actor.user_id,
        made_at=clock.now(),
        **fields,
    )
    db.session.add(catalogue)
    db.session.flush()
    states.begin(OBJECT, catalogue)
    audit.about(OBJECT, catalogue.id)
    return catalogue


def _said(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "id": catalogue.id,
        "version": catalogue.version,
        "state": catalogue.state,
        "items": len(catalogue.items),
    }


def _add(catalogue: Catalogue, **values: Any) -> CatalogueItem:
    item = CatalogueItem(**values)
    catalogue.items.append(item)
    db.session.flush()
    return item


def _offered(division: Division) -> dict[str, dict[str, Any]]:
    """Return what a division may take over from above, as the values of its own items by code."""
    upper = reading.upper_of(division.code, clock.today())
    own = LEVELS[LEVELS.index(division.level) :]
    if upper.items:
        found = {
            code: {field: getattr(item, field) for field in COPIED} | {"upper_code": code}
            for code, item in upper.items.items()
        }
    else:
        found = {code: _of_leaf(leaf) for code, leaf in base.leaves().items()}
    for values in found.values():
        values["levels"] = joined(one for one in own if f" {one} " in values["levels"])
    return {code: values for code, values in found.items() if values["levels"].strip()}


def _of_leaf(leaf: base.Leaf) -> dict[str, Any]:
    answers = judging.shipped_answers(leaf)
    return {
        "code": leaf.code,
        "category": leaf.category,
        "name": leaf.name,
        "nature": leaf.nature,
        "content": leaf.content,
        "levels": joined(leaf.levels),
        "beneficiary": leaf.beneficiary,
        "flags": joined(leaf.flags),
        "dimensions": joined(leaf.dimensions),
        "provider_kind": leaf.provider_kind,
        "upper_code": leaf.code,
        "assessment": json.dumps(answers, ensure_ascii=False, sort_keys=True),
        "decision": judging.decide(answers),
        "priority": len(answers["priorities"]),
    }


def _require_levels(catalogue: Catalogue, levels: list[str]) -> None:
    """Refuse levels above the catalogue's own: nobody speaks for those above."""
    own = LEVELS[LEVELS.index(require_division(catalogue.division_code).level) :]
    if above := [level for level in levels if level not in own]:
        raise RuleBroken(
            "CATALOGUE_LEVEL_FORBIDDEN",
            _(
                "本目录只能规定本级和下级的购买事项，不能规定%(levels)s的。",
                levels="、".join(reading.level_names()[level] for level in above),
            ),
            basis=reading.ORDER_102,
        )
