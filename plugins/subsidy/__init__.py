"""Subsidies (补贴制): relief, interest, guarantees and awards for results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from core.hookspecs import hookimpl
from core.purchases import Form, Traits
from plugins.subsidy import api, demo, models, pages
from plugins.subsidy.service import (
    application_clocks,
    checks,
    declaring,
    doubling,
    due,
    guarantee_checks,
    obstacles,
    postings,
    register,
    relief_postings,
    settling,
    tracing,
    years,
)

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Blueprint

    from core.access import Actor, Permission
    from core.acts import Act
    from core.benefits import Benefit, Purpose
    from core.deadlines import DeadlineKind, DueItem
    from core.demo import World
    from core.disclosure import PublicSum
    from core.facts import Fact
    from core.ledger import AccountKind, Check, EntryKind
    from core.settlement import Claim
    from core.trace import Place, Step
    from core.web.menu import MenuItem
    from core.years import Obstacle


@hookimpl
def register_account_kinds() -> list[AccountKind]:
    """Declare the memoranda of relief."""
    return list(relief_postings.ACCOUNT_KINDS)


@hookimpl
def register_entry_kinds() -> list[EntryKind]:
    """Declare what subsidies post."""
    return [*postings.ENTRY_KINDS, *relief_postings.ENTRY_KINDS]


@hookimpl
def register_permissions() -> list[Permission]:
    """Declare the permissions of subsidies."""
    return list(api.PERMISSIONS)


@hookimpl
def register_acts() -> list[Act]:
    """Declare the acts of subsidies."""
    return list(api.ACTS)


@hookimpl
def register_facts() -> list[Fact]:
    """Declare what an organisation says of itself when it asks for support."""
    return list(declaring.FACTS)


@hookimpl
def register_deadlines() -> list[DeadlineKind]:
    """Declare the legal clocks of applications."""
    return list(application_clocks.KINDS)


@hookimpl
def register_forms() -> list[Form]:
    """Offer subsidies as a form of purchase."""
    return [Form("subsidy", "补贴制", _fits)]


def _fits(traits: Traits) -> str | None:
    if traits.to_producers:
        return _("服务向公众开放、由生产者自主提供，政府补给生产者以扩大供给（补贴制）。")
    return None


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the pages of subsidies."""
    return list(pages.BLUEPRINTS)


@hookimpl
def menu_items(actor: Actor) -> list[MenuItem]:
    """Offer the pages of subsidies."""
    return pages.menu(actor)


@hookimpl
def forward_converted(source: str, line_id: int) -> None:
    """Commit a scheme's later year once finance has reserved it on its line."""
    years.converted(source, line_id)


@hookimpl
def settlement_claims(until: datetime) -> list[Claim]:
    """Say which approved claims may be paid."""
    return settling.claims(until)


@hookimpl
def claim_settled(claim: Claim, journal_id: int) -> None:
    """Hear that a claim was paid."""
    settling.on_claim_settled(claim, journal_id)


@hookimpl
def benefits(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Say which subsidies parties have for a purpose."""
    return doubling.supported(party_ids, purpose)


@hookimpl
def pool_obstacles(pool_ids: list[int]) -> list[Obstacle]:
    """Say what keeps a scheme's pools from closing."""
    return obstacles.obstacles(pool_ids)


@hookimpl
def due_items(actor: Actor) -> list[DueItem]:
    """Say what of claims and recoveries is due without a clock of its own."""
    return due.due_items(actor)


@hookimpl
def trace_found(text: str, actor: Actor) -> list[Place]:
    """Name the claims, agreements, applications and recoveries that a text means."""
    return tracing.found(text, actor)


@hookimpl
def trace_steps(place: Place) -> list[Step]:
    """Say which stations of subsidies lie next to a place."""
    return tracing.steps(place)


@hookimpl
def public_sums() -> list[PublicSum]:
    """Say what each scheme granted, for how many people."""
    return register.public_sums()


@hookimpl
def integrity_checks() -> list[Check]:
    """Declare the checks of claims and agreements."""
    return [*checks.CHECKS, *relief_postings.CHECKS, *guarantee_checks.CHECKS]


@hookimpl
def load_demo(world: World) -> None:
    """Add the subsidy schemes of the demo county."""
    demo.load(world)


__all__ = ["models"]
