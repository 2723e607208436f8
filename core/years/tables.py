"""Opening balances as tables (CSV or XLSX): the same parts and names as in the YAML file.

`about` has as_of and document; `pools` one row a line of a pool, its money in the first of them;
`payables` name their pool.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from flask_babel import gettext as _

from core.errors import InvalidInput
from core.files import Row, read_table

SUFFIXES = (".csv", ".xlsx")
PLAIN = (".yaml", ".yml", ".json")
LINE = (
    "code",
    "name",
    "fiscal_year",
    "organisation",
    "function_code",
    "economic_code",
    "document",
    "approved_fen",
    "disbursed_fen",
)
VOUCHER = (
    "pool",
    "programme",
    "id_number",
    "class_code",
    "allotment",
    "period",
    "granted",
    "remaining",
    "committed_fen",
    "valid_from",
    "valid_through",
)
COLUMNS = {
    "about": ("as_of", "document"),
    "lines": LINE,
    "pools": ("number", "name", "form", "line", "share_ppm", "encumbered_fen"),
    "payables": ("pool", "party", "title", "amount_fen"),
    "balances": ("account", "owner", "amount_fen"),
    "vouchers": VOUCHER,
}
OPTIONAL = {"disbursed_fen", "share_ppm", "encumbered_fen", "period"}
NUMBERS = {"fiscal_year", "share_ppm", "granted", "remaining"}
Plain = dict[str, Any]


def folder_files(path: Path) -> list[Path]:
    """Return the files of opening balances in a folder, by name; the file itself for a file."""
    if path.is_file():
        return [path]
    return sorted(one for one in path.iterdir() if one.suffix.lower() in (*SUFFIXES, *PLAIN))


def gather(files: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return files, by name, as the one file that acts take: YAML as it is, tables as JSON.

    Raises InvalidInput for a table of no known name, a column missing or too many, or a cell that
    should be a whole number, naming file and line.
    """
    if len(files) == 1 and PurePath(files[0][0]).suffix.lower() not in SUFFIXES:
        return files[0]
    tables: dict[str, list[Plain]] = {}
    for filename, data in files:
        kind = PurePath(filename).stem.lower()
        if kind not in COLUMNS or kind in tables:
            raise InvalidInput(
                _(
                    "文件“%(name)s”不能识别或重复。"
                    "表格须命名为：%(kinds)s（.csv 或 .xlsx），每种一个。",
                    name=filename,
                    kinds="、".join(COLUMNS),
                )
            )
        tables[kind] = _table(kind, filename, data)
    about = tables.get("about", [])
    if len(about) != 1:
        raise InvalidInput(_("about 表须恰好有一行：截止日 as_of 和文号 document。"))
    plain = {name: value for name, value in about[0].items() if name != "row"} | {
        "lines": _rows(tables, "lines"),
        "pools": _pools(_rows(tables, "pools"), _rows(tables, "payables")),
        "trial_balance": _rows(tables, "balances"),
        "vouchers": tables.get("vouchers", []),
    }
    return "takeon.json", json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def _table(kind: str, filename: str, data: bytes) -> list[Plain]:
    columns = COLUMNS[kind]
    required = [one for one in columns if one not in OPTIONAL]
    try:
        rows = read_table(data, filename, required=required)
    except InvalidInput as error:
        # Of several files, which one.
        raise InvalidInput(f"{filename}：{error.message}", code=error.code) from error
    strange = sorted(set(rows[0].values) - set(columns)) if rows else []
    if strange:
        raise InvalidInput(
            _("“%(name)s”有不认识的列：%(columns)s。", name=filename, columns="、".join(strange)),
            code="FILE_COLUMNS_WRONG",
        )
    return [_plain(filename, row) for row in rows]


def _plain(filename: str, row: Row) -> Plain:
    """Return a row without its empty cells, numbers as numbers, and its line."""
    found: Plain = {"row": row.line}
    for name, cell in row.values.items():
        text = cell.strip()
        if not text:
            continue
        if name not in NUMBERS and not name.endswith("_fen"):
            found[name] = text
        elif text.isascii() and text.isdigit():
            found[name] = int(text)
        else:
            raise InvalidInput(
                _(
                    "“%(name)s”第 %(line)s 行 %(column)s 须是整数（金额以分为单位）。",
                    name=filename,
                    line=row.line,
                    column=name,
                )
            )
    return found


def _rows(tables: dict[str, list[Plain]], kind: str) -> list[Plain]:
    return [
        {name: value for name, value in row.items() if name != "row"}
        for row in tables.get(kind, [])
    ]


def _pools(rows: list[Plain], payables: list[Plain]) -> list[Plain]:
    """Return pools with their lines and what is owed of them."""
    pools: dict[str, Plain] = {}
    for row in rows:
        share = {"code": row.pop("line", "")}
        if "share_ppm" in row:
            share["share_ppm"] = row.pop("share_ppm")
        pool = pools.setdefault(row.get("number", ""), row | {"lines": [], "payables": []})
        pool["lines"].append(share)
    for row in payables:
        number = row.pop("pool", "")
        if number not in pools:
            raise InvalidInput(
                _("payables 表里的额度池 %(number)s 不在 pools 表里。", number=number)
            )
        pools[number]["payables"].append(row)
    return list(pools.values())
