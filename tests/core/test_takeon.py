"""Opening balances: reconciled before they are proposed, approved by another, posted once."""

from __future__ import annotations

import base64

import pytest
import yaml

from core import access, clock
from core.db import db
from core.parties import Organisation
from core.plugins import FORMS
from tests.years_world import MIDNIGHT, TurningCounty


@pytest.fixture
def county(make_app, monkeypatch):
    """A county that starts in September; its books must hold after the test."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-09-01T09:00"):
        made = TurningCounty(make_app).build()
        yield made


def code_of(county, number):
    """Return an organisation's credit code."""
    with county.reading():
        return db.session.get_one(Organisation, number).credit_code


def content(county, **changes):
    """Return a file of a line with 10,000 yuan paid, and a contract on two lines, 200 yuan owed."""
    purchaser, school = code_of(county, county.purchaser), code_of(county, county.schools[0])
    about = {"fiscal_year": 2026, "organisation": purchaser, "function_code": "2050299"}
    about |= {"economic_code": "30299", "document": "望财预〔2026〕1号"}
    return {
        "as_of": "2026-08-31",
        "document": "望财〔2026〕88号",
        "lines": [
            about
            | {"code": "A", "name": "甲", "approved_fen": 5_000_000}
            | {"disbursed_fen": 1_000_000},
            about | {"code": "B", "name": "乙", "approved_fen": 2_000_000},
        ],
        "pools": [
            {
                "number": "HT-1",
                "name": "保洁合同",
                "form": "contract",
                "lines": [{"code": "A", "share_ppm": 600_000}, {"code": "B"}],
                "encumbered_fen": 80_001,
                "payables": [{"party": school, "title": "8月", "amount_fen": 20_000}],
            }
        ],
        "trial_balance": [
            {"account": f"line.{room}", "owner": line, "amount_fen": fen}
            for line, rooms in {
                "A": (5_000_000, 3_940_000, 48_000, 12_000, 1_000_000),
                "B": (2_000_000, 1_959_999, 32_001, 8_000, 0),
            }.items()
            for room, fen in zip(
                ("approved", "available", "encumbered", "accrued", "disbursed"), rooms, strict=True
            )
            if fen
        ]
        + [{"account": "fin.payable", "owner": school, "amount_fen": 20_000}],
    } | changes


def file(plain):
    """Return a file as the acts take it."""
    text = plain if isinstance(plain, str) else yaml.safe_dump(plain, allow_unicode=True)
    return {"filename": "期初.yaml", "content": base64.b64encode(text.encode()).decode()}


def test_a_file_opens_lines_commitments_and_debts_in_one_journal(county):
    said = county.do("takeon.check", county.makers[0], **file(content(county)))
    assert said["reconciled"]
    number = county.do("takeon.propose", county.makers[0], **file(content(county)))["id"]
    opened = county.do("takeon.approve", county.approver, id=number)
    lines = county.lines(2026)
    assert county.rooms(lines["A"]) == {
        "approved": 5_000_000,
        "available": 3_940_000,
        "encumbered": 48_000,
        "accrued": 12_000,
        "disbursed": 1_000_000,
    }
    assert county.balance("fin.treasury") == 1_000_000
    assert county.balance("fin.payable", party_id=county.schools[0]) == 20_000
    assert opened["journal_id"]


def test_what_was_owed_is_paid_like_everything_else_and_the_rest_given_back(county):
    number = county.do("takeon.propose", county.makers[0], **file(content(county)))["id"]
    county.do("takeon.approve", county.approver, id=number)
    batch = county.batch()
    (payment,) = county.payments(batch)
    county.import_file(county.answer_of_bank(batch, ("成功", "R1", "")))
    pool = payment["claims"][0]["pool_id"]
    lines = county.lines(2026)
    assert county.rooms(lines["B"])["disbursed"] == 8_000
    much = {"pool_id": pool, "amount_fen": 80_002, "reason": "终止"}
    assert county.refused("takeon.release", county.budgeter, **much) == "AMOUNT_EXCEEDS_BALANCE"
    county.do("takeon.release", county.budgeter, **(much | {"amount_fen": 80_001}))
    assert "encumbered" not in county.rooms(lines["A"])
    assert county.refused("settlement.run", county.makers[0]) == "NOTHING_TO_PAY"
    other = {"pool_id": county.pool, "amount_fen": 1, "reason": "终止"}
    assert county.refused("takeon.release", county.budgeter, **other) == "NOT_FOUND"


def test_a_pool_that_was_taken_on_is_carried_over(county):
    number = county.do("takeon.propose", county.makers[0], **file(content(county)))["id"]
    county.do("takeon.approve", county.approver, id=number)
    pool = county.do("settlement.open_claims", county.makers[0])["payees"][0]["claims"][0]
    with clock.frozen(MIDNIGHT):
        county.carry(pool_id=pool["pool_id"])
        assert county.findings() == []


def test_a_difference_to_the_old_books_is_refused_account_by_account(county):
    plain = content(county)
    plain["trial_balance"][0]["amount_fen"] += 1
    plain["trial_balance"].append({"account": "line.disbursed", "owner": "C", "amount_fen": 300})
    said = county.do("takeon.check", county.makers[0], **file(plain))
    assert not said["reconciled"]
    answer = county.perform("takeon.propose", county.makers[0], **file(plain))
    assert answer.body["code"] == "TAKEON_NOT_RECONCILED"
    found = {
        (row["account"], row["owner"]): row["difference_fen"]
        for row in answer.body["facts"]["differences"]
    }
    assert found == {("line.approved", "A"): -1, ("line.disbursed", "C"): -300}


def test_the_same_file_is_one_proposal_and_two_persons_open_it_once(county):
    maker = county.makers[0]
    first = county.do("takeon.propose", maker, **file(content(county)))["id"]
    assert county.do("takeon.propose", maker, **file(content(county)))["id"] == first
    both = access.Actor(maker.user_id, maker.name, (*maker.grants, *county.approver.grants))
    assert county.refused("takeon.approve", both, id=first) == "FOUR_EYES_REQUIRED"
    county.do("takeon.approve", county.approver, id=first)
    assert county.refused("takeon.approve", county.approver, id=first) == "STATE_CHANGED"
    again = content(county, document="望财〔2026〕89号")
    assert county.refused("takeon.propose", maker, **file(again)) == "TAKEON_TOO_LATE"


def test_a_proposal_may_be_declined_and_corrected(county):
    maker = county.makers[0]
    first = county.do("takeon.propose", maker, **file(content(county)))["id"]
    county.do("takeon.decline", county.approver, id=first, reason="文号不符")
    assert county.refused("takeon.approve", county.approver, id=first) == "STATE_CHANGED"
    again = file(content(county, document="望财〔2026〕89号"))
    second = county.do("takeon.propose", maker, **again)["id"]
    assert county.do("takeon.approve", county.approver, id=second)["state"] == "approved"


@pytest.mark.parametrize(
    "text",
    [
        "- just a list",
        "as_of: [",
        "as_of: 2026-08-31\ndocument: x\nlines: 5",
        "as_of: 2026-08-31\ndocument: x\nextra: 1",
        "as_of: 2026-08-31\ndocument: x",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(county, text):
    said = county.refused("takeon.propose", county.makers[0], **file(text))
    assert said == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("lines", "code", "B"),
        ("lines", "organisation", "91430112000000000X"),
        ("pools", "lines", []),
        ("pools", "lines", [{"code": "C"}]),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(county, part, field, value):
    plain = content(county)
    plain[part][0][field] = value
    plain["trial_balance"] = []
    answer = county.perform("takeon.propose", county.makers[0], **file(plain))
    assert answer.body["code"] in {"INVALID_INPUT", "TAKEON_NOT_RECONCILED"}


def test_the_command_prints_the_reconciliation_and_proposes_only_when_asked(county, tmp_path):
    path = tmp_path / "opening.yaml"
    path.write_text(yaml.safe_dump(content(county), allow_unicode=True), encoding="utf-8")
    runner = county.app.test_cli_runner()
    dry = runner.invoke(args=["takeon", str(path)])
    assert dry.exit_code == 0, dry.output
    assert "全部相符" in dry.output
    assert county.lines(2026).keys() == {"EDU", "WEL"}
    done = runner.invoke(args=["takeon", str(path), "--division", "430112"])
    assert "已提出第 1 号期初建账" in done.output
    wrong = content(county)
    wrong["trial_balance"][0]["amount_fen"] += 100
    path.write_text(yaml.safe_dump(wrong, allow_unicode=True), encoding="utf-8")
    refused = runner.invoke(args=["takeon", str(path)])
    assert refused.exit_code == 1
    assert "-1.00" in refused.output
