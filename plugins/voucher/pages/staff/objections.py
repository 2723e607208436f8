"""Objections on screen: what providers say is wrong with a line, and who decides it how."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from core.access import Actor, require, visible
from core.acts import Answer
from core.db import db
from core.errors import NotFound
from core.web import current_actor
from core.web.forms import act, done_or_again
from plugins.voucher.models import Objection, Redemption, Statement, Voucher
from plugins.voucher.pages.staff import lists, people, words
from plugins.voucher.pages.staff.answers import form_of
from plugins.voucher.pages.staff.mount import statements as pages
from plugins.voucher.service.claiming import RAISED

DECISIONS = {"uphold": True, "dismiss": False}


@pages.get("/statements/objections")
def objections() -> str:
    """List objections, those not decided yet unless `?all=1`."""
    actor = current_actor()
    require(actor, "programme.view")
    everything = request.args.get("all") == "1"
    query = _seen(actor)
    if not everything:
        query = query.where(Objection.state == RAISED)
    page = lists.page(query, Objection)
    providers = people.organisations(row[1].provider_id for row in page.rows)
    return render_template(
        "voucher/staff/objections.html",
        rows=[
            {
                "receipt": (
                    redemption.receipt,
                    url_for("voucher_staff.statements.objection", number=row.id),
                ),
                "provider": providers[redemption.provider_id],
                "amount": redemption.amount_fen - redemption.reversed_fen,
                "reason": row.reason,
                "at": row.raised_at,
                "state": words.OBJECTION[row.state],
            }
            for row, redemption, _statement, _voucher in page.rows
        ],
        page=page,
        everything=everything,
    )


def _seen(actor: Actor) -> Select[Any]:
    return (
        db.select(Objection, Redemption, Statement, Voucher.number)
        .join(Statement, Statement.id == Objection.statement_id)
        .join(Redemption, Redemption.id == Objection.redemption_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(visible(Statement, actor, "statement.view"))
    )


@pages.get("/statements/objections/<int:number>")
def objection(number: int) -> str:
    """Show one objection with its line, and the decision to take."""
    require(current_actor(), "programme.view")
    return _page(number, None)


@pages.post("/statements/objections/<int:number>")
def resolve(number: int) -> ResponseReturnValue:
    """Decide an objection: upheld, the line is reversed; dismissed, it will be paid."""
    asked = {
        "id": number,
        "uphold": DECISIONS.get(request.form.get("uphold", "")),
        "reason": request.form.get("reason", ""),
    }
    return done_or_again(
        act("statement.resolve", asked),
        done=_("异议已处理。"),
        to=url_for("voucher_staff.statements.objections"),
        again=lambda answer: _page(number, answer),
    )


def _page(number: int, answer: Answer | None) -> str:
    found = db.session.execute(_seen(current_actor()).where(Objection.id == number)).first()
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这条异议，或它不在您的管辖范围内。请核对编号。"))
    row, redemption, statement, voucher_number = found
    names = people.users([row.raised_by, row.resolved_by])
    return render_template(
        "voucher/staff/objection.html",
        objection=row,
        redemption=redemption,
        statement=statement,
        voucher_number=voucher_number,
        provider=people.organisations([redemption.provider_id])[redemption.provider_id],
        raised_by=names.get(row.raised_by, ""),
        resolved_by=names.get(row.resolved_by, ""),
        state=words.OBJECTION[row.state],
        **form_of(answer),
    )
