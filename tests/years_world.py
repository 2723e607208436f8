"""A county at the turn of a year: a pool on one line, a pool on two, people of every desk."""

from __future__ import annotations

from core import budget
from core.budget import PPM, Share
from core.db import db
from core.ledger import balance, post
from core.plugins import ask
from tests.settlement_world import County

LAST_MOMENT, MIDNIGHT = "2026-12-31T23:59:59", "2027-01-01T00:00"
JANUARY = "2027-01-15T09:00"


class TurningCounty(County):
    """The settlement's county with a budget officer, a second line and a pool on both."""

    def build(self):
        """Build the county, and a pool of 1,000.01 yuan on two lines."""
        super().build()
        with self.acting():
            self.budgeter = self.person("finance_budget", "预算甲")
            self.auditor = self.person("auditor", "审计戊")
            self.other_line = self.new_line("WEL")
            shares = [Share(self.line, PPM * 6 // 10), Share(self.other_line)]
            self.both = self.new_pool(shares, amount_fen=100_001)
        return self

    def pay(self, payee_id, amount_fen, *, pool_id=None, reference="R1"):
        """Owe an amount and have the bank pay it; return the journal that paid it."""
        self.owe(payee_id, amount_fen, pool_id=pool_id)
        number = self.batch()
        self.import_file(self.answer_of_bank(number, ("成功", reference, "")))
        return self.payments(number)[0]["claims"][0]["result_journal_id"]

    def rooms(self, line_id):
        """Return a line's rooms in fen, zeroes left out."""
        with self.reading():
            return {room: fen for room, fen in budget.rooms(line_id).items() if fen}

    def balance(self, kind, **owners):
        """Return a balance in fen."""
        with self.reading():
            return balance(kind, **owners)

    def release(self, amount_fen, *, pool_id=None):
        """Give uncharged money of a pool back to its lines."""
        with self.acting():
            pool = budget.lock_pool(pool_id or self.pool)
            moves = budget.release_moves(pool, amount_fen)
            post("fake.released", f"released:{next(self.numbers)}", moves)

    def carry(self, *, codes=None, **what):
        """Propose a carry-over and have it approved; return what was said."""
        fields = {"document": "望财预〔2027〕1号", **what}
        if codes:
            fields["codes"] = codes
        number = self.do("budget.carry_over", self.budgeter, **fields)["id"]
        return self.do("budget.approve_carry_over", self.approver, id=number)

    def close_year(self, year=2026):
        """Request the closing of a year and close it."""
        number = self.do("year.request_close", self.makers[0], year=year)["id"]
        return self.do("year.close", self.approver, id=number)

    def lines(self, year):
        """Return the numbers of a year's lines, by code."""
        with self.reading():
            query = db.select(budget.BudgetLine).filter_by(fiscal_year=year)
            return {line.code: line.id for line in db.session.scalars(query)}

    def findings(self):
        """Return where any check of the core finds something wrong."""
        with self.reading():
            return [
                f"{check.name}: {finding}"
                for check in ask("integrity_checks")
                if "封存" not in check.name
                for finding in check.run()
            ]
