"""The acts about deadlines: reading them, and approving a calendar, which may move them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.access import ROLES, Permission
from core.acts import Act
from core.deadlines import queries, service
from core.fields import identity, one_of, schema

PERMISSIONS = [
    Permission(
        "deadline.view",
        "查看到期事项",
        tuple(
            role.code
            for role in ROLES.values()
            if role.side in {"purchaser", "overseer"} and role.code != "administrator"
        ),
    ),
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
]
