"""The plan's form: what is typed into its sections becomes the act's fields, and back again."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from core.web.forms import fen_of, whole

TEXTS = (
    "name",
    "nature",
    "beneficiary",
    "origin",
    "stage",
    "need",
    "standard",
    "unit",
    "goal",
    "starts_on",
    "ends_on",
    "form",
    "form_reason",
    "split_approval",
    "envelope",
    "fund_purpose",
    "emergency_reason",
)
WHOLE = ("quantity", "catalogue_item_id", "handover_id")
FLAGS = (
    "by_analogy",
    "standard_is_clear",
    "recipients_choose",
    "to_producers",
    "is_open_tender",
)
CODES = ("no_add", "reforms", "groups")
NUMBERS = ("cosigner_ids", "demand_ids")
LISTS = ("hard_conditions", "preferred_conditions")
# The rows that stand ready, and the fields of each: their name in the form, and how they are read.
ROWS: dict[str, tuple[int, dict[str, str]]] = {
    "funding": (2, {"line_id": "whole", "amount_fen": "money"}),
    "forward": (1, {"fiscal_year": "whole", "amount_fen": "money"}),
    "indicators": (
        3,
        {
            "kind": "text",
            "name": "text",
            "direction": "text",
            "target": "whole",
            "unit": "text",
            "weight": "whole",
        },
    ),
    "contributions": (
        2,
        {"source": "text", "words": "text", "amount_fen": "money"},
    ),
}
# Chosen from a list that always says something, so that it alone does not make a row.
_ALWAYS = {"kind", "direction", "source"}
PARTS: dict[str, dict[str, str]] = {
    "conversion": {
        "unit_name": "text",
        "document": "text",
        "amount_fen": "money",
        "ends_on": "text",
    },
    "comparison": {"own_fen": "money", "bought_fen": "money", "year": "whole", "basis": "text"},
}


def payload(form: Any) -> dict[str, Any]:
    """Return what was typed as the fields of `purchase.create` or `purchase.revise`."""
    fields: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    fields |= {name: form.get(name) == "1" for name in FLAGS}
    fields |= {name: form.getlist(name) for name in CODES}
    fields |= {name: [whole(one) for one in form.getlist(name)] for name in NUMBERS}
    fields |= {
        name: [line.strip() for line in form.get(name, "").splitlines() if line.strip()]
        for name in LISTS
    }
    fields |= {name: whole(form.get(name)) or None for name in WHOLE}
    fields |= {name: _rows(form, name) for name in ROWS}
    fields |= {name: _part(form, name) for name in PARTS}
    return fields


def typed(plan: dict[str, Any]) -> MultiDict[str, str]:
    """Return a plan as it stands in the form."""
    values: MultiDict[str, str] = MultiDict()
    for name in (*TEXTS, *WHOLE):
        values[name] = _text(plan.get(name))
    for name in FLAGS:
        told = plan.get(name) or (plan.get("traits") or {}).get(name)
        values[name] = "1" if told else ""
    for name in CODES:
        values.setlist(name, list(plan.get(name) or ()))
    values.setlist("cosigner_ids", [str(one["organisation_id"]) for one in plan["cosignatures"]])
    values.setlist("demand_ids", [str(one["id"]) for one in plan["demands"]])
    for name in LISTS:
        values[name] = "\n".join(plan.get(name) or ())
    for name, (_ready, kinds) in ROWS.items():
        for index, row in enumerate(plan.get(name) or ()):
            for key, kind in kinds.items():
                values[f"{name}-{index}-{key}"] = _typed(row.get(key), kind)
    for name, kinds in PARTS.items():
        for key, kind in kinds.items():
            values[f"{name}-{key}"] = _typed((plan.get(name) or {}).get(key), kind)
    return values


def ready(values: Any) -> dict[str, int]:
    """Return how many rows of each kind the form shows: what is filled in, and some blank ones."""
    found = {}
    for name, (least, kinds) in ROWS.items():
        used = [
            index
            for index in range(_most(values, name))
            if any(values.get(f"{name}-{index}-{key}") for key in kinds)
        ]
        found[name] = max(least, used[-1] + 2 if used else 0)
    return found


def _rows(form: Any, name: str) -> list[dict[str, Any]]:
    kinds = ROWS[name][1]
    found = []
    for index in range(_most(form, name)):
        row = {key: form.get(f"{name}-{index}-{key}", "").strip() for key in kinds}
        if any(text for key, text in row.items() if key not in _ALWAYS):
            found.append({key: _read(text, kinds[key]) for key, text in row.items() if text})
    return found


def _part(form: Any, name: str) -> dict[str, Any] | None:
    kinds = PARTS[name]
    texts = {key: form.get(f"{name}-{key}", "").strip() for key in kinds}
    if not any(texts.values()):
        return None
    return {key: _read(text, kinds[key]) for key, text in texts.items() if text}


def _most(form: Any, name: str) -> int:
    """Return one more than the highest row of a kind the form speaks of."""
    numbers = [
        int(parts[1])
        for parts in (key.split("-") for key in form)
        if parts[0] == name and len(parts) == 3 and parts[1].isdecimal() and len(parts[1]) < 3  # noqa: PLR2004 - name, row, field; two digits
    ]
    return max(numbers, default=-1) + 1


def _read(text: str, kind: str) -> Any:
    if kind == "money":
        return fen_of(text)
    return whole(text) if kind == "whole" else text


def _typed(value: Any, kind: str) -> str:
    if kind == "money" and isinstance(value, int):
        yuan, cents = divmod(value, 100)
        return f"{yuan}.{cents:02d}"
    return _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
