"""The subsidies' stations of a yuan: pool, application, agreement, claim, recovery, and back."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _

from core.access import Actor, scoped
from core.budget import Pool
from core.db import db
from core.ledger import Journal
from core.settlement.claims import payee_names
from core.settlement.models import Clawback, PaymentClaim
from core.trace import (
    BANK,
    BUDGET,
    MOST,
    Place,
    Step,
    claim_place,
    clawback_place,
    pool_place,
)
from plugins.subsidy.models import Application, Scheme, SubsidyClaim, SubsidyGrant, SubsidyRecovery
from plugins.subsidy.service.claims import VIEW
from plugins.subsidy.service.steps import CLAIM, RECOVERY
from plugins.subsidy.service.years import COMPONENT

APPLICATION, GRANT = "subsidy_application", "subsidy_grant"
_MODELS: dict[str, Any] = {
    APPLICATION: Application,
    GRANT: SubsidyGrant,
    CLAIM: SubsidyClaim,
    RECOVERY: SubsidyRecovery,
}


def found(text: str, actor: Actor) -> list[Place]:
    """Return what a text names, as far as in view: a number of ours, or `subsidy_claim:3`.

    Or a source of our journals; those of agreements begin with `grant:`.
    """
    kind, number = _numbered(text)
    kind = GRANT if kind == "grant" else kind
    places = []
    for name, model in _MODELS.items():
        query = scoped(model, actor, VIEW).where(
            db.or_(model.number == text, model.id == (number if kind == name else 0))
        )
        places += [_PLACES[name](row) for row in _some(query)]
    return places


def steps(place: Place) -> list[Step]:
    """Return the subsidies' stations next to a place, its own, a pool, a claim or a claw-back."""
    around = {
        "pool": _after_pool,
        APPLICATION: _around_application,
        GRANT: _around_grant,
        CLAIM: _around_claim,
        RECOVERY: _around_recovery,
        "claim": _before_payment,
        "clawback": _before_clawback,
    }
    return around[place.kind](int(place.key)) if place.kind in around else []


# --- places ------------------------------------------------------------------------------------


def application_place(row: Application) -> Place:
    """Return an application as a station."""
    return Place(
        APPLICATION,
        str(row.id),
        _("补贴申请 %(number)s", number=row.number),
        f"{_scheme(row.scheme_id)} · {_name(row.applicant_id)}",
        at=row.submitted_at or row.made_at,
        endpoint="subsidy_applications.show",
        values={"id": row.id},
        permission="application.view",
    )


def grant_place(row: SubsidyGrant) -> Place:
    """Return an agreement as a station, with the journals that committed its money."""
    return Place(
        GRANT,
        str(row.id),
        _("补贴协议 %(number)s", number=row.number),
        f"{_scheme(row.scheme_id)} · {_name(row.beneficiary_id)}",
        row.amount_fen,
        row.signed_at,
        _journals(f"grant:{row.id}/"),
        "subsidy_grants.show",
        {"id": row.id},
        "grant.view",
    )


def subsidy_claim_place(row: SubsidyClaim) -> Place:
    """Return a claim as a station, with the journals by which it was owed and lowered."""
    return Place(
        CLAIM,
        str(row.id),
        _("补贴申报 %(number)s", number=row.number),
        f"{_scheme(row.scheme_id)} · {_name(row.payee_id)}",
        row.owed_fen,
        row.approved_on or row.made_at,
        _journals(f"{CLAIM}:{row.id}/"),
        "subsidy_claims.show",
        {"id": row.id},
        VIEW,
    )


def recovery_place(row: SubsidyRecovery) -> Place:
    """Return a recovery as a station."""
    return Place(
        RECOVERY,
        str(row.id),
        _("补贴追回 %(number)s", number=row.number),
        _name(row.party_id),
        row.amount_fen,
        row.proposed_at,
        endpoint="subsidy_recoveries.show",
        values={"id": row.id},
        permission=VIEW,
    )


_PLACES: dict[str, Any] = {
    APPLICATION: application_place,
    GRANT: grant_place,
    CLAIM: subsidy_claim_place,
    RECOVERY: recovery_place,
}


# --- what lies next to them --------------------------------------------------------------------


def _after_pool(number: int) -> list[Step]:
    """Lead from a year's money to its claims; those of agreements stand behind their agreement."""
    in_pool = db.select(SubsidyClaim).where(SubsidyClaim.pool_id == number)
    agreed = db.select(SubsidyClaim.grant_id).where(SubsidyClaim.pool_id == number)
    return [
        *_each(BANK, GRANT, db.select(SubsidyGrant).where(SubsidyGrant.id.in_(agreed))),
        *_each(BANK, CLAIM, in_pool.where(SubsidyClaim.grant_id.is_(None))),
    ]


def _around_application(number: int) -> list[Step]:
    claims = db.select(SubsidyClaim).where(
        SubsidyClaim.application_id == number, SubsidyClaim.grant_id.is_(None)
    )
    return [
        *_each(BANK, GRANT, db.select(SubsidyGrant).where(SubsidyGrant.application_id == number)),
        *_each(BANK, CLAIM, claims),
    ]


def _around_grant(number: int) -> list[Step]:
    pools = db.select(Pool).where(
        Pool.id.in_(db.select(SubsidyClaim.pool_id).where(SubsidyClaim.grant_id == number))
    )
    applications = (
        db.select(Application)
        .join(SubsidyGrant, SubsidyGrant.application_id == Application.id)
        .where(SubsidyGrant.id == number)
    )
    return [
        *(Step(BUDGET, pool_place(pool)) for pool in _some(pools.order_by(Pool.id))),
        *_each(BUDGET, APPLICATION, applications),
        *_each(BANK, CLAIM, db.select(SubsidyClaim).where(SubsidyClaim.grant_id == number)),
    ]


def _around_claim(number: int) -> list[Step]:
    row = db.session.get(SubsidyClaim, number)
    if row is None:
        return []
    before: list[Step] = []
    if row.grant_id is not None:
        grants = db.select(SubsidyGrant).where(SubsidyGrant.id == row.grant_id)
        before = _each(BUDGET, GRANT, grants)
    else:
        pools = db.select(Pool).where(Pool.id == row.pool_id)
        applications = db.select(Application).where(Application.id == row.application_id)
        before = [Step(BUDGET, pool_place(pool)) for pool in _some(pools)]
        before += _each(BUDGET, APPLICATION, applications)
    owed = db.select(PaymentClaim).where(
        PaymentClaim.component == COMPONENT, PaymentClaim.source == f"claim:{number}"
    )
    recoveries = db.select(SubsidyRecovery).where(SubsidyRecovery.claim_id == number)
    return [
        *before,
        *(Step(BANK, claim_place(one)) for one in _some(owed)),
        *_each(BANK, RECOVERY, recoveries.order_by(SubsidyRecovery.id)),
    ]


def _around_recovery(number: int) -> list[Step]:
    of_claim = (
        db.select(SubsidyClaim)
        .join(SubsidyRecovery, SubsidyRecovery.claim_id == SubsidyClaim.id)
        .where(SubsidyRecovery.id == number)
    )
    clawbacks = (
        db.select(Clawback)
        .join(SubsidyRecovery, SubsidyRecovery.clawback_id == Clawback.id)
        .where(SubsidyRecovery.id == number)
    )
    return [
        *_each(BUDGET, CLAIM, of_claim),
        *(Step(BANK, clawback_place(one)) for one in _some(clawbacks)),
    ]


def _before_payment(number: int) -> list[Step]:
    claim = db.session.get(PaymentClaim, number)
    if claim is None or claim.component != COMPONENT:
        return []
    kind, claim_id = _numbered(claim.source)
    if kind != "claim":
        return []
    return _each(BUDGET, CLAIM, db.select(SubsidyClaim).where(SubsidyClaim.id == claim_id))


def _before_clawback(number: int) -> list[Step]:
    rows = db.select(SubsidyRecovery).where(SubsidyRecovery.clawback_id == number)
    return _each(BUDGET, RECOVERY, rows)


def _each(toward: str, kind: str, query: Any) -> list[Step]:
    return [Step(toward, _PLACES[kind](row)) for row in _some(query)]


def _journals(beginning: str) -> tuple[int, ...]:
    query = db.select(Journal.id).where(Journal.source.startswith(beginning))
    return tuple(db.session.scalars(query.order_by(Journal.id)))


def _scheme(number: int) -> str:
    return str(db.session.get_one(Scheme, number).name)


def _name(party_id: int) -> str:
    return payee_names([party_id])[party_id]


def _numbered(text: str) -> tuple[str, int]:
    read = re.match(r"([a-z_]+):(\d{1,18})(?:/|$)", text)
    return (read[1], int(read[2])) if read else ("", 0)


def _some(query: Any) -> list[Any]:
    # One more than is shown, so that the walk knows when it was cut.
    return list(db.session.scalars(query.limit(MOST + 1)).unique())
