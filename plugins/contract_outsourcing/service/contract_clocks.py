"""The legal clocks of signed contracts: made public and filed in time."""

from __future__ import annotations

from core import clock, deadlines
from core.deadlines import DeadlineKind
from plugins.contract_outsourcing.models import Contract
from plugins.contract_outsourcing.service import award_clocks

PUBLISH, FILE = "contract.publishing", "contract.filing"
CONFIRM = "receivable.confirming"
KINDS: list[DeadlineKind] = [
    DeadlineKind(
        PUBLISH,
        "合同公告",
        "contract.publish_working_days",
        "working_days",
        "政府采购法实施条例第五十条",
        "contract_contracts.show",
        "contract.view",
    ),
    DeadlineKind(
        FILE,
        "合同备案",
        "contract.file_working_days",
        "working_days",
        "政府采购法第四十七条",
        "contract_contracts.show",
        "contract.view",
    ),
    DeadlineKind(
        CONFIRM,
        "确认应付账款",
        "payment.receivable_confirm_days",
        "days",
        "保障中小企业款项支付条例第十六条",
    ),
]


def signed(contract: Contract) -> None:
    """Stop the award's clock of signing and start those of publication and filing."""
    award_clocks.stop_signing(contract.award_id)
    for kind in (PUBLISH, FILE):
        deadlines.start(
            kind,
            "contract",
            contract.id,
            from_on=clock.today(),
            organisation_id=contract.organisation_id,
            division_code=contract.division_code,
            what=f"{contract.number} {contract.name}",
        )


def stop(kind: str, contract: Contract) -> None:
    """Stop one of a contract's clocks."""
    deadlines.stop(kind, "contract", contract.id)
