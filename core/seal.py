"""The seal (封存): a hash chain over the books and the audit trail, laid after they were committed.

Rows commit unsealed, so that the chain is no row that every act must lock. One sealer follows and
gives each account, each journal (with its transfers) and each audit entry the chain's next number.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.audit import AuditEntry
from core.db import Id, Instant, built_once, db, is_postgresql
from core.ledger import Account, Finding, Journal, Transfer

ACCOUNT, JOURNAL, TRANSFER, AUDIT_ENTRY = (
    db.metadata.tables[model.__tablename__] for model in (Account, Journal, Transfer, AuditEntry)
)
# Accounts too: a transfer names them by number, and what the number means must not change.
SUBJECTS = {"account": ACCOUNT, "journal": JOURNAL, "audit": AUDIT_ENTRY}
# What each form seals: every field, in this order. A form never changes. A new column makes a new
# form, and what was sealed under the old one is verified under the old one.
FORM = 2
_FIRST = {
    ACCOUNT: "id key kind line_id pool_id party_id",
    JOURNAL: "id entry_kind source act actor_id business_date posted_at reverses_id note",
    TRANSFER: "id journal_id debit_id credit_id amount_fen",
    AUDIT_ENTRY: "id act at action outcome code actor_id actor_name organisation_id device_id"
    " object_type object_id detail scope request_key fingerprint status answer",
}
FIELDS: dict[int, dict[Table, str]] = {
    1: _FIRST,
    2: _FIRST | {ACCOUNT: "id key kind line_id purchase_id pool_id party_id"},
}
BEGINNING = "0" * 64
PAGE = 2_000
RECENT = 100_000
PRINT_LENGTH = 8
MOMENT = "%Y-%m-%d %H:%M:%S.%f"
# Any number will do, as long as nobody else takes the same lock: "seal" in ASCII.
SEALER_LOCK = 0x7365616C

# The rows under one seal: the hash of each by its place (`transfer 93`).
Content = dict[str, str]
# Given the column that holds a subject's number, the condition that chooses some of them; what
# it compares with is given when it is asked.
Which = Callable[[ColumnElement[int]], ColumnElement[bool]]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Seal(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One link of the chain: the seal of an account, journal or audit entry. Append-only, gapless.

    `hash` covers every field of what is sealed and the other fields of this row. `prints` keeps
    the first digits of each single row's hash, so that a broken seal can name the row.
    """

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("subject", "subject_id"),)
    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(Id)
    form: Mapped[int]
    prints: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(Instant)


SEAL = db.metadata.tables[Seal.__tablename__]


@dataclass(frozen=True)
class Head:
    """The end of the chain: whoever wrote it down elsewhere can tell whether the end was cut."""

    seq: int
    hash: str


class Unhashed(NamedTuple):
    """A seal's own fields that its hash covers, the time in UTC as text."""

    seq: int
    subject: str
    subject_id: int
    form: int
    prints: str
    previous_hash: str
    sealed_at: str


def seal_pending(limit: int = 1_000, *, thorough: bool = False) -> int:
    """Seal up to `limit` rows of each subject, and return how many were sealed.

    Takes what has no seal, never only "what came after the last": a number may be given out long
    before its row is committed. Looks among the newest 100,000 numbers, so that it may run every
    few seconds for years; `thorough` looks everywhere (daily, and before an audit). Runs inside
    the caller's transaction and lets no other sealer in until that ends.
    """
    if is_postgresql():
        # SQLite has one writer anyway.
        db.session.execute(select(func.pg_advisory_xact_lock(SEALER_LOCK)))
    last, now = head(), clock.now()
    moment = f"{now.astimezone(UTC):{MOMENT}}"
    links: list[dict[str, Any]] = []
    for subject, table in SUBJECTS.items():
        since = 0 if thorough else _newest_sealed(subject) - RECENT
        query = _unsealed(subject).order_by(table.c.id).limit(limit)
        waiting = db.session.scalars(query, {"since": since}).all()
        contents = _contents(subject, FORM, _numbered, {"numbers": waiting})
        for number in waiting:
            content = contents[number]
            seal = Unhashed(
                last.seq + 1, subject, number, FORM, _prints(content), last.hash, moment
            )
            last = Head(seal.seq, _seal_hash(seal, content))
            links.append({**seal._asdict(), "hash": last.hash, "sealed_at": now})
    if links:
        db.session.execute(insert(SEAL), links)
    return len(links)


def unsealed() -> int:
    """Return how many accounts, journals and audit entries have no seal yet."""
    counts = (_unsealed(subject).with_only_columns(func.count()) for subject in SUBJECTS)
    return sum(db.session.scalars(count, {"since": 0}).one() for count in counts)


def head() -> Head:
    """Return the end of the chain as it stands."""
    newest = select(SEAL.c.seq, SEAL.c.hash).order_by(SEAL.c.seq.desc()).limit(1)
    last = db.session.execute(newest).first()
    return Head(last.seq, last.hash) if last else Head(0, BEGINNING)


def verify() -> list[Finding]:
    """Recompute the chain and return what does not agree with it, naming the rows.

    Reads page by page. That the newest rows were removed together with their seals, only
    `missing` can tell.
    """
    findings: list[Finding] = []
    last = Head(0, BEGINNING)
    for page in _pages():
        contents = {
            (subject, form): _contents_of(page, subject, form)
            for subject in SUBJECTS
            for form in FIELDS
        }
        for *fields, stored_hash in page:
            seal = Unhashed(*fields)
            content = contents.get((seal.subject, seal.form), {}).get(seal.subject_id, {})
            findings += _broken_chain(last, seal)
            if stored_hash != _seal_hash(seal, content):
                findings += _broken_content(seal, content, stored_hash)
            last = Head(seal.seq, stored_hash)
    return findings


def missing(known: Head) -> list[Finding]:
    """Tell whether a head that somebody wrote down, outside this database, has left the chain."""
    stands = select(SEAL.c.hash).where(SEAL.c.seq == known.seq)
    found = db.session.scalar(stands) if known.seq else BEGINNING
    if found == known.hash:
        return []
    end = f"封存链到 {head().seq} 号为止" if found is None else f"散列 {found}"
    return [Finding(f"seal {known.seq}", f"散列 {known.hash}", end)]


# --- reading -----------------------------------------------------------------------------------


@built_once
def _unsealed(subject: str) -> Select[Any]:
    """Select the numbers above `since` of a subject's rows that have no seal."""
    table, since = SUBJECTS[subject], bindparam("since", type_=Id)
    seals = and_(
        SEAL.c.subject == subject, SEAL.c.subject_id > since, SEAL.c.subject_id == table.c.id
    )
    return select(table.c.id).outerjoin(SEAL, seals).where(table.c.id > since, SEAL.c.seq.is_(None))


def _newest_sealed(subject: str) -> int:
    newest = select(func.max(SEAL.c.subject_id)).where(SEAL.c.subject == subject)
    return db.session.scalar(newest) or 0


def _pages() -> Iterator[Sequence[Any]]:
    """Yield the chain page by page; each row is the fields of `Unhashed`, then the hash."""
    last = 0
    while page := db.session.connection().execute(_chain(), {"last": last}).all():
        yield page
        last = page[-1].seq


@built_once
def _chain() -> Select[Any]:
    fields = [_plain(SEAL.c[name]).label(name) for name in (*Unhashed._fields, "hash")]
    return select(*fields).where(SEAL.c.seq > bindparam("last")).order_by(SEAL.c.seq).limit(PAGE)


def _numbered(key: ColumnElement[int]) -> ColumnElement[bool]:
    return key.in_(bindparam("numbers", expanding=True))


def _sealed(key: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(
        SEAL.c.seq.between(bindparam("first"), bindparam("last")),
        SEAL.c.subject == bindparam("subject"),
        SEAL.c.form == bindparam("form"),
        SEAL.c.subject_id == key,
    )


def _contents(subject: str, form: int, which: Which, values: dict[str, Any]) -> dict[int, Content]:
    """Return what a form seals of some rows of a subject, by their number."""
    contents: dict[int, Content] = defaultdict(dict)
    table = SUBJECTS[subject]
    # Past the session, whose ways with rows would take a third of the time.
    connection = db.session.connection()
    for row in connection.execute(_rows(table.c.id, FIELDS[form][table], which), values):
        contents[row[0]][f"{table.name} {row[0]}"] = _row_hash(row)
    if table is JOURNAL:
        own = _rows(TRANSFER.c.journal_id, FIELDS[form][TRANSFER], which)
        for row in connection.execute(own, values):
            contents[row[1]][f"transfer {row[0]}"] = _row_hash(row)
    return contents


def _contents_of(page: Sequence[Any], subject: str, form: int) -> dict[int, Content]:
    """Return what a form seals now of the rows of a subject that a page of the chain names."""
    values = {"first": page[0].seq, "last": page[-1].seq, "subject": subject, "form": form}
    return _contents(subject, form, _sealed, values)


@built_once
def _rows(key: Column[Any], fields: str, which: Which) -> Select[Any]:
    """Select fields of the rows whose key is one of those wanted."""
    table = key.table
    columns = [_plain(table.c[name]) for name in fields.split()]
    return select(*columns).where(which(key)).order_by(table.c.id)


def _plain(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column as the text or number that is sealed, the same on both engines."""
    if isinstance(column.type, Instant) and is_postgresql():
        return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")
    if isinstance(column.type, Date) and is_postgresql():
        return func.to_char(column, "YYYY-MM-DD")
    if isinstance(column.type, Instant | Date):
        return cast(column, Text)
    return column


# --- hashing -----------------------------------------------------------------------------------


def _row_hash(row: Sequence[Any]) -> str:
    return hashlib.sha256(_encode(tuple(row)).encode()).hexdigest()


def _seal_hash(seal: Unhashed, content: Content) -> str:
    return hashlib.sha256(_encode((*seal, *content.items())).encode()).hexdigest()


def _prints(content: Content) -> str:
    return " ".join(f"{place.split()[1]}:{one[:PRINT_LENGTH]}" for place, one in content.items())


# --- findings ----------------------------------------------------------------------------------


def _broken_chain(last: Head, seal: Unhashed) -> list[Finding]:
    if seal.seq != last.seq + 1:
        gone = f"seal {last.seq + 1}"
        return [Finding(gone, "在封存链中", f"已删除，其后是 {seal.seq} 号")]
    if seal.previous_hash != last.hash:
        where = f"seal {last.seq}"
        return [Finding(where, f"散列 {seal.previous_hash}（后一号所记）", f"散列 {last.hash}")]
    return []


def _broken_content(seal: Unhashed, content: Content, stored_hash: str) -> list[Finding]:
    """Name what does not agree with a hash: the rows whose print differs, else the seal."""
    if seal.subject not in SUBJECTS or seal.form not in FIELDS:
        return [Finding(f"seal {seal.seq}", "已知的对象与格式", f"{seal.subject}, {seal.form}")]
    if content and _seal_hash(seal._replace(prints=_prints(content)), content) == stored_hash:
        return [Finding(f"seal {seal.seq}", _prints(content), seal.prints)]
    first, *others = (part.partition(":") for part in seal.prints.split(" "))
    sealed = {f"{SUBJECTS[seal.subject].name} {first[0]}": first[2]}
    sealed |= {f"transfer {number}": one for number, _colon, one in others}
    found = {place: one[:PRINT_LENGTH] for place, one in content.items()}
    findings = []
    for place in [*sealed, *(place for place in found if place not in sealed)]:
        if place not in found:
            findings.append(Finding(place, "与封存时一致", f"已删除（封存 {seal.seq} 号）"))
        elif place not in sealed:
            findings.append(Finding(place, "与封存时一致", f"封存之后加入（封存 {seal.seq} 号）"))
        elif sealed[place] != found[place]:
            findings.append(Finding(place, "与封存时一致", f"已改动（封存 {seal.seq} 号）"))
    return findings or [Finding(f"seal {seal.seq}", "与其散列一致", "封存记录本身已改动")]
