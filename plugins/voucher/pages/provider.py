"""Pages for: provider."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint("voucher_provider", __name__, template_folder="../templates")
MENU: list[tuple[str, MenuItem]] = []
