"""The demo county's nursing homes: beds claimed and verified, a price promised, taxes waived."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core.demo import INSTITUTION
from plugins.subsidy.demo import applying
from plugins.subsidy.demo.schemes import CARE

if TYPE_CHECKING:
    from core.demo import Provider, World

DAY = timedelta(days=1)
PRICE_FEN = 280_000  # of a month in a nursing bed
# Of the first home: class, beds claimed, beds found.
CLAIMED = (("middle", 40, 38), ("severe", 25, 25))
WAITING = (("light", 12, 12),)


def load(world: World, beds: int, taxes: int) -> None:
    """Add two homes, a claim approved for less than was asked, one to check, taxes as told."""
    homes = [one for one in world.providers if one.kind == INSTITUTION][:2]
    applications = [_apply(world, beds, home) for home in homes]
    promises = [_promise(world, beds, home) for home in homes]
    _check_price(world, promises[0])
    _approved(world, beds, homes[0], applications[0])
    begin = world.month(2)
    _claim(world, homes[1], applications[1], begin, WAITING, at=world.at(world.month(1), "10:00"))
    _spared(world, taxes, homes[0])
    world.say(_("床位补贴：%(n)s 家养老机构申报，1 份已批准，1 份待核实", n=len(homes)))


def on(world: World, day: int, wall: str) -> datetime:
    """Return a wall time of a day of the first full month: the year is that of the lines."""
    return world.at(world.month(2) + (day - 1) * DAY, wall)


def _apply(world: World, scheme: int, home: Provider) -> int:
    return applying.eligible(
        world,
        home.manager,
        scheme,
        {"licence": "登记证书.pdf", "filing": "备案回执.pdf", "beds": "床位和老人名册.pdf"},
        words="护理型床位为主，失能老人按评估等级入住。",
        trade="养老",
        beds=120,
        place=home.township,
    )


def _promise(world: World, scheme: int, home: Provider) -> int:
    number: int = world.do(
        home.manager,
        "promise.make",
        at=world.before(30, "11:00"),
        scheme_id=scheme,
        service="护理型床位",
        unit="张每月",
        price_fen=PRICE_FEN,
        from_on=world.before(37, "00:00").date().isoformat(),
        to_on=f"{world.month(2).year}-12-31",
    )["id"]
    return number


def _check_price(world: World, promise: int) -> None:
    """Let an inspector find the promised price."""
    at = on(world, 3, "10:00")
    found = {"found_fen": PRICE_FEN, "document": f"望民检〔{at.year}〕3号"}
    checked = {"id": promise, "checked_on": at.date().isoformat()} | found
    world.do("care-accepter", "promise.check", at=at, **checked)


def _claim(
    world: World,
    home: Provider,
    application: int,
    begin: date,
    rows: tuple[tuple[str, int, int], ...],
    *,
    at: datetime,
) -> int:
    """Claim a month's beds; return the claim."""
    units: list[dict[str, Any]] = [
        {"class_code": code, "units": count, "certificates": [f"{home.name}{code}{begin:%Y%m}"]}
        for code, count, _found in rows
    ]
    asked = {"application_id": application, "units": units} | _month(begin)
    number: int = world.do(home.manager, "units.claim", at=at, **asked)["id"]
    return number


def _month(begin: date) -> dict[str, str]:
    last = (begin + 31 * DAY).replace(day=1) - DAY
    return {"period_from": begin.isoformat(), "period_to": last.isoformat()}


def _approved(world: World, scheme: int, home: Provider, application: int) -> None:
    """Claim the month before the first full one; fewer beds are found, and those are approved."""
    begin = world.month(3)
    at = on(world, 4, "10:00")
    claim = _claim(world, home, application, begin, CLAIMED, at=at)
    verified = [found for _code, _count, found in CLAIMED]
    checked = {"verified": verified, "document": f"望民核〔{at.year}〕8号"}
    world.do(CARE.clerk, "units.verify", at=on(world, 8, "10:00"), id=claim, **checked)
    period = {"scheme_id": scheme} | _month(begin)
    world.do(CARE.clerk, "units.reduce", at=on(world, 9, "10:00"), **period)
    world.do(CARE.approver, "claim.approve", at=on(world, 10, "09:00"), id=claim)


def _spared(world: World, scheme: int, home: Provider) -> None:
    """Record what the tax authority told of a home's month, and have it checked."""
    begin, at = world.month(3), on(world, 12, "10:00")
    figure = {"source": "tax_authority", "document": f"望税通〔{at.year}〕31号"}
    number = world.do(
        "maker",
        "relief.tax",
        at=at,
        scheme_id=scheme,
        taxpayer_id=home.id,
        figures=[
            figure | {"tax": "property", "amount_fen": 1_860_000},
            figure | {"tax": "land_use", "amount_fen": 420_000},
        ],
        separate_accounts=True,
        **_month(begin),
    )["id"]
    world.do("approver", "relief.approve", at=on(world, 13, "09:00"), id=number)
