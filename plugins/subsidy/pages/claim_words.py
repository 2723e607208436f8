"""A claim and a recovery in words: tones, who must act next, the calculation with a pencil."""

from __future__ import annotations

import json
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from core.access import Actor
from core.formats import yuan_text
from plugins.subsidy import rules
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.pages import pencil
from plugins.subsidy.pages.form_words import KINDS

TONES = {
    c.SUBMITTED: "wait",
    c.COMPUTED: "wait",
    c.APPROVED: "info",
    c.PAID: "good",
    c.REFUSED: "bad",
    c.WITHDRAWN: "plain",
    c.FORFEITED: "bad",
}
RECOVERY_TONES = {r.PROPOSED: "wait", r.STATED: "wait", r.DECIDED: "info", r.DROPPED: "plain"}


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a claim of a list with its period, amount and state as a table shows them."""
    return row | {
        "kind_name": str(KINDS[row["kind"]]),
        "period": period(row),
        "badge": (row["state_name"], TONES[row["state"]]),
        "fen": row["owed_fen"] if row["state"] != c.SUBMITTED else None,
    }


def period(row: dict[str, Any]) -> str:
    """Say for which days a claim is, or which instalment; nothing where neither."""
    if row["instalment"] is not None:
        return _("第 %(n)s 期", n=row["instalment"])
    if row["period_from"] is None:
        return ""
    return _("%(begin)s 至 %(end)s", begin=row["period_from"], end=row["period_to"])


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a whole claim with its calculation line by line and what happened to it."""
    kept = row["calculation"]
    return listed(row) | {
        "pencil": pencil.rows(rules.read_calculation(kept)) if kept else [],
        "result": yuan_text(row["amount_fen"]) if kept else "",
        "steps": _steps(row["history"]),
        "claimed_text": plain(row["claimed"]),
        "inputs_text": plain(row["inputs"]),
        "recoveries": [recovered(one) for one in row["recoveries"]],
    }


def recovered(row: dict[str, Any]) -> dict[str, Any]:
    """Return a recovery with its state's badge and what is still to come back (fen)."""
    left = row["amount_fen"] - row["received_fen"] if row["state"] == r.DECIDED else None
    return row | {
        "badge": (row["state_name"], RECOVERY_TONES[row["state"]]),
        "left_fen": left,
        "steps": _steps(row.get("history", [])),
    }


def waits_for(claim: dict[str, Any]) -> str:
    """Say what a claim waits for and who must do it; nothing once it waits for nobody."""
    if claim["state"] == c.SUBMITTED:
        return _("等购买主体经办人核验材料、计算金额。")
    if claim["state"] == c.COMPUTED:
        return _(
            "需要 %(needed)s 人批准，已有 %(given)s 人。还要 %(left)s 位没有申报、计算或批准过的"
            "复核人批准。",
            needed=claim["persons"],
            given=claim["approvals"],
            left=claim["persons"] - claim["approvals"],
        )
    if claim["state"] == c.APPROVED:
        return _("等财政部门编入支付批次付款。")
    return ""


def plain(kept: dict[str, Any] | None) -> str:
    """Write what was kept as plain text, so that an auditor reads it as it is."""
    return json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) if kept else ""


def onward(actor: Actor, claim: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where a claim leads: its scheme, application, agreement, and the walk of its money."""
    by_loan = claim["id"] if claim["kind"] == "interest_subsidy" else None
    places = [
        (_("逐笔贷款的计算"), "subsidy_interest.show", {"id": by_loan}, "claim.view"),
        (_("补贴项目"), "subsidy_schemes.show", {"id": claim["scheme_id"]}, "scheme.view"),
        (
            _("申请"),
            "subsidy_applications.show",
            {"id": claim["application_id"]},
            "application.view",
        ),
        (
            _("担保"),
            "subsidy_guarantees.show",
            {"id": claim["claimed"].get("guarantee_id")},
            "guarantee.view",
        ),
        (_("补贴协议"), "subsidy_grants.show", {"id": claim["grant_id"]}, "grant.view"),
        (_("额度池"), "budget.pool", {"id": claim["pool_id"]}, "budget.view"),
        (_("这笔钱怎么走的"), "audit.follow", {"q": claim["number"]}, "audit.view"),
    ]
    return [
        (label, url_for(endpoint, **values))
        for label, endpoint, values, permission in places
        if None not in values.values() and actor.may(permission)
    ]


def _steps(history: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"label": one["state"], "detail": one["at"], "state": "done"} for one in history]
