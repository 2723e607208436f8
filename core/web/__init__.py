"""Pages: language and look of a request, security headers, errors as pages, the page's actor."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from core import clock, formats
from core.access import ANONYMOUS, ROLES, Actor
from core.db import db, transaction
from core.errors import Refusal, SignInRequired
from core.plugins import components, declared, folder
from core.rulepack import Cited
from core.rulepack import found as rule_found
from core.signin import RESIDENT_SESSION_DAYS
from core.web import menu, session

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


class RowNumber(IntegerConverter):
    """A number in an address: no longer than what the database can hold, else there is no page."""

    regex = r"\d{1,18}"


csrf = CSRFProtect()
babel = Babel()


def mount(app: Flask) -> None:
    """Prepare an app for pages and mount every component's blueprints."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh_Hans_CN")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    # Set, not defaulted: Flask names this one itself, as None.
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.session_interface = session.Cookies()
    # The longest sign-in there is, a resident's on her own phone; shorter ones end by idleness.
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=RESIDENT_SESSION_DAYS)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = _catalogues(app)
    app.url_map.converters["int"] = RowNumber
    babel.init_app(app, locale_selector=locale)
    csrf.init_app(app)
    formats.register(app)
    app.after_request(_headers)
    app.context_processor(_context)
    app.jinja_env.globals["new_request_key"] = lambda: uuid.uuid4().hex
    app.register_error_handler(Refusal, _refusal_page)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_page)
    app.register_error_handler(500, _broken_page)
    manager = app.extensions["huigou"].manager
    for blueprint in declared(manager, "register_pages"):
        app.register_blueprint(blueprint)
    for command in declared(manager, "register_commands"):
        app.cli.add_command(command)


def _catalogues(app: Flask) -> str:
    """Return where the English is: each plugin's own, and the core's, whose words go first."""
    with app.app_context():
        homes = [folder(plugin) for plugin in components().values()]
    found = [home / "translations" for home in reversed(homes) if home is not None]
    return ";".join(str(one) for one in found if one.exists())


def locale() -> str:
    """Return the request's language: the chosen one, else Chinese."""
    chosen = request.cookies.get("lang", "zh") if has_request_context() else "zh"
    return LOCALES.get(chosen, LOCALES["zh"])


def blueprints() -> list[Blueprint]:
    """Return the core's own pages."""
    from core.web import pages  # noqa: PLC0415 - the pages need the acts, which need the app

    return pages.BLUEPRINTS


def current_actor() -> Actor:
    """Return who looks at the page; nobody signed in is a visitor."""
    if "actor" not in g:
        try:
            if db.session().in_transaction():
                g.actor = session.actor()
            else:
                # An error page or a form shown again is drawn outside the request's transaction.
                with transaction(readonly=True):
                    g.actor = session.actor()
        except SignInRequired:
            g.actor = ANONYMOUS
    actor: Actor = g.actor
    return actor


@dataclass(frozen=True)
class Who:
    """The person in the page's header, as text."""

    name: str
    role: str
    organisation: str


def _who() -> Who | None:
    actor = current_actor()
    if actor is ANONYMOUS:
        return None
    roles = " · ".join(dict.fromkeys(_(ROLES[grant.role].name) for grant in actor.grants))
    return Who(actor.name, roles or _("居民"), actor.organisation_name)


def _context() -> dict[str, Any]:
    return {
        "current_actor": current_actor(),
        "who": _who(),
        "menu_groups": menu.groups,
        "locale": locale()[:2],
        "rule_in_force": _rule_in_force,
        "large_type": request.cookies.get("type") == "large",
    }


def _rule_in_force(code: str) -> Cited | None:
    """Return a rule figure as it holds today where the reader works, for the help beside a form."""
    home = next((grant.division_code for grant in current_actor().grants), "")
    return rule_found(code, on=clock.today(), division_code=home or None)


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault(
        "Permissions-Policy", "camera=(self), geolocation=(), microphone=()"
    )
    if not request.path.startswith("/static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refusal_page(refusal: Refusal) -> ResponseReturnValue:
    if isinstance(refusal, SignInRequired) and request.method == "GET":
        return redirect(url_for("web.sign_in", next=request.full_path.rstrip("?")))
    return render_template("refusal.html", refusal=refusal), refusal.status


def _stale_form(error: CSRFError) -> tuple[str, int]:  # noqa: ARG001 - the signature is Flask's
    refusal = Refusal(
        "FORM_EXPIRED", _("页面停留太久，表单已失效。请返回上一页刷新后重试，没有记账。")
    )
    return render_template("refusal.html", refusal=refusal), 400


def _http_page(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - a redirect is not an error
        return error
    texts = {
        404: _("没有这个页面。请核对网址，或从首页进入。"),
        405: _("这个网址不能这样访问，请从页面上的按钮进入。"),
        413: _("文件太大，最多 32 MB。请拆分后再上传。"),
    }
    refusal = Refusal(f"HTTP_{status}", texts.get(status, _("请求有误，请返回重试。")))
    refusal.status = status
    return render_template("refusal.html", refusal=refusal), status


def _broken_page(error: Exception) -> tuple[str, int]:  # noqa: ARG001 - details go to the log only
    refusal = Refusal("INTERNAL_ERROR", _("系统出错，本次操作没有记账。请稍后重试，或联系管理员。"))
    refusal.status = 500
    return render_template("refusal.html", refusal=refusal), 500
