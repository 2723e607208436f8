"""The whole database as one file, and back; what comes back must pass every check.

The keys that open personal data are never in the file: whoever finds it finds sealed text.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import URL, inspect

from core import privacy, schema
from core.audit import AuditEntry
from core.db import db, forget_connections, is_postgresql, transaction
from core.ledger import Finding
from core.plugins import ask

SQLITE_START, PG_DUMP_START = b"SQLite format 3\0", b"PGDMP"


@click.command("backup", help="把整个数据库备份成一个文件（运行中也可以）。")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Write a backup; never over an existing file."""
    if file.exists():
        raise click.ClickException(f"{file} 已存在，备份不覆盖旧文件。请换一个文件名。")
    fresh = file.with_name(f"{file.name}.part")
    if is_postgresql():
        _run_tool("pg_dump", "--format=custom", "--no-owner", f"--file={fresh}")
    else:
        _copy_sqlite(_sqlite_path(), fresh)
        _make_one_file(fresh)
    fresh.chmod(0o600)
    fresh.replace(file)
    click.echo(f"已备份到 {file}({file.stat().st_size / 1e6:,.1f} MB)。")
    click.echo(
        f"个人信息在备份中仍是密文：请另行妥善保存密钥({privacy.KEYS_VARIABLE} 或实例目录下的 "
        f"{privacy.KEYS_FILE_NAME})，没有它就无法读出。"
    )


@click.command("restore", help="从备份恢复整个数据库，并逐项核对账簿与封存链。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="允许替换库中现有的全部数据。")
@with_appcontext
def restore_command(file: Path, *, replace: bool) -> None:
    """Restore a backup into an empty database, or over the present one if told to."""
    _refuse_foreign(file)
    if not replace and _has_data():
        raise click.ClickException(
            "当前数据库里有业务数据。确要用备份替换它，请先停止服务并另行备份，再加 --replace。"
        )
    _let_go()
    if is_postgresql():
        _run_tool(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            "--exit-on-error",
            str(file),
        )
    else:
        _copy_sqlite(file, _sqlite_path())
    # A backup of an older version is brought to this one.
    schema.upgrade()
    findings = _findings()
    for finding in findings:
        click.echo(f"{finding.where}：应为 {finding.expected}，现为 {finding.found}", err=True)
    if findings:
        raise click.ClickException(
            f"已恢复，但有 {len(findings)} 处不符，请勿投入使用，先查明原因。"
        )
    click.echo("已恢复，账簿与封存链全部相符。")


def _refuse_foreign(file: Path) -> None:
    wanted = PG_DUMP_START if is_postgresql() else SQLITE_START
    with file.open("rb") as opened:
        start = opened.read(len(wanted))
    if start != wanted:
        name = "PostgreSQL" if is_postgresql() else "SQLite"
        raise click.ClickException(f"{file} 不是 {name} 数据库的备份，请核对文件和 DATABASE_URL。")


def _has_data() -> bool:
    with transaction(readonly=True):
        if not inspect(db.session.connection()).has_table(AuditEntry.__tablename__):
            return False
        return db.session.scalar(db.select(AuditEntry.id).limit(1)) is not None


def _findings() -> list[Finding]:
    with transaction(readonly=True):
        return [finding for check in ask("integrity_checks") for finding in check.run()]


def _let_go() -> None:
    forget_connections()
    db.session.remove()
    db.engine.dispose()


# --- SQLite ------------------------------------------------------------------------------------


def _sqlite_path() -> Path:
    return Path(db.engine.url.database or "")


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database as of one moment; who writes meanwhile does not have to wait."""
    reading, writing = sqlite3.connect(source), sqlite3.connect(target)
    try:
        reading.backup(writing)
        damage = writing.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise click.ClickException(f"数据库文件无法复制：{error}。") from error
    finally:
        writing.close()
        reading.close()
    if damage != "ok":
        raise click.ClickException(f"数据库文件已损坏：{damage}。")


def _make_one_file(path: Path) -> None:
    """Take a copy out of the mode in which SQLite keeps two more files beside it."""
    copy = sqlite3.connect(path)
    copy.execute("PRAGMA journal_mode = DELETE")
    copy.close()


# --- PostgreSQL --------------------------------------------------------------------------------


def _run_tool(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the app's database."""
    found = shutil.which(program)
    if found is None:
        raise click.ClickException(
            f"没有找到 {program}。请安装与服务器同版本的 PostgreSQL 客户端程序。"
        )
    url: URL = db.engine.url
    environment = dict(os.environ)
    if url.password:
        # Not on the command line, where every user of the machine could read it.
        environment["PGPASSWORD"] = str(url.password)
    address = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(  # noqa: S603 - a program found on PATH, its arguments written here
        [found, f"--dbname={address}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"{program} 没有完成：\n{done.stderr.strip()}")
