"""How the form names what a scheme is made of."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages.amount_words import PARTY_NAMES

KINDS: dict[str, object] = {
    "interest_subsidy": _l("贷款贴息"),
    "guarantee_fee_subsidy": _l("担保费补贴"),
    "risk_pool_share": _l("担保风险分担"),
    "award_tiers": _l("以奖代补"),
    "per_unit": _l("按数量补贴"),
    "fee_relief": _l("费用减免"),
    "tax_relief_memo": _l("税收减免登记"),
}
KIND_HINTS: dict[str, object] = {
    "interest_subsidy": _l("银行贷款的利息，财政贴一部分。"),
    "guarantee_fee_subsidy": _l("向融资担保公司交的担保费，财政补一部分。"),
    "risk_pool_share": _l("担保公司代偿后，资金池分担一份损失。"),
    "award_tiers": _l("评分定档，做得好的给奖励，分期拨付。"),
    "per_unit": _l("按核实的床位、人次、人数乘以单价。"),
    "fee_relief": _l("行政事业性收费少收或不收。"),
    "tax_relief_memo": _l("税务机关减免的税额，只登记，不动用预算。"),
}
APPLICANTS: dict[str, object] = {"organisation": _l("单位"), "resident": _l("个人")}
CONCLUSIONS: dict[str, object] = {
    "no_effect": _l("不影响公平竞争"),
    "exception": _l("符合法定例外，可以实施"),
    "restricts": _l("排除、限制竞争"),
}
DAY_COUNTS: dict[str, object] = {
    "act_360": _l("实际天数/360"),
    "act_365": _l("实际天数/365"),
    "30e_360": _l("30/360"),
    "act_act": _l("实际天数/当年天数"),
}
METHODS: dict[str, object] = {
    "share": _l("贴实际利息的一定比例"),
    "points": _l("贴一定点数"),
    "borrower_bears": _l("借款人承担 LPR 减点，其余财政贴"),
}
PARTIES = {code: PARTY_NAMES[code] for code in ("purchaser", "recipients", "third_party")}
BEARERS = {code: PARTY_NAMES[code] for code in ("pool", "guarantor", "bank", "reguarantor")}
TONES = {
    s.DRAFT: "plain",
    s.SUBMITTED: "wait",
    s.PUBLISHED: "good",
    s.APPROVED: "good",
    s.CLOSED: "plain",
}
