"""The life of contracts, act by act: signed, changed, performed, paid, closed, renewed.

It is lived in the spring and summer before the walk; every step is asked for on its own day.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from core import clock
from core.db import db, transaction
from core.settlement import bank
from plugins.contract_outsourcing.models import BidFile, Contract, EvidenceFile
from tests import factories
from tests.contract import awards_world, contract_world, frameworks_world
from tests.generated.leaks import ACCOUNT, ID_NUMBER, NAME, WRONG_ID
from tests.generated.procurement_walk import APPROVER, CLERK, FINANCE, MANAGER, Procurement, on
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.settlement_world import result_file

if TYPE_CHECKING:
    from tests.generated.walk import Life


MET = [{"line": "visits", "found": "met"}, {"line": "records", "found": "partly"}]


def contracts(life: Life) -> Walk:
    """Yield every step of contracts in an order in which each can succeed."""
    yield from ContractWalk(life).steps()


class ContractWalk(Procurement):
    """What the steps of contracts remember of one another, beside what led to them."""

    def steps(self) -> Walk:
        """Yield every step."""
        yield from self.procuring()
        yield from on("2026-03-03T10:00", self._signing())
        yield from on("2026-03-05T10:00", self._changing())
        yield from on("2026-03-06T10:00", self._ending_others())
        yield from on("2026-04-20T10:00", self._performing())
        yield from on("2026-06-20T10:00", self._paying())
        yield from on("2026-06-30T10:00", self._tail())
        yield from on("2026-07-02T10:00", self._paying())
        yield from on("2026-07-02T12:00", self._closing())
        yield from self._frameworks()
        yield from self._reading()
        self._remember_pages()

    # --- contracts -----------------------------------------------------------------------------

    def _fields(self) -> Told:
        part = contract_world.part
        terms = contract_world.terms(
            milestones=[
                part("M1", "上半年服务", 8000, 2026, "2026-04-15"),
                part("T", "绩效尾款", 2000, 2026, "2026-06-30", kind="tail"),
            ],
            bond=contract_world.terms()["bond"] | {"amount_fen": 40_000},
            renewal={"most_times": 1, "min_centipoints": 8000},
        )
        return contract_world.fields(
            self.direct,
            terms=terms,
            starts_on="2026-03-05",
            ends_on="2026-06-30",
            value_fen=800_000,
            evaluator_id=self.county.finance,
        )

    def _signing(self) -> Walk:
        yield Step("contract.to_draft", CLERK)
        yield Step("contract.draft", CLERK, self._fields())
        yield Step("contract.cancel", APPROVER, {"id": self.said["id"], "reason": "有误"})
        yield Step("contract.draft", CLERK, self._fields())
        self.contract = self.said["id"]
        one = {"id": self.contract}
        revised = {key: value for key, value in self._fields().items() if key != "award_id"}
        yield Step("contract.revise", CLERK, revised | one)
        yield Step("contract.agree", APPROVER, one)
        yield Step("contract.send_back", APPROVER, one | {"reason": "条款不清"})
        yield Step("contract.agree", APPROVER, one)
        signed = one | {"text_hash": self.said["text_hash"]}
        for who in (MANAGER, APPROVER):
            yield Step("contract.sign", who, signed)
        yield Step("contract.publish", CLERK, one)
        yield Step("contract.file", "finance_budget", one)
        with self.app.app_context(), awards_world.acting():
            # Residents are heard of public services only.
            db.session.get_one(Contract, self.contract).is_public_service = True
        yield Step("contract.show", CLERK, one)
        self.milestones = [row["id"] for row in self.said["milestones"]]
        self.bond = self.said["bonds"][0]["id"]

    def _changing(self) -> Walk:
        one = {"id": self.contract}
        change = one | {"kind": "extension", "words": "延期。", "reason": "天气"}
        change |= {"changes": {"ends_on": "2026-07-31"}}
        yield Step("contract.amend", CLERK, change)
        yield Step("amendment.decline", MANAGER, {"id": self.said["id"], "reason": "不同意"})
        yield Step("contract.amend", CLERK, change)
        yield Step("amendment.approve", APPROVER, {"id": self.said["id"]})
        signed = {"id": self.said["id"], "text_hash": self.said["text_hash"]}
        for who in (MANAGER, APPROVER):
            yield Step("amendment.sign", who, signed)
        why = one | {"reason": "核查"}
        for verb in ("suspend", "resume"):
            yield Step(f"contract.{verb}", APPROVER, why)
        part = {"organisation_id": self.life.second, "words": "保洁", "amount_fen": 1_000}
        yield Step("contract.subcontract", MANAGER, one | part)
        yield Step("subcontract.decide", APPROVER, {"id": self.said["id"], "consent": True})
        asked = one | {"amount_fen": 1_000, "financier": "农商银行"}
        yield Step("receivable.ask", MANAGER, asked)
        yield Step("receivable.confirm", APPROVER, {"id": self.said["id"], "confirmed": True})
        yield Step("income.record", CLERK, why | {"amount_fen": 500})
        received = {"id": self.said["id"], "amount_fen": 500, "bank_reference": "R9"}
        yield Step("income.receive", FINANCE, received)

    def _ending_others(self) -> Walk:
        with self.app.app_context():
            plan = contract_world.plan(self.county, line=self.line)
            awarded = contract_world.award(self.county, purchase_id=plan)
            number = contract_world.signed_contract(self.county, awarded)
            found = factories.do("contract.show", self.county.actor(CLERK), id=number)
        called = {"id": found["bonds"][0]["id"], "reason": "停业"}
        yield Step("bond.call", CLERK, called)
        yield Step("ending.approve", APPROVER, {"id": self.said["id"]})
        ended = {"id": number, "reason": "停业", "call_bond": False}
        yield Step("contract.terminate", CLERK, ended)
        yield Step("ending.decline", APPROVER, {"id": self.said["id"], "reason": "再谈"})
        yield Step("contract.terminate", CLERK, ended)
        yield Step("ending.approve", APPROVER, {"id": self.said["id"]})

    # --- performance ---------------------------------------------------------------------------

    def _deliver(self, milestone: int) -> Step:
        file = {"name": "记录.pdf", "content": base64.b64encode(b"%PDF-1.7").decode()}
        day = {"delivered_on": clock.today().isoformat(), "words": "完成。", "files": [file]}
        return Step("milestone.deliver", MANAGER, {"id": milestone} | day)

    def _hear(self, milestone: int, *, delivered: bool) -> Walk:
        said = {"milestone_id": milestone, "delivered": delivered, "score": 95}
        yield Step("opinion.give", "resident", said | {"words": "来过"})

    def _performing(self) -> Walk:
        first = self.milestones[0]
        one = {"id": first}
        yield self._deliver(first)
        yield from self._hear(first, delivered=False)
        yield Step("opinion.answer", "accepter", {"id": self.said["id"], "answer": "已核实"})
        desk = {"resident_id": self.county.residents[1], "way": "telephone", "delivered": True}
        yield Step("opinion.record", CLERK, {"milestone_id": first} | desk)
        yield Step("opinion.mine", "resident")
        yield from self._deducting(first)
        recorded = Step("acceptance.record", "accepter", one | {"results": MET})
        yield recorded
        yield Step("acceptance.send_back", APPROVER, one | {"reason": "再看"})
        yield recorded
        yield Step("acceptance.refuse", APPROVER, one | {"reason": "缺记录"})
        yield self._deliver(first)
        yield recorded
        yield Step("acceptance.approve", APPROVER, one)
        yield Step("milestone.list", MANAGER, {"contract_id": self.contract})
        yield Step("milestone.show", MANAGER, one)
        yield Step("acceptance.results", ANYBODY)

    def _deducting(self, milestone: int) -> Walk:
        missed = {"milestone_id": milestone, "kind": "quality", "evidence": "缺一次"}
        missed |= {"clause": "missed", "units": 1}
        yield Step("deduction.propose", "accepter", missed)
        one = {"id": self.said["id"]}
        yield Step("deduction.state", MANAGER, one | {"words": "已补"})
        yield Step("deduction.drop", APPROVER, one | {"reason": "已补"})
        yield Step("deduction.propose", "accepter", missed)
        self.deduction = self.said["id"]
        yield Step("deduction.state", MANAGER, {"id": self.deduction, "words": "无异议"})
        yield Step("deduction.decide", APPROVER, {"id": self.deduction, "reason": "属实"})

    def _paying(self) -> Walk:
        """Pay what is owed; by June late, so that interest follows."""
        yield Step("arrears.list", ANYBODY)
        yield Step("settlement.run", FINANCE)
        one = {"id": self.said["id"]}
        yield Step("settlement.approve", "finance_approver", one)
        yield Step("settlement.batch", "auditor", one)
        payments = self.said["payments"]
        yield Step("payment.export", "treasurer", one)
        rows = []
        for at, payment in enumerate(payments, start=1):
            total = f"{payment['amount_fen'] / 100:.2f}"
            order = [str(at), payment["end_to_end_id"], "望城区育才学校", ACCOUNT, "农商行", total]
            row = [*order, "", "成功", f"C{one['id']}-{at}", ""]
            assert len(row) == len(bank.ORDER_COLUMNS) + 3
            rows.append(row)
        content = base64.b64encode(result_file(rows)).decode()
        file = {"filename": f"c{one['id']}.csv", "content": content}
        yield Step("payment.import_result", "treasurer", file)

    def _tail(self) -> Walk:
        one, tail = {"id": self.contract}, self.milestones[1]
        score = one | {"centipoints": 9500}
        yield Step("contract.score", CLERK, score | {"side": "purchaser"})
        yield Step("contract.score", CLERK, one | {"side": "recipients"})
        yield Step("contract.evaluate", "evaluator", score)
        yield self._deliver(tail)
        yield from self._hear(tail, delivered=True)
        recorded = {"id": tail, "results": MET}
        yield Step("acceptance.record", "accepter", recorded)
        yield Step("acceptance.approve", APPROVER, {"id": tail})

    def _closing(self) -> Walk:
        one = {"id": self.contract}
        yield Step("contract.complete", APPROVER, one)
        yield Step("bond.return", APPROVER, {"id": self.bond, "reason": "期满"})
        yield Step("contract.close", APPROVER, one)
        part = contract_world.part("M1", "全部服务", 10_000, 2026, "2026-12-15")
        renewed = {"ends_on": "2026-12-31", "milestones": [part], "purchase_id": self._renewing()}
        yield Step("contract.renew", CLERK, one | renewed)
        yield Step("arrears.late_payments", APPROVER)

    def _renewing(self) -> int:
        with self.app.app_context():
            return awards_world.under_way(self.county, amount_fen=1_000_000, line=self.line)

    # --- frameworks ----------------------------------------------------------------------------

    def _frameworks(self) -> Walk:
        with self.app.app_context():
            plan = awards_world.under_way(self.county, amount_fen=30_000_000, line=self.line)
            awarded = awards_world.published_award(
                self.county, self.county.provider, 30_000_000, purchase_id=plan, method="framework"
            )
            terms = {
                "unit_prices": [frameworks_world.MEAL],
                "ceiling_fen": 30_000_000,
                "overclaim_tolerance_ppm": 20_000,
                "funding": [{"line_id": self.line}],
            }
            self.framework = contract_world.signed_contract(
                self.county, awarded, name="助餐框架协议", terms=terms, value_fen=0
            )
        yield from on("2026-08-03T09:00", self._ordering())
        yield from on("2026-09-01T09:00", self._settling())

    def _ordering(self) -> Walk:
        meals = {"contract_id": self.framework, "service": "meal", "period": "2026-08"}
        order = meals | {"quantity": 20}
        yield Step("order.quote", CLERK, order)
        yield Step("order.place", CLERK, order)
        yield Step("order.cancel", CLERK, {"id": self.said["id"], "reason": "数量不对"})
        yield Step("order.place", CLERK, order)
        self.order = self.said["id"]
        meal = {"contract_id": self.framework, "service": "meal", "sitting": "lunch"}
        for wrong in (WRONG_ID, f"{ID_NUMBER}x"):
            yield Step(
                "delivery.record", "provider_clerk", meal | {"id_number": wrong}, refused=True
            )
        yield Step("delivery.record", "provider_clerk", meal | {"id_number": ID_NUMBER})
        for refused, number in ((True, f"{NAME}{WRONG_ID}"), (False, ID_NUMBER)):
            text = f"居民身份证号,餐次,日期\n{number},午餐,1-3"
            content = frameworks_world.coded(text)
            sheet = meals | {"filename": "签到表.csv", "content": content}
            yield Step("delivery.import", "provider_clerk", sheet, refused=refused)

    def _settling(self) -> Walk:
        claim = {"id": self.order, "quantity": 3}
        yield Step("order.claim", MANAGER, claim)
        yield Step("order.send_back", APPROVER, {"id": self.order, "reason": "核对"})
        yield Step("order.claim", MANAGER, claim)
        yield Step("order.settle", APPROVER, {"id": self.order})
        months = {"contract_id": self.framework, "period": "2026-08"}
        yield Step("delivery.list", CLERK, months)
        yield Step("order.show", CLERK, {"id": self.order})
        yield Step("framework.list", CLERK)
        yield Step("framework.show", CLERK, {"id": self.framework})
        yield Step("framework.bands", CLERK, {"id": self.framework})

    # --- reading -------------------------------------------------------------------------------

    def _reading(self) -> Walk:
        yield Step("tender.list", "auditor")
        yield Step("tender.show", "auditor", {"id": self.tender})
        yield Step("contract.list", "auditor")
        yield Step("case.show", MANAGER, {"id": self._case()})
        yield Step("public.case", ANYBODY, {"id": self.tender})
        yield Step("due.list", MANAGER)
        yield Step("provider.credit", "auditor", {"provider_id": self.county.provider})
        yield Step("public.contracts", ANYBODY)

    def _case(self) -> int:
        """Return the tender from which the contract came."""
        with self.app.app_context(), transaction(readonly=True):
            found: int = db.session.get_one(Contract, self.contract).tender_id
        return found

    def _remember_pages(self) -> None:
        """Say with which values the pages of contracts can be opened."""
        with self.app.app_context(), transaction(readonly=True):
            file = db.session.scalars(db.select(BidFile.id).order_by(BidFile.id)).first()
            milestone = self.milestones[0]
            kept = db.select(EvidenceFile.id).filter_by(milestone_id=milestone)
            shown = db.session.scalars(kept.order_by(EvidenceFile.id)).first()
        tender, framework = {"id": (self.tender,)}, {"id": (self.framework,)}
        self.life.pages |= {
            "contract_tenders": tender | {"step": ("submit",)},
            "contract_tenders.edit": {"id": (self.draft,)},
            "contract_tenders.questions": {"id": (self.question,)},
            "contract_notices": tender,
            "contract_openings": tender | {"file_id": (file,)},
            "contract_bids": tender,
            "contract_panels": tender | {"bid": (self.panel.bids[0],), "step": ("finish",)},
            "contract_awards": tender | {"step": ("publish",)},
            "contract_awards.challenge": {"id": (self.challenge,)},
            "contract_milestones": {
                "id": (milestone,),
                "deduction": (self.deduction,),
                "file_id": (shown,),
            },
            "contract_opinions": {"milestone": (milestone,), "id": (1,)},
            "contract_frameworks": framework,
            "contract_public": tender,
            "contract_cases": {"id": (self._case(), self.tender)},
            "contract_cases.of_award": {"id": (self.direct,)},
            "contract_contracts": {"id": (self.contract,), "award": (self.direct,)},
            "contract_contracts.credit": {"id": (self.county.provider,)},
        }
        orders = ("order", "cancel", "claim", "send_back", "settle")
        self.life.pages |= {f"contract_frameworks.{name}": {"id": (self.order,)} for name in orders}
