"""Loans and what happens to them, as their banks report it; where their support ends.

Whatever a bank reports is judged before it is kept: the borrower's count and ceiling over the loans
that stand at once, rate, term, and a history that can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import yuan
from plugins.subsidy import rules
from plugins.subsidy.models import Loan, LoanEnding, LoanEvent, Scheme
from plugins.subsidy.models import loans as m
from plugins.subsidy.service import borrowers, handling_banks, loan_steps
from plugins.subsidy.service.handling_banks import BASIS, REPORT, Place

END, DECIDE_END = "loan.end", "loan.decide_end"
KINDS = (*rules.EVENT_KINDS, m.INTEREST, m.RATE, m.UNDONE)
FIRST_DRAWING = "放款"


@dataclass(frozen=True)
class Lent:
    """A loan as it was given: the borrower by number, amounts in fen, rates in ppm."""

    number: str
    borrower_name: str
    borrower_number: str
    class_code: str
    lent_on: date
    due_on: date
    principal_fen: int
    rate_ppm: int
    lpr_ppm: int
    partners: int = 1


@dataclass(frozen=True)
class Happened:
    """An event as it was given; `undoes` is the reference of the one it undoes."""

    reference: str
    kind: str
    on: date
    amount_fen: int = 0
    for_on: date | None = None
    rate_ppm: int | None = None
    undoes: str | None = None


def register(actor: Actor, *, scheme_id: int, drawn: bool = True, **given: Any) -> dict[str, Any]:
    """Register a loan as its bank; `drawn`: all of it was paid out on its first day.

    The same loan again changes nothing. Refuses BANK_NOT_NAMED, CONFLICT_OF_INTEREST, LOAN_EXISTS,
    what `rules.refuse_loan` refuses, and LOAN_CAP_EXCEEDED over all loans that stand at once.
    """
    place = handling_banks.place_of(actor, scheme_id)
    lent = Lent(**given)
    borrower = borrowers.borrower_of(place, lent.borrower_number, lent.borrower_name)
    borrowers.lock({borrower})
    loan, is_new = put_loan(place, lent, borrower, None)
    if is_new:
        if drawn:
            whole = Happened(FIRST_DRAWING, "drawn", lent.lent_on, lent.principal_fen)
            put_event(place, loan, whole, None)
        admit(place, loan)
    audit.about(loan_steps.LOAN, loan.id)
    return said(loan) | {"new": is_new}


def record(actor: Actor, *, id: int, **given: Any) -> dict[str, Any]:  # noqa: A002 - the field
    """Record what happened to a loan, by the bank's serial number; the same again changes nothing.

    Refuses EVENT_EXISTS, LOAN_HISTORY_IMPOSSIBLE, RATE_CAP_EXCEEDED, EVENT_UNKNOWN.
    """
    loan = fetch(Loan, id, actor, REPORT)
    place = handling_banks.place_of(actor, loan.scheme_id)
    event, is_new = put_event(place, loan, Happened(**given), None)
    refuse_history(loan)
    audit.about(loan_steps.LOAN, loan.id)
    return said(loan) | {"event_id": event.id, "new": is_new}


def end_support(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    from_on: date,
    reason: str,
    document: str,
) -> dict[str, Any]:
    """Propose that a loan is subsidised no more from a day on; another person decides.

    Refuses ENDING_EXISTS, INVALID_INPUT for a day outside the loan.
    """
    loan = fetch(Loan, id, actor, END)
    if not loan.lent_on <= from_on <= loan.due_on:
        raise InvalidInput(
            _(
                "停止贴息的日期须在贷款期 %(first)s 至 %(last)s 内。",
                first=loan.lent_on.isoformat(),
                last=loan.due_on.isoformat(),
            ),
            errors={"from_on": [_("不在贷款期内")]},
        )
    if (earlier := live_ending(loan.id)) is not None:
        raise Conflict(
            "ENDING_EXISTS",
            _(
                "这笔贷款已提出自 %(day)s 起停止贴息，不能再提。请先办结那一项。",
                day=earlier.from_on.isoformat(),
            ),
        )
    row = LoanEnding(
        loan_id=loan.id,
        from_on=from_on,
        reason=reason,
        document=document,
        state=m.PROPOSED,
        proposed_by=actor.user_id,
        proposed_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(loan_steps.ENDING, row)
    audit.about(loan_steps.LOAN, loan.id, reason)
    return _ending_said(loan, row)


def decide_end(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Decide the ending that another person proposed; claims from now on stop at its day."""
    loan = fetch(Loan, id, actor, DECIDE_END)
    row = _ending_of(loan)
    four_eyes(actor, row.proposed_by, what=_("停止贴息"))
    loan_steps.ending.take(row, "loan.decide_end", decided_by=actor.user_id)
    audit.about(loan_steps.LOAN, loan.id, row.reason)
    return _ending_said(loan, row)


def drop_end(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Drop a proposed ending with a reason; the loan goes on as it was."""
    loan = fetch(Loan, id, actor, DECIDE_END)
    row = _ending_of(loan)
    loan_steps.ending.take(row, "loan.drop_end", decided_by=actor.user_id, decided_reason=reason)
    audit.about(loan_steps.LOAN, loan.id, reason)
    return _ending_said(loan, row)


# --- what a bank gave, kept --------------------------------------------------------------------


def put_loan(place: Place, lent: Lent, borrower_id: int, file_id: int | None) -> tuple[Loan, bool]:
    """Keep a loan unless it is there; tell whether it is new. Its borrower is locked.

    Refuses LOAN_EXISTS for the bank's number with other content, CONFLICT_OF_INTEREST.
    """
    fields = {
        "scheme_id": place.scheme.id,
        "borrower_id": borrower_id,
        "class_code": lent.class_code,
        "lent_on": lent.lent_on,
        "due_on": lent.due_on,
        "principal_fen": lent.principal_fen,
        "rate_ppm": lent.rate_ppm,
        "lpr_ppm": lent.lpr_ppm,
        "partners": lent.partners,
    }
    known = loan_of(place.bank_id, lent.number)
    if known is not None:
        if any(getattr(known, name) != value for name, value in fields.items()):
            raise Conflict(
                "LOAN_EXISTS",
                _(
                    "借据 %(number)s 已报送过，内容与这次不同。"
                    "请核对借据号；确有变化的，报送变动。",
                    number=lent.number,
                ),
            )
        return known, False
    handling_banks.refuse_tied(place, borrower_id)
    _refuse_days(lent)
    loan = Loan(
        bank_id=place.bank_id,
        number=lent.number,
        organisation_id=place.scheme.organisation_id,
        division_code=place.scheme.division_code,
        file_id=file_id,
        made_by=place.user_id,
        made_at=clock.now(),
        **fields,
    )
    db.session.add(loan)
    db.session.flush()
    return loan, True


def put_event(
    place: Place, loan: Loan, given: Happened, file_id: int | None
) -> tuple[LoanEvent, bool]:
    """Keep an event unless it is there; tell whether it is new. The history is judged afterwards.

    Refuses EVENT_EXISTS for a reference with other content, EVENT_UNKNOWN for one to undo that is
    not there, INVALID_INPUT for what its kind lacks, RATE_CAP_EXCEEDED.
    """
    _refuse_unfinished(given)
    undone = _undone_by(loan, given)
    fields = {
        "kind": given.kind,
        "on": given.on,
        "amount_fen": given.amount_fen,
        "for_on": given.for_on,
        "rate_ppm": given.rate_ppm,
        "undoes_id": undone.id if undone else None,
    }
    known = db.session.scalar(
        db.select(LoanEvent).filter_by(loan_id=loan.id, reference=given.reference)
    )
    if known is not None:
        if any(getattr(known, name) != value for name, value in fields.items()):
            raise Conflict(
                "EVENT_EXISTS",
                _(
                    "借据 %(number)s 的流水 %(reference)s 已报送过，内容与这次不同。请核对流水号。",
                    number=loan.number,
                    reference=given.reference,
                ),
            )
        return known, False
    if undone is not None and db.session.scalar(
        db.select(LoanEvent.id).filter_by(undoes_id=undone.id)
    ):
        raise Conflict(
            "EVENT_UNDONE", _("流水 %(reference)s 已经冲正过，不能再冲。", reference=given.undoes)
        )
    if given.rate_ppm is not None:
        changed = replace(as_rule(loan), rate_ppm=given.rate_ppm)
        rules.refuse_loan(place.terms, changed)
    event = LoanEvent(
        loan_id=loan.id,
        reference=given.reference,
        file_id=file_id,
        made_by=place.user_id,
        made_at=clock.now(),
        **fields,
    )
    db.session.add(event)
    db.session.flush()
    return event, True


def admit(place: Place, loan: Loan) -> None:
    """Refuse a loan, kept with its events, that the scheme does not subsidise."""
    others = list(
        db.session.scalars(
            db.select(Loan)
            .where(Loan.scheme_id == loan.scheme_id, Loan.borrower_id == loan.borrower_id)
            .where(Loan.id != loan.id)
            .order_by(Loan.id)
        )
    )
    regime = rules.refuse_loan(place.terms, as_rule(loan, earlier_loans=len(others)))
    refuse_history(loan)
    _refuse_standing(regime, loan, others)


def refuse_history(loan: Loan) -> None:
    """Refuse LOAN_HISTORY_IMPOSSIBLE."""
    rules.balances(contract_of(loan), [event for event, _row in principal_events(loan.id)])


# --- a loan as the rules see it ----------------------------------------------------------------


def loan_of(bank_id: int, number: str) -> Loan | None:
    """Return a bank's loan by its number."""
    found: Loan | None = db.session.scalar(
        db.select(Loan).filter_by(bank_id=bank_id, number=number)
    )
    return found


def contract_of(loan: Loan) -> rules.Contracted:
    """Return what a loan's contract says."""
    return rules.Contracted(loan.lent_on, loan.due_on, loan.principal_fen)


def as_rule(loan: Loan, *, earlier_loans: int = 0) -> rules.Loan:
    """Return a loan as the rules reckon with it, its later rates in order."""
    rates = [row for row in standing_events(loan.id) if row.kind == m.RATE]
    return rules.Loan(
        number=loan.number,
        contract=contract_of(loan),
        borrower_class=loan.class_code,
        rate_ppm=loan.rate_ppm,
        lpr_ppm=loan.lpr_ppm,
        earlier_loans=earlier_loans,
        partners=loan.partners,
        rates=tuple((row.on, row.rate_ppm or 0) for row in rates),
    )


def standing_events(loan_id: int) -> list[LoanEvent]:
    """Return what happened to a loan in order of days, without what was undone."""
    undone = db.select(LoanEvent.undoes_id).where(
        LoanEvent.loan_id == loan_id, LoanEvent.undoes_id.is_not(None)
    )
    query = db.select(LoanEvent).where(
        LoanEvent.loan_id == loan_id,
        LoanEvent.kind != m.UNDONE,
        LoanEvent.id.not_in(undone),
    )
    return list(db.session.scalars(query.order_by(LoanEvent.on, LoanEvent.id)))


def principal_events(loan_id: int) -> list[tuple[rules.Event, LoanEvent]]:
    """Return what moved a loan's principal, as the rules see it and as it was reported."""
    return [
        (rules.Event(row.kind, row.on, row.amount_fen), row)
        for row in standing_events(loan_id)
        if row.kind in rules.EVENT_KINDS
    ]


def interest_paid(loan_id: int, begin: date, end: date) -> int | None:
    """Return the interest (fen) paid for a quarter, its end not counted; None: none reported."""
    paid = [
        row.amount_fen
        for row in standing_events(loan_id)
        if row.kind == m.INTEREST and row.for_on is not None and begin <= row.for_on < end
    ]
    return sum(paid) if paid else None


def ended_on(loan_id: int) -> date | None:
    """Return the first day without support that was decided, None where it goes on."""
    row = live_ending(loan_id)
    return row.from_on if row is not None and row.state == m.ENDED else None


def live_ending(loan_id: int) -> LoanEnding | None:
    """Return the ending that was proposed or decided."""
    found: LoanEnding | None = db.session.scalar(
        db.select(LoanEnding).where(LoanEnding.loan_id == loan_id, LoanEnding.state != m.DROPPED)
    )
    return found


def said(loan: Loan) -> dict[str, Any]:
    """Return what an act answers of a loan."""
    return {"id": loan.id, "number": loan.number, "scheme_id": loan.scheme_id}


# --- what is refused ---------------------------------------------------------------------------


def _refuse_days(lent: Lent) -> None:
    if lent.lent_on > clock.today() or lent.due_on <= lent.lent_on:
        raise InvalidInput(
            _("放款日不能晚于今天，到期日须晚于放款日。请核对日期。"),
            errors={"lent_on": [_("日期不对，请核对")]},
        )


def _refuse_unfinished(given: Happened) -> None:
    needs: dict[str, object] = {
        m.INTEREST: given.amount_fen > 0 and given.for_on,
        m.RATE: given.rate_ppm is not None,
        m.UNDONE: given.undoes,
    }
    if not needs.get(given.kind, given.amount_fen > 0):
        raise InvalidInput(
            _(
                "这种变动缺少内容：本金和利息要有金额，付息要有所属日期，调息要有利率，冲正要有原流水号。"
            ),
            errors={"kind": [_("缺少内容")]},
        )
    if given.on > clock.today():
        raise InvalidInput(_("变动日期不能晚于今天。"), errors={"on": [_("不能晚于今天")]})


def _undone_by(loan: Loan, given: Happened) -> LoanEvent | None:
    if given.kind != m.UNDONE:
        return None
    found: LoanEvent | None = db.session.scalar(
        db.select(LoanEvent)
        .filter_by(loan_id=loan.id, reference=given.undoes)
        .where(LoanEvent.kind != m.UNDONE)
    )
    if found is None:
        raise NotFound(
            "EVENT_UNKNOWN",
            _(
                "借据 %(number)s 没有流水 %(reference)s，不能冲正。请核对原流水号。",
                number=loan.number,
                reference=given.undoes,
            ),
        )
    return found


def _refuse_standing(regime: rules.Regime, loan: Loan, others: Iterable[Loan]) -> None:
    """Refuse LOAN_CAP_EXCEEDED where loans that stand at once are too much for their borrower."""
    borrower = regime.class_of(loan.class_code)
    together = [loan, *others]
    days = {loan.lent_on} | {
        one.lent_on for one in together if loan.lent_on < one.lent_on < loan.due_on
    }
    for day in sorted(days):
        standing = {one.id: _open_fen(one, day) for one in together}
        most = (
            borrower.cap_of(max(one.partners for one in together if standing[one.id]))
            if (borrower and any(standing.values()))
            else None
        )
        total = sum(standing.values())
        if most is not None and total > most:
            raise RuleBroken(
                "LOAN_CAP_EXCEEDED",
                _(
                    "到 %(day)s，借款人同时未还的贴息贷款本金共 %(total)s 元，"
                    "超过最高额度 %(most)s 元，借据 %(number)s 不予贴息。请核对。",
                    day=day.isoformat(),
                    total=yuan(total),
                    most=yuan(most),
                    number=loan.number,
                ),
                basis=BASIS,
                principal_fen=total,
                most_fen=most,
            )


def _open_fen(loan: Loan, day: date) -> int:
    """Return what of a loan is lent or promised on a day and not paid back (fen)."""
    last = min(loan.due_on, ended_on(loan.id) or loan.due_on)
    if not loan.lent_on <= day < last:
        return 0
    paid = ("repaid", "cured")
    return loan.principal_fen - sum(
        event.amount_fen
        for event, _row in principal_events(loan.id)
        if event.kind in paid and event.on <= day
    )


def _ending_of(loan: Loan) -> LoanEnding:
    found = live_ending(loan.id)
    if found is None:
        raise NotFound("NOT_FOUND", _("这笔贷款没有提出过停止贴息。"))
    return found


def _ending_said(loan: Loan, row: LoanEnding) -> dict[str, Any]:
    return said(loan) | {"from_on": row.from_on.isoformat(), "state": row.state}


def scheme_of(loan: Loan) -> Scheme:
    """Return the scheme a loan is reported in."""
    found: Scheme = db.session.get_one(Scheme, loan.scheme_id)
    return found
