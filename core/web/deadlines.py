"""Deadlines (到期事项): what is due for a person, by the day: overdue, today, this week, later."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for

from core import clock
from core.access import require
from core.deadlines import calendar, queries
from core.deadlines.calendar import VIEW, WHEN, when_name
from core.deadlines.queries import STOPPED
from core.plugins import registry
from core.web import current_actor
from core.web.forms import page_of

blueprint = Blueprint("deadlines", __name__, url_prefix="/deadlines")

TONES = {
    "overdue": "bad",
    "today": "wait",
    "week": "info",
    "month": "plain",
    "later": "plain",
    "stopped": "good",
}


@blueprint.get("/")
def index() -> str:
    """List what is due, in the order of the days, under its heading."""
    actor = current_actor()
    require(actor, VIEW)
    asked = request.args.get("when")
    if asked == STOPPED:
        return _stopped()
    when = asked if asked in WHEN else None
    from_on = _day(request.args.get("from"))
    found = calendar.due(actor, when=when, from_on=from_on)
    next_on = found["next_on"]
    return _page(
        [_shown(row) for row in found["items"]],
        counts=found["counts"],
        when=when,
        next_url=url_for(".index", when=when, **{"from": next_on}) if next_on else "",
        first_url=url_for(".index", when=when) if from_on else "",
    )


def _stopped() -> str:
    """List the legal clocks that were stopped, page by page."""
    actor = current_actor()
    require(actor, queries.VIEW)
    after = page_of(request.args.get("after"))
    found = queries.deadlines(actor, when=STOPPED, after=after)
    following = found["next_after"]
    return _page(
        [_clock(row) for row in found["items"]],
        counts=calendar.due(actor, limit=1)["counts"],
        when=STOPPED,
        next_url=url_for(".index", when=STOPPED, after=following) if following else "",
        first_url=url_for(".index", when=STOPPED) if after else "",
    )


def _page(
    rows: list[dict[str, Any]],
    *,
    counts: dict[str, int],
    when: str | None,
    next_url: str,
    first_url: str,
) -> str:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["when"], []).append(row)
    return render_template(
        "deadlines/index.html",
        groups=[(when_name(code), rows, TONES[code]) for code, rows in groups.items()],
        counts=[
            (when_name(code), number, url_for(".index", when=code), TONES[code])
            for code, number in counts.items()
        ],
        when=when,
        when_name=when_name(when) if when else "",
        keeps_clocks=current_actor().may(queries.VIEW),
        today=clock.today(),
        next_url=next_url,
        first_url=first_url,
    )


def _clock(row: dict[str, Any]) -> dict[str, Any]:
    kind = registry().deadline_kinds.get(row["kind"])
    return _shown(
        row
        | {
            "at": None,
            "basis": row["citation"],
            "page": kind.page_for(current_actor()) if kind else "",
            "page_values": {"id": row["object_id"]},
        }
    ) | {"stopped": date.fromisoformat(row["stopped_on"])}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    moved, starts, page = row["moved_from_on"], row["starts_on"], row["page"]
    return row | {
        "starts": date.fromisoformat(starts) if starts else None,
        "due": date.fromisoformat(row["due_on"]),
        "at": clock.instant(row["at"]) if row["at"] else None,
        "moved": date.fromisoformat(moved) if moved else None,
        "stopped": None,
        "url": url_for(page, **row["page_values"]) if page in current_app.view_functions else "",
    }


def _day(text: str | None) -> date | None:
    """Read the day on which a page begins; what is no day begins at the first."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
