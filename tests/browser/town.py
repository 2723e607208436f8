"""A town for the stories: a care programme, two providers, four residents with cards, staff."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from core import clock
from core.access import User
from core.acts import Answer
from core.db import db
from core.parties import Resident
from plugins.voucher.models import Redemption
from tests import factories
from tests.browser.looks import DESK, PHONE
from tests.voucher.path import Path
from tests.web.browser import Browser

NOW = "2026-09-01T09:00:05"
MEAL, BATH, FEE = "meal", "bath", "fee"
CARE = {
    "code": "CARE",
    "classes": [{"code": "A", "name": "养老服务券"}],
    "allotments": [{"code": "face", "name": "面额", "amounts": [{"quantity": 50_000}]}],
    "services": [
        {"code": FEE, "name": "理发", "unit": "次", "maximum_price_fen": 5_000},
        {"code": MEAL, "name": "助餐", "unit": "份", "maximum_price_fen": 3_000},
        {"code": BATH, "name": "助浴", "unit": "小时", "maximum_price_fen": 10_000},
    ],
    "single_use": False,
    "remainder": "keep",
    "void_window": "until_lock",
    "confirm_days": 5,
}


def build(app: Any) -> tuple[Path, list[str]]:
    """Make the town; the first provider offers meals at a fixed price and nothing else.

    Returns the path of its programme and the digits printed on the residents' cards.
    """
    with app.app_context():
        county = factories.make_county()
    made = Path(app, county)
    with clock.frozen("2026-08-31T09:00"):
        made.build(vouchers=0, providers=2, **CARE)
        with app.app_context():
            issued = factories.issue(county, 4)
        made.codes = [voucher["code"] for voucher in issued]
        made.vouchers = [voucher["id"] for voucher in issued]
        offered = {FEE: {"is_offered": False}, MEAL: {"price_fen": 1_850}}
        for code, terms in offered.items():
            fields = {"programme_id": county.programme, "service_code": code} | terms
            made.do("offer.set", made.providers[0].manager, **fields)
        for provider in made.providers:
            made.do(
                "party.add_office",
                provider.manager,
                organisation_id=provider.id,
                name="高塘岭服务点",
                division_code="430112001",
                address="文源路 1 号",
                telephone="0731-88060001",
            )
    return made, [voucher["typed"] for voucher in issued]


def signed_in(
    site: Any,
    window: Callable[..., Page],
    login: str,
    size: dict[str, int],
    *,
    way: str = "/sign-in",
    **options: Any,
) -> Page:
    """Return the window of somebody with the factories' password, at home."""
    # The form itself is tried once, in the story of the till; elsewhere it only takes time.
    client = site.app.test_client()
    answer = Browser(client).open(way).send(way, login=login, password=factories.PASSWORD)
    assert answer.status == 200, answer.text
    page = window(size, base_url=site.url, **options)
    value = client.get_cookie("session").value
    page.context.add_cookies([{"name": "session", "value": value, "url": site.url}])
    page.goto("/")
    return page


@dataclass
class Town:
    """The town on a working day, and windows for the people in it."""

    site: Any
    path: Path
    window: Callable[..., Page]
    cards: list[str]

    # --- windows -------------------------------------------------------------------------------

    def staff(self, role: str, size: dict[str, int] = DESK) -> Page:
        """Return the window of the office's person with a role."""
        return self._signed_in(self.path.county.users[role], size)

    def manager(self, provider: int = 0, size: dict[str, int] = DESK) -> Page:
        """Return the window of a provider's manager."""
        return self._signed_in(self.path.providers[provider].manager.user_id, size)

    def at_till(self, **options: Any) -> Page:
        """Return a clerk's phone at the first provider's till, allowed to use its camera."""
        page = self._signed_in(
            self.path.providers[0].clerk.user_id,
            PHONE,
            way="/till/sign-in",
            **({"permissions": ["camera"]} | options),
        )
        page.goto("/till")
        return page

    def resident(self, number: int = 0) -> Page:
        """Return the phone of a resident, signed in and at her vouchers."""
        page = self.window(base_url=self.site.url)
        page.goto("/me/sign-in")
        page.get_by_label("身份证号").fill(self.id_number(number))
        page.get_by_label("卡上的 12 位数字").fill(self.cards[number])
        page.get_by_role("button", name="登录", exact=True).click()
        page.get_by_role("heading", name="我的凭单", level=1).wait_for()
        return page

    def _signed_in(
        self, user_id: int | None, size: dict[str, int], *, way: str = "/sign-in", **options: Any
    ) -> Page:
        login = self.login_of(user_id)
        return signed_in(self.site, self.window, login, size, way=way, **options)

    # --- what stands ---------------------------------------------------------------------------

    def login_of(self, user_id: int | None) -> str:
        """Return somebody's login name."""
        with self.path.reading():
            return str(db.session.get_one(User, user_id).login)

    def id_number(self, number: int = 0) -> str:
        """Return the ID number of a resident."""
        with self.path.reading():
            return str(db.session.get_one(Resident, self.path.county.residents[number]).id_number)

    def redeemed(self) -> list[int]:
        """Return what was redeemed and not voided, in fen."""
        query = db.select(Redemption.amount_fen).where(Redemption.state == "captured")
        with self.path.reading():
            return list(db.session.scalars(query.order_by(Redemption.id)))

    def attempt(self, operation_id: str, role: str, **fields: Any) -> Answer:
        """Perform an act as the office's person with a role."""
        return self.path.perform(operation_id, role, **fields)


def code_on(page: Page) -> str:
    """Return the code that a resident's phone shows in letters."""
    shown = page.locator(".code-digits").inner_text()
    found = re.search(r"HG1:[0-9A-Z: ]+", shown)
    assert found, shown
    return found.group().replace(" ", "")
