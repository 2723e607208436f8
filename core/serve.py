"""Serving the app in earnest: `flask serve`, with the background worker at its side."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from core import certificate, clock, demo, schema
from core.db import db, forget_connections, is_postgresql, transaction

if TYPE_CHECKING:
    from granian.server.common import AbstractServer

TARGET = "wsgi:app"
HOST = "0.0.0.0"  # noqa: S104 - a till on the next desk must reach it
PORT = 8000
POSTGRESQL_THREADS = 4
SQLITE_THREADS = 4
RESTART_SECONDS = 5
STOP_SECONDS = 10


@dataclass(frozen=True)
class Settings:
    """Where and how to serve, from the environment."""

    database: str
    port: int
    https: bool
    workers: int
    threads: int


@click.command("serve", help="启动服务和后台作业。环境变量：PORT、HTTPS=1、DATABASE_URL。")
@click.option("--prepare", is_flag=True, help="先升级数据库结构；HUIGOU_DEMO=1 时再装入演示县。")
@click.pass_context
def serve_command(context: click.Context, *, prepare: bool) -> None:
    """Serve until interrupted."""
    app = context.ensure_object(ScriptInfo).load_app()
    with app.app_context():
        settings = _settings()
        _refuse_taken(settings.port)
        if prepare:
            _prepare(app)
        else:
            _refuse_old_schema()
        # The workers are forked from here and must not share a connection.
        forget_connections()
        db.session.remove()
        db.engine.dispose()
    server = _server(app, settings)
    server.on_startup(lambda: click.echo(_greeting(app, settings)))
    with _worker():
        server.serve()


def _settings() -> Settings:
    text = os.environ.get("PORT", str(PORT))
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise click.ClickException(f"PORT 应为 1 至 65535 的数字，现在是“{text}”。")
    on_postgresql = is_postgresql()
    return Settings(
        database="PostgreSQL" if on_postgresql else "SQLite",
        port=int(text),
        https=os.environ.get("HTTPS") == "1",
        # SQLite has one writer; a second process would only wait for it, unfairly.
        workers=os.cpu_count() or 1 if on_postgresql else 1,
        threads=POSTGRESQL_THREADS if on_postgresql else SQLITE_THREADS,
    )


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise click.ClickException(
                f"端口 {port} 已被占用（{error.strerror}）。请换一个：PORT={port + 1} make run。"
            ) from error


def _prepare(app: Flask) -> None:
    schema.upgrade()
    if app.config["DEMO"]:
        try:
            demo.load(click.echo)
        except demo.NotEmptyError:
            click.echo("数据库里已有业务数据，不装入演示县。")


def _refuse_old_schema() -> None:
    with transaction(readonly=True):
        current = schema.is_current()
    if not current:
        raise click.ClickException(
            "数据库结构与程序不一致。请先运行 flask schema upgrade，或用 flask serve --prepare。"
        )


def _server(app: Flask, settings: Settings) -> AbstractServer[Any]:
    # Half a second that only this command needs.
    from granian import Granian  # noqa: PLC0415
    from granian.constants import Interfaces, SSLProtocols  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    pair: tuple[Path | None, Path | None] = (None, None)
    if settings.https:
        pair = certificate.keep(Path(app.instance_path), clock.now())
    return Granian(
        TARGET,
        address=HOST,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        ssl_cert=pair[0],
        ssl_key=pair[1],
        ssl_protocol_min=SSLProtocols.tls12,  # phones that people still have
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.warning,
    )


# --- the background worker ---------------------------------------------------------------------


@contextmanager
def _worker() -> Iterator[None]:
    """Keep `flask work` running beside the block, started anew should it ever fail."""
    command = [sys.executable, "-m", "flask", "--app", TARGET.partition(":")[0], "work"]
    stop = threading.Event()
    running = [subprocess.Popen(command)]  # noqa: S603 - this program itself

    def watch() -> None:
        while code := running[-1].wait():
            if stop.wait(RESTART_SECONDS):
                return
            logging.getLogger(__name__).warning("background work ended (%s), beginning anew", code)
            running.append(subprocess.Popen(command))  # noqa: S603 - as above

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        running[-1].terminate()
        watcher.join(STOP_SECONDS)


# --- what a newcomer reads ---------------------------------------------------------------------


def _greeting(app: Flask, settings: Settings) -> str:
    scheme = "https" if settings.https else "http"
    places = ["localhost", *certificate.addresses()]
    lines = ["", f"惠购已启动（{settings.database}）:"]
    lines += [f"  {scheme}://{_bracketed(place)}:{settings.port}/" for place in places]
    if app.config["DEMO"]:
        lines.append(f"  登录页列出可进入的身份，一点即入；用登录名时，密码都是 {demo.PASSWORD}。")
    if settings.https:
        lines.append("  证书由本机自签：浏览器会提醒一次，选择继续访问即可。")
    else:
        lines.append("  手机要用摄像头扫码，须以 HTTPS=1 make run 启动，再用上面的地址访问。")
    return "\n".join([*lines, "  按 Ctrl-C 结束。", ""])


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
