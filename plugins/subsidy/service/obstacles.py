"""What keeps a scheme's pool from closing: instalments not released, claims not paid."""

from __future__ import annotations

from flask_babel import gettext as _

from core.db import db
from core.years import Obstacle
from plugins.subsidy.models import SubsidyClaim
from plugins.subsidy.models import claims as c

# Who must act next, by the state a claim is in.
WHO = {
    c.SUBMITTED: "purchaser_clerk",
    c.COMPUTED: "purchaser_approver",
    c.APPROVED: "finance_maker",
}


def obstacles(pool_ids: list[int]) -> list[Obstacle]:
    """Return the obstacles of schemes' pools among these: the answer to `pool_obstacles`."""
    query = (
        db.select(SubsidyClaim)
        .where(SubsidyClaim.pool_id.in_(pool_ids), SubsidyClaim.state.in_(WHO))
        .order_by(SubsidyClaim.id)
    )
    return [
        Obstacle(
            claim.pool_id,
            _("补贴申报 %(number)s 已核定，还没有付款", number=claim.number)
            if claim.state == c.APPROVED
            else _("补贴申报 %(number)s 还没有核定", number=claim.number),
            claim.owed_fen,
            None,
            WHO[claim.state],
            "subsidy_claims.show",
            {"id": claim.id},
            "claim.view",
        )
        for claim in db.session.scalars(query)
        if claim.pool_id is not None
    ]
