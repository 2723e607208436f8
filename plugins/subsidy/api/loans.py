"""Acts on handling banks, loans and what happens to them, and what is read of them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import FEN_MAX, Text, date, fen, identity, one_of, reason, schema
from core.purchases.schemas import one, page
from plugins.subsidy.rules import PPM
from plugins.subsidy.service import bank_file, handling_banks, loan_queries, loans
from plugins.subsidy.service.handling_banks import NAME, REPORT, VIEW
from plugins.subsidy.service.loan_steps import LOAN
from plugins.subsidy.service.loans import DECIDE_END, END, KINDS

BODY_MAX = 14 * 1024 * 1024


def _rate(**options: Any) -> fields.Integer:
    options.setdefault("required", True)
    return fields.Integer(strict=True, validate=validate.Range(min=0, max=PPM), **options)


def _unless() -> dict[str, Any]:
    return {"required": False, "load_default": None, "allow_none": True}


BANK = schema(
    "HandlingBankNamed",
    scheme_id=identity(),
    bank_id=identity(),
    document=Text(required=True, longest=120, public=True),
)
NEW = schema(
    "NewLoan",
    scheme_id=identity(),
    number=Text(required=True, longest=60, public=True),
    borrower_name=Text(required=True, longest=60),
    borrower_number=Text(required=True, longest=30),
    class_code=Text(required=True, longest=20),
    lent_on=date(),
    due_on=date(),
    principal_fen=fen(),
    rate_ppm=_rate(),
    lpr_ppm=_rate(),
    partners=fields.Integer(strict=True, load_default=1, validate=validate.Range(min=1, max=99)),
    drawn=fields.Boolean(load_default=True),
)
EVENT = one(
    "LoanEvent",
    reference=Text(required=True, longest=60, public=True),
    kind=one_of(*KINDS),
    on=date(),
    amount_fen=fields.Integer(
        strict=True, load_default=0, validate=validate.Range(min=0, max=FEN_MAX)
    ),
    for_on=date(**_unless()),
    rate_ppm=_rate(**_unless()),
    undoes=Text(longest=60, **_unless()),
)
TABLE = schema(
    "BankFile",
    scheme_id=identity(),
    filename=Text(required=True, longest=120, public=True),
    content=fields.String(required=True, validate=validate.Length(max=BODY_MAX)),
)
ENDING = one(
    "LoanEnding",
    from_on=date(),
    reason=reason(),
    document=Text(required=True, longest=120, public=True),
)

ACTS = [
    Act(
        "bank.name",
        "指定贷款经办银行",
        "/subsidy/banks",
        NAME,
        BANK,
        handling_banks.name,
        object_type=handling_banks.HANDLING_BANK,
    ),
    Act(
        "bank.list",
        "查看贷款经办银行",
        "/subsidy/banks",
        VIEW,
        schema("HandlingBanks", scheme_id=identity(**_unless())),
        handling_banks.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "loan.register",
        "报送一笔贷款",
        "/subsidy/loans",
        REPORT,
        NEW,
        loans.register,
        object_type=LOAN,
    ),
    Act(
        "loan.record",
        "报送贷款变动",
        "/subsidy/loans/events",
        REPORT,
        EVENT,
        loans.record,
        object_type=LOAN,
    ),
    Act(
        "loan.import",
        "报送银行文件",
        "/subsidy/loans/files",
        REPORT,
        TABLE,
        bank_file.take,
        object_type=bank_file.FILE,
        body_max=BODY_MAX,
    ),
    Act(
        "loan.end_support",
        "提出停止贷款贴息",
        "/subsidy/loans/end",
        END,
        ENDING,
        loans.end_support,
        object_type=LOAN,
    ),
    *acts_on(
        LOAN,
        "/subsidy/loans",
        Deed("loan.decide_end", "决定停止贷款贴息", DECIDE_END, loans.decide_end),
        Reasoned("loan.drop_end", "不停止贷款贴息", DECIDE_END, loans.drop_end),
    ),
    Act(
        "loan.list",
        "查看贴息贷款",
        "/subsidy/loans",
        VIEW,
        page(
            "LoanList",
            scheme_id=identity(**_unless()),
            number=Text(longest=60, **_unless()),
            ending_waits=fields.Boolean(load_default=False),
        ),
        loan_queries.loan_list,
        method="GET",
        reads=True,
    ),
    Act(
        "loan.show",
        "查看一笔贴息贷款",
        "/subsidy/loan",
        VIEW,
        one("LoanQuery"),
        loan_queries.loan,
        method="GET",
        reads=True,
    ),
    Act(
        "loan.files",
        "查看银行文件",
        "/subsidy/loans/files",
        VIEW,
        page("BankFiles"),
        loan_queries.files,
        method="GET",
        reads=True,
    ),
]
