"""A published tender with three holders of its key, and bidders whose numbers stand out."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from core import access, clock, states
from core.access import Actor, Grant
from core.acts import Answer
from core.db import db
from core.parties import Organisation, Party
from core.purchasers import OrganisationKind
from core.ties import PartyTie
from plugins.contract_outsourcing.models import Bid, Tender
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import notices, sealing
from plugins.contract_outsourcing.service.steps import TENDER
from tests import factories
from tests.contract.awards_world import acting
from tests.factories import COUNTY, County

PUBLISHED = "2026-03-02T09:00"
BIDDING = "2026-03-20T10:00"
LAST_MOMENT, DEADLINE = "2026-03-25T09:29:59", "2026-03-25T09:30"
CEILING = 98_000_000
PASSPHRASES = {
    "officer": "晨雾里的白鹭七只飞过了石桥",
    "supervisor": "石板路 sixteen lanterns",
    "finance": "old ferry, new oars 42",
}
HOLDERS = {
    "officer": "purchaser_approver",
    "supervisor": "supervisor",
    "finance": "finance_maker",
}
__all__ = ["Bid", "Tender", "access"]
_serial = itertools.count(1)
# Numbers that stand nowhere by chance.
_numbers = itertools.count(771_907_001, 1_003)


def bidder(name: str) -> Actor:
    """Register a provider and somebody who answers for it; return the person."""
    number, user_id = next(_numbers), next(_numbers)
    with clock.frozen("2026-01-02T09:00"), acting():
        db.session.add(Party(id=number, kind="organisation"))
        db.session.flush()
        db.session.add(
            Organisation(
                id=number,
                credit_code=factories.credit_code(),
                name=name,
                kind="provider",
                division_code=COUNTY,
                tags=" ",
            )
        )
        db.session.flush()
        db.session.add(
            OrganisationKind(
                organisation_id=number,
                legal_kind="enterprise",
                civil_servant_law=False,
                administrative_functions=False,
                administrative_staffing=False,
                budget_funded=False,
                credit_code=f"TEST{number}",
                from_on=clock.FIRST_DAY,
                document="登记证书",
                recorded_at=clock.now(),
            )
        )
        user = access.User(id=user_id, login=f"bidder-{user_id}", name=f"{name}负责人")
        db.session.add(user)
        db.session.flush()
        db.session.add(
            access.RoleGrant(
                user_id=user_id,
                role="provider_manager",
                organisation_id=number,
                division_code=COUNTY,
                from_on=date(2026, 1, 1),
            )
        )
    return Actor(user_id, f"{name}负责人", (Grant("provider_manager", number, COUNTY),))


def draft(county: County, **values: Any) -> int:
    """Put a submitted tender in place and return its number."""
    with clock.frozen(PUBLISHED), acting():
        row = Tender(
            **{
                "number": f"CG2026-B{next(_serial):04d}",
                "name": "社区助餐服务",
                "purchase_id": 1,
                "organisation_id": county.purchaser,
                "division_code": COUNTY,
                "method": "open_tender",
                "ceiling_fen": CEILING,
                "content": {"conditions": ["具备独立承担民事责任的能力"]},
                "sheet": {"indicators": [{"code": "plan", "name": "服务方案", "points": 70}]},
                "state": t.SUBMITTED,
                "made_at": clock.now(),
            }
            | values
        )
        db.session.add(row)
        db.session.flush()
        states.begin(TENDER, row)
        return int(row.id)


def hold(county: County, tender_id: int) -> None:
    """Let the three holders take over their parts."""
    with clock.frozen(PUBLISHED):
        for part, role in HOLDERS.items():
            factories.do(
                "tender.hold_key",
                county.actor(role),
                id=tender_id,
                part=part,
                passphrase=PASSPHRASES[part],
            )


def publish(tender_id: int, **values: Any) -> None:
    """Publish a tender as `tender.publish` does: its key is made, its deadline set."""
    with clock.frozen(PUBLISHED), acting():
        row = db.session.get_one(Tender, tender_id)
        sealing.prepare(row)
        notices.freeze(row)
        row.published_at, row.closes_at = clock.now(), clock.instant(DEADLINE)
        states.change(TENDER, row, to=t.PUBLISHED, allowed=[t.SUBMITTED], **values)


def published(county: County, **values: Any) -> int:
    """Put a published tender with its key in place and return its number."""
    number = draft(county, **values)
    hold(county, number)
    publish(number)
    return number


def offer(price_fen: int, **changes: Any) -> dict[str, Any]:
    """Return the fields of a bid at a price, changed as asked."""
    return {
        "technical": {"answers": {"plan": "每天两荤一素，热链送达。"}, "words": "愿意承接。"},
        "files": [],
        "small_firm": False,
        "bond": None,
        "price_fen": price_fen,
    } | changes


def submit(who: Actor, tender_id: int, price_fen: int, **changes: Any) -> Answer:
    """Hand in a bid and return the answer, refused or not."""
    return factories.attempt("bid.submit", who, tender_id=tender_id, **offer(price_fen, **changes))


def three_bids(tender_id: int, *prices: int) -> list[Actor]:
    """Let bidders hand in bids at some prices, three unless given; return who they are."""
    prices = prices or (97_012_345, 98_000_000, 96_543_210)
    people = [bidder(f"望城{place}号助餐公司") for place in range(1, len(prices) + 1)]
    with clock.frozen(BIDDING):
        for who, price in zip(people, prices, strict=True):
            answer = submit(who, tender_id, price)
            assert not answer.refused, answer.body
    return people


def hand_in(county: County, tender_id: int, *parts: str) -> None:
    """Let holders hand in their shares."""
    for part in parts:
        factories.do(
            "opening.offer_share",
            county.actor(HOLDERS[part]),
            id=tender_id,
            passphrase=PASSPHRASES[part],
        )


def opened(county: County, tender_id: int) -> dict[str, Any]:
    """Open a tender by two holders at the deadline and return the answer."""
    with clock.frozen(DEADLINE):
        hand_in(county, tender_id, "officer", "supervisor")
        return factories.do("opening.open", county.actor("supervisor"), id=tender_id)


def tie(one: Actor, other: Actor) -> None:
    """Record that two bidders have the same head."""
    numbers = sorted(number for who in (one, other) if (number := who.organisation_id))
    with acting():
        db.session.add(
            PartyTie(
                one_id=numbers[0],
                other_id=numbers[1],
                kind="same_head",
                document="工商登记",
                from_on=date(2026, 1, 1),
                recorded_at=clock.now(),
            )
        )


def record(tender_id: int) -> dict[str, Any]:
    """Return the public record of an opening."""
    return factories.do("public.opening", access.ANONYMOUS, id=tender_id)
