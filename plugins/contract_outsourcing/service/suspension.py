"""What finance has stopped over a complaint: which steps of a procurement wait, and until when.

Asked by the table of steps itself, so that no act has to remember to ask.
"""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.db import db
from core.errors import RuleBroken
from plugins.contract_outsourcing.models import Challenge, Tender
from plugins.contract_outsourcing.models import awards as a

# What purchaser, key holders and panel do to carry a procurement on. A bidder's own acts are not
# among them, as its time runs on, nor what tells bidders of a later deadline or ends the whole.
CARRYING_ON = frozenset(
    {
        "opening.offer_share",
        "opening.open",
        "opening.return_bids",
        "opening.open_prices",
        "panel.draw",
        "panel.declare",
        "panel.check",
        "panel.score",
        "panel.call_quotes",
        "panel.report",
        "award.decide",
        "award.publish",
        "award.next",
        "tender.contracted",
        "tender.rerun",
    }
)


def until(tender_id: int) -> date | None:
    """Return the last day of a suspension that is in force today; None: there is none."""
    last: date | None = db.session.scalar(
        db.select(func.max(Challenge.suspended_until))
        .where(Challenge.tender_id == tender_id, Challenge.state == a.FILED)
        .where(Challenge.suspended_until >= clock.today())
    )
    return last


def refuse(tender: Tender) -> None:
    """Refuse PROCUREMENT_SUSPENDED while finance has stopped a procurement."""
    last = until(tender.id)
    if last is None:
        return
    raise RuleBroken(
        "PROCUREMENT_SUSPENDED",
        _(
            "财政部门已通知暂停本项目的采购活动，至 %(until)s。期满或处理完毕后再办理。",
            until=last,
        ),
        basis="政府采购法第五十七条",
        until=last.isoformat(),
    )
