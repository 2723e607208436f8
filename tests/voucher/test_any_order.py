"""Whatever people do, in whatever order, every check of the books finds nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import Huigou, clock
from core import db as database
from core.db import db
from core.plugins import ask
from core.settlement.models import Clawback, Payment, PaymentBatch
from plugins.voucher.models import Objection, Redemption, Reversal, Statement
from plugins.voucher.service import known
from tests import factories
from tests.conftest import Database
from tests.voucher.path import MORNING, Path

VOUCHERS = 6
SMALL = st.integers(0, 5)

# What people may try, each with the numbers that say on what; refusals are part of the game.
STEPS = st.one_of(
    st.tuples(st.just("redeem"), SMALL, st.sampled_from((50_000, 30_000, 7, 60_000))),
    st.tuples(st.just("redeem"), SMALL, st.sampled_from((50_000, 30_000, 9_999))),
    st.tuples(st.just("void"), SMALL),
    st.tuples(st.just("lock")),
    st.tuples(st.just("confirm"), SMALL),
    st.tuples(st.just("object"), SMALL),
    st.tuples(st.just("resolve"), SMALL, st.booleans()),
    st.tuples(st.just("order"), SMALL, st.sampled_from(("give_back", "cancel", "cancel"))),
    st.tuples(st.just("decide"), SMALL, st.sampled_from((True, True, False))),
    st.tuples(st.just("run")),
    st.tuples(st.just("bank"), st.sampled_from(("成功", "成功", "失败"))),
    st.tuples(st.just("pay")),
    st.tuples(st.just("receive"), st.sampled_from((50_000, 20_000, 7))),
    st.tuples(st.just("change"), SMALL, SMALL),
)
# Half of the games begin with something paid, so that claw-backs are not rare.
BEGUN = [
    *(("redeem", place, 30_000) for place in range(4)),
    ("lock",),
    *[("change", 0, 3)] * 4,
    ("pay",),
    *(("order", place, "cancel") for place in range(2)),
]
TERMS = st.fixed_dictionaries(
    {
        "close": st.sampled_from(("on_last_day", "when_paid")),
        "single_use": st.booleans(),
        "confirm_days": st.sampled_from((0, 3)),
        "void_window": st.sampled_from(("same_day", "until_lock")),
        "lines": st.sampled_from((1, 2)),
    }
)


class Play:
    """One game: a county, and the steps that people try in it."""

    def __init__(self, app: Huigou) -> None:
        """Begin with a fresh county."""
        with app.app_context():
            self.path = Path(app, factories.make_county())
        self.now = clock.instant(MORNING)

    def build(self, terms: dict[str, Any]) -> None:
        """Make the programme with the drawn terms."""
        terms, lines = dict(terms), terms["lines"]
        del terms["lines"]
        shares: list[dict[str, int]] = [{"line_id": self.path.county.line}]
        if lines > 1:
            with self.path.app.app_context():
                second = factories.make_line(self.path.county, code="EDU2")
            shares = [{"line_id": self.path.county.line, "share_ppm": 900_000}, {"line_id": second}]
        remainder = "forfeit" if terms["single_use"] else "keep"
        beyond = "self_pay" if terms["single_use"] else "refuse"
        self.path.build(
            vouchers=VOUCHERS, funding=shares, remainder=remainder, beyond=beyond, **terms
        )

    def step(self, name: str, *numbers: Any) -> None:
        """Try one step at the present moment."""
        with clock.frozen(self.now):
            getattr(self, f"try_{name}")(*numbers)
        self.now += timedelta(minutes=1)

    def act(self, operation_id: str, actor: Any, **fields: Any) -> None:
        """Perform an act; it may be refused, never fail."""
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
        with self.path.reading():
            return [found for check in ask("integrity_checks") for found in check.run()]


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(terms=TERMS, begun=st.booleans(), steps=st.lists(STEPS, min_size=5, max_size=25))
def test_the_books_hold_after_any_steps_in_any_order(
    app_kept: Huigou,
    database_kept: Database,
    terms: dict[str, Any],
    begun: bool,  # noqa: FBT001 - hypothesis gives it by name
    steps: list[tuple[Any, ...]],
) -> None:
    forget(app_kept)
    database_kept.fresh()
    try:
        play = Play(app_kept)
        with clock.frozen(MORNING):
            play.build(terms)
        for step in [*BEGUN, *steps] if begun else steps:
            play.step(*step)
            assert play.findings() == [], step
    finally:
        forget(app_kept)


def forget(app: Huigou) -> None:
    """Let go of the database, which is about to be replaced."""
    known.forget()
    database.forget_connections()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
