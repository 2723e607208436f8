"""Pages of openings."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_openings", __name__, url_prefix="/contract/openings", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
