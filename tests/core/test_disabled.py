"""Without a form of purchase the county goes on, also when the form has left rows behind."""

from __future__ import annotations

import pytest

from core.plugins import FORMS
from tests.deployment import Deployment

# What is offered without a component does not hang on the engine.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database_kept", ["sqlite"], indirect=True, scope="session"),
]
ALL = ",".join(FORMS)
NEW = ("schema-upgrade", "demo-load")


def tour(url, disabled, *verbs):
    """Go round the county; nothing may be broken. Return what the audit said and the paths."""
    told = Deployment(url, disabled=disabled).tell("tests.tour", *verbs)
    assert told["faults"] == []
    return told["audit"], told["paths"]


def of_the_voucher(paths):
    return [path for path in paths if path.startswith("/api/v1/voucher/")]


@pytest.mark.parametrize("disabled", ["voucher", ALL])
def test_the_county_is_built_and_works_without_the_voucher(empty_url, disabled):
    audit, paths = tour(empty_url, disabled, *NEW)
    assert of_the_voucher(paths) == []
    assert "未启用" not in audit


@pytest.mark.requirement("R000-42", in_part=True)
def test_the_voucher_works_alone_or_beside_one_other_and_leaves_its_rows_in_order(empty_url):
    _audit, paths = tour(empty_url, "contract,subsidy", *NEW)
    assert of_the_voucher(paths) != []
    assert "未启用" not in tour(empty_url, "contract", "schema-upgrade")[0]
    # By now subsidies have tables of their own, and what they left is told.
    left = tour(empty_url, "subsidy", "schema-upgrade")[0]
    assert "未启用的组件：subsidy。" in left
    audit, paths = tour(empty_url, ALL, "schema-upgrade")
    assert of_the_voucher(paths) == []
    assert "未启用的组件：contract、subsidy、voucher" in audit
