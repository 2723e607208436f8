"""A browser becomes a till, a clerk signs in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.acts import perform
from core.web import current_actor, session
from core.web.forms import act
from plugins.voucher.pages.till.mount import REDEEM
from plugins.voucher.pages.till.mount import blueprint as pages


@pages.get("/till/enrol")
def enrol() -> str:
    """Ask for the one-time code."""
    return render_template("voucher/till/enrol.html", errors={}, values={})


@pages.post("/till/enrol")
def enrolled() -> ResponseReturnValue:
    """Make this browser a till."""
    answer = act("device.enrol", {"code": request.form.get("code", "")})
    if answer.refused:
        errors = answer.body.get("errors") or {"code": answer.body["detail"]}
        page = render_template("voucher/till/enrol.html", errors=errors, values=request.form)
        return page, answer.status
    flash(_("这台设备已登记为终端“%(name)s”。请店员登录。", name=answer.body["name"]), "good")
    response = make_response(redirect(url_for(".sign_in"), 303))
    session.keep_device(response, answer.body["token"])
    return response


@pages.get("/till/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask the clerk for name and password."""
    if current_actor().may(REDEEM):
        return redirect(url_for(".scan"))
    return _sign_in_form({})


@pages.post("/till/sign-in")
def signed_in() -> ResponseReturnValue:
    """Sign a clerk in on this till, for a working day."""
    fields = {name: request.form.get(name, "") for name in ("login", "password")}
    # Without a request key: a password is never part of a remembered answer.
    answer = perform("auth.login", fields | {"device_token": session.device_token()})
    if answer.refused:
        errors = answer.body.get("errors") or {"login": answer.body["detail"]}
        return _sign_in_form(errors), answer.status
    session.begin(answer.body, "till")
    return redirect(url_for(".scan"), 303)


@pages.post("/till/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the clerk's session; the browser stays a till."""
    act("auth.logout", {})
    session.end()
    flash(_("已退出，请下一位店员登录。"), "good")
    return redirect(url_for(".sign_in"), 303)


def _sign_in_form(errors: Mapping[str, Any]) -> str:
    return render_template(
        "voucher/till/sign_in.html",
        errors=errors,
        values=request.form,
        is_till=bool(session.device_token()),
    )
