"""An application in words: its state as a badge, what comes next, what happened to it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.formats import yuan_text
from plugins.subsidy.models import applications as a
from plugins.subsidy.rules import awards

TONES = {
    a.DRAFT: "plain",
    a.SUBMITTED: "wait",
    a.COMPLETE: "wait",
    a.ELIGIBLE: "good",
    a.INELIGIBLE: "bad",
    a.AGREED: "good",
    a.REJECTED: "bad",
    a.WITHDRAWN: "plain",
    a.REVOKED: "bad",
}
NEXT: dict[str, Any] = {
    a.DRAFT: _l("填好以后提交。没有提交的，我们看不到。"),
    a.SUBMITTED: _l("请等我们核对材料，缺什么会一次告诉您。"),
    a.COMPLETE: _l("材料齐了，正在按条件审核，请等结果。"),
    a.INELIGIBLE: _l("按公布的条件不能享受，原因见下。情况有变化可以重新申报。"),
    a.AGREED: _l("协议已签，按协议分期付款。"),
    a.REJECTED: _l("没有通过，原因见下。有不同意见可以依法申请复议。"),
    a.WITHDRAWN: _l("您已撤回。还想申请的，可以重新申报。"),
    a.REVOKED: _l("资格已撤销，原因见下。已付的钱要依法追回。"),
}
HAPPENED: dict[str, Any] = {
    "application.draft": _l("开始填写"),
    "application.submit": _l("提交"),
    "application.send_back": _l("退回补正"),
    "application.complete": _l("材料齐全，受理"),
    "application.judge": _l("审核"),
    "application.reject": _l("驳回"),
    "application.withdraw": _l("撤回"),
    "application.revoke": _l("撤销资格"),
}


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a list with its state as a badge and the clock in words."""
    badge = (row["state_name"], TONES[row["state"]])
    if row["sent_back"]:
        badge = (_("退回补正"), "wait")
    return row | {"badge": badge, "left": left(row)}


def left(row: dict[str, Any]) -> tuple[str, str] | None:
    """Return how many days the office has left, with the tone of it; None: no clock runs."""
    days = row["days_left"]
    if days is None:
        return None
    if days < 0:
        return _("逾期 %(n)s 天", n=-days), "bad"
    if days == 0:
        return _("今天到期"), "wait"
    return _("还有 %(n)s 天", n=days), "info"


def next_words(row: dict[str, Any]) -> str:
    """Say what an applicant has to do, or to wait for."""
    if row["sent_back"]:
        return _("请按下面说的补好，再提交一次。")
    if row["state"] == a.ELIGIBLE:
        if row["kind"] == awards.KIND:
            return _("符合条件。接下来评分，结果会公示。")
        return _("符合条件，可以按期申报补贴。")
    return str(NEXT[row["state"]])


def history(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what happened to an application as a time line, the oldest first."""
    bad = {a.INELIGIBLE, a.REJECTED, a.REVOKED}
    return [
        {
            "label": str(HAPPENED.get(one["act"], one["state_name"])),
            "state": "refused" if one["state"] in bad else "done",
            "detail": _("%(at)s · %(state)s", at=one["at"], state=one["state_name"]),
        }
        for one in found["history"]
    ]


def answers(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was declared, question by question, as people read it."""
    told = []
    for one in found["questions"]:
        value = found["declared"].get(one["code"])
        names = dict(map(tuple, one["options"]))
        told.append((one["name"], _answer(one, value, names)))
    return told


def _answer(one: dict[str, Any], value: Any, names: dict[Any, Any]) -> str:
    if value is None:
        return _("没有填")
    if one["unit"] == "fen" and isinstance(value, int):
        return yuan_text(value)
    return f"{names.get(value, value)} {one['unit']}".strip()
