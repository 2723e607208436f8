"""What the loaded components declare, as Markdown lists and tables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import click

from core import hookspecs
from core.access import FORBIDDEN_PAIRS, ROLES
from core.ledger import DEBIT
from core.plugins import FORMS, registry
from core.rulepack.declared import figures as shipped_figures
from core.rulepack.declared import shipped_rows

SIDES = {True: "debit", False: "credit"}
YES = "●"


@dataclass(frozen=True)
class Part:
    """A part of a document that a component writes: its name there, and what writes it."""

    name: str
    write: Callable[[], str]


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; bars in cells are escaped."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def hooks() -> str:
    """Return every hook with its signature and contract, in the order of the specifications."""
    return "\n\n".join(
        f"### `{name}`\n\n```python\n{name}{_signature(function)}\n```\n\n"
        f"{inspect.getdoc(function)}"
        for name, function in vars(hookspecs).items()
        if hasattr(function, "huigou_spec")
    )


def commands() -> str:
    """Return the help of every command."""
    found = [
        part
        for _component, members in _declared("register_commands")
        for command in members
        for part in _helps(command, f"flask {command.name}")
    ]
    return "\n\n".join(found)


def acts() -> str:
    """Return a table of the acts of each component."""
    permissions = registry().permissions
    parts = []
    for component, members in _declared("register_acts"):
        rows = [
            (
                f"`{act.operation_id}`",
                f"`{act.method} {act.path}`",
                act.summary,
                f"`{act.permission}`" if act.permission else "—",
                _roles(permissions[act.permission].roles) if act.permission else "anyone",
            )
            for act in members
        ]
        heads = ("act", "address", "does", "permission", "roles")
        parts.append(f"### {component}\n\n{table(heads, rows)}")
    return "\n\n".join(parts)


def account_kinds() -> str:
    """Return a table of the account kinds."""
    rows = [
        (
            f"`{kind.code}`",
            kind.name,
            SIDES[kind.side == DEBIT],
            ", ".join(kind.keys) or "—",
            YES if kind.gated else "",
            component,
        )
        for component, members in _declared("register_account_kinds")
        for kind in members
    ]
    return table(("kind", "name", "normal side", "one per", "gated", "component"), rows)


def entry_kinds() -> str:
    """Return a table of the posting rules: one row per pair of accounts a journal may post."""
    rows = [
        (f"`{kind.code}`", kind.name, f"`{debit}`", f"`{credit}`", kind.basis or "—", component)
        for component, members in _declared("register_entry_kinds")
        for kind in members
        for debit, credit in kind.pairs
    ]
    return table(("journal", "name", "debit", "credit", "basis", "component"), rows)


def facts() -> str:
    """Return a table of the facts by which rules say who is eligible."""
    rows = [
        (
            f"`{fact.code}`",
            fact.name,
            f"`{fact.kind}`",
            "、".join(fact.options) or str(fact.unit) or "—",
            "recorded" if fact.rows is None else "computed",
            component,
        )
        for component, members in _declared("register_facts")
        for fact in members
    ]
    return table(("fact", "name", "kind", "options or unit", "is", "component"), rows)


def figures() -> str:
    """Return a table of the named figures of the books."""
    rows = [
        (f"`{figure.code}`", figure.name, component)
        for component, members in _declared("register_figures")
        for figure in members
    ]
    return table(("figure", "name", "component"), rows)


def rule_figures() -> str:
    """Return a table of the shipped numbers of the law with their articles."""
    rows = [
        (
            f"`{figure.code}`",
            figure.name,
            str(row.value),
            f"`{figure.unit}`",
            f"`{figure.local}`",
            f"{row.from_on}–{row.to_on or ''}",
            row.citation,
            "?" if row.unverified else "",
        )
        for figure in shipped_figures().values()
        for row in shipped_rows(figure.code)
    ]
    heads = ("figure", "name", "value", "unit", "below", "in force", "law", "unverified")
    return table(heads, rows)


def deadline_kinds() -> str:
    """Return a table of the legal clocks and the figures by which they run."""
    rows = [
        (f"`{kind.code}`", kind.name, f"`{kind.figure}`", f"`{kind.unit}`", kind.basis, component)
        for component, members in _declared("register_deadlines")
        for kind in members
    ]
    return table(("clock", "name", "figure", "counts", "basis", "component"), rows)


def permissions() -> str:
    """Return the matrix of permissions and roles."""
    roles = [role for role in ROLES.values() if role.side != "system"]
    rows = [
        (
            f"`{permission.code}`",
            permission.name,
            *(YES if role.code in permission.roles else "" for role in roles),
        )
        for _component, members in _declared("register_permissions")
        for permission in members
    ]
    return table(("permission", "means", *(role.name for role in roles)), rows)


def forbidden_pairs() -> str:
    """Return the pairs of roles that no person may hold together."""
    order = list(ROLES)
    pairs = sorted(sorted(pair, key=order.index) for pair in FORBIDDEN_PAIRS)
    return "\n".join(f"- {ROLES[one].name} and {ROLES[other].name}" for one, other in pairs)


def parts() -> dict[str, Callable[[], str]]:
    """Return the parts that components write themselves, by name."""
    return {
        part.name: part.write
        for _component, members in _declared("generated_docs")
        for part in members
    }


def _signature(function: Callable[..., object]) -> str:
    # Annotations there are text, which Python would print in quotes.
    return str(inspect.signature(function)).replace("'", "")


def _declared(hook: str) -> Iterator[tuple[str, list[Any]]]:
    """Return what the core and each form declare under a hook.

    Plugins installed from elsewhere are left out: they bring documents of their own.
    """
    for implementation in getattr(registry().manager.hook, hook).get_hookimpls():
        if implementation.plugin_name not in {"core", *FORMS}:
            continue
        if members := list(implementation.function()):
            yield str(implementation.plugin_name), members


def _helps(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, terminal_width=100)
    yield f"### `{name}`\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for verb in command.commands.values():
            yield from _helps(verb, f"{name} {verb.name}")


def _roles(codes: Iterable[str]) -> str:
    return "、".join(ROLES[code].name for code in codes)
