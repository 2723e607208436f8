"""Redemptions on screen: the list with its sums, the same as CSV, and the walk of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func

from core import clock, files
from core.access import Device, fetch, require
from core.db import db, transaction
from core.parties import Office, Organisation, Resident
from core.web import current_actor
from plugins.voucher.models import Credential, Programme, Redemption, Reversal, Terms, Voucher
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import lists, people, trail, walk, words
from plugins.voucher.pages.staff.choices import (
    programme_choices,
    provider_choices,
    service_names,
)
from plugins.voucher.pages.staff.filters import STATES, Filters, asked
from plugins.voucher.pages.staff.mount import redemptions as pages
from plugins.voucher.rules import QUANTITY_ONE, read_terms
from plugins.voucher.service.membership import CAPTURED


@pages.get("/redemptions")
def index() -> str:
    """List redemptions by programme, provider, service, day, township and state, with their sum."""
    actor = current_actor()
    require(actor, "programme.view")
    filters = asked(request.args)
    query = filters.select(actor)
    page = lists.page(query, Redemption)
    return render_template(
        "voucher/staff/redemptions.html",
        rows=_described([row[0] for row in page.rows]),
        page=page,
        sums=_sums(query),
        filters=filters,
        csv_url=url_for("voucher_staff.redemptions.download", **request.args),
        **_choices(filters),
    )


def _sums(query: Select[Any]) -> dict[str, tuple[int, int]]:
    """Return count and fen, less corrections, of what stands and of what was undone."""
    net = (Redemption.amount_fen - Redemption.reversed_fen).label("fen")
    chosen = query.with_only_columns(Redemption.state, net).subquery()
    rows = db.session.execute(
        db.select(chosen.c.state, func.count(), func.sum(chosen.c.fen)).group_by(chosen.c.state)
    ).all()
    stands = {"stands": [CAPTURED], "undone": [state for state in STATES if state != CAPTURED]}
    return {
        name: (
            sum(count for state, count, _fen in rows if state in states),
            sum(int(fen) for state, _count, fen in rows if state in states),
        )
        for name, states in stands.items()
    }


def _choices(filters: Filters) -> dict[str, Any]:
    actor = current_actor()
    services = service_names([filters.programme] if filters.programme else [])
    named = people.divisions([filters.township]) if filters.township else {}
    return {
        "programmes": programme_choices(actor),
        "providers": provider_choices(actor, filters.programme),
        "services": [(code, name) for (_programme, code), name in services.items()],
        "states": [(state, wording.state(state)[0]) for state in STATES],
        "township": named.get(filters.township, ""),
    }


def _described(rows: list[Redemption]) -> list[dict[str, Any]]:
    providers = people.organisations(row.provider_id for row in rows)
    numbers = dict(
        db.session.execute(
            db.select(Voucher.id, Voucher.number).where(
                Voucher.id.in_([row.voucher_id for row in rows])
            )
        ).all()
    )
    services = service_names(row.programme_id for row in rows)
    return [
        {
            "receipt": row.receipt,
            "url": url_for("voucher_staff.redemptions.show", number=row.id),
            "at": row.redeemed_at,
            "voucher": numbers[row.voucher_id],
            "provider": providers[row.provider_id],
            "service": services.get((row.programme_id, row.service_code), row.service_code),
            "amount": row.amount_fen - row.reversed_fen,
            "state": wording.state(row.state),
        }
        for row in rows
    ]


# --- the same as CSV ---------------------------------------------------------------------------


@pages.get("/redemptions.csv")
def download() -> Response:
    """Send the redemptions asked for as CSV, row by row, without anybody's name."""
    actor = current_actor()
    require(actor, "programme.view")
    query = asked(request.args).select(actor)
    programmes = query.with_only_columns(Redemption.programme_id).distinct()
    services = service_names(db.session.scalars(programmes))
    columns = [
        _("小票"),
        _("核销时间"),
        _("服务日期"),
        _("项目"),
        _("凭单"),
        _("承接主体"),
        _("信用代码"),
        _("服务"),
        _("数量"),
        _("价格（元）"),
        _("其他支付方（元）"),
        _("凭单支付（元）"),
        _("更正退回（元）"),
        _("作废（元）"),
        _("状态"),
        _("凭证号"),
    ]
    rows = stream_with_context(files.csv_stream(columns, _cells(query, services)))
    name = f"redemptions-{clock.today():%Y%m%d}.csv"
    return Response(
        rows,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(query: Select[Any], services: dict[tuple[int, str], str]) -> Iterator[list[files.Cell]]:
    """Yield the file's rows in a transaction of their own: they outlive the request's."""
    whole = (
        query.join(Voucher, Voucher.id == Redemption.voucher_id)
        .join(Programme, Programme.id == Redemption.programme_id)
        .join(Organisation, Organisation.id == Redemption.provider_id)
        .add_columns(Voucher.number, Programme.name, Organisation.name, Organisation.credit_code)
        .order_by(Redemption.id)
        .execution_options(yield_per=1000)
    )
    with transaction(readonly=True):
        for row, number, programme, provider, credit_code in db.session.execute(whole):
            yield [
                row.receipt,
                row.redeemed_at,
                row.service_on,
                programme,
                number,
                provider,
                credit_code,
                services.get((row.programme_id, row.service_code), row.service_code),
                Decimal(row.quantity) / QUANTITY_ONE,
                Decimal(row.price_fen).scaleb(-2),
                Decimal(row.others_fen).scaleb(-2),
                Decimal(row.amount_fen).scaleb(-2),
                Decimal(row.reversed_fen).scaleb(-2),
                Decimal(row.forfeited_fen).scaleb(-2),
                wording.state(row.state)[0],
                row.journal_id,
            ]


# --- one redemption ----------------------------------------------------------------------------


@pages.get("/redemptions/<int:number>")
def show(number: int) -> str:
    """Show one redemption and its whole walk: from the voucher to the bank, each with its page."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Redemption = fetch(Redemption, number, actor, "redemption.view")
    voucher, holder = db.session.execute(
        db.select(Voucher, Resident)
        .join(Resident, Resident.id == Voucher.resident_id)
        .where(Voucher.id == row.voucher_id)
    ).one()
    terms = read_terms(db.session.get_one(Terms, voucher.terms_id).document)
    service = terms.services.get(row.service_code)
    reversals = db.session.scalars(
        db.select(Reversal).filter_by(redemption_id=row.id).order_by(Reversal.id.desc())
    ).all()
    names = people.users(n for one in reversals for n in (one.ordered_by, one.approved_by))
    return render_template(
        "voucher/staff/redemption.html",
        redemption=row,
        state=wording.state(row.state),
        voucher=voucher,
        holder=people.holder_name(actor, holder.name),
        programme=db.session.get_one(Programme, row.programme_id),
        provider=db.session.get_one(Organisation, row.provider_id),
        office=db.session.get(Office, row.office_id) if row.office_id else None,
        device=db.session.get(Device, row.device_id) if row.device_id else None,
        clerk=people.users([row.clerk_id]).get(row.clerk_id, ""),
        carrier=words.CREDENTIAL_KIND[db.session.get_one(Credential, row.credential_id).kind],
        service=service.name if service else row.service_code,
        quantity=wording.quantity(row.quantity, service.unit, service.measure)
        if service
        else wording.quantity(row.quantity, ""),
        result=next((one.name for one in service.results if one.code == row.result), "")
        if service
        else "",
        others=[
            (payer.name, (row.others or {}).get(code, 0))
            for code, payer in terms.other_payers.items()
        ],
        steps=walk.steps(actor, row, voucher),
        reversals=[
            {
                "row": one,
                "state": words.REVERSAL[one.state],
                "effect": words.effect(one),
                "amount": one.amount_fen or row.amount_fen,
                "ordered_by": names.get(one.ordered_by, ""),
                "approved_by": names.get(one.approved_by, ""),
            }
            for one in reversals
        ],
        waiting=any(one.state == "ordered" for one in reversals),
        changes=trail.state_changes("redemption", row.id),
    )
