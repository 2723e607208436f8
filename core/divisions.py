"""Administrative divisions (行政区划, GB/T 2260 with townships): a tree that rights follow."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import db
from core.errors import InvalidInput


class Division(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One division; `path` joins the codes from the province down.

    The level of a code cannot be told from its trailing zeros (management districts, counties
    directly under a province).
    """

    __tablename__ = "division"
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text, index=True)


LEVELS = ("province", "city", "county", "township")


def add_division(code: str, name: str, *, parent: str | None = None) -> Division:
    """Add a division below its parent (no parent: a province), or return the one that is there."""
    existing: Division | None = db.session.get(Division, code)
    if existing:
        return existing
    above = db.session.get(Division, parent) if parent else None
    if parent and above is None:
        raise InvalidInput(_("上级行政区划 %(parent)s 不存在，请先登记上级。", parent=parent))
    level = LEVELS[LEVELS.index(above.level) + 1] if above else LEVELS[0]
    division = Division(
        code=code, name=name, level=level, path=f"{above.path if above else ''}{code}/"
    )
    db.session.add(division)
    db.session.flush()
    return division


def require_division(code: str) -> Division:
    """Return a division by its code; refuse an unknown one."""
    found: Division | None = db.session.get(Division, code)
    if found is None:
        raise InvalidInput(
            _("行政区划代码 %(code)s 不存在，请核对 GB/T 2260 代码。", code=code),
            errors={"division_code": ["不存在"]},
        )
    return found


def within(column: Any, code: str) -> ColumnElement[bool]:
    """Return the condition that a row's division code lies in the subtree of `code`."""
    top = db.select(Division.path).where(Division.code == code).scalar_subquery()
    inside: ColumnElement[bool] = column.in_(
        db.select(Division.code).where(Division.path.startswith(top))
    )
    return inside
