"""A bank's claim for a quarter's interest: reckoned loan by loan from what was reported of them.

What the bank says it should be is compared and never paid. Once approved, a claim that turns out
too high is lowered, or asked back from the borrower when it was paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from core import audit, clock
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, NotFound, RuleBroken
from plugins.subsidy import rules
from plugins.subsidy.models import (
    HandlingBank,
    Loan,
    LoanCorrection,
    Scheme,
    SubsidyClaim,
    SubsidyRecovery,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.rules.calculation import Line
from plugins.subsidy.service import claims, handling_banks, loans, recovering, steps
from plugins.subsidy.service.handling_banks import BASIS, INTEREST, Place
from plugins.subsidy.service.reckoning import Reckoned, Used, reckons
from plugins.subsidy.service.schemes import terms_in_force

DAY = timedelta(days=1)
REVIEW = claims.CHECK


@dataclass(frozen=True)
class Reviewed:
    """A loan of a claim computed again: what it had been owed so far, what is right."""

    loan: Loan
    held_fen: int
    again: rules.Calculation

    @property
    def too_much_fen(self) -> int:
        """Return what was too much, in fen."""
        return rules.overpaid(self.held_fen, self.again)


def claim(
    actor: Actor, *, scheme_id: int, quarter_to: date, loans: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Claim a quarter's interest subsidy as its bank; none named: all its loans of the quarter.

    Of a quarter only the days count on which the scheme was in force. Refuses BANK_NOT_NAMED,
    PERIOD_NOT_QUARTER, PERIOD_NOT_ENDED, NOTHING_TO_CLAIM,
    ALREADY_SUBSIDISED for a loan that another claim has for a day of the quarter.
    """
    place = handling_banks.place_of(actor, scheme_id)
    _lock(place)
    version = terms_in_force(place.scheme)
    assert version is not None  # noqa: S101 - `place_of` refuses a scheme without
    begin, last = within_scheme(place.scheme, *quarter_of(place.terms, quarter_to))
    rows = _named(place, begin, last, loans) if loans else open_loans(place, begin, last)
    if not rows:
        raise RuleBroken(
            "NOTHING_TO_CLAIM",
            _(
                "%(begin)s 至 %(end)s 没有可以申报贴息的贷款，或已全部申报。请先报送贷款。",
                begin=begin.isoformat(),
                end=last.isoformat(),
            ),
        )
    asked = {one["loan_id"]: one.get("asked_fen") for one in loans}
    known = [fen for row in rows if (fen := asked.get(row.id)) is not None]
    made = claims.begin(
        actor,
        place.scheme,
        version,
        payee_id=place.bank_id,
        beneficiary_id=place.bank_id,
        claimed={"loans": [{"loan_id": row.id, "asked_fen": asked.get(row.id)} for row in rows]},
        period=(begin, last),
        asked_fen=sum(known) if len(known) == len(rows) else None,
    )
    return claims.said(made) | {
        "period_from": begin.isoformat(),
        "period_to": last.isoformat(),
        "loans": len(rows),
    }


def quarter_of(terms: rules.InterestTerms, last: date) -> tuple[date, date]:
    """Return a quarter by its last day, both days inclusive; refuse PERIOD_NOT_QUARTER."""
    begin, end = rules.interest_quarter(last, terms.settles_on)
    if end - DAY != last:
        raise RuleBroken(
            "PERIOD_NOT_QUARTER",
            _(
                "贴息按季申报，%(day)s 不是结息日。这一天所在的一季是 %(begin)s 至 %(end)s。"
                "请填这一季的结息日。",
                day=last.isoformat(),
                begin=begin.isoformat(),
                end=(end - DAY).isoformat(),
            ),
            basis=BASIS,
        )
    return begin, last


def within_scheme(scheme: Scheme, begin: date, last: date) -> tuple[date, date]:
    """Return the days of a quarter on which a published scheme was in force."""
    version = terms_in_force(scheme)
    assert version is not None  # noqa: S101 - `place_of` refuses a scheme without
    terms = rules.read_terms(version.document)
    return max(begin, terms.starts_on or begin), min(last, terms.ends_on or last)


def ended_quarters(terms: rules.InterestTerms, count: int = 4) -> list[tuple[date, date]]:
    """Return the last quarters that are over, newest first, both days inclusive."""
    begin, _end = rules.interest_quarter(clock.today(), terms.settles_on)
    found = []
    for _place in range(count):
        before, end = rules.interest_quarter(begin - DAY, terms.settles_on)
        found.append((before, end - DAY))
        begin = before
    return found


# --- the reckoning -----------------------------------------------------------------------------


@reckons(INTEREST)
def reckon(claim: SubsidyClaim, terms: rules.Terms, found: dict[str, Any]) -> Reckoned:  # noqa: ARG001 - nothing is found by hand
    """Reckon a bank's claim: one line a loan, each as its own calculation says."""
    said, uses, granted = [], [], _granted(SubsidyClaim.id != claim.id, claim)
    for one in claim.claimed["loans"]:
        loan = db.session.get_one(Loan, one["loan_id"])
        computed = compute(claim, terms, loan, granted_fen=granted.get(loan.borrower_id, 0))
        due = computed.result_fen
        asked = one["asked_fen"]
        judged = rules.judge_claim(due if asked is None else asked, computed)
        if judged.payable_fen < due:
            computed = computed.at_most("asked", judged.payable_fen)
        granted[loan.borrower_id] = granted.get(loan.borrower_id, 0) + judged.payable_fen
        paid = _paid(claim, terms.interest, loan)
        said.append(_said(loan, asked, due, judged, computed) | {"interest_paid_fen": paid})
        uses.append(_used(claim, loan))
    lines = [Line("loan", one["payable_fen"], note=one["number"]) for one in said]
    return Reckoned(
        rules.Calculation(INTEREST, tuple(lines)), {"loans": said}, tuple(uses), len(said)
    )


def compute(
    claim: SubsidyClaim, terms: rules.Terms, loan: Loan, *, granted_fen: int = 0
) -> rules.Calculation:
    """Compute what finance pays of a loan's interest in a claim's period, as is known today."""
    assert terms.interest is not None  # noqa: S101 - its kind is an interest subsidy
    begin, end = _days(claim)
    return rules.subsidy(
        terms.interest,
        loans.as_rule(loan),
        [event for event, _row in loans.principal_events(loan.id)],
        (begin, end),
        interest_paid_fen=_paid(claim, terms.interest, loan),
        granted_this_year_fen=granted_fen,
        ended_on=loans.ended_on(loan.id),
    )


def _said(
    loan: Loan, asked: int | None, due: int, judged: rules.Judged, computed: rules.Calculation
) -> dict[str, Any]:
    """Return a line of a claim with the snapshot of what went into it."""
    ended = loans.ended_on(loan.id)
    return {
        "loan_id": loan.id,
        "number": loan.number,
        "borrower_id": loan.borrower_id,
        "asked_fen": asked,
        "computed_fen": due,
        "payable_fen": judged.payable_fen,
        "disallowed_fen": judged.disallowed_fen,
        "unclaimed_fen": judged.unclaimed_fen,
        "ended_on": ended.isoformat() if ended else None,
        "events": [row.id for row in loans.standing_events(loan.id)],
        "calculation": rules.written(computed),
    }


def _paid(claim: SubsidyClaim, terms: rules.InterestTerms | None, loan: Loan) -> int | None:
    """Return the interest (fen) paid for the whole quarter in which a claim's period ends."""
    assert terms is not None  # noqa: S101 - its kind is an interest subsidy
    assert claim.period_to is not None  # noqa: S101 - `claim` gives every one its quarter
    return loans.interest_paid(loan.id, *rules.interest_quarter(claim.period_to, terms.settles_on))


def _used(claim: SubsidyClaim, loan: Loan) -> Used:
    first, last = claim.period_from, claim.period_to
    name = _("借据 %(number)s %(begin)s 至 %(end)s", number=loan.number, begin=first, end=last)
    return Used("loan_period", f"{loan.id}/{first}/{last}", name)


def _days(claim: SubsidyClaim) -> tuple[date, date]:
    """Return a claim's quarter half open, as the rules reckon."""
    assert claim.period_from is not None  # noqa: S101 - `claim` gives every one its quarter
    assert claim.period_to is not None  # noqa: S101
    return claim.period_from, claim.period_to + DAY


def _granted(which: ColumnElement[bool], claim: SubsidyClaim) -> dict[int, int]:
    """Return what borrowers were granted in a claim's fiscal year by such claims (fen)."""
    query = db.select(SubsidyClaim.inputs).where(
        SubsidyClaim.scheme_id == claim.scheme_id,
        SubsidyClaim.fiscal_year == claim.fiscal_year,
        which,
        SubsidyClaim.state.in_((c.COMPUTED, *c.OWED)),
    )
    granted: dict[int, int] = {}
    for inputs in db.session.scalars(query):
        for one in (inputs or {}).get("loans", ()):
            granted[one["borrower_id"]] = granted.get(one["borrower_id"], 0) + one["payable_fen"]
    return granted


# --- computed again ----------------------------------------------------------------------------


def review(actor: Actor, *, id: int, reason: str, basis: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Compute an approved claim again by what is known today; take back what was too much.

    Unpaid it is lowered by one difference; paid, each borrower is asked for his loan's. Refuses
    NOTHING_TO_RECOVER where nothing was too much, STATE_CHANGED before it was approved.
    """
    row = fetch(SubsidyClaim, id, actor, REVIEW)
    if row.kind != INTEREST:
        raise NotFound("NOT_FOUND", _("没有找到这份贴息申报。请核对编号。"))
    steps.claim.require(row, "interest.review")
    found = [one for one in reviewed(row) if one.too_much_fen]
    if not found:
        raise RuleBroken(
            "NOTHING_TO_RECOVER",
            _("按现在的贷款记录重新计算，没有多算的金额，不用核减或追回。"),
        )
    recoveries: list[int | None] = [None] * len(found)
    if row.state == c.APPROVED:
        claims.lower(actor, row, sum(one.too_much_fen for one in found), reason)
    else:
        recoveries = [
            recovering.propose(
                actor,
                row,
                amount_fen=one.too_much_fen,
                reason=reason,
                basis=basis,
                party_id=one.loan.borrower_id,
            ).id
            for one in found
        ]
    for one, recovery_id in zip(found, recoveries, strict=True):
        db.session.add(
            LoanCorrection(
                claim_id=row.id,
                loan_id=one.loan.id,
                amount_fen=one.too_much_fen,
                calculation=rules.written(one.again),
                recovery_id=recovery_id,
                made_by=actor.user_id,
                made_at=clock.now(),
            )
        )
    db.session.flush()
    audit.about(steps.CLAIM, row.id, reason)
    return claims.said(row) | {
        "too_much_fen": sum(one.too_much_fen for one in found),
        "recovery_ids": [number for number in recoveries if number is not None],
    }


def reviewed(row: SubsidyClaim) -> Iterator[Reviewed]:
    """Yield each loan of a claim computed again, beside what it had been owed so far."""
    terms = rules.read_terms(claims.terms_of(row).document)
    taken = corrected(row.id)
    granted = _granted(SubsidyClaim.computed_at < row.computed_at, row)
    for one in (row.inputs or {}).get("loans", ()):
        loan = db.session.get_one(Loan, one["loan_id"])
        again = compute(row, terms, loan, granted_fen=granted.get(loan.borrower_id, 0))
        granted[loan.borrower_id] = granted.get(loan.borrower_id, 0) + again.result_fen
        yield Reviewed(loan, one["payable_fen"] - taken.get(loan.id, 0), again)


def corrected(claim_id: int) -> dict[int, int]:
    """Return what was taken off a claim so far, in fen by loan; without dropped recoveries."""
    query = (
        db.select(LoanCorrection)
        .outerjoin(SubsidyRecovery, SubsidyRecovery.id == LoanCorrection.recovery_id)
        .where(LoanCorrection.claim_id == claim_id)
        .where((SubsidyRecovery.id.is_(None)) | (SubsidyRecovery.state != r.DROPPED))
    )
    found: dict[int, int] = {}
    for row in db.session.scalars(query):
        found[row.loan_id] = found.get(row.loan_id, 0) + row.amount_fen
    return found


# --- which loans -------------------------------------------------------------------------------


def _lock(place: Place) -> None:
    """Let a bank's claims in one scheme wait for each other."""
    db.session.execute(
        db.select(HandlingBank.id)
        .filter_by(scheme_id=place.scheme.id, bank_id=place.bank_id)
        .with_for_update()
    )


def _in_quarter(place: Place, begin: date, last: date) -> list[Loan]:
    query = db.select(Loan).where(
        Loan.scheme_id == place.scheme.id,
        Loan.bank_id == place.bank_id,
        Loan.lent_on <= last,
        Loan.due_on > begin,
    )
    return list(db.session.scalars(query.order_by(Loan.id)))


def open_loans(place: Place, begin: date, last: date) -> list[Loan]:
    """Return the bank's loans with days in a quarter that are subsidised and not claimed yet."""
    taken = _claimed(place, begin, last)
    found = []
    for loan in _in_quarter(place, begin, last):
        rule = loans.as_rule(loan)
        regime = rules.regime_on(place.terms, loan.lent_on)
        until = min(rules.subsidised_until(regime, rule), loans.ended_on(loan.id) or date.max)
        if until > begin and loan.id not in taken:
            found.append(loan)
    return found


def _named(place: Place, begin: date, last: date, asked: Sequence[Mapping[str, Any]]) -> list[Loan]:
    numbers = [one["loan_id"] for one in asked]
    if len(set(numbers)) < len(numbers):
        raise InvalidInput(
            _("同一笔贷款写了两次，请删去一次。"), errors={"loans": [_("有重复的贷款")]}
        )
    own = {loan.id: loan for loan in _in_quarter(place, begin, last)}
    if missing := [number for number in numbers if number not in own]:
        raise NotFound(
            "NOT_FOUND",
            _(
                "第 %(number)s 号贷款不是贵行在本项目、本季的贷款。请核对后重新申报。",
                number=missing[0],
            ),
        )
    taken = _claimed(place, begin, last)
    if again := next((number for number in numbers if number in taken), None):
        raise RuleBroken(
            "ALREADY_SUBSIDISED",
            _(
                "借据 %(loan)s 在 %(begin)s 至 %(end)s 的贴息已在申报 %(number)s 中申报，不得重复。"
                "请删去这一笔。",
                loan=own[again].number,
                begin=begin.isoformat(),
                end=last.isoformat(),
                number=taken[again],
            ),
            basis="财政违法行为处罚处分条例第十四条",
            claim=taken[again],
        )
    return [own[number] for number in numbers]


def _claimed(place: Place, begin: date, last: date) -> dict[int, str]:
    """Return the loans that live claims have for a day of a quarter, and the claims' numbers."""
    query = db.select(SubsidyClaim).where(
        SubsidyClaim.scheme_id == place.scheme.id,
        SubsidyClaim.payee_id == place.bank_id,
        SubsidyClaim.state.in_(c.LIVE),
        SubsidyClaim.period_from <= last,
        SubsidyClaim.period_to >= begin,
    )
    return {
        one["loan_id"]: row.number
        for row in db.session.scalars(query)
        for one in row.claimed.get("loans", ())
    }
