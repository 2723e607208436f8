"""Rounds, results and agreements in words: tones, parties, tiers, the calculation with a pencil."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from plugins.subsidy import rules
from plugins.subsidy.models import grants as g
from plugins.subsidy.models import results as m
from plugins.subsidy.pages import pencil

PARTIES = {
    m.PURCHASER: lazy_gettext("购买主体"),
    m.RECIPIENTS: lazy_gettext("服务对象"),
    m.THIRD_PARTY: lazy_gettext("第三方"),
}
ABOUT = PARTIES | {
    m.INVESTMENT: lazy_gettext("自有投入"),
    m.VETO: lazy_gettext("一票否决"),
}
ROUND_TONES = {m.OPEN: "wait", m.PUBLICISED: "info", m.SETTLED: "wait", m.CONCLUDED: "good"}
OBJECTION_TONES = {m.RAISED: "wait", m.UPHELD: "wait", m.REJECTED: "plain", m.CORRECTED: "good"}
GRANT_TONES = {g.SIGNED: "info", g.QUESTIONED: "wait", g.BROKEN: "bad", g.CLOSED: "good"}


def listed_round(row: dict[str, Any]) -> dict[str, Any]:
    """Return a round with its badge."""
    return row | {"badge": (row["state_name"], ROUND_TONES[row["state"]])}


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a result with its scores, tier and remarks as a table shows them."""
    scores = {f"score_{who}": points(row["scores"].get(who)) for who in m.PARTIES}
    return row | scores | {"tier_text": tier(row), "remark": remark(row)}


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a whole result with its calculation line by line, its versions and objections."""
    kept = row["calculation"]
    return listed(row) | {
        "pencil": pencil.rows(rules.read_calculation(kept)) if kept else [],
        "versions": [version(one) for one in row["versions"]],
        "objections": [objection(one) for one in row["objections"]],
        "weights_text": weights(row["weights"]),
        "given_rows": [
            one | {"party_name": str(PARTIES[one["party"]])} for one in row.get("given", [])
        ],
    }


def version(row: dict[str, Any]) -> dict[str, Any]:
    """Return a version of a result in words."""
    said = "，".join(
        f"{PARTIES[who]} {row['scores'][who]}" for who in m.PARTIES if who in row["scores"]
    )
    return row | {"scores_text": said, "tier_text": row["tier"] or "—"}


def objection(row: dict[str, Any]) -> dict[str, Any]:
    """Return an objection with its badge and what is corrected by it."""
    return row | {
        "badge": (row["state_name"], OBJECTION_TONES[row["state"]]),
        "about_text": str(ABOUT[row["about"]]) if row["about"] else "",
    }


def granted(row: dict[str, Any]) -> dict[str, Any]:
    """Return an agreement of a list with its badge."""
    return row | {"badge": (row["state_name"], GRANT_TONES[row["state"]])}


def weights(by_party: dict[str, int]) -> str:
    """Say how much each party's score counts."""
    return "，".join(
        f"{PARTIES[who]} {pencil.share_text(by_party[who])}" for who in m.PARTIES if who in by_party
    )


def points(centipoints: int | None) -> str:
    """Write a score as people read it; a dash where there is none."""
    return rules.points_text(centipoints) if centipoints is not None else "—"


def tier(row: dict[str, Any]) -> str:
    """Say which tier came out."""
    if row["veto"]:
        return _("否决")
    if row["is_below"]:
        return _("未达档")
    return row["tier"] or "—"


def remark(row: dict[str, Any]) -> str:
    """Say what else led to a result."""
    said = []
    if not row["stands"]:
        said.append(_("申请已撤回或撤销，不参加。"))
    if row["veto"]:
        said.append(_("一票否决：%(reason)s", reason=row["veto"]))
    if row["few_answers"]:
        said.append(_("有效答卷 %(n)s 份，不足规定份数，档次受限。", n=row["answers"]))
    if row["version"] > 1:
        said.append(_("异议成立后更正过。"))
    return " ".join(said)
