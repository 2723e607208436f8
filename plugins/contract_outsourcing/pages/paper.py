"""Official papers of procurement and contracts on A4: what stands on each, always in Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Response
from flask_babel import force_locale

from core.documents import pdf
from core.formats import NOTHING, yuan, yuan_text
from plugins.contract_outsourcing.pages import contract_words, tender_words

TEMPLATE = Path(__file__).parents[1] / "templates" / "contract" / "paper.typ"
Facts = list[tuple[str, Any]]


@contextmanager
def in_chinese() -> Iterator[None]:
    """Speak Chinese inside, whatever the reader's language: these are documents of an office."""
    with force_locale("zh_Hans_CN"):
        yield


def printed(data: Mapping[str, Any], name: str, template: Path = TEMPLATE) -> Response:
    """Return a paper as PDF, to be opened in the browser or kept under a name."""
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf(template, data), mimetype="application/pdf", headers=headers)


def notice(tender: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notice with its documents (`tender_queries.public_tender`)."""
    sections = [_section(one["title"], one["facts"]) for one in tender_words.sections(dict(tender))]
    if tender["end_reason"]:
        sections.insert(0, _section(tender["state_name"], [("原因", tender["end_reason"])]))
    if indicators := tender["sheet"].get("indicators"):
        rows = [[one["name"], str(one["points"]), _standard(one)] for one in indicators]
        sections.append(_table("评分因素", ["因素", "满分", "标准"], rows, "lrl"))
    if tender["amendments"]:
        words = [(f"第 {one['number']} 次", one["words"]) for one in tender["amendments"]]
        sections.append(_section("澄清和修改", words))
    if tender["questions"]:
        asked = [(one["words"], one["answer"] or "还没有答复") for one in tender["questions"]]
        sections.append(_table("提问和答复", ["提问", "答复"], [list(one) for one in asked], "ll"))
    return _paper(f"{tender['name']}采购公告", tender["number"], sections)


def report(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the panel's report with every sum (`award_queries.ranking`)."""
    placed = [one for one in found["items"] if one["place"]]
    heads, align = ["名次", "供应商", "报价（元）", "评审价（元）"], "llrr"
    if found["is_scored"]:
        heads, align = [*heads, "价格分", "其他得分", "总分"], align + "rrr"
    sections = [_table("排序", heads, [_ranked(one, found) for one in placed], align)]
    sections += [
        _section(
            f"第 {one['place']} 名 {one['provider']}",
            [
                ("价格分", one["price_sum"]),
                ("其他得分", one["other_sum"]),
                ("总分", f"{one['total_sum']}（精确值 {one['exact']}）"),
                *([("并列处理", one["tie_break"])] if one["tie_break"] else []),
                *([("抽签种子", one["lot_seed"])] if one["lot_seed"] else []),
            ],
        )
        for one in placed
        if found["is_scored"]
    ]
    left_out = [(one["provider"], one["reason"]) for one in found["items"] if not one["place"]]
    if left_out:
        sections.append(_section("不参加排序", left_out))
    return _paper(f"{found['name']}评审报告", found["number"], sections, ["评审组成员", "日期"])


def result(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a published result (`award_queries.notice`)."""
    awards = [
        [one["provider"], yuan(one["amount_fen"]), one["score"] or NOTHING]
        for one in found["awards"]
    ]
    panel = "、".join(
        one["name"] + ("（采购人代表）" if one["kind"] == "own" else "") for one in found["panel"]
    )
    sections = [
        _section(
            "采购项目",
            [
                ("采购人", found["purchaser"]),
                ("采购方式", found["method"]),
                ("最高限价", yuan_text(found["ceiling_fen"])),
                ("公告日期", found["awarded_on"]),
                ("质疑期限（含当日）", found["challenge_until"]),
            ],
        ),
        _table("中标、成交供应商", ["供应商", "金额（元）", "评审得分"], awards, "lrr"),
    ]
    if panel:
        sections.append(_section("评审", [("评审组", panel)]))
    about: Facts = [
        ("服务内容", found["content"].get("service")),
        ("对供应商的要求", "；".join(found["content"].get("conditions") or ())),
    ]
    if any(words for _label, words in about):
        sections.append(_section("采购内容", [one for one in about if one[1]]))
    return _paper(f"{found['name']}中标（成交）结果公告", found["number"], sections)


def deduction(milestone: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    """Return the decision on one deduction of a milestone (`performance_queries.shown`)."""
    sections = [
        _section(
            "合同",
            [
                ("合同", milestone["contract_name"]),
                ("购买主体", milestone["organisation"]),
                ("承接主体", milestone["provider"]),
                ("节点", milestone["name"]),
                ("节点金额", yuan_text(milestone["amount_fen"])),
            ],
        ),
        _section(
            "决定",
            [
                ("依据的条款", one["clause"]),
                ("事实", one["evidence"]),
                ("计算", one["arithmetic"]),
                ("承接主体陈述", one["statement"] or f"至 {one['statement_until']} 没有陈述"),
                ("理由", one["reason"]),
                ("扣减金额", yuan_text(one["capped_fen"])),
                ("决定日期", one["decided_on"]),
            ],
        ),
    ]
    number = f"{milestone['contract']} · {milestone['name']}"
    return _paper("扣减决定书", number, sections, ["购买主体（盖章）", "承接主体签收", "日期"])


def final_account(contract: Mapping[str, Any], paid_fen: Mapping[int, int]) -> dict[str, Any]:
    """Return the final account of a closed contract (`contract_queries.show`).

    `paid_fen` is what the ledger says was paid for each milestone.
    """
    money, kinds = contract["money"], contract_words.milestone_kinds()
    rows = [
        [
            f"{one['name']}（{kinds[one['kind']]}）",
            str(one["fiscal_year"]),
            yuan(one["amount_fen"]),
            yuan(one["deducted_fen"]),
            yuan(paid_fen.get(one["id"], 0)),
            one["paid_on"] or one["state_name"],
        ]
        for one in contract["milestones"]
    ]
    total = ["合计", "", *_sums(contract["milestones"], paid_fen), ""]
    sections = [
        _section(
            "合同",
            [
                ("购买主体", contract["purchaser"]),
                ("承接主体", contract["provider"]),
                ("服务期", f"{contract['starts_on']} 至 {contract['ends_on']}"),
                ("评价得分", contract["score"]),
            ],
        ),
        _section(
            "结算",
            [
                ("合同金额（含变更）", yuan_text(money["value_fen"])),
                ("已付", yuan_text(money["paid_fen"])),
                ("扣减", yuan_text(money["deducted_fen"])),
                ("取消", yuan_text(money["cancelled_fen"])),
                ("未付", yuan_text(money["unpaid_fen"])),
            ],
        ),
        _table(
            "各节点",
            ["节点", "年度", "金额（元）", "扣减（元）", "已付（元）", "付清"],
            [*rows, total],
            "llrrrl",
        ),
        *_changed(contract),
    ]
    signed = ["购买主体（盖章）", "承接主体（盖章）", "日期"]
    return _paper("合同结算单", f"{contract['number']} {contract['name']}", sections, signed)


# --- parts -------------------------------------------------------------------------------------


def _sums(rows: list[dict[str, Any]], paid_fen: Mapping[int, int]) -> list[str]:
    return [
        yuan(sum(one["amount_fen"] for one in rows)),
        yuan(sum(one["deducted_fen"] for one in rows)),
        yuan(sum(paid_fen.values())),
    ]


def _changed(contract: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the changes in force and what became of the bonds."""
    changes = [
        [str(one["number"]), one["kind_name"], yuan(one["amount_fen"]), one["words"]]
        for one in contract["amendments"]
        if one["state"] == "in_force"
    ]
    bonds = [
        (contract_words.bond_forms()[one["form"]], f"{one['document']}，{one['state_name']}")
        for one in contract["bonds"]
    ]
    found = []
    if changes:
        found.append(_table("变更", ["序号", "种类", "金额（元）", "内容"], changes, "llrl"))
    if bonds:
        found.append(_section("履约保证金", bonds))
    return found


def _ranked(one: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    small = "（小微企业）" if one["small_firm"] else ""
    evaluated = one["evaluated"].rsplit("= ", 1)[-1]
    cells = [str(one["place"]), f"{one['provider']}{small}", yuan(one["price_fen"]), evaluated]
    if found["is_scored"]:
        cells += [one["price_score"], one["other_score"], one["total"]]
    return cells


def _standard(one: Mapping[str, Any]) -> str:
    levels = "；".join(f"{row['points']} 分：{row['words']}" for row in one.get("levels") or ())
    return "。".join(words for words in (one.get("standard"), levels) if words)


def _section(title: str, facts: Any) -> dict[str, Any]:
    rows = [{"label": label, "value": str(value or NOTHING)} for label, value in facts]
    return {"title": title, "facts": rows, "heads": [], "rows": [], "align": ""}


def _table(title: str, heads: list[str], rows: list[list[str]], align: str) -> dict[str, Any]:
    return {"title": title, "facts": [], "heads": heads, "rows": rows, "align": align}


def _paper(
    title: str,
    number: str,
    sections: list[dict[str, Any]],
    signatures: list[str] | None = None,
) -> dict[str, Any]:
    signed = signatures or []
    return {"title": title, "number": number, "sections": sections, "signatures": signed}
