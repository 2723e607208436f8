"""Special funds (专项资金): lines set apart for a list of purposes, and what is left of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock
from core.access import Actor, fetch, scoped
from core.budget import BudgetLine, rooms
from core.db import Id, Instant, db
from core.divisions import require_division
from core.errors import Conflict, RuleBroken
from core.purchasers import rule_set
from core.purchases.models import LIVE, Purchase, PurchaseFunding

FUND, MAKE, VIEW = "special_fund", "fund.make", "budget.view"
POSTS, RULES_OF_2014 = "posts", "2014"

# What Beijing's fund for social building paid for, in its three groups.
GROUPS = {
    "support": lazy_gettext("补血：扶持"),
    "growth": lazy_gettext("造血：创新"),
    "seed": lazy_gettext("活血：种子"),
}
PURPOSES = {
    "agencies": ("support", lazy_gettext("扶持新成立的社工事务所")),
    POSTS: ("support", lazy_gettext("购买专业社工岗位")),
    "psychology": ("support", lazy_gettext("支持社会心理服务")),
    "party": ("support", lazy_gettext("推动社会领域党建")),
    "neighbourhoods": ("growth", lazy_gettext("老旧小区自我服务管理")),
    "quarter_hour": ("growth", lazy_gettext("社区一刻钟服务圈")),
    "buildings": ("growth", lazy_gettext("商务楼宇“五站合一”")),
    "grids": ("growth", lazy_gettext("网格化体系建设")),
    "seedlings": ("seed", lazy_gettext("扶持社会组织成长")),
}


class SpecialFund(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A special fund: set up by a document, for its purposes only."""

    __tablename__ = "special_fund"
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    document: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    purposes: Mapped[list[str]] = mapped_column(JSON)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class SpecialFundLine(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A budget line that is money of a special fund; of one fund at most."""

    __tablename__ = "special_fund_line"
    line_id: Mapped[int] = mapped_column(
        ForeignKey("budget_line.id"), primary_key=True, autoincrement=False
    )
    fund_id: Mapped[int] = mapped_column(ForeignKey("special_fund.id"), index=True)


def create(
    actor: Actor, *, name: str, document: str, division_code: str, purposes: list[str]
) -> dict[str, Any]:
    """Set up a fund with its purposes."""
    division = require_division(division_code)
    if db.session.scalar(db.select(SpecialFund.id).where(SpecialFund.name == name)):
        raise Conflict("FUND_EXISTS", _("已有专项资金“%(name)s”，不必重复设立。", name=name))
    fund = SpecialFund(
        name=name,
        document=document,
        division_code=division.code,
        purposes=list(dict.fromkeys(purposes)),
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(fund)
    db.session.flush()
    # Only within the area one answers for.
    fetch(SpecialFund, fund.id, actor, MAKE)
    audit.about(FUND, fund.id, document)
    return {"id": fund.id, "name": fund.name}


def add_line(actor: Actor, *, id: int, line_id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Count a budget line as money of a fund; refuse FUND_LINE_TAKEN when it is another's."""
    fund = fetch(SpecialFund, id, actor, MAKE)
    line = fetch(BudgetLine, line_id, actor, MAKE)
    if fund_of(line.id) is not None:
        raise Conflict(
            "FUND_LINE_TAKEN",
            _("指标“%(code)s”已属于一个专项资金，不能再归入另一个。", code=line.code),
            line_id=line.id,
        )
    db.session.add(SpecialFundLine(line_id=line.id, fund_id=fund.id))
    db.session.flush()
    audit.about(FUND, fund.id, line.code)
    return {"id": fund.id, "line_id": line.id}


def funds(actor: Actor) -> dict[str, Any]:
    """Return the funds of one's area: purposes, lines, what is left, what each purpose plans."""
    found = db.session.scalars(scoped(SpecialFund, actor, VIEW).order_by(SpecialFund.id))
    return {"items": [_told(fund) for fund in found]}


def fund_of(line_id: int) -> SpecialFund | None:
    """Return the fund whose money a line is, None for ordinary money."""
    found: SpecialFund | None = db.session.scalar(
        db.select(SpecialFund)
        .join(SpecialFundLine, SpecialFundLine.fund_id == SpecialFund.id)
        .where(SpecialFundLine.line_id == line_id)
    )
    return found


def refuse_foreign_purpose(purchase: Purchase) -> None:
    """Refuse a plan that uses a fund for what it is not for.

    FUND_PURPOSE_MISMATCH; and NEGATIVE_LIST_HIT for buying posts, which the rules have forbidden
    since order 102.
    """
    purpose = purchase.fund_purpose
    names = {str(PURPOSES[purpose][1])} if purpose else {_("未填")}
    for row in purchase.funding:
        fund = fund_of(row.line_id)
        if fund is None and purpose is None:
            continue
        if fund is None or purpose not in fund.purposes:
            allowed = "、".join(str(PURPOSES[code][1]) for code in (fund.purposes if fund else ()))
            raise RuleBroken(
                "FUND_PURPOSE_MISMATCH",
                _(
                    "所选用途“%(purpose)s”不在这条指标所属专项资金的用途之内（%(allowed)s）。"
                    "请改选用途，或改用其他指标。",
                    purpose="、".join(names),
                    allowed=allowed or _("不属于专项资金"),
                ),
                basis="预算法第六十三条",
                line_id=row.line_id,
            )
    if purpose == POSTS and rule_set(purchase.starts_on) != RULES_OF_2014:
        raise RuleBroken(
            "NEGATIVE_LIST_HIT",
            _("购买岗位属于用工，现行规定不得购买；以前的专项资金可以作为历史保留。"),
            basis="政府购买服务管理办法第十条",
        )


def _told(fund: SpecialFund) -> dict[str, Any]:
    lines = list(
        db.session.scalars(
            db.select(BudgetLine)
            .join(SpecialFundLine, SpecialFundLine.line_id == BudgetLine.id)
            .where(SpecialFundLine.fund_id == fund.id)
            .order_by(BudgetLine.id)
        )
    )
    held = [rooms(line.id) for line in lines]
    planned = _planned([line.id for line in lines])
    return {
        "id": fund.id,
        "name": fund.name,
        "document": fund.document,
        "lines": [{"id": line.id, "code": line.code, "name": line.name} for line in lines],
        **{
            f"{room}_fen": sum(one[room] for one in held)
            for room in ("approved", "available", "reserved", "disbursed")
        },
        "purposes": [
            {
                "code": code,
                "group": str(GROUPS[PURPOSES[code][0]]),
                "name": str(PURPOSES[code][1]),
                "planned_fen": planned.get(code, 0),
            }
            for code in fund.purposes
        ],
    }


def _planned(line_ids: list[int]) -> dict[str | None, int]:
    """Return what living plans take from lines, in fen by purpose."""
    rows = db.session.execute(
        db.select(Purchase.fund_purpose, db.func.sum(PurchaseFunding.amount_fen))
        .join(Purchase, Purchase.id == PurchaseFunding.purchase_id)
        .where(PurchaseFunding.line_id.in_(line_ids), Purchase.state.in_(LIVE))
        .group_by(Purchase.fund_purpose)
    )
    return {purpose: int(fen) for purpose, fen in rows}
