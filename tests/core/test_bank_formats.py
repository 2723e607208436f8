"""The treasury CSV: what goes out is exact, what comes back is believed only where it is clear."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.files import Sheet, read_table, xlsx_bytes
from core.formats import yuan
from core.settlement.bank import (
    ORDER_COLUMNS,
    TREASURY_CSV,
    Order,
    OrderLine,
    ResultLine,
    read_yuan,
)

HEADER = "支付编号,金额(元),处理结果,银行流水号,失败原因\n"


def order(*amounts):
    """Return an order of payments of so many fen."""
    lines = [
        OrderLine(f"ZF1-{n:04d}", "望城区第一学校", "0086222021901000001", "农商行", fen, "9月")
        for n, fen in enumerate(amounts, start=1)
    ]
    return Order("ZF1", datetime(2026, 9, 25, 2, tzinfo=UTC), lines)


def read(text, encoding="utf-8"):
    """Read the bank's answer."""
    return TREASURY_CSV.read((HEADER + text).encode(encoding))


def test_the_file_has_documented_columns_whole_amounts_and_totals():
    content = TREASURY_CSV.write(order(1, 120_000_050)).decode("utf-8")
    assert content.splitlines() == [
        "\ufeff" + ",".join(ORDER_COLUMNS),
        "1,ZF1-0001,望城区第一学校,0086222021901000001,农商行,0.01,9月",
        "2,ZF1-0002,望城区第一学校,0086222021901000001,农商行,1200000.50,9月",
        "合计,2,,,,1200000.51,ZF1",
    ]


@pytest.mark.requirement("R003-19", in_part=True)
def test_our_own_file_with_the_banks_columns_added_is_an_answer():
    rows = read_table(TREASURY_CSV.write(order(500, 700)), "order.csv")
    columns = [*ORDER_COLUMNS, "处理结果", "银行流水号"]
    said = [[*row.values.values(), "成功", f"R{row.line}"] for row in rows]
    expected = [
        ResultLine(2, "ZF1-0001", 500, "paid", "R2"),
        ResultLine(3, "ZF1-0002", 700, "paid", "R3"),
    ]
    assert TREASURY_CSV.read(xlsx_bytes([Sheet("结果", columns, said)])) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_answers_are_read_in_every_usual_encoding(encoding):
    lines = read('ZF1-0001,"1,234.50",成功,R1,\nZF1-0002,0.5,失败,,账号已销户\n', encoding)
    assert lines == [
        ResultLine(2, "ZF1-0001", 123_450, "paid", "R1", None),
        ResultLine(3, "ZF1-0002", 50, "rejected", None, "账号已销户"),
    ]


@pytest.mark.parametrize("word", ["处理中", "", "成功?", "不成功", "SUCCESS"])
def test_a_word_that_is_neither_success_nor_failure_is_unknown(word):
    assert read(f"ZF1-0001,1.00,{word},,\n")[0].outcome == "unknown"


@pytest.mark.parametrize(
    "totals", ["合计,3.00,,,\n", "合计,不详,,,\n", "合计,,,,\n"], ids=["sum", "text", "none"]
)
def test_a_file_whose_totals_disagree_is_refused_whole(totals):
    with pytest.raises(InvalidInput) as refusal:
        read("ZF1-0001,1.00,成功,R1,\n" + totals)
    assert refusal.value.code == "BANK_FILE_INCOMPLETE"


def test_a_file_that_lost_a_line_of_nothing_is_refused_by_the_count():
    text = "序号,支付编号,金额(元),处理结果\n1,ZF1-0001,1.00,成功\n合计,2,1.00,\n"
    with pytest.raises(InvalidInput):
        TREASURY_CSV.read(text.encode())


def test_a_file_without_the_results_column_is_refused_whole():
    with pytest.raises(InvalidInput, match="处理结果"):
        TREASURY_CSV.read("支付编号,金额(元)\nZF1-0001,1.00\n".encode())


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_every_amount_written_is_read_back(fen):
    assert read_yuan(yuan(fen)) == read_yuan(yuan(fen).replace(",", "")) == fen


@pytest.mark.parametrize("text", ["-1.00", "1.005", "1,00", "1e3", "", "¥1", "1.", "12,3456.00"])
def test_what_is_no_amount_is_not_guessed(text):
    assert read_yuan(text) is None
