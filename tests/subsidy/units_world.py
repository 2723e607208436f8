"""A county that pays per bed, waives fees and asks for promises about prices."""

from __future__ import annotations

import itertools
from typing import Any

from core import clock
from core.access import Actor, Grant
from core.db import db, transaction
from plugins.subsidy.models import Application, SchemeTerms
from tests import factories
from tests.factories import COUNTY, County, do
from tests.subsidy import applying_world
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


def eligible(county: County, scheme: int, actor: Actor | None = None) -> int:
    """Let the county's provider, or another, be found eligible; return its application."""
    return applying_world.apply(county, scheme, actor, declared={})


def unfinished(county: County, scheme: int, **changes: Any) -> int:
    """Write an application of the county's provider down as no act leaves it; return its number."""
    found = {"applicant_id": county.provider, "state": "eligible"} | changes
    with transaction():
        row = Application(
            number=f"申{next(_serial)}",
            scheme_id=scheme,
            terms_id=db.session.scalars(
                db.select(SchemeTerms.id).filter_by(scheme_id=scheme).limit(1)
            ).one(),
            organisation_id=county.purchaser,
            division_code=COUNTY,
            declared={},
            made_at=clock.now(),
            **found,
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


# Beds as in Huashan: built ones by how many there are, converted ones half, rented ones; a month of
# operation for each occupied bed, more for the disabled.
BUILT = [
    {"from_units": 50, "to_units": 300, "unit_fen": 200_000},
    {"from_units": 300, "unit_fen": 500_000},
]
MONTHLY = [{"from_units": 1, "unit_fen": 20_000}]
BEDS: list[dict[str, Any]] = [
    {"code": "new", "name": "新建床位", "prices": BUILT, "waiting_months": 12},
    {"code": "converted", "name": "改建床位", "prices": BUILT, "factor_ppm": 500_000},
    {"code": "rented", "name": "租用床位", "prices": [{"from_units": 1, "unit_fen": 100_000}]},
    {"code": "able", "name": "自理入住", "prices": MONTHLY},
    {"code": "light", "name": "轻度失能入住", "prices": MONTHLY, "factor_ppm": 1_500_000},
    {"code": "middle", "name": "中度失能入住", "prices": MONTHLY, "factor_ppm": 2_000_000},
    {"code": "severe", "name": "重度失能入住", "prices": MONTHLY, "factor_ppm": 3_000_000},
]
CLAIMED, VERIFIED, APPROVED = "2026-05-06T09:00", "2026-05-12T09:00", "2026-05-14T09:00"
APRIL = {"period_from": "2026-04-01", "period_to": "2026-04-30"}
RECORD = "望民核〔2026〕8号"


def nursing(county: County, *, kind: str = "per_unit", **changes: Any) -> int:
    """Publish a scheme that pays nursing homes by the month, on a line of 3,000,000 yuan.

    One of another kind pays, or waives, on such a line, too.
    """
    with clock.frozen(world.PLANNED):
        line = factories.make_line(county, code=f"BEDS{next(_serial)}", amount_fen=300_000_000)
    terms: dict[str, Any] = {"funding": [{"line_id": line, "share_ppm": 1_000_000}]}
    if kind == "per_unit":
        terms |= {"unit_classes": BEDS, "period_months": 1}
    plan = world.make_plan(county, line=line)
    with clock.frozen(world.WRITTEN):
        return world.publish_scheme(county, plan, kind=kind, **terms | changes)


def home(county: County, scheme: int, name: str) -> tuple[int, Actor]:
    """Make a nursing home that is eligible; return its application's number and its manager."""
    number = factories.make_organisation("provider", name=name)
    user = factories.make_user("provider_manager", number)
    manager = Actor(user, "院长", (Grant("provider_manager", number, COUNTY),))
    return eligible(county, scheme, manager), manager


def row(code: str, units: int, *certificates: str, since: str | None = None) -> dict[str, Any]:
    """Return a claimed row of a class; without certificates it has one of its own."""
    named = list(certificates) or [f"证{next(_serial)}号"]
    return {"class_code": code, "units": units, "in_use_from": since, "certificates": named}


def claim(application: int, manager: Actor, *rows: dict[str, Any], **period: Any) -> int:
    """Claim rows for April, or for another period; return the claim's number."""
    asked = {"application_id": application, "units": list(rows)} | APRIL | period
    with clock.frozen(CLAIMED):
        return int(do("units.claim", manager, **asked)["id"])


def verify(county: County, number: int, *counts: int) -> dict[str, Any]:
    """Verify a claim's rows as the clerk and return the answer."""
    with clock.frozen(VERIFIED):
        clerk = county.actor("purchaser_clerk")
        return do("units.verify", clerk, id=number, verified=list(counts), document=RECORD)


def approve(county: County, number: int) -> dict[str, Any]:
    """Approve a claim as the purchaser's approver and return the answer."""
    with clock.frozen(APPROVED):
        return do("claim.approve", county.actor("purchaser_approver"), id=number)
