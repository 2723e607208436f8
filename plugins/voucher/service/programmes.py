"""Programmes and their providers: defined by one person, approved by another, then admitted."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import BudgetLine
from core.db import db
from core.divisions import require_division
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RuleBroken
from core.parties import own_organisation, require_organisation
from core.purchasers import refuse_coupled
from core.purchases import Purchase, lines_of, require_filed, start
from plugins.voucher.models import Admission, Offer, Programme, Terms
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service.deciding import Predicates
from plugins.voucher.service.trying import refuse_failing

DRAFT, SUBMITTED, APPROVED, CLOSED = "draft", "submitted", "approved", "closed"


def create(
    actor: Actor,
    *,
    code: str,
    name: str,
    organisation_id: int,
    terms: dict[str, Any],
    purchase_id: int | None = None,
) -> dict[str, Any]:
    """Define a programme with the first version of its terms, as a draft.

    The purchase plan it carries out may be named later, and has to be before it is submitted.
    """
    organisation = own_organisation(actor, organisation_id, "programme.define")
    if db.session.scalar(db.select(Programme.id).where(Programme.code == code)):
        raise Conflict("PROGRAMME_EXISTS", _("项目编号“%(code)s”已被使用，请换一个。", code=code))
    programme = Programme(
        code=code,
        name=name,
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        purchase_id=own_plan(purchase_id, organisation.id),
        state=DRAFT,
        made_by=actor.user_id,
    )
    db.session.add(programme)
    db.session.flush()
    states.begin("programme", programme)
    version = _add_version(actor, programme, 1, terms, None)
    audit.about("programme", programme.id)
    return {"id": programme.id, "code": code, "state": programme.state, "version": version.version}


def revise(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    terms: dict[str, Any],
    effective_on: date | None = None,
    purchase_id: int | None = None,
) -> dict[str, Any]:
    """Write a programme's next version as a draft, or change the draft that is there.

    A plan named here is carried out once this version is approved, by whatever version a voucher
    is of; None keeps the one that was named.

    It takes effect on a day (None: when it is approved), for vouchers issued from then on; those
    issued before keep theirs. Refuses STATE_CHANGED while a version waits for approval.
    """
    programme = fetch(Programme, id, actor, "programme.define")
    newest, _rules = terms_of(programme)
    if newest.state == SUBMITTED:
        raise Conflict(
            "STATE_CHANGED",
            _("第 %(n)s 版正在等待复核，不能修改。请先由复核人批准或退回。", n=newest.version),
            state=SUBMITTED,
        )
    if effective_on is not None and effective_on < clock.today():
        raise InvalidInput(
            _("生效日期不能早于今天。"), errors={"effective_on": [_("不能早于今天")]}
        )
    named = own_plan(purchase_id, programme.organisation_id)
    plan = plan_of(programme, newest) if named is None else named
    if programme.state != APPROVED:
        programme.purchase_id = plan
    if newest.state == DRAFT:
        newest.document = as_stored(programme.organisation_id, terms)
        newest.effective_on = effective_on
        newest.made_by = actor.user_id
    else:
        newest = _add_version(actor, programme, newest.version + 1, terms, effective_on)
    newest.purchase_id = plan
    db.session.flush()
    audit.about("programme", programme.id)
    return _said(programme, newest)


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Send the draft to a second person; its test cases must pass, and its plan must be filed."""
    programme = fetch(Programme, id, actor, "programme.define")
    terms, rules = terms_of(programme)
    refuse_failing(rules)
    _filed_plan(programme, terms, rules)
    if programme.state == DRAFT:
        states.change("programme", programme, to=SUBMITTED, allowed={DRAFT})
    states.change("terms", terms, to=SUBMITTED, allowed={DRAFT})
    return _said(programme, terms)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve the submitted version; never by its maker. From now on it never changes.

    This is what carries the plan out, so everything about the plan is judged again today.
    """
    programme = fetch(Programme, id, actor, "programme.approve")
    terms, rules = terms_of(programme)
    four_eyes(actor, terms.made_by, programme.made_by, what=_("凭单项目"))
    if programme.state == SUBMITTED:
        states.change(
            "programme", programme, to=APPROVED, allowed={SUBMITTED}, approved_by=actor.user_id
        )
    refuse_failing(rules)
    if (plan := _filed_plan(programme, terms, rules)) is not None:
        start(plan)
        programme.purchase_id = plan.id
    states.change(
        "terms",
        terms,
        to=APPROVED,
        allowed={SUBMITTED},
        approved_by=actor.user_id,
        effective_on=terms.effective_on if terms.version == 1 else _from(terms),
    )
    return _said(programme, terms)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send the submitted version back to its maker with a reason."""
    programme = fetch(Programme, id, actor, "programme.approve")
    terms = terms_of(programme)[0]
    if programme.state == SUBMITTED:
        states.change("programme", programme, to=DRAFT, allowed={SUBMITTED})
    states.change("terms", terms, to=DRAFT, allowed={SUBMITTED})
    audit.about("programme", programme.id, reason)
    return _said(programme, terms)


def terms_of(programme: Programme) -> tuple[Terms, Rules]:
    """Return the newest terms of a programme, approved or not, as a row and as rules."""
    row = db.session.scalars(
        db.select(Terms).filter_by(programme_id=programme.id).order_by(Terms.version.desc())
    ).first()
    assert row is not None  # noqa: S101 - a programme is created with terms
    return row, read_terms(row.document)


def terms_in_force(programme: Programme, on: date | None = None) -> tuple[Terms, Rules]:
    """Return the terms under which vouchers are issued on a day (None: today).

    The newest approved version that has taken effect, else the first that will; a programme that
    was never approved has its draft.
    """
    day = on or clock.today()
    approved = db.select(Terms).filter_by(programme_id=programme.id, state=APPROVED)
    begun = or_(Terms.effective_on.is_(None), Terms.effective_on <= day)
    row = (
        db.session.scalars(approved.where(begun).order_by(Terms.version.desc())).first()
        or db.session.scalars(approved.order_by(Terms.version)).first()
    )
    return (row, read_terms(row.document)) if row is not None else terms_of(programme)


def versions(programme: Programme) -> list[Terms]:
    """Return the versions of a programme's terms, newest first."""
    query = db.select(Terms).filter_by(programme_id=programme.id)
    return list(db.session.scalars(query.order_by(Terms.version.desc())))


def own_plan(purchase_id: int | None, organisation_id: int) -> int | None:
    """Return the number of a purchaser's own plan; whether it is filed is asked at submission."""
    if purchase_id is None:
        return None
    plan = db.session.get(Purchase, purchase_id)
    if plan is None or plan.organisation_id != organisation_id:
        raise NotFound("NOT_FOUND", _("没有找到这个购买计划，或它不属于这个购买主体。"))
    return purchase_id


def plan_of(programme: Programme, terms: Terms) -> int | None:
    """Return the number of the plan that a version carries out, or will once it is approved."""
    return programme.purchase_id if terms.purchase_id is None else terms.purchase_id


def _filed_plan(programme: Programme, terms: Terms, rules: Rules) -> Purchase | None:
    """Return the filed plan that a version carries out, on the plan's lines and no other.

    Without a line nothing can be issued, so that there is no plan to ask for. Refuses
    PLAN_NOT_FILED and LINE_MISMATCH.
    """
    if not rules.funding:
        return None
    number = plan_of(programme, terms)
    if number is None:
        raise RuleBroken(
            "PLAN_NOT_FILED",
            _("凭单项目须按已备案的购买计划实施，这个项目还没有选择购买计划。请先选择计划。"),
            basis="政府采购法第三十三条、政府采购法实施条例第二十九条",
        )
    plan = require_filed(number, form="voucher", organisation_id=programme.organisation_id)
    planned = lines_of(plan)
    foreign = [line_id for line_id, _share in rules.funding if line_id not in planned]
    if foreign:
        raise RuleBroken(
            "LINE_MISMATCH",
            _(
                "项目使用的指标不在备案的购买计划 %(number)s 之内。"
                "请改用计划里的指标，或先变更购买计划。",
                number=plan.number,
            ),
            basis="预算法第六十三条",
            line_ids=foreign,
        )
    return plan


def _from(terms: Terms) -> date:
    """Return the day a later version takes effect: as it says, but never before its approval."""
    return max(terms.effective_on or clock.today(), clock.today())


def _add_version(
    actor: Actor,
    programme: Programme,
    number: int,
    terms: dict[str, Any],
    effective_on: date | None,
) -> Terms:
    version = Terms(
        programme_id=programme.id,
        version=number,
        document=as_stored(programme.organisation_id, terms),
        state=DRAFT,
        effective_on=effective_on,
        made_by=actor.user_id,
    )
    db.session.add(version)
    db.session.flush()
    states.begin("terms", version)
    return version


def as_stored(organisation_id: int, terms: dict[str, Any]) -> dict[str, Any]:
    """Return terms as they are stored; refuse a line, a place or a rule that leads nowhere.

    Through JSON, so that any reader sees the same.
    """
    document: dict[str, Any] = json.loads(json.dumps(terms, default=date.isoformat))
    for share in document["funding"]:
        line = _line(organisation_id, share)
        if line is None:
            raise RuleBroken(
                "LINE_MISMATCH",
                _("选择的指标不存在或不属于本单位，请重新选择。"),
                basis="预算法第十三条",
            )
        share.pop("line", None)
        share["line_id"] = line.id
    Predicates(read_terms(document)).require_places()
    if document["area"] is not None:
        require_division(document["area"])
    return document


def _line(organisation_id: int, share: dict[str, Any]) -> BudgetLine | None:
    """Return a purchaser's line by its number or (the newest) by its code."""
    query = db.select(BudgetLine).filter_by(organisation_id=organisation_id)
    if share.get("line_id") is not None:
        query = query.filter_by(id=share["line_id"])
    else:
        query = query.filter_by(code=share["line"])
    found: BudgetLine | None = db.session.scalars(
        query.order_by(BudgetLine.fiscal_year.desc())
    ).first()
    return found


def _said(programme: Programme, terms: Terms) -> dict[str, Any]:
    return {
        "id": programme.id,
        "state": programme.state,
        "version": terms.version,
        "version_state": terms.state,
        "effective_on": terms.effective_on and terms.effective_on.isoformat(),
    }


def programmes(actor: Actor) -> list[Programme]:
    """Return the programmes a person may see, newest first."""
    query = scoped(Programme, actor, "programme.view").order_by(Programme.id.desc())
    return list(db.session.scalars(query))


# --- providers ---------------------------------------------------------------------------------


def admit(
    actor: Actor,
    *,
    programme_id: int,
    provider_id: int,
    from_on: date | None = None,
    to_on: date | None = None,
) -> dict[str, Any]:
    """Admit a provider to a programme from a day to a day (inclusive).

    Refuses CONFLICT_OF_INTEREST for an association that still hangs on the purchaser.
    """
    programme = fetch(Programme, programme_id, actor, "admission.decide")
    provider = require_organisation(provider_id)
    if provider.kind != "provider":
        raise InvalidInput(_("“%(name)s”不是承接主体。", name=provider.name))
    refuse_coupled(provider.id, programme.organisation_id, on=from_on or clock.today())
    known = db.select(Admission.id).filter_by(programme_id=programme.id, provider_id=provider.id)
    if db.session.scalar(known):
        raise Conflict("ALREADY_ADMITTED", _("“%(name)s”已准入本项目。", name=provider.name))
    admission = Admission(
        programme_id=programme.id,
        provider_id=provider.id,
        organisation_id=programme.organisation_id,
        division_code=programme.division_code,
        state="admitted",
        from_on=from_on or clock.today(),
        to_on=to_on,
    )
    db.session.add(admission)
    db.session.flush()
    states.begin("admission", admission)
    audit.about("admission", admission.id)
    return {"id": admission.id, "state": admission.state}


def suspend(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Suspend an admission: its tills are refused at once; what was redeemed stays owed."""
    return _set_admission(actor, id, "suspended", {"admitted"}, reason)


def resume(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let a suspended provider redeem again; refused as its admission was."""
    row = fetch(Admission, id, actor, "admission.decide")
    refuse_coupled(row.provider_id, row.organisation_id, on=clock.today())
    return _set_admission(actor, id, "admitted", {"suspended"}, reason)


def end(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End an admission for good."""
    return _set_admission(actor, id, "ended", {"admitted", "suspended"}, reason)


def offer(
    actor: Actor,
    *,
    programme_id: int,
    service_code: str,
    price_fen: int | None = None,
    is_offered: bool = True,
) -> dict[str, Any]:
    """Set a service and its price (fen) that the actor's provider offers in a programme."""
    provider_id = _provider(actor, "offer.set")
    admission = db.session.scalar(
        db.select(Admission).filter_by(programme_id=programme_id, provider_id=provider_id)
    )
    if admission is None:
        raise RuleBroken(
            "PROVIDER_NOT_AUTHORISED", _("本单位未准入这个项目，不能登记服务。请先向购买主体申请。")
        )
    programme = db.session.get(Programme, programme_id)
    service = terms_in_force(programme)[1].services.get(service_code)
    if service is None:
        raise NotFound("SERVICE_NOT_COVERED", _("项目里没有这项服务，请从列表中选择。"))
    ceiling = service.maximum_price_fen
    if ceiling is not None and price_fen is not None and price_fen > ceiling:
        raise RuleBroken(
            "CAP_REACHED",
            _(
                "价格 %(price)s 元超过项目最高限价 %(cap)s 元，请调低。",
                price=f"{price_fen / 100:,.2f}",
                cap=f"{ceiling / 100:,.2f}",
            ),
            maximum_price_fen=ceiling,
        )
    row = db.session.scalar(
        db.select(Offer).filter_by(admission_id=admission.id, service_code=service_code)
    ) or Offer(admission_id=admission.id, service_code=service_code)
    row.price_fen, row.is_offered = price_fen, is_offered
    db.session.add(row)
    db.session.flush()
    audit.about("offer", row.id, f"{service_code}: {price_fen}")
    return {"id": row.id, "service_code": service_code, "price_fen": price_fen}


def _provider(actor: Actor, permission: str) -> int:
    for grant in actor.holding(permission):
        if grant.organisation_id is not None:
            return grant.organisation_id
    raise NotPermitted("ROLE_NOT_ALLOWED", _("只有承接主体可以办理。"))


def _set_admission(
    actor: Actor, admission_id: int, to: str, allowed: set[str], reason: str
) -> dict[str, Any]:
    admission = fetch(Admission, admission_id, actor, "admission.decide")
    states.change("admission", admission, to=to, allowed=allowed)
    audit.about("admission", admission.id, reason)
    return {"id": admission.id, "state": admission.state}
