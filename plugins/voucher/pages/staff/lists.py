"""Lists read newest first, one page at a time, each page found by the last number before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from sqlalchemy import Select

from core.db import db

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of rows and the addresses of the next page and of the first."""

    rows: list[Any]
    next_url: str
    first_url: str


def page(query: Select[Any], model: Any, *, limit: int = PAGE) -> Page:
    """Return the page that `?before=` asks for; the query's first column is `model`."""
    before = request.args.get("before", type=int)
    if before is not None:
        query = query.where(model.id < before)
    found = db.session.execute(query.order_by(model.id.desc()).limit(limit + 1)).all()
    more = len(found) > limit
    rows = found[:limit]
    return Page(
        list(rows),
        here(before=rows[-1][0].id) if more else "",
        here(before=None) if before is not None else "",
    )


def here(**changes: Any) -> str:
    """Return this page's address with some of its query changed; None takes a name away."""
    given = request.args.to_dict() | changes
    kept = {name: value for name, value in given.items() if value not in ("", None)}
    return url_for(str(request.endpoint), **(request.view_args or {}), **kept)
