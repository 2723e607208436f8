"""What has to be so before somebody gets support: an eligible application, what it declared."""

from __future__ import annotations

import unicodedata
from datetime import date

from flask_babel import gettext as _

from core.db import db
from core.errors import NotFound, RuleBroken
from plugins.subsidy import rules
from plugins.subsidy.models import Application, Scheme, SchemeTerms
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service import promises


def require_kind(scheme: Scheme, kind: str) -> None:
    """Refuse a scheme that is not published (NOT_FOUND) or of another kind (SCHEME_KIND_WRONG)."""
    if scheme.state not in (s.PUBLISHED, s.CLOSED):
        raise NotFound("NOT_FOUND", _("没有找到这个补贴项目，或它还没有公布。"))
    if scheme.kind != kind:
        raise RuleBroken(
            "SCHEME_KIND_WRONG",
            _("“%(name)s”不是这种补贴方式，不能在这里办理。请核对项目。", name=scheme.name),
            kind=scheme.kind,
        )


def eligible_application(scheme: Scheme, party_id: int) -> Application:
    """Return a party's eligible application, locked; refuse APPLICATION_NOT_ELIGIBLE."""
    found: Application | None = db.session.scalars(
        db.select(Application)
        .filter_by(scheme_id=scheme.id, applicant_id=party_id, state=a.ELIGIBLE)
        .with_for_update()
    ).first()
    if found is None:
        raise not_eligible(scheme)
    return found


def not_eligible(scheme: Scheme) -> RuleBroken:
    """Return the refusal of who has no eligible application in a scheme."""
    return RuleBroken(
        "APPLICATION_NOT_ELIGIBLE",
        _(
            "在“%(name)s”还没有审核合格的申请，不能享受补贴或减免。请先申请并通过审核。",
            name=scheme.name,
        ),
    )


def terms_of(application: Application) -> SchemeTerms:
    """Return the version of the terms that an application was judged by."""
    return db.session.get_one(SchemeTerms, application.terms_id)


def refuse_unmet(
    scheme: Scheme,
    terms: rules.Terms,
    party_id: int,
    period: tuple[date, date],
    *,
    separate_accounts: bool,
) -> None:
    """Refuse who has not declared what the terms ask for, or broke its promise, in a period.

    PROMISE_BROKEN, NOT_SEPARATELY_ACCOUNTED, PRICE_PROMISE_MISSING where promises do not cover
    every day.
    """
    promises.refuse_broken(scheme, party_id)
    covers = promises.covers(scheme.id, party_id, *period)
    rules.refuse_undeclared(
        terms.conditions,
        rules.Conditions(separate_accounts=separate_accounts, price_promise=covers),
    )


def number_key(text: str) -> str:
    """Return a document's number as it is compared: without blanks, in one width and case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()
