"""A contract's money reckoned a second time: from the ledger's transfers, and from what was done.

Neither asks the services for a figure: the first sums transfers by account, the second follows the
log of states and the rows of business, fen by fiscal year.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from core.db import db
from core.ledger import Account, GatedBalance, PendingIncrease, Transfer
from core.states import StatusLog
from plugins.contract_outsourcing.models import (
    Amendment,
    Contract,
    ContractYear,
    Deduction,
    Milestone,
)

PLACES = ("value", "unpaid", "paid", "deducted", "cancelled")


def signed_sums() -> dict[int, int]:
    """Return the debits less the credits of every account, by number, in fen."""
    sums: Counter[int] = Counter()
    for row in db.session.execute(
        db.select(Transfer.debit_id, Transfer.credit_id, Transfer.amount_fen)
    ):
        sums[row.debit_id] += row.amount_fen
        sums[row.credit_id] -= row.amount_fen
    return sums


def accounts() -> list[tuple[Account, int]]:
    """Return every account with its debits less its credits, in fen."""
    sums = signed_sums()
    return [(one, sums[one.id]) for one in db.session.scalars(db.select(Account))]


def by_transfers(contract_id: int) -> dict[int, dict[str, int]]:
    """Return where a contract's money is, by fiscal year, by the transfers alone."""
    years = dict(
        db.session.execute(
            db.select(ContractYear.pool_id, ContractYear.fiscal_year).filter_by(
                contract_id=contract_id
            )
        ).all()
    )
    found = {year: dict.fromkeys(PLACES, 0) for year in years.values()}
    for account, fen in accounts():
        place = account.kind.removeprefix("contract.")
        if account.pool_id in years and place in PLACES:
            # The value is a debit, the places where it is are credits.
            found[years[account.pool_id]][place] += fen if place == "value" else -fen
    return found


def wrong_guards() -> list[str]:
    """Return the guarded accounts whose row and pending increases differ from their transfers."""
    pending: Counter[int] = Counter()
    for row in db.session.scalars(db.select(PendingIncrease)):
        pending[row.account_id] += row.amount_fen
    rows = {one.account_id: one.balance_fen for one in db.session.scalars(db.select(GatedBalance))}
    return [
        f"{account.key}: {-fen} and not {rows[account.id] + pending[account.id]}"
        for account, fen in accounts()
        if account.id in rows and rows[account.id] + pending[account.id] != -fen
    ]


class Story:
    """A contract as its rows and the log of states tell it, followed from the first entry on."""

    def __init__(self, contract_id: int) -> None:
        """Read what was done."""
        self.contract = db.session.get_one(Contract, contract_id)
        self.milestones = _by_id(Milestone, contract_id=contract_id)
        self.amendments = _by_id(Amendment, contract_id=contract_id)
        self.deductions: dict[int, list[Deduction]] = defaultdict(list)
        for row in db.session.scalars(db.select(Deduction)):
            self.deductions[row.milestone_id].append(row)
        self.log = db.session.scalars(db.select(StatusLog).order_by(StatusLog.id)).all()
        self.years: dict[int, Counter[str]] = defaultdict(Counter)
        self.prepaid: Counter[int] = Counter()
        self.charged: Counter[int] = Counter()
        # By milestone, what is owed of it and what was earned; in all, what the provider owes.
        self.owed: dict[int, int] = {}
        self.payable: dict[int, int] = {}
        self.owed_back = self.unearned = 0
        # What a change cancels is reckoned with the change.
        self.cut_by = {
            one.act
            for one in self.log
            if (one.object_type, one.to_state) == ("amendment", "in_force")
        }

    def told(self) -> dict[int, dict[str, int]]:
        """Return where the money is by fiscal year, as what was done has moved it."""
        for entry in self.log:
            name = f"{entry.object_type}_{entry.to_state}"
            step = getattr(self, f"_{name}", None)
            if step is not None:
                step(entry)
        return {year: {place: sums[place] for place in PLACES} for year, sums in self.years.items()}

    def supplements_fen(self, *states: str) -> int:
        """Return the sum of the supplements in some states, in fen."""
        return sum(
            one.amount_fen
            for one in self.amendments.values()
            if one.kind == "supplement" and one.state in states
        )

    # --- what each entry of the log moved --------------------------------------------------------

    def _contract_performing(self, entry: StatusLog) -> None:
        if entry.object_id != self.contract.id or entry.from_state != "agreed":
            return
        planned = [
            one
            for one in self.milestones.values()
            if one.amendment_id is None and one.kind != "advance"
        ]
        for one in planned:
            self._move(one.fiscal_year, self._as_signed(one), "value", "unpaid")

    def _amendment_in_force(self, entry: StatusLog) -> None:
        row = self.amendments.get(entry.object_id)
        if row is not None and row.kind == "supplement":
            self._move(row.fiscal_year, row.amount_fen, "value", "unpaid")
        for cut in self._cuts(row):
            year = self.milestones[cut["milestone_id"]].fiscal_year
            self._shift(year, cut["amount_fen"], "unpaid", "cancelled")

    def _milestone_accepted(self, entry: StatusLog) -> None:
        row = self.milestones.get(entry.object_id)
        if row is None:
            return
        year = row.fiscal_year
        if row.kind == "advance":
            self.prepaid[year] += row.amount_fen
            self.owed[row.id] = row.amount_fen
            self.charged[year] += row.amount_fen
            return
        deducted = self._taken_off(row)
        # What was paid in advance cannot be withheld any more; the provider owes it.
        stands = self.years[year]
        left = stands["value"] - stands["cancelled"] - stands["deducted"] - self.charged[year]
        withheld = min(deducted, left)
        self.owed_back += deducted - withheld
        self.payable[row.id] = row.amount_fen - withheld
        earned = min(self.payable[row.id], self.prepaid[year])
        self.prepaid[year] -= earned
        self.owed[row.id] = self.payable[row.id] - earned
        self.charged[year] += self.owed[row.id]
        self._shift(year, withheld, "unpaid", "deducted")

    def _milestone_paid(self, entry: StatusLog) -> None:
        row = self.milestones.get(entry.object_id)
        if row is not None:
            self._shift(row.fiscal_year, self.owed[row.id], "unpaid", "paid")

    def _milestone_cancelled(self, entry: StatusLog) -> None:
        row = self.milestones.get(entry.object_id)
        if row is not None and row.kind != "advance" and entry.act not in self.cut_by:
            self._shift(row.fiscal_year, row.amount_fen, "unpaid", "cancelled")

    def _contract_terminated(self, entry: StatusLog) -> None:
        if entry.object_id != self.contract.id:
            return
        for year, fen in self.prepaid.items():
            # Paid in advance for what was cancelled just now: paid it stays, and is clawed back.
            self._shift(year, fen, "cancelled", "unpaid")
            self.unearned += fen
        self.prepaid.clear()

    # --- parts -----------------------------------------------------------------------------------

    def _move(self, year: int, fen: int, *places: str) -> None:
        for place in places:
            self.years[year][place] += fen

    def _shift(self, year: int, fen: int, before: str, after: str) -> None:
        self.years[year][before] -= fen
        self.years[year][after] += fen

    def _taken_off(self, row: Milestone) -> int:
        decided = [one.capped_fen for one in self.deductions[row.id] if one.state == "decided"]
        return min(sum(decided), row.amount_fen)

    def _cuts(self, row: Amendment | None) -> list[dict[str, int]]:
        return list(row.changes.get("cuts", ())) if row is not None else []

    def _as_signed(self, row: Milestone) -> int:
        """Return what a milestone had at the signing; one that a change cancelled kept its rest."""
        live = 0 if self._is_cut_away(row) else row.amount_fen
        return live + sum(
            cut["amount_fen"]
            for one in self.amendments.values()
            if one.state == "in_force"
            for cut in self._cuts(one)
            if cut["milestone_id"] == row.id
        )

    def _is_cut_away(self, row: Milestone) -> bool:
        return any(
            entry.act in self.cut_by
            and (entry.object_type, entry.object_id) == ("milestone", row.id)
            and entry.to_state == "cancelled"
            for entry in self.log
        )


def _by_id(model: Any, **having: Any) -> dict[int, Any]:
    rows = db.session.scalars(db.select(model).filter_by(**having).order_by(model.id))
    return {row.id: row for row in rows}
