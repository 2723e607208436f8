"""The acts about deadlines: reading them, and approving a calendar, which may move them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.access import ROLES, Permission
from core.acts import Act
from core.deadlines import calendar, queries, service
from core.fields import date, identity, one_of, schema

_OFFICES = tuple(
    role.code
    for role in ROLES.values()
    if role.side in {"purchaser", "overseer"} and role.code != "administrator"
)
PERMISSIONS = [
    Permission("deadline.view", "查看到期事项", _OFFICES),
    # Who is bound by no legal clock still has something to deliver, to answer, to send in.
    Permission(calendar.VIEW, "查看到期日程", (*_OFFICES, "procurement_agent", "provider_manager")),
]

ACTS = [
    Act(
        "calendar.approve",
        "批准年度工作日历",
        "/calendar/proposals/approve",
        "rulepack.approve",
        schema("ApproveCalendar", id=identity()),
        service.approve_calendar,
        object_type="work_calendar",
    ),
    Act(
        "deadline.list",
        "列出到期事项",
        "/deadlines",
        "deadline.view",
        schema(
            "Deadlines",
            when=one_of(*queries.WHEN, required=False, load_default=None),
            after=identity(required=False, load_default=None),
            limit=fields.Integer(
                load_default=queries.LIMIT, validate=validate.Range(min=1, max=200)
            ),
        ),
        queries.deadlines,
        method="GET",
        reads=True,
    ),
    Act(
        "due.list",
        "查看到期日程",
        "/due",
        calendar.VIEW,
        schema(
            "Due",
            when=one_of(*calendar.WHEN, required=False, load_default=None),
            from_on=date(required=False, load_default=None),
            limit=fields.Integer(
                load_default=calendar.LIMIT, validate=validate.Range(min=1, max=200)
            ),
        ),
        calendar.due,
        method="GET",
        reads=True,
    ),
]
