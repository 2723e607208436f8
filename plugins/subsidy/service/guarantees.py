"""Guarantees: registered within the guarantor's room, paid back, their fees, ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, privacy, states
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import yuan
from core.identifiers import check_citizen_id, check_credit_code
from core.parties import Organisation, Resident, require_organisation
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Guarantee,
    GuaranteeEvent,
    Guarantor,
    GuarantorFigure,
    Scheme,
    SchemeTerms,
)
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.models import schemes as s
from plugins.subsidy.rules.guarantee import FEE_KIND, POOL_KIND
from plugins.subsidy.rules.loans import DRAWN, Contracted, Event, Segment
from plugins.subsidy.rules.loans import REPAID as PAID_BACK
from plugins.subsidy.service import exposure
from plugins.subsidy.service import guarantee_steps as steps
from plugins.subsidy.service.guarantors import figure_in_force, refuse_unfit
from plugins.subsidy.service.schemes import terms_in_force

VIEW, KEEP = "guarantee.view", "guarantee.keep"


def register(
    actor: Actor,
    *,
    guarantor_id: int,
    bank: str,
    loan_number: str,
    principal_fen: int,
    guaranteed_fen: int,
    from_on: date,
    due_on: date,
    fee_scheme_id: int | None = None,
    pool_scheme_id: int | None = None,
    credit_code: str | None = None,
    id_number: str | None = None,
) -> dict[str, Any]:
    """Register a guarantee for a debtor, known by credit code or identity number.

    The guarantor's row is locked from here on: no other guarantee of it can be registered
    meanwhile. Refuses GUARANTOR_NOT_ALLOWED, CONFLICT_OF_INTEREST, GUARANTEE_EXISTS, and what is
    beyond the room: EXPOSURE_CAP_SINGLE, EXPOSURE_CAP_GROUP, EXPOSURE_CAP_TOTAL.
    """
    guarantor = fetch(Guarantor, guarantor_id, actor, KEEP)
    steps.guarantor.require(guarantor, "guarantee.register")
    _refuse_figures(principal_fen, guaranteed_fen, from_on, due_on)
    fee_terms = _terms(fee_scheme_id, FEE_KIND, "fee_scheme_id", from_on)
    pool_terms = _terms(pool_scheme_id, POOL_KIND, "pool_scheme_id", from_on)
    scheme = _one_scheme(fee_scheme_id, pool_scheme_id)
    debtor_id = find_debtor(credit_code, id_number)
    figure = figure_in_force(guarantor.id)
    refuse_unfit(
        require_organisation(guarantor.organisation_id),
        figure.licence_until if figure else None,
        controlled=debtor_id in {guarantor.organisation_id, guarantor.controller_id},
    )
    assert figure is not None  # noqa: S101 - it was approved with its figures
    _refuse_registered(guarantor, bank, loan_number)
    _room(guarantor, figure, debtor_id, pool_scheme_id, pool_terms).refuse(guaranteed_fen)
    row = Guarantee(
        number=audit.current().act,  # until it is kept: the row's own number is part of it
        guarantor_id=guarantor.id,
        provider_id=guarantor.organisation_id,
        debtor_id=debtor_id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        fee_scheme_id=fee_scheme_id,
        fee_terms_id=fee_terms.id if fee_terms else None,
        pool_scheme_id=pool_scheme_id,
        pool_terms_id=pool_terms.id if pool_terms else None,
        bank=bank,
        loan_number=loan_number,
        principal_fen=principal_fen,
        guaranteed_fen=guaranteed_fen,
        outstanding_fen=guaranteed_fen,
        from_on=from_on,
        due_on=due_on,
        state=g.ACTIVE,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    return said(_kept(row))


def repay(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    on: date,
    amount_fen: int,
    document: str,
) -> dict[str, Any]:
    """Record that the debtor paid back so much (fen) of what is guaranteed; the room grows.

    Refuses REPAYMENT_TOO_LARGE beyond what is outstanding.
    """
    row = fetch(Guarantee, id, actor, KEEP)
    steps.guarantee.require(row, "guarantee.repay")
    _refuse_day(row, on)
    if amount_fen > row.outstanding_fen:
        raise RuleBroken(
            "REPAYMENT_TOO_LARGE",
            _(
                "担保 %(number)s 的在保余额为 %(left)s 元，本次还款 %(amount)s 元，超过余额。"
                "请按担保责任的部分登记。",
                number=row.number,
                left=yuan(row.outstanding_fen),
                amount=yuan(amount_fen),
            ),
            outstanding_fen=row.outstanding_fen,
        )
    row.outstanding_fen -= amount_fen
    _add_event(actor, row, g.REPAID, on=on, amount_fen=amount_fen, document=document)
    return said(row)


def pay_fee(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    on: date,
    amount_fen: int,
    document: str,
) -> dict[str, Any]:
    """Record a guarantee fee (fen) that the debtor paid: the most its subsidy can come to."""
    row = fetch(Guarantee, id, actor, KEEP)
    steps.guarantee.require(row, "guarantee.pay_fee")
    if on > clock.today():
        raise _bad_day(_("不能晚于今天"))
    _add_event(actor, row, g.FEE, on=on, amount_fen=amount_fen, document=document)
    return said(row)


def end(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    on: date,
    reason: str,
) -> dict[str, Any]:
    """End a guarantee on a day, because the debt is paid or the bank let it go; the room grows."""
    row = fetch(Guarantee, id, actor, KEEP)
    _refuse_day(row, on)
    steps.guarantee.take(row, "guarantee.end", ended_on=on, ended_reason=reason)
    audit.about(steps.GUARANTEE, row.id, reason)
    return said(row)


def guaranteed_days(row: Guarantee, begin: date, end: date) -> tuple[Segment, ...]:
    """Return what was guaranteed (fen) on the days of a period, its last day included.

    Nothing from the day on which the debt fell due, was paid by the guarantor or let go.
    """
    until = min(day for day in (row.due_on, row.paid_on, row.ended_on) if day is not None)
    if until <= row.from_on:
        return ()
    history = [Event(DRAWN, row.from_on, row.guaranteed_fen)]
    history += [
        Event(PAID_BACK, one.on, one.amount_fen) for one in events(row, g.REPAID) if one.on <= until
    ]
    loan = Contracted(row.from_on, until, row.guaranteed_fen)
    return rules.segments(loan, history, begin, end + timedelta(days=1))


def events(row: Guarantee, *kinds: str) -> list[GuaranteeEvent]:
    """Return what happened to a guarantee, in order of days."""
    query = db.select(GuaranteeEvent).filter_by(guarantee_id=row.id)
    if kinds:
        query = query.where(GuaranteeEvent.kind.in_(kinds))
    return list(db.session.scalars(query.order_by(GuaranteeEvent.on, GuaranteeEvent.id)))


def said(row: Guarantee) -> dict[str, Any]:
    """Return what an act answers of a guarantee."""
    audit.about(steps.GUARANTEE, row.id)
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "outstanding_fen": row.outstanding_fen,
    }


def find_debtor(credit_code: str | None, id_number: str | None) -> int:
    """Return the party that a credit code or an identity number names; exactly one is told."""
    if (credit_code is None) == (id_number is None):
        sentence = _("请填写债务人的统一社会信用代码或身份证号码，二者选一。")
        raise InvalidInput(sentence, errors={"credit_code": [sentence]})
    if credit_code is not None:
        query = db.select(Organisation.id).filter_by(credit_code=check_credit_code(credit_code))
    else:
        number = check_citizen_id(id_number or "").number
        index = privacy.keyring().blind_index(number, "person")
        query = db.select(Resident.id).filter_by(id_number_index=index)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(
            "NOT_FOUND", _("债务人还没有登记。请核对号码，或请主管部门先登记这个单位或居民。")
        )
    return int(found)


def _add_event(
    actor: Actor, row: Guarantee, kind: str, *, on: date, amount_fen: int, document: str
) -> None:
    db.session.add(
        GuaranteeEvent(
            guarantee_id=row.id,
            kind=kind,
            on=on,
            amount_fen=amount_fen,
            document=document,
            made_by=actor.user_id,
            made_at=clock.now(),
        )
    )
    db.session.flush()


def _kept(row: Guarantee) -> Guarantee:
    """Keep a new guarantee under a number that holds its own."""
    db.session.add(row)
    db.session.flush()
    row.number = f"DB{clock.today().year}-{row.id:04d}"
    db.session.flush()
    states.begin(steps.GUARANTEE, row)
    return row


def _room(
    guarantor: Guarantor,
    figure: GuarantorFigure,
    debtor_id: int,
    pool_scheme_id: int | None,
    pool_terms: SchemeTerms | None,
) -> exposure.Room:
    """Return a guarantor's room for a debtor, narrowed by the pool's terms where it names one."""
    pool = rules.read_terms(pool_terms.document).risk_pool if pool_terms else None
    return exposure.room(
        guarantor, figure, pool=pool, pool_scheme_id=pool_scheme_id, debtor_id=debtor_id
    )


def _terms(scheme_id: int | None, kind: str, field: str, from_on: date) -> SchemeTerms | None:
    """Return the terms in force of an open scheme of a kind, its row locked; None without one."""
    if scheme_id is None:
        return None
    # Its pool's limits are judged next: no other guarantor may use them up meanwhile.
    query = db.select(Scheme).where(Scheme.id == scheme_id, Scheme.kind == kind).with_for_update()
    scheme = db.session.scalar(query)
    terms = terms_in_force(scheme) if scheme is not None and scheme.state == s.PUBLISHED else None
    if terms is None:
        sentence = _("没有这个正在实施的补贴项目，或它的补贴方式不同。请重新选择。")
        raise InvalidInput(sentence, errors={field: [sentence]})
    read = rules.read_terms(terms.document)
    if not (read.starts_on or date.min) <= from_on <= (read.ends_on or date.max):
        sentence = _(
            "担保起始日不在项目实施期限 %(first)s 至 %(last)s 之内。",
            first=read.starts_on or "—",
            last=read.ends_on or "—",
        )
        raise InvalidInput(sentence, errors={"from_on": [sentence]})
    return terms


def _one_scheme(fee_scheme_id: int | None, pool_scheme_id: int | None) -> Scheme:
    """Return a scheme that supports the guarantee; both are of the same purchaser."""
    found = [
        db.session.get_one(Scheme, number)
        for number in (fee_scheme_id, pool_scheme_id)
        if number is not None
    ]
    if len({one.organisation_id for one in found}) != 1:
        sentence = _("请选择担保费补贴或风险分担项目；两个都选时，须属于同一个购买主体。")
        raise InvalidInput(sentence, errors={"fee_scheme_id": [sentence]})
    return found[0]


def _refuse_figures(principal_fen: int, guaranteed_fen: int, from_on: date, due_on: date) -> None:
    if guaranteed_fen > principal_fen:
        sentence = _("担保金额不能超过贷款本金。")
        raise InvalidInput(sentence, errors={"guaranteed_fen": [sentence]})
    if due_on <= from_on:
        sentence = _("到期日须晚于起始日。")
        raise InvalidInput(sentence, errors={"due_on": [sentence]})
    if from_on > clock.today():
        sentence = _("担保还没有生效，请在起始日或之后登记。")
        raise InvalidInput(sentence, errors={"from_on": [sentence]})


def _refuse_registered(guarantor: Guarantor, bank: str, loan_number: str) -> None:
    earlier = db.session.scalar(
        db.select(Guarantee.number).filter_by(
            guarantor_id=guarantor.id, bank=bank, loan_number=loan_number
        )
    )
    if earlier is not None:
        raise Conflict(
            "GUARANTEE_EXISTS",
            _("这笔贷款已登记为担保 %(number)s，不能重复登记。", number=earlier),
            number=earlier,
        )


def _refuse_day(row: Guarantee, on: date) -> None:
    """Refuse a day on which nothing can have happened: outside the loan, or out of order."""
    paid_back = events(row, g.REPAID)
    first = paid_back[-1].on if paid_back else row.from_on
    if not first <= on <= clock.today():
        raise _bad_day(_("须在 %(first)s 至今天之间", first=first))


def _bad_day(sentence: str) -> InvalidInput:
    return InvalidInput(_("日期不对：%(why)s。", why=sentence), errors={"on": [sentence]})
