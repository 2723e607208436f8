"""Tables that come in and go out as files; what arrives is hostile until it has been read.

Lines are numbered as a spreadsheet program numbers them, the header included, so that an error
can be found again. Cells are text exactly as written; cleaning them is the importer's business.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from pathlib import PurePath
from typing import Any
from xml.parsers import expat

import xlsxwriter
from flask_babel import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from core.clock import ZONE
from core.errors import InvalidInput

MAX_BYTES = 10_000_000
MAX_INFLATED = 100_000_000
MAX_ENTRIES = 500
MAX_ROWS = 50_000
MAX_COLUMNS = 64
MAX_CELL = 4_000
MAX_XLSX_CELL = 32_767
EXACT_DIGITS = 15  # a spreadsheet keeps no more of a number; an identity number has 18
CHUNK_ROWS = 500
FORMULA_STARTS = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CELL_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
RANGE_REFERENCE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}(:[A-Z]{1,3}[0-9]{1,7})?")

# What zipfile and expat answer to damage, a password, and directories that lie.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    expat.ExpatError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)

Cell = str | int | Decimal | date | datetime | bool | None
Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number in the file and its cells by column name."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet to write: title, column names, rows of as many cells."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def read_table(data: bytes, filename: str, *, required: Sequence[str] = ()) -> list[Row]:
    """Read a CSV (UTF-8 or GB18030) or XLSX table whose first line names the columns.

    Blank lines are left out. Raises InvalidInput: FILE_TOO_LARGE, FILE_UNREADABLE, or
    FILE_COLUMNS_WRONG when a name is missing, doubled or one of `required` is not there.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(_("文件超过 %(mb)s MB，请拆成几个文件分别导入。", mb=MAX_BYTES // 10**6))
    suffix = PurePath(filename).suffix.lower()
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _unreadable(
            _("这是旧格式（.xls）或加了密码的表格，请去掉密码并另存为 .xlsx 或 CSV 后再导入。")
        )
    if suffix == ".xlsx":
        return _table(_xlsx_records(data), required)
    if suffix in {".csv", ".txt"}:
        return _table(_csv_records(data), required)
    raise _unreadable(_("只能导入 .csv 或 .xlsx 文件，请另存为其中一种格式。"))


def csv_stream(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Write a CSV piece by piece: UTF-8 with BOM, CRLF, the header always.

    Text that a spreadsheet would run as a formula is led by an apostrophe, which `read_table`
    takes off again; numbers stay numbers.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    for count, cells in enumerate(chain([columns], rows)):
        writer.writerow([_csv_cell(cell) for cell in cells])
        if count % CHUNK_ROWS == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def xlsx_bytes(sheets: Iterable[Sheet]) -> bytes:
    """Write an XLSX workbook. Text is always text, never a formula, a link or a number.

    Raises ValueError for a text longer than the format can hold.
    """
    target = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        styles = {
            "header": book.add_format({"bold": True, "bottom": 1}),
            # The quote prefix keeps text text even when somebody edits the cell later.
            "text": book.add_format({"num_format": "@", "quote_prefix": True}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        for sheet in sheets:
            _write_sheet(book, sheet, styles)
    return target.getvalue()


# Reading


def _table(records: Iterator[Record], required: Sequence[str]) -> list[Row]:
    filled = ((line, cells) for line, cells in records if any(cell.strip() for cell in cells))
    first = next(filled, None)
    if first is None:
        raise _unreadable(_("文件是空的：第一行应为列名，其下每行一条记录。"))
    header = _header(first, required)
    rows: list[Row] = []
    for line, cells in filled:
        if len(rows) == MAX_ROWS:
            raise _too_large(
                _("记录超过 %(most)s 行，请拆成几个文件分别导入。", most=f"{MAX_ROWS:,}")
            )
        rows.append(_row(line, cells, header))
    return rows


def _header(record: Record, required: Sequence[str]) -> list[str]:
    line, cells = record
    names = [cell.strip() for cell in cells]
    while not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise _too_large(_("列数超过 %(most)s 列，请删去用不到的列。", most=MAX_COLUMNS))
    for place, name in enumerate(names, start=1):
        _check_cell(name, line)
        if not name:
            raise _columns_wrong(
                _("第 %(line)s 行（列名行）第 %(place)s 列没有列名。", line=line, place=place)
            )
        if name in names[: place - 1]:
            raise _columns_wrong(_("列名“%(name)s”出现了两次，请只保留一列。", name=name))
    if missing := [name for name in required if name not in names]:
        raise _columns_wrong(
            _("缺少列：%(names)s。请对照模板补上，列名须一字不差。", names="、".join(missing))
        )
    return names


def _row(line: int, cells: list[str], header: list[str]) -> Row:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise _columns_wrong(
            _(
                "第 %(line)s 行比列名行多出内容，可能是内容里的逗号没有加引号，请检查。",
                line=line,
            )
        )
    for cell in cells:
        _check_cell(cell, line)
    padded = cells + [""] * (len(header) - len(cells))
    return Row(line, dict(zip(header, padded, strict=False)))


def _check_cell(cell: str, line: int) -> None:
    if len(cell) > MAX_CELL:
        raise _too_large(
            _("第 %(line)s 行有一格超过 %(most)s 字，请删减。", line=line, most=MAX_CELL)
        )
    if CONTROLS.search(cell):
        raise _unreadable(
            _("第 %(line)s 行含有不可见的控制字符，请在表格软件中重新另存后再导入。", line=line)
        )


def _csv_records(data: bytes) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            yield line, [_without_guard(cell) for cell in cells]
    except csv.Error as error:
        raise _unreadable(
            _(
                "第 %(line)s 行读不出来：引号没有成对，或一格的内容过长。请检查后重试。",
                line=line + 1,
            )
        ) from error


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(_("文件编码无法识别，请另存为“CSV UTF-8”格式后再导入。"))


def _without_guard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA_STARTS.match(cell) else cell


def _xlsx_records(data: bytes) -> Iterator[Record]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(_honest_copy(data)))
        name = next(
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        )
        lines = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, StopIteration) as error:
        raise _damaged_xlsx() from error
    except BaseException as error:
        # The reader answers some malformed sheets with a panic, which is not an Exception.
        if type(error).__module__ == "pyo3_runtime":
            raise _damaged_xlsx() from error
        raise
    for line, cells in enumerate(lines, start=1):
        yield line, [_xlsx_text(cell, line) for cell in cells]


def _xlsx_text(cell: object, line: int) -> str:
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case int() | float():
            if not abs(cell) < 10**EXACT_DIGITS:
                raise _unreadable(
                    _(
                        "第 %(line)s 行有一个超过 15 位的数字被表格软件改写，末几位已经丢失。"
                        "请把该列设为“文本”格式后重新填写。",
                        line=line,
                    )
                )
            return f"{Decimal(f'{cell:.{EXACT_DIGITS}g}'):f}"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _honest_copy(data: bytes) -> bytes:
    """Return the workbook's XML parts in a new archive, once each was unpacked within bounds.

    The reader trusts the sizes an archive declares and lays out a sheet up to its farthest cell,
    so a small file could fill the memory; what it is given is checked here first.
    """
    honest, room = io.BytesIO(), MAX_INFLATED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(honest, "w") as copy:
            if len(source.infolist()) > MAX_ENTRIES:
                raise _damaged_xlsx()
            for entry in source.infolist():
                if not entry.filename.endswith((".xml", ".rels")):
                    continue
                if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    raise _damaged_xlsx()
                with source.open(entry) as part:
                    content = part.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise _too_large(
                        _("表格解压后过大，请删去多余的工作表和格式，或另存为 CSV 后再导入。")
                    )
                _check_part(content)
                copy.writestr(entry.filename, content)
    except DAMAGE as error:
        raise _damaged_xlsx() from error
    return honest.getvalue()


def _check_part(content: bytes) -> None:
    """Refuse document types, malformed references and cells too far out, whatever part it is."""
    # The declared encoding is not believed: spreadsheets are UTF-8, and so reads the reader.
    parser = expat.ParserCreate("utf-8")
    reference: str | None = None

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal reference
        kind = tag.rpartition(":")[2]
        if kind == "c":
            reference = attributes.get("r")
            if reference is not None and not CELL_REFERENCE.fullmatch(reference):
                raise _damaged_xlsx()
        elif kind in {"v", "is"}:
            _check_reference(reference)
        elif kind == "dimension" and not RANGE_REFERENCE.fullmatch(attributes.get("ref", "A1")):
            raise _damaged_xlsx()

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.Parse(content, True)  # noqa: FBT003 - expat's own signature: this is the last piece


def _check_reference(reference: str | None) -> None:
    found = CELL_REFERENCE.fullmatch(reference or "")
    if not found:
        raise _damaged_xlsx()
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    # Blank lines are left out later, so a sheet may be somewhat longer than its records.
    if column > MAX_COLUMNS or int(found[2]) > MAX_ROWS * 2:
        raise _too_large(
            _(
                "工作表有内容落在第 %(rows)s 行或第 %(columns)s 列之外，请删去多余的行和列。",
                rows=f"{MAX_ROWS * 2:,}",
                columns=MAX_COLUMNS,
            )
        )


def _no_doctype(*_declaration: object) -> None:
    raise _damaged_xlsx()


# Writing


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if FORMULA_STARTS.match(cell) else cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return _wall_time(cell).isoformat(sep=" ", timespec="seconds")
        case _:  # a whole number or a date
            return str(cell)


def _emptied(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _write_sheet(book: Any, sheet: Sheet, styles: dict[str, Any]) -> None:
    page = book.add_worksheet(sheet.title)
    page.freeze_panes(1, 0)
    for place, name in enumerate(sheet.columns):
        # A Chinese character is two digits wide.
        page.set_column(place, place, max(12, 2 * len(name) + 4))
        page.write_string(0, place, name, styles["header"])
    for line, cells in enumerate(sheet.rows, start=1):
        for place, cell in enumerate(cells):
            _write_cell(page.write, (line, place), cell, styles)


def _write_cell(
    write: Callable[..., int], at: tuple[int, int], cell: Cell, styles: dict[str, Any]
) -> None:
    match cell:
        case None:
            return
        case Decimal():
            write(*at, cell, styles["money"])
        case datetime():
            write(*at, _wall_time(cell), styles["moment"])
        case date():
            write(*at, cell, styles["date"])
        case bool():
            write(*at, cell)
        case int() if abs(cell) < 10**EXACT_DIGITS:
            write(*at, cell)
        case _:
            text = str(cell)
            if len(text) > MAX_XLSX_CELL:
                message = f"a cell of {len(text)} characters does not fit into a spreadsheet"
                raise ValueError(message)
            if text:
                write(*at, text, styles["text"])


def _wall_time(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        message = "a time in a file needs a time zone"
        raise ValueError(message)
    return moment.astimezone(ZONE).replace(tzinfo=None)


# Refusing


def _unreadable(message: str) -> InvalidInput:
    return InvalidInput(message, code="FILE_UNREADABLE")


def _too_large(message: str) -> InvalidInput:
    return InvalidInput(message, code="FILE_TOO_LARGE")


def _columns_wrong(message: str) -> InvalidInput:
    return InvalidInput(message, code="FILE_COLUMNS_WRONG")


def _damaged_xlsx() -> InvalidInput:
    return _unreadable(_("这个 .xlsx 文件读不出来，可能已损坏。请在表格软件中打开并另存后再导入。"))
