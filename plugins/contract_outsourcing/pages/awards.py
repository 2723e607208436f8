"""Pages of awards."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_awards", __name__, url_prefix="/contract/awards", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
