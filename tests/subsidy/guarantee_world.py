"""A county with a guarantee company, a scheme for its fees, a risk pool, and firms that borrow."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.access import Actor
from core.db import db, transaction
from core.parties import Organisation
from tests import factories
from tests.factories import County, attempt, do
from tests.subsidy import scheme_world

NAMED, REGISTERED, LOST = "2026-01-05T09:00", "2026-02-10T09:00", "2026-04-02T09:00"
FIGURES: dict[str, Any] = {
    "as_of": "2025-12-31",
    "net_assets_fen": 5_000_000_000,
    "small_rural_bp": 4_000,
    "licence_until": "2030-12-31",
    "document": "审字〔2026〕3号",
}
FEE: dict[str, Any] = {"kind": "guarantee_fee_subsidy", "starts_on": "2025-01-01"}
POOL: dict[str, Any] = {
    "kind": "risk_pool_share",
    "starts_on": "2025-01-01",
    "shares": [
        {"party": "guarantor", "share_bp": 5_000},
        {"party": "bank", "share_bp": 2_000},
        {"party": "pool", "share_bp": 3_000},
    ],
    "waiting_days": 90,
    "single_fen": 600_000_000,
    "total_fen": 1_000_000_000,
    "year_cap_fen": 5_000_000,
    "stop_bp": 1_000,
}
_serial = itertools.count(1)


@dataclass
class Guarantees:
    """What a test of guarantees works with."""

    county: County
    company: int = 0
    guarantor: int = 0
    fee_scheme: int = 0
    pool_scheme: int = 0
    firms: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def actor(self, role: str) -> Actor:
        """Return somebody of the county, or of the guarantee company: `guarantor`."""
        return self.county.actor(role)

    def given(self, firm: int = 0, **changes: Any) -> dict[str, Any]:
        """Return the fields of a guarantee of 3,000,000 yuan for a year, changed as asked."""
        return {
            "guarantor_id": self.guarantor,
            "fee_scheme_id": self.fee_scheme,
            "pool_scheme_id": self.pool_scheme,
            "credit_code": self.codes[firm],
            "bank": "望城农商行",
            "loan_number": f"DK{next(_serial)}",
            "principal_fen": 300_000_000,
            "guaranteed_fen": 300_000_000,
            "from_on": "2025-01-01",
            "due_on": "2026-01-01",
        } | changes

    def register(self, firm: int = 0, **changes: Any) -> int:
        """Register a guarantee as the company's manager and return its number."""
        made = do("guarantee.register", self.actor("guarantor"), **self.given(firm, **changes))
        return int(made["id"])

    def refused(self, operation_id: str, role: str = "guarantor", **fields: Any) -> dict[str, Any]:
        """Perform an act that is refused and return the refusal."""
        answer = attempt(operation_id, self.actor(role), **fields)
        assert answer.refused, answer.body
        return answer.body

    def claim(self, number: int) -> dict[str, Any]:
        """Return a claim as the auditor sees it."""
        return do("claim.show", self.actor("auditor"), id=number)

    def approve_claim(self, claim: int) -> dict[str, Any]:
        """Check a claim as the clerk and approve it as another person."""
        do("claim.check", self.actor("purchaser_clerk"), id=claim)
        return do("claim.approve", self.actor("purchaser_approver"), id=claim)


def make_company(county: County, name: str = "望城融资担保有限公司", **legal: Any) -> int:
    """Make a guarantee company with a manager, known to the county as `guarantor`."""
    company = factories.make_organisation("provider", name=name, **legal)
    county.users["guarantor"] = factories.make_user("provider_manager", company)
    return company


def give_account(county: County, company: int) -> None:
    """Give the company a verified bank account."""
    account = do(
        "party.add_bank_account",
        county.actor("guarantor"),
        organisation_id=company,
        bank="望城农商行",
        holder="望城融资担保有限公司",
        number="8001234567890",
    )
    do("party.verify_bank_account", county.actor("finance_maker"), id=account["id"])


def name_guarantor(county: County, company: int, **changes: Any) -> int:
    """Name a company as guarantor, approve it, and return its number."""
    fields = {"organisation_id": company, "licence_no": "湘融担001"} | FIGURES | changes
    number = int(do("guarantor.name", county.actor("finance_maker"), **fields)["id"])
    do("guarantor.approve", county.actor("finance_approver"), id=number)
    return number


def make_guarantees(county: County, **pool: Any) -> Guarantees:
    """Name a guarantor, publish a scheme for its fees and a pool, and make three firms."""
    made = Guarantees(county)
    with clock.frozen(NAMED):
        made.company = make_company(county)
        made.guarantor = name_guarantor(county, made.company)
        give_account(county, made.company)
        made.firms = [
            factories.make_organisation("provider", name=f"望城小微企业{n}") for n in (1, 2, 3)
        ]
        lines = [
            factories.make_line(county, code=code, amount_fen=100_000_000)
            for code in ("GFEE", "GPOOL")
        ]
    with transaction(readonly=True):
        made.codes = [db.session.get_one(Organisation, one).credit_code for one in made.firms]
    made.fee_scheme, made.pool_scheme = (
        _publish(county, line, terms) for line, terms in zip(lines, (FEE, POOL | pool), strict=True)
    )
    return made


def _publish(county: County, line: int, terms: dict[str, Any]) -> int:
    plan = scheme_world.make_plan(county, line=line)
    with clock.frozen(scheme_world.WRITTEN):
        share = [{"line_id": line, "share_ppm": 1_000_000}]
        return scheme_world.publish_scheme(county, plan, funding=share, **terms)
