"""How subsidies per unit, relief and promises come about, act by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import clock
from tests.generated.leaks import ID_NUMBER
from tests.generated.procurement_walk import APPROVER, CLERK, MANAGER, on
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.subsidy import units_world as units

if TYPE_CHECKING:
    from tests.generated.walk import Life

MAKER, CHECKER = "finance_maker", "finance_approver"
SOON = "2026-05-20"


def units_and_relief(life: Life) -> Walk:
    """Yield every step in an order in which each can succeed."""
    yield from on(units.CLAIMED, UnitsWalk(life).steps())


class UnitsWalk:
    """What the steps remember of one another."""

    def __init__(self, life: Life) -> None:
        """Publish a scheme of each kind and find the county's provider eligible."""
        self.life, self.county = life, life.county
        with life.app.app_context(), clock.frozen(units.CLAIMED):
            self.beds = units.nursing(
                self.county, envelope_fen=1_000_000, conditions={"price_promise": True}
            )
            self.fees = units.nursing(
                self.county, kind="fee_relief", combines=True, **units.FEE_TERMS
            )
            self.taxes = units.nursing(self.county, kind="tax_relief_memo")
            self.home = units.eligible(self.county, self.beds)
            units.eligible(self.county, self.fees)

    @property
    def said(self) -> Told:
        """Return the last answer."""
        return self.life.said

    def steps(self) -> Walk:
        """Yield every step."""
        yield from self._promise()
        yield from self._units()
        yield from self._breach()
        yield from self._fee()
        yield from self._tax()
        self.life.pages |= {
            "subsidy_units": {"id": (self.home, self.claim)},
            "subsidy_relief": {"id": (self.fee,), "step": ("approve",)},
            "subsidy_promises": {"id": (self.promise,), "step": ("check",)},
        }

    def _promise(self) -> Walk:
        promise = units.PROMISE | {"scheme_id": self.beds}
        bad = promise | {"service": f"护理 {ID_NUMBER}"}
        yield Step("promise.make", MANAGER, bad, refused=True)
        yield Step("promise.make", MANAGER, promise)
        self.promise = self.said["id"]
        yield Step("promise.list", "auditor", {"scheme_id": self.beds})
        yield Step("promise.show", "auditor", {"id": self.promise})
        yield Step("public.promises", ANYBODY, {"scheme_id": self.beds})

    def _units(self) -> Walk:
        yield Step("units.claimable", MANAGER)
        bad = units.row("able", 10, f"证{ID_NUMBER}")
        fields = {"application_id": self.home} | units.APRIL
        yield Step("units.claim", MANAGER, fields | {"units": [bad]}, refused=True)
        yield Step("units.claim", MANAGER, fields | {"units": [units.row("able", 10)]})
        self.claim = self.said["id"]
        one = {"id": self.claim, "verified": [9]}
        bad = one | {"document": f"核查 {ID_NUMBER}"}
        yield Step("units.verify", CLERK, bad, refused=True)
        yield Step("units.verify", CLERK, one | {"document": units.RECORD})
        yield Step("units.rounds", "auditor", {"scheme_id": self.beds})
        yield Step("units.reduce", CLERK, {"scheme_id": self.beds} | units.APRIL)

    def _breach(self) -> Walk:
        one = {"id": self.promise}
        found = {"checked_on": "2026-05-06", "found_fen": 2_000, "document": "检查 3 号"}
        yield Step("promise.check", "accepter", one | found)
        notice = one | {"reason": "标价高于承诺", "state_by": SOON}
        yield Step("promise.notify", CLERK, notice)
        yield Step("promise.drop", APPROVER, one | {"reason": "已经改正"})
        yield Step("promise.check", "supervisor", one | found)
        yield Step("promise.notify", CLERK, notice)
        words = one | {"words": f"联系 {ID_NUMBER}"}
        yield Step("promise.state", MANAGER, words, refused=True)
        yield Step("promise.state", MANAGER, one | {"words": "成本上涨"})
        yield Step("promise.end_support", APPROVER, one | {"reason": "两次高于承诺"})

    def _fee(self) -> Walk:
        fields = units.fees(self.county, self.fees)
        bad = fields | {"document": f"通知 {ID_NUMBER}"}
        yield Step("relief.fee", CLERK, bad, refused=True)
        yield Step("relief.fee", CLERK, fields)
        self.fee = self.said["id"]
        yield Step("relief.refuse", APPROVER, {"id": self.fee, "reason": "通知书不清"})
        yield Step("relief.fee", CLERK, fields)
        yield Step("relief.approve", APPROVER, {"id": self.said["id"]})
        yield Step("relief.list", "auditor", {"kind": "fee_relief"})

    def _tax(self) -> Walk:
        yield Step("relief.tax", MAKER, units.taxes(self.county, self.taxes))
        number = {"id": self.said["id"]}
        yield Step("relief.approve", CHECKER, number)
        yield Step("relief.show", "auditor", number)
        yield Step("relief.cancel", CHECKER, number | {"reason": "税务机关更正"})
