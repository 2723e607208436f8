"""Deadlines (到期事项): what is overdue, due today, this week and later."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for

from core import clock
from core.access import require
from core.deadlines import DeadlineKind, queries
from core.deadlines.queries import VIEW, WHEN, when_name
from core.plugins import registry
from core.web import current_actor
from core.web.forms import page_of

blueprint = Blueprint("deadlines", __name__, url_prefix="/deadlines")

TONES = {"overdue": "bad", "today": "wait", "week": "info", "later": "plain", "stopped": "good"}


@blueprint.get("/")
def index() -> str:
    """List what is due, in the order of the days, under its heading."""
    actor = current_actor()
    require(actor, VIEW)
    asked = request.args.get("when")
    when = asked if asked in WHEN else None
    after = page_of(request.args.get("after"))
    found = queries.deadlines(actor, when=when, after=after)
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in found["items"]:
        groups.setdefault(row["when"], []).append(_shown(row))
    return render_template(
        "deadlines/index.html",
        groups=[(when_name(code), rows, TONES[code]) for code, rows in groups.items()],
        counts=[
            (when_name(code), number, url_for(".index", when=code), TONES[code])
            for code, number in found["counts"].items()
        ],
        when=when,
        when_name=when_name(when) if when else "",
        today=clock.today(),
        next_after=found["next_after"],
        after=after,
    )


def _page(kind: DeadlineKind | None) -> str:
    """Return the page that shows a kind's objects to the reader; empty: there is none."""
    if kind is None or kind.endpoint not in current_app.view_functions:
        return ""
    return kind.endpoint if not kind.permission or current_actor().may(kind.permission) else ""


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    page = _page(registry().deadline_kinds.get(row["kind"]))
    moved = row["moved_from_on"]
    return row | {
        "starts": date.fromisoformat(row["starts_on"]),
        "due": date.fromisoformat(row["due_on"]),
        "moved": date.fromisoformat(moved) if moved else None,
        "stopped": date.fromisoformat(row["stopped_on"]) if row["stopped_on"] else None,
        "url": url_for(page, id=row["object_id"]) if page else "",
    }
