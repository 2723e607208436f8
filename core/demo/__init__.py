"""The demo county: invented people in a real place, made through the acts only."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from core.demo.county import (
    CANTEEN,
    DAY_CARE,
    HOME_CARE,
    INSTITUTION,
    NURSERY,
    PASSWORD,
    SCHOOL,
    TRAINING,
    VOCATIONAL,
    record_account,
)
from core.demo.door import DemoUser, demo_users
from core.demo.folk import HOMEBOUND, TRAINEE
from core.demo.loading import NotEmptyError, load
from core.demo.plans import plan
from core.demo.world import VISITOR, Provider, Resident, World

__all__ = [
    "CANTEEN",
    "DAY_CARE",
    "HOMEBOUND",
    "HOME_CARE",
    "INSTITUTION",
    "NURSERY",
    "PASSWORD",
    "SCHOOL",
    "TRAINEE",
    "TRAINING",
    "VISITOR",
    "VOCATIONAL",
    "DemoUser",
    "NotEmptyError",
    "Provider",
    "Resident",
    "World",
    "demo_commands",
    "demo_users",
    "load",
    "plan",
    "record_account",
]


@click.group("demo", help="演示县：虚构的人，真实的区划。")
def demo_commands() -> None:
    """Hold the verbs of the demo."""


@demo_commands.command("load", help="在空库里装入演示县；已装过则什么也不做，中断过则接着装。")
@with_appcontext
def load_command() -> None:
    """Load the demo county once."""
    try:
        if not load(click.echo):
            click.echo("演示县已在库中，没有改动。")
    except NotEmptyError as error:
        raise click.ClickException(str(error)) from error
