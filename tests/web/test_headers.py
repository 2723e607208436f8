"""What every answer carries, and what no browser may be talked into: headers, cookies, sessions."""

from __future__ import annotations

import re

import pytest
from werkzeug.http import parse_cookie

from tests.factories import PASSWORD
from tests.web.browser import Browser, Page

SIGN_IN = "/sign-in"
# One of every kind: page, redirect, refusal, nothing there, wrong verb, file, API, health.
ANSWERS = {
    "a page": ("/", 200),
    "a public page": ("/find", 200),
    "the way to the sign-in": ("/budget/", 302),
    "the till's way to its sign-in": ("/till", 303),
    "nothing there": ("/no/such/page", 404),
    "the wrong verb": ("/sign-out", 405),
    "a static file": ("/static/icon.svg", 200),
    "a static file that is not there": ("/static/none.css", 404),
    "the chart's figures": ("/figures/rooms.json", 200),
    "the API's document": ("/api/v1/openapi.json", 200),
    "the API's page": ("/api/v1/docs", 200),
    "the API without a token": ("/api/v1/payments", 401),
    "nothing in the API": ("/api/v1/none", 404),
    "the health of the house": ("/healthz", 200),
}


def policy_of(response):
    rules = response.headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (rule.split() for rule in rules)}


def assert_guarded(response):
    policy, headers = policy_of(response), response.headers
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["form-action"] == ["'self'"]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]


@pytest.mark.parametrize(("path", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_kind_of_answer_is_guarded(client, path, status):
    with client.get(path) as response:
        assert response.status_code == status
        assert_guarded(response)


# Neither tells anything of anybody.
PUBLIC = ("/static", "/api/v1/openapi.json")


@pytest.mark.parametrize(
    "path", [path for path, _status in ANSWERS.values() if not path.startswith(PUBLIC)]
)
def test_what_may_tell_of_somebody_is_not_kept(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_page_of_somebody_signed_in_a_refusal_and_a_file_are_guarded(world):
    finance = staff(world, "finance_maker")
    for path, status in (("/", 200), ("/settlement/new", 200), ("/people/", 403)):
        page = finance.open(path)
        assert page.status == status
        assert_guarded(page.response)
    clerk = staff(world, "purchaser_clerk")
    assert_guarded(clerk.open("/residents/import/template.csv").response)


def test_a_fault_is_a_guarded_page_that_tells_nothing_of_itself(world, monkeypatch):
    app = world.app
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", 0)

    def broken():
        raise ZeroDivisionError("secret figure 42")

    monkeypatch.setitem(app.view_functions, "voucher_resident.help_page", broken)
    page = world.browser().open("/help")

    assert page.status == 500
    assert_guarded(page.response)
    assert "没有记账" in page.text
    assert "42" not in page.text


# --- cookies -----------------------------------------------------------------------------------


def staff(world, role, base_url="http://localhost"):
    browser = Browser(world.app.test_client())
    fields = {"login": world.login_of(role), "password": PASSWORD}
    page = browser.open(SIGN_IN).send(SIGN_IN, **fields)
    assert page.path == "/", page.text
    return browser


def cookies_of(response):
    lines = response.headers.getlist("Set-Cookie")
    return {next(iter(parse_cookie(line))): line for line in lines}


def signed_in(world, scheme):
    client = world.app.test_client()
    base = f"{scheme}://localhost"
    form = client.get(SIGN_IN, base_url=base).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form).group(1)
    fields = {"login": world.login_of("finance_maker"), "password": PASSWORD, "csrf_token": token}
    headers = {"Referer": f"{base}{SIGN_IN}"}
    return client, client.post(SIGN_IN, data=fields, base_url=base, headers=headers)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_session_cookie_is_for_the_server_alone(world, scheme):
    _client, response = signed_in(world, scheme)
    cookie = cookies_of(response)["session"]

    assert response.status_code == 303
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) == (scheme == "https")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_tills_cookie_and_the_wishes_of_a_reader_are_kept_as_closely(world, scheme):
    made = world.act("device.make_code", "provider_manager", name="前台")
    base = f"{scheme}://localhost"
    client = world.app.test_client()
    found = {}
    for path, fields in (
        ("/till/enrol", {"code": made["code"]}),
        ("/preferences", {"large_type": "1", "locale": "en"}),
    ):
        form = client.get("/till/enrol", base_url=base).get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', form).group(1)
        response = client.post(
            path,
            data=fields | {"csrf_token": token},
            base_url=base,
            headers={"Referer": f"{base}/till/enrol"},
        )
        assert response.status_code == 303
        found |= cookies_of(response)

    assert found.keys() >= {"hg_device", "type", "lang"}
    for cookie in found.values():
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) == (scheme == "https")


# --- forms from elsewhere ----------------------------------------------------------------------


def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do(world):
    browser = staff(world, "finance_maker")
    for path in (SIGN_IN, "/sign-out", "/settlement/new", "/till/redeem", "/me/sign-in"):
        page = browser.post(path, {"login": "x", "code": "x"})
        assert page.status == 400
        assert "刷新后重试" in page.text
        assert_guarded(page.response)
    assert browser.open("/settlement/new").status == 200


def test_another_browsers_token_is_refused(world):
    strange = staff(world, "finance_maker").open("/").form("/sign-out").fields
    browser = staff(world, "finance_approver")

    assert browser.post("/sign-out", strange).status == 400
    assert browser.open("/settlement/").status == 200


# --- sessions ----------------------------------------------------------------------------------


def test_signing_out_ends_the_session_on_the_server_too(world):
    client, _response = signed_in(world, "http")
    kept = client.get_cookie("session").value
    browser = Browser(client)
    assert browser.open("/settlement/").status == 200
    browser.open("/").send("/sign-out")

    thief = world.app.test_client()
    thief.set_cookie("session", kept)
    assert Browser(thief).open("/settlement/").path == SIGN_IN


def test_a_session_planted_before_the_sign_in_is_worth_nothing_after_it(world):
    client = world.app.test_client()
    client.get(SIGN_IN)
    planted = client.get_cookie("session").value
    browser = Browser(client)
    fields = {"login": world.login_of("finance_maker"), "password": PASSWORD}
    page = browser.open(SIGN_IN).send(SIGN_IN, **fields)
    assert page.path == "/"

    attacker = world.app.test_client()
    attacker.set_cookie("session", planted)
    assert Browser(attacker).open("/settlement/").path == SIGN_IN
    assert client.get_cookie("session").value != planted


def test_signing_in_drops_what_an_earlier_visitor_left(world):
    client, _response = signed_in(world, "http")
    with client.session_transaction() as session:
        session["left"] = "behind"
        session.pop("token")
    fields = {"login": world.login_of("finance_approver"), "password": PASSWORD}
    Browser(client).open(SIGN_IN).send(SIGN_IN, **fields)

    with client.session_transaction() as session:
        assert "left" not in session


ELSEWHERE = (
    "https://elsewhere.test/",
    "//elsewhere.test/",
    "/\\elsewhere.test/",
    "///elsewhere.test/",
    "\\\\elsewhere.test",
    "/\t/elsewhere.test/",
    "/%0d%0aLocation:https://elsewhere.test/",
    "javascript:alert(1)",
    "http:elsewhere.test",
    "elsewhere.test",
)


def test_nobody_is_led_to_another_site(world):
    led = {}
    for target in ELSEWHERE:
        client, asked = world.app.test_client(), {"next": target}
        token = Page(Browser(client), client.get(SIGN_IN)).form(SIGN_IN).fields["csrf_token"]
        fields = {"login": world.login_of("finance_maker"), "password": PASSWORD}
        form = fields | asked | {"csrf_token": token}
        answers = [client.post(path, data=form) for path in ("/preferences", SIGN_IN)]
        answers.append(client.get(SIGN_IN, query_string=asked))
        places = {answer.headers["Location"] for answer in answers}
        led |= {place: target for place in places if not re.match(r"/(?![/\\])[ -~]*$", place)}

    assert led == {}


def test_whoever_was_sent_to_the_sign_in_goes_on_to_where_she_wanted(world):
    browser = world.browser()
    page = browser.open("/settlement/new?x=1")
    assert page.path == SIGN_IN
    fields = {"login": world.login_of("finance_maker"), "password": PASSWORD}

    assert page.send(SIGN_IN, **fields).path == "/settlement/new"
