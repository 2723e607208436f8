"""Acts on banks' claims for interest, beyond what every claim has."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act
from core.fields import Text, date, fen, identity, reason, schema
from core.purchases.schemas import one, page
from plugins.subsidy.service import interest, interest_queries
from plugins.subsidy.service.handling_banks import REPORT, VIEW
from plugins.subsidy.service.steps import CLAIM

MOST = 5_000

ACTS = [
    Act(
        "interest.claim",
        "申报一季的贷款贴息",
        "/subsidy/interest/claims",
        REPORT,
        schema(
            "InterestClaim",
            scheme_id=identity(),
            quarter_to=date(),
            loans=fields.List(
                fields.Nested(
                    schema(
                        "InterestAsked",
                        loan_id=identity(),
                        asked_fen=fen(
                            minimum=0, required=False, load_default=None, allow_none=True
                        ),
                    )
                ),
                load_default=list,
                validate=validate.Length(max=MOST),
            ),
        ),
        interest.claim,
        object_type=CLAIM,
    ),
    Act(
        "interest.review",
        "重新计算已批准的贴息",
        "/subsidy/interest/review",
        interest.REVIEW,
        one(
            "InterestReview",
            reason=reason(),
            basis=Text(required=True, longest=120, public=True),
        ),
        interest.review,
        object_type=CLAIM,
    ),
    Act(
        "interest.disallowed",
        "查看贴息核减清单",
        "/subsidy/interest/disallowed",
        VIEW,
        page(
            "Disallowed",
            scheme_id=identity(required=False, load_default=None, allow_none=True),
        ),
        interest_queries.disallowed,
        method="GET",
        reads=True,
    ),
]
