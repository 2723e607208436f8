"""The journals behind chosen redemptions: what they charged, and what corrections took back."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import CompoundSelect, union

from core import journals
from core.access import Actor, require
from core.db import db
from core.formats import day
from core.journals import Chosen
from core.web import current_actor
from core.web.forms import page_of
from plugins.voucher.models import LotMove, Programme, Redemption, Reversal
from plugins.voucher.pages.staff import people
from plugins.voucher.pages.staff.choices import service_names
from plugins.voucher.pages.staff.filters import Filters, asked
from plugins.voucher.pages.staff.mount import redemptions as pages


@pages.get("/redemptions/journals", endpoint="journals")
def list_journals() -> str:
    """List the journals of redemptions by programme, provider, service, day, township, state.

    Each with its expense, so that their sum is the redemptions' sum less what was corrected.
    """
    actor = current_actor()
    require(actor, "programme.view")
    if not journals.may_read(actor):
        require(actor, journals.BOOKS)
    filters = asked(request.args)
    chosen = Chosen(kind="fin.expense", among=_journals_of(actor, filters))
    before = page_of(request.args.get("before"))
    entries, next_before = journals.listed(actor, chosen, before=before)
    given: dict[str, Any] = {**request.args, "before": next_before}
    first = {name: value for name, value in request.args.items() if name != "before"}
    return render_template(
        "voucher/staff/journals.html",
        entries=entries,
        total=journals.total(actor, chosen),
        entry_name=journals.entry_name,
        about=_about(filters),
        programme=db.session.get(Programme, filters.programme) if filters.programme else None,
        list_url=url_for("voucher_staff.redemptions.index", **first),
        next_url=url_for("voucher_staff.redemptions.journals", **given) if next_before else "",
        first_url=url_for("voucher_staff.redemptions.journals", **first) if before else "",
    )


def _journals_of(actor: Actor, filters: Filters) -> CompoundSelect[Any]:
    """Return the numbers of the journals of redemptions, of their voids and their corrections."""
    numbers = filters.select(actor).with_only_columns(Redemption.id)
    moves = db.select(LotMove.journal_id).where(
        LotMove.redemption_id.in_(numbers), LotMove.journal_id.is_not(None)
    )
    back = db.select(Reversal.journal_id).where(
        Reversal.redemption_id.in_(numbers), Reversal.journal_id.is_not(None)
    )
    return union(filters.select(actor).with_only_columns(Redemption.journal_id), moves, back)


def _about(filters: Filters) -> list[str]:
    """Say in words which redemptions these are."""
    found = []
    if filters.first or filters.last:
        days = dict.fromkeys(one for one in (filters.first, filters.last) if one)
        found.append(_("服务日期 %(days)s", days=" – ".join(day(one) for one in days)))
    if filters.service:
        names = service_names([filters.programme] if filters.programme else [])
        found.append(names.get((filters.programme or 0, filters.service), filters.service))
    if filters.township:
        found.append(people.divisions([filters.township]).get(filters.township, ""))
    if filters.provider:
        found.append(people.organisations([filters.provider]).get(filters.provider, ""))
    return [text for text in found if text]
