"""Services with a beginning and an end: visits from check-in to check-out, holds with a result."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, codes, privacy, states
from core.access import Actor, fetch, scoped
from core.budget import lock_pool, release_moves
from core.db import db
from core.errors import Conflict, RuleBroken
from core.formats import moment
from core.ledger import post
from core.parties import Resident
from plugins.voucher import rules
from plugins.voucher.models import HeldLot, Hold, Lot, Programme, Terms, Voucher
from plugins.voucher.rules import QUANTITY_ONE, Draw, Service, Situation, Use, read_terms
from plugins.voucher.service import recording
from plugins.voucher.service.begun import decide_begun, lock_lots, spend_code, write_begun
from plugins.voucher.service.lapsing import expire_lots
from plugins.voucher.service.lives import cancel_lots, has_ended
from plugins.voucher.service.postings import move_lot
from plugins.voucher.service.reading import Line, day_of, read_in_act, refuse_early, refuse_stranger
from plugins.voucher.service.till import use_of

OPEN, CAPTURED, RELEASED, LAPSED = "open", "captured", "released", "lapsed"
TIMED, HOLD = "timed", "hold"


def start(actor: Actor, *, code: str, **asked: Any) -> dict[str, Any]:
    """Begin a visit or a service with a result: what it may need is held.

    Refuses what a redemption would refuse now, OVERLAPPING_SERVICE where clerk or resident are in
    another visit.
    """
    line = Line(use_of(asked, presence=HOLD), codes.parse(code))
    connection, where = read_in_act(actor, line)
    refuse_stranger(line)
    today = clock.today()
    service = where.terms.services.get(line.use.service_code)
    if service is not None and service.presence == TIMED:
        line.use = use_of(asked, presence=TIMED)
    refuse_early(connection, line, where, today)
    service = rules.covered_service(where, line.use)
    rules.refuse_use(where, line.use, service, today)
    price = rules.unit_price(where, line.use, service)
    if service.presence == TIMED:
        _refuse_overlapping(line)
    lock_lots(line.head["voucher_id"])
    draws = _to_hold(where, line, service, price, today)
    spend_code(line)
    hold = _write(line, service, price, draws, today)
    audit.about("voucher", hold.voucher_id)
    return {
        **_said(hold),
        "voucher": line.head["number"],
        "holder": privacy.mask_name(line.head["resident_name"]),
        "service": service.name,
        "unit": where.terms.unit,
        "held": sum(draw.quantity for draw in draws),
        "held_fen": sum(draw.amount_fen for draw in draws),
    }


def finish(actor: Actor, *, id: int, result: str | None = None, **asked: Any) -> dict[str, Any]:  # noqa: A002 - the field
    """End what was begun: a visit by its length, a hold by its result; the rest is given back.

    A result that earns nothing gives everything back and redeems nothing.
    """
    hold = fetch(Hold, id, actor, "voucher.redeem")
    _refuse_closed(hold)
    lots = lock_lots(hold.voucher_id)
    line = _line(hold, lots, result, asked)
    decision = decide_begun(actor, line, provider_id=hold.provider_id)
    states.change("hold", hold, to=CAPTURED, allowed={OPEN})
    audit.about("voucher", hold.voucher_id)
    if not decision.amount_fen:
        _give_back(hold)
        return {**_said(hold), "receipt": None, "result": result, "amount_fen": 0}
    answer = write_begun(line)
    voucher = db.session.get_one(Voucher, hold.voucher_id)
    if has_ended(voucher):
        cancel_lots(voucher)
    expire_lots([lot.id for lot in lots])
    return {**answer, "hold_id": hold.id, "state": hold.state, "result": result}


def quote_finish(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    result: str | None = None,
    **asked: Any,
) -> dict[str, Any]:
    """Decide how what was begun would end now, and write nothing."""
    hold = fetch(Hold, id, actor, "voucher.redeem")
    _refuse_closed(hold)
    line = _line(hold, lock_lots(hold.voucher_id), result, asked)
    decision = decide_begun(actor, line, provider_id=hold.provider_id)
    terms = read_terms(db.session.get_one(Terms, line.head["terms_id"]).document)
    return {
        **_said(hold),
        "service": terms.services[hold.service_code].name,
        "quantity": decision.quantity,
        "result": result,
        **recording.money(decision, terms),
    }


def release(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Call off what was begun; everything it held is given back."""
    hold = fetch(Hold, id, actor, "voucher.redeem")
    lock_lots(hold.voucher_id)
    states.change("hold", hold, to=RELEASED, allowed={OPEN})
    _give_back(hold)
    audit.about("voucher", hold.voucher_id, reason)
    return _said(hold)


def open_holds(actor: Actor, *, limit: int = 100) -> dict[str, Any]:
    """Return what the actor's provider has begun and not ended, the oldest first."""
    query = (
        scoped(Hold, actor, "voucher.redeem")
        .where(Hold.state == OPEN)
        .order_by(Hold.id)
        .limit(limit)
    )
    return {"items": [_described(hold) for hold in db.session.scalars(query)]}


def day_began() -> None:
    """Let lapse what was not ended in time: the hook of a new business day."""
    query = db.select(Hold).where(Hold.state == OPEN, Hold.ends_on < clock.today())
    for hold in db.session.scalars(query.order_by(Hold.id).with_for_update()).all():
        lock_lots(hold.voucher_id)
        states.change("hold", hold, to=LAPSED, allowed={OPEN})
        _give_back(hold)


# --- beginning -----------------------------------------------------------------------------------


def _refuse_overlapping(line: Line) -> None:
    clerk, resident = line.head["user_id"], line.head["resident_id"]
    other = db.session.scalars(
        db.select(Hold)
        .where(Hold.state == OPEN, Hold.is_visit)
        .where((Hold.clerk_id == clerk) | (Hold.resident_id == resident))
        .limit(1)
    ).first()
    if other is not None:
        who = _("您") if other.clerk_id == clerk else _("这位居民")
        raise RuleBroken(
            "OVERLAPPING_SERVICE",
            _(
                "%(who)s自 %(since)s 起还在另一次服务中，请先签退那一次，再开始新的服务。",
                who=who,
                since=moment(other.started_at),
            ),
            since=other.started_at.isoformat(),
        )


def _to_hold(where: Situation, line: Line, service: Service, price: int, today: date) -> list[Draw]:
    """Return what to hold: what the use would draw and lose, or up to the longest visit."""
    if service.presence == HOLD:
        draws = rules.pay(where, line.use, service, price, today).draws
        return [
            replace(
                draw,
                quantity=draw.quantity + draw.forfeited,
                amount_fen=draw.amount_fen + draw.forfeited_fen,
            )
            for draw in draws
        ]
    left, held = service.longest, []
    for lot in where.lots:
        if not lot.takes(today, today):
            continue
        quantity = lot.available
        if where.terms.unit == "minute" and left is not None:
            quantity = min(quantity, left)
            left -= quantity
        fen = lot.free_fen * quantity // lot.available if lot.available else 0
        held.append(Draw(lot.id, lot.pool_id, quantity, fen))
    # Nothing may be held: towards midnight a visit may run into the next period's allotment.
    return [draw for draw in held if draw.quantity]


def _write(line: Line, service: Service, price: int, draws: list[Draw], today: date) -> Hold:
    head = line.head
    ends_on = today + timedelta(days=service.hold_days)
    if service.hold_until == "last_day":
        held = {draw.lot_id for draw in draws}
        last = [day_of(row["valid_through"]) for row in line.found if row["lot_id"] in held]
        ends_on = min([ends_on, *(day for day in last if day is not None)])
    hold = Hold(
        voucher_id=head["voucher_id"],
        resident_id=head["resident_id"],
        credential_id=head["credential_id"],
        programme_id=head["programme_id"],
        organisation_id=head["organisation_id"],
        division_code=head["division_code"],
        provider_id=head["provider_id"],
        clerk_id=head["user_id"],
        service_code=service.code,
        is_visit=service.presence == TIMED,
        quantity=line.use.quantity,
        price_fen=price,
        started_at=clock.now(),
        ends_on=ends_on,
        state=OPEN,
    )
    db.session.add(hold)
    db.session.flush()
    states.begin("hold", hold)
    for draw in draws:
        db.session.add(
            HeldLot(
                hold_id=hold.id,
                lot_id=draw.lot_id,
                quantity=draw.quantity,
                amount_fen=draw.amount_fen,
            )
        )
        moved = move_lot(
            draw.lot_id,
            source="available",
            target="held",
            quantity=draw.quantity,
            amount_fen=draw.amount_fen,
            journal_id=None,
            held=draw.amount_fen,
        )
        if not moved:
            raise Conflict("STATE_CHANGED", _("额度刚刚被别处使用，请重新扫码。"))
    return hold


# --- ending --------------------------------------------------------------------------------------


def _refuse_closed(hold: Hold) -> None:
    """Refuse to end what was ended, or whose days are over though nobody let it lapse yet."""
    is_over = hold.ends_on < clock.today()
    if hold.state != OPEN or is_over:
        words = {
            CAPTURED: _("已经完成"),
            RELEASED: _("已经取消"),
            LAPSED: _("已超过期限自动取消"),
        }
        raise RuleBroken(
            "NOT_CAPTURABLE",
            _(
                "这次服务%(state)s，不能再登记结果。请刷新后查看。",
                state=words[hold.state if hold.state != OPEN else LAPSED],
            ),
            state=hold.state,
        )


def _line(hold: Hold, lots: list[Lot], result: str | None, asked: dict[str, Any]) -> Line:
    """Return the line that ends a hold; a visit's length is measured, not typed."""
    now = clock.now()
    terms = read_terms(
        db.session.scalars(
            db.select(Terms.document)
            .join(Voucher, Voucher.terms_id == Terms.id)
            .where(Voucher.id == hold.voucher_id)
        ).one()
    )
    service = terms.services[hold.service_code]
    quantity = asked.get("quantity") or hold.quantity
    if quantity > hold.quantity:
        raise RuleBroken(
            "NOT_CAPTURABLE",
            _("登记的数量超过开始时预占的数量。多出的部分请居民出示凭证码另行办理。"),
            state=hold.state,
        )
    if service.results and result is None:
        raise RuleBroken(
            "RESULT_MISSING",
            _("“%(name)s”须登记结果后才能结算，请选择结果。", name=service.name),
        )
    named = {name: asked[name] for name in ("others_fen",) if name in asked}
    use = Use(
        service_code=hold.service_code,
        quantity=quantity,
        price_fen=hold.price_fen,
        service_on=clock.day_of(hold.started_at),
        result=result,
        presence=TIMED if hold.is_visit else HOLD,
        **named,
    )
    line = Line(
        use,
        credential_id=hold.credential_id,
        hold_id=hold.id,
        started_at=hold.started_at,
        ended_at=now,
    )
    if hold.is_visit:
        line.use = _measured(use, hold, lots)
    return line


def _measured(use: Use, hold: Hold, lots: list[Lot]) -> Use:
    spans = [
        rules.LotState(lot.id, lot.pool_id, 0, 0, 0, lot.valid_from, lot.valid_through, date.max)
        for lot in lots
    ]
    segments = rules.cut(hold.started_at, clock.now(), spans)
    if not segments:
        segments = ((clock.day_of(hold.started_at), 0),)
    return Use(
        service_code=use.service_code,
        quantity=sum(quantity for _day, quantity in segments) or QUANTITY_ONE,
        price_fen=use.price_fen,
        others_fen=use.others_fen,
        segments=segments,
        result=use.result,
        presence=use.presence,
    )


def _give_back(hold: Hold) -> None:
    """Give back what a hold keeps: to the voucher, or with it where it is over or revoked."""
    voucher = db.session.get_one(Voucher, hold.voucher_id)
    rows = db.session.execute(
        db.select(HeldLot, Lot)
        .join(Lot, Lot.id == HeldLot.lot_id)
        .where(HeldLot.hold_id == hold.id)
        .order_by(Lot.id)
    ).all()
    for held, lot in rows:
        pool = lock_pool(lot.pool_id)
        over = lot.entry_through < clock.today() or pool.closed_on is not None
        target = "cancelled" if has_ended(voucher) else "expired" if over else "available"
        released = held.amount_fen if pool.closed_on is not None else 0
        journal_id = None
        if released:
            source = f"hold:{hold.id}/lot:{lot.id}"
            journal_id = post("voucher.lapsed", source, release_moves(pool, released))
        done = move_lot(
            lot.id,
            source="held",
            target=target,
            quantity=held.quantity,
            amount_fen=held.amount_fen,
            journal_id=journal_id,
            released=released,
            held=-held.amount_fen,
        )
        assert done, "an open hold's lots hold what it keeps"  # noqa: S101 - they are locked


# --- saying --------------------------------------------------------------------------------------


def _said(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "state": hold.state,
        "is_visit": hold.is_visit,
        "service_code": hold.service_code,
        "price_fen": hold.price_fen,
        "started_at": hold.started_at.isoformat(),
        "ends_on": hold.ends_on.isoformat(),
    }


def _described(hold: Hold) -> dict[str, Any]:
    voucher = db.session.get_one(Voucher, hold.voucher_id)
    terms = read_terms(db.session.get_one(Terms, voucher.terms_id).document)
    service = terms.services[hold.service_code]
    return {
        **_said(hold),
        "programme": db.session.get_one(Programme, hold.programme_id).name,
        "voucher": voucher.number,
        "holder": privacy.mask_name(db.session.get_one(Resident, voucher.resident_id).name),
        "service": service.name,
        "results": [
            {"code": one.code, "name": one.name, "share_ppm": one.share_ppm}
            for one in service.results
        ],
    }
