"""The verbs about duties: recorded, ended; the same thing funded twice is found, and cleared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, literal, or_

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.budget import BudgetLine
from core.db import db, insert_once
from core.duties import planning
from core.duties.models import CLEARED, OPEN, Conversion, Duty, FundingWarning
from core.duties.planning import RECORD
from core.errors import Conflict, InvalidInput, RuleBroken
from core.formats import yuan_text
from core.ledger import balance
from core.parties import Organisation
from core.virement import lowered

CHECK, CLEAR, CONVERT = (
    "duty.check",
    "duty.clear_double_funding",
    "conversion.record",
)
WARNING = "funding_warning"
# Money by what is done (以事定费), not by who is there to do it.
BASIS = "政府购买服务管理办法（财政部令第102号）第三条"


@dataclass(frozen=True)
class DoubleFunding:
    """A duty by which a unit is already paid to do what it plans to buy: posts, staff money."""

    duty: Duty
    posts: int
    staff_fen: int
    warning: FundingWarning | None

    @property
    def is_cleared(self) -> bool:
        """Tell whether a finance officer has cleared it."""
        return self.warning is not None and self.warning.state == CLEARED


def record(
    actor: Actor,
    *,
    organisation_id: int,
    item_code: str,
    name: str,
    posts: int,
    from_on: date,
    document: str,
    line_id: int | None = None,
    staff_fen: int | None = None,
    posts_needed: int | None = None,
    institution_reason: str | None = None,
) -> dict[str, Any]:
    """Record a duty that a unit carries out itself, with its posts and yearly staff money (fen).

    `posts_needed` is how many posts the work would take. Refuses CAPABLE_PROVIDERS_EXIST for a
    new institution without a reason (see planning.py).
    """
    organisation = fetch(Organisation, organisation_id, actor, RECORD)
    if line_id is not None and staff_fen is not None:
        raise InvalidInput(
            _("人员经费请填指标或金额，二者选一。"), errors={"staff_fen": [_("已填指标")]}
        )
    if line_id is not None:
        line = fetch(BudgetLine, line_id, actor, RECORD)
        refuse_others_line(line, organisation)
    planning.refuse_new_institution(
        organisation, item_code.upper(), posts=posts, on=from_on, reason=institution_reason
    )
    duty = Duty(
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        item_code=item_code.upper(),
        name=name,
        posts=posts,
        posts_needed=posts_needed,
        institution_reason=institution_reason,
        line_id=line_id,
        staff_fen=staff_fen,
        from_on=from_on,
        document=document,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(duty)
    db.session.flush()
    audit.about("duty", duty.id, document)
    return {"id": duty.id, "organisation_id": organisation.id, "item_code": duty.item_code}


def end(actor: Actor, *, id: int, to_on: date, document: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End a duty after a day: it was handed over, bought, or its posts were given back."""
    duty = fetch(Duty, id, actor, RECORD)
    if to_on < duty.from_on:
        raise InvalidInput(_("截止日早于起始日，请改正。"), errors={"to_on": [_("不能早于起始日")]})
    if duty.to_on is not None and duty.to_on <= to_on:
        raise Conflict(
            "DUTY_ENDED",
            _("这项职责已于 %(day)s 截止。如又恢复，请登记一条新的。", day=duty.to_on),
        )
    duty.to_on = to_on
    audit.about("duty", duty.id, document)
    return {"id": duty.id, "to_on": to_on.isoformat()}


def double_funding(organisation_id: int, item_code: str, year: int) -> list[DoubleFunding]:
    """Return the duties by which a unit is paid in a year to do itself what it would buy.

    A duty is the same as an item when one's code begins with the other's: A07 holds A0703.
    """
    duties = db.session.scalars(
        db.select(Duty)
        .where(Duty.organisation_id == organisation_id, in_year(year), _same(item_code.upper()))
        .order_by(Duty.id)
    )
    found = []
    for duty in duties:
        staff = staff_money(duty, year)
        if duty.posts or staff:
            found.append(DoubleFunding(duty, duty.posts, staff, _warning(duty, item_code, year)))
    return found


def require_cleared(
    organisation_id: int, item_code: str, year: int, *, maker_id: int | None = None
) -> None:
    """Refuse DOUBLE_FUNDING while a unit is paid to do itself what it would buy in a year.

    For the act that hands in a plan; `maker_id` is the plan's maker, whose own clearing (as a
    finance officer) does not count.
    """
    for found in double_funding(organisation_id, item_code, year):
        warning = found.warning
        if warning is not None and warning.state == CLEARED:
            if maker_id is None or warning.cleared_by != maker_id:
                continue
            raise RuleBroken(
                "FOUR_EYES_REQUIRED",
                _("重复安排的疑点须由计划经办人以外的财政人员核销，请交由另一人办理。"),
                basis="内部控制规范（试行）不相容岗位分离",
            )
        raise RuleBroken(
            "DOUBLE_FUNDING",
            _(
                "本单位已用财政资金养人办理“%(duty)s”（%(code)s）：%(posts)s 个岗位、"
                "人员经费 %(staff)s，又在 %(year)s 年购买同一事项。"
                "请先由财政预算岗位核销这项疑点，或截止该职责、收回岗位和经费。",
                duty=found.duty.name,
                code=found.duty.item_code,
                posts=found.posts,
                staff=yuan_text(found.staff_fen),
                year=year,
            ),
            basis=BASIS,
            organisation_id=organisation_id,
            item_code=item_code,
            fiscal_year=year,
            duty_id=found.duty.id,
            posts=found.posts,
            staff_fen=found.staff_fen,
        )


def warn(actor: Actor, *, organisation_id: int, item_code: str, year: int) -> list[FundingWarning]:
    """Record a warning for every duty that a planned purchase would fund again, and return them.

    For the act that drafts a plan, so that finance finds what to clear; safe to repeat.
    """
    found = []
    for one in double_funding(organisation_id, item_code, year):
        row = {
            "duty_id": one.duty.id,
            "organisation_id": one.duty.organisation_id,
            "division_code": one.duty.division_code,
            "item_code": item_code.upper(),
            "fiscal_year": year,
            "posts": one.posts,
            "staff_fen": one.staff_fen,
            "state": OPEN,
            "raised_by": actor.user_id,
            "raised_at": clock.now(),
        }
        is_new = one.warning is None and insert_once(FundingWarning.__table__, row)
        warning = _warning(one.duty, item_code, year)
        assert warning is not None  # noqa: S101 - it stood there or was just inserted
        if is_new:
            states.begin(WARNING, warning)
        found.append(warning)
    return found


def check(
    actor: Actor, *, organisation_id: int, item_code: str, fiscal_year: int
) -> dict[str, Any]:
    """Check before planning whether an item is already funded as a duty; record what is found."""
    organisation = fetch(Organisation, organisation_id, actor, CHECK)
    warnings = warn(actor, organisation_id=organisation.id, item_code=item_code, year=fiscal_year)
    audit.about("organisation", organisation.id, f"{item_code.upper()} {fiscal_year}")
    return {
        "organisation_id": organisation.id,
        "warnings": [{"id": one.id, "state": one.state} for one in warnings],
    }


def clear(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Clear a warning of double funding with a reason; never by whose plan it arose from."""
    warning = fetch(FundingWarning, id, actor, CLEAR)
    four_eyes(actor, warning.raised_by, what=_("核销重复安排的疑点"))
    states.change(
        WARNING,
        warning,
        to=CLEARED,
        allowed=[OPEN],
        cleared_by=actor.user_id,
        cleared_at=clock.now(),
        reason=reason,
    )
    audit.about(WARNING, warning.id, reason)
    return {"id": warning.id, "state": warning.state}


# --- conversion --------------------------------------------------------------------------------


def convert(
    actor: Actor,
    *,
    from_line_id: int,
    amount_fen: int,
    posts_not_created: int,
    document: str,
    purchase_id: int | None = None,
) -> dict[str, Any]:
    """Record that an appropriation (fen of a line) ends and a purchase takes its place.

    Moves no money: the line is lowered by adjustment or virement, and the report sets both side
    by side. Refuses CONVERSION_EXCEEDS_LINE beyond what was ever approved on the line.
    """
    # The lock on the line keeps two conversions from passing the same check at once.
    line = fetch(BudgetLine, from_line_id, actor, CONVERT)
    already = converted(line.id)
    approved = balance("line.approved", line_id=line.id) + lowered(line.id)
    if already + amount_fen > approved:
        raise RuleBroken(
            "CONVERSION_EXCEEDS_LINE",
            _(
                "指标 %(code)s 原有拨款 %(approved)s，已转换 %(already)s，"
                "本次再转换 %(amount)s，超过原有拨款。请核对金额。",
                code=line.code,
                approved=yuan_text(approved),
                already=yuan_text(already),
                amount=yuan_text(amount_fen),
            ),
            basis=BASIS,
            line_id=line.id,
            approved_fen=approved,
            converted_fen=already,
            amount_fen=amount_fen,
        )
    row = Conversion(
        organisation_id=line.organisation_id,
        division_code=line.division_code,
        from_line_id=line.id,
        amount_fen=amount_fen,
        posts_not_created=posts_not_created,
        purchase_id=purchase_id,
        document=document,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about("conversion", row.id, document)
    return {"id": row.id, "amount_fen": amount_fen, "purchase_id": purchase_id}


def link(actor: Actor, *, id: int, purchase_id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Name the purchase that takes an ended appropriation's place, once it is known."""
    row = fetch(Conversion, id, actor, CONVERT)
    if row.purchase_id is not None and row.purchase_id != purchase_id:
        raise Conflict(
            "STATE_CHANGED",
            _("这条转换记录已对应购买项目 %(number)s，不能改变。", number=row.purchase_id),
        )
    row.purchase_id = purchase_id
    audit.about("conversion", row.id)
    return {"id": row.id, "purchase_id": purchase_id}


def converted(line_id: int) -> int:
    """Return how much (fen) of a line has been recorded as ended and replaced by purchases."""
    total = db.select(db.func.sum(Conversion.amount_fen)).filter_by(from_line_id=line_id)
    return int(db.session.scalar(total) or 0)


# --- parts -------------------------------------------------------------------------------------


def in_year(year: int) -> ColumnElement[bool]:
    """Return the condition of the duties that are carried out in some part of a year."""
    return and_(
        Duty.from_on <= date(year, 12, 31),
        or_(Duty.to_on.is_(None), Duty.to_on >= date(year, 1, 1)),
    )


def staff_money(duty: Duty, year: int) -> int:
    """Return the staff money (fen) of a duty in a year: what was said, or its line's approved."""
    if duty.line_id is None:
        return duty.staff_fen or 0
    line = db.session.get(BudgetLine, duty.line_id)
    if line is None or line.fiscal_year != year:
        return 0
    return balance("line.approved", line_id=line.id)


def _same(code: str) -> ColumnElement[bool]:
    return or_(
        Duty.item_code.startswith(code, autoescape=True),
        literal(code).startswith(Duty.item_code),
    )


def _warning(duty: Duty, item_code: str, year: int) -> FundingWarning | None:
    found: FundingWarning | None = db.session.scalar(
        db.select(FundingWarning).filter_by(
            duty_id=duty.id, item_code=item_code.upper(), fiscal_year=year
        )
    )
    return found


def refuse_others_line(line: BudgetLine, organisation: Organisation) -> None:
    """Refuse LINE_MISMATCH for a line of another unit."""
    if line.organisation_id != organisation.id:
        raise RuleBroken(
            "LINE_MISMATCH",
            _("指标 %(code)s 不是这个单位的，请选本单位的指标。", code=line.code),
            line_id=line.id,
        )
