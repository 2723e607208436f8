"""Loans as banks report them: one by one or in a file, judged before anything is kept."""

from __future__ import annotations

import pytest

from core import clock
from core.access import RoleGrant
from core.db import db, transaction
from plugins.subsidy.models import BankFile, Loan, LoanEvent
from tests import factories
from tests.factories import attempt, do
from tests.settlement_world import together
from tests.subsidy import loans_world
from tests.subsidy.loans_world import table

TODAY = "2026-06-01T09:00"


@pytest.fixture
def loans(app, county, database_kept):
    """Return a scheme with its bank, on a day in June."""
    made = database_kept.with_county(app, county, "loans", lambda: loans_world.make_loans(county))
    made.county = county
    with app.app_context(), clock.frozen(TODAY):
        yield made


def refused(operation_id, actor, **fields):
    """Perform an act that is refused and return the refusal."""
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def count(model):
    with transaction(readonly=True):
        return db.session.scalar(db.select(db.func.count(model.id)))


def upload(loans, content, who="bank"):
    fields = {"scheme_id": loans.scheme, "filename": "贷款.csv", "content": content}
    return attempt("loan.import", loans.actor(who), **fields).body


# --- one by one --------------------------------------------------------------------------------


def test_a_bank_registers_a_loan_once_and_reads_its_balance(loans):
    first = loans.register("JD-1")
    assert first["new"]
    assert not loans.register("JD-1")["new"]
    bank = loans.actor("bank")
    event = {"id": first["id"], "reference": "T1", "kind": "repaid", "on": "2026-04-10"}
    assert do("loan.record", bank, **event, amount_fen=2_500_000)["new"]
    assert not do("loan.record", bank, **event, amount_fen=2_500_000)["new"]
    shown = do("loan.show", bank, id=first["id"])
    assert (shown["principal_fen"], shown["balance_fen"]) == (10_000_000, 7_500_000)
    assert shown["regime_document"] == "财金〔2023〕75号"
    assert shown["subsidised_rate_ppm"] == "23000"
    assert [one["principal_fen"] for one in shown["balances"]] == [10_000_000, 7_500_000]
    assert do("loan.list", loans.actor("auditor"))["items"][0]["borrower"] == "借**0"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal_fen": 30_000_001}, "LOAN_CAP_EXCEEDED"),
        ({"rate_ppm": 46_001}, "RATE_CAP_EXCEEDED"),
        ({"due_on": "2029-03-03"}, "LOAN_TERM_EXCEEDED"),
        ({"class_code": "giant"}, "LOAN_CLASS_NOT_COVERED"),
        ({"lent_on": "2019-12-31"}, "LOAN_BEFORE_SCHEME"),
        ({"lent_on": "2026-06-02"}, "INVALID_INPUT"),
        ({"borrower_number": "430100198501010019"}, "BORROWER_NUMBER_WRONG"),
        ({"scheme_id": 999}, "NOT_FOUND"),
    ],
)
@pytest.mark.one_engine
def test_a_loan_that_the_scheme_does_not_subsidise_is_refused(loans, changes, code):
    given = loans.given("JD-1", **changes)
    assert refused("loan.register", loans.actor("bank"), **given)["code"] == code
    assert count(Loan) == 0


def test_the_fourth_loan_of_a_person_is_refused(loans):
    for number in range(3):
        loans.register(f"JD-{number}", principal_fen=1_000_000)
    given = loans.given("JD-4", principal_fen=1_000_000)
    body = refused("loan.register", loans.actor("bank"), **given)
    assert (body["code"], body["facts"]) == ("LOAN_COUNT_EXCEEDED", {"had": 3, "most": 3})


def test_loans_that_stand_at_once_stay_below_the_ceiling(loans):
    first = loans.register("JD-1", principal_fen=20_000_000)["id"]
    bank, second = loans.actor("bank"), loans.given("JD-2", lent_on="2026-04-20")
    second |= {"principal_fen": 15_000_000}
    body = refused("loan.register", bank, **second)
    assert (body["code"], body["facts"]["principal_fen"]) == ("LOAN_CAP_EXCEEDED", 35_000_000)
    repaid = {"reference": "T1", "kind": "repaid", "on": "2026-04-10", "amount_fen": 5_000_000}
    do("loan.record", bank, id=first, **repaid)
    loans.register("JD-2", lent_on="2026-04-20", principal_fen=15_000_000)
    early = loans.given("JD-3", lent_on="2026-03-20", principal_fen=5_000_000)
    assert refused("loan.register", bank, **early)["code"] == "LOAN_CAP_EXCEEDED"


@pytest.mark.one_engine
def test_partners_together_have_a_higher_ceiling(loans):
    loans.register("JD-1", principal_fen=66_000_000, partners=2)
    given = loans.given("JD-2", 1, principal_fen=66_000_001, partners=2)
    assert refused("loan.register", loans.actor("bank"), **given)["code"] == "LOAN_CAP_EXCEEDED"


@pytest.mark.one_engine
def test_only_a_bank_that_was_named_reports_and_only_once_is_it_named(loans):
    given = loans.given("JD-1")
    assert refused("loan.register", loans.actor("other_bank"), **given)["code"] == "BANK_NOT_NAMED"
    approver = loans.actor("purchaser_approver")
    named = {"scheme_id": loans.scheme, "bank_id": loans.bank, "document": "文件"}
    assert refused("bank.name", approver, **named)["code"] == "BANK_NAMED"
    office = named | {"bank_id": loans.county.purchaser}
    assert refused("bank.name", approver, **office)["code"] == "INVALID_INPUT"
    assert [one["bank"] for one in do("bank.list", approver)["items"]] == ["望城农商行"]
    assert do("bank.list", loans.actor("other_bank"))["items"] == []
    loans.register("JD-1")
    assert do("loan.list", loans.actor("other_bank"))["items"] == []


@pytest.mark.one_engine
def test_a_scheme_of_another_kind_has_no_bank(loans):
    from tests.subsidy import scheme_world  # noqa: PLC0415 - only here

    number = scheme_world.make_scheme(loans.county, None)
    named = {"scheme_id": number, "bank_id": loans.bank, "document": "文件"}
    body = refused("bank.name", loans.actor("purchaser_approver"), **named)
    assert body["code"] == "KIND_WITHOUT_LOANS"


@pytest.mark.one_engine
def test_a_bank_does_not_lend_to_its_own_nor_to_a_firm_its_people_act_for(loans):
    with transaction():
        from core.parties import Organisation  # noqa: PLC0415 - only here

        codes = {
            key: db.session.get_one(Organisation, number).credit_code
            for key, number in (
                ("bank", loans.bank),
                ("tied", loans.other_bank),
                ("firm", loans.county.provider),
            )
        }
        db.session.add(
            RoleGrant(
                user_id=loans.users["bank"],
                role="provider_manager",
                organisation_id=loans.county.provider,
                division_code=factories.COUNTY,
                from_on=clock.today(),
            )
        )
    tied = {"one_id": loans.bank, "other_id": loans.other_bank, "kind": "holding"}
    do("party.record_tie", **tied, document="章程", from_on="2026-01-10")
    borrowers = (("bank", "望城农商行"), ("tied", "别家银行"), ("firm", "望城区育才学校"))
    for key, name in borrowers:
        given = loans.given("JD-1", class_code="micro", borrower_name=name)
        given["borrower_number"] = codes[key]
        body = refused("loan.register", loans.actor("bank"), **given)
        assert body["code"] == "CONFLICT_OF_INTEREST"
    wrong = loans.given("JD-1", borrower_number=codes["firm"])
    assert refused("loan.register", loans.actor("bank"), **wrong)["code"] == "BORROWER_NAME_WRONG"
    unknown = loans.given("JD-1", borrower_number=factories.credit_code())
    assert refused("loan.register", loans.actor("bank"), **unknown)["code"] == "BORROWER_UNKNOWN"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"kind": "repaid", "on": "2026-04-01", "amount_fen": 10_000_001}, None),
        ({"kind": "repaid", "on": "2026-03-01", "amount_fen": 1}, None),
        ({"kind": "cured", "on": "2026-04-01", "amount_fen": 1}, None),
        ({"kind": "repaid", "on": "2026-04-01"}, "INVALID_INPUT"),
        ({"kind": "interest", "on": "2026-04-01", "amount_fen": 1}, "INVALID_INPUT"),
        ({"kind": "repaid", "on": "2026-06-02", "amount_fen": 1}, "INVALID_INPUT"),
        ({"kind": "rate", "on": "2026-04-01", "rate_ppm": 46_001}, "RATE_CAP_EXCEEDED"),
        ({"kind": "undone", "on": "2026-04-01", "undoes": "T9"}, "EVENT_UNKNOWN"),
    ],
)
@pytest.mark.one_engine
def test_what_cannot_have_happened_to_a_loan_is_refused(loans, event, code):
    number = loans.register("JD-1")["id"]
    body = refused("loan.record", loans.actor("bank"), id=number, reference="T1", **event)
    assert body["code"] == (code or "LOAN_HISTORY_IMPOSSIBLE")
    assert count(LoanEvent) == 1


@pytest.mark.one_engine
def test_a_wrong_event_is_undone_by_another_and_a_serial_number_is_never_reused(loans):
    number, bank = loans.register("JD-1")["id"], loans.actor("bank")
    repaid = {"id": number, "kind": "repaid", "on": "2026-04-01", "amount_fen": 9_000_000}
    do("loan.record", bank, reference="T1", **repaid)
    other = repaid | {"reference": "T1", "amount_fen": 1}
    assert refused("loan.record", bank, **other)["code"] == "EVENT_EXISTS"
    undone = {"id": number, "kind": "undone", "on": "2026-04-02", "undoes": "T1"}
    do("loan.record", bank, reference="T2", **undone)
    again = undone | {"reference": "T3"}
    assert refused("loan.record", bank, **again)["code"] == "EVENT_UNDONE"
    assert do("loan.show", bank, id=number)["balance_fen"] == 10_000_000
    differs = loans.given("JD-1", principal_fen=9_000_000)
    assert refused("loan.register", bank, **differs)["code"] == "LOAN_EXISTS"


def test_one_person_ends_the_support_of_a_loan_and_another_decides(loans):
    number = loans.register("JD-1")["id"]
    clerk, approver = loans.actor("purchaser_clerk"), loans.actor("purchaser_approver")
    ending = {"id": number, "reason": "已注销登记", "document": "注销通知书"}
    outside = ending | {"from_on": "2029-01-01"}
    assert refused("loan.end_support", clerk, **outside)["code"] == "INVALID_INPUT"
    assert refused("loan.decide_end", approver, id=number)["code"] == "NOT_FOUND"
    do("loan.end_support", clerk, **ending, from_on="2026-05-01")
    body = refused("loan.end_support", clerk, **ending, from_on="2026-05-02")
    assert body["code"] == "ENDING_EXISTS"
    do("loan.drop_end", approver, id=number, reason="又恢复了登记")
    do("loan.end_support", clerk, **ending, from_on="2026-05-01")
    both = type(clerk)(clerk.user_id, "经办", approver.grants)
    assert refused("loan.decide_end", both, id=number)["code"] == "FOUR_EYES_REQUIRED"
    assert do("loan.decide_end", approver, id=number)["state"] == "ended"
    assert refused("loan.decide_end", approver, id=number)["code"] == "STATE_CHANGED"
    assert do("loan.show", clerk, id=number)["ended_on"] == "2026-05-01"


# --- in a file ---------------------------------------------------------------------------------


def good(loans):
    return table(
        f"贷款,JD-1,2026-03-02,100000,,借款人0,{loans.people[0]},个人,2028-03-02,4.60,3.10,,,",
        "放款,JD-1,2026-03-02,100000,S1,,,,,,,,,",
        "还本,JD-1,2026/4/10,25000.00,S2,,,,,,,,,",
        "付息,JD-1,2026-03-21,230.50,S3,,,,,,,,2026-03-20,",
        f"贷款,JD-2,2026-03-05,300000,,借款人1,{loans.people[1]},person,2028-03-05,4.6,3.1,1,,",
        "放款,JD-2,2026-03-05,300000,S4,,,,,,,,,",
        "逾期,JD-2,2026-04-10,10000,S5,,,,,,,,,",
        "还逾期,JD-2,2026-04-25,10000,S6,,,,,,,,,",
        "调息,JD-2,2026-05-01,,S7,,,,,4.10,,,,",
    )


def test_a_bank_hands_in_a_file_and_the_same_again_changes_nothing(loans):
    body = upload(loans, good(loans))
    assert (body["lines"], body["loans"], body["events"], body["again"]) == (9, 2, 7, False)
    assert upload(loans, good(loans)) == body | {"again": True}
    more = table(
        f"贷款,JD-1,2026-03-02,100000,,借款人0,{loans.people[0]},个人,2028-03-02,4.60,3.10,,,",
        "还本,JD-1,2026/4/10,25000.00,S2,,,,,,,,,",
        "还本,JD-1,2026-05-10,5000,S8,,,,,,,,,",
        "冲正,JD-2,2026-05-11,,S9,,,,,,,,,S7",
    )
    body = upload(loans, more)
    assert (body["loans"], body["events"]) == (0, 2)
    assert (count(Loan), count(LoanEvent), count(BankFile)) == (2, 9, 2)
    shown = do("loan.list", loans.actor("bank"), number="JD-1")["items"][0]
    assert shown["balance_fen"] == 7_000_000
    assert len(do("loan.files", loans.actor("auditor"))["items"]) == 2


def test_every_fault_of_a_file_is_told_at_its_line_and_nothing_is_kept(loans):
    loans.register("OLD-1")
    found = upload(
        loans,
        table(
            f"贷款,JD-1,2026-03-02,300000.01,,借款人0,{loans.people[1]},个人,2028-03-02,4.60,3.10,,,",
            f"贷款,JD-2,2026-03-02,100000,,借款人2,{loans.people[2]},个人,2028-03-02,4.60,3.10,,,",
            "放款,JD-2,2026-03-02,100000,S1,,,,,,,,,",
            "还本,JD-2,2026-04-10,100000.01,S2,,,,,,,,,",
            "还本,JD-9,2026-04-10,1,S3,,,,,,,,,",
            "还本,OLD-1,2026-03-01,1,S4,,,,,,,,,",
            "转让,OLD-1,2026-03-03,1,S5,,,,,,,,,",
            "还本,OLD-1,2026-13-03,1,S6,,,,,,,,,",
            "还本,OLD-1,2026-03-03,0,S7,,,,,,,,,",
            "贷款,JD-3,2026-03-02,1,,甲,123,个人,2028-03-02,4.60,3.10,,,",
            "贷款,JD-4,2026-03-02,1,,甲,123,个人,2028-03-02,四,3.10,,,",
            f"还本,OLD-1,2026-03-03,1,{loans.people[0]},,,,,,,,,",
        ),
    )
    assert found["code"] == "FILE_LINES_WRONG"
    told = found["errors"]["content"]
    assert [one.split(" ")[1] for one in told] == [
        "2", "5", "6", "7", "8", "9", "10", "11", "12", "13",
    ]  # fmt: skip
    assert "300,000.01" in told[0]
    assert "JD-9" in told[2]
    assert (count(Loan), count(LoanEvent), count(BankFile)) == (1, 1, 0)


@pytest.mark.one_engine
def test_what_is_no_file_of_loans_is_refused(loans):
    assert upload(loans, "###")["code"] == "INVALID_INPUT"
    assert upload(loans, "5LqL6aG5")["code"] == "FILE_COLUMNS_WRONG"
    assert upload(loans, table())["code"] == "FILE_TOO_LARGE"
    assert upload(loans, good(loans), "other_bank")["code"] == "BANK_NOT_NAMED"


# --- races -------------------------------------------------------------------------------------


def test_of_two_loans_at_once_that_together_are_too_much_one_is_taken(app, loans):
    loans.register("JD-1", principal_fen=10_000_000)
    bank = loans.actor("bank")

    def registered(number):
        def call():
            with app.app_context():
                given = loans.given(number, principal_fen=15_000_000)
                return attempt("loan.register", bank, **given)

        return call

    answers = together(registered("JD-2"), registered("JD-3"))
    assert sorted(one.body.get("code", "") for one in answers) == ["", "LOAN_CAP_EXCEEDED"]
    assert count(Loan) == 2
