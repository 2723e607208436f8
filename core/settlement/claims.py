"""Which claims are open: asked of the components, recorded once, free of any live payment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import tuple_

from core import clock
from core.access import Actor, visible
from core.budget import Pool
from core.db import db, insert_once
from core.divisions import within
from core.parties import BankAccount, Organisation, Resident, payable_account
from core.plugins import ask
from core.privacy import mask_name
from core.settlement.models import Claim, PaymentClaim, PaymentItem

CHUNK = 500  # names asked for in one statement
Name = tuple[str, str]  # component and source


@dataclass(frozen=True)
class Payee:
    """Who is to be paid: how they are called, to which account, and why not, if not."""

    id: int
    name: str
    account: BankAccount | None
    obstacle: str | None


def answered(
    actor: Actor,
    permission: str,
    *,
    until: datetime | None,
    within_code: str | None = None,
    payee_ids: list[int] | None = None,
) -> dict[Name, Claim]:
    """Return the claims the components answer that the actor may see, by component and source.

    `within_code` limits them to the pools of one division's subtree.
    """
    claims: list[Claim] = ask("settlement_claims", until=until or clock.now())
    pools = db.select(Pool.id).where(visible(Pool, actor, permission))
    if within_code is not None:
        pools = pools.where(within(Pool.__table__.c.division_code, within_code))
    mine = set(db.session.scalars(pools))
    chosen = [
        claim
        for claim in claims
        if claim.pool_id in mine and (payee_ids is None or claim.payee_id in payee_ids)
    ]
    return {(claim.component, claim.source): claim for claim in chosen}


def record(claims: dict[Name, Claim]) -> list[PaymentClaim]:
    """Record claims and return the rows of those that are free, in the order of their numbers.

    A free claim that its component has changed meanwhile is brought up to date.
    """
    # In one order everywhere, so that two who record at once wait for each other and never lock.
    for name in sorted(claims):
        _insert(claims[name])
    _lock(claims)
    rows = [row for row, free in _recorded(claims) if free]
    for row in rows:
        _follow(row, claims[row.component, row.source])
    db.session.flush()
    return sorted(rows, key=lambda row: row.id)


def taken(names: Iterable[Name]) -> set[Name]:
    """Return which of these claims a live payment holds or has paid, or are set off entirely."""
    return {(row.component, row.source) for row, free in _recorded(names) if not free}


def is_taken(component: str, source: str) -> bool:
    """Tell whether a claim is in a live payment, paid or set off, so that it may not be lowered.

    Components ask under the lock of their own row, and answer `settlement_claims` with that row
    locked while an act is under way; then a claim cannot be lowered while a batch takes it.
    """
    name = (component, source)
    return bool(taken([name]) or set_offs([name]))


def set_offs(names: Iterable[Name]) -> dict[Name, int]:
    """Return what of these claims was set off against claw-backs, in fen, zeroes left out."""
    rows = (row for row, _free in _recorded(names) if row.set_off_fen)
    return {(row.component, row.source): row.set_off_fen for row in rows}


def payee(party_id: int) -> Payee:
    """Return a payee with the account it can be paid to, or with what stands in the way."""
    name = payee_names([party_id])[party_id]
    account = payable_account(party_id)
    organisation = db.session.get(Organisation, party_id)
    suspended = organisation.suspended_on if organisation is not None else None
    obstacle = None
    if suspended is not None and suspended <= clock.today():
        obstacle = _(
            "%(name)s 自 %(day)s 起暂停付款，本批未列入；恢复后再制批次。", name=name, day=suspended
        )
    elif account is None:
        obstacle = _(
            "%(name)s 没有经核验的收款账户，本批未列入；请其登记账户并由财政人员核验。", name=name
        )
    return Payee(party_id, name, account, obstacle)


def payee_names(party_ids: Iterable[int]) -> dict[int, str]:
    """Return how payees are called on screen: organisations in full, residents masked."""
    wanted = sorted(set(party_ids))
    names = {party_id: str(party_id) for party_id in wanted}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        organisations = db.select(Organisation.id, Organisation.name)
        known = db.session.execute(organisations.where(Organisation.id.in_(chunk)))
        names |= {row.id: row.name for row in known}
        residents = db.select(Resident.id, Resident.name)
        people = db.session.execute(residents.where(Resident.id.in_(chunk)))
        names |= {row.id: mask_name(row.name) for row in people}
    return names


def _recorded(names: Iterable[Name]) -> Iterator[tuple[PaymentClaim, bool]]:
    """Yield the rows of claims, each with whether it is free."""
    wanted = sorted(names)
    for start in range(0, len(wanted), CHUNK):
        query = (
            db.select(PaymentClaim, PaymentItem.id)
            .outerjoin(PaymentItem, (PaymentItem.claim_id == PaymentClaim.id) & PaymentItem.live)
            .where(
                tuple_(PaymentClaim.component, PaymentClaim.source).in_(
                    wanted[start : start + CHUNK]
                )
            )
        )
        for row, item_id in db.session.execute(query):
            yield row, item_id is None and row.due_fen > 0


def _lock(names: Iterable[Name]) -> None:
    """Let nobody else put these claims into a batch, or set them off, until the act ends."""
    wanted = sorted(names)
    for start in range(0, len(wanted), CHUNK):
        name = tuple_(PaymentClaim.component, PaymentClaim.source)
        chunk = name.in_(wanted[start : start + CHUNK])
        query = db.select(PaymentClaim.id).where(chunk).order_by(PaymentClaim.id)
        db.session.execute(query.with_for_update())


def _insert(claim: Claim) -> None:
    assert claim.amount_fen > 0, "a claim is a positive amount"  # noqa: S101 - a component's mistake
    pool = db.session.get(Pool, claim.pool_id)
    assert pool is not None  # noqa: S101 - `answered` found it
    row = {
        "component": claim.component,
        "source": claim.source,
        "payee_id": claim.payee_id,
        "pool_id": claim.pool_id,
        "organisation_id": pool.organisation_id,
        "division_code": pool.division_code,
        "amount_fen": claim.amount_fen,
        "title": claim.title,
        "evidence": _plain(claim),
    }
    insert_once(PaymentClaim.__table__, row)


def _follow(row: PaymentClaim, claim: Claim) -> None:
    row.amount_fen, row.title, row.evidence = claim.amount_fen, claim.title, _plain(claim)
    assert (row.payee_id, row.pool_id) == (claim.payee_id, claim.pool_id)  # noqa: S101 - as above


def _plain(claim: Claim) -> str:
    return json.dumps(dict(claim.evidence), ensure_ascii=False, sort_keys=True)
