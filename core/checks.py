"""What must hold in the core's books at every moment, recomputed from the transfers."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from core import schema, seal
from core.audit import ACCEPTED, AuditEntry
from core.budget import ACCOUNT_KINDS, PoolShare, cascade
from core.db import built_once, db
from core.fiscal import PoolCarry
from core.formats import yuan
from core.ledger import (
    DEBIT,
    Account,
    AccountingPeriod,
    Check,
    Finding,
    GatedBalance,
    Journal,
    Owner,
    PendingIncrease,
    Transfer,
)
from core.plugins import registry

ENCUMBERED, ACCRUED, DISBURSED = "line.encumbered", "line.accrued", "line.disbursed"
LIVE = ("pool.uncharged", "pool.charged")
HOLDING = (ENCUMBERED, ACCRUED, DISBURSED, *LIVE)
APPEND_ONLY = (
    "account",
    "audit_entry",
    "journal",
    "organisation_kind",
    "seal",
    "status_log",
    "transfer",
)
# The same of fiscal years: which lines are closed, and which pools went on to the next year's.
FOR_GOOD = ("closed_line", "pool_carry")
# A broken book is broken after a hundred findings too, and a person has to read them.
ENOUGH = 100
# An act that began before the period was locked may end after it.
UNDER_WAY = timedelta(minutes=5)


def check_lines() -> list[Finding]:
    """Find lines whose approved money is not the sum of their rooms."""
    return _wholes_and_parts("line", "line.approved", "budget_line")


def check_pools() -> list[Finding]:
    """Find pools whose commitment is not the sum of uncharged, charged and released."""
    return _wholes_and_parts("pool", "pool.committed", "pool")


def check_cascades() -> list[Finding]:
    """Find pools whose money does not stand on their lines as their cascade says, to the fen."""
    held: dict[int, dict[tuple[int | None, str], int]] = defaultdict(lambda: defaultdict(int))
    for pool, line, kind, fen in db.session.execute(_held_by_pools()):
        held[pool][line, kind] += int(fen)
    shares: dict[int, list[PoolShare]] = defaultdict(list)
    for share in db.session.scalars(
        select(PoolShare).order_by(PoolShare.pool_id, PoolShare.position)
    ):
        shares[share.pool_id].append(share)
    carried: dict[int, list[PoolCarry]] = defaultdict(list)
    for step in db.session.scalars(select(PoolCarry).order_by(PoolCarry.id)):
        carried[step.pool_id].append(step)
    return [
        finding
        for pool in sorted(held)
        for finding in _cascade_findings(pool, held[pool], shares[pool], carried[pool])
    ]


def check_gated() -> list[Finding]:
    """Find guarded balances (row and pending increases) that are not the sum of transfers.

    Those of components that are away cannot be judged: nobody says which side theirs grow on.
    """
    gated = tuple(kind.code for kind in registry().account_kinds.values() if kind.gated)
    rows = db.session.execute(_misguarded(gated, _debit_kinds(), tuple(sorted(schema.away()))))
    return [
        Finding(
            f"gated_balance {key}", yuan(int(derived)), "缺失" if row is None else yuan(int(row))
        )
        for key, derived, row in rows
    ]


def check_floors() -> list[Finding]:
    """Find rooms of lines and parts of pools that are below zero."""
    rows = db.session.execute(_below_zero(_debit_kinds()))
    return [Finding(f"account {key}", "不小于 0", yuan(int(fen))) for key, fen in rows]


def check_transfers() -> list[Finding]:
    """Find transfers without journal or account, of nothing, or onto themselves."""
    rows = db.session.execute(_loose_transfers())
    return [
        Finding(
            f"transfer {number}",
            "有凭证、借贷两个不同科目、金额为正",
            f"凭证 {journal or '缺失'}，借 {into or '缺失'}，贷 {out or '缺失'},{yuan(fen)}",
        )
        for number, journal, into, out, fen in rows
    ]


def check_journals() -> list[Finding]:
    """Find journals that no accepted act of the audit trail stands behind."""
    rows = db.session.scalars(
        select(Journal.id)
        .outerjoin(AuditEntry, (AuditEntry.act == Journal.act) & (AuditEntry.outcome == ACCEPTED))
        .where(AuditEntry.id.is_(None))
        .order_by(Journal.id)
        .limit(ENOUGH)
    )
    return [Finding(f"journal {number}", "有审计留痕", "没有对应的业务操作") for number in rows]


def check_entry_kinds() -> list[Finding]:
    """Find journals of kinds, or posting between account kinds, that no component declares.

    The kinds of components that are away begin with their names; `flask audit` names those.
    """
    declared, away = registry().entry_kinds, schema.away()
    kinds, pairs = _kinds_and_pairs()
    findings = [
        Finding(f"journal {number}", "已声明的凭证类型", f"{kind}，共 {rows} 张")
        for kind, number, rows in db.session.execute(kinds)
        if kind not in declared and _component(kind) not in away
    ]
    return findings + [
        Finding(f"transfer {number}", f"{kind} 的分录", f"{into} / {out}，共 {rows} 笔")
        for kind, into, out, number, rows in db.session.execute(pairs)
        if kind in declared and (into, out) not in declared[kind].pairs
    ]


def check_accounts() -> list[Finding]:
    """Find accounts whose name does not say their owners, and money on undeclared kinds."""
    declared, away = registry().account_kinds, schema.away()
    findings = []
    for number, key, kind, *owners, fen in db.session.execute(_accounts()):
        name = Owner(kind, *owners).key
        if key != name:
            findings.append(Finding(f"account {number}", name, key))
        if kind not in declared and _component(kind) not in away and fen:
            found = f"{kind} 余额 {yuan(abs(int(fen)))}"
            findings.append(Finding(f"account {number}", "科目由已启用的组件声明", found))
    return findings[:ENOUGH]


def check_periods() -> list[Finding]:
    """Find journals that entered an accounting period after it was locked or closed."""
    closed = db.session.execute(
        select(AccountingPeriod.month, func.max(AuditEntry.at))
        .join(AuditEntry, AuditEntry.object_id == AccountingPeriod.month)
        .where(AccountingPeriod.state != "open", AuditEntry.outcome == ACCEPTED)
        .where(AuditEntry.object_type == "accounting_period")
        .group_by(AccountingPeriod.month)
    )
    month_posted = func.substr(cast(Journal.business_date, Text), 1, 7)
    late = [
        and_(month_posted == month, Journal.posted_at > moment + UNDER_WAY)
        for month, moment in closed
    ]
    rows = db.session.execute(
        select(Journal.id, month_posted, Journal.posted_at)
        .where(or_(false(), *late))
        .order_by(Journal.id)
        .limit(ENOUGH)
    )
    return [
        Finding(
            f"journal {number}", f"会计期间 {month} 已不记账", f"记账于 {posted:%Y-%m-%d %H:%M}"
        )
        for number, month, posted in rows
    ]


def check_guards() -> list[Finding]:
    """Find triggers that should make history unchangeable and are not there or not in force."""
    tables = (schema.append_only_triggers(table).values() for table in (*APPEND_ONLY, *FOR_GOOD))
    needed = {trigger for table in tables for trigger in table}
    needed |= {schema.OPEN_PERIOD, schema.OPEN_LINE}
    missing = sorted(needed - schema.standing_triggers())
    return [Finding(f"trigger {name}", "在库且始终启用", "缺失或已停用") for name in missing]


CHECKS = [
    Check("指标批复等于各室之和", check_lines),
    Check("额度池承诺等于未用、已用、释放之和", check_pools),
    Check("额度池的钱按分摊在各指标上", check_cascades),
    Check("受控余额等于分录之和", check_gated),
    Check("指标与额度池不为负", check_floors),
    Check("每笔分录有凭证和科目", check_transfers),
    Check("每张凭证有业务操作", check_journals),
    Check("凭证类型与借贷科目已声明", check_entry_kinds),
    Check("科目名实相符且已声明", check_accounts),
    Check("结账后无新增凭证", check_periods),
    Check("只增不改的触发器在位", check_guards),
    Check("封存链完整", seal.verify),
]


def _component(kind: str) -> str:
    """Return whose an entry kind or account kind is, if it is a plugin's."""
    return kind.partition(".")[0]


def _net() -> Subquery:
    """Return every account with its owners and its debits less its credits, in fen."""
    debited, credited = (
        select(column.label("account_id"), func.sum(Transfer.amount_fen).label("fen"))
        .group_by(column)
        .subquery()
        for column in (Transfer.debit_id, Transfer.credit_id)
    )
    fen = func.coalesce(debited.c.fen, 0) - func.coalesce(credited.c.fen, 0)
    return (
        select(
            Account.id,
            Account.key,
            Account.kind,
            Account.line_id,
            Account.purchase_id,
            Account.pool_id,
            Account.party_id,
            cast(fen, BigInteger).label("fen"),
        )
        .outerjoin(debited, debited.c.account_id == Account.id)
        .outerjoin(credited, credited.c.account_id == Account.id)
        .subquery()
    )


def _debit_kinds() -> tuple[str, ...]:
    """Return the kinds of the accounts that grow by debits."""
    return tuple(kind.code for kind in registry().account_kinds.values() if kind.side == DEBIT)


def _balance(net: Subquery, debit_kinds: tuple[str, ...]) -> ColumnElement[int]:
    """Return what accounts hold on the side on which they grow."""
    return case((net.c.kind.in_(debit_kinds), 1), else_=-1) * net.c.fen


@built_once
def _accounts() -> Select[Any]:
    net = _net()
    return select(*net.c).order_by(net.c.id)


@built_once
def _held_by_pools() -> Select[Any]:
    net = _net()
    return (
        select(net.c.pool_id, net.c.line_id, net.c.kind, func.sum(-net.c.fen))
        .where(net.c.pool_id.is_not(None), net.c.kind.in_(HOLDING))
        .group_by(net.c.pool_id, net.c.line_id, net.c.kind)
    )


@built_once
def _misguarded(
    gated: tuple[str, ...], debit_kinds: tuple[str, ...], away: tuple[str, ...]
) -> Select[Any]:
    net = _net()
    pending = (
        select(PendingIncrease.account_id, func.sum(PendingIncrease.amount_fen).label("fen"))
        .group_by(PendingIncrease.account_id)
        .subquery()
    )
    guarded = GatedBalance.balance_fen + func.coalesce(pending.c.fen, 0)
    balance = _balance(net, debit_kinds)
    return (
        select(net.c.key, balance, guarded)
        .outerjoin(GatedBalance, GatedBalance.account_id == net.c.id)
        .outerjoin(pending, pending.c.account_id == net.c.id)
        .where(or_(net.c.kind.in_(gated), GatedBalance.account_id.is_not(None)))
        .where(*(~net.c.kind.startswith(f"{one}.", autoescape=True) for one in away))
        .where(or_(guarded.is_(None), guarded != balance, net.c.kind.not_in(gated)))
        .order_by(net.c.id)
        .limit(ENOUGH)
    )


@built_once
def _below_zero(debit_kinds: tuple[str, ...]) -> Select[Any]:
    net = _net()
    balance = _balance(net, debit_kinds)
    kinds = [kind.code for kind in ACCOUNT_KINDS]
    return (
        select(net.c.key, balance)
        .where(net.c.kind.in_(kinds), balance < 0)
        .order_by(net.c.id)
        .limit(ENOUGH)
    )


@built_once
def _loose_transfers() -> Select[int, int, int, int, int]:
    debit, credit = aliased(Account), aliased(Account)
    return (
        select(Transfer.id, Journal.id, debit.id, credit.id, Transfer.amount_fen)
        .outerjoin(Journal, Journal.id == Transfer.journal_id)
        .outerjoin(debit, debit.id == Transfer.debit_id)
        .outerjoin(credit, credit.id == Transfer.credit_id)
        .where(
            or_(
                Journal.id.is_(None),
                debit.id.is_(None),
                credit.id.is_(None),
                Transfer.amount_fen <= 0,
                Transfer.debit_id == Transfer.credit_id,
            )
        )
        .order_by(Transfer.id)
        .limit(ENOUGH)
    )


@built_once
def _kinds_and_pairs() -> tuple[Select[str, int, int], Select[str, str, str, int, int]]:
    first, count = func.min(Journal.id), func.count()
    debit, credit = aliased(Account), aliased(Account)
    return (
        select(Journal.entry_kind, first, count).group_by(Journal.entry_kind),
        select(Journal.entry_kind, debit.kind, credit.kind, func.min(Transfer.id), count)
        .join(Transfer, Transfer.journal_id == Journal.id)
        .join(debit, debit.id == Transfer.debit_id)
        .join(credit, credit.id == Transfer.credit_id)
        .group_by(Journal.entry_kind, debit.kind, credit.kind),
    )


def _wholes_and_parts(book: str, whole: str, owner: str) -> list[Finding]:
    return [
        Finding(f"{owner} {number}", yuan(int(fen)), yuan(int(found)))
        for number, fen, found in db.session.execute(_unequal(book, whole))
    ]


@built_once
def _unequal(book: str, whole: str) -> Select[Any]:
    net = _net()
    key = net.c[f"{book}_id"]
    parts = [kind.code for kind in ACCOUNT_KINDS if kind.book == book and kind.code != whole]
    total = func.sum(case((net.c.kind == whole, net.c.fen), else_=0))
    summed = func.sum(case((net.c.kind.in_(parts), -net.c.fen), else_=0))
    return (
        select(key, total, summed)
        .where(key.is_not(None))
        .group_by(key)
        .having(total != summed)
        .order_by(key)
        .limit(ENOUGH)
    )


def _cascade_findings(
    pool: int,
    held: dict[tuple[int | None, str], int],
    shares: list[PoolShare],
    carried: list[PoolCarry],
) -> list[Finding]:
    """Compare what a pool holds of each line, room by room, with the cascades of its totals.

    What was paid before a carry-over stays with the line that paid it, step by step.
    """
    paid = sum(fen for (_line, kind), fen in held.items() if kind == DISBURSED)
    accrued = paid + sum(fen for (_line, kind), fen in held.items() if kind == ACCRUED)
    live = sum(fen for (_line, kind), fen in held.items() if kind in LIVE)
    ppm = [share.share_ppm for share in shares]
    expected: dict[tuple[int | None, str], int] = defaultdict(int)
    before: dict[int, int] = defaultdict(int)
    for step in carried:
        expected[step.from_line_id, DISBURSED] += step.paid_fen
        before[step.position] += step.paid_fen
    cascades = (cascade(total, ppm) for total in (live, accrued, paid))
    for share, one, two, three in zip(shares, *cascades, strict=bool(shares)):
        expected[share.line_id, ENCUMBERED] += one - two
        expected[share.line_id, ACCRUED] += two - three
        expected[share.line_id, DISBURSED] += three - before[share.position]
    found = {place: fen for place, fen in held.items() if place[1] not in LIVE}
    return [
        Finding(
            f"pool {pool}, budget_line {line}, {kind}",
            yuan(expected.get((line, kind), 0)),
            yuan(found.get((line, kind), 0)),
        )
        for line, kind in sorted(expected.keys() | found.keys(), key=str)
        if expected.get((line, kind), 0) != found.get((line, kind), 0)
    ]
