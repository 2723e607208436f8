"""How the claims of each kind are reckoned: each kind's own function, entered here by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from core.errors import RuleBroken
from plugins.subsidy.models import SubsidyClaim
from plugins.subsidy.rules import Calculation, Terms


@dataclass(frozen=True)
class Used:
    """Something that counts once across all schemes: kind, what identifies it, how it is called.

    `kind` such as `invoice`, `loan_period`, `unit`, `notice`.
    """

    kind: str
    identity: str
    name: str


@dataclass(frozen=True)
class Reckoned:
    """A claim reckoned: the calculation, a snapshot of what went into it, what it uses up.

    `inputs` is plain JSON. `units` counts the results that were verified, where a kind counts any.
    """

    calculation: Calculation
    inputs: dict[str, Any]
    uses: tuple[Used, ...] = field(default=())
    units: int | None = None


Reckoner = Callable[[SubsidyClaim, Terms, dict[str, Any]], Reckoned]
_KINDS: dict[str, Reckoner] = {}
Gate = Callable[[SubsidyClaim], None]
_GATES: dict[str, Gate] = {}


def reckons(kind: str) -> Callable[[Reckoner], Reckoner]:
    """Enter a function as the one that reckons claims of a kind; once a kind.

    It hears the claim, the terms it is judged by, and what the office found when it checked.
    """

    def enter(function: Reckoner) -> Reckoner:
        assert kind not in _KINDS, f"{kind} is reckoned twice"  # noqa: S101 - start-up data
        _KINDS[kind] = function
        return function

    return enter


def reckon(claim: SubsidyClaim, terms: Terms, found: dict[str, Any]) -> Reckoned:
    """Reckon a claim; refuse what its kind's rule refuses."""
    function = _KINDS.get(claim.kind)
    if function is None:
        raise RuleBroken(
            "CLAIM_NOT_RECKONED", _("这种补贴的金额由评审结果决定，不在这里计算。请到评审页办理。")
        )
    return function(claim, terms, found)


def gates(kind: str) -> Callable[[Gate], Gate]:
    """Enter a function that refuses to approve a claim of a kind before its time; once a kind."""

    def enter(function: Gate) -> Gate:
        assert kind not in _GATES, f"{kind} is gated twice"  # noqa: S101 - start-up data
        _GATES[kind] = function
        return function

    return enter


def refuse_unready(claim: SubsidyClaim) -> None:
    """Refuse to approve what its kind does not yet let be approved."""
    if gate := _GATES.get(claim.kind):
        gate(claim)
