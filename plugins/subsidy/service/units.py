"""Claims per unit: claimed by class for a period, verified on the spot, reduced to the envelope.

Nobody types an amount: what verified units are worth follows from the terms. Where the scheme's
envelope is fixed, a period's claims are concluded together before any of them is approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.formats import yuan
from plugins.subsidy import rules
from plugins.subsidy.models import Application, Scheme, SubsidyClaim, UnitRound
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import claims as c
from plugins.subsidy.rules import units as unit_rules
from plugins.subsidy.service import claims, conditions, steps, years
from plugins.subsidy.service.reckoning import Reckoned, Used, gates, reckons
from plugins.subsidy.service.schemes import newest_terms, terms_in_force

KIND = unit_rules.KIND
USE = "unit"
ROUND = "subsidy_unit_round"
_FAIR = "政府采购法第三条"


def claim(
    actor: Actor,
    *,
    application_id: int,
    period_from: date,
    period_to: date,
    units: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Claim units by class for a period of one's eligible application.

    Refuses APPLICATION_NOT_ELIGIBLE, the conditions' and the period's codes, ROUND_CONCLUDED and
    what the rule refuses of the units.
    """
    application: Application = fetch(Application, application_id, actor, claims.MAKE)
    scheme = db.session.get_one(
        Scheme, application.scheme_id, with_for_update=True, populate_existing=True
    )
    conditions.require_kind(scheme, KIND)
    if application.state != a.ELIGIBLE:
        raise conditions.not_eligible(scheme)
    version, period = conditions.terms_of(application), (period_from, period_to)
    terms = rules.read_terms(version.document)
    claims.refuse_period(terms, *period)
    _refuse_part_period(scheme, terms, period)
    conditions.refuse_unmet(
        scheme,
        terms,
        application.applicant_id,
        period,
        separate_accounts=application.separate_accounts,
    )
    refuse_concluded(scheme.id, *period)
    rows = [_plain(row) for row in units]
    _refuse_twice(rows)
    asked = _reckoned(terms, rows, [row["units"] for row in rows], clock.today())
    row = claims.begin(
        actor,
        scheme,
        version,
        payee_id=application.applicant_id,
        beneficiary_id=application.applicant_id,
        claimed={"units": rows},
        period=period,
        asked_fen=asked.result_fen,
        application=application,
    )
    claims.refuse_claimed_period(row)
    return claims.said(row) | {"asked_fen": asked.result_fen}


def verify(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    verified: Sequence[int],
    document: str,
) -> dict[str, Any]:
    """Say how many units of each claimed row were found on the spot, and compute the claim.

    Refuses UNITS_OVER_CLAIM, UNITS_NOT_FOUND where none was, ROUND_CONCLUDED, ALREADY_SUBSIDISED
    for certificates that counted before.
    """
    # The scheme first, as everybody locks it: a period is not concluded meanwhile.
    of = db.select(SubsidyClaim.scheme_id).where(SubsidyClaim.id == id).scalar_subquery()
    db.session.execute(db.select(Scheme.id).where(Scheme.id == of).with_for_update())
    row: SubsidyClaim = fetch(SubsidyClaim, id, actor, claims.CHECK)
    conditions.require_kind(db.session.get_one(Scheme, row.scheme_id), KIND)
    claims.compute(actor, row, {"verified": list(verified), "document": document})
    return claims.said(row) | {"asked_fen": row.asked_fen}


def reduce(actor: Actor, *, scheme_id: int, period_from: date, period_to: date) -> dict[str, Any]:
    """Conclude a period: its computed claims share what is left of the scheme's envelope.

    Where that is too little, each is reduced pro rata by largest remainder. Refuses
    ENVELOPE_NOT_FIXED, ROUND_CONCLUDED, ROUND_EMPTY, ROUND_NOT_CHECKED.
    """
    scheme: Scheme = fetch(Scheme, scheme_id, actor, claims.CHECK)
    conditions.require_kind(scheme, KIND)
    envelope = envelope_of(scheme)
    if envelope is None:
        raise RuleBroken(
            "ENVELOPE_NOT_FIXED",
            _("“%(name)s”没有固定的资金总额，不用按比例核减，可以直接批准。", name=scheme.name),
        )
    refuse_concluded(scheme.id, period_from, period_to)
    found = _round_claims(scheme.id, period_from, period_to)
    left = left_fen(scheme, envelope)
    wanted = {row.id: rules.read_calculation(row.calculation) for row in found}
    reduced = rules.reduce_claims(unit_rules.UnitTerms((), envelope_fen=left), wanted)
    for row in found:
        if reduced[row.id] != wanted[row.id]:
            steps.claim.take(
                row,
                "claim.check",
                amount_fen=reduced[row.id].result_fen,
                calculation=rules.written(reduced[row.id]),
                computed_by=actor.user_id,
                computed_at=clock.now(),
            )
    made = UnitRound(
        scheme_id=scheme.id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        period_from=period_from,
        period_to=period_to,
        claims=len(found),
        wanted_fen=sum(one.result_fen for one in wanted.values()),
        left_fen=left,
        concluded_by=actor.user_id,
        concluded_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    audit.about(ROUND, made.id)
    return {
        "id": made.id,
        "claims": made.claims,
        "wanted_fen": made.wanted_fen,
        "left_fen": left,
        "granted_fen": sum(one.result_fen for one in reduced.values()),
    }


@reckons(KIND)
def _reckon(row: SubsidyClaim, terms: rules.Terms, found: dict[str, Any]) -> Reckoned:
    """Reckon a claim from what was verified; units that were not found are left out."""
    assert row.period_from is not None and row.period_to is not None  # noqa: S101, PT018 - of units
    refuse_concluded(row.scheme_id, row.period_from, row.period_to)
    claimed, verified = row.claimed["units"], found.get("verified")
    if verified is None:
        raise RuleBroken(
            "UNITS_NOT_VERIFIED",
            _("按数量补贴须现场核实。请在核实页逐行填写核实数量和核查记录。"),
        )
    if len(verified) != len(claimed):
        raise InvalidInput(
            _("申报有 %(rows)s 行，请逐行填写核实数量。", rows=len(claimed)),
            errors={"verified": [_("行数不对")]},
        )
    for one, count in zip(claimed, verified, strict=True):
        if count > one["units"]:
            raise RuleBroken(
                "UNITS_OVER_CLAIM",
                _(
                    "“%(code)s”申报 %(claimed)s，核实 %(found)s，核实数不能多于申报数。"
                    "请核对；确有漏报的，请对方撤回重报。",
                    code=one["class_code"],
                    claimed=one["units"],
                    found=count,
                ),
            )
    if not any(verified):
        raise RuleBroken(
            "UNITS_NOT_FOUND",
            _("现场没有核实到任何数量，不能计算补贴。请退回这份申报并写明理由。"),
        )
    calculation = _reckoned(terms, claimed, verified, clock.day_of(row.made_at))
    kept = [one for one, count in zip(claimed, verified, strict=True) if count]
    return Reckoned(
        calculation,
        {
            "rows": [
                one | {"verified": count, "disallowed": one["units"] - count}
                for one, count in zip(claimed, verified, strict=True)
            ],
            "document": found["document"],
            "asked_fen": row.asked_fen,
        },
        tuple(
            Used(USE, conditions.number_key(number), number)
            for one in kept
            for number in one["certificates"]
        ),
        units=sum(verified),
    )


@gates(KIND)
def _refuse_open_round(row: SubsidyClaim) -> None:
    """Refuse ROUND_OPEN: with a fixed envelope nobody is paid before a period is concluded."""
    scheme = db.session.get_one(Scheme, row.scheme_id)
    assert row.period_from is not None and row.period_to is not None  # noqa: S101, PT018 - of units
    if envelope_of(scheme) is None or round_of(scheme.id, row.period_from, row.period_to):
        return
    raise RuleBroken(
        "ROUND_OPEN",
        _(
            "“%(name)s”资金总额固定，%(begin)s 至 %(end)s 的申报还没有汇总核减，不能单独批准。"
            "请经办人先汇总这一期。",
            name=scheme.name,
            begin=row.period_from,
            end=row.period_to,
        ),
        basis=_FAIR,
    )


def periods(scheme: Scheme, terms: rules.Terms) -> list[tuple[date, date]]:
    """Return a scheme's periods that are over, oldest first; days inclusive."""
    assert terms.units is not None and terms.ends_on is not None  # noqa: S101, PT018 - published
    assert scheme.published_at is not None  # noqa: S101 - published
    first = terms.starts_on or clock.day_of(scheme.published_at)
    return rules.claim_periods(terms.units, first, terms.ends_on, until=clock.today())


def envelope_of(scheme: Scheme) -> int | None:
    """Return a scheme's fixed envelope as of today, in fen; None where it is not fixed."""
    version = terms_in_force(scheme) or newest_terms(scheme)
    return rules.read_terms(version.document).envelope_fen


def left_fen(scheme: Scheme, envelope_fen: int) -> int:
    """Return what is left of an envelope (fen): what was granted, and concluded, is gone."""
    concluded = (
        db.select(db.func.sum(SubsidyClaim.amount_fen))
        .join(
            UnitRound,
            (UnitRound.scheme_id == SubsidyClaim.scheme_id)
            & (UnitRound.period_from == SubsidyClaim.period_from)
            & (UnitRound.period_to == SubsidyClaim.period_to),
        )
        .where(SubsidyClaim.scheme_id == scheme.id, SubsidyClaim.state == c.COMPUTED)
    )
    waiting = int(db.session.scalar(concluded) or 0)
    return max(0, envelope_fen - years.granted_fen(scheme.id) - waiting)


def round_of(scheme_id: int, begins: date, ends: date) -> UnitRound | None:
    """Return the concluded round that has a day of a period."""
    found: UnitRound | None = db.session.scalars(
        db.select(UnitRound)
        .filter_by(scheme_id=scheme_id)
        .where(UnitRound.period_from <= ends, UnitRound.period_to >= begins)
        .limit(1)
    ).first()
    return found


def refuse_concluded(scheme_id: int, begins: date, ends: date) -> None:
    """Refuse ROUND_CONCLUDED where a period's claims were concluded already."""
    if (done := round_of(scheme_id, begins, ends)) is not None:
        raise Conflict(
            "ROUND_CONCLUDED",
            _(
                "%(begin)s 至 %(end)s 的申报已在 %(day)s 汇总，需要 %(wanted)s 元，"
                "可用 %(left)s 元，不再受理或重新计算。",
                begin=done.period_from,
                end=done.period_to,
                day=clock.day_of(done.concluded_at),
                wanted=yuan(done.wanted_fen),
                left=yuan(done.left_fen),
            ),
            round_id=done.id,
        )


def _round_claims(scheme_id: int, begins: date, ends: date) -> list[SubsidyClaim]:
    """Return a period's computed claims, locked, in the order of their numbers."""
    query = (
        db.select(SubsidyClaim)
        .filter_by(scheme_id=scheme_id, period_from=begins, period_to=ends)
        .where(SubsidyClaim.state.in_((c.SUBMITTED, c.COMPUTED)))
        .order_by(SubsidyClaim.id)
        .with_for_update()
    )
    found = list(db.session.scalars(query))
    if not found:
        raise RuleBroken("ROUND_EMPTY", _("这一期没有等待批准的申报，不用汇总。请核对期间。"))
    if waiting := [row for row in found if row.state == c.SUBMITTED]:
        raise RuleBroken(
            "ROUND_NOT_CHECKED",
            _(
                "这一期还有 %(count)s 份申报没有核实，不能汇总。请先核实或退回。",
                count=len(waiting),
            ),
            count=len(waiting),
        )
    return found


def _reckoned(
    terms: rules.Terms, rows: Sequence[Mapping[str, Any]], counts: Sequence[int], on: date
) -> rules.Calculation:
    assert terms.units is not None  # noqa: S101 - of this kind
    verified = [
        rules.Verified(
            row["class_code"],
            count,
            date.fromisoformat(row["in_use_from"]) if row["in_use_from"] else None,
        )
        for row, count in zip(rows, counts, strict=True)
        if count
    ]
    # The envelope is shared when the period is concluded.
    return rules.unit_claim(replace(terms.units, envelope_fen=None), verified, on=on)


def _refuse_part_period(scheme: Scheme, terms: rules.Terms, period: tuple[date, date]) -> None:
    known = periods(scheme, terms)
    if period in known:
        return
    near = [one for one in known if one[1] >= period[0]][:1] or known[-1:]
    raise RuleBroken(
        "PERIOD_NOT_WHOLE",
        _(
            "%(begin)s 至 %(end)s 不是本项目的一期，请按期申报，如 %(first)s 至 %(last)s。",
            begin=period[0],
            end=period[1],
            first=near[0][0] if near else "—",
            last=near[0][1] if near else "—",
        ),
    )


def _refuse_twice(rows: Sequence[Mapping[str, Any]]) -> None:
    keys = [conditions.number_key(one) for row in rows for one in row["certificates"]]
    if len(set(keys)) < len(keys):
        raise InvalidInput(
            _("同一个证书号填了两次。请删去重复的一个。"), errors={"units": [_("证书号重复")]}
        )


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    in_use = row.get("in_use_from")
    return {
        "class_code": row["class_code"],
        "units": row["units"],
        "in_use_from": in_use.isoformat() if in_use else None,
        "certificates": list(row["certificates"]),
    }
