"""Promises about prices: made in public, checked on the spot, and what follows a breach.

A breach is notified first, and who promised may state its case; then another person lets the
promise stand, or ends the support: no claim of the scheme by this beneficiary is taken any more.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import yuan
from core.parties import Party
from core.states import Machine, Step, table
from plugins.subsidy import rules
from plugins.subsidy.models import PricePromise, PromiseCheck, Scheme, SchemeTerms
from plugins.subsidy.models import promises as p
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service.schemes import newest_terms, terms_in_force

VIEW, MAKE, CHECK = "promise.view", "promise.make", "promise.check"
NOTIFY, DECIDE = "promise.notify", "promise.decide"
OBJECT = "subsidy_promise"
# So many days to state one's case, the least that may be set (行政处罚法第六十四条: five).
STATE_DAYS = 5
_HEARING = "行政处罚法第四十四条、第四十五条"

machine = Machine(
    OBJECT,
    table(
        Step("promise.check", p.STATES),
        Step("promise.notify", (p.STANDING,), p.NOTIFIED),
        Step("promise.state", (p.NOTIFIED,), p.STATED),
        Step("promise.drop", (p.NOTIFIED, p.STATED), p.STANDING),
        Step("promise.end_support", (p.NOTIFIED, p.STATED), p.BROKEN),
    ),
    {
        p.STANDING: lazy_gettext("承诺有效"),
        p.NOTIFIED: lazy_gettext("已告知违诺，等陈述"),
        p.STATED: lazy_gettext("已陈述，待决定"),
        p.BROKEN: lazy_gettext("违诺，补贴已终止"),
    },
    lambda row: _("价格承诺“%(service)s”", service=row.service),
)


def make(
    actor: Actor,
    *,
    scheme_id: int,
    service: str,
    unit: str,
    price_fen: int,
    from_on: date,
    to_on: date,
) -> dict[str, Any]:
    """Promise in public that a service costs no more than so much (fen) from a day to a day.

    Refuses PROMISE_NOT_ASKED, PROMISE_BROKEN, PROMISE_OVERLAPS (two prices on one day).
    """
    scheme, version = _public_scheme(scheme_id)
    party_id = own_party(actor, version)
    _refuse_unasked(scheme, version)
    if to_on < from_on:
        raise InvalidInput(_("截止日不能早于起始日。"), errors={"to_on": [_("太早")]})
    # One promise after the other, so that two at once do not overlap.
    db.session.execute(db.select(Party.id).where(Party.id == party_id).with_for_update())
    refuse_broken(scheme, party_id)
    row = PricePromise(
        scheme_id=scheme.id,
        party_id=party_id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        service=service,
        unit=unit,
        price_fen=price_fen,
        from_on=from_on,
        to_on=to_on,
        state=p.STANDING,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    _refuse_overlap(row)
    db.session.add(row)
    db.session.flush()
    states.begin(OBJECT, row)
    audit.about(OBJECT, row.id)
    return _said(row)


def check(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    checked_on: date,
    document: str,
    found_fen: int | None = None,
) -> dict[str, Any]:
    """Record what a promised service was found to cost on a day; None: it was not to be had.

    Whether the promise was kept follows from the price. Refuses CHECK_OUTSIDE_PROMISE.
    """
    row = fetch(PricePromise, id, actor, CHECK)
    last = min(row.to_on, clock.today())
    if not row.from_on <= checked_on <= last:
        raise RuleBroken(
            "CHECK_OUTSIDE_PROMISE",
            _(
                "这项承诺从 %(begins)s 到 %(ends)s 有效，检查日期须在期内，且不晚于今天。"
                "请核对日期。",
                begins=row.from_on,
                ends=row.to_on,
            ),
            checked_on=checked_on.isoformat(),
        )
    found = PromiseCheck(
        promise_id=row.id,
        checked_on=checked_on,
        found_fen=found_fen,
        is_kept=found_fen is not None and found_fen <= row.price_fen,
        document=document,
        checked_by=actor.user_id,
        checked_at=clock.now(),
    )
    db.session.add(found)
    db.session.flush()
    audit.about(OBJECT, row.id)
    return _said(row) | {"check_id": found.id, "is_kept": found.is_kept}


def notify(actor: Actor, *, id: int, reason: str, state_by: date) -> dict[str, Any]:  # noqa: A002 - the field
    """Tell who promised that a breach was found, and until when it may state its case.

    Refuses BREACH_NOT_FOUND where no check found one, NOTICE_TOO_SHORT.
    """
    row = fetch(PricePromise, id, actor, NOTIFY)
    machine.require(row, "promise.notify")
    if not _open_breaches(row.id):
        raise RuleBroken(
            "BREACH_NOT_FOUND",
            _("没有检查发现这项承诺未兑现，不能发出违诺告知。请先登记检查结果。"),
            basis=_HEARING,
        )
    least = clock.today() + timedelta(days=STATE_DAYS)
    if state_by < least:
        raise RuleBroken(
            "NOTICE_TOO_SHORT",
            _(
                "陈述申辩的期限至少 %(days)s 日，最早到 %(least)s。请推迟期限。",
                days=STATE_DAYS,
                least=least,
            ),
            basis=_HEARING,
            least=least.isoformat(),
        )
    machine.take(
        row,
        "promise.notify",
        notified_by=actor.user_id,
        notice=reason,
        state_by=state_by,
        statement=None,
    )
    audit.about(OBJECT, row.id, reason)
    return _said(row)


def state(actor: Actor, *, id: int, words: str) -> dict[str, Any]:  # noqa: A002 - the field
    """State one's case about a breach, until the day that was set; refuses STATEMENT_LATE."""
    row = fetch(PricePromise, id, actor, MAKE)
    machine.require(row, "promise.state")
    if row.state_by is not None and clock.today() > row.state_by:
        raise RuleBroken(
            "STATEMENT_LATE",
            _(
                "陈述申辩的期限是 %(day)s，已经过了。请直接与主管部门联系。",
                day=row.state_by,
            ),
            basis=_HEARING,
            state_by=row.state_by.isoformat(),
        )
    machine.take(row, "promise.state", statement=words)
    audit.about(OBJECT, row.id)
    return _said(row)


def drop(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let the promise stand: what was stated convinces, or the price was put right."""
    row = fetch(PricePromise, id, actor, DECIDE)
    four_eyes(actor, *_makers(row), what=_("违诺的处理"))
    _settle(row)
    machine.take(row, "promise.drop", **_decided(actor, reason))
    audit.about(OBJECT, row.id, reason)
    return _said(row)


def end_support(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """End the support of who broke its promise: it claims nothing more of the scheme.

    Never by who checked or notified; refuses HEARING_OPEN before the case was stated or the days
    for it are over.
    """
    row = fetch(PricePromise, id, actor, DECIDE)
    machine.require(row, "promise.end_support")
    four_eyes(actor, *_makers(row), what=_("终止补贴"))
    assert row.state_by is not None  # noqa: S101 - notified
    if row.state == p.NOTIFIED and clock.today() <= row.state_by:
        raise RuleBroken(
            "HEARING_OPEN",
            _(
                "对方可以陈述申辩到 %(day)s，还没有陈述。请等陈述提交或期限过后再决定。",
                day=row.state_by,
            ),
            basis=_HEARING,
            state_by=row.state_by.isoformat(),
        )
    _settle(row)
    machine.take(row, "promise.end_support", **_decided(actor, reason))
    audit.about(OBJECT, row.id, reason)
    return _said(row)


# --- what claims ask ---------------------------------------------------------------------------


def covers(scheme_id: int, party_id: int, begins: date, ends: date) -> bool:
    """Tell whether promises of a party in a scheme cover every day of a period (inclusive)."""
    query = (
        db.select(PricePromise.from_on, PricePromise.to_on)
        .filter_by(scheme_id=scheme_id, party_id=party_id)
        .where(PricePromise.state != p.BROKEN, PricePromise.to_on >= begins)
        .order_by(PricePromise.from_on)
    )
    open_from = begins
    for first, last in db.session.execute(query):
        if first > open_from:
            break
        open_from = max(open_from, last + timedelta(days=1))
    return open_from > ends


def refuse_broken(scheme: Scheme, party_id: int) -> None:
    """Refuse PROMISE_BROKEN where a party's support in a scheme was ended for that."""
    row = db.session.scalars(
        db.select(PricePromise)
        .filter_by(scheme_id=scheme.id, party_id=party_id, state=p.BROKEN)
        .limit(1)
    ).first()
    if row is not None:
        assert row.decided_at is not None  # noqa: S101 - broken
        raise RuleBroken(
            "PROMISE_BROKEN",
            _(
                "“%(scheme)s”的补贴已在 %(day)s 因未兑现价格承诺“%(service)s”终止，"
                "不再受理。有异议的，请向主管部门提出。",
                scheme=scheme.name,
                day=clock.day_of(row.decided_at),
                service=row.service,
            ),
            basis="价格法第十四条",
            promise_id=row.id,
        )


def own_party(actor: Actor, version: SchemeTerms) -> int:
    """Return whom the actor acts for where a scheme supports organisations, or residents.

    Refuses APPLICANT_KIND_WRONG.
    """
    is_person = version.document["applicant"] == "resident"
    found = actor.resident_id if is_person else actor.organisation_id
    if found is None:
        raise RuleBroken(
            "APPLICANT_KIND_WRONG",
            _("这个项目由居民本人申请。请用居民账号办理。")
            if is_person
            else _("这个项目由单位申请。请用单位的账号办理。"),
        )
    return found


def _public_scheme(scheme_id: int) -> tuple[Scheme, SchemeTerms]:
    scheme = db.session.get(Scheme, scheme_id)
    if scheme is None or scheme.state not in (s.PUBLISHED, s.CLOSED):
        raise NotFound("NOT_FOUND", _("没有找到这个补贴项目，或它还没有公布。"))
    return scheme, terms_in_force(scheme) or newest_terms(scheme)


def _refuse_unasked(scheme: Scheme, version: SchemeTerms) -> None:
    if not rules.read_terms(version.document).conditions.price_promise:
        raise RuleBroken(
            "PROMISE_NOT_ASKED",
            _("“%(name)s”不要求价格承诺，不用提交。", name=scheme.name),
        )


def _refuse_overlap(row: PricePromise) -> None:
    same = {name: getattr(row, name) for name in ("scheme_id", "party_id", "service", "unit")}
    query = (
        db.select(PricePromise)
        .filter_by(**same)
        .where(PricePromise.from_on <= row.to_on, PricePromise.to_on >= row.from_on)
        .limit(1)
    )
    if (other := db.session.scalars(query).first()) is not None:
        raise Conflict(
            "PROMISE_OVERLAPS",
            _(
                "“%(service)s”从 %(begins)s 到 %(ends)s 已承诺每%(unit)s %(price)s 元，"
                "同一天不能有两个价格。请改选期间。",
                service=other.service,
                begins=other.from_on,
                ends=other.to_on,
                unit=other.unit,
                price=yuan(other.price_fen),
            ),
            promise_id=other.id,
        )


def _open_breaches(promise_id: int) -> list[PromiseCheck]:
    query = db.select(PromiseCheck).filter_by(promise_id=promise_id, is_kept=False, settled_at=None)
    return list(db.session.scalars(query))


def _settle(row: PricePromise) -> None:
    for one in _open_breaches(row.id):
        one.settled_at = clock.now()
    db.session.flush()


def _makers(row: PricePromise) -> list[int | None]:
    return [row.notified_by, *(one.checked_by for one in _open_breaches(row.id))]


def _decided(actor: Actor, reason: str) -> dict[str, Any]:
    return {
        "decided_by": actor.user_id,
        "decided_at": clock.now(),
        "decided_reason": reason,
    }


def _said(row: PricePromise) -> dict[str, Any]:
    return {"id": row.id, "scheme_id": row.scheme_id, "state": row.state}
