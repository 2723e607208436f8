"""The demo county's guarantees: a licensed guarantor, three loans, the pool's share of one lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core.demo.people import Inventor
from plugins.subsidy.demo import firms
from plugins.subsidy.demo.schemes import LABOUR

if TYPE_CHECKING:
    from core.demo import World
    from plugins.subsidy.demo.firms import Firm

COMPANY, LOGIN, BANK = "望城融资担保有限公司", "guarantor01", "长沙望城农商银行高塘岭支行"
# Of each firm: guaranteed (fen), months before this one in which it was lent and falls due.
GUARANTEES = ((300_000_000, 8, -4), (200_000_000, 8, -4), (20_000_000, 12, 7))
PAID_FEN = 16_000_000  # what the guarantor paid for the last of them


def load(world: World, scheme: int, debtors: list[Firm]) -> None:
    """Add the guarantor, its guarantees, and the claim that waits for its approval."""
    company = firms.register(world, Inventor(22), LOGIN, COMPANY, "guarantor", bank=BANK)
    guarantor = _named(world, company)
    where = {"guarantor_id": guarantor, "pool_scheme_id": scheme, "bank": BANK}
    for place, debtor in enumerate(debtors[: len(GUARANTEES)]):
        number = _registered(world, debtor, place, where)
    _claimed(world, number)
    world.say(_("担保分担：%(n)s 笔担保，1 笔代偿待批准", n=len(GUARANTEES)))


def _named(world: World, company: Firm) -> int:
    year = world.month(2).year
    number: int = world.do(
        "maker",
        "guarantor.name",
        at=world.before(36, "10:00"),
        organisation_id=company.id,
        licence_no="湘融担0112",
        as_of=f"{year - 2}-12-31",
        net_assets_fen=5_000_000_000,
        small_rural_bp=8_500,
        licence_until=f"{year + 4}-12-31",
        document=f"审字〔{year - 1}〕31号",
    )["id"]
    world.do("approver", "guarantor.approve", at=world.before(35, "10:00"), id=number)
    return number


def _registered(world: World, debtor: Firm, place: int, where: dict[str, Any]) -> int:
    fen, lent, due = GUARANTEES[place]
    number: int = world.do(
        LOGIN,
        "guarantee.register",
        at=world.before(33, f"{10 + place:02d}:00"),
        credit_code=debtor.credit_code,
        loan_number=f"NSDB{place + 1:03d}",
        principal_fen=fen,
        guaranteed_fen=fen,
        from_on=world.month(lent).isoformat(),
        due_on=world.month(due).isoformat(),
        **where,
    )["id"]
    return number


def _claimed(world: World, number: int) -> None:
    """Claim the pool's share of what was paid after the debt had been due for long; compute it."""
    paid = world.at(world.month(2), "10:00")
    at = paid + timedelta(days=18)
    lost = {"paid_fen": PAID_FEN, "paid_on": paid.date().isoformat(), "document": "代偿证明1号"}
    claim = world.do(LOGIN, "guarantee.claim_loss", at=at, id=number, **lost)["id"]
    world.do(LABOUR.clerk, "claim.check", at=at + timedelta(days=1), id=claim)
