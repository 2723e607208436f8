"""How payment orders leave for the bank as a file and how its answers are read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from flask_babel import gettext as _

from core.errors import InvalidInput
from core.files import Row, csv_stream, read_table
from core.formats import yuan_text

Outcome = Literal["paid", "rejected", "unknown"]


@dataclass(frozen=True)
class OrderLine:
    """One payment to be made: to whom, to which account, how many fen, and what for."""

    end_to_end_id: str
    payee: str
    account: str
    bank: str
    amount_fen: int
    purpose: str


@dataclass(frozen=True)
class Order:
    """A batch as the bank sees it: its number, when it was sent, its lines."""

    number: str
    sent_at: datetime
    lines: Sequence[OrderLine]

    @property
    def total_fen(self) -> int:
        """Return the control total in fen."""
        return sum(line.amount_fen for line in self.lines)


@dataclass(frozen=True)
class ResultLine:
    """One line of a bank's answer; `line` is its number in the file.

    `amount_fen` is None where the amount cannot be read. An outcome that is neither a success nor
    a failure is unknown, whatever the bank's word for it, which is then the `reason`.
    """

    line: int
    end_to_end_id: str
    amount_fen: int | None
    outcome: Outcome
    bank_reference: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class BankFormat:
    """A bank file format: `write` makes the file of an order, `read` understands the answer.

    `read` raises InvalidInput when the file as a whole cannot be trusted (unreadable, cut short);
    a single doubtful line it returns as it is.
    """

    code: str
    name: str
    extension: str
    write: Callable[[Order], bytes]
    read: Callable[[bytes], list[ResultLine]]


# --- treasury CSV ------------------------------------------------------------------------------

PLACE, PAYMENT, PAYEE, ACCOUNT = "序号", "支付编号", "收款人全称", "收款人账号"
BANK, AMOUNT, PURPOSE = "开户银行", "金额(元)", "用途"
RESULT, REFERENCE, REASON = "处理结果", "银行流水号", "失败原因"
TOTAL = "合计"
ORDER_COLUMNS = (PLACE, PAYMENT, PAYEE, ACCOUNT, BANK, AMOUNT, PURPOSE)
RESULT_COLUMNS = (PAYMENT, AMOUNT, RESULT)
SUCCESS = frozenset({"成功", "支付成功", "已支付"})
FAILURE = frozenset({"失败", "支付失败", "退票"})
LONGEST = 200  # characters kept of a reference or a reason

_AMOUNT = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")
_ACCOUNT_LIKE = re.compile(r"\d{8,}")
_XLSX_START = b"PK"


def write_treasury_csv(order: Order) -> bytes:
    """Write an order as CSV (UTF-8 with BOM), yuan with two decimals, a line of totals last.

    The line of totals has 合计 in the place of the running number, the count of payments in the
    place of their number, the sum, and the batch number as its purpose.
    """
    rows: list[list[str | Decimal | int]] = [
        [
            place,
            line.end_to_end_id,
            line.payee,
            line.account,
            line.bank,
            _decimal(line.amount_fen),
            line.purpose,
        ]
        for place, line in enumerate(order.lines, start=1)
    ]
    rows.append([TOTAL, len(order.lines), "", "", "", _decimal(order.total_fen), order.number])
    return b"".join(csv_stream(ORDER_COLUMNS, rows))


def read_treasury_csv(data: bytes) -> list[ResultLine]:
    """Read the bank's answer: the payment file with 处理结果, 银行流水号 and 失败原因 added.

    CSV in UTF-8 or GB18030, or XLSX; only 支付编号, 金额(元) and 处理结果 must be there, further
    columns are passed over. 成功 means paid, 失败 or 退票 rejected, all else unknown. Where a line
    of totals is given it must agree, otherwise the file was cut short: BANK_FILE_INCOMPLETE.
    """
    filename = "result.xlsx" if data.startswith(_XLSX_START) else "result.csv"
    lines: list[ResultLine] = []
    totals: Row | None = None
    for row in read_table(data, filename, required=RESULT_COLUMNS):
        if TOTAL in (row.values.get(PLACE, "").strip(), row.values[PAYMENT].strip()):
            totals = row
        else:
            lines.append(_result_line(row))
    if totals is not None:
        _check_totals(totals, lines)
    return lines


def _result_line(row: Row) -> ResultLine:
    said = row.values[RESULT].strip()
    reason = row.values.get(REASON, "").strip()
    outcome: Outcome = "paid" if said in SUCCESS else "rejected" if said in FAILURE else "unknown"
    if outcome == "unknown":
        reason = " ".join(part for part in (said, reason) if part)
    return ResultLine(
        row.line,
        row.values[PAYMENT].strip(),
        read_yuan(row.values[AMOUNT]),
        outcome,
        row.values.get(REFERENCE, "").strip()[:LONGEST] or None,
        # A bank may quote the account in its reason; what is stored in plain text may not.
        _ACCOUNT_LIKE.sub("****", reason)[:LONGEST] or None,
    )


def _check_totals(totals: Row, lines: list[ResultLine]) -> None:
    declared, found = read_yuan(totals.values[AMOUNT]), sum(line.amount_fen or 0 for line in lines)
    count = totals.values[PAYMENT].strip()
    if declared != found or (count.isdecimal() and int(count) != len(lines)):
        raise InvalidInput(
            _(
                "文件不完整或被改动：合计行写 %(declared)s（%(count)s 笔），"
                "明细相加为 %(found)s（%(lines)s 笔）。请向银行重新取得完整的结果文件。",
                declared=yuan_text(declared),
                count=count if count.isdecimal() else "—",
                found=yuan_text(found),
                lines=len(lines),
            ),
            code="BANK_FILE_INCOMPLETE",
        )


def read_yuan(text: str) -> int | None:
    """Return yuan as written in a bank's file ("1,234.5") in fen, None where it is no amount."""
    plain = text.strip()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _decimal(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


TREASURY_CSV = BankFormat(
    "treasury_csv", "国库支付 CSV", "csv", write_treasury_csv, read_treasury_csv
)
BANK_FORMATS = [TREASURY_CSV]
