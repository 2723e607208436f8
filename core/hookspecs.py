"""Every hook, in life-cycle order, each with its contract.

Three families. `register_*` hooks run once in `create_app`, are pure and return lists of data.
Questions (plural nouns) are read-only and run in the asker's transaction. Events (past
participles) run in the same transaction as what they tell of; an exception undoes it all.
Answers are lists, never generators, and are joined in registration order.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Collection

    import click
    from flask import Blueprint
    from sqlalchemy import Select

    from core.access import Actor, Permission
    from core.acts import Act
    from core.benefits import Benefit, Purpose
    from core.budget import Pool
    from core.deadlines import DeadlineKind, DueItem
    from core.demo import World
    from core.disclosure import PublicSum
    from core.docs import Part
    from core.facts import Fact
    from core.ledger import AccountKind, Check, EntryKind, Figure
    from core.purchases import Form
    from core.settlement import BankFormat, Claim
    from core.trace import Place, Step
    from core.web.menu import MenuItem
    from core.years import Fault, Obstacle

spec = pluggy.HookspecMarker("huigou")
hookimpl = pluggy.HookimplMarker("huigou")


@spec
def register_account_kinds() -> list[AccountKind]:  # type: ignore[empty-body] # a specification
    """Give the account kinds (科目) this component posts to."""


@spec
def register_entry_kinds() -> list[EntryKind]:  # type: ignore[empty-body] # a specification
    """Give the entry kinds (凭证类型): which accounts a journal may debit and credit, and why."""


@spec
def register_permissions() -> list[Permission]:  # type: ignore[empty-body] # a specification
    """Give the permissions and the roles that carry each of them."""


@spec
def register_acts() -> list[Act]:  # type: ignore[empty-body] # a specification
    """Give the acts: one list feeds the API, rehearsals, the role sweep and the docs."""


@spec
def register_facts() -> list[Fact]:  # type: ignore[empty-body] # a specification
    """Give the facts (`age`, `ability_level`) by which rules say who is eligible."""


@spec
def register_figures() -> list[Figure]:  # type: ignore[empty-body] # a specification
    """Give named figures of the books (`bud.available`, `vch.redeemed`) for checkpoints."""


@spec
def register_forms() -> list[Form]:  # type: ignore[empty-body] # a specification
    """Give the forms of purchase: which services each suits, and the reason in words."""


@spec
def register_deadlines() -> list[DeadlineKind]:  # type: ignore[empty-body] # a specification
    """Give the kinds of legal clock (期限) this component starts and stops; see core.deadlines."""


@spec
def register_adapters() -> list[BankFormat]:  # type: ignore[empty-body] # a specification
    """Give adapters to the outside: bank file formats, written and read."""


@spec
def register_pages() -> list[Blueprint]:  # type: ignore[empty-body] # a specification
    """Give blueprints of pages; the core mounts them as they are."""


@spec
def register_commands() -> list[click.Command]:  # type: ignore[empty-body] # a specification
    """Give command-line verbs; the core mounts them as `flask <component> <verb>`."""


@spec
def menu_items(actor: Actor) -> list[MenuItem]:  # type: ignore[empty-body] # a specification
    """Say which pages this person is offered, under which of the five questions."""


@spec
def resident_changed(resident_id: int, what: str, from_on: date) -> None:
    """Hear that from a day on, past or to come, something else is true of a resident.

    `what` is the code of a recorded fact, `residence` after a move, or `death`.
    """


@spec
def forward_converted(source: str, line_id: int) -> None:
    """Hear that a forward obligation a component recorded was reserved on its year's line."""


@spec
def settlement_claims(until: datetime) -> list[Claim]:  # type: ignore[empty-body] # a specification
    """Say what became owed and agreed up to an instant and may be paid, one claim per pool."""


@spec
def due_items(actor: Actor) -> list[DueItem]:  # type: ignore[empty-body] # a specification
    """Say what of this component is due for this person beside the legal clocks, soonest first.

    What has no clock of its own: a delivery, a closing, an expiry. At most
    `core.deadlines.calendar.MOST`.
    """


@spec
def benefits(party_ids: list[int], purpose: Purpose) -> list[Benefit]:  # type: ignore[empty-body] # a specification
    """Say what this component already does for these parties to a purpose; see core.benefits.

    What is granted, owed or paid on days that overlap, not what is only asked for.
    """


@spec
def pool_obstacles(pool_ids: list[int]) -> list[Obstacle]:  # type: ignore[empty-body] # a specification
    """Say what keeps this component's pools among these from closing: what, until when, who acts.

    What still may be used, is held, waits for a statement, or is agreed and not yet paid.
    """


@spec
def commitment_faults(form: str, pool: Pool, rows: list[dict[str, Any]]) -> list[Fault]:  # type: ignore[empty-body] # a specification
    """Say what keeps rows from standing behind a pool of this form that was taken on (期初建账).

    Each row holds what the file says, its `row`, and the holder's `resident_id`.
    """


@spec
def commitment_taken_on(form: str, pool: Pool, rows: list[dict[str, Any]], journal_id: int) -> None:
    """Take over a pool of this form with what stands behind it; `journal_id` opened its money.

    The rows were found without fault and sum up to what the pool has uncharged.
    """


@spec
def integrity_checks() -> list[Check]:  # type: ignore[empty-body] # a specification
    """Give the checks that must find nothing: after every test, nightly, in `flask audit`."""


@spec
def lifted_veils() -> list[tuple[Collection[str], str, Select[Any]]]:  # type: ignore[empty-body] # a spec
    """Say which veiled acts may be told by now: their ids, object type, select of numbers."""


@spec
def trace_found(text: str, actor: Actor) -> list[Place]:  # type: ignore[empty-body] # a specification
    """Name the places of this component that a text means and the actor may see.

    The text is a number or code as people have it (voucher number, receipt), or the `source` of a
    journal this component posted.
    """


@spec
def trace_steps(place: Place) -> list[Step]:  # type: ignore[empty-body] # a specification
    """Say which of this component's places lie next to a place, its own or another's.

    The component that opened a pool leads from it to the claims it makes. At most
    `core.trace.MOST` + 1 of a kind, so that the walk knows when it was cut.
    """


@spec
def public_sums() -> list[PublicSum]:  # type: ignore[empty-body] # a specification
    """Say what each programme did for how many people; the core withholds small cells."""


@spec
def generated_docs() -> list[Part]:  # type: ignore[empty-body] # a specification
    """Give the parts of docs/ that are written from what this component's code says."""


@spec
def claim_settled(claim: Claim, journal_id: int) -> None:
    """Hear that the bank has confirmed the payment of a claim."""


@spec
def day_began() -> None:
    """Do what falls due on a new business day (lapsing, closing); must be safe to repeat."""


@spec
def load_demo(world: World) -> None:
    """Add to the demo county, through services only."""
