"""A licensed guarantor of the demo: three guarantees, one paid out, its pool share claimed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from plugins.subsidy.demo import newcomers
from plugins.subsidy.demo.publishing import STEP

if TYPE_CHECKING:
    from core.demo import World

NAME, LOGIN = "望城融资担保有限公司", "guarantor01"
WAITS = timedelta(33)
# What is guaranteed in fen; the first is not paid back.
AMOUNTS = (10_000_000, 300_000_000, 260_000_000)


def load(world: World, scheme: int, debtors: list[newcomers.Newcomer]) -> None:
    """Name the guarantor, register guarantees of debtors, claim the pool's share of a loss."""
    company = newcomers.register(world, NAME, LOGIN, lot=50, tag="guarantor")
    at, year = world.before(36, "10:00"), world.month(2).year
    number = world.do(
        "maker",
        "guarantor.name",
        at=at,
        organisation_id=company.id,
        licence_no="湘融担〔2024〕006号",
        as_of=f"{year - 1}-12-31",
        net_assets_fen=5_000_000_000,
        small_rural_bp=8_500,
        licence_until=f"{year + 4}-12-31",
        document=f"湘审字〔{year}〕118号",
    )["id"]
    world.do("approver", "guarantor.approve", at=at + STEP, id=number)
    made = [
        world.do(
            LOGIN,
            "guarantee.register",
            at=world.before(35, "09:00") + place * STEP,
            guarantor_id=number,
            pool_scheme_id=scheme,
            credit_code=debtor.credit_code,
            bank="望城农商行",
            loan_number=f"XW{year}{place + 1:03d}",
            principal_fen=amount,
            guaranteed_fen=amount,
            from_on=world.before(35, "00:00").date().isoformat(),
            due_on=_due(world, place).isoformat(),
        )["id"]
        for place, (debtor, amount) in enumerate(zip(debtors, AMOUNTS, strict=True))
    ]
    paid = _due(world, 0) + timedelta(20)
    world.do(
        LOGIN,
        "guarantee.claim_loss",
        at=world.at(_due(world, 0) + WAITS, "10:00"),
        id=made[0],
        paid_fen=AMOUNTS[0],
        paid_on=paid.isoformat(),
        document=f"代偿凭证〔{paid.year}〕3号",
    )
    world.say(_("融资担保：1 家担保公司，3 笔担保，1 笔代偿申请分担"))


def _due(world: World, place: int) -> date:
    """Return when a guaranteed loan is due: the first soon, the others in two years."""
    soon = world.month(2) + timedelta(10)
    return soon if place == 0 else soon.replace(year=soon.year + 2)
