"""Acts on applications, from the draft to what ends them, and what is read of them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, fields, validate

from core import uploads
from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import FEN_MAX, ID_MAX, Text, identity, one_of, schema
from core.purchases.schemas import one, page
from plugins.subsidy.models.applications import STATES
from plugins.subsidy.service import application_papers, application_queries, applications
from plugins.subsidy.service.applications import CHECK, DECIDE, MAKE, VIEW
from plugins.subsidy.service.steps import APPLICATION

LONGEST, WORDS_MOST = 80, 2_000


def plain(value: Any) -> None:
    """Refuse what no fact of an organisation can be: neither text nor a whole number."""
    if isinstance(value, str) and len(value) <= LONGEST and value.isprintable():
        return
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= FEN_MAX:
        return
    raise ValidationError(_("须为文字或整数"))


def answers(**options: Any) -> fields.Dict:
    """Return the field of what an organisation says of itself, by the codes of facts."""
    options.setdefault("load_default", dict)
    return fields.Dict(
        keys=Text(longest=40), values=fields.Raw(required=True, validate=plain), **options
    )


PAPER = schema(
    "ApplicationPaper",
    name=Text(required=True, longest=300),
    content=fields.String(required=True, validate=validate.Length(max=uploads.BODY_MAX)),
)

ACTS = [
    Act(
        "application.draft",
        "填写补贴申请",
        "/subsidy/applications/draft",
        MAKE,
        schema(
            "ApplicationDraft",
            scheme_id=identity(),
            applicant_id=identity(required=False, load_default=None, allow_none=True),
            declared=answers(),
            words=Text(longest=WORDS_MOST, shortest=0, load_default="", public=True),
            separate_accounts=fields.Boolean(load_default=False),
        ),
        applications.draft,
        object_type=APPLICATION,
    ),
    Act(
        "application.add_paper",
        "上传补贴申请的材料",
        "/subsidy/applications/add-paper",
        MAKE,
        one(
            "ApplicationPaperAdded",
            code=Text(required=True, longest=20),
            file=fields.Nested(PAPER, required=True),
        ),
        application_papers.add,
        object_type=APPLICATION,
        body_max=uploads.BODY_MAX,
    ),
    *acts_on(
        APPLICATION,
        "/subsidy/applications",
        Deed("application.submit", "提交补贴申请", MAKE, applications.submit),
        Reasoned("application.send_back", "退回补贴申请补正", CHECK, applications.send_back),
        Deed("application.complete", "受理补贴申请", CHECK, applications.complete),
        Deed("application.judge", "审核补贴申请的资格", CHECK, applications.judge),
        Reasoned("application.reject", "驳回补贴申请", DECIDE, applications.reject),
        Deed("application.withdraw", "撤回补贴申请", MAKE, applications.withdraw),
        Reasoned("application.revoke", "撤销补贴资格", DECIDE, applications.revoke),
    ),
    Act(
        "application.list",
        "查看补贴申请列表",
        "/subsidy/applications",
        VIEW,
        schema(
            "ApplicationList",
            state=one_of(*STATES, required=False, load_default=None, allow_none=True),
            scheme_id=identity(required=False, load_default=None, allow_none=True),
            after=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
            limit=fields.Integer(load_default=50, validate=validate.Range(min=1, max=200)),
        ),
        application_queries.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "application.show",
        "查看一份补贴申请",
        "/subsidy/application",
        VIEW,
        one("ApplicationQuery"),
        application_queries.show,
        method="GET",
        reads=True,
    ),
    Act(
        "application.mine",
        "查看本单位或本人的补贴申请",
        "/subsidy/my-applications",
        MAKE,
        page("MyApplications"),
        application_queries.mine,
        method="GET",
        reads=True,
    ),
    Act(
        "application.paper",
        "下载补贴申请的一份材料",
        "/subsidy/application-paper",
        VIEW,
        one("ApplicationPaperQuery"),
        application_papers.paper,
        method="GET",
        reads=True,
    ),
]
