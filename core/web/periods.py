"""Accounting periods: which months still take entries, and locking or closing one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import require
from core.db import db
from core.ledger import AccountingPeriod, month_of
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, shown_again

blueprint = Blueprint("periods", __name__, url_prefix="/periods")

VIEW, SET = "budget.view", "period.set"
MONTHS = 12


@blueprint.get("/")
def index() -> str:
    """List the last twelve months and what may be posted in them."""
    return _index(fresh())


@blueprint.post("/")
def change() -> ResponseReturnValue:
    """Lock, open or close a month."""
    fields = ("month", "state", "reason")
    answer = act("period.set", {name: request.form.get(name) for name in fields})
    done = {
        "open": _("已重新开放，可以记账。"),
        "locked": _("已锁定，暂不能记账。"),
        "closed": _("已结账，不再改变。"),
    }.get(request.form.get("state", ""), "")
    return done_or_again(
        answer, done=done, to=url_for(".index"), again=lambda one: _index(shown_again(one))
    )


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    months = _months()
    states = {
        period.month: period.state
        for period in db.session.scalars(
            db.select(AccountingPeriod).where(AccountingPeriod.month.in_(months))
        )
    }
    words = {
        "open": (_("开放"), "good"),
        "locked": (_("已锁定"), "wait"),
        "closed": (_("已结账"), "plain"),
    }
    rows = [
        {
            "month": month,
            "state": words[states.get(month, "open")],
            "journals": (_("看凭证"), _journals_url(month)),
        }
        for month in months
    ]
    return render_template(
        "periods/index.html",
        rows=rows,
        months=[(month, month) for month in months if states.get(month) != "closed"],
        may_set=actor.may(SET),
        **form,
    )


def _months() -> list[str]:
    today = clock.today()
    numbers = [today.year * 12 + today.month - 1 - back for back in range(MONTHS)]
    return [month_of(date(number // 12, number % 12 + 1, 1)) for number in numbers]


def _bounds(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    following = first.year * 12 + first.month
    return first, date(following // 12, following % 12 + 1, 1)


def _journals_url(month: str) -> str:
    first, after = _bounds(month)
    last = date.fromordinal(after.toordinal() - 1)
    return url_for("audit.journals", from_on=first.isoformat(), to_on=last.isoformat())
