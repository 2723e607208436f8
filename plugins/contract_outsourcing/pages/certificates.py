"""What stands on a certificate of acceptance (验收单), in the words of official papers."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale

from core.formats import yuan_text
from plugins.contract_outsourcing.models import performance as p


def paper(milestone: dict[str, Any]) -> dict[str, Any]:
    """Return the data of `certificate.typ` for a milestone as `performance_queries.shown` says it.

    Always Chinese: it is a document of the purchaser's.
    """
    with force_locale("zh_Hans_CN"):
        return {
            "title": "政府购买服务验收单",
            "number": f"{milestone['contract']} · {milestone['name']}",
            "sections": [
                {"title": "合同", "facts": _facts(_contract(milestone))},
                {"title": "按标准逐项验收", "facts": _facts(_lines(milestone))},
                *_heard(milestone),
                *_deducted(milestone),
                {"title": "结论", "facts": _facts(_conclusion(milestone))},
            ],
            "signatures": [
                {"label": one, "value": ""} for one in ("验收人员", "购买主体复核", "承接主体")
            ],
        }


def _facts(rows: list[tuple[str, Any]]) -> list[dict[str, str]]:
    return [{"label": label, "value": str(value or "—")} for label, value in rows]


def _contract(milestone: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("合同", milestone["contract_name"]),
        ("合同编号", milestone["contract"]),
        ("购买主体", milestone["organisation"]),
        ("承接主体", milestone["provider"]),
        ("节点", milestone["name"]),
        ("约定交付", milestone["due_on"]),
        ("实际交付", milestone["delivered_on"]),
        ("节点金额", yuan_text(milestone["amount_fen"])),
    ]


def _lines(milestone: dict[str, Any]) -> list[tuple[str, Any]]:
    words = {p.MET: "合格", p.PARTLY: "部分合格", p.NOT_MET: "不合格"}
    approved = [one for one in milestone["acceptances"] if one["state"] == "approved"]
    results = approved[-1]["results"] if approved else {}
    return [
        (line["name"], _line(words, results[line["code"]]))
        for line in milestone["standard"]
        if line["code"] in results
    ]


def _line(words: dict[str, str], result: dict[str, str]) -> str:
    remark = result.get("words") or ""
    return words[result["found"]] + (f"（{remark}）" if remark else "")


def _heard(milestone: dict[str, Any]) -> list[dict[str, Any]]:
    if not milestone["is_public_service"]:
        return []
    said = milestone["opinions"]
    delivered = sum(1 for one in said if one["delivered"])
    rows: list[tuple[str, Any]] = [
        ("意见", f"{len(said)} 份"),
        ("已经送到", f"{delivered} 份"),
        ("没有送到", f"{len(said) - delivered} 份，均已核实答复"),
    ]
    return [{"title": "服务对象参与验收", "facts": _facts(rows)}]


def _deducted(milestone: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        (one["clause"], one["arithmetic"])
        for one in milestone["deductions"]
        if one["state"] == p.DECIDED
    ]
    return [{"title": "扣减", "facts": _facts(rows)}] if rows else []


def _conclusion(milestone: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("验收通过", milestone["accepted_on"]),
        ("扣减", yuan_text(milestone["deducted_fen"])),
        ("应付", yuan_text(milestone["payable_fen"])),
        ("其中已预付", yuan_text(milestone["advance_fen"])),
        ("最晚付款", milestone["pay_by"]),
    ]
