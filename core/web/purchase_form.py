"""The plan's form: what is typed into its sections becomes the act's fields, and back again."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from core.web.forms import CHOICE, HUNDREDTHS, TEXT, WHOLE, Part, Rows, lines_of, whole

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
NUMBER = ("quantity", "catalogue_item_id", "handover_id")
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
ROWS = (
    Rows("funding", 2, {"line_id": WHOLE, "amount_fen": HUNDREDTHS}),
    Rows("forward", 1, {"fiscal_year": WHOLE, "amount_fen": HUNDREDTHS}),
    Rows(
        "indicators",
        3,
        {
            "kind": CHOICE,
            "name": TEXT,
            "direction": CHOICE,
            "target": WHOLE,
            "unit": TEXT,
            "weight": WHOLE,
        },
    ),
    Rows("contributions", 2, {"source": CHOICE, "words": TEXT, "amount_fen": HUNDREDTHS}),
)
PARTS = (
    Part(
        "conversion",
        {"unit_name": TEXT, "document": TEXT, "amount_fen": HUNDREDTHS, "ends_on": TEXT},
    ),
    Part(
        "comparison",
        {"own_fen": HUNDREDTHS, "bought_fen": HUNDREDTHS, "year": WHOLE, "basis": TEXT},
    ),
)


def payload(form: Any) -> dict[str, Any]:
    """Return what was typed as the fields of `purchase.create` or `purchase.revise`."""
    fields: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    fields |= {name: form.get(name) == "1" for name in FLAGS}
    fields |= {name: form.getlist(name) for name in CODES}
    fields |= {name: [whole(one) for one in form.getlist(name)] for name in NUMBERS}
    fields |= {name: lines_of(form.get(name)) for name in LISTS}
    fields |= {name: whole(form.get(name)) or None for name in NUMBER}
    return fields | {one.name: one.read(form) for one in (*ROWS, *PARTS)}


def typed(plan: dict[str, Any]) -> MultiDict[str, str]:
    """Return a plan as it stands in the form."""
    values: MultiDict[str, str] = MultiDict()
    for name in (*TEXTS, *NUMBER):
        values[name] = TEXT.typed(plan.get(name))
    for name in FLAGS:
        told = plan.get(name) or (plan.get("traits") or {}).get(name)
        values[name] = "1" if told else ""
    for name in CODES:
        values.setlist(name, list(plan.get(name) or ()))
    values.setlist("cosigner_ids", [str(one["organisation_id"]) for one in plan["cosignatures"]])
    values.setlist("demand_ids", [str(one["id"]) for one in plan["demands"]])
    for name in LISTS:
        values[name] = "\n".join(plan.get(name) or ())
    for one in (*ROWS, *PARTS):
        one.fill(values, plan.get(one.name))
    return values


def ready(values: Any) -> dict[str, int]:
    """Return how many rows of each kind the form shows."""
    return {rows.name: rows.ready(values) for rows in ROWS}
