"""Where a programme's money is: from its budget lines through its pools into the rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import jsonify, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import fetch, require
from core.budget import BudgetLine, Pool
from core.db import db
from core.ledger import balances
from core.web import current_actor, figures
from plugins.voucher.models import Programme
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.service.programmes import terms_of

LEFT, DRAWN = ("available", "reserved"), ("encumbered", "accrued", "disbursed")
POOLS_DRAWN = 6


@dataclass(frozen=True)
class Flow:
    """A line's money in some pools (or, without any, in the line itself), in fen by room."""

    line: BudgetLine
    name: str
    short: str
    pools: tuple[int, ...]
    fen: dict[str, int]

    def url(self, room: str = "") -> str:
        """Return the journals of this money, all of them or those of one room."""
        given: dict[str, Any] = {"line": self.line.id}
        if self.pools:
            given["pool"] = _listed(self.pools)
        if room:
            given["kind"] = f"line.{room}"
        return url_for("audit.journals", **given)


def pools_of(numbers: Iterable[int]) -> dict[int, list[Pool]]:
    """Return the pools of programmes, by the programme's number, the newest first."""
    found: dict[int, list[Pool]] = {}
    for number in numbers:
        own = Pool.source.startswith(f"programme:{number}/", autoescape=True)
        query = db.select(Pool).where(Pool.component == "voucher", own)
        pools = list(db.session.scalars(query.order_by(Pool.id.desc())))
        if pools:
            found[number] = pools
    return found


def flows(row: Programme, pools: list[Pool], line_ids: list[int]) -> list[Flow]:
    """Return where the money of a programme's lines is, every fen of them in one flow."""
    of_pools = {share.line_id for pool in pools for share in pool.shares}
    query = db.select(BudgetLine).where(BudgetLine.id.in_(of_pools | set(line_ids)))
    groups = _groups(row, pools)
    return [
        flow
        for line in db.session.scalars(query.order_by(BudgetLine.id))
        for flow in _of_line(line, groups)
        if any(flow.fen.values()) or not flow.pools
    ]


def table(found: list[Flow]) -> list[dict[str, Any]]:
    """Return flows as a table's rows, every figure with its journals."""
    return [
        {"line": (_label(flow.line), url_for("budget.show", id=flow.line.id)), "pool": flow.name}
        | {room: (fen, flow.url(room)) for room, fen in flow.fen.items()}
        for flow in found
    ]


@pages.get("/programmes/<int:number>/rooms.json")
def rooms_chart(number: int) -> ResponseReturnValue:
    """Answer the figures of a programme's picture, each mark with its journals."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Programme = fetch(Programme, number, actor, "programme.view")
    lines = [line_id for line_id, _share in terms_of(row)[1].funding]
    return jsonify(sankey(flows(row, pools_of([row.id]).get(row.id, []), lines)))


def sankey(found: list[Flow]) -> dict[str, Any]:
    """Return flows as the chart draws them."""
    names = figures.room_names()
    lines = {flow.line.id: flow.line for flow in found}
    nodes = [
        {"name": _label(line), "short": line.code}
        | {"url": figures.journals_url("line.approved", [line.id])}
        for line in lines.values()
    ]
    links: list[dict[str, Any]] = []
    for flow in found:
        if flow.pools and (total := sum(flow.fen.values())):
            links.append(_link(_label(flow.line), flow.name, total, flow.url()))
        links += [
            _link(_label(flow.line), names[room], fen, flow.url(room))
            for room, fen in flow.fen.items()
            if fen > 0 and not flow.pools
        ]
    for name, some in _by_pools(found).items():
        pools = sorted({number for flow in some for number in flow.pools})
        own = [flow.line.id for flow in some]
        url = url_for("audit.journals", pool=_listed(pools), line=_listed(own))
        nodes.append({"name": name, "short": some[0].short, "url": url})
        for room in DRAWN:
            if fen := sum(flow.fen[room] for flow in some):
                url = url_for(
                    "audit.journals", kind=f"line.{room}", pool=_listed(pools), line=_listed(own)
                )
                links.append(_link(name, names[room], fen, url))
    filled = {link["target"] for link in links}
    nodes += [
        {"name": names[room], "room": room}
        | {"url": figures.journals_url(f"line.{room}", list(lines))}
        for room in (*LEFT, *DRAWN)
        if names[room] in filled
    ]
    return {"unit": "yuan", "nodes": nodes, "links": links}


def _by_pools(found: list[Flow]) -> dict[str, list[Flow]]:
    by_name: dict[str, list[Flow]] = defaultdict(list)
    for flow in found:
        if flow.pools:
            by_name[flow.name].append(flow)
    return by_name


def _groups(row: Programme, pools: list[Pool]) -> list[tuple[str, str, set[int]]]:
    """Return pools as they are drawn, with short names: one by one, or by allotment."""
    named = {pool.id: pool.name.removeprefix(row.name).strip() or _("额度池") for pool in pools}
    if len(pools) <= POOLS_DRAWN:
        return [(name, name.rpartition(" ")[2], {number}) for number, name in sorted(named.items())]
    found: dict[str, set[int]] = defaultdict(set)
    for number, name in sorted(named.items()):
        found[name.rpartition(" ")[0] or name].add(number)
    return [
        (_("%(name)s（%(n)s 期）", name=name, n=len(ids)), name, ids) for name, ids in found.items()
    ]


def _of_line(line: BudgetLine, groups: list[tuple[str, str, set[int]]]) -> list[Flow]:
    """Return a line's own money, and what is in each group of pools and in other programmes'."""
    inside = {room: balances(f"line.{room}", by="pool_id", line_id=line.id) for room in DRAWN}
    left = {room: balances(f"line.{room}", by="line_id", line_id=line.id) for room in LEFT}
    known: set[int] = set().union(*(ids for _name, _short, ids in groups))
    others = {number for fen in inside.values() for number in fen if number} - known
    every = [*groups, (_("其他项目的额度池"), _("其他"), others)] if others else groups
    nothing = dict.fromkeys((*LEFT, *DRAWN), 0)
    own = {room: fen.get(line.id, 0) for room, fen in left.items()}
    found = [Flow(line, _("未承诺"), "", (), nothing | own)]
    for name, short, ids in every:
        sums = {room: sum(fen.get(one, 0) for one in ids) for room, fen in inside.items()}
        found.append(Flow(line, name, short, tuple(sorted(ids)), nothing | sums))
    return found


def _link(source: str, target: str, fen: int, url: str) -> dict[str, Any]:
    return {"source": source, "target": target, "value": fen, "url": url}


def _label(line: BudgetLine) -> str:
    return f"{line.code} {line.name}"


def _listed(numbers: Any) -> str:
    return ",".join(str(number) for number in numbers)
