"""A bank of the demo county: named for the start-up loans, it hands in its file and claims."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from core.demo.people import Inventor
from core.files import csv_stream
from plugins.subsidy.demo import firms
from plugins.subsidy.demo.schemes import LABOUR
from plugins.subsidy.rules import half_up, interest_quarter
from plugins.subsidy.service.bank_file import COLUMNS

if TYPE_CHECKING:
    from core.demo import World
    from core.demo.world import Resident

BANK, LOGIN = "望城惠民村镇银行", "bank01"
# What each borrower has of the bank: principal in yuan, rate in hundredths of a per cent.
LOANS = ((300_000, 460), (150_000, 435), (80_000, 460), (200_000, 410))
LPR = "3.10"
DAY = timedelta(days=1)


def load(world: World, scheme: int) -> None:
    """Add the bank, its loans, what happened to them, and a claim for a quarter."""
    bank = firms.register(world, Inventor(20), LOGIN, BANK, "bank").id
    at = world.before(36, "10:00")
    named = {"scheme_id": scheme, "bank_id": bank, "document": f"望人社〔{at.year}〕8号"}
    world.do(LABOUR.approver, "bank.name", at=at, **named)
    quarter = _quarter(world)
    told = quarter[1] + 2 * DAY if quarter else world.today - 3 * DAY
    rows = list(_rows(world, quarter))
    content = base64.b64encode(b"".join(csv_stream(COLUMNS, rows))).decode()
    file = {"scheme_id": scheme, "filename": "创业担保贷款.csv", "content": content}
    world.do(LOGIN, "loan.import", at=world.at(told, "15:00"), **file)
    if quarter:
        _claim(world, scheme, quarter[1])
    world.say(_("贷款贴息：1 家经办银行报送 %(n)s 笔贷款", n=len(_borrowers(world))))


def _claim(world: World, scheme: int, last: date) -> None:
    """Claim a quarter; of one loan the bank asks for all its interest, which is more than is due.

    Approved in the lines' year only.
    """
    at = world.at(last + 2 * DAY, "16:00")
    listed = world.do(LOGIN, "loan.list", at=at, scheme_id=scheme)["items"]
    numbers = {one["number"]: one["id"] for one in listed}
    borrowed = [numbers[_number(world, place)] for place in range(len(LOANS))]
    loans: list[dict[str, Any]] = [{"loan_id": number} for number in borrowed]
    loans[0]["asked_fen"] = _interest(world, 0, last)
    asked = {"scheme_id": scheme, "quarter_to": last.isoformat(), "loans": loans}
    number = world.do(LOGIN, "interest.claim", at=at, **asked)["id"]
    checked, approved = world.at(last + 3 * DAY, "09:30"), world.at(last + 4 * DAY, "09:00")
    world.do(LABOUR.clerk, "claim.check", at=checked, id=number)
    if approved.year == world.month(2).year:
        world.do(LABOUR.approver, "claim.approve", at=approved, id=number)


def _quarter(world: World) -> tuple[date, date] | None:
    """Return the newest quarter since the scheme began that is over for some days, if any."""
    begin, _end = interest_quarter(world.today - 5 * DAY)
    last = begin - DAY
    return (interest_quarter(last)[0], last) if last > _lent_on(world, 4) else None


def _lent_on(world: World, place: int) -> date:
    return world.before(34 - 2 * place, "09:00").date()


def _borrowers(world: World) -> list[Resident]:
    return world.adults[: len(LOANS)]


def _rows(world: World, quarter: tuple[date, date] | None) -> Iterator[list[str]]:
    """Yield the file's lines: each loan, paid out, partly repaid, its interest paid."""
    for place, resident in enumerate(_borrowers(world)):
        principal, rate = LOANS[place]
        number, lent = _number(world, place), _lent_on(world, place)
        due = lent.replace(year=lent.year + 2, day=min(lent.day, 28))
        yield _row(
            事项="贷款",
            借据号=number,
            日期=lent,
            金额=principal,
            借款人=resident.person.name,
            证件号码=resident.person.id_number,
            借款人类别="个人",
            到期日=due,
            年利率=f"{rate / 100:.2f}",
            LPR=LPR,
        )
        yield _row(事项="放款", 借据号=number, 日期=lent, 金额=principal, 流水号=f"{number}-1")
        if quarter is None:
            continue
        paid = _interest(world, place, quarter[1])
        yield _row(
            事项="付息",
            借据号=number,
            日期=quarter[1] + DAY,
            金额=f"{paid // 100}.{paid % 100:02d}",
            流水号=f"{number}-2",
            所属结息日=quarter[1],
        )


def _number(world: World, place: int) -> str:
    return f"CY{world.today.year}{place + 1:03d}"


def _interest(world: World, place: int, last: date) -> int:
    """Return the interest (fen) of a loan from its day to the end of a quarter."""
    principal, rate = LOANS[place]
    days = (last + DAY - _lent_on(world, place)).days
    return half_up(Fraction(principal * rate * days, 360 * 100))


def _row(**cells: Any) -> list[str]:
    return [str(cells.get(name, "")) for name in COLUMNS]
