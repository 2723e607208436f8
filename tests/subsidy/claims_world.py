"""A county whose provider claims by the unit: submitted, computed, approved, paid, recovered.

The kinds have acts of their own by which claims begin; here a claim of the spine alone begins, of
so many results at 500 yuan each, which uses up the papers it names.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core import audit, clock
from core.access import Actor, fetch
from core.db import db, transaction
from core.errors import Refusal
from plugins.subsidy.models import Scheme, SubsidyClaim, SubsidyRecovery
from plugins.subsidy.pages import claims as pages
from plugins.subsidy.rules import Terms
from plugins.subsidy.rules.calculation import COUNT, HALF_UP, Calculation, Line
from plugins.subsidy.service import claims
from plugins.subsidy.service.reckoning import Reckoned, Used
from plugins.subsidy.service.schemes import terms_in_force
from tests.contract.performance_world import pay_all
from tests.factories import County, attempt, do
from tests.subsidy import scheme_world as world

CLAIMED, APPROVED, PAID_ON = "2026-07-02T09:00", "2026-07-06T09:00", "2026-07-08"
PRICE_FEN = 50_000
# One person approves up to 1,000 yuan, two up to 5,000, three beyond.
BANDS = [
    {"up_to_fen": 100_000, "persons": 1},
    {"up_to_fen": 500_000, "persons": 2},
    {"up_to_fen": None, "persons": 3},
]
CLERK, APPROVER, FINANCE = "purchaser_clerk", "purchaser_approver", "finance_approver"
PERIOD = (date(2026, 4, 1), date(2026, 6, 30))
_accounts = itertools.count(1)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reckon claims by the unit as plainly as can be, without what that kind asks for."""
    monkeypatch.setattr(claims, "reckon", reckoned)
    monkeypatch.setattr(claims, "refuse_unready", lambda _claim: None)
    monkeypatch.delitem(pages.FOUND, "per_unit")


def reckoned(claim: SubsidyClaim, terms: Terms, found: dict[str, Any]) -> Reckoned:
    """Reckon what was claimed, or what was found instead."""
    told = claim.claimed | found
    line = Line("units", told["units"], COUNT, unit_fen=PRICE_FEN)
    uses = tuple(Used("invoice", paper, f"发票 {paper}") for paper in told["papers"])
    result = Calculation(terms.kind, (line,)).rounded(HALF_UP)
    return Reckoned(result, {"found": told}, uses, units=told["units"])


def publish(county: County, plan: dict[str, Any] | None = None, **changes: Any) -> int:
    """Publish a scheme that pays by the unit, on a plan of its own, beside any other support."""
    number = world.make_plan(county, **plan or {})
    terms = {"kind": "per_unit", "approval": BANDS, "combines": True} | changes
    with clock.frozen(world.WRITTEN):
        return world.publish_scheme(county, number, **terms)


def begin(
    county: County,
    scheme: int,
    units: int = 2,
    *papers: str,
    payee: int | None = None,
    period: tuple[date, date] | None = PERIOD,
) -> int:
    """Claim as the provider's manager, or for a resident; return the claim's number."""
    manager = county.actor("provider_manager")

    def run(actor: Actor, **_fields: Any) -> int:
        row = db.session.get_one(Scheme, scheme)
        terms = terms_in_force(row)
        assert terms is not None
        party = payee or county.provider
        claim = claims.begin(
            actor,
            row,
            terms,
            payee_id=party,
            beneficiary_id=party,
            claimed={"units": units, "papers": list(papers)},
            period=period,
        )
        return claim.id

    return acted("test.claim", manager, run)


def acted(name: str, actor: Actor, run: Any) -> Any:
    """Let a person do what has no act of its own, recorded in the trail as every act is."""
    act = audit.Acting(name, actor.user_id, actor.name)
    with transaction(), audit.acting(act):
        said = run(actor)
        row = audit.entry(act, outcome=audit.ACCEPTED, status=200)
        db.session.execute(db.insert(audit.AuditEntry).values(row))
    return said


def computed(county: County, scheme: int, units: int = 2, *papers: str, **more: Any) -> int:
    """Claim, and have it checked and computed by the clerk; return the claim's number."""
    number = begin(county, scheme, units, *papers, **more)
    do("claim.check", county.actor(CLERK), id=number)
    return number


def approved(county: County, scheme: int, units: int = 2, *papers: str, **more: Any) -> int:
    """Have a claim approved by as many as it takes, two at most; return its number."""
    number = computed(county, scheme, units, *papers, **more)
    with clock.frozen(APPROVED):
        said = do("claim.approve", county.actor(APPROVER), id=number)
        if said["state"] != "approved":
            do("claim.approve", county.actor(FINANCE), id=number)
    return number


def add_account(county: County, payee: int | None = None) -> None:
    """Give a payee, the provider unless told otherwise, an account that finance verified."""
    whose = {"resident_id": payee} if payee else {"organisation_id": county.provider}
    added = do(
        "party.add_bank_account",
        bank="望城农商行",
        holder="张三丰" if payee else "望城区育才学校",
        number=f"6222021901{next(_accounts):08d}",
        **whose,
    )
    do("party.verify_bank_account", county.actor("finance_maker"), id=added["id"])


def pay(app: Any, county: County, on: str = PAID_ON) -> None:
    """Pay all that is owed."""
    pay_all(app, lambda act, role, **fields: do(act, county.actor(role), **fields), on)


def paid(app: Any, county: County, scheme: int, units: int = 2, *papers: str) -> int:
    """Have a claim approved and paid; return its number."""
    number = approved(county, scheme, units, *papers)
    add_account(county)
    pay(app, county)
    return number


def propose(county: County, claim: int, share_bp: int = 2_500, **more: Any) -> int:
    """Propose a recovery as the clerk; return its number."""
    asked = {"reason": "核查发现多报", "basis": "某省专项资金管理办法第二十条"} | more
    said = do("subsidy_recovery.propose", county.actor(CLERK), id=claim, share_bp=share_bp, **asked)
    return int(said["id"])


def refused(operation_id: str, actor: Actor, **fields: Any) -> dict[str, Any]:
    """Perform an act that is refused and return the refusal."""
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def state_of(claim: int) -> str:
    """Return the state of a claim."""
    with transaction(readonly=True):
        return str(db.session.get_one(SubsidyClaim, claim).state)


def clawback_of(recovery: int) -> int:
    """Return the number of the core's claw-back behind a recovery."""
    with transaction(readonly=True):
        return int(db.session.get_one(SubsidyRecovery, recovery).clawback_id)


def lower(county: County, claim: int, amount_fen: int) -> None:
    """Lower what a claim is owed, as the acts of the kinds do."""
    clerk = county.actor(CLERK)

    def run(actor: Actor) -> None:
        claims.lower(actor, fetch(SubsidyClaim, claim, actor, claims.CHECK), amount_fen, "核查多报")

    acted("test.lower", clerk, run)


def raises(code: str, run: Callable[[], Any]) -> None:
    """Run what is refused with a code."""
    with pytest.raises(Refusal) as found:
        run()
    assert found.value.code == code
