"""Pages of frameworks."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_frameworks",
    __name__,
    url_prefix="/contract/frameworks",
    template_folder="../templates",
)
MENU: list[tuple[str, MenuItem]] = []
