"""Pages of milestones."""

from __future__ import annotations

from flask import Blueprint

from core.web.menu import MenuItem

blueprint = Blueprint(
    "contract_milestones",
    __name__,
    url_prefix="/contract/milestones",
    template_folder="../templates",
)
MENU: list[tuple[str, MenuItem]] = []
