"""Enrolment (入托、入学): the code is shown once, attendance is then recorded without a scan."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, codes, privacy, states
from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.parties import Resident
from plugins.voucher import rules
from plugins.voucher.models import Enrolment, Programme, Redemption, Terms, Voucher
from plugins.voucher.rules import Use, read_terms
from plugins.voucher.service.begun import decide_begun, lock_lots, spend_code, write_begun
from plugins.voucher.service.membership import EFFECTIVE_STATES
from plugins.voucher.service.reading import Line, read_in_act, refuse_early, refuse_stranger
from plugins.voucher.service.till import use_of

OPEN, ENDED = "open", "ended"
ENROLLED = "enrolled"


def enrol(actor: Actor, *, code: str, from_on: date | None = None, **asked: Any) -> dict[str, Any]:
    """Enrol a holder, who shows her code, with the actor's provider for a service.

    Refuses what a redemption would refuse, ALREADY_ENROLLED where she is enrolled for it.
    """
    line = Line(use_of(asked, presence=ENROLLED), codes.parse(code))
    connection, where = read_in_act(actor, line)
    refuse_stranger(line)
    today = clock.today()
    refuse_early(connection, line, where, today)
    service = rules.covered_service(where, line.use)
    rules.refuse_use(where, line.use, service, today)
    head = line.head
    _refuse_enrolled(head["voucher_id"], service.code)
    spend_code(line)
    enrolment = Enrolment(
        voucher_id=head["voucher_id"],
        credential_id=head["credential_id"],
        programme_id=head["programme_id"],
        organisation_id=head["organisation_id"],
        division_code=head["division_code"],
        provider_id=head["provider_id"],
        service_code=service.code,
        from_on=from_on or today,
        state=OPEN,
        enrolled_by=head["user_id"],
    )
    db.session.add(enrolment)
    db.session.flush()
    states.begin("enrolment", enrolment)
    audit.about("voucher", enrolment.voucher_id)
    return _described(enrolment)


def attend(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    service_on: date | None = None,
    **asked: Any,
) -> dict[str, Any]:
    """Record attendance of an enrolled holder on a day (or for the period that holds it).

    Refuses DUPLICATE_ATTENDANCE where the day is recorded already.
    """
    enrolment = fetch(Enrolment, id, actor, "voucher.redeem")
    day = service_on or clock.today()
    if enrolment.state != OPEN and (enrolment.to_on is None or day > enrolment.to_on):
        raise RuleBroken(
            "NOT_ENROLLED", _("登记已于 %(day)s 终止，不能再登记出勤。", day=enrolment.to_on)
        )
    if day < enrolment.from_on:
        raise RuleBroken(
            "NOT_ENROLLED",
            _("登记自 %(day)s 起有效，不能登记更早的出勤。", day=enrolment.from_on.isoformat()),
        )
    lock_lots(enrolment.voucher_id)
    _refuse_attended(enrolment, day)
    line = Line(
        use_of({**asked, "service_code": enrolment.service_code}, presence=ENROLLED),
        credential_id=enrolment.credential_id,
        enrolment_id=enrolment.id,
    )
    line.use = _on(line.use, day)
    decide_begun(actor, line, provider_id=enrolment.provider_id)
    answer = write_begun(line)
    audit.about("voucher", enrolment.voucher_id)
    return {**answer, "enrolment_id": enrolment.id}


def end(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    reason: str,
    to_on: date | None = None,
) -> dict[str, Any]:
    """End an enrolment after a day (None: today); earlier attendance may still be recorded."""
    enrolment = fetch(Enrolment, id, actor, "voucher.redeem")
    last = to_on or clock.today()
    if last < enrolment.from_on:
        raise InvalidInput(
            _("终止日期不能早于登记日期 %(day)s。", day=enrolment.from_on.isoformat()),
            errors={"to_on": [_("不能早于登记日期")]},
        )
    states.change("enrolment", enrolment, to=ENDED, allowed={OPEN}, to_on=last)
    audit.about("voucher", enrolment.voucher_id, reason)
    return _described(enrolment)


def enrolments(actor: Actor, *, limit: int = 500) -> dict[str, Any]:
    """Return who is enrolled with the actor's provider, the newest first."""
    query = (
        scoped(Enrolment, actor, "redemption.view")
        .where(Enrolment.state == OPEN)
        .order_by(Enrolment.id.desc())
        .limit(limit)
    )
    return {"items": [_described(one) for one in db.session.scalars(query)]}


def _on(use: Use, day: date) -> Use:
    return Use(
        service_code=use.service_code,
        quantity=use.quantity,
        price_fen=use.price_fen,
        others_fen=use.others_fen,
        service_on=day,
        presence=ENROLLED,
    )


def _refuse_enrolled(voucher_id: int, service_code: str) -> None:
    query = db.select(Enrolment.id).filter_by(
        voucher_id=voucher_id, service_code=service_code, state=OPEN
    )
    if db.session.scalar(query):
        raise Conflict(
            "ALREADY_ENROLLED",
            _("这位居民已登记了这项服务。请先终止原登记，再重新登记。"),
        )


def _refuse_attended(enrolment: Enrolment, day: date) -> None:
    # Redemptions are found by their voucher.
    query = db.select(Redemption.receipt).where(
        Redemption.voucher_id == enrolment.voucher_id,
        Redemption.enrolment_id == enrolment.id,
        Redemption.service_on == day,
        Redemption.state.in_(EFFECTIVE_STATES),
    )
    receipt = db.session.scalar(query)
    if receipt is not None:
        raise Conflict(
            "DUPLICATE_ATTENDANCE",
            _(
                "%(day)s 的出勤已登记（小票 %(receipt)s），不会重复支付。",
                day=day.isoformat(),
                receipt=receipt,
            ),
            receipt=receipt,
        )


def _described(enrolment: Enrolment) -> dict[str, Any]:
    voucher = db.session.get_one(Voucher, enrolment.voucher_id)
    terms = read_terms(db.session.get_one(Terms, voucher.terms_id).document)
    return {
        "id": enrolment.id,
        "state": enrolment.state,
        "programme": db.session.get_one(Programme, enrolment.programme_id).name,
        "voucher": voucher.number,
        "holder": privacy.mask_name(db.session.get_one(Resident, voucher.resident_id).name),
        "service_code": enrolment.service_code,
        "service": terms.services[enrolment.service_code].name,
        "from_on": enrolment.from_on.isoformat(),
        "to_on": enrolment.to_on and enrolment.to_on.isoformat(),
    }
