"""What the parties sign: a contract or a change of it as canonical text, its hash, its PDF.

The hash is of the data in one fixed order, so that the same contract always has the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from core.db import db
from core.parties import Organisation
from core.purchases import Purchase
from plugins.contract_outsourcing.models import Amendment, Contract, Tender
from plugins.contract_outsourcing.models.contracts import EXTENSION, IN_FORCE
from plugins.contract_outsourcing.rules.terms import amounts, read_terms


def hash_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document in its canonical form."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def contract_document(contract: Contract) -> dict[str, Any]:
    """Return all that a contract says, as its parties sign it."""
    terms = read_terms(contract.terms)
    tender = db.session.get_one(Tender, contract.tender_id)
    return {
        "number": contract.number,
        "name": contract.name,
        "kind": contract.kind,
        "tender": tender.number,
        "plan": db.session.get_one(Purchase, contract.purchase_id).filed_number,
        "purchaser": _party(contract.organisation_id),
        "provider": _party(contract.provider_id),
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": _signed_end(contract),
        "multi_year_reason": contract.multi_year_reason,
        "value_fen": contract.value_fen,
        "is_public_service": contract.is_public_service,
        "small_firm": contract.small_firm,
        "parts": dict(contract.parts),
        "terms": dict(contract.terms),
        "milestones_fen": amounts(terms.milestones, contract.value_fen),
    }


def amendment_document(contract: Contract, amendment: Amendment) -> dict[str, Any]:
    """Return all that a change of a contract says, as its parties sign it."""
    return {
        "contract": contract.number,
        "contract_hash": contract.text_hash,
        "number": amendment.number,
        "kind": amendment.kind,
        "words": amendment.words,
        "reason": amendment.reason,
        "amount_fen": amendment.amount_fen,
        "fiscal_year": amendment.fiscal_year,
        "changes": dict(amendment.changes),
    }


def _signed_end(contract: Contract) -> str:
    """Return the last day as it was signed, whatever extensions there were since."""
    first = db.session.scalars(
        db.select(Amendment)
        .where(Amendment.contract_id == contract.id, Amendment.kind == EXTENSION)
        .where(Amendment.state == IN_FORCE)
        .order_by(Amendment.in_force_at, Amendment.id)
    ).first()
    before: str = first.changes["ends_on_before"] if first else contract.ends_on.isoformat()
    return before


def _party(number: int) -> dict[str, str]:
    organisation = db.session.get_one(Organisation, number)
    return {"name": organisation.name, "credit_code": organisation.credit_code}
