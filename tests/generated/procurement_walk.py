"""How contracts come about, act by act: tendered, bid for, opened, evaluated, awarded."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from core import clock
from core.access import User
from core.db import db, transaction
from plugins.contract_outsourcing.models import BidOpening
from tests import factories
from tests.contract import awards_world, bids_world, tender_world
from tests.contract.evaluation_world import Evaluation
from tests.generated.steps import ANYBODY, Step, Told, Walk

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


def on(moment: str, steps: Walk) -> Walk:
    """Yield steps that are asked for at an instant."""
    with clock.frozen(moment):
        yield from steps


class Procurement:
    """What the steps of procurement remember of one another."""

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

    def procuring(self) -> Walk:
        """Yield every step up to the awards."""
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
        parties |= {"kind": "same_head", "document": "工商登记", "from_on": "2026-01-01"}
        yield Step("party.record_tie", FINANCE, parties)
        ended = {"id": self.said["id"], "ended_on": "2026-01-01", "reason": "登记有误"}
        yield Step("party.end_tie", "finance_approver", ended)
        yield Step("party.ties", FINANCE)
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
        yield Step("tender.prequalify", APPROVER, closed | {"until": "2026-06-30"})
        yield Step("public.prequalifications", ANYBODY)
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
        self.question = self.said["id"]
        answer = {"id": self.question, "answer": "可以。"}
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
