"""The pages of frameworks without JavaScript: ordered, served, claimed and settled in browsers."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from core import Huigou, clock
from core.access import RoleGrant, User
from core.db import db, transaction
from tests import factories
from tests.contract.awards_world import acting
from tests.contract.frameworks_world import Framework, make_framework
from tests.factories import County
from tests.web.browser import Browser, Page

APRIL_FIRST, NOON, MAY_SIXTH = "2026-04-01T09:00", "2026-04-12T12:05", "2026-05-06T09:00"
ROOT = "/contract/frameworks"


@pytest.fixture
def framework(app: Huigou, county: County) -> Framework:
    """SP-7's framework, the county's provider people working for its first supplier."""
    with app.app_context():
        made = make_framework(county, residents=2)
        with clock.frozen(APRIL_FIRST), acting():
            for role in ("provider_manager", "provider_clerk"):
                grant = db.session.scalars(
                    db.select(RoleGrant).filter_by(user_id=county.users[role])
                ).one()
                grant.organisation_id = made.providers[0]
    return made


@pytest.fixture
def enter(app: Huigou, county: County) -> Callable[[str], Browser]:
    """Return how somebody with a role signs in."""

    def sign_in(role: str) -> Browser:
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, county.users[role]).login
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    return sign_in


def upload(browser: Browser, path: str, text: str, **fields: str) -> Page:
    """Send a sheet with a page's upload form."""
    form: dict[str, Any] = browser.open(path).form(path).fields | fields
    return browser.post(path, form | {"sheet": (BytesIO(text.encode()), "签到.csv")})


def test_a_month_from_the_order_to_the_settlement_in_the_browser(
    framework: Framework, enter: Callable[[str], Browser]
) -> None:
    at = f"{ROOT}/{framework.contracts[0]}"
    one, two = framework.numbers
    with clock.frozen(APRIL_FIRST):
        clerk = enter("purchaser_clerk")
        assert "社区助餐框架协议" in clerk.open(f"{ROOT}/").text
        form = clerk.open(f"{at}/order")
        assert "最多可下单" in form.text
        quoted = form.send(f"{at}/order", service="meal", quantity="12000", do="quote")
        assert "140,600.00" in quoted.text.replace(" ", "")
        refused = form.send(f"{at}/order", service="meal", quantity="99999999", do="place")
        assert refused.status == 422
        assert "FRAMEWORK_CEILING" in refused.text
        placed = refused.send(f"{at}/order", service="meal", quantity="40", do="place")
        assert "已下单" in placed.text
        assert "472.00" in placed.text
        order = placed.html.split(f'href="{ROOT}/orders/')[1].split('"')[0]
    with clock.frozen(NOON):
        till = enter("provider_clerk")
        page = till.open(f"{at}/deliver")
        page = page.send(f"{at}/deliver", service="meal", sitting="lunch", id_number=one)
        assert "已登记：张*丰" in page.text
        again = page.send(f"{at}/deliver", service="meal", sitting="lunch", id_number=one)
        assert "DUPLICATE_MEAL" in again.text
        assert one not in again.html
        till.open(f"{at}/deliveries?period=x")
        assert "张*丰" in till.open(f"{at}/deliveries?period=2026-04").text
    with clock.frozen(MAY_SIXTH):
        manager = enter("provider_manager")
        wrong = upload(
            manager,
            f"{at}/sheet",
            "居民身份证号,餐次,日期\n1,午餐,1",
            service="meal",
            period="2026-04",
        )
        assert "第 2 行" in wrong.text
        sheet = f"居民身份证号,餐次,日期\n{one},午餐,11-13\n{two},午餐,1-30"
        done = upload(manager, f"{at}/sheet", sheet, service="meal", period="2026-04")
        assert "新登记 32 次" in done.text
        assert "2026-04-12" in done.text
        page = manager.open(f"{ROOT}/orders/{order}")
        claimed = page.send(f"{ROOT}/orders/{order}/claim", quantity="36", statement="数错了")
        assert "已申报" in claimed.text
        approver = enter("purchaser_approver")
        assert "框架协议订单待核定" in approver.open("/").text
        page = approver.open(f"{ROOT}/orders/{order}")
        assert "35.40" in page.text
        settled = page.send(f"{ROOT}/orders/{order}/settle")
        assert "已核定" in settled.text
        shown = approver.open(at)
        assert "2026Q2" in shown.text


def test_an_order_is_cancelled_and_a_claim_sent_back_in_the_browser(
    framework: Framework, enter: Callable[[str], Browser], app: Huigou
) -> None:
    with app.app_context():
        orders = [
            framework.order(APRIL_FIRST, supplier, "2026-04", 10)["id"] for supplier in (0, 1)
        ]
    with clock.frozen(APRIL_FIRST):
        page = enter("purchaser_clerk").open(f"{ROOT}/orders/{orders[1]}")
        done = page.send(f"{ROOT}/orders/{orders[1]}/cancel", reason="食堂装修")
        assert "已撤单" in done.text
    with clock.frozen(MAY_SIXTH):
        page = enter("provider_manager").open(f"{ROOT}/orders/{orders[0]}")
        page.send(f"{ROOT}/orders/{orders[0]}/claim", quantity="0")
        page = enter("purchaser_approver").open(f"{ROOT}/orders/{orders[0]}")
        done = page.send(f"{ROOT}/orders/{orders[0]}/send-back", reason="漏报")
        assert "已退回" in done.text
