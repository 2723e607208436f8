"""Contracts drafted, agreed and signed, as the tests of what follows need them: SP-6's contract."""

from __future__ import annotations

from typing import Any

from core import clock
from tests import factories
from tests.contract.awards_world import Awarded, manager_of, published_award, under_way
from tests.factories import County, do

VALUE = 96_000_000
AWARDED, DRAFTED, SIGNED = "2026-02-09T10:00", "2026-02-11T10:00", "2026-02-12T10:00"

PARTS = {
    "scope": "全区独居老人上门巡访服务。",
    "subject": "上门巡访。",
    "quantity": "1,200 人次。",
    "quality": "每次不少于三十分钟，有记录。",
    "period": "十二个月。",
    "payment": "按节点验收后三十日内支付。",
    "rights": "甲方监督检查，乙方按约提供服务。",
    "liability": "逾期按日万分之五，缺一次扣 150 元。",
}


def terms(**changes: Any) -> dict[str, Any]:
    """Return the terms of SP-6's contract, changed as asked."""
    return {
        "milestones": [
            part("M1", "服务方案", 3000, 2026, "2026-03-31"),
            part("M2", "上半年服务", 3000, 2026, "2026-08-31"),
            part("M3", "下半年服务", 3000, 2027, "2027-02-28"),
            part("T", "绩效尾款", 1000, 2027, "2027-04-30", kind="tail"),
        ],
        "standard": [
            {"code": "visits", "name": "巡访次数", "required": True},
            {"code": "records", "name": "巡访记录", "required": True},
        ],
        "acceptance_days": 10,
        "recipients_min": 1,
        "late": {"ppm_per_day": 500, "cap_bp": 1000},
        "quality": [{"code": "missed", "name": "缺少巡访", "unit": "次", "unit_fen": 15_000}],
        "tail": {
            "tiers": [
                {"from_centipoints": 9000, "factor_bp": 10_000},
                {"from_centipoints": 8000, "factor_bp": 9000},
                {"from_centipoints": 7000, "factor_bp": 7000},
            ],
            "weights": {"purchaser": 3000, "recipients": 3000, "third_party": 4000},
        },
        "bond": {
            "form": "guarantee",
            "issuer": "望城区农商银行",
            "document": "保函 2026-17",
            "amount_fen": 4_800_000,
            "expires_on": "2027-06-30",
        },
        "payment_days": 30,
    } | changes


def part(
    code: str, name: str, share_bp: int | None, year: int, due_on: str, *, kind: str = "share"
) -> dict[str, Any]:
    """Return a milestone of the terms."""
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "share_bp": share_bp,
        "fiscal_year": year,
        "due_on": due_on,
    }


def award(county: County, amount_fen: int = VALUE, **changes: Any) -> Awarded:
    """Put SP-6's award in place: 600,000 yuan of this year planned and 400,000 of the next."""
    if "purchase_id" not in changes and "tender_id" not in changes:
        changes["purchase_id"] = plan(county)
    changes.setdefault("ceiling_fen", 100_000_000)
    changes.setdefault("at", AWARDED)
    if "tender_id" in changes:
        del changes["ceiling_fen"]
    return published_award(county, county.provider, amount_fen, **changes)


def plan(county: County, **changes: Any) -> int:
    """File SP-6's plan and return its number."""
    fields: dict[str, Any] = {
        "amount_fen": 60_000_000,
        "name": "独居老人上门巡访",
        "forward": [{"fiscal_year": 2027, "amount_fen": 40_000_000}],
        "starts_on": "2026-03-01",
        "ends_on": "2027-12-31",
    }
    return under_way(county, **fields | changes)


def fields(award_id: int, **changes: Any) -> dict[str, Any]:
    """Return what `contract.draft` takes for SP-6's contract, changed as asked."""
    return {
        "award_id": award_id,
        "name": "独居老人上门巡访服务合同",
        "parts": PARTS,
        "terms": terms(),
        "starts_on": "2026-03-01",
        "ends_on": "2027-02-28",
        "value_fen": VALUE,
    } | changes


def small(award_id: int, value_fen: int) -> dict[str, Any]:
    """Return what `contract.draft` takes for a contract of one year, delivered in two halves."""
    halves = [
        part("M1", "上半年服务", 5000, 2026, "2026-06-30"),
        part("M2", "下半年服务", 5000, 2026, "2026-11-30"),
    ]
    only = terms(milestones=halves)
    return fields(
        award_id,
        terms={name: said for name, said in only.items() if name not in {"tail", "bond"}},
        starts_on="2026-03-10",
        ends_on="2026-12-31",
        value_fen=value_fen,
    )


def draft(county: County, awarded: Awarded | None = None, **changes: Any) -> dict[str, Any]:
    """Draft a contract for an award (SP-6's if none is given) and return the answer."""
    found = awarded or award(county)
    with clock.frozen(DRAFTED):
        return do("contract.draft", county.actor("purchaser_clerk"), **fields(found.id, **changes))


def agreed(county: County, awarded: Awarded | None = None, **changes: Any) -> dict[str, Any]:
    """Draft a contract and have it agreed; return the answer, with the hash of its text."""
    number = draft(county, awarded, **changes)["id"]
    with clock.frozen(DRAFTED):
        return do("contract.agree", county.actor("purchaser_approver"), id=number)


def sign(county: County, contract: dict[str, Any], *, at: str = SIGNED) -> dict[str, Any]:
    """Let both parties sign an agreed contract, the provider first; return the last answer."""
    asked = {"id": contract["id"], "text_hash": contract["text_hash"]}
    with clock.frozen(at):
        do("contract.sign", manager_of(county, county.provider), **asked)
        return do("contract.sign", county.actor("purchaser_approver"), **asked)


def signed_contract(county: County, awarded: Awarded | None = None, **changes: Any) -> int:
    """Sign SP-6's contract, its draft's fields changed as asked, and return its number."""
    found = agreed(county, awarded, **changes)
    sign(county, found)
    return int(found["id"])


def line_of(county: County, amount_fen: int = 60_000_000) -> int:
    """Return a new line of the year of signing."""
    return factories.make_line(county, code="LAW26", amount_fen=amount_fen)


def amended(county: County, number: int, *, at: str, **changes: Any) -> dict[str, Any]:
    """Propose a change of a contract and have it approved; return the answer, with its hash."""
    with clock.frozen(at):
        asked = {"words": "增加服务。", "reason": "需要增加。"} | changes
        proposed = do("contract.amend", county.actor("purchaser_clerk"), id=number, **asked)
        return do("amendment.approve", county.actor("purchaser_approver"), id=proposed["id"])


def sign_amendment(county: County, amendment: dict[str, Any], *, at: str) -> dict[str, Any]:
    """Let both parties sign an approved change; return the last answer."""
    asked = {"id": amendment["id"], "text_hash": amendment["text_hash"]}
    with clock.frozen(at):
        do("amendment.sign", manager_of(county, county.provider), **asked)
        return do("amendment.sign", county.actor("purchaser_approver"), **asked)


def supplement(amount_fen: int, **changes: Any) -> dict[str, Any]:
    """Return what `contract.amend` takes for a supplement of so much."""
    return {
        "kind": "supplement",
        "amount_fen": amount_fen,
        "changes": {"milestone": "补充巡访"},
    } | changes
