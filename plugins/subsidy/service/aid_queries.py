"""What is read of aid: for whom a claim is, what each of them and those tied to it had before."""

from __future__ import annotations

from typing import Any

from core import clock, ties
from core.access import Actor, fetch
from core.db import db
from core.settlement.claims import payee_names
from plugins.subsidy import rules
from plugins.subsidy.models import AidShare, Scheme, SchemeTerms, SubsidyClaim
from plugins.subsidy.service import aid
from plugins.subsidy.service.claims import VIEW

# Over how many years it is told where the terms know no ceiling.
YEARS = 3
GROUPS_MOST, ACTS_MOST = 50, 100


def of_claim(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return what those whom a claim aids had in its terms' window, beside this claim (fen).

    Counted up to the day of its approval, or today. `left_fen` is what the ceiling leaves after it,
    None without a ceiling.
    """
    claim: SubsidyClaim = fetch(SubsidyClaim, id, actor, VIEW)
    terms = rules.read_terms(db.session.get_one(SchemeTerms, claim.terms_id).document)
    ceiling = terms.aid
    shares = aid.shares_of(claim)
    shown = list(shares.items())[:GROUPS_MOST]
    return {
        "claim_id": claim.id,
        "years": ceiling.years if ceiling else YEARS,
        "ceiling_fen": ceiling.ceiling_fen if ceiling else None,
        "groups": [_group(claim, party, fen, ceiling) for party, fen in shown],
        "more": len(shares) - len(shown),
    }


def _group(
    claim: SubsidyClaim, party_id: int, wanted_fen: int, ceiling: rules.AidTerms | None
) -> dict[str, Any]:
    on = claim.approved_on or clock.today()
    members = ties.group_of(party_id, on)
    window = rules.aid_begins(ceiling.years if ceiling else YEARS, on)
    had = [
        (row, left)
        for row, left in aid.standing(members, since=window)
        if row.on <= on and not _is_this(row, claim, party_id)
    ]
    used = sum(left for _row, left in had)
    names = payee_names(members)
    return {
        "party_id": party_id,
        "party": names[party_id],
        "members": [names[one] for one in sorted(members - {party_id})],
        "begins_on": window.isoformat(),
        "used_fen": used,
        "wanted_fen": wanted_fen,
        "left_fen": max(0, ceiling.ceiling_fen - used - wanted_fen) if ceiling else None,
        "acts": _acts(had[-ACTS_MOST:], names),
    }


def _is_this(row: AidShare, claim: SubsidyClaim, party_id: int) -> bool:
    """Tell whether a share is the claim's own, or its agreement's."""
    if claim.grant_id is not None:
        return row.grant_id == claim.grant_id
    return (row.claim_id, row.party_id) == (claim.id, party_id)


def _acts(had: list[tuple[AidShare, int]], names: dict[int, str]) -> list[dict[str, Any]]:
    ids = {row.scheme_id for row, _left in had}
    query = db.select(Scheme.id, Scheme.name).where(Scheme.id.in_(ids))
    schemes = {row.id: row.name for row in db.session.execute(query)}
    return [
        {
            "number": row.number,
            "party": names[row.party_id],
            "scheme": schemes[row.scheme_id],
            "kind": row.kind,
            "on": row.on.isoformat(),
            "amount_fen": row.amount_fen,
            "left_fen": left,
        }
        for row, left in had
    ]
