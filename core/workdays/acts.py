"""The acts of the working calendar but for its approval, which also moves deadlines."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from core.acts import Act
from core.clock import FIRST_DAY, LAST_DAY
from core.fields import Text, date, identity, one_of, reason, schema
from core.rulepack.acts import page
from core.workdays import queries, service

DAYS_MAX = 120
COUNT_MAX = 1_000


class SpecialDaySchema(Schema):
    """A day that is not as its weekday says."""

    day = date()
    kind = one_of(service.REST, service.WORK)
    name = Text(load_default=None, longest=20)


def _year() -> fields.Integer:
    return fields.Integer(
        required=True,
        validate=validate.Range(min=FIRST_DAY.year + 1, max=LAST_DAY.year),
    )


ACTS = [
    Act(
        "calendar.propose",
        "拟订年度工作日历",
        "/calendar/proposals",
        "rulepack.propose",
        schema(
            "NewCalendar",
            year=_year(),
            document=Text(required=True, longest=120),
            days=fields.List(
                fields.Nested(SpecialDaySchema),
                required=True,
                validate=validate.Length(min=1, max=DAYS_MAX),
            ),
        ),
        service.propose,
        object_type="work_calendar",
    ),
    Act(
        "calendar.submit",
        "提交年度工作日历",
        "/calendar/proposals/submit",
        "rulepack.propose",
        schema("SubmitCalendar", id=identity()),
        service.submit,
        object_type="work_calendar",
    ),
    Act(
        "calendar.send_back",
        "退回年度工作日历",
        "/calendar/proposals/return",
        "rulepack.approve",
        schema("ReturnCalendar", id=identity(), reason=reason()),
        service.send_back,
        object_type="work_calendar",
    ),
    Act(
        "calendar.withdraw",
        "撤回年度工作日历",
        "/calendar/proposals/withdraw",
        "rulepack.propose",
        schema("WithdrawCalendar", id=identity(), reason=reason()),
        service.withdraw,
        object_type="work_calendar",
    ),
    Act(
        "calendar.year",
        "查看年度工作日历",
        "/calendar",
        "rulepack.view",
        schema("CalendarYear", year=_year()),
        service.year_calendar,
        method="GET",
        reads=True,
    ),
    Act(
        "calendar.count",
        "推算工作日",
        "/calendar/count",
        "rulepack.view",
        schema(
            "CountWorkingDays",
            day=date(),
            working_days=fields.Integer(
                required=True, validate=validate.Range(min=0, max=COUNT_MAX)
            ),
            backwards=fields.Boolean(load_default=False),
        ),
        service.count,
        method="GET",
        reads=True,
    ),
    Act(
        "calendar.proposals",
        "列出年度工作日历的修改",
        "/calendar/proposals",
        "rulepack.view",
        page("CalendarProposals"),
        queries.proposed,
        method="GET",
        reads=True,
    ),
    Act(
        "calendar.proposal",
        "查看一份年度工作日历的修改",
        "/calendar/proposal",
        "rulepack.view",
        schema("CalendarProposal", id=identity()),
        queries.proposal,
        method="GET",
        reads=True,
    ),
]
