"""What happened under a case's contracts: signed, changed, delivered, accepted, paid, closed.

What was paid is read from the ledger only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.db import db
from core.formats import yuan_text
from core.journals import action_name
from core.parties import Organisation
from core.settlement.models import Payment, PaymentClaim, PaymentItem
from core.years import debts
from core.years import models as debt_states
from core.years.models import LegalDebt
from plugins.contract_outsourcing.models import (
    Acceptance,
    Amendment,
    Bond,
    Contract,
    ContractScore,
    Deduction,
    Milestone,
    Opinion,
    ProviderIncome,
    Receivable,
    Signature,
    Subcontract,
)
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import (
    contract_queries,
    late_interest,
    paid,
    payment_clocks,
    postings,
    scoring_performance,
    years,
)
from plugins.contract_outsourcing.service.case_entries import BAD, GOOD, Change, Entry, changes
from plugins.contract_outsourcing.service.claiming import COMPONENT
from plugins.contract_outsourcing.service.steps import CONTRACT, MILESTONE


@dataclass(frozen=True)
class Told:
    """A contract whose story is told, with the name that sets it apart from others of the case."""

    row: Contract
    name: str

    def joined(self, words: str) -> str:
        """Return what an entry is about: the contract, where there are several, and a part."""
        return f"{self.name} {words}".strip()

    @property
    def link(self) -> dict[str, Any]:
        """Return the contract's page for an entry, and the contract it is part of."""
        values = {"id": self.row.id}
        return {"page": "contract_contracts.show", "values": values, "contract_id": self.row.id}


def of_contract(row: Contract, name: str) -> list[Entry]:
    """Return what happened under one contract; `name` tells it from others of the case."""
    told = Told(row, name)
    milestones = {
        one.id: one
        for one in db.session.scalars(db.select(Milestone).filter_by(contract_id=row.id))
    }
    return [
        *_contract(told),
        *_signatures(told),
        *_made_known(told),
        *_amendments(told),
        *_parts(told),
        *_milestones(told, milestones),
        *_opinions(told, milestones),
        *_deductions(told, milestones),
        *_scores(told),
        *_payments(told, milestones),
        *_interest(told),
    ]


# --- the contract ------------------------------------------------------------------------------


def _contract(told: Told) -> Iterator[Entry]:
    row = told.row
    for one in changes(CONTRACT, [row.id]):
        what, said = "", dict[str, Any](told.link)
        if one.after == c.PERFORMING and one.before == c.AGREED:
            what = _("合同生效")
            said |= {"fen": row.value_fen or None, "tone": GOOD}
            said["is_public"] = row.published_at is not None
            said |= {"paper": "contract_contracts.printed", "paper_values": {"id": row.id}}
        elif one.after in {c.TERMINATED, c.CANCELLED, c.SUSPENDED}:
            said |= {"detail": row.end_reason or "", "tone": BAD}
        elif one.after == c.CLOSED:
            # The final account: what the ledger says was paid.
            said["fen"] = postings.registered(years.pools_of(row.id))["paid"]
            said |= {"detail": _("实付"), "tone": GOOD}
            said |= {"paper": "contract_contracts.final_account", "paper_values": {"id": row.id}}
        yield one.entry(what, about=told.joined(""), **said)


def _signatures(told: Told) -> Iterator[Entry]:
    documents = {CONTRACT: {told.row.id: _("合同")}}
    documents["amendment"] = {
        one.id: _("第 %(n)s 号变更", n=one.number) for one in _rows(Amendment, told)
    }
    for kind, named in documents.items():
        query = (
            db.select(Signature, Organisation.name)
            .join(Organisation, Organisation.id == Signature.organisation_id)
            .where(Signature.object_type == kind, Signature.object_id.in_(named))
        )
        for row, organisation in db.session.execute(query.order_by(Signature.id)):
            yield Entry(
                row.signed_at,
                _("签署%(what)s", what=named[row.object_id]),
                about=told.joined(""),
                detail=organisation,
                action="contract.sign",
                by=row.user_id,
                **told.link,
            )


def _made_known(told: Told) -> Iterator[Entry]:
    row = told.row
    if row.published_at is not None:
        yield Entry(
            row.published_at,
            action_name("contract.publish"),
            about=told.joined(""),
            action="contract.publish",
            is_public=True,
            public_page="contract_contracts.public",
            **told.link,
        )
    if row.filed_at is not None:
        yield Entry(
            row.filed_at,
            action_name("contract.file"),
            about=told.joined(""),
            action="contract.file",
            by=row.filed_by,
            **told.link,
        )


def _amendments(told: Told) -> Iterator[Entry]:
    rows = {one.id: one for one in _rows(Amendment, told)}
    kinds = contract_queries.kind_names()
    for one in changes("amendment", list(rows)):
        row = rows[one.id]
        in_force = one.after == c.IN_FORCE
        yield one.entry(
            _("变更生效") if in_force else "",
            about=told.joined(_("第 %(n)s 号", n=row.number)),
            detail=kinds[row.kind],
            fen=(row.amount_fen or None) if in_force else None,
            tone=GOOD if in_force else BAD if one.after == c.DECLINED else "",
            **told.link,
        )


def _parts(told: Told) -> Iterator[Entry]:
    """Tell of the bond, subcontractors, receivables and what the provider owes the treasury."""
    parts: list[tuple[str, Any]] = [
        ("bond", Bond),
        ("subcontract", Subcontract),
        ("receivable", Receivable),
    ]
    for kind, model in parts:
        rows = {one.id: one for one in _rows(model, told)}
        for one in changes(kind, list(rows)):
            # A bond is held from the signing on, which is told already.
            if one.after == c.HELD:
                continue
            yield one.entry(about=told.joined(""), fen=rows[one.id].amount_fen, **told.link)
    for row in _rows(ProviderIncome, told):
        yield Entry(
            row.made_at,
            _("应缴国库"),
            about=told.joined(""),
            detail=row.reason,
            fen=row.amount_fen,
            action="income.record",
            by=row.made_by,
            **told.link,
        )


# --- milestones --------------------------------------------------------------------------------


def _milestones(told: Told, rows: dict[int, Milestone]) -> Iterator[Entry]:
    published = set(
        db.session.scalars(
            db.select(Acceptance.milestone_id).where(
                Acceptance.milestone_id.in_(rows), Acceptance.published_at.is_not(None)
            )
        )
    )
    for one in changes(MILESTONE, list(rows)):
        # Planned with the contract; paid is what the ledger says, below.
        if one.after == p.PAID or (one.after == p.SCHEDULED and one.before is None):
            continue
        yield _of_milestone(told, rows[one.id], one, is_published=one.id in published)


def _of_milestone(told: Told, row: Milestone, one: Change, *, is_published: bool) -> Entry:
    said, what = _link(told, row), ""
    if one.after == p.ACCEPTED:
        said |= {"fen": row.payable_fen, "tone": GOOD, "is_public": is_published}
        said |= {"public_page": "contract_milestones.results", "page": "contract_milestones.show"}
        said["detail"] = _("应付，最晚 %(day)s 付款", day=row.pay_by) if row.pay_by else ""
        said |= {"paper": "contract_milestones.certificate", "paper_values": {"id": row.id}}
    elif one.after in {p.REFUSED, p.CANCELLED}:
        said["tone"] = BAD
        what = _("取消节点") if one.after == p.CANCELLED else ""
    elif one.after == p.SUBMITTED and one.before in {p.SCHEDULED, p.REFUSED}:
        said["detail"] = _("交付日 %(day)s", day=row.delivered_on) if row.delivered_on else ""
    return one.entry(what, about=told.joined(row.name), **said)


def _opinions(told: Told, rows: dict[int, Milestone]) -> Iterator[Entry]:
    """Tell how many were heard on a day; who they are and what each said stays with them."""
    heard: dict[tuple[int, date], list[Opinion]] = {}
    for one in db.session.scalars(db.select(Opinion).where(Opinion.milestone_id.in_(rows))):
        heard.setdefault((one.milestone_id, clock.day_of(one.given_at)), []).append(one)
    for (number, _day), several in heard.items():
        good = sum(1 for one in several if one.delivered)
        yield Entry(
            max(one.given_at for one in several),
            _("服务对象意见"),
            about=told.joined(rows[number].name),
            detail=_("%(n)s 份，%(good)s 份送到", n=len(several), good=good),
            tone=BAD if good < len(several) else "",
            **_link(told, rows[number]),
        )


def _deductions(told: Told, rows: dict[int, Milestone]) -> Iterator[Entry]:
    query = db.select(Deduction).where(Deduction.milestone_id.in_(rows))
    found = {one.id: one for one in db.session.scalars(query)}
    for one in changes("deduction", list(found)):
        row = found[one.id]
        if one.before is None and one.after == p.DECIDED and not row.capped_fen:
            continue
        milestone = rows[row.milestone_id]
        yield one.entry(
            _("扣减") if one.before is None and one.after == p.DECIDED else "",
            about=told.joined(milestone.name),
            # Until it is decided it is a proposal, which the column of amounts leaves out.
            detail=yuan_text(row.capped_fen) if one.after == p.PROPOSED else "",
            fen=-row.capped_fen if one.after == p.DECIDED else None,
            paper="contract_milestones.deduction_paper" if one.after == p.DECIDED else "",
            paper_values={"id": milestone.id, "deduction": row.id},
            **_link(told, milestone),
        )


def _scores(told: Told) -> Iterator[Entry]:
    for row in _rows(ContractScore, told):
        yield Entry(
            row.given_at,
            _("履约评价"),
            about=told.joined(scoring_performance.side_name(row.side)),
            detail=_("%(n)s 分", n=f"{row.centipoints // 100}.{row.centipoints % 100:02d}"),
            action="contract.evaluate" if row.side == p.THIRD_PARTY else "contract.score",
            by=row.given_by,
            **told.link,
        )


# --- money -------------------------------------------------------------------------------------


def _payments(told: Told, rows: dict[int, Milestone]) -> Iterator[Entry]:
    """Tell what was paid, as the ledger has it, and what the bank sent back."""
    receipts = _receipts(rows)
    for number, (fen, at) in paid.by_milestone(rows).items():
        yield Entry(
            at,
            _("银行确认付款"),
            about=told.joined(rows[number].name),
            detail=receipts.get(number, ""),
            fen=fen,
            action="payment.import_result",
            tone=GOOD,
            **_link(told, rows[number]),
        )
    for payment, number in _answers(rows):
        if payment.state == "rejected" and payment.result_at is not None:
            yield Entry(
                payment.result_at,
                _("银行退回付款"),
                about=told.joined(rows[number].name),
                detail=payment.reason or "",
                action="payment.import_result",
                tone=BAD,
                **_link(told, rows[number]),
            )


def _receipts(rows: dict[int, Milestone]) -> dict[int, str]:
    return {
        number: _("回单 %(reference)s", reference=payment.bank_reference)
        for payment, number in _answers(rows)
        if payment.bank_reference
    }


def _answers(rows: dict[int, Milestone]) -> list[tuple[Payment, int]]:
    sources = {f"milestone:{number}": number for number in rows}
    found = db.session.execute(
        db.select(Payment, PaymentClaim.source)
        .join(PaymentItem, PaymentItem.payment_id == Payment.id)
        .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
        .where(PaymentClaim.component == COMPONENT, PaymentClaim.source.in_(sources))
        .order_by(Payment.id)
    )
    return [(payment, sources[source]) for payment, source in found]


def _interest(told: Told) -> Iterator[Entry]:
    rows = {
        one.id: one
        for one in db.session.scalars(
            db.select(LegalDebt).where(
                LegalDebt.kind == late_interest.KIND,
                LegalDebt.party_id == told.row.provider_id,
                LegalDebt.document.startswith(f"{told.row.number} ", autoescape=True),
            )
        )
    }
    for one in changes(debts.DEBT, list(rows)):
        words = _("逾期付款利息") if one.before is None else ""
        yield one.entry(
            _("逾期付款利息付清") if one.after == debt_states.PAID else words,
            about=told.joined(""),
            detail=payment_clocks.BASIS if words else "",
            fen=rows[one.id].amount_fen if words or one.after == debt_states.PAID else None,
            tone=GOOD if one.after == debt_states.PAID else "",
            **told.link,
        )


# --- parts -------------------------------------------------------------------------------------


def _rows(model: Any, told: Told) -> list[Any]:
    query = db.select(model).where(model.contract_id == told.row.id).order_by(model.id)
    return list(db.session.scalars(query))


def _link(told: Told, row: Milestone) -> dict[str, Any]:
    return {
        "page": "contract_milestones.show",
        "values": {"id": row.id},
        "contract_id": told.row.id,
    }
