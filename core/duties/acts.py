"""The acts about duties, double funding and conversion, and who may perform them."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, validate
from marshmallow import fields as plain

from core.access import Permission
from core.acts import Act
from core.duties import moving, planning, queries, service
from core.duties.models import CLEARED, OPEN
from core.fields import ID_MAX, Text, date, fen, identity, one_of, reason, schema

PERMISSIONS = [
    Permission(
        queries.VIEW,
        "查看职责与转换",
        (
            "staffing_office",
            "purchaser_clerk",
            "purchaser_approver",
            "finance_budget",
            "finance_approver",
            "auditor",
        ),
    ),
    Permission(planning.RECORD, "登记职责事项", ("staffing_office", "purchaser_clerk")),
    Permission(service.CHECK, "检查重复安排", ("purchaser_clerk", "finance_budget")),
    Permission(service.CLEAR, "核销重复安排疑点", ("finance_budget", "finance_approver")),
    Permission(moving.MOVE, "把职责连同经费转到另一单位", ("finance_budget",)),
    Permission(service.CONVERT, "登记养事不养人转换", ("finance_budget",)),
]

POSTS_MAX = 100_000
# `%` and `_` would mean something else where codes are compared by how they begin.
CODE = re.compile(r"[A-Za-z0-9.\-]{1,40}", re.ASCII)


def _code(text: str) -> None:
    if not CODE.fullmatch(text):
        raise ValidationError(_("须为目录代码：字母、数字、点和短横，最多 40 位"))


def _document() -> Text:
    return Text(required=True, longest=120)


def _year(**options: Any) -> plain.Integer:
    return plain.Integer(validate=validate.Range(min=1900, max=2199), **options)


def _posts(**options: Any) -> plain.Integer:
    options.setdefault("required", True)
    limits = validate.Range(min=0, max=POSTS_MAX)
    return plain.Integer(strict=True, validate=limits, **options)


def _page(**members: Any) -> dict[str, Any]:
    low, most = validate.Range(min=1, max=ID_MAX), validate.Range(min=1, max=200)
    return {
        "before": plain.Integer(load_default=None, validate=low),
        "limit": plain.Integer(load_default=queries.LIMIT, validate=most),
        **members,
    }


WRITING = [
    Act(
        "duty.record",
        "登记职责事项",
        "/duties",
        planning.RECORD,
        schema(
            "NewDuty",
            organisation_id=identity(),
            item_code=plain.String(required=True, validate=_code),
            name=Text(required=True, longest=120),
            posts=_posts(),
            line_id=identity(required=False, load_default=None, allow_none=True),
            staff_fen=fen(minimum=0, required=False, load_default=None, allow_none=True),
            posts_needed=_posts(required=False, load_default=None, allow_none=True),
            institution_reason=reason(required=False, load_default=None, allow_none=True),
            from_on=date(),
            document=_document(),
        ),
        service.record,
        object_type="duty",
    ),
    Act(
        "duty.end",
        "截止职责事项",
        "/duties/end",
        planning.RECORD,
        schema("EndDuty", id=identity(), to_on=date(), document=_document()),
        service.end,
        object_type="duty",
    ),
    Act(
        "duty.move",
        "把职责连同经费转到另一单位",
        "/duties/move",
        moving.MOVE,
        schema(
            "MoveDuty",
            id=identity(),
            organisation_id=identity(),
            from_on=date(),
            document=_document(),
            to_line_id=identity(required=False, load_default=None, allow_none=True),
        ),
        moving.move,
        object_type="duty",
    ),
    Act(
        "duty.propose_buying",
        "建议把职责事项改为购买",
        "/duties/proposals",
        "catalogue.propose",
        schema("ProposeBuying", id=identity(), need=Text(required=True, longest=500)),
        planning.propose_buying,
        object_type="duty",
    ),
    Act(
        "duty.check_double_funding",
        "检查重复安排",
        "/duties/checks",
        service.CHECK,
        schema(
            "CheckDoubleFunding",
            organisation_id=identity(),
            item_code=plain.String(required=True, validate=_code),
            fiscal_year=_year(required=True, strict=True),
        ),
        service.check,
        object_type="organisation",
    ),
    Act(
        "duty.clear_double_funding",
        "核销重复安排疑点",
        "/duties/warnings/clear",
        service.CLEAR,
        schema("ClearDoubleFunding", id=identity(), reason=reason()),
        service.clear,
        object_type="funding_warning",
    ),
    Act(
        "conversion.record",
        "登记养事不养人转换",
        "/conversions",
        service.CONVERT,
        schema(
            "NewConversion",
            from_line_id=identity(),
            amount_fen=fen(),
            posts_not_created=_posts(),
            document=_document(),
            purchase_id=identity(required=False, load_default=None, allow_none=True),
        ),
        service.convert,
        object_type="conversion",
    ),
    Act(
        "conversion.link",
        "对应转换的购买项目",
        "/conversions/link",
        service.CONVERT,
        schema("LinkConversion", id=identity(), purchase_id=identity()),
        service.link,
        object_type="conversion",
    ),
]

READING = [
    Act(
        "duty.list",
        "列出职责事项",
        "/duties",
        queries.VIEW,
        schema(
            "Duties",
            **_page(
                year=_year(load_default=None),
                organisation_id=identity(required=False, load_default=None),
            ),
        ),
        queries.duties,
        method="GET",
        reads=True,
    ),
    Act(
        "duty.warnings",
        "列出重复安排疑点",
        "/duties/warnings",
        queries.VIEW,
        schema(
            "FundingWarnings",
            **_page(state=one_of(OPEN, CLEARED, required=False, load_default=None)),
        ),
        queries.warnings,
        method="GET",
        reads=True,
    ),
    Act(
        "duty.posts",
        "查看财政供养岗位增减",
        "/duties/posts",
        queries.VIEW,
        schema("Posts", year=_year(load_default=None)),
        queries.posts,
        method="GET",
        reads=True,
    ),
    Act(
        "conversion.list",
        "列出养事不养人转换",
        "/conversions",
        queries.VIEW,
        schema("Conversions", **_page()),
        queries.conversions,
        method="GET",
        reads=True,
    ),
]

ACTS = [*WRITING, *READING]
