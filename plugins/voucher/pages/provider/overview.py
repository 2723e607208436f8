"""The provider's own page: what happened today and what waits; all its redemptions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import render_template, request, url_for
from flask_babel import gettext as _

from core import clock
from core.access import scoped
from core.db import db
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import page_of
from plugins.voucher.models import Admission, Programme
from plugins.voucher.pages import wording
from plugins.voucher.pages.provider import money, statements
from plugins.voucher.pages.provider.mount import blueprint, own_provider
from plugins.voucher.service import slips


@blueprint.get("")
def overview() -> str:
    """Show today's redemptions, what is to be confirmed, and in which programmes one is."""
    provider = db.session.get_one(Organisation, own_provider())
    actor, today = current_actor(), _first_instant(clock.today())
    month = _first_instant(clock.today().replace(day=1))
    admissions = db.session.execute(
        scoped(Admission, actor, "admission.view")
        .add_columns(Programme.name)
        .join(Programme, Programme.id == Admission.programme_id)
        .order_by(Admission.id.desc())
        .limit(slips.PAGE)
    ).all()
    return render_template(
        "voucher/provider/overview.html",
        provider=provider,
        today=slips.provider_total(actor, since=today),
        month=slips.provider_total(actor, since=month),
        todos=[*statements.waiting(actor), *money.waiting(actor)],
        admissions=[
            {
                "programme": name,
                "state": _admission_state(admission.state),
                "from_on": admission.from_on,
                "to_on": admission.to_on,
            }
            for admission, name in admissions
        ],
    )


@blueprint.get("/redemptions")
def redemptions() -> str:
    """List the provider's redemptions, newest first, between two days."""
    own_provider()
    since, until = _day("from"), _day("to")
    found = slips.provider_slips(
        current_actor(),
        since=since and _first_instant(since),
        until=until and _first_instant(until + timedelta(days=1)),
        before=page_of(request.args.get("before")),
    )
    days = {"from": since and since.isoformat(), "to": until and until.isoformat()}
    return render_template(
        "voucher/provider/redemptions.html",
        rows=[
            {
                "receipt": (
                    slip.receipt,
                    url_for("voucher_till.receipt", receipt=slip.receipt),
                ),
                "at": slip.redeemed_at,
                "holder": slip.holder,
                "service": wording.served(slip),
                "amount_fen": slip.paid_fen,
                "clerk": slip.clerk,
                "state": wording.state(slip.state),
            }
            for slip in found.items
        ],
        days=days,
        first_url=url_for(".redemptions", **days) if request.args.get("before") else "",
        next_url=url_for(".redemptions", before=found.next_before, **days)
        if found.next_before
        else "",
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _first_instant(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.ZONE)


def _admission_state(state: str) -> tuple[str, str]:
    return {
        "admitted": (_("可以核销"), "good"),
        "suspended": (_("已暂停"), "wait"),
        "ended": (_("已终止"), "plain"),
    }[state]
