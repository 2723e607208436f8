"""The legal clocks of procurement and contracts, each area's in its own list."""

from __future__ import annotations

from core.deadlines import DeadlineKind

QUESTION = "contract.question"
# What a question is called where its clock is kept.
QUESTION_TYPE = "tender_question"
TENDERS = [
    DeadlineKind(
        QUESTION,
        "答复供应商的询问",
        "enquiry.answer_working_days",
        "working_days",
        "政府采购法第五十一条、政府采购法实施条例第五十二条",
        "contract_tenders.questions",
        "tender.view",
    ),
]

KINDS = [*TENDERS]
