"""Contract outsourcing (合同外包): planned, tendered, contracted, accepted and paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core.hookspecs import hookimpl
from core.purchases import Form, Traits
from plugins.contract_outsourcing import api, models, pages
from plugins.contract_outsourcing.service import checks, clocks, postings, records

if TYPE_CHECKING:
    from flask import Blueprint
    from sqlalchemy import Select

    from core.access import Actor, Permission
    from core.acts import Act
    from core.deadlines import DeadlineKind
    from core.ledger import AccountKind, Check, EntryKind
    from core.web.menu import MenuItem


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
def register_deadlines() -> list[DeadlineKind]:
    """Declare the legal clocks of procurement and contracts."""
    return list(clocks.KINDS)


@hookimpl
def integrity_checks() -> list[Check]:
    """Declare what must hold of procurement and contracts."""
    return list(checks.CHECKS)


@hookimpl
def register_forms() -> list[Form]:
    """Offer contracts as a form of purchase."""
    return [Form("contract", "合同外包", _fits, tenders=True)]


def _fits(traits: Traits) -> str | None:
    if traits.standard_is_clear and not traits.recipients_choose and not traits.to_producers:
        return _("标准、质量、规格明确，可以写进合同，竞争择优、按约付款（合同外包）。")
    return None


@hookimpl
def lifted_veils() -> list[tuple[str, Select[Any]]]:
    """Say which tenders were opened, so that who bid in them is no longer secret."""
    return records.lifted()


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the pages of procurement and contracts."""
    return list(pages.BLUEPRINTS)


@hookimpl
def menu_items(actor: Actor) -> list[MenuItem]:
    """Offer the pages of procurement and contracts."""
    return pages.menu(actor)


__all__ = ["models"]
