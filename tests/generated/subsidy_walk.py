"""How subsidies come about, act by act: a scheme written, published, revised and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import factories
from tests.generated.leaks import ID_NUMBER
from tests.generated.procurement_walk import APPROVER, CLERK, on
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.generated.subsidy_applying_walk import applying
from tests.generated.subsidy_awards_walk import AwardsWalk
from tests.generated.subsidy_claims_walk import ClaimsWalk
from tests.generated.subsidy_guarantees_walk import GuaranteesWalk
from tests.generated.subsidy_loans_walk import LoansWalk
from tests.generated.subsidy_units_walk import units_and_relief
from tests.subsidy import scheme_world

if TYPE_CHECKING:
    from tests.generated.walk import Life


def subsidies(life: Life) -> Walk:
    """Yield every step of subsidies in an order in which each can succeed."""
    yield from SubsidyWalk(life).steps()
    yield from units_and_relief(life)
    yield from LoansWalk(life).steps()
    yield from GuaranteesWalk(life).steps()
    awards = AwardsWalk(life)
    yield from awards.steps()
    yield from ClaimsWalk(life).steps()
    yield from awards.closing()


class SubsidyWalk:
    """What the steps of subsidies remember of one another."""

    def __init__(self, life: Life) -> None:
        """File a plan that the scheme carries out."""
        self.life = life
        with life.app.app_context():
            self.line = factories.make_line(life.county, code="SUBSIDY", amount_fen=1_000_000)
            self.plan = scheme_world.make_plan(life.county, line=self.line)

    def steps(self) -> Walk:
        """Yield every step."""
        yield from on(scheme_world.WRITTEN, self._scheme())
        yield from applying(self.life, self.plan, self.line)
        self.life.pages |= {
            "subsidy_schemes": {"id": (self.scheme,), "step": ("submit",)},
            "subsidy_scheme_form": {"id": (self.draft,)},
            "subsidy_public": {"id": (self.scheme,)},
        }

    def _terms(self, **changes: object) -> Told:
        share = {"line_id": self.line, "share_ppm": 1_000_000}
        return scheme_world.written(self.life.county, funding=[share], **changes)

    def _scheme(self) -> Walk:
        fields = {"name": "实体书店奖励", "organisation_id": self.life.county.purchaser}
        fields |= {"purchase_id": self.plan, "terms": self._terms()}
        bad = fields | {"code": "BAD", "name": f"奖励 {ID_NUMBER}"}
        yield Step("scheme.create", CLERK, bad, refused=True)
        yield Step("scheme.create", CLERK, fields | {"code": "LATER"})
        self.draft = self.life.said["id"]
        yield Step("scheme.create", CLERK, fields | {"code": "BOOK"})
        self.scheme = self.life.said["id"]
        one = {"id": self.scheme}
        yield Step("scheme.submit", CLERK, one)
        yield Step("scheme.send_back", APPROVER, one | {"reason": "分档太粗"})
        revised = one | {"terms": self._terms(publicity_days=10)}
        yield Step("scheme.revise", CLERK, revised)
        yield Step("scheme.submit", CLERK, one)
        yield Step("scheme.publish", APPROVER, one)
        yield Step("scheme.list", "auditor", {"state": "published"})
        yield Step("scheme.show", "auditor", one)
        yield Step("public.schemes", ANYBODY)
        yield Step("public.scheme", ANYBODY, one)
        yield Step("public.support", ANYBODY, {"answers": {"org.trade": "书店"}})
        yield Step("scheme.close", APPROVER, one | {"reason": "资金用完"})
