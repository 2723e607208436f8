"""Pages of bids."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_bids", __name__, url_prefix="/contract/bids", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = []
