"""Documentation that cannot rot: parts of docs/*.md are written from what the code declares."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
from flask.cli import AppGroup

from core.docs import declared, refusals
from core.docs.declared import Part

__all__ = ["PART", "ROOT", "Part", "docs_command", "parts", "stale"]

ROOT = Path(__file__).resolve().parents[2]
PART = re.compile(
    r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end of generated part -->)", re.DOTALL
)
PARTS: dict[str, Callable[[], str]] = {
    "hooks": declared.hooks,
    "commands": declared.commands,
    "acts": declared.acts,
    "account-kinds": declared.account_kinds,
    "entry-kinds": declared.entry_kinds,
    "facts": declared.facts,
    "figures": declared.figures,
    "rule-figures": declared.rule_figures,
    "deadline-kinds": declared.deadline_kinds,
    "permissions": declared.permissions,
    "forbidden-pairs": declared.forbidden_pairs,
    "refusals": lambda: refusals.table(ROOT),
}


def parts() -> dict[str, Callable[[], str]]:
    """Return what writes each generated part, by name: the core's, then the components'."""
    return PARTS | declared.parts()


docs_command = AppGroup("docs", help="由代码生成文档中的清单。")


def stale() -> dict[Path, str]:
    """Return the documents whose generated parts are out of date, with their right text.

    Raises KeyError for a part that nobody generates.
    """
    found, known = {}, parts()
    for path in sorted((ROOT / "docs").glob("**/*.md")):
        text = path.read_text(encoding="utf-8")
        right = PART.sub(lambda part: f"{part[1]}\n{known[part[2]]()}\n\n{part[3]}", text)
        if right != text:
            found[path] = right
    return found


@docs_command.command("write", help="重写 docs/ 中由代码生成的部分。")
def write() -> None:
    """Write the generated parts of the documents anew."""
    for path, text in stale().items():
        path.write_text(text, encoding="utf-8")
        click.echo(f"已更新 {path.relative_to(ROOT)}")


@docs_command.command("check", help="检查 docs/ 中由代码生成的部分是否最新。")
def check() -> None:
    """Exit with 1 when a generated part is out of date."""
    found = [str(path.relative_to(ROOT)) for path in stale()]
    if found:
        raise click.ClickException(f"{'、'.join(found)} 已过期，请运行 make docs。")
