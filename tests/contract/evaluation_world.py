"""An evaluation for tests: opened bids, a pool of experts, and the whole panel's work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.access import Actor, grants_of
from core.acts import Answer
from core.db import db, transaction
from plugins.contract_outsourcing.models import PanelMember, Tender
from tests import factories
from tests.contract import awards_world
from tests.factories import COUNTY, County

MORNING = "2026-03-03T10:00"
CONDITIONS = ("1", "2")


@dataclass
class Evaluation:
    """A procurement under evaluation, and its people by what they do."""

    app: Any
    county: County
    providers: list[int] = field(default_factory=list)
    bids: list[int] = field(default_factory=list)
    tender: int = 0

    def build(
        self,
        *prices: int,
        experts: int = 6,
        small: tuple[int, ...] = (),
        **values: Any,
    ) -> Evaluation:
        """Open bids of as many providers as there are prices (fen), with experts in the pool."""
        with self.app.app_context(), clock.frozen(awards_world.PLANNED):
            self.tender = awards_world.tender(self.county, **values)
            for at, price in enumerate(prices or (900_000, 950_000, 990_000)):
                name = f"第{at + 1}服务公司"
                provider = factories.make_organisation("provider", name=name)
                self.providers.append(provider)
                self.bids.append(
                    awards_world.bid(self.tender, provider, price, small_firm=at in small)
                )
            for _ in range(experts):
                self.add_expert()
        return self

    def add_expert(self, employer: str = "省财经大学") -> int:
        """Add a fresh expert to the county's pool and return its number."""
        with self.app.app_context(), clock.frozen(awards_world.PLANNED):
            user = factories.make_user("expert", name=f"专家{len(self.bids)}")
            with transaction(readonly=True):
                from core.access import User  # noqa: PLC0415 - only here is a login looked up

                login = db.session.get_one(User, user).login
            return factories.do(
                "expert.add",
                self.county.actor("finance_maker"),
                login=login,
                division_code=COUNTY,
                fields=["物业"],
                employer=employer,
            )["id"]

    def who(self, role: str) -> Actor:
        """Return the county's person with a role."""
        with self.app.app_context():
            return self.county.actor(role)

    def manager(self, at: int) -> Actor:
        """Return who answers for a bidder."""
        return awards_world.manager_of(self.county, self.providers[at])

    def attempt(self, operation_id: str, actor: Actor, **fields: Any) -> Answer:
        """Perform an act and return its answer, refused or not."""
        with self.app.app_context():
            return factories.attempt(operation_id, actor, **fields)

    def do(self, operation_id: str, actor: Actor, **fields: Any) -> dict[str, Any]:
        """Perform an act that is accepted and return its body."""
        answer = self.attempt(operation_id, actor, **fields)
        assert not answer.refused, answer.body
        return answer.body

    def refused(self, operation_id: str, actor: Actor, **fields: Any) -> str:
        """Perform an act that is refused and return the code."""
        answer = self.attempt(operation_id, actor, **fields)
        assert answer.refused, answer.body
        return answer.body["code"]

    # --- the panel -----------------------------------------------------------------------------

    def draw(self, count: int = 5) -> dict[str, Any]:
        """Draw experts."""
        return self.do("panel.draw", self.who("purchaser_clerk"), id=self.tender, count=count)

    def members(self) -> list[Actor]:
        """Return the panel as signed-in persons, in the order of their seats."""
        with self.app.app_context(), transaction(readonly=True):
            users = db.session.scalars(
                db.select(PanelMember.user_id)
                .where(PanelMember.tender_id == self.tender, PanelMember.state != "stood_down")
                .order_by(PanelMember.id)
            ).all()
            return [Actor(user, "评委", grants_of(user)) for user in users]

    def member_of(self, one: Actor) -> int:
        """Return the number of a member's seat."""
        with self.app.app_context(), transaction(readonly=True):
            query = db.select(PanelMember.id).filter_by(tender_id=self.tender, user_id=one.user_id)
            return db.session.scalars(query).one()

    def seat(self, count: int = 5) -> list[Actor]:
        """Draw experts and let each confirm."""
        self.draw(count)
        panel = self.members()
        for one in panel:
            self.do("panel.declare", one, id=self.tender, confirms=True)
        return panel

    def check(self, one: Actor, *, failed: tuple[int, ...] = ()) -> None:
        """Judge every condition of every bid; the bids at these places miss the first."""
        for at, bid in enumerate(self.bids):
            for condition in CONDITIONS:
                passed = not (at in failed and condition == CONDITIONS[0])
                reason = None if passed else "没有营业执照"
                self.do(
                    "panel.check",
                    one,
                    bid_id=bid,
                    condition=condition,
                    passed=passed,
                    reason=reason,
                )

    def score(self, one: Actor, at: int, plan: int, team: int) -> None:
        """Let a member give a bid points, in hundredths."""
        scores = [
            {"indicator": "plan", "centipoints": plan},
            {"indicator": "team", "centipoints": team},
        ]
        self.do("panel.score", one, bid_id=self.bids[at], scores=scores)

    def work(self, panel: list[Actor], *, failed: tuple[int, ...] = (), points: Any = None) -> None:
        """Let the panel check, score and hand in; `points(member, bid)` gives plan and team."""
        self.check(panel[0], failed=failed)
        for number, one in enumerate(panel):
            for at in range(len(self.bids)):
                if at not in failed:
                    self.score(one, at, *(points(number, at) if points else (3000, 2500)))
            self.do("panel.finish", one, id=self.tender)

    def report(self, one: Actor) -> dict[str, Any]:
        """Hand in the report."""
        return self.do("panel.report", one, id=self.tender)

    def ranked(self, **fields: Any) -> list[Actor]:
        """Walk the evaluation to its report and return the panel."""
        panel = self.seat()
        self.work(panel, **fields)
        self.report(panel[0])
        return panel

    def awarded(self, **fields: Any) -> int:
        """Walk on to the published award and return its number."""
        self.ranked(**fields)
        made = self.do("award.decide", self.who("purchaser_approver"), id=self.tender)
        self.do("award.publish", self.who("purchaser_clerk"), id=self.tender)
        return made["award_ids"][0]

    def state(self) -> str:
        """Return the procurement's state."""
        with self.app.app_context(), transaction(readonly=True):
            return db.session.get_one(Tender, self.tender).state
