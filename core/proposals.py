"""What one person drafts and another puts in force: the steps rule figures and calendars share.

Once approved a proposal is never changed again; a correction is another proposal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Text, not_
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock, states
from core.access import ROLES, Actor, four_eyes
from core.db import Id, Instant, db
from core.divisions import Division, within
from core.errors import NotPermitted
from core.parties import Organisation

DRAFT, SUBMITTED, APPROVED = "draft", "submitted", "approved"
RETURNED, WITHDRAWN = "returned", "withdrawn"
STATES = (DRAFT, SUBMITTED, APPROVED, RETURNED, WITHDRAWN)


class Proposal:
    """The columns of a row that is drafted, submitted and approved by a second person.

    `owner_code` is the division of the office that drafted it; offices of that division or above
    it see and decide it. None: the system's own.
    """

    state: Mapped[str] = mapped_column(Text)
    owner_code: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = mapped_column(Id)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision_reason: Mapped[str | None] = mapped_column(Text)


def owner_for(actor: Actor, permission: str, division_code: str | None) -> str | None:
    """Return the division for whose office an actor may draft something for a division.

    `division_code` None is the whole country, which only an office may touch outside whose
    division no organisation is registered here: in a county's own system the county, in a
    province's the province. Refuses NO_AUTHORITY.
    """
    for grant in actor.holding(permission):
        if ROLES[grant.role].side == "system":
            return division_code
        if _covers(grant.division_code, division_code):
            return grant.division_code
    if division_code is None:
        raise NotPermitted(
            "NO_AUTHORITY",
            _(
                "全国通用的规定只能由本系统中最高一级的财政部门登记。"
                "请报上级财政部门办理，或只登记本级的规定。"
            ),
        )
    raise NotPermitted(
        "NO_AUTHORITY",
        _("行政区划 %(code)s 不在您的管辖范围内，请由当地财政部门登记。", code=division_code),
        division_code=division_code,
    )


def begin(object_type: str, row: Any, actor: Actor) -> None:
    """Add a new draft."""
    row.state, row.made_by, row.made_at = DRAFT, actor.user_id, clock.now()
    db.session.add(row)
    db.session.flush()
    states.begin(object_type, row)


def submit(object_type: str, row: Any, actor: Actor) -> None:
    """Hand a draft in for approval."""
    states.change(
        object_type,
        row,
        to=SUBMITTED,
        allowed=[DRAFT],
        submitted_by=actor.user_id,
        submitted_at=clock.now(),
    )
    audit.about(object_type, row.id)


def approve(object_type: str, row: Any, actor: Actor, *, what: str) -> None:
    """Put what was submitted in force; refuses FOUR_EYES_REQUIRED to who drafted or submitted."""
    four_eyes(actor, row.made_by, row.submitted_by, what=what)
    _decide(object_type, row, actor, to=APPROVED, allowed=[SUBMITTED])


def send_back(object_type: str, row: Any, actor: Actor, *, reason: str) -> None:
    """Return what was submitted; its draft has ended, a better one is a new one."""
    _decide(object_type, row, actor, to=RETURNED, allowed=[SUBMITTED], reason=reason)


def withdraw(object_type: str, row: Any, actor: Actor, *, reason: str) -> None:
    """Take back a draft that is not approved yet."""
    _decide(object_type, row, actor, to=WITHDRAWN, allowed=[DRAFT, SUBMITTED], reason=reason)


def state_name(state: str) -> str:
    """Return the word for a proposal's state."""
    return {
        DRAFT: _("草稿"),
        SUBMITTED: _("待批准"),
        APPROVED: _("已批准"),
        RETURNED: _("已退回"),
        WITHDRAWN: _("已撤回"),
    }[state]


def _decide(
    object_type: str,
    row: Any,
    actor: Actor,
    *,
    to: str,
    allowed: list[str],
    reason: str | None = None,
) -> None:
    states.change(
        object_type,
        row,
        to=to,
        allowed=allowed,
        decided_by=actor.user_id,
        decided_at=clock.now(),
        decision_reason=reason,
    )
    audit.about(object_type, row.id, reason)


def _covers(office_code: str, division_code: str | None) -> bool:
    """Tell whether a division lies in an office's; the country (None), if nothing is outside."""
    if division_code is None:
        outside = db.select(Organisation.id).where(
            not_(within(Organisation.division_code, office_code))
        )
        return db.session.scalar(outside.limit(1)) is None
    division = db.session.get(Division, division_code)
    return division is not None and office_code in division.path.strip("/").split("/")
