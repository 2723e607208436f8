"""How any claim goes on, act by act: withdrawn, refused, approved, paid, and recovered in part."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from core import clock
from core.settlement import bank
from tests.generated.leaks import ACCOUNT, ID_NUMBER
from tests.generated.procurement_walk import APPROVER, CLERK, FINANCE, MANAGER, on
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.settlement_world import result_file
from tests.subsidy import units_world as units

if TYPE_CHECKING:
    from tests.generated.walk import Life

PAID = "2026-05-20T10:00"


class ClaimsWalk:
    """What the steps remember of one another."""

    def __init__(self, life: Life) -> None:
        """Publish a scheme without an envelope and find the county's provider eligible."""
        self.life = life
        with life.app.app_context(), clock.frozen(units.CLAIMED):
            scheme = units.nursing(life.county, combines=True)
            self.home = units.eligible(life.county, scheme)

    @property
    def said(self) -> Told:
        """Return the last answer."""
        return self.life.said

    def steps(self) -> Walk:
        """Yield every step."""
        yield from on(units.CLAIMED, self._claiming())
        yield from on(PAID, self._paying())
        yield from on(PAID, self._recovering())
        self.life.pages |= {
            "subsidy_claims": {"id": (self.claim,), "step": ("check", "approve", "refuse")},
            "subsidy_own": {"id": (self.claim,)},
            "subsidy_own.recovery": {"id": (self.recovery,)},
            "subsidy_own.state": {"id": (self.recovery,)},
            "subsidy_recoveries": {"id": (self.recovery,), "step": ("decide", "drop")},
        }

    def _claim(self) -> Step:
        fields = {"application_id": self.home, "units": [units.row("able", 10)]}
        return Step("units.claim", MANAGER, fields | units.APRIL)

    def _claiming(self) -> Walk:
        yield self._claim()
        one = {"id": self.said["id"]}
        bad = one | {"reason": f"写错 {ID_NUMBER}"}
        yield Step("claim.withdraw", MANAGER, bad, refused=True)
        yield Step("claim.withdraw", MANAGER, one | {"reason": "期间写错"})
        yield self._claim()
        one = {"id": self.said["id"]}
        yield Step("claim.refuse", CLERK, bad | one, refused=True)
        yield Step("claim.refuse", CLERK, one | {"reason": "材料不全"})
        yield self._claim()
        self.claim = self.said["id"]
        one = {"id": self.claim}
        yield Step("units.verify", CLERK, one | {"verified": [9], "document": units.RECORD})
        yield Step("claim.approve", APPROVER, one)
        yield Step("claim.list", "auditor", {"state": "approved"})
        yield Step("claim.show", CLERK, one)
        yield Step("claim.mine", MANAGER)
        yield Step("claim.own", MANAGER, one)
        yield Step("public.subsidies", ANYBODY, {"q": "育才"})
        yield Step("public.subsidy_sums", ANYBODY)
        yield Step("effects.show", "auditor", {"year": 2026})

    def _paying(self) -> Walk:
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
            row = [*order, "", "成功", f"S{one['id']}-{at}", ""]
            assert len(row) == len(bank.ORDER_COLUMNS) + 3
            rows.append(row)
        content = base64.b64encode(result_file(rows)).decode()
        file = {"filename": f"s{one['id']}.csv", "content": content}
        yield Step("payment.import_result", "treasurer", file)

    def _recovering(self) -> Walk:
        asked = {"id": self.claim, "share_bp": 2_500, "basis": "办法第二十条", "reason": "多报"}
        bad = asked | {"reason": f"多报 {ID_NUMBER}"}
        yield Step("subsidy_recovery.propose", CLERK, bad, refused=True)
        yield Step("subsidy_recovery.propose", CLERK, asked)
        yield Step("subsidy_recovery.drop", APPROVER, {"id": self.said["id"], "reason": "查明无误"})
        yield Step("subsidy_recovery.propose", CLERK, asked)
        self.recovery = self.said["id"]
        one = {"id": self.recovery}
        bad = one | {"statement": f"我是 {ID_NUMBER}"}
        yield Step("subsidy_recovery.state", MANAGER, bad, refused=True)
        yield Step("subsidy_recovery.state", MANAGER, one | {"statement": "数错了一张床"})
        yield Step("subsidy_recovery.decide", APPROVER, one | {"reason": "多报属实"})
        yield Step("subsidy_recovery.list", "auditor", {"state": "decided"})
        yield Step("subsidy_recovery.show", MANAGER, one)
