"""Who procures, bids and judges in the demo county: offices, firms, experts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.demo import CANTEEN, PASSWORD, record_account
from core.demo.people import Inventor
from core.demo.world import SYSTEM, Provider

if TYPE_CHECKING:
    from core.demo import World

COUNTY = "430112"
# Of one field each, so that the lots of a draw decide nothing: every load tells the same story.
ROADS, CARE = "公路养护", "养老服务"
EXPERTS = (
    ("expert", None, "湖南省公共服务研究院", (ROADS, CARE)),
    ("expert02", "石永辉", "长沙市公路学会", (ROADS,)),
    ("expert03", "常立新", "湖南交通职业技术学院", (ROADS,)),
    ("expert04", "温慧兰", "长沙市造价工程协会", (ROADS, CARE)),
    ("expert05", "陆晓东", "湖南省道路运输协会", (ROADS,)),
    ("expert06", "樊文静", "长沙民政职业技术学院", (CARE,)),
    ("expert07", "康振宇", "湖南省社会福利协会", (CARE,)),
    ("expert08", "路敏芝", "长沙市营养学会", (CARE,)),
)
FIRMS = (
    ("湘路通养护工程有限公司", "430112101", "road01", "郭永辉"),
    ("望安公路养护有限公司", "430112103", "road02", "梁海涛"),
    ("星沙道桥养护有限公司", "430112106", "road03", "宋国华"),
)
SHOWN = "road01"  # on the demo's sign-in page
# The county's other numbers are invented from another seed; these only have to differ.
SEED = 430_124


@dataclass(frozen=True)
class Office:
    """A purchaser and the logins of its three people."""

    organisation: str
    clerk: str
    approver: str
    accepter: str


CIVIL_AFFAIRS = Office("civil_affairs", "care-clerk", "care-approver", "care-accepter")
TRANSPORT = Office("transport", "road-clerk", "road-approver", "road-accepter")


@dataclass(frozen=True)
class Firm:
    """A provider that bids: its manager is a login name."""

    id: int
    name: str
    manager: str
    clerk: str


@dataclass
class Market:
    """The county with those who bid in it."""

    world: World
    road_firms: list[Firm] = field(default_factory=list)

    @property
    def canteens(self) -> list[Firm]:
        """Return the canteens, the one of the sign-in page first."""
        found = [one for one in self.world.providers if one.kind == CANTEEN]
        return [Firm(one.id, one.name, one.manager, one.clerk) for one in found]


def gather(world: World) -> Market:
    """Register the firms that keep roads, and the county's pool of experts."""
    market, invent = Market(world), Inventor(SEED)
    for firm in FIRMS:
        market.road_firms.append(_register(world, invent, firm))
    for login, name, employer, fields in EXPERTS:
        if name is not None:
            _employ(world, login, name, "expert", world.organisations["finance"])
        world.do(
            "maker",
            "expert.add",
            at=world.before(49, "15:00"),
            login=login,
            division_code=COUNTY,
            fields=list(fields),
            employer=employer,
        )
    return market


def _register(world: World, invent: Inventor, told: tuple[str, str, str, str]) -> Firm:
    """Register a firm with its manager and a verified bank account."""
    short, township, manager, name = told
    called = f"长沙{short}"
    number = world.do(
        SYSTEM,
        "party.add_organisation",
        at=world.before(50, "11:00"),
        credit_code=world.inventor.credit_code("91", COUNTY),
        name=called,
        kind="provider",
        division_code=township,
        tags=["road-upkeep"],
    )["id"]
    _employ(world, manager, name, "provider_manager", number)
    paid = Provider(number, called, "road-upkeep", township, manager, manager)
    record_account(
        world,
        paid,
        at=world.before(45, "14:00"),
        verified_at=world.before(44, "10:00"),
        inventor=invent,
    )
    return Firm(number, called, manager, manager)


def _employ(world: World, login: str, name: str, role: str, organisation: int) -> None:
    at = world.before(49, "10:00")
    shown = {"password": PASSWORD} if login == SHOWN else {}
    made = world.do(SYSTEM, "access.create_user", at=at, login=login, name=name, **shown)
    world.users[login] = made["id"]
    world.logins.setdefault(role, []).append(login)
    world.do(
        SYSTEM,
        "access.grant_role",
        at=at,
        user_id=made["id"],
        role=role,
        division_code=COUNTY,
        organisation_id=organisation,
    )
