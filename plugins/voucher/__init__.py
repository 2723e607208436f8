"""Vouchers (凭单制): eligible residents choose a provider, who scans, redeems and is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core.docs import Part
from core.hookspecs import hookimpl
from core.ledger import Figure
from core.purchases import Form, Traits
from plugins.voucher import api, commands, demo, pages, parameters, programmes
from plugins.voucher.service import (
    benefits,
    changes,
    checks,
    claiming,
    clocks,
    lapsing,
    obstacles,
    postings,
    renewing,
    settling,
    supported,
    taking_on,
    tracing,
    visits,
)

if TYPE_CHECKING:
    from datetime import date, datetime

    import click
    from flask import Blueprint

    from core.access import Actor, Permission
    from core.acts import Act
    from core.benefits import Benefit, Purpose
    from core.budget import Pool
    from core.deadlines import DeadlineKind
    from core.demo import World
    from core.disclosure import PublicSum
    from core.facts import Fact
    from core.ledger import Check, EntryKind
    from core.settlement import Claim
    from core.trace import Place, Step
    from core.web.menu import MenuItem
    from core.years import Fault, Obstacle


@hookimpl
def register_entry_kinds() -> list[EntryKind]:
    """Declare what the voucher posts."""
    return list(postings.ENTRY_KINDS)


@hookimpl
def register_permissions() -> list[Permission]:
    """Declare the voucher's permissions."""
    return list(api.PERMISSIONS)


@hookimpl
def register_acts() -> list[Act]:
    """Declare the voucher's acts."""
    return list(api.ACTS)


@hookimpl
def register_facts() -> list[Fact]:
    """Declare what holding a voucher says of a resident."""
    return list(benefits.FACTS)


@hookimpl
def register_forms() -> list[Form]:
    """Offer vouchers as a form of purchase."""
    return [Form("voucher", "凭单制", _fits)]


def _fits(traits: Traits) -> str | None:
    if traits.recipients_choose and not traits.to_producers:
        return _("服务好不好由用的人最清楚，由他们凭单自选承接主体（特殊教育、老年看护等软服务）。")
    return None


@hookimpl
def register_figures() -> list[Figure]:
    """Declare the figures of the entitlement book, by class, allotment, period and voucher."""

    def figure(state: str, name: str) -> Figure:
        def run(owner: Any) -> int:
            return postings.moved(str(owner), state)

        return Figure(f"vch.{state}", name, run)

    names = ("发放", "可用", "占用", "已核销", "已过期", "已作废", "已取消")
    states = ("issued", *postings.STATES)
    return [figure(state, name) for state, name in zip(states, names, strict=True)]


@hookimpl
def register_deadlines() -> list[DeadlineKind]:
    """Declare the legal clock of a statement's payment."""
    return list(clocks.KINDS)


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the residents', providers' and staff's pages."""
    return list(pages.BLUEPRINTS)


@hookimpl
def register_commands() -> list[click.Command]:
    """Declare `flask voucher ...`."""
    return list(commands.COMMANDS)


@hookimpl
def menu_items(actor: Actor) -> list[MenuItem]:
    """Offer the voucher's pages."""
    return pages.menu(actor)


@hookimpl
def settlement_claims(until: datetime) -> list[Claim]:
    """Say which statements are agreed and may be paid."""
    return claiming.claims(until)


@hookimpl
def claim_settled(claim: Claim) -> None:
    """Hear that a statement's claim was paid."""
    claiming.on_claim_settled(claim)


@hookimpl
def resident_changed(resident_id: int, what: str, from_on: date) -> None:
    """Do with a resident's vouchers what their programmes say of a change of condition."""
    changes.on_resident_changed(resident_id, what, from_on)


@hookimpl
def day_began() -> None:
    """Do what falls due: end holds, let lapse, follow changes, settle, renew allotments."""
    visits.day_began()
    lapsing.day_began()
    changes.day_began()
    settling.day_began()
    renewing.day_began()


@hookimpl
def trace_found(text: str, actor: Actor) -> list[Place]:
    """Find vouchers by number, redemptions by receipt, and what our journals are about."""
    return tracing.found(text, actor)


@hookimpl
def trace_steps(place: Place) -> list[Step]:
    """Lead from a pool over voucher, redemption and statement to the claim, and back."""
    return tracing.steps(place)


@hookimpl
def public_sums() -> list[PublicSum]:
    """Say what each programme did for how many people."""
    return tracing.public_sums()


@hookimpl(specname="benefits")
def supports(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Say which vouchers residents have for a purpose, and what providers redeemed for it."""
    return supported.benefits(party_ids, purpose)


@hookimpl
def pool_obstacles(pool_ids: list[int]) -> list[Obstacle]:
    """Say what keeps the voucher's pools from closing."""
    return obstacles.obstacles(pool_ids)


@hookimpl
def commitment_faults(form: str, pool: Pool, rows: list[dict[str, Any]]) -> list[Fault]:
    """Say which rows cannot become vouchers of a pool that was taken on."""
    return taking_on.faults(form, pool, rows)


@hookimpl
def commitment_taken_on(form: str, pool: Pool, rows: list[dict[str, Any]], journal_id: int) -> None:
    """Take on outstanding vouchers with their lots."""
    taking_on.take_on(form, pool, rows, journal_id)


@hookimpl
def integrity_checks() -> list[Check]:
    """Declare the checks of the entitlement book and the statements."""
    return list(checks.CHECKS)


@hookimpl
def generated_docs() -> list[Part]:
    """Write the table of parameters and the list of templates into docs/programmes.md."""
    return [
        Part("programme-parameters", parameters.document),
        Part("programme-templates", programmes.document),
    ]


@hookimpl
def load_demo(world: World) -> None:
    """Add the two programmes of the demo county."""
    demo.load(world)
