"""How guarantees are supported, act by act: a company named, a guarantee, its fee, its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import clock
from tests import factories
from tests.generated.leaks import ID_NUMBER, WRONG_ID
from tests.generated.procurement_walk import APPROVER, CLERK, FINANCE, MANAGER, on
from tests.generated.steps import Step, Walk
from tests.subsidy import guarantee_world, scheme_world

if TYPE_CHECKING:
    from tests.generated.walk import Life

SECOND = "finance_approver"


class GuaranteesWalk:
    """What the steps of guarantees remember of one another."""

    def __init__(self, life: Life) -> None:
        """Publish a scheme for fees and a pool, each on a plan and a line of its own."""
        self.life = life
        with life.app.app_context():
            self.fees = self._publish("GFEE", guarantee_world.FEE)
            self.pool = self._publish("GPOOL", guarantee_world.POOL | {"waiting_days": 0})

    def _publish(self, code: str, terms: dict[str, object]) -> int:
        county = self.life.county
        line = factories.make_line(county, code=code, amount_fen=1_000_000)
        plan = scheme_world.make_plan(county, line=line)
        with clock.frozen(scheme_world.WRITTEN):
            share = [{"line_id": line, "share_ppm": 1_000_000}]
            return scheme_world.publish_scheme(county, plan, funding=share, **terms)

    def steps(self) -> Walk:
        """Yield every step."""
        yield from on("2026-02-10T10:00", self._guarantor())
        yield from on("2026-02-10T11:00", self._guarantee())
        yield from on("2026-02-10T12:00", self._loss())
        yield from on("2026-02-10T13:00", self._end())
        self.life.pages |= {
            "subsidy_guarantors": {"id": (self.guarantor,), "step": ("end",)},
            "subsidy_guarantees": {"id": (self.guarantee,), "step": ("end",)},
        }

    def _guarantor(self) -> Walk:
        figures = guarantee_world.FIGURES
        fields = {"organisation_id": self.life.county.provider, "licence_no": "湘融担001"}
        bad = {"licence_no": f"湘融担 {ID_NUMBER}"}
        yield Step("guarantor.name", FINANCE, fields | figures | bad, refused=True)
        yield Step("guarantor.name", FINANCE, fields | figures)
        ended = {"id": self.life.said["id"], "reason": "许可证号写错"}
        yield Step("guarantor.end", SECOND, ended)
        yield Step("guarantor.name", FINANCE, fields | figures)
        self.guarantor = self.life.said["id"]
        one = {"id": self.guarantor}
        yield Step("guarantor.approve", SECOND, one)
        yield Step("guarantor.report", FINANCE, one | figures | {"as_of": "2026-01-31"})
        yield Step("guarantor.approve", SECOND, one)
        yield Step("guarantor.list", MANAGER)
        yield Step("guarantor.show", "auditor", one)

    def _guarantee(self) -> Walk:
        given = {
            "guarantor_id": self.guarantor,
            "fee_scheme_id": self.fees,
            "pool_scheme_id": self.pool,
            "bank": "望城农商行",
            "loan_number": "DK-1",
            "principal_fen": 10_000_000,
            "guaranteed_fen": 10_000_000,
            "from_on": "2025-01-01",
            "due_on": "2026-01-01",
        }
        yield Step("guarantee.register", MANAGER, given | {"id_number": WRONG_ID}, refused=True)
        yield Step("guarantee.register", MANAGER, given | {"id_number": ID_NUMBER})
        self.guarantee = self.life.said["id"]
        one = {"id": self.guarantee}
        paid = {"on": "2025-06-01", "amount_fen": 1_000_000, "document": "还款凭证"}
        yield Step("guarantee.repay", MANAGER, one | paid)
        yield Step("guarantee.pay_fee", MANAGER, one | paid | {"document": "发票"})
        period = {"period_from": "2025-01-01", "period_to": "2025-12-31"}
        yield Step("guarantee.claim_fee", MANAGER, one | period)
        yield Step("claim.withdraw", MANAGER, {"id": self.life.said["id"], "reason": "期间写错"})
        yield Step("guarantee.list", "auditor")

    def _loss(self) -> Walk:
        one = {"id": self.guarantee}
        paid = {"paid_fen": 100_000, "paid_on": "2026-02-01", "document": "代偿凭证"}
        yield Step("guarantee.claim_loss", MANAGER, one | paid)
        claim = {"id": self.life.said["id"]}
        yield Step("claim.check", CLERK, claim)
        yield Step("claim.approve", APPROVER, claim)
        back = {"on": "2026-02-10", "amount_fen": 100_000, "document": "追偿回单"}
        yield Step("guarantee.recover", MANAGER, one | back)
        yield Step("guarantee.show", "auditor", one)

    def _end(self) -> Walk:
        given = {
            "guarantor_id": self.guarantor,
            "fee_scheme_id": self.fees,
            "id_number": ID_NUMBER,
            "bank": "望城农商行",
            "loan_number": "DK-2",
            "principal_fen": 1_000_000,
            "guaranteed_fen": 1_000_000,
            "from_on": "2026-02-01",
            "due_on": "2027-02-01",
        }
        yield Step("guarantee.register", MANAGER, given)
        ended = {"id": self.life.said["id"], "on": "2026-02-10", "reason": "贷款已还清"}
        yield Step("guarantee.end", MANAGER, ended)
