"""Relief recorded by one person and approved by another: fees not charged, taxes waived.

It is a memorandum. Only the part of a waived fee that is compensated is paid, by a claim, to who
charges the fee; the figures of taxes are the tax authority's, and no money moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, require
from core.db import db, insert_once
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.ledger import post
from core.parties import Party, require_organisation
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Application,
    ReliefPaper,
    ReliefRecord,
    Scheme,
    SchemeTerms,
    SubsidyClaim,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import relief as r
from plugins.subsidy.service import aid, claims, conditions, doubling, relief_postings, relief_steps
from plugins.subsidy.service.reckoning import Reckoned, Used, reckons
from plugins.subsidy.service.schemes import newest_terms, terms_in_force

VIEW, FEE, TAX = "relief.view", "relief.fee", "relief.tax"
APPROVE_FEE, CHECK_TAX, DECIDE = "relief.approve_fee", "relief.check_tax", "relief.decide"
DECIDES = {r.FEE: APPROVE_FEE, r.TAX: CHECK_TAX}
NOTICE, TAX_DOCUMENT = "notice", "tax_document"


def fee(
    actor: Actor,
    *,
    scheme_id: int,
    beneficiary_id: int,
    period_from: date,
    period_to: date,
    fees: Sequence[dict[str, Any]],
    document: str,
    free_hours: int | None = None,
    charger_id: int | None = None,
) -> dict[str, Any]:
    """Record fees that a beneficiary need not pay: numbers of notices and what they charge (fen).

    What is waived follows from the terms of its application. Refuses APPLICATION_NOT_ELIGIBLE, the
    conditions' codes, FREE_HOURS_MISSING, NOTHING_WAIVED, ALREADY_RELIEVED.
    """
    scheme = fetch(Scheme, scheme_id, actor, FEE)
    conditions.require_kind(scheme, r.FEE)
    application = conditions.eligible_application(scheme, beneficiary_id)
    version, period = conditions.terms_of(application), (period_from, period_to)
    terms = rules.read_terms(version.document)
    claims.refuse_period(terms, *period)
    conditions.refuse_unmet(
        scheme,
        terms,
        beneficiary_id,
        period,
        separate_accounts=application.separate_accounts,
    )
    rules.refuse_hours(terms.conditions, rules.Conditions(free_hours=free_hours), *period)
    waived = _waived(terms, [(one["number"], one["amount_fen"]) for one in fees])
    charger = require_organisation(charger_id or scheme.organisation_id)
    row = _keep(
        actor,
        scheme,
        version,
        application_id=application.id,
        beneficiary_id=beneficiary_id,
        charger_id=charger.id,
        period_from=period_from,
        period_to=period_to,
        free_hours=free_hours,
        amount_fen=waived.memo.result_fen,
        compensated_fen=waived.expense.result_fen,
        inputs={"fees": [dict(one) for one in fees], "document": document},
        calculation=rules.written(waived.memo),
    )
    _take_papers(row, NOTICE, [one["number"] for one in fees])
    return said(row)


def tax(
    actor: Actor,
    *,
    scheme_id: int,
    taxpayer_id: int,
    period_from: date,
    period_to: date,
    figures: Sequence[dict[str, Any]],
    separate_accounts: bool = False,
) -> dict[str, Any]:
    """Record the tax authority's figures of what a taxpayer was spared in a period; no money moves.

    Refuses TAX_SOURCE_NOT_ALLOWED, TAX_NOT_COVERED, the conditions' codes, ALREADY_RELIEVED.
    """
    scheme = fetch(Scheme, scheme_id, actor, TAX)
    conditions.require_kind(scheme, r.TAX)
    if db.session.get(Party, taxpayer_id) is None:
        raise NotFound("NOT_FOUND", _("没有登记这个纳税人，请先登记。"))
    version = terms_in_force(scheme) or newest_terms(scheme)
    terms, period = rules.read_terms(version.document), (period_from, period_to)
    claims.refuse_period(terms, *period)
    conditions.refuse_unmet(scheme, terms, taxpayer_id, period, separate_accounts=separate_accounts)
    memo = _tax_memo(terms, figures, period)
    row = _keep(
        actor,
        scheme,
        version,
        beneficiary_id=taxpayer_id,
        period_from=period_from,
        period_to=period_to,
        amount_fen=memo.result_fen,
        inputs={"figures": [dict(one) for one in figures], "separate": separate_accounts},
        calculation=rules.written(memo),
    )
    _take_papers(row, TAX_DOCUMENT, sorted({one["document"] for one in figures}))
    return said(row)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a record that another person made: the memorandum is posted.

    Of a fee's the purchaser's approver, of a tax's finance's. What is compensated becomes a claim
    of who charges the fee, checked and approved as every claim is. A waived fee is refused with
    DOUBLE_BENEFIT and AID_CEILING_EXCEEDED.
    """
    row = _to_decide(actor, id)
    relief_steps.relief.require(row, "relief.approve")
    four_eyes(actor, row.made_by, what=_("减免登记"))
    scheme = db.session.get_one(Scheme, row.scheme_id)
    assert scheme.purchase_id is not None  # noqa: S101 - it is published
    doubling.refuse_relief(row)
    aid.grant_relief(row)
    journal_id = post(
        relief_postings.RELIEF,
        f"relief:{row.id}/approved",
        relief_postings.relief_moves(row, scheme.purchase_id),
    )
    claim = _compensation(actor, scheme, row) if row.compensated_fen else None
    relief_steps.relief.take(
        row,
        "relief.approve",
        **_decided(actor, None),
        journal_id=journal_id,
        claim_id=claim.id if claim else None,
    )
    audit.about(relief_steps.RELIEF, row.id)
    return said(row)


def refuse(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Turn a record down with a reason; its papers may be used again."""
    row = _to_decide(actor, id)
    return _end(actor, row, "relief.refuse", reason)


def cancel(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take an approved record back by a journal of its own.

    Refuses RELIEF_CLAIMED while a claim compensates it, FOUR_EYES_REQUIRED to who recorded it.
    """
    row = _to_decide(actor, id)
    relief_steps.relief.require(row, "relief.cancel")
    four_eyes(actor, row.made_by, what=_("撤销减免登记"))
    claim = db.session.get(SubsidyClaim, row.claim_id) if row.claim_id else None
    if claim is not None and claim.state in c.LIVE:
        raise Conflict(
            "RELIEF_CLAIMED",
            _(
                "这笔减免的补偿申报 %(number)s 还在办理或已支付，不能撤销登记。"
                "请先退回或追回那份申报。",
                number=claim.number,
            ),
            claim=claim.number,
        )
    scheme = db.session.get_one(Scheme, row.scheme_id)
    assert scheme.purchase_id is not None  # noqa: S101 - it is published
    post(
        relief_postings.CANCELLED,
        f"relief:{row.id}/cancelled",
        relief_postings.cancel_moves(row, scheme.purchase_id),
        reverses_id=row.journal_id,
        note=reason,
    )
    return _end(actor, row, "relief.cancel", reason)


@reckons(r.FEE)
def _reckon(claim: SubsidyClaim, terms: rules.Terms, _found: dict[str, Any]) -> Reckoned:
    """Reckon what is paid for waived fees to who charges them."""
    row = db.session.get_one(ReliefRecord, claim.claimed["relief_id"])
    fees = [(one["number"], one["amount_fen"]) for one in row.inputs["fees"]]
    return Reckoned(
        _waived(terms, fees).expense,
        {"relief_id": row.id, "waived_fen": row.amount_fen, "fees": row.inputs["fees"]},
        tuple(Used(NOTICE, conditions.number_key(number), number) for number, _fen in fees),
    )


def said(row: ReliefRecord) -> dict[str, Any]:
    """Return what an act answers of a record."""
    return {
        "id": row.id,
        "state": row.state,
        "amount_fen": row.amount_fen,
        "compensated_fen": row.compensated_fen,
        "claim_id": row.claim_id,
    }


def _waived(terms: rules.Terms, fees: list[tuple[str, int]]) -> rules.Waived:
    assert terms.fee_relief is not None  # noqa: S101 - of this kind
    # The conditions were judged with their days when the fees were recorded.
    nothing = rules.Conditions()
    return rules.fee_relief(terms.fee_relief, fees, required=nothing, declared=nothing)


def _tax_memo(
    terms: rules.Terms, figures: Sequence[dict[str, Any]], period: tuple[date, date]
) -> rules.Calculation:
    assert terms.tax_relief is not None  # noqa: S101 - of this kind
    nothing = rules.Conditions()
    read = [
        rules.TaxFigure(one["tax"], one["amount_fen"], *period, one["source"], one["document"])
        for one in figures
    ]
    return rules.tax_memo(terms.tax_relief, read, required=nothing, declared=nothing)


def _keep(actor: Actor, scheme: Scheme, version: SchemeTerms, **values: Any) -> ReliefRecord:
    if not values["amount_fen"]:
        raise RuleBroken(
            "NOTHING_WAIVED", _("按办法计算，减免金额为 0 元，不用登记。请核对金额和比例。")
        )
    row = ReliefRecord(
        kind=scheme.kind,
        scheme_id=scheme.id,
        terms_id=version.id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        state=r.RECORDED,
        made_by=actor.user_id,
        made_at=clock.now(),
        **values,
    )
    db.session.add(row)
    db.session.flush()
    states.begin(relief_steps.RELIEF, row)
    audit.about(relief_steps.RELIEF, row.id)
    return row


def _take_papers(row: ReliefRecord, kind: str, numbers: Sequence[str]) -> None:
    """Let a record use papers; refuse ALREADY_RELIEVED where another one does."""
    by_key = {conditions.number_key(number): number for number in numbers}
    if len(by_key) < len(numbers):
        raise InvalidInput(
            _("同一张通知书填了两次。请删去重复的一行。"), errors={"fees": [_("文号重复")]}
        )
    for key, name in sorted(by_key.items()):
        paper = {"relief_id": row.id, "kind": kind, "key": key, "name": name}
        if not insert_once(ReliefPaper.__table__, paper):
            raise _already(kind, key, name)


def _already(kind: str, key: str, name: str) -> RuleBroken:
    holder = db.session.execute(
        db.select(ReliefRecord.id, Scheme.name)
        .join(ReliefPaper, ReliefPaper.relief_id == ReliefRecord.id)
        .join(Scheme, Scheme.id == ReliefRecord.scheme_id)
        .where(ReliefPaper.kind == kind, ReliefPaper.key == key)
        .where(ReliefPaper.released_at.is_(None))
    ).first()
    number, scheme = holder if holder is not None else ("—", "—")
    return RuleBroken(
        "ALREADY_RELIEVED",
        _(
            "“%(name)s”已在“%(scheme)s”的减免登记 %(number)s 中登记，同一文书不得重复登记。"
            "请删去这一行。",
            name=name,
            scheme=scheme,
            number=number,
        ),
        basis="财政违法行为处罚处分条例第十四条",
        relief_id=number,
    )


def _compensation(actor: Actor, scheme: Scheme, row: ReliefRecord) -> SubsidyClaim:
    """Begin the claim of who charges the fee, as made by the person who recorded the relief."""
    assert row.charger_id is not None  # noqa: S101 - of a fee
    claim = claims.begin(
        actor,
        scheme,
        db.session.get_one(SchemeTerms, row.terms_id),
        payee_id=row.charger_id,
        beneficiary_id=row.beneficiary_id,
        claimed={"relief_id": row.id},
        period=(row.period_from, row.period_to),
        application=db.session.get(Application, row.application_id),
    )
    claim.made_by = row.made_by
    db.session.flush()
    return claim


def _to_decide(actor: Actor, number: int) -> ReliefRecord:
    """Return a record that the actor may decide on, by the permission its kind asks for."""
    row: ReliefRecord = fetch(ReliefRecord, number, actor, DECIDE)
    require(actor, DECIDES[row.kind])
    return row


def _end(actor: Actor, row: ReliefRecord, act: str, reason: str) -> dict[str, Any]:
    relief_steps.relief.take(row, act, **_decided(actor, reason))
    for paper in db.session.scalars(
        db.select(ReliefPaper).filter_by(relief_id=row.id, released_at=None)
    ):
        paper.released_at = clock.now()
    db.session.flush()
    audit.about(relief_steps.RELIEF, row.id, reason)
    return said(row)


def _decided(actor: Actor, reason: str | None) -> dict[str, Any]:
    return {"decided_by": actor.user_id, "decided_at": clock.now(), "decided_reason": reason}
