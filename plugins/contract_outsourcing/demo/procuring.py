"""How the demo county procures: plan, notice, sealed bids, opening, panel, award."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.access import User
from core.db import db, transaction
from core.demo.plans import whole
from plugins.contract_outsourcing.demo.people import Firm, Office
from plugins.contract_outsourcing.models import Bid, PanelMember
from plugins.contract_outsourcing.models.awards import STOOD_DOWN

if TYPE_CHECKING:
    from core.demo import World

PASSPHRASE = "huigou-demo-key"  # noqa: S105 - shown on the demo's sign-in page
HOLDERS = (("supervisor", "supervisor"), ("finance", "maker"))
PANEL = 5
BIDDING = 21  # days from the notice to the deadline; the law asks for 20
STEP = timedelta(minutes=4)
CONDITIONS = ["具备独立承担民事责任的能力", "近三年无重大违法记录"]
SHEET: dict[str, Any] = {
    "price_weight_bp": 3000,
    "small_firm_deduction_bp": 1000,
    "indicators": [
        {
            "code": "plan",
            "name": "服务方案",
            "points": 40,
            "standard": "按需求逐项响应",
            "levels": [
                {"points": 40, "words": "全部响应并有实例"},
                {"points": 20, "words": "全部响应"},
                {"points": 0, "words": "有缺项"},
            ],
        },
        {
            "code": "team",
            "name": "人员配备",
            "points": 30,
            "standard": "按持证人数计分",
            "levels": [
                {"points": 30, "words": "持证 10 人以上"},
                {"points": 10, "words": "持证 5 至 9 人"},
                {"points": 0, "words": "持证不足 5 人"},
            ],
            "preferred": True,
        },
    ],
}
# What the members of a panel give the first, second and third bid, in hundredths of a point.
POINTS = (("plan", (3_800, 3_300, 2_900)), ("team", (2_700, 2_500, 2_200)))


@dataclass
class Watch:
    """The time of what is done one after the other."""

    at: datetime

    def next(self) -> datetime:
        """Let some minutes pass and return the time."""
        self.at += STEP
        return self.at


@dataclass
class Procurement:
    """A tender of an office on its way; `writer` is who works on it."""

    world: World
    office: Office
    number: int
    writer: str
    bids: list[int] = field(default_factory=list)
    panel: list[str] = field(default_factory=list)


def plan(world: World, office: Office, *, days: int, **content: Any) -> int:
    """File a plan for a contract so many days before the first full month; return its number.

    Like `core.demo.plans.plan`; what is urgent is not put to the public first.
    """
    fields = whole(
        world,
        office.organisation,
        **{
            "standard_is_clear": True,
            "recipients_choose": False,
            "form": "contract",
            "form_reason": "标准、质量和验收办法写得清，竞争择优。",
            "demand_ids": [],
        }
        | content,
    )
    written = world.before(days + 10, "10:00")
    number: int = world.do(office.clerk, "purchase.create", at=written, **fields)["id"]
    if "emergency_reason" not in content:
        world.do(office.clerk, "purchase.consult", at=written, id=number)
    world.do(office.clerk, "purchase.submit", at=world.before(days, "09:00"), id=number)
    world.do(office.approver, "purchase.agree", at=world.before(days, "14:00"), id=number)
    world.do("budget", "purchase.file", at=world.before(days, "16:00"), id=number)
    return number


def written(
    world: World, office: Office, purchase: int, *, at: datetime, by: str = "", **content: Any
) -> Procurement:
    """Write a tender for a plan; `by` names the agency's agent who goes on with it."""
    fields = {
        "purchase_id": purchase,
        "method": "open_tender",
        "conditions": CONDITIONS,
        "sheet": SHEET,
        "agency_id": world.organisations["agency"] if by else None,
    }
    made = world.do(office.clerk, "tender.create", at=at, **fields | content)
    return Procurement(world, office, made["id"], by or office.clerk)


def submitted(
    world: World, office: Office, purchase: int, *, at: datetime, by: str = "", **content: Any
) -> Procurement:
    """Write a tender and hand it to the office's approver."""
    found = written(world, office, purchase, at=at, by=by, **content)
    world.do(found.writer, "tender.submit", at=at + STEP, id=found.number)
    return found


def published(
    world: World, office: Office, purchase: int, *, at: datetime, by: str = "", **content: Any
) -> Procurement:
    """Publish a tender whose bidding closes BIDDING days later, at the same time of day."""
    closes = {"closes_at": (at + timedelta(BIDDING)).isoformat()}
    day_before = at - timedelta(1)
    found = submitted(world, office, purchase, at=day_before, by=by, **closes | content)
    hold(found, at=day_before + timedelta(hours=1))
    world.do(office.approver, "tender.publish", at=at, id=found.number)
    return found


def hold(found: Procurement, *, at: datetime) -> None:
    """Let the three holders take over their parts of the key."""
    for part, login in (("officer", found.writer), *HOLDERS):
        fields = {"id": found.number, "part": part, "passphrase": PASSPHRASE}
        found.world.do(login, "tender.hold_key", at=at, **fields)


def bid(found: Procurement, firm: Firm, price_fen: int, *, at: datetime, **more: Any) -> None:
    """Let a firm seal and hand in a bid."""
    text = base64.b64encode(f"{firm.name}服务方案".encode()).decode()
    found.world.do(
        firm.manager,
        "bid.submit",
        at=at,
        tender_id=found.number,
        technical={
            "answers": {
                "condition-1": "附营业执照。",
                "condition-2": "附书面声明。",
                "plan": "按采购需求逐项响应，附近两年同类服务的实例。",
                "team": "持证人员名单附后。",
            },
            "words": "愿意按采购文件承接。",
        },
        files=[{"name": "服务方案.txt", "content": text}],
        price_fen=price_fen,
        small_firm=True,
        **more,
    )


def opened(found: Procurement, *, at: datetime) -> None:
    """Open the technical envelopes by two holders, and remember the bids."""
    _offer(found, at)
    found.world.do("supervisor", "opening.open", at=at, id=found.number)
    # A bid never changes hands or order, so that a load that goes on reads what the first one read.
    with transaction(readonly=True):
        query = db.select(Bid.id).filter_by(tender_id=found.number).order_by(Bid.id)
        found.bids = list(db.session.scalars(query))


def _offer(found: Procurement, at: datetime) -> None:
    for login in (found.writer, "supervisor"):
        fields = {"id": found.number, "passphrase": PASSPHRASE}
        found.world.do(login, "opening.offer_share", at=at, **fields)


def seated(found: Procurement, field_: str, *, at: datetime) -> None:
    """Draw the experts of a field and let each confirm."""
    world = found.world
    world.do(found.writer, "panel.draw", at=at, id=found.number, count=PANEL, fields=[field_])
    # Nobody stands down, so that this is the same whenever it is read.
    with transaction(readonly=True):
        query = (
            db.select(User.login)
            .join(PanelMember, PanelMember.user_id == User.id)
            .where(PanelMember.tender_id == found.number, PanelMember.state != STOOD_DOWN)
            .order_by(User.login)
        )
        found.panel = list(db.session.scalars(query))
    for login in found.panel:
        world.do(login, "panel.declare", at=at + STEP, id=found.number, confirms=True)


def checked(found: Procurement, watch: Watch) -> None:
    """Let a member of the panel find that every bid meets the conditions."""
    for number in found.bids:
        for place, _condition in enumerate(CONDITIONS, start=1):
            found.world.do(
                found.panel[0],
                "panel.check",
                at=watch.next(),
                bid_id=number,
                condition=str(place),
                passed=True,
            )


def scored(found: Procurement, watch: Watch, login: str) -> None:
    """Let a member give points to every bid and hand in."""
    for place, number in enumerate(found.bids):
        own = found.panel.index(login) * 50
        scores = [
            {"indicator": code, "centipoints": points[place] - own} for code, points in POINTS
        ]
        found.world.do(login, "panel.score", at=watch.next(), bid_id=number, scores=scores)
    found.world.do(login, "panel.finish", at=watch.next(), id=found.number)


def ranked(found: Procurement, field_: str, *, at: datetime) -> None:
    """Let a panel work from its draw, on the day of the opening, to its report."""
    seated(found, field_, at=at)
    watch = Watch(at + STEP)
    checked(found, watch)
    for login in found.panel:
        scored(found, watch, login)
    _offer(found, watch.next())
    found.world.do("supervisor", "opening.open_prices", at=watch.next(), id=found.number)
    found.world.do(found.panel[0], "panel.report", at=watch.next(), id=found.number)


def awarded(found: Procurement, *, at: datetime) -> list[int]:
    """Decide and publish the award; return the awards in the order of their places."""
    decided = found.world.do(found.office.approver, "award.decide", at=at, id=found.number)
    found.world.do(found.writer, "award.publish", at=at + timedelta(1), id=found.number)
    return list(decided["award_ids"])
