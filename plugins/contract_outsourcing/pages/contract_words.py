"""How contracts are spoken of on pages and on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from core.formats import yuan
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.service import limits

TONES = {
    c.DRAFT: "plain",
    c.AGREED: "wait",
    c.PERFORMING: "info",
    c.SUSPENDED: "bad",
    c.COMPLETED: "good",
    c.TERMINATED: "bad",
    c.CLOSED: "good",
    c.CANCELLED: "plain",
}


def milestone_kinds() -> dict[str, str]:
    """Return how the kinds of milestones are called."""
    return {
        "share": _("按进度"),
        "tail": _("绩效尾款"),
        "advance": _("预付"),
        "supplement": _("补充合同"),
        "order": _("订单"),
    }


def bond_forms() -> dict[str, str]:
    """Return how the forms of a performance bond are called, none of them cash."""
    return {
        "guarantee": _("银行保函"),
        "insurance": _("保证保险"),
        "cheque": _("支票"),
        "draft": _("汇票"),
        "promissory_note": _("本票"),
    }


def payment_starts() -> dict[str, str]:
    """Return from what the days of payment run."""
    return {
        "acceptance": _("自验收合格之日"),
        "delivery": _("自交付之日"),
        "confirmation": _("自双方确认进度之日"),
    }


def clauses(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the terms in words, one clause a row."""
    rows: list[tuple[str, str]] = []

    def say(label: str, words: str | None) -> None:
        if words:
            rows.append((label, words))

    say(_("验收标准"), "；".join(row["name"] for row in terms.get("standard") or ()))
    if terms.get("acceptance_days"):
        say(_("验收期限"), _("交付后 %(days)s 日", days=terms["acceptance_days"]))
    say(_("服务对象意见"), _("至少 %(count)s 份", count=terms.get("recipients_min") or 0))
    say(
        _("付款期限"),
        _(
            "%(start)s起 %(days)s 日内",
            start=payment_starts()[terms["payment_from"]],
            days=terms["payment_days"],
        ),
    )
    if terms.get("late_interest_ppm"):
        say(_("逾期付款利息"), _("每日 %(rate)s", rate=_ppm(terms["late_interest_ppm"])))
    _say_deductions(terms, say)
    _say_tail(terms, say)
    _say_prices(terms, say)
    if bond := terms.get("bond"):
        say(
            _("履约保证金"),
            _(
                "%(form)s %(amount)s 元，%(issuer)s，%(paper)s，有效期至 %(until)s",
                form=bond_forms()[bond["form"]],
                amount=yuan(bond["amount_fen"]),
                issuer=bond["issuer"],
                paper=bond["document"],
                until=bond["expires_on"],
            ),
        )
    if renewal := terms.get("renewal"):
        say(
            _("续签"),
            _(
                "最多 %(times)s 次，评价须达到 %(score)s 分",
                times=renewal["most_times"],
                score=_hundredths(renewal["min_centipoints"]),
            ),
        )
    if terms.get("income_share_bp"):
        say(_("收入上缴"), _("收费的 %(share)s 全额上缴国库", share=_bp(terms["income_share_bp"])))
    return rows


def paper(contract: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of the printed contract: the document as signed, whatever changed since."""
    kinds = milestone_kinds()
    return {
        "title": contract["name"],
        "number": _("合同编号 %(number)s", number=contract["number"]),
        "parties": [
            {"label": _("甲方（购买主体）"), "value": contract["purchaser"]},
            {"label": _("乙方（承接主体）"), "value": contract["provider"]},
            {
                "label": _("服务期限"),
                "value": f"{document['starts_on']} — {document['ends_on']}",
            },
            {"label": _("合同金额（元）"), "value": yuan(contract["value_fen"])},
        ],
        "parts": [{"title": one["name"], "words": one["words"]} for one in contract["parts"]],
        "clauses_title": _("具体条款"),
        "clauses": [
            {"label": label, "value": words} for label, words in clauses(contract["terms"])
        ],
        "milestones_title": _("付款节点"),
        "milestone_heads": [_("节点"), _("年度"), _("日期"), _("金额（元）")],
        "milestones": [
            {
                "name": f"{row['name']}（{kinds[row['kind']]}）",
                "year": str(row["fiscal_year"]),
                "due_on": row["due_on"] or "—",
                "amount": yuan(fen),
            }
            for row, fen in zip(
                document["terms"]["milestones"], document["milestones_fen"] or (), strict=False
            )
        ],
        "hash_label": _("文本指纹（SHA-256）"),
        "hash": contract["text_hash"] or _("未定稿"),
        "signatures": [
            {
                "label": label,
                "value": next(
                    (
                        one["signed_at"][:10]
                        for one in contract["signatures"]
                        if one["organisation_id"] == party
                    ),
                    "",
                ),
            }
            for label, party in (
                (_("甲方签署"), contract["organisation_id"]),
                (_("乙方签署"), contract["provider_id"]),
            )
        ],
    }


def labels() -> dict[str, str]:
    """Return how the fields of the form are called in its list of errors."""
    return {
        "name": _("合同名称"),
        "starts_on": _("开始日期"),
        "ends_on": _("结束日期"),
        "value_fen": _("合同金额"),
        "multi_year_reason": _("跨年度理由"),
        "terms": _("条款"),
        "parts": _("合同要素"),
        **limits.part_names(),
    }


def _say_deductions(terms: Mapping[str, Any], say: Any) -> None:
    if late := terms.get("late"):
        words = _("每逾期一日扣该节点的 %(rate)s", rate=_ppm(late["ppm_per_day"]))
        if late.get("cap_bp"):
            words += _("，累计不超过合同的 %(cap)s", cap=_bp(late["cap_bp"]))
        say(_("逾期交付"), words)
    for row in terms.get("quality") or ():
        say(
            row["name"],
            _("每%(unit)s扣 %(amount)s 元", unit=row["unit"], amount=yuan(row["unit_fen"])),
        )
    if terms.get("deduction_cap_bp"):
        say(_("扣减上限"), _("合同的 %(cap)s", cap=_bp(terms["deduction_cap_bp"])))


def _say_tail(terms: Mapping[str, Any], say: Any) -> None:
    tail = terms.get("tail")
    if not tail:
        return
    steps = [
        _(
            "%(score)s 分起付 %(factor)s",
            score=_hundredths(tier["from_centipoints"]),
            factor=_bp(tier["factor_bp"]),
        )
        for tier in tail["tiers"]
    ]
    say(_("绩效尾款"), "；".join([*steps, _("以下不付")]))
    say(
        _("评价权重"),
        _(
            "购买主体 %(purchaser)s，服务对象 %(recipients)s，第三方 %(third_party)s",
            **{side: _bp(weight) for side, weight in tail["weights"].items()},
        ),
    )


def _say_prices(terms: Mapping[str, Any], say: Any) -> None:
    for row in terms.get("unit_prices") or ():
        bands = [
            _("至 %(bound)s：%(price)s 元", bound=band["up_to"], price=yuan(band["unit_fen"]))
            if band["up_to"]
            else _("以上：%(price)s 元", price=yuan(band["unit_fen"]))
            for band in row["bands"]
        ]
        say(_("%(name)s（每%(unit)s）", name=row["name"], unit=row["unit"]), "；".join(bands))
    if terms.get("ceiling_fen"):
        say(_("框架最高限额"), _("%(amount)s 元", amount=yuan(terms["ceiling_fen"])))
    if index := terms.get("index"):
        say(
            _("价格指数"),
            _(
                "%(name)s，基数 %(base)s，调整不超过 ±%(clamp)s",
                name=index["name"],
                base=_hundredths(index["base"]),
                clamp=_bp(index["clamp_bp"]),
            ),
        )


def _hundredths(value: int) -> str:
    return f"{value // 100}.{value % 100:02d}".removesuffix(".00")


def _bp(value: int) -> str:
    return f"{_hundredths(value)}%"


def _ppm(value: int) -> str:
    return f"{_hundredths(value)}‱"
