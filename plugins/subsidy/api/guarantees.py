"""Acts on guarantees, the claims about them, and what is read of them."""

from __future__ import annotations

from typing import Any

from core.acts import Act
from core.fields import Text, date, fen, identity, one_of, reason, schema
from core.purchases.schemas import one, page
from plugins.subsidy.models.guarantors import GUARANTEE_STATES
from plugins.subsidy.service import fee_claims, guarantee_queries, guarantees, pool_claims
from plugins.subsidy.service.guarantee_steps import GUARANTEE
from plugins.subsidy.service.guarantees import KEEP, VIEW
from plugins.subsidy.service.steps import CLAIM


def _maybe(**options: Any) -> Any:
    return identity(required=False, load_default=None, allow_none=True, **options)


def _number() -> Text:
    return Text(longest=30, load_default=None, allow_none=True)


def _document() -> Text:
    return Text(required=True, longest=120, public=True)


ACTS = [
    Act(
        "guarantee.register",
        "登记担保",
        "/subsidy/guarantees",
        KEEP,
        schema(
            "NewGuarantee",
            guarantor_id=identity(),
            fee_scheme_id=_maybe(),
            pool_scheme_id=_maybe(),
            credit_code=_number(),
            id_number=_number(),
            bank=Text(required=True, longest=80, public=True),
            loan_number=Text(required=True, longest=60, public=True),
            principal_fen=fen(),
            guaranteed_fen=fen(),
            from_on=date(),
            due_on=date(),
        ),
        guarantees.register,
        object_type=GUARANTEE,
    ),
    Act(
        "guarantee.repay",
        "登记被担保贷款的还款",
        "/subsidy/guarantees/repay",
        KEEP,
        one("GuaranteeRepaid", on=date(), amount_fen=fen(), document=_document()),
        guarantees.repay,
        object_type=GUARANTEE,
    ),
    Act(
        "guarantee.pay_fee",
        "登记收到的担保费",
        "/subsidy/guarantees/pay-fee",
        KEEP,
        one("GuaranteeFee", on=date(), amount_fen=fen(), document=_document()),
        guarantees.pay_fee,
        object_type=GUARANTEE,
    ),
    Act(
        "guarantee.end",
        "解除担保",
        "/subsidy/guarantees/end",
        KEEP,
        one("GuaranteeEnded", on=date(), reason=reason()),
        guarantees.end,
        object_type=GUARANTEE,
    ),
    Act(
        "guarantee.claim_fee",
        "申报担保费补贴",
        "/subsidy/guarantees/claim-fee",
        KEEP,
        one("GuaranteeFeeClaim", period_from=date(), period_to=date()),
        fee_claims.claim_fee,
        object_type=CLAIM,
    ),
    Act(
        "guarantee.claim_loss",
        "申请分担代偿损失",
        "/subsidy/guarantees/claim-loss",
        KEEP,
        one("GuaranteeLoss", paid_fen=fen(minimum=0), paid_on=date(), document=_document()),
        pool_claims.claim_loss,
        object_type=CLAIM,
    ),
    Act(
        "guarantee.recover",
        "登记代偿后追回的款项",
        "/subsidy/guarantees/recover",
        KEEP,
        one("GuaranteeRecovered", on=date(), amount_fen=fen(), document=_document()),
        pool_claims.recover,
        object_type=GUARANTEE,
    ),
    Act(
        "guarantee.list",
        "查看担保列表",
        "/subsidy/guarantees",
        VIEW,
        page(
            "GuaranteeList",
            state=one_of(*GUARANTEE_STATES, required=False, load_default=None, allow_none=True),
            guarantor_id=_maybe(),
        ),
        guarantee_queries.list_guarantees,
        method="GET",
        reads=True,
    ),
    Act(
        "guarantee.show",
        "查看担保",
        "/subsidy/guarantee",
        VIEW,
        one("GuaranteeQuery"),
        guarantee_queries.show_guarantee,
        method="GET",
        reads=True,
    ),
]
