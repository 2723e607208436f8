"""The act by which anybody asks what support there is for an organisation."""

from __future__ import annotations

from core.acts import Act
from core.fields import schema
from plugins.subsidy.api.applications import answers
from plugins.subsidy.service import finding

# Asked by POST although it only reads: what people say of themselves stands in no address.
ACTS = [
    Act(
        "public.support",
        "查询本单位能申请的补贴",
        "/public/support",
        None,
        schema(
            "SupportQuery",
            answers=answers(),
        ),
        finding.support,
        reads=True,
    ),
]
