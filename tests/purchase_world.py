"""A county that plans: orders from below, whole plans, and people for every step of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock, states
from core.access import Actor, Grant
from core.acts import perform
from core.audit import Acting, acting
from core.budget import rooms
from core.db import db, transaction
from core.errors import Refusal
from core.hookspecs import hookimpl
from core.purchases import Form, Purchase, require_filed, start
from core.purchases.models import CONSULTING, DRAFT, STATES
from tests import factories

NOW = "2026-03-02T09:00"
TOWNSHIP = "430112001"


def item(code: str) -> int:
    """Return the number of an item of the county's catalogue, which is the first one published."""
    return factories.CATALOGUE[code]


def whole_plan(**changes: Any) -> dict[str, Any]:
    """Return the fields of a whole plan for elder care but unit and money, changed as asked."""
    return {
        "name": "高塘岭助餐",
        "catalogue_item_id": item("A07"),
        "nature": "public",
        "beneficiary": "public",
        "need": "独居老人做饭难，\n每天至少一餐热饭。",
        "standard": "两荤一素，热链送达。",
        "quantity": 20_000,
        "unit": "餐",
        "goal": "让独居老人每天吃上一顿热饭。",
        "indicators": [
            {"kind": "quantity", "name": "助餐", "unit": "餐", "target": 20_000, "weight": 40},
            {"kind": "quality", "name": "热餐率", "unit": "%", "target": 98, "weight": 30},
            {"kind": "effect", "name": "满意度", "unit": "%", "target": 90, "weight": 30},
        ],
        "starts_on": "2026-05-01",
        "ends_on": "2026-12-31",
        "recipients_choose": True,
        "form": "voucher",
        "form_reason": "口味各异，由老人自己选食堂。",
        "no_add": ["institutions", "posts", "staff", "money"],
    } | changes


def prepare(county: factories.County) -> None:
    """Publish what the county may buy, its first catalogue."""
    assert factories.catalogue_item(county, "A07") == item("A07")


def make_hospital() -> int:
    """Register a public hospital and return its number."""
    return factories.do(
        "party.add_organisation",
        credit_code="122201020000003859",
        name="县人民医院",
        kind="purchaser",
        division_code=factories.COUNTY,
        legal_kind="institution",
        institution_class="public_one",
        legal_document="望编〔2020〕1号",
    )["id"]


class Tendering:
    """A form whose providers are found by procurement, as contracts are."""

    @hookimpl
    def register_forms(self):
        return [
            Form(
                "tendering",
                "合同制",
                lambda traits: "标准明确" if traits.standard_is_clear else None,
                tenders=True,
            )
        ]


class Planning:
    """How a test lets people order, plan and decide, on the county the factories made."""

    def __init__(self, app: Any, county: factories.County) -> None:
        """Give finance's budget officer and the purchaser's two a second of their kind."""
        self.app, self.county = app, county
        with app.app_context():
            prepare(county)
        self.line = county.line
        self.clerk, self.approver = self.who("purchaser_clerk"), self.who("purchaser_approver")
        self.finance, self.maker = self.who("finance_budget"), self.who("finance_maker")

    def who(self, role: str) -> Actor:
        """Return the county's person with a role."""
        with self.app.app_context():
            return self.county.actor(role)

    def plan(self, **changes: Any) -> dict[str, Any]:
        """Return the fields of a whole plan of 10,000 yuan, changed as asked."""
        money = [{"line_id": self.line, "amount_fen": 1_000_000}]
        own = {"organisation_id": self.county.purchaser, "funding": money}
        return whole_plan(**own | changes)

    def attempt(self, operation_id: str, actor: Actor, **fields: Any) -> Any:
        """Perform an act and return its answer, refused or not."""
        with self.app.app_context():
            return perform(operation_id, fields, actor=actor)

    def do(self, operation_id: str, actor: Actor, **fields: Any) -> dict[str, Any]:
        """Perform an act that is accepted and return its body."""
        answer = self.attempt(operation_id, actor, **fields)
        assert not answer.refused, answer.body
        return answer.body

    def refused(self, operation_id: str, actor: Actor, **fields: Any) -> str:
        """Perform an act that is refused and return the code."""
        answer = self.attempt(operation_id, actor, **fields)
        assert answer.refused, answer.body
        return answer.body["code"]

    def create(self, **changes: Any) -> int:
        """Write a whole plan and return its number."""
        return self.do("purchase.create", self.clerk, **self.plan(**changes))["id"]

    def bring_to(self, state: str, **changes: Any) -> int:
        """Write a plan and take it to a state; return its number."""
        number = self.create(**changes)
        self.carry(number, state)
        return number

    def carry(self, number: int, state: str) -> None:
        """Take a new plan to a state, its consultation over where it needs one."""
        if state == DRAFT:
            return
        if state == "cancelled":
            self.do("purchase.cancel", self.clerk, id=number, reason="不办了")
            return
        if self.shown(number)["needs_consultation"]:
            with clock.frozen(clock.now() - timedelta(days=30)):
                self.do("purchase.consult", self.clerk, id=number)
        if state == CONSULTING:
            return
        path = STATES[STATES.index("submitted") : STATES.index(state) + 1]
        for step in path:
            self._step(step, number)

    def _step(self, state: str, number: int) -> None:
        if state == "under_way":
            self.begin(number)
            return
        act, who, fields = {
            "submitted": ("purchase.submit", self.clerk, {}),
            "agreed": ("purchase.agree", self.approver, {}),
            "filed": ("purchase.file", self.finance, {}),
            "closed": ("purchase.close", self.approver, {"reason": "全部完成"}),
        }[state]
        self.do(act, who, id=number, **fields)

    def begin(self, number: int) -> None:
        """Let a form's plugin begin to carry a plan out."""
        with self.app.app_context(), transaction(), acting(Acting("test", None, "系统")):
            start(db.session.get_one(Purchase, number))

    def filed(self, number: int, **fields: Any) -> str | None:
        """Ask for a filed plan as a form's plugin does; return the refusal's code, if any."""
        with self.app.app_context(), transaction(readonly=True):
            try:
                require_filed(number, **fields)
            except Refusal as refusal:
                return refusal.code
        return None

    def shown(self, number: int) -> dict[str, Any]:
        """Return a plan as it is shown to its clerk."""
        return self.do("purchase.show", self.clerk, id=number)

    def state(self, number: int) -> str:
        """Return a plan's state."""
        return str(self.shown(number)["state"])

    def rooms(self, line: int | None = None) -> dict[str, int]:
        """Return the rooms of a line (the county's first) in fen, those that hold something."""
        with self.app.app_context(), transaction(readonly=True):
            return {name: fen for name, fen in rooms(line or self.line).items() if fen}

    # --- people below --------------------------------------------------------------------------

    def residents(self, count: int) -> list[Actor]:
        """Import residents and return them as signed in with their own accounts."""
        with self.app.app_context():
            numbers = factories.make_residents(self.county, count)
            users = [
                factories.do("access.create_user", login=f"resident-{n}", name="居民")["id"]
                for n in numbers
            ]
        return [
            Actor(user, "居民", (Grant("resident", None, ""),), resident_id=number)
            for user, number in zip(users, numbers, strict=True)
        ]

    def menu(self, **changes: Any) -> dict[str, Any]:
        """Publish a menu with elder care and return it with its offers."""
        fields = {
            "title": "2026 年春季菜单",
            "division_code": factories.COUNTY,
            "opens_on": "2026-03-01",
            "closes_on": "2026-03-31",
            "offers": [{"catalogue_item_id": item("A07"), "words": "送餐、助浴、陪诊"}],
        } | changes
        made = self.do("menu.create", self.clerk, **fields)
        self.do("menu.publish", self.approver, id=made["id"])
        return made

    def order(self, resident: Actor, **changes: Any) -> int:
        """Let a resident wish for something and return the order's number."""
        fields = {"wish": "村里要有食堂", "words": "独居老人做饭难。", "people": 12} | changes
        return self.do("demand.order", resident, **fields)["id"]

    def told(self, resident: Actor) -> list[str]:
        """Return what a resident was told of her orders, newest first."""
        return [one["text"] for one in self.do("demand.mine", resident)["notices"]]


def log_of(app: Any, object_type: str, number: int) -> list[str]:
    """Return the states an object went through."""
    with app.app_context(), transaction(readonly=True):
        rows = db.session.scalars(
            db.select(states.StatusLog.to_state)
            .filter_by(object_type=object_type, object_id=number)
            .order_by(states.StatusLog.id)
        )
        return list(rows)
