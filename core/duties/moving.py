"""A duty that another unit takes over, and its money with it (费随事转)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch
from core.budget import BudgetLine
from core.db import db
from core.duties import planning
from core.duties.models import Duty
from core.duties.service import refuse_others_line
from core.errors import Conflict, InvalidInput, RuleBroken
from core.formats import yuan_text
from core.ledger import Owner, gated_balance
from core.parties import Organisation
from core.virement import propose_transfer

MOVE = "duty.move"


def move(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    organisation_id: int,
    from_on: date,
    document: str,
    to_line_id: int | None = None,
) -> dict[str, Any]:
    """Move a duty to another unit from a day on; its posts go with it, and so does its money.

    What its line still has available is proposed as virement to a line of the other unit, for a
    second person to approve. Refuses DUTY_WITHOUT_MONEY where no such line is named.
    """
    duty = fetch(Duty, id, actor, MOVE)
    organisation = fetch(Organisation, organisation_id, actor, MOVE)
    _refuse(duty, organisation, from_on)
    planning.refuse_new_institution(
        organisation, duty.item_code, posts=duty.posts, on=from_on, reason=duty.institution_reason
    )
    transfer = _move_money(actor, duty, organisation, to_line_id, document)
    new = Duty(
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        item_code=duty.item_code,
        name=duty.name,
        posts=duty.posts,
        posts_needed=duty.posts_needed,
        line_id=to_line_id,
        staff_fen=duty.staff_fen,
        from_on=from_on,
        document=document,
        institution_reason=duty.institution_reason,
        moved_from_id=duty.id,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    duty.to_on = from_on - timedelta(days=1)
    db.session.add(new)
    db.session.flush()
    audit.about("duty", duty.id, document)
    return {
        "id": duty.id,
        "new_id": new.id,
        "transfer_id": transfer.get("id"),
        "amount_fen": transfer.get("amount_fen", 0),
    }


def _refuse(duty: Duty, organisation: Organisation, from_on: date) -> None:
    if duty.to_on is not None:
        raise Conflict(
            "DUTY_ENDED",
            _("这项职责已于 %(day)s 截止。如又恢复，请登记一条新的。", day=duty.to_on),
        )
    if organisation.id == duty.organisation_id or organisation.kind != "purchaser":
        raise InvalidInput(
            _("请选接手这项职责的另一个单位。"), errors={"organisation_id": [_("须是另一个单位")]}
        )
    if from_on <= duty.from_on:
        raise InvalidInput(
            _("接手日须晚于职责的起始日，请改正。"), errors={"from_on": [_("须晚于起始日")]}
        )


def _move_money(
    actor: Actor,
    duty: Duty,
    organisation: Organisation,
    to_line_id: int | None,
    document: str,
) -> dict[str, Any]:
    if duty.line_id is None:
        if to_line_id is not None:
            raise InvalidInput(
                _("这项职责没有单独的指标，不必填写调入指标。"),
                errors={"to_line_id": [_("不必填写")]},
            )
        return {}
    line = db.session.get_one(BudgetLine, duty.line_id)
    left = gated_balance(Owner("line.available", line_id=line.id))
    if to_line_id is None:
        # A year that is over has no money left to follow.
        if not left or line.fiscal_year < clock.today().year:
            return {}
        raise RuleBroken(
            "DUTY_WITHOUT_MONEY",
            _(
                "费随事转：这项职责的经费在指标 %(code)s 上，还有 %(left)s 可用，"
                "职责转到“%(name)s”，经费须一并转去。请选接手单位的指标。",
                code=line.code,
                left=yuan_text(left),
                name=organisation.name,
            ),
            line_id=line.id,
            available_fen=left,
        )
    refuse_others_line(db.session.get_one(BudgetLine, to_line_id), organisation)
    if not left:
        return {}
    return propose_transfer(
        actor,
        from_line_id=line.id,
        to_line_id=to_line_id,
        amount_fen=left,
        document=document,
        reason=_("职责“%(name)s”转移，经费随之转移", name=duty.name),
    )
