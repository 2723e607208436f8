"""Legal aid (法律援助): a case that a law firm has closed is paid at a fixed fee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.budget import ACCRUE_PAIRS, COMMIT_PAIRS
from core.hookspecs import hookimpl
from core.ledger import EntryKind
from huigou_legalaid import api, demo, pages, service

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Blueprint

    from core.access import Actor, Permission
    from core.acts import Act
    from core.demo import World
    from core.disclosure import PublicSum
    from core.ledger import Check
    from core.settlement import Claim
    from core.trace import Place, Step
    from core.web.menu import MenuItem


@hookimpl
def register_entry_kinds() -> list[EntryKind]:
    """Declare the one journal of a case: committed, used and owed at once."""
    used = (("pool.uncharged", "pool.charged"), ("fin.expense", "fin.payable"))
    pairs = (*COMMIT_PAIRS, *used, *ACCRUE_PAIRS)
    return [EntryKind(service.ACCEPTED, "法律援助结案", pairs, "法律援助法第五十二条")]


@hookimpl
def register_permissions() -> list[Permission]:
    """Declare who accepts and who sees cases."""
    return api.PERMISSIONS


@hookimpl
def register_acts() -> list[Act]:
    """Declare the act of accepting a closed case."""
    return api.ACTS


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the list of cases."""
    return [pages.blueprint]


@hookimpl
def menu_items(actor: Actor) -> list[MenuItem]:
    """Offer the list of cases."""
    return [pages.ITEM] if actor.may(pages.VIEW) else []


@hookimpl
def settlement_claims(until: datetime) -> list[Claim]:
    """Say which cases may be paid."""
    return service.claims(until)


@hookimpl
def claim_settled(claim: Claim, journal_id: int) -> None:
    """Hear that a case was paid."""
    service.settled(claim, journal_id)


@hookimpl
def trace_steps(place: Place) -> list[Step]:
    """Lead from a case's pool to its claim."""
    return service.steps(place)


@hookimpl
def public_sums() -> list[PublicSum]:
    """Say how many people were helped."""
    return service.public_sums()


@hookimpl
def integrity_checks() -> list[Check]:
    """Declare the check of the fees."""
    return service.CHECKS


@hookimpl
def load_demo(world: World) -> None:
    """Add a justice bureau, a law firm and three cases."""
    demo.load(world)
