"""What anybody reads of money granted, and what the office reads of its effect."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act
from core.fields import Text, identity, schema
from core.purchases.schemas import page
from plugins.subsidy.service import effects, register
from plugins.subsidy.service.schemes import VIEW

FIRST_YEAR, LAST_YEAR = 1900, 2199

ACTS = [
    Act(
        "public.subsidies",
        "查看补贴公示",
        "/public/subsidies",
        None,
        page(
            "PublicSubsidies",
            q=Text(longest=80, load_default=None, allow_none=True),
            scheme_id=identity(required=False, load_default=None, allow_none=True),
        ),
        register.grants,
        method="GET",
        reads=True,
    ),
    Act(
        "public.subsidy_sums",
        "查看居民补贴的合计",
        "/public/subsidies/residents",
        None,
        schema("PublicSubsidySums"),
        register.resident_sums,
        method="GET",
        reads=True,
    ),
    Act(
        "effects.show",
        "查看补贴效果",
        "/subsidy/effects",
        VIEW,
        page(
            "SubsidyEffects",
            year=fields.Integer(
                load_default=None,
                allow_none=True,
                validate=validate.Range(min=FIRST_YEAR, max=LAST_YEAR),
            ),
        ),
        effects.effects,
        method="GET",
        reads=True,
    ),
]
