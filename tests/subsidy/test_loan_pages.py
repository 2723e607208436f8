"""Pages of loans: a bank hands in its file and claims a quarter, the office looks and decides."""

from __future__ import annotations

import base64
import io
import re

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.factories import do
from tests.subsidy import loans_world
from tests.web.browser import Browser

TODAY = "2026-03-25T09:00"


@pytest.fixture
def loans(app, county):
    """Return a scheme with its bank, a few days after the first quarter."""
    with app.app_context():
        made = loans_world.make_loans(county)
        made.actor("bank")
    with clock.frozen(TODAY):
        yield made


@pytest.fixture
def signed_in(app, loans):
    """Return a maker of browsers in which somebody with a role is signed in."""

    def make(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, loans.county.users[role]).login
        made = Browser(app.test_client())
        made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


def register(app, loans, *numbers):
    with app.app_context():
        return [loans.register(number, place)["id"] for place, number in enumerate(numbers)]


def file_of(*lines):
    return io.BytesIO(base64.b64decode(loans_world.table(*lines)))


def test_a_bank_hands_in_a_file_sees_its_faults_and_then_its_loans(loans, signed_in):
    bank = signed_in("bank")
    line = f"贷款,JD-1,2026-03-02,{{}},,借款人0,{loans.people[0]},个人,2028-03-02,4.60,3.10,,,"
    page = bank.open("/subsidy/loans/files")
    wrong = page.send("/subsidy/loans/files", content=(file_of(line.format("300001")), "贷款.csv"))
    assert wrong.status == 422
    assert "第 2 行" in wrong.text
    assert "300,001.00" in wrong.text
    right = wrong.send("/subsidy/loans/files", content=(file_of(line.format("100000")), "贷款.csv"))
    assert "新贷款 1 笔" in right.text
    assert "借**0" in bank.open("/subsidy/loans/").text
    assert "JD-1" in bank.open("/subsidy/loans/?number=JD-1").text
    assert "放款" in bank.open("/subsidy/loans/files/template").response.text


def test_a_bank_types_one_loan_and_what_happened_to_it(loans, signed_in):
    bank = signed_in("bank")
    fields = {
        "number": "JD-1",
        "borrower_name": "借款人0",
        "borrower_number": loans.people[0],
        "class_code": "person",
        "principal_fen": "100,000",
        "lent_on": "2026-03-02",
        "due_on": "2028-03-02",
        "rate_ppm": "4.70",
        "lpr_ppm": "3.10",
        "drawn": "1",
    }
    page = bank.open("/subsidy/loans/new").send("/subsidy/loans/new", **fields)
    assert page.status == 422
    assert "4.60%" in page.text
    assert loans.people[0] not in page.text
    page = page.send("/subsidy/loans/new", **fields | {"rate_ppm": "4.6"})
    assert page.path == "/subsidy/loans/1"
    event = {"kind": "repaid", "on": "2026-03-20", "reference": "S1", "amount_fen": "20000"}
    page = page.send("/subsidy/loans/1/events", **event)
    assert "80,000.00" in page.text
    assert "还本" in page.text


def test_the_office_names_a_bank_and_ends_a_loan_s_support_by_two_people(app, loans, signed_in):
    (number,) = register(app, loans, "JD-1")
    approver = signed_in("purchaser_approver")
    fields = {"scheme_id": str(loans.scheme), "bank_id": str(loans.other_bank)}
    page = approver.open("/subsidy/loans/banks")
    page = page.send("/subsidy/loans/banks", **fields, document="望人社〔2026〕9号")
    assert "望人社〔2026〕9号" in page.text
    ending = {"from_on": "2026-03-11", "reason": "已注销", "document": "注销通知"}
    clerk = signed_in("purchaser_clerk").open(f"/subsidy/loans/{number}")
    assert "等另一人决定" in clerk.send(f"/subsidy/loans/{number}/steps/end", **ending).text
    assert "JD-1" in approver.open("/subsidy/loans/?ending=1").text
    page = approver.open(f"/subsidy/loans/{number}")
    page = page.send(f"/subsidy/loans/{number}/steps/decide")
    assert "已停止贴息" in page.text


def test_a_quarter_is_claimed_shown_loan_by_loan_and_computed_again(app, loans, signed_in):
    numbers = register(app, loans, "JD-1", "JD-2")
    bank = signed_in("bank")
    page = bank.open("/subsidy/interest/")
    assert "JD-2" in page.text
    page = page.send("/subsidy/interest/claim", **{f"asked-{numbers[0]}": "200"})
    claim = int(re.search(r"/subsidy/interest/(\d+)", page.path)[1])
    with app.app_context():
        do("claim.check", loans.actor("purchaser_clerk"), id=claim)
        do("claim.approve", loans.actor("purchaser_approver"), id=claim)
    shown = bank.open(f"/subsidy/interest/{claim}").text
    for words in ("121.39", "78.61", "19 天 ÷ 360 天", "四舍五入", "JD-2"):
        assert words in shown
    assert "78.61" in bank.open("/subsidy/interest/disallowed").text
    assert "7861" in bank.open("/subsidy/interest/disallowed.csv").response.text
    with app.app_context():
        ending = {"id": numbers[0], "from_on": "2026-03-11", "reason": "已注销", "document": "通知"}
        do("loan.end_support", loans.actor("purchaser_clerk"), **ending)
        do("loan.decide_end", loans.actor("purchaser_approver"), id=numbers[0])
    page = signed_in("purchaser_clerk").open(f"/subsidy/interest/{claim}")
    again = {"reason": "已注销", "basis": "财金〔2023〕75号"}
    page = page.send(f"/subsidy/interest/{claim}/review", **again)
    assert "63.89" in page.text
    assert "付款前核减" in page.text
    assert signed_in("auditor").open(f"/subsidy/claims/{claim}").status == 200


def test_others_do_not_see_a_bank_s_loans(app, loans, signed_in):
    (number,) = register(app, loans, "JD-1")
    other = signed_in("other_bank")
    assert other.open(f"/subsidy/loans/{number}").status == 404
    assert "还不是任何" in other.open("/subsidy/interest/").text
    assert signed_in("accepter").open("/subsidy/loans/").status == 403
    assert signed_in("auditor").open("/subsidy/loans/new").status == 403
    assert signed_in("auditor").open(f"/subsidy/loans/{number}").status == 200
