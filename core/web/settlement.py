"""Payment batches: what may be paid, making, approving, exporting, and what the bank answered."""

from __future__ import annotations

import base64
from datetime import datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import require
from core.acts import Answer
from core.db import transaction
from core.plugins import registry
from core.settlement import queries
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole

blueprint = Blueprint("settlement", __name__, url_prefix="/settlement")

VIEW, MAKE, IMPORT = "settlement.view", "settlement.make", "payment.import_result"
TONES = {
    "draft": "wait",
    "approved": "wait",
    "exported": "info",
    "closed": "good",
    "cancelled": "plain",
    "pending": "plain",
    "in_transit": "info",
    "paid": "good",
    "rejected": "bad",
    "repeated": "plain",
    "exception": "bad",
}


@blueprint.get("/")
def index() -> str:
    """List batches, the newest first."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = queries.batches(actor, before=before)
    return render_template(
        "settlement/index.html",
        batches=[_dated(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        tones=TONES,
        state_name=queries.state_name,
        may_make=actor.may(MAKE),
        may_import=actor.may(IMPORT),
    )


@blueprint.get("/new")
def new() -> str:
    """Show what could be paid now, payee by payee, and who cannot be paid and why."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Make a batch of the chosen payees' open claims."""
    chosen = [whole(text) for text in request.form.getlist("payee_ids")]
    answer = act("settlement.run", {"payee_ids": chosen or None, "until": _until()})
    for skipped in answer.body.get("skipped", []):
        flash(skipped["message"], "wait")
    target = url_for(".show", id=answer.body.get("id", 0))
    done = _("已生成支付批次，请交由复核人员批准。")
    return done_or_again(answer, done=done, to=target, again=lambda one: _new(shown_again(one)))


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a batch: its payments, the claims behind them, and the next step."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/approve")
def approve(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Approve a batch as it was made."""
    answer = act("settlement.approve", {"id": id})
    return _after(answer, id, done=_("已批准。接下来由国库出纳导出支付文件。"))


@blueprint.post("/<int:id>/cancel")
def cancel(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Cancel a batch before its export."""
    answer = act("settlement.cancel", {"id": id, "reason": request.form.get("reason")})
    return _after(answer, id, done=_("已作废。其中的款项可以列入下一批次。"))


@blueprint.post("/<int:id>/export")
def export(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Give out the bank file; again, the same bytes."""
    payload = {"id": id, "format": request.form.get("format")}
    answer = act("payment.export", payload)
    if answer.refused:
        return _after(answer, id, done="")
    content = base64.b64decode(answer.body["content_base64"])
    return send_file(
        BytesIO(content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=answer.body["filename"],
    )


# --- what the bank answered --------------------------------------------------------------------


@blueprint.get("/results")
def results() -> str:
    """List the bank's result files, and take in a new one."""
    return _results(fresh())


@blueprint.post("/results")
def import_result() -> ResponseReturnValue:
    """Take in a bank's result file and show what became of each line."""
    file = request.files.get("file")
    payload = {
        "filename": file.filename if file else None,
        "content": base64.b64encode(file.read()).decode() if file else None,
        "format": request.form.get("format"),
    }
    answer = act("payment.import_result", payload)
    if answer.refused:
        with transaction(readonly=True):
            return _results(shown_again(answer)), answer.status
    if answer.body["repeated"]:
        flash(_("这个文件此前已经导入，没有重复登记。"), "info")
    else:
        flash(_("已导入银行结果。"), "good")
    return redirect(url_for(".result", id=answer.body["id"]), 303)


@blueprint.get("/results/<int:id>")
def result(id: int) -> str:  # noqa: A002 - the route's name
    """Show what became of each line of a bank's file."""
    actor = current_actor()
    require(actor, VIEW)
    found = queries.result_detail(actor, id=id)
    return render_template("settlement/result.html", result=_dated(found), tones=TONES)


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    moment = clock.now()
    found = queries.open_claims(actor, until=moment)
    return render_template(
        "settlement/new.html",
        payees=found["payees"],
        payable_fen=found["payable_fen"],
        until=moment.isoformat(),
        **form,
    )


def _until() -> str | None:
    """Return the instant up to which the form's claims were shown, so that no others are taken."""
    return request.form.get("until") or None


def _after(answer: Answer, number: int, *, done: str) -> ResponseReturnValue:
    def again(answer: Answer) -> ResponseReturnValue:
        return _show(number, shown_again(answer))

    return done_or_again(answer, done=done, to=url_for(".show", id=number), again=again)


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    batch = queries.batch_detail(actor, id=number)
    return render_template(
        "settlement/show.html",
        batch=_dated(batch),
        payments=[_dated(payment) for payment in batch["payments"]],
        tones=TONES,
        formats=_formats(),
        state_name=queries.state_name,
        **form,
    )


def _results(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = queries.results(actor, before=before)
    return render_template(
        "settlement/results.html",
        results=[_dated(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        formats=_formats(),
        may_import=actor.may(IMPORT),
        **form,
    )


def _formats() -> list[tuple[str, str]]:
    return [(code, _(one.name)) for code, one in sorted(registry().bank_formats.items())]


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its instants as instants, as the page's filters want them."""
    moments = {
        name: datetime.fromisoformat(value)
        for name, value in row.items()
        if isinstance(value, str) and (name.endswith("_at") or name == "until")
    }
    return row | moments
