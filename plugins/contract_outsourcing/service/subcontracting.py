"""Subcontracts: a part of the service for another to do, with consent; never the whole (转包)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, NotFound, RuleBroken
from core.formats import yuan
from core.parties import Organisation
from plugins.contract_outsourcing.models import Contract, Subcontract
from plugins.contract_outsourcing.service import postings, steps, years

SUBCONTRACT = "subcontract"
ASKED, CONSENTED, DECLINED = "asked", "consented", "declined"


def ask(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    organisation_id: int,
    words: str,
    amount_fen: int,
) -> dict[str, Any]:
    """Ask the purchaser to let another organisation do a part worth so much (fen).

    Refuses SUBCONTRACT_FORBIDDEN for the whole or its main part, counting what was asked before.
    """
    contract = fetch(Contract, id, actor, "contract.subcontract")
    steps.contract.require(contract, "contract.subcontract")
    other = db.session.get(Organisation, organisation_id)
    if other is None:
        raise NotFound("NOT_FOUND", _("没有这个单位，请先登记分包单位。"))
    if other.id == contract.provider_id:
        raise InvalidInput(
            _("分包给自己没有意义，请选择其他单位。"), errors={"organisation_id": [_("请另选单位")]}
        )
    _refuse_whole(contract, amount_fen)
    row = Subcontract(
        contract_id=contract.id,
        organisation_id=other.id,
        words=words,
        amount_fen=amount_fen,
        state=ASKED,
        asked_by=actor.user_id,
        asked_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(SUBCONTRACT, row)
    return _about(contract, row)


def decide(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    consent: bool,
    reason: str | None = None,
) -> dict[str, Any]:
    """Consent to a subcontract or decline it; the provider answers for the whole all the same."""
    contract_id = db.session.scalar(db.select(Subcontract.contract_id).where(Subcontract.id == id))
    contract = fetch(Contract, contract_id or 0, actor, "contract.agree")
    row = db.session.get_one(Subcontract, id, with_for_update=True)
    if consent:
        _refuse_whole(contract, row.amount_fen, but=row.id)
    states.change(
        SUBCONTRACT,
        row,
        to=CONSENTED if consent else DECLINED,
        allowed=[ASKED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
        reason=reason,
    )
    return _about(contract, row)


def _refuse_whole(contract: Contract, amount_fen: int, but: int = 0) -> None:
    """Refuse when others would do half of the contract or more: that is its main part."""
    others = int(
        db.session.scalar(
            db.select(db.func.coalesce(db.func.sum(Subcontract.amount_fen), 0)).where(
                Subcontract.contract_id == contract.id,
                Subcontract.state != DECLINED,
                Subcontract.id != but,
            )
        )
        or 0
    )
    stands = postings.registered(years.pools_of(contract.id))
    value = stands["value"] - stands["cancelled"]
    total = others + amount_fen
    if 2 * total < value:
        return
    words = _("整体转包") if total >= value else _("分包主体部分")
    raise RuleBroken(
        "SUBCONTRACT_FORBIDDEN",
        _(
            "交给他人的合计 %(total)s 元，合同 %(value)s 元，属于%(what)s，法律禁止。"
            "主体部分须由中标承接主体自己完成，请只分包次要部分。",
            total=yuan(total),
            value=yuan(value),
            what=words,
        ),
        basis="政府采购法第四十八条、政府采购法实施条例第七十二条；严禁转包",
        total_fen=total,
        value_fen=value,
        whole=total >= value,
    )


def _about(contract: Contract, row: Subcontract) -> dict[str, Any]:
    audit.about("contract", contract.id, row.words)
    return {
        "id": row.id,
        "contract_id": contract.id,
        "organisation_id": row.organisation_id,
        "amount_fen": row.amount_fen,
        "state": row.state,
    }
