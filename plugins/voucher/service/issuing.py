"""Issuing vouchers to residents who are eligible: the whole list, or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, func, insert, or_

from core import audit, clock
from core.access import Actor, fetch
from core.budget import require_lines
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.parties import Resident
from plugins.voucher.models import Lot, Programme, Terms, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import allotment_period, first_grant
from plugins.voucher.service import supported
from plugins.voucher.service.carriers import write_phones
from plugins.voucher.service.deciding import (
    FAMILY,
    INCOME,
    Judged,
    Predicates,
    fact_of,
    keep_decisions,
)
from plugins.voucher.service.granting import (
    Grant,
    Holder,
    grant_of,
    shares_of,
    withhold,
    write_grants,
)
from plugins.voucher.service.lives import ACTIVE, REVOKED
from plugins.voucher.service.programmes import APPROVED, terms_in_force

NAMED = 20  # residents named in one refusal


def issue(
    actor: Actor,
    *,
    programme_id: int,
    resident_ids: list[int],
    class_code: str | None = None,
) -> dict[str, Any]:
    """Issue a voucher to each resident, with what is due now: all of them, or none.

    Without a class each resident gets the first one that is for her. Refuses BUDGET_MISSING
    without a line, HOLDER_INELIGIBLE, ALREADY_HOLDS_VOUCHER, DUPLICATE_BENEFIT, DOUBLE_BENEFIT, and
    BUDGET_INSUFFICIENT when the lines cannot cover all of it.
    """
    programme = fetch(Programme, programme_id, actor, "voucher.issue")
    terms, rules = terms_in_force(programme)
    require_lines(shares_of(rules))
    if programme.state != APPROVED:
        raise RuleBroken("PLAN_NOT_FILED", _("项目还没有批准，不能发放。请先提交复核。"))
    if class_code is not None and class_code not in rules.classes:
        raise InvalidInput(_("项目里没有“%(code)s”这一类凭单。", code=class_code))
    _refuse_out_of_time(terms, rules)
    lock_residents(resident_ids)
    _refuse_unknown(resident_ids)
    today, predicates = clock.today(), Predicates(rules)
    judged = predicates.judge(resident_ids, today)
    classes = _classes(predicates, judged, resident_ids, class_code, today)
    vouchers, pools = issue_to(programme, terms, rules, judged, classes)
    audit.about("programme", programme.id)
    return {
        "programme_id": programme.id,
        "issued": len(vouchers),
        "amount_fen": sum(pool["committed_fen"] for pool in pools),
        "vouchers": vouchers,
        "pools": pools,
    }


def issue_to(
    programme: Programme,
    terms: Terms,
    rules: Rules,
    judged: dict[int, Judged],
    classes: dict[int, str],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Issue vouchers of these classes to residents and grant what is due; return both as JSON."""
    today, predicates, resident_ids = clock.today(), Predicates(rules), list(classes)
    period = current_period(rules, today)
    families = families_of(judged, today)
    _refuse_holders(programme, rules, classes, families, period)
    _refuse_benefits(programme, rules, resident_ids)
    holders = [Holder(number, code) for number, code in classes.items()]
    vouchers = write_vouchers(
        programme, terms, holders=holders, judged=judged, families=families, period=period
    )
    numbers = {voucher["resident_id"]: voucher["id"] for voucher in vouchers}
    decided = [judged[number] for number in resident_ids]
    keep_decisions(programme.id, terms.id, decided, today, numbers)
    grants = [
        grant
        for number in resident_ids
        for grant in _first_grants(
            rules, predicates, judged[number], classes[number], voucher_id=numbers[number]
        )
    ]
    holder_of = {numbers[one.resident_id]: one for one in holders}
    grants = withhold(programme, rules, grants, holder_of)
    supported.refuse_double(programme, terms, resident_ids, [grant.span for grant in grants])
    source = f"voucher.issue:{audit.current().act}"
    pools = write_grants(programme, terms, rules, grants, source=source)
    write_phones(numbers.values())
    return vouchers, pools


@dataclass(frozen=True)
class Plan:
    """What issuing to a list would do: who may have a voucher, who may not and why, its money."""

    eligible: list[int]
    refused: dict[int, tuple[str, ...]]
    committed_fen: int


def plan(programme: Programme, class_code: str, resident_ids: Sequence[int]) -> Plan:
    """Return what issuing a class to residents would commit now, without doing it."""
    _terms, rules = terms_in_force(programme)
    today, predicates = clock.today(), Predicates(rules)
    judged = predicates.judge(resident_ids, today)
    classes, refused = _sorted(predicates, judged, resident_ids, class_code, today)
    grants = [
        grant
        for number in classes
        for grant in _first_grants(rules, predicates, judged[number], class_code, voucher_id=0)
    ]
    return Plan(list(classes), refused, sum(grant.committed_fen for grant in grants))


def current_period(rules: Rules, day: date) -> str | None:
    """Return the period a voucher is for, None where one voucher lasts for all periods."""
    if rules.renewal != "voucher":
        return None
    allotment = next(iter(rules.allotments.values()))
    return allotment_period(rules, allotment, max(day, rules.valid_from)).code


def _first_grants(
    rules: Rules, predicates: Predicates, one: Judged, class_code: str, *, voucher_id: int
) -> list[Grant]:
    """Return what a new holder gets at once; periods that have not begun wait for their day."""
    grants, today = [], clock.today()
    for allotment in rules.allotments.values():
        if allotment.period != "once" and today < rules.valid_from:
            continue
        period = allotment_period(rules, allotment, today)
        quantity = predicates.entitled(allotment, class_code, one, today)
        grant = grant_of(
            rules,
            allotment,
            class_code,
            voucher_id=voucher_id,
            period=period,
            quantity=first_grant(allotment, period, today, quantity),
        )
        if grant is not None:
            grants.append(grant)
    return grants


def lock_residents(resident_ids: Sequence[int]) -> None:
    """Let nobody change what is known of residents, or issue to them elsewhere, meanwhile."""
    rows = db.select(Resident.id).where(Resident.id.in_(resident_ids)).order_by(Resident.id)
    db.session.execute(rows.with_for_update(key_share=True)).all()


# --- refusing ------------------------------------------------------------------------------------


def _refuse_out_of_time(terms: Terms, rules: Rules) -> None:
    today = clock.today()
    if terms.effective_on is not None and terms.effective_on > today:
        raise RuleBroken(
            "PLAN_NOT_FILED",
            _(
                "项目的规则自 %(day)s 起生效，此前不能发放。请到期后再发。",
                day=terms.effective_on.isoformat(),
            ),
            effective_on=terms.effective_on.isoformat(),
        )
    if today > rules.valid_through:
        raise RuleBroken(
            "VOUCHER_EXPIRED",
            _("项目已于 %(day)s 结束，不能再发放。", day=rules.valid_through.isoformat()),
            valid_through=rules.valid_through.isoformat(),
        )


def _refuse_unknown(resident_ids: list[int]) -> None:
    if len(set(resident_ids)) != len(resident_ids):
        raise InvalidInput(_("同一名居民在名单里出现了两次，请删去重复的。"))
    registered = _count(Resident.id.in_(resident_ids))
    if registered != len(resident_ids):
        raise InvalidInput(
            _("名单里有 %(n)s 人没有登记，请先导入居民。", n=len(resident_ids) - registered)
        )
    dead = _count(Resident.id.in_(resident_ids) & Resident.died_on.is_not(None))
    if dead:
        raise RuleBroken("HOLDER_INELIGIBLE", _("名单里有 %(n)s 人已去世，请剔除。", n=dead))


def _classes(
    predicates: Predicates,
    judged: dict[int, Judged],
    resident_ids: Sequence[int],
    class_code: str | None,
    today: date,
) -> dict[int, str]:
    """Return each resident's class; refuse the list when anybody on it is not eligible."""
    classes, refused = _sorted(predicates, judged, resident_ids, class_code, today)
    if refused:
        # The sentence goes into the trail; why each of them is not eligible is told in the facts.
        raise RuleBroken(
            "HOLDER_INELIGIBLE",
            _(
                "名单里有 %(n)s 人不符合条件，一张也没有发放。"
                "请按试算所列各人的原因剔除或更新资料后再发。",
                n=len(refused),
            ),
            count=len(refused),
            residents=[
                {"resident_id": number, "reasons": list(reasons)}
                for number, reasons in list(refused.items())[:NAMED]
            ],
        )
    return classes


def _sorted(
    predicates: Predicates,
    judged: dict[int, Judged],
    resident_ids: Sequence[int],
    class_code: str | None,
    today: date,
) -> tuple[dict[int, str], dict[int, tuple[str, ...]]]:
    """Return each eligible resident's class, and why the others are refused."""
    classes: dict[int, str] = {}
    refused: dict[int, tuple[str, ...]] = {}
    for number in resident_ids:
        one = judged[number]
        if not one.is_eligible:
            refused[number] = one.reasons
            continue
        chosen = class_code or predicates.class_of(one, today)
        reasons: tuple[str, ...] = (_("不属于任何一类凭单的发放对象。"),)
        if chosen is not None:
            reasons = predicates.refused_class(one, chosen, today)
        if chosen is None or reasons:
            refused[number] = reasons
        else:
            classes[number] = chosen
    return classes, refused


def families_of(judged: dict[int, Judged], today: date) -> dict[int, str | None]:
    """Return the number of each resident's household, None where it is not known."""
    numbers = {number: fact_of(one, FAMILY, today) for number, one in judged.items()}
    return {number: None if family is None else str(family) for number, family in numbers.items()}


def _refuse_holders(
    programme: Programme,
    rules: Rules,
    classes: dict[int, str],
    families: dict[int, str | None],
    period: str | None,
) -> None:
    """Refuse who holds a living voucher of the class (or whose family does) already."""
    if rules.one_per == "none":
        return
    holding = (Voucher.programme_id == programme.id) & (Voucher.state != REVOKED) & _living()
    if period is not None:
        holding &= Voucher.period == period
    count = 0
    for code in sorted(set(classes.values())):
        people = [number for number, chosen in classes.items() if chosen == code]
        homes = sorted({home for n in people if (home := families.get(n)) is not None})
        owner = Voucher.resident_id.in_(people)
        if rules.one_per == "family":
            count += len([n for n in people if families.get(n)]) - len(homes)
            owner |= Voucher.family.in_(homes)
        count += _count(holding & (Voucher.class_code == code) & owner, of=Voucher)
    if count:
        raise RuleBroken(
            "ALREADY_HOLDS_VOUCHER",
            _("名单里有 %(n)s 人已持有同类凭单，不能重复发放。请剔除后再发。", n=count),
            count=count,
        )


def _living() -> ColumnElement[bool]:
    """Return the condition of vouchers that may still be used: neither they nor all lots ended."""
    lots, today = db.select(Lot.id).where(Lot.voucher_id == Voucher.id), clock.today()
    has_lot = or_(exists(lots.where(Lot.entry_through >= today)), ~exists(lots))
    return has_lot & or_(Voucher.ended_on.is_(None), Voucher.ended_on > today)


def _refuse_benefits(programme: Programme, rules: Rules, resident_ids: Sequence[int]) -> None:
    """Refuse who holds a living voucher of a programme excluded by this one, or excluding it."""
    held = excluded(programme, rules, resident_ids)
    if held:
        raise RuleBroken(
            "DUPLICATE_BENEFIT",
            _(
                "名单里有 %(n)s 人正在享受“%(other)s”，与本项目不能同时享受。请剔除后再发。",
                n=len(held),
                other="”“".join(sorted(set(held.values()))),
            ),
            count=len(held),
        )


def excluded(programme: Programme, rules: Rules, resident_ids: Sequence[int]) -> dict[int, str]:
    """Return who holds a living voucher that excludes one of this programme: of which other one."""
    codes = set(rules.excludes)
    for other in db.session.scalars(db.select(Programme).where(Programme.id != programme.id)):
        if programme.code in terms_in_force(other)[1].excludes:
            codes.add(other.code)
    if not codes:
        return {}
    held = db.session.execute(
        db.select(Voucher.resident_id, Programme.name)
        .join(Programme, Programme.id == Voucher.programme_id)
        .where(Voucher.resident_id.in_(resident_ids), Programme.code.in_(sorted(codes)))
        .where(Voucher.state != REVOKED, _living())
        .order_by(Voucher.id)
    )
    return {int(resident_id): str(name) for resident_id, name in held}


def _count(condition: ColumnElement[bool], *, of: Any = Resident) -> int:
    query = db.select(func.count()).select_from(of).where(condition)
    return int(db.session.scalar(query) or 0)


# --- writing -------------------------------------------------------------------------------------


def write_vouchers(
    programme: Programme,
    terms: Terms,
    *,
    holders: Sequence[Holder],
    judged: dict[int, Judged],
    families: dict[int, str | None],
    period: str | None,
) -> list[dict[str, Any]]:
    """Write the vouchers, numbered on within their class; return id, number and holder of each."""
    act, today = audit.current(), clock.today()
    next_number = {
        code: _count(
            (Voucher.programme_id == programme.id) & (Voucher.class_code == code), of=Voucher
        )
        for code in {one.class_code for one in holders}
    }
    rows = []
    for holder in holders:
        resident_id, code = holder.resident_id, holder.class_code
        next_number[code] += 1
        rows.append(
            {
                "number": f"{code}-{next_number[code]:03d}",
                "programme_id": programme.id,
                "terms_id": terms.id,
                "class_code": code,
                "resident_id": resident_id,
                "organisation_id": programme.organisation_id,
                "division_code": programme.division_code,
                "state": ACTIVE,
                "issued_at": act.at,
                "issued_by": act.actor_id,
                "period": period,
                "family": families.get(resident_id),
                "income_fen": fact_of(judged[resident_id], INCOME, today),
            }
        )
    ids = db.session.scalars(
        insert(Voucher).returning(Voucher.id, sort_by_parameter_order=True), rows
    ).all()
    return [
        {
            "id": voucher_id,
            "number": row["number"],
            "resident_id": row["resident_id"],
            "class_code": row["class_code"],
        }
        for voucher_id, row in zip(ids, rows, strict=True)
    ]
