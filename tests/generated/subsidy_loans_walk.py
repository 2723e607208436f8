"""How interest is subsidised, act by act: a bank named, its loans, its file, a quarter's claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import clock
from tests import factories
from tests.generated.leaks import ID_NUMBER, NAME, WRONG_ID
from tests.generated.procurement_walk import APPROVER, CLERK, MANAGER, on
from tests.generated.steps import Step, Walk
from tests.subsidy import loans_world, scheme_world

if TYPE_CHECKING:
    from tests.generated.walk import Life


class LoansWalk:
    """What the steps of loans remember of one another."""

    def __init__(self, life: Life) -> None:
        """Publish a scheme of interest subsidies on a plan and a line of its own."""
        self.life = life
        county = life.county
        with life.app.app_context():
            line = factories.make_line(county, code="INTEREST", amount_fen=1_000_000)
            plan = scheme_world.make_plan(county, line=line)
            with clock.frozen(scheme_world.WRITTEN):
                share = [{"line_id": line, "share_ppm": 1_000_000}]
                terms = loans_world.TERMS | {"funding": share}
                self.scheme = scheme_world.publish_scheme(county, plan, **terms)

    def steps(self) -> Walk:
        """Yield every step."""
        yield from on("2026-03-02T10:00", self._loans())
        yield from on("2026-03-23T10:00", self._claims())

    def _loans(self) -> Walk:
        named = {"scheme_id": self.scheme, "bank_id": self.life.county.provider}
        yield Step("bank.name", APPROVER, named | {"document": "望人社〔2026〕8号"})
        yield Step("bank.list", MANAGER)
        given = {
            "scheme_id": self.scheme,
            "number": "JD-1",
            "borrower_name": NAME,
            "borrower_number": ID_NUMBER,
            "class_code": "person",
            "lent_on": "2026-03-02",
            "due_on": "2028-03-02",
            "principal_fen": 10_000_000,
            "rate_ppm": 46_000,
            "lpr_ppm": 31_000,
        }
        wrong = given | {"borrower_number": WRONG_ID}
        yield Step("loan.register", MANAGER, wrong, refused=True)
        yield Step("loan.register", MANAGER, given)
        self.loan = self.life.said["id"]
        event = {"id": self.loan, "reference": "S1", "kind": "repaid", "on": "2026-03-02"}
        yield Step("loan.record", MANAGER, event | {"amount_fen": 1_000_000})
        line = f"贷款,JD-2,2026-03-02,1000,,{NAME},{{}},person,2028-03-02,4.6,3.1,,,"
        file = {"scheme_id": self.scheme, "filename": "贷款.csv"}
        for number, refused in ((WRONG_ID, True), (ID_NUMBER, False)):
            content = loans_world.table(line.format(number))
            told = file | {"content": content}
            yield Step("loan.import", MANAGER, told, refused=refused)
        yield Step("loan.list", "auditor", {"scheme_id": self.scheme})
        yield Step("loan.files", "auditor")

    def _claims(self) -> Walk:
        quarter = {"scheme_id": self.scheme, "quarter_to": "2026-03-20"}
        asked = [{"loan_id": self.loan, "asked_fen": 1_000_000}]
        yield Step("interest.claim", MANAGER, quarter | {"loans": asked})
        claim = self.life.said["id"]
        self.life.pages["subsidy_interest"] = {"id": (claim,)}
        yield Step("claim.check", CLERK, {"id": claim})
        yield Step("interest.disallowed", "auditor")
        yield Step("claim.approve", APPROVER, {"id": claim})
        yield Step("aid.show", "auditor", {"id": claim})
        one = {"id": self.loan}
        ending = {"reason": "已注销登记", "document": "注销通知书", "from_on": "2026-03-02"}
        yield Step("loan.end_support", CLERK, one | ending)
        yield Step("loan.drop_end", APPROVER, one | {"reason": "日期有误"})
        yield Step("loan.end_support", CLERK, one | ending)
        yield Step("loan.decide_end", APPROVER, one)
        yield Step("loan.show", "auditor", one)
        again = {"id": claim, "reason": "已注销登记", "basis": "财金〔2023〕75号"}
        yield Step("interest.review", CLERK, again)
        self.life.pages["subsidy_loans"] = {"id": (self.loan,), "step": ("end",)}
