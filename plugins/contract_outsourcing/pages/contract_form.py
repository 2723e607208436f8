"""The contract's form: what is typed into its sections becomes the act's fields, and back again.

Percentages, per ten thousand and points are typed with two decimals and kept as whole hundredths,
read as text like money: no binary fractions come near them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from core.web.forms import fen_of, whole
from plugins.contract_outsourcing.models.contracts import PARTS

TEXTS = ("name", "starts_on", "ends_on", "multi_year_reason")
# The rows that stand ready, and the fields of each: their name in the form, and how they are read.
ROWS: dict[str, tuple[int, dict[str, str]]] = {
    "milestones": (
        4,
        {
            "code": "text",
            "name": "text",
            "kind": "text",
            "share_bp": "hundredths",
            "amount_fen": "hundredths",
            "fiscal_year": "whole",
            "due_on": "text",
        },
    ),
    "funding": (2, {"line_id": "whole", "share_ppm": "ppm"}),
    "standard": (3, {"code": "text", "name": "text", "required": "flag"}),
    "quality": (2, {"code": "text", "name": "text", "unit": "text", "unit_fen": "hundredths"}),
    "tiers": (3, {"from_centipoints": "hundredths", "factor_bp": "hundredths"}),
    "unit_prices": (1, {"code": "text", "name": "text", "unit": "text", "bands": "bands"}),
}
ONES: dict[str, dict[str, str]] = {
    "late": {"ppm_per_day": "hundredths", "cap_bp": "hundredths"},
    "weights": {
        "purchaser": "hundredths",
        "recipients": "hundredths",
        "third_party": "hundredths",
    },
    "bond": {
        "form": "text",
        "issuer": "text",
        "document": "text",
        "amount_fen": "hundredths",
        "expires_on": "text",
    },
    "index": {"name": "text", "base": "hundredths", "clamp_bp": "hundredths"},
    "renewal": {"most_times": "whole", "min_centipoints": "hundredths"},
}
SINGLE = {
    "acceptance_days": "whole",
    "recipients_min": "whole",
    "deduction_cap_bp": "hundredths",
    "payment_days": "whole",
    "payment_from": "text",
    "late_interest_ppm": "hundredths",
    "ceiling_fen": "hundredths",
    "overclaim_tolerance_ppm": "ppm",
    "income_share_bp": "hundredths",
}
# Said by every row or part that stands ready, so that they alone do not make one.
_ALWAYS = {"kind", "required", "form", "code"}
_LETTERS = {"milestones": "M", "standard": "S", "quality": "Q", "unit_prices": "P"}


def payload(form: Any) -> dict[str, Any]:
    """Return what was typed as the fields of `contract.draft` or `contract.revise`."""
    fields: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    fields["parts"] = {part: form.get(f"parts-{part}", "").strip() for part in PARTS}
    fields["value_fen"] = fen_of(form.get("value_fen", "")) if form.get("value_fen") else 0
    fields["evaluator_id"] = whole(form.get("evaluator_id"))
    fields["terms"] = terms(form)
    return fields


def terms(form: Any) -> dict[str, Any]:
    """Return the typed terms."""
    found: dict[str, Any] = {
        name: rows(form, name) for name in ROWS if name != "tiers" and rows(form, name)
    }
    for name, kind in SINGLE.items():
        text = form.get(name, "").strip()
        if text:
            found[name] = _read(text, kind)
    for name in ONES:
        if name != "weights" and (one := part(form, name)):
            found[name] = one
    if tiers := rows(form, "tiers"):
        found["tail"] = {"tiers": tiers, "weights": part(form, "weights") or {}}
    return found


def typed(contract: Mapping[str, Any]) -> MultiDict[str, str]:
    """Return a contract (`contract_queries.show`) as it stands in the form."""
    values: MultiDict[str, str] = MultiDict()
    for name in TEXTS:
        values[name] = _text(contract.get(name))
    values["value_fen"] = _typed(contract["value_fen"], "hundredths")
    values["evaluator_id"] = _text(contract.get("evaluator_id"))
    for one in contract["parts"]:
        values[f"parts-{one['code']}"] = one["words"]
    stored = contract["terms"]
    for name, kind in SINGLE.items():
        values[name] = _typed(stored.get(name), kind)
    tail = stored.get("tail") or {}
    nested = dict(stored) | {"tiers": tail.get("tiers"), "weights": tail.get("weights")}
    for name, (_ready, kinds) in ROWS.items():
        for index, row in enumerate(nested.get(name) or ()):
            for key, kind in kinds.items():
                values[f"{name}-{index}-{key}"] = _typed(row.get(key), kind)
    for name, kinds in ONES.items():
        for key, kind in kinds.items():
            values[f"{name}-{key}"] = _typed((nested.get(name) or {}).get(key), kind)
    return values


def ready(values: Any) -> dict[str, int]:
    """Return how many rows of each kind the form shows: what is filled in, and one blank."""
    found = {}
    for name, (least, kinds) in ROWS.items():
        used = [
            index
            for index in range(_most(values, name))
            if any(values.get(f"{name}-{index}-{key}") for key in kinds if key not in _ALWAYS)
        ]
        found[name] = max(least, used[-1] + 2 if used else 0)
    return found


def rows(form: Any, name: str) -> list[dict[str, Any]]:
    """Return the typed rows of a kind; one without a code gets one by its place."""
    kinds = ROWS[name][1]
    found = []
    for index in range(_most(form, name)):
        texts = {key: form.get(f"{name}-{index}-{key}", "").strip() for key in kinds}
        if not any(text for key, text in texts.items() if key not in _ALWAYS):
            continue
        row = {key: _read(text, kinds[key]) for key, text in texts.items() if text}
        if "code" in kinds:
            row.setdefault("code", f"{_LETTERS[name]}{index + 1}")
        found.append(row)
    return found


def part(form: Any, name: str) -> dict[str, Any] | None:
    """Return a typed part of the terms, None where nothing was typed."""
    kinds = ONES[name]
    texts = {key: form.get(f"{name}-{key}", "").strip() for key in kinds}
    if not any(text for key, text in texts.items() if key not in _ALWAYS):
        return None
    return {key: _read(text, kinds[key]) for key, text in texts.items() if text}


def _most(form: Any, name: str) -> int:
    """Return one more than the highest row of a kind the form speaks of."""
    numbers = [
        int(pieces[1])
        for pieces in (key.split("-") for key in form)
        if pieces[0] == name
        and len(pieces) == 3  # noqa: PLR2004 - name, row, field
        and pieces[1].isdecimal()
        and len(pieces[1]) < 3  # noqa: PLR2004 - two digits
    ]
    return max(numbers, default=-1) + 1


def _read(text: str, kind: str) -> Any:
    if kind == "hundredths":
        return fen_of(text)
    if kind == "ppm":
        hundredths = fen_of(text)
        return hundredths * 100 if isinstance(hundredths, int) else text
    if kind == "flag":
        return text == "1"
    if kind == "bands":
        return [_band(one) for one in text.replace("；", ";").split(";") if one.strip()]
    return whole(text) if kind == "whole" else text


def _band(text: str) -> dict[str, Any]:
    """Read `10000 11.80` (up to unit 10,000 at 11.80 yuan) or `10.90` (all further units)."""
    pieces = text.split()
    bound = whole(pieces[0]) if len(pieces) > 1 else None
    return {"up_to": bound, "unit_fen": fen_of(pieces[-1])}


def _typed(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "flag":
        return "1" if value else "0"
    if kind == "bands":
        return "; ".join(
            f"{band['up_to'] or ''} {_typed(band['unit_fen'], 'hundredths')}".strip()
            for band in value
        )
    if kind in {"hundredths", "ppm"} and isinstance(value, int):
        units, cents = divmod(value if kind == "hundredths" else value // 100, 100)
        return f"{units}.{cents:02d}"
    return _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def defaults(name: str, amount_fen: int) -> MultiDict[str, str]:
    """Return the form of a new contract: what the award says, and the usual terms."""
    return MultiDict(
        {
            "name": name,
            "value_fen": _typed(amount_fen, "hundredths"),
            "recipients_min": "1",
            "payment_days": "30",
            "payment_from": "acceptance",
        }
    )
