"""Budget lines and the pools that draw on them: every figure leads to its journals."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from core import clock, journals
from core.access import Actor, fetch, require, visible
from core.budget import PPM, BudgetLine, Pool, PoolShare, pool_totals, pools_of
from core.db import db
from core.fiscal import PoolCarry, closed_lines
from core.parties import Organisation
from core.virement import SOURCES, source_money
from core.web import current_actor, figures
from core.web.forms import act, done_or_again, fen_of, fresh, saved, shown_again, whole, year_of

blueprint = Blueprint("budget", __name__, url_prefix="/budget")

VIEW, APPROPRIATE, ADJUST = "budget.view", "budget.appropriate", "budget.adjust"
RECENT = 10
CHOICES = 500
POOLS = 50


@blueprint.get("/")
def index() -> str:
    """List the lines of a fiscal year with their rooms."""
    actor = current_actor()
    require(actor, VIEW)
    years = figures.years(actor)
    year = whole(request.args.get("year")) or (years[0] if years else clock.today().year)
    lines = figures.lines_of_year(actor, year) if isinstance(year, int) else []
    rooms = figures.rooms_by_line(lines)
    names = _names({line.organisation_id for line in lines})
    rows = figures.rows(lines, rooms)
    return render_template(
        "budget/index.html",
        year=year,
        years=years,
        lines=[row | {"organisation": names[row["organisation_id"]]} for row in rows],
        total=figures.added(rooms),
        names=figures.room_names(),
    )


@blueprint.get("/sources")
def sources() -> str:
    """Show a year's money source by source."""
    actor = current_actor()
    require(actor, VIEW)
    found = source_money(actor, year=year_of(request.args.get("year")))
    years = [year for year in figures.years(actor) if year != found["year"]]
    return render_template(
        "budget/sources.html", found=found, years=years, names=figures.room_names()
    )


@blueprint.get("/new")
def new() -> str:
    """Show the form for a newly approved line."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Record an approved line."""
    form = request.form
    fields = ("code", "name", "function_code", "economic_code", "source", "document")
    payload: dict[str, Any] = {name: form.get(name) for name in fields}
    payload["fiscal_year"] = whole(form.get("fiscal_year"))
    payload["organisation_id"] = whole(form.get("organisation_id"))
    payload["amount_fen"] = fen_of(form.get("amount_fen", ""))
    return saved("budget.appropriate", payload, done=_("已下达指标。"), again=_new)


@blueprint.get("/lines/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a line: its rooms, the pools that draw on it, its latest journals."""
    return _show(id, fresh())


@blueprint.post("/lines/<int:id>/adjust")
def adjust(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Raise or cut a line."""
    form = request.form
    amount = fen_of(form.get("amount_fen", ""))
    if form.get("direction") == "cut" and isinstance(amount, int):
        amount = -amount
    payload: dict[str, Any] = {"id": id, "amount_fen": amount}
    payload |= {name: form.get(name) for name in ("document", "reason")}
    answer = act("budget.adjust", payload)
    return done_or_again(
        answer,
        done=_("已调整指标。"),
        to=url_for(".show", id=id),
        again=lambda one: _show(id, shown_again(one)),
    )


@blueprint.get("/pools/<int:id>")
def pool(id: int) -> str:  # noqa: A002 - the route's name
    """Show a pool: what was committed and what became of it, and the lines it draws on."""
    actor = current_actor()
    require(actor, VIEW)
    found = fetch(Pool, id, actor, VIEW)
    shares = db.session.execute(
        db.select(PoolShare, BudgetLine)
        .join(BudgetLine, BudgetLine.id == PoolShare.line_id)
        .where(PoolShare.pool_id == id)
        .order_by(PoolShare.position)
    ).all()
    entries, more = journals.listed(actor, journals.Chosen(pool=(id,)), limit=RECENT)
    return render_template(
        "budget/pool.html",
        pool=found,
        figures=_pool_figures(found),
        shares=[(line, share.share_ppm * 100 / PPM) for share, line in shares],
        carried=_carried(id),
        entries=entries,
        more=more,
        entry_name=journals.entry_name,
        organisation=_names({found.organisation_id})[found.organisation_id],
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, APPROPRIATE)
    purchasers = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(visible(Organisation, actor, APPROPRIATE), Organisation.kind == "purchaser")
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return render_template(
        "budget/new.html",
        purchasers=[(row.id, row.name) for row in purchasers],
        sources=list(SOURCES.items()),
        year=clock.today().year,
        **form,
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    line = fetch(BudgetLine, number, actor, VIEW)
    rooms = figures.rooms_by_line([line])[line.id]
    entries, more = journals.listed(actor, journals.Chosen(line=(line.id,)), limit=RECENT)
    return render_template(
        "budget/show.html",
        line=line,
        organisation=_names({line.organisation_id})[line.organisation_id],
        rooms=rooms,
        names=figures.room_names(),
        bar=figures.bar(line.id, rooms),
        room_url=figures.room_url,
        pools=_pools(line, actor),
        entries=entries,
        more=more,
        entry_name=journals.entry_name,
        may_adjust=actor.may(ADJUST) and not closed_lines([line.id]),
        source=SOURCES[line.source],
        closed=bool(closed_lines([line.id])),
        carried_from=db.session.get(BudgetLine, line.carried_from_id or 0),
        **form,
    )


def _carried(pool_id: int) -> list[dict[str, Any]]:
    """Return a pool's carry-overs: from which line to which, what went on and what stayed paid."""
    old, new = aliased(BudgetLine), aliased(BudgetLine)
    rows = db.session.execute(
        db.select(PoolCarry, old, new)
        .join(old, old.id == PoolCarry.from_line_id)
        .join(new, new.id == PoolCarry.to_line_id)
        .where(PoolCarry.pool_id == pool_id)
        .order_by(PoolCarry.id)
    )
    return [
        {
            "from": (f"{one.fiscal_year} {one.code}", url_for(".show", id=one.id)),
            "to": (f"{two.fiscal_year} {two.code}", url_for(".show", id=two.id)),
            "moved": (
                step.encumbered_fen + step.accrued_fen,
                url_for("audit.journal", id=step.journal_id),
            ),
            "paid": step.paid_fen,
        }
        for step, one, two in rows
    ]


def _pools(line: BudgetLine, actor: Actor) -> list[dict[str, Any]]:
    pools = db.session.scalars(
        db.select(Pool)
        .where(Pool.id.in_(pools_of(line.id)), visible(Pool, actor, VIEW))
        .order_by(Pool.id.desc())
        .limit(POOLS)
    )
    return [
        {"pool": pool, **{name: (fen, url) for name, fen, url in _pool_figures(pool)}}
        for pool in pools
    ]


def _pool_figures(pool: Pool) -> list[tuple[str, int, str]]:
    """Return a pool's totals by name, each with the journals it is the sum of."""
    totals = pool_totals(pool.id)
    # What is owed and not yet paid: the room in which the lines hold it.
    totals["accrued"] -= totals["paid"]
    kinds = {
        "committed": "pool.committed",
        "uncharged": "pool.uncharged",
        "charged": "pool.charged",
        "released": "pool.released",
        "accrued": "line.accrued",
        "paid": "line.disbursed",
    }
    return [
        (name, totals[name], url_for("audit.journals", pool=pool.id, kind=kind))
        for name, kind in kinds.items()
    ]


def _names(ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}
