"""A game for property tests: people try things in any order, and the books are asked each time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import Huigou, clock
from core.db import db
from core.settlement.models import Clawback, Payment, PaymentBatch
from plugins.voucher.models import Hold, Objection, Redemption, Reversal, Statement
from tests import factories
from tests.books import wrong
from tests.conftest import Database, county_of
from tests.voucher.path import MORNING, Path

VOUCHERS = 6


class Play:
    """One game: a county, and the steps that people try in it."""

    def __init__(self, app: Huigou, database: Database) -> None:
        """Begin with the county in a fresh database."""
        self.path = Path(app, county_of(app, database))
        self.now = clock.instant(MORNING)
        self.acts = 0

    def build(self, terms: dict[str, Any]) -> None:
        """Make the programme with the drawn terms."""
        terms, lines = dict(terms), terms["lines"]
        del terms["lines"]
        remainder = "forfeit" if terms["single_use"] else "keep"
        beyond = "self_pay" if terms["single_use"] else "refuse"
        self.path.build(
            vouchers=VOUCHERS,
            funding=self.shares(lines),
            remainder=remainder,
            beyond=beyond,
            **terms,
        )

    def build_shape(self, terms: dict[str, Any], lines: int) -> None:
        """Make a programme of a shape and grant what runs."""
        self.path.build(vouchers=VOUCHERS, **(terms | {"funding": self.shares(lines)}))
        self.path.renew()

    def shares(self, lines: int) -> list[dict[str, int]]:
        """Return the funding of one line, or of two by cascade."""
        if lines == 1:
            return [{"line_id": self.path.county.line}]
        with self.path.app.app_context():
            second = factories.make_line(self.path.county, code="EDU2")
        return [{"line_id": self.path.county.line, "share_ppm": 900_000}, {"line_id": second}]

    def play(self, steps: list[tuple[Any, ...]]) -> None:
        """Try steps one after the other; whenever something was done, the books are asked."""
        assert self.findings() == []
        for step in steps:
            before = self.acts
            self.step(*step)
            # Where there is nothing to confirm or to bank, nobody does anything.
            if self.acts > before:
                assert self.findings() == [], step

    def step(self, name: str, *numbers: Any) -> None:
        """Try one step at the present moment."""
        with clock.frozen(self.now):
            getattr(self, f"try_{name}")(*numbers)
        self.now += timedelta(minutes=1)

    def act(self, operation_id: str, actor: Any, **fields: Any) -> None:
        """Perform an act; it may be refused, never fail."""
        self.acts += 1
        answer = self.path.perform(operation_id, actor, **fields)
        assert answer.status < 500, answer.body

    def pick(self, model: Any, place: int, **having: Any) -> Any:
        """Return one row of a table, or None where there is none."""
        with self.path.reading():
            query = db.select(model).filter_by(**having).order_by(model.id)
            rows = db.session.scalars(query).all()
            db.session.expunge_all()
        return rows[place % len(rows)] if rows else None

    def provider(self, number: int) -> Any:
        """Return a provider by its number."""
        return next(one for one in self.path.providers if one.id == number)

    def try_redeem(self, place: int, fen: int) -> None:
        """Redeem a voucher."""
        self.act(
            "voucher.redeem",
            self.path.providers[place % 2].clerk,
            code=self.path.codes[place],
            service_code="fee",
            price_fen=fen,
        )

    def try_void(self, place: int) -> None:
        """Void a redemption at its provider."""
        if found := self.pick(Redemption, place):
            clerk = self.provider(found.provider_id).clerk
            self.act("redemption.void", clerk, receipt=found.receipt, reason="录错")

    def try_lock(self) -> None:
        """Lock a period."""
        self.act("statement.lock", "finance_maker", programme_id=self.path.county.programme)

    def try_confirm(self, place: int) -> None:
        """Confirm a statement."""
        if found := self.pick(Statement, place):
            self.act("statement.confirm", self.provider(found.provider_id).manager, id=found.id)

    def try_object(self, place: int) -> None:
        """Object to a line of the newest statement, or to what is none of its lines."""
        if statement := self.pick(Statement, -1):
            provider = self.provider(statement.provider_id)
            line = self.pick(Redemption, place, provider_id=provider.id)
            self.act(
                "statement.object",
                provider.manager,
                statement_id=statement.id,
                redemption_id=line.id,
                reason="不对",
            )

    def try_resolve(self, place: int, uphold: bool) -> None:  # noqa: FBT001 - a drawn number
        """Decide an objection."""
        if found := self.pick(Objection, place):
            fields = {"id": found.id, "uphold": uphold, "reason": "核实"}
            self.act("statement.resolve", "purchaser_approver", **fields)

    def try_order(self, place: int, entitlement: str) -> None:
        """Order a reversal or claw-back."""
        if found := self.pick(Redemption, place):
            fields = {"receipt": found.receipt, "reason": "核查", "entitlement": entitlement}
            self.act("redemption.reverse", "purchaser_clerk", **fields)

    def try_correct(self, place: int, fen: int) -> None:
        """Order a correction of a redemption's unit price, perhaps to a higher one."""
        if found := self.pick(Redemption, place):
            fields = {"receipt": found.receipt, "reason": "更正", "price_fen": fen}
            entitlement = "cancel" if place % 2 else "give_back"
            self.act("redemption.reverse", "purchaser_clerk", **fields, entitlement=entitlement)

    def try_begin(self, place: int, fen: int) -> None:
        """Begin a visit, or hold what a service with a result may cost."""
        self.act(
            "voucher.start",
            self.path.providers[place % 2].clerk,
            code=self.path.codes[place],
            service_code="fee",
            price_fen=fen,
        )

    def try_end(self, place: int, kind: int) -> None:
        """End what was begun by one of its results, or call it off."""
        found = self.pick(Hold, place, state="open")
        if not found:
            return
        clerk = self.provider(found.provider_id).clerk
        if kind == 0:
            self.act("voucher.release", clerk, id=found.id, reason="取消")
            return
        self.now += timedelta(minutes=17 * kind)
        with clock.frozen(self.now):
            result = None if found.is_visit else ("passed", "attended", "failed")[kind % 3]
            self.act("voucher.finish", clerk, id=found.id, result=result)

    def try_renew(self) -> None:
        """Grant what periods have begun."""
        self.act("voucher.renew", "purchaser_clerk", programme_id=self.path.county.programme)

    def try_dawn(self) -> None:
        """Begin the next day with everything that falls due on it."""
        self.now += timedelta(days=1)
        with clock.frozen(self.now):
            self.act("work.begin_day", factories.SYSTEM)

    def try_decide(self, place: int, approves: bool) -> None:  # noqa: FBT001 - a drawn number
        """Approve an order, or send it back."""
        found = self.pick(Reversal, place, state="ordered")
        if found and approves:
            self.act("redemption.approve_reversal", "purchaser_approver", id=found.id)
        elif found:
            actor = "purchaser_approver"
            self.act("redemption.decline_reversal", actor, id=found.id, reason="不足")

    def try_run(self) -> None:
        """Take what is open into a batch and on to the bank."""
        self.act("settlement.run", "finance_maker")
        if found := self.pick(PaymentBatch, -1, state="draft"):
            self.act("settlement.approve", "finance_approver", id=found.id)
            self.act("payment.export", "treasurer", id=found.id)

    def try_bank(self, word: str) -> None:
        """Let the bank answer for a batch: its first payment so, the others paid."""
        found = self.pick(PaymentBatch, 0, state="exported")
        if found:
            with self.path.reading():
                rows = db.session.scalars(db.select(Payment.id).filter_by(batch_id=found.id)).all()
            self.acts += 1
            self.path.bank(found.id, word, *["成功"] * (len(rows) - 1))

    def try_receive(self, fen: int) -> None:
        """Book cash that came back."""
        if found := self.pick(Clawback, 0, state="approved"):
            reference = f"收{self.now.isoformat()}"
            self.act(
                "clawback.receive",
                "treasurer",
                id=found.id,
                amount_fen=fen,
                bank_reference=reference,
            )

    def try_pay(self) -> None:
        """Pay everything that is open."""
        self.try_run()
        self.try_bank("成功")

    def try_change(self, place: int, kind: int) -> None:
        """Let a day pass, or many; let lapse what is over; seldom, revoke a voucher."""
        if kind == 0 and place < VOUCHERS // 2:
            number = self.path.vouchers[place]
            self.act("voucher.revoke", "purchaser_approver", id=number, reason="离校")
        elif kind == 1:
            self.act("voucher.lapse", "finance_maker")
        elif kind == 2:
            self.now += timedelta(days=30)
        else:
            self.now += timedelta(days=1)

    def findings(self) -> list[Any]:
        """Return what the checks of all components find wrong."""
        with self.path.app.app_context():
            return wrong()
