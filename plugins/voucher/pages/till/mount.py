"""Where the till's pages hang, what its acts are called, and how a clerk performs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from core import clock
from core.acts import Answer, perform
from core.errors import SignInRequired
from core.web import session
from core.web.forms import refused
from core.web.menu import DOOR, MenuItem

blueprint = Blueprint("voucher_till", __name__, template_folder="../../templates")
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("我是店员"),
            "voucher_till.scan",
            30,
            hint=lazy_gettext("扫码、核对、确认，给居民一张小票。"),
            start_of=("provider_clerk",),
        ),
    ),
    (
        "voucher.redeem",
        MenuItem("from_whom", lazy_gettext("收银台（核销）"), "voucher_till.scan", 20),
    ),
]

LOOKUP, REDEEM = "voucher.lookup", "voucher.redeem"


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Lead to the till's own sign-in page."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    return redirect(url_for("voucher_till.sign_in"), 303)


def ask(operation_id: str, payload: Mapping[str, Any], *, key: str | None = None) -> Answer:
    """Perform an act as the clerk; looking and quoting are always asked afresh, without a key."""
    answer = perform(operation_id, payload, token=session.token(), key=key)
    if answer.status == SignInRequired.status:
        raise SignInRequired(answer.body["code"], answer.body["detail"])
    return answer


def unknown(answer: Answer) -> ResponseReturnValue:
    """Return the page that sends the same form again under the same key: nobody knows its outcome.

    Whatever was sent is sent anew as it was.
    """
    own = {"csrf_token", "request_key"}
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in own]
    page = render_template("voucher/till/unknown.html", sent=sent, refusal=refused(answer))
    return page, answer.status


def start_of_today() -> datetime:
    """Return the first instant of the business day."""
    return datetime.combine(clock.today(), time.min, clock.ZONE)
