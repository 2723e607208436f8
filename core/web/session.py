"""The page's session: an opaque token in a cookie, ended after a time without use."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, request
from flask import session as cookie
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from core import clock
from core.access import Actor, authenticate
from core.errors import SignInRequired

TOKEN, SEEN, KIND = "token", "seen", "kind"
DEVICE_COOKIE = "hg_device"
IDLE_SECONDS = {"staff": 30 * 60, "till": 12 * 3600, "resident": 180 * 86400}


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie; over https it is never sent in the clear again."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie, but not for an act through the API: that brings a token of its own."""
        if request.path.startswith("/api/") and request.method == "POST":
            return self.make_null_session(app)
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the cookie is for https only: the same app also serves plain http."""
        return request.is_secure or super().get_cookie_secure(app)


def token() -> str | None:
    """Return the session token of this browser; None when nobody is signed in or it lay idle."""
    found: str | None = cookie.get(TOKEN)
    if found is None:
        return None
    now = int(clock.now().timestamp())
    if now - int(cookie.get(SEEN, 0)) > IDLE_SECONDS[cookie.get(KIND, "staff")]:
        cookie.clear()
        return None
    # The last use is kept in the signed cookie, so that a reading request stays read-only.
    if now - int(cookie.get(SEEN, 0)) > 60:  # noqa: PLR2004 - one cookie a minute is enough
        cookie[SEEN] = now
    return found


def actor() -> Actor:
    """Return who is signed in on this browser; raise SignInRequired when nobody is."""
    found = token()
    if found is None:
        raise SignInRequired("SIGN_IN_REQUIRED", "请先登录。")
    return authenticate(found)


def begin(body: dict[str, Any], kind: str) -> None:
    """Remember a fresh session token; whatever an earlier visitor left is dropped."""
    cookie.clear()
    cookie[TOKEN], cookie[KIND] = body["token"], kind
    cookie[SEEN] = int(clock.now().timestamp())
    cookie.permanent = kind != "staff"


def end() -> None:
    """Forget the session token."""
    cookie.clear()


def device_token() -> str:
    """Return this browser's till token, empty when it is not a till."""
    return request.cookies.get(DEVICE_COOKIE, "")


def keep_device(response: Response, device: str) -> None:
    """Make this browser a till."""
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=5 * 365 * 86400,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
