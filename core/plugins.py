"""Find, load and check plugins; ask them questions and tell them events."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy
from flask import Flask, current_app

from core import hookspecs
from core.db import db

if TYPE_CHECKING:
    from core.access import Permission
    from core.acts import Act
    from core.deadlines import DeadlineKind
    from core.facts import Fact
    from core.ledger import AccountKind, EntryKind, Figure
    from core.purchases import Form
    from core.settlement import BankFormat

# The three forms of purchase; the only place where the core names them, and only as text.
FORMS = {
    "contract": "plugins.contract_outsourcing",
    "voucher": "plugins.voucher",
    "subsidy": "plugins.subsidy",
}
ENTRY_POINTS = "huigou.plugins"
# A plugin's name begins its tables, views, kinds and version table.
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
IDENTIFIER_MAX = 63


@dataclass
class Registry:
    """What the loaded components declared, frozen after start-up, each by its code."""

    manager: pluggy.PluginManager
    account_kinds: dict[str, AccountKind] = field(default_factory=dict)
    entry_kinds: dict[str, EntryKind] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    acts: dict[str, Act] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    deadline_kinds: dict[str, DeadlineKind] = field(default_factory=dict)
    bank_formats: dict[str, BankFormat] = field(default_factory=dict)


def load(app: Flask, extra: Iterable[Any] = ()) -> Registry:
    """Load the core's own plugin, the three forms, installed and given plugins; check them all.

    `HUIGOU_DISABLED` (names, comma separated) leaves plugins out; their tables stay. Raises
    RuntimeError, and the app does not start, on an unknown hook, anything declared twice, or a
    name that is not the plugin's own.
    """
    manager = pluggy.PluginManager("huigou")
    manager.add_hookspecs(hookspecs)
    if os.environ.get("HUIGOU_TRACE"):
        manager.enable_tracing()
        manager.trace.root.setwriter(sys.stderr.write)
    disabled = {name.strip() for name in os.environ.get("HUIGOU_DISABLED", "").split(",")}
    manager.register(importlib.import_module("core.builtin"), "core")
    for name, module in FORMS.items():
        if name not in disabled:
            manager.register(importlib.import_module(module), name)
    for name, package in _installed(disabled):
        manager.register(package, name)
    for plugin in extra:
        manager.register(plugin)
    _check_hooks(manager)
    registry = Registry(manager)
    app.extensions["huigou"] = registry
    _collect(registry)
    _check_kinds(manager)
    _check_tables(manager)
    return registry


def registry() -> Registry:
    """Return what the current app's components declared."""
    found: Registry = current_app.extensions["huigou"]
    return found


def ask(hook: str, **arguments: Any) -> list[Any]:
    """Call a question on every plugin and join the answers in registration order."""
    return declared(registry().manager, hook, **arguments)


def tell(event: str, **arguments: Any) -> None:
    """Tell every plugin of an event, in registration order, inside the teller's transaction."""
    # pluggy calls the last registered first; the core's own answer should come first.
    for implementation in getattr(registry().manager.hook, event).get_hookimpls():
        implementation.function(
            **{name: arguments[name] for name in implementation.argnames if name in arguments}
        )


def components() -> dict[str, ModuleType]:
    """Return the loaded components by name, the core first."""
    pairs = registry().manager.list_name_plugin()
    return {name: plugin for name, plugin in pairs if isinstance(plugin, ModuleType)}


def folder(plugin: ModuleType) -> Path | None:
    """Return the folder a component's package lives in, None for a plugin without files."""
    source = getattr(plugin, "__file__", None)
    return Path(source).parent if source else None


def declared(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> list[Any]:
    """Call a hook of a manager and join the answers in registration order (also at start-up)."""
    answers = getattr(manager.hook, hook)(**arguments)
    return [item for answer in reversed(answers) for item in answer]


def _installed(disabled: set[str]) -> Iterator[tuple[str, ModuleType]]:
    """Yield the plugins that installed packages bring, by name: not as the disk happens to list."""
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)
    _refuse_doubles("plugins", ["core", *FORMS, *(entry.name for entry in found)])
    for entry in found:
        if not NAME.fullmatch(entry.name):
            message = f"plugin {entry.name}: a name is like table names: legal_aid"
            raise RuntimeError(message)
        if entry.name not in disabled:
            package = entry.load()
            if not hasattr(package, "__path__"):
                message = f"plugin {entry.name}: {entry.value} is not a package"
                raise RuntimeError(message)
            yield entry.name, package


def _check_hooks(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        message = f"a plugin implements a hook that does not exist: {error}"
        raise RuntimeError(message) from error


def _collect(registry: Registry) -> None:
    manager = registry.manager
    sources: list[tuple[dict[str, Any], str, str]] = [
        (registry.account_kinds, "register_account_kinds", "code"),
        (registry.entry_kinds, "register_entry_kinds", "code"),
        (registry.permissions, "register_permissions", "code"),
        (registry.acts, "register_acts", "operation_id"),
        (registry.facts, "register_facts", "code"),
        (registry.figures, "register_figures", "code"),
        (registry.forms, "register_forms", "code"),
        (registry.deadline_kinds, "register_deadlines", "code"),
        (registry.bank_formats, "register_adapters", "code"),
    ]
    for target, hook, attribute in sources:
        found = declared(manager, hook)
        _refuse_doubles(hook, [getattr(item, attribute) for item in found])
        target.update({getattr(item, attribute): item for item in found})
    _refuse_doubles("act paths", [f"{act.method} {act.path}" for act in registry.acts.values()])
    for act in registry.acts.values():
        if act.permission is not None and act.permission not in registry.permissions:
            message = f"act {act.operation_id} names an undeclared permission {act.permission}"
            raise RuntimeError(message)
    for kind in registry.entry_kinds.values():
        for account_kind in {code for pair in kind.pairs for code in pair}:
            if account_kind not in registry.account_kinds:
                message = f"entry kind {kind.code} names an undeclared account {account_kind}"
                raise RuntimeError(message)


def _refuse_doubles(what: str, codes: list[str]) -> None:
    doubles = sorted(code for code, count in Counter(codes).items() if count > 1)
    if doubles:
        message = f"{what}: declared twice: {', '.join(doubles)}"
        raise RuntimeError(message)


def _check_kinds(manager: pluggy.PluginManager) -> None:
    """Refuse a plugin's kinds without its name, by which its journals are known when it is away."""
    plugins = set(_packages(manager).values())
    for hook in ("register_account_kinds", "register_entry_kinds"):
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            owner = str(implementation.plugin_name)
            for kind in implementation.function() if owner in plugins else ():
                if not kind.code.startswith(f"{owner}."):
                    message = f"kind {kind.code} of plugin {owner} must begin with {owner}."
                    raise RuntimeError(message)


def _check_tables(manager: pluggy.PluginManager) -> None:
    """Refuse a plugin's table without the plugin's prefix, and names over 63 characters."""
    packages = _packages(manager)
    for mapper in db.Model.registry.mappers:  # type: ignore[attr-defined] # SQLAlchemy sets it
        module, table = f"{mapper.class_.__module__}.", str(mapper.local_table.name)
        owner = next((packages[one] for one in packages if module.startswith(f"{one}.")), None)
        if owner and not table.startswith(f"{owner}_"):
            message = f"table {table} of plugin {owner} must begin with {owner}_"
            raise RuntimeError(message)
        if len(table) > IDENTIFIER_MAX:
            message = f"table name {table} is longer than {IDENTIFIER_MAX} characters"
            raise RuntimeError(message)


def _packages(manager: pluggy.PluginManager) -> dict[str, str]:
    """Return the plugins' names by the packages that hold their code."""
    return {
        str(plugin.__name__): str(name)
        for name, plugin in manager.list_name_plugin()
        if isinstance(plugin, ModuleType) and name != "core"
    }
