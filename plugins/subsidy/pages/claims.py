"""The office's pages of claims: the list, one with its calculation, and the step that is mine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core.access import Actor, require, visible
from core.db import db
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, lines_of, page_of, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import SubsidyClaim
from plugins.subsidy.models import claims as c
from plugins.subsidy.pages import claim_words
from plugins.subsidy.service import aid_queries, claim_queries, recovering, scheme_queries, steps
from plugins.subsidy.service.claims import APPROVE, CHECK, VIEW

blueprint = Blueprint(
    "subsidy_claims", __name__, url_prefix="/subsidy/claims", template_folder="../templates"
)
# What one button or a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "check": ("claim.check", (), lazy_gettext("已核验并算出金额，等批准。")),
    "approve": ("claim.approve", (), lazy_gettext("已批准。")),
    "refuse": ("claim.refuse", ("reason",), lazy_gettext("已决定不予补贴，原因会告诉申报人。")),
}
SCHEMES_MOST = 200


@dataclass(frozen=True)
class Found:
    """How a kind's office says what it found: a partial template with its own form, and its values.

    `values` hears the claim as it is shown and gives the template what else it needs.
    """

    template: str
    values: Callable[[dict[str, Any]], dict[str, Any]] = lambda _claim: {}


# The kinds whose claims are checked by an act of their own, on a form on the claim's page. In the
# others the clerk finds the evidence in order with one button.
FOUND: dict[str, Found] = {}


def waiting(actor: Actor) -> list[Todo]:
    """Count the claims that wait for this person."""
    found = []
    if actor.may(CHECK):
        found.append(_count(actor, CHECK, c.SUBMITTED, _("份补贴申报待核验")))
    if actor.may(APPROVE):
        found.append(_count(actor, APPROVE, c.COMPUTED, _("份补贴申报待批准")))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (VIEW, MenuItem("how", lazy_gettext("补贴申报"), "subsidy_claims.index", 24, waiting=waiting)),
]


@blueprint.get("/")
def index() -> str:
    """List the claims a person may see."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state") or None
    scheme = page_of(request.args.get("scheme_id"))
    found = claim_queries.claims(actor, before=before, state=state, scheme_id=scheme)
    return render_template(
        "subsidy/claims/index.html",
        rows=[claim_words.listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        scheme_id=scheme,
        states=[(one, str(steps.claim.names[one])) for one in c.STATES],
        schemes=_schemes(actor),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a claim: who, for when, how it is reckoned, who did what, and what is mine to do."""
    return page(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a claim."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields = {name: request.form.get(name) for name in names}
    return after(id, operation, fields, str(done))


@blueprint.post("/<int:id>/recover")
def recover(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Propose to get a share back; it is typed in per cent."""
    fields: dict[str, Any] = {
        "reason": " ".join(lines_of(request.form.get("reason"))),
        "basis": request.form.get("basis"),
        "share_bp": fen_of(request.form.get("share_bp", "").strip().removesuffix("%")),
        "days": whole(request.form.get("days")),
    }
    done = _("已提出追回。对方可以先陈述申辩，之后由另一人决定。")
    return after(id, "subsidy_recovery.propose", fields, done)


def after(number: int, operation: str, fields: dict[str, Any], done: str) -> ResponseReturnValue:
    """Perform an act on a claim and come back to its page; for the kinds' own forms, too."""
    return done_or_again(
        act(operation, fields | {"id": number}),
        done=done,
        to=url_for("subsidy_claims.show", id=number),
        again=lambda answer: page(number, shown_again(answer)),
    )


def page(number: int, form: dict[str, Any]) -> str:
    """Render a claim's page with a form as it was sent."""
    actor = current_actor()
    require(actor, VIEW)
    claim = claim_words.shown(claim_queries.claim(actor, id=number))
    may = _may(actor, claim)
    found = FOUND.get(claim["kind"]) if "check" in may else None
    return render_template(
        "subsidy/claims/show.html",
        claim=claim,
        waits_for=claim_words.waits_for(claim),
        onward=claim_words.onward(actor, claim),
        may=may,
        found=found.template if found else "",
        aid=aid_queries.of_claim(actor, id=number),
        hearing_days=recovering.HEARD_DAYS,
        opened=(request.view_args or {}).get("step", request.endpoint) if form["refusal"] else "",
        **(found.values(claim) if found else {}),
        **form,
    )


def _may(actor: Actor, claim: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the claim now."""
    state, open_to = claim["state"], set()
    alone = claim["grant_id"] is None
    if actor.may(CHECK) and state in {c.SUBMITTED, c.COMPUTED} and alone:
        open_to |= {"check", "refuse"}
    if actor.may(APPROVE) and state == c.COMPUTED:
        mine = claim["i_made"] or claim["i_approved"]
        open_to.add("not_mine" if mine else "approve")
    if actor.may(recovering.PROPOSE) and state == c.PAID:
        open_to.add("recover")
    return open_to


def _schemes(actor: Actor) -> list[tuple[int, str]]:
    found = scheme_queries.schemes(actor, limit=SCHEMES_MOST) if actor.may("scheme.view") else {}
    return [(one["id"], one["name"]) for one in found.get("items", [])]


def _count(actor: Actor, permission: str, state: str, label: str) -> Todo:
    query = db.select(func.count(SubsidyClaim.id)).where(
        visible(SubsidyClaim, actor, permission), SubsidyClaim.state == state
    )
    if state == c.SUBMITTED:
        query = query.where(SubsidyClaim.grant_id.is_(None))
    url = url_for("subsidy_claims.index", state=state)
    return Todo(int(db.session.scalar(query) or 0), label, url)
