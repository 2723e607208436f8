"""Acts on contracts until they are in force: drafted, agreed, signed by both parties."""

from __future__ import annotations

from marshmallow import fields

from core.acts import Act
from core.fields import Text, date, fen, identity, reason, schema
from core.purchases.schemas import Paragraphs
from plugins.contract_outsourcing.models.contracts import PARTS
from plugins.contract_outsourcing.service import contracts, signing
from plugins.contract_outsourcing.terms_schema import ContractTermsSchema

OBJECT = "contract"


# A part left empty is named when the draft is judged.
_PARTS = schema(
    "ContractParts",
    **{part: Paragraphs(longest=4000, shortest=0, load_default="") for part in PARTS},
)


def _content() -> dict[str, fields.Field]:
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
    Act(
        "contract.agree",
        "复核合同",
        "/contract/contracts/agree",
        "contract.agree",
        schema("ContractAgreement", id=identity()),
        contracts.agree,
        object_type=OBJECT,
    ),
    Act(
        "contract.send_back",
        "退回合同草案",
        "/contract/contracts/send-back",
        "contract.agree",
        schema("ContractSentBack", id=identity(), reason=reason()),
        contracts.send_back,
        object_type=OBJECT,
    ),
    Act(
        "contract.cancel",
        "作废未签署的合同",
        "/contract/contracts/cancel",
        "contract.agree",
        schema("ContractCancelled", id=identity(), reason=reason()),
        contracts.cancel,
        object_type=OBJECT,
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

ACTS: list[Act] = [*DRAFTING]
