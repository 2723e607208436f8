"""Schemes: defined by one person, published by another, revised by versions, closed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.parties import own_organisation
from core.purchases import Purchase, lines_of, require_filed, start
from plugins.subsidy import rules
from plugins.subsidy.models import Scheme, SchemeTerms
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service import steps
from plugins.subsidy.service.checking import refuse_unstorable

VIEW, DEFINE, PUBLISH = "scheme.view", "scheme.define", "scheme.publish"


def create(
    actor: Actor,
    *,
    code: str,
    name: str,
    organisation_id: int,
    terms: dict[str, Any],
    purchase_id: int | None = None,
) -> dict[str, Any]:
    """Define a scheme with the first version of its terms, as a draft.

    The purchase plan it carries out may be named later, and has to be before it is submitted.
    """
    organisation = own_organisation(actor, organisation_id, DEFINE)
    if db.session.scalar(db.select(Scheme.id).where(Scheme.code == code)):
        raise Conflict("SCHEME_EXISTS", _("项目编号“%(code)s”已被使用，请换一个。", code=code))
    scheme = Scheme(
        code=code,
        name=name,
        kind=terms["kind"],
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        purchase_id=_own_plan(purchase_id, organisation.id),
        state=s.DRAFT,
        made_by=actor.user_id,
    )
    db.session.add(scheme)
    db.session.flush()
    states.begin(steps.SCHEME, scheme)
    version = _add_version(actor, scheme, 1, terms, None)
    audit.about(steps.SCHEME, scheme.id)
    return _said(scheme, version)


def revise(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    terms: dict[str, Any],
    effective_on: date | None = None,
    purchase_id: int | None = None,
) -> dict[str, Any]:
    """Write a scheme's next version as a draft, or change the draft that is there.

    It takes effect on a day (None: when it is published), for applications submitted from then on.
    The kind of a published scheme stays what it is. Refuses STATE_CHANGED while a version waits
    for a second person, or once the scheme is closed.
    """
    scheme = fetch(Scheme, id, actor, DEFINE)
    newest = newest_terms(scheme)
    _refuse_closed(scheme)
    if newest.state == s.SUBMITTED:
        raise Conflict(
            "STATE_CHANGED",
            _(
                "%(called)s正在等人复核，不能修改。请先公布或退回。",
                called=steps.terms.called(newest),
            ),
            state=newest.state,
        )
    if effective_on is not None and effective_on < clock.today():
        raise InvalidInput(
            _("生效日期不能早于今天。"), errors={"effective_on": [_("不能早于今天")]}
        )
    if scheme.state == s.PUBLISHED and terms["kind"] != scheme.kind:
        raise RuleBroken(
            "KIND_FIXED",
            _("已公布项目的补贴方式不能改。请停止申报这个项目，另立一个新项目。"),
            basis="公平竞争审查条例第十二条",
        )
    if scheme.state == s.DRAFT:
        scheme.kind = terms["kind"]
        scheme.purchase_id = _own_plan(purchase_id, scheme.organisation_id) or scheme.purchase_id
    if newest.state == s.DRAFT:
        newest.document = _as_stored(scheme.organisation_id, terms)
        newest.effective_on, newest.made_by = effective_on, actor.user_id
        newest.sent_back_reason = None
    else:
        newest = _add_version(actor, scheme, newest.version + 1, terms, effective_on)
    db.session.flush()
    audit.about(steps.SCHEME, scheme.id)
    return _said(scheme, newest)


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Send the draft to a second person: nothing that publication needs may be missing."""
    scheme = fetch(Scheme, id, actor, DEFINE)
    newest = newest_terms(scheme)
    _refuse_closed(scheme)
    _refuse_unfit(scheme, newest)
    if scheme.state == s.DRAFT:
        steps.scheme.take(scheme, "scheme.submit")
    steps.terms.take(newest, "scheme.submit", sent_back_reason=None)
    audit.about(steps.SCHEME, scheme.id)
    return _said(scheme, newest)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send the submitted version back to its maker with a reason."""
    scheme = fetch(Scheme, id, actor, PUBLISH)
    newest = newest_terms(scheme)
    if scheme.state == s.SUBMITTED:
        steps.scheme.take(scheme, "scheme.send_back")
    steps.terms.take(newest, "scheme.send_back", sent_back_reason=reason)
    audit.about(steps.SCHEME, scheme.id, reason)
    return _said(scheme, newest)


def publish(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Publish the submitted version; never by its maker. From now on it never changes.

    This is what carries the plan out, so everything about it is judged again today.
    """
    scheme = fetch(Scheme, id, actor, PUBLISH)
    newest = newest_terms(scheme)
    _refuse_closed(scheme)
    four_eyes(actor, newest.made_by, scheme.made_by, what=_("补贴项目"))
    steps.terms.require(newest, "scheme.publish")
    start(_refuse_unfit(scheme, newest))
    if scheme.state == s.SUBMITTED:
        steps.scheme.take(scheme, "scheme.publish", published_at=clock.now())
    first = newest.version == 1
    begins = newest.effective_on if first else max(newest.effective_on or date.min, clock.today())
    steps.terms.take(newest, "scheme.publish", approved_by=actor.user_id, effective_on=begins)
    audit.about(steps.SCHEME, scheme.id)
    return _said(scheme, newest)


def close(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take no more applications; what was granted goes on."""
    scheme = fetch(Scheme, id, actor, PUBLISH)
    steps.scheme.take(scheme, "scheme.close", closed_reason=reason)
    audit.about(steps.SCHEME, scheme.id, reason)
    return _said(scheme, newest_terms(scheme))


def newest_terms(scheme: Scheme) -> SchemeTerms:
    """Return the newest version of a scheme's terms, approved or not."""
    query = db.select(SchemeTerms).filter_by(scheme_id=scheme.id)
    newest: SchemeTerms = db.session.scalars(
        query.order_by(SchemeTerms.version.desc()).limit(1)
    ).one()
    return newest


def terms_in_force(scheme: Scheme, on: date | None = None) -> SchemeTerms | None:
    """Return the version that applies to what is submitted on a day (None: today).

    The newest approved version that has taken effect; None before the first one has.
    """
    begun = or_(
        SchemeTerms.effective_on.is_(None), SchemeTerms.effective_on <= (on or clock.today())
    )
    query = db.select(SchemeTerms).filter_by(scheme_id=scheme.id, state=s.APPROVED).where(begun)
    return db.session.scalars(query.order_by(SchemeTerms.version.desc())).first()


def _refuse_closed(scheme: Scheme) -> None:
    if scheme.state == s.CLOSED:
        raise Conflict(
            "STATE_CHANGED",
            _(
                "%(called)s已停止申报，不能再改。需要继续的，请另立项目。",
                called=steps.scheme.called(scheme),
            ),
            state=scheme.state,
        )


def _refuse_unfit(scheme: Scheme, version: SchemeTerms) -> Purchase:
    """Refuse terms that may not be published; return the filed plan they carry out.

    Refuses what the terms lack by themselves, PLAN_NOT_FILED and LINE_MISMATCH.
    """
    terms = rules.read_terms(version.document)
    rules.refuse_terms(terms)
    if scheme.purchase_id is None:
        raise RuleBroken(
            "PLAN_NOT_FILED",
            _("补贴项目须按已备案的购买计划实施，这个项目还没有选择购买计划。请先选择计划。"),
            basis="政府采购法第三十三条、政府采购法实施条例第二十九条",
        )
    plan = require_filed(scheme.purchase_id, form="subsidy", organisation_id=scheme.organisation_id)
    foreign = [line for line, _share in terms.funding if line not in lines_of(plan)]
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


def _add_version(
    actor: Actor, scheme: Scheme, number: int, terms: dict[str, Any], effective_on: date | None
) -> SchemeTerms:
    version = SchemeTerms(
        scheme_id=scheme.id,
        version=number,
        document=_as_stored(scheme.organisation_id, terms),
        state=s.DRAFT,
        effective_on=effective_on,
        made_by=actor.user_id,
    )
    db.session.add(version)
    db.session.flush()
    states.begin(steps.TERMS, version)
    return version


def _as_stored(organisation_id: int, terms: dict[str, Any]) -> dict[str, Any]:
    """Return terms as they are stored, through JSON, so that any reader sees the same.

    Refuses a rule that cannot be read, and a line that is not the purchaser's own.
    """
    refuse_unstorable(terms, organisation_id)
    document: dict[str, Any] = json.loads(json.dumps(terms, default=date.isoformat))
    return document


def _own_plan(purchase_id: int | None, organisation_id: int) -> int | None:
    if purchase_id is None:
        return None
    plan = db.session.get(Purchase, purchase_id)
    if plan is None or plan.organisation_id != organisation_id:
        raise NotFound("NOT_FOUND", _("没有找到这个购买计划，或它不属于这个购买主体。"))
    return purchase_id


def _said(scheme: Scheme, version: SchemeTerms) -> dict[str, Any]:
    return {
        "id": scheme.id,
        "code": scheme.code,
        "state": scheme.state,
        "version": version.version,
        "terms_state": version.state,
    }
