"""Pages of tenders."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_tenders", __name__, url_prefix="/contract/tenders", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
