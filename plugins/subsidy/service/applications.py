"""Applications: drafted with what the applicant declares, submitted, judged by the rule, ended."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import ANONYMOUS, ROLES, Actor, fetch, require
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted, RuleBroken
from core.parties import Organisation, Resident
from plugins.subsidy.models import Application, Scheme, SubsidyClaim
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import schemes as s
from plugins.subsidy.models.claims import LIVE
from plugins.subsidy.rules import awards, relief, units
from plugins.subsidy.service import application_checks, application_clocks, doubling, finding, steps

VIEW, MAKE = "application.view", "application.make"
CHECK, DECIDE = "application.check", "application.decide"
# In every other kind banks, guarantors or the tax authority report what they paid or waived.
APPLIED_FOR = (awards.KIND, units.KIND, relief.FEE_KIND)
RESIDENT = "resident"


def draft(
    actor: Actor,
    *,
    scheme_id: int,
    applicant_id: int | None,
    declared: dict[str, Any],
    words: str,
    separate_accounts: bool,
) -> dict[str, Any]:
    """Begin an application in a scheme, or change its draft; it need not be complete.

    Without `applicant_id` for oneself or one's own organisation; the purchaser's clerk names who
    stands at the desk. Refuses what `application_checks.refuse_closed` refuses, NOT_APPLIED_FOR,
    WRONG_APPLICANT, ALREADY_APPLIED once it was submitted.
    """
    scheme = applied_for(scheme_id)
    about = application_checks.document_today(scheme)["applicant"]
    applicant = applicant_of(actor, scheme, about, applicant_id)
    said = {code: value for code, value in declared.items() if value != ""}
    _refuse_unfit(about, said)
    row = standing(scheme.id, applicant)
    if row is None:
        application_checks.refuse_closed(scheme)
        row = Application(
            number=audit.current().act,  # replaced below: the row's own number is part of it
            scheme_id=scheme.id,
            applicant_id=applicant,
            organisation_id=scheme.organisation_id,
            division_code=scheme.division_code,
            state=a.DRAFT,
            made_at=clock.now(),
        )
    elif row.state != a.DRAFT:
        raise Conflict(
            "ALREADY_APPLIED",
            _(
                "已经申请过这个项目：申请 %(number)s 现在是“%(state)s”。请在那份申请上办理。",
                number=row.number,
                state=str(steps.application.names[row.state]),
            ),
            application_id=row.id,
        )
    row.declared = json.loads(json.dumps(said))
    row.words, row.separate_accounts, row.made_by = words, separate_accounts, actor.user_id
    return _kept(row)


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand an application in, whole; the terms in force today are those it is judged by.

    One that was sent back keeps the day and the terms of its first submission, and may come back
    after applications are closed. Refuses what `application_checks.refuse_unready` refuses,
    and DOUBLE_BENEFIT.
    """
    row = fetch(Application, id, actor, MAKE)
    steps.application.require(row, "application.submit")
    scheme = db.session.get_one(Scheme, row.scheme_id)
    terms = application_checks.refuse_unready(row, scheme)
    doubling.refuse_today(scheme, terms, row.applicant_id)
    steps.application.take(
        row,
        "application.submit",
        terms_id=terms.id,
        submitted_at=row.submitted_at or clock.now(),
        sent_back_reason=None,
    )
    application_clocks.start(application_clocks.COMPLETENESS, row)
    return about(row)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give an application back to be completed, with everything that is missing (一次告知)."""
    row = fetch(Application, id, actor, CHECK)
    steps.application.take(row, "application.send_back", sent_back_reason=reason)
    application_clocks.stop(row)
    return about(row, reason)


def complete(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Say that the papers are in order; the time to judge it begins."""
    row = fetch(Application, id, actor, CHECK)
    steps.application.take(row, "application.complete", checked_by=actor.user_id)
    application_clocks.stop(row)
    application_clocks.start(application_clocks.JUDGING, row)
    return about(row)


def judge(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Let the scheme's rule judge what was declared, as of the day it was submitted.

    Nobody types the verdict: the application is eligible, or not, with every reason in words.
    """
    row = fetch(Application, id, actor, CHECK)
    steps.application.require(row, "application.judge")
    reasons = application_checks.reasons_against(row)
    states.change(
        steps.APPLICATION,
        row,
        to=a.INELIGIBLE if reasons else a.ELIGIBLE,
        allowed=steps.application.steps["application.judge"].allowed,
        judged_on=clock.today(),
        reasons=reasons,
    )
    application_clocks.stop(row)
    return about(row) | {"reasons": reasons}


def reject(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Turn an application down, with the reason: what it declares was found not to be so."""
    row = fetch(Application, id, actor, DECIDE)
    steps.application.require(row, "application.reject")
    _refuse_claimed(row)
    steps.application.take(row, "application.reject", ended_reason=reason)
    application_clocks.stop(row)
    return about(row, reason)


def withdraw(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Take one's application back as long as nothing was claimed by it."""
    row = fetch(Application, id, actor, MAKE)
    steps.application.require(row, "application.withdraw")
    _refuse_claimed(row)
    steps.application.take(row, "application.withdraw")
    application_clocks.stop(row)
    return about(row)


def revoke(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Undo what was obtained by untrue declarations; what was paid comes back by recoveries."""
    row = fetch(Application, id, actor, DECIDE)
    steps.application.take(row, "application.revoke", ended_reason=reason)
    return about(row, reason)


def about(row: Application, detail: str | None = None) -> dict[str, Any]:
    """Say what the act under way was about, and return what an act on an application answers."""
    audit.about(steps.APPLICATION, row.id, detail)
    return {"id": row.id, "number": row.number, "state": row.state}


def seen(actor: Actor, number: int) -> Application:
    """Return an application to who may see it.

    A draft that never was handed in is the applicant's alone, or of the clerk who writes it.
    """
    row: Application = fetch(Application, number, actor, VIEW)
    is_mine = row.applicant_id in own_parties(actor)
    if not is_mine and row.submitted_at is None and row.made_by != actor.user_id:
        raise NotFound("NOT_FOUND", _("没有找到这份申请，或它还没有提交。"))
    return row


def own_parties(actor: Actor) -> list[int]:
    """Return for whom a person applies: the own organisations, and oneself as a resident."""
    found = []
    for grant in actor.holding(MAKE):
        side = ROLES[grant.role].side
        party = actor.resident_id if side == RESIDENT else grant.organisation_id
        if side in {RESIDENT, "provider"} and party is not None:
            found.append(party)
    return list(dict.fromkeys(found))


def may_begin(actor: Actor, about: str) -> bool:
    """Tell whether to offer somebody an application: to who applies, and before signing in."""
    if actor is ANONYMOUS:
        return True
    is_person = {party == actor.resident_id for party in own_parties(actor)}
    return (about == RESIDENT) in is_person


def applied_for(number: int) -> Scheme:
    """Return a published scheme in which one applies; NOT_FOUND, NOT_APPLIED_FOR."""
    scheme = db.session.get(Scheme, number)
    if scheme is None or scheme.state not in {s.PUBLISHED, s.CLOSED}:
        raise NotFound("NOT_FOUND", _("没有找到这个补贴项目，或它还没有公布。"))
    if scheme.kind not in APPLIED_FOR:
        raise RuleBroken(
            "NOT_APPLIED_FOR",
            _(
                "“%(name)s”不用申请：由银行、担保机构或税务机关按期报送，按办法计算。",
                name=scheme.name,
            ),
        )
    return scheme


def applicant_of(actor: Actor, scheme: Scheme, about: str, applicant_id: int | None) -> int:
    """Return the party an application is of: one's own, or who stands at the purchaser's desk."""
    model: Any = Resident if about == RESIDENT else Organisation
    own = own_parties(actor) if applicant_id is None else [applicant_id]
    found = db.session.scalars(db.select(model.id).where(model.id.in_(own))).first()
    is_own = found in own_parties(actor)
    if own and found is None:
        raise RuleBroken(
            "WRONG_APPLICANT",
            _("“%(name)s”由居民个人申请，单位不能申请。", name=scheme.name)
            if about == RESIDENT
            else _("“%(name)s”由单位申请，居民个人不能申请。", name=scheme.name),
        )
    if found is None:
        raise NotPermitted(
            "ROLE_NOT_ALLOWED", _("请选择为谁申请：窗口代填须指明申请的单位或居民。")
        )
    if is_own:
        return int(found)
    require(actor, CHECK)
    if about == RESIDENT:
        return int(fetch(Resident, found, actor, CHECK).id)
    fetch(Scheme, scheme.id, actor, CHECK)
    return int(found)


def _refuse_unfit(about: str, said: dict[str, Any]) -> None:
    """Refuse what no fact admits; of residents the register tells, so they declare nothing."""
    errors = finding.faults_of(said)
    if about == RESIDENT:
        errors = {code: [_("居民的情况以登记为准，不用填")] for code in said}
    if errors:
        raise InvalidInput(
            _("有 %(n)s 个回答不合要求，请改正后再保存。", n=len(errors)), errors=errors
        )


def standing(scheme_id: int, applicant_id: int) -> Application | None:
    """Return the application of a party that stands in a scheme, for an act under way locked."""
    query = db.select(Application).filter_by(scheme_id=scheme_id, applicant_id=applicant_id)
    query = query.where(Application.state.in_(a.STANDING))
    found: Application | None = db.session.scalar(
        query.with_for_update() if audit.under_way() else query
    )
    return found


def _kept(row: Application) -> dict[str, Any]:
    is_new = row.id is None
    db.session.add(row)
    db.session.flush()
    if is_new:
        row.number = f"SQ{clock.today().year}{row.id:06d}"
        db.session.flush()
        states.begin(steps.APPLICATION, row)
    return about(row)


def _refuse_claimed(row: Application) -> None:
    claimed = db.select(SubsidyClaim.number).where(
        SubsidyClaim.application_id == row.id, SubsidyClaim.state.in_(LIVE)
    )
    if number := db.session.scalar(claimed.limit(1)):
        raise Conflict(
            "APPLICATION_CLAIMED",
            _(
                "申请 %(number)s 已有申报 %(claim)s，不能撤回或驳回。"
                "请先撤回申报；骗取补贴的，由复核人员撤销。",
                number=row.number,
                claim=number,
            ),
        )
