"""Pages of promises about prices: made on a phone, checked on the spot, a breach heard."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core import clock
from core.access import Actor, require, visible
from core.db import db
from core.web import current_actor
from core.web.forms import fen_of, fresh, page_of, saved, whole
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import PricePromise, Scheme, SchemeTerms
from plugins.subsidy.models import promises as p
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service import promise_queries, promises
from plugins.subsidy.service.promises import CHECK, DECIDE, MAKE, NOTIFY, VIEW, machine

blueprint = Blueprint(
    "subsidy_promises", __name__, url_prefix="/subsidy/promises", template_folder="../templates"
)
TONES = {p.STANDING: "good", p.NOTIFIED: "wait", p.STATED: "wait", p.BROKEN: "bad"}
# What a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "check": (
        "promise.check",
        ("checked_on", "found_fen", "document"),
        lazy_gettext("已登记检查结果，项目公开页上能看到。"),
    ),
    "notify": (
        "promise.notify",
        ("reason", "state_by"),
        lazy_gettext("已告知对方，等它陈述申辩。"),
    ),
    "state": ("promise.state", ("words",), lazy_gettext("已提交陈述，等主管部门决定。")),
    "drop": ("promise.drop", ("reason",), lazy_gettext("承诺继续有效。")),
    "end-support": (
        "promise.end_support",
        ("reason",),
        lazy_gettext("已终止补贴，不再受理它在这个项目的申报。"),
    ),
}
SCHEMES_MOST = 200


def waiting(actor: Actor) -> list[Todo]:
    """Count the breaches on which this person may state a case, or decide."""
    asked = ((MAKE, p.NOTIFIED, _("项违诺告知待陈述")), (DECIDE, p.STATED, _("项违诺待决定")))
    found = []
    for permission, state, label in asked:
        if actor.may(permission):
            query = db.select(func.count(PricePromise.id)).where(
                visible(PricePromise, actor, permission), PricePromise.state == state
            )
            url = url_for("subsidy_promises.index", state=state)
            found.append(Todo(int(db.session.scalar(query) or 0), label, url))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        VIEW,
        MenuItem("how", lazy_gettext("价格承诺"), "subsidy_promises.index", 28, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the promises in scope: one's own, or those the office watches."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state")
    state = state if state in p.STATES else None
    found = promise_queries.promises(actor, before=before, state=state)
    return render_template(
        "subsidy/promises/index.html",
        rows=[listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        states=[(one, str(machine.names[one])) for one in p.STATES],
        may_make=actor.may(MAKE),
        is_resident=actor.resident_id is not None,
    )


@blueprint.get("/new")
def making() -> str:
    """Show the form of a promise."""
    return _making(fresh())


@blueprint.post("/new")
def make() -> ResponseReturnValue:
    """Promise in public."""
    form = request.form
    fields: dict[str, Any] = {
        name: form.get(name) for name in ("service", "unit", "from_on", "to_on")
    }
    fields |= {
        "scheme_id": whole(form.get("scheme_id")),
        "price_fen": fen_of(form.get("price_fen", "")),
    }
    return saved("promise.make", fields, done=_("承诺已公开。"), again=_making)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a promise, what checks found, how far a breach has come, and what is mine to do."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a promise."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields: dict[str, Any] = {"id": id} | {name: request.form.get(name) for name in names}
    if price := fields.get("found_fen"):
        fields["found_fen"] = fen_of(price)
    return saved(operation, fields, done=str(done), again=lambda form: _show(id, form))


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a promise with its state, its days and its last check as a table shows them."""
    last = row["checks"][0] if row["checks"] else None
    return row | {
        "badge": (row["state_name"], TONES[row["state"]]),
        "days": _("%(begin)s 至 %(end)s", begin=row["from_on"], end=row["to_on"]),
        "checked": (
            (_("兑现") if last["is_kept"] else _("未兑现"), "good" if last["is_kept"] else "bad")
            if last
            else (_("还没有检查"), "plain")
        ),
    }


def _making(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    return render_template(
        "subsidy/promises/new.html",
        schemes=_schemes(),
        chosen=form["values"].get("scheme_id") or request.args.get("scheme_id") or "",
        today=clock.today(),
        is_resident=actor.resident_id is not None,
        **form,
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = promise_queries.promise(actor, id=number)
    return render_template(
        "subsidy/promises/show.html",
        promise=listed(found),
        may=_may(actor, found),
        opened=(request.view_args or {}).get("step", "") if form["refusal"] else "",
        state_days=promises.STATE_DAYS,
        today=clock.today(),
        is_resident=actor.resident_id is not None,
        **form,
    )


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take now."""
    state, open_to = found["state"], set()
    if actor.may(CHECK):
        open_to.add("check")
    if actor.may(NOTIFY) and state == p.STANDING and not all(c["is_kept"] for c in found["checks"]):
        open_to.add("notify")
    if actor.may(MAKE) and state == p.NOTIFIED:
        open_to.add("state")
    if actor.may(DECIDE) and state in {p.NOTIFIED, p.STATED}:
        open_to |= {"drop", "end-support"}
    return open_to


def _schemes() -> list[tuple[int, str]]:
    """Return the published schemes that ask for promises."""
    query = (
        db.select(Scheme.id, Scheme.name, SchemeTerms.document)
        .join(SchemeTerms, SchemeTerms.scheme_id == Scheme.id)
        .where(Scheme.state == s.PUBLISHED, SchemeTerms.state == s.APPROVED)
        .order_by(Scheme.id.desc(), SchemeTerms.version.desc())
        .limit(SCHEMES_MOST)
    )
    found = {}
    for number, name, document in db.session.execute(query):
        if (document.get("conditions") or {}).get("price_promise"):
            found.setdefault(number, name)
    return list(found.items())
