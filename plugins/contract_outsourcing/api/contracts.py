"""Acts on contracts until they are in force, and what people read of contracts."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import ID_MAX, Text, date, fen, identity, one_of, schema
from core.purchases.schemas import Paragraphs, one, page
from plugins.contract_outsourcing.api import contract_life
from plugins.contract_outsourcing.models.contracts import PARTS, STATES
from plugins.contract_outsourcing.service import (
    contract_queries,
    contracts,
    scoring_record,
    signing,
)
from plugins.contract_outsourcing.terms_schema import ContractTermsSchema

OBJECT = "contract"


# A part left empty is named when the draft is judged.
_PARTS = schema(
    "ContractParts",
    **{part: Paragraphs(longest=4000, shortest=0, load_default="") for part in PARTS},
)


def _content() -> dict[str, Any]:
    return {
        "name": Text(required=True, longest=120),
        "parts": fields.Nested(_PARTS, required=True),
        "terms": fields.Nested(ContractTermsSchema, required=True),
        "starts_on": date(),
        "ends_on": date(),
        "value_fen": fen(minimum=0),
        "multi_year_reason": Text(longest=500, load_default=None, allow_none=True),
        "evaluator_id": identity(required=False, load_default=None, allow_none=True),
    }


DRAFTING = [
    Act(
        "contract.draft",
        "起草合同",
        "/contract/contracts",
        "contract.make",
        schema("NewContract", award_id=identity(), **_content()),
        contracts.draft,
        object_type=OBJECT,
    ),
    Act(
        "contract.revise",
        "修改合同草案",
        "/contract/contracts/revise",
        "contract.make",
        schema("ContractRevision", id=identity(), **_content()),
        contracts.revise,
        object_type=OBJECT,
    ),
    *acts_on(
        OBJECT,
        "/contract/contracts",
        Deed("contract.agree", "复核合同", "contract.agree", contracts.agree),
        Reasoned("contract.send_back", "退回合同草案", "contract.agree", contracts.send_back),
        Reasoned("contract.cancel", "作废未签署的合同", "contract.agree", contracts.cancel),
    ),
    Act(
        "contract.sign",
        "签署合同",
        "/contract/contracts/sign",
        "contract.sign",
        schema(
            "ContractSignature",
            id=identity(),
            text_hash=Text(required=True, longest=64, shortest=64),
        ),
        signing.sign,
        object_type=OBJECT,
    ),
]

READING = [
    Act(
        "contract.list",
        "查看合同列表",
        "/contract/contracts",
        "contract.view",
        page(
            "ContractList",
            state=one_of(*STATES, required=False, load_default=None, allow_none=True),
        ),
        contract_queries.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "contract.show",
        "查看合同",
        "/contract/contract",
        "contract.view",
        one("ContractQuery"),
        contract_queries.show,
        method="GET",
        reads=True,
    ),
    Act(
        "contract.to_draft",
        "查看待签合同的中标成交结果",
        "/contract/contracts/to-draft",
        "contract.make",
        schema("ContractsToDraft"),
        contract_queries.to_draft,
        method="GET",
        reads=True,
    ),
    Act(
        "provider.credit",
        "查看承接主体履约信用",
        "/contract/credit",
        "contract.view",
        schema(
            "ProviderCredit",
            provider_id=fields.Integer(required=True, validate=validate.Range(1, ID_MAX)),
        ),
        scoring_record.credit,
        method="GET",
        reads=True,
    ),
    Act(
        "public.contracts",
        "查看公开的合同",
        "/public/contracts",
        None,
        page("PublicContracts"),
        contract_queries.public,
        method="GET",
        reads=True,
    ),
]

ACTS: list[Act] = [*DRAFTING, *contract_life.ACTS, *READING]
