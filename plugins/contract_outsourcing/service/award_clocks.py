"""The legal clocks between the end of an evaluation and the contract, and those of challenges."""

from __future__ import annotations

from core import clock, deadlines
from core.deadlines import DeadlineKind
from plugins.contract_outsourcing.models import Award, Challenge, Tender
from plugins.contract_outsourcing.service.steps import TENDER

AWARD, CHALLENGE = "award", "challenge"
REPORT, DECIDE, PUBLISH = "panel.reporting", "award.deciding", "award.publishing"
SIGN = "contract.signing"
ENQUIRY_ANSWER, CHALLENGE_ANSWER = "enquiry.answering", "challenge.answering"
COMPLAINT_DECISION = "complaint.deciding"

_AWARDING, _REMEDY = "政府采购法实施条例第四十三条", "政府采购法第五十三条"
KINDS = [
    DeadlineKind(
        REPORT,
        "提交评审报告",
        "award.report_working_days",
        "working_days",
        _AWARDING,
        "contract_awards.ranking",
        "award.view",
    ),
    DeadlineKind(
        DECIDE,
        "确定中标、成交供应商",
        "award.decide_working_days",
        "working_days",
        _AWARDING,
        "contract_awards.ranking",
        "award.view",
    ),
    DeadlineKind(
        PUBLISH,
        "公告中标、成交结果",
        "award.publish_working_days",
        "working_days",
        _AWARDING,
        "contract_awards.ranking",
        "award.view",
    ),
    DeadlineKind(
        SIGN,
        "签订政府采购合同",
        "contract.sign_days",
        "days",
        "政府采购法第四十六条",
        "contract_cases.of_award",
        "case.view",
    ),
    DeadlineKind(
        ENQUIRY_ANSWER,
        "答复供应商询问",
        "enquiry.answer_working_days",
        "working_days",
        "政府采购法实施条例第五十二条",
        "contract_awards.challenge",
        "challenge.view",
    ),
    DeadlineKind(
        CHALLENGE_ANSWER,
        "答复供应商质疑",
        "challenge.answer_working_days",
        "working_days",
        _REMEDY,
        "contract_awards.challenge",
        "challenge.view",
    ),
    DeadlineKind(
        COMPLAINT_DECISION,
        "处理供应商投诉",
        "complaint.decide_working_days",
        "working_days",
        "政府采购法第五十六条",
        "contract_awards.challenge",
        "challenge.view",
    ),
]
OF_CHALLENGE = {
    "enquiry": ENQUIRY_ANSWER,
    "challenge": CHALLENGE_ANSWER,
    "complaint": COMPLAINT_DECISION,
}


def start(kind: str, tender: Tender) -> None:
    """Start a clock of a procurement today."""
    deadlines.start(
        kind,
        TENDER,
        tender.id,
        from_on=clock.today(),
        organisation_id=tender.organisation_id,
        division_code=tender.division_code,
        what=f"{tender.number} {tender.name}",
    )


def stop(kind: str, tender: Tender) -> None:
    """Stop it."""
    deadlines.stop(kind, TENDER, tender.id)


def stop_all(tender: Tender) -> None:
    """Stop every clock of a procurement that ends without an award."""
    for kind in (REPORT, DECIDE, PUBLISH):
        stop(kind, tender)


def start_signing(award: Award, tender: Tender) -> None:
    """Start the clock of a contract that is to be signed after the notice of an award."""
    deadlines.start(
        SIGN,
        AWARD,
        award.id,
        from_on=clock.today(),
        organisation_id=tender.organisation_id,
        division_code=tender.division_code,
        what=f"{tender.number} {tender.name}",
    )


def stop_signing(award_id: int) -> None:
    """Stop it: signed, refused or cancelled."""
    deadlines.stop(SIGN, AWARD, award_id)


def start_answer(challenge: Challenge, tender: Tender) -> None:
    """Start the clock within which an enquiry, challenge or complaint is answered."""
    deadlines.start(
        OF_CHALLENGE[challenge.kind],
        CHALLENGE,
        challenge.id,
        from_on=clock.today(),
        organisation_id=challenge.organisation_id,
        division_code=challenge.division_code,
        what=f"{tender.number} {tender.name}",
    )


def stop_answer(challenge: Challenge) -> None:
    """Stop it: answered or withdrawn."""
    deadlines.stop(OF_CHALLENGE[challenge.kind], CHALLENGE, challenge.id)
