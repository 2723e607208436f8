"""A game for property tests: a contract from its draft to its final account, in any order.

People try things, refused or not; after each the books and the contract's rows are asked.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core import Huigou, clock
from core.access import Actor
from core.acts import perform
from core.db import db, transaction
from core.ledger import balances
from core.plugins import registry
from core.settlement.models import Clawback, Payment, PaymentBatch
from core.years.models import ForwardObligation
from plugins.contract_outsourcing.models import (
    Amendment,
    Award,
    Bond,
    Contract,
    Deduction,
    Milestone,
    ProviderIncome,
    Tender,
)
from plugins.contract_outsourcing.service import checks, performance_checks, postings, years
from tests import factories
from tests.books import wrong
from tests.conftest import Database, county_of
from tests.contract import contract_world as world
from tests.contract.replay import PLACES, Story, accounts, by_transfers, wrong_guards
from tests.factories import County
from tests.settlement_world import result_file, result_row

LINE, RESERVED, FORWARD = 80_000_000, 60_000_000, 40_000_000
BEGUN, NEXT_YEAR = "2026-03-02T09:00", "2027-01-08T10:00"
OPEN = ("scheduled", "refused")
_references = itertools.count(1)


@dataclass
class Begun:
    """What every game begins with: a published award, its plan, lines of two years."""

    county: County
    award: world.Awarded
    next_line: int


def begin(app: Huigou, county: County) -> Begun:
    """Publish SP-6's award to a provider with a bank account."""
    with app.app_context():
        line = world.line_of(county, LINE)
        award = world.award(county, purchase_id=world.plan(county, line=line), small_firm=True)
        next_line = factories.make_line(
            county, code="LAW27", amount_fen=FORWARD + RESERVED, fiscal_year=2027
        )
        made = factories.do(
            "party.add_bank_account",
            world.manager_of(county, county.provider),
            organisation_id=county.provider,
            bank="望城农商行",
            holder="望城区育才学校",
            number="622202190100000017",
        )
        factories.do("party.verify_bank_account", county.actor("finance_approver"), id=made["id"])
    return Begun(county, award, next_line)


class Play:
    """One game: the award, and the contract that comes of it."""

    def __init__(self, app: Huigou, database: Database) -> None:
        """Begin with the published award."""
        self.app = app
        county = county_of(app, database)
        begun = database.at(app, "an award for any contract", lambda: begin(app, county))
        self.county, self.award, self.next_line = begun.county, begun.award, begun.next_line
        self.provider = world.manager_of(self.county, self.county.provider)
        self.now = clock.instant(world.DRAFTED)
        self.contract: int | None = None
        self.said: list[str] = []

    # --- acts ------------------------------------------------------------------------------------

    def act(self, operation_id: str, role: str | Actor, **fields: Any) -> dict[str, Any] | None:
        """Perform an act; it may be refused (None), never fail."""
        with self.app.app_context():
            actor = role if isinstance(role, Actor) else self.county.actor(role)
            answer = perform(operation_id, fields, actor=actor)
        assert answer.status < 500, answer.body
        self.said.append(answer.body.get("code") or operation_id)
        return None if answer.refused else answer.body

    def rows(self, model: Any, *states: str, **having: Any) -> list[Any]:
        """Return a table's rows in some states (in any, if none is given), detached."""
        with self.reading():
            query = db.select(model).filter_by(**having).order_by(model.id)
            if states:
                query = query.where(model.state.in_(states))
            found = list(db.session.scalars(query))
            db.session.expunge_all()
        return found

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open a reading transaction."""
        with self.app.app_context(), transaction(readonly=True):
            yield

    def step(self, name: str, *numbers: Any) -> None:
        """Try one step; if anything was tried, ask the contract's books."""
        before = len(self.said)
        with clock.frozen(self.now):
            getattr(self, f"try_{name}")(*numbers)
        self.now += timedelta(minutes=1)
        if len(self.said) > before:
            self.check()

    # --- until it is in force --------------------------------------------------------------------

    def sign(self, drawn: dict[str, Any]) -> bool:
        """Draft, agree and sign a contract of drawn terms; tell whether it is in force."""
        asked = world.fields(self.award.id, evaluator_id=self.county.finance, **drawn)
        with clock.frozen(self.now):
            made = self.act("contract.draft", "purchaser_clerk", **asked)
            if made is None:
                return False
            agreed = self.act("contract.agree", "purchaser_approver", id=made["id"])
            if agreed is None:
                return False
            text = {"id": made["id"], "text_hash": agreed["text_hash"]}
            self.act("contract.sign", self.provider, **text)
            signed = self.act("contract.sign", "purchaser_approver", **text)
        self.contract = made["id"]
        self.check()
        self.now = clock.instant(BEGUN)
        return signed is not None

    # --- what people try -------------------------------------------------------------------------

    def try_deliver(self, place: int, days: int) -> None:
        """Deliver one of the open milestones after some days."""
        self.now += timedelta(days=days)
        if found := _pick(self.rows(Milestone, *OPEN), place):
            with clock.frozen(self.now):
                day = clock.today().isoformat()
                self.act(
                    "milestone.deliver", self.provider, id=found.id, delivered_on=day, words="完成"
                )

    def try_record(self, place: int, found: str) -> None:
        """Record the acceptance of a delivered milestone."""
        if row := _pick(self.rows(Milestone, "submitted"), place):
            lines = () if row.kind == "advance" else ("visits", "records")
            results = [{"line": line, "found": found} for line in lines]
            self.act("acceptance.record", "accepter", id=row.id, results=results)

    def try_approve(self, place: int) -> None:
        """Approve a recorded acceptance."""
        if row := _pick(self.rows(Milestone, "recorded"), place):
            self.act("acceptance.approve", "purchaser_approver", id=row.id)

    def try_refuse(self, place: int) -> None:
        """Refuse what was delivered."""
        if row := _pick(self.rows(Milestone, "recorded"), place):
            self.act("acceptance.refuse", "purchaser_approver", id=row.id, reason="不合格")

    def try_accept(self, place: int, found: str) -> None:
        """Deliver, record and approve the next milestone."""
        self.try_deliver(0, 5)
        self.try_record(place, found)
        self.try_approve(place)

    def try_deduct(self, place: int, units: int) -> None:
        """Propose a deduction from what was delivered: for lateness, or for units missed."""
        if not self.rows(Milestone, "submitted", "recorded"):
            self.try_deliver(0, 60)
        if row := _pick(self.rows(Milestone, "submitted", "recorded"), place):
            fields: dict[str, Any] = {"kind": "late"}
            if units:
                fields = {"kind": "quality", "clause": "missed", "units": units}
            self.act(
                "deduction.propose", "accepter", milestone_id=row.id, evidence="记录", **fields
            )

    def try_decide(self, place: int, decides: bool) -> None:  # noqa: FBT001 - a drawn number
        """Hear the provider on a deduction and decide it, or drop it."""
        waiting = self.rows(Deduction, "proposed", "stated")
        if row := _pick(waiting or self.rows(Deduction, "decided"), place):
            self.act("deduction.state", self.provider, id=row.id, words="无异议")
            if decides:
                self.act("deduction.decide", "purchaser_approver", id=row.id, reason="属实")
            else:
                self.act("deduction.drop", "accepter", id=row.id, reason="数错")

    def try_supplement(self, part: int, beyond: int) -> None:
        """Propose a supplement: so many parts in a hundred of the value, and some fen."""
        (contract,) = self.rows(Contract, id=self.contract)
        fen = contract.value_fen * part // 100 + beyond
        self._amend(world.supplement(fen))
        if beyond < 0:
            self.try_conclude()

    def try_cut(self, place: int, parts: int) -> None:
        """Propose to take off an open milestone so many quarters."""
        if row := _pick(self.rows(Milestone, *OPEN), place):
            cut = {"milestone_id": row.id, "amount_fen": row.amount_fen * parts // 4}
            self._amend({"kind": "price_down", "changes": {"cuts": [cut]}})
            if parts > 1:
                self.try_conclude()

    def try_conclude(self) -> None:
        """Let both parties sign the newest change that was approved."""
        if row := _pick(self.rows(Amendment, "approved"), -1):
            text = {"id": row.id, "text_hash": row.text_hash}
            self.act("amendment.sign", self.provider, **text)
            self.act("amendment.sign", "purchaser_approver", **text)

    def try_rest(self, is_short: bool) -> None:  # noqa: FBT001 - a drawn number
        """Suspend the contract, perhaps only for a moment."""
        self.act("contract.suspend", "purchaser_approver", id=self.contract, reason="等处理")
        if is_short:
            self.try_go_on()

    def try_go_on(self) -> None:
        """Let a suspended contract go on."""
        if self.rows(Contract, "suspended", id=self.contract):
            self.act("contract.resume", "purchaser_approver", id=self.contract, reason="恢复")

    def try_terminate(self) -> None:
        """End the contract before its time."""
        fields = {"id": self.contract, "reason": "承接主体停业", "call_bond": False}
        if proposed := self.act("contract.terminate", "purchaser_clerk", **fields):
            self.act("ending.approve", "purchaser_approver", id=proposed["id"])

    def try_pay(self, word: str) -> None:
        """Send what is owed to the bank, which pays or rejects it."""
        made = self.act("settlement.run", "finance_maker")
        if made is None:
            return
        self.act("settlement.approve", "finance_approver", id=made["id"])
        self.act("payment.export", "treasurer", id=made["id"])
        if not self.rows(PaymentBatch, "exported", id=made["id"]):
            return
        lines = [
            result_row(
                one.end_to_end_id,
                f"{one.amount_fen // 100}.{one.amount_fen % 100:02d}",
                word,
                f"G{next(_references)}",
                "",
            )
            for one in self.rows(Payment, batch_id=made["id"])
        ]
        content = base64.b64encode(result_file(lines)).decode()
        self.act("payment.import_result", "treasurer", filename="r.csv", content=content)

    def try_next_year(self) -> None:
        """Begin the next year and give its part of the contract a budget."""
        self.now = max(self.now, clock.instant(NEXT_YEAR))
        with self.reading():
            query = db.select(ForwardObligation.id).where(
                ForwardObligation.source.like("contract:%"), ForwardObligation.state == "open"
            )
            owed = list(db.session.scalars(query))
        with clock.frozen(self.now):
            for number in owed:
                self.act("forward.convert", "finance_budget", id=number, line_id=self.next_line)

    def try_score(self, centipoints: int) -> None:
        """Let all three sides score the contract alike."""
        fields = {"id": self.contract, "centipoints": centipoints}
        for side in ("purchaser", "recipients"):
            self.act("contract.score", "purchaser_clerk", side=side, **fields)
        self.act("contract.evaluate", "evaluator", **fields)

    def try_hear(self) -> None:
        """Decide every deduction that waits."""
        for _row in self.rows(Deduction, "proposed", "stated"):
            self.try_decide(0, decides=True)

    def try_turn_down(self) -> None:
        """Refuse whatever waits for its acceptance."""
        for place, _row in enumerate(self.rows(Milestone, "submitted")):
            self.try_record(place, "not_met")
        for _row in self.rows(Milestone, "recorded"):
            self.try_refuse(0)

    def try_receive(self) -> None:
        """Book all that the provider owes the treasury."""
        for row in self.rows(ProviderIncome):
            fields = {"id": row.id, "amount_fen": row.amount_fen, "bank_reference": f"S{row.id}"}
            self.act("income.receive", "finance_maker", **fields)
        for row in self.rows(Clawback):
            fields = {"id": row.id, "amount_fen": row.amount_fen, "bank_reference": f"Z{row.id}"}
            self.act("clawback.receive", "treasurer", **fields)

    def try_close(self) -> None:
        """Complete the contract and close its account."""
        approver = "purchaser_approver"
        if self.rows(Contract, "performing", id=self.contract):
            self.act("contract.complete", approver, id=self.contract)
        for row in self.rows(Bond, "held"):
            self.act("bond.return", approver, id=row.id, reason="期满")
        self.act("contract.close", approver, id=self.contract)

    def try_wait(self, days: int) -> None:
        """Let days pass."""
        self.now += timedelta(days=days)

    def _amend(self, fields: dict[str, Any]) -> None:
        asked = {"id": self.contract, "words": "变更。", "reason": "需要。"} | fields
        made = self.act("contract.amend", "purchaser_clerk", **asked)
        if made is not None:
            self.act("amendment.approve", "purchaser_approver", id=made["id"])

    # --- what must hold --------------------------------------------------------------------------

    def finish(self) -> None:
        """Ask every check of every component."""
        with clock.frozen(self.now), self.app.app_context():
            found = wrong()
            assert found == [], (self.said, found)

    def check(self) -> None:
        """Ask the checks of contracts, and this contract's rows and figures."""
        with clock.frozen(self.now), self.reading():
            own = (*checks.CHECKS, *performance_checks.CHECKS)
            found = [one for check in own for one in check.run()] + wrong_guards()
            assert found == [], (self.said, found)
            _refuse_other_balances()
            if self.contract is not None:
                self._check_contract(Story(self.contract))

    def _check_contract(self, story: Story) -> None:
        told, booked = story.told(), by_transfers(story.contract.id)
        assert told == booked, (self.said, told, booked)
        total = {place: sum(one[place] for one in told.values()) for place in PLACES}
        shown = postings.registered(years.pools_of(story.contract.id))
        assert shown == total
        live = [one for one in story.milestones.values() if one.state != "cancelled"]
        planned = sum(one.amount_fen for one in live if one.kind != "advance")
        signed = story.contract.signed_at is not None
        original = story.contract.value_fen if signed else 0
        supplements = story.supplements_fen("in_force")
        assert total["value"] == original + supplements
        assert total["value"] == sum(
            total[place] for place in ("unpaid", "paid", "deducted", "cancelled")
        )
        ended = story.contract.state in {"terminated", "closed"}
        assert planned <= total["value"] - total["cancelled"]
        assert ended or planned == total["value"] - total["cancelled"]
        award = db.session.get_one(Award, story.contract.award_id)
        ceiling = db.session.get_one(Tender, story.contract.tender_id).ceiling_fen
        assert story.contract.value_fen <= award.amount_fen <= ceiling <= RESERVED + FORWARD
        assert 10 * story.supplements_fen("proposed", "approved", "in_force") <= (
            story.contract.value_fen
        )
        accepted = sum(story.payable.values())
        in_advance = sum(story.prepaid.values()) + story.unearned
        assert total["paid"] <= accepted + in_advance
        assert accepted + in_advance <= story.contract.value_fen + supplements
        rows = story.milestones
        assert story.payable == {number: rows[number].payable_fen for number in story.payable}
        query = db.select(ProviderIncome.amount_fen).filter_by(contract_id=story.contract.id)
        assert sum(db.session.scalars(query)) == story.owed_back
        assert sum(db.session.scalars(db.select(Clawback.amount_fen))) == story.unearned


def _refuse_other_balances() -> None:
    """Refuse balances that the services give other than the transfers make them."""
    sums: dict[tuple[str, int], int] = {}
    for account, fen in accounts():
        if account.pool_id is not None:
            key = (account.kind, account.pool_id)
            sums[key] = sums.get(key, 0) + fen
    for kind in sorted({kind for kind, _pool in sums}):
        side = 1 if registry().account_kinds[kind].side == "debit" else -1
        mine = {pool: side * fen for (one, pool), fen in sums.items() if one == kind}
        given = {pool: fen for pool, fen in balances(kind, by="pool_id").items() if pool}
        assert {pool: fen for pool, fen in given.items() if fen} == {
            pool: fen for pool, fen in mine.items() if fen
        }, kind


def _pick(rows: list[Any], place: int) -> Any:
    """Return one row, or None where there is none."""
    return rows[place % len(rows)] if rows else None
