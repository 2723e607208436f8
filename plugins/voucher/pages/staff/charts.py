"""Redemptions by day, service, township and provider: the same sums as picture and as table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import jsonify, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func

from core.access import fetch, require
from core.db import db
from core.errors import NotFound
from core.parties import Resident
from core.web import current_actor
from plugins.voucher.models import Programme, Redemption, Voucher
from plugins.voucher.pages.staff import people
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.rules import Terms
from plugins.voucher.service.membership import CAPTURED
from plugins.voucher.service.programmes import terms_of

DAYS = 31
LARGEST = 15


@dataclass(frozen=True)
class Bar:
    """A sum of redemptions: how many, how much in fen, and the list it stands for."""

    label: str
    count: int
    fen: int
    url: str


def tables(row: Programme, terms: Terms) -> list[dict[str, Any]]:
    """Return every chart of a programme: its title, its kind, its source and its sums."""
    titles = {
        "day": (_("按日核销"), "line"),
        "service": (_("按服务核销"), "bars"),
        "township": (_("按居民所在街道乡镇核销"), "bars"),
        "provider": (_("按承接主体核销"), "bars"),
    }
    return [
        {
            "title": title,
            "kind": kind,
            "source": url_for("voucher_staff.programmes.chart", number=row.id, by=by),
            "bars": _bars(row, terms, by),
        }
        for by, (title, kind) in titles.items()
    ]


@pages.get("/programmes/<int:number>/charts/<by>.json")
def chart(number: int, by: str) -> ResponseReturnValue:
    """Answer one chart's figures: yuan of redemptions that stand, each mark with its list."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Programme = fetch(Programme, number, actor, "programme.view")
    bars = _bars(row, terms_of(row)[1], by)
    return jsonify(
        unit="yuan",
        categories=[bar.label for bar in bars],
        series=[{"name": _("核销金额"), "data": [{"value": b.fen, "url": b.url} for b in bars]}],
    )


def _bars(row: Programme, terms: Terms, by: str) -> list[Bar]:
    """Return the sums of a programme's standing redemptions under one heading.

    The last month of days, those without redemptions too; of the other headings the largest.
    """
    column = {
        "day": Redemption.service_on,
        "service": Redemption.service_code,
        "township": Resident.division_code,
        "provider": Redemption.provider_id,
    }.get(by)
    if column is None:
        raise NotFound("NOT_FOUND", _("没有这张图。"))
    fen = func.sum(Redemption.amount_fen - Redemption.reversed_fen)
    query = (
        db.select(column, func.count(), fen)
        .where(Redemption.programme_id == row.id, Redemption.state == CAPTURED)
        .group_by(column)
        .order_by(column.desc() if by == "day" else fen.desc())
        .limit(DAYS if by == "day" else LARGEST)
    )
    if by == "township":
        query = query.join(Voucher, Voucher.id == Redemption.voucher_id).join(
            Resident, Resident.id == Voucher.resident_id
        )
    sums = {key: (count, int(amount)) for key, count, amount in db.session.execute(query)}
    keys = _month_to(max(sums)) if by == "day" and sums else list(sums)
    names = _labels(by, keys, terms)
    return [Bar(names[key], *sums.get(key, (0, 0)), _list_url(row, by, key)) for key in keys]


def _month_to(last: date) -> list[date]:
    return [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _labels(by: str, keys: list[Any], terms: Terms) -> dict[Any, str]:
    if by == "day":
        return {key: key.isoformat() for key in keys}
    if by == "service":
        return {
            key: terms.services[key].name if key in terms.services else str(key) for key in keys
        }
    names: dict[Any, str] = dict(
        people.divisions(keys) if by == "township" else people.organisations(keys)
    )
    return {key: names.get(key, str(key)) for key in keys}


def _list_url(row: Programme, by: str, key: Any) -> str:
    heading = {"day": {"from": key, "to": key}}.get(by, {by: key})
    return url_for("voucher_staff.redemptions.index", programme=row.id, state=CAPTURED, **heading)
