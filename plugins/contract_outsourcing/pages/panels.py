"""Pages of panels."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_panels", __name__, url_prefix="/contract/panels", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
