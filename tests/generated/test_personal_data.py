"""Planted personal data turn up nowhere they may not: no page, answer, address, log, table, code.

The tests grow with the house: every declared act must have its step in `walk`, every address must
be reachable with the values below, and everybody tries them all.
"""

from __future__ import annotations

import io
import itertools
import logging
import uuid
from typing import Any

import pytest
import typst
from flask import url_for
from flask.testing import FlaskClient

from core import clock, documents
from core.access import ROLES
from core.acts import perform
from core.db import db
from core.plugins import registry
from tests import factories
from tests.generated import leaks
from tests.generated.leaks import ACCOUNT, ID_NUMBER, NAME, PASSWORD, PHONE, STAFF_ID, WRONG_ID
from tests.generated.steps import ANYBODY, Step
from tests.generated.walk import Life

NOW = "2026-09-01T09:00"
LATER = "2026-09-01T09:30"
SIGNED_IN = [role.code for role in ROLES.values() if role.side not in {"system", "resident"}]
WHO = [ANYBODY, *SIGNED_IN, "resident"]
# Acts that take personal data are asked for by everybody, with the very same payload.
PERSONAL_FIELDS = {"id_number", "number", "content", "code", "password"}
# The bank must know whom to pay; this file is for nobody else.
TO_THE_BANK = ("treasurer", "settlement.export")
ENDS_A_SESSION = {"web.sign_out", "voucher_till.sign_out", "voucher_resident.sign_out"}
TELLS_SECRETS = {"token", "code", "typed"}
# What is said does not hang on the engine; some ten thousand requests are enough once.
pytestmark = pytest.mark.parametrize("database_kept", ["sqlite"], indirect=True, scope="session")


class House:
    """The app with a watch on it: who asks for what, over the API and in a browser."""

    def __init__(self, app: Any, county: factories.County) -> None:
        with app.app_context():
            self.life = Life(county, factories.file_plan(county, county.line), app)
        self.app, self.watch = app, leaks.Watch()
        self.tokens: dict[str, str] = {}
        self.walked: set[str] = set()
        with app.app_context():
            self.declared = registry()
        for role in SIGNED_IN:
            with app.app_context():
                self.tokens[role] = factories.token_of(county, role)
            self.watch.secret("session", self.tokens[role])
        self.watch.secret("password", factories.PASSWORD)

    # --- the API -------------------------------------------------------------------------------

    def ask(self, step: Step, who: str) -> Any:
        """Ask for an act over the API and look through the answer."""
        act = self.declared.acts[step.operation_id]
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if token := self.tokens.get(who):
            headers["Authorization"] = f"Bearer {token}"
        reads = act.method == "GET"
        response = self.app.test_client().open(
            f"/api/v1{act.path}",
            method=act.method,
            headers=headers,
            json=None if reads else step.fields,
            query_string=step.fields if reads else None,
        )
        body = response.get_json()
        if act.secret or act.operation_id == "voucher.code":
            self._keep_secrets(body)
        self.watch.answer(who, response)
        return response.status_code, body

    def _keep_secrets(self, body: Any) -> None:
        if isinstance(body, list):
            for one in body:
                self._keep_secrets(one)
        if not isinstance(body, dict) or "detail" in body:
            return
        for name, value in body.items():
            if name in TELLS_SECRETS and isinstance(value, str):
                self.watch.secret(name, value)
            self._keep_secrets(value)

    def walk(self) -> None:
        """Live the whole life once; beside each act, the same asked by those who may not."""
        for step in self.life.steps():
            act = self.declared.acts[step.operation_id]
            if step.who == "system":
                with self.app.app_context():
                    answer = perform(step.operation_id, step.fields, actor=factories.SYSTEM)
                assert not answer.refused, answer.body
            else:
                if act.permission:
                    self._ask_wrongly(step, self.declared.permissions[act.permission].roles)
                status, body = self.ask(step, step.who)
                assert (status >= 400) == step.refused, (step, body)
                self.life.said = body if not step.refused else self.life.said
            self.walked.add(step.operation_id)
            if step.operation_id == "auth.login_resident" and not step.refused:
                self.tokens["resident"] = self.life.said["token"]

    def _ask_wrongly(self, step: Step, admitted: tuple[str, ...]) -> None:
        wrong = [who for who in self.tokens if who not in admitted]
        for who in wrong if PERSONAL_FIELDS & step.fields.keys() else wrong[:1]:
            status, body = self.ask(step, who)
            assert status >= 400, (who, step, body)

    # --- the pages -----------------------------------------------------------------------------

    def browser(self, who: str) -> FlaskClient:
        """Return a browser of somebody who is signed in."""
        client = self.app.test_client()
        if token := self.tokens.get(who):
            with client.session_transaction() as cookie:
                kind = "resident" if who == "resident" else "staff"
                seen = int(clock.now().timestamp())
                cookie.update(token=token, kind=kind, seen=seen)
        return client

    def addresses(self, method: str) -> dict[str, list[str]]:
        """Return every page's addresses: its rule filled with each of the values there are."""
        life = self.life
        values: dict[str, tuple[Any, ...]] = {
            "id": (1, life.county.residents[1], life.batch),
            "number": (1, life.vouchers[0]),
            "line": (life.line,),
            "admission": (2,),
            "code": ("fee",),
            "receipt": (life.receipts[2],),
            "step": ("suspend", "resume", "revoke", "block"),
            "by": ("day", "township"),
            "year": (2026,),
        }
        found: dict[str, list[str]] = {}
        with self.app.test_request_context():
            for rule in self.app.url_map.iter_rules():
                if method not in rule.methods or rule.rule.startswith(("/api", "/static")):
                    continue
                names = sorted(rule.arguments)
                own = values | life.pages_of(rule.endpoint)
                assert set(names) <= own.keys(), f"{rule.rule}: give its arguments a value"
                found[rule.endpoint] = [
                    url_for(rule.endpoint, **dict(zip(names, chosen, strict=True)))
                    for chosen in itertools.product(*(own[name] for name in names))
                ]
        return found

    def open_everything(self) -> dict[str, set[int]]:
        """Let everybody open every page; return how each was answered."""
        answers: dict[str, set[int]] = {}
        asked = {
            "voucher_staff.vouchers.issue_township": f"?programme={self.life.county.programme}"
            "&class=A&township=430112001",
            "audit.follow": f"?q={self.life.receipts[2]}",
        }
        for who in WHO:
            client = self.browser(who)
            for endpoint, addresses in self.addresses("GET").items():
                for address in addresses:
                    response = client.get(address + asked.get(endpoint, ""))
                    answers.setdefault(endpoint, set()).add(response.status_code)
                    self.watch.answer(who, response)
        return answers

    def send_everything(self) -> None:
        """Let everybody send every form, empty."""
        for who in WHO:
            client = self.browser(who)
            for endpoint, addresses in self.addresses("POST").items():
                if endpoint in ENDS_A_SESSION:
                    continue
                response = client.post(addresses[-1])
                assert response.status_code < 500, addresses[-1]
                if (who, endpoint) == TO_THE_BANK:
                    assert ACCOUNT in response.get_data(as_text=True)
                else:
                    self.watch.answer(who, response)

    def send(self, who: str, endpoint: str, /, **fields: Any) -> None:
        """Let somebody fill in a form and send it."""
        with self.app.test_request_context():
            address = url_for(endpoint)
        response = self.browser(who).post(address, data=fields)
        assert response.status_code < 500, address
        self.watch.answer(who, response, own_typing=True)


@pytest.fixture
def papers(monkeypatch) -> list[str]:
    """Everything that was printed, and every text that became a QR code."""
    printed: list[str] = []
    compiled, drawn = typst.compile, documents._qr  # noqa: SLF001 - what a code says

    def compile_seen(*arguments: Any, **options: Any) -> Any:
        printed.append(options["sys_inputs"]["data"])
        return compiled(*arguments, **options)

    def drawn_seen(text: str, **options: Any) -> Any:
        printed.append(text)
        return drawn(text, **options)

    monkeypatch.setattr(typst, "compile", compile_seen)
    monkeypatch.setattr(documents, "_qr", drawn_seen)
    return printed


@pytest.fixture
def house(app, county, caplog, monkeypatch) -> House:
    """The house, every word of its logs kept."""
    caplog.set_level(logging.DEBUG)
    # Above it SQLAlchemy would write every row that it reads; nobody serves with that.
    caplog.set_level(logging.INFO, logger="sqlalchemy.engine")
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)  # noqa: FBT003 - a setting
    return House(app, county)


@pytest.mark.slow
def test_personal_data_turn_up_nowhere_they_may_not(house, papers, caplog):
    with clock.frozen(NOW):
        house.walk()
    unwalked = house.declared.acts.keys() - house.walked
    assert unwalked == set(), "give each new act its step in tests/generated/walk.py"

    # What pages read is said in the same statements, ten thousand times.
    caplog.set_level(logging.WARNING, logger="sqlalchemy.engine")
    with clock.frozen(LATER):
        answers = house.open_everything()
        unseen = {
            endpoint for endpoint, statuses in answers.items() if not statuses & {200, 302, 303}
        }
        assert unseen == set(), "give each new page values with which somebody can open it"
        broken = {endpoint for endpoint, statuses in answers.items() if max(statuses) >= 500}
        assert broken == set()
        caplog.set_level(logging.INFO, logger="sqlalchemy.engine")
        fill_in_forms(house)
        house.send_everything()

    with house.app.app_context():
        house.watch.database()
    house.watch.log(caplog.text)
    for paper in papers:
        house.watch.text("a paper or a code", paper, "whoever finds it")
    assert house.watch.found == {}


def fill_in_forms(house: House) -> None:
    """Type personal data where people type them, rightly and wrongly."""
    for who in ("purchaser_clerk", "auditor"):
        for typed in (ID_NUMBER, WRONG_ID, NAME, PHONE):
            house.send(who, "residents.search", q=typed)
            house.send(who, "voucher_staff.vouchers.find", who=typed)
    asked = {"programme": house.life.county.programme, "class": "A", "source": "find"}
    house.send("purchaser_clerk", "voucher_staff.vouchers.issue_source", who=ID_NUMBER, **asked)
    house.send("provider_clerk", "voucher_till.look_up", code=ID_NUMBER)
    house.send("provider_clerk", "voucher_till.redeem", code=PHONE, service_code="fee")
    house.send(ANYBODY, "voucher_resident.signed_in", id_number=ID_NUMBER, code="0" * 12)
    house.send(ANYBODY, "voucher_resident.signed_in", id_number=WRONG_ID, code="1")
    house.send(ANYBODY, "web.signed_in", login=ID_NUMBER, password=PASSWORD)
    house.send("administrator", "people.search", q=STAFF_ID)
    person = {"login": "z", "name": "张小小", "password": PASSWORD, "id_number": WRONG_ID}
    house.send("administrator", "people.create", **person)
    account = {"bank": "望城农商行", "holder": "学校", "number": f"{ACCOUNT}x"}
    house.send("provider_manager", "voucher_provider.accounts.add", **account)
    rows = f"姓名,身份证号,手机号,区划代码\n{NAME},{WRONG_ID},{PHONE},430112001"
    file = (io.BytesIO(rows.encode()), "居民.csv")
    house.send("purchaser_clerk", "residents.check", file=file)


def test_the_database_driver_keeps_parameters_to_itself(app):
    with app.app_context():
        assert db.engine.echo is False
        assert db.engine.hide_parameters is True
