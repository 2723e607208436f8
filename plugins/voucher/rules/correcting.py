"""What a use should have paid: the same stages, bounded by what it did pay, and the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from plugins.voucher.rules import paying
from plugins.voucher.rules.paying import Piece
from plugins.voucher.rules.situation import LotState, Situation, Use
from plugins.voucher.rules.terms import QUANTITY_ONE, Terms


@dataclass(frozen=True)
class Drawn:
    """What a use drew from a lot and still has: quantity in the lot's unit, fen."""

    lot_id: int
    quantity: int
    amount_fen: int


@dataclass(frozen=True)
class Correction:
    """What a use should have been: its price and subsidy, and what of each lot goes back."""

    quantity: int
    price_fen: int
    amount_fen: int
    back: tuple[Drawn, ...]


def corrected(
    terms: Terms,
    class_code: str,
    use: Use,
    unit_price_fen: int,
    drawn: Sequence[Drawn],
    *,
    income_fen: int | None = None,
) -> Correction:
    """Recompute a use with what it should have said; it never pays more than it did.

    What was drawn last goes back first.
    """
    service = terms.services[use.service_code]
    payment = paying.Payment(
        _situation(terms, class_code, income_fen), use, service, unit_price_fen, date.min
    )
    block = service.block * QUANTITY_ONE if service.measure == "minute" else 1
    payment.pieces = _pieces(terms, use.quantity // block * block, drawn)
    if payment.pieces:
        paying.price_to_subsidy(payment)
    kept = _kept(terms, payment.pieces, drawn)
    back = [
        Drawn(one.lot_id, one.quantity - kept[one.lot_id][0], one.amount_fen - kept[one.lot_id][1])
        for one in drawn
    ]
    return Correction(
        quantity=sum(piece.quantity for piece in payment.pieces),
        price_fen=sum(piece.price_fen for piece in payment.pieces),
        amount_fen=sum(fen for _quantity, fen in kept.values()),
        back=tuple(one for one in back if one.quantity or one.amount_fen),
    )


def _situation(terms: Terms, class_code: str, income_fen: int | None) -> Situation:
    # What was paid bounds every piece; a month's rounding is not done again.
    rounding = replace(terms.rounding, per="use") if terms.rounding.per == "month" else None
    return Situation(
        terms=replace(terms, rounding=rounding or terms.rounding, caps=()),
        class_code=class_code,
        voucher_state="active",
        credential_kind="card",
        credential_state="active",
        step_is_fresh=True,
        lots=(),
        programme_state="approved",
        resident_died_on=None,
        provider_tags=" ",
        provider_suspended=False,
        admission_state="admitted",
        admission_from=None,
        admission_to=None,
        offered=True,
        offer_price_fen=None,
        income_fen=income_fen,
    )


def _pieces(terms: Terms, quantity: int, drawn: Sequence[Drawn]) -> list[Piece]:
    """Return the pieces of the corrected use; the lots drawn first keep theirs."""
    if terms.unit == "fen":
        most = sum(one.amount_fen for one in drawn)
        pieces = [Piece(date.min, quantity, covered=True, most_fen=most)]
        return [piece for piece in pieces if piece.quantity]
    pieces, rest = [], quantity
    for one in drawn:
        part = min(rest, one.quantity * QUANTITY_ONE)
        lot = LotState(one.lot_id, 0, 0, one.amount_fen, 0, date.min, date.max, date.max)
        pieces.append(Piece(date.min, part, covered=True, lot=lot, most_fen=one.amount_fen))
        rest -= part
    pieces.append(Piece(date.min, rest, covered=False))
    return [piece for piece in pieces if piece.quantity]


def _kept(
    terms: Terms, pieces: Sequence[Piece], drawn: Sequence[Drawn]
) -> Mapping[int, tuple[int, int]]:
    """Return what every lot still gives: quantity and fen."""
    kept = {one.lot_id: (0, 0) for one in drawn}
    if terms.unit == "fen":
        rest = sum(piece.amount_fen for piece in pieces)
        for one in drawn:
            part = min(rest, one.amount_fen)
            kept[one.lot_id] = (part, part)
            rest -= part
        return kept
    for piece in pieces:
        if piece.lot is not None:
            kept[piece.lot.id] = (piece.quantity // QUANTITY_ONE, piece.amount_fen)
    return kept
