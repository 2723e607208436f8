"""Pages of public."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_public", __name__, url_prefix="/contract/public", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
