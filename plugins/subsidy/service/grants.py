"""Agreements about awards: signed by the beneficiary, their instalments owed one after another.

With the signature this year's instalments are committed, later years' are owed by the plan until
finance converts them; the first is owed at once, every later one after its check.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.budget import Pool, Share, require_lines
from core.db import db
from core.errors import Conflict, RuleBroken
from core.ledger import post
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Application,
    AwardResult,
    Scheme,
    SchemeTerms,
    ScoringRound,
    SubsidyClaim,
    SubsidyGrant,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import grants as g
from plugins.subsidy.models import results as m
from plugins.subsidy.rules import PPM, Calculation
from plugins.subsidy.rules.awards import KIND
from plugins.subsidy.rules.calculation import DOWN, Line
from plugins.subsidy.service import (
    agreements,
    aid,
    award_steps,
    claims,
    concluding,
    doubling,
    postings,
    results,
    steps,
    years,
)
from plugins.subsidy.service.agreements import Instalment
from plugins.subsidy.service.reckoning import Reckoned, gates

SIGN, CHECK, VIEW = "grant.sign", "grant.check", "grant.view"


def sign(actor: Actor, *, id: int, text_hash: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Sign the agreement about one's final award; the purchaser's side is the approved round.

    Instalments count from the day the results were final. What falls due before it is signed
    belongs to the year of the signature. Refuses AWARD_NOT_FINAL, NOTHING_AWARDED, BUDGET_MISSING,
    AGREEMENT_TEXT_CHANGED, DOUBLE_BENEFIT, AID_CEILING_EXCEEDED, BUDGET_INSUFFICIENT,
    FORWARD_EXCEEDS_PLAN.
    """
    row, result = results.locked(actor, id, SIGN)
    _refuse_unsignable(row, result)
    application: Application = db.session.get_one(
        Application, result.application_id, with_for_update=True, populate_existing=True
    )
    steps.application.require(application, "grant.sign")
    if agreements.hash_of(agreements.document(result, row)) != text_hash:
        raise RuleBroken(
            "AGREEMENT_TEXT_CHANGED",
            _("您要签署的文本与现在的协议文本不一致。请重新打开协议，核对后再签署。"),
            basis="民法典第四百八十八条",
        )
    _refuse_double(row, result)
    grant = _begin(actor, row, result, application, text_hash)
    aid.grant_agreement(grant)
    parts = [one for one in agreements.instalments(result, row) if one.amount_fen]
    pools = _commit(actor, grant, parts)
    made = [_instalment(actor, grant, one, pools[year_of(one)]) for one in parts]
    steps.application.take(application, "grant.sign")
    first = made[0]
    if first.instalment == 1 and first.due_on <= clock.today():
        claims.keep(actor, first, reckoned(grant, first, {"signed": text_hash}))
        claims.owe(first)
    audit.about(award_steps.GRANT, grant.id)
    return said(grant)


def check(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    instalment: int,
    document: str,
    words: str = "",
) -> dict[str, Any]:
    """Find that the duty was kept up to now, by a document, so that an instalment can be approved.

    Refuses INSTALMENT_NOT_DUE with the day, EARLIER_INSTALMENT_OPEN, BUDGET_MISSING as long as its
    year's budget does not carry it.
    """
    grant: SubsidyGrant = fetch(SubsidyGrant, id, actor, CHECK)
    award_steps.grant.require(grant, "grant.check")
    claim = _one_of(grant, instalment)
    steps.claim.require(claim, "claim.check")
    _refuse_early(grant, claim)
    pool = db.session.get_one(Pool, claim.pool_id)
    require_lines([Share(share.line_id, share.share_ppm) for share in pool.shares])
    found = {"document": document, "words": words, "checked_on": clock.today().isoformat()}
    claims.keep(actor, claim, reckoned(grant, claim, found))
    audit.about(award_steps.GRANT, grant.id, document)
    return claims.said(claim)


@gates(KIND)
def refuse_questioned(claim: SubsidyClaim) -> None:
    """Refuse DUTY_QUESTIONED while an instalment's agreement is not in good order."""
    if claim.grant_id is None:
        return
    grant = db.session.get_one(
        SubsidyGrant, claim.grant_id, with_for_update=True, populate_existing=True
    )
    if grant.state != g.SIGNED:
        raise Conflict(
            "DUTY_QUESTIONED",
            _(
                "协议 %(number)s 的履约情况正在核查或已终止，这一期不能批准拨付。"
                "请先在协议页办结未履约事项。",
                number=grant.number,
            ),
            grant=grant.number,
        )


def close(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Close an agreement of which all is paid and whose duty is over: GRANT_NOT_FINISHED."""
    grant: SubsidyGrant = fetch(SubsidyGrant, id, actor, CHECK)
    award_steps.grant.require(grant, "grant.close")
    ends = duty_end(grant)
    open_ones = [one for one in instalments_of(grant.id) if one.state != c.PAID]
    if open_ones or (ends is not None and clock.today() <= ends):
        raise RuleBroken(
            "GRANT_NOT_FINISHED",
            _(
                "协议 %(number)s 还有 %(n)s 期没有付清，履约期到 %(day)s 为止，现在不能办结。",
                number=grant.number,
                n=len(open_ones),
                day=ends or "—",
            ),
        )
    award_steps.grant.take(grant, "grant.close")
    audit.about(award_steps.GRANT, grant.id)
    return said(grant)


def reckoned(grant: SubsidyGrant, claim: SubsidyClaim, found: dict[str, Any]) -> Reckoned:
    """Return how an instalment is reckoned: a share rounded down, the last one takes the rest."""
    shares = results.award_terms(grant.terms_id).instalments_bp
    amounts = rules.instalments(grant.amount_fen, shares)
    number = claim.instalment or 1
    if number < len(shares):
        line = Line("award", grant.amount_fen, share_ppm=shares[number - 1] * (PPM // rules.BP))
        calculation = Calculation(KIND, (line,)).rounded(DOWN)
    else:
        earlier = [Line("earlier", -fen) for fen in amounts[:-1]]
        calculation = Calculation(KIND, (Line("award", grant.amount_fen), *earlier))
    inputs = {"grant": grant.number, "amount_fen": grant.amount_fen, "shares_bp": list(shares)}
    return Reckoned(calculation, inputs | {"instalment": number} | found)


def instalments_of(grant_id: int, *, lock: bool = False) -> list[SubsidyClaim]:
    """Return an agreement's instalments in order."""
    query = db.select(SubsidyClaim).filter_by(grant_id=grant_id).order_by(SubsidyClaim.instalment)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def duty_end(grant: SubsidyGrant) -> date | None:
    """Return the last day of an agreement's duty; None where there is none."""
    terms = results.award_terms(grant.terms_id)
    if terms.duty_from is None or not terms.duty_months:
        return None
    return rules.add_months(terms.duty_from, terms.duty_months) - timedelta(days=1)


def year_of(one: Instalment) -> int:
    """Return the fiscal year an instalment belongs to: that of its day, never one that is over."""
    return max(one.due_on.year, clock.today().year)


def said(grant: SubsidyGrant) -> dict[str, Any]:
    """Return what an act answers of an agreement."""
    return {
        "id": grant.id,
        "number": grant.number,
        "state": grant.state,
        "amount_fen": grant.amount_fen,
        "forfeited_fen": grant.forfeited_fen,
        "instalments": [
            {
                "claim_id": one.id,
                "number": one.instalment,
                "amount_fen": one.amount_fen,
                "owed_fen": one.owed_fen,
                "state": one.state,
                "fiscal_year": one.fiscal_year,
                "due_on": one.due_on.isoformat() if one.due_on else None,
            }
            for one in instalments_of(grant.id)
        ],
    }


def _refuse_unsignable(row: ScoringRound, result: AwardResult) -> None:
    concluding.refuse_during_notice(row)
    if row.state != m.CONCLUDED:
        raise Conflict(
            "AWARD_NOT_FINAL",
            _("奖励金额还没有批准确定，不能签订协议。请等评审结果确定后再签。"),
            state=row.state,
        )
    if not result.final_fen:
        raise RuleBroken("NOTHING_AWARDED", _("这份申请没有获得奖励，没有协议可签。"))


def _refuse_double(row: ScoringRound, result: AwardResult) -> None:
    doubling.refuse(
        db.session.get_one(Scheme, row.scheme_id),
        db.session.get_one(SchemeTerms, result.terms_id),
        result.applicant_id,
        doubling.whole_year(clock.today().year),
    )


def _begin(
    actor: Actor, row: ScoringRound, result: AwardResult, application: Application, text_hash: str
) -> SubsidyGrant:
    grant = SubsidyGrant(
        number=f"XY{row.year}{result.id:06d}",
        application_id=application.id,
        result_id=result.id,
        scheme_id=row.scheme_id,
        terms_id=result.terms_id,
        beneficiary_id=result.applicant_id,
        organisation_id=row.organisation_id,
        division_code=row.division_code,
        amount_fen=result.final_fen,
        text_hash=text_hash,
        state=g.SIGNED,
        signed_by=actor.user_id,
        signed_at=clock.now(),
    )
    db.session.add(grant)
    db.session.flush()
    states.begin(award_steps.GRANT, grant)
    return grant


def _commit(actor: Actor, grant: SubsidyGrant, parts: list[Instalment]) -> dict[int, int]:
    """Commit each year's instalments, or let the plan owe them; return the pools by year."""
    scheme = db.session.get_one(Scheme, grant.scheme_id)
    terms = db.session.get_one(SchemeTerms, grant.terms_id)
    by_year: Counter[int] = Counter()
    for one in parts:
        by_year[year_of(one)] += one.amount_fen
    pools, moves = {}, []
    for year, fen in sorted(by_year.items()):
        if year == clock.today().year:
            pool, more = years.commit(scheme, terms, year, fen)
        else:
            pool, more = years.owe_later(actor, scheme, terms, year, fen)
        pools[year] = pool.id
        moves += more
    if moves:
        post(postings.GRANTED, f"grant:{grant.id}/signed", moves, note=grant.number)
    return pools


def _instalment(actor: Actor, grant: SubsidyGrant, one: Instalment, pool_id: int) -> SubsidyClaim:
    claim = claims.begin(
        actor,
        db.session.get_one(Scheme, grant.scheme_id),
        db.session.get_one(SchemeTerms, grant.terms_id),
        payee_id=grant.beneficiary_id,
        beneficiary_id=grant.beneficiary_id,
        claimed={"grant": grant.number, "instalment": one.number},
        application=db.session.get_one(Application, grant.application_id),
    )
    claim.number = f"{grant.number}-{one.number}"
    claim.grant_id, claim.instalment, claim.due_on = grant.id, one.number, one.due_on
    claim.amount_fen, claim.fiscal_year, claim.pool_id = one.amount_fen, year_of(one), pool_id
    db.session.flush()
    return claim


def _one_of(grant: SubsidyGrant, number: int) -> SubsidyClaim:
    found = [one for one in instalments_of(grant.id, lock=True) if one.instalment == number]
    if not found:
        raise RuleBroken(
            "INSTALMENT_UNKNOWN",
            _("协议 %(grant)s 没有第 %(n)s 期。请核对期次。", grant=grant.number, n=number),
        )
    return found[0]


def _refuse_early(grant: SubsidyGrant, claim: SubsidyClaim) -> None:
    if claim.due_on is not None and clock.today() < claim.due_on:
        raise RuleBroken(
            "INSTALMENT_NOT_DUE",
            _(
                "协议 %(number)s 第 %(n)s 期须到 %(day)s 才能核查拨付。请到时再办理。",
                number=grant.number,
                n=claim.instalment,
                day=claim.due_on,
            ),
            due_on=claim.due_on.isoformat(),
        )
    earlier = [
        one
        for one in instalments_of(grant.id)
        if (one.instalment or 0) < (claim.instalment or 0) and one.state not in c.OWED
    ]
    if earlier:
        raise RuleBroken(
            "EARLIER_INSTALMENT_OPEN",
            _("第 %(n)s 期还没有核定，不能先办后面的。请先办理前一期。", n=earlier[0].instalment),
        )
