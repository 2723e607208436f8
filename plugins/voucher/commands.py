"""`flask voucher programme check | define | export`: programmes as YAML files."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from core.access import Actor, User, grants_of
from core.acts import perform
from core.db import db, transaction
from core.errors import InvalidInput, Refusal
from core.formats import yuan
from plugins.voucher.rules import read_terms
from plugins.voucher.service import programme_files
from plugins.voucher.service.previewing import outcome
from plugins.voucher.service.programmes import terms_in_force

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("voucher", help="凭单：用文件编制项目。")
def voucher_commands() -> None:
    """Hold the verbs of the voucher."""


@voucher_commands.group("programme", help="项目文件：核对、编制、导出。")
def programme_commands() -> None:
    """Hold the verbs about programmes."""


@programme_commands.command("check", help="核对一个项目文件并试算；有错则逐条列出并以 1 退出。")
@click.argument("file", type=FILE)
@with_appcontext
def check_command(file: Path) -> None:
    """List a file's faults, or tell what the programme would do."""
    with transaction(readonly=True):
        paper = _read(file)
        owner = paper.organisation
        found = outcome(read_terms(paper.document), owner.division_code)
        click.echo(f"{paper.code} {paper.name}（{owner.name}）")
    click.echo(f"给谁：{found['rule']}")
    click.echo(f"今天符合条件 {found['people']} 人。")
    click.echo(f"一期要 {yuan(found['period_fen'])} 元，全程要 {yuan(found['whole_fen'])} 元。")
    for line in found["lines"]:
        left = line["headroom_fen"]
        click.echo(
            f"指标 {line['code']} {line['name']}：可用 {yuan(line['available_fen'])} 元，"
            + (f"余 {yuan(left)} 元。" if left >= 0 else f"还差 {yuan(-left)} 元。")
        )
    if found["failing_cases"]:
        for sentence in found["failing_cases"]:
            click.echo(f"用例不符：{sentence}", err=True)
        raise click.exceptions.Exit(1)


@programme_commands.command("define", help="照文件编制一个项目草稿，由 --as 的人经办。")
@click.argument("file", type=FILE)
@click.option("--as", "login", required=True, metavar="LOGIN", help="编制人员的登录名。")
@with_appcontext
def define_command(file: Path, login: str) -> None:
    """Create the draft through the act, as somebody who may."""
    with transaction(readonly=True):
        actor = _actor(login)
        paper = _read(file)
        asked = {"code": paper.code, "name": paper.name, "terms": paper.terms}
        asked["organisation_id"] = paper.organisation.id
    answer = perform("programme.create", asked, actor=actor)
    if answer.refused:
        raise click.ClickException(answer.body["detail"])
    click.echo(f"草稿已保存：{paper.code}（第 {answer.body['id']} 号项目）。请在网页上提交复核。")


@programme_commands.command("export", help="按编号导出项目现行的条款，写到标准输出。")
@click.argument("code")
@with_appcontext
def export_command(code: str) -> None:
    """Print the version in force as a file that defines the same."""
    with transaction(readonly=True):
        try:
            programme = programme_files.by_code(code)
        except Refusal as refusal:
            raise click.ClickException(refusal.message) from refusal
        text = programme_files.written(programme, terms_in_force(programme)[0])
    click.echo(text, nl=False)


def _read(file: Path) -> programme_files.Paper:
    """Read a file; every fault is a line of its own."""
    with file.open("rb") as opened:
        data = opened.read(programme_files.MOST_BYTES + 1)
    try:
        return programme_files.read(data, str(file))
    except InvalidInput as refusal:
        for sentence in (refusal.errors or {}).get("file") or [refusal.message]:
            click.echo(sentence, err=True)
        raise click.exceptions.Exit(1) from refusal


def _actor(login: str) -> Actor:
    user = db.session.scalar(db.select(User).filter_by(login=login, disabled_at=None))
    if user is None:
        raise click.ClickException(f"没有登录名为“{login}”的在用人员。")
    return Actor(user.id, user.name, grants_of(user.id), resident_id=user.resident_id)


COMMANDS: list[click.Command] = [voucher_commands]
