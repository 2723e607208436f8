"""Acts on contracts in force: published, filed, changed, subcontracted, ended, renewed."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, fen, identity, one_of, reason, schema
from core.purchases.schemas import Paragraphs
from plugins.contract_outsourcing.models.contracts import AMENDMENTS, PARTS
from plugins.contract_outsourcing.service import (
    amending,
    ending,
    incomes,
    receivables,
    renewing,
    subcontracting,
    terminating,
)
from plugins.contract_outsourcing.terms_schema import (
    ContractBondSchema,
    ContractFundingSchema,
    ContractPartSchema,
)

OBJECT = "contract"
_HASH = {"required": True, "longest": 64, "shortest": 64}


def _maybe(longest: int) -> Text:
    return Text(longest=longest, load_default=None, allow_none=True)


def _list(name: str, **members: Any) -> fields.List[dict[str, Any]]:
    return fields.List(
        fields.Nested(schema(name, **members)), load_default=list, validate=validate.Length(max=50)
    )


def _flag() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


_CHANGED_PARTS = schema(
    "AmendedParts",
    **{part: Paragraphs(longest=4000, shortest=0, load_default="") for part in PARTS},
)
_CHANGES = schema(
    "AmendmentChanges",
    milestone=_maybe(80),
    due_on=date(required=False, load_default=None, allow_none=True),
    cuts=_list("AmendmentCut", milestone_id=identity(), amount_fen=fen()),
    ends_on=date(required=False, load_default=None, allow_none=True),
    due_dates=_list("AmendmentDue", milestone_id=identity(), due_on=date()),
    parts=fields.Nested(_CHANGED_PARTS, load_default=None, allow_none=True),
)


LIFE = [
    *acts_on(
        OBJECT,
        "/contract/contracts",
        Deed("contract.publish", "公告合同", "contract.make", ending.publish),
        Deed("contract.file", "备案合同", "contract.file", ending.file),
        Reasoned("contract.suspend", "中止合同", "contract.agree", ending.suspend),
        Reasoned("contract.resume", "恢复合同", "contract.agree", ending.resume),
    ),
    Act(
        "contract.terminate",
        "提出解除合同",
        "/contract/contracts/terminate",
        terminating.MAKE,
        schema("ContractTerminated", id=identity(), reason=reason(), call_bond=_flag()),
        terminating.terminate,
        object_type=OBJECT,
    ),
    *acts_on(
        OBJECT,
        "/contract/endings",
        Deed("ending.approve", "复核解除合同或兑付保证金", terminating.AGREE, terminating.approve),
        Reasoned(
            "ending.decline", "不同意解除合同或兑付保证金", terminating.AGREE, terminating.decline
        ),
    ),
    *acts_on(
        OBJECT,
        "/contract/contracts",
        Deed("contract.complete", "确认履行完毕", "contract.agree", ending.complete),
        Deed("contract.close", "结清合同", "contract.agree", ending.close),
    ),
    Act(
        "contract.renew",
        "续签合同",
        "/contract/contracts/renew",
        "contract.make",
        schema(
            "ContractRenewal",
            id=identity(),
            ends_on=date(),
            purchase_id=identity(required=False, load_default=None, allow_none=True),
            milestones=fields.List(
                fields.Nested(ContractPartSchema),
                load_default=list,
                validate=validate.Length(max=50),
            ),
            funding=fields.List(
                fields.Nested(ContractFundingSchema),
                load_default=list,
                validate=validate.Length(max=20),
            ),
            bond=fields.Nested(ContractBondSchema, load_default=None, allow_none=True),
            index_now=fields.Integer(
                strict=True,
                load_default=None,
                allow_none=True,
                validate=validate.Range(min=1, max=1_000_000_000),
            ),
            multi_year_reason=_maybe(500),
        ),
        renewing.renew,
        object_type=OBJECT,
    ),
]

CHANGES = [
    Act(
        "contract.amend",
        "提出合同变更",
        "/contract/amendments",
        "contract.make",
        schema(
            "NewAmendment",
            id=identity(),
            kind=one_of(*AMENDMENTS),
            words=Paragraphs(required=True, longest=2000),
            reason=reason(),
            amount_fen=fen(minimum=0, required=False, load_default=0),
            fiscal_year=fields.Integer(
                strict=True,
                load_default=None,
                allow_none=True,
                validate=validate.Range(min=1900, max=2199),
            ),
            changes=fields.Nested(_CHANGES, load_default=dict),
        ),
        amending.amend,
        object_type=OBJECT,
    ),
    *acts_on(
        OBJECT,
        "/contract/amendments",
        Deed("amendment.approve", "复核合同变更", "contract.agree", amending.approve),
        Reasoned("amendment.decline", "不同意合同变更", "contract.sign", amending.decline),
    ),
    Act(
        "amendment.sign",
        "签署合同变更",
        "/contract/amendments/sign",
        "contract.sign",
        schema("AmendmentSignature", id=identity(), text_hash=Text(**_HASH)),
        amending.sign,
        object_type=OBJECT,
    ),
    Act(
        "contract.subcontract",
        "申请分包",
        "/contract/subcontracts",
        "contract.subcontract",
        schema(
            "NewSubcontract",
            id=identity(),
            organisation_id=identity(),
            words=Text(required=True, longest=500),
            amount_fen=fen(),
        ),
        subcontracting.ask,
        object_type=OBJECT,
    ),
    Act(
        "subcontract.decide",
        "决定是否同意分包",
        "/contract/subcontracts/decide",
        "contract.agree",
        schema("SubcontractDecision", id=identity(), consent=_flag(), reason=_maybe(500)),
        subcontracting.decide,
        object_type=OBJECT,
    ),
]

MONEY = [
    *acts_on(
        OBJECT,
        "/contract/bonds",
        Reasoned("bond.return", "退还履约保证金", "contract.agree", ending.return_bond),
        Reasoned("bond.call", "提出兑付履约保证金", terminating.MAKE, terminating.call_bond),
    ),
    Act(
        "income.record",
        "登记承接主体应缴款",
        "/contract/incomes",
        "contract.make",
        schema("NewContractIncome", id=identity(), amount_fen=fen(), reason=reason()),
        incomes.record,
        object_type=OBJECT,
    ),
    Act(
        "income.receive",
        "登记承接主体上缴款",
        "/contract/incomes/receive",
        "contract.receive",
        schema(
            "ContractIncomeReceived",
            id=identity(),
            amount_fen=fen(),
            way=one_of(incomes.BANK, incomes.NETTING, required=False, load_default=incomes.BANK),
            bank_reference=_maybe(120),
        ),
        incomes.receive,
        object_type=OBJECT,
    ),
    Act(
        "receivable.ask",
        "申请确认应付账款",
        "/contract/receivables",
        "contract.subcontract",
        schema(
            "NewReceivable",
            id=identity(),
            amount_fen=fen(),
            financier=Text(required=True, longest=120),
        ),
        receivables.ask,
        object_type=OBJECT,
    ),
    Act(
        "receivable.confirm",
        "确认应付账款",
        "/contract/receivables/confirm",
        "contract.agree",
        schema("ReceivableConfirmation", id=identity(), confirmed=_flag(), reason=_maybe(500)),
        receivables.confirm,
        object_type=OBJECT,
    ),
]

ACTS: list[Act] = [*LIFE, *CHANGES, *MONEY]
