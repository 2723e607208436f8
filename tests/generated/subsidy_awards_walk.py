"""How an award comes about, act by act: scored, public, objected to, signed, kept, broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import clock
from tests import factories
from tests.generated.leaks import ID_NUMBER
from tests.generated.procurement_walk import APPROVER, CLERK, MANAGER, on
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.subsidy import applying_world, award_world, scheme_world

if TYPE_CHECKING:
    from tests.generated.walk import Life

CLOSED = "2026-05-21T09:00"
TERMS: dict[str, Any] = award_world.TERMS | {
    "combines": True,
    "weights": [
        {"party": "purchaser", "weight_bp": 5_000},
        {"party": "recipients", "weight_bp": 5_000},
    ],
}


class AwardsWalk:
    """What the steps of awards remember of one another."""

    def __init__(self, life: Life) -> None:
        """Let the county's provider apply in two schemes, and another shop in the first."""
        self.life = life
        county = life.county
        with life.app.app_context():
            self.line = factories.make_line(county, code="AWARD", amount_fen=2_000_000)
            plan = scheme_world.make_plan(county, line=self.line)
            whole = {"instalments": [{"share_bp": 10_000}], "evidence": applying_world.EVIDENCE}
            self.once = self._publish(plan, **whole, duty_from=None, duty_months=None)
            parts = [{"share_bp": 6_000}, {"share_bp": 4_000}]
            self.twice = self._publish(plan, instalments=parts, duty_from="2026-05-01")
            for scheme in (self.once, self.twice):
                applying_world.apply(county, scheme, declared={})
            _shop, owner = applying_world.shop(county)
            applying_world.apply(county, self.once, owner, declared={})

    @property
    def said(self) -> Told:
        """Return the last answer."""
        return self.life.said

    def steps(self) -> Walk:
        """Yield every step up to what is then paid with all other claims."""
        yield from on(award_world.SCORED, self._scored())
        yield from on(award_world.PUBLICISED, self._public())
        yield from on(award_world.ENDED, self._ended())
        yield from on(award_world.SIGNED, self._signed())
        yield from on(award_world.SIGNED, self._broken())
        self.life.pages |= {
            "subsidy_rounds": {"id": (self.round,), "step": ("approve",)},
            "subsidy_scoring": {
                "id": (self.result,),
                "party": ("purchaser",),
                "objection": (self.objection,),
            },
            "subsidy_scoring.paper": {"id": (self.paper,)},
            "subsidy_results": {"id": (self.result,)},
            "subsidy_awards": {"id": (self.round,)},
            "subsidy_grants": {"id": (self.kept,), "step": ("check", "break", "answer")},
        }

    def closing(self) -> Walk:
        """Yield what follows once the award was paid."""
        yield from on(CLOSED, iter([Step("grant.close", CLERK, {"id": self.kept})]))

    def _publish(self, plan: int, **changes: Any) -> int:
        funding = [{"line_id": self.line, "share_ppm": 1_000_000}]
        with clock.frozen(applying_world.PUBLISHED):
            return scheme_world.publish_scheme(
                self.life.county, plan, **TERMS | {"funding": funding} | changes
            )

    def _score(self, result: int, points: int) -> Walk:
        own = {"id": result, "party": "purchaser", "centipoints": points}
        yield Step("result.score", CLERK, own)
        readers = own | {"party": "recipients", "answers": 40, "document": "读者问卷"}
        yield Step("result.score", CLERK, readers)

    def _scored(self) -> Walk:
        yield Step("result.open", CLERK, {"scheme_id": self.twice})
        self.second = self.said["id"]
        yield Step("result.round", CLERK, {"id": self.second})
        self.lost = self.said["results"][0]["id"]
        yield from self._score(self.lost, 7_500)
        yield Step("result.open", CLERK, {"scheme_id": self.once})
        self.round = self.said["id"]
        yield Step("result.list", "auditor")
        yield Step("result.round", CLERK, {"id": self.round})
        self.result, other = (one["id"] for one in self.said["results"])
        yield from self._score(self.result, 7_500)
        verified = {"id": self.result, "investment_fen": 5_000_000, "document": "审计报告"}
        yield Step("result.verify", CLERK, verified)
        bad = {"id": other, "reason": f"失信人 {ID_NUMBER}"}
        yield Step("result.veto", APPROVER, bad, refused=True)
        yield Step("result.veto", APPROVER, {"id": other, "reason": "列入严重失信名单"})
        yield Step("result.show", CLERK, {"id": self.result})
        self.paper = self.said["papers"][0]["id"]
        yield Step("result.paper", CLERK, {"id": self.paper})

    def _public(self) -> Walk:
        yield Step("result.publicise", APPROVER, {"id": self.second})
        yield Step("result.publicise", APPROVER, {"id": self.round})
        yield Step("public.results", ANYBODY)
        yield Step("public.result", ANYBODY, {"id": self.round})
        bad = {"id": self.result, "words": f"我是 {ID_NUMBER}"}
        yield Step("result.object", MANAGER, bad, refused=True)
        yield Step("result.object", MANAGER, {"id": self.result, "words": "漏计一份问卷"})
        self.objection = self.said["id"]
        decided = {"id": self.objection, "upheld": True, "about": "recipients", "reason": "属实"}
        yield Step("result.decide_objection", APPROVER, decided)
        right = {"id": self.objection, "centipoints": 7_600, "answers": 41}
        right |= {"document": "读者问卷", "reason": "补计一份"}
        yield Step("result.correct", CLERK, right)
        yield Step("result.mine", MANAGER)
        yield Step("result.own", MANAGER, {"id": self.result})

    def _ended(self) -> Walk:
        for number in (self.second, self.round):
            yield Step("result.conclude", CLERK, {"id": number})
        one = {"id": self.round}
        yield Step("result.send_back", APPROVER, one | {"reason": "再核一遍"})
        yield Step("result.conclude", CLERK, one)
        for number in (self.second, self.round):
            yield Step("result.approve", APPROVER, {"id": number})

    def _signed(self) -> Walk:
        kept = []
        for result in (self.result, self.lost):
            yield Step("grant.offer", MANAGER, {"id": result})
            signed = {"id": result, "text_hash": self.said["text_hash"]}
            yield Step("grant.sign", MANAGER, signed)
            kept.append(self.said["id"])
        self.kept, self.gone = kept
        yield Step("grant.list", "auditor", {"state": "due"})
        yield Step("grant.show", MANAGER, {"id": self.kept})

    def _broken(self) -> Walk:
        one = {"id": self.gone}
        yield Step("grant.check", CLERK, one | {"instalment": 2, "document": "核查表"})
        broken = one | {"closed_from": "2026-05-02", "reason": "停业"}
        yield Step("grant.break_duty", CLERK, broken)
        yield Step("grant.drop_breach", APPROVER, one | {"reason": "只是装修"})
        yield Step("grant.break_duty", CLERK, broken)
        bad = one | {"statement": f"我是 {ID_NUMBER}"}
        yield Step("grant.answer", MANAGER, bad, refused=True)
        yield Step("grant.answer", MANAGER, one | {"statement": "房租到期"})
        yield Step("grant.decide_breach", APPROVER, one | {"reason": "属实"})
