"""The demo county's duties and staffing: what may not buy, what is done by staff, a virement."""

from __future__ import annotations

from core.demo.world import SYSTEM, World

# Invented; its code says "institution", so who it is stands in its record.
HOSPITAL = ("12430112000000043Y", "望城区人民医院")
ELDER_CARE, CULTURE = "A07", "A12"


def add(world: World) -> None:
    """Register a hospital that may not buy, a duty beside a purchase, and a virement to decide."""
    year = world.month(2).year
    world.organisations["hospital"] = world.do(
        SYSTEM,
        "party.add_organisation",
        at=world.before(60, "10:00"),
        credit_code=HOSPITAL[0],
        name=HOSPITAL[1],
        kind="purchaser",
        division_code="430112",
        legal_kind="institution",
        institution_class="public_one",
        budget_funded=True,
        legal_document=f"望编发〔{year}〕5号",
    )["id"]
    office = world.organisations["civil_affairs"]
    world.do(
        "staffing",
        "duty.record",
        at=world.before(60, "10:10"),
        organisation_id=office,
        item_code=ELDER_CARE,
        name="养老服务政策与监管",
        posts=3,
        staff_fen=36_000_000,
        from_on=f"{year - 1}-01-01",
        document=f"望编发〔{year - 1}〕12号",
    )
    warned = world.do(
        "care-clerk",
        "duty.check_double_funding",
        at=world.before(60, "10:20"),
        organisation_id=office,
        item_code=ELDER_CARE,
        fiscal_year=year,
    )["warnings"]
    for one in warned:
        world.do(
            "budget",
            "duty.clear_double_funding",
            at=world.before(59, "15:00"),
            id=one["id"],
            reason="这 3 个岗位只做政策和监管，不直接提供服务，与购买不重复。",
        )
    _reading_rooms(world, year)
    world.do(
        "budget",
        "budget.transfer",
        at=world.before(60, "10:30"),
        from_line_id=world.lines["SKILL"],
        to_line_id=world.lines["CHILD"],
        amount_fen=500_000,
        document=f"望财预〔{year}〕58号",
        reason="培训报名减少，托育需求增加",
    )


def _reading_rooms(world: World, year: int) -> None:
    """Leave one warning to clear: what the education bureau's own staff does and it would buy."""
    at, office = world.before(58, "10:00"), world.organisations["education"]
    world.do(
        "staffing",
        "duty.record",
        at=at,
        organisation_id=office,
        item_code=CULTURE,
        name="少年宫公益课",
        posts=6,
        staff_fen=72_000_000,
        from_on=f"{year - 2}-01-01",
        document=f"望编发〔{year - 2}〕4号",
    )
    world.do(
        "edu-clerk",
        "duty.check_double_funding",
        at=at,
        organisation_id=office,
        item_code=CULTURE,
        fiscal_year=year,
    )
