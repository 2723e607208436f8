"""Pages of guarantees: the list, a new one, one with its history, claims and what came back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import Actor, fetch, require
from core.db import db
from core.web import current_actor
from core.web.forms import (
    HUNDREDTHS,
    act,
    done_or_again,
    fresh,
    page_of,
    saved,
    shown_again,
    whole,
)
from core.web.menu import MenuItem
from plugins.subsidy.models import Guarantor, Scheme
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages.amount_words import party_names
from plugins.subsidy.rules.guarantee import FEE_KIND, POOL_KIND
from plugins.subsidy.service import claims, guarantee_queries, guarantors
from plugins.subsidy.service import guarantee_steps as steps
from plugins.subsidy.service import steps as claim_steps
from plugins.subsidy.service.guarantees import KEEP, VIEW

blueprint = Blueprint(
    "subsidy_guarantees", __name__, url_prefix="/subsidy/guarantees", template_folder="../templates"
)
TONES = {g.ACTIVE: "good", g.CALLED: "wait", g.ENDED: "plain"}
EVENT_NAMES: dict[str, Any] = {g.REPAID: lazy_gettext("还款"), g.FEE: lazy_gettext("收到担保费")}
MONEY = ("amount_fen", "paid_fen", "principal_fen", "guaranteed_fen")
NUMBERS = ("guarantor_id", "fee_scheme_id", "pool_scheme_id")
NEW = (
    *NUMBERS,
    "credit_code",
    "id_number",
    "bank",
    "loan_number",
    "principal_fen",
    "guaranteed_fen",
    "from_on",
    "due_on",
)
PAYMENT = ("on", "amount_fen", "document")
# What a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "repay": ("guarantee.repay", PAYMENT, lazy_gettext("已登记还款，在保余额随之减少。")),
    "pay-fee": ("guarantee.pay_fee", PAYMENT, lazy_gettext("已登记担保费。")),
    "end": ("guarantee.end", ("on", "reason"), lazy_gettext("已解除担保。")),
    "claim-fee": (
        "guarantee.claim_fee",
        ("period_from", "period_to"),
        lazy_gettext("已申报担保费补贴，等主管部门核验。"),
    ),
    "claim-loss": (
        "guarantee.claim_loss",
        ("paid_fen", "paid_on", "document"),
        lazy_gettext("已申请分担代偿损失，等主管部门核验。"),
    ),
    "recover": ("guarantee.recover", PAYMENT, lazy_gettext("已登记追回款，按分担比例返还。")),
}


def own_menu(actor: Actor) -> list[MenuItem]:
    """Offer a guarantee company its guarantees; nobody else who provides something."""
    grants = actor.holding(KEEP)
    if not any(one.organisation_id and _own(one.organisation_id) for one in grants):
        return []
    return [MenuItem("how", lazy_gettext("本公司的担保"), "subsidy_guarantees.index", 22)]


@blueprint.get("/")
def index() -> str:
    """List the guarantees a person may see."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state") or None
    state = state if state in g.GUARANTEE_STATES else None
    of = page_of(request.args.get("of"))
    found = guarantee_queries.list_guarantees(actor, before=before, state=state, guarantor_id=of)
    return render_template(
        "subsidy/guarantees/index.html",
        rows=[row | {"badge": (row["state_name"], TONES[row["state"]])} for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        of=of,
        states=[(one, str(steps.guarantee.names[one])) for one in g.GUARANTEE_STATES],
        own=_own_guarantor(actor),
    )


@blueprint.get("/new")
def new() -> str:
    """Ask for what a new guarantee needs."""
    return _new(fresh())


@blueprint.post("/new")
def register() -> ResponseReturnValue:
    """Register a guarantee."""
    return saved("guarantee.register", _typed(NEW), done=_("已登记担保 %(number)s。"), again=_new)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a guarantee, what happened to it, and what may be done next."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a guarantee."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    return done_or_again(
        act(operation, _typed(names) | {"id": id}),
        done=str(done),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer), step),
    )


def _typed(names: tuple[str, ...]) -> dict[str, Any]:
    """Return what a form says: amounts typed in yuan, numbers chosen from lists."""
    found: dict[str, Any] = {}
    for name in names:
        text = request.form.get(name, "").strip()
        if name in MONEY:
            found[name] = HUNDREDTHS.read(text) if text else None
        else:
            found[name] = whole(text) if name in NUMBERS else text
    return found


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, KEEP)
    own = _own_guarantor(actor)
    if own is None:
        abort(404)
    return render_template(
        "subsidy/guarantees/new.html",
        own=guarantee_queries.show_guarantor(actor, id=own.id),
        fee_schemes=_schemes(FEE_KIND),
        pool_schemes=_schemes(POOL_KIND),
        **form,
    )


def _show(number: int, form: dict[str, Any], which: str = "") -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = guarantee_queries.show_guarantee(actor, id=number)
    bearers = party_names()
    return render_template(
        "subsidy/guarantees/show.html",
        guarantee=found,
        tone=TONES[found["state"]],
        events=[one | {"name": str(EVENT_NAMES[one["kind"]])} for one in found["events"]],
        claims=[
            one
            | {
                "what": _("担保费补贴") if one["kind"] == FEE_KIND else _("代偿分担"),
                "state_name": str(claim_steps.claim.names[one["state"]]),
                "url": _claim_url(actor, one["id"]),
            }
            for one in found["claims"]
        ],
        recoveries=[
            one
            | {"shares": [(str(bearers.get(who, who)), fen) for who, fen in one["parts"].items()]}
            for one in found["recoveries"]
        ],
        may=_may(actor, found),
        which=which,
        **form,
    )


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the guarantee now."""
    if not actor.may(KEEP):
        return set()
    open_to: set[str] = set()
    if found["state"] == g.ACTIVE:
        open_to |= {"repay", "pay-fee", "end"}
    if found["fee_scheme"]:
        open_to.add("claim-fee")
    shared = {one["state"] for one in found["claims"] if one["kind"] == POOL_KIND}
    if found["pool_scheme"] and found["state"] != g.ENDED and not shared & {*c.LIVE, c.FORFEITED}:
        open_to.add("claim-loss")
    if shared & set(c.OWED):
        open_to.add("recover")
    return open_to


def _claim_url(actor: Actor, number: int) -> str:
    """Return where this reader sees a claim: the office's page, or the claimant's own."""
    endpoint = "subsidy_claims.show" if actor.may(claims.VIEW) else "subsidy_own.show"
    return url_for(endpoint, id=number) if endpoint in current_app.view_functions else ""


def _own_guarantor(actor: Actor) -> Guarantor | None:
    """Return the guarantor for which a person registers guarantees; None where it is none."""
    for grant in actor.holding(KEEP):
        found = _own(grant.organisation_id) if grant.organisation_id else None
        if found is not None:
            own: Guarantor = fetch(Guarantor, found.id, actor, KEEP)
            return own if own.state == g.APPROVED else None
    return None


def _own(organisation_id: int) -> Guarantor | None:
    return guarantors.standing(organisation_id)


def _schemes(kind: str) -> list[tuple[int, str]]:
    query = db.select(Scheme).filter_by(kind=kind, state=s.PUBLISHED).order_by(Scheme.id.desc())
    return [(one.id, one.name) for one in db.session.scalars(query.limit(100))]
