"""The plugin's verb, and what it answers when the core asks: claims, sums, checks, the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func

from core import audit, clock
from core.access import Actor, fetch
from core.budget import BudgetLine, Share, accrue_moves, commit_moves, open_pool
from core.db import db
from core.disclosure import PublicSum
from core.errors import Conflict, RuleBroken
from core.formats import yuan
from core.ledger import Check, Finding, Move, Owner, balances, post
from core.parties import Organisation, require_organisation
from core.settlement import Claim
from core.settlement.models import PaymentClaim
from core.trace import BANK, Place, Step, claim_place
from huigou_legalaid.models import Case

NAME, ACCEPTED = "legalaid", "legalaid.accepted"
KINDS = {"criminal": _l("刑事"), "civil": _l("民事"), "administrative": _l("行政")}
FEES = {"criminal": 180_000, "civil": 150_000, "administrative": 150_000}


def accept(actor: Actor, *, number: str, kind: str, firm_id: int, line_id: int) -> dict[str, Any]:
    """Accept a closed case: its fee is committed on the line, used and owed to the firm."""
    line = fetch(BudgetLine, line_id, actor, "legalaid.accept")
    firm = require_organisation(firm_id)
    if firm.kind != "provider":
        raise RuleBroken(
            "NOT_A_PROVIDER",
            _("%(name)s 不是承接主体，不能领取办案补贴。请改选承办的律师事务所。", name=firm.name),
        )
    if db.session.scalar(db.select(Case.id).filter_by(number=number)):
        raise Conflict(
            "CASE_EXISTS",
            _("案件 %(number)s 已经登记过，不能重复补贴。请核对案号。", number=number),
        )
    name = _("法律援助案件 %(number)s", number=number)
    pool = open_pool(NAME, f"case:{number}", name=name, shares=[Share(line.id)])
    case = Case(
        number=number,
        kind=kind,
        firm_id=firm.id,
        organisation_id=line.organisation_id,
        division_code=line.division_code,
        pool_id=pool.id,
        fee_fen=FEES[kind],
        accepted_at=clock.now(),
    )
    db.session.add(case)
    db.session.flush()
    uncharged, charged = (
        Owner(f"pool.{name}", pool_id=pool.id) for name in ("uncharged", "charged")
    )
    expense = Owner("fin.expense", pool_id=pool.id)
    payable = Owner("fin.payable", pool_id=pool.id, party_id=firm.id)
    moves = [
        *commit_moves(pool, case.fee_fen),
        Move(uncharged, charged, case.fee_fen),
        Move(expense, payable, case.fee_fen),
        *accrue_moves(pool, case.fee_fen),
    ]
    journal_id = post(ACCEPTED, f"legalaid.accept:{case.id}", moves)
    audit.about("legalaid_case", case.id)
    return {"id": case.id, "fee_fen": case.fee_fen, "journal_id": journal_id}


def claims(until: datetime) -> list[Claim]:
    """Return what is owed for cases; a case is never taken back, so no row need be locked."""
    query = db.select(Case).where(Case.settled_journal_id.is_(None), Case.accepted_at <= until)
    return [
        Claim(
            NAME,
            f"case:{case.id}",
            case.firm_id,
            case.pool_id,
            case.fee_fen,
            _("法律援助案件 %(number)s", number=case.number),
            {"case": case.id},
        )
        for case in db.session.scalars(query.order_by(Case.id))
    ]


def settled(claim: Claim, journal_id: int) -> None:
    """Note the payment of a case; the event is told of every component's claims."""
    if claim.component == NAME:
        db.session.get_one(Case, claim.evidence["case"]).settled_journal_id = journal_id


def steps(place: Place) -> list[Step]:
    """Return the claims after a pool of ours; the core knows the way on and the way back."""
    if place.kind != "pool":
        return []
    rows = db.select(PaymentClaim).filter_by(component=NAME, pool_id=int(place.key))
    return [Step(BANK, claim_place(row)) for row in db.session.scalars(rows)]


def public_sums() -> list[PublicSum]:
    """Return what each bureau did: one case, one person."""
    paid = func.coalesce(func.sum(Case.fee_fen).filter(Case.settled_journal_id.is_not(None)), 0)
    firms = func.count(Case.firm_id.distinct())
    rows = db.session.execute(
        db.select(Organisation.name, firms, func.count(), func.sum(Case.fee_fen), paid)
        .join(Organisation, Organisation.id == Case.organisation_id)
        .group_by(Organisation.id, Organisation.name)
        .order_by(Organisation.id)
    )
    return [PublicSum(_("法律援助"), *row[:3], int(row[3]), int(row[4])) for row in rows]


def check_fees() -> list[Finding]:
    """Find cases whose fee is not what their pool was charged."""
    charged = balances("pool.charged", by="pool_id")
    return [
        Finding(f"legalaid_case {case.id}", yuan(case.fee_fen), yuan(charged.get(case.pool_id, 0)))
        for case in db.session.scalars(db.select(Case).order_by(Case.id))
        if charged.get(case.pool_id, 0) != case.fee_fen
    ]


CHECKS = [Check("法律援助补贴等于额度池已用", check_fees)]
