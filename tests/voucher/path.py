"""The voucher's whole path for tests: several providers, from issue to the bank and back."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core import Huigou, access, audit, budget, clock
from core.access import Actor
from core.acts import Answer, perform
from core.db import db, transaction
from core.ledger import balance
from core.settlement.models import Payment
from plugins.voucher.models import Lot, Redemption, Statement
from tests import factories
from tests.conftest import Database
from tests.factories import County
from tests.settlement_world import result_file, result_row

MORNING = "2026-09-01T09:00"
_references = itertools.count(1)


@dataclass
class Provider:
    """A provider with somebody at the till and somebody who answers for it."""

    id: int
    clerk: Actor
    manager: Actor


@dataclass
class Path:
    """What a test needs to walk the path: providers, issued codes, and every verb by its name."""

    app: Huigou
    county: County
    providers: list[Provider] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    vouchers: list[int] = field(default_factory=list)
    database: Database | None = None

    def build(self, *, vouchers: int = 3, providers: int = 2, **terms: Any) -> Path:
        """Make an approved programme, providers with bank accounts, and vouchers with cards.

        A database given begins with a copy of what was built before from the same words.
        """

        def make() -> dict[str, Any]:
            return self._built(vouchers, providers, terms)

        words = (self.county, clock.now(), vouchers, providers, terms)
        built = self.database.at(self.app, f"path {words}", make) if self.database else make()
        vars(self.county).update(vars(built.pop("county")))
        vars(self).update(built)
        return self

    def _built(self, vouchers: int, providers: int, terms: dict[str, Any]) -> dict[str, Any]:
        with self.app.app_context():
            factories.make_programme(self.county, **terms)
            made = [self._provider() for _ in range(providers)]
            issued = factories.issue(self.county, vouchers) if vouchers else []
        return {
            "county": self.county,
            "providers": made,
            "codes": [voucher["code"] for voucher in issued],
            "vouchers": [voucher["id"] for voucher in issued],
        }

    def file_plan(self, *lines: int) -> int:
        """File a plan for vouchers on lines (the county's, unless told) and return its number."""
        with self.app.app_context():
            return factories.file_plan(self.county, *(lines or (self.county.line,)))

    def renew(self) -> dict[str, Any]:
        """Grant the periods that run now."""
        return self.do("voucher.renew", "purchaser_clerk", programme_id=self.county.programme)

    def _provider(self) -> Provider:
        with clock.frozen("2026-06-02T09:00"):
            number = factories.make_organisation("provider")
            clerk = self._person("provider_clerk", number)
            manager = self._person("provider_manager", number)
            do = factories.do
            do(
                "admission.admit",
                self.county.actor("purchaser_clerk"),
                programme_id=self.county.programme,
                provider_id=number,
            )
            do(
                "offer.set",
                manager,
                programme_id=self.county.programme,
                service_code="fee",
            )
            account = do(
                "party.add_bank_account",
                manager,
                organisation_id=number,
                bank="望城农商行",
                holder="学校",
                number=f"6222021901{number:08d}",
            )
            do(
                "party.verify_bank_account",
                self.county.actor("finance_maker"),
                id=account["id"],
            )
        return Provider(number, clerk, manager)

    def _person(self, role: str, organisation_id: int) -> Actor:
        user_id = factories.make_user(role, organisation_id)
        with transaction(readonly=True):
            return Actor(user_id, role, access.grants_of(user_id))

    # --- verbs ---------------------------------------------------------------------------------

    def perform(self, operation_id: str, actor: Actor | str, **fields: Any) -> Answer:
        """Perform an act as somebody (or as the county's holder of a role)."""
        with self.app.app_context():
            who = self.county.actor(actor) if isinstance(actor, str) else actor
            return perform(operation_id, fields, actor=who)

    def do(self, operation_id: str, actor: Actor | str, **fields: Any) -> dict[str, Any]:
        """Perform an act that is accepted and return its body."""
        answer = self.perform(operation_id, actor, **fields)
        assert not answer.refused, answer.body
        return answer.body

    def refused(self, operation_id: str, actor: Actor | str, **fields: Any) -> str:
        """Perform an act that is refused and return its code."""
        answer = self.perform(operation_id, actor, **fields)
        assert answer.refused, answer.body
        assert answer.status < 500, answer.body
        return str(answer.body["code"])

    def redeem(self, voucher: int = 0, fen: int = 50_000, provider: int = 0) -> str:
        """Redeem the n-th voucher and return the receipt."""
        body = self.do(
            "voucher.redeem",
            self.providers[provider].clerk,
            code=self.codes[voucher],
            service_code="fee",
            price_fen=fen,
        )
        return str(body["receipt"])

    def void(self, receipt: str, provider: int = 0) -> dict[str, Any]:
        """Void a redemption as its provider."""
        clerk = self.providers[provider].clerk
        return self.do("redemption.void", clerk, receipt=receipt, reason="录入有误")

    def lock(self, **fields: Any) -> dict[str, Any]:
        """Lock the next settlement period."""
        return self.do(
            "statement.lock", "finance_maker", programme_id=self.county.programme, **fields
        )

    def order(self, receipt: str, entitlement: str = "give_back") -> dict[str, Any]:
        """Order a reversal or claw-back."""
        return self.do(
            "redemption.reverse",
            "purchaser_clerk",
            receipt=receipt,
            reason="核查",
            entitlement=entitlement,
        )

    def reverse(self, receipt: str, entitlement: str = "give_back") -> dict[str, Any]:
        """Order a reversal or claw-back and let a second person approve it."""
        ordered = self.order(receipt, entitlement)
        return self.do("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])

    def send(self) -> int:
        """Take all open claims to the bank and return the batch."""
        number = self.do("settlement.run", "finance_maker")["id"]
        self.do("settlement.approve", "finance_approver", id=number)
        self.do("payment.export", "treasurer", id=number)
        return int(number)

    def bank(self, batch_id: int, *outcomes: str) -> None:
        """Import the bank's answer for a batch: a word per payment, else all paid."""
        with self.reading():
            rows = db.session.execute(
                db.select(Payment.end_to_end_id, Payment.amount_fen)
                .filter_by(batch_id=batch_id)
                .order_by(Payment.id)
            ).all()
        said = outcomes or ("成功",) * len(rows)
        lines = [
            result_row(number, f"{fen / 100:.2f}", word, f"R{next(_references)}", "")
            for (number, fen), word in zip(rows, said, strict=True)
        ]
        content = base64.b64encode(result_file(lines)).decode()
        self.do("payment.import_result", "treasurer", filename="r.csv", content=content)

    def pay(self) -> None:
        """Pay all open claims."""
        self.bank(self.send())

    def lapse(self) -> dict[str, Any]:
        """Let what is over lapse."""
        return self.do("voucher.lapse", "finance_maker")

    # --- what stands ---------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open a reading transaction."""
        with self.app.app_context(), transaction(readonly=True):
            yield

    @contextmanager
    def acting(self) -> Iterator[Actor]:
        """Open a writing act of the system, kept in the trail like any other."""
        act = audit.Acting("test", None, "系统")
        with self.app.app_context(), transaction(), audit.acting(act):
            yield access.system()
            row = audit.entry(act, outcome=audit.ACCEPTED, status=200)
            db.session.execute(db.insert(audit.AuditEntry).values(row))

    def rooms(self) -> dict[str, int]:
        """Return the line's rooms in fen, without what was approved and what is empty."""
        with self.reading():
            rooms = budget.rooms(self.county.line)
        return {name: fen for name, fen in rooms.items() if fen and name != "approved"}

    def pool(self) -> dict[str, int]:
        """Return the pool's totals in fen, without what is empty."""
        with self.reading():
            pools = db.session.scalars(db.select(budget.Pool.id)).all()
            totals = budget.pool_totals(pools[0])
        return {name: fen for name, fen in totals.items() if fen}

    def fin(self, provider: int = 0) -> dict[str, int]:
        """Return what stands between the treasury and a provider, and the expense, in fen."""
        party = self.providers[provider].id
        with self.reading():
            found = {
                kind: balance(f"fin.{kind}", party_id=party)
                for kind in ("payable", "in_transit", "receivable")
            }
            found["expense"] = balance("fin.expense")
        return {name: fen for name, fen in found.items() if fen}

    def lot(self, voucher: int = 0) -> dict[str, int]:
        """Return a voucher's lot: what stands in each state, and its committed fen."""
        with self.reading():
            lot = db.session.scalars(
                db.select(Lot).filter_by(voucher_id=self.vouchers[voucher])
            ).one()
            names = ("redeemed", "expired", "forfeited", "cancelled", "committed_fen")
            found = {name: getattr(lot, name) for name in names} | {"available": lot.available}
        return {name: fen for name, fen in found.items() if fen}

    def redemption(self, receipt: str) -> Redemption:
        """Return a redemption by its receipt, detached."""
        with self.reading():
            found = db.session.scalars(db.select(Redemption).filter_by(receipt=receipt)).one()
            db.session.expunge(found)
            return found

    def statements(self) -> list[tuple[int, int, str]]:
        """Return (provider's place, gross fen, state) of every statement, by their numbers."""
        places = {provider.id: place for place, provider in enumerate(self.providers)}
        with self.reading():
            rows = db.session.scalars(db.select(Statement).order_by(Statement.id)).all()
            return [(places[row.provider_id], row.gross_fen, row.state) for row in rows]
