"""How a scheme of the demo county is published: its line, its plan, its terms, a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.demo import plan

if TYPE_CHECKING:
    from core.demo import World

STEP = timedelta(minutes=20)


@dataclass(frozen=True)
class Office:
    """A purchaser and the logins of its two people."""

    organisation: str
    clerk: str
    approver: str


@dataclass(frozen=True)
class Line:
    """A budget line of an office: code, its document's number, name, classes, amount (fen)."""

    code: str
    number: int
    name: str
    function: str
    economic: str
    amount_fen: int


@dataclass(frozen=True)
class Told:
    """A scheme of the demo: whose, what its plan says, the line it draws on, its terms.

    `days` before the first full month it is published.
    """

    office: Office
    code: str
    name: str
    line: Line
    content: dict[str, Any]
    terms: dict[str, Any]
    days: int = 38


def published(world: World, told: Told) -> int:
    """Have a scheme published on a filed plan, funded by the plan's line; return its number."""
    at = world.before(told.days, "10:00")
    number = _written(world, told, at=at, purchase=_planned(world, told))
    world.do(told.office.clerk, "scheme.submit", at=at + STEP, id=number)
    over = at + timedelta(1)
    world.do(told.office.approver, "scheme.publish", at=over, id=number)
    return number


def submitted(world: World, told: Told) -> None:
    """Leave a scheme to the approver since yesterday."""
    at = world.at(world.today - timedelta(1), "15:00")
    number = _written(world, told, at=at, purchase=_planned(world, told))
    world.do(told.office.clerk, "scheme.submit", at=at + STEP, id=number)


def drafted(world: World, told: Told) -> None:
    """Leave a scheme half written: no plan yet, and whatever its terms still lack."""
    at = world.at(world.today - timedelta(2), "16:00")
    _written(world, told, at=at, purchase=None)


def _written(world: World, told: Told, *, at: datetime, purchase: int | None) -> int:
    fields: dict[str, Any] = {
        "code": told.code,
        "name": told.name,
        "organisation_id": world.organisations[told.office.organisation],
        "terms": told.terms,
    }
    if purchase is not None:
        fields["purchase_id"] = purchase
        if told.terms["kind"] != "tax_relief_memo":
            share = {"line_id": world.lines[told.line.code], "share_ppm": 1_000_000}
            fields["terms"] = told.terms | {"funding": [share]}
    number: int = world.do(told.office.clerk, "scheme.create", at=at, **fields)["id"]
    return number


def _planned(world: World, told: Told) -> int:
    """Appropriate the line and file the plan that the scheme carries out; return its number."""
    office, line = told.office, told.line
    year = world.month(2).year
    world.lines[line.code] = world.do(
        "budget",
        "budget.appropriate",
        at=world.before(58, "09:40"),
        code=line.code,
        name=line.name,
        fiscal_year=year,
        organisation_id=world.organisations[office.organisation],
        function_code=line.function,
        economic_code=line.economic,
        document=f"望财预〔{year}〕{line.number}号",
        amount_fen=line.amount_fen,
    )["id"]
    content = {
        "to_producers": True,
        "recipients_choose": False,
        "form": "subsidy",
        "form_reason": "服务由经营者自主提供，补给经营者，让服务多起来、便宜下来。",
        "demand_ids": [],
        "money": {line.code: line.amount_fen},
    }
    filed = plan(
        world,
        office.organisation,
        office.clerk,
        office.approver,
        days=44,
        **content | told.content,
    )
    return int(filed["id"])
