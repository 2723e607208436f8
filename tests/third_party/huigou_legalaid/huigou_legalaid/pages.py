"""The list of cases, in the menu under how one buys."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.access import require, visible
from core.db import db
from core.parties import Organisation
from core.web import current_actor
from core.web.menu import MenuItem
from huigou_legalaid.models import Case
from huigou_legalaid.service import KINDS

VIEW, SHOWN = "legalaid.view", 200
blueprint = Blueprint("legalaid", __name__, url_prefix="/legalaid", template_folder="templates")
ITEM = MenuItem("how", _l("法律援助案件"), "legalaid.index", 50)


@blueprint.get("/")
def index() -> str:
    """List the newest cases that a person may see."""
    actor = current_actor()
    require(actor, VIEW)
    found = db.session.execute(
        db.select(Case, Organisation.name)
        .join(Organisation, Organisation.id == Case.firm_id)
        .where(visible(Case, actor, VIEW))
        .order_by(Case.id.desc())
        .limit(SHOWN)
    )
    rows = [
        {
            "number": case.number,
            "kind": KINDS[case.kind],
            "firm": firm,
            "fee": case.fee_fen,
            "accepted": case.accepted_at,
            "state": (_("已付款"), "good") if case.settled_journal_id else (_("待付款"), "wait"),
        }
        for case, firm in found
    ]
    return render_template("legalaid/cases.html", rows=rows)
