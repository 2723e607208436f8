"""Huigou's core: mode-free, small, and its own first plugin; `create_app` builds an app on it."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Iterable
from typing import IO, Any

from flask import Flask, Request
from flask.typing import ResponseReturnValue

from core import api, assets, db, plugins, privacy, web

READING = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOAD_MAX = 32 * 1024 * 1024


class InMemory(Request):
    """A request whose uploads stay in memory: a sealed bid may not touch the disk in the clear."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        del total_content_length, content_type, filename, content_length
        return io.BytesIO()


class Huigou(Flask):
    """The app: every reading request runs in one read-only transaction.

    A writing request opens its transaction in `core.acts.perform`, which knows what to do with a
    refusal; nothing else may write.
    """

    request_class = InMemory

    def dispatch_request(self) -> ResponseReturnValue:
        """Wrap reading views; the database itself refuses a write in them."""
        from flask import request  # noqa: PLC0415 - the proxy is only meaningful inside a request

        # An act of the API opens its own.
        own = request.endpoint in {None, "static"} or request.blueprint == "api"
        if request.method not in READING or own:
            return super().dispatch_request()
        with db.transaction(readonly=True):
            # Streamed and template answers are complete here: nothing reads after the transaction.
            return self.make_response(super().dispatch_request())


def create_app(
    *, settings: dict[str, Any] | None = None, plugins_given: Iterable[Any] = ()
) -> Huigou:
    """Build an app from the environment, overridden by `settings`.

    `DATABASE_URL` (default: SQLite in the instance folder), `HUIGOU_SECRET_KEYS` or
    `HUIGOU_SECRET_KEYS_FILE` (default: a key file made at the first start).
    """
    app = Huigou("core", instance_relative_config=False, instance_path=_instance_path())
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI=_database_url(app.instance_path),
        # A statement that fails is logged; what it was asked with is nobody's business there.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},
        MAX_CONTENT_LENGTH=UPLOAD_MAX,
        DEMO=_demo(),
        COUNTY_NAME=os.environ.get("HUIGOU_COUNTY", "惠购示范县"),
    )
    app.config.update(settings or {})
    secrets = app.config.get("SECRETS") or privacy.load_secrets(os.environ, app.instance_path)
    keyring = privacy.Keyring(secrets)
    privacy.use(app, keyring)
    app.secret_key = keyring.derive("session-cookie")
    db.init_app(app)
    if app.config["DEMO"]:
        # The open door is a plugin of its own, so that it does not exist outside the demo.
        plugins_given = (*plugins_given, importlib.import_module("core.demo_door"))
    plugins.load(app, plugins_given)
    assets.register(app)
    web.mount(app)
    api.mount(app)
    return app


def _demo() -> int:
    """Return of how many people of the demo county one is there; 0 is no demo."""
    text = os.environ.get("HUIGOU_DEMO", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _instance_path() -> str:
    path = os.environ.get("HUIGOU_INSTANCE") or os.path.join(os.getcwd(), "instance")  # noqa: PTH109, PTH118 - Flask wants text
    os.makedirs(path, exist_ok=True)  # noqa: PTH103 - Flask wants text
    return path


def _database_url(instance_path: str) -> str:
    url = os.environ.get("DATABASE_URL", f"sqlite:///{instance_path}/huigou.db")
    # The short scheme that hosting services hand out means the driver we ship.
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return url
