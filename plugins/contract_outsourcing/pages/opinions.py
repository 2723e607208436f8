"""Pages of opinions."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_opinions", __name__, url_prefix="/contract/opinions", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
