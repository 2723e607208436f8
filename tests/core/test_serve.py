"""Serving in earnest: a server that a newcomer starts, over http and https, with its worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.db import db, transaction
from tests import postgres

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds; other tests may keep the machine busy
COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "serve")


@pytest.fixture
def port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request, tmp_path, port):
    """Return the environment of a fresh installation."""
    given = {key: value for key, value in os.environ.items() if not key.startswith("HUIGOU_")}
    given |= {"HUIGOU_INSTANCE": str(tmp_path), "PORT": str(port)}
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        name = f"serve_{os.getpid()}"
        postgres.drop_database(server, name)
        given["DATABASE_URL"] = postgres.create_database(server, name)
    return given


@contextmanager
def serving(environment, **more):
    """Start a server that prepares its database, and stop it as Ctrl-C does."""
    with (
        said_by(environment).open("w") as said,
        subprocess.Popen(
            [*COMMAND, "--prepare"],
            cwd=ROOT,
            env=environment | more,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                # To the whole group, as a terminal sends it.
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(30)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


def said_by(environment):
    """Return the file of what a server says."""
    return Path(environment["HUIGOU_INSTANCE"], "said.txt")


def report(process, address, *, trusted=None):
    """Return what /healthz reports, as soon as there is somebody to say it."""
    context = ssl.create_default_context(cafile=trusted) if trusted else None
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        try:
            with urllib.request.urlopen(address, timeout=9, context=context) as answer:  # noqa: S310 - our own
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)


def others_of(process):
    """Return the processes that are left of a group."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "-g", str(process.pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()


def test_a_server_prepares_its_database_answers_and_leaves_nobody_behind(environment, port):
    with serving(environment) as process:
        said = report(process, f"http://127.0.0.1:{port}/healthz")
        assert said["ready"] is True
        assert (said["database"], said["schema"]) == ("ok", "ok")
    assert process.returncode == 0
    assert f"http://localhost:{port}/" in said_by(environment).read_text()
    assert others_of(process) == []


@pytest.mark.parametrize("environment", ["sqlite"], indirect=True)
def test_https_is_served_with_a_certificate_for_this_machine_that_is_kept(
    environment, port, tmp_path
):
    kept = tmp_path / "https.crt"
    with serving(environment, HTTPS="1") as process:
        deadline = time.monotonic() + PATIENCE
        while not kept.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = f"https://localhost:{port}/healthz"
        assert report(process, address, trusted=str(kept))["ready"] is True
    assert kept.stat().st_mode & 0o077 == 0


def start(app):
    """Ask for a server that must be refused; return the sentence."""
    result = app.test_cli_runner().invoke(args=["serve"])
    assert result.exit_code == 1
    return result.output


def test_a_server_refuses_a_port_in_use_and_says_what_to_do(app, port, monkeypatch):
    monkeypatch.setenv("PORT", str(port))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert f"PORT={port + 1} make run" in start(app)
    monkeypatch.setenv("PORT", "eighty")
    assert "PORT 应为" in start(app)


def test_a_server_refuses_an_old_schema_unless_it_may_prepare(app, port, monkeypatch):
    monkeypatch.setenv("PORT", str(port))
    with app.app_context(), transaction():
        db.session.execute(db.text("UPDATE alembic_version_core SET version_num = 'core_0000'"))
    assert "flask schema upgrade" in start(app)
    with app.app_context(), transaction():
        db.session.execute(db.text("UPDATE alembic_version_core SET version_num = 'core_0001'"))
