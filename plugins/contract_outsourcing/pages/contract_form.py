"""The contract's form: what is typed into its sections becomes the act's fields, and back again.

Percentages, per ten thousand and points are typed with two decimals and kept as whole hundredths,
read as text like money: no binary fractions come near them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from core.web.forms import CHOICE, FLAG, HUNDREDTHS, TEXT, WHOLE, Kind, Part, Rows, fen_of, whole
from plugins.contract_outsourcing.models.contracts import PARTS

TEXTS = ("name", "starts_on", "ends_on", "multi_year_reason")


def _ppm(text: str) -> int | str:
    hundredths = fen_of(text)
    return hundredths * 100 if isinstance(hundredths, int) else text


def _bands(text: str) -> list[dict[str, Any]]:
    """Read `10000 11.80; 10.90`: up to unit 10,000 at 11.80 yuan, all further ones at 10.90."""
    bands = [one.split() for one in text.replace("；", ";").split(";") if one.strip()]
    return [
        {"up_to": whole(band[0]) if len(band) > 1 else None, "unit_fen": fen_of(band[-1])}
        for band in bands
    ]


def _bands_typed(bands: list[dict[str, Any]]) -> str:
    return "; ".join(
        f"{band['up_to'] or ''} {HUNDREDTHS.write(band['unit_fen'])}".strip() for band in bands
    )


PPM = Kind(_ppm, lambda ppm: HUNDREDTHS.write(ppm // 100))
BANDS = Kind(_bands, _bands_typed)
CODE = Kind(tells=False)

MILESTONES = Rows(
    "milestones",
    4,
    {
        "code": CODE,
        "name": TEXT,
        "kind": CHOICE,
        "share_bp": HUNDREDTHS,
        "amount_fen": HUNDREDTHS,
        "fiscal_year": WHOLE,
        "due_on": TEXT,
    },
    letter="M",
)
TIERS = Rows("tiers", 3, {"from_centipoints": HUNDREDTHS, "factor_bp": HUNDREDTHS})
WEIGHTS = Part(
    "weights", {"purchaser": HUNDREDTHS, "recipients": HUNDREDTHS, "third_party": HUNDREDTHS}
)
BOND = Part(
    "bond",
    {
        "form": CHOICE,
        "issuer": TEXT,
        "document": TEXT,
        "amount_fen": HUNDREDTHS,
        "expires_on": TEXT,
    },
)
# What stands in the terms by its own name; the tail's tiers and weights stand in the tail.
ROWS = (
    MILESTONES,
    Rows("funding", 2, {"line_id": WHOLE, "share_ppm": PPM}),
    Rows("standard", 3, {"code": CODE, "name": TEXT, "required": FLAG}, letter="S"),
    Rows(
        "quality",
        2,
        {"code": CODE, "name": TEXT, "unit": TEXT, "unit_fen": HUNDREDTHS},
        letter="Q",
    ),
    Rows("unit_prices", 1, {"code": CODE, "name": TEXT, "unit": TEXT, "bands": BANDS}, letter="P"),
)
ONES = (
    Part("late", {"ppm_per_day": HUNDREDTHS, "cap_bp": HUNDREDTHS}),
    BOND,
    Part("index", {"name": TEXT, "base": HUNDREDTHS, "clamp_bp": HUNDREDTHS}),
    Part("renewal", {"most_times": WHOLE, "min_centipoints": HUNDREDTHS}),
)
SINGLE = {
    "acceptance_days": WHOLE,
    "recipients_min": WHOLE,
    "deduction_cap_bp": HUNDREDTHS,
    "payment_days": WHOLE,
    "payment_from": TEXT,
    "late_interest_ppm": HUNDREDTHS,
    "ceiling_fen": HUNDREDTHS,
    "overclaim_tolerance_ppm": PPM,
    "income_share_bp": HUNDREDTHS,
}


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
    found: dict[str, Any] = {one.name: said for one in (*ROWS, *ONES) if (said := one.read(form))}
    for name, kind in SINGLE.items():
        if text := form.get(name, "").strip():
            found[name] = kind.read(text)
    if tiers := TIERS.read(form):
        found["tail"] = {"tiers": tiers, "weights": WEIGHTS.read(form) or {}}
    return found


def typed(contract: Mapping[str, Any]) -> MultiDict[str, str]:
    """Return a contract (`contract_queries.show`) as it stands in the form."""
    values: MultiDict[str, str] = MultiDict()
    for name in (*TEXTS, "evaluator_id"):
        values[name] = TEXT.typed(contract.get(name))
    values["value_fen"] = HUNDREDTHS.typed(contract["value_fen"])
    for one in contract["parts"]:
        values[f"parts-{one['code']}"] = one["words"]
    stored = contract["terms"]
    for name, kind in SINGLE.items():
        values[name] = kind.typed(stored.get(name))
    for part in (*ROWS, *ONES):
        part.fill(values, stored.get(part.name))
    tail = stored.get("tail") or {}
    for part in (TIERS, WEIGHTS):
        part.fill(values, tail.get(part.name))
    return values


def ready(values: Any) -> dict[str, int]:
    """Return how many rows of each kind the form shows."""
    return {rows.name: rows.ready(values) for rows in (*ROWS, TIERS)}


def defaults(name: str, amount_fen: int) -> MultiDict[str, str]:
    """Return the form of a new contract: what the award says, and the usual terms."""
    return MultiDict(
        {
            "name": name,
            "value_fen": HUNDREDTHS.typed(amount_fen),
            "recipients_min": "1",
            "payment_days": "30",
            "payment_from": "acceptance",
        }
    )
