"""A provider manager's pages: prices, offices, clerks, tills, statements, payments, account."""

from __future__ import annotations

import re

import pytest

from core import clock
from tests import factories
from tests.web.conftest import BATH, MEAL


def meals(world, count):
    return [
        world.act(
            "voucher.redeem",
            "provider_clerk",
            code=world.voucher["code"],
            service_code=MEAL,
        )
        for _meal in range(count)
    ]


@pytest.fixture
def statement(world):
    """Return the number of a statement over three meals."""
    meals(world, 3)
    with clock.frozen("2026-09-02T09:00"):
        world.act("statement.lock", "finance_maker", programme_id=world.county.programme)
        page = world.managing().open("/provider/statements")
        yield int(re.search(r"/provider/statements/(\d+)", page.html).group(1))


def test_a_price_is_set_and_the_till_takes_it(world):
    browser = world.managing()
    admission = re.search(
        rf"/provider/services/(\d+)/{BATH}", browser.open("/provider/services").html
    )
    page = browser.open(admission.group()).send(admission.group(), pricing="fixed", price="88")

    assert page.path == "/provider/services"
    assert "88.00" in page.text
    choice = world.at_till().open("/till").send("/till/lookup", code=world.voucher["typed"])
    assert "助浴" in choice.text
    assert "88.00 元/小时" in choice.text


@pytest.mark.parametrize(
    ("price", "words"), [("100.01", "超过项目最高限价 100.00 元"), ("八十", "请按元输入价格")]
)
def test_a_price_above_the_cap_or_no_amount_is_refused_and_kept(world, price, words):
    browser = world.managing()
    address = f"/provider/services/1/{BATH}"
    page = browser.open(address).send(address, pricing="fixed", price=price)

    assert page.status == 422
    assert words in page.text
    assert page.form(address).fields["price"] == price


def test_a_new_office_is_found_by_residents(world):
    page = (
        world.managing()
        .open("/provider/offices")
        .send(
            "/provider/offices",
            name="高塘岭食堂",
            division_code="430112001",
            address="文源路 1 号",
            telephone="0731-10010001",
        )
    )

    assert "网点已登记" in page.text
    assert "高塘岭食堂" in world.browser().open("/find").text


def test_a_manager_makes_a_clerk_who_redeems_and_whose_end_is_at_once(world):
    browser = world.managing()
    browser.open("/provider/clerks").send(
        "/provider/clerks", name="李小店", login="li-xiao-dian", password=factories.PASSWORD
    )
    clerk = world.browser()
    fields = {"login": "li-xiao-dian", "password": factories.PASSWORD}
    assert clerk.open("/till/sign-in").send("/till/sign-in", **fields).path == "/till"

    listed = browser.open("/provider/clerks").html
    address = re.search(r"/provider/clerks/\d+", listed).group()
    page = browser.open(address).send(f"{address}/end", reason="离职")
    assert "店员岗位已终止" in page.text
    assert clerk.open("/till").status == 403


def test_a_new_password_ends_the_old_sign_in(world):
    browser = world.managing()
    fields = {"name": "李小店", "login": "li", "password": factories.PASSWORD}
    browser.open("/provider/clerks").send("/provider/clerks", **fields)
    clerk = world.browser()
    clerk.open("/till/sign-in").send("/till/sign-in", login="li", password=factories.PASSWORD)
    address = re.search(r"/provider/clerks/\d+", browser.open("/provider/clerks").html).group()
    browser.open(address).send(f"{address}/password", password="another long password")

    assert clerk.open("/till").path == "/till/sign-in"
    again = {"login": "li", "password": "another long password"}
    assert clerk.open("/till/sign-in").send("/till/sign-in", **again).path == "/till"


def test_a_manager_ends_no_manager_and_nobody_elsewhere(world):
    with world.app.app_context():
        other = factories.make_organisation("provider")
        factories.make_user("provider_clerk", other)
        manager = world.county.actor("provider_manager")
        answers = [
            factories.attempt("clerk.end", manager, id=number, reason="试")
            for number in range(1, 14)
        ]
    accepted = [answer for answer in answers if not answer.refused]
    assert len(accepted) == 1


def test_a_clerk_with_another_role_keeps_the_own_password(world):
    with world.app.app_context():
        other = factories.make_organisation("provider")
        user = world.county.users["provider_clerk"]
        factories.do(
            "access.grant_role",
            user_id=user,
            role="provider_clerk",
            division_code=factories.COUNTY,
            organisation_id=other,
        )
    browser = world.managing()
    address = re.search(r"/provider/clerks/\d+", browser.open("/provider/clerks").html).group()
    page = browser.open(address).send(f"{address}/password", password="another long password")

    assert page.status == 403
    assert "还有其他岗位" in page.text


def test_a_till_that_is_switched_off_is_no_till_any_more(world):
    browser = world.managing()
    browser.open("/provider/tills").send("/provider/tills", name="前台手机")
    address = re.search(r"/provider/tills/\d+", browser.open("/provider/tills").html).group()
    page = browser.open(address).send(f"{address}/revoke", reason="丢失")

    assert "终端已停用" in page.text
    assert "已停用" in browser.open(address).text


def test_a_statement_shows_its_lines_and_is_confirmed(world, statement):
    browser, address = world.managing(), f"/provider/statements/{statement}"
    page = browser.open(address)

    assert page.text.count("助餐") == 3
    assert "55.50" in page.text
    assert "请在 2026-09-07（含当日）前确认" in page.text
    confirmed = page.send(f"{address}/confirm")
    assert "对账单已确认" in confirmed.text
    assert f"{address}/confirm" not in [form.action for form in confirmed.forms]


@pytest.mark.requirement("R001-16", in_part=True)
def test_an_objected_line_waits_and_the_others_go_on(world, statement):
    browser, address = world.managing(), f"/provider/statements/{statement}"
    line = re.search(rf"{address}/lines/\d+", browser.open(address).html).group()
    page = browser.open(line).send(f"{line}/object", reason="实际服务 2 次")

    assert page.path == address
    assert "有异议，待处理" in page.text
    assert "37.00" in page.text
    assert "已提过异议" in browser.open(line).send(f"{line}/object", reason="再提").text


def test_a_statement_is_taken_along_on_paper_and_as_a_table(world, statement):
    browser, address = world.managing(), f"/provider/statements/{statement}"
    table = browser.open(f"{address}.csv").response.data

    assert browser.open(f"{address}.pdf").response.data.startswith(b"%PDF")
    assert table.startswith(b"\xef\xbb\xbf")
    assert table.decode("utf-8-sig").count("助餐") == 3


def test_a_bank_account_waits_for_finance_and_is_shown_masked(world):
    page = (
        world.managing()
        .open("/provider/accounts")
        .send(
            "/provider/accounts",
            bank="望城农商行",
            holder="望城区育才学校",
            number="6222021234567890128",
        )
    )

    assert page.status == 200, page.text
    assert "待核验" in page.text
    assert "****0128" in page.text
    assert "6222021234567890128" not in page.html


def test_redemptions_are_listed_between_two_days(world):
    meals(world, 2)
    browser = world.managing()

    assert (
        browser.open("/provider/redemptions?from=2026-09-01&to=2026-09-01").text.count("助餐") == 2
    )
    assert "没有核销" in browser.open("/provider/redemptions?from=2026-09-02").text
    assert browser.open("/provider/redemptions?from=x&before=y").status == 200
    assert "37.00" in browser.open("/provider").text


@pytest.mark.parametrize(
    "path",
    ["", "/services", "/offices", "/clerks", "/tills", "/statements", "/payments", "/accounts"],
)
def test_a_clerk_does_not_manage(world, path):
    assert world.at_till().open(f"/provider{path}").status == 403
    assert world.browser().open(f"/provider{path}").path == "/sign-in"
