"""Taking on the books (期初建账) of a county that starts in the middle of a year.

One file names its lines with what was paid so far, its outstanding commitments, what is owed, and
the old trial balance. It is reconciled account by account before anybody may propose it, approved
by a second person, and posted as one opening journal: first of all on its lines, and once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import (
    PPM,
    RELEASE_PAIRS,
    BudgetLine,
    Pool,
    PoolShare,
    lock_pool,
    pool_totals,
    release_moves,
)
from core.db import db
from core.divisions import Division, within
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.fiscal import refuse_closed_year
from core.formats import yuan, yuan_text
from core.ledger import EntryKind, Move, Owner, post
from core.plugins import registry
from core.settlement import Claim
from core.settlement.books import EXPENSE, OPENED, PAYABLE, TREASURY, owed
from core.settlement.service import own_division
from core.uploads import decode
from core.years import behind
from core.years.models import APPROVED, DECLINED, PROPOSED, OpeningPayable, Takeon
from core.years.opening import Row, organisation_of, read, reconcile, rooms_of

TAKEON = "takeon"
RELEASED = "takeon.released"
_APPROVED_LINE, _AVAILABLE = "line.approved", "line.available"
NAMED = 5  # accounts named in one refusal
PAGE = 50

ENTRY_KINDS = [
    EntryKind(
        OPENED,
        "期初建账",
        (
            (_APPROVED_LINE, _AVAILABLE),
            (_AVAILABLE, "line.encumbered"),
            (_AVAILABLE, "line.accrued"),
            (_AVAILABLE, "line.disbursed"),
            ("pool.committed", "pool.uncharged"),
            ("pool.committed", "pool.charged"),
            (EXPENSE, PAYABLE),
            (EXPENSE, TREASURY),
        ),
        "会计法第十五条",
    ),
    EntryKind(RELEASED, "期初承诺释放", RELEASE_PAIRS, "预算法第十三条"),
]


def check(actor: Actor, *, filename: str, content: str) -> dict[str, Any]:
    """Read a file and reconcile it to the old trial balance; keeps and posts nothing.

    Of vouchers it tells the counts and sums of each programme, and every row that is wrong.
    """
    plain = read(filename, content)
    told = _examined(actor, plain, "takeon.propose")
    return {
        "reconciled": not _wrong(told.rows) and not told.faults,
        "rows": [row.said() for row in told.rows],
        "programmes": told.said(),
        "faults": [fault.said() for fault in told.faults[: behind.TOLD]],
    }


def propose(actor: Actor, *, filename: str, content: str) -> dict[str, Any]:
    """Propose a file as opening balances; the same file again is the same proposal.

    Refuses TAKEON_NOT_RECONCILED with the difference of each account, TAKEON_TOO_LATE when one of
    its lines is known already, TAKEON_ROWS_REFUSED with the vouchers that cannot be taken on,
    INVALID_INPUT for what cannot be read.
    """
    plain = read(filename, content)
    division_code = own_division(actor, "takeon.propose")
    told = _examined(actor, plain, "takeon.propose")
    behind.refuse_faults(told.faults)
    _refuse_different(told.rows)
    digest = hashlib.sha256(decode(content)).hexdigest()
    found: Takeon | None = db.session.scalar(
        db.select(Takeon).filter_by(sha256=digest, division_code=division_code)
    )
    if found is None:
        _refuse_known(plain)
        _refuse_strangers(plain, division_code)
        found = Takeon(
            sha256=digest,
            division_code=division_code,
            as_of=date.fromisoformat(plain["as_of"]),
            document=plain["document"],
            content=plain,
            state=PROPOSED,
            proposed_by=actor.user_id,
            proposed_at=clock.now(),
        )
        db.session.add(found)
        db.session.flush()
        states.begin(TAKEON, found)
    audit.about(TAKEON, found.id, digest)
    return _said(found) | {"rows": [row.said() for row in told.rows], "programmes": told.said()}


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Open the books as another person proposed: lines, pools, what is owed, in one journal.

    Vouchers are checked again and taken on, all or none, behind the journal that opened their
    pools. Refuses FOUR_EYES_REQUIRED, STATE_CHANGED, TAKEON_TOO_LATE, BUDGET_INSUFFICIENT when a
    line was used beyond its approval, YEAR_CLOSED, TAKEON_ROWS_REFUSED, TAKEON_NOT_RECONCILED.
    """
    found = fetch(Takeon, id, actor, "takeon.approve")
    four_eyes(actor, found.proposed_by, what=_("期初建账"))
    _refuse_decided(found)
    content = found.content
    told = None
    if content.get("vouchers"):
        told = behind.examine(actor, content, "takeon.approve", locking=True)
        behind.refuse_faults(told.faults)
        _refuse_different(told.rows)
    _refuse_known(content)
    states.change(
        TAKEON,
        found,
        to=APPROVED,
        allowed={PROPOSED},
        approved_by=actor.user_id,
        approved_at=clock.now(),
    )
    found.journal_id = behind.take_on(told) if told else _post(found)
    db.session.flush()
    audit.about(TAKEON, found.id, found.document)
    return _said(found)


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a proposed file back; nothing was posted. A corrected file is another one."""
    found = fetch(Takeon, id, actor, "takeon.approve")
    _refuse_decided(found)
    states.change(TAKEON, found, to=DECLINED, allowed={PROPOSED})
    audit.about(TAKEON, found.id, reason)
    return _said(found)


def release(actor: Actor, *, pool_id: int, amount_fen: int, reason: str) -> dict[str, Any]:
    """Give uncharged money of a pool that was taken on back to its lines.

    Refuses AMOUNT_EXCEEDS_BALANCE, NOT_FOUND for a pool that a component opened or took over,
    TAKEON_HOLDERS_MISSING for a part of what vouchers hold.
    """
    fetch(Pool, pool_id, actor, "takeon.release")
    pool = lock_pool(pool_id)
    if pool.component != TAKEON:
        raise NotFound("NOT_FOUND", _("这个额度池不是期初建账的，请在它自己的业务里办理释放。"))
    left = pool_totals(pool.id)["uncharged"]
    if amount_fen > left:
        raise RuleBroken(
            "AMOUNT_EXCEEDS_BALANCE",
            _(
                "释放 %(amount)s 超过额度池未用的 %(left)s。请减少金额。",
                amount=yuan_text(amount_fen),
                left=yuan_text(left),
            ),
            amount_fen=amount_fen,
            open_fen=left,
        )
    behind.refuse_partly(pool, amount_fen, left)
    source = f"takeon.release:{audit.current().act}"
    journal_id = post(RELEASED, source, release_moves(pool, amount_fen), note=reason)
    _close_if_done(pool)
    audit.about("pool", pool.id, reason)
    return {"id": pool.id, "uncharged_fen": left - amount_fen, "journal_id": journal_id}


def listed(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return the files of opening balances, newest first."""
    query = scoped(Takeon, actor, "year.view").order_by(Takeon.id.desc())
    if before is not None:
        query = query.where(Takeon.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    return {
        "items": [_said(row) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def claims() -> list[Claim]:
    """Return what was owed when the books were taken on and is not paid, in order of numbers."""
    query = db.select(OpeningPayable).order_by(OpeningPayable.id)
    return [
        Claim(
            TAKEON,
            f"payable:{row.id}",
            row.party_id,
            row.pool_id,
            row.amount_fen,
            row.title,
            {"takeon_id": row.takeon_id},
        )
        for row in db.session.scalars(query)
    ]


def on_claim_settled(claim: Claim) -> None:
    """Hear that something owed before was paid: its pool may be done with."""
    _close_if_done(lock_pool(claim.pool_id))


# --- opening -----------------------------------------------------------------------------------


def _post(found: Takeon) -> int:
    """Post the one opening journal: lines, pools, what is owed."""
    content = found.content
    lines = {line["code"]: _line(line) for line in content["lines"]}
    moves = [
        move for line in content["lines"] for move in _line_moves(found, line, lines[line["code"]])
    ]
    moves += [move for pool in content["pools"] for move in _pool_moves(found, pool, lines)]
    return post(OPENED, f"takeon:{found.id}", moves, note=found.document)


def _line(line: Mapping[str, Any]) -> BudgetLine:
    organisation = organisation_of(line["organisation"])
    refuse_closed_year(line["fiscal_year"], organisation.division_code)
    made = BudgetLine(
        code=line["code"],
        name=line["name"],
        fiscal_year=line["fiscal_year"],
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        function_code=line["function_code"],
        economic_code=line["economic_code"],
        document=line["document"],
    )
    db.session.add(made)
    db.session.flush()
    return made


def _line_moves(found: Takeon, line: Mapping[str, Any], made: BudgetLine) -> list[Move]:
    """Return a line's approval, and what was paid of it before, in a pool that is done with."""
    available = Owner(_AVAILABLE, line_id=made.id)
    moves = [Move(Owner(_APPROVED_LINE, line_id=made.id), available, line["approved_fen"])]
    paid = line["disbursed_fen"]
    if not paid:
        return moves
    name = f"期初已付 {made.code}"
    pool = _open(
        f"{found.id}/paid/{made.code}",
        name,
        made,
        [PoolShare(position=0, line_id=made.id, share_ppm=PPM)],
    )
    pool.closed_on = clock.today()
    disbursed = Owner("line.disbursed", line_id=made.id, pool_id=pool.id)
    return [
        *moves,
        Move(available, disbursed, paid),
        Move(_of("pool.committed", pool), _of("pool.charged", pool), paid),
        Move(_of(EXPENSE, pool), _of(TREASURY, pool), paid),
    ]


def _pool_moves(
    found: Takeon, entry: Mapping[str, Any], lines: Mapping[str, BudgetLine]
) -> list[Move]:
    """Return an outstanding commitment: its rooms on each line, and what is owed of it."""
    shares = [
        PoolShare(position=place, line_id=lines[one["code"]].id, share_ppm=one["share_ppm"])
        for place, one in enumerate(entry["lines"])
    ]
    first = lines[entry["lines"][0]["code"]]
    pool = _open(f"{found.id}/{entry['number']}", entry["name"], first, shares)
    moves = []
    for code, (encumbered, accrued) in rooms_of(entry).items():
        line_id = lines[code].id
        available = Owner(_AVAILABLE, line_id=line_id)
        owners = {"line_id": line_id, "pool_id": pool.id}
        moves += [
            Move(available, Owner("line.encumbered", **owners), encumbered),
            Move(available, Owner("line.accrued", **owners), accrued),
        ]
    committed = _of("pool.committed", pool)
    moves.append(Move(committed, _of("pool.uncharged", pool), entry["encumbered_fen"]))
    for one in entry["payables"]:
        party = organisation_of(one["party"])
        payable = owed(PAYABLE, pool_id=pool.id, party_id=party.id)
        moves += [
            Move(committed, _of("pool.charged", pool), one["amount_fen"]),
            Move(_of(EXPENSE, pool), payable, one["amount_fen"]),
        ]
        db.session.add(
            OpeningPayable(
                takeon_id=found.id,
                pool_id=pool.id,
                party_id=party.id,
                amount_fen=one["amount_fen"],
                title=one["title"],
            )
        )
    return moves


def _open(source: str, name: str, line: BudgetLine, shares: list[PoolShare]) -> Pool:
    pool = Pool(
        component=TAKEON,
        source=source,
        name=name,
        organisation_id=line.organisation_id,
        division_code=line.division_code,
        opened_on=clock.today(),
        shares=shares,
    )
    db.session.add(pool)
    db.session.flush()
    return pool


def _of(kind: str, pool: Pool) -> Owner:
    return Owner(kind, pool_id=pool.id)


def _close_if_done(pool: Pool) -> None:
    totals = pool_totals(pool.id)
    if pool.closed_on is None and not totals["uncharged"] and totals["charged"] == totals["paid"]:
        pool.closed_on = clock.today()
        db.session.flush()


# --- refusing ----------------------------------------------------------------------------------


def _examined(actor: Actor, content: Mapping[str, Any], permission: str) -> behind.Examined:
    """Return what a file means beside the old books: vouchers by their pools, else by accounts."""
    if content["vouchers"]:
        return behind.examine(actor, content, permission)
    return behind.Examined([], reconcile(content), [])


def _wrong(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.difference_fen]


def _refuse_different(rows: list[Row]) -> None:
    wrong = _wrong(rows)
    if not wrong:
        return
    kinds = registry().account_kinds
    named = [
        _(
            "%(account)s %(owner)s：建账 %(opening)s 元，旧账 %(given)s 元，差 %(difference)s 元",
            account=_(kinds[row.account].name),
            owner=row.owner,
            opening=yuan(row.opening_fen),
            given=yuan(row.given_fen),
            difference=yuan(row.difference_fen),
        )
        for row in wrong[:NAMED]
    ]
    raise RuleBroken(
        "TAKEON_NOT_RECONCILED",
        _(
            "期初与旧账试算平衡表有 %(count)s 处不符（%(rows)s）。请核对后改正文件。",
            count=len(wrong),
            rows="；".join(named),
        ),
        basis="会计法第十五条",
        differences=[row.said() for row in wrong],
    )


def _refuse_known(content: Mapping[str, Any]) -> None:
    """Refuse lines that this system knows: opening balances come before every other journal."""
    named = [
        (BudgetLine.code == line["code"]) & (BudgetLine.fiscal_year == line["fiscal_year"])
        for line in content["lines"]
    ]
    query = db.select(BudgetLine.code).where(or_(*named)) if named else None
    known = list(db.session.scalars(query)) if query is not None else []
    if known:
        raise RuleBroken(
            "TAKEON_TOO_LATE",
            _(
                "指标 %(codes)s 已在本系统记账，不能再建期初。请从文件中删去，或用指标调整更正。",
                codes="、".join(known[:NAMED]),
            ),
            codes=known,
        )


def _refuse_strangers(content: Mapping[str, Any], division_code: str) -> None:
    """Refuse organisations that are not registered, and lines of purchasers elsewhere."""
    inside = set(
        db.session.scalars(db.select(Division.code).where(within(Division.code, division_code)))
    )
    for line in content["lines"]:
        organisation = organisation_of(line["organisation"])
        if organisation.division_code not in inside:
            raise InvalidInput(
                _("“%(name)s”不在您的管辖区划内，不能为它建账。", name=organisation.name)
            )
    for pool in content["pools"]:
        for one in pool["payables"]:
            organisation_of(one["party"])


def _refuse_decided(found: Takeon) -> None:
    if found.state != PROPOSED:
        words = {APPROVED: _("已批准"), DECLINED: _("已退回")}
        raise Conflict(
            "STATE_CHANGED",
            _(
                "第 %(id)s 号期初建账%(what)s，不能再办理。",
                id=found.id,
                what=words[found.state],
            ),
            state=found.state,
        )


def _said(found: Takeon) -> dict[str, Any]:
    return {
        "id": found.id,
        "state": found.state,
        "as_of": found.as_of.isoformat(),
        "document": found.document,
        "lines": len(found.content["lines"]),
        "pools": len(found.content["pools"]),
        "vouchers": len(found.content.get("vouchers", [])),
        "journal_id": found.journal_id,
    }
