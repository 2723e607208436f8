"""The core's command line: `flask schema upgrade | revise | check` and `flask audit`."""

from __future__ import annotations

import time

import click
from flask.cli import with_appcontext

from core import schema, seal
from core.backup import backup_command, restore_command
from core.db import transaction
from core.demo import demo_commands
from core.docs import docs_command
from core.ledger import Check, Finding
from core.plugins import ask
from core.rehearsal import rehearse_command
from core.seed import seed_command
from core.serve import serve_command
from core.trace import trace_command
from core.work import work_command
from core.years.commands import takeon_command


@click.group("schema", help="数据库结构：升级、写修订、核对。")
def schema_commands() -> None:
    """Hold the verbs of the schema."""


@schema_commands.command(
    "upgrade", help="把数据库升级到当前版本（全部组件一次完成，失败则原样不动）。"
)
@with_appcontext
def upgrade_command() -> None:
    """Upgrade every component at once."""
    schema.upgrade()
    click.echo("数据库结构已是最新。")


@schema_commands.command("revise", help="比对模型，为一个组件写出新的修订文件（开发用）。")
@click.argument("component")
@click.argument("message")
@with_appcontext
def revise_command(component: str, message: str) -> None:
    """Write a component's next revision."""
    try:
        schema.revise(component, message)
    except KeyError as error:
        names = "、".join(one.name for one in schema.components())
        raise click.BadParameter(f"没有组件 {component}，可用：{names}。") from error
    except schema.NothingToReviseError as error:
        raise click.ClickException(f"{component} 的模型与修订一致，无需修订。") from error


@schema_commands.command(
    "check", help="核对数据库、修订与模型是否一致；不一致则逐条列出并以 1 退出。"
)
@with_appcontext
def check_command() -> None:
    """List where database, revisions and models differ; exit 1 if anywhere."""
    with transaction(readonly=True):
        differences = schema.check()
    for difference in differences:
        click.echo(difference)
    if differences:
        raise click.exceptions.Exit(1)
    click.echo("数据库、修订与模型一致。")


@click.command("audit", help="封存未封存的记录，逐项核对账簿与封存链；有发现则列出并以 1 退出。")
@click.option(
    "--head", "known", metavar="SEQ:HASH", help="上次输出的链头（序号：散列），用来发现链尾被截断。"
)
@with_appcontext
def audit_command(known: str | None) -> None:
    """Seal what waits, run every check of every component; exit 1 on any finding."""
    written = _head(known) if known else None
    sealed = _seal_all()
    click.echo(f"新封存 {sealed} 条。")
    with transaction(readonly=True):
        checks: list[Check] = ask("integrity_checks")
        found = [finding for check in checks for finding in _run(check)]
        if written is not None:
            found += _run(Check("链头仍在链中", lambda: seal.missing(written)))
        tail, head, away = seal.unsealed(), seal.head(), sorted(schema.away())
    if away:
        click.echo(f"未启用的组件：{'、'.join(away)}。其凭证只核对借贷，不核对凭证类型。")
    if tail:
        click.echo(f"核对期间又有 {tail} 条新记录，尚未封存。")
    click.echo(f"链头 {head.seq}:{head.hash}（请抄录存放于系统之外，下次以 --head 核对）")
    if found:
        click.echo(f"共发现 {len(found)} 处不符。", err=True)
        raise click.exceptions.Exit(1)
    click.echo("全部相符。")


COMMANDS: list[click.Command] = [
    schema_commands,
    rehearse_command,
    docs_command,
    audit_command,
    trace_command,
    backup_command,
    restore_command,
    demo_commands,
    seed_command,
    serve_command,
    work_command,
    takeon_command,
]


def _head(text: str) -> seal.Head:
    """Read a chain's head as `flask audit` prints it."""
    number, _colon, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != len(seal.BEGINNING):
        raise click.BadParameter("链头应写作“序号：散列”，照上次 flask audit 的输出原样填写。")
    return seal.Head(int(number), digest)


def _seal_all() -> int:
    """Seal page by page, each in its own transaction, so that nobody waits long for one."""
    total = 0
    while True:
        with transaction():
            sealed = seal.seal_pending(thorough=True)
        if not sealed:
            return total
        total += sealed


def _run(check: Check) -> list[Finding]:
    started = time.monotonic()
    findings = check.run()
    verdict = "相符" if not findings else f"{len(findings)} 处不符"
    click.echo(f"{check.name}：{verdict}（{time.monotonic() - started:.1f} 秒）")
    for finding in findings:
        click.echo(f"  {finding.where}：应为 {finding.expected}，现为 {finding.found}")
    return findings
