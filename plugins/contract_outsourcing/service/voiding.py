"""What stands in the way of taking a result back: contracts in force, and those performed."""

from __future__ import annotations

from flask_babel import gettext as _

from core.db import db
from core.errors import RuleBroken
from plugins.contract_outsourcing.models import Contract, Delivery, Milestone
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p

BASIS = "政府采购法第七十三条、政府采购质疑和投诉办法第三十一条、第三十二条"
_DELIVERED = (p.SUBMITTED, p.RECORDED, p.ACCEPTED, p.PAID)


def refuse_contracted(tender_id: int) -> None:
    """Refuse to take a procurement's result back while contracts rest on it.

    CONTRACT_PERFORMED once something was delivered: then losses are compensated by whoever is
    liable. CONTRACT_IN_FORCE before: two persons end the contract first, with its money and bonds.
    Money paid in advance is no performance; ending the contract claims it back.
    """
    mine = Contract.tender_id == tender_id
    delivered = db.select(Milestone.contract_id).where(
        Milestone.state.in_(_DELIVERED), Milestone.kind != p.ADVANCE
    )
    counted = db.select(Delivery.contract_id)
    if performed := _numbers(mine, Contract.id.in_(delivered) | Contract.id.in_(counted)):
        raise RuleBroken(
            "CONTRACT_PERFORMED",
            _(
                "合同 %(numbers)s 已经履行，不能再撤销合同、另行确定或重新采购。"
                "请按“纠正，不影响结果”认定成立；给他人造成损失的，由责任人依法赔偿。",
                numbers="、".join(performed),
            ),
            basis=BASIS,
            contracts=performed,
        )
    if in_force := _numbers(mine, Contract.state.in_((c.PERFORMING, c.SUSPENDED))):
        raise RuleBroken(
            "CONTRACT_IN_FORCE",
            _(
                "合同 %(numbers)s 已经签订，尚未履行，须先撤销。请购买主体办理“解除合同”"
                "（经办提出，复核同意），再作这项决定。",
                numbers="、".join(in_force),
            ),
            basis=BASIS,
            contracts=in_force,
        )


def _numbers(*which: object) -> list[str]:
    return list(db.session.scalars(db.select(Contract.number).where(*which).order_by(Contract.id)))
