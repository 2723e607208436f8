"""The front page, signing in and out, and how a person wants to read."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import disclosure
from core.access import ANONYMOUS, Actor
from core.acts import Answer, perform
from core.db import transaction
from core.web import current_actor, figures, menu, session
from core.web.forms import fresh, shown_again

blueprint = Blueprint("web", __name__)

YEAR_SECONDS = 365 * 86400


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show staff what waits for them, and everybody else the doors and the public figures."""
    actor = current_actor()
    if start := _start_of(actor):
        return redirect(start)
    if not actor.grants:
        return render_template(
            "home/front.html",
            doors=menu.doors(),
            sums=disclosure.sums(),
            fewest=disclosure.FEWEST,
        )
    return render_template(
        "home/staff.html",
        todos=menu.todos(actor),
        groups=menu.groups(actor),
        **_money(actor),
    )


@blueprint.get("/figures/rooms.json")
def rooms_chart() -> ResponseReturnValue:
    """Give the figures of the start page's chart."""
    actor = current_actor()
    if not actor.may("budget.view"):
        return {"unit": "yuan", "nodes": [], "links": []}
    lines = figures.lines_of_year(actor, figures.newest_year(actor))
    return figures.sankey(lines, figures.rooms_by_line(lines))


def _start_of(actor: Actor) -> str | None:
    """Return the page where somebody who has only one thing to do here begins."""
    roles = {grant.role for grant in actor.grants}
    starts = [door for door in menu.doors() if roles and roles <= set(door.start_of)]
    return url_for(starts[0].endpoint) if starts else None


def _money(actor: Actor) -> dict[str, Any]:
    if not actor.may("budget.view"):
        return {"lines": []}
    year = figures.newest_year(actor)
    lines = figures.lines_of_year(actor, year)
    rooms = figures.rooms_by_line(lines)
    return {
        "year": year,
        "lines": figures.rows(lines, rooms),
        "total": figures.added(rooms),
        "names": figures.room_names(),
    }


# --- signing in and out ------------------------------------------------------------------------


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask staff for login and password."""
    if current_actor() is not ANONYMOUS:
        return redirect(local(request.args.get("next")))
    return _sign_in_page(fresh() | {"values": {"next": request.args.get("next", "")}})


@blueprint.post("/sign-in")
def signed_in() -> ResponseReturnValue:
    """Sign somebody in and go on to where she wanted to go."""
    fields = {
        "login": request.form.get("login", ""),
        "password": request.form.get("password", ""),
        "device_token": session.device_token(),
    }
    # Without a request key: a password is never part of a remembered answer.
    answer = perform("auth.login", fields)
    if answer.refused:
        with transaction(readonly=True):
            return _sign_in_page(_without_password(answer)), answer.status
    session.begin(answer.body, "till" if session.device_token() else "staff")
    return redirect(local(request.form.get("next")), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session, on the server and in this browser."""
    if token := session.token():
        # Refused only when the session has ended already, which is what is wanted.
        perform("auth.logout", {}, token=token)
    session.end()
    flash(_("已退出登录。"), "good")
    return redirect(url_for(".home"), 303)


@blueprint.post("/preferences")
def set_preferences() -> ResponseReturnValue:
    """Remember large type or the language in a cookie, and go back to the page."""
    response = redirect(local(request.form.get("next")), 303)
    chosen = {
        "type": {"1": "large", "0": "normal"}.get(request.form.get("large_type", "")),
        "lang": {"zh": "zh", "en": "en"}.get(request.form.get("locale", "")),
    }
    for name, value in chosen.items():
        if value is not None:
            response.set_cookie(
                name,
                value,
                max_age=YEAR_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure,
            )
    return response


def local(target: str | None) -> str:
    """Return where to go on: a path of this site, else the front page; never another site."""
    parts = urlsplit(target or "")
    path = str(target or "")
    strange = parts.scheme or parts.netloc or "\\" in path or path.startswith("//")
    if strange or not path.startswith("/") or not path.isprintable():
        return url_for("web.home")
    return path


def _sign_in_page(form: dict[str, Any]) -> str:
    return render_template("home/sign_in.html", **form)


def _without_password(answer: Answer) -> dict[str, Any]:
    form = shown_again(answer)
    kept = {name: request.form.get(name, "") for name in ("login", "next")}
    # Whose mistake it was, name or password, is not told.
    return form | {"values": kept, "key": ""}
