"""Acts on claims and recoveries of every kind, and what is read of them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, identity, one_of, reason
from core.purchases.schemas import one, page
from plugins.subsidy.models.claims import STATES
from plugins.subsidy.models.recoveries import STATES as RECOVERY_STATES
from plugins.subsidy.rules import BP
from plugins.subsidy.service import aid_queries, claim_queries, claims, recovering
from plugins.subsidy.service.steps import CLAIM, RECOVERY

DAYS_MOST = 60


def _optional(*choices: str) -> fields.Field:
    return one_of(*choices, required=False, load_default=None, allow_none=True)


ACTS = [
    *acts_on(
        CLAIM,
        "/subsidy/claims",
        Deed("claim.check", "核验补贴申报并计算", claims.CHECK, claims.check),
        Deed("claim.approve", "批准补贴申报", claims.APPROVE, claims.approve),
        Reasoned("claim.refuse", "不予补贴", claims.CHECK, claims.refuse),
        Reasoned("claim.withdraw", "撤回补贴申报", claims.MAKE, claims.withdraw),
    ),
    Act(
        "claim.list",
        "查看补贴申报列表",
        "/subsidy/claims",
        claims.VIEW,
        page(
            "ClaimList",
            state=_optional(*STATES),
            scheme_id=identity(required=False, load_default=None, allow_none=True),
        ),
        claim_queries.claims,
        method="GET",
        reads=True,
    ),
    Act(
        "claim.show",
        "查看补贴申报",
        "/subsidy/claim",
        claims.VIEW,
        one("ClaimQuery"),
        claim_queries.claim,
        method="GET",
        reads=True,
    ),
    Act(
        "aid.show",
        "查看受益方累计享受的补贴",
        "/subsidy/claim/aid",
        claims.VIEW,
        one("AidQuery"),
        aid_queries.of_claim,
        method="GET",
        reads=True,
    ),
    Act(
        "claim.mine",
        "查看本单位（本人）的补贴申报",
        "/subsidy/claims/mine",
        claims.MAKE,
        page("OwnClaims"),
        claim_queries.mine,
        method="GET",
        reads=True,
    ),
    Act(
        "claim.own",
        "查看本单位（本人）的一份补贴申报",
        "/subsidy/claim/own",
        claims.MAKE,
        one("OwnClaim"),
        claim_queries.own_claim,
        method="GET",
        reads=True,
    ),
    Act(
        "subsidy_recovery.propose",
        "提出追回补贴",
        "/subsidy/recoveries/propose",
        recovering.PROPOSE,
        one(
            "RecoveryProposed",
            share_bp=fields.Integer(
                strict=True, required=True, validate=validate.Range(min=1, max=BP)
            ),
            reason=reason(),
            basis=Text(required=True, longest=120, public=True),
            days=fields.Integer(
                strict=True,
                load_default=recovering.HEARD_DAYS,
                validate=validate.Range(min=recovering.HEARD_DAYS, max=DAYS_MOST),
            ),
        ),
        recovering.ask_back,
        object_type=RECOVERY,
    ),
    Act(
        "subsidy_recovery.state",
        "对追回陈述申辩",
        "/subsidy/recoveries/state",
        recovering.STATE,
        one("RecoveryStated", statement=Text(required=True, longest=2_000, public=True)),
        recovering.state,
        object_type=RECOVERY,
    ),
    *acts_on(
        RECOVERY,
        "/subsidy/recoveries",
        Reasoned("subsidy_recovery.decide", "决定追回补贴", recovering.DECIDE, recovering.decide),
        Reasoned("subsidy_recovery.drop", "不再追回补贴", recovering.DECIDE, recovering.drop),
    ),
    Act(
        "subsidy_recovery.list",
        "查看追回补贴列表",
        "/subsidy/recoveries",
        recovering.VIEW,
        page("RecoveryList", state=_optional(*RECOVERY_STATES)),
        claim_queries.recoveries,
        method="GET",
        reads=True,
    ),
    Act(
        "subsidy_recovery.show",
        "查看追回补贴",
        "/subsidy/recovery",
        recovering.VIEW,
        one("RecoveryQuery"),
        claim_queries.recovery,
        method="GET",
        reads=True,
    ),
]
