"""The tender's form: what is typed into its sections becomes the act's fields, and back again."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from core import clock, formats
from core.web.forms import fen_of, whole

TEXTS = (
    "name",
    "method",
    "reason_code",
    "method_reason",
    "method_approval",
    "reserved_for",
    "project",
    "service",
    "evaluation",
    "documents_until",
    "closes_at",
)
WHOLE = ("agency_id", "provider_id")
INDICATORS_READY = 3
_ROW = ("name", "points", "standard", "levels", "preferred")


def payload(form: Any) -> dict[str, Any]:
    """Return what was typed as the fields of `tender.create` or `tender.revise`."""
    fields: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    fields |= {name: whole(form.get(name)) or None for name in WHOLE}
    fields["conditions"] = _lines(form.get("conditions", ""))
    fields["priced_services"] = [
        _priced(place, line)
        for place, line in enumerate(_lines(form.get("priced_services", "")), start=1)
    ]
    ceiling = form.get("ceiling_fen", "").strip()
    fields["ceiling_fen"] = fen_of(ceiling) if ceiling else None
    fields["bid_bond_fen"] = fen_of(form.get("bid_bond_fen", "").strip() or "0")
    fields["competition"] = _competition(form)
    fields["sheet"] = _sheet(form)
    return fields


def typed(tender: dict[str, Any]) -> MultiDict[str, str]:
    """Return a tender as it stands in the form."""
    values: MultiDict[str, str] = MultiDict()
    for name in (*TEXTS, *WHOLE):
        found = tender.get(name)
        values[name] = "" if found is None else str(found)
    if tender["closes_at"]:
        local = clock.instant(tender["closes_at"]).astimezone(clock.ZONE)
        values["closes_at"] = f"{local:%Y-%m-%dT%H:%M}"
    values["conditions"] = "\n".join(tender["conditions"])
    values["priced_services"] = "\n".join(
        f"{one['name']} {one['unit']}" for one in tender["priced_services"]
    )
    values["ceiling_fen"] = formats.yuan(tender["ceiling_fen"])
    values["bid_bond_fen"] = formats.yuan(tender["bid_bond_fen"])
    if test := tender["competition"]:
        values["able_providers"] = str(test["able_providers"])
        values["is_comparable"] = "1" if test["is_comparable"] else ""
        values["competition_words"] = test["words"]
    sheet = tender["sheet"]
    values["price_weight"] = formats.yuan(sheet["price_weight_bp"])
    values["deduction"] = formats.yuan(sheet["small_firm_deduction_bp"])
    values["ties"] = sheet["ties"]
    values["admitted"] = str(sheet.get("admitted") or "")
    for index, row in enumerate(sheet["indicators"]):
        values[f"indicators-{index}-name"] = row["name"]
        values[f"indicators-{index}-points"] = str(row["points"])
        values[f"indicators-{index}-standard"] = row["standard"]
        values[f"indicators-{index}-preferred"] = "1" if row["preferred"] else ""
        steps = [f"{level['points']} {level['words']}" for level in row["levels"]]
        values[f"indicators-{index}-levels"] = "\n".join(steps)
    return values


def ready(values: Any) -> int:
    """Return how many indicators the form shows: those filled in, and some blank ones."""
    return max(INDICATORS_READY, _most(values) + 2)


def _competition(form: Any) -> dict[str, Any] | None:
    words, able = (form.get(name, "").strip() for name in ("competition_words", "able_providers"))
    if not words and not able:
        return None
    comparable = form.get("is_comparable") == "1"
    return {"able_providers": whole(able), "is_comparable": comparable, "words": words}


def _sheet(form: Any) -> dict[str, Any]:
    weight, deduction = (form.get(name, "").strip() for name in ("price_weight", "deduction"))
    # Percent with two decimals are read like yuan: hundredths of one are basis points.
    return {
        "price_weight_bp": fen_of(weight) if weight else 0,
        "small_firm_deduction_bp": fen_of(deduction) if deduction else None,
        "ties": form.get("ties") or "technical",
        "admitted": whole(form.get("admitted")) or None,
        "indicators": [
            _indicator(form, index)
            for index in range(_most(form) + 1)
            if any(form.get(f"indicators-{index}-{key}", "").strip() for key in _ROW[:4])
        ],
    }


def _indicator(form: Any, index: int) -> dict[str, Any]:
    row = {key: form.get(f"indicators-{index}-{key}", "").strip() for key in _ROW}
    return {
        "code": f"i{index + 1}",
        "name": row["name"],
        "points": whole(row["points"]),
        "standard": row["standard"] or row["name"],
        "levels": [_level(line) for line in _lines(row["levels"])],
        "preferred": row["preferred"] == "1",
    }


def _priced(place: int, line: str) -> dict[str, str]:
    """Return a service from a line; its code is the one that the contract's form begins with."""
    name, _blank, unit = line.replace("\u3000", " ").rpartition(" ")
    return {"code": f"P{place}", "name": name.strip() or unit, "unit": unit if name else ""}


def _level(line: str) -> dict[str, Any]:
    points, _, words = line.replace("\u3000", " ").partition(" ")
    return {"points": whole(points), "words": words.strip()}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _most(form: Any) -> int:
    """Return the highest row of indicators in which something stands, -1 where there is none."""
    numbers = [
        int(parts[1])
        for parts in (key.split("-") for key in form if form.get(key))
        if parts[0] == "indicators" and len(parts) == len(("indicators", "row", "field"))
        if parts[1].isdecimal() and len(parts[1]) < 3  # noqa: PLR2004 - two digits
    ]
    return max(numbers, default=-1)
