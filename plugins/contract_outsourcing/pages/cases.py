"""One case on one page, as a time line: for its staff and parties, and for everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.access import Actor, require, visible
from core.db import db
from core.web import current_actor
from plugins.contract_outsourcing.models import Milestone
from plugins.contract_outsourcing.pages import tender_words
from plugins.contract_outsourcing.service import cases

blueprint = Blueprint(
    "contract_cases", __name__, url_prefix="/contract/cases", template_folder="../templates"
)
OF_MILESTONES = "contract_milestones."
# What opens the pages that an entry may lead to; the others open to whoever reads the entry.
OPENS = {
    "purchases.show": "purchase.view",
    "contract_tenders.show": "tender.view",
    "contract_tenders.questions": "tender.view",
    "contract_panels.panel": "award.view",
    "contract_awards.ranking": "award.view",
    "contract_awards.report_pdf": "award.view",
    "contract_awards.challenge": "challenge.view",
    "contract_contracts.show": "contract.view",
    "contract_contracts.printed": "contract.view",
    "contract_contracts.final_account": "contract.view",
    "contract_milestones.show": "contract.view",
    "contract_milestones.certificate": "contract.view",
    "contract_milestones.deduction_paper": "contract.view",
}


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a case: its money, what comes next, what happened."""
    actor = current_actor()
    require(actor, cases.VIEW)
    found = cases.case(actor, id=id)
    return render_template(
        "contract/cases/show.html",
        case=found,
        tone=tender_words.TONES[found["state"]],
        entries=_linked(found["items"], actor),
        next=_linked(found["next"], actor),
    )


@blueprint.get("/awards/<int:id>")
def of_award(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Lead from an award, whose contract is to be signed, to its case."""
    actor = current_actor()
    require(actor, cases.VIEW)
    return redirect(url_for(".show", id=cases.tender_of(actor, award_id=id)))


@blueprint.get("/public/<int:id>")
def public(id: int) -> str:  # noqa: A002 - the route's name
    """Show what was published of a case, to everybody."""
    actor = current_actor()
    found = cases.public(actor, id=id)
    return render_template(
        "contract/cases/public.html",
        case=found,
        tone=tender_words.TONES[found["state"]],
        entries=_linked(found["items"], actor),
    )


def _linked(items: list[dict[str, Any]], actor: Actor) -> list[dict[str, Any]]:
    """Return entries with the addresses of the pages and papers that this reader can open."""
    asked = {
        one[values]["id"]
        for one in items
        for page, values in (("page", "page_values"), ("paper", "paper_values"))
        if one.get(page, "").startswith(OF_MILESTONES)
    }
    seen = db.select(Milestone.id).where(
        Milestone.id.in_(asked), visible(Milestone, actor, "contract.view")
    )
    opened = set(db.session.scalars(seen))

    def url(page: str, values: dict[str, Any]) -> str:
        if page not in current_app.view_functions:
            return ""
        if page.startswith(OF_MILESTONES) and values["id"] not in opened:
            return ""
        permission = OPENS.get(page)
        return url_for(page, **values) if permission is None or actor.may(permission) else ""

    return [
        one
        | {
            "day": date.fromisoformat(one.get("on") or one["due_on"]),
            "url": url(one["page"], one["page_values"]),
            "paper_url": url(one.get("paper", ""), one.get("paper_values", {})),
        }
        for one in items
    ]
