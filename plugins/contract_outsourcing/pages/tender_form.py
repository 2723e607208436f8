"""The tender's form: what is typed into its sections becomes the act's fields, and back again."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from core import clock, formats
from core.web.forms import FLAG, TEXT, WHOLE, Kind, Rows, fen_of, lines_of, whole

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
NUMBER = ("agency_id", "provider_id")


def _levels(text: str) -> list[dict[str, Any]]:
    """Read a step a line: its points, then what earns them."""
    steps = [line.replace("\u3000", " ").partition(" ") for line in lines_of(text)]
    return [{"points": whole(points), "words": words.strip()} for points, _, words in steps]


def _levels_typed(levels: list[dict[str, Any]]) -> str:
    return "\n".join(f"{level['points']} {level['words']}" for level in levels)


INDICATORS = Rows(
    "indicators",
    3,
    {
        "name": TEXT,
        "points": WHOLE,
        "standard": TEXT,
        "levels": Kind(_levels, _levels_typed),
        "preferred": FLAG,
    },
    letter="i",
)


def payload(form: Any) -> dict[str, Any]:
    """Return what was typed as the fields of `tender.create` or `tender.revise`."""
    fields: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    fields |= {name: whole(form.get(name)) or None for name in NUMBER}
    fields["conditions"] = lines_of(form.get("conditions"))
    fields["priced_services"] = [
        _priced(place, line)
        for place, line in enumerate(lines_of(form.get("priced_services")), start=1)
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
    for name in (*TEXTS, *NUMBER):
        values[name] = TEXT.typed(tender.get(name))
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
    INDICATORS.fill(values, sheet["indicators"])
    return values


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
        "indicators": [_indicator(row) for row in INDICATORS.read(form)],
    }


def _indicator(row: dict[str, Any]) -> dict[str, Any]:
    """Return an indicator whole: the act refuses blank points, its name can be its standard."""
    standard = row.get("standard") or row.get("name", "")
    blank = {"name": "", "points": "", "levels": [], "preferred": False}
    return blank | row | {"standard": standard}


def _priced(place: int, line: str) -> dict[str, str]:
    """Return a service from a line; its code is the one that the contract's form begins with."""
    name, _blank, unit = line.replace("\u3000", " ").rpartition(" ")
    return {"code": f"P{place}", "name": name.strip() or unit, "unit": unit if name else ""}
