"""A procurement's panel: drawn by lot, declared by each member, secret until the award."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, RoleGrant, User, fetch
from core.db import db
from core.divisions import Division
from core.errors import InvalidInput, NotFound, RuleBroken
from plugins.contract_outsourcing.models import (
    Expert,
    KeyHolder,
    PanelDraw,
    PanelMember,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.rules.drawing import draw as draw_lots
from plugins.contract_outsourcing.service import evaluation, experts
from plugins.contract_outsourcing.service.steps import TENDER
from plugins.contract_outsourcing.service.steps import tender as tender_steps

HOLD, SERVE = "panel.hold", "panel.serve"
MEMBER = "panel_member"


def draw(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    count: int,
    fields: list[str],
) -> dict[str, Any]:
    """Draw experts for a panel from the pools of the place and above it, by a recorded seed.

    Left out with their reasons: who is tied to a bidder, the purchaser or its agency, who made
    the procurement or holds its key, who sits or sat on this panel. The answer names nobody.
    Refuses EXPERTS_TOO_FEW.
    """
    row = fetch(Tender, id, actor, HOLD)
    tender_steps.require(row, "panel.draw")
    candidates, excluded = _candidates(row, fields)
    if len(candidates) < count:
        raise RuleBroken(
            "EXPERTS_TOO_FEW",
            _(
                "要抽 %(count)s 名专家，可抽的只有 %(found)s 名（回避 %(excluded)s 名）。"
                "请放宽专业，或请财政部门补充专家库。",
                count=count,
                found=len(candidates),
                excluded=len(excluded),
            ),
            basis=evaluation.BASIS_PANEL,
            asked=count,
            found=len(candidates),
        )
    seed = secrets.token_hex(16)
    drawn = draw_lots(candidates, count, seed)
    db.session.add(
        PanelDraw(
            tender_id=row.id,
            seed=seed,
            candidates=sorted(candidates),
            excluded={str(number): why for number, why in sorted(excluded.items())},
            drawn=drawn,
            drawn_by=actor.user_id,
            drawn_at=clock.now(),
        )
    )
    for number in drawn:
        _seat(row, candidates[number], expert_id=number)
    audit.about(TENDER, row.id)
    return evaluation.answer(row, drawn=count, candidates=len(candidates), excluded=len(excluded))


def add_representative(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    user_id: int,
) -> dict[str, Any]:
    """Send one of the purchaser's own to the panel: at most a third of it, never its clerk.

    Refuses ROLE_NOT_ALLOWED for the clerk and who made the procurement, PANEL_INVALID where the
    purchaser's own would be more than a third.
    """
    row = fetch(Tender, id, actor, HOLD)
    tender_steps.require(row, "panel.draw")
    roles = _roles_at(user_id, row.organisation_id)
    if not roles:
        raise NotFound("NOT_FOUND", _("购买主体没有这个人，请核对。"))
    if "purchaser_clerk" in roles or user_id == row.made_by:
        raise RuleBroken(
            "ROLE_NOT_ALLOWED",
            _("项目的经办人不能进入评审组。请由本单位其他人员作采购人代表。"),
            basis=evaluation.BASIS_PANEL,
        )
    if "purchaser_approver" not in roles:
        raise RuleBroken(
            "ROLE_NOT_ALLOWED",
            _("采购人代表须有参加评审的岗位。请先授予“购买主体复核”岗位。"),
        )
    panel = evaluation.members(row.id)
    own = 1 + sum(member.expert_id is None for member in panel)
    total = max(len(panel) + 1, int(evaluation.figure(row, evaluation.method_of(row).panel_min)))
    if own * 3 > total:
        raise RuleBroken(
            "PANEL_INVALID",
            _(
                "采购人代表不得超过评审组的三分之一：%(total)s 人的评审组，代表已有 %(own)s 人。",
                total=total,
                own=own - 1,
            ),
            basis=evaluation.BASIS_PANEL,
        )
    _refuse_seated(row, user_id)
    member = _seat(row, user_id, expert_id=None)
    audit.about(TENDER, row.id)
    return evaluation.answer(row, member_id=member.id)


def declare(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    confirms: bool,
    reason: str | None = None,
) -> dict[str, Any]:
    """Confirm one's seat on a panel, or stand down with a reason; then another is drawn.

    Confirming refuses CONFLICT_OF_INTEREST where a tie is known by now.
    """
    row, member = evaluation.as_member(actor, id)
    tender_steps.require(row, "panel.declare")
    if member.finished_at is not None:
        raise RuleBroken(
            "SCORES_FINISHED", _("您已提交评审，不能再退出评审组。如有问题请告知财政监督人员。")
        )
    if not confirms:
        if not reason:
            raise InvalidInput(_("退出评审组须写明理由。"), errors={"reason": [_("请填写")]})
        _stand_down(member, reason)
        audit.about(TENDER, row.id, _("成员退出评审组"))
        return evaluation.answer(row, member_state=member.state)
    _refuse_conflict(row, member)
    if member.state == a.DRAWN:
        states.change(MEMBER, member, to=a.CONFIRMED, allowed=[a.DRAWN], declared_at=clock.now())
    audit.about(TENDER, row.id)
    return evaluation.answer(row, member_state=member.state)


def replace(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    member_id: int,
    reason: str,
) -> dict[str, Any]:
    """Stand a member down who cannot come or may not judge; draw another afterwards."""
    row = fetch(Tender, id, actor, HOLD)
    tender_steps.require(row, "panel.draw")
    member = db.session.get(PanelMember, member_id)
    if member is None or member.tender_id != row.id or member.state == a.STOOD_DOWN:
        raise NotFound("NOT_FOUND", _("评审组里没有这名成员，请刷新后重试。"))
    if member.finished_at is not None:
        raise RuleBroken("SCORES_FINISHED", _("这名成员已提交评审，不能更换。"))
    _stand_down(member, reason)
    audit.about(TENDER, row.id, reason)
    return evaluation.answer(row)


# --- parts -------------------------------------------------------------------------------------


def _candidates(tender: Tender, fields: list[str]) -> tuple[dict[int, int], dict[int, str]]:
    """Return who can be drawn (expert's number: user), and who is left out and why."""
    path = db.session.scalars(
        db.select(Division.path).where(Division.code == tender.division_code)
    ).one()
    pool = db.session.scalars(
        db.select(Expert)
        .join(User, User.id == Expert.user_id)
        .where(Expert.division_code.in_(path.strip("/").split("/")))
        .where(Expert.retired_on.is_(None), User.disabled_at.is_(None))
        .order_by(Expert.id)
    ).all()
    concerned = _concerned(tender)
    involved = _persons(_involved(tender))
    seated = _persons(
        db.session.scalars(db.select(PanelMember.user_id).filter_by(tender_id=tender.id)).all()
    )
    candidates, excluded = {}, {}
    for expert in pool:
        if fields and not set(fields) & set(expert.fields):
            continue
        own = _persons([expert.user_id])
        why = None
        if own & seated:
            why = _("已在或曾在本项目评审组")
        elif own & involved:
            why = _("经办过本项目")
        why = why or experts.conflicts(
            expert, concerned, on=clock.today(), division_code=tender.division_code
        )
        if why:
            excluded[expert.id] = why
        else:
            candidates[expert.id] = expert.user_id
    return candidates, excluded


def _concerned(tender: Tender) -> set[int]:
    """Return the organisations whose ties keep an expert away."""
    bidders = {bid.provider_id for bid in evaluation.openings(tender.id)}
    return bidders | {tender.organisation_id} | ({tender.agency_id} if tender.agency_id else set())


def _involved(tender: Tender) -> list[int]:
    """Return the users who had a hand in a procurement."""
    holders = db.session.scalars(db.select(KeyHolder.user_id).filter_by(tender_id=tender.id))
    makers = (tender.made_by, tender.agreed_by)
    return [*holders, *[user for user in makers if user is not None]]


def _persons(user_ids: Any) -> set[str]:
    """Return the persons behind accounts: two accounts of one person are one."""
    rows = db.session.execute(
        db.select(User.id, User.person_index).where(User.id.in_(list(user_ids)))
    )
    return {row.person_index or f"user:{row.id}" for row in rows}


def _roles_at(user_id: int, organisation_id: int) -> set[str]:
    today = clock.today()
    rows = db.session.scalars(
        db.select(RoleGrant.role)
        .where(RoleGrant.user_id == user_id, RoleGrant.organisation_id == organisation_id)
        .where(RoleGrant.from_on <= today)
        .where(db.or_(RoleGrant.to_on.is_(None), RoleGrant.to_on >= today))
    )
    return set(rows)


def _refuse_seated(tender: Tender, user_id: int) -> None:
    seated = db.session.scalars(db.select(PanelMember.user_id).filter_by(tender_id=tender.id))
    if _persons([user_id]) & _persons(seated.all()):
        raise RuleBroken("MEMBER_SEATED", _("这个人已在或曾在本项目的评审组。请另选一人。"))


def _seat(tender: Tender, user_id: int, *, expert_id: int | None) -> PanelMember:
    member = PanelMember(tender_id=tender.id, user_id=user_id, expert_id=expert_id, state=a.DRAWN)
    db.session.add(member)
    db.session.flush()
    states.begin(MEMBER, member)
    return member


def _stand_down(member: PanelMember, reason: str) -> None:
    states.change(
        MEMBER,
        member,
        to=a.STOOD_DOWN,
        allowed=[a.DRAWN, a.CONFIRMED],
        declared_at=clock.now(),
        reason=reason,
    )


def _refuse_conflict(tender: Tender, member: PanelMember) -> None:
    if member.expert_id is None:
        return
    expert = db.session.get_one(Expert, member.expert_id)
    why = experts.conflicts(
        expert, _concerned(tender), on=clock.today(), division_code=tender.division_code
    )
    if why:
        raise RuleBroken(
            "CONFLICT_OF_INTEREST",
            _("您%(why)s，应当回避，不能参加本项目评审。请选择退出并写明理由。", why=why),
            basis="政府采购法实施条例第九条",
        )
