"""Settlement on screen: locking a period, its statements and lines, objections, lapsing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.budget import Pool
from core.db import db, transaction
from core.formats import moment, yuan
from core.settlement.models import Payment, PaymentBatch, PaymentClaim, PaymentItem
from core.states import StatusLog
from core.web import current_actor
from core.web.forms import act
from plugins.voucher.models import (
    Lot,
    Programme,
    Redemption,
    SettlementPeriod,
    Statement,
    Voucher,
)
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import lists, people, trail, words
from plugins.voucher.pages.staff.answers import form_of
from plugins.voucher.pages.staff.choices import programme_names, service_names
from plugins.voucher.pages.staff.mount import statements as pages
from plugins.voucher.service.claiming import COMPONENT
from plugins.voucher.service.membership import CAPTURED, belongs, spans
from plugins.voucher.service.statements import statement as described
from plugins.voucher.service.statements import statement_lines

# --- periods -----------------------------------------------------------------------------------


@pages.get("/statements")
def index() -> str:
    """Show what waits to be locked and the settlement periods, newest first."""
    actor = current_actor()
    require(actor, "programme.view")
    page = lists.page(scoped(SettlementPeriod, actor, "statement.view"), SettlementPeriod)
    periods = [row[0] for row in page.rows]
    sums = _period_sums([row.id for row in periods])
    names = programme_names(row.programme_id for row in periods)
    return render_template(
        "voucher/staff/statements.html",
        waiting=_waiting(actor),
        periods=[
            {
                "title": (
                    _("第 %(n)s 期", n=row.sequence),
                    url_for("voucher_staff.statements.period", number=row.id),
                ),
                "programme": names[row.programme_id],
                "cutoff": row.cutoff_at,
                "locked": row.locked_at,
            }
            | sums.get(row.id, {})
            for row in periods
        ],
        page=page,
    )


def _waiting(actor: Actor) -> list[dict[str, Any]]:
    """Return, by programme, the redemptions that no locked period holds yet."""
    span = spans()
    rows = db.session.execute(
        scoped(Redemption, actor, "redemption.view")
        .outerjoin(span, belongs(span))
        .where(span.c.id.is_(None), Redemption.state == CAPTURED)
        .with_only_columns(
            Redemption.programme_id,
            func.count(Redemption.provider_id.distinct()),
            func.count(),
            func.sum(Redemption.amount_fen - Redemption.reversed_fen),
            func.min(Redemption.redeemed_at),
        )
        .group_by(Redemption.programme_id)
        .order_by(Redemption.programme_id)
    ).all()
    names = programme_names(row[0] for row in rows)
    return [
        {
            "id": programme_id,
            "programme": names[programme_id],
            "providers": providers,
            "lines": lines,
            "fen": int(fen),
            "since": since,
        }
        for programme_id, providers, lines, fen, since in rows
    ]


def _period_sums(numbers: list[int]) -> dict[int, dict[str, Any]]:
    rows = db.session.execute(
        db.select(
            Statement.period_id,
            func.count(),
            func.sum(Statement.line_count),
            func.sum(Statement.gross_fen),
        )
        .where(Statement.period_id.in_(numbers))
        .group_by(Statement.period_id)
    )
    return {
        number: {"statements": count, "lines": int(lines), "gross": int(gross)}
        for number, count, lines, gross in rows
    }


@pages.get("/statements/lock/<int:number>")
def locking(number: int) -> str:
    """Ask up to when a programme's redemptions are to be locked."""
    require(current_actor(), "statement.lock")
    return _lock_form(number, None)


@pages.post("/statements/lock/<int:number>")
def lock(number: int) -> ResponseReturnValue:
    """Lock a programme's next settlement period."""
    cutoff = request.form.get("cutoff_at", "")
    answer = act("statement.lock", {"programme_id": number, "cutoff_at": _with_zone(cutoff)})
    if answer.refused:
        with transaction(readonly=True):
            return _lock_form(number, answer), answer.status
    flash(
        _(
            "第 %(n)s 期已锁定：%(count)s 份对账单，%(lines)s 笔，%(yuan)s 元。",
            n=answer.body["sequence"],
            count=answer.body["statements"],
            lines=answer.body["line_count"],
            yuan=yuan(answer.body["gross_fen"]),
        ),
        "good",
    )
    return redirect(url_for("voucher_staff.statements.period", number=answer.body["id"]), 303)


def _with_zone(text: str) -> str:
    """Return a typed wall time as an instant in Asia/Shanghai; what is none is left to the act."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (typed if typed.tzinfo else typed.replace(tzinfo=clock.ZONE)).isoformat()


def _lock_form(number: int, answer: Answer | None) -> str:
    row: Programme = fetch(Programme, number, current_actor(), "programme.view")
    last = db.session.scalars(
        db.select(SettlementPeriod)
        .filter_by(programme_id=row.id)
        .order_by(SettlementPeriod.sequence.desc())
        .limit(1)
    ).first()
    waiting = [one for one in _waiting(current_actor()) if one["id"] == row.id]
    return render_template(
        "voucher/staff/lock.html",
        programme=row,
        last=last,
        waiting=waiting[0] if waiting else None,
        now=clock.now().astimezone(clock.ZONE).strftime("%Y-%m-%dT%H:%M"),
        **form_of(answer),
    )


# --- statements --------------------------------------------------------------------------------


@pages.get("/statements/periods/<int:number>")
def period(number: int) -> str:
    """Show one settlement period: a statement per provider, with its sums."""
    actor = current_actor()
    require(actor, "programme.view")
    row: SettlementPeriod = fetch(SettlementPeriod, number, actor, "statement.view")
    mine = scoped(Statement, actor, "statement.view").where(Statement.period_id == row.id)
    page = lists.page(mine, Statement)
    return render_template(
        "voucher/staff/period.html",
        period=row,
        programme=db.session.get_one(Programme, row.programme_id),
        locked_by=people.users([row.locked_by]).get(row.locked_by, ""),
        journals_url=_journals_url(row),
        sums=_period_sums([row.id]).get(row.id, {}),
        statements=[_with_words(described(actor, id=statement.id)) for (statement,) in page.rows],
        page=page,
    )


def _journals_url(row: SettlementPeriod) -> str:
    """Return the journals that locking the period posted."""
    act = db.session.scalars(
        db.select(StatusLog.act)
        .join(Statement, Statement.id == StatusLog.object_id)
        .where(StatusLog.object_type == "statement", Statement.period_id == row.id)
        .order_by(StatusLog.id)
        .limit(1)
    ).first()
    return url_for("audit.journals", act=act) if act else ""


def _with_words(item: dict[str, Any]) -> dict[str, Any]:
    return item | {
        "state": words.STATEMENT[item["state"]],
        "link": (item["provider"], url_for("voucher_staff.statements.show", number=item["id"])),
    }


@pages.get("/statements/<int:number>")
def show(number: int) -> str:
    """Show one statement: its sums, its way, its lines, what was paid of it."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Statement = fetch(Statement, number, actor, "statement.view")
    after = request.args.get("after", 0, type=int)
    lines = statement_lines(row, after=after)
    services = service_names([row.programme_id])
    item = described(actor, id=row.id)
    return render_template(
        "voucher/staff/statement.html",
        statement=_with_words(item),
        pools=[_pool(part) for part in item["pools"]],
        steps=_steps(row),
        lines=[_line(line, services, row.programme_id) for line in lines["items"]],
        next_url=lists.here(after=lines["next_after"]) if lines["next_after"] else "",
        first_url=lists.here(after=None) if after else "",
        payments=_payments(actor, row),
    )


def _pool(part: dict[str, Any]) -> dict[str, Any]:
    journals = url_for("audit.journals", pool=part["pool_id"], kind="line.accrued")
    return {"pool": part["pool"], "amount": (part["amount_fen"], journals)}


def _steps(row: Statement) -> list[dict[str, str]]:
    """Return the statement's way: locked, confirmed, paid, with who and when."""
    done = {"open": _("锁定"), "confirmed": _("确认"), "paid": _("付清")}
    items = [
        {
            "label": done[change["after"]],
            "state": "done",
            "detail": " · ".join(
                text for text in (change["who"], moment(change["at"]), change["why"]) if text
            ),
        }
        for change in trail.state_changes("statement", row.id)
    ]
    coming = {"open": ["confirmed", "paid"], "confirmed": ["paid"]}.get(row.state, [])
    return items + [
        {"label": done[state], "state": "next" if place else "now", "detail": ""}
        for place, state in enumerate(coming)
    ]


def _line(
    line: dict[str, Any], services: dict[tuple[int, str], str], programme_id: int
) -> dict[str, Any]:
    objection = line["objection"]
    return {
        "receipt": (
            line["receipt"],
            url_for("voucher_staff.redemptions.show", number=line["id"]),
        ),
        "voucher": line["voucher"],
        "service": services.get((programme_id, line["service_code"]), line["service_code"]),
        "on": line["service_on"],
        "amount": line["locked_fen"],
        "corrected": line["corrected_fen"] or None,
        "state": wording.state(line["state"]),
        "objection": objection
        and {
            "word": words.OBJECTION[objection["state"]],
            "url": url_for("voucher_staff.statements.objection", number=objection["id"]),
        },
    }


def _payments(actor: Actor, row: Statement) -> list[dict[str, Any]]:
    """Return the payments that took this statement's own claims, rejected attempts too."""
    source = PaymentClaim.source.startswith(f"statement:{row.id}/", autoescape=True)
    found = db.session.execute(
        db.select(PaymentClaim, PaymentItem, Payment, PaymentBatch)
        .join(PaymentItem, PaymentItem.claim_id == PaymentClaim.id)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .where(PaymentClaim.component == COMPONENT, source)
        .order_by(Payment.id)
    )
    return [
        {
            "batch": batch.number,
            "url": url_for("settlement.show", id=batch.id) if actor.may("settlement.view") else "",
            "amount": item.amount_fen,
            "state": words.PAYMENT[payment.state],
            "reference": payment.bank_reference or "",
            "at": payment.result_at,
        }
        for _claim, item, payment, batch in found
    ]


# --- lapsing -----------------------------------------------------------------------------------


@pages.get("/statements/lapse")
def lapsing() -> str:
    """Show which pools have passed their last day and what would return to the lines."""
    require(current_actor(), "voucher.lapse")
    return _lapse_page(None)


@pages.post("/statements/lapse")
def lapse() -> ResponseReturnValue:
    """Let everything expire whose last day has passed, and show what became of each pool."""
    answer = act("voucher.lapse", {"on": request.form.get("on", "")})
    with transaction(readonly=True):
        require(current_actor(), "voucher.lapse")
        return _lapse_page(answer), answer.status


def _lapse_page(answer: Answer | None) -> str:
    result = None if answer is None or answer.refused else answer.body
    return render_template(
        "voucher/staff/lapse.html",
        due=_due(current_actor()),
        result=result,
        units=_units(pool["pool_id"] for pool in result["pools"]) if result else {},
        **form_of(answer if answer and answer.refused else None),
    )


def _units(pools: Iterable[int]) -> dict[int, str]:
    """Return in what the lots of pools are counted."""
    query = db.select(Lot.pool_id, Lot.unit).where(Lot.pool_id.in_(set(pools))).distinct()
    return {row.pool_id: row.unit for row in db.session.execute(query)}


def _due(actor: Actor) -> list[dict[str, Any]]:
    """Return open pools with lots past their last day, and what of those is unused, in fen."""
    unused = Lot.committed_fen - Lot.charged_fen - Lot.released_fen
    rows = db.session.execute(
        scoped(Programme, actor, "programme.view")
        .join(Voucher, Voucher.programme_id == Programme.id)
        .join(Lot, Lot.voucher_id == Voucher.id)
        .join(Pool, Pool.id == Lot.pool_id)
        .where(Lot.entry_through < clock.today(), Pool.closed_on.is_(None))
        .with_only_columns(
            Programme.id, Programme.name, func.max(Lot.valid_through), func.sum(unused)
        )
        .group_by(Programme.id, Programme.name)
        .order_by(Programme.id)
    )
    return [
        {"id": number, "name": name, "last": last, "unused": int(fen)}
        for number, name, last, fen in rows
    ]
