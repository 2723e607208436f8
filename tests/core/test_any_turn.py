"""Whatever happens to pools in whatever order, across years: rows and columns add up to the fen."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import access, audit, budget, clock, create_app
from core.budget import PPM, Share
from core.checks import check_cascades, check_floors, check_gated, check_lines, check_pools
from core.db import db, forget_connections
from core.ledger import Move, Owner, balances, post
from core.plugins import FORMS
from core.settlement import books
from core.settlement.checks import check_owed
from core.years import carrying
from core.years.checks import check_carries, check_pointers
from tests.conftest import SETTINGS
from tests.settlement_world import County

CHECKS = (
    check_lines,
    check_pools,
    check_cascades,
    check_gated,
    check_floors,
    check_owed,
    check_carries,
    check_pointers,
)
STEPS = ("commit", "charge", "accrue", "pay", "reverse", "release", "refund", "carry")
SHAPES = {
    "one line": [PPM],
    "two lines": [600_000, PPM],
    "three lines": [333_333, 500_001, PPM],
}


@pytest.fixture(scope="module")
def county(database_kept):
    """A county with three lines, built once; every example is rolled back."""

    def make_app(**options):
        return create_app(
            settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url}, **options
        )

    database_kept.fresh()
    with pytest.MonkeyPatch.context() as patch, clock.frozen("2026-05-01T09:00"):
        patch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
        made = County(make_app).build()
        with made.acting():
            made.three = [made.new_line(code) for code in ("A", "B", "C")]
    yield made
    forget_connections()
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()


class Turning:
    """A pool and what may be done to it, each step as far as there is money for it."""

    def __init__(self, county, shares):
        """Open the pool on as many lines as there are shares."""
        self.county, self.year, self.numbers = county, 2026, 0
        pairs = zip(county.three, shares, strict=False)
        self.pool = budget.open_pool(
            "fake", "turning", name="x", shares=[Share(line, ppm) for line, ppm in pairs]
        )
        self.kept = 0  # what was paid before the last carry-over

    def totals(self):
        """Return the pool's totals."""
        return budget.pool_totals(self.pool.id)

    def post(self, kind, moves):
        """Post a journal of the fake form."""
        self.numbers += 1
        post(kind, f"turning:{self.numbers}", moves)

    def owed(self, amount, *, back=False):
        """Return the moves of a delivery, or of its undoing."""
        pool, party = self.pool.id, self.county.schools[0]
        pairs = [
            (Owner("pool.uncharged", pool_id=pool), Owner("pool.charged", pool_id=pool)),
            (
                Owner("fin.expense", pool_id=pool),
                Owner("fin.payable", pool_id=pool, party_id=party),
            ),
        ]
        return [Move(*(pair[::-1] if back else pair), amount) for pair in pairs]

    def step(self, what, size):
        """Do a step of a size between nothing and all there is."""
        totals, free = self.totals(), balances("line.available", by="line_id")
        most = {
            "commit": min(50_000, *(free.get(share.line_id, 0) for share in self.pool.shares)),
            "charge": totals["uncharged"],
            "accrue": totals["charged"] - totals["accrued"],
            "pay": totals["accrued"] - totals["paid"],
            "reverse": totals["accrued"] - totals["paid"],
            "release": totals["uncharged"],
            "refund": totals["paid"] - self.kept,
            "carry": totals["uncharged"] + totals["charged"] - totals["paid"],
        }[what]
        if amount := min(most, 1 + most * size // 100):
            getattr(self, what)(amount)

    def commit(self, amount):
        self.post("fake.committed", budget.commit_moves(self.pool, amount))

    def charge(self, amount):
        self.post("fake.delivered", self.owed(amount))

    def accrue(self, amount):
        self.post("fake.delivered", budget.accrue_moves(self.pool, amount))

    def pay(self, amount):
        party = {"pool_id": self.pool.id, "party_id": self.county.schools[0]}
        sent, settled = (
            move(**party, amount_fen=amount) for move in (books.send_move, books.settle_move)
        )
        self.post(books.SENT, [sent])
        self.post(books.SETTLED, [settled, *budget.disburse_moves(self.pool, amount)])

    def reverse(self, amount):
        back = self.owed(amount, back=True)
        self.post("fake.returned", [*back, *budget.unaccrue_moves(self.pool, amount)])

    def release(self, amount):
        self.post("fake.released", budget.release_moves(self.pool, amount))

    def refund(self, amount):
        party = {"pool_id": self.pool.id, "party_id": self.county.schools[0]}
        decided, back = (
            move(**party, amount_fen=amount) for move in (books.decide_move, books.come_back_move)
        )
        self.post(books.DECIDED, [decided])
        rooms = budget.release_moves(self.pool, amount, charged=True, room="line.disbursed")
        self.post(books.CAME_BACK, [back, *rooms])

    def carry(self, _amount):
        """Go on into the next year, its lines made by the carry-over."""
        codes = [f"{code}{self.year + 1}" for code in ("A", "B", "C")[: len(self.pool.shares)]]
        with clock.frozen(f"{self.year + 1}-01-01T00:00"):
            fields = {"pool_id": self.pool.id, "codes": codes, "document": "1"}
            number = carrying.propose(access.system(), **fields)["id"]
            carrying.approve(access.system(), id=number)
        self.year += 1
        self.kept = self.totals()["paid"]


STEP = st.tuples(st.sampled_from(STEPS), st.integers(min_value=0, max_value=100))


@pytest.mark.parametrize("shape", SHAPES)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, min_size=4, max_size=12))
def test_any_order_of_steps_keeps_rows_and_columns(county, shape, steps):
    with clock.frozen("2026-06-01T09:00"), county.app.app_context():
        db.session.begin()
        try:
            with audit.acting(audit.Acting("test", None, "系统")):
                turning = Turning(county, SHAPES[shape])
                approved = sum(balances("line.approved", by="line_id").values())
                turning.commit(30_001)
                for what, size in steps:
                    turning.step(what, size)
                    assert [finding for run in CHECKS for finding in run()] == []
                # Carrying over takes from one year what it gives to the next.
                assert sum(balances("line.approved", by="line_id").values()) == approved
        finally:
            db.session.rollback()
            db.session.remove()
