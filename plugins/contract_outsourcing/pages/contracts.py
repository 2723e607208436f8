"""Pages of contracts."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_contracts", __name__, url_prefix="/contract/contracts", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
