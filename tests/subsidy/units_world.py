"""A county that pays per bed, waives fees and asks for promises about prices."""

from __future__ import annotations

import itertools
from typing import Any

from core import clock
from core.db import db, transaction
from plugins.subsidy.models import Application, SchemeTerms
from tests.factories import COUNTY, County, do
from tests.subsidy import scheme_world as world

_serial = itertools.count(1)
PROMISED, CHECKED, STATE_BY = "2026-03-02T09:00", "2026-06-10T09:00", "2026-06-20"
ASKED = {"price_promise": True}
PROMISE: dict[str, Any] = {
    "service": "午餐",
    "unit": "份",
    "price_fen": 1_200,
    "from_on": "2026-03-01",
    "to_on": "2026-12-31",
}


def publish(county: County, kind: str = "per_unit", **changes: Any) -> int:
    """Publish a scheme of a kind on a plan of its own; terms changed as asked."""
    plan = world.make_plan(county)
    with clock.frozen(world.WRITTEN):
        return world.publish_scheme(county, plan, kind=kind, **changes)


def promise(county: County, scheme: int, **changes: Any) -> int:
    """Promise as the provider what lunch costs; return the promise's number."""
    asked = PROMISE | {"scheme_id": scheme} | changes
    return int(do("promise.make", county.actor("provider_manager"), **asked)["id"])


def eligible(county: County, scheme: int, *, separate_accounts: bool = True) -> int:
    """Find the county's provider eligible in a scheme; return its application's number."""
    with transaction():
        row = Application(
            number=f"申{next(_serial)}",
            scheme_id=scheme,
            terms_id=db.session.scalars(
                db.select(SchemeTerms.id).filter_by(scheme_id=scheme).limit(1)
            ).one(),
            applicant_id=county.provider,
            organisation_id=county.purchaser,
            division_code=COUNTY,
            state="eligible",
            declared={},
            separate_accounts=separate_accounts,
            made_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        return int(row.id)


FEE = "2026-05-06T09:00"
FEE_TERMS: dict[str, Any] = {
    "fee": "污水处理费",
    "fee_basis": "收费目录",
    "waived_bp": 10_000,
    "compensated_bp": 5_000,
}


def fees(county: County, scheme: int, **changes: Any) -> dict[str, Any]:
    """Return the fields of two waived fees of April, changed as asked."""
    return {
        "scheme_id": scheme,
        "beneficiary_id": county.provider,
        "period_from": "2026-04-01",
        "period_to": "2026-04-30",
        "fees": [
            {"number": "望住建费〔2026〕17号", "amount_fen": 800_001},
            {"number": "望住建费〔2026〕18号", "amount_fen": 200_000},
        ],
        "document": "望住建〔2026〕5号",
    } | changes


def taxes(county: County, scheme: int, **changes: Any) -> dict[str, Any]:
    """Return the fields of two figures of the tax authority, changed as asked."""
    figure = {"source": "tax_authority", "document": "望税通〔2026〕31号"}
    return {
        "scheme_id": scheme,
        "taxpayer_id": county.provider,
        "period_from": "2026-03-01",
        "period_to": "2026-03-31",
        "figures": [
            figure | {"tax": "property", "amount_fen": 1_800_000},
            figure | {"tax": "donation", "amount_fen": 250_000},
        ],
    } | changes


def declare(application: int) -> None:
    """Let an application declare accounts of its own."""
    with transaction():
        db.session.get_one(Application, application).separate_accounts = True
