"""The programmes that ship as templates: one file each, as `docs/programmes.md` describes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from core.docs.declared import table
from core.lines import load

FOLDER = Path(__file__).parent


@cache
def templates() -> dict[str, dict[str, Any]]:
    """Return every template as its file has it, by the file's name; nobody may change them."""
    return {path.stem: load(path)[0] for path, _text in _files()}


def document() -> str:
    """Return a table of the templates; what one shows is its file's first line."""
    known = templates()
    rows = [
        (
            f"[`{path.name}`](../plugins/voucher/programmes/{path.name})",
            known[path.stem]["name"],
            text.partition("\n")[0].removeprefix("# "),
        )
        for path, text in _files()
    ]
    return table(("file", "programme", "shows"), rows)


def _files() -> list[tuple[Path, str]]:
    return [(path, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
