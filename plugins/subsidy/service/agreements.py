"""What a beneficiary signs: the agreement about an award as canonical text, with its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import clock
from core.db import db
from core.parties import Organisation
from core.settlement.claims import payee_names
from plugins.subsidy import rules
from plugins.subsidy.models import Application, AwardResult, Scheme, SchemeTerms, ScoringRound
from plugins.subsidy.service import results


@dataclass(frozen=True)
class Instalment:
    """One part of an award: its number, amount (fen), and the day from which it is due."""

    number: int
    amount_fen: int
    due_on: date


def instalments(result: AwardResult, row: ScoringRound) -> list[Instalment]:
    """Return the parts of a final award; all begin to count on the day the results were final."""
    terms = results.award_terms(result.terms_id)
    final_on = row.concluded_on or clock.today()
    amounts = rules.instalments(result.final_fen, terms.instalments_bp)
    months = terms.instalment_months or (0,) * len(amounts)
    return [
        Instalment(number, fen, rules.add_months(final_on, wait))
        for number, (fen, wait) in enumerate(zip(amounts, months, strict=True), start=1)
    ]


def document(result: AwardResult, row: ScoringRound) -> dict[str, Any]:
    """Return all that an agreement says, as it is signed."""
    scheme = db.session.get_one(Scheme, row.scheme_id)
    version = db.session.get_one(SchemeTerms, result.terms_id)
    terms = results.award_terms(result.terms_id)
    application = db.session.get_one(Application, result.application_id)
    purchaser = db.session.get_one(Organisation, row.organisation_id)
    return {
        "application": application.number,
        "scheme": scheme.name,
        "code": scheme.code,
        "version": version.version,
        "year": row.year,
        "purchaser": {"name": purchaser.name, "credit_code": purchaser.credit_code},
        "beneficiary": payee_names([result.applicant_id])[result.applicant_id],
        "tier": result.tier,
        "amount_fen": result.final_fen,
        "instalments": [
            {"number": one.number, "amount_fen": one.amount_fen, "due_on": one.due_on.isoformat()}
            for one in instalments(result, row)
        ],
        "duty_from": terms.duty_from.isoformat() if terms.duty_from else None,
        "duty_months": terms.duty_months,
    }


def hash_of(text: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an agreement in its canonical form."""
    canonical = json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
