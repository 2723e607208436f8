"""Which banks handle a scheme's loans: named by the purchaser, and nobody else may report any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, RoleGrant, User, fetch, scoped
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.parties import Organisation, require_organisation
from core.ties import group_of
from plugins.subsidy import rules
from plugins.subsidy.models import HandlingBank, Scheme
from plugins.subsidy.service.schemes import terms_in_force

NAME, VIEW, REPORT = "bank.name", "loan.view", "loan.report"
HANDLING_BANK = "handling_bank"
INTEREST = "interest_subsidy"
BASIS = "普惠金融发展专项资金管理办法（财金〔2023〕75号）"


@dataclass(frozen=True)
class Place:
    """Where a bank reports: the scheme, its terms of today, the bank, who reports for it."""

    scheme: Scheme
    terms: rules.InterestTerms
    bank_id: int
    user_id: int | None


def name(actor: Actor, *, scheme_id: int, bank_id: int, document: str) -> dict[str, Any]:
    """Name a bank that handles a scheme's loans, by the document that chose it.

    Refuses KIND_WITHOUT_LOANS for a scheme of another kind, BANK_NAMED the second time.
    """
    scheme = fetch(Scheme, scheme_id, actor, NAME)
    if scheme.kind != INTEREST:
        raise RuleBroken(
            "KIND_WITHOUT_LOANS",
            _("“%(name)s”不是贷款贴息项目，没有经办银行。请选择贷款贴息项目。", name=scheme.name),
        )
    bank = require_organisation(bank_id)
    if bank.kind != "provider":
        raise InvalidInput(
            _("经办银行须是登记为承接主体的银行，“%(name)s”不是。", name=bank.name),
            errors={"bank_id": [_("请选择银行")]},
        )
    if db.session.scalar(
        db.select(HandlingBank.id).filter_by(scheme_id=scheme.id, bank_id=bank.id)
    ):
        raise Conflict(
            "BANK_NAMED", _("“%(name)s”已是本项目的经办银行，不必重复指定。", name=bank.name)
        )
    row = HandlingBank(
        scheme_id=scheme.id,
        bank_id=bank.id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        document=document,
        named_by=actor.user_id,
        named_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about(HANDLING_BANK, row.id, document)
    return {"id": row.id, "scheme_id": scheme.id, "bank_id": bank.id, "bank": bank.name}


def listed(actor: Actor, *, scheme_id: int | None = None) -> dict[str, Any]:
    """Return who handles loans of which scheme: a bank sees itself, the office its schemes'."""
    query = scoped(HandlingBank, actor, VIEW)
    if scheme_id is not None:
        query = query.where(HandlingBank.scheme_id == scheme_id)
    rows = db.session.execute(
        query.join(Scheme, Scheme.id == HandlingBank.scheme_id)
        .join(Organisation, Organisation.id == HandlingBank.bank_id)
        .add_columns(Scheme.name, Organisation.name)
        .order_by(HandlingBank.scheme_id.desc(), HandlingBank.id)
    )
    return {
        "items": [
            {
                "id": row.id,
                "scheme_id": row.scheme_id,
                "scheme": scheme,
                "bank_id": row.bank_id,
                "bank": bank,
                "document": row.document,
            }
            for row, scheme, bank in rows
        ]
    }


def place_of(actor: Actor, scheme_id: int) -> Place:
    """Return where a bank's person reports loans of a scheme; refuse BANK_NOT_NAMED."""
    banks = {grant.organisation_id for grant in actor.holding(REPORT)}
    named: HandlingBank | None = db.session.scalars(
        db.select(HandlingBank)
        .where(HandlingBank.scheme_id == scheme_id, HandlingBank.bank_id.in_(banks))
        .order_by(HandlingBank.id)
        .limit(1)
    ).first()
    scheme = db.session.get(Scheme, scheme_id)
    if scheme is None:
        raise NotFound("NOT_FOUND", _("没有找到这个补贴项目。请核对编号。"))
    if named is None:
        raise RuleBroken(
            "BANK_NOT_NAMED",
            _(
                "贵行不是“%(name)s”的经办银行，不能报送它的贷款。请先由购买主体指定。",
                name=scheme.name,
            ),
            basis=BASIS,
        )
    return Place(scheme, interest_terms(scheme), named.bank_id, actor.user_id)


def interest_terms(scheme: Scheme) -> rules.InterestTerms:
    """Return how a scheme subsidises interest today; refuse NOT_FOUND before it is published."""
    version = terms_in_force(scheme)
    terms = rules.read_terms(version.document).interest if version else None
    if terms is None:
        raise NotFound("NOT_FOUND", _("这个贷款贴息项目还没有公布。请等公布后再办理。"))
    return terms


def refuse_tied(place: Place, borrower_id: int) -> None:
    """Refuse CONFLICT_OF_INTEREST where the bank lends to itself, its own or who acts for it."""
    acting = db.select(RoleGrant.user_id).where(RoleGrant.organisation_id == place.bank_id)
    ends = (RoleGrant.to_on.is_(None)) | (RoleGrant.to_on >= clock.today())
    both = db.select(RoleGrant.id).where(
        RoleGrant.organisation_id == borrower_id, RoleGrant.user_id.in_(acting.where(ends)), ends
    )
    own = db.select(User.id).where(User.resident_id == borrower_id, User.id.in_(acting.where(ends)))
    group = group_of(place.bank_id, clock.today())
    if borrower_id in group or db.session.scalar(both) or db.session.scalar(own):
        raise RuleBroken(
            "CONFLICT_OF_INTEREST",
            _(
                "借款人就是经办银行、与它有关联，或有人同时代表两方，这笔贷款不予贴息。"
                "请改由另一家银行经办。"
            ),
            basis="商业银行法第四十条",
        )
