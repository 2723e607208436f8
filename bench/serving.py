"""The servers under measurement: the app as `flask serve` runs it, the textbook beside it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import serve

START_SECONDS = 60


@contextmanager
def app(url: str, environment: dict[str, str], log: Path) -> Iterator[int]:
    """Serve the app by its own command, the sealer at its side; yield its port."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    with _running(command, environment | {"DATABASE_URL": url}, log, ready="/healthz") as port:
        yield port


@contextmanager
def textbook(url: str, environment: dict[str, str], log: Path) -> Iterator[int]:
    """Serve the textbook version with the same server and the same settings."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
    command += ["--workers", str(os.cpu_count() or 1), "--log-level", "warning"]
    command += ["--blocking-threads", str(serve.POSTGRESQL_THREADS)]
    environment = environment | {"DATABASE_URL": url}
    command.append("bench.textbook:create_app")
    with _running(command, environment, log, ready="/", port_option=True) as port:
        yield port


@contextmanager
def _running(
    command: list[str],
    environment: dict[str, str],
    log: Path,
    *,
    ready: str,
    port_option: bool = False,
) -> Iterator[int]:
    port = _free_port()
    if port_option:
        command = [*command[:-1], "--port", str(port), command[-1]]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment, "PORT": str(port)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, ready, log)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start\n{log.read_text(errors='replace')}")
