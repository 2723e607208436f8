"""The forms of purchase that are at hand, and which of them suits a service, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from core.access import Actor
from core.errors import InvalidInput
from core.plugins import registry


@dataclass(frozen=True)
class Traits:
    """What decides the form: is the service's standard clear, who chooses, who is paid.

    `recipients_choose`: the one who is served can best judge (soft services); `to_producers`: the
    service is sold anyway and is to become cheaper or more.
    """

    standard_is_clear: bool = False
    recipients_choose: bool = False
    to_producers: bool = False


@dataclass(frozen=True)
class Form:
    """A form of purchase: its code, its Chinese name, why it fits a service (None: it does not).

    `tenders` says that the provider is chosen by a procurement procedure, so that splitting
    matters.
    """

    code: str
    name: str
    fits: Callable[[Traits], str | None]
    tenders: bool = False


def known(code: str) -> Form:
    """Return a form by its code; refuse one that no loaded plugin brings."""
    form = registry().forms.get(code)
    if form is None:
        names = "、".join(_(one.name) for one in registry().forms.values()) or _("（无）")
        raise InvalidInput(
            _("没有购买方式“%(code)s”。现在可以选：%(names)s。", code=code, names=names),
            errors={"form": [_("请从列出的选项中选择")]},
        )
    return form


def name_of(code: str | None) -> str | None:
    """Return a form's name; the code where its plugin is away, None where none is chosen."""
    form = registry().forms.get(code or "")
    return _(form.name) if form else code


def advised(traits: Traits) -> list[dict[str, Any]]:
    """Return every form at hand, those that fit first, each with the reason."""
    told = [
        {"code": form.code, "name": _(form.name), "reason": form.fits(traits)}
        for form in registry().forms.values()
    ]
    return sorted(told, key=lambda one: one["reason"] is None)


def advise(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    standard_is_clear: bool = False,
    recipients_choose: bool = False,
    to_producers: bool = False,
) -> dict[str, Any]:
    """Say which form suits a service of these traits."""
    return {"items": advised(Traits(standard_is_clear, recipients_choose, to_producers))}
