"""Chromium for the tests: a live app on a database of its own, a fake camera, people signed in."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from core import Huigou, assets, create_app
from core import db as database
from core.db import db
from plugins.voucher.service import known
from tests import memory
from tests.books import books
from tests.browser import town
from tests.browser.camera import Camera
from tests.browser.looks import PHONE
from tests.conftest import SETTINGS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "use-fake-device-for-media-stream",
)
# Chromium says so of every answer of 400 and above, which a refusal is on purpose.
REFUSED = "Failed to load resource: the server responded with a status of 4"
MINUTE = 60_000


class Quiet(WSGIRequestHandler):
    """Serves without telling, and every file whole.

    Werkzeug leaves the file open whose "not modified" it answers.
    """

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            environ.pop(name, None)
        return environ

    def log(self, *_arguments: Any) -> None:
        return


def _whole(app: WSGIApplication) -> WSGIApplication:
    """Let an answer be complete, and its file closed, before a byte of it is sent.

    Werkzeug leaves the file open when the browser goes away in the middle and resets the line.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            parts.close()  # type: ignore[attr-defined] # Flask answers with what can be closed

    return answer


class Site:
    """A served app whose database is one file, and the time of day at which it is visited."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        """Make the app and its empty, migrated database."""
        self.file, self.kept = folder / "site.db", folder / "kept.db"
        self.app: Huigou = create_app(
            settings=SETTINGS
            | {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{self.file}"}
            | {"PROPAGATE_EXCEPTIONS": False}
            | settings
        )
        self.url = ""
        with self.app.app_context():
            from core import schema  # noqa: PLC0415 - imports the models of every component

            schema.upgrade()

    def at(self, moment: str) -> None:
        """Let it be a moment of Asia/Shanghai on the server, until another is set."""
        os.environ["HUIGOU_NOW"] = moment

    def keep(self) -> None:
        """Keep the database as it is now, to return to it."""
        _copy(self.file, self.kept)

    def renew(self) -> None:
        """Return to the database that was kept."""
        self.let_go()
        _copy(self.kept, self.file)

    def let_go(self) -> None:
        """Close every connection and forget what was read through it."""
        known.forget()
        database.forget_connections()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def close(self) -> None:
        """End a visit: the books must balance, and the time is the machine's again."""
        os.environ.pop("HUIGOU_NOW", None)
        with self.app.app_context():
            assert books() == []
        self.let_go()

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve the app on a free port of this machine."""
        served = _whole(self.app)
        server = make_server("localhost", 0, served, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://localhost:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _copy(source: Path, target: Path) -> None:
    # SQLite's own copying: a late request of the test before still has the file open.
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


@contextmanager
def site(folder: Path, **settings: Any) -> Iterator[Site]:
    """Make and serve an app; afterwards its books must balance and time goes on."""
    made = Site(folder, **settings)
    with made.app.app_context():
        assert assets._manifest() is not None, "run `make assets` first"  # noqa: SLF001
    with made.served():
        yield made
        made.close()


@pytest.fixture(scope="session")
def town_kept() -> Iterator[tuple[Site, town.Path, list[str]]]:
    """The stories' town, built once and kept."""
    with memory.folder() as folder, site(folder) as made:
        path, cards = town.build(made.app)
        made.keep()
        yield made, path, cards


@pytest.fixture(name="town")
def town_today(
    town_kept: tuple[Site, town.Path, list[str]], opened: Callable[..., Page]
) -> Iterator[town.Town]:
    """The town as it was built, on a morning of September."""
    made, path, cards = town_kept
    made.renew()
    made.at(town.NOW)
    yield town.Town(made, path, opened, cards)
    made.close()


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    """The camera of every browser of this run."""
    return Camera(tmp_path_factory.mktemp("camera") / "camera.mjpeg")


@pytest.fixture(scope="session")
def browser_type_launch_args(camera: Camera) -> dict[str, Any]:
    """Start Debian's Chromium with the fake camera; a page must still be allowed to use it."""
    flags = [f"--{flag}" for flag in FLAGS]
    capture = f"--use-file-for-fake-video-capture={camera.file}"
    return {"executable_path": CHROMIUM, "args": [*flags, capture]}


@pytest.fixture
def trouble() -> Iterator[list[str]]:
    """Collect what browsers complain of; nothing may be left at the end."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def opened(new_context: Callable[..., BrowserContext], trouble: list[str]) -> Callable[..., Page]:
    """Return a function that opens a browser window of its own (a phone's, unless told)."""

    def window(size: dict[str, int] = PHONE, **options: Any) -> Page:
        page = new_context(viewport=size, locale="zh-CN", **options).new_page()
        page.set_default_timeout(MINUTE / 2)
        listen(page, trouble)
        return page

    return window


def listen(page: Page, trouble: list[str]) -> None:
    """Write down what a page's console calls an error, refusals apart."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED):
            trouble.append(f"{page.url}: {message.text}")

    page.on("console", said)
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
