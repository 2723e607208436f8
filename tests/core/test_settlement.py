"""Settlement: claims become payments once, by three persons, and the books follow the bank."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from core import clock, settlement
from core.access import User
from core.budget import PPM, Share
from core.db import db
from core.parties import Organisation
from core.plugins import FORMS
from core.settlement.models import PaymentBatch, PaymentItem
from tests.settlement_world import County, result_file, result_row, together


@pytest.fixture
def county(make_app, monkeypatch):
    """Return a county on a fixed day; whatever a test did, the books must hold afterwards."""
    # Settlement knows no form of purchase: a fake one is enough, and the only one here.
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-09-25T10:00"):
        built = County(make_app).build()
        yield built


@pytest.fixture
def owing(county):
    """Owe each of three schools its sum of the scenario SP-1."""
    for school, fen in zip(county.schools, (1_200_000, 525_000, 100_000), strict=True):
        county.owe(school, fen)
    return county


PAID = ("成功", "R1", "")


def test_claims_become_one_payment_per_payee(owing):
    owing.owe(owing.schools[0], 50_000)
    made = owing.do("settlement.run", owing.makers[0])
    assert (made["total_fen"], made["line_count"], made["skipped"]) == (1_875_000, 3, [])
    payments = owing.payments(made["id"])
    assert [p["amount_fen"] for p in payments] == [1_250_000, 525_000, 100_000]
    assert [len(p["claims"]) for p in payments] == [2, 1, 1]
    assert payments[0]["account"].startswith("****")


def test_the_scenarios_batch_is_paid_and_the_books_follow(owing):
    number = owing.batch("draft")
    owed = owing.books()
    owing.do("settlement.approve", owing.approver, id=number)
    assert owing.books() == owed
    owing.do("payment.export", owing.treasurer, id=number)
    assert owing.books()["in_transit"] == 1_825_000
    assert "payable" not in owing.books()
    file = owing.answer_of_bank(number, *[("成功", f"R{n}", "") for n in range(3)])
    answer = owing.import_file(file)
    assert (answer["paid"], answer["paid_fen"], answer["exceptions"]) == (3, 1_825_000, 0)
    assert owing.books() == {
        "expense": 1_825_000,
        "treasury": 1_825_000,
        "available": 100_000,
        "encumbered": 1_075_000,
        "disbursed": 1_825_000,
    }
    assert owing.do("settlement.batch", owing.approver, id=number)["state"] == "closed"
    assert [claim.amount_fen for claim, _journal in owing.form.settled] == [
        1_200_000,
        525_000,
        100_000,
    ]


def test_a_maker_cannot_approve_his_own_batch(owing):
    number = owing.batch("draft")
    refused = owing.perform("settlement.approve", owing.makers[0], id=number).body
    assert refused["code"] == "FOUR_EYES_REQUIRED"
    assert owing.refused("settlement.approve", owing.makers[1], id=number) == "ROLE_NOT_ALLOWED"


def test_the_same_person_under_another_account_is_not_a_second_pair_of_eyes(owing):
    number = owing.batch("draft")
    with owing.acting():
        for actor in (owing.makers[0], owing.approver):
            db.session.get(User, actor.user_id).person_index = "same"
    assert owing.refused("settlement.approve", owing.approver, id=number) == "FOUR_EYES_REQUIRED"


def test_the_approver_cannot_also_send_the_money(owing):
    number = owing.batch("approved")
    with owing.acting():
        both = owing.person("treasurer", "兼职")
    both = replace(both, user_id=owing.approver.user_id)
    assert owing.refused("payment.export", both, id=number) == "FOUR_EYES_REQUIRED"


def test_an_approved_batch_cannot_be_approved_again_and_says_who_did_it(owing):
    number = owing.batch("approved")
    body = owing.perform("settlement.approve", owing.approver, id=number).body
    assert body["code"] == "STATE_CHANGED"
    assert "复核丙" in body["detail"]
    assert "2026-09-25 10:00" in body["detail"]


STATES = {
    "draft": ("settlement.approve", "settlement.cancel"),
    "approved": ("settlement.cancel", "payment.export"),
    "exported": ("payment.export",),
    "closed": ("payment.export",),
    "cancelled": (),
}


@pytest.mark.parametrize("act", ["settlement.approve", "settlement.cancel", "payment.export"])
@pytest.mark.parametrize("state", STATES)
def test_a_batch_takes_only_the_acts_of_its_state(owing, state, act):
    steps = {"cancelled": "draft", "closed": "exported"}
    number = owing.batch(steps.get(state, state))
    if state == "cancelled":
        owing.do("settlement.cancel", owing.makers[0], id=number, reason="重做")
    if state == "closed":
        said = [("成功", f"R{n}", "") for n in range(3)]
        owing.import_file(owing.answer_of_bank(number, *said))
    fields = {"id": number} | ({"reason": "重做"} if act == "settlement.cancel" else {})
    actor = owing.treasurer if act == "payment.export" else owing.approver
    answer = owing.perform(act, actor, **fields)
    assert answer.refused == (act not in STATES[state])
    assert answer.body.get("code") == ("STATE_CHANGED" if answer.refused else None)


def test_of_many_approvals_at_once_one_succeeds(owing):
    number = owing.batch("draft")
    approve = [lambda: owing.perform("settlement.approve", owing.approver, id=number)]
    answers = together(*approve * 8)
    assert sorted(a.status for a in answers) == [200] + [409] * 7
    assert {a.body["code"] for a in answers if a.refused} == {"STATE_CHANGED"}


def test_of_many_runs_at_once_one_takes_the_claims(owing):
    answers = together(*[lambda: owing.perform("settlement.run", owing.makers[0])] * 6)
    assert sum(not a.refused for a in answers) == 1
    codes = {a.body["code"] for a in answers if a.refused}
    assert codes <= {"NOTHING_TO_PAY", "STATE_CHANGED"}


def test_of_many_imports_at_once_each_payment_is_booked_once(owing):
    number = owing.batch()
    file = owing.answer_of_bank(number, *[("成功", f"R{n}", "") for n in range(3)])
    # Files that differ by a column nobody reads, so that they are not the same file.
    files = [file.replace("开户银行".encode(), f"开户银行{n}".encode()) for n in range(4)]
    answers = together(*[lambda f=f: owing.import_file(f) for f in files])
    assert sorted(a["paid"] for a in answers) == [0, 0, 0, 3]
    assert owing.books()["treasury"] == 1_825_000


def test_the_same_result_file_again_changes_nothing(owing):
    number = owing.batch()
    file = owing.answer_of_bank(
        number, ("成功", "R1", ""), ("失败", "", "账号已销户"), ("处理中", "", "")
    )
    first, books = owing.import_file(file), owing.books()
    again = owing.import_file(file)
    assert again == first | {"repeated": True}
    assert owing.books() == books
    assert len(owing.form.settled) == 1


def test_a_rejected_payment_is_payable_again_as_the_second_attempt(owing):
    number = owing.batch()
    file = owing.answer_of_bank(
        number, ("成功", "R1", ""), ("失败", "", "账号已销户"), ("成功", "R3", "")
    )
    answer = owing.import_file(file)
    assert (answer["paid"], answer["rejected"]) == (2, 1)
    assert "账号已销户" in answer["lines"][1]["message"]
    assert owing.books(party_id=owing.schools[1]) == {"payable": 525_000}
    assert owing.do("settlement.batch", owing.approver, id=number)["state"] == "closed"
    second = owing.batch()
    assert owing.payment_rows()[-1] == ("in_transit", 2)
    owing.import_file(owing.answer_of_bank(second, ("成功", "R9", "")))
    assert owing.books()["treasury"] == 1_825_000
    assert len(owing.form.settled) == 3


def test_one_bad_line_never_stops_the_others(owing):
    number = owing.batch()
    first, second, third = (p["end_to_end_id"] for p in owing.payments(number))
    file = result_file(
        [
            result_row("6222021901999999", "1.00", "成功", "X1", ""),
            result_row(f"{first[:-4]}9999", "1.00", "成功", "X2", ""),
            result_row(first, "11999.99", "成功", "R1", ""),
            result_row(second, "5250", "成功", "R2", ""),
            result_row(third, "不详", "成功", "R2", ""),
        ]
    )
    answer = owing.import_file(file)
    assert [line["problem"] for line in answer["lines"]] == [
        "unknown_payment",
        "unknown_payment",
        "amount_differs",
        None,
        "amount_differs",
    ]
    assert answer["lines"][0]["end_to_end_id"] == "****"
    assert "11,999.99" in answer["lines"][2]["message"]
    assert (answer["paid"], answer["exceptions"]) == (1, 4)
    assert owing.books()["treasury"] == 525_000
    assert owing.do("settlement.batch", owing.approver, id=number)["state"] == "exported"


def test_an_unknown_status_stays_in_transit_until_the_bank_is_clear(owing):
    number = owing.batch()
    unclear = [("处理中", "", "")] * 3
    answer = owing.import_file(owing.answer_of_bank(number, *unclear))
    assert {line["problem"] for line in answer["lines"]} == {"unknown_status"}
    assert "处理中" in answer["lines"][0]["message"]
    assert owing.books()["in_transit"] == 1_825_000
    assert owing.refused("settlement.run", owing.makers[0]) == "NOTHING_TO_PAY"
    clear = [("成功", f"R{n}", "") for n in range(3)]
    assert owing.import_file(owing.answer_of_bank(number, *clear))["paid"] == 3


def test_a_bank_reference_counts_for_one_payment_only(owing):
    number = owing.batch()
    file = owing.answer_of_bank(number, PAID, PAID, ("成功", "", ""))
    answer = owing.import_file(file)
    assert [line["problem"] for line in answer["lines"]] == [None, "reference_used", None]


def test_a_payment_listed_again_in_the_next_file_is_no_exception(owing):
    number = owing.batch()
    owing.import_file(owing.answer_of_bank(number, PAID, ("处理中", "", ""), ("处理中", "", "")))
    later = [PAID, ("成功", "R2", ""), ("失败", "", "户名不符")]
    answer = owing.import_file(owing.answer_of_bank(number, *later))
    assert [line["outcome"] for line in answer["lines"]] == ["repeated", "paid", "rejected"]


def test_a_bank_that_changes_its_mind_about_a_paid_payment_is_an_exception(owing):
    number = owing.batch()
    said = [("成功", f"R{n}", "") for n in range(3)]
    owing.import_file(owing.answer_of_bank(number, *said))
    books = owing.books()
    said[0] = ("退票", "R0", "账号不存在")
    answer = owing.import_file(owing.answer_of_bank(number, *said))
    assert answer["lines"][0]["problem"] == "not_in_transit"
    assert owing.books() == books


def test_an_account_number_in_the_banks_reason_is_not_kept(owing):
    number = owing.batch()
    said = [("失败", "", "账号6222021901000001不存在")] + [("成功", f"R{n}", "") for n in (1, 2)]
    answer = owing.import_file(owing.answer_of_bank(number, *said))
    assert answer["lines"][0]["reason"] == "账号****不存在"


def test_the_second_export_gives_the_same_bytes_and_posts_nothing(owing):
    number = owing.batch("approved")
    first = owing.do("payment.export", owing.treasurer, id=number)
    books = owing.books()
    with clock.frozen("2026-09-26T09:00"):
        second = owing.do("payment.export", owing.treasurer, id=number)
    assert second == first | {"repeated": True}
    assert owing.books() == books


def test_the_bank_file_carries_whole_account_numbers_and_the_audit_trail_none(owing):
    number = owing.batch("approved")
    answer = owing.perform("payment.export", owing.treasurer, key="export-1", id=number)
    content = base64.b64decode(answer.body["content_base64"]).decode("utf-8-sig")
    assert "6222021901" in content
    assert content.splitlines()[-1].startswith("合计,3,,,,18250.00,ZF")
    with owing.reading():
        stored = db.session.execute(db.text("SELECT answer FROM audit_entry")).scalars()
        assert not any(answer.body["content_base64"][:80] in (text or "") for text in stored)


def test_a_cancelled_batch_frees_its_claims_for_a_first_attempt(owing):
    number = owing.batch("approved")
    owing.do("settlement.cancel", owing.makers[1], id=number, reason="账户待更换")
    assert owing.refused("payment.export", owing.treasurer, id=number) == "STATE_CHANGED"
    owing.batch("draft")
    assert owing.payment_rows() == [("cancelled", 1)] * 3 + [("pending", 1)] * 3


def test_payees_that_cannot_be_paid_are_left_out_and_named(owing):
    with owing.acting():
        newcomer = owing.payee("新学校", verified=False)
        db.session.get(Organisation, owing.schools[1]).suspended_on = clock.today()
    owing.owe(newcomer, 10_000)
    shown = owing.do("settlement.open_claims", owing.approver)
    assert shown["payable_fen"] == 1_300_000
    made = owing.do("settlement.run", owing.makers[0])
    assert made["total_fen"] == 1_300_000
    assert [skip["payee"] for skip in made["skipped"]] == ["第二学校", "新学校"]
    assert "没有经核验的收款账户" in made["skipped"][1]["message"]
    assert owing.refused("settlement.run", owing.makers[0]) == "NOTHING_TO_PAY"


def test_an_account_changed_after_the_batch_was_made_stops_it(owing):
    number = owing.batch("approved")
    with owing.acting():
        owing.account(owing.schools[0], "第一学校")
    assert owing.refused("payment.export", owing.treasurer, id=number) == "PAYEE_CHANGED"


def test_a_batch_altered_in_the_database_is_neither_approved_nor_unnoticed(owing):
    number = owing.batch("draft")
    rename = db.text("UPDATE payment SET holder = replace(holder, :before, :after)")
    with owing.acting():
        db.session.execute(rename, {"before": "第一学校", "after": "他人"})
    assert owing.refused("settlement.approve", owing.approver, id=number) == "CONTENT_CHANGED"
    assert owing.findings() == [f"payment_batch {number}"]
    with owing.acting():
        db.session.execute(rename, {"before": "他人", "after": "第一学校"})


def test_a_payment_called_paid_behind_our_back_is_found(owing):
    owing.batch()
    say = db.text("UPDATE payment SET state = :after WHERE state = :before AND id = 1")
    with owing.acting():
        db.session.execute(say, {"before": "in_transit", "after": "paid"})
    pool = f"pool={owing.pool} party="
    assert owing.findings() == [
        f"支付在途 {pool}{owing.schools[0]}",
        f"国库已付 {pool}-",
        "payment 1",
    ]
    with owing.acting():
        db.session.execute(say, {"before": "paid", "after": "in_transit"})


def test_only_what_was_agreed_in_time_and_asked_for_is_taken(owing):
    with clock.frozen("2026-09-28T10:00"):
        owing.owe(owing.schools[2], 7_000)
        made = owing.do(
            "settlement.run",
            owing.makers[0],
            until="2026-09-26T00:00:00",
            payee_ids=[owing.schools[2]],
        )
    assert made["total_fen"] == 100_000


def test_a_free_claim_follows_its_component_and_a_taken_one_does_not(owing):
    source, (claim, agreed_at) = next(iter(owing.form.claims.items()))
    number = owing.batch("draft")
    with owing.reading():
        assert settlement.is_taken("fake", source)
        assert not settlement.is_taken("fake", "statement:none")
    owing.do("settlement.cancel", owing.makers[0], id=number, reason="更正")
    owing.form.claims[source] = (replace(claim, amount_fen=1_150_000), agreed_at)
    again = owing.do("settlement.run", owing.makers[0])
    assert again["total_fen"] == 1_775_000


def test_the_database_refuses_a_claim_in_two_live_payments(owing):
    owing.batch("draft")
    with owing.acting():
        first, second, *_rest = db.session.scalars(db.select(PaymentItem))
        db.session.add(
            PaymentItem(
                payment_id=second.payment_id, claim_id=first.claim_id, amount_fen=1, live=True
            )
        )
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()


def test_the_database_refuses_an_approval_by_the_maker(owing):
    number = owing.batch("draft")
    with owing.acting():
        batch = db.session.get(PaymentBatch, number)
        batch.approved_by = batch.made_by
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()


def test_another_districts_people_neither_see_nor_pay_it(owing):
    assert owing.refused("settlement.run", owing.stranger) == "NOTHING_TO_PAY"
    number = owing.batch()
    assert owing.refused("settlement.batch", owing.stranger, id=number) == "NOT_FOUND"
    assert owing.do("settlement.batches", owing.stranger)["items"] == []
    file = owing.answer_of_bank(number, *[("成功", f"R{n}", "") for n in range(3)])
    answer = owing.import_file(file, owing.stranger_treasurer)
    assert {line["problem"] for line in answer["lines"]} == {"unknown_payment"}
    assert owing.import_file(file)["paid"] == 3


def test_a_provider_sees_its_own_payments(owing):
    owing.batch()
    seen = owing.do("payment.list", owing.manager)["items"]
    assert [(p["payee"], p["amount_fen"], p["state"]) for p in seen] == [
        ("第一学校", 1_200_000, "in_transit")
    ]
    assert seen[0]["claims"][0]["sent_journal_id"]


def test_a_result_file_may_be_sent_as_plain_text_but_not_twice_at_once(owing):
    number = owing.batch()
    third = owing.payments(number)[2]["end_to_end_id"]
    text = f"支付编号,金额(元),处理结果\n{third},1000.00,成功\n"
    sent = {"filename": "result.csv", "text": text}
    assert owing.do("payment.import_result", owing.treasurer, **sent)["paid_fen"] == 100_000
    sent["content"] = base64.b64encode(text.encode()).decode()
    assert owing.refused("payment.import_result", owing.treasurer, **sent) == "INVALID_INPUT"


def test_lists_go_on_page_by_page(owing):
    numbers = []
    for _round in range(3):
        numbers.append(owing.batch("draft"))
        owing.do("settlement.cancel", owing.makers[0], id=numbers[-1], reason="重做")
    first = owing.do("settlement.batches", owing.approver, limit=2)
    rest = owing.do("settlement.batches", owing.approver, before=first["next_before"], limit=2)
    seen = [batch["id"] for batch in first["items"] + rest["items"]]
    assert seen == numbers[::-1]
    assert rest["next_before"] is None


def test_a_pool_of_two_lines_is_paid_from_both(county):
    with county.acting():
        other = county.new_line("EDU-S")
        pool = county.new_pool([Share(county.line, PPM // 3), Share(other)], 90_000)
    for school, fen in zip(county.schools, (10_000, 20_001, 5), strict=True):
        county.owe(school, fen, pool_id=pool)
    number = county.batch()
    said = [("成功", "R1", ""), ("失败", "", "户名不符"), ("成功", "R3", "")]
    county.import_file(county.answer_of_bank(number, *said))
    assert county.books()["disbursed"] == 10_005 * 333_333 // PPM
