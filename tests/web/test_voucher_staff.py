"""The office's voucher pages: define and approve, issue and print, follow, undo, settle, lapse."""

from __future__ import annotations

import re

import pytest

from core import clock
from core.db import transaction
from core.files import read_table
from core.ledger import balance
from tests import factories
from tests.web.conftest import MEAL

ISSUE = "/voucher/vouchers/issue"
REVERSALS = "/voucher/redemptions/reversals"
WHY = {"reason": "居民来电核实"}


@pytest.fixture
def meal(world):
    """Return the receipt of one meal of 18.50 yuan."""
    return world.act(
        "voucher.redeem", "provider_clerk", code=world.voucher["code"], service_code=MEAL
    )


def locked(world):
    """Lock the next day and return the period's number."""
    done = world.act("statement.lock", "finance_maker", programme_id=world.county.programme)
    return done["id"]


def test_a_programme_is_sent_back_with_a_reason_its_maker_reads(app, world, county, office):
    with app.app_context():
        clerk = county.actor("purchaser_clerk")
        made = factories.do(
            "programme.create",
            clerk,
            code="BACK",
            name="待退回",
            organisation_id=county.purchaser,
            purchase_id=factories.file_plan(county, county.line),
            terms=factories.terms(county),
        )
        factories.do("programme.submit", clerk, id=made["id"])
    address = f"/voucher/programmes/{made['id']}"

    office("purchaser_approver").open(f"{address}/send-back").send(
        f"{address}/send-back", reason="面额与文件不符"
    )

    page = office("purchaser_clerk").open(address)
    assert "退回修改" in page.text
    assert "面额与文件不符" in page.text


def test_a_provider_is_found_by_its_name_admitted_suspended_and_resumed(app, world, office):
    with app.app_context():
        number = factories.make_organisation("provider", name="望城区爱心助餐点")
    clerk = office("purchaser_clerk")
    admit = f"/voucher/admissions/admit/{world.county.programme}"
    found = clerk.open(f"{admit}?q=爱心")
    assert "望城区爱心助餐点" in found.text

    (form,) = [form for form in found.forms if (form.action, form.method) == (admit, "post")]
    listed = clerk.post(admit, form.fields | {"provider_id": str(number)})
    address = re.search(r"/voucher/admissions/\d+(?=\">望城区爱心助餐点)", listed.html).group()
    suspended = clerk.open(f"{address}/suspend").send(f"{address}/suspend", reason="食品检查")
    assert "已暂停" in suspended.text
    assert "食品检查" in suspended.text
    resumed = clerk.open(f"{address}/resume").send(f"{address}/resume", reason="检查合格")
    assert "已准入" in resumed.text


def test_vouchers_are_issued_to_an_imported_list_after_a_look_at_the_sum(app, world, office):
    with app.app_context(), clock.frozen("2026-09-01T09:05"):
        factories.make_residents(world.county, 3)
    clerk = office("purchaser_clerk")
    start = clerk.open(f"{ISSUE}?programme={world.county.programme}")
    token = re.search(r'<option value="(\w{40})"', start.html).group(1)

    preview = start.send(f"{ISSUE}/source", **{"class": "A"}, source="import", token=token)
    assert "3 人" in preview.text
    assert "1,500.00 元" in preview.text
    issued = preview.send(ISSUE)

    assert "已发放 3 张" in issued.text
    assert "为还没有卡的 3 张制卡" in issued.html
    again = clerk.open(f"{ISSUE}?programme={world.county.programme}").send(
        f"{ISSUE}/source", **{"class": "A"}, source="import", token=token
    )
    assert "已持有同类凭单：3 人" in again.text


def test_a_batch_the_line_cannot_cover_is_refused_whole_and_says_what_is_missing(
    app, world, office
):
    with app.app_context():
        ids = factories.make_residents(world.county, 60)
    clerk = office("purchaser_clerk")
    township = f"{ISSUE}/township?programme={world.county.programme}&class=A&township="
    people = clerk.open(f"{township}430112001")
    assert "还没有的 60 人全部发" in people.html
    preview = people.send(f"{ISSUE}/preview")
    assert "差 500.00 元" in preview.text

    refused = clerk.post(
        ISSUE,
        people.form(f"{ISSUE}/preview").fields | {"residents": ",".join(map(str, ids))},
    )
    assert refused.status == 422
    assert "指标可用额度不足" in refused.text
    with app.app_context(), transaction(readonly=True):
        assert balance("pool.committed") == 50_000


def test_what_the_plan_reserved_counts_as_money_for_the_vouchers_of_its_programme(
    app, world, office
):
    """The plan holds all but 500 yuan of the line; ten vouchers of 500 are no shortfall."""
    county = world.county
    with app.app_context():
        plan = factories.file_plan(county, county.line, amount_fen=2_900_000)
        factories.make_programme(county, code="PLAN", purchase_id=plan)
        factories.make_residents(county, 10)
    clerk = office("purchaser_clerk")
    township = f"{ISSUE}/township?programme={county.programme}&class=A&township="
    preview = clerk.open(f"{township}430112001").send(f"{ISSUE}/preview")
    assert "29,500.00 元" in preview.text
    assert "已发放 11 张" in preview.send(ISSUE).text


def test_cards_come_as_a_pdf_once_and_the_same_form_again_gives_the_same_sheet(world, office):
    clerk = office("purchaser_clerk")
    listed = clerk.open(f"/voucher/vouchers?programme={world.county.programme}")
    asked = listed.form("/voucher/vouchers/cards").fields | {"voucher": str(world.voucher["id"])}
    check = clerk.post("/voucher/vouchers/cards", asked)
    assert "旧卡立即作废" in check.text

    form = check.form("/voucher/vouchers/cards/print").fields
    sheets = [clerk.post("/voucher/vouchers/cards/print", form).response for _tap in range(2)]

    for sheet in sheets:
        assert sheet.mimetype == "application/pdf"
        assert sheet.data.startswith(b"%PDF")
        assert "attachment" in sheet.headers["Content-Disposition"]
    card = clerk.open(f"/voucher/vouchers/{world.voucher['id']}")
    assert card.text.count("实体卡 2026-09-01 09:00") == 1


def test_a_lost_card_is_replaced_by_a_pdf_and_a_suspended_voucher_is_refused(world, office):
    clerk = office("purchaser_clerk")
    address = f"/voucher/vouchers/{world.voucher['id']}"
    sheet = clerk.open(f"{address}/card").send(f"{address}/card", reason="卡片遗失")
    assert sheet.response.data.startswith(b"%PDF")

    suspended = clerk.open(f"{address}/suspend").send(f"{address}/suspend", **WHY)
    assert "已暂停" in suspended.text
    assert "居民来电核实" in suspended.text


def test_names_are_read_by_the_clerk_only_and_never_stand_in_an_address(world, office):
    for role, name in (("purchaser_clerk", "张三丰"), ("purchaser_approver", "张*丰")):
        found = office(role).open("/voucher/vouchers").send("/voucher/vouchers/find", who="张三丰")
        assert name in found.text
        assert found.path == "/voucher/vouchers/find"
    assert "张三丰" not in office("auditor").open(f"/voucher/vouchers/{world.voucher['id']}").html
    by_id = (
        office("auditor")
        .open("/voucher/vouchers")
        .send("/voucher/vouchers/find", who=world.id_number())
    )
    assert world.voucher["number"] in by_id.text
    assert world.id_number() not in by_id.html


def test_a_redemption_is_followed_from_the_line_to_the_statement(world, office, meal):
    with clock.frozen("2026-09-02T09:00"):
        period = locked(world)
        page = office("finance_maker").open(f"/voucher/redemptions/{meal['id']}")
        assert "预算指标 EDU" in page.text
        assert "第 1 期对账单" in page.text
        assert "列入支付批次" in page.text
        statements = office("finance_maker").open(f"/voucher/statements/periods/{period}")
        assert "18.50" in statements.text


def test_the_list_the_chart_and_the_file_agree(world, office, meal):
    auditor = office("auditor")
    chosen = f"programme={world.county.programme}&from=2026-09-01&to=2026-09-01"
    listed = auditor.open(f"/voucher/redemptions?{chosen}")
    assert "18.50 元" in listed.text
    assert meal["receipt"] in listed.text

    source = f"/voucher/programmes/{world.county.programme}/charts"
    for by in ("service", "township", "provider", "day"):
        figures = auditor.open(f"{source}/{by}.json").response.json
        marks = [mark for mark in figures["series"][0]["data"] if mark["value"]]
        assert [mark["value"] for mark in marks] == [1_850]
        behind = auditor.open(marks[0]["url"])
        assert "合计（全部页） 18.50" in behind.text
        uses = re.search(r'href="(/voucher/redemptions\?[^"]*)"', behind.html).group(1)
        assert meal["receipt"] in auditor.open(uses.replace("&amp;", "&")).text

    answer = auditor.open(f"/voucher/redemptions.csv?{chosen}").response
    (row,) = read_table(answer.data, "redemptions.csv")
    assert row.values["小票"] == meal["receipt"]
    assert row.values["凭单支付（元）"] == "18.50"
    assert "张" not in row.values.values()


def test_a_reversal_takes_two_persons(app, world, office, meal):
    clerk = office("purchaser_clerk")
    address = f"/voucher/redemptions/{meal['id']}/reverse"
    ordered = clerk.open(address).send(address, entitlement="give_back", **WHY)
    assert "等另一人批准" in ordered.text
    waiting = office("purchaser_approver").open(REVERSALS)
    number = re.search(rf"{REVERSALS}/(\d+)/approve", waiting.html).group(1)
    assert f"{REVERSALS}/{number}/approve" not in clerk.open(REVERSALS).html

    approved = waiting.send(f"{REVERSALS}/{number}/approve")
    assert "没有等批准的申请" in approved.text
    with app.app_context(), transaction(readonly=True):
        assert balance("pool.charged") == 0


def test_a_declined_order_leaves_the_redemption_as_it_was(app, world, office, meal):
    address = f"/voucher/redemptions/{meal['id']}/reverse"
    office("purchaser_clerk").open(address).send(address, entitlement="cancel", **WHY)
    approver = office("purchaser_approver")
    waiting = approver.open(REVERSALS)
    decline = re.search(rf"{REVERSALS}/\d+/decline", waiting.html).group()
    approver.open(decline).send(decline, reason="核实后没有问题")

    page = approver.open(f"/voucher/redemptions/{meal['id']}")
    assert "已退回" in page.text
    with app.app_context(), transaction(readonly=True):
        assert balance("pool.charged") == 1_850


def test_a_period_is_locked_up_to_a_cutoff_and_an_objection_decided(world, office, meal):
    with clock.frozen("2026-09-02T09:00"):
        maker = office("finance_maker")
        address = f"/voucher/statements/lock/{world.county.programme}"
        early = maker.open(address).send(address, cutoff_at="2026-09-03T00:00")
        assert early.status == 422
        assert "还没有到" in early.text

        period = maker.open(address).send(address, cutoff_at="2026-09-01T23:59")
        assert "第 1 期已锁定：1 份对账单，1 笔，18.50 元" in period.text
        statement = int(re.search(r"/voucher/statements/(\d+)", period.html).group(1))
        world.act(
            "statement.object",
            "provider_manager",
            statement_id=statement,
            redemption_id=meal["id"],
            reason="这一笔多扣了一份",
        )

        approver = office("purchaser_approver")
        listed = approver.open("/voucher/statements/objections")
        assert "这一笔多扣了一份" in listed.text
        number = re.search(r"/voucher/statements/objections/\d+", listed.html).group()
        approver.open(number).send(number, uphold="uphold", **WHY)
        page = approver.open(f"/voucher/statements/{statement}")
        assert "已冲正" in page.text


def test_what_was_not_used_lapses_after_the_last_day(world, office, meal):
    with clock.frozen("2026-11-01T09:00"):
        maker = office("finance_maker")
        before = maker.open("/voucher/statements/lapse")
        assert "481.50" in before.text
        after = before.send("/voucher/statements/lapse")
        assert "481.50" in after.text
        assert "没有到期待处理的项目" in after.text


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("finance_maker", "/voucher/vouchers"),
        ("auditor", ISSUE),
        ("provider_manager", "/voucher/redemptions"),
        ("purchaser_approver", "/voucher/programmes/new"),
        ("purchaser_clerk", "/voucher/statements/lapse"),
        ("treasurer", "/voucher/statements/lock/1"),
    ],
)
def test_who_may_not_see_a_page_is_told_so(office, role, address):
    page = office(role).open(address)

    assert page.status == 403
    assert "您的岗位不能办理" in page.text
