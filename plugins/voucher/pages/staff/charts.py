"""Redemptions by day, service, township and provider: the same sums as picture and as table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Subquery, case, func, or_

from core import journals
from core.access import Actor, fetch, require
from core.db import db
from core.errors import NotFound
from core.parties import Resident
from core.web import current_actor
from plugins.voucher.models import LotMove, Programme, Redemption, Voucher
from plugins.voucher.pages.staff import people
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.rules import Terms, measured
from plugins.voucher.service.membership import CAPTURED
from plugins.voucher.service.programmes import terms_of

DAYS = 31
LARGEST = 15
MONEY, QUANTITY = "money", "quantity"


@dataclass(frozen=True)
class Bar:
    """A sum of redemptions: how many, fen less corrections, what they took, and their journals.

    `quantity` is in the unit of the voucher; of a voucher in money there is none.
    """

    label: str
    count: int
    fen: int
    quantity: int | None
    measured: str
    url: str


def measures(terms: Terms) -> list[tuple[str, str]]:
    """Return what a programme's redemptions can be measured in, by code and in words."""
    words = {"minute": _("时长（小时）"), "count": _("次数")}
    found = [(MONEY, _("金额（元）"))]
    return found + ([(QUANTITY, words[terms.unit])] if terms.unit in words else [])


def measure_asked(terms: Terms) -> str:
    """Return the measure that the address asks for, money where it asks for none of them."""
    asked = request.args.get("measure", MONEY)
    return asked if asked in dict(measures(terms)) else MONEY


def tables(row: Programme, terms: Terms) -> list[dict[str, Any]]:
    """Return every chart of a programme: its title, its kind, its source and its sums."""
    titles = {
        "day": (_("按日核销"), "line"),
        "service": (_("按服务核销"), "bars"),
        "township": (_("按居民所在街道乡镇核销"), "bars"),
        "provider": (_("按承接主体核销"), "bars"),
    }
    measure = measure_asked(terms)
    given = {} if measure == MONEY else {"measure": measure}
    return [
        {
            "title": title,
            "kind": kind,
            "source": url_for("voucher_staff.programmes.chart", number=row.id, by=by, **given),
            "bars": _bars(row, terms, by),
        }
        for by, (title, kind) in titles.items()
    ]


@pages.get("/programmes/<int:number>/charts/<by>.json")
def chart(number: int, by: str) -> ResponseReturnValue:
    """Answer one chart's figures: redemptions that stand, each mark with its journals."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Programme = fetch(Programme, number, actor, "programme.view")
    terms = terms_of(row)[1]
    bars, measure = _bars(row, terms, by), measure_asked(terms)
    values = [bar.fen if measure == MONEY else bar.quantity for bar in bars]
    marks = [{"value": n, "url": bar.url} for n, bar in zip(values, bars, strict=True)]
    return jsonify(
        unit="yuan" if measure == MONEY else terms.unit,
        categories=[bar.label for bar in bars],
        series=[{"name": dict(measures(terms))[measure], "data": marks}],
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
    if terms.unit != "fen":
        drawn = _drawn(row)
        query = query.add_columns(func.sum(drawn.c.quantity)).join(
            drawn, drawn.c.redemption_id == Redemption.id
        )
    sums = {key: [int(value) for value in sums] for key, *sums in db.session.execute(query)}
    keys = _month_to(max(sums)) if by == "day" and sums else list(sums)
    names, actor = _labels(by, keys, terms), current_actor()
    return [
        _bar(terms, names[key], sums.get(key, [0, 0, 0]), _journals_url(actor, row, by, key))
        for key in keys
    ]


def _bar(terms: Terms, label: str, sums: list[int], url: str) -> Bar:
    count, fen, *rest = sums
    quantity = rest[0] if rest and terms.unit != "fen" else None
    told = "" if quantity is None else measured(terms.unit, quantity)
    return Bar(label, count, fen, quantity, told, url)


def _drawn(row: Programme) -> Subquery:
    """Return what each redemption of a programme took of its lots, less what was given back."""
    signed = case((LotMove.to_state == "redeemed", LotMove.quantity), else_=-LotMove.quantity)
    return (
        db.select(LotMove.redemption_id, func.sum(signed).label("quantity"))
        .join(Redemption, Redemption.id == LotMove.redemption_id)
        .where(Redemption.programme_id == row.id)
        .where(or_(LotMove.to_state == "redeemed", LotMove.from_state == "redeemed"))
        .group_by(LotMove.redemption_id)
        .subquery()
    )


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


def _journals_url(actor: Actor, row: Programme, by: str, key: Any) -> str:
    """Return the journals a mark stands for; of who may not read the books, the redemptions."""
    heading = {"day": {"from": key, "to": key}}.get(by, {by: key})
    page = "journals" if journals.may_read(actor) else "index"
    return url_for(f"voucher_staff.redemptions.{page}", programme=row.id, state=CAPTURED, **heading)
