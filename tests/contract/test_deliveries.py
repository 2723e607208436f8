"""Deliveries: one a resident, day and sitting over all suppliers, by scan or by signed sheet."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Huigou, clock
from core.db import db, transaction
from core.files import Sheet, xlsx_bytes
from plugins.contract_outsourcing.models import Delivery
from plugins.contract_outsourcing.rules.day_lists import days_in
from tests.conftest import Database
from tests.contract.frameworks_world import Framework, coded, make_framework
from tests.factories import County, attempt, do
from tests.settlement_world import together

APRIL = "2026-04"
PLACED = "2026-03-31T09:00"
NOON = "2026-04-12T12:05"


@pytest.fixture
def framework(app: Huigou, county: County, database_kept: Database) -> Iterator[Framework]:
    """SP-7's framework with an April order for both suppliers and a few residents."""

    def make() -> Framework:
        made = make_framework(county, residents=4)
        for supplier in (0, 1):
            made.order(PLACED, supplier, APRIL, 500)
        return made

    made = database_kept.with_county(app, county, "framework with orders", make)
    with app.app_context():
        yield made


def slip(framework: Framework, supplier: int = 0, **fields: Any) -> dict[str, Any]:
    """Return the fields of one delivery of lunch to the first resident."""
    return {
        "contract_id": framework.contracts[supplier],
        "service": "meal",
        "id_number": framework.numbers[0],
        "sitting": "lunch",
    } | fields


def refused(at: str, operation_id: str, actor: Any, **fields: Any) -> dict[str, Any]:
    """Perform an act that is refused and return the problem."""
    with clock.frozen(at):
        answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def upload(framework: Framework, text: str, *, supplier: int = 0, **fields: Any) -> Any:
    """Upload a sheet on the last evening of April and return the answer."""
    with clock.frozen("2026-04-30T20:00"):
        return attempt(
            "delivery.import",
            framework.managers[supplier],
            **framework.sheet(supplier, APRIL, 0) | {"content": coded(text)} | fields,
        )


def counted() -> int:
    """Return how many deliveries there are."""
    with transaction(readonly=True):
        return int(db.session.scalar(db.select(db.func.count()).select_from(Delivery)) or 0)


def test_a_second_lunch_on_a_day_is_refused_with_the_time_of_the_first(
    framework: Framework,
) -> None:
    own, other = framework.managers
    with clock.frozen("2026-04-12T11:40"):
        served = do("delivery.record", own, **slip(framework), way="scan")
    assert (served["served_that_day"], served["served_on"]) == (1, "2026-04-12")
    assert served["name"] == "张*丰"
    for supplier, manager in enumerate((own, other)):
        problem = refused(NOON, "delivery.record", manager, **slip(framework, supplier))
        assert problem["code"] == "DUPLICATE_MEAL"
        assert "11:40" in problem["detail"]
        assert "助餐" not in problem["detail"]
        assert set(problem["facts"]) == {"first_at"}
    with clock.frozen(NOON):
        do("delivery.record", other, **slip(framework, 1, sitting="dinner"))


def test_two_scans_at_once_count_once(app: Huigou, framework: Framework) -> None:
    def scan(supplier: int) -> Any:
        with app.app_context():
            return attempt(
                "delivery.record", framework.managers[supplier], **slip(framework, supplier)
            )

    with clock.frozen(NOON):
        answers = together(lambda: scan(0), lambda: scan(1))
    assert sorted(answer.body.get("code", "") for answer in answers) == ["", "DUPLICATE_MEAL"]
    assert counted() == 1


def test_only_living_residents_of_the_county_are_served(framework: Framework) -> None:
    own = framework.managers[0]
    stranger = slip(framework, id_number="110101199003070011")
    assert refused(NOON, "delivery.record", own, **stranger)["code"] == "HOLDER_INELIGIBLE"
    stranger = slip(framework, id_number="110101199003070012")
    assert refused(NOON, "delivery.record", own, **stranger)["code"] == "CITIZEN_ID_INVALID"
    with clock.frozen("2026-04-10T09:00"):
        do(
            "resident.record_death",
            framework.county.actor("purchaser_clerk"),
            resident_id=framework.county.residents[0],
            on="2026-04-09",
            document="死亡证明",
        )
    problem = refused(NOON, "delivery.record", own, **slip(framework))
    assert problem["code"] == "HOLDER_INELIGIBLE"
    with clock.frozen(NOON):
        do("delivery.record", own, **slip(framework, served_on="2026-04-08"))


def test_a_delivery_needs_an_open_order_of_its_month(framework: Framework) -> None:
    own, other = framework.managers
    may = slip(framework, served_on="2026-05-02")
    problem = refused("2026-05-03T09:00", "delivery.record", own, **may)
    assert problem["code"] == "ORDER_MISSING"
    problem = refused(NOON, "delivery.record", own, **slip(framework, served_on="2026-04-13"))
    assert problem["code"] == "INVALID_INPUT"
    assert refused(NOON, "delivery.record", other, **slip(framework))["code"] == "NOT_FOUND"
    with transaction(readonly=True):
        order = db.session.scalars(db.text("SELECT min(milestone_id) FROM contract_order")).one()
    framework.claim("2026-05-06T09:00", order, 0)
    late = slip(framework, served_on="2026-04-30")
    problem = refused("2026-05-06T10:00", "delivery.record", own, **late)
    assert problem["code"] == "STATE_CHANGED"


# --- sheets -----------------------------------------------------------------------------------


def test_a_sheet_counts_each_day_once_and_lists_what_was_there_before(
    framework: Framework,
) -> None:
    one, two = framework.numbers[:2]
    with clock.frozen(NOON):
        do("delivery.record", framework.managers[1], **slip(framework, 1))
    lines = [
        "居民身份证号,餐次,日期,签名",
        f'{one},午餐,"10-12, 15",张',
        f"{two},午餐,1－30,张",
        f"{two},晚餐,3日,张",
        f"{one},午餐,15,张",
    ]
    answer = upload(framework, "\n".join(lines))
    assert not answer.refused, answer.body
    assert (answer.body["rows"], answer.body["recorded"]) == (4, 3 + 30 + 1)
    assert answer.body["duplicate_count"] == 2
    assert answer.body["duplicates"] == [
        {"line": 2, "served_on": "2026-04-12", "sitting": "lunch"},
        {"line": 5, "served_on": "2026-04-15", "sitting": "lunch"},
    ]
    again = upload(framework, "\n".join(lines)).body
    assert (again["recorded"], again["duplicate_count"]) == (0, 36)
    assert counted() == 35


def test_a_sheet_with_a_wrong_line_is_not_taken_at_all(framework: Framework) -> None:
    one = framework.numbers[0]
    lines = [
        "居民身份证号,餐次,日期",
        f"{one},午餐,1-5",
        f"{one},夜宵,1",
        f"{one},午餐,31",
        f"{one},午餐,五号",
        "43010019500101,午餐,1",
    ]
    answer = upload(framework, "\n".join(lines))
    assert answer.body["code"] == "FILE_LINES_WRONG"
    wrong = answer.body["errors"]["content"]
    assert {line.split("：")[0] for line in wrong} == {f"第 {n} 行" for n in (3, 4, 5, 6)}
    assert counted() == 0


def test_a_sheet_may_be_a_workbook(framework: Framework) -> None:
    import base64  # noqa: PLC0415 - only here is a file not text

    book = xlsx_bytes(
        [Sheet("签到", ("居民身份证号", "餐次", "日期"), [(framework.numbers[0], "午餐", 7)])]
    )
    answer = upload(framework, "", filename="签到.xlsx", content=base64.b64encode(book).decode())
    assert answer.body["recorded"] == 1


def test_nobody_is_served_tomorrow_by_a_sheet(framework: Framework) -> None:
    fields = framework.sheet(0, APRIL, 0)
    fields |= {"content": coded(f"居民身份证号,餐次,日期\n{framework.numbers[0]},午餐,1-13")}
    problem = refused(NOON, "delivery.import", framework.managers[0], **fields)
    assert problem["code"] == "FILE_LINES_WRONG"


def test_nine_thousand_meals_come_in_at_once(app: Huigou, county: County) -> None:
    with app.app_context():
        framework = make_framework(county, residents=330)
        framework.order(PLACED, 0, APRIL, 9500)
        began = monotonic()
        answer = framework.deliver("2026-04-30T20:00", 0, APRIL, 9120)
        took = monotonic() - began
    assert (answer["recorded"], answer["duplicate_count"]) == (9120, 0)
    # A second or two on a quiet machine; tests share theirs.
    assert took < 10


def test_a_list_of_deliveries_shows_no_name_in_full(framework: Framework) -> None:
    upload(framework, f"居民身份证号,餐次,日期\n{framework.numbers[0]},午餐,1-3")
    with clock.frozen("2026-05-01T09:00"):
        found = do(
            "delivery.list",
            framework.county.actor("purchaser_approver"),
            contract_id=framework.contracts[0],
            period=APRIL,
        )["items"]
    assert [one["served_on"] for one in found] == ["2026-04-03", "2026-04-02", "2026-04-01"]
    assert {one["name"] for one in found} == {"张*丰"}


# --- lists of days ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1-30", list(range(1, 31))),
        ("1,3,5-9", [1, 3, 5, 6, 7, 8, 9]),
        ("1、3，5至6", [1, 3, 5, 6]),
        (" 28 - 30 ", [28, 29, 30]),
        ("03日", [3]),
        ("2 4", [2, 4]),
    ],
)
def test_days_are_read_as_people_write_them(text: str, days: list[int]) -> None:
    assert days_in(text, 30) == days


@pytest.mark.parametrize("text", ["", "31", "0", "5-3", "1-", "a", "1,,2x", "１-３", "1-2-3", "-4"])
def test_what_names_no_days_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the caller's
        days_in(text, 30)


@given(st.text(), st.integers(28, 31))
def test_no_text_names_a_day_outside_of_the_month(text: str, last: int) -> None:
    try:
        days = days_in(text, last)
    except ValueError:
        return
    assert days
    assert all(1 <= day <= last for day in days)
