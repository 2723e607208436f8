"""What contracts do for a party to a purpose: a provider is paid to deliver it."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import func

from core import benefits
from core.benefits import Benefit, Purpose, plans_of
from core.db import db
from plugins.contract_outsourcing.models import Contract
from plugins.contract_outsourcing.models import contracts as c

COMPONENT = "contract"
UNSIGNED = (c.DRAFT, c.AGREED, c.CANCELLED)


def of_parties(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Return the signed contracts of providers that run on these days."""
    until = func.coalesce(Contract.ended_on, Contract.ends_on)
    rows = db.session.scalars(
        db.select(Contract)
        .where(
            Contract.provider_id.in_(party_ids),
            Contract.purchase_id.in_(plans_of(purpose.item_code)),
            Contract.state.not_in(UNSIGNED),
            Contract.starts_on <= purpose.end,
            until >= purpose.begin,
        )
        .order_by(Contract.id)
    )
    return [
        Benefit(
            component=COMPONENT,
            source=_source(row),
            form=_("合同"),
            name=row.name,
            number=row.number,
            party_id=row.provider_id,
            item_code=purpose.item_code,
            begin=row.starts_on,
            end=row.ended_on or row.ends_on,
            amount_fen=row.value_fen,
            endpoint="contract_contracts.show",
            values={"id": row.id},
            permission="contract.view",
        )
        for row in rows
    ]


def refuse_double(contract: Contract) -> None:
    """Refuse DOUBLE_BENEFIT where a subsidy already supports the provider in the same service."""
    benefits.refuse_double(
        [contract.provider_id],
        benefits.purpose_of(contract.purchase_id, contract.starts_on, contract.ends_on),
        component=COMPONENT,
        source=_source(contract),
    )


def _source(contract: Contract) -> str:
    return f"contract:{contract.id}"
