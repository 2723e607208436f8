"""Who comes to the demo county for its subsidies: a firm with its manager and an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.demo.people import Inventor
from core.demo.world import SYSTEM
from plugins.subsidy.demo.schemes import COUNTY

if TYPE_CHECKING:
    from core.demo import World


@dataclass(frozen=True)
class Firm:
    """A registered firm: its number, credit code, and its manager's login."""

    id: int
    name: str
    credit_code: str
    login: str


def register(
    world: World, invent: Inventor, login: str, name: str, tag: str, *, bank: str = ""
) -> Firm:
    """Register a firm with its manager and a verified account, its own where it is a bank.

    What is drawn by lot is of an inventor apart, so that all else in the county stays as it is.
    """
    at = world.before(50, "11:00")
    code = world.inventor.credit_code("91", COUNTY)
    number = world.do(
        SYSTEM,
        "party.add_organisation",
        at=at,
        credit_code=code,
        name=name,
        kind="provider",
        division_code=COUNTY,
        tags=[tag],
    )["id"]
    user = world.do(
        "admin", "access.create_user", at=at, login=login, name=invent.staff(), password=None
    )["id"]
    world.users[login] = user
    role = {"user_id": user, "role": "provider_manager", "organisation_id": number}
    world.do("admin", "access.grant_role", at=at, division_code=COUNTY, **role)
    account = world.do(
        login,
        "party.add_bank_account",
        at=world.before(45, "14:00"),
        organisation_id=number,
        bank=bank or name,
        holder=name,
        number=invent.bank_account(),
    )["id"]
    world.do("maker", "party.verify_bank_account", at=world.before(44, "10:00"), id=account)
    return Firm(int(number), name, code, login)
