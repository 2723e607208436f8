"""The checks of the core's books: each catches the fault it is there for, and names the row."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update

from core import clock
from core.audit import ACCEPTED, Acting, AuditEntry, entry
from core.budget import PoolShare
from core.checks import CHECKS
from core.db import db
from core.ledger import AccountingPeriod, GatedBalance
from core.seal import ACCOUNT, JOURNAL, TRANSFER
from tests.core.tampering import take_away, tamper

RUN = {check.name: check.run for check in CHECKS}
GATED = GatedBalance.__table__
SHARE = PoolShare.__table__

IDENTITY_OF_LINES = "指标批复等于各室之和"
IDENTITY_OF_POOLS = "额度池承诺等于未用、已用、释放之和"
CASCADES = "额度池的钱按分摊在各指标上"
GUARDED = "受控余额等于分录之和"
FLOORS = "指标与额度池不为负"
TRANSFERS = "每笔分录有凭证和科目"
ACTS = "每张凭证有业务操作"
DECLARED = "凭证类型与借贷科目已声明"
ACCOUNTS = "科目名实相符且已声明"
PERIODS = "结账后无新增凭证"
TRIGGERS = "只增不改的触发器在位"


def found(name):
    return [finding.where for finding in RUN[name]()]


def account(key):
    """Return an account's number, for use in a statement."""
    return select(ACCOUNT.c.id).where(ACCOUNT.c.key == key).scalar_subquery()


def forged(debit, credit, amount_fen=5):
    """Return a transfer that nobody posted."""
    row = {"id": 9999, "journal_id": 1, "amount_fen": amount_fen}
    return insert(TRANSFER).values(debit_id=account(debit), credit_id=account(credit), **row)


def first(table, **values):
    """Return a change of a table's first row."""
    return update(table).where(table.c.id == 1).values(values)


FAULTS = {
    "money leaves a line's rooms": (
        IDENTITY_OF_LINES,
        "budget_line 1",
        forged("line.approved/line=1", "pool.charged/pool=1"),
    ),
    "money leaves a pool": (
        IDENTITY_OF_POOLS,
        "pool 1",
        forged("pool.charged/pool=1", "line.available/line=1"),
    ),
    "a share is changed afterwards": (
        CASCADES,
        "pool 2, budget_line 2, line.encumbered",
        update(SHARE).where(SHARE.c.pool_id == 2, SHARE.c.position == 0).values(share_ppm=700_000),
    ),
    "a pool loses its line": (
        CASCADES,
        "pool 1, budget_line 1, line.encumbered",
        delete(SHARE).where(SHARE.c.pool_id == 1),
    ),
    "a fen is on the wrong line": (
        CASCADES,
        "pool 2, budget_line 1, line.accrued",
        forged("line.accrued/line=1/pool=2", "line.accrued/line=2/pool=2", 1),
    ),
    "a guarded balance is raised": (
        GUARDED,
        "gated_balance line.available/line=1",
        update(GATED).values(balance_fen=GATED.c.balance_fen + 1),
    ),
    "a guarded balance is removed": (
        GUARDED,
        "gated_balance line.available/line=1",
        delete(GATED),
    ),
    "a balance is guarded that should not be": (
        GUARDED,
        "gated_balance pool.charged/pool=1",
        insert(GATED).values(account_id=account("pool.charged/pool=1"), balance_fen=60_000),
    ),
    "a room is overdrawn": (
        FLOORS,
        "account line.accrued/line=1/pool=1",
        forged("line.accrued/line=1/pool=1", "line.available/line=1", 99_999_999),
    ),
    "a transfer has no journal": (TRANSFERS, "transfer 1", first(TRANSFER, journal_id=777)),
    "a transfer has no account": (TRANSFERS, "transfer 1", first(TRANSFER, debit_id=777)),
    "a journal has no act": (ACTS, "journal 1", first(JOURNAL, act="none")),
    "a journal is of an unknown kind": (DECLARED, "journal 1", first(JOURNAL, entry_kind="x.y")),
    "a pair was never declared": (
        DECLARED,
        "transfer 9999",
        forged("line.approved/line=1", "pool.charged/pool=1"),
    ),
    "an account's name lies": (ACCOUNTS, "account 1", first(ACCOUNT, line_id=2)),
    "money stands on an unknown kind": (
        ACCOUNTS,
        "account 1",
        first(ACCOUNT, kind="lottery.pot", key="lottery.pot/line=1"),
    ),
}


def test_the_books_of_a_county_that_nobody_broke_are_in_order(books):
    assert {name: found(name) for name in RUN if found(name)} == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(books, fault):
    name, where, statement = FAULTS[fault]
    tamper(statement)
    assert where in found(name)


def lock(month):
    """Lock an accounting period by an act of this moment."""
    act = Acting("period.set", None, "系统", object_type="accounting_period", object_id=month)
    db.session.add(AccountingPeriod(month=month, state="locked"))
    db.session.execute(insert(AuditEntry).values(entry(act, outcome=ACCEPTED, status=200)))
    db.session.flush()


def test_a_journal_that_entered_a_period_after_its_closing_is_found(books):
    lock("2026-08")
    late = {"id": 900, "entry_kind": "fake.delivered", "source": "late", "act": "late"}
    late |= {"business_date": date(2026, 8, 31), "posted_at": clock.now() + timedelta(hours=1)}
    tamper(insert(JOURNAL).values(late))
    assert found(PERIODS) == ["journal 900"]


def test_what_was_posted_before_its_period_was_closed_is_in_order(books):
    with clock.frozen(clock.now() + timedelta(days=10)):
        lock("2026-09")
    assert found(PERIODS) == []


@pytest.mark.parametrize(
    "trigger",
    ["account_append_only", "journal_append_only", "journal_open_period", "seal_append_only"],
)
def test_a_trigger_taken_away_is_found(books, trigger):
    take_away(trigger.split("_")[0], trigger)
    assert found(TRIGGERS) == [f"trigger {trigger}"]


def test_what_a_component_that_is_away_posted_is_no_fault(books):
    db.session.execute(text("CREATE TABLE alembic_version_lottery (version_num TEXT)"))
    pot = {"kind": "lottery.pot", "key": "lottery.pot/line=1"}
    tamper(first(JOURNAL, entry_kind="lottery.drawn"), first(ACCOUNT, **pot))
    tamper(insert(GATED).values(account_id=1, balance_fen=1))
    assert [found(name) for name in (DECLARED, ACCOUNTS, GUARDED)] == [[], [], []]
    db.session.execute(text("DROP TABLE alembic_version_lottery"))
    assert all(found(name) for name in (DECLARED, ACCOUNTS, GUARDED))
