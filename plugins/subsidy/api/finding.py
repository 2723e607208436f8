"""The act by which anybody asks what support there is for an organisation."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, fields

from core.acts import Act
from core.fields import FEN_MAX, Text, schema
from plugins.subsidy.service import finding

LONGEST = 80


def _plain(value: Any) -> None:
    """Refuse what no fact of an organisation can be: neither text nor a whole number."""
    if isinstance(value, str) and len(value) <= LONGEST and value.isprintable():
        return
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= FEN_MAX:
        return
    raise ValidationError(_("须为文字或整数"))


# Asked by POST although it only reads: what people say of themselves stands in no address.
ACTS = [
    Act(
        "public.support",
        "查询本单位能申请的补贴",
        "/public/support",
        None,
        schema(
            "SupportQuery",
            answers=fields.Dict(
                keys=Text(longest=40),
                values=fields.Raw(required=True, validate=_plain),
                load_default=dict,
            ),
        ),
        finding.support,
        reads=True,
    ),
]
