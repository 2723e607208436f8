"""Tables in and out: what was written is read back, what is hostile is refused in words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import files
from core.errors import InvalidInput
from core.files import Row, Sheet, csv_stream, read_table, xlsx_bytes

COLUMNS = ["姓名", "身份证号", "备注"]
PEOPLE = "姓名,身份证号\n张小红,220100194103170219\n"
HOSTILE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\uffff\ufffe")
    | st.sampled_from("=+-@\t\r\n'\",;\uff1d\u2028\ufeff "),
    max_size=30,
)
TABLES = st.lists(st.lists(HOSTILE, min_size=3, max_size=3), max_size=8)


def _csv(rows: list[list[str]]) -> bytes:
    return b"".join(csv_stream(COLUMNS, rows))


def _xlsx(rows: list[list[str]]) -> bytes:
    return xlsx_bytes([Sheet("名单", COLUMNS, rows)])


def _told(data: bytes, filename: str) -> str:
    try:
        read_table(data, filename)
    except InvalidInput as refusal:
        return refusal.code
    return "read"


@given(TABLES)
@example([["=cmd|' /C calc'!A0", "'=1", "''@x"], ["-1", "+86", "\t"], ["a\r\nb", '"', ","]])
def test_a_written_csv_reads_back_the_same(rows: list[list[str]]) -> None:
    read = [list(row.values.values()) for row in read_table(_csv(rows), "名单.csv")]
    assert read == [row for row in rows if any(cell.strip() for cell in row)]


@settings(max_examples=40)
@given(TABLES)
@example([["=1+1", "'=1", "@x"], ["_x0041_", " a ", "\n"]])
def test_a_written_xlsx_reads_back_the_same(rows: list[list[str]]) -> None:
    read = [list(row.values.values()) for row in read_table(_xlsx(rows), "名单.XLSX")]
    assert read == [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_each_usual_encoding(encoding: str) -> None:
    (row,) = read_table(PEOPLE.encode(encoding), "people.csv")
    assert row == Row(2, {"姓名": "张小红", "身份证号": "220100194103170219"})


def test_a_rare_name_survives_gb18030() -> None:
    (row,) = read_table("姓名\n\u4dae\U00020bb7\n".encode("gb18030"), "people.csv")
    assert row.values == {"姓名": "\u4dae\U00020bb7"}


@pytest.mark.parametrize("write", [_csv, _xlsx])
def test_blank_lines_are_left_out_and_the_others_keep_their_number(
    write: Callable[[list[list[str]]], bytes],
) -> None:
    rows = [["", " ", ""], ["a", "b", ""], ["", "", ""], ["c", "", "d"]]
    name = "x.csv" if write is _csv else "x.xlsx"
    assert [row.line for row in read_table(write(rows), name)] == [3, 5]


def test_a_short_line_is_filled_up_with_empty_cells() -> None:
    (row,) = read_table("甲,乙\n1\n".encode(), "x.csv")
    assert row.values == {"甲": "1", "乙": ""}


def test_numbers_dates_and_truth_are_read_as_they_are_seen() -> None:
    sheet = Sheet("x", list("abcdef"), [[12, Decimal("312.50"), date(2026, 1, 2), None, True, "0"]])
    (row,) = read_table(xlsx_bytes([sheet]), "x.xlsx")
    assert list(row.values.values()) == ["12", "312.5", "2026-01-02", "", "TRUE", "0"]


def test_times_are_written_as_wall_time_in_shanghai() -> None:
    moment = datetime(2026, 8, 31, 16, 0, 5, tzinfo=UTC)
    written = b"".join(csv_stream(["时间"], [[moment]])).decode("utf-8-sig")
    assert written == "时间\r\n2026-09-01 00:00:05\r\n"
    (row,) = read_table(xlsx_bytes([Sheet("x", ["时间"], [[moment]])]), "x.xlsx")
    assert row.values == {"时间": "2026-09-01 00:00:05"}


def test_a_csv_begins_with_a_bom_and_always_has_its_header() -> None:
    assert b"".join(csv_stream(["a", "b"], [])) == b"\xef\xbb\xbfa,b\r\n"


@pytest.mark.parametrize("start", "=+-@\t\r\uff1d")
def test_a_text_that_could_run_as_a_formula_is_disarmed(start: str) -> None:
    written = b"".join(csv_stream(["a"], [[start + "1"]])).decode("utf-8-sig")
    assert written.removeprefix("a\r\n").lstrip('"').startswith("'" + start)


def test_a_negative_number_stays_a_number() -> None:
    written = b"".join(csv_stream(["a", "b"], [[-5, Decimal("-1.50")]]))
    assert written.endswith(b"-5,-1.50\r\n")


def test_a_long_csv_comes_in_pieces() -> None:
    pieces = list(csv_stream(["a"], ([n] for n in range(2_000))))
    assert len(pieces) > 3
    assert len(read_table(b"".join(pieces), "a.csv")) == 2_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("姓名,姓名\n", "“姓名”出现了两次"),
        ("姓名,,电话\n", "第 2 列没有列名"),
        ("姓名,电话\n张小红,1,多\n", "第 2 行比列名行多出内容"),
        ("姓名\n", "缺少列：电话"),
        ("", "文件是空的"),
        (" , \n\n", "文件是空的"),
        ('姓名,电话\n"张,1\n', "第 2 行读不出来"),
        ("姓名,电话\n张\x00,1\n", "第 2 行含有不可见"),
        ("姓名,电话\n" + "张" * 5_000, "第 2 行有一格超过"),
        (",".join(f"c{n}" for n in range(65)), "列数超过 64"),
    ],
)
def test_a_faulty_table_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_table(text.encode(), "x.csv", required=["电话"])


def test_a_spoilt_long_number_is_refused_instead_of_read_wrongly() -> None:
    broken = _patched(_xlsx([["1", "", ""]]), b"</sheetData>", _cells(b"<v>220100194103170219</v>"))
    with pytest.raises(InvalidInput, match="第 9 行有一个超过 15 位的数字"):
        read_table(broken, "x.xlsx")


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _told(b"a" * (files.MAX_BYTES + 1), "x.csv") == "FILE_TOO_LARGE"
    assert _told(b"a" * 10_000_000, "x.csv") == "FILE_UNREADABLE"
    monkeypatch.setattr(files, "MAX_ROWS", 2)
    assert _told(b"a\n1\n2\n", "x.csv") == "read"
    assert _told(b"a\n1\n2\n3\n", "x.csv") == "FILE_TOO_LARGE"


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.xls", "csv"])
def test_other_kinds_of_file_are_refused(name: str) -> None:
    assert _told(PEOPLE.encode(), name) == "FILE_UNREADABLE"


def test_an_old_or_locked_workbook_is_named_as_such() -> None:
    with pytest.raises(InvalidInput, match=r"旧格式"):
        read_table(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "x.xlsx")


@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.xlsx"]))
@example(b"PK\x03\x04", "x.xlsx")
@example(b"PK\x05\x06" + bytes(18), "x.xlsx")
@example(bytes(1_000), "x.csv")
@example(PEOPLE.encode("utf-16"), "x.csv")
@example(b"\xef\xbb\xbf\xff", "x.csv")
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    assert _told(data, name) in {"read", "FILE_UNREADABLE", "FILE_COLUMNS_WRONG"}


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(_WORKBOOK)
    for _round in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert _told(bytes(whole), "x.xlsx") != ""


@settings(max_examples=200)
@given(st.data())
def test_a_tampered_sheet_is_read_or_refused(data: st.DataObject) -> None:
    sheet = bytearray(zipfile.ZipFile(io.BytesIO(_WORKBOOK)).read(_SHEET))
    at = data.draw(st.integers(0, len(sheet) - 1))
    until = data.draw(st.integers(at, min(at + 6, len(sheet))))
    pieces = [
        b"",
        b'r="XFD1048576"',
        b"<v>1e308</v>",
        b"99999999999",
        b"<c>",
        b"-1",
        b"&lt;",
        b"A0",
    ]
    sheet[at:until] = data.draw(st.sampled_from(pieces))
    assert _told(_with_sheet(_WORKBOOK, bytes(sheet)), "x.xlsx") != ""


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "FILE_TOO_LARGE"),
        (b'<row r="1048576"><c r="XFD1048576" s="1"/></row>', "read"),
        (b'<row r="9"><c r="xfd1048576"><v>1</v></c></row>', "FILE_UNREADABLE"),
        (b'<row r="9"><c r="A99999999999999999999"/></row>', "FILE_UNREADABLE"),
        (b'<row r="9"><c><v>1</v></c></row>', "FILE_UNREADABLE"),
        (b'<row r="9"><c r="A9" t="s"><v>99999</v></c></row>', "FILE_UNREADABLE"),
        (b'<row r="9"><c r="A9"><v>1e308</v></c></row>', "FILE_UNREADABLE"),
    ],
)
def test_a_cell_far_out_or_malformed_cannot_exhaust_the_reader(cells: bytes, answer: str) -> None:
    assert _told(_patched(_WORKBOOK, b"</sheetData>", cells + b"</sheetData>"), "x.xlsx") == answer


def test_a_zip_bomb_is_refused_before_it_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_INFLATED", 1_000_000)
    spaces = b" " * 2_000_000
    bomb = _patched(_WORKBOOK, b"</sheetData>", spaces + b"</sheetData>")
    assert len(bomb) < 20_000
    assert _told(bomb, "x.xlsx") == "FILE_TOO_LARGE"


def test_entities_in_a_workbook_are_refused() -> None:
    doctype = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet'
    assert _told(_patched(_WORKBOOK, b"<worksheet", doctype), "x.xlsx") == "FILE_UNREADABLE"


def test_a_text_too_long_for_a_spreadsheet_is_not_cut_silently() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        xlsx_bytes([Sheet("x", ["a"], [["x" * 40_000]])])


def _cells(value: bytes) -> bytes:
    return b'<row r="9"><c r="A9">' + value + b"</c></row></sheetData>"


def _patched(workbook: bytes, old: bytes, new: bytes) -> bytes:
    sheet = zipfile.ZipFile(io.BytesIO(workbook)).read(_SHEET)
    assert old in sheet
    return _with_sheet(workbook, sheet.replace(old, new, 1))


def _with_sheet(workbook: bytes, sheet: bytes) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in source.namelist():
            copy.writestr(name, sheet if name == _SHEET else source.read(name))
    return target.getvalue()


_SHEET = "xl/worksheets/sheet1.xml"
_WORKBOOK = _xlsx([["张小红", "220100194103170219", "甲"], ["李明", "", "乙"]])
