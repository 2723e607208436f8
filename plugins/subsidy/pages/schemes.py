"""Staff's pages of schemes: the list and what waits, one in words and figures, its next step."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core import clock
from core.access import Actor, fetch, require, visible
from core.budget import BudgetLine
from core.db import db
from core.errors import RuleBroken
from core.purchases import drawable
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import MenuItem, Todo
from plugins.subsidy import rules
from plugins.subsidy.models import Scheme, SchemeTerms
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages import amount_words, examples
from plugins.subsidy.pages import form_words as words
from plugins.subsidy.pages.scheme_form import builder_of
from plugins.subsidy.service import scheme_queries, steps
from plugins.subsidy.service.checking import unfinished
from plugins.subsidy.service.schemes import DEFINE, PUBLISH, VIEW

blueprint = Blueprint(
    "subsidy_schemes", __name__, url_prefix="/subsidy/schemes", template_folder="../templates"
)
# What one button or a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "submit": ("scheme.submit", (), lazy_gettext("已提交，等另一人复核公布。")),
    "send-back": ("scheme.send_back", ("reason",), lazy_gettext("已退回修改。")),
    "publish": ("scheme.publish", (), lazy_gettext("已公布，这一版不能再改。")),
    "close": ("scheme.close", ("reason",), lazy_gettext("已停止申报，已批准的照常办理。")),
}


def waiting(actor: Actor) -> list[Todo]:
    """Count what waits for this person: sent back to correct, handed on to publish."""
    found = []
    if actor.may(DEFINE):
        back = SchemeTerms.sent_back_reason.is_not(None)
        found.append(_count(actor, DEFINE, s.DRAFT, _("个补贴项目被退回修改"), back))
    if actor.may(PUBLISH):
        found.append(_count(actor, PUBLISH, s.SUBMITTED, _("个补贴项目待复核公布")))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        VIEW,
        MenuItem("how", lazy_gettext("补贴项目"), "subsidy_schemes.index", 20, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the schemes a person may see."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state") or None
    found = scheme_queries.schemes(actor, before=before, state=state)
    return render_template(
        "subsidy/schemes/index.html",
        rows=[
            row
            | {
                "kind_name": str(words.KINDS[row["kind"]]),
                "badge": (row["state_name"], words.TONES[row["state"]]),
            }
            for row in found["items"]
        ],
        next_before=found["next_before"],
        before=before,
        state=state,
        states=[(one, str(steps.scheme.names[one])) for one in s.STATES],
        may_define=actor.may(DEFINE),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a scheme: its terms in words, what they pay, its versions, what its reader may do."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a scheme."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields = {name: request.form.get(name) for name in names}
    return done_or_again(
        act(operation, fields | {"id": id}),
        done=str(done),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = scheme_queries.scheme(actor, id=number)
    document = found["terms"]
    terms = rules.read_terms(document)
    may = _may(actor, found)
    return render_template(
        "subsidy/schemes/show.html",
        scheme=found,
        kind_name=words.KINDS[found["kind"]],
        applicant_name=words.APPLICANTS[document["applicant"]],
        tone=words.TONES[found["state"]],
        told=builder_of(found["kind"], document["applicant"]).told(document),
        example=_example(terms),
        versions=_versions(actor, number),
        lines=_lines(found["purchase_id"], terms),
        lacking=unfinished(document) if "submit" in may else None,
        may=may,
        **form,
    )


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the scheme now."""
    closed, newest = found["state"] == s.CLOSED, found["terms_state"]
    open_to: set[str] = set()
    if actor.may(DEFINE) and not closed and newest != s.SUBMITTED:
        open_to |= {"edit", "submit"} if newest == s.DRAFT else {"revise"}
    if actor.may(PUBLISH) and not closed and newest == s.SUBMITTED:
        open_to |= {"publish", "send-back"}
    if actor.may(PUBLISH) and found["state"] == s.PUBLISHED:
        open_to.add("close")
    return open_to


def _example(terms: rules.Terms) -> examples.Example | None:
    """Return what terms would pay on an example; None where a draft lacks what it takes."""
    try:
        rules.refuse_part(terms)
        return examples.example(terms, amount_words.party_names(), on=clock.today())
    except RuleBroken:
        return None


def _versions(actor: Actor, number: int) -> list[dict[str, Any]]:
    """Return the versions, newest first, each with what it changed against the one before."""
    scheme = fetch(Scheme, number, actor, VIEW)
    found = scheme_queries.versions(scheme)
    listed = []
    for one, before in zip(found, [*found[1:], None], strict=True):
        changes = None
        if before is not None:
            builder = builder_of(one.document["kind"], one.document["applicant"])
            changes = builder.changes(before.document, one.document)
        listed.append(
            {
                "number": one.version,
                "badge": (str(steps.terms.names[one.state]), words.TONES[one.state]),
                "effective_on": one.effective_on,
                "changes": changes,
            }
        )
    return listed


def _lines(purchase_id: int | None, terms: rules.Terms) -> list[dict[str, Any]]:
    """Return the lines that the terms draw on, with their shares and what is available (fen)."""
    shares = dict(terms.funding)
    available = drawable(purchase_id, list(shares))
    query = db.select(BudgetLine).where(BudgetLine.id.in_(shares)).order_by(BudgetLine.id)
    return [
        {
            "id": line.id,
            "name": f"{line.code} {line.name}",
            "year": str(line.fiscal_year),
            "share": rules.percent(shares[line.id]),
            "available": available[line.id],
        }
        for line in db.session.scalars(query)
    ]


def _count(actor: Actor, permission: str, state: str, label: str, *conditions: Any) -> Todo:
    query = (
        db.select(func.count(SchemeTerms.id))
        .join(Scheme, Scheme.id == SchemeTerms.scheme_id)
        .where(visible(Scheme, actor, permission), Scheme.state != s.CLOSED)
        .where(SchemeTerms.state == state, *conditions)
    )
    url = url_for("subsidy_schemes.index", state=state)
    return Todo(int(db.session.scalar(query) or 0), label, url)
