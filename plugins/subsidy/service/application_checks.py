"""What an application must have: days, facts, papers, promises; and what the rule says of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.db import db
from core.errors import Conflict, RuleBroken
from core.facts import ORGANISATION, declared, facts_about
from core.rules import Predicate, Verdict, assess, judge, needs, read
from plugins.subsidy.models import Application, ApplicationPaper, Scheme, SchemeTerms
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service import blocking, closing, finding
from plugins.subsidy.service.schemes import newest_terms, terms_in_force


def terms_today(scheme: Scheme) -> SchemeTerms:
    """Return the terms by which somebody applies today; before any are in force, the newest."""
    return terms_in_force(scheme) or newest_terms(scheme)


def document_today(scheme: Scheme) -> dict[str, Any]:
    """Return what those terms say."""
    return terms_today(scheme).document


def terms_of(row: Application) -> SchemeTerms:
    """Return the terms of an application: those it was submitted under, else today's."""
    if row.terms_id is not None:
        return db.session.get_one(SchemeTerms, row.terms_id)
    return terms_today(db.session.get_one(Scheme, row.scheme_id))


def days_of(document: dict[str, Any]) -> tuple[date | None, date | None]:
    """Return the first and the last day on which one applies."""
    opens = document["opens_on"] or document["starts_on"]
    closes = document["closes_on"] or document["ends_on"]
    return (
        date.fromisoformat(opens) if opens else None,
        date.fromisoformat(closes) if closes else None,
    )


def refuse_closed(scheme: Scheme) -> None:
    """Refuse APPLICATIONS_NOT_OPEN and APPLICATIONS_CLOSED, with the days."""
    today = clock.today()
    if scheme.state == s.CLOSED:
        since = closing.closed_at(scheme.id)
        raise Conflict(
            "APPLICATIONS_CLOSED",
            _(
                "“%(name)s”从 %(day)s 起停止申请：%(reason)s。",
                name=scheme.name,
                day=clock.day_of(since) if since else today,
                reason=scheme.closed_reason,
            ),
        )
    opens, closes = days_of(document_today(scheme))
    if terms_in_force(scheme) is None or (opens is not None and today < opens):
        begins = opens or newest_terms(scheme).effective_on
        raise RuleBroken(
            "APPLICATIONS_NOT_OPEN",
            _(
                "“%(name)s”从 %(day)s 起受理申请，今天是 %(today)s。请到时再来。",
                name=scheme.name,
                day=begins,
                today=today,
            ),
        )
    if closes is not None and today > closes:
        raise RuleBroken(
            "APPLICATIONS_CLOSED",
            _(
                "“%(name)s”的申请已于 %(day)s 截止，今天是 %(today)s。",
                name=scheme.name,
                day=closes,
                today=today,
            ),
        )


def refuse_unready(row: Application, scheme: Scheme) -> SchemeTerms:
    """Refuse an application that may not be handed in; return the terms it is handed in under.

    APPLICATIONS_NOT_OPEN, APPLICATIONS_CLOSED (not one sent back), BLOCKED_AFTER_RESULT,
    FACTS_MISSING, EVIDENCE_MISSING, NOT_SEPARATELY_ACCOUNTED.
    """
    if row.submitted_at is None:
        refuse_closed(scheme)
        _refuse_blocked(scheme, row.applicant_id)
    terms = terms_of(row)
    _refuse_unknown(row, terms.document)
    _refuse_without_papers(row, terms.document)
    conditions = terms.document["conditions"] or {}
    if conditions.get("separate_accounts") and not row.separate_accounts:
        raise RuleBroken(
            "NOT_SEPARATELY_ACCOUNTED",
            _("“%(name)s”要求补贴资金单独核算。请确认单独核算后再提交。", name=scheme.name),
            basis="财政违法行为处罚处分条例第六条",
            errors={"separate_accounts": [_("请确认单独核算")]},
        )
    return terms


def facts_asked(document: dict[str, Any]) -> list[str]:
    """Return the codes of the facts that an organisation declares, in the order declared."""
    if document["applicant"] != ORGANISATION:
        return []
    asked = {code for code, _day in needs(_rule(document), clock.today())}
    return [code for code in facts_about(ORGANISATION) if code in asked]


def papers_of(application_id: int) -> dict[str, ApplicationPaper]:
    """Return the papers that are there now, by the code of what they show."""
    query = db.select(ApplicationPaper).filter_by(application_id=application_id, replaced_at=None)
    options = db.defer(ApplicationPaper.content)
    return {one.code: one for one in db.session.scalars(query.options(options))}


def reasons_against(row: Application) -> list[str]:
    """Return why an application's rule does not hold on the day it was submitted; none: it does."""
    document = terms_of(row).document
    rule = _rule(document)
    on = clock.day_of(row.submitted_at or clock.now())
    found = _verdict(row, document, rule, on)
    return finding.named(rule, (one.sentence for one in found.reasons))


def _rule(document: dict[str, Any]) -> Predicate:
    return read(document["eligibility"], about=document["applicant"])


def _verdict(row: Application, document: dict[str, Any], rule: Predicate, on: date) -> Verdict:
    if document["applicant"] == ORGANISATION:
        return judge(rule, declared(row.declared, needs(rule, on)), on)
    return assess(rule, [row.applicant_id], on)[row.applicant_id]


def _refuse_blocked(scheme: Scheme, applicant_id: int) -> None:
    until = blocking.blocked_until(scheme, applicant_id)
    if until is not None and clock.today() <= until:
        raise RuleBroken(
            "BLOCKED_AFTER_RESULT",
            _(
                "上一次的评定结果没有达到任何一档，按办法到 %(day)s 为止不能再申请“%(name)s”。",
                day=until,
                name=scheme.name,
            ),
        )


def _refuse_unknown(row: Application, document: dict[str, Any]) -> None:
    missing = [code for code in facts_asked(document) if code not in row.declared]
    if missing:
        facts = facts_about(ORGANISATION)
        raise RuleBroken(
            "FACTS_MISSING",
            _(
                "还有 %(n)s 项情况没有填：%(names)s。请填好再提交。",
                n=len(missing),
                names="、".join(_(facts[code].name) for code in missing),
            ),
            errors={code: [_("请填写")] for code in missing},
            missing=missing,
        )


def _refuse_without_papers(row: Application, document: dict[str, Any]) -> None:
    there = papers_of(row.id)
    missing = [one for one in document["evidence"] if one["code"] not in there]
    if missing:
        raise RuleBroken(
            "EVIDENCE_MISSING",
            _(
                "还缺 %(n)s 份材料：%(names)s。请补齐再提交。",
                n=len(missing),
                names="、".join(one["name"] for one in missing),
            ),
            basis="参照行政许可法第三十二条",
            errors={f"paper-{one['code']}": [_("请上传")] for one in missing},
            missing=[one["code"] for one in missing],
        )
