"""A budget line's rooms as figures for pages: labelled, added up, each with where it comes from."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from core import clock
from core.access import Actor, scoped
from core.budget import BudgetLine
from core.db import db
from core.ledger import balances

Rooms = dict[str, int]
ROOMS = ("approved", "available", "reserved", "encumbered", "accrued", "disbursed")
PARTS = ROOMS[1:]
DRAWN = 8


def room_names() -> dict[str, str]:
    """Return the words for the rooms, in the order in which a yuan walks through them."""
    return {
        "approved": _("批复"),
        "available": _("可用"),
        "reserved": _("预留"),
        "encumbered": _("承诺"),
        "accrued": _("应付"),
        "disbursed": _("已付"),
    }


def lines_of_year(actor: Actor, year: int) -> list[BudgetLine]:
    """Return the lines of a fiscal year that a person may see, by code."""
    query = scoped(BudgetLine, actor, "budget.view").where(BudgetLine.fiscal_year == year)
    return list(db.session.scalars(query.order_by(BudgetLine.code)))


def years(actor: Actor) -> list[int]:
    """Return the fiscal years of the lines a person may see, the newest first."""
    seen = scoped(BudgetLine, actor, "budget.view").subquery()
    query = db.select(seen.c.fiscal_year).distinct().order_by(seen.c.fiscal_year.desc())
    return list(db.session.scalars(query))


def newest_year(actor: Actor) -> int:
    """Return this fiscal year, or the last one before it of which a person may see lines."""
    this = clock.today().year
    return max((year for year in years(actor) if year <= this), default=this)


def rooms_by_line(lines: list[BudgetLine]) -> dict[int, Rooms]:
    """Return each line's rooms in fen, by the line's number."""
    found: dict[int, Rooms] = {line.id: dict.fromkeys(ROOMS, 0) for line in lines}
    for room in ROOMS:
        for line_id, fen in balances(f"line.{room}", by="line_id").items():
            if line_id in found:
                found[line_id][room] = fen
    return found


def added(rooms: dict[int, Rooms]) -> Rooms:
    """Return the rooms of several lines together."""
    total: Rooms = defaultdict(int)
    for one in rooms.values():
        for room, fen in one.items():
            total[room] += fen
    return {room: total[room] for room in ROOMS}


def room_url(line_id: int, room: str) -> str:
    """Return the journals that make up one room of one line."""
    return url_for("audit.journals", line=line_id, kind=f"line.{room}")


def rows(lines: list[BudgetLine], rooms: dict[int, Rooms]) -> list[dict[str, Any]]:
    """Return a table's rows: each line with its rooms, every figure with its journals."""
    return [
        {
            "line": (_label(line), url_for("budget.show", id=line.id)),
            "organisation_id": line.organisation_id,
            **{room: (rooms[line.id][room], room_url(line.id, room)) for room in ROOMS},
        }
        for line in lines
    ]


def bar(line_id: int, rooms: Rooms) -> list[dict[str, Any]]:
    """Return a line's rooms as the `rooms` macro draws them."""
    names = room_names()
    return [
        {"room": room, "label": names[room], "fen": rooms[room], "url": room_url(line_id, room)}
        for room in PARTS
    ]


def journals_url(kind: str, line_ids: list[int]) -> str:
    """Return the journals of some lines' accounts of a kind."""
    return url_for("audit.journals", kind=kind, line=",".join(str(one) for one in line_ids))


def sankey(lines: list[BudgetLine], rooms: dict[int, Rooms]) -> dict[str, Any]:
    """Return the flow of money from lines into rooms, as the chart draws it.

    The largest lines stand by themselves, the others together; every mark has its journals.
    """
    names = room_names()
    ordered = sorted(lines, key=lambda line: -rooms[line.id]["approved"])
    groups = [(_label(line), line.code, [line.id]) for line in ordered[:DRAWN]]
    if rest := [line.id for line in ordered[DRAWN:]]:
        groups.append((_("其余 %(count)s 条指标", count=len(rest)), _("其余"), rest))
    flows = [(name, ids, added({one: rooms[one] for one in ids})) for name, _short, ids in groups]
    total, every = added(rooms), [line.id for line in ordered]
    nodes = [
        {"name": name, "short": short, "url": journals_url("line.approved", ids)}
        for name, short, ids in groups
    ]
    nodes += [
        {"name": names[room], "room": room, "url": journals_url(f"line.{room}", every)}
        for room in PARTS
        if total[room] > 0
    ]
    links = [
        {
            "source": source,
            "target": names[room],
            "value": parts[room],
            "url": journals_url(f"line.{room}", ids),
        }
        for source, ids, parts in flows
        for room in PARTS
        if parts[room] > 0
    ]
    return {"unit": "yuan", "nodes": nodes, "links": links}


def _label(line: BudgetLine) -> str:
    return f"{line.code} {line.name}"
