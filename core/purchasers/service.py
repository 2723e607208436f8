"""The verbs about legal kinds: registering an organisation with its kind, recording another one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, parties
from core.access import Actor, fetch, require
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.identifiers import check_credit_code
from core.parties import Organisation
from core.purchasers.coupling import ties_of
from core.purchasers.judging import Verdict, described, judge, may_provide, why
from core.purchasers.kinds import (
    ALWAYS,
    BY_CODE,
    FLAGS,
    FLAGS_OF,
    INSTITUTION,
    RECORD,
    OrganisationKind,
    fits_code,
    kind_name,
    kind_on,
    kinds_of,
)

# Organisations of these sides whose code begins with 11 are organs; others with it may be
# party offices or bodies of another kind, of which the code does not tell.
OFFICES = ("purchaser", "finance", "auditor")


def register(
    actor: Actor,
    *,
    credit_code: str,
    name: str,
    kind: str,
    division_code: str,
    tags: list[str] | None = None,
    legal_kind: str | None = None,
    legal_document: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Register an organisation, and with it its legal kind.

    Without `legal_kind` what the credit code alone says is recorded; where it says too little
    (institutions, mass organisations) nothing is, and the organisation cannot buy until somebody
    records it. To say more than the code is for those who may record kinds. `more` are the class
    and flags of the kind.
    """
    if legal_kind is not None:
        require(actor, RECORD)
    made = parties.add_organisation(
        actor,
        credit_code=credit_code,
        name=name,
        kind=kind,
        division_code=division_code,
        tags=tags,
    )
    organisation = parties.require_organisation(made["id"])
    if legal_kind is None:
        _by_code(actor, organisation)
        return made
    if not legal_document:
        raise InvalidInput(
            _("登记法定类别须注明依据文件。"), errors={"legal_document": [_("请填写")]}
        )
    _add(actor, organisation, legal_kind, from_on=ALWAYS, document=legal_document, **more)
    return made


def record_kind(
    actor: Actor,
    *,
    organisation_id: int,
    legal_kind: str,
    from_on: date,
    document: str,
    credit_code: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Record what an organisation legally is from a day on, under the document that made it so.

    Nothing recorded before is changed; a record with the same first day corrects the earlier one.
    `credit_code` is given where the organisation got another one with its new kind.
    """
    organisation = fetch(Organisation, organisation_id, actor, RECORD)
    if credit_code is not None:
        _change_code(organisation, check_credit_code(credit_code), from_on)
    row = _add(actor, organisation, legal_kind, from_on=from_on, document=document, **more)
    audit.about("organisation", organisation.id, document)
    verdict = judge(organisation.id, on=max(from_on, clock.today()))
    return {
        "id": row.id,
        "organisation_id": organisation.id,
        "legal_kind": legal_kind,
        "may_buy": verdict.may,
        "basis": verdict.article,
    }


def kinds(actor: Actor, *, organisation_id: int, on: date | None = None) -> dict[str, Any]:
    """Return an organisation's legal kinds, and what the rules of a day say of it."""
    query = parties.directory(actor).where(Organisation.id == organisation_id)
    organisation: Organisation | None = db.session.scalar(query)
    if organisation is None:
        raise NotFound("NOT_FOUND", _("没有找到这个单位，或它不在您的管辖范围内。"))
    day = on or clock.today()
    return {
        "organisation_id": organisation_id,
        "on": day.isoformat(),
        "buying": _told(judge(organisation_id, on=day)),
        "providing": _told(may_provide(organisation_id, on=day)),
        "items": [_row(row) for row in kinds_of(organisation_id)],
        "authorities": ties_of(organisation_id),
    }


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "may": verdict.may,
        "outcome": verdict.outcome,
        "rule_set": verdict.rule_set,
        "why": why(verdict),
        "basis": verdict.article,
    }


def _row(row: OrganisationKind) -> dict[str, Any]:
    return {
        "id": row.id,
        "legal_kind": row.legal_kind,
        "described": described(row),
        "institution_class": row.institution_class,
        "flags": [flag for flag in FLAGS if getattr(row, flag)],
        "credit_code": row.credit_code,
        "from_on": row.from_on.isoformat(),
        "document": row.document,
        "recorded_at": row.recorded_at.isoformat(),
    }


def _by_code(actor: Actor, organisation: Organisation) -> None:
    legal_kind = BY_CODE.get(organisation.credit_code[:2])
    if legal_kind is None or (
        legal_kind == "administrative_organ" and organisation.kind not in OFFICES
    ):
        return
    document = f"统一社会信用代码 {organisation.credit_code}"
    _add(actor, organisation, legal_kind, from_on=ALWAYS, document=document)


def _add(
    actor: Actor,
    organisation: Organisation,
    legal_kind: str,
    *,
    from_on: date,
    document: str,
    institution_class: str | None = None,
    **flags: bool,
) -> OrganisationKind:
    _check(organisation, legal_kind, institution_class, flags)
    earlier = kind_on(organisation.id, from_on)
    same = (legal_kind, institution_class, document, from_on)
    if earlier and same == (
        earlier.legal_kind,
        earlier.institution_class,
        earlier.document,
        earlier.from_on,
    ):
        known = {flag: getattr(earlier, flag) for flag in FLAGS}
        if known == {flag: flags.get(flag, False) for flag in FLAGS}:
            raise Conflict("KIND_RECORDED", _("这条法定类别已经登记，不必重复登记。"))
    row = OrganisationKind(
        organisation_id=organisation.id,
        legal_kind=legal_kind,
        institution_class=institution_class,
        credit_code=organisation.credit_code,
        from_on=from_on,
        document=document,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        **{flag: flags.get(flag, False) for flag in FLAGS},
    )
    db.session.add(row)
    db.session.flush()
    return row


def _check(
    organisation: Organisation,
    legal_kind: str,
    institution_class: str | None,
    flags: dict[str, bool],
) -> None:
    """Refuse what a record cannot say: a class without institution, a flag that means nothing."""
    if (legal_kind == INSTITUTION) != (institution_class is not None):
        raise InvalidInput(
            _("事业单位须注明分类（行政类、公益一类、公益二类等），其他单位不填。"),
            errors={"institution_class": [_("事业单位必填，其他单位不填")]},
        )
    if institution_class == "administrative" and not flags.get("administrative_functions"):
        raise InvalidInput(
            _("承担行政职能的事业单位须同时注明具有行政管理职能。"),
            errors={"administrative_functions": [_("与分类不一致")]},
        )
    idle = [flag for flag in FLAGS if flags.get(flag) and flag not in FLAGS_OF.get(legal_kind, ())]
    if idle:
        raise InvalidInput(
            _("“%(flag)s”不适用于%(kind)s。", flag=FLAGS[idle[0]], kind=kind_name(legal_kind)),
            errors={flag: [_("不适用于这类单位")] for flag in idle},
        )
    if not fits_code(legal_kind, organisation.credit_code):
        raise RuleBroken(
            "LEGAL_KIND_MISMATCH",
            _(
                "统一社会信用代码以 %(prefix)s 开头，与“%(kind)s”不符。"
                "请核对登记证书；如已换发新代码，请同时填写新代码。",
                prefix=organisation.credit_code[:2],
                kind=kind_name(legal_kind),
            ),
            basis="GB 32100-2015",
            prefix=organisation.credit_code[:2],
            legal_kind=legal_kind,
        )


def _change_code(organisation: Organisation, code: str, from_on: date) -> None:
    if code == organisation.credit_code:
        return
    if from_on > clock.today():
        raise InvalidInput(
            _("新的统一社会信用代码自 %(day)s 起才启用，请到那一天再登记。", day=from_on),
            errors={"from_on": [_("不能晚于今天")]},
        )
    if db.session.scalar(db.select(Organisation.id).where(Organisation.credit_code == code)):
        raise Conflict(
            "PARTY_EXISTS", _("统一社会信用代码 %(code)s 已登记，不必重复登记。", code=code)
        )
    organisation.credit_code = code
    db.session.flush()
