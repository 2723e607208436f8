"""What waits of organisations and their duties: accounts to verify, warnings to clear."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_

from core.access import Actor, visible
from core.db import db
from core.duties.models import OPEN, FundingWarning
from core.parties import BankAccount, Organisation, Resident
from core.web.menu import Todo


def parties(actor: Actor) -> list[Todo]:
    """Count the bank accounts that this person may verify."""
    if not actor.may("party.verify_account"):
        return []
    count = db.session.scalar(db.select(func.count()).where(unverified(actor)))
    return [Todo(int(count or 0), _("个收款账户待核验"), url_for("parties.accounts"))]


def unverified(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the bank accounts that wait for this person's verification."""
    payees = [
        db.select(kind.id).where(visible(kind, actor, "party.verify_account"))
        for kind in (Organisation, Resident)
    ]
    return and_(
        or_(*(BankAccount.party_id.in_(some) for some in payees)),
        BankAccount.verified_at.is_(None),
        or_(BankAccount.added_by.is_(None), BankAccount.added_by != actor.user_id),
    )


def double_funding(actor: Actor) -> list[Todo]:
    """Count the warnings of double funding that this person may clear."""
    if not actor.may("duty.clear_double_funding"):
        return []
    waiting = and_(
        visible(FundingWarning, actor, "duty.clear_double_funding"),
        FundingWarning.state == OPEN,
        or_(FundingWarning.raised_by.is_(None), FundingWarning.raised_by != actor.user_id),
    )
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return [Todo(int(count or 0), _("项重复安排疑点待核销"), url_for("duties.warnings"))]
