"""Every act by every role that does not carry its permission is refused; nobody, too."""

from __future__ import annotations

import pytest

from core.access import ROLES
from core.plugins import registry
from tests import factories

# Who may does not hang on the engine.
pytestmark = pytest.mark.parametrize("database_kept", ["sqlite"], indirect=True, scope="session")
ROLES_TO_TRY = [role.code for role in ROLES.values() if role.side != "system"]


@pytest.fixture
def guarded(app):
    """Return every act that asks for a permission, with the roles that carry it.

    Signing out is left out: it would end the session that asks.
    """
    with app.app_context():
        found = registry()
        return [
            (act, found.permissions[act.permission].roles)
            for act in found.acts.values()
            if act.permission is not None and act.operation_id != "auth.logout"
        ]


@pytest.fixture
def call(client):
    """Return a function that asks for an act with nothing in it."""

    def called(act, token=None):
        headers = {"Idempotency-Key": f"sweep-{act.operation_id}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = None if act.method == "GET" else {}
        path = f"/api/v1{act.path}"
        return client.open(path, method=act.method, headers=headers, json=body)

    return called


@pytest.fixture
def token_for(app, county, as_role):
    """Return a function that gives a session token of somebody with a role, residents included."""
    with app.app_context():
        county.users.setdefault("resident", factories.make_user("resident"))
    return as_role


@pytest.mark.parametrize("role", ROLES_TO_TRY)
def test_a_role_without_the_permission_is_refused(role, guarded, call, token_for):
    token = token_for(role)
    wrong = {}
    for act, roles in guarded:
        response = call(act, token)
        refused = (response.status_code, response.get_json().get("code"))
        if (refused == (403, "ROLE_NOT_ALLOWED")) == (role in roles):
            wrong[act.operation_id] = refused
    assert wrong == {}


def test_nobody_signed_in_is_refused_everywhere(guarded, call):
    answers = {act.operation_id: call(act).status_code for act, _roles in guarded}
    assert {name: status for name, status in answers.items() if status != 401} == {}


@pytest.mark.requirement("R001-15")
def test_who_buys_plans_and_oversees_but_does_not_deliver(guarded):
    buying = {role.code for role in ROLES.values() if role.side == "purchaser"}
    may = {act.operation_id for act, roles in guarded if buying & set(roles)}
    deliver = {"voucher.redeem", "voucher.start", "voucher.finish", "offer.set"}
    assert deliver <= {act.operation_id for act, _roles in guarded}
    assert may & deliver == set()
    assert may >= {
        "programme.create",
        "programme.preview",
        "admission.suspend",
        "redemption.reverse",
    }


@pytest.mark.requirement("R000-64", "R002-62", in_part=True)
def test_who_audits_sees_and_verifies_but_changes_nothing(guarded):
    acts = {act.operation_id: act.reads for act, roles in guarded if "auditor" in roles}
    assert acts.keys() >= {"audit.verify", "settlement.batch", "statement.lines"}
    assert all(acts.values())


def test_every_role_may_do_something(guarded):
    busy = {role for _act, roles in guarded for role in roles}
    assert busy >= set(ROLES_TO_TRY)
