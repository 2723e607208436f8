"""What counts once across all schemes: an invoice, a certificate, a loan's period."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import update

from core import clock
from core.db import db, insert_once
from core.errors import RuleBroken
from plugins.subsidy.models import Scheme, SubsidyClaim, SubsidyUse
from plugins.subsidy.service.reckoning import Used


def take(claim: SubsidyClaim, uses: Sequence[Used]) -> None:
    """Let a claim use these, and nothing else; refuse ALREADY_SUBSIDISED what another claim used.

    Two claims at once cannot both: the table has each only once while it is in use.
    """
    release(claim.id)
    for one in sorted(uses, key=lambda use: (use.kind, use.identity)):
        row = {
            "claim_id": claim.id,
            "kind": one.kind,
            "key": hashlib.sha256(f"{one.kind}\n{one.identity}".encode()).hexdigest(),
            "name": one.name,
        }
        if not insert_once(SubsidyUse.__table__, row):
            raise _already(one, row["key"])


def release(claim_id: int) -> None:
    """Let go of what a claim used, because it comes to nothing or is reckoned anew."""
    db.session.execute(
        update(SubsidyUse)
        .where(SubsidyUse.claim_id == claim_id, SubsidyUse.released_at.is_(None))
        .values(released_at=clock.now())
    )


def _already(one: Used, key: object) -> RuleBroken:
    holder = db.session.execute(
        db.select(SubsidyClaim.number, Scheme.name)
        .join(SubsidyUse, SubsidyUse.claim_id == SubsidyClaim.id)
        .join(Scheme, Scheme.id == SubsidyClaim.scheme_id)
        .where(SubsidyUse.kind == one.kind, SubsidyUse.key == key)
        .where(SubsidyUse.released_at.is_(None))
    ).first()
    number, scheme = holder if holder is not None else ("—", "—")
    return RuleBroken(
        "ALREADY_SUBSIDISED",
        _(
            "“%(name)s”已在“%(scheme)s”的申报 %(number)s 中享受补贴，同一票据、贷款或期间不得重复。"
            "请删去这一项后再申报。",
            name=one.name,
            scheme=scheme,
            number=number,
        ),
        basis="财政违法行为处罚处分条例第十四条",
        kind=one.kind,
        claim=number,
    )
