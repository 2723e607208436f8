"""Two nursing homes of the demo: beds claimed and verified; taxes that one of them was spared."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from plugins.subsidy.demo import applying, newcomers
from plugins.subsidy.demo.publishing import STEP
from plugins.subsidy.demo.schemes import CARE, COUNTY

if TYPE_CHECKING:
    from core.demo import World

HOMES = (("望城康宁养老院", "nursing01", 60), ("雷锋街道颐养之家", "nursing02", 36))
TAX_OFFICE = "tax_authority"


def load(world: World, beds: int, taxes: int) -> None:
    """Let two homes apply and claim their occupied beds; note what one was spared in taxes."""
    claims = []
    for place, (name, login, count) in enumerate(HOMES):
        home = newcomers.register(world, name, login, lot=40 + place, tag="care")
        declared = {"org.trade": "养老", "org.place": COUNTY, "org.beds": count}
        number = applying.submitted(
            world,
            login,
            beds,
            days=33,
            papers=["licence", "filing", "beds"],
            declared=declared,
            separate_accounts=True,
        )
        applying.eligible(world, CARE, number, days=30)
        _promise(world, beds, login)
        claims.append(_claimed(world, login, number, count))
        if place == 0:
            _spared(world, taxes, home.id)
    _verified(world, claims[0])
    world.say(_("养老床位补贴：2 家养老院申报，1 家已核实"))


def _month(world: World) -> tuple[date, date]:
    """Return the first of the two full months, the one that is claimed for."""
    return world.month(2), world.month(1) - timedelta(1)


def _promise(world: World, scheme: int, login: str) -> None:
    world.do(
        login,
        "promise.make",
        at=world.before(29, "16:00"),
        scheme_id=scheme,
        service="床位费",
        unit="月",
        price_fen=120_000,
        from_on=world.before(28, "00:00").date().isoformat(),
        to_on=f"{world.month(2).year + 1}-12-31",
    )


def _claimed(world: World, login: str, application: int, beds: int) -> int:
    begin, end = _month(world)
    rows: list[dict[str, Any]] = [
        {
            "class_code": code,
            "units": units,
            "in_use_from": None,
            "certificates": [f"{login}-{code}"],
        }
        for code, units in (("occupied", beds // 2), ("severe", beds // 6))
    ]
    claim = world.do(
        login,
        "units.claim",
        at=world.at(end + timedelta(3), "10:00"),
        application_id=application,
        period_from=begin.isoformat(),
        period_to=end.isoformat(),
        units=rows,
    )
    return int(claim["id"])


def _verified(world: World, claim: int) -> None:
    """Verify fewer beds than were claimed; the second home's claim still waits for that."""
    _begin, end = _month(world)
    at = world.at(end + timedelta(8), "09:30")
    world.do(
        CARE.clerk,
        "units.verify",
        at=at,
        id=claim,
        verified=[29, 10],
        document=f"望民核〔{at.year}〕12号",
    )


def _spared(world: World, scheme: int, home: int) -> None:
    """Note what the tax authority spared a home, as a memorandum that moves no money."""
    at = world.before(20, "10:00")
    figure = {"source": TAX_OFFICE, "document": f"望税通〔{at.year}〕31号"}
    number = world.do(
        "maker",
        "relief.tax",
        at=at,
        scheme_id=scheme,
        taxpayer_id=home,
        period_from=world.before(37, "00:00").date().isoformat(),
        period_to=world.before(22, "00:00").date().isoformat(),
        figures=[figure | {"tax": "property", "amount_fen": 1_860_000}],
        separate_accounts=True,
    )["id"]
    world.do("approver", "relief.approve", at=at + STEP, id=number)
