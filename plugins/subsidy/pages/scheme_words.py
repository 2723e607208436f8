"""A scheme in plain Chinese for the public: for whom, how much, until when, on what basis."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.formats import moment, yuan_text
from core.web import current_actor
from plugins.subsidy import rules
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages.amount_words import amounts
from plugins.subsidy.pages.form_words import KINDS
from plugins.subsidy.service import finding
from plugins.subsidy.service.applications import APPLIED_FOR, may_begin

TONES = {s.DRAFT: "plain", s.SUBMITTED: "wait", s.PUBLISHED: "good", s.CLOSED: "plain"}
KIND_HINTS = {
    "interest_subsidy": lazy_gettext("您向银行贷款，先付利息，政府替您付其中一部分。"),
    "guarantee_fee_subsidy": lazy_gettext("您请担保公司担保，担保费由政府补一部分。"),
    "risk_pool_share": lazy_gettext(
        "担保公司替您担保；万一贷款还不上，损失由几家分担。您仍要还款，政府不替您担保。"
    ),
    "award_tiers": lazy_gettext("先做事，再打分，按得分分档给奖励。"),
    "per_unit": lazy_gettext("核实了多少，就按每个的标准补多少。"),
    "fee_relief": lazy_gettext("应交的费用少交或不交。"),
    "tax_relief_memo": lazy_gettext("税由税务机关依法减免，这里只作登记，不另发钱。"),
}
CONCLUSIONS = {
    "no_effect": lazy_gettext("不影响公平竞争"),
    "exception": lazy_gettext("符合法定例外，可以实施"),
    "restricts": lazy_gettext("排除、限制竞争"),
}
MOST = {
    "award": lazy_gettext("奖励最高 %(sum)s"),
    "period": lazy_gettext("每期最多补 %(sum)s"),
    "year": lazy_gettext("每年最多贴息 %(sum)s"),
    "loan": lazy_gettext("贷款本金在 %(sum)s以内的给贴息"),
    "guarantee": lazy_gettext("一户最多担保 %(sum)s"),
}


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the public list with its kind in words and its state's badge."""
    return row | {
        "kind_name": str(KINDS[row["kind"]]),
        "kind_hint": str(KIND_HINTS[row["kind"]]),
        "badge": (row["state_name"], TONES[row["state"]]),
    }


def offered(row: dict[str, Any]) -> dict[str, Any]:
    """Return a scheme that the finder found, with kind, amount and time in words."""
    most = row["most"]
    return row | {
        "kind_name": str(KINDS[row["kind"]]),
        "kind_hint": str(KIND_HINTS[row["kind"]]),
        "most_words": MOST[most["of"]] % {"sum": yuan_text(most["fen"])} if most else "",
        "until_words": until_words(row),
        "is_open": is_open(row | {"state": s.PUBLISHED}, row),
    }


def is_open(scheme: dict[str, Any], terms: dict[str, Any]) -> bool:
    """Tell whether the reader is to be offered to apply in a scheme today."""
    today = clock.today().isoformat()
    opens, closes = terms["opens_on"], terms["closes_on"] or terms["ends_on"]
    applied_for = scheme["state"] == s.PUBLISHED and scheme["kind"] in APPLIED_FOR
    is_time = (opens or today) <= today <= (closes or today)
    return applied_for and is_time and may_begin(current_actor(), terms["applicant"])


def until_words(terms: dict[str, Any]) -> str:
    """Say until when one may apply: the call's days, or the scheme's last day without a call."""
    today = clock.today().isoformat()
    opens, closes = terms["opens_on"], terms["closes_on"]
    if closes is not None and closes < today:
        return _("本轮申报已在 %(day)s 截止", day=closes)
    until = closes or terms["ends_on"] or "—"
    if opens is not None and opens > today:
        return _("%(opens)s 起可以申报，到 %(until)s 止", opens=opens, until=until)
    return _("可以申报到 %(until)s（含当日）", until=until)


def sections(scheme: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a scheme says, in sections of facts and rows; what is not said is left out.

    A section has `title`, `facts` and `rows`, sentences that each stand alone.
    """
    document = scheme["terms"]
    terms = rules.read_terms(document)
    facts, rows = amounts(terms)
    parts = [
        (_("补什么"), _what(scheme), []),
        (_("给谁"), _whom(document, terms), []),
        (_("给多少"), facts, rows),
        (_("从什么时候到什么时候"), _when(scheme), []),
        (_("要交什么材料，怎么办"), _procedure(document), []),
        (_("依据什么"), _basis(terms), []),
    ]
    shown = [(title, [one for one in told if one[1]], more) for title, told, more in parts]
    return [
        {"title": title, "facts": told, "rows": more} for title, told, more in shown if told or more
    ]


def _what(scheme: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (_("方式"), str(KINDS[scheme["kind"]])),
        (_("意思是"), str(KIND_HINTS[scheme["kind"]])),
        (_("主管部门"), scheme["organisation"]),
        (_("项目编号"), scheme["code"]),
    ]


def _whom(document: dict[str, Any], terms: rules.Terms) -> list[tuple[str, Any]]:
    who = _("单位") if document["applicant"] == finding.APPLICANT else _("居民个人")
    conditions = [
        _("补贴或减免的部分单独记账") if terms.conditions.separate_accounts else "",
        _("公开承诺服务项目、价格和期限") if terms.conditions.price_promise else "",
        _("每月免费提供公益服务 %(hours)s 小时", hours=terms.conditions.free_hours)
        if terms.conditions.free_hours
        else "",
    ]
    return [
        (_("谁来申请"), who),
        (_("要符合"), finding.rule_words(document)),
        (_("还要做到"), "；".join(filter(None, conditions))),
        (
            _("其他支持"),
            _("同一事项已由凭单、合同或其他补贴支持的，也可以享受")
            if terms.combines
            else _("同一事项、同一期间已由凭单、合同或其他补贴支持的，不再补"),
        ),
        (
            _("累计上限"),
            _(
                "同一集团 %(years)s 年内各种补贴折算后合计不超过 %(sum)s",
                years=terms.aid.years,
                sum=yuan_text(terms.aid.ceiling_fen),
            )
            if terms.aid
            else None,
        ),
    ]


def _when(scheme: dict[str, Any]) -> list[tuple[str, Any]]:
    terms, today = scheme["terms"], clock.today().isoformat()
    coming = [
        _("第 %(n)s 版从 %(day)s 起执行", n=one["version"], day=one["effective_on"])
        for one in scheme["versions"]
        if one["effective_on"] and one["effective_on"] > today
    ]
    return [
        (_("实施期限"), _span(terms["starts_on"], terms["ends_on"])),
        (
            _("申报时间"),
            _span(terms["opens_on"], terms["closes_on"]) or _("随时可以申报，到实施期限截止"),
        ),
        (_("公布时间"), _moment(scheme["published_at"])),
        (_("条款版本"), _("第 %(n)s 版", n=scheme["version"])),
        (_("以后的条款"), "；".join(coming)),
    ]


def _procedure(document: dict[str, Any]) -> list[tuple[str, Any]]:
    papers = "；".join(one["name"] for one in document["evidence"])
    bands = [
        _("%(sum)s以内由 %(n)s 人审批", sum=yuan_text(one["up_to_fen"]), n=one["persons"])
        if one["up_to_fen"] is not None
        else _("再高的由 %(n)s 人审批", n=one["persons"])
        for one in document["approval"]
    ]
    days = document["publicity_days"]
    return [
        (_("材料"), papers or _("不用另交材料")),
        (
            _("公示"),
            _("结果公示 %(days)s 天，有意见可以提出", days=days) if days else _("不公示"),
        ),
        (_("审批"), "；".join(bands)),
    ]


def _basis(terms: rules.Terms) -> list[tuple[str, Any]]:
    laws = "；".join(
        f"《{one.title}》{f'（{one.document_no}）' if one.document_no else ''}{one.article}"
        for one in terms.legal_basis
    )
    review = terms.review
    said = review and _(
        "%(day)s 审查：%(conclusion)s（%(document)s）",
        day=review.reviewed_on.isoformat(),
        conclusion=str(CONCLUSIONS[review.conclusion]),
        document=review.document,
    )
    return [(_("法律政策依据"), laws), (_("公平竞争审查"), said)]


# --- days --------------------------------------------------------------------------------------


def _span(begins: str | None, ends: str | None) -> str:
    if begins and ends:
        return _("%(begins)s 到 %(ends)s（含当日）", begins=begins, ends=ends)
    if ends:
        return _("到 %(ends)s（含当日）", ends=ends)
    return _("%(begins)s 起", begins=begins) if begins else ""


def _moment(text: str | None) -> str:
    return moment(clock.instant(text)) if text else ""
