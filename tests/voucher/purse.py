"""A voucher in memory: granted and used by the rules alone, so that a test needs no database."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.errors import Refusal
from plugins.voucher import rules as decisions
from plugins.voucher.rules import Decision, LotState, Situation, Terms, Use, read_terms
from plugins.voucher.service.granting import commitment
from plugins.voucher.terms_schema import TermsSchema

FIRST = date(2026, 1, 1)
DOCUMENT: dict[str, Any] = {
    "classes": [{"code": "A", "name": "甲类"}],
    "services": [{"code": "s", "name": "服务", "unit": "次"}],
    "allotments": [{"code": "a", "name": "额度", "amounts": [{"quantity": 100_000}]}],
    "valid_from": "2026-01-01",
    "valid_through": "2027-12-31",
    "beyond": "self_pay",
}


def read(**changes: Any) -> Terms:
    """Read a terms document as the act that stores it does."""
    document = TermsSchema().load(DOCUMENT | changes)
    return read_terms(json.loads(json.dumps(document, default=date.isoformat)))


@dataclass
class Purse:
    """A holder's voucher: its lots, what was counted, and where it is shown."""

    rules: Terms
    class_code: str = "A"
    holder: str = "resident:1"
    family: str | None = None
    income_fen: int | None = None
    counters: dict[tuple[str, str, str], int] = field(default_factory=dict)
    lots: list[LotState] = field(default_factory=list)
    granted: set[tuple[str, str]] = field(default_factory=set)

    def grant(self, day: date = FIRST) -> Purse:
        """Grant what is due on a day and was not granted before."""
        for place, allotment in enumerate(self.rules.allotments.values()):
            period = decisions.allotment_period(self.rules, allotment, day)
            if (allotment.code, period.code) in self.granted:
                continue
            self.granted.add((allotment.code, period.code))
            quantity = next(
                one.quantity
                for one in allotment.amounts
                if not one.classes or self.class_code in one.classes
            )
            quantity = decisions.first_grant(allotment, period, day, quantity)
            days = decisions.span(self.rules, allotment, period, day)
            if quantity:
                fen = commitment(self.rules, self.class_code, quantity)
                lot = LotState(
                    len(self.lots) + 1,
                    1,
                    quantity,
                    fen,
                    0,
                    days.valid_from,
                    days.valid_through,
                    days.entry_through,
                    position=place,
                    allotment=allotment.code,
                )
                self.lots.append(lot)
        return self

    def situation(self, **where: Any) -> Situation:
        """Return what a decision rests on, at a provider that may do everything."""
        usual: dict[str, Any] = {
            "voucher_state": "active",
            "credential_kind": "card",
            "credential_state": "active",
            "step_is_fresh": True,
            "programme_state": "approved",
            "resident_died_on": None,
            "provider_tags": " ",
            "provider_suspended": False,
            "admission_state": "admitted",
            "admission_from": None,
            "admission_to": None,
            "offered": True,
            "offer_price_fen": None,
        }
        return Situation(
            terms=self.rules,
            class_code=self.class_code,
            lots=tuple(self.lots),
            holder=self.holder,
            family=self.family,
            income_fen=self.income_fen,
            counters=dict(self.counters),
            **usual | where,
        )

    def decide(self, use: Use, today: date = FIRST, **where: Any) -> Decision:
        """Decide a use and keep what it took."""
        decision = decisions.decide(self.situation(**where), use, today)
        taken = {draw.lot_id: draw for draw in decision.draws}
        self.lots = [_less(lot, taken.get(lot.id)) for lot in self.lots]
        self.counters |= {key: after for key, (_before, after) in decision.counted.items()}
        return decision

    def pays(self, price_fen: int, today: date = FIRST, **asked: Any) -> int | str:
        """Return what a use of the only service pays in fen, or why it is refused."""
        where = asked.pop("where", {})
        use = Use(asked.pop("service", "s"), price_fen=price_fen, **asked)
        try:
            return self.decide(use, today, **where).amount_fen
        except Refusal as refusal:
            return refusal.code


def _less(lot: LotState, draw: decisions.Draw | None) -> LotState:
    if draw is None:
        return lot
    return replace(
        lot,
        available=lot.available - draw.quantity - draw.forfeited,
        free_fen=lot.free_fen - draw.amount_fen - draw.forfeited_fen,
        redeemed=lot.redeemed + draw.quantity,
        valid_through=draw.kept_through or lot.valid_through,
        entry_through=draw.kept_through or lot.entry_through,
    )
