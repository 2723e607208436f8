"""The demo's open door: one click enters as anybody of the demo county.

A plugin of its own that `create_app` loads in the demo only; elsewhere neither act nor page exists.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import audit
from core.access import Actor, Device, User, grants_of
from core.acts import Act, perform
from core.db import db
from core.demo import demo_users
from core.errors import NotPermitted
from core.fields import Text, schema
from core.hookspecs import hookimpl
from core.signin import start_session
from core.web import session
from core.web.forms import refused

blueprint = Blueprint("demo", __name__)


@hookimpl
def register_acts() -> list[Act]:
    """Declare the act of entering as somebody."""
    return [
        Act(
            "auth.demo_enter",
            "演示：以此身份进入",
            "/auth/demo",
            None,
            schema("DemoEnter", login=Text(required=True, longest=80)),
            enter,
            secret=True,
        )
    ]


@hookimpl
def register_pages() -> list[Blueprint]:
    """Declare the door's one route."""
    return [blueprint]


def enter(actor: Actor, *, login: str) -> dict[str, Any]:  # noqa: ARG001 - nobody is signed in
    """Open a session for one of the people the sign-in page offers; a clerk enters with a till."""
    user = db.session.scalar(db.select(User).where(User.login == login))
    offered = {one.login for one in demo_users()}
    if not current_app.config["DEMO"] or user is None or login not in offered:
        raise NotPermitted("ROLE_NOT_ALLOWED", _("演示里没有这个身份，请从登录页选择。"))
    audit.about("user", user.id)
    return start_session(user, _till_of(user)) | {"resident": user.resident_id is not None}


@blueprint.app_context_processor
def _people() -> dict[str, Any]:
    return {"demo_users": demo_users}


@blueprint.post("/demo/enter")
def entered() -> ResponseReturnValue:
    """Enter as the person whose button was pressed."""
    answer = perform("auth.demo_enter", {"login": request.form.get("login", "")})
    if answer.refused:
        raise refused(answer)
    session.begin(answer.body, "resident" if answer.body["resident"] else "staff")
    return redirect(url_for("web.home"), 303)


def _till_of(user: User) -> Device | None:
    """Return an enrolled till of the clerk's provider, so that the demo needs no enrolment."""
    homes = [g.organisation_id for g in grants_of(user.id) if g.role == "provider_clerk"]
    return db.session.scalars(
        db.select(Device)
        .where(Device.organisation_id.in_(homes), Device.token_hash.is_not(None))
        .where(Device.revoked_at.is_(None))
        .order_by(Device.id)
        .limit(1)
    ).first()
