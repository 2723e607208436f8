"""A small county for settlement's tests: a line, a pool, three providers, people, a fake form."""

from __future__ import annotations

import base64
import itertools
import threading
from contextlib import contextmanager
from datetime import timedelta

from core import access, acts, audit, budget, clock, parties, people
from core.db import db, transaction
from core.divisions import add_division
from core.files import csv_stream, read_table
from core.hookspecs import hookimpl
from core.ledger import EntryKind, Move, Owner, balance, post
from core.purchasers import OrganisationKind
from core.settlement import CHECKS, Claim, bank
from core.settlement.models import Payment


class FakeForm:
    """A form of purchase that only delivers: it owes what it is told to and claims it."""

    def __init__(self):
        self.claims = {}
        self.settled = []

    @hookimpl
    def register_entry_kinds(self):
        pairs = (("pool.uncharged", "pool.charged"), ("fin.expense", "fin.payable"))
        return [
            EntryKind("fake.reserved", "预留", budget.RESERVE_PAIRS),
            EntryKind("fake.committed", "承诺", budget.COMMIT_PAIRS),
            EntryKind("fake.released", "释放", budget.RELEASE_PAIRS),
            EntryKind(
                "fake.returned", "退回", (*budget.ROOM_PAIRS, *(pair[::-1] for pair in pairs))
            ),
            EntryKind("fake.delivered", "交付", (*budget.ROOM_PAIRS, *pairs)),
        ]

    @hookimpl
    def settlement_claims(self, until):
        paid = {claim.source for claim, _journal in self.settled}
        return [
            claim
            for source, (claim, agreed_at) in self.claims.items()
            if source not in paid and agreed_at <= until
        ]

    @hookimpl
    def claim_settled(self, claim, journal_id):
        self.settled.append((claim, journal_id))


class County:
    """What a test needs to act as someone, and to read the books."""

    def __init__(self, make_app):
        self.form = FakeForm()
        self.app = make_app(plugins_given=[self.form])
        self.numbers = itertools.count(1)

    def build(self):
        """Record divisions, people, providers with verified accounts, lines and their pools."""
        with self.acting("build"):
            add_division("430000", "湖南省")
            add_division("430100", "长沙市", parent="430000")
            add_division("430112", "望城区", parent="430100")
            add_division("430104", "岳麓区", parent="430100")
            self.purchaser = self.organisation("purchaser", "区教育局")
            self.schools = [self.payee(f"第{n}学校") for n in ("一", "二", "三")]
            self.makers = [self.person("finance_maker", f"经办{n}") for n in "甲乙"]
            self.approver = self.person("finance_approver", "复核丙")
            self.treasurer = self.person("treasurer", "出纳丁")
            self.stranger = self.person("finance_maker", "外区经办", "430104")
            self.stranger_treasurer = self.person("treasurer", "外区出纳", "430104")
            self.manager = self.person("provider_manager", "校长", organisation_id=self.schools[0])
            self.line = self.new_line("EDU")
            self.pool = self.new_pool([budget.Share(self.line)])
        return self

    @contextmanager
    def acting(self, action="test"):
        """Open a writing act of the system."""
        act = audit.Acting(action, None, "系统")
        with self.app.app_context(), transaction(), audit.acting(act):
            yield access.system()
            row = audit.entry(act, outcome=audit.ACCEPTED, status=200)
            db.session.execute(db.insert(audit.AuditEntry).values(row))

    @contextmanager
    def reading(self):
        """Open a reading transaction."""
        with self.app.app_context(), transaction(readonly=True):
            yield

    def organisation(self, kind, name):
        """Register an organisation and return its number."""
        party = parties.Party(kind="organisation")
        db.session.add(party)
        db.session.flush()
        db.session.add(
            parties.Organisation(
                id=party.id,
                credit_code=f"TEST{party.id}",
                name=name,
                kind=kind,
                division_code="430112",
                tags=" ",
            )
        )
        db.session.flush()
        db.session.add(
            OrganisationKind(
                organisation_id=party.id,
                legal_kind="administrative_organ" if kind == "purchaser" else "enterprise",
                civil_servant_law=False,
                administrative_functions=False,
                administrative_staffing=False,
                budget_funded=False,
                credit_code=f"TEST{party.id}",
                from_on=clock.FIRST_DAY,
                document="登记证书",
                recorded_at=clock.now(),
            )
        )
        db.session.flush()
        return party.id

    def payee(self, name, *, verified=True):
        """Register a provider with a bank account."""
        number = self.organisation("provider", name)
        self.account(number, name, verified=verified)
        return number

    def account(self, payee_id, name, *, verified=True):
        """Record a bank account, verified unless said otherwise."""
        added = parties.add_bank_account(
            access.system(),
            organisation_id=payee_id,
            bank="望城农商行",
            holder=name,
            number=f"6222021901{next(self.numbers):08d}",
        )
        if verified:
            parties.verify_bank_account(access.system(), id=added["id"])

    def person(self, role, name, division_code="430112", organisation_id=None):
        """Create a user with a role and return its actor."""
        login = f"user{next(self.numbers)}"
        user = people.create_user(access.system(), login=login, name=name)
        grant = access.RoleGrant(
            user_id=user["id"],
            role=role,
            organisation_id=organisation_id,
            division_code=division_code,
            from_on=clock.today() - timedelta(days=900),
        )
        db.session.add(grant)
        db.session.flush()
        return access.Actor(user["id"], name, access.grants_of(user["id"]))

    def new_line(self, code, year=2026):
        """Appropriate a line of 30,000 yuan."""
        return budget.appropriate(
            access.system(),
            code=code,
            name=code,
            fiscal_year=year,
            organisation_id=self.purchaser,
            function_code="2050299",
            economic_code="30299",
            document="望财教〔2026〕1号",
            amount_fen=3_000_000,
        )["id"]

    def new_pool(self, shares, amount_fen=2_900_000):
        """Open a pool and commit money to it."""
        source = f"pool:{next(self.numbers)}"
        pool = budget.open_pool("fake", source, name="教育券", shares=shares)
        post("fake.committed", source, budget.commit_moves(pool, amount_fen))
        return pool.id

    def owe(self, payee_id, amount_fen, *, pool_id=None, agreed_at=None):
        """Deliver and accept: the amount is charged, accrued, payable and claimed."""
        source = f"statement:{next(self.numbers)}"
        with self.acting():
            pool = budget.lock_pool(pool_id or self.pool)
            moves = [
                Move(
                    Owner("pool.uncharged", pool_id=pool.id),
                    Owner("pool.charged", pool_id=pool.id),
                    amount_fen,
                ),
                Move(
                    Owner("fin.expense", pool_id=pool.id),
                    Owner("fin.payable", pool_id=pool.id, party_id=payee_id),
                    amount_fen,
                ),
                *budget.accrue_moves(pool, amount_fen),
            ]
            post("fake.delivered", source, moves)
            claim = Claim(
                "fake", source, payee_id, pool.id, amount_fen, "9月对账单", {"source": source}
            )
            self.form.claims[source] = (claim, agreed_at or clock.now())
        return claim

    def perform(self, operation_id, actor, key=None, **fields):
        """Perform an act and return its answer, refused or not."""
        with self.app.app_context():
            return acts.perform(operation_id, fields, actor=actor, key=key)

    def do(self, operation_id, actor, **fields):
        """Perform an act that is accepted and return its body."""
        answer = self.perform(operation_id, actor, **fields)
        assert not answer.refused, answer.body
        return answer.body

    def refused(self, operation_id, actor, **fields):
        """Perform an act that is refused and return the code."""
        answer = self.perform(operation_id, actor, **fields)
        assert answer.refused, answer.body
        return answer.body["code"]

    def batch(self, step="exported"):
        """Take a batch of all open claims to a step and return its number."""
        number = self.do("settlement.run", self.makers[0])["id"]
        if step != "draft":
            self.do("settlement.approve", self.approver, id=number)
        if step == "exported":
            self.do("payment.export", self.treasurer, id=number)
        return number

    def payments(self, batch_id):
        """Return what a batch pays, as its screen shows it."""
        return self.do("settlement.batch", self.approver, id=batch_id)["payments"]

    def answer_of_bank(self, batch_id, *outcomes):
        """Return the bank's file for a batch: per payment (result, reference, reason)."""
        file = self.do("payment.export", self.treasurer, id=batch_id)
        rows = read_table(base64.b64decode(file["content_base64"]), "order.csv")[:-1]
        said = [
            [*row.values.values(), *outcome] for row, outcome in zip(rows, outcomes, strict=True)
        ]
        return result_file(said)

    def import_file(self, data, actor=None):
        """Import a bank's result file and return the answer."""
        return self.do(
            "payment.import_result",
            actor or self.treasurer,
            filename="result.csv",
            content=base64.b64encode(data).decode(),
        )

    def books(self, **owners):
        """Return the financial book and the line's rooms in fen, zeroes left out."""
        with self.reading():
            kinds = ("expense", "payable", "in_transit", "treasury", "receivable")
            found = {kind: balance(f"fin.{kind}", **owners) for kind in kinds}
            if not owners:
                found |= budget.rooms(self.line)
                del found["approved"]
        return {kind: fen for kind, fen in found.items() if fen}

    def findings(self):
        """Return where settlement's checks find something wrong."""
        with self.reading():
            return [finding.where for check in CHECKS for finding in check.run()]

    def payment_rows(self):
        """Return state and attempt of every payment."""
        with self.reading():
            rows = db.session.execute(
                db.select(Payment.state, Payment.attempt).order_by(Payment.id)
            )
            return [tuple(row) for row in rows]


def result_file(rows):
    """Write a bank's result file: the payment file's columns and three more."""
    columns = (*bank.ORDER_COLUMNS, bank.RESULT, bank.REFERENCE, bank.REASON)
    return b"".join(csv_stream(columns, rows))


def result_row(number, yuan, *outcome):
    """Return one line of a bank's result file."""
    return ["1", number, "", "", "", yuan, "", *outcome]


def together(*calls):
    """Run calls at the same time, each in a thread of its own, and return their answers."""
    moment, gate, answers = clock.now(), threading.Barrier(len(calls)), []

    def run(call):
        with clock.frozen(moment):
            gate.wait()
            answers.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(calls)
    return answers
