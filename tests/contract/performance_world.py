"""A signed contract being performed: people who deliver, say, accept, deduct, decide and pay."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from core import clock
from core.access import Actor, Grant
from core.acts import Answer, perform
from core.db import db, transaction
from core.ledger import balance
from core.settlement.models import Payment
from plugins.contract_outsourcing.models import Contract, Milestone
from plugins.contract_outsourcing.service import postings, years
from tests import factories
from tests.contract import contract_world
from tests.contract.awards_world import acting, manager_of
from tests.factories import County
from tests.settlement_world import result_file, result_row

ALL_MET = [{"line": "visits", "found": "met"}, {"line": "records", "found": "met"}]
_references = itertools.count(1)


class Performing:
    """How a test lets people perform SP-6's contract on the factories' county."""

    def __init__(
        self,
        app: Any,
        county: County,
        *,
        is_public: bool = False,
        small_firm: bool = True,
        **changes: Any,
    ) -> None:
        """Sign the contract; its evaluator is the organisation the county's evaluator is of."""
        self.app, self.county = app, county
        with app.app_context():
            self.line = contract_world.line_of(county)
            plan = contract_world.plan(county, line=self.line)
            awarded = contract_world.award(county, purchase_id=plan, small_firm=small_firm)
            self.contract = contract_world.signed_contract(
                county, awarded, evaluator_id=county.finance, **changes
            )
            with clock.frozen(contract_world.SIGNED), acting():
                row = db.session.get_one(Contract, self.contract)
                self.number, row.is_public_service = row.number, is_public
        with transaction_of(app):
            rows = db.session.scalars(db.select(Milestone).order_by(Milestone.sequence))
            self.milestones = [row.id for row in rows]
        self.m1, self.m2 = self.milestones[:2]
        self.provider = manager_of(county, county.provider)

    def who(self, role: str) -> Actor:
        """Return the county's person with a role."""
        if role == "provider_manager":
            return self.provider
        with self.app.app_context():
            return self.county.actor(role)

    def attempt(self, operation_id: str, role: str | Actor, **fields: Any) -> Answer:
        """Perform an act as somebody with a role and return its answer, refused or not."""
        actor = role if isinstance(role, Actor) else self.who(role)
        with self.app.app_context():
            return perform(operation_id, fields, actor=actor)

    def do(self, operation_id: str, role: str | Actor, **fields: Any) -> dict[str, Any]:
        """Perform an act that is accepted and return its body."""
        answer = self.attempt(operation_id, role, **fields)
        assert not answer.refused, answer.body
        return answer.body

    def refused(self, operation_id: str, role: str | Actor, **fields: Any) -> dict[str, Any]:
        """Perform an act that is refused and return the problem; it names the law."""
        answer = self.attempt(operation_id, role, **fields)
        assert answer.refused, answer.body
        assert answer.status < 500, answer.body
        return answer.body

    # --- steps ---------------------------------------------------------------------------------

    def deliver(self, milestone: int, on: str) -> None:
        """Deliver a milestone on a day, today or earlier."""
        self.do(
            "milestone.deliver",
            "provider_manager",
            id=milestone,
            delivered_on=on,
            words="已按合同完成，记录附后。",
            links=["https://example.org/records"],
        )

    def record(self, milestone: int, results: list[dict[str, str]] | None = None) -> None:
        """Record an acceptance, all lines met unless said otherwise."""
        given = ALL_MET if results is None else results
        self.do("acceptance.record", "accepter", id=milestone, results=given)

    def accept(self, milestone: int) -> dict[str, Any]:
        """Record an acceptance and have it approved."""
        self.record(milestone)
        return self.do("acceptance.approve", "purchaser_approver", id=milestone)

    def accepted(self, milestone: int, on: str) -> dict[str, Any]:
        """Deliver and accept a milestone on one day."""
        with clock.frozen(f"{on}T10:00"):
            self.deliver(milestone, on)
            return self.accept(milestone)

    def residents(self, count: int) -> list[Actor]:
        """Import residents of the county and return them as signed in."""
        with self.app.app_context():
            numbers = factories.make_residents(self.county, count)
            users = [
                factories.do("access.create_user", login=f"resident-{n}", name="居民")["id"]
                for n in numbers
            ]
        return [
            Actor(user, "居民", (Grant("resident", None, ""),), resident_id=number)
            for user, number in zip(users, numbers, strict=True)
        ]

    def say(self, resident: Actor, milestone: int, *, delivered: bool = True, **more: Any) -> int:
        """Let a resident say whether a service was delivered; return the opinion's number."""
        asked = {"milestone_id": milestone, "delivered": delivered, **more}
        return int(self.do("opinion.give", resident, **asked)["id"])

    # --- money ---------------------------------------------------------------------------------

    def bank_account(self) -> None:
        """Give the provider an account that it can be paid to."""
        made = self.do(
            "party.add_bank_account",
            "provider_manager",
            organisation_id=self.county.provider,
            bank="望城农商行",
            holder="望城区育才学校",
            number="622202190100000017",
        )
        self.do("party.verify_bank_account", "finance_approver", id=made["id"])

    def pay(self, on: str) -> None:
        """Pay all open claims on a day."""
        pay_all(self.app, self.do, on)

    # --- what stands ---------------------------------------------------------------------------

    def shown(self, milestone: int) -> dict[str, Any]:
        """Return a milestone as the approver sees it."""
        return self.do("milestone.show", "purchaser_approver", id=milestone)

    def register(self) -> dict[str, int]:
        """Return where the contract's money is, in fen."""
        with transaction_of(self.app):
            return postings.registered(years.pools_of(self.contract))

    def balance(self, kind: str, **owners: int) -> int:
        """Return a balance in fen."""
        with transaction_of(self.app):
            return balance(kind, **owners)

    def day(self, milestone: int, name: str) -> date:
        """Return a day of a milestone."""
        with transaction_of(self.app):
            found: date = getattr(db.session.get_one(Milestone, milestone), name)
            return found


def pay_all(app: Any, perform: Callable[..., dict[str, Any]], on: str) -> None:
    """Pay all open claims on a day; `perform(act, role, **fields)` does an act that is accepted."""
    with clock.frozen(f"{on}T15:00"):
        number = perform("settlement.run", "finance_maker")["id"]
        perform("settlement.approve", "finance_approver", id=number)
        perform("payment.export", "treasurer", id=number)
        with transaction_of(app):
            query = db.select(Payment.end_to_end_id, Payment.amount_fen)
            rows = db.session.execute(query.filter_by(batch_id=number)).all()
        lines = [
            result_row(name, f"{fen // 100}.{fen % 100:02d}", "成功", f"C{next(_references)}", "")
            for name, fen in rows
        ]
        content = base64.b64encode(result_file(lines)).decode()
        perform("payment.import_result", "treasurer", filename="r.csv", content=content)


@contextmanager
def transaction_of(app: Any) -> Iterator[None]:
    """Open a reading transaction of an app."""
    with app.app_context(), transaction(readonly=True):
        yield
