"""The lives of tenders, contracts and milestones as tables: which act leads where."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import suspension

TENDER, CONTRACT, MILESTONE = "tender", "contract", "milestone"


class Procurement(Machine):
    """The life of a procurement, whose steps wait while finance has stopped it."""

    def require(self, row: Any, act: str) -> None:
        """Refuse STATE_CHANGED as every machine does, and PROCUREMENT_SUSPENDED."""
        super().require(row, act)
        if act in suspension.CARRYING_ON:
            suspension.refuse(row)


tender = Procurement(
    TENDER,
    table(
        Step("tender.revise", (t.DRAFT,)),
        Step("tender.hold_key", (t.DRAFT, t.SUBMITTED, t.PUBLICITY)),
        Step("tender.submit", (t.DRAFT,), t.SUBMITTED),
        Step("tender.send_back", (t.SUBMITTED,), t.DRAFT),
        # Methods without competition are made public before anything is negotiated.
        Step("tender.publicise", (t.SUBMITTED,), t.PUBLICITY, tag="planning"),
        Step("tender.publish", (t.SUBMITTED,), t.PUBLISHED, tag="tender"),
        Step("tender.amend", (t.PUBLISHED,), tag="tenderAmendment"),
        Step("tender.ask", (t.PUBLISHED,)),
        Step("tender.answer", (t.PUBLISHED,), tag="tenderUpdate"),
        # Who will be invited may first be asked to apply, publicly.
        Step("tender.prequalify", (t.DRAFT, t.SUBMITTED), tag="planning"),
        Step("tender.invite", (t.DRAFT, t.SUBMITTED)),
        Step("bid.submit", (t.PUBLISHED,)),
        Step("bid.withdraw", (t.PUBLISHED,)),
        Step("opening.offer_share", (t.PUBLISHED, t.OPENED)),
        Step("opening.open", (t.PUBLISHED,), t.OPENED, tag="tenderUpdate"),
        Step("opening.return_bids", (t.PUBLISHED,), t.FAILED, tag="tenderCancellation"),
        Step("opening.open_prices", (t.OPENED,), tag="tenderUpdate"),
        # Bidders are known from the opening on: only then can conflicts with them be kept out.
        Step("panel.draw", (t.OPENED,)),
        Step("panel.declare", (t.OPENED,)),
        Step("panel.check", (t.OPENED,)),
        Step("panel.score", (t.OPENED,)),
        Step("panel.call_quotes", (t.OPENED,)),
        Step("bid.quote", (t.OPENED,)),
        Step("bid.explain", (t.OPENED,)),
        Step("panel.report", (t.OPENED,), t.EVALUATED),
        Step("tender.negotiate", (t.SUBMITTED, t.PUBLICITY), t.EVALUATED),
        Step("award.decide", (t.EVALUATED,), t.DECIDED),
        Step("award.publish", (t.DECIDED,), t.AWARDED, tag="award"),
        Step("award.next", (t.AWARDED,), t.DECIDED, tag="awardCancellation"),
        # Not acts of their own: the panel's report may leave nobody; a challenge may be upheld
        # before the award is out, or when its contract has been ended; a contract may be signed.
        Step(
            "award.undo",
            (t.DECIDED, t.AWARDED, t.CONTRACTED),
            t.EVALUATED,
            tag="awardCancellation",
        ),
        Step(
            "tender.fail",
            (t.OPENED, t.EVALUATED, t.DECIDED, t.AWARDED, t.CONTRACTED),
            t.FAILED,
            tag="tenderCancellation",
        ),
        Step("tender.contracted", (t.AWARDED,), t.CONTRACTED),
        Step("tender.rerun", (t.FAILED,)),
        Step(
            "tender.cancel",
            (t.DRAFT, t.SUBMITTED, t.PUBLICITY, t.PUBLISHED, t.OPENED, t.EVALUATED, t.DECIDED),
            t.CANCELLED,
            tag="tenderCancellation",
        ),
    ),
    {
        t.DRAFT: lazy_gettext("编制中"),
        t.SUBMITTED: lazy_gettext("待复核发布"),
        t.PUBLICITY: lazy_gettext("公示中"),
        t.PUBLISHED: lazy_gettext("投标中"),
        t.OPENED: lazy_gettext("已开标，评审中"),
        t.EVALUATED: lazy_gettext("已评审，待确定结果"),
        t.DECIDED: lazy_gettext("已确定，待公告"),
        t.AWARDED: lazy_gettext("已中标公告，待签合同"),
        t.CONTRACTED: lazy_gettext("已签合同"),
        t.FAILED: lazy_gettext("已废标"),
        t.CANCELLED: lazy_gettext("已终止"),
    },
    lambda row: _("采购项目 %(number)s ", number=row.number),
)

contract = Machine(
    CONTRACT,
    table(
        Step("contract.revise", (c.DRAFT,)),
        Step("contract.agree", (c.DRAFT,), c.AGREED),
        Step("contract.send_back", (c.AGREED,), c.DRAFT),
        Step("contract.cancel", (c.DRAFT, c.AGREED), c.CANCELLED),
        # The last party's signature puts the contract in force.
        Step("contract.sign", (c.AGREED,), c.PERFORMING, tag="contract"),
        Step("contract.publish", (c.PERFORMING, c.SUSPENDED, c.COMPLETED, c.TERMINATED)),
        Step("contract.file", (c.PERFORMING, c.SUSPENDED, c.COMPLETED, c.TERMINATED)),
        Step("contract.amend", (c.PERFORMING,), tag="contractAmendment"),
        Step("contract.subcontract", (c.PERFORMING,)),
        Step("contract.suspend", (c.PERFORMING,), c.SUSPENDED, tag="contractAmendment"),
        Step("contract.resume", (c.SUSPENDED,), c.PERFORMING, tag="contractAmendment"),
        Step(
            "contract.terminate",
            (c.PERFORMING, c.SUSPENDED),
            c.TERMINATED,
            tag="contractTermination",
        ),
        Step("contract.complete", (c.PERFORMING,), c.COMPLETED),
        Step("contract.close", (c.COMPLETED, c.TERMINATED), c.CLOSED, tag="contractTermination"),
    ),
    {
        c.DRAFT: lazy_gettext("起草中"),
        c.AGREED: lazy_gettext("待签署"),
        c.PERFORMING: lazy_gettext("履行中"),
        c.SUSPENDED: lazy_gettext("已中止"),
        c.COMPLETED: lazy_gettext("已履行完毕"),
        c.TERMINATED: lazy_gettext("已解除"),
        c.CLOSED: lazy_gettext("已结清"),
        c.CANCELLED: lazy_gettext("未签署作废"),
    },
    lambda row: _("合同 %(number)s ", number=row.number),
)

milestone = Machine(
    MILESTONE,
    table(
        Step("milestone.deliver", (p.SCHEDULED, p.REFUSED), p.SUBMITTED, tag="implementation"),
        Step("opinion.give", (p.SUBMITTED, p.RECORDED)),
        Step("opinion.answer", (p.SUBMITTED, p.RECORDED)),
        Step("deduction.propose", (p.SUBMITTED, p.RECORDED)),
        Step("acceptance.record", (p.SUBMITTED,), p.RECORDED),
        Step("acceptance.send_back", (p.RECORDED,), p.SUBMITTED),
        Step("acceptance.refuse", (p.RECORDED,), p.REFUSED, tag="implementation"),
        Step("acceptance.approve", (p.RECORDED,), p.ACCEPTED, tag="implementation"),
        # Orders of measured quantity: claimed and settled by what residents confirmed.
        Step("delivery.record", (p.SCHEDULED,)),
        Step("order.cancel", (p.SCHEDULED,), p.CANCELLED),
        Step("order.claim", (p.SCHEDULED,), p.SUBMITTED, tag="implementation"),
        Step("order.send_back", (p.SUBMITTED,), p.SCHEDULED),
        Step("order.settle", (p.SUBMITTED,), p.ACCEPTED, tag="implementation"),
        # Not acts of their own: the bank's answer, and the end of a contract.
        Step("milestone.paid", (p.ACCEPTED,), p.PAID, tag="implementation"),
        Step("milestone.cancel", (p.SCHEDULED, p.SUBMITTED, p.RECORDED, p.REFUSED), p.CANCELLED),
    ),
    {
        p.SCHEDULED: lazy_gettext("待交付"),
        p.SUBMITTED: lazy_gettext("待验收"),
        p.RECORDED: lazy_gettext("待验收复核"),
        p.ACCEPTED: lazy_gettext("已验收，待付款"),
        p.REFUSED: lazy_gettext("验收不合格"),
        p.PAID: lazy_gettext("已付款"),
        p.CANCELLED: lazy_gettext("已取消"),
    },
    lambda row: _("“%(name)s”", name=row.name),
)
