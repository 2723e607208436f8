"""A bank's file of loans and what happened to them: every line checked, taken in whole or not.

One table for both: a line's 事项 says what it tells. The same file again, and lines that were
reported before, change nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import InvalidInput, NotFound, Refusal
from core.files import Row, read_table
from core.identifiers import holds_citizen_id
from core.uploads import decode
from plugins.subsidy import rules
from plugins.subsidy.models import BankFile, Loan
from plugins.subsidy.models import loans as m
from plugins.subsidy.service import borrowers, handling_banks, loans
from plugins.subsidy.service.handling_banks import Place
from plugins.subsidy.service.loans import Happened, Lent

WHAT, NUMBER, DAY, AMOUNT, REFERENCE = "事项", "借据号", "日期", "金额", "流水号"
BORROWER, CERTIFICATE, CLASS, DUE = "借款人", "证件号码", "借款人类别", "到期日"
RATE, LPR, PARTNERS, FOR, UNDOES = "年利率", "LPR", "合伙人数", "所属结息日", "冲正流水号"
REQUIRED = (WHAT, NUMBER, DAY)
COLUMNS = (
    *REQUIRED,
    AMOUNT,
    REFERENCE,
    BORROWER,
    CERTIFICATE,
    CLASS,
    DUE,
    RATE,
    LPR,
    PARTNERS,
    FOR,
    UNDOES,
)
# What others read: no identity number may stand in it.
SHOWN_TO_OTHERS = (NUMBER, REFERENCE, UNDOES)
# As files name them, whoever's language it is in which they are read.
LOAN = "贷款"
EVENTS = {
    "放款": "drawn",
    "还本": "repaid",
    "逾期": "overdue",
    "还逾期": "cured",
    "付息": m.INTEREST,
    "调息": m.RATE,
    "冲正": m.UNDONE,
}
FILE = "subsidy_bank_file"
MOST, SHOWN = 5_000, 200


Found = TypeVar("Found")


@dataclass(frozen=True)
class Filed:
    """A file being taken in: where its bank reports, and its row."""

    place: Place
    row: BankFile


@dataclass
class Told:
    """A file as it was read: loans and events with their lines, and what is wrong at which line."""

    loans: list[tuple[int, Lent]] = field(default_factory=list)
    events: list[tuple[int, str, Happened]] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)

    def judge(self, line: int, judged: Callable[..., Found], *given: Any) -> Found | None:
        """Return what a step returns; what it refuses is noted at the line, once."""
        try:
            return judged(*given)
        except Refusal as refusal:
            self.wrong.setdefault(line, refusal.message)
            return None


def take(actor: Actor, *, scheme_id: int, filename: str, content: str) -> dict[str, Any]:
    """Take in a bank's file (CSV or XLSX, base64), whole or not at all.

    Refuses FILE_LINES_WRONG with the fault of every line that has one; nothing is kept then.
    """
    place = handling_banks.place_of(actor, scheme_id)
    data = decode(content)
    digest = hashlib.sha256(data).hexdigest()
    known = db.session.scalar(
        db.select(BankFile).filter_by(
            scheme_id=place.scheme.id, bank_id=place.bank_id, sha256=digest
        )
    )
    if known is not None:
        audit.about(FILE, known.id)
        return _said(known, again=True)
    table = read_table(data, filename, required=REQUIRED)
    if not 0 < len(table) <= MOST:
        raise InvalidInput(
            _("文件须有 1 至 %(most)s 行，请核对或拆成几个文件。", most=f"{MOST:,}"),
            code="FILE_TOO_LARGE",
        )
    told = read(table, class_codes(place.terms))
    row = BankFile(
        scheme_id=place.scheme.id,
        bank_id=place.bank_id,
        organisation_id=place.scheme.organisation_id,
        division_code=place.scheme.division_code,
        filename=filename,
        sha256=digest,
        lines=len(table),
        loans=0,
        events=0,
        taken_by=actor.user_id,
        taken_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    _put(told, Filed(place, row))
    if told.wrong:
        wrong = sorted(told.wrong.items())
        raise InvalidInput(
            _("有 %(count)s 行不对，整个文件都没有收下。请改正后重新上传。", count=len(wrong)),
            errors={
                "content": [
                    _("第 %(line)s 行：%(message)s", line=line, message=message)
                    for line, message in wrong[:SHOWN]
                ]
            },
            code="FILE_LINES_WRONG",
        )
    db.session.flush()
    audit.about(FILE, row.id)
    return _said(row, again=False)


def class_codes(terms: rules.InterestTerms) -> dict[str, str]:
    """Return the codes of the classes of borrowers by what they are called."""
    return {one.name: one.code for regime in terms.regimes for one in regime.classes}


def read(table: Sequence[Row], codes: dict[str, str]) -> Told:
    """Read a file's lines; what cannot be read is noted at its line.

    A class of borrowers may be named by its name, too: `codes` tells its code.
    """
    told = Told()
    for row in table:
        cells = {name: row.values.get(name, "").strip() for name in COLUMNS}
        if cells[WHAT] == LOAN:
            cells[CLASS] = codes.get(cells[CLASS], cells[CLASS])
            if lent := told.judge(row.line, _lent, cells):
                told.loans.append((row.line, lent))
        elif happened := told.judge(row.line, _happened, cells):
            told.events.append((row.line, cells[NUMBER], happened))
    return told


def _put(told: Told, file: Filed) -> None:
    """Keep what was told: each loan with its events, then what happened to loans known before."""
    borrower = {
        line: found
        for line, lent in told.loans
        if (
            found := told.judge(
                line, borrowers.borrower_of, file.place, lent.borrower_number, lent.borrower_name
            )
        )
    }
    borrowers.lock(set(borrower.values()))
    seen: set[str] = set()
    for line, lent in told.loans:
        if line in borrower:
            put = told.judge(line, loans.put_loan, file.place, lent, borrower[line], file.row.id)
            if put is not None:
                _take_loan(told, line, file, put)
        seen.add(lent.number)
    numbers = list(dict.fromkeys(number for _l, number, _h in told.events if number not in seen))
    for number in numbers:
        lines = [line for line, one, _happened in told.events if one == number]
        loan = told.judge(lines[0], _known, file.place, number)
        if loan is not None:
            _put_events(told, file, loan)
            _judged(told, lines[0], loan)
        else:
            message = told.wrong[lines[0]]
            told.wrong |= {line: message for line in lines if line not in told.wrong}


def _take_loan(told: Told, line: int, file: Filed, put: tuple[Loan, bool]) -> None:
    loan, is_new = put
    file.row.loans += is_new
    _put_events(told, file, loan)
    if _judged(told, line, loan) and is_new:
        told.judge(line, loans.admit, file.place, loan)


def _judged(told: Told, line: int, loan: Loan) -> bool:
    """Tell whether a loan's history can be; note at the line of its event why not."""
    events = loans.principal_events(loan.id)
    try:
        rules.balances(loans.contract_of(loan), [event for event, _row in events])
    except Refusal as refusal:
        at = events[refusal.facts["place"] - 1][1].reference
        lines = [
            here
            for here, number, happened in told.events
            if number == loan.number and happened.reference == at
        ]
        told.wrong.setdefault(lines[0] if lines else line, refusal.message)
        return False
    return True


def _put_events(told: Told, file: Filed, loan: Loan) -> None:
    for line, number, happened in told.events:
        if number != loan.number:
            continue
        put = told.judge(line, loans.put_event, file.place, loan, happened, file.row.id)
        file.row.events += bool(put and put[1])


def _known(place: Place, number: str) -> Loan:
    loan = loans.loan_of(place.bank_id, number)
    if loan is None or loan.scheme_id != place.scheme.id:
        raise NotFound(
            "LOAN_UNKNOWN",
            _("还没有报送过借据 %(number)s。请先在文件里加一行“贷款”。", number=number),
        )
    return loan


# --- cells -------------------------------------------------------------------------------------


def _lent(cells: dict[str, str]) -> Lent:
    return Lent(
        number=_text(cells, NUMBER),
        borrower_name=_text(cells, BORROWER),
        borrower_number=_text(cells, CERTIFICATE),
        class_code=_text(cells, CLASS),
        lent_on=_day(cells, DAY),
        due_on=_day(cells, DUE),
        principal_fen=_fen(cells, AMOUNT),
        rate_ppm=_ppm(cells, RATE),
        lpr_ppm=_ppm(cells, LPR),
        partners=_count(cells, PARTNERS),
    )


def _happened(cells: dict[str, str]) -> Happened:
    kind = EVENTS.get(cells[WHAT])
    if kind is None:
        raise InvalidInput(_("事项须为：%(names)s。", names="、".join([LOAN, *EVENTS])))
    _text(cells, NUMBER)
    is_money = kind not in {m.RATE, m.UNDONE}
    return Happened(
        reference=_text(cells, REFERENCE),
        kind=kind,
        on=_day(cells, DAY),
        amount_fen=_fen(cells, AMOUNT) if is_money else 0,
        for_on=_day(cells, FOR) if kind == m.INTEREST else None,
        rate_ppm=_ppm(cells, RATE) if kind == m.RATE else None,
        undoes=_text(cells, UNDOES) if kind == m.UNDONE else None,
    )


def _text(cells: dict[str, str], column: str) -> str:
    if not 0 < len(cells[column]) <= 60:  # noqa: PLR2004 - as long as an act takes
        raise InvalidInput(_("“%(column)s”须为 1 至 60 个字符。", column=column))
    if column in SHOWN_TO_OTHERS and holds_citizen_id(cells[column]):
        raise InvalidInput(_("“%(column)s”里有居民身份证号码，请删去号码。", column=column))
    return cells[column]


def _day(cells: dict[str, str], column: str) -> date:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", cells[column], re.ASCII)
    try:
        day = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or not clock.FIRST_DAY <= day <= clock.LAST_DAY:
        raise InvalidInput(_("“%(column)s”须为日期，如 2026-09-20。", column=column))
    return day


def _fen(cells: dict[str, str], column: str) -> int:
    found = re.fullmatch(r"(\d{1,13})(?:\.(\d{1,2}))?", cells[column].replace(",", ""), re.ASCII)
    amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if not amount:
        raise InvalidInput(_("“%(column)s”须为大于 0 的金额（元），最多两位小数。", column=column))
    return amount


def _ppm(cells: dict[str, str], column: str) -> int:
    found = re.fullmatch(r"(\d{1,2})(?:\.(\d{1,4}))?[%％]?", cells[column], re.ASCII)
    if found is None:
        raise InvalidInput(_("“%(column)s”须为百分数，如 4.60，最多四位小数。", column=column))
    return int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0"))


def _count(cells: dict[str, str], column: str) -> int:
    text = cells[column] or "1"
    if not re.fullmatch(r"[1-9]\d?", text, re.ASCII):
        raise InvalidInput(_("“%(column)s”须为 1 至 99 的整数，没有合伙的留空。", column=column))
    return int(text)


def _said(row: BankFile, *, again: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "lines": row.lines,
        "loans": row.loans,
        "events": row.events,
        "sha256": row.sha256,
        "again": again,
    }
