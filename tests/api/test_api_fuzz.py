"""Over a hundred generated requests in each role: none is answered with a server error."""

from __future__ import annotations

import itertools

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests import factories

CASES = 120
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
# Mostly what the document allows, so that the acts themselves are reached.
MODES = [GenerationMode.POSITIVE] * 3 + [GenerationMode.NEGATIVE]


@pytest.fixture
def operations(app, county):
    """Return a function that gives the operations a role may call, in a county with vouchers."""
    with app.app_context():
        factories.make_programme(county)
        factories.issue(county, 5)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    everything = [one.ok() for one in schema.get_all_operations()]

    def allowed(role):
        return [
            operation
            for operation in everything
            if role in operation.definition.raw.get("x-roles", [role])
            # Signing out would turn every later request into a refused one.
            and operation.definition.raw["operationId"] != "auth.logout"
        ]

    return allowed


@pytest.mark.slow
@pytest.mark.parametrize(
    "role",
    [
        "purchaser_clerk",
        "purchaser_approver",
        "provider_manager",
        "provider_clerk",
        "finance_budget",
        "finance_maker",
        "finance_approver",
    ],
)
def test_no_generated_request_breaks_the_api(operations, as_role, role):
    found, token, keys = operations(role), as_role(role), itertools.count()

    @hypothesis.seed(20260101)
    @hypothesis.settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(data=st.data())
    def run(data):
        operation = data.draw(st.sampled_from(found), label="operation")
        mode = data.draw(st.sampled_from(MODES), label="mode")
        case = data.draw(operation.as_strategy(generation_mode=mode), label="case")
        headers = {"Authorization": f"Bearer {token}"}
        if mode is GenerationMode.POSITIVE:
            headers["Idempotency-Key"] = f"case-{next(keys)}"
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
