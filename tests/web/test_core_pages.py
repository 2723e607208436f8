"""The core's pages: the way in, what waits, lines down to their journals, batches, lists, trail."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest

from core import clock
from core.access import ROLES
from core.files import csv_stream, read_table
from core.imports import COLUMNS
from core.settlement import bank
from tests import factories
from tests.settlement_world import result_file
from tests.web.browser import Browser
from tests.web.conftest import MEAL

STAFF = [role.code for role in ROLES.values() if role.code not in {"system", "resident"}]
MANAGING = "provider_manager"
QUESTIONS = ("谁来买", "买什么", "向谁买", "怎么买", "买得值")


@pytest.fixture
def enter(world):
    """Return how somebody with a role signs in."""

    def entered(role):
        browser = world.browser()
        page = browser.open("/sign-in")
        page.send("/sign-in", login=world.login_of(role), password=factories.PASSWORD)
        return browser

    return entered


@pytest.fixture
def owed(world):
    """Redeem a meal of 18.50 yuan, lock and confirm its statement; return the receipt."""
    code = world.voucher["code"]
    slip = world.act("voucher.redeem", "provider_clerk", code=code, service_code=MEAL)
    with clock.frozen("2026-09-02T09:00"):
        world.act("statement.lock", "finance_maker", programme_id=world.county.programme)
        world.act("statement.confirm", MANAGING, id=1)
        account = world.act(
            "party.add_bank_account",
            MANAGING,
            organisation_id=world.county.provider,
            bank="望城农商行",
            holder="育才学校",
            number="6222021901000000012",
        )
        world.act("party.verify_bank_account", "finance_maker", id=account["id"])
        yield slip["receipt"]


def links(page, pattern):
    """Return the addresses on a page that match a pattern, in order."""
    found = [unescape(href) for href in re.findall(r'href="([^"]+)"', page.html)]
    return [href for href in found if re.search(pattern, href)]


# --- the way in --------------------------------------------------------------------------------


def test_a_visitor_is_led_to_sign_in_and_on_to_the_page(world):
    browser = world.browser()
    page = browser.open("/budget/?year=2026")
    assert page.path == "/sign-in"
    login = world.login_of("finance_maker")
    page = page.send("/sign-in", login=login, password=factories.PASSWORD)
    assert (page.status, page.path) == (200, "/budget/")
    assert page.response.request.query_string == b"year=2026"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\tx"]
)
def test_signing_in_goes_on_within_this_site_only(world, target):
    client = world.app.test_client()
    form = Browser(client).open("/sign-in").form("/sign-in").fields
    login = {"login": world.login_of("finance_maker"), "password": factories.PASSWORD}
    answer = client.post("/sign-in", data=form | login | {"next": target})
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_is_refused_without_saying_what_was_wrong_and_then_locks(world):
    page = world.browser().open("/sign-in")
    login = world.login_of("finance_maker")
    for _ in range(5):
        page = page.send("/sign-in", login=login, password="wrong password")
        assert page.status == 401
        assert "登录名或密码不对" in page.text
        assert "wrong password" not in page.html
    page = page.send("/sign-in", login=login, password=factories.PASSWORD)
    assert "已锁定" in page.text


def test_signing_out_ends_the_session_on_the_server(world, enter):
    browser = enter("finance_maker")
    page = browser.open("/budget/")
    assert page.status == 200
    page.send("/sign-out")
    assert browser.open("/budget/").path == "/sign-in"


def test_large_type_and_language_are_remembered(world):
    browser = world.browser()
    page = browser.open("/sign-in?next=/budget/")
    page = page.send("/preferences", large_type="1")
    assert page.path == "/sign-in"
    assert 'data-type="large"' in page.html
    page = page.send("/preferences", locale="en")
    assert 'lang="en"' in page.html
    assert 'data-type="large"' in page.html


def test_the_front_page_withholds_what_fewer_than_five_people_did(world, owed):
    page = world.browser().open("/")
    assert "项目CARE" in page.text
    assert "18.50" not in page.text
    assert "不足 5 人" in page.text


def test_whatever_the_menu_offers_opens_for_every_role(world, enter):
    closed = {}
    for role in STAFF:
        browser = enter(role)
        offered = links(browser.open("/"), r"^/(?!static)[a-z]")
        answers = {href: browser.open(href).status for href in offered}
        closed |= {(role, href): status for href, status in answers.items() if status != 200}
    assert closed == {}


@pytest.mark.requirement("R000-80", in_part=True)
def test_the_menu_asks_the_five_questions_in_their_order(enter):
    page = enter("auditor").open("/")
    asked = [page.html.index(f">{question}<") for question in QUESTIONS]
    assert asked == sorted(asked)


# --- lines and their journals ------------------------------------------------------------------


def test_a_figure_leads_in_two_clicks_to_its_transfers_and_back_to_its_line(world, enter, owed):
    maker = enter("finance_maker")
    line = maker.open("/budget/lines/1")
    (figure,) = set(links(line, r"line=1&kind=line\.accrued"))
    listed = maker.open(figure)
    assert "18.50" in listed.text
    journal = maker.open(links(listed, r"^/audit/journals/\d+$")[0])
    assert "对账锁定" in journal.text
    assert "锁定结算期" in journal.text
    assert "/budget/lines/1" in links(journal, "/budget/lines/")


def test_a_redemptions_journal_names_the_redemption_and_the_line_behind_its_pool(
    world, enter, owed
):
    maker = enter("finance_maker")
    listed = maker.open("/audit/journals?entry_kind=voucher.redeemed")
    journal = maker.open(links(listed, r"^/audit/journals/\d+$")[0])
    assert f"核销 {owed}" in journal.text
    assert "/budget/lines/1" in links(journal, "/budget/lines/")


def test_a_provider_sees_its_own_journals_and_no_others(world, enter, owed):
    manager = enter(MANAGING)
    own = manager.open("/audit/journals")
    (journal,) = links(own, r"^/audit/journals/\d+$")
    assert "凭单核销" in manager.open(journal).text
    assert manager.open("/audit/journals/1").status == 404


def test_a_line_is_recorded_and_cut_only_by_what_is_available(world, enter):
    budget = enter("finance_budget")
    page = budget.open("/budget/new").send(
        "/budget/new",
        fiscal_year="2026",
        code="CARE2",
        name="养老",
        organisation_id=str(world.county.purchaser),
        function_code="2081006",
        economic_code="30399",
        document="望财社〔2026〕9号",
        amount_fen="1,000.50",
    )
    assert "已下达指标" in page.text
    assert "1,000.50" in page.text
    adjust = f"{page.path}/adjust"
    refused = page.send(adjust, direction="cut", amount_fen="2000", document="望财社〔2026〕10号")
    assert refused.status == 422
    assert "指标可用额度不足" in refused.text
    assert "预算法第十三条" in refused.text
    assert "2000" in refused.form(adjust).fields["amount_fen"]
    done = refused.send(adjust, direction="cut", amount_fen="0.50", document="望财社〔2026〕10号")
    assert "1,000.00" in done.text


def test_an_empty_form_says_beside_each_field_what_is_missing(enter):
    page = enter("finance_budget").open("/budget/new")
    refused = page.send("/budget/new", amount_fen="12.345", document="")
    assert refused.status == 422
    assert '<a href="#f-document">批复文号：请填写</a>' in refused.html
    assert '<a href="#f-amount_fen">金额：须为数字，金额最多两位小数</a>' in refused.html
    assert refused.form("/budget/new").fields["amount_fen"] == "12.345"
    assert refused.form("/budget/new").fields["request_key"]


def test_a_locked_month_takes_no_entries(world, enter):
    approver = enter("finance_approver")
    page = approver.open("/periods/").send(
        "/periods/", month="2026-09", state="locked", reason="月末结账"
    )
    assert "已锁定" in page.text
    budget = enter("finance_budget").open("/budget/lines/1")
    refused = budget.send("/budget/lines/1/adjust", amount_fen="1", document="1号")
    assert "会计期间 2026-09 已锁定" in refused.text


# --- paying ------------------------------------------------------------------------------------


@pytest.mark.requirement("R000-66", in_part=True)
def test_three_people_pay_a_batch_and_the_bank_answers(world, enter, owed):
    made = enter("finance_maker").open("/settlement/new").send("/settlement/new")
    assert "已生成支付批次" in made.text
    assert made.path == "/settlement/1"
    assert not [form for form in made.forms if form.action.endswith("/approve")]

    approver = enter("finance_approver")
    assert "/settlement/1" in links(approver.open("/"), "/settlement/1$")
    approved = approver.open("/settlement/1").send("/settlement/1/approve")
    assert "已批准" in approved.text

    treasurer = enter("treasurer")
    sent = treasurer.open("/settlement/1").send("/settlement/1/export").response
    (order, _total) = read_table(sent.data, "order.csv")
    again = treasurer.open("/settlement/1").send("/settlement/1/export").response
    assert again.data == sent.data

    upload = treasurer.open("/settlement/results").form("/settlement/results").fields
    file = (BytesIO(result_file([[*order.values.values(), "成功", "R1", ""]])), "result.csv")
    result = treasurer.post("/settlement/results", upload | {"file": file})
    assert "已支付到账" in result.text
    assert "已办结" in treasurer.open("/settlement/1").text
    assert bank.RESULT not in result.text


def test_an_auditor_follows_a_receipt_from_the_line_to_the_bank(world, enter, owed):
    enter("finance_maker").open("/settlement/new").send("/settlement/new")
    walk = enter("auditor").open(f"/audit/trace?q={owed}").html.partition('class="walk"')[2]
    stations = ("指标 EDU", "额度池", "凭单 A-", f"核销 {owed}", "对账单", "付款 ZF", "支付批次")
    places = [walk.index(station) for station in stations]
    assert places == sorted(places)


def test_a_verification_finds_the_books_in_order_and_the_trail_lists_what_was_refused(
    world, enter, owed
):
    auditor = enter("auditor")
    assert "全部相符" in auditor.open("/audit/").send("/audit/verify").text
    enter("finance_budget").open("/budget/lines/1").send(
        "/budget/lines/1/adjust", direction="cut", amount_fen="99999999", document="1号"
    )
    refused = auditor.open("/audit/entries?outcome=refused")
    assert "调整指标" in refused.text
    assert "BUDGET_INSUFFICIENT" in refused.text


# --- people and parties ------------------------------------------------------------------------


def test_roles_that_exclude_each_other_are_refused_with_the_reason(world, enter):
    admin = enter("administrator")
    page = admin.open(f"/people/{world.county.users['finance_maker']}")
    refused = page.send(
        f"{page.path}/roles",
        role="treasurer",
        division_code=factories.COUNTY,
        organisation_id=str(world.county.finance),
    )
    assert refused.status == 422
    assert "不相容岗位" in refused.text


def test_a_new_person_gets_a_role_and_loses_it(world, enter):
    admin = enter("administrator")
    page = admin.open("/people/new").send(
        "/people/new", login="new-maker", name="李经办", password=factories.PASSWORD
    )
    assert "已登记" in page.text
    page = page.send(
        f"{page.path}/roles",
        role="finance_maker",
        division_code=factories.COUNTY,
        organisation_id=str(world.county.finance),
    )
    assert "在岗" in page.text
    page = page.send(f"{page.path}/roles/end", reason="调离")
    assert "已终止" in page.text


def test_a_bank_account_is_verified_by_finance_and_shown_masked(world, enter):
    manager = enter(MANAGING)
    home = f"/parties/{world.county.provider}"
    page = manager.open(home).send(
        f"{home}/accounts", holder="育才学校", bank="望城农商行", number="6222021901000000012"
    )
    assert "已登记收款账户" in page.text
    assert "****0012" in page.text
    assert "6222021901" not in page.html
    maker = enter("finance_maker")
    assert "/parties/accounts" in links(maker.open("/"), "/parties/accounts")
    verified = maker.open("/parties/accounts").send(f"{home}/accounts/verify")
    assert "已核验" in verified.text


def test_a_purchaser_finds_providers_but_not_their_bank_accounts(world, enter):
    clerk = enter("purchaser_clerk")
    assert "望城区育才学校" in clerk.open("/parties/?q=育才").text
    page = clerk.open(f"/parties/{world.county.provider}")
    assert page.status == 200
    assert "收款账户" not in page.text


# --- residents ---------------------------------------------------------------------------------


def people(*rows):
    """Return a file of residents to upload."""
    return (BytesIO(b"".join(csv_stream(COLUMNS, rows))), "名单.csv")


def test_a_list_is_checked_row_by_row_then_imported_once(world, enter):
    clerk = enter("purchaser_clerk")
    form = clerk.open("/residents/import").form("/residents/import").fields
    number = factories.citizen_id_with_check("43010019480202123")
    rows = [["王桂英", number, "", "430112001"], ["错号", "430100194802021230", "", "430112001"]]
    checked = clerk.post("/residents/import", form | {"file": people(*rows)})
    assert "第 3 行" in checked.text
    assert "导入没有错的 1 行" in checked.text
    done = checked.send("/residents/import/commit")
    assert "新增 1 人" in done.text

    again = clerk.post("/residents/import", form | {"request_key": "x", "file": people(*rows)})
    assert "已经导入过" in again.text


def test_residents_are_found_without_their_names_in_any_address(world, enter):
    clerk, approver = enter("purchaser_clerk"), enter("purchaser_approver")
    found = clerk.open("/residents/").send("/residents/", q="张三")
    assert "张三丰" in found.text
    assert found.response.request.query_string == b""
    number = world.id_number()
    by_number = clerk.open("/residents/").send("/residents/", q=number)
    assert "张三丰" in by_number.text
    assert number not in by_number.html
    masked = approver.open("/residents/")
    assert "张*丰" in masked.text
    assert "张三丰" not in masked.html


def test_a_residents_facts_are_recorded_with_their_document_and_ended(world, enter):
    clerk = enter("purchaser_clerk")
    address = links(clerk.open("/residents/"), r"^/residents/\d+$")[0]
    form = {"code": "income_fen", "value": "3500.5", "document": "望民评〔2026〕1号"}
    page = clerk.open(address).send(f"{address}/facts", **form, from_on="2026-08-01")
    assert page.path == address
    assert "3,500.50 元" in page.text
    assert "望民评〔2026〕1号" in page.text
    wrong = page.send(f"{address}/facts", **(form | {"code": "ability_level", "value": "很重"}))
    assert wrong.status == 422
    assert "须为以下之一：能力完好" in wrong.text
    page = clerk.open(address).send(f"{address}/facts/end", to_on="2026-08-31", document="复核")
    assert "已截止" in page.text
    assert "还没有有效的登记" in page.text


def test_a_move_and_a_death_are_recorded_with_their_document(world, enter):
    clerk = enter("purchaser_clerk")
    address = links(clerk.open("/residents/"), r"^/residents/\d+$")[0]
    page = clerk.open(address)
    moved = page.send(f"{address}/move", division_code="430112", document="户口迁移证")
    assert "已登记迁移" in moved.text
    wrong = moved.send(f"{address}/death", on="2099-01-01", document="死亡证明")
    assert wrong.status == 422
    dead = clerk.open(address).send(f"{address}/death", document="死亡证明")
    assert "已登记去世" in dead.text
    assert f"{address}/death" not in dead.html


def test_a_residents_account_is_recorded_by_the_office_and_verified_by_finance(world, enter):
    clerk, maker = enter("purchaser_clerk"), enter("finance_maker")
    address = links(clerk.open("/residents/"), r"^/residents/\d+$")[0]
    page = clerk.open(address).send(
        f"{address}/accounts", holder="张三丰", bank="望城农商行", number="6222021901000000018"
    )
    assert "已登记收款账户" in page.text
    waiting = maker.open("/parties/accounts")
    assert "居民 张*丰" in waiting.text
    number = address.rsplit("/", 1)[1]
    done = waiting.send(f"/parties/{number}/accounts/verify")
    assert "已核验" in done.text
    assert "没有待核验的收款账户" in done.text


def test_who_may_not_record_sees_facts_without_forms_and_names_masked(world, enter):
    approver = enter("purchaser_approver")
    address = links(approver.open("/residents/"), r"^/residents/\d+$")[0]
    page = approver.open(address)
    assert "张*丰" in page.text
    assert f"{address}/facts" not in page.html
    assert approver.open("/residents/999").status == 404


# --- the demo's door ---------------------------------------------------------------------------


def test_the_open_door_does_not_exist_outside_the_demo(world):
    assert "auth.demo_enter" not in world.app.extensions["huigou"].acts
    page = world.browser().open("/sign-in")
    answer = world.browser().post("/demo/enter", page.form("/sign-in").fields | {"login": "maker"})
    assert answer.status == 404


def test_the_demos_door_lets_in_only_whom_it_offers(make_app):
    app = make_app(DEMO=True)
    client = app.test_client()
    assert client.get("/sign-in").status_code == 200
    answer = client.post("/api/v1/auth/demo", json={"login": "nobody"}, headers=KEY)
    assert answer.get_json()["code"] == "ROLE_NOT_ALLOWED"


KEY = {"Idempotency-Key": "demo-door"}
