"""The API's shape: one endpoint per act, one form of refusal, nothing a caller sends breaks it."""

from __future__ import annotations

import json
import uuid

import pytest

from core.plugins import registry

pytestmark = pytest.mark.one_engine

PROBLEM = {"type", "title", "status", "detail", "code", "facts"}
LOGIN = "/api/v1/auth/login"


def assert_problem(response, status, code):
    assert response.content_type == "application/problem+json"
    body = response.get_json()
    assert set(body) >= PROBLEM
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    return body


@pytest.fixture
def acts(app):
    with app.app_context():
        return dict(registry().acts)


@pytest.fixture
def document(client):
    return client.get("/api/v1/openapi.json").get_json()


@pytest.fixture
def send(client, as_role):
    """Return a function that sends a writing act as an administrator."""

    def sent(path, body, *, key=None, role="administrator"):
        headers = {"Authorization": f"Bearer {as_role(role)}"}
        if key:
            headers["Idempotency-Key"] = key
        return client.post(f"/api/v1{path}", json=body, headers=headers)

    return sent


def test_every_act_has_an_operation_of_its_name(acts, document):
    described = {
        operation["operationId"]: (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert described == {name: (act.method, f"/api/v1{act.path}") for name, act in acts.items()}


def test_every_operation_says_who_may_and_how_it_is_refused(acts, document):
    for operations in document["paths"].values():
        for operation in operations.values():
            act = acts[operation["operationId"]]
            assert operation["summary"] == act.summary
            assert bool(operation["security"]) == (act.permission is not None)
            refused = [operation["responses"][status] for status in ("400", "422", "503")]
            assert all(one["$ref"] == "#/components/responses/Problem" for one in refused)
            keys = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
            assert bool(keys) == (not act.reads and not act.operation_id.startswith("auth."))


def test_every_reference_in_the_document_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    assert document["openapi"] == "3.1.0"
    for reference in set(references(document)):
        found = document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]


def test_the_document_is_cached_by_its_etag(client):
    first = client.get("/api/v1/openapi.json")
    assert "max-age" in first.headers["Cache-Control"]
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_page_of_acts_lists_every_act_in_the_sites_frame(client, acts):
    response = client.get("/api/v1/docs")
    page = response.get_data(as_text=True)
    assert response.content_type.startswith("text/html")
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert all(name in page for name in acts)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/auth/login", "/api/v1/no"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_under_api_is_a_problem(client, method, path):
    assert_problem(client.open(path, method=method), 404, "HTTP_404")


def test_a_wrong_method_is_a_problem_that_names_the_right_one(client):
    response = client.delete(LOGIN)
    assert_problem(response, 405, "HTTP_405")
    assert response.headers["Allow"] == "POST"


def test_pages_keep_their_html_errors(client):
    response = client.get("/there-is-no-such-page")
    assert response.status_code == 404
    assert response.content_type.startswith("text/html")


def test_nobody_signed_in_hears_how_to_sign_in(client):
    response = client.post("/api/v1/users", json={}, headers={"Idempotency-Key": "k"})
    assert_problem(response, 401, "SIGN_IN_REQUIRED")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("credentials", ["Bearer", "Bearer x", "Basic eDp4", "x", "Bearer \xff"])
def test_bad_credentials_are_nobody(client, credentials):
    headers = {"Authorization": credentials, "Idempotency-Key": "k"}
    response = client.post("/api/v1/users", json={}, headers=headers)
    assert_problem(response, 401, "SIGN_IN_REQUIRED")


def test_a_cookie_does_not_sign_in_here(client, as_role):
    client.set_cookie("session", as_role("administrator"))
    response = client.post("/api/v1/users", json={}, headers={"Idempotency-Key": "k"})
    assert_problem(response, 401, "SIGN_IN_REQUIRED")


def test_a_writing_act_needs_a_request_key(send):
    assert_problem(send("/users", {"login": "a", "name": "b"}), 400, "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.parametrize("key", ["a b", "键".encode().decode("latin-1"), "x" * 121, "\t"])
def test_a_request_key_is_visible_ascii(send, key):
    response = send("/users", {"login": "a", "name": "b"}, key=key)
    assert_problem(response, 400, "IDEMPOTENCY_KEY_INVALID")


def test_a_repeated_request_hears_the_same_and_is_marked(send):
    key = uuid.uuid4().hex
    first = send("/users", {"login": "zhang", "name": "张三"}, key=key)
    again = send("/users", {"login": "zhang", "name": "张三"}, key=key)
    assert (first.status_code, first.get_json()) == (200, again.get_json())
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_repeated_refusal_hears_the_same_and_is_marked(send):
    send("/users", {"login": "zhang", "name": "张三"}, key="first")
    refused = send("/users", {"login": "zhang", "name": "李四"}, key="second")
    again = send("/users", {"login": "zhang", "name": "李四"}, key="second")
    assert assert_problem(refused, 409, "LOGIN_TAKEN") == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_used_for_something_else_is_refused(send):
    send("/users", {"login": "zhang", "name": "张三"}, key="one")
    response = send("/users", {"login": "li", "name": "李四"}, key="one")
    assert_problem(response, 409, "KEY_REUSED")


def test_wrong_fields_are_named(send):
    body = send("/users", {"login": "zhang", "nome": "张三"}, key="k").get_json()
    assert body["code"] == "INVALID_INPUT"
    assert set(body["errors"]) == {"name", "nome"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nul",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[1]",
        b'"text"',
        b"7",
        b'{"login": 1, "login": 2}',
        b'{"login": NaN}',
        b'{"login": 1e999}',
        b'{"login": 9223372036854775808}',
        b'{"login": ' + b"9" * 100_000 + b"}",
        b'{"login": "\\u0000"}',
        b'{"lo\\u0000gin": ""}',
        b'{"login": "\\ud800"}',
        b'{"login": ' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 200_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_cannot_be_read_is_malformed(client, body):
    response = client.post(LOGIN, data=body, content_type="application/json")
    assert_problem(response, 400, "MALFORMED_REQUEST")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_only_json_is_read(client, kind):
    assert_problem(client.post(LOGIN, data=b"{}", content_type=kind), 415, "HTTP_415")


def test_a_body_over_eight_mebibytes_is_refused(client):
    body = json.dumps({"login": "x" * (8 << 20)})
    response = client.post(LOGIN, data=body, content_type="application/json")
    assert_problem(response, 413, "HTTP_413")


def test_an_unforeseen_failure_is_a_problem_without_details(app, client, monkeypatch):
    def broken(*_arguments, **_options):
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr("core.api.perform", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", 0)
    response = client.post(LOGIN, json={"login": "a", "password": "b"})
    assert_problem(response, 500, "INTERNAL_ERROR")
    assert "secret" not in response.get_data(as_text=True)
