"""docs/programmes.md and the templates: what they show is true of the code."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
import yaml

from core import Huigou
from core.docs import ROOT
from core.lines import load
from plugins.voucher.parameters import paper, parameters
from plugins.voucher.programmes import templates
from plugins.voucher.rules import Terms, Use, read_terms
from plugins.voucher.service.trying import failures, try_use
from plugins.voucher.terms_schema import TermsSchema
from tests.factories import County

SCENARIOS = ROOT / "tests" / "scenarios"
PLAYED = {"elder-care": "sp-2", "home-care-hours": "sp-3"}
TEXT = (ROOT / "docs" / "programmes.md").read_text(encoding="utf-8")


def read(terms: dict[str, Any]) -> Terms:
    """Read terms; which line pays does not matter here."""
    document = TermsSchema().load(terms | {"funding": []})
    return read_terms(json.loads(json.dumps(document, default=date.isoformat)))


def test_every_parameter_is_described_once() -> None:
    described = [path for words in paper().values() for path in words]
    assert sorted(described) == sorted(one.path for one in parameters())


def test_every_example_is_readable() -> None:
    for words in paper().values():
        for path, said in words.items():
            assert yaml.safe_load(f"x: {said['example']}")["x"] is not None, path


def test_the_first_programme_of_the_document_passes_its_own_cases(app_kept: Huigou) -> None:
    shown = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert shown is not None
    with app_kept.app_context():
        assert list(failures(read(yaml.safe_load(shown[1])["terms"]))) == []


def test_the_worked_computation_comes_out_as_written() -> None:
    rules = read(
        {
            "valid_from": "2026-01-01",
            "valid_through": "2026-12-31",
            "classes": [{"code": "A", "name": "房"}],
            "services": [{"code": "rent", "name": "房租", "unit": "月"}],
            "allotments": [
                {"code": "year", "name": "年", "period": "year", "amounts": [{"quantity": 900_000}]}
            ],
            "other_payers": [{"code": "ins", "name": "保险"}],
            "shares": [{"standard_fen": 120_000}],
            "reductions": [
                {"name": "三成", "of": "income", "ppm": 300_000},
                {"name": "起点", "amount_fen": 10_000},
            ],
            "reduction_pick": "largest",
            "caps": [{"code": "m", "name": "每月", "per": "month", "limit": 50_000}],
            "beyond": "self_pay",
        }
    )
    use = Use("rent", price_fen=150_001, others_fen={"ins": 20_000})
    decision = try_use(rules, "A", use, income_fen=200_000)
    assert (decision.amount_fen, decision.self_pay_fen) == (50_000, 80_001)
    assert "| self pay | 80 001 |" in TEXT


@pytest.mark.requirement("R002-66")
@pytest.mark.parametrize("stem", sorted(templates()))
def test_a_template_passes_its_own_cases_and_names_its_sources(
    stem: str, app: Huigou, county: County
) -> None:
    template = templates()[stem]
    assert set(template) == {"code", "name", "organisation", "terms"}
    rules = read(template["terms"])
    assert rules.cases
    assert rules.sources
    assert rules.classes
    assert county.purchaser
    with app.app_context():
        assert list(failures(rules)) == []


@pytest.mark.parametrize("stem", sorted(templates()))
def test_a_template_is_what_its_rehearsal_plays(stem: str) -> None:
    played, _lines = load(SCENARIOS / f"{PLAYED.get(stem, stem)}.yaml")
    (created,) = [event["with"] for event in played["events"] if event["do"] == "programme.create"]
    template = templates()[stem]
    assert created["name"] == template["name"]
    assert created["terms"] == {
        name: value for name, value in template["terms"].items() if name != "sources"
    }
