"""An empty installation to begin with: one division, one organisation, one account per role."""

from __future__ import annotations

import os
import secrets

import click
from flask.cli import with_appcontext

from core import access
from core.access import ROLES, User
from core.acts import do
from core.db import db, transaction
from core.errors import Refusal
from core.identifiers import credit_code_with_check, organisation_number_with_check

PASSWORD_VARIABLE = "HUIGOU_SEED_PASSWORD"  # noqa: S105 - a variable's name
DIVISION = ("430112", "望城区")
NOT_SEEDED = {"system"}


@click.command("seed", help="在空库里建立一个区划、一个单位和每个岗位一个账号。")
@click.option("--profile", type=click.Choice(["empty"]), required=True, help="只有 empty。")
@with_appcontext
def seed_command(profile: str) -> None:  # noqa: ARG001 - named, so that others may follow
    """Seed an empty database and print each account once."""
    with transaction(readonly=True):
        if db.session.scalar(db.select(User.id).limit(1)) is not None:
            raise click.ClickException("数据库里已有账号。请用 DATABASE_URL 指向一个空库。")
    try:
        accounts = seed(os.environ.get(PASSWORD_VARIABLE))
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    for role, login, password in accounts:
        click.echo(f"{ROLES[role].name}\t{login}\t{password}")
    if PASSWORD_VARIABLE not in os.environ:
        click.echo("以上密码只显示这一次，请交给各人。")


def seed(password: str | None) -> list[tuple[str, str, str]]:
    """Make the accounts, each named like its role; return role, login and password of each.

    Without a password every account gets a random one. Raises a Refusal for a weak password.
    """
    system = access.system("初始化")
    code, name = DIVISION
    do("party.add_division", system, code=code, name=name)
    organisation = do(
        "party.add_organisation",
        system,
        credit_code=credit_code_with_check(f"11{code}{organisation_number_with_check('00000001')}"),
        name=f"{name}人民政府",
        kind="purchaser",
        division_code=code,
    )["id"]
    made = []
    for role in ROLES:
        if role in NOT_SEEDED:
            continue
        secret = password or secrets.token_urlsafe(12)
        user = do("access.create_user", system, login=role, name=ROLES[role].name, password=secret)
        do(
            "access.grant_role",
            system,
            user_id=user["id"],
            role=role,
            division_code=code,
            organisation_id=organisation,
        )
        made.append((role, role, secret))
    return made
