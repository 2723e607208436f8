"""What each party had of aid: written down with every act, asked before the next one.

Every kind counts by its gross grant equivalent (补贴等值): interest by what each borrower was
spared, a waived fee or tax by what was not charged, everything else by what is paid. What was
lowered or came back no longer counts. Parties that belong together share one ceiling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from core import clock, ties
from core.db import db
from core.parties import Party
from plugins.subsidy import rules
from plugins.subsidy.models import (
    AidShare,
    Loan,
    LoanCorrection,
    ReliefRecord,
    SchemeTerms,
    SubsidyClaim,
    SubsidyGrant,
    SubsidyRecovery,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.models import relief as relief_models
from plugins.subsidy.rules import awards, guarantee, interest, relief

# Whose payment is no aid to who is paid: a guarantor's loss is shared, a waived fee made good to
# who charges it. The debtor's and the payer's aid is another.
NOT_PAID_TO_WHOM_IT_AIDS = (guarantee.POOL_KIND, relief.FEE_KIND)
Days = tuple[date, date]


def shares_of(claim: SubsidyClaim) -> dict[int, int]:
    """Return the grant equivalent (fen) of a computed claim by whom it aids."""
    if claim.kind in NOT_PAID_TO_WHOM_IT_AIDS:
        return {}
    if claim.kind != interest.KIND:
        return {claim.beneficiary_id: claim.amount_fen}
    found: dict[int, int] = defaultdict(int)
    for one in (claim.inputs or {}).get("loans", ()):
        found[one["borrower_id"]] += one["payable_fen"]
    return {party: fen for party, fen in sorted(found.items()) if fen}


def days_of(claim: SubsidyClaim) -> Days:
    """Return the days that a claim supports: its period, or the calendar year of its approval."""
    if claim.period_from is not None and claim.period_to is not None:
        return claim.period_from, claim.period_to
    return whole_year((claim.approved_on or clock.today()).year)


def whole_year(year: int) -> Days:
    """Return the first and last day of what is supported without a period of its own."""
    return date(year, 1, 1), date(year, 12, 31)


def lock(claim: SubsidyClaim) -> None:
    """Let all that is approved for the groups of a claim wait until this one is through.

    Before anything else is locked for it, so that no two wait for each other.
    """
    _locked(shares_of(claim), _ceiling(claim.terms_id))


def grant_claim(claim: SubsidyClaim) -> None:
    """Write down what an approved claim gives; refuse AID_CEILING_EXCEEDED beyond its terms'.

    An instalment was given with its agreement.
    """
    if claim.grant_id is not None:
        return
    begin, end = days_of(claim)
    _grant(
        shares_of(claim),
        asks=True,
        scheme_id=claim.scheme_id,
        terms_id=claim.terms_id,
        claim_id=claim.id,
        kind=claim.kind,
        number=claim.number,
        begin=begin,
        end=end,
    )


def grant_agreement(grant: SubsidyGrant) -> None:
    """Write down what an agreement gives, whole; refuse AID_CEILING_EXCEEDED beyond its terms'."""
    begin, end = whole_year(clock.today().year)
    _grant(
        {grant.beneficiary_id: grant.amount_fen},
        asks=True,
        scheme_id=grant.scheme_id,
        terms_id=grant.terms_id,
        grant_id=grant.id,
        kind=awards.KIND,
        number=grant.number,
        begin=begin,
        end=end,
    )


def grant_relief(row: ReliefRecord) -> None:
    """Write down what approved relief gives; a waived fee asks the ceiling, taxes only count.

    What the law says of taxes is no one's to refuse.
    """
    _grant(
        {row.beneficiary_id: row.amount_fen},
        asks=row.kind != relief.TAX_KIND,
        scheme_id=row.scheme_id,
        terms_id=row.terms_id,
        relief_id=row.id,
        kind=row.kind,
        number=f"JM{row.id}",
        begin=row.period_from,
        end=row.period_to,
    )


def standing(
    party_ids: Collection[int],
    *,
    since: date | None = None,
    overlapping: Days | None = None,
) -> list[tuple[AidShare, int]]:
    """Return what parties had with what is left of each act (fen), oldest first.

    All of it, or what was approved from a day on, or what supports days that overlap some.
    """
    query = db.select(AidShare).where(AidShare.party_id.in_(party_ids))
    if since is not None:
        query = query.where(AidShare.on >= since)
    if overlapping is not None:
        query = query.where(AidShare.begin <= overlapping[1], AidShare.end >= overlapping[0])
    rows = list(db.session.scalars(query.order_by(AidShare.on, AidShare.id)))
    lost = _lost([row for row in rows if row.claim_id is not None]) | _cancelled(rows)
    lost |= _broken([row for row in rows if row.grant_id is not None])
    return [(row, left) for row in rows if (left := row.amount_fen - lost.get(row.id, 0)) > 0]


# --- parts -------------------------------------------------------------------------------------


def _grant(shares: dict[int, int], *, asks: bool, **act: Any) -> None:
    """Write shares down one by one, each under the lock of its group."""
    ceiling, today = _ceiling(act["terms_id"]) if asks else None, clock.today()
    groups = _locked(shares, ceiling)
    for party, fen in shares.items():
        if ceiling is not None:
            acts = _acts(groups[party], rules.aid_begins(ceiling.years, today))
            rules.refuse_aid(ceiling, acts, today, fen)
        db.session.add(AidShare(party_id=party, on=today, amount_fen=fen, **act))
        db.session.flush()


def _ceiling(terms_id: int) -> rules.AidTerms | None:
    return rules.read_terms(db.session.get_one(SchemeTerms, terms_id).document).aid


def _locked(party_ids: Iterable[int], ceiling: rules.AidTerms | None) -> dict[int, frozenset[int]]:
    """Let two acts for one group wait for each other; return the groups by party."""
    today, parties = clock.today(), list(party_ids)
    groups = {
        party: ties.group_of(party, today) if ceiling else frozenset({party}) for party in parties
    }
    members = {member for group in groups.values() for member in group}
    query = db.select(Party.id).where(Party.id.in_(members)).order_by(Party.id)
    db.session.execute(query.with_for_update(key_share=True)).all()
    return groups


def _acts(group: Collection[int], since: date) -> list[rules.AidAct]:
    found = standing(group, since=since)
    return [rules.AidAct(row.number, row.kind, row.on, left) for row, left in found]


def _lost(rows: list[AidShare]) -> dict[int, int]:
    """Return what of claims' shares was lowered or decided to come back (fen), by share."""
    numbers = {row.claim_id for row in rows}
    query = db.select(SubsidyClaim).where(SubsidyClaim.id.in_(numbers))
    claims = {claim.id: claim for claim in db.session.scalars(query)}
    recovered, corrected = _recovered(numbers), _corrected(numbers)
    lost = {}
    for row in rows:
        claim = claims[row.claim_id]
        if claim.state not in c.OWED:
            lost[row.id] = row.amount_fen
        elif claim.kind == interest.KIND:
            # A bank's claim is many borrowers'; each loses what was taken off his own loans.
            key = (claim.id, row.party_id)
            lost[row.id] = recovered.get(key, 0) + corrected.get(key, 0)
        else:
            of_claim = sum(fen for (one, _party), fen in recovered.items() if one == claim.id)
            lost[row.id] = claim.lowered_fen + of_claim
    return lost


def _broken(rows: list[AidShare]) -> dict[int, int]:
    """Return what of agreements will not be paid any more or comes back (fen), by share."""
    query = db.select(SubsidyClaim).where(
        SubsidyClaim.grant_id.in_([row.grant_id for row in rows]), SubsidyClaim.state.in_(c.LIVE)
    )
    instalments = list(db.session.scalars(query))
    recovered = _recovered([one.id for one in instalments])
    kept: dict[int | None, int] = defaultdict(int)
    for one in instalments:
        back = sum(fen for (claim, _party), fen in recovered.items() if claim == one.id)
        kept[one.grant_id] += one.owed_fen - back
    return {row.id: row.amount_fen - kept[row.grant_id] for row in rows}


def _recovered(claim_ids: Collection[int | None]) -> dict[tuple[int, int], int]:
    """Return what was decided to come back of claims (fen), by claim and party."""
    rows = db.session.execute(
        db.select(
            SubsidyRecovery.claim_id,
            SubsidyRecovery.party_id,
            db.func.sum(SubsidyRecovery.amount_fen),
        )
        .where(SubsidyRecovery.claim_id.in_(claim_ids), SubsidyRecovery.state == r.DECIDED)
        .group_by(SubsidyRecovery.claim_id, SubsidyRecovery.party_id)
    )
    return {(claim, party): int(fen) for claim, party, fen in rows}


def _corrected(claim_ids: Collection[int | None]) -> dict[tuple[int, int], int]:
    """Return what was taken off unpaid claims for interest (fen), by claim and borrower."""
    rows = db.session.execute(
        db.select(LoanCorrection.claim_id, Loan.borrower_id, db.func.sum(LoanCorrection.amount_fen))
        .join(Loan, Loan.id == LoanCorrection.loan_id)
        .where(LoanCorrection.claim_id.in_(claim_ids), LoanCorrection.recovery_id.is_(None))
        .group_by(LoanCorrection.claim_id, Loan.borrower_id)
    )
    return {(claim, party): int(fen) for claim, party, fen in rows}


def _cancelled(rows: list[AidShare]) -> dict[int, int]:
    """Return the shares of relief that no longer stands, whole."""
    numbers = [row.relief_id for row in rows if row.relief_id is not None]
    query = db.select(ReliefRecord.id).where(ReliefRecord.id.in_(numbers))
    stands = set(db.session.scalars(query.where(ReliefRecord.state == relief_models.APPROVED)))
    return {
        row.id: row.amount_fen
        for row in rows
        if row.relief_id is not None and row.relief_id not in stands
    }
