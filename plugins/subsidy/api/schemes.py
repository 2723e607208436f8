"""Acts on schemes, and what is read of them."""

from __future__ import annotations

from marshmallow import fields

from core.acts import Act
from core.fields import Text, date, identity, one_of, reason, schema
from core.purchases.schemas import one, page
from plugins.subsidy.models.schemes import STATES
from plugins.subsidy.service import scheme_queries, schemes
from plugins.subsidy.service.schemes import DEFINE, PUBLISH, VIEW
from plugins.subsidy.service.steps import SCHEME
from plugins.subsidy.terms_schema import SchemeTermsSchema

NEW = schema(
    "NewScheme",
    code=Text(required=True, longest=20),
    name=Text(required=True, longest=120, public=True),
    organisation_id=identity(),
    purchase_id=identity(required=False, load_default=None, allow_none=True),
    terms=fields.Nested(SchemeTermsSchema, required=True),
)
REVISION = one(
    "SchemeRevision",
    effective_on=date(required=False, load_default=None, allow_none=True),
    purchase_id=identity(required=False, load_default=None, allow_none=True),
    terms=fields.Nested(SchemeTermsSchema, required=True),
)

ACTS = [
    Act(
        "scheme.create",
        "编制补贴项目",
        "/subsidy/schemes",
        DEFINE,
        NEW,
        schemes.create,
        object_type=SCHEME,
    ),
    Act(
        "scheme.revise",
        "修改补贴项目",
        "/subsidy/schemes/revise",
        DEFINE,
        REVISION,
        schemes.revise,
        object_type=SCHEME,
    ),
    Act(
        "scheme.submit",
        "提交补贴项目",
        "/subsidy/schemes/submit",
        DEFINE,
        one("SchemeSubmitted"),
        schemes.submit,
        object_type=SCHEME,
    ),
    Act(
        "scheme.send_back",
        "退回补贴项目",
        "/subsidy/schemes/send-back",
        PUBLISH,
        one("SchemeSentBack", reason=reason()),
        schemes.send_back,
        object_type=SCHEME,
    ),
    Act(
        "scheme.publish",
        "公布补贴项目",
        "/subsidy/schemes/publish",
        PUBLISH,
        one("SchemePublished"),
        schemes.publish,
        object_type=SCHEME,
    ),
    Act(
        "scheme.close",
        "停止补贴项目的申报",
        "/subsidy/schemes/close",
        PUBLISH,
        one("SchemeClosed", reason=reason()),
        schemes.close,
        object_type=SCHEME,
    ),
    Act(
        "scheme.list",
        "查看补贴项目列表",
        "/subsidy/schemes",
        VIEW,
        page(
            "SchemeList", state=one_of(*STATES, required=False, load_default=None, allow_none=True)
        ),
        scheme_queries.schemes,
        method="GET",
        reads=True,
    ),
    Act(
        "scheme.show",
        "查看补贴项目",
        "/subsidy/scheme",
        VIEW,
        one("SchemeQuery"),
        scheme_queries.scheme,
        method="GET",
        reads=True,
    ),
    Act(
        "public.schemes",
        "查看公布的补贴项目",
        "/public/schemes",
        None,
        page("PublicSchemes"),
        scheme_queries.public_schemes,
        method="GET",
        reads=True,
    ),
    Act(
        "public.scheme",
        "查看一个公布的补贴项目",
        "/public/scheme",
        None,
        one("PublicScheme"),
        scheme_queries.public_scheme,
        method="GET",
        reads=True,
    ),
]
