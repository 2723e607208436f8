"""`flask rehearse FILE...`: play rehearsals in an empty database and print what came of them."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from core import clock
from core.audit import AuditEntry
from core.db import db, transaction
from core.lines import BadFileError
from core.rehearsal.running import Outcome, Step, rehearse

HELP = """按文件排演业务：逐件办理，核对答复、拒绝码和账面数。

只在空库或只办过排演的库里运行，以免把演练记进真账。有一处不符即以 1 退出。

格式见 docs/rehearsals.md。
"""


@click.command("rehearse", help=HELP)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--twice", is_flag=True, help="再排演一次，证明同样的请求不改变任何账面。")
@with_appcontext
def rehearse_command(files: tuple[Path, ...], *, twice: bool) -> None:
    """Play every file; exit with 1 when anything differs from it."""
    _refuse_real_books()
    broken = 0
    for path in files:
        try:
            outcome = rehearse(path, twice=twice)
        except BadFileError as error:
            for fault in error.faults:
                click.echo(fault, err=True)
            broken += len(error.faults)
        else:
            _print(outcome)
            broken += len(outcome.mismatches)
    if broken:
        raise click.exceptions.Exit(1)


def _refuse_real_books() -> None:
    with transaction(readonly=True):
        query = db.select(AuditEntry.id).where(
            AuditEntry.request_key.is_(None) | ~AuditEntry.request_key.startswith("rehearsal:")
        )
        real = db.session.scalar(query.limit(1))
    if real is not None:
        raise click.ClickException(
            "这个数据库里有真实业务，不能排演。请用 DATABASE_URL 指向一个空库，"
            "先运行 flask schema upgrade。"
        )


def _print(outcome: Outcome) -> None:
    click.echo(outcome.title)
    for step in outcome.steps:
        if not step.event.is_setup:
            click.echo(_row(step))
    for mismatch in outcome.mismatches:
        click.echo(str(mismatch), err=True)
    click.echo(
        f"共 {outcome.events} 件，拒绝 {outcome.refusals} 件，不符 {len(outcome.mismatches)} 处。"
    )


def _row(step: Step) -> str:
    event = step.event
    when = event.at.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S")
    done = f"again {event.again}" if event.again else event.do
    said = "、".join(step.refusals) or "受理"
    replayed = "（重复答复）" if step.replayed else ""
    return f"{when}  {event.id:<12} {done:<28} x{step.sent:<3} {said}{replayed}  {event.by}"
