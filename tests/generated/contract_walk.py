"""The life of contracts, act by act: tendered, evaluated, signed, performed, paid, renewed.

It is lived in the spring and summer before the walk; every step is asked for on its own day.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from core import clock
from core.access import User
from core.db import db, transaction
from core.settlement import bank
from plugins.contract_outsourcing.models import BidOpening, Contract
from tests import factories
from tests.contract import awards_world, bids_world, contract_world, frameworks_world, tender_world
from tests.contract.evaluation_world import Evaluation
from tests.generated.leaks import ACCOUNT, ID_NUMBER, NAME, WRONG_ID
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.settlement_world import result_file

if TYPE_CHECKING:
    from tests.generated.walk import Life

CLERK, APPROVER, AGENT = "purchaser_clerk", "purchaser_approver", "procurement_agent"
MANAGER, SUPERVISOR, FINANCE, EXPERT = "provider_manager", "supervisor", "finance_maker", "expert"
CLOSES = "2026-03-10T09:30"
DIRECT = {
    "method": "single_source",
    "sheet": None,
    "closes_at": None,
    "reason_code": "only_source",
    "method_reason": "只有一家持有许可。",
    "competition": {"able_providers": 1, "is_comparable": False, "words": "只有一家能做。"},
}
MET = [{"line": "visits", "found": "met"}, {"line": "records", "found": "partly"}]


def contracts(life: Life) -> Walk:
    """Yield every step of contracts in an order in which each can succeed."""
    yield from ContractWalk(life).steps()


def on(moment: str, steps: Walk) -> Walk:
    """Yield steps that are asked for at an instant."""
    with clock.frozen(moment):
        yield from steps


class ContractWalk:
    """What the steps of contracts remember of one another."""

    def __init__(self, life: Life) -> None:
        """Give the county a line that everything here is bought from, and rivals."""
        self.life, self.county, self.app = life, life.county, life.app
        self.bids: list[int] = []
        with self.app.app_context():
            with clock.frozen(tender_world.PLANNED):
                self.line = factories.make_line(self.county, code="WALK", amount_fen=200_000_000)
            self.rivals = [bids_world.bidder(f"望城{place}号物业公司") for place in (1, 2)]

    @property
    def said(self) -> Told:
        """Return the last answer."""
        return self.life.said

    def steps(self) -> Walk:
        """Yield every step."""
        yield from on(tender_world.WRITTEN, self._experts())
        yield from on(tender_world.WRITTEN, self._writing())
        yield from on(tender_world.PUBLISHED, self._publishing())
        yield from on("2026-03-02T09:00", self._bidding())
        yield from on(CLOSES, self._opening())
        yield from on(CLOSES, self._failing())
        yield from on(CLOSES, self._evaluating())
        yield from on(CLOSES, self._low_bid())
        yield from on(CLOSES, self._awarding())
        yield from on(CLOSES, self._challenging())
        yield from on(CLOSES, self._next_award())
        yield from on(CLOSES, self._final_quotes())
        yield from self._direct()
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

    # --- tenders -------------------------------------------------------------------------------

    def _plan(self, amount_fen: int = 1_000_000, **changes: Any) -> int:
        with self.app.app_context():
            return tender_world.make_plan(
                self.county, amount_fen=amount_fen, line=self.line, **changes
            )

    def _experts(self) -> Walk:
        with self.app.app_context():
            self.panel = Evaluation(self.app, self.county)
            for _ in range(5):
                spare = self.panel.add_expert()
            with transaction(readonly=True):
                login = db.session.get_one(User, self.county.users[EXPERT]).login
        fields = {"login": login, "division_code": factories.COUNTY}
        yield Step("expert.add", FINANCE, fields | {"fields": ["物业"], "employer": "财经大学"})
        yield Step("expert.retire", FINANCE, {"id": spare, "reason": "退休"})
        tie = {"id": spare, "organisation_id": self.life.second, "kind": "employed"}
        yield Step("expert.record_tie", FINANCE, tie)
        parties = {"one_id": self.life.second, "other_id": self.county.purchaser}
        parties |= {"other_id": self.rivals[0].organisation_id}
        yield Step("party.record_tie", FINANCE, parties | {"kind": "same_head"})
        yield Step("expert.list", SUPERVISOR)

    def _writing(self) -> Walk:
        fields = tender_world.written(closes_at=CLOSES)
        yield Step("tender.create", CLERK, fields | {"purchase_id": self._plan()})
        self.tender = self.said["id"]
        one = {"id": self.tender}
        yield Step("tender.revise", CLERK, fields | one)
        yield Step("tender.submit", CLERK, one)
        yield Step("tender.send_back", APPROVER, one | {"reason": "需求不清"})
        yield Step("tender.submit", CLERK, one)
        invited = {"method": "invited_tender", "reason_code": "special_few"}
        invited |= {"method_reason": "只有三家有资质。"}
        closed = fields | invited | {"purchase_id": self._plan()}
        yield Step("tender.create", CLERK, closed)
        who = [self.county.provider, *[one.organisation_id for one in self.rivals]]
        closed = {"id": self.said["id"]}
        yield Step("tender.invite", CLERK, closed | {"candidate_ids": who, "count": 3})
        yield Step("tender.cancel", CLERK, closed | {"reason": "不再需要"})
        with self.app.app_context():
            self.empty = tender_world.submit_tender(self.county, self._plan(), closes_at=CLOSES)

    def _publishing(self) -> Walk:
        one = {"id": self.tender}
        for part, role in bids_world.HOLDERS.items():
            secret = {"part": part, "passphrase": bids_world.PASSPHRASES[part]}
            yield Step("tender.hold_key", role, one | secret)
        yield Step("tender.publish", APPROVER, one)
        with self.app.app_context():
            bids_world.hold(self.county, self.empty)
            factories.do("tender.publish", self.county.actor(APPROVER), id=self.empty)
        yield Step("tender.ask", "provider_clerk", one | {"words": "能否分期？"})
        answer = {"id": self.said["id"], "answer": "可以。"}
        yield Step("tender.answer", CLERK, answer)
        changed = {"words": "补充说明。", "affects_bids": False}
        yield Step("tender.amend", CLERK, one | changed)
        yield Step("notice.list", MANAGER)
        yield Step("notice.show", MANAGER, one)
        yield Step("public.tenders", ANYBODY)
        yield Step("public.tender", ANYBODY, one)

    # --- bids and their opening ----------------------------------------------------------------

    def _bid(self, price_fen: int) -> Told:
        content = base64.b64encode("方案".encode()).decode()
        bond = {"form": "guarantee", "issuer": "望城农商银行", "document": "保函1号"}
        return {"tender_id": self.tender} | bids_world.offer(
            price_fen,
            technical={"answers": {"plan": "逐项响应。", "team": "持证。"}},
            files=[{"name": "方案.txt", "content": content}],
            bond=bond | {"amount_fen": 10_000},
            small_firm=True,
        )

    def _bidding(self) -> Walk:
        own = {"tender_id": self.tender}
        yield Step("bid.tenders", MANAGER)
        for price_fen in (310_000, 305_000):  # the second replaces the first
            yield Step("bid.submit", MANAGER, self._bid(price_fen))
        yield Step("bid.withdraw", MANAGER, own)
        yield Step("bid.submit", MANAGER, self._bid(300_000))
        yield Step("bid.mine", MANAGER, own)
        with self.app.app_context():
            for who, price_fen in zip(self.rivals, (800_000, 850_000), strict=True):
                factories.do("bid.submit", who, **self._bid(price_fen))

    def _shares(self, number: int) -> Walk:
        for part in ("officer", SUPERVISOR):
            secret = {"id": number, "passphrase": bids_world.PASSPHRASES[part]}
            yield Step("opening.offer_share", bids_world.HOLDERS[part], secret)

    def _opening(self) -> Walk:
        one = {"id": self.tender}
        yield from self._shares(self.tender)
        yield Step("opening.list", SUPERVISOR)
        yield Step("opening.show", SUPERVISOR, one)
        yield Step("opening.open", SUPERVISOR, one)
        yield Step("public.openings", ANYBODY)
        yield Step("public.opening", ANYBODY, one)

    def _failing(self) -> Walk:
        """Nobody bid: it is returned, and tendered again."""
        yield Step("opening.return_bids", SUPERVISOR, {"id": self.empty})
        yield Step("tender.rerun", CLERK, {"id": self.empty})
        self.draft = self.said["id"]

    # --- the panel -----------------------------------------------------------------------------

    def _evaluating(self) -> Walk:
        one = {"id": self.tender}
        yield Step("panel.draw", CLERK, one | {"count": 5})
        with self.app.app_context():
            other = factories.make_user(APPROVER, self.county.purchaser, name="代表")
        yield Step("panel.add_representative", CLERK, one | {"user_id": other})
        gone = {"member_id": self.said["member_id"], "reason": "出差"}
        yield Step("panel.replace", CLERK, one | gone)
        yield Step("panel.mine", EXPERT)
        yield Step("panel.declare", EXPERT, one | {"confirms": True})
        yield Step("panel.work", EXPERT, one)
        self._prepare_panel(self.tender)
        bid, rest = self.panel.bids[0], self.panel.bids[1:]
        for condition in ("1", "2"):
            judged = {"bid_id": bid, "condition": condition, "passed": True}
            yield Step("panel.check", EXPERT, judged)
        with self.app.app_context():
            self.panel.bids = rest
            self.panel.check(self.others[0])
            self.panel.bids = [bid, *rest]
        points = {"plan": 4000, "team": 3000}
        scores = [{"indicator": key, "centipoints": got} for key, got in points.items()]
        for number in self.panel.bids:
            yield Step("panel.score", EXPERT, {"bid_id": number, "scores": scores})
        yield Step("panel.finish", EXPERT, one)
        with self.app.app_context():
            for who in self.others:
                for at in range(len(self.panel.bids)):
                    self.panel.score(who, at, 4000, 3000)
                self.panel.do("panel.finish", who, id=self.tender)
        yield Step("panel.show", APPROVER, one)
        yield Step("panel.procurements", APPROVER)
        for part in ("officer", SUPERVISOR):  # again, for the second envelopes
            secret = one | {"passphrase": bids_world.PASSPHRASES[part]}
            yield Step("opening.offer_share", bids_world.HOLDERS[part], secret)
        yield Step("opening.open_prices", SUPERVISOR, one)

    def _prepare_panel(self, tender: int) -> None:
        """Let the other members confirm; the bids stand in the order of their numbers."""
        self.panel.tender = tender
        with self.app.app_context():
            with transaction(readonly=True):
                query = db.select(BidOpening).filter_by(tender_id=tender)
                rows = sorted(db.session.scalars(query), key=self._own_first)
                self.panel.bids = [row.bid_id for row in rows]
            expert = self.county.users[EXPERT]
            self.others = [one for one in self.panel.members() if one.user_id != expert]
            for who in self.others:
                self.panel.do("panel.declare", who, id=tender, confirms=True)

    def _own_first(self, opening: BidOpening) -> tuple[bool, int]:
        return (opening.provider_id != self.county.provider, opening.bid_id)

    def _low_bid(self) -> Walk:
        one, bid = {"id": self.tender}, {"bid_id": self.panel.bids[0]}
        yield Step("panel.ask_explanation", EXPERT, one)
        yield Step("bid.explain", MANAGER, bid | {"words": "自有设备。"})
        judged = bid | {"accepted": True, "reason": "成立"}
        yield Step("panel.judge_low_bid", EXPERT, judged)
        yield Step("panel.report", EXPERT, one)
        yield Step("award.ranking", APPROVER, one)

    # --- awards and challenges -----------------------------------------------------------------

    def _awarding(self) -> Walk:
        one = {"id": self.tender}
        yield Step("award.decide", APPROVER, one)
        self.award = self.said["award_ids"][0]
        yield Step("award.publish", CLERK, one)
        yield Step("award.mine", MANAGER)
        yield Step("award.notices", ANYBODY)
        yield Step("award.notice", ANYBODY, one)

    def _challenging(self) -> Walk:
        about = {"tender_id": self.tender, "about": "result"}
        asked = about | {"kind": "enquiry", "words": "何时签约？"}
        yield Step("challenge.file", MANAGER, asked)
        yield Step("challenge.withdraw", MANAGER, {"id": self.said["id"], "reason": "已知"})
        yield Step("challenge.file", MANAGER, about | {"kind": "challenge", "words": "评分有误"})
        self.challenge = self.said["id"]
        answer = {"id": self.challenge, "words": "评分无误"}
        yield Step("challenge.answer", CLERK, answer)
        after = {"kind": "complaint", "words": "不服", "after_id": self.challenge}
        yield Step("challenge.file", MANAGER, about | after)
        one = {"id": self.said["id"]}
        yield Step("complaint.suspend", SUPERVISOR, one | {"days": 10})
        decided = {"words": "驳回", "upheld": False}
        yield Step("complaint.decide", SUPERVISOR, one | decided)
        yield Step("challenge.list", MANAGER)
        yield Step("challenge.show", MANAGER, {"id": self.challenge})

    def _next_award(self) -> Walk:
        one = {"id": self.tender}
        yield Step("award.decline", MANAGER, {"id": self.award, "reason": "人手不足"})
        yield Step("award.next", APPROVER, one)
        yield Step("award.publish", CLERK, one)
        barred = {"provider_id": self.rivals[1].organisation_id, "reason": "失信"}
        yield Step("exclusion.record", APPROVER, barred | {"from_on": "2026-03-10"})
        yield Step("exclusion.list", APPROVER)
        yield Step(
            "exclusion.lift", APPROVER, {"id": self.said["items"][0]["id"], "reason": "已改"}
        )

    def _final_quotes(self) -> Walk:
        with self.app.app_context():
            plan = awards_world.under_way(self.county, amount_fen=1_000_000, line=self.line)
            number = awards_world.tender(self.county, method="negotiation", purchase_id=plan)
            providers = [self.county.provider, *[one.organisation_id for one in self.rivals]]
            for provider, price_fen in zip(providers, (700_000, 800_000, 850_000), strict=True):
                awards_world.bid(number, provider, price_fen)
            self.panel.tender = number
            self.panel.draw(5)
            expert = self.county.actor(EXPERT)
            self.panel.do("panel.declare", expert, id=number, confirms=True)
        self._prepare_panel(number)
        with self.app.app_context():
            self.panel.check(expert)
        self.negotiated = number
        until = {"id": number, "until": "2026-03-10T17:00"}
        yield Step("panel.call_quotes", EXPERT, until)
        quote = {"bid_id": self.panel.bids[0], "price_fen": 690_000}
        yield Step("bid.quote", MANAGER, quote)

    def _direct(self) -> Walk:
        """One provider, without competition: made public, negotiated, awarded."""
        with self.app.app_context():
            fields = DIRECT | {"provider_id": self.county.provider}
            direct = tender_world.submit_tender(self.county, self._plan(), **fields)
        one = {"id": direct}
        yield from on("2026-02-10T10:00", iter([Step("tender.publicise", APPROVER, one)]))
        price = {"provider_id": self.county.provider, "price_fen": 800_000}
        price |= {"record": "协商一致。", "small_firm": True}
        with clock.frozen("2026-03-03T09:00"):
            yield Step("tender.negotiate", CLERK, one | price)
            yield Step("award.decide", APPROVER, one)
            self.direct = self.said["award_ids"][0]
            yield Step("award.publish", CLERK, one)

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
        yield Step("bond.call", APPROVER, called)
        ended = {"id": number, "reason": "停业", "call_bond": False}
        yield Step("contract.terminate", APPROVER, ended)

    # --- performance ---------------------------------------------------------------------------

    def _deliver(self, milestone: int) -> Step:
        day = {"delivered_on": clock.today().isoformat(), "words": "完成。"}
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
        yield Step("provider.credit", "auditor", {"provider_id": self.county.provider})
        yield Step("public.contracts", ANYBODY)

    def _remember_pages(self) -> None:
        """Say with which values the pages of contracts can be opened."""
        self.life.pages = {}
