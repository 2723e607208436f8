"""Bookshops that are scored for an award: a round opened, scored, publicised, concluded, signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.access import Actor, Grant
from tests import factories
from tests.factories import COUNTY, County, attempt, do
from tests.subsidy import applying_world, claims_world, scheme_world

OPENED, SCORED = "2026-05-06T09:00", "2026-05-08T09:00"
PUBLICISED, NOTICED, ENDED = "2026-05-09T09:00", "2026-05-14T09:00", "2026-05-18T09:00"
SIGNED, PAID, LATER = "2026-05-19T09:00", "2026-06-01", "2027-05-20T09:00"
CONVERTED, BROKEN = "2027-01-12T09:00", "2027-03-10T09:00"
# The purchaser's, the recipients', the third party's score; how many answered.
FIRST, SECOND, THIRD = (
    (9_200, 9_420, 9_350, 412),
    (8_500, 8_400, 7_950, 120),
    (7_000, 7_000, 6_998, 64),
)
TERMS: dict[str, Any] = {
    "kind": "award_tiers",
    "opens_on": "2026-03-10",
    "closes_on": "2026-03-31",
    "envelope_fen": 1_000_000,
    "publicity_days": 7,
    "approval": [{"up_to_fen": 900_000, "persons": 1}, {"up_to_fen": None, "persons": 2}],
    "weights": [
        {"party": "purchaser", "weight_bp": 3_000},
        {"party": "recipients", "weight_bp": 3_000},
        {"party": "third_party", "weight_bp": 4_000},
    ],
    "tiers": [
        {"code": "A", "from_centipoints": 9_000, "amount_fen": 800_000},
        {"code": "B", "from_centipoints": 8_000, "to_centipoints": 9_000, "amount_fen": 500_000},
        {"code": "C", "from_centipoints": 7_000, "to_centipoints": 8_000, "amount_fen": 300_000},
    ],
    "answers_min": 30,
    "few_answers_tier": "C",
    "investment_bp": 3_000,
    "instalments": [{"share_bp": 6_000}, {"share_bp": 4_000, "months": 12}],
    "duty_from": "2026-07-01",
    "duty_months": 12,
}


@dataclass
class Awards:
    """What was made: the scheme, its round, the shops' managers, their results and agreements."""

    county: County
    line: int = 0
    scheme: int = 0
    evaluating: int = 0
    evaluator: Actor | None = None
    shops: list[int] = field(default_factory=list)
    owners: list[Actor] = field(default_factory=list)
    applications: list[int] = field(default_factory=list)
    round: int = 0
    results: list[int] = field(default_factory=list)
    grants: list[int] = field(default_factory=list)

    @property
    def clerk(self) -> Actor:
        """Return the purchaser's clerk."""
        return self.county.actor("purchaser_clerk")

    @property
    def approver(self) -> Actor:
        """Return the purchaser's approver."""
        return self.county.actor("purchaser_approver")

    @property
    def finance(self) -> Actor:
        """Return the finance approver, the second one to approve."""
        return self.county.actor("finance_approver")


def applied(county: County, shops: int = 3, **terms: Any) -> Awards:
    """Publish a scheme and let shops apply until they are eligible."""
    made = Awards(county, line=factories.make_line(county, code="AW26", amount_fen=2_000_000))
    plan = scheme_world.make_plan(
        county,
        line=made.line,
        ends_on="2027-12-31",
        forward=[{"fiscal_year": 2027, "amount_fen": 500_000}],
    )
    funding = [{"line_id": made.line, "share_ppm": 1_000_000}]
    with clock.frozen(applying_world.PUBLISHED):
        made.scheme = scheme_world.publish_scheme(
            county, plan, **TERMS | {"funding": funding} | terms
        )
    made.evaluating = factories.make_organisation("evaluator", name="评价中心")
    user = factories.make_user("evaluator", made.evaluating)
    made.evaluator = Actor(user, "评价员", (Grant("evaluator", made.evaluating, COUNTY),))
    for _ in range(shops):
        shop, owner = applying_world.shop(county)
        made.shops.append(shop)
        made.owners.append(owner)
        made.applications.append(applying_world.apply(county, made.scheme, owner, declared={}))
    return made


def opened(county: County, shops: int = 3, **terms: Any) -> Awards:
    """Open the round over the shops' applications."""
    made = applied(county, shops, **terms)
    with clock.frozen(OPENED):
        made.round = do(
            "result.open", made.clerk, scheme_id=made.scheme, evaluator_id=made.evaluating
        )["id"]
        shown = do("result.round", made.clerk, id=made.round)["results"]
    made.results = [one["id"] for one in shown]
    return made


def scored(county: County, *scores: tuple[int, int, int, int], **terms: Any) -> Awards:
    """Let every party score every shop."""
    made = opened(county, len(scores), **terms)
    with clock.frozen(SCORED):
        for result, given in zip(made.results, scores, strict=True):
            score(made, result, given)
    return made


def score(made: Awards, result: int, scores: tuple[int, int, int, int]) -> None:
    """Enter the three parties' scores of one result, and how many recipients answered."""
    own, readers, third, answers = scores
    do("result.score", made.clerk, id=result, party="purchaser", centipoints=own)
    do(
        "result.score",
        made.clerk,
        id=result,
        party="recipients",
        centipoints=readers,
        answers=answers,
        document="读者问卷",
    )
    do("result.score", made.evaluator, id=result, party="third_party", centipoints=third)


def publicised(county: County, *scores: tuple[int, int, int, int], **terms: Any) -> Awards:
    """Make the results public."""
    made = scored(county, *scores, **terms)
    with clock.frozen(PUBLICISED):
        do("result.publicise", made.approver, id=made.round)
    return made


def concluded(county: County, *scores: tuple[int, int, int, int], **terms: Any) -> Awards:
    """Settle the awards after the notice and approve them, by two people if that is asked."""
    made = publicised(county, *scores, **terms)
    with clock.frozen(ENDED):
        do("result.conclude", made.clerk, id=made.round)
        if do("result.approve", made.approver, id=made.round)["state"] != "concluded":
            do("result.approve", made.finance, id=made.round)
    return made


def sign(made: Awards, place: int = 0) -> int:
    """Sign one shop's agreement as its manager; return the agreement's number."""
    owner, result = made.owners[place], made.results[place]
    text = do("grant.offer", owner, id=result)["text_hash"]
    return int(do("grant.sign", owner, id=result, text_hash=text)["id"])


def signed(county: County, *scores: tuple[int, int, int, int], **terms: Any) -> Awards:
    """Let every shop with an award sign."""
    made = concluded(county, *scores, **terms)
    with clock.frozen(SIGNED):
        shown = do("result.round", made.clerk, id=made.round)["results"]
        for place, one in enumerate(shown):
            if one["final_fen"]:
                made.grants.append(sign(made, place))
                _add_account(made, place)
    return made


def _add_account(made: Awards, place: int) -> None:
    added = do(
        "party.add_bank_account",
        made.owners[place],
        organisation_id=made.shops[place],
        bank="望城农商行",
        holder="书店",
        number=f"6222021902{made.shops[place]:08d}",
    )
    do("party.verify_bank_account", made.county.actor("finance_maker"), id=added["id"])


def pay(app: Any, made: Awards, on: str = PAID) -> None:
    """Pay all that is approved."""
    claims_world.pay(app, made.county, on)


def convert(made: Awards) -> int:
    """Give the next year its line and convert what is owed of it; return the line's number."""
    with clock.frozen(CONVERTED):
        line = factories.make_line(made.county, code="AW27", amount_fen=500_000, fiscal_year=2027)
        budget = made.county.actor("finance_budget")
        for owed in do("forward.list", budget)["items"]:
            if owed["state"] == "open" and owed["source"].startswith("subsidy:"):
                do("forward.convert", budget, id=owed["id"], line_id=line)
    return line


def code(operation: str, actor: Actor, **fields: Any) -> str:
    """Return the code of a refusal, or the state an act leads to."""
    answer = attempt(operation, actor, **fields)
    return str(answer.body["code"] if answer.refused else answer.body.get("state", "done"))
