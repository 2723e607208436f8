"""Contract outsourcing (合同外包): planned, tendered, contracted, accepted and paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core.hookspecs import hookimpl
from core.purchases import Form, Traits
from plugins.contract_outsourcing import api, demo, models, pages
from plugins.contract_outsourcing.service import (
    award_clocks,
    checks,
    claiming,
    contract_clocks,
    due,
    obstacles,
    panel_queries,
    payment_clocks,
    performance_checks,
    postings,
    records,
    register,
    supported,
    tender_checks,
    tender_clocks,
    tracing,
    years,
)
from plugins.contract_outsourcing.service.scoring import BID
from plugins.contract_outsourcing.service.steps import TENDER

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from flask import Blueprint
    from sqlalchemy import Select

    from core.access import Actor, Permission
    from core.acts import Act
    from core.benefits import Benefit, Purpose
    from core.deadlines import DeadlineKind, DueItem
    from core.demo import World
    from core.ledger import AccountKind, Check, EntryKind, Figure
    from core.settlement import Claim
    from core.trace import Place, Step
    from core.web.menu import MenuItem
    from core.years import Obstacle


@hookimpl
def register_account_kinds() -> list[AccountKind]:
    """Declare the register of contracts."""
    return list(postings.ACCOUNT_KINDS)


@hookimpl
def register_entry_kinds() -> list[EntryKind]:
    """Declare what contracts post."""
    return list(postings.ENTRY_KINDS)


@hookimpl
def register_permissions() -> list[Permission]:
    """Declare the permissions of procurement and contracts."""
    return list(api.PERMISSIONS)


@hookimpl
def register_acts() -> list[Act]:
    """Declare the acts of procurement and contracts."""
    return list(api.ACTS)


@hookimpl
def register_forms() -> list[Form]:
    """Offer contracts as a form of purchase."""
    return [Form("contract", "合同外包", _fits, tenders=True)]


def _fits(traits: Traits) -> str | None:
    if traits.standard_is_clear and not traits.recipients_choose and not traits.to_producers:
        return _("标准、质量、规格明确，可以写进合同，竞争择优、按约付款（合同外包）。")
    return None


@hookimpl
def lifted_veils() -> list[tuple[Collection[str], str, Select[Any]]]:
    """Say in which tenders it is no longer secret who bid, and who sat on the panel."""
    return [
        (api.BIDDERS_ACTS, TENDER, records.opened()),
        (api.PANELS_ACTS, TENDER, panel_queries.named()),
        (api.PANELS_ACTS, BID, panel_queries.named_bids()),
    ]


@hookimpl
def register_deadlines() -> list[DeadlineKind]:
    """Declare the legal clocks from the first question to the contract's last payment."""
    return [
        *tender_clocks.KINDS,
        *award_clocks.KINDS,
        *contract_clocks.KINDS,
        *payment_clocks.KINDS,
    ]


@hookimpl
def due_items(actor: Actor) -> list[DueItem]:
    """Say what of tenders and contracts is due for a person beside the legal clocks."""
    return due.due_items(actor)


@hookimpl
def benefits(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Say under which contracts providers deliver a purpose."""
    return supported.of_parties(party_ids, purpose)


@hookimpl
def forward_converted(source: str, line_id: int) -> None:
    """Commit a contract's year once finance has reserved it on its line."""
    years.converted(source, line_id)


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the pages of procurement and contracts."""
    return list(pages.BLUEPRINTS)


@hookimpl
def menu_items(actor: Actor) -> list[MenuItem]:
    """Offer the pages of procurement and contracts."""
    return pages.menu(actor)


@hookimpl
def settlement_claims(until: datetime) -> list[Claim]:
    """Say which accepted milestones may be paid."""
    return claiming.claims(until)


@hookimpl
def claim_settled(claim: Claim) -> None:
    """Hear that a milestone was paid."""
    claiming.on_claim_settled(claim)


@hookimpl
def pool_obstacles(pool_ids: list[int]) -> list[Obstacle]:
    """Say what keeps a contract's pools from closing."""
    return obstacles.obstacles(pool_ids)


@hookimpl
def register_figures() -> list[Figure]:
    """Declare the figures of the register of contracts."""
    return list(register.FIGURES)


@hookimpl
def trace_found(text: str, actor: Actor) -> list[Place]:
    """Find contracts by number, and what our journals are about."""
    return tracing.found(text, actor)


@hookimpl
def trace_steps(place: Place) -> list[Step]:
    """Lead from a pool over contract and milestone to the claim, and back."""
    return tracing.steps(place)


@hookimpl
def integrity_checks() -> list[Check]:
    """Declare the checks of contracts, milestones and the register."""
    return [*tender_checks.CHECKS, *checks.CHECKS, *performance_checks.CHECKS]


@hookimpl
def load_demo(world: World) -> None:
    """Add the contracts of the demo county."""
    demo.load(world)


__all__ = ["models"]
