"""`flask voucher ...`: operational verbs of the voucher plugin."""

from __future__ import annotations

import click

COMMANDS: list[click.Command] = []
