"""A county with a scheme of interest subsidies, a bank that handles it, and people who borrow."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.access import Actor
from core.identifiers import citizen_id_with_check
from tests import factories
from tests.factories import County, do
from tests.subsidy import scheme_world

LENT = "2026-03-02T09:00"
PERSON = {"code": "person", "name": "个人", "principal_cap_fen": 30_000_000, "loans_max": 3}
MICRO = {
    "code": "micro",
    "name": "小微企业",
    "principal_cap_fen": 400_000_000,
    "term_months_max": 24,
}
TERMS: dict[str, Any] = {
    "kind": "interest_subsidy",
    "starts_on": "2026-01-01",
    "day_count": "act_360",
    "capped_by_paid": False,
    "settles_on": 20,
    "regimes": [
        {
            "from_on": "2020-01-01",
            "method": "borrower_bears",
            "document": "财金〔2020〕21号",
            "points_ppm": 15_000,
            "months": 24,
            "classes": [PERSON | {"principal_cap_fen": 20_000_000}],
        },
        {
            "from_on": "2023-10-01",
            "method": "share",
            "document": "财金〔2023〕75号",
            "share_ppm": 500_000,
            "rate_over_lpr_ppm": 15_000,
            "classes": [
                PERSON
                | {
                    "term_months_max": 36,
                    "partner_uplift_bp": 1_000,
                    "partners_cap_fen": 400_000_000,
                },
                MICRO,
            ],
        },
    ],
}
_serial = itertools.count(1)


@dataclass
class Loans:
    """What a test of loans works with."""

    county: County
    scheme: int = 0
    bank: int = 0
    other_bank: int = 0
    users: dict[str, int] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    firm: str = ""
    line: int = 0

    def actor(self, role: str) -> Actor:
        """Return somebody of the county, or of the banks: `bank`, `other_bank`."""
        self.county.users.update(self.users)
        return self.county.actor(role)

    def given(self, number: str, person: int = 0, **changes: Any) -> dict[str, Any]:
        """Return the fields of a loan of 100,000 yuan to a person, changed as asked."""
        return {
            "scheme_id": self.scheme,
            "number": number,
            "borrower_name": f"借款人{person}",
            "borrower_number": self.people[person],
            "class_code": "person",
            "lent_on": "2026-03-02",
            "due_on": "2028-03-02",
            "principal_fen": 10_000_000,
            "rate_ppm": 46_000,
            "lpr_ppm": 31_000,
        } | changes

    def register(self, number: str, person: int = 0, **changes: Any) -> dict[str, Any]:
        """Register a loan as the bank."""
        return do("loan.register", self.actor("bank"), **self.given(number, person, **changes))


def make_loans(county: County, *, amount_fen: int = 100_000_000, **changes: Any) -> Loans:
    """Publish a scheme on a line of its own, name its bank, and think of people who borrow."""
    made = Loans(county)
    with clock.frozen("2026-01-05T09:00"):
        made.line = factories.make_line(county, code="INT", amount_fen=amount_fen)
        made.bank = factories.make_organisation("provider", name="望城农商行")
        made.other_bank = factories.make_organisation("provider", name="别家银行")
        made.users["bank"] = factories.make_user("provider_manager", made.bank)
        made.users["other_bank"] = factories.make_user("provider_clerk", made.other_bank)
    plan = scheme_world.make_plan(county, line=made.line)
    with clock.frozen(scheme_world.WRITTEN):
        share = [{"line_id": made.line, "share_ppm": 1_000_000}]
        made.scheme = scheme_world.publish_scheme(
            county, plan, **{"funding": share} | TERMS | changes
        )
        do(
            "bank.name",
            county.actor("purchaser_approver"),
            scheme_id=made.scheme,
            bank_id=made.bank,
            document="望人社〔2026〕8号",
        )
    made.people = [citizen_id_with_check(f"43010019850101{number:03d}") for number in range(1, 7)]
    return made


def table(*lines: str) -> str:
    """Return a bank's file of these lines, with all its columns, as it is sent."""
    head = (
        "事项,借据号,日期,金额,流水号,借款人,证件号码,借款人类别,到期日,年利率,LPR,合伙人数,"
        "所属结息日,冲正流水号"
    )
    return base64.b64encode("\n".join([head, *lines]).encode()).decode()
