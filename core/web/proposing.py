"""What the pages of rule figures and calendars share: the steps of a proposal and their buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor
from core.acts import Answer
from core.proposals import DRAFT, SUBMITTED
from core.web.forms import act, done_or_again

PROPOSE, APPROVE = "rulepack.propose", "rulepack.approve"
STEPS = ("submit", "approve", "send_back", "withdraw")
TONES = {
    "draft": "plain",
    "submitted": "wait",
    "approved": "good",
    "returned": "bad",
    "withdrawn": "plain",
}


def stepped(
    component: str,
    number: int,
    step: str,
    *,
    to: str,
    again: Callable[[Answer], ResponseReturnValue],
    done: Callable[[Answer], str] | None = None,
) -> ResponseReturnValue:
    """Take a proposal one step on and show it; `component` begins the act's name."""
    payload: dict[str, Any] = {"id": number}
    if step in {"send_back", "withdraw"}:
        payload["reason"] = request.form.get("reason")
    answer = act(f"{component}.{step}", payload)
    words = {
        "submit": _("已提交，等待另一人批准。"),
        "approve": _("已批准。"),
        "send_back": _("已退回。"),
        "withdraw": _("已撤回。"),
    }
    said = done(answer) if done and not answer.refused else words[step]
    return done_or_again(answer, done=said, to=to, again=again)


def may(actor: Actor, proposal: dict[str, Any]) -> dict[str, bool]:
    """Say which buttons make sense now; the acts themselves judge again."""
    state = proposal["state"]
    return {
        "submit": state == DRAFT and actor.may(PROPOSE),
        "withdraw": state in {DRAFT, SUBMITTED} and actor.may(PROPOSE),
        "approve": state == SUBMITTED and actor.may(APPROVE),
    }


def dated(proposal: dict[str, Any]) -> dict[str, Any]:
    """Return a proposal with its instants as instants."""
    return proposal | {
        name: datetime.fromisoformat(value)
        for name, value in proposal.items()
        if isinstance(value, str) and name.endswith("_at")
    }


def steps(proposal: dict[str, Any]) -> list[dict[str, str]]:
    """Return the time line of a proposal, as the page's macro wants it."""
    state = proposal["state"]
    decided = state in {"approved", "returned", "withdrawn"}
    last = {"returned": _("退回"), "withdrawn": _("撤回")}.get(state, _("批准"))
    ended = {"approved": "done", "returned": "refused", "withdrawn": "refused"}
    return [
        {"label": _("拟订"), "state": "done", "detail": proposal["made_by"] or ""},
        {
            "label": _("提交"),
            "state": "done" if proposal["submitted_at"] else ("now" if state == DRAFT else "next"),
        },
        {
            "label": last,
            "state": ended.get(state, "now" if state == SUBMITTED else "next"),
            "detail": "，".join(
                filter(None, (proposal["decided_by"], proposal["reason"])) if decided else ()
            ),
        },
    ]
