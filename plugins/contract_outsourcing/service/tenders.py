"""A tender while it is written: made for a filed plan, revised, submitted, sent back, repeated."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, deadlines, states
from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import Conflict, InvalidInput, NotPermitted
from core.parties import require_organisation
from core.purchases import Purchase
from plugins.contract_outsourcing.models import Tender, TenderQuestion
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.methods import Method
from plugins.contract_outsourcing.service import choosing, figures, judging, steps, tender_clocks

MAKE, AGREE, CANCEL = "tender.make", "tender.agree", "tender.cancel"
_COLUMNS = (
    "name",
    "agency_id",
    "method",
    "method_reason",
    "method_approval",
    "ceiling_fen",
    "bid_bond_fen",
    "documents_until",
    "closes_at",
)
_CONTENT = (
    "project",
    "service",
    "priced_services",
    "conditions",
    "evaluation",
    "reason_code",
    "reserved_for",
    "provider_id",
    "competition",
)
# A draft may be dropped by who wrote it; what is public is ended by who answers for it.
_OWN = (t.DRAFT, t.SUBMITTED)


def create(actor: Actor, *, purchase_id: int, **fields: Any) -> dict[str, Any]:
    """Write a tender for a filed plan as a draft.

    Refuses PLAN_NOT_FILED and at once what cannot be mended: `judging.refuse_at_first_step`.
    """
    plan = fetch(Purchase, purchase_id, actor, MAKE)
    tender = Tender(
        # Replaced below: the row's own number is part of it.
        number=audit.current().act,
        purchase_id=plan.id,
        organisation_id=plan.organisation_id,
        division_code=plan.division_code,
        state=t.DRAFT,
        made_by=actor.user_id,
        made_at=clock.now(),
        content={},
    )
    _write(tender, fields)
    judging.refuse_at_first_step(tender, judging.plan_of(tender))
    return _begin(tender)


def revise(actor: Actor, *, id: int, **fields: Any) -> dict[str, Any]:  # noqa: A002 - the field
    """Replace a draft's content; refused like a new one. What is published is frozen."""
    tender = fetch(Tender, id, actor, MAKE)
    steps.tender.require(tender, "tender.revise")
    with db.session.no_autoflush:
        _write(tender, fields)
        tender.made_by = actor.user_id
        judging.refuse_at_first_step(tender, judging.plan_of(tender))
        _refuse_change_unapproved(tender)
    db.session.flush()
    return about(tender)


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand a complete tender to the purchaser's approver; NOTICE_FIELD_MISSING otherwise."""
    tender = fetch(Tender, id, actor, MAKE)
    steps.tender.require(tender, "tender.submit")
    judging.refuse_at_first_step(tender, judging.plan_of(tender))
    judging.refuse_incomplete(tender)
    judging.refuse_hasty(tender, clock.today())
    content = tender.content | {"submitted_by": actor.user_id, "sent_back_reason": None}
    steps.tender.take(tender, "tender.submit", content=content)
    return about(tender)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a tender back to who wrote it, with a reason."""
    tender = fetch(Tender, id, actor, AGREE)
    content = tender.content | {"sent_back_reason": reason}
    steps.tender.take(tender, "tender.send_back", content=content)
    return about(tender, reason)


def cancel(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End a tender for good; the plan keeps its money. Once public only the approver may."""
    tender = fetch(Tender, id, actor, CANCEL)
    steps.tender.require(tender, "tender.cancel")
    if tender.state not in _OWN:
        _require_agree(actor, tender)
    open_ones = db.select(TenderQuestion.id).where(
        TenderQuestion.tender_id == tender.id, TenderQuestion.answered_at.is_(None)
    )
    for number in db.session.scalars(open_ones).all():
        deadlines.stop(tender_clocks.QUESTION, tender_clocks.QUESTION_TYPE, number)
    steps.tender.take(tender, "tender.cancel", end_reason=reason)
    return about(tender, reason)


def rerun(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    method: str | None = None,
    reason_code: str | None = None,
    method_reason: str | None = None,
    method_approval: str | None = None,
) -> dict[str, Any]:
    """Write a failed tender anew, as a draft linked to it.

    Another method needs an approval document and its own reason: METHOD_NOT_JUSTIFIED. A failed
    tender is repeated once: STATE_CHANGED.
    """
    failed = fetch(Tender, id, actor, MAKE)
    steps.tender.require(failed, "tender.rerun")
    _refuse_repeated(failed)
    content = {name: failed.content.get(name) for name in _CONTENT}
    tender = Tender(
        **{name: getattr(failed, name) for name in _COLUMNS}
        | {"closes_at": None, "documents_until": None},
        number=audit.current().act,
        purchase_id=failed.purchase_id,
        organisation_id=failed.organisation_id,
        division_code=failed.division_code,
        content=content,
        sheet=failed.sheet,
        state=t.DRAFT,
        rerun_of_id=failed.id,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    if method and method != failed.method:
        chosen = choosing.known(method)
        tender.method, tender.method_reason = chosen.code, method_reason
        priced = _priced(content["priced_services"] or [], chosen)
        tender.content = content | {"reason_code": reason_code, "priced_services": priced}
        tender.method_approval = method_approval
        tender.sheet = _sheet(tender, failed.sheet)
    judging.refuse_at_first_step(tender, judging.plan_of(tender))
    choosing.refuse_change_unapproved(failed, tender)
    return _begin(tender)


def about(tender: Tender, detail: str | None = None) -> dict[str, Any]:
    """Say that the act under way is about a tender, and return the act's answer."""
    audit.about(steps.TENDER, tender.id, detail)
    return {"id": tender.id, "number": tender.number, "state": tender.state}


# --- parts -------------------------------------------------------------------------------------


def _begin(tender: Tender) -> dict[str, Any]:
    db.session.add(tender)
    db.session.flush()
    tender.number = f"CG{clock.today().year}{tender.id:06d}"
    db.session.flush()
    states.begin(steps.TENDER, tender)
    return about(tender)


def _write(tender: Tender, fields: dict[str, Any]) -> None:
    method = choosing.known(fields["method"])
    fields = fields | {"priced_services": _priced(fields["priced_services"], method)}
    _refuse_wrong_party(fields["agency_id"], "agency", "agency_id")
    _refuse_wrong_party(fields["provider_id"], "provider", "provider_id")
    for name in _COLUMNS:
        setattr(tender, name, fields[name])
    # What others noted of it (who submitted, why it was sent back) is kept; who applied for other
    # conditions did not apply for these.
    kept = dict(tender.content)
    if kept.get("conditions") != fields["conditions"]:
        kept.pop("prequalification", None)
    tender.content = kept | {name: fields[name] for name in _CONTENT}
    tender.sheet = _sheet(tender, fields["sheet"] or {})


def _sheet(tender: Tender, given: dict[str, Any]) -> dict[str, Any]:
    """Return a sheet as it is kept, with the method's way of evaluating."""
    method = choosing.known(tender.method)
    deduction = given.get("small_firm_deduction_bp")
    kept = {"evaluation": method.evaluation, "ties": given.get("ties", "technical")}
    kept["small_firm_deduction_bp"] = (
        figures.deduction_bounds(tender)[0] if deduction is None else deduction
    )
    if method.several:
        kept["admitted"] = given.get("admitted")
    if not method.is_scored and tender.rerun_of_id is not None:
        # The failed tender's points mean nothing where only the price counts.
        return kept | {"price_weight_bp": 0, "indicators": []}
    return kept | {
        "price_weight_bp": given.get("price_weight_bp", 0),
        "indicators": given.get("indicators", []),
    }


def _priced(services: list[dict[str, str]], method: Method) -> list[dict[str, str]]:
    """Return the services every bid gives a unit price for; only a framework's have any."""
    if not method.several:
        return []
    for key in ("code", "name"):
        said = [one[key] for one in services]
        if twice := sorted({one for one in said if said.count(one) > 1}):
            raise InvalidInput(
                _("按单价结算的服务重复：%(names)s。请每项只写一次。", names="、".join(twice)),
                errors={"priced_services": [_("重复：%(names)s", names="、".join(twice))]},
            )
    return services


def _refuse_wrong_party(number: int | None, kind: str, field: str) -> None:
    if number is None or require_organisation(number).kind == kind:
        return
    said = _("须是登记的采购代理机构") if kind == "agency" else _("须是登记的承接主体")
    raise InvalidInput(_("所选单位的类别不对：%(said)s。", said=said), errors={field: [said]})


def _refuse_repeated(failed: Tender) -> None:
    again = db.session.scalar(
        db.select(Tender.number).where(Tender.rerun_of_id == failed.id, Tender.state != t.CANCELLED)
    )
    if again is not None:
        raise Conflict(
            "STATE_CHANGED",
            _("这个项目已经重新组织采购（%(number)s），请到那里办理。", number=again),
        )


def _refuse_change_unapproved(tender: Tender) -> None:
    if tender.rerun_of_id is not None:
        choosing.refuse_change_unapproved(db.session.get_one(Tender, tender.rerun_of_id), tender)


def _require_agree(actor: Actor, tender: Tender) -> None:
    """Refuse who does not answer for the purchaser, whose tender is already public."""
    found = scoped(Tender, actor, AGREE).where(Tender.id == tender.id)
    if db.session.scalar(found.with_only_columns(Tender.id)) is None:
        raise NotPermitted(
            "ROLE_NOT_ALLOWED",
            _("已经公开的采购项目须由购买主体复核岗位终止，请交由相应人员办理。"),
        )
