"""`flask takeon PATH...`: reconcile opening balances to the old books, and propose them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from core.access import Actor, Grant
from core.acts import perform
from core.errors import Refusal
from core.formats import yuan
from core.plugins import registry
from core.years.opening import encode
from core.years.tables import folder_files, gather


@click.command(
    "takeon",
    help="核对期初建账文件（YAML，或 CSV、XLSX 表格或文件夹）与旧账；写明 --division 则提出建账。",
)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
)
@click.option(
    "--division", "division_code", metavar="CODE", help="提出建账的行政区划；不写只核对，不记账。"
)
@with_appcontext
def takeon_command(paths: tuple[Path, ...], division_code: str | None) -> None:
    """Print the reconciliation; propose it for a division; exit 1 where it does not agree.

    A YAML file, or tables (about, lines, pools, payables, balances; vouchers) as files or a folder.
    A person of the finance office approves it on the page 期初建账.
    """
    # Operational work stands for nobody, but opens the books of one division only.
    actor = Actor(None, _("系统"), (Grant("system", None, division_code or ""),))
    files = [one for path in paths for one in folder_files(path)]
    try:
        filename, data = gather([(one.name, one.read_bytes()) for one in files])
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    payload = {"filename": filename, "content": encode(data)}
    _print(_heard(actor, "takeon.check", payload))
    if division_code:
        said = _heard(actor, "takeon.propose", payload)
        click.echo(_("已提出第 %(id)s 号期初建账，请财政复核在“期初建账”页批准。", id=said["id"]))


def _heard(actor: Actor, operation_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = perform(operation_id, payload, actor=actor)
    if answer.refused:
        errors = answer.body.get("errors")
        raise click.ClickException(f"{answer.body['detail']}{f' {errors}' if errors else ''}")
    return answer.body


def _print(said: dict[str, Any]) -> None:
    kinds = registry().account_kinds
    for row in said["rows"]:
        figures = [yuan(row[f"{name}_fen"]) for name in ("opening", "given", "difference")]
        kind = kinds[row["account"]]
        click.echo("  ".join([_(kind.name), row["owner"], *figures]))
    for one in said["programmes"]:
        click.echo(
            _(
                "项目 %(programme)s（额度池 %(pool)s）：%(holders)s 人，%(lots)s 份额度，"
                "发放 %(granted)s，剩余 %(remaining)s，承诺 %(committed)s 元",
                **one | {"committed": yuan(one["committed_fen"])},
            )
        )
    for fault in said["faults"]:
        click.echo(_("第 %(row)s 行：%(what)s", row=fault["row"], what=fault["message"]))
    if said["faults"]:
        raise click.ClickException(_("凭单名册有错，见以上各行。"))
    if not said["reconciled"]:
        raise click.ClickException(_("与旧账试算平衡表不符，见差额不为零的各行。"))
    click.echo(_("全部相符。"))
