"""What people see of contracts: the list, one of them whole, what of them is public."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from core import clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.settlement.claims import payee_names
from plugins.contract_outsourcing.models import (
    Amendment,
    Award,
    Bond,
    Contract,
    ContractYear,
    Ending,
    Milestone,
    ProviderIncome,
    Receivable,
    Signature,
    Subcontract,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.rules.terms import amounts, read_terms
from plugins.contract_outsourcing.service import limits, postings, scoring_record, years
from plugins.contract_outsourcing.service.steps import contract as machine
from plugins.contract_outsourcing.service.steps import milestone as milestone_machine

VIEW = "contract.view"
PAGE = 50


def listed(
    actor: Actor,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the contracts a person may see, newest first; `before` is the last id seen."""
    query = scoped(Contract, actor, VIEW).order_by(Contract.id.desc())
    if state is not None:
        query = query.where(Contract.state == state)
    return _page(query, before, limit)


def public(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:  # noqa: ARG001 - verbs hear who acts
    """Return the contracts that were made public: who, what, how much, until when."""
    query = db.select(Contract).where(Contract.published_at.is_not(None))
    return _page(query.order_by(Contract.id.desc()), before, limit)


def show(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one contract with its parts, milestones, money, signatures and changes."""
    row = fetch(Contract, id, actor, VIEW)
    money = postings.registered(years.pools_of(row.id))
    score = scoring_record.score_of(row)
    names = limits.part_names()
    return {
        **brief([row])[0],
        "award_id": row.award_id,
        "tender_id": row.tender_id,
        "purchase_id": row.purchase_id,
        "evaluator_id": row.evaluator_id,
        "parts": [
            {"code": part, "name": names[part], "words": row.parts.get(part, "")}
            for part in c.PARTS
        ],
        "terms": dict(row.terms),
        "multi_year_reason": row.multi_year_reason,
        "is_public_service": row.is_public_service,
        "small_firm": row.small_firm,
        "text_hash": row.text_hash,
        "renewed_from_id": row.renewed_from_id,
        "end_reason": row.end_reason,
        "money": {f"{name}_fen": fen for name, fen in money.items()},
        "score": scoring_record.shown(score) if score is not None else None,
        "milestones": _milestones(row),
        "years": _years(row.id),
        "signatures": _signatures("contract", row.id),
        "amendments": _amendments(row.id),
        "endings": _endings(row.id),
        "bonds": [_bond(bond) for bond in _of(Bond, row.id)],
        "subcontracts": _subcontracts(row.id),
        "incomes": [_income(income) for income in _of(ProviderIncome, row.id)],
        "receivables": [_receivable(one) for one in _of(Receivable, row.id)],
    }


def to_draft(actor: Actor) -> dict[str, Any]:
    """Return the published awards that have no contract yet."""
    taken = db.select(Contract.award_id).where(Contract.state != c.CANCELLED)
    rows = db.session.execute(
        scoped(Award, actor, "contract.make")
        .add_columns(Tender.name, Tender.number)
        .join(Tender, Tender.id == Award.tender_id)
        .where(Award.state == a.PUBLISHED, Award.id.not_in(taken))
        .order_by(Award.id)
        .limit(PAGE)
    ).all()
    names = payee_names(award.provider_id for award, *_rest in rows)
    return {
        "items": [
            {
                "award_id": award.id,
                "tender": name,
                "tender_number": number,
                "provider": names[award.provider_id],
                "amount_fen": award.amount_fen,
                "published_at": _when(award.published_at),
            }
            for award, name, number in rows
        ]
    }


def brief(rows: Iterable[Contract]) -> list[dict[str, Any]]:
    """Return contracts as the lists tell them."""
    found = list(rows)
    names = payee_names(
        number for row in found for number in (row.provider_id, row.organisation_id)
    )
    return [
        {
            "id": row.id,
            "number": row.number,
            "name": row.name,
            "kind": row.kind,
            "state": row.state,
            "state_name": str(machine.names[row.state]),
            "organisation_id": row.organisation_id,
            "purchaser": names[row.organisation_id],
            "provider_id": row.provider_id,
            "provider": names[row.provider_id],
            "value_fen": row.value_fen,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat(),
            "signed_at": _when(row.signed_at),
            "published_at": _when(row.published_at),
            "filed_at": _when(row.filed_at),
        }
        for row in found
    ]


def kind_names() -> dict[str, str]:
    """Return how the kinds of changes are called."""
    return {
        c.SUPPLEMENT: _("补充合同"),
        c.PRICE_DOWN: _("降低价款"),
        c.VOLUME_DOWN: _("减少数量"),
        c.EXTENSION: _("延长期限（不增加金额）"),
        c.PARTY_DATA: _("变更当事人信息"),
        c.LEGAL_CHANGE: _("因法律政策变化调整条款"),
    }


# --- parts -------------------------------------------------------------------------------------


def _page(query: Select[Any], before: int | None, limit: int) -> dict[str, Any]:
    if before is not None:
        query = query.where(Contract.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    return {
        "items": brief(rows),
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def _of(model: Any, contract_id: int) -> list[Any]:
    query = db.select(model).where(model.contract_id == contract_id).order_by(model.id)
    return list(db.session.scalars(query))


def _milestones(contract: Contract) -> list[dict[str, Any]]:
    """Return the milestones; before the signing those that the terms plan."""
    rows = db.session.scalars(
        db.select(Milestone).filter_by(contract_id=contract.id).order_by(Milestone.sequence)
    ).all()
    if rows:
        return [
            {
                "id": row.id,
                "name": row.name,
                "kind": row.kind,
                "fiscal_year": row.fiscal_year,
                "amount_fen": row.amount_fen,
                "due_on": _when(row.due_on),
                "state": row.state,
                "state_name": str(milestone_machine.names[row.state]),
                "payable_fen": row.payable_fen,
                "deducted_fen": row.deducted_fen,
                "pay_by": _when(row.pay_by),
                "paid_on": _when(row.paid_on),
            }
            for row in rows
        ]
    parts = read_terms(contract.terms).milestones
    parts_fen = amounts(parts, contract.value_fen) or [0] * len(parts)
    return [
        {
            "id": None,
            "name": part.name,
            "kind": part.kind,
            "fiscal_year": part.fiscal_year,
            "amount_fen": fen,
            "due_on": _when(part.due_on),
            "state": None,
            "state_name": "",
            "payable_fen": 0,
            "deducted_fen": 0,
            "pay_by": None,
            "paid_on": None,
        }
        for part, fen in zip(parts, parts_fen, strict=True)
    ]


def _years(contract_id: int) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        db.select(ContractYear)
        .filter_by(contract_id=contract_id)
        .order_by(ContractYear.fiscal_year)
    )
    return [
        {
            "fiscal_year": row.fiscal_year,
            "amount_fen": row.amount_fen,
            "committed": row.committed,
            "pool_id": row.pool_id,
        }
        for row in rows
    ]


def _signatures(object_type: str, object_id: int) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        db.select(Signature)
        .filter_by(object_type=object_type, object_id=object_id)
        .order_by(Signature.id)
    ).all()
    names = payee_names(row.organisation_id for row in rows)
    return [
        {
            "organisation_id": row.organisation_id,
            "organisation": names[row.organisation_id],
            "text_hash": row.text_hash,
            "signed_at": _when(row.signed_at),
        }
        for row in rows
    ]


def _amendments(contract_id: int) -> list[dict[str, Any]]:
    kinds = kind_names()
    states = {
        c.PROPOSED: _("待复核"),
        c.APPROVED: _("待双方签署"),
        c.IN_FORCE: _("已生效"),
        c.DECLINED: _("未通过"),
    }
    return [
        {
            "id": row.id,
            "number": row.number,
            "kind": row.kind,
            "kind_name": kinds[row.kind],
            "words": row.words,
            "reason": row.reason,
            "amount_fen": row.amount_fen,
            "fiscal_year": row.fiscal_year,
            "changes": dict(row.changes),
            "state": row.state,
            "state_name": states[row.state],
            "text_hash": row.text_hash,
            "in_force_at": _when(row.in_force_at),
            "signed_by": [one["organisation_id"] for one in _signatures("amendment", row.id)],
        }
        for row in _of(Amendment, contract_id)
    ]


def _subcontracts(contract_id: int) -> list[dict[str, Any]]:
    rows = _of(Subcontract, contract_id)
    names = payee_names(row.organisation_id for row in rows)
    states = {"asked": _("待同意"), "consented": _("已同意"), "declined": _("不同意")}
    return [
        {
            "id": row.id,
            "organisation_id": row.organisation_id,
            "organisation": names[row.organisation_id],
            "words": row.words,
            "amount_fen": row.amount_fen,
            "state": row.state,
            "state_name": states[row.state],
            "reason": row.reason,
        }
        for row in rows
    ]


def _bond(row: Bond) -> dict[str, Any]:
    states = {c.HELD: _("有效"), c.RETURNED: _("已退还"), c.CALLED: _("已兑付")}
    return {
        "id": row.id,
        "form": row.form,
        "issuer": row.issuer,
        "document": row.document,
        "amount_fen": row.amount_fen,
        "expires_on": row.expires_on.isoformat(),
        "state": row.state,
        "state_name": states[row.state],
    }


def _endings(contract_id: int) -> list[dict[str, Any]]:
    states = {c.PROPOSED: _("待复核"), c.APPROVED: _("已复核"), c.DECLINED: _("未通过")}
    return [
        {
            "id": row.id,
            "bond_id": row.bond_id,
            "call_bond": row.call_bond,
            "reason": row.reason,
            "state": row.state,
            "state_name": states[row.state],
            "decision": row.decision,
        }
        for row in _of(Ending, contract_id)
    ]


def _income(row: ProviderIncome) -> dict[str, Any]:
    return {
        "id": row.id,
        "amount_fen": row.amount_fen,
        "received_fen": row.received_fen,
        "reason": row.reason,
    }


def _receivable(row: Receivable) -> dict[str, Any]:
    states = {c.ASKED: _("待确认"), c.CONFIRMED: _("已确认"), c.REFUSED: _("不予确认")}
    return {
        "id": row.id,
        "amount_fen": row.amount_fen,
        "financier": row.financier,
        "state": row.state,
        "state_name": states[row.state],
    }


def _when(value: date | datetime | None) -> str | None:
    # Instants by the county's clock: signed at seven, it is signed that day.
    if isinstance(value, datetime):
        return value.astimezone(clock.ZONE).isoformat()
    return value.isoformat() if value else None
