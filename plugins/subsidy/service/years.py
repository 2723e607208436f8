"""A scheme's money by fiscal year: one pool a year; a year without a budget is owed by the plan.

What the scheme's terms or its plan have a line for is committed there. For a later year the plan's
forward obligation gives way to the scheme's own, which finance converts once that year has a line.
"""

from __future__ import annotations

from flask_babel import gettext as _

from core import clock
from core.access import Actor
from core.budget import (
    BudgetLine,
    Pool,
    Share,
    commit_moves,
    lock_pool,
    pool_totals,
    release_moves,
    require_lines,
)
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan
from core.ledger import Move, post
from core.purchases import (
    Purchase,
    fund_pool,
    lines_of,
    open_drawing_pool,
    open_waiting_pool,
    require_drawing,
)
from core.years import forward
from plugins.subsidy import rules
from plugins.subsidy.models import Scheme, SchemeTerms, SchemeYear
from plugins.subsidy.service import postings
from plugins.subsidy.service.schemes import terms_in_force

COMPONENT = "subsidy"


def source(scheme_id: int, fiscal_year: int) -> str:
    """Return the name under which a scheme's year is known to pools and forward obligations."""
    return f"subsidy:{scheme_id}/{fiscal_year}"


def commit(
    scheme: Scheme, terms: SchemeTerms, year: int, amount_fen: int
) -> tuple[Pool, list[Move]]:
    """Return a year's pool, locked, and the moves that commit so much (fen) on its lines.

    Refuses BUDGET_MISSING for a year without a line, ENVELOPE_EXCEEDED, PLAN_NOT_FILED; posting
    the moves refuses BUDGET_INSUFFICIENT.
    """
    row = _year(scheme, terms, year)
    pool = lock_pool(row.pool_id)
    require_lines([Share(share.line_id, share.share_ppm) for share in pool.shares])
    _refuse_beyond(scheme, terms, amount_fen)
    return pool, commit_moves(pool, amount_fen)


def owe_later(
    actor: Actor, scheme: Scheme, terms: SchemeTerms, year: int, amount_fen: int
) -> tuple[Pool, list[Move]]:
    """Return a year's pool and the moves that commit an instalment (fen), none if it must wait.

    A year that has no line yet is an obligation of the plan. Refuses FORWARD_EXCEEDS_PLAN too.
    """
    row = _year(scheme, terms, year)
    pool = lock_pool(row.pool_id)
    _refuse_beyond(scheme, terms, amount_fen)
    if pool.shares:
        return pool, commit_moves(pool, amount_fen)
    forward.take_over(
        actor,
        purchase=db.session.get_one(Purchase, scheme.purchase_id),
        source=source(scheme.id, year),
        fiscal_year=year,
        amount_fen=amount_fen,
        name=scheme.name,
    )
    row.forward_fen += amount_fen
    db.session.flush()
    return pool, []


def let_go(scheme: Scheme, year: int, amount_fen: int) -> list[Move]:
    """Return the moves that release what a year had committed (fen), or hand it to the plan."""
    row = db.session.get_one(
        SchemeYear, (scheme.id, year), with_for_update=True, populate_existing=True
    )
    pool = lock_pool(row.pool_id)
    if pool.shares:
        return release_moves(pool, amount_fen)
    forward.hand_back(source(scheme.id, year), amount_fen)
    row.forward_fen -= amount_fen
    db.session.flush()
    return []


def is_budgeted(scheme_id: int, year: int) -> bool:
    """Tell whether a scheme's year has its lines, so that its instalments are committed."""
    row = db.session.get(SchemeYear, (scheme_id, year))
    return row is not None and bool(db.session.get_one(Pool, row.pool_id).shares)


def converted(of: str, line_id: int) -> None:
    """Hear that finance reserved a scheme's later year on its line: fund its pool and commit it."""
    query = db.select(Pool.id).filter_by(component=COMPONENT, source=of)
    pool_id = db.session.scalar(query)
    if pool_id is None:
        return
    pool = lock_pool(pool_id)
    row = db.session.scalars(
        db.select(SchemeYear).filter_by(pool_id=pool.id).with_for_update()
    ).one()
    fund_pool(pool, line_id)
    post(postings.YEAR_COMMITTED, f"{of}/committed", commit_moves(pool, row.forward_fen))
    row.forward_fen = 0
    db.session.flush()


def granted_fen(scheme_id: int) -> int:
    """Return what a scheme has committed in all its years and owes in years to come, in fen."""
    total = 0
    for row in db.session.scalars(db.select(SchemeYear).filter_by(scheme_id=scheme_id)):
        totals = pool_totals(row.pool_id)
        total += totals["uncharged"] + totals["charged"] + row.forward_fen
    return total


def _year(scheme: Scheme, terms: SchemeTerms, year: int) -> SchemeYear:
    """Return a scheme's year, locked, opened at need; the scheme is locked, too."""
    locked = db.select(Scheme.id).where(Scheme.id == scheme.id).with_for_update()
    db.session.execute(locked)
    found: SchemeYear | None = db.session.get(
        SchemeYear, (scheme.id, year), with_for_update=True, populate_existing=True
    )
    if found is not None:
        require_drawing(scheme.purchase_id)
        return found
    purchase = require_drawing(scheme.purchase_id)
    assert purchase is not None  # noqa: S101 - a published scheme carries out a plan
    shares = _shares(rules.read_terms(terms.document), purchase, year)
    name = f"{scheme.code} {scheme.name} {year}"
    if shares:
        pool = open_drawing_pool(
            purchase.id, COMPONENT, source(scheme.id, year), name=name, shares=shares
        )
    else:
        if year <= clock.today().year:
            require_lines(shares)
        pool = open_waiting_pool(purchase.id, COMPONENT, source(scheme.id, year), name=name)
    made = SchemeYear(scheme_id=scheme.id, fiscal_year=year, pool_id=pool.id, forward_fen=0)
    db.session.add(made)
    db.session.flush()
    return made


def _shares(terms: rules.Terms, purchase: Purchase, year: int) -> list[Share]:
    """Return the lines of a year: those the terms name, or else the plan's of that year."""
    own = lines_of(purchase)
    named = dict(terms.funding)
    rows = db.session.execute(
        db.select(BudgetLine.id, BudgetLine.fiscal_year).where(BudgetLine.id.in_({*own, *named}))
    )
    of_year = {row.id for row in rows if row.fiscal_year == year}
    shares = [Share(line, ppm) for line, ppm in named.items() if line in of_year]
    return shares or [Share(line) for line in sorted(own & of_year)][:1]


def _refuse_beyond(scheme: Scheme, terms: SchemeTerms, amount_fen: int) -> None:
    """Refuse ENVELOPE_EXCEEDED when a fixed envelope has less left; the scheme is locked."""
    current = terms_in_force(scheme) or terms
    envelope = rules.read_terms(current.document).envelope_fen
    if envelope is None:
        return
    left = envelope - granted_fen(scheme.id)
    if amount_fen > left:
        raise RuleBroken(
            "ENVELOPE_EXCEEDED",
            _(
                "“%(name)s”资金总额 %(envelope)s 元，还剩 %(left)s 元，本次需要 %(needed)s 元，"
                "差 %(short)s 元。请核减，或先修订项目的资金总额。",
                name=scheme.name,
                envelope=yuan(envelope),
                left=yuan(left),
                needed=yuan(amount_fen),
                short=yuan(amount_fen - left),
            ),
            basis="预算法第十三条",
            envelope_fen=envelope,
            left_fen=left,
        )
