"""A county with a stored-balance voucher, and browsers for the people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from core.parties import Resident
from plugins.voucher.models import Voucher
from tests import factories
from tests.web.browser import Browser

NOW = "2026-09-01T09:00"
MEAL, BATH = "meal", "bath"


@dataclass
class World:
    """The county's programme, its one voucher, and how to sign people in."""

    app: object
    county: factories.County
    voucher: dict

    def browser(self) -> Browser:
        """Return a fresh browser."""
        return Browser(self.app.test_client())

    def login_of(self, role: str) -> str:
        """Return the login name of somebody with a role."""
        with self.app.app_context(), transaction(readonly=True):
            return db.session.get_one(User, self.county.users[role]).login

    def at_till(self, role: str = "provider_clerk") -> Browser:
        """Return a browser in which a clerk is signed in at the till."""
        browser = self.browser()
        page = browser.open("/till/sign-in")
        page.send("/till/sign-in", login=self.login_of(role), password=factories.PASSWORD)
        return browser

    def managing(self) -> Browser:
        """Return a browser in which the provider's manager is signed in."""
        return self.at_till("provider_manager")

    def id_number(self) -> str:
        """Return the ID number of the voucher's holder."""
        with self.app.app_context(), transaction(readonly=True):
            voucher = db.session.get_one(Voucher, self.voucher["id"])
            return db.session.get_one(Resident, voucher.resident_id).id_number

    def at_home(self) -> Browser:
        """Return a browser in which the voucher's holder is signed in."""
        browser = self.browser()
        page = browser.open("/me/sign-in")
        page.send("/me/sign-in", id_number=self.id_number(), code=self.voucher["typed"])
        return browser

    def issue_single_use(self) -> dict:
        """Return a single-use voucher of 500 yuan of another programme, with its codes."""
        with self.app.app_context():
            factories.make_programme(self.county, code="EDU")
            (voucher,) = factories.issue(self.county)
        return voucher

    def act(self, operation_id: str, role: str, **fields) -> dict:
        """Perform an act as somebody with a role."""
        with self.app.app_context():
            return factories.do(operation_id, self.county.actor(role), **fields)

    def offers(self, service_code: str, **terms) -> None:
        """Let the provider offer a service, at an open price unless one is given."""
        fields = {"programme_id": self.county.programme, "service_code": service_code}
        self.act("offer.set", "provider_manager", **fields, **terms)


@pytest.fixture
def care() -> dict:
    """Terms of a stored-balance voucher of 500 yuan with two services."""
    return {
        "classes": [{"code": "A", "name": "养老服务券"}],
        "allotments": [{"code": "face", "name": "面额", "amounts": [{"quantity": 50_000}]}],
        "services": [
            {"code": "fee", "name": "理发", "unit": "次", "maximum_price_fen": 5_000},
            {"code": MEAL, "name": "助餐", "unit": "份", "maximum_price_fen": 3_000},
            {"code": BATH, "name": "助浴", "unit": "小时", "maximum_price_fen": 10_000},
        ],
        "single_use": False,
        "remainder": "keep",
        "void_window": "same_day",
        "confirm_days": 5,
    }


@pytest.fixture
def world(app, county, care, database_kept) -> Iterator[World]:
    """The county on a working day, one voucher issued, one meal of fixed price on offer."""

    def make() -> tuple[factories.County, dict]:
        with app.app_context():
            factories.make_programme(county, code="CARE", **care)
            (voucher,) = factories.issue(county)
        made = World(app, county, voucher)
        made.offers("fee", is_offered=False)
        made.offers(MEAL, price_fen=1_850)
        return county, voucher

    with clock.frozen(NOW):
        made, voucher = database_kept.at(app, f"care {county, care}", make)
        vars(county).update(vars(made))
        yield World(app, county, voucher)


@pytest.fixture
def office(world):
    """Return how somebody with a role is signed in at the office."""

    def enter(role):
        browser = world.browser()
        login = world.login_of(role)
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    return enter


@pytest.fixture
def open_county(app, county, database_kept) -> Iterator[Callable[..., World]]:
    """Return a function that makes the county's programme of a shape, one voucher issued.

    Of the services only those named are offered, at a fixed price, or at an open one (None).
    """

    def build(document: dict, offers: dict[str, int | None]) -> tuple[factories.County, dict]:
        with app.app_context():
            factories.make_programme(county, code="SHAPE", **document)
            (voucher,) = factories.issue(county)
        world = World(app, county, voucher)
        world.offers("fee", is_offered=False)
        for code, price in offers.items():
            world.offers(code, **({"price_fen": price} if price else {}))
        return county, voucher

    def make(document: dict, **offers: int | None) -> World:
        name = f"shape {county, document, offers}"
        made, voucher = database_kept.at(app, name, lambda: build(document, offers))
        vars(county).update(vars(made))
        return World(app, county, voucher)

    with clock.frozen(NOW):
        yield make
