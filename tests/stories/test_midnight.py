"""The turn of a year: three open pools, three ways to end, the books equal on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from sqlalchemy import text

from core import clock
from core.budget import Pool
from core.db import db
from tests import factories
from tests.voucher.path import Path

TURN = "2027-01-01T00:00"
LAST = "2026-12-31"


@dataclass
class Turn:
    """Three programmes, each on a line of its own: closing, paid in January, going on."""

    closing: Path
    paying: Path
    going_on: Path

    @property
    def any(self) -> Path:
        """Return one of them, for acts that are about all."""
        return self.closing

    def books(self) -> dict[str, int]:
        """Return what the auditors' views say of all lines together; they must agree."""
        with self.any.reading():
            budget = _sums("hv_budget", *(f"{room}_fen" for room in ROOMS))
            pools = _sums("hv_pool", "committed_fen", "uncharged_fen", "charged_fen")
            pools |= _sums("hv_pool", "released_fen", "accrued_fen", "paid_fen")
            held = _sums("hv_commitment", "amount_fen")["amount_fen"]
            owed = _balance("fin.payable") + _balance("fin.in_transit")
        parts = sum(fen for room, fen in budget.items() if room != "approved_fen")
        assert budget["approved_fen"] == parts
        parts = pools["uncharged_fen"] + pools["charged_fen"] + pools["released_fen"]
        assert pools["committed_fen"] == parts
        spent = budget["encumbered_fen"] + budget["accrued_fen"] + budget["disbursed_fen"]
        assert spent == held == pools["uncharged_fen"] + pools["charged_fen"]
        assert pools["paid_fen"] == budget["disbursed_fen"]
        assert owed == pools["charged_fen"] - pools["paid_fen"]
        return budget

    def open_pools(self) -> list[str]:
        """Return the names of the pools that are open."""
        with self.any.reading():
            query = db.select(Pool.name).where(Pool.closed_on.is_(None)).order_by(Pool.id)
            return list(db.session.scalars(query))


ROOMS = ("approved", "available", "reserved", "encumbered", "accrued", "disbursed")


def _sums(view: str, *columns: str) -> dict[str, int]:
    sums = ", ".join(f"SUM({column}) AS {column}" for column in columns)
    row = db.session.execute(text(f"SELECT {sums} FROM {view}")).mappings().one()  # noqa: S608 - names from above
    return {name: int(fen) for name, fen in row.items()}


def _balance(kind: str) -> int:
    row = text("SELECT COALESCE(SUM(balance_fen), 0) FROM hv_balance WHERE kind = :kind")
    return int(db.session.execute(row, {"kind": kind}).scalar_one())


@pytest.fixture
def turn(app, county) -> Iterator[Turn]:
    """The county shortly before midnight, with one use in each of the three programmes."""

    def programme(code: str, **terms) -> Path:
        with app.app_context(), clock.frozen("2026-06-01T09:00"):
            line = factories.make_line(county, code=code)
        return Path(app, replace(county, line=line)).build(
            vouchers=2, providers=1, code=code, **terms
        )

    with clock.frozen("2026-12-31T21:00"):
        made = Turn(
            programme("CLOSING", valid_through=LAST),
            programme("PAYING", valid_through=LAST, close="when_paid"),
            programme("GOING", valid_through="2027-02-28"),
        )
        for path in (made.closing, made.paying, made.going_on):
            path.redeem(0, fen=30_000)
        made.closing.lock()
        made.going_on.lock()
        made.closing.pay()
    return made


def test_a_year_turns_with_every_open_pool_handled_and_the_books_equal(turn: Turn) -> None:
    with clock.frozen("2026-12-31T23:59:59"):
        before = turn.books()
        assert turn.open_pools() == ["项目CLOSING", "项目PAYING", "项目GOING"]
    with clock.frozen(TURN):
        turn.any.do("work.begin_day", factories.SYSTEM)
        after = turn.books()
        # What closed on its last day gave back its unused 500 yuan, and nothing else moved.
        assert turn.open_pools() == ["项目PAYING", "项目GOING"]
        assert after == before | {
            "available_fen": before["available_fen"] + 50_000,
            "encumbered_fen": before["encumbered_fen"] - 50_000,
        }
        asked = turn.any.do("year.request_close", "finance_maker", year=2026)
        assert not asked["may_close"]
        said = turn.any.refused("year.close", "finance_approver", id=asked["id"])
        assert said == "YEAR_NOT_CLOSABLE"
    with clock.frozen("2027-01-05T09:00"):
        turn.paying.lock()
        turn.paying.pay()
        assert turn.open_pools() == ["项目GOING"]
        paid = turn.books()
        assert paid["approved_fen"] == before["approved_fen"]
        carry_over(turn)
        carried = turn.books()
        assert carried == paid
        turn.any.do("year.close", "finance_approver", id=asked["id"])
        assert turn.books() == carried
        assert rooms_of(turn, 2026) == {"approved_fen", "available_fen", "disbursed_fen"}
    with clock.frozen("2027-02-10T09:00"):
        # The rest of a single-use voucher waits for the close, for no till knows of the new line.
        turn.going_on.redeem(1, fen=40_000)
        turn.going_on.lock()
        turn.going_on.pay()
        end = turn.books()
        assert end["available_fen"] == carried["available_fen"]
        assert end["disbursed_fen"] == carried["disbursed_fen"] + 40_000
    with clock.frozen("2027-03-01T00:00"):
        turn.any.do("work.begin_day", factories.SYSTEM)
        assert turn.open_pools() == []
        assert turn.books()["encumbered_fen"] == 0
        assert turn.books()["available_fen"] == carried["available_fen"] + 10_000


def carry_over(turn: Turn) -> None:
    """Carry the third pool into 2027."""
    with turn.any.reading():
        pool = db.session.scalar(db.select(Pool.id).filter_by(name="项目GOING"))
    proposed = turn.any.do(
        "budget.carry_over", "finance_budget", pool_id=pool, document="望财预〔2027〕1号"
    )
    done = turn.any.do("budget.approve_carry_over", "finance_approver", id=proposed["id"])
    assert done["amount_fen"] == 50_000


def rooms_of(turn: Turn, year: int) -> set[str]:
    """Return the rooms in which a year's lines hold anything."""
    with turn.any.reading():
        rows = db.session.execute(text("SELECT * FROM hv_budget")).mappings()
        return {
            room
            for row in rows
            if row["fiscal_year"] == year
            for room in (f"{name}_fen" for name in ROOMS)
            if row[room]
        }


def test_a_till_that_remembers_the_old_line_moves_none_of_its_money(turn: Turn) -> None:
    """What a process kept of a pool before its carry-over is not used in the new year."""
    with clock.frozen("2027-01-02T09:00"):
        # Between midnight and the carry-over a forfeit waits for the close.
        before = turn.books()
        turn.going_on.redeem(1, fen=40_000)
        assert turn.books()["available_fen"] == before["available_fen"]
        turn.going_on.lock()
        turn.going_on.pay()
        with turn.any.reading():
            pool = db.session.scalar(db.select(Pool.id).filter_by(name="项目GOING"))
        fields = {"pool_id": pool, "document": "1号"}
        number = turn.any.do("budget.carry_over", "finance_budget", **fields)["id"]
        turn.any.do("budget.approve_carry_over", "finance_approver", id=number)
        turn.books()
    with clock.frozen("2027-03-01T00:00"):
        turn.any.do("work.begin_day", factories.SYSTEM)
        with turn.any.reading():
            assert db.session.get(Pool, pool).closed_on == date(2027, 3, 1)


def test_the_list_of_open_pools_says_what_stands_in_the_way_and_who_must_act(turn: Turn) -> None:
    with clock.frozen("2026-12-31T23:00"):
        said = turn.any.do("year.open_pools", "auditor", year=2026)["items"]
    found = {
        one["name"]: [(o["what"], o["amount_fen"], o["who"]) for o in one["obstacles"]]
        for one in said
    }
    assert found["项目PAYING"] == [
        ("2 份额度还可使用或补录", 50_000, "system"),
        ("核销还没有锁定对账", 30_000, "finance_maker"),
    ]
    assert {one["next_on"] for one in said} == {LAST, "2027-02-28"}
