"""The programmes that ship as templates: one file each, as `docs/programmes.md` describes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.docs.declared import table

FOLDER = Path(__file__).parent


@cache
def templates() -> dict[str, dict[str, Any]]:
    """Return every template as its file has it (code, name, about, terms), by the file's name."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def document() -> str:
    """Return a table of the templates."""
    rows = [
        (f"[`{stem}.yaml`](../plugins/voucher/programmes/{stem}.yaml)", one["name"], one["about"])
        for stem, one in templates().items()
    ]
    return table(("file", "programme", "shows"), rows)
