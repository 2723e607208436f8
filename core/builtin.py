"""The core as its own first plugin: what it declares goes through the same hooks as any form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import (
    budget,
    checks,
    commands,
    core_acts,
    deadlines,
    facts,
    purchases,
    settlement,
    trace,
    virement,
    years,
)
from core.hookspecs import hookimpl
from core.ledger import Figure, Owner, balance, gated_balance
from core.web import blueprints, items

if TYPE_CHECKING:
    import click
    from flask import Blueprint

    from core.access import Actor, Permission
    from core.acts import Act
    from core.deadlines import DeadlineKind
    from core.facts import Fact
    from core.ledger import AccountKind, Check, EntryKind
    from core.settlement import BankFormat, Claim
    from core.trace import Place, Step
    from core.web.menu import MenuItem


@hookimpl
def register_account_kinds() -> list[AccountKind]:
    """Declare line rooms, pools and the financial book."""
    return [*budget.ACCOUNT_KINDS, *settlement.ACCOUNT_KINDS]


@hookimpl
def register_entry_kinds() -> list[EntryKind]:
    """Declare what the core itself posts."""
    return [
        *budget.ENTRY_KINDS,
        *virement.ENTRY_KINDS,
        *purchases.ENTRY_KINDS,
        *settlement.ENTRY_KINDS,
        *years.ENTRY_KINDS,
    ]


@hookimpl
def register_permissions() -> list[Permission]:
    """Declare the core's permissions."""
    return list(core_acts.PERMISSIONS)


@hookimpl
def register_acts() -> list[Act]:
    """Declare the core's acts."""
    return list(core_acts.ACTS)


@hookimpl
def register_facts() -> list[Fact]:
    """Declare what the register of residents and the offices' records tell."""
    return list(facts.FACTS)


@hookimpl
def register_figures() -> list[Figure]:
    """Declare the figures of the line rooms and of the financial book."""

    def line(kind: str) -> Any:
        return lambda code: balance(kind, line_id=budget.line_number(code))

    def committed(code: Any) -> int:
        number = budget.line_number(code)
        return balance("line.encumbered", line_id=number) + balance("line.accrued", line_id=number)

    def available(code: Any) -> int:
        number = budget.line_number(code)
        free = gated_balance(Owner("line.available", line_id=number))
        return free + balance("line.reserved", line_id=number)

    def payable(party: Any) -> int:
        kinds = ("fin.payable", "fin.in_transit")
        return sum(balance(kind, party_id=int(party)) for kind in kinds)

    def expense(code: Any) -> int:
        pools = budget.pools_of(budget.line_number(code))
        return sum(balance("fin.expense", pool_id=pool) for pool in pools)

    return [
        Figure("bud.approved", "指标批复", line("line.approved")),
        Figure("bud.available", "可用指标（含预留）", available),
        Figure("bud.committed", "承诺与应付", committed),
        Figure("bud.spent", "已付", line("line.disbursed")),
        Figure("fin.expense", "费用", expense),
        Figure("fin.payable", "应付（含在途）", payable),
        Figure("fin.cash_in", "年后收回款", lambda _: balance("fin.cash_in")),
        Figure("fin.remitted", "年后已上缴国库", lambda _: balance("fin.remitted")),
        Figure("fin.treasury", "国库已付", lambda _: balance("fin.treasury")),
        Figure(
            "fin.clawback",
            "应追回",
            lambda party: balance("fin.receivable", party_id=int(party)),
        ),
    ]


@hookimpl
def settlement_claims() -> list[Claim]:
    """Say what the core itself owes: debts that found budget, and what was owed at the start."""
    return years.claims()


@hookimpl
def claim_settled(claim: Claim) -> None:
    """Hear that one of these was paid."""
    years.claim_settled(claim)


@hookimpl
def register_adapters() -> list[BankFormat]:
    """Declare the bank file formats."""
    return list(settlement.BANK_FORMATS)


@hookimpl
def register_deadlines() -> list[DeadlineKind]:
    """Declare the clock of a plan that waits for finance."""
    return list(purchases.DEADLINES)


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the core's pages."""
    return blueprints()


@hookimpl
def register_commands() -> list[click.Command]:
    """Declare the core's command-line verbs."""
    return list(commands.COMMANDS)


@hookimpl
def menu_items(actor: Actor) -> list[MenuItem]:
    """Offer the core's pages."""
    return items.core_items(actor)


@hookimpl
def day_began() -> None:
    """Count again the deadlines that were counted without a calendar."""
    deadlines.day_began()


@hookimpl
def trace_found(text: str, actor: Actor) -> list[Place]:
    """Find lines, pools, payments, batches and claw-backs."""
    return trace.core_found(text, actor)


@hookimpl
def trace_steps(place: Place) -> list[Step]:
    """Lead from a line through pools, claims and payments to the bank, and back."""
    return trace.core_steps(place)


@hookimpl
def integrity_checks() -> list[Check]:
    """Declare the checks of the books."""
    return [*checks.CHECKS, *purchases.CHECKS, *settlement.CHECKS, *years.CHECKS]
