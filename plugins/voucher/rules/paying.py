"""What a use pays: one pipeline of fixed stages for every programme, in whole fen at its end.

quantity -> price -> other payers -> share -> reduction -> caps -> lots -> rounding. Up to the last
stage amounts are exact: integers in a fixed fraction of a fen, so that nothing is rounded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.errors import InvalidInput, RuleBroken
from core.fields import FEN_MAX
from core.formats import yuan
from plugins.voucher.rules.caps import Rooms
from plugins.voucher.rules.measures import measured
from plugins.voucher.rules.periods import kept_through, period_of
from plugins.voucher.rules.situation import Counted, Decision, Draw, LotState, Situation, Use
from plugins.voucher.rules.terms import (
    PPM,
    QUANTITY_ONE,
    Reduction,
    Service,
    Share,
    Terms,
    fits,
)

# Three factors in ppm may follow each other (share, result, reduction) and stay whole.
EXACT = PPM**3
# No cap can have this code: a star is none of the characters of a code.
CARRY = "*rounding"
ORDERS: dict[str, Callable[[LotState], Any]] = {
    "expiry": lambda lot: (lot.valid_through, lot.id),
    "granted": lambda lot: (lot.valid_from, lot.id),
    "listed": lambda lot: (lot.position, lot.valid_through, lot.id),
}


@dataclass
class Piece:
    """A part of a use that is decided alone: a day's quantity, drawn from one lot or from none.

    `exact` is the subsidy in 1/EXACT fen, `most_fen` what caps and lots leave for it.
    """

    day: date
    quantity: int
    covered: bool
    lot: LotState | None = None
    price_fen: int = 0
    base_fen: int = 0
    exact: int = 0
    most_fen: int | None = None
    amount_fen: int = 0


@dataclass
class Payment:
    """A use on its way through the stages."""

    situation: Situation
    use: Use
    service: Service
    price: int
    today: date
    pieces: list[Piece] = field(default_factory=list)
    others_fen: int = 0
    counted: dict[Counted, int] = field(default_factory=dict)

    @property
    def terms(self) -> Terms:
        """Return the terms of the voucher."""
        return self.situation.terms

    def live(self, day: date) -> list[LotState]:
        """Return the lots a service of a day may be drawn from, in the order of use."""
        lots = [lot for lot in self.situation.lots if lot.takes(day, self.today)]
        return sorted(lots, key=ORDERS[self.terms.lot_order]) if len(lots) > 1 else lots


def pay(situation: Situation, use: Use, service: Service, price: int, today: date) -> Decision:
    """Take a use, at a price in fen per unit or hour, through all stages."""
    payment = Payment(situation, use, service, price, today)
    _measure(payment)
    _price(payment)
    _others(payment)
    _share(payment)
    _reduce(payment)
    _cap(payment)
    _limit_by_lots(payment)
    _round(payment)
    if not any(piece.amount_fen for piece in payment.pieces) and use.result is None:
        raise RuleBroken(
            "NOTHING_TO_PAY",
            _("按项目规则本次凭单支付 0 元，不必核销。请核对金额、其他支付方和起用金额。"),
        )
    return _decision(payment)


def price_to_subsidy(payment: Payment) -> None:
    """Take pieces whose quantity and bounds are known through price, share, reduction, rounding."""
    _price(payment)
    _others(payment)
    _share(payment)
    _reduce(payment)
    _round(payment)


# --- quantity ------------------------------------------------------------------------------------


def _measure(payment: Payment) -> None:
    """Bill whole blocks, and say which part the lots and the caps of quantity cover."""
    use, service, terms = payment.use, payment.service, payment.terms
    segments = use.segments or ((use.service_on or payment.today, use.quantity),)
    block = service.block * QUANTITY_ONE if service.measure == "minute" else 1
    billed = [(day, quantity // block * block) for day, quantity in segments]
    if not any(quantity for _day, quantity in billed):
        raise RuleBroken(
            "VISIT_TOO_SHORT",
            _(
                "本次服务 %(minutes)s 分钟，不足 %(block)s 分钟的计费单位，不能核销。",
                minutes=sum(quantity for _day, quantity in segments) // QUANTITY_ONE,
                block=service.block,
            ),
            block_minutes=service.block,
        )
    rooms = _rooms(payment, "quantity")
    taken: dict[int, int] = {}
    lots_fall_short = False
    for day, quantity in billed:
        if quantity:
            rooms.refuse(day, quantity // QUANTITY_ONE)
        covered = min([quantity, *(room * QUANTITY_ONE for room in rooms.left(day))])
        pieces = [Piece(day, covered, covered=True)]
        if terms.unit != "fen":
            pieces = list(_by_lot(payment, day, covered, taken))
        found = sum(piece.quantity for piece in pieces)
        rooms.take(day, found // QUANTITY_ONE)
        lots_fall_short |= found < covered
        rest = Piece(day, quantity - found, covered=False)
        payment.pieces += [piece for piece in (*pieces, rest) if piece.quantity]
    has_cover = any(piece.covered for piece in payment.pieces)
    if lots_fall_short and not (has_cover and terms.beyond == "self_pay"):
        raise _short(terms, sum(taken.values()), sum(q for _day, q in billed) // QUANTITY_ONE)


def _by_lot(payment: Payment, day: date, quantity: int, taken: dict[int, int]) -> Iterator[Piece]:
    """Yield what each lot covers of a quantity, lot after lot in the order of use."""
    for lot in payment.live(day):
        part = min(quantity, (lot.available - taken.get(lot.id, 0)) * QUANTITY_ONE)
        # Lots hold whole units.
        part -= part % QUANTITY_ONE
        if part > 0:
            taken[lot.id] = taken.get(lot.id, 0) + part // QUANTITY_ONE
            quantity -= part
            yield Piece(day, part, covered=True, lot=lot)


def _short(terms: Terms, left: int, need: int) -> RuleBroken:
    """Return the refusal of a use that the lots cannot cover."""
    unit = terms.unit
    figures = {"available_fen": left, "required_fen": need}
    if unit != "fen":
        figures = {"available": left, "required": need}
    if terms.beyond == "self_pay":
        return RuleBroken(
            "CAP_REACHED",
            _("本期额度已用完，本次不能再由凭单支付。请由居民自付，或等下一期额度。"),
            **figures,
        )
    return RuleBroken(
        "AMOUNT_EXCEEDS_BALANCE",
        _(
            "余额不足：还可用 %(left)s，本次需要 %(need)s。请减少用量或由居民自付差额。",
            left=measured(unit, left),
            need=measured(unit, need),
        ),
        **figures,
    )


# --- price, other payers, share ------------------------------------------------------------------


def _price(payment: Payment) -> None:
    """Price each piece: unit price x quantity, rounded as the programme says for prices."""
    per = QUANTITY_ONE * payment.service.priced_per
    for piece in payment.pieces:
        piece.price_fen = divide(payment.price * piece.quantity, per, payment.terms.rounding.price)
    if sum(piece.price_fen for piece in payment.pieces) > FEN_MAX:
        raise InvalidInput(
            _("单价乘以数量的金额过大，请核对单价和数量。"),
            errors={"price_fen": [_("金额过大")]},
        )


def _others(payment: Payment) -> None:
    """Take off what others paid, in the programme's order; what is left is the base."""
    whole = sum(piece.price_fen for piece in payment.pieces)
    said = payment.use.others_fen
    paid = sum(said.get(code, 0) for code in payment.terms.other_payers)
    if paid > whole:
        raise RuleBroken(
            "OTHERS_EXCEED_PRICE",
            _(
                "其他支付方已付 %(paid)s 元，超过本次价格 %(price)s 元，请核对。",
                paid=yuan(paid),
                price=yuan(whole),
            ),
            others_fen=paid,
            price_fen=whole,
        )
    payment.others_fen = paid
    for piece in payment.pieces:
        part = min(paid, piece.price_fen)
        piece.base_fen, paid = piece.price_fen - part, paid - part


def _share(payment: Payment) -> None:
    """Find the voucher's part of each base: a rate up to a standard, or what a threshold takes off.

    A result earns its part of that.
    """
    share = payment.terms.share_of(payment.situation.class_code, payment.use.service_code)
    earned = PPM
    for result in payment.service.results:
        if result.code == payment.use.result:
            earned = result.share_ppm
    whole = sum(piece.base_fen for piece in payment.pieces if piece.covered)
    off = _off(share, whole)
    standard = share.standard_fen
    for piece in payment.pieces:
        if not piece.covered:
            continue
        if off is not None:
            value = min(off, piece.base_fen) * PPM
            off -= min(off, piece.base_fen)
        else:
            base = piece.base_fen if standard is None else min(piece.base_fen, standard)
            standard = None if standard is None else standard - base
            value = base * share.rate_ppm
        piece.exact = value * earned * (EXACT // PPM**2)


def _off(share: Share, base_fen: int) -> int | None:
    """Return what the largest threshold that is reached takes off; None without thresholds."""
    if not share.thresholds:
        return None
    reached = [one for one in share.thresholds if one.spend_fen <= base_fen]
    return reached[-1].off_fen if reached else 0


# --- reduction and caps --------------------------------------------------------------------------


def _reduce(payment: Payment) -> None:
    """Take off reductions: their sum, or the largest of them, never below nothing."""
    whole = sum(piece.exact for piece in payment.pieces)
    values = [
        _reduction(payment, one, whole)
        for one in payment.terms.reductions
        if fits(one, payment.situation.class_code, payment.use.service_code)
    ]
    if not values:
        return
    less = max(values) if payment.terms.reduction_pick == "largest" else sum(values)
    for piece in payment.pieces:
        part = min(less, piece.exact)
        piece.exact, less = piece.exact - part, less - part


def _reduction(payment: Payment, reduction: Reduction, subsidy: int) -> int:
    if reduction.of == "amount":
        return reduction.amount_fen * EXACT
    if reduction.of == "subsidy":
        return subsidy * reduction.ppm // PPM
    income = payment.situation.income_fen
    if income is None:
        raise RuleBroken(
            "HOLDER_INELIGIBLE",
            _(
                "持有人没有有效的家庭收入记录，不能计算“%(name)s”。请先到发放部门登记收入。",
                name=reduction.name,
            ),
        )
    return income * reduction.ppm * (EXACT // PPM)


def _rooms(payment: Payment, of: str) -> Rooms:
    return Rooms(payment.situation, payment.use.service_code, of)


def _cap(payment: Payment) -> None:
    """Bound each piece by the caps in fen, and refuse one use too many."""
    if not payment.terms.caps:
        return
    uses, money = _rooms(payment, "uses"), _rooms(payment, "fen")
    first = payment.pieces[0].day
    uses.refuse(first, 1)
    for piece in payment.pieces:
        if piece.covered:
            wanted = -(-piece.exact // EXACT)
            if wanted:
                money.refuse(piece.day, wanted)
            piece.most_fen = min(money.left(piece.day), default=None)
            money.take(piece.day, min(wanted, _or(piece.most_fen, wanted)))


def _or(bound: int | None, otherwise: int) -> int:
    return otherwise if bound is None else bound


# --- lots and rounding ---------------------------------------------------------------------------


def _limit_by_lots(payment: Payment) -> None:
    """Bound each piece by the money its lots may still be charged."""
    if payment.terms.unit != "fen":
        free: dict[int, int] = {}
        for piece in payment.pieces:
            if piece.lot is not None:
                left = free.setdefault(piece.lot.id, piece.lot.free_fen)
                _bound(piece, left)
                free[piece.lot.id] = left - min(left, -(-piece.exact // EXACT))
        return
    taken: dict[int, int] = {}
    for piece in payment.pieces:
        lots = payment.live(piece.day)
        left = sum(lot.available - taken.get(lot.id, 0) for lot in lots)
        wanted = min(-(-piece.exact // EXACT), _or(piece.most_fen, left + piece.exact))
        # Where something is paid, the holder may pay what is beyond it.
        may_pay = payment.terms.beyond == "self_pay" and (left or taken)
        if wanted > left and not may_pay:
            raise _short(payment.terms, left, wanted)
        _bound(piece, left)
        for lot, part in _spread(lots, min(wanted, left), taken):
            taken[lot.id] = taken.get(lot.id, 0) + part


def _bound(piece: Piece, most_fen: int) -> None:
    piece.most_fen = most_fen if piece.most_fen is None else min(piece.most_fen, most_fen)


def _spread(
    lots: list[LotState], amount: int, taken: Mapping[int, int]
) -> Iterator[tuple[LotState, int]]:
    """Yield what each lot gives of an amount, in the order of use."""
    for lot in lots:
        part = min(amount, lot.available - taken.get(lot.id, 0))
        if part:
            amount -= part
            yield lot, part


def _round(payment: Payment) -> None:
    """Make whole fen of the exact amounts, at the point the programme names."""
    rounding = payment.terms.rounding
    carry, key = 0, None
    if rounding.per == "month":
        month = period_of("month", payment.pieces[0].day).code
        key = (payment.situation.holder, CARRY, month)
        carry = payment.situation.counters.get(key, 0)
    exact, given = carry, 0
    for piece in payment.pieces:
        bounded = piece.exact
        if piece.most_fen is not None:
            bounded = min(bounded, piece.most_fen * EXACT)
        if rounding.per == "part":
            piece.amount_fen = divide(bounded, EXACT, rounding.subsidy)
        else:
            exact += bounded
            piece.amount_fen = divide(exact, EXACT, rounding.subsidy) - given
        most = min(piece.base_fen, _or(piece.most_fen, piece.base_fen))
        piece.amount_fen = max(0, min(piece.amount_fen, most))
        given += piece.amount_fen
    if key is not None:
        payment.counted[key] = exact - given * EXACT - carry


def divide(dividend: int, divisor: int, direction: str) -> int:
    """Divide whole numbers and round the quotient: down, half_up or up."""
    if direction == "half_up":
        return (2 * dividend + divisor) // (2 * divisor)
    if direction == "up":
        return -(-dividend // divisor)
    return dividend // divisor


# --- the outcome ---------------------------------------------------------------------------------


def _decision(payment: Payment) -> Decision:
    """Draw the lots and count what caps count."""
    pieces = payment.pieces
    draws = _draws(payment)
    amount = sum(piece.amount_fen for piece in pieces)
    price = sum(piece.price_fen for piece in pieces)
    _count(payment)
    counters = payment.situation.counters
    last = pieces[-1].day
    used = {draw.lot_id: draw.quantity + draw.forfeited for draw in draws}
    return Decision(
        unit_price_fen=payment.price,
        price_fen=price,
        others_fen=payment.others_fen,
        amount_fen=amount,
        forfeited=sum(draw.forfeited for draw in draws),
        forfeited_fen=sum(draw.forfeited_fen for draw in draws),
        self_pay_fen=price - payment.others_fen - amount,
        quantity=sum(piece.quantity for piece in pieces),
        draws=tuple(draws),
        remaining=sum(lot.available - used.get(lot.id, 0) for lot in payment.live(last)),
        service_on=last,
        counted={
            key: (counters.get(key, 0), counters.get(key, 0) + more)
            for key, more in payment.counted.items()
        },
    )


def _draws(payment: Payment) -> list[Draw]:
    """Return what each lot gives and loses, once per lot, in the order of the lots' numbers."""
    given: dict[int, tuple[int, int]] = {}
    for piece in payment.pieces:
        if not piece.covered:
            continue
        if piece.lot is not None:
            parts = [(piece.lot, piece.quantity // QUANTITY_ONE, piece.amount_fen)]
        else:
            taken = {number: quantity for number, (quantity, _fen) in given.items()}
            lots = payment.live(piece.day)
            parts = [(lot, part, part) for lot, part in _spread(lots, piece.amount_fen, taken)]
        for lot, quantity, fen in parts:
            before = given.get(lot.id, (0, 0))
            given[lot.id] = (before[0] + quantity, before[1] + fen)
    days = {piece.day for piece in payment.pieces}
    chosen = [
        lot
        for lot in sorted(payment.situation.lots, key=lambda lot: lot.id)
        if lot.id in given or lot.held or any(lot.takes(day, payment.today) for day in days)
    ]
    draws = [_draw(payment, lot, *given.get(lot.id, (0, 0))) for lot in chosen]
    return [
        draw
        for draw in draws
        if draw.quantity or draw.forfeited or draw.held or draw.amount_fen or draw.kept_through
    ]


def _draw(payment: Payment, lot: LotState, quantity: int, fen: int) -> Draw:
    forfeits = payment.terms.remainder == "forfeit"
    allotment = payment.terms.allotments.get(lot.allotment)
    # A lot that is over, of which only what was held may be used, is not kept alive by it.
    idle = None
    if payment.today <= lot.entry_through:
        idle = kept_through(payment.terms, allotment, payment.today)
    return Draw(
        lot_id=lot.id,
        pool_id=lot.pool_id,
        quantity=quantity,
        amount_fen=fen,
        forfeited=lot.available - quantity if forfeits else 0,
        forfeited_fen=lot.free_fen - fen if forfeits else 0,
        held=lot.held,
        held_fen=lot.held_fen,
        kept_through=idle and max(idle, lot.valid_through),
    )


def _count(payment: Payment) -> None:
    if not payment.terms.caps:
        return
    uses, money, quantity = (_rooms(payment, of) for of in ("uses", "fen", "quantity"))
    uses.take(payment.pieces[0].day, 1)
    for piece in payment.pieces:
        if piece.covered:
            money.take(piece.day, piece.amount_fen)
            quantity.take(piece.day, piece.quantity // QUANTITY_ONE)
    for rooms in (uses, money, quantity):
        payment.counted.update(rooms.counted())
