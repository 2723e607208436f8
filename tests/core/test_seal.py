"""The seal: whatever is changed behind it is found and named, on both databases."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, func, insert, select, update

from core import clock, seal
from core.db import db
from core.seal import ACCOUNT, AUDIT_ENTRY, FIELDS, FORM, JOURNAL, SEAL, TRANSFER
from tests.core.tampering import newest, tamper


def seal_all(limit=1_000):
    while seal.seal_pending(limit):
        pass


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def number(table):
    """Return the number of a table's newest row."""
    return db.session.scalar(select(newest(table)))


def found():
    """Return the places the verification names."""
    return {finding.where for finding in seal.verify()}


def missing(known):
    return [finding.where for finding in seal.missing(known)]


def test_every_row_is_sealed_once_in_a_chain_without_gaps(books):
    rows = sum(count(table) for table in (ACCOUNT, JOURNAL, AUDIT_ENTRY))
    assert rows > 20
    assert count(SEAL) == seal.head().seq == rows
    assert seal.seal_pending() == seal.unsealed() == 0
    assert found() == set()


def test_what_is_not_sealed_yet_is_counted_apart(books):
    post_late(900)
    assert seal.unsealed() == 1
    assert found() == set()


def test_a_row_committed_late_under_a_lower_number_is_still_sealed(books):
    for late in (901, 900):
        post_late(late)
        assert seal.seal_pending() == 1
    assert found() == set()


def test_a_row_far_behind_the_newest_waits_for_a_thorough_look(books, monkeypatch):
    monkeypatch.setattr(seal, "RECENT", 10)
    for late in (950, 940, 939):
        post_late(late)
    post_late(960)
    assert seal.seal_pending(limit=100) == 4
    for late in (951, 949):
        post_late(late)
    assert (seal.seal_pending(), seal.seal_pending(thorough=True)) == (1, 1)
    assert seal.unsealed() == 0


def post_late(number):
    row = {"id": number, "entry_kind": "x", "source": f"late:{number}", "act": "late"}
    row |= {"business_date": clock.today(), "posted_at": clock.now()}
    db.session.execute(insert(JOURNAL).values(row))


def test_a_small_limit_seals_everything_in_the_end(books):
    tamper(delete(SEAL))
    seal_all(limit=2)
    assert seal.unsealed() == 0
    assert found() == set()


CHANGES = {
    "a note": (JOURNAL, {"note": "x"}),
    "a business date": (JOURNAL, {"business_date": date(2026, 8, 1)}),
    "an amount": (TRANSFER, {"amount_fen": 1}),
    "a name": (AUDIT_ENTRY, {"actor_name": "某人"}),
    "an answer": (AUDIT_ENTRY, {"answer": "{}"}),
    "an account's owner": (ACCOUNT, {"party_id": 1}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_was_changed_is_named(books, change):
    table, values = CHANGES[change]
    row = number(table)
    tamper(update(table).where(table.c.id == newest(table)).values(values))
    assert found() == {f"{table.name} {row}"}


@pytest.mark.parametrize("table", [JOURNAL, TRANSFER, AUDIT_ENTRY], ids=lambda table: table.name)
def test_a_row_that_was_removed_is_named(books, table):
    row = number(table)
    tamper(delete(table).where(table.c.id == newest(table)))
    assert found() == {f"{table.name} {row}"}


def test_a_journal_removed_with_its_transfers_is_named_with_them(books):
    journal = newest(JOURNAL)
    query = select(TRANSFER.c.id).where(TRANSFER.c.journal_id == journal)
    places = {f"transfer {row}" for row in db.session.scalars(query)}
    places.add(f"journal {number(JOURNAL)}")
    tamper(
        delete(TRANSFER).where(TRANSFER.c.journal_id == journal),
        delete(JOURNAL).where(JOURNAL.c.id == journal),
    )
    assert found() == places


def test_a_transfer_added_to_a_sealed_journal_is_named(books):
    added = {"id": 9999, "journal_id": 1, "debit_id": 1, "credit_id": 2, "amount_fen": 5}
    tamper(insert(TRANSFER).values(added))
    assert found() == {"transfer 9999"}


def test_a_transfer_moved_to_another_journal_is_named(books):
    row = number(TRANSFER)
    moved = update(TRANSFER).where(TRANSFER.c.id == newest(TRANSFER)).values(journal_id=1)
    tamper(moved)
    assert found() == {f"transfer {row}"}


def test_seals_that_changed_places_are_named(books):
    moves = ((3, -1), (4, 3), (-1, 4))
    tamper(*(update(SEAL).where(SEAL.c.seq == a).values(seq=b) for a, b in moves))
    assert {"seal 3", "seal 4"} <= found()


def test_a_seal_removed_from_the_middle_is_named(books):
    tamper(delete(SEAL).where(SEAL.c.seq == 5))
    assert found() == {"seal 5"}


@pytest.mark.parametrize("column", ["hash", "previous_hash", "prints", "subject", "form"])
def test_a_seal_that_was_itself_changed_is_named(books, column):
    forged = 9 if column == "form" else "forged"
    tamper(update(SEAL).where(SEAL.c.seq == 5).values({column: forged}))
    assert "seal 5" in found()


def test_a_cut_of_the_seals_leaves_rows_unsealed(books):
    rows = count(SEAL)
    tamper(delete(SEAL).where(SEAL.c.seq > 10))
    assert seal.unsealed() == rows - 10


def test_a_cut_of_rows_and_seals_is_found_by_a_head_kept_elsewhere(books):
    kept = seal.head()
    assert missing(kept) == []
    tamper(
        delete(SEAL).where(SEAL.c.seq == kept.seq),  # audit entries are sealed last
        delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.id == newest(AUDIT_ENTRY)),
    )
    assert found() == set()
    assert seal.unsealed() == 0
    assert missing(kept) == [f"seal {kept.seq}"]


def test_a_chain_written_anew_is_found_by_a_head_kept_elsewhere(books):
    kept = seal.head()
    changed = update(TRANSFER).where(TRANSFER.c.id == newest(TRANSFER)).values(amount_fen=1)
    tamper(changed, delete(SEAL))
    seal_all()
    assert found() == set()
    assert missing(kept) == [f"seal {kept.seq}"]


def test_the_beginning_is_a_head_of_every_chain(books):
    assert missing(seal.Head(0, seal.BEGINNING)) == []


@pytest.mark.parametrize("table", FIELDS[FORM], ids=lambda table: table.name)
def test_every_field_is_sealed(table):
    assert sorted(FIELDS[FORM][table].split()) == sorted(table.columns.keys())


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (1, "b15a270a2a6cb6dd9b9fc849e4d7d03b56c55e00de9ac5dcc438ca3cf5b8db87"),
        (2, "b0fd49804046244426d49e9535efc7849919b9fd13adf57c9e15fa3b27f6f82b"),
    ],
)
def test_a_form_never_changes(books, monkeypatch, form, expected):
    """The hash is of the day the form was fixed; another one would break every old seal."""
    monkeypatch.setattr(seal, "FORM", form)
    now = clock.instant("2026-09-25T10:00:00.000001")
    journal = {"id": 1, "entry_kind": "fake.delivered", "source": "statement:1", "act": "a" * 32}
    journal |= {"actor_id": 5, "business_date": date(2026, 9, 25), "posted_at": now}
    entry = {"id": 1, "act": "a" * 32, "at": now, "action": "x", "outcome": "accepted"}
    entry |= {"actor_name": "系统", "answer": '{"金额": 1}', "status": 200}
    account = {"id": 1, "key": "pool.charged/pool=8", "kind": "pool.charged", "pool_id": 8}
    transfer = {"id": 1, "journal_id": 1, "debit_id": 1, "credit_id": 2, "amount_fen": 3_000}
    tables = ("gated_balance", "seal", "transfer", "journal", "account", "audit_entry")
    tamper(
        *(delete(db.metadata.tables[name]) for name in tables),
        insert(ACCOUNT).values(account),
        insert(JOURNAL).values(journal | {"note": "金额“三十”元\n"}),
        insert(TRANSFER).values(transfer),
        insert(AUDIT_ENTRY).values(entry),
    )
    with clock.frozen(now):
        seal_all()
    assert seal.head() == seal.Head(3, expected)
