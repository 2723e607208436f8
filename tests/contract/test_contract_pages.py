"""Contracts on pages: drafted in sections, agreed, signed by both, changed and read by anybody."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.contract import contract_world as world
from tests.web.browser import Browser

DAY = "2026-02-12T10:00"


@pytest.fixture
def awarded(app, county):
    """SP-6's award, on the day on which its contract is drafted and signed."""
    with app.app_context():
        found = world.award(county)
    with clock.frozen(DAY):
        yield found


@pytest.fixture
def signed_in(app, county):
    """Return a maker of browsers in which somebody with a role is signed in."""

    def make(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, county.users[role]).login
        made = Browser(app.test_client())
        made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


def typed(**changes):
    """Return SP-6's contract as it is typed into the form."""
    found = {
        "name": "独居老人上门巡访服务合同",
        "starts_on": "2026-03-01",
        "ends_on": "2027-02-28",
        "value_fen": "960000",
        "standard-0-name": "巡访次数",
        "acceptance_days": "10",
        "late-ppm_per_day": "5",
        "late-cap_bp": "10",
        "quality-0-name": "缺少巡访",
        "quality-0-unit": "次",
        "quality-0-unit_fen": "150",
        "tiers-0-from_centipoints": "90",
        "tiers-0-factor_bp": "100",
        "weights-purchaser": "30",
        "weights-recipients": "30",
        "weights-third_party": "40",
        "bond-form": "guarantee",
        "bond-issuer": "农商银行",
        "bond-document": "保函 1",
        "bond-amount_fen": "48000",
        "bond-expires_on": "2027-06-30",
    }
    found |= {f"parts-{part}": words for part, words in world.PARTS.items()}
    rows = [("服务方案", "share", "30", 2026), ("上半年", "share", "30", 2026)]
    rows += [("下半年", "share", "30", 2027), ("尾款", "tail", "10", 2027)]
    for place, (name, kind, share, year) in enumerate(rows):
        at = f"milestones-{place}-"
        found |= {f"{at}name": name, f"{at}kind": kind, f"{at}share_bp": share}
        found[f"{at}fiscal_year"] = str(year)
    return found | changes


def test_a_contract_is_drafted_revised_agreed_and_signed_on_pages(awarded, signed_in):
    clerk, approver = signed_in("purchaser_clerk"), signed_in("purchaser_approver")
    page = clerk.open("/contract/contracts/")
    new = f"/contract/contracts/new/{awarded.id}"
    assert "没有合同的中标成交" in page.text
    page = clerk.open(new)
    over = page.send(new, **typed(**{"bond-amount_fen": "115200"}))
    assert over.status == 422
    assert "履约保证金 115,200.00 元" in over.text
    page = over.send(new, **typed())
    assert "已起草合同" in page.text
    assert "288,000.00" in page.text
    number = int(page.path.rsplit("/", 1)[1])
    here = f"/contract/contracts/{number}"
    page = clerk.open(f"{here}/revise")
    # The test's browser does not read text areas back.
    parts = {f"parts-{part}": words for part, words in world.PARTS.items()}
    page = page.send(f"{here}/revise", name="改名的合同", **parts)
    assert "改名的合同" in page.text
    page = approver.open(here).send(f"/contract/steps/{number}/agree")
    assert "等双方签署" in page.text
    page.send(f"/contract/steps/{number}/sign")
    page = signed_in("provider_manager").open(here)
    page = page.send(f"/contract/steps/{number}/sign")
    assert "履行中" in page.text
    assert "待以后年度落实" in page.text
    paper = clerk.open(f"{here}/contract.pdf")
    assert paper.response.data.startswith(b"%PDF")
    page = clerk.open(here).send(f"/contract/steps/{number}/publish")
    assert "已公告" in page.text
    page = signed_in("finance_budget").open(here).send(f"/contract/steps/{number}/file")
    assert "已备案" in page.text
    public = clerk.open("/contract/contracts/public")
    assert "改名的合同" in public.text


@pytest.fixture
def contract(app, county, database_kept):
    """SP-6's contract, in force."""

    def make():
        return world.signed_contract(county)

    number = database_kept.with_county(app, county, "SP-6's contract", make)
    with clock.frozen("2026-06-02T10:00"):
        yield number


def test_a_change_is_proposed_approved_and_signed_on_pages(contract, signed_in):
    here = f"/contract/contracts/{contract}"
    page = signed_in("purchaser_clerk").open(here)
    amend = f"/contract/steps/{contract}/amend"
    fields = {"kind": "supplement", "words": "增加", "reason": "需要", "milestone": "补充巡访"}
    page = page.send(amend, amount_fen="96000.01", **fields)
    assert page.status == 422
    assert "超过原合同" in page.text
    page = page.send(amend, amount_fen="20000", **fields)
    assert "已提出变更" in page.text
    approver = signed_in("purchaser_approver")
    page = approver.open(here).send("/contract/steps/amendment/1/approve")
    page = page.send("/contract/steps/amendment/1/sign")
    page = signed_in("provider_manager").open(here).send("/contract/steps/amendment/1/sign")
    assert "补充巡访" in page.text
    assert "980,000.00" in page.text


def test_a_provider_is_told_that_the_whole_is_not_handed_on(app, contract, signed_in):
    page = signed_in("provider_manager").open(f"/contract/contracts/{contract}")
    with app.app_context():
        other = factories.make_organisation("provider", name="第二家")
    ask = f"/contract/steps/{contract}/subcontract"
    page = page.send(ask, organisation_id=other, words="全部", amount_fen="960000")
    assert page.status == 422
    assert "整体转包" in page.text
    page = page.send(f"/contract/steps/{contract}/receivable", amount_fen="1000", financier="银行")
    assert "已申请确认" in page.text


def test_a_contract_is_ended_and_its_money_remitted_on_pages(contract, signed_in):
    here = f"/contract/contracts/{contract}"
    approver = signed_in("purchaser_approver")
    terminate = f"/contract/steps/{contract}/terminate"
    clerk = signed_in("purchaser_clerk")
    assert "已提出解除" in clerk.open(here).send(terminate, reason="停业", call_bond="1").text
    assert "待复核的解除和兑付" in approver.open("/").text
    decline = "/contract/steps/ending/1/decline"
    assert "已退回" in approver.open(here).send(decline, reason="先谈").text
    clerk.open(here).send(terminate, reason="停业", call_bond="1")
    page = approver.open(here).send("/contract/steps/ending/2/approve")
    assert "已解除" in page.text
    page = signed_in("finance_maker").open(here)
    page = page.send("/contract/steps/income/1", amount_fen="48000", bank_reference="R1")
    assert "已登记上缴" in page.text
    page = approver.open(here).send(f"/contract/steps/{contract}/close")
    assert "还没有完成三方评价" in page.text
    credit = approver.open("/contract/contracts/credit/3")
    assert "还没有已结清的合同" in credit.text


def test_a_contract_that_is_not_closed_has_no_final_account(app, county, awarded, signed_in):
    with app.app_context():
        contract = world.draft(county, awarded)
    page = signed_in("purchaser_clerk").open(f"/contract/contracts/{contract['id']}/account.pdf")
    assert page.status == 422
    assert "NOT_CLOSED" in page.text
    assert "请先结清合同" in page.text
